#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Fuzzes every decoder and the step function with libFuzzer under AddressSanitizer and UBSan: first what tests/fuzz/corpus holds, then new
# inputs for so many seconds a target. A finding stays in build/fuzz/found, with the command that repeats it.
# Usage: run.sh [SECONDS [TARGET...]]   (default 5 s, all)   GROW=yes: adds what reaches new code to the corpus
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-5}
[ "$#" -eq 0 ] || shift
case $seconds in *[!0-9]* | '') echo "fuzz: \"$seconds\" is no number of seconds" >&2; exit 2 ;; esac
jobs=${JOBS:-$(nproc)}
build=build/fuzz bin=build/asan-clang/bin
command -v clang > /dev/null || { echo "fuzz: clang is missing: install the packages in packages.txt ('make setup')" >&2; exit 2; }
mkdir -p "$build/found"
log=$build/log
cmake --preset asan > "$log" 2>&1 || { cat "$log" >&2; exit 1; }
cmake --build --preset asan -j "$jobs" --target fuzz > "$log" 2>&1 || { cat "$log" >&2; exit 1; }
targets=${*:-$(ls tests/fuzz/corpus)}
for target in $(ls tests/fuzz/corpus); do [ "$target" = steps ] || ln -sf fuzz-all "$bin/fuzz-$target"; done
for target in $targets; do
  [ -x "$bin/fuzz-$target" ] || { echo "fuzz: there is no target \"$target\"" >&2; exit 2; }
done
# As many at once as there are cores; each says one line.
printf '%s\n' $targets | xargs -P "$jobs" -I{} sh -c '
  target={} build=$1 bin=$2 seconds=$3 corpus=tests/fuzz/corpus/{}
  "$bin/fuzz-$target" -seed=1 -runs=0 "$corpus" > "$build/$target.log" 2>&1 &&
  { [ "$seconds" = 0 ] || { mkdir -p "$build/new/$target" && "$bin/fuzz-$target" -seed=1 -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -max_len=8192 \
      -artifact_prefix="$build/found/$target-" "$build/new/$target" "$corpus" > "$build/$target.log" 2>&1; }; } ||
  { tail -n 40 "$build/$target.log" >&2; echo "fuzz: $target FAILED; repeat: $bin/fuzz-$target $(ls -t "$build"/found/"$target"-* 2>/dev/null | head -n 1)" >&2; exit 1; }
  echo "fuzz: $target: $(ls "$corpus" | wc -l) inputs, then $(sed -n "s/^Done \([0-9]*\) runs.*/\1 runs/p" "$build/$target.log" | tail -n 1) of new ones: nothing found"
' sh "$build" "$bin" "$seconds"
if [ "${GROW:-}" = yes ]; then
  for target in $targets; do
    mkdir -p "$build/merged/$target"
    "$bin/fuzz-$target" -merge=1 -max_len=4096 "$build/merged/$target" "tests/fuzz/corpus/$target" "$build/new/$target" > "$build/$target.log" 2>&1
    rm -rf "tests/fuzz/corpus/$target"
    cp -r "$build/merged/$target" "tests/fuzz/corpus/$target"
    rm -rf "$build/merged/$target"
  done
fi
