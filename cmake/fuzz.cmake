# SPDX-License-Identifier: GPL-2.0-only
# libFuzzer targets, built with clang by tests/fuzz/run.sh.
add_custom_target(fuzz)
target_compile_options(bac-core PRIVATE -Wno-pass-failed) # the radio kernels: asked to vectorize, which -O1 does not
function(bac_fuzz target source)
  add_executable(fuzz-${target} ${BAC_DIR}/tests/fuzz/${source})
  target_include_directories(fuzz-${target} PRIVATE ${BAC_DIR}/bac-core/include ${BAC_DIR}/bac-core/src ${BAC_DIR}/bac-core/sim)
  target_compile_options(fuzz-${target} PRIVATE -Wall -Wextra -Werror)
  target_link_libraries(fuzz-${target} PRIVATE ${ARGN})
  set_target_properties(fuzz-${target} PROPERTIES C_STANDARD 11)
  add_dependencies(fuzz fuzz-${target})
endfunction()
foreach(target message certificate identity roster transaction block state evidence proof microblock vrf trace frames)
  bac_fuzz(${target} decoders.c bac-core -fsanitize=fuzzer)
  target_compile_definitions(fuzz-${target} PRIVATE BAC_TARGET=fuzz_${target})
endforeach()
bac_fuzz(steps steps.c bac-swarm -fsanitize=fuzzer) # signatures as in bac-sim: a thousand steps a second more
bac_fuzz(seeds seeds.c bac-sim-network)
