#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Repeats the README on a minimal Debian 12: debootstrap into DIR, only make, git (and sudo for an ordinary user) installed, a clean
# clone in a path with a space, then the two commands. Needs root and debootstrap; not part of CI (about 3 GB, half an hour).
# Usage: tests/minimal-debian.sh DIR [commands...]   default commands: 'make demo' 'make check'
set -eu
[ "$#" -ge 1 ] || { echo "usage: $0 DIR [commands...]" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "$0: needs root (debootstrap, chroot)" >&2; exit 2; }
command -v debootstrap >/dev/null || { echo "$0: install debootstrap first" >&2; exit 2; }
here=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$1"
root=$(cd "$1" && pwd)
shift
[ "$#" -gt 0 ] || set -- 'make demo' 'make check'

if [ ! -x "$root/usr/bin/git" ]; then
  # The mirror that this machine's own apt uses.
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)
  debootstrap --variant=minbase --include=ca-certificates bookworm "$root" "$mirror"
  cp /etc/apt/sources.list "$root/etc/apt/sources.list" 2>/dev/null || true
  cp -r /etc/apt/sources.list.d /etc/apt/apt.conf.d /etc/apt/trusted.gpg.d /etc/apt/preferences.d "$root/etc/apt/" 2>/dev/null || true
  cp /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null || true
  chroot "$root" sh -c 'apt-get update -q && apt-get install -q -y --no-install-recommends make git sudo'
  chroot "$root" useradd -m -s /bin/sh -G sudo driver
  echo 'driver ALL=(ALL) NOPASSWD: ALL' > "$root/etc/sudoers.d/driver"
fi
for fs in proc sys dev; do
  # A slave: on a systemd machine, unmounting a shared copy would unmount the original as well.
  mountpoint -q "$root/$fs" || { mount --rbind "/$fs" "$root/$fs" && mount --make-rslave "$root/$fs"; }
done
trap 'for fs in proc sys dev; do umount -R -l "$root/$fs" || true; done' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

rm -rf "$root/home/driver/a clone"
mkdir -p "$root/home/driver/source"
git -C "$here" bundle create -q "$root/home/driver/source/bac.bundle" HEAD
chroot "$root" su driver -c 'git -c advice.detachedHead=false clone -q "$HOME/source/bac.bundle" "$HOME/a clone" && cd "$HOME/a clone" && git checkout -q --detach'
for command in "$@"; do
  printf '\n== %s (as an ordinary user, in "a clone")\n' "$command"
  start=$(date +%s)
  chroot "$root" su driver -c "cd \"\$HOME/a clone\" && $command"
  printf '== %s took %s s\n' "$command" "$(($(date +%s) - start))"
done
