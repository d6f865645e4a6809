#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# tools/paired-difference.py: the interval by hand, Student's t against tables, and refusals of bad input.
set -eu
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/a" "$folder/b"
printf 'protocol,mode,delivery,seed,latency\nbac,safe,broadcast,1,11\nbac,safe,broadcast,2,12\nbac,safe,broadcast,3,16\nbac,safe,broadcast,4,9\n' > "$folder/a/runs.csv"
printf 'protocol,mode,delivery,seed,latency\nbac,safe,broadcast,1,10\nbac,safe,broadcast,2,10\nbac,safe,broadcast,3,10\npbft,safe,broadcast,1,1\n' > "$folder/b/runs.csv"
# Differences 1, 2, 6: mean 3, deviation sqrt(7), half width 4.3027 * sqrt(7 / 3).
python3 tools/paired-difference.py "$folder/a" "$folder/b" latency | tail -n 1 | grep -q ' 3 *10 *+30.00 %  -35.72 to +95.72 %$' || { echo "another interval" >&2; exit 1; }
# 48 pairs, differences 1 and 3 in turn: mean 2, deviation sqrt(48 / 47), half width 2.0117 * sqrt(1 / 47).
for side in a b; do
  mkdir "$folder/many-$side"
  awk -v a="$side" 'BEGIN { print "protocol,mode,delivery,seed,latency"; for (i = 1; i <= 48; i++) print "bac,safe,broadcast," i "," 10 + (a == "a") * (1 + i % 2 * 2) }' > "$folder/many-$side/runs.csv"
done
python3 tools/paired-difference.py "$folder/many-a" "$folder/many-b" latency | tail -n 1 | grep -q ' 48 *10 *+20.00 %  +17.07 to +22.93 %$' || { echo "another interval of 48" >&2; exit 1; }
# 0.975 quantiles from printed tables.
python3 - << 'END' || { echo "another Student's t" >&2; exit 1; }
import importlib.util, sys
sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location("paired", "tools/paired-difference.py")
paired = importlib.util.module_from_spec(spec)
spec.loader.exec_module(paired)
known = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 10: 2.228, 15: 2.131, 20: 2.086, 29: 2.045, 30: 2.042, 40: 2.021, 60: 2.000, 100: 1.984, 120: 1.980, 1000: 1.962}
sys.exit(any(abs(paired.quantile(df) - t) > 0.00051 for df, t in known.items()))
END
for bad in "$folder/none $folder/b latency" "$folder/a $folder/b other" "$folder/a"; do
  # shellcheck disable=SC2086
  if python3 tools/paired-difference.py $bad > /dev/null 2>&1; then echo "taken: $bad" >&2; exit 1; fi
done
