# SPDX-License-Identifier: GPL-2.0-only
# The message schema and the C core, in the way both kinds of build need them.
find_program(NANOPB_GENERATOR NAMES nanopb_generator nanopb_generator.py)
if(NOT NANOPB_GENERATOR)
  message(FATAL_ERROR "nanopb's generator is missing: install the packages in packages.txt ('make setup')")
endif()
set(BAC_GENERATED ${CMAKE_CURRENT_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${BAC_GENERATED})
add_custom_command(
  OUTPUT ${BAC_GENERATED}/bac.pb.c ${BAC_GENERATED}/bac.pb.h
  COMMAND ${NANOPB_GENERATOR} -q -I ${BAC_DIR}/bac-core/proto -D ${BAC_GENERATED} bac.proto
  DEPENDS ${BAC_DIR}/bac-core/proto/bac.proto ${BAC_DIR}/bac-core/proto/bac.options
  COMMENT "nanopb: bac.proto" VERBATIM)

find_library(BAC_SODIUM sodium REQUIRED)
find_library(BAC_ISAL isal REQUIRED)
find_library(BAC_NANOPB protobuf-nanopb REQUIRED)
find_library(BAC_ZLIB z REQUIRED)
find_library(BAC_GMP gmp REQUIRED)

set(BAC_WARNINGS -Wall -Wextra -Wconversion -Wshadow -Wvla -Werror)
set(BAC_CXX_WARNINGS ${BAC_WARNINGS} -Wno-sign-conversion) # of -Wconversion in C++ gcc leaves it out, clang does not

bac_sources(BAC_CORE_SOURCES core)
list(TRANSFORM BAC_CORE_SOURCES PREPEND ${BAC_DIR}/)
add_library(bac-core STATIC ${BAC_CORE_SOURCES} ${BAC_GENERATED}/bac.pb.c ${BAC_GENERATED}/bac.pb.h)
target_include_directories(bac-core PUBLIC ${BAC_DIR}/bac-core/include PRIVATE ${BAC_DIR}/bac-core/src ${BAC_DIR}/bac-core)
target_include_directories(bac-core SYSTEM PRIVATE ${BAC_GENERATED})
target_compile_options(bac-core PRIVATE $<$<COMPILE_LANGUAGE:C>:${BAC_WARNINGS}>)
set_source_files_properties(${BAC_GENERATED}/bac.pb.c PROPERTIES COMPILE_OPTIONS "-Wno-error")
set_target_properties(bac-core PROPERTIES C_STANDARD 11 C_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
target_link_libraries(bac-core PUBLIC ${BAC_SODIUM} ${BAC_NANOPB} ${BAC_ISAL} ${BAC_ZLIB} ${BAC_GMP} m)
