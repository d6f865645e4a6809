#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Checks bac as contrib/bac of an ns-3 tree that has been built already, with its tests and examples: runs the module's suites, then
# bac-trace and bac-compare for a few seconds of the highway. Builds nothing. Not part of CI. Usage: contrib-run.sh NS3_TREE
set -eu
tree=$(realpath "${1:?usage: contrib-run.sh NS3_TREE}")
fail() {
  echo "FAIL: contrib: $*" >&2
  exit 1
}
[ -f "$tree/VERSION" ] || fail "$tree is no source tree of ns-3"
version=$(cat "$tree/VERSION")
[ -d "$tree/contrib/bac" ] || fail "$tree has no contrib/bac"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LD_LIBRARY_PATH="$tree/build/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"

# Names differ: test-runner, ns3.35-test-runner, ns3.38-test-runner-release.
program() {
  found=$(find "$tree/build" -type f -perm -u+x \( -name "$1" -o -name "ns3*-$1" -o -name "ns3*-$1-*" \) ! -name '*.so*' ! -name '*.o' | head -n 1)
  [ -n "$found" ] || fail "$1 was not built in $tree"
}

cd "$tree"
if [ -x ns3 ]; then program test-runner; else program bac-ns3-tests; fi
runner=$found
"$runner" --list > "$work/list" || fail "$runner --list"
suites=$(grep '^bac-' "$work/list") || fail "$runner lists no suite of bac"
for suite in $suites; do
  "$runner" --suite="$suite" > "$work/log" 2>&1 || { cat "$work/log" >&2; fail "suite $suite in ns-3 $version"; }
  grep -q "^PASS" "$work/log" || { cat "$work/log" >&2; fail "suite $suite in ns-3 $version ran nothing"; }
  echo "suite $suite: passed"
done

program bac-trace
program bac-compare
"$found" --protocols=bac,pbft --delivery=broadcast --scenario=highway --evs=16 --shards=4 --time=5s --seeds=1 --out="$work/out" \
  > "$work/log" 2>&1 || { cat "$work/log" >&2; fail "bac-compare in ns-3 $version"; }
cat "$work/log"
echo "PASS: contrib: bac in ns-3 $version"
