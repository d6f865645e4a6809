# SPDX-License-Identifier: GPL-2.0-only
# libFuzzer targets: with clang, in the build of the preset asan, whose objects the suites share. tests/fuzz/run.sh runs them.
add_custom_target(fuzz)
target_compile_options(bac-core PRIVATE -Wno-pass-failed) # the radio kernels: asked to vectorize, which -O1 does not
function(bac_fuzz target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  list(TRANSFORM arg_SOURCES PREPEND ${BAC_DIR}/)
  add_executable(${target} ${arg_SOURCES})
  target_include_directories(${target} PRIVATE ${BAC_DIR}/bac-core/include ${BAC_DIR}/bac-core/src ${BAC_DIR}/bac-core ${BAC_DIR}/bac-core/sim)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Werror)
  target_compile_definitions(${target} PRIVATE _POSIX_C_SOURCE=200809L)
  target_link_libraries(${target} PRIVATE ${arg_LIBRARIES})
  set_target_properties(${target} PROPERTIES C_STANDARD 11)
  add_dependencies(fuzz ${target})
endfunction()
# All targets but one are one program; links to it bear their names.
bac_fuzz(fuzz-all SOURCES tests/fuzz/main.c tests/fuzz/decoders.c tests/fuzz/ledger.c tests/fuzz/hosts.c bac-results/result.c bac-results/text.c
         bac-core/sim/plan.c LIBRARIES bac-sim-network bac-options -fsanitize=fuzzer)
bac_fuzz(fuzz-steps SOURCES tests/fuzz/steps.c LIBRARIES bac-swarm -fsanitize=fuzzer) # signatures as in bac-sim: a thousand steps a second more
bac_fuzz(fuzz-seeds SOURCES tests/fuzz/seeds.c LIBRARIES bac-sim-network)
