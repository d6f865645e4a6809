#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""How far two result folders of bac-compare differ in one column, seed by seed.

  paired-difference.py FOLDER REFERENCE [COLUMN...]

Runs are paired by protocol, mode, delivery and seed. For each protocol and delivery: the mean of (FOLDER - REFERENCE) over the mean of
REFERENCE, in per cent, with its 95 % confidence interval over seeds (Student's t, pairs - 1 degrees of freedom). Columns: those of runs.csv;
default block_latency_p50_s. Exit status 0; 2: bad input.
"""
import csv
import math
import sys


def stop(why):
    print(f"paired-difference: {why}", file=sys.stderr)
    sys.exit(2)


def runs(folder):
    """Rows of a folder's runs.csv by (protocol, mode, delivery, seed)."""
    path = f"{folder}/runs.csv"
    try:
        with open(path, newline="", encoding="utf-8") as file:
            return {(r["protocol"], r["mode"], r["delivery"], r["seed"]): r for r in csv.DictReader(file)}
    except (OSError, KeyError) as error:
        stop(f"{path} cannot be read ({error}): give a folder that bac-compare has written")


def within(t, df):
    """Probability that Student's t lies between -t and t, for whole degrees of freedom: the finite sums of Abramowitz and Stegun, 26.7.3 and 26.7.4."""
    theta = math.atan(t / math.sqrt(df))
    cosine = math.cos(theta)
    term, total = (cosine, 0.0) if df % 2 else (1.0, 0.0)
    for n in range(1 + df % 2, df, 2):
        total += term
        term *= cosine * cosine * n / (n + 1)
    total *= math.sin(theta)
    return 2 / math.pi * (theta + total) if df % 2 else total


def quantile(df):
    """The t that |Student's t| exceeds with a probability of 5 %; 12.706 (one degree of freedom) is the largest."""
    low, high = 1.0, 13.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if within(middle, df) < 0.95 else (low, middle)
    return low


def interval(values):
    """Mean and half width of the 95 % confidence interval; at least two values."""
    n = len(values)
    mean = sum(values) / n
    deviation = math.sqrt(sum((v - mean) ** 2 for v in values) / (n - 1))
    return mean, quantile(n - 1) * deviation / math.sqrt(n)


def main(arguments):
    if "--help" in arguments or len(arguments) < 2:
        print(__doc__.strip())
        sys.exit(0 if "--help" in arguments else 2)
    folder, reference, columns = runs(arguments[0]), runs(arguments[1]), arguments[2:] or ["block_latency_p50_s"]
    groups = sorted({key[:3] for key in folder if key in reference})
    if not groups:
        stop(f"{arguments[0]} and {arguments[1]} have no run in common")
    print(f"{'protocol':12}{'mode':6}{'delivery':11}{'column':24}{'pairs':>6}{'reference':>11}{'difference':>12}  95 % interval")
    for group in groups:
        keys = [k for k in sorted(folder) if k[:3] == group and k in reference]
        for column in columns:
            if column not in reference[keys[0]] or column not in folder[keys[0]]:
                stop(f"there is no column {column}: those there are stand in the first line of runs.csv")
            pairs = [(float(folder[k][column]), float(reference[k][column])) for k in keys if folder[k][column] and reference[k][column]]
            if len(pairs) < 2:
                stop(f"{' '.join(group)}: {len(pairs)} pairs of {column}: at least 2 are needed")
            mean = sum(b for _, b in pairs) / len(pairs)
            difference, half = interval([a - b for a, b in pairs])
            scale = 100 / mean if mean else math.nan
            print(f"{group[0]:12}{group[1]:6}{group[2]:11}{column:24}{len(pairs):6}{mean:11.4g}{scale * difference:+11.2f} %  "
                  f"{scale * (difference - half):+.2f} to {scale * (difference + half):+.2f} %")


if __name__ == "__main__":
    main(sys.argv[1:])
