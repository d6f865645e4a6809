# SPDX-License-Identifier: GPL-2.0-only
# bac as contrib/bac of an ns-3 tree (3.36 to 3.38): the module with the C core inside, and its tests.
# The programs are in examples/CMakeLists.txt, which ns-3 reads by itself.
enable_language(C) # ns-3.36 enables C++ alone
include(${BAC_DIR}/cmake/core.cmake)
# An ns-3 tree is built with compilers that we have not tried.
target_compile_options(bac-core PRIVATE -Wno-error)

# The module's headers include "bac/bac.h", which whatever is built in the tree must find.
file(GLOB BAC_CORE_HEADERS ${BAC_DIR}/bac-core/include/bac/*.h)
foreach(header IN LISTS BAC_CORE_HEADERS)
  get_filename_component(name ${header} NAME)
  configure_file(${header} ${CMAKE_OUTPUT_DIRECTORY}/include/bac/${name} COPYONLY)
endforeach()
install(DIRECTORY ${BAC_DIR}/bac-core/include/bac DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

bac_sources(BAC_MODULE_SOURCES module)
bac_sources(BAC_MODULE_HEADERS module-header)
bac_sources(BAC_NS3_TESTS ns3-test)
build_lib(
  LIBNAME bac
  SOURCE_FILES ${BAC_MODULE_SOURCES}
  HEADER_FILES ${BAC_MODULE_HEADERS}
  LIBRARIES_TO_LINK ${BAC_NS3_LIBRARIES} ${BAC_SODIUM} ${BAC_NANOPB} ${BAC_ISAL} ${BAC_ZLIB} ${BAC_GMP}
  TEST_SOURCES ${BAC_NS3_TESTS})

# All of the core goes into the module's library: programs call what the module does not.
target_sources(${libbac} PRIVATE $<TARGET_OBJECTS:bac-core>)
foreach(target IN ITEMS ${libbac-obj} libbac-test)
  if(TARGET ${target})
    target_include_directories(${target} PRIVATE ${BAC_DIR}/bac-core/include ${BAC_DIR}/bac-core/src ${BAC_DIR}/bac-core
                               ${BAC_DIR}/ns3-module/helper ${BAC_DIR}/ns3-module/model)
  endif()
endforeach()
