/* SPDX-License-Identifier: GPL-2.0-only */
#include "info.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include "trace/choose.h"
#include "trace/trace_file.h"

namespace bac_trace_tool {

namespace {

using TracePointer = std::unique_ptr<bac_trace, decltype(&bac_trace_free)>;

TracePointer Load(const std::string &path) {
  bac_trace *trace = nullptr;
  char why[BAC_TRACE_WHY_SIZE];
  if (bac_trace_load(path.c_str(), &trace, why, sizeof why) != 0) throw Failure(why);
  return {trace, &bac_trace_free};
}

void PrintModels(const bac_trace &t) {
  struct Sum {
    uint32_t vehicles = 0;
    double metres = 0, wh = 0;
  };
  std::map<std::string, Sum> models;
  for (uint32_t i = 0; i < t.vehicle_count; i++) {
    const bac_trace_vehicle &v = t.vehicles[i];
    Sum &sum = models[t.strings[v.model]];
    sum.vehicles++;
    for (uint64_t k = v.first_sample + 1; k < v.first_sample + v.sample_count; k++) {
      const bac_trace_sample &a = t.samples[k - 1], &b = t.samples[k];
      if (a.x_cm == BAC_TRACE_ABSENT || b.x_cm == BAC_TRACE_ABSENT) continue;
      sum.metres += b.speed_cm_s / 100.0 * (static_cast<double>(t.step_ns) / 1e9);
      sum.wh += (static_cast<double>(a.charge_dwh) - static_cast<double>(b.charge_dwh)) / 10;
    }
  }
  for (const auto &[name, sum] : models) {
    printf("  %-16s %6u vehicles, %4.0f Wh/km\n", name.c_str(), sum.vehicles,
           sum.metres > 0 ? sum.wh / sum.metres * 1000 : 0);
  }
}

std::string CsvField(const char *text) {
  std::string field = text;
  if (field.find_first_of(",\"") == std::string::npos) return field;
  for (size_t at = 0; (at = field.find('"', at)) != std::string::npos; at += 2) field.insert(at, "\"");
  return "\"" + field + "\"";
}

}  // namespace

void PrintInfo(const std::string &path, uint32_t shards) {
  TracePointer trace = Load(path);
  const bac_trace &t = *trace;
  bac_box area = bac_trace_area(&t);
  bac_shard_policy policy = bac_shards_policy_for(&area);
  bac_trace_want want{};
  want.shards = shards;
  want.policy = policy;
  want.begin_ns = t.begin_ns;
  want.end_ns = bac_trace_end(&t);
  std::vector<uint32_t> whole(shards), any(shards);
  char why[BAC_TRACE_WHY_SIZE];
  int status = bac_trace_available(&t, &want, whole.data(), why, sizeof why);
  want.churn = true;
  if (status == 0) status = bac_trace_available(&t, &want, any.data(), why, sizeof why);
  if (status != 0) throw Failure(why);

  uint32_t stay = 0;
  for (uint32_t count : whole) stay += count;
  printf("%s: scenario %s, %s, seed %llu\n", path.c_str(), t.strings[t.scenario], t.strings[t.producer],
         static_cast<unsigned long long>(t.seed));
  printf("  window           %g s to %g s, a sample each %g s\n", static_cast<double>(t.begin_ns) / 1e9,
         static_cast<double>(bac_trace_end(&t)) / 1e9, static_cast<double>(t.step_ns) / 1e9);
  printf("  area             %.0f x %.0f m\n", area.max_x - area.min_x, area.max_y - area.min_y);
  printf("  EVs              %u (%g %% of the road vehicles), %u of them the whole window\n", t.vehicle_count,
         t.ev_share_permille / 10.0, stay);
  if (t.building_count > 0) printf("  buildings        %u\n", t.building_count);
  printf("  samples          %llu\n", static_cast<unsigned long long>(t.sample_count));
  for (uint32_t s = 0; s < shards; s++) {
    printf("  shard %-3u        %u the whole window, %u in any part of it (%s)\n", s, whole[s], any[s],
           bac_shards_policy_name(policy));
  }
  PrintModels(t);
}

void PrintCsv(const std::string &path) {
  TracePointer trace = Load(path);
  const bac_trace &t = *trace;
  printf("time_s,vehicle,type,model,x_m,y_m,speed_mps,heading_deg,lane,charge_wh,capacity_wh\n");
  for (uint32_t i = 0; i < t.vehicle_count; i++) {
    const bac_trace_vehicle &v = t.vehicles[i];
    std::string who =
        CsvField(t.strings[v.id]) + "," + CsvField(t.strings[v.type]) + "," + CsvField(t.strings[v.model]);
    for (uint32_t k = 0; k < v.sample_count; k++) {
      const bac_trace_sample &s = t.samples[v.first_sample + k];
      if (s.x_cm == BAC_TRACE_ABSENT) continue;
      double time_s = static_cast<double>(t.begin_ns + (v.first_instant + int64_t{k}) * t.step_ns) / 1e9;
      printf("%.3f,%s,%.2f,%.2f,%.2f,%.2f,%s,%.1f,%u\n", time_s, who.c_str(), s.x_cm / 100.0, s.y_cm / 100.0,
             s.speed_cm_s / 100.0, s.heading_cdeg / 100.0, CsvField(t.strings[s.lane]).c_str(), s.charge_dwh / 10.0,
             v.capacity_wh);
    }
  }
  if (fflush(stdout) != 0 || ferror(stdout)) throw Failure(std::string("cannot write the CSV: ") + strerror(errno));
}

}  // namespace bac_trace_tool
