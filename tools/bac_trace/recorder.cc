/* SPDX-License-Identifier: GPL-2.0-only */
#include "recorder.h"

#include <libsumo/libsumo.h>

#include <algorithm>
#include <cmath>

#include "trace/trace_file.h"

namespace bac_trace_tool {

namespace fs = std::filesystem;

namespace {

constexpr uint64_t kSamplesMax = 100'000'000; /* 2 GB */

}  // namespace

void Recorder::Step(int64_t instant, double step_s) {
  for (const std::string &id : libsumo::Vehicle::getIDList()) {
    auto [entry, is_new] = m_vehicles.try_emplace(id);
    if (is_new) entry->second = Admit(id);
    if (Vehicle *v = entry->second.get()) Observe(*v, is_new, instant, step_s);
  }
  m_present = m_vehicles.size();
}

/* A copy of a vehicle type that drives the same and consumes like the model. */
std::string Recorder::ElectricType(const std::string &type, const Model &model) {
  std::string made = type + "@" + model.name;
  if (m_electric_types.emplace(made, true).second) {
    /* SUMO reads a type's energy parameters when it makes the type and never again: set them on one copy, use its copy.
     */
    std::string draft = made + "@draft";
    libsumo::VehicleType::copy(type, draft);
    libsumo::VehicleType::setEmissionClass(draft, model.emission_class);
    for (const auto &[key, value] : model.parameters) libsumo::VehicleType::setParameter(draft, key, value);
    libsumo::VehicleType::copy(draft, made);
  }
  return made;
}

/* Makes a vehicle electric, or returns null when it shall not be. */
std::unique_ptr<Vehicle> Recorder::Admit(const std::string &id) {
  std::optional<Group> group = GroupOf(libsumo::Vehicle::getVehicleClass(id));
  uint64_t draw = Hash(id, Mix(m_options.seed));
  if (!group || Mix(draw ^ 1) % 1000 >= m_options.ev_share_permille) return nullptr;

  auto v = std::make_unique<Vehicle>();
  v->id = id;
  v->type = libsumo::Vehicle::getTypeID(id);
  std::string capacity, emission_class = libsumo::Vehicle::getEmissionClass(id);
  if (IsElectric(emission_class)) {
    v->model = emission_class;
    capacity = libsumo::VehicleType::getParameter(v->type, "maximumBatteryCapacity");
  } else {
    uint32_t total = 0;
    for (const Model &model : m_models) total += model.group == *group ? model.weight : 0;
    uint64_t pick = Mix(draw ^ 2) % total;
    for (const Model &model : m_models) {
      if (model.group != *group) continue;
      if (pick < model.weight) {
        v->model = model.name;
        capacity = model.parameters.at("maximumBatteryCapacity");
        libsumo::Vehicle::setType(id, ElectricType(v->type, model));
        break;
      }
      pick -= model.weight;
    }
  }
  double wh = strtod(capacity.c_str(), nullptr);
  v->capacity_wh = wh >= 1 && wh < 4e8 ? static_cast<uint32_t>(std::lround(wh)) : 35000; /* SUMO's default battery */
  std::string charge = libsumo::Vehicle::getParameter(id, "actualBatteryCapacity");
  v->charge_wh = charge.empty() ? v->capacity_wh * (0.2 + 0.0001 * static_cast<double>(Mix(draw ^ 3) % 7001))
                                : strtod(charge.c_str(), nullptr);
  return v;
}

void Recorder::Observe(Vehicle &v, bool is_new, int64_t instant, double step_s) {
  double wh_per_s = libsumo::Vehicle::getElectricityConsumption(v.id);
  if (wh_per_s == libsumo::INVALID_DOUBLE_VALUE) return; /* being teleported: not on the road */
  if (!is_new && std::isfinite(wh_per_s)) v.charge_wh -= wh_per_s * step_s;
  v.charge_wh = std::clamp(v.charge_wh, 0.0, static_cast<double>(v.capacity_wh));
  if (instant < 0) return;

  libsumo::TraCIPosition at = libsumo::Vehicle::getPosition(v.id);
  if (at.x == libsumo::INVALID_DOUBLE_VALUE || !std::isfinite(at.x) || !std::isfinite(at.y)) return;
  if (std::fabs(at.x) > 2e7 || std::fabs(at.y) > 2e7) {
    throw Failure(
        "vehicle '" + OneLine(v.id) + "' is at " + std::to_string(at.x) + ", " + std::to_string(at.y) +
        ": a trace reaches 20,000 km from the origin: move the network with netconvert --offset.x, --offset.y");
  }
  if (v.samples.empty()) v.first_instant = instant;
  bac_trace_sample absent{};
  absent.x_cm = BAC_TRACE_ABSENT;
  size_t added = v.samples.size();
  v.samples.resize(static_cast<size_t>(instant - v.first_instant), absent);

  std::string lane = libsumo::Vehicle::getLaneID(v.id);
  if (v.samples.empty() || lane != v.lane) {
    v.lane_string = String(lane);
    v.lane = std::move(lane);
  }
  bac_trace_sample s{};
  s.x_cm = static_cast<int32_t>(std::lround(at.x * 100));
  s.y_cm = static_cast<int32_t>(std::lround(at.y * 100));
  s.speed_cm_s = static_cast<uint16_t>(std::clamp(std::lround(libsumo::Vehicle::getSpeed(v.id) * 100), 0L, 65535L));
  long heading = std::lround(std::fmod(libsumo::Vehicle::getAngle(v.id), 360) * 100);
  s.heading_cdeg = static_cast<uint16_t>((heading + 36000) % 36000);
  s.lane = v.lane_string;
  s.charge_dwh = static_cast<uint32_t>(std::lround(v.charge_wh * 10));
  v.samples.push_back(s);
  m_samples += v.samples.size() - added;
  if (m_samples > kSamplesMax)
    throw Failure("the trace has more than 100 million samples: choose a shorter --duration or a longer --step");
}

void Recorder::AddBuildings() {
  std::vector<std::string> ids = libsumo::Polygon::getIDList();
  std::sort(ids.begin(), ids.end());
  for (const std::string &id : ids) {
    const std::string type = libsumo::Polygon::getType(id);
    if (type != "building" && type.rfind("building.", 0) != 0) continue;
    std::vector<std::array<int32_t, 2>> corners;
    for (const libsumo::TraCIPosition &at : libsumo::Polygon::getShape(id).value) {
      const auto cm = [](double m) { return static_cast<int32_t>(std::lround(std::clamp(m, -2e7, 2e7) * 100)); };
      const std::array<int32_t, 2> corner = {cm(at.x), cm(at.y)};
      if (corners.empty() || corners.back() != corner) corners.push_back(corner);
    }
    while (corners.size() > 1 && corners.back() == corners.front()) corners.pop_back(); /* a closed shape names its first corner twice */
    if (corners.size() < BAC_TRACE_CORNERS_MIN) continue;
    m_building_corners.push_back(static_cast<uint32_t>(corners.size()));
    m_corners.insert(m_corners.end(), corners.begin(), corners.end());
  }
}

void Recorder::Save(bac_trace trace, const std::string &scenario, const std::string &producer, const fs::path &path) {
  std::vector<const Vehicle *> order;
  for (const auto &[id, v] : m_vehicles) {
    if (v && !v->samples.empty()) order.push_back(v.get());
  }
  std::sort(order.begin(), order.end(), [](const Vehicle *a, const Vehicle *b) {
    return a->first_instant != b->first_instant ? a->first_instant < b->first_instant : a->id < b->id;
  });
  std::vector<bac_trace_vehicle> vehicles;
  std::vector<bac_trace_sample> samples;
  for (const Vehicle *v : order) {
    bac_trace_vehicle row{};
    row.id = String(v->id);
    row.type = String(v->type);
    row.model = String(v->model);
    row.capacity_wh = v->capacity_wh;
    row.first_instant = static_cast<uint32_t>(v->first_instant);
    row.sample_count = static_cast<uint32_t>(v->samples.size());
    row.first_sample = samples.size();
    vehicles.push_back(row);
    samples.insert(samples.end(), v->samples.begin(), v->samples.end());
  }
  trace.scenario = String(scenario);
  trace.producer = String(producer);
  std::vector<const char *> strings;
  for (const std::string &text : m_strings) strings.push_back(text.c_str());
  trace.strings = strings.data();
  trace.string_count = static_cast<uint32_t>(strings.size());
  trace.vehicles = vehicles.data();
  trace.vehicle_count = static_cast<uint32_t>(vehicles.size());
  trace.samples = samples.data();
  trace.sample_count = samples.size();
  trace.building_count = static_cast<uint32_t>(m_building_corners.size());
  trace.building_corners = m_building_corners.data();
  trace.corner_count = m_corners.size();
  trace.corners_cm = reinterpret_cast<const int32_t(*)[2]>(m_corners.data());
  char why[BAC_TRACE_WHY_SIZE];
  if (bac_trace_save(&trace, path.c_str(), why, sizeof why) != 0) throw Failure(why);
}

}  // namespace bac_trace_tool
