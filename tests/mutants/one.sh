#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# One mutant of run.sh: patches copies of the files that it changes, compiles them as the build BASE does (of a header: all that include it),
# links them in place of BASE's own, and runs bac-sim. The row of the table goes into build/mutants/NAME/row.
# Usage: one.sh BASE NAME SEEDS   (from the project's folder, BASE being up to date)
set -eu
here=$PWD base=$PWD/$1 name=$2 seeds=$3
patch=$here/tests/mutants/$name.patch out=$here/build/mutants/$name
tree=$out/tree log=$out/log
mkdir -p "$tree" "$out/objects"
row() { printf '| %s | %s | `%s` | %s |\n' "$name" "$(sed -n 's/^Bug: //p' "$patch")" "$(sed -n 's/^Run: //p' "$patch")" "$1" > "$out/row"; }
row '- | CANNOT BE RUN'
fail() {
  tail -n 20 "$log" >&2
  echo "mutants: $name: $*" >&2
  exit 1
}

ninja -C "$base" -t commands bin/bac-sim > "$out/commands"
link=$(tail -n 1 "$out/commands")
files=$(sed -n 's|^--- a/||p' "$patch")
for file in $files; do
  mkdir -p "$tree/$(dirname "$file")"
  cp "$file" "$tree/$file"
done
patch -s -p1 -d "$tree" -i "$patch" > "$log" 2>&1 || fail "the patch no longer applies: renew it"

# What is compiled from the file, or from what includes it.
objects_of() {
  case $1 in
    *.c) sed -nE "s|.* -o ([^ ]+) -c .*/$1['\"]?\$|\1|p" "$out/commands" ;;
    *) ninja -C "$base" -t deps | awk -v file="/$1" '/^[^ ]/ { object = $1; sub(/:$/, "", object) }
         /^ / && substr($0, length($0) - length(file) + 1) == file { print object }' ;;
  esac
}
for file in $files; do objects_of "$file"; done | sort -u > "$out/changed"
compiled=0
while read -r object; do
  command=$(grep -F -- " -o $object -c " "$out/commands") || continue # of another program
  # The patched headers come first, the patched source in place of its own.
  command=$(printf '%s\n' "$command" | sed -E "s| -MD -MT [^ ]+ -MF [^ ]+ | |; s| -o [^ ]+ -c | -o \"\$new\" -c |; s| -I| -I\"\$tree/bac-core/include\" -I\"\$tree/bac-core/src\" -I|")
  for file in $files; do command=$(printf '%s\n' "$command" | sed -E "s|(.* -c ).*/$file['\"]?\$|\1\"\$tree/$file\"|"); done
  new=$out/objects/$(echo "$object" | tr / _)
  (cd "$base" && eval "$command") > "$log" 2>&1 || fail "does not compile"
  # A library's member is not asked for once all that it defines is there.
  case $link in
    *" $object "*) link=$(printf '%s\n' "$link" | sed "s| $object | \"$new\" |") ;;
    *) link=$(printf '%s\n' "$link" | sed "s| -o bin/bac-sim | \"$new\" -o bin/bac-sim |") ;;
  esac
  compiled=$((compiled + 1))
done < "$out/changed"
[ "$compiled" -gt 0 ] || fail "bac-sim contains nothing of what it changes"
link=$(printf '%s\n' "$link" | sed 's| -o bin/bac-sim | -o "$out/bac-sim" |')
(cd "$base" && eval "$link") > "$log" 2>&1 || fail "does not link"

status=0
run=$(sed -n 's/^Run: //p' "$patch")
# shellcheck disable=SC2086
"$out/bac-sim" $run --seeds="$seeds" --first > "$log" 2>&1 || status=$?
case $status in
  1) found=$(sed -n 's/.*the first at seed \([0-9]*\), \(.*\)$/\1 | \2/p' "$log") ;;
  0) found='- | NOT FOUND' ;;
  *) fail "cannot be run" ;;
esac
row "$found"
rm -rf "$out/bac-sim" "$out/objects"
[ "$status" = 1 ] || fail "NOT found in $seeds seeds ($run)"
echo "mutants: $name: found at seed ${found% |*}"
