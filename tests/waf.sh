#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The wscript, alone against the installed ns-3: builds into build/waf and runs what came out.
# Usage: waf.sh [FOLDER]   (FOLDER: where to build instead)
set -eu
cd "$(dirname "$0")/.."
out=${1:-build/waf}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
fail() {
  echo "FAIL: waf: $*" >&2
  exit 1
}
# quietly LABEL COMMAND...: shows what the command printed only when it fails
quietly() {
  label=$1
  shift
  "$@" > "$log" 2>&1 || { cat "$log" >&2; fail "$label"; }
}

# With clang, where it is: a second compiler for what the release build compiles with gcc, in half of the time.
if command -v clang++ > /dev/null; then export CC=clang CXX=clang++; fi
CFLAGS=-O0 CXXFLAGS=-O0 quietly "the build" ./waf configure build -o "$out" -j "${JOBS:-$(nproc)}"

for protocol in bac pbft; do
  quietly "bac-compare --protocols=help" "$out/bin/bac-compare" --protocols=help
  grep -qw "$protocol" "$log" || { cat "$log" >&2; fail "bac-compare --protocols=help does not list $protocol"; }
done
quietly "ns-3 suite bac-wsmp" "$out/bin/bac-ns3-tests" --suite=bac-wsmp
grep -q "^PASS" "$log" || { cat "$log" >&2; fail "ns-3 suite bac-wsmp did not pass"; }
if [ -x "$out/bin/bac-trace" ]; then
  quietly "bac-trace --help" "$out/bin/bac-trace" --help
fi
echo "waf: built $out; bac-compare, bac-ns3-tests and bac-trace run"
