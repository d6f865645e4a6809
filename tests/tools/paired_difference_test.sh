#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# tools/paired-difference.py: the interval by hand, and refusals of bad input.
set -eu
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/a" "$folder/b"
printf 'protocol,mode,delivery,seed,latency\nbac,safe,broadcast,1,11\nbac,safe,broadcast,2,12\nbac,safe,broadcast,3,16\nbac,safe,broadcast,4,9\n' > "$folder/a/runs.csv"
printf 'protocol,mode,delivery,seed,latency\nbac,safe,broadcast,1,10\nbac,safe,broadcast,2,10\nbac,safe,broadcast,3,10\npbft,safe,broadcast,1,1\n' > "$folder/b/runs.csv"
# Differences 1, 2, 6: mean 3, deviation sqrt(7), half width 4.303 * sqrt(7 / 3).
python3 tools/paired-difference.py "$folder/a" "$folder/b" latency | tail -n 1 | grep -q ' 3 *10 *+30.00 %  -35.73 to +95.73 %$' || { echo "another interval" >&2; exit 1; }
for bad in "$folder/none $folder/b latency" "$folder/a $folder/b other" "$folder/a"; do
  # shellcheck disable=SC2086
  if python3 tools/paired-difference.py $bad > /dev/null 2>&1; then echo "taken: $bad" >&2; exit 1; fi
done
