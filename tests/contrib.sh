#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# bac as contrib/bac of an ns-3 source tree: 3.36 to 3.38 with CMake, 3.35 with waf. Copies this folder there, builds ns-3 with the
# modules that bac needs and no others, then runs the module's test suites, its programs and a program of a user's.
# Not part of CI: ns-3 itself takes half an hour. Usage: contrib.sh NS3_TREE   (JOBS: how many compilers at once)
set -eu
tree=$(realpath "${1:?usage: contrib.sh NS3_TREE}")
jobs=${JOBS:-$(nproc)}
cd "$(dirname "$0")/.."
fail() {
  echo "FAIL: contrib: $*" >&2
  exit 1
}
[ -f "$tree/VERSION" ] || fail "$tree is no source tree of ns-3"
[ -d "$tree/src/wave" ] || fail "$tree has no wave: choose ns-3.35 to 3.38"
version=$(cat "$tree/VERSION")
module=$tree/contrib/bac
[ ! -e "$module" ] || grep -qs '^core bac-core/' "$module/sources.txt" || fail "$module exists and is something else"

echo "== contrib: copying to $module"
mkdir -p "$module"
tar c --exclude='./build*' --exclude=./.git --exclude=./results --exclude=./traces . | tar x -C "$module"

user=$tree/scratch/bac-contrib-user.cc
trap 'rm -f "$user"' EXIT
cat > "$user" <<'EOP'
#include "ns3/core-module.h"
#include "ns3/bac-module.h"
#include <iostream>
int main()
{
    const ns3::BacHelper helper{ns3::BacRadioOptions()};
    std::cout << "user: bac " << bac_version() << ", channel " << helper.ChannelOf(0) << std::endl;
    return helper.ChannelOf(0) == 172 ? 0 : 1;
}
EOP

cd "$tree"
echo "== contrib: ns-3 $version, configuration"
if [ -x ns3 ]; then
  # Of the other modules' tests none is wanted; 3.36 cannot leave them out.
  filter=
  if ./ns3 configure --help | grep -q filter-module-examples-and-tests; then filter=--filter-module-examples-and-tests=bac; fi
  ./ns3 configure -d debug --enable-tests --enable-examples $filter --enable-modules=bac
  echo "== contrib: ns-3 $version, build"
  # Not './ns3 build', which may ask for more than two cores can hold.
  cmake --build cmake-cache -j "$jobs"
else
  # Debian's own Python: this waf needs one below 3.12. gcc 12 warns of ns-3.35 itself. Without --enable-tests: the tests of the other
  # modules are more than they are; bac-ns3-tests runs the module's own.
  /usr/bin/python3 ./waf configure -d debug --disable-werror --disable-python --enable-examples --enable-modules=bac
  echo "== contrib: ns-3 $version, build"
  /usr/bin/python3 ./waf build -j "$jobs"
fi

sh "$module/tests/contrib-run.sh" "$tree"
found=$(find "$tree/build" -type f -perm -u+x -name '*bac-contrib-user*' ! -name '*.o' | head -n 1)
LD_LIBRARY_PATH="$tree/build/lib" "${found:?no program of a user was built}" || fail "a user's program"
echo "== contrib: all is well in ns-3 $version"
