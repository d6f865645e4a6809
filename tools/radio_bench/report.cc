/* SPDX-License-Identifier: GPL-2.0-only */
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "curves.h"

namespace {

bool WriteCsv(const std::vector<Curve>& curves, const std::string& path) {
  std::FILE* out = std::fopen(path.c_str(), "w");
  if (out == nullptr) return false;
  std::fprintf(out, "curve,x_axis,y_axis,x,reference,fast,prediction,difference\n");
  for (const Curve& c : curves)
    for (const Point& p : c.points) {
      std::fprintf(out, "\"%s\",\"%s\",\"%s\",%.9g,%.6f,%.6f,", c.name.c_str(), c.x.c_str(), c.y.c_str(), p.x, p.reference, p.fast);
      if (!std::isnan(p.prediction)) std::fprintf(out, "%.6f", p.prediction);
      std::fprintf(out, ",%.6f\n", p.fast - p.reference);
    }
  return std::fclose(out) == 0;
}

/// A gnuplot script with its data inside: a panel for each curve.
bool WritePlot(const std::vector<Curve>& curves, const std::string& path) {
  std::FILE* out = std::fopen(path.c_str(), "w");
  if (out == nullptr) return false;
  const size_t columns = 4, rows = (curves.size() + columns - 1) / columns;
  std::fprintf(out,
               "set terminal pngcairo size %zu,%zu font 'sans,8'\nset output 'curves.png'\nset multiplot layout %zu,%zu\n"
               "set yrange [0:1.02]\nset grid lc rgb '#dddddd'\nset key samplen 2 spacing 0.9\n",
               columns * 270, rows * 215, rows, columns);
  for (size_t i = 0; i < curves.size(); i++) {
    const Curve& c = curves[i];
    std::fprintf(out, "$c%zu << EOD\n", i);
    bool predicted = false;
    for (const Point& p : c.points) {
      std::fprintf(out, "%.9g %.6f %.6f %.6f\n", p.x, p.reference, p.fast, std::isnan(p.prediction) ? -1 : p.prediction);
      predicted = predicted || !std::isnan(p.prediction);
    }
    std::fprintf(out, "EOD\nset title '%s' noenhanced\nset xlabel '%s' noenhanced\nset ylabel '%s' noenhanced\n", c.name.c_str(), c.x.c_str(), c.y.c_str());
    const double first = c.points.front().reference, last = c.points.back().reference;
    std::fprintf(out, "set key %s\n", first > last ? "top right" : last < 0.5 ? "top left" : "bottom right");
    std::fprintf(out, "plot $c%zu using 1:2 with lines lw 2 lc rgb '#999999' title 'reference', '' using 1:3 with points pt 7 ps 0.5 lc rgb '#d62728' title 'fast'", i);
    if (predicted) std::fprintf(out, ", '' using 1:4 with lines dt 2 lc rgb '#1f77b4' title 'formula'");
    std::fprintf(out, "\n");
  }
  std::fprintf(out, "unset multiplot\n");
  return std::fclose(out) == 0;
}

bool RunGnuplot(const std::string& folder) {
  const pid_t child = fork();
  if (child == 0) {
    if (chdir(folder.c_str()) != 0) _exit(126);
    execlp("gnuplot", "gnuplot", "curves.gp", static_cast<char*>(nullptr));
    _exit(127);
  }
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

} // namespace

int ReportCurves(const std::vector<Curve>& curves, const std::string& folder, double limit) {
  bool good = true;
  std::printf("%-36s %7s %10s\n", "curve", "points", "largest difference");
  for (const Curve& c : curves) {
    const double difference = c.Difference();
    std::printf("%-36s %7zu %10.4f%s\n", c.name.c_str(), c.points.size(), difference, difference <= limit ? "" : "  TOO MUCH");
    good &= difference <= limit;
  }
  for (const bool written : {WriteCsv(curves, folder + "/curves.csv"), WritePlot(curves, folder + "/curves.gp")})
    if (!written) {
      std::fprintf(stderr, "bac-radio-bench: --out=%s: %s\n", folder.c_str(), std::strerror(errno));
      return -1;
    }
  if (!RunGnuplot(folder)) {
    std::fprintf(stderr, "bac-radio-bench: gnuplot failed; it draws %s/curves.gp (apt-get install gnuplot-nox)\n", folder.c_str());
    return -1;
  }
  return good;
}
