# SPDX-License-Identifier: GPL-2.0-only
set(BAC_NS3 ON CACHE BOOL "Build the ns-3 module and the programs that need ns-3 and SUMO")
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
include(${BAC_DIR}/cmake/core.cmake)

# A library of ours in C, with the core's internals in reach.
function(bac_c_library name kind)
  bac_sources(sources ${kind})
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${BAC_DIR}/bac-core/include ${BAC_DIR}/bac-core/src ${BAC_DIR}/bac-core ${ARGN})
  target_compile_options(${name} PRIVATE ${BAC_WARNINGS})
  set_target_properties(${name} PROPERTIES C_STANDARD 11 C_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
endfunction()

bac_c_library(bac-sim-network sim ${BAC_DIR}/bac-core/sim)
target_link_libraries(bac-sim-network PUBLIC bac-core)

# The fault simulator. What links it gets fast signatures in place of libsodium's (sim/fast_crypto.c): nothing else may.
bac_c_library(bac-swarm swarm ${BAC_DIR}/bac-core/sim)
target_link_libraries(bac-swarm PUBLIC bac-sim-network)
foreach(function crypto_sign_detached crypto_sign_verify_detached bac_vrf_prove bac_vrf_verify bac_vrf_proof_to_hash bac_msg_sign)
  target_link_options(bac-swarm INTERFACE LINKER:--wrap=${function})
endforeach()

# Command lines of the C programs, apart from them: the fuzzers and the tests read them, too.
bac_c_library(bac-options options)
target_include_directories(bac-options PRIVATE ${BAC_DIR}/bac-core/sim ${BAC_DIR}/tools)
target_link_libraries(bac-options PRIVATE bac-core)

function(bac_tool name source)
  add_executable(${name} ${source})
  target_include_directories(${name} PRIVATE ${BAC_DIR}/bac-core/include ${BAC_DIR}/bac-core/src)
  target_compile_options(${name} PRIVATE ${BAC_WARNINGS})
  set_target_properties(${name} PROPERTIES C_STANDARD 11)
endfunction()

foreach(tool bac_bound bac_cost bac_hashgraph)
  string(REPLACE "_" "-" name ${tool})
  bac_tool(${name} tools/${tool}.c)
  target_compile_definitions(${name} PRIVATE _POSIX_C_SOURCE=200809L)
  target_link_libraries(${name} PRIVATE bac-core)
endforeach()

target_link_libraries(bac-bound PRIVATE bac-options)

bac_tool(bac-sim tools/bac_sim.c)
target_compile_definitions(bac-sim PRIVATE _POSIX_C_SOURCE=200809L)
target_link_libraries(bac-sim PRIVATE bac-options bac-swarm)
bac_tool(bac-scale tools/bac_scale.c)
target_compile_definitions(bac-scale PRIVATE _POSIX_C_SOURCE=200809L)
target_link_libraries(bac-scale PRIVATE bac-sim-network)

# ---- The core's tests ----
enable_testing()
find_package(GTest REQUIRED)
find_package(Threads REQUIRED)
include(GoogleTest)
# Headers precompiled once for all targets of the same flags. A target of their own: who reuses a program's waits until that program is built.
function(bac_precompiled_headers name)
  set(none ${CMAKE_CURRENT_BINARY_DIR}/precompiled/${name}.cc)
  file(CONFIGURE OUTPUT ${none} CONTENT "// A target needs a source.\n")
  add_library(${name} OBJECT EXCLUDE_FROM_ALL ${none})
  target_precompile_headers(${name} PRIVATE ${ARGN})
endfunction()
add_custom_target(tests) # GoogleTest's suites; 'make check' runs them with the sanitizers, 'make core' without
function(bac_test_target name)
  target_compile_options(${name} PRIVATE -O0 -g0 -Wall -Wextra -Werror -Wno-missing-field-initializers)
  if(CMAKE_CXX_FLAGS MATCHES "undefined")
    # It is the core that is on trial; in the tests' own code UBSan takes as long to compile as the rest.
    target_compile_options(${name} PRIVATE -fno-sanitize=undefined)
  endif()
  target_link_libraries(${name} PRIVATE GTest::gtest_main Threads::Threads)
endfunction()
bac_precompiled_headers(bac-test-headers <gtest/gtest.h>) # half of the time that a test takes to compile
bac_test_target(bac-test-headers)
# shards: as many processes share the tests, so that all cores work (GoogleTest's own sharding). The label says where they run: "sanitize" or,
# for what must give the same bytes whatever the compiler does, "exact": both with the sanitizers and in the release build.
function(bac_test_suite name kind label shards)
  bac_sources(sources ${kind})
  add_executable(${name} EXCLUDE_FROM_ALL ${sources})
  target_link_libraries(${name} PRIVATE ${ARGN})
  bac_test_target(${name})
  target_precompile_headers(${name} REUSE_FROM bac-test-headers)
  add_dependencies(tests ${name})
  foreach(shard RANGE 1 ${shards})
    math(EXPR index "${shard} - 1")
    add_test(NAME ${name}-${shard} COMMAND ${name} --gtest_brief=1)
    # ASan as it is, but with less memory in quarantine and kept from the system: a sixth of the time.
    set_tests_properties(${name}-${shard} PROPERTIES LABELS ${label} TIMEOUT 1200 ENVIRONMENT
      "GTEST_TOTAL_SHARDS=${shards};GTEST_SHARD_INDEX=${index};ASAN_OPTIONS=quarantine_size_mb=16:malloc_context_size=8:allocator_release_to_os_interval_ms=-1")
  endforeach()
endfunction()
function(bac_core_test name)
  bac_test_suite(${name} ${ARGN} bac-core)
  target_include_directories(${name} PRIVATE ${BAC_DIR}/bac-core/src ${BAC_DIR}/bac-core/sim ${BAC_DIR}/bac-core ${BAC_DIR}/tests)
  target_include_directories(${name} SYSTEM PRIVATE ${BAC_GENERATED})
  target_compile_definitions(${name} PRIVATE BAC_TESTS_DIR="${BAC_DIR}/tests")
endfunction()
bac_core_test(bac-core-tests test sanitize 4 bac-sim-network bac-options gmpxx) # gmpxx: exact arithmetic of the tests' own
bac_core_test(bac-exact-tests exact-test exact 1 bac-sim-network gmpxx)
# These two compute for long themselves.
set_source_files_properties(tests/consensus/hashgraph_brute.cc tests/sim/host_handover_test.cc PROPERTIES COMPILE_OPTIONS -O1
  SKIP_PRECOMPILE_HEADERS ON)
# Engines driven message by message: the mock stands in for node/.
bac_core_test(bac-engine-tests mock-test sanitize 1)
# The fault simulator with its checkers, and most networks under faults, with its fast signatures.
bac_core_test(bac-swarm-tests swarm-test sanitize 3 bac-swarm)
# What a large object costs on the air among hundreds: ratios, by code that the link's other tests run with the sanitizers.
if(NOT CMAKE_C_FLAGS MATCHES "sanitize")
  bac_core_test(bac-dissemination-tests dissemination-test release 2 bac-sim-network)
endif()
add_test(NAME bac-sim COMMAND bac-sim --protocol=all --seeds=250)
add_test(NAME layers COMMAND ${BAC_DIR}/tests/layers.sh)
add_test(NAME paired-difference COMMAND ${BAC_DIR}/tests/tools/paired_difference_test.sh)

option(BAC_FUZZ "Offer the fuzzers' targets (clang; the preset asan)" OFF)
if(BAC_FUZZ)
  include(${BAC_DIR}/cmake/fuzz.cmake)
endif()
if(BAC_NS3)
  include(${BAC_DIR}/cmake/ns3.cmake)
endif()
