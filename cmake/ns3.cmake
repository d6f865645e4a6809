# SPDX-License-Identifier: GPL-2.0-only
# The ns-3 module against an installed ns-3 (Debian: libns3-dev), the programs, their tests.
find_package(ns3 REQUIRED)
find_library(BAC_SQLITE sqlite3 REQUIRED)
find_library(BAC_GSL gsl REQUIRED)
find_library(BAC_GSLCBLAS gslcblas REQUIRED)
find_path(BAC_SUMO_INCLUDE libsumo/libsumo.h REQUIRED)
find_library(BAC_SUMO sumocpp REQUIRED)

set(BAC_NS3_LIBRARIES)
foreach(module wave wifi mobility propagation point-to-point internet network core)
  list(APPEND BAC_NS3_LIBRARIES ns3::lib${module})
endforeach()

# Programs include the module's headers as <ns3/bac-run.h>, as they would in an ns-3 tree.
bac_sources(BAC_MODULE_HEADERS module-header)
foreach(header IN LISTS BAC_MODULE_HEADERS)
  get_filename_component(name ${header} NAME)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/include/ns3)
  file(CREATE_LINK ${BAC_DIR}/${header} ${CMAKE_BINARY_DIR}/include/ns3/${name} SYMBOLIC)
endforeach()

# C++ of ours against ns-3: its headers are not ours to warn about, and Debian's libraries have logging and asserts on.
function(bac_ns3_flags target)
  target_compile_options(${target} PRIVATE ${BAC_CXX_WARNINGS} -fPIC) # programs, too: the same precompiled headers serve them
  target_compile_definitions(${target} PRIVATE NS3_LOG_ENABLE NS3_ASSERT_ENABLE)
  target_include_directories(${target} SYSTEM PRIVATE /usr/include)
  target_include_directories(${target} PRIVATE ${BAC_DIR}/bac-core/include ${BAC_DIR}/bac-core/src ${BAC_DIR}/bac-core ${CMAKE_BINARY_DIR}/include
                             ${CMAKE_BINARY_DIR}/include/ns3)
  target_link_libraries(${target} PRIVATE ${BAC_NS3_LIBRARIES})
endfunction()
# ns-3's headers, and with them the standard library's, take most of the time that one of our files does. The waf build goes without.
bac_precompiled_headers(bac-ns3-headers <ns3/simulator.h> <ns3/test.h> <ns3/wave-helper.h> <ns3/wave-net-device.h> <ns3/yans-wifi-helper.h>)
bac_ns3_flags(bac-ns3-headers)
function(bac_ns3_target target)
  bac_ns3_flags(${target})
  target_precompile_headers(${target} REUSE_FROM bac-ns3-headers)
endfunction()

bac_sources(BAC_MODULE_SOURCES module)
add_library(bac-ns3 SHARED ${BAC_MODULE_SOURCES})
bac_ns3_target(bac-ns3)
target_link_libraries(bac-ns3 PUBLIC bac-core)

bac_sources(BAC_NS3_TESTS ns3-test)
add_executable(bac-ns3-tests ${BAC_NS3_TESTS} ns3-module/test/test-runner.cc)
bac_ns3_target(bac-ns3-tests)
target_include_directories(bac-ns3-tests PRIVATE ${BAC_DIR}/ns3-module/test)
target_link_libraries(bac-ns3-tests PRIVATE bac-ns3)

bac_c_library(bac-results results ${BAC_DIR}/bac-results)
target_link_libraries(bac-results PUBLIC ${BAC_SQLITE} ${BAC_GSL} ${BAC_GSLCBLAS} m)

bac_sources(BAC_COMPARE compare)
add_executable(bac-compare ${BAC_COMPARE})
bac_ns3_target(bac-compare)
target_link_libraries(bac-compare PRIVATE bac-ns3 bac-results)
target_compile_definitions(bac-compare PRIVATE BAC_RESULTS_DIR="${BAC_DIR}/bac-results")
# ns-3 allocates all the time; tcmalloc takes a fifth off a run where it is installed. It is preloaded by name, not linked against headers.
find_library(BAC_TCMALLOC NAMES libtcmalloc_minimal.so.4)
if(BAC_TCMALLOC AND NOT CMAKE_CXX_FLAGS MATCHES "sanitize")
  target_link_libraries(bac-compare PRIVATE -Wl,--no-as-needed ${BAC_TCMALLOC} -Wl,--as-needed)
endif()

# The radios side by side: a tool for developers ('make bench').
bac_sources(BAC_RADIO_BENCH radio-bench)
add_executable(bac-radio-bench ${BAC_RADIO_BENCH})
bac_ns3_target(bac-radio-bench)
target_link_libraries(bac-radio-bench PRIVATE bac-ns3 ns3::libspectrum)

bac_sources(BAC_TRACE_TOOL trace-tool)
add_executable(bac-trace ${BAC_TRACE_TOOL})
target_precompile_headers(bac-trace PRIVATE <libsumo/libsumo.h> <fstream> <iostream> <map> <regex> <sstream>)
target_include_directories(bac-trace PRIVATE ${BAC_DIR}/bac-core/include ${BAC_DIR}/bac-core/src)
target_include_directories(bac-trace SYSTEM PRIVATE ${BAC_SUMO_INCLUDE})
target_compile_options(bac-trace PRIVATE ${BAC_CXX_WARNINGS})
target_compile_definitions(bac-trace PRIVATE BAC_SCENARIO_DIR="${BAC_DIR}/sumo-scenarios")
target_link_libraries(bac-trace PRIVATE bac-core ${BAC_SUMO})

bac_test_suite(bac-results-tests results-test sanitize 1 bac-results)
add_test(NAME ns3 COMMAND bac-ns3-tests)
# ns-3's singletons live to the end of the process; Debian's libraries are not ours to mend. By hand, since it takes minutes:
# cmake --build --preset asan --target bac-ns3-tests && ctest --preset asan -R ns3
add_test(NAME radio-reference COMMAND bac-radio-bench --reference --evs=100 --loss=threelog --nakagami=0 --stock-time=1)
add_test(NAME radio-options COMMAND bac-radio-bench --speed=15 --evs=100 --vectors)
set_tests_properties(radio-options PROPERTIES PASS_REGULAR_EXPRESSION "--vectors has no bearing on --speed")
add_test(NAME radio-distances COMMAND bac-radio-bench --evs=100 --loss=threelog --loss-from=1,200,500 --nakagami=0 --time=2 --stock-time=2)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/curves)
add_test(NAME radio-curves COMMAND bac-radio-bench --curves=0.1 --out=${CMAKE_BINARY_DIR}/curves)
set_tests_properties(ns3 radio-reference radio-distances radio-curves PROPERTIES TIMEOUT 600 ENVIRONMENT "ASAN_OPTIONS=detect_leaks=0")
add_test(NAME scenarios COMMAND ${BAC_DIR}/tests/scenarios/run.sh $<TARGET_FILE:bac-trace>)
add_test(NAME compare COMMAND ${BAC_DIR}/tests/results/run.sh $<TARGET_FILE:bac-compare>)
add_test(NAME wireshark COMMAND ${BAC_DIR}/tests/wireshark/run.sh $<TARGET_FILE:bac-compare>)
set_tests_properties(scenarios compare wireshark PROPERTIES TIMEOUT 600)
set_tests_properties(ns3 scenarios compare PROPERTIES COST 30) # the longest first, so that no core waits at the end
