#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Installs the packages of packages.txt that are missing. Usage: setup.sh [core]   (core: those the C core needs)
set -eu
cd "$(dirname "$0")/.."
kinds='core|ns3'
if [ "${1:-}" = core ]; then kinds=core; fi
missing=
for package in $(sed -nE "s/^($kinds) //p" packages.txt); do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
sudo=
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "setup: these packages are missing and there is no sudo; as root, run: apt-get install$missing" >&2; exit 2; }
  sudo=sudo
fi
echo "setup: installing$missing"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -q
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
