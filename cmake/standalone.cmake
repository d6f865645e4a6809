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

bac_tool(bac-sim tools/bac_sim.c)
target_compile_definitions(bac-sim PRIVATE _POSIX_C_SOURCE=200809L)
target_link_libraries(bac-sim PRIVATE bac-swarm)
bac_tool(bac-scale tools/bac_scale.c)
target_compile_definitions(bac-scale PRIVATE _POSIX_C_SOURCE=200809L)
target_link_libraries(bac-scale PRIVATE bac-sim-network)

# ---- The core's tests ----
enable_testing()
find_package(GTest REQUIRED)
find_package(Threads REQUIRED)
include(GoogleTest)
add_custom_target(sanitize) # what 'ctest -L sanitize' runs: tests/check.sh builds it with the sanitizers
# shards: as many processes share the tests, so that all cores work (GoogleTest's own sharding).
function(bac_core_test name kind shards)
  bac_sources(sources ${kind})
  add_executable(${name} ${sources})
  target_include_directories(${name} PRIVATE ${BAC_DIR}/bac-core/src ${BAC_DIR}/bac-core/sim ${BAC_DIR}/bac-core ${BAC_DIR}/tests)
  target_include_directories(${name} SYSTEM PRIVATE ${BAC_GENERATED})
  target_compile_options(${name} PRIVATE -O0 -g1 -Wall -Wextra -Werror -Wno-missing-field-initializers)
  target_precompile_headers(${name} PRIVATE <gtest/gtest.h>) # half of the time that a test takes to compile
  target_compile_definitions(${name} PRIVATE BAC_TESTS_DIR="${BAC_DIR}/tests")
  target_link_libraries(${name} PRIVATE ${ARGN} bac-core GTest::gtest_main Threads::Threads)
  add_dependencies(sanitize ${name})
  foreach(shard RANGE 1 ${shards})
    math(EXPR index "${shard} - 1")
    add_test(NAME ${name}-${shard} COMMAND ${name} --gtest_brief=1)
    set_tests_properties(${name}-${shard} PROPERTIES LABELS sanitize TIMEOUT 1200
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${shards};GTEST_SHARD_INDEX=${index}")
  endforeach()
endfunction()
bac_core_test(bac-core-tests test 6 bac-sim-network)
target_link_libraries(bac-core-tests PRIVATE gmpxx) # exact arithmetic of the tests' own
# Engines driven message by message: the mock stands in for node/.
bac_core_test(bac-engine-tests mock-test 1)
# The fault simulator: its checkers, and a fixed budget of worlds for each engine.
bac_core_test(bac-swarm-tests swarm-test 1 bac-swarm)
add_test(NAME bac-sim COMMAND bac-sim --protocol=all --seeds=100)
add_test(NAME layers COMMAND ${BAC_DIR}/tests/layers.sh)

option(BAC_FUZZ "Build the fuzzers (clang)" OFF)
if(BAC_FUZZ)
  include(${BAC_DIR}/cmake/fuzz.cmake)
endif()
if(BAC_NS3)
  include(${BAC_DIR}/cmake/ns3.cmake)
endif()
