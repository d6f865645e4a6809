/* SPDX-License-Identifier: GPL-2.0-only */
/* Validation curves: the fast medium beside the reference, which is ns-3's WAVE stack with weak signals (--radio=wave --weak-signals). */
#ifndef BAC_RADIO_BENCH_CURVES_H
#define BAC_RADIO_BENCH_CURVES_H

#include <cstdint>
#include <string>
#include <vector>

struct Point {
  double x, reference, fast;
  double prediction; // of a formula, or NAN
};

struct Curve {
  std::string name, x, y; // what the axes show
  std::vector<Point> points;
  double Difference() const; // largest absolute one between reference and fast
};

/* scale: of simulated time, 1 for the page in doc/; 0.1 has ten times less and counts fewer EVs. */
std::vector<Curve> MeasureCurves(double scale, uint64_t seed);

/* Writes curves.csv and, with gnuplot, curves.png into a folder that is there, prints a table. Returns whether every difference is at most
 * `limit`, or -1 when a file cannot be written or gnuplot fails. */
int ReportCurves(const std::vector<Curve>& curves, const std::string& folder, double limit);

#endif
