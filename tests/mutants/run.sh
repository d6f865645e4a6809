#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Mutation testing: puts one small bug after the other into the protocols and asks whether bac-sim finds it.
# A mutant is NAME.patch here: "Bug: what is wrong", "Run: options of bac-sim", and the change. One that no longer applies is an error: renew it.
# Usage: run.sh [--rotate=COUNT] [--seeds=COUNT] [--table] [NAME...]
#   --rotate=COUNT   that many of them, other ones with each commit (CI)
#   --seeds=COUNT    worlds for each before it counts as not found (default 1000)
#   --table          writes tests/mutants/table.md (all mutants)
set -eu
cd "$(dirname "$0")/../.."
here=$PWD
jobs=${JOBS:-$(nproc)} rotate=0 seeds=1000 table= names=
usage() {
  echo "mutants: $*: see the head of tests/mutants/run.sh" >&2
  exit 2
}
for argument in "$@"; do
  case $argument in
    --rotate=[1-9]*) rotate=${argument#*=} ;;
    --seeds=[1-9]*) seeds=${argument#*=} ;;
    --table) table=yes ;;
    -*) usage "\"$argument\" is no option" ;;
    *) [ -f "tests/mutants/$argument.patch" ] || usage "there is no mutant \"$argument\""
      names="$names $argument" ;;
  esac
done
[ -n "$names" ] || names=$(ls tests/mutants | sed -n 's/\.patch$//p')
if [ "$rotate" -gt 0 ]; then
  total=$(echo $names | wc -w)
  turn=$(git rev-list --count HEAD 2>/dev/null || echo 0)
  first=$((turn * rotate % total))
  names=$(echo $names $names | tr ' ' '\n' | sed -n "$((first + 1)),$((first + rotate))p")
fi

tree=build/mutants/tree out=build/mutants/out log=$here/build/mutants/log
mkdir -p "$tree"
# What is the same keeps its time: only what has changed is compiled again.
for f in CMakeLists.txt sources.txt cmake bac-core tools tests bac-results ns3-module examples packages.txt; do
  [ -e "$f" ] && tar c --exclude='*.patch' "$f" | tar x -C "$tree"
done
cmake -S "$tree" -B "$out" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DBAC_NS3=OFF > "$log" 2>&1 || { cat "$log" >&2; exit 1; }
cmake --build "$out" -j "$jobs" --target bac-sim > "$log" 2>&1 || { cat "$log" >&2; exit 1; }

failed=0 rows=
for name in $names; do
  patch=$here/tests/mutants/$name.patch
  run=$(sed -n 's/^Run: //p' "$patch")
  patch -s -p1 -d "$tree" -i "$patch" > "$log" 2>&1 || { cat "$log" >&2; echo "mutants: $name.patch no longer applies: renew it" >&2; exit 1; }
  status=0
  cmake --build "$out" -j "$jobs" --target bac-sim > "$log" 2>&1 || status=build
  # shellcheck disable=SC2086
  [ "$status" = build ] || "$out/bin/bac-sim" $run --seeds="$seeds" --first > "$log" 2>&1 || status=$?
  patch -s -R -p1 -d "$tree" -i "$patch"
  case $status in
    1) found=$(sed -n 's/.*the first at seed \([0-9]*\), \(.*\)$/\1 | \2/p' "$log")
      echo "mutants: $name: found at seed $found" ;;
    0) found='- | NOT FOUND'
      failed=1
      echo "mutants: $name: NOT found in $seeds seeds ($run)" ;;
    *) found='- | CANNOT BE RUN'
      failed=1
      tail -n 20 "$log" >&2
      echo "mutants: $name: cannot be run" >&2 ;;
  esac
  rows="$rows| $name | $(sed -n 's/^Bug: //p' "$patch") | \`$run\` | $found |
"
done
cmake --build "$out" -j "$jobs" --target bac-sim > "$log" 2>&1
if [ -n "$table" ]; then
  {
    echo '# Bugs that the simulator finds'
    echo
    echo "Written by \`make mutants\`: each bug alone, worlds from seed 1 on, the first seed that shows it, and the checker that saw it."
    echo
    echo '| Mutant | Bug | bac-sim | Seed | Checker |'
    echo '|---|---|---|---|---|'
    printf '%s' "$rows"
  } > tests/mutants/table.md
fi
exit "$failed"
