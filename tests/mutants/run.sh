#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Mutation testing: puts one small bug after the other into the protocols and asks whether bac-sim finds it.
# A mutant is NAME.patch here: "Bug: what is wrong", "Run: options of bac-sim", and the change. One that no longer applies is an error: renew it.
# Usage: run.sh [--rotate=COUNT] [--seeds=COUNT] [--preset=NAME] [--table] [NAME...]
#   --rotate=COUNT   that many of them, other ones with each commit (CI)
#   --seeds=COUNT    worlds for each before it counts as not found (default 1000)
#   --preset=NAME    whose build of bac-sim the changed files are linked into (default core)
#   --table          writes tests/mutants/table.md (all mutants)
set -eu
cd "$(dirname "$0")/../.."
jobs=${JOBS:-$(nproc)} rotate=0 seeds=1000 preset=core table= names=
usage() {
  echo "mutants: $*: see the head of tests/mutants/run.sh" >&2
  exit 2
}
for argument in "$@"; do
  case $argument in
    --rotate=[1-9]*) rotate=${argument#*=} ;;
    --seeds=[1-9]*) seeds=${argument#*=} ;;
    --preset=?*) preset=${argument#*=} ;;
    --table) table=yes ;;
    -*) usage "\"$argument\" is no option" ;;
    *) [ -f "tests/mutants/$argument.patch" ] || usage "there is no mutant \"$argument\""
      names="$names $argument" ;;
  esac
done
case $rotate$seeds in *[!0-9]*) usage "--rotate and --seeds take whole numbers" ;; esac
[ -n "$names" ] || names=$(ls tests/mutants | sed -n 's/\.patch$//p')

# The commit's number; in a shallow clone, which knows no number, its name; without git what the core's files add up to. So a tree is always
# asked about the same bugs.
turn() {
  case $(git rev-parse --is-shallow-repository 2> /dev/null) in
    false) git rev-list --count HEAD ;;
    true) printf '%d\n' "0x$(git rev-parse HEAD | cut -c 1-7)" ;;
    *) find bac-core tools -type f -name '*.[ch]' | LC_ALL=C sort | xargs -d '\n' cat | cksum | cut -d ' ' -f 1 ;;
  esac
}
if [ "$rotate" -gt 0 ]; then
  total=$(echo $names | wc -w)
  [ "$rotate" -lt "$total" ] || rotate=$total
  turn=$(turn)
  first=$((turn * rotate % total))
  names=$(echo $names $names | tr ' ' '\n' | sed -n "$((first + 1)),$((first + rotate))p")
  echo "mutants: $rotate of $total, from number $((first + 1)) on (turn $turn)"
fi

work=build/mutants log=build/mutants/log
rm -rf "$work"
mkdir -p "$work"
[ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" > "$log" 2>&1 || { cat "$log" >&2; exit 1; }
cmake --build "build/$preset" -j "$jobs" --target bac-sim > "$log" 2>&1 || { cat "$log" >&2; exit 1; }
failed=0
printf '%s\n' $names | xargs -P "$jobs" -I{} sh tests/mutants/one.sh "build/$preset" {} "$seeds" || failed=1
if [ -n "$table" ]; then
  {
    echo '# Bugs that the simulator finds'
    echo
    echo "Written by \`make mutants\`: each bug alone, worlds from seed 1 on, the first seed that shows it, and the checker that saw it."
    echo
    echo '| Mutant | Bug | bac-sim | Seed | Checker |'
    echo '|---|---|---|---|---|'
    for name in $names; do cat "$work/$name/row"; done
  } > tests/mutants/table.md
fi
exit "$failed"
