#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The core's suites under valgrind's memcheck: no invalid access, nothing read before it was written, no leak. Left out is what computes for
# long and would take hours. Not part of CI, which has AddressSanitizer: this one also sees what is read before it is written.
# Usage: valgrind.sh [FILTER]   (FILTER: of GoogleTest, in place of the one below)
set -eu
cd "$(dirname "$0")/.."
command -v valgrind > /dev/null || { echo "valgrind: it is missing: apt-get install valgrind" >&2; exit 2; }
# Networks of many nodes, random sweeps, the radio's sums, exact arithmetic at its bounds.
slow='Swarm.*:Elections.Sybil*:Jammer.Conflicts*:Reputation.TenMillion*:Reputation.Lazy*:SortitionStatistics*:*BothModesRunWithoutFaults*:*Network*:*Random*:*Sweep*:*Medium*:*Golden*:*Every*:*Host*:*Campaign*:*Exact*:*Brute*:*Handover*:*Seeds*:*Many*:*Long*:*Vectors*:*Dissemination*:*Attack*:*Curves*:*Bound*:*Kmeans*:*Restart*'
filter=${1:-"*-$slow"}
jobs=${JOBS:-$(nproc)} build=${BUILD:-build/core}
log=build/valgrind.log
mkdir -p build
[ -f "$build/build.ninja" ] || cmake --preset core > "$log" 2>&1 || { cat "$log" >&2; exit 1; }
cmake --build "$build" -j "$jobs" --target bac-core-tests bac-engine-tests bac-swarm-tests > "$log" 2>&1 || { cat "$log" >&2; exit 1; }
failed=0
for suite in bac-core-tests bac-engine-tests bac-swarm-tests; do
  verdict='no errors'
  valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite,possible --track-origins=no \
    "$build/bin/$suite" --gtest_brief=1 --gtest_filter="$filter" > "$log" 2>&1 || { failed=1 verdict=FAILED; grep -v '^Running main' "$log" >&2; }
  echo "valgrind: $suite: $(sed -n 's/^\[==========\] \([0-9]* tests\).*/\1/p' "$log" | tail -n 1), $verdict"
done
exit "$failed"
