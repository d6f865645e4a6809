/* SPDX-License-Identifier: GPL-2.0-only */
#include "models.h"

#include <regex>

namespace bac_trace_tool {

namespace fs = std::filesystem;

namespace {

/* The parameters of one of SUMO's measured car models (Koch et al., doi 10.1109/ITSC48978.2021.9564463). */
std::map<std::string, std::string> ReadCarModel(const fs::path &file) {
  static const std::regex param("<param\\s+key=\"([^\"]*)\"\\s+value=\"");
  std::string text = ReadFile(file);
  std::map<std::string, std::string> parameters;
  for (std::sregex_iterator i(text.begin(), text.end(), param), end; i != end; ++i) {
    size_t from = static_cast<size_t>(i->position() + i->length());
    parameters[(*i)[1].str()] = text.substr(from, text.find('"', from) - from);
  }
  if (parameters.count("maximumBatteryCapacity") == 0 || parameters.count("powerLossMap") == 0) {
    throw Failure("'" + file.string() + "' is no MMPEVEM vehicle model: install the package sumo-tools again");
  }
  return parameters;
}

}  // namespace

std::vector<Model> LoadModels(const std::string &sumo_home) {
  std::vector<Model> models;
  const std::pair<const char *, uint32_t> cars[] = {
      {"VW_ID3", 25}, {"VW_ID4", 25}, {"VW_eUp", 15}, {"BMW_i3", 15}, {"SUV", 20}};
  for (const auto &[name, weight] : cars) {
    fs::path file = fs::path(sumo_home) / "data/emissions/MMPEVEM" / (std::string(name) + ".xml");
    models.push_back({name, Group::kCar, weight, "MMPEVEM", ReadCarModel(file)});
  }
  /* SUMO ships no measured model of these: its Energy class with round figures of a 12 m city bus, an 18 t truck and a
   * motorcycle with its rider. */
  auto energy = [&](const char *name, Group group, const char *mass, const char *area, const char *intake,
                    const char *wh) {
    models.push_back({name,
                      group,
                      1,
                      "Energy/unknown",
                      {{"vehicleMass", mass},
                       {"frontSurfaceArea", area},
                       {"constantPowerIntake", intake},
                       {"maximumBatteryCapacity", wh},
                       {"airDragCoefficient", "0.6"},
                       {"rollDragCoefficient", "0.008"},
                       {"radialDragCoefficient", "0.5"},
                       {"internalMomentOfInertia", "0.01"},
                       {"propulsionEfficiency", "0.85"},
                       {"recuperationEfficiency", "0.75"}}});
  };
  energy("city_bus", Group::kBus, "15000", "8", "3000", "350000");
  energy("truck_18t", Group::kTruck, "16000", "9", "1500", "300000");
  energy("motorcycle", Group::kMotorcycle, "300", "0.7", "50", "8500");
  return models;
}

std::optional<Group> GroupOf(const std::string &vehicle_class) {
  static const std::map<std::string, Group> special = {{"bus", Group::kBus},
                                                       {"coach", Group::kBus},
                                                       {"truck", Group::kTruck},
                                                       {"trailer", Group::kTruck},
                                                       {"motorcycle", Group::kMotorcycle},
                                                       {"moped", Group::kMotorcycle}};
  static const char *const excluded[] = {"pedestrian", "bicycle", "tram", "rail", "ship"};
  for (const char *prefix : excluded) {
    if (vehicle_class.rfind(prefix, 0) == 0) return std::nullopt;
  }
  auto found = special.find(vehicle_class);
  return found == special.end() ? Group::kCar : found->second;
}

bool IsElectric(const std::string &emission_class) {
  return emission_class.rfind("MMPEVEM", 0) == 0 || emission_class.rfind("Energy", 0) == 0 ||
         emission_class.find("BEV") != std::string::npos;
}

}  // namespace bac_trace_tool
