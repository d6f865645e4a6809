/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-animation.h"

#include "ns3/callback.h"
#include "ns3/node.h"
#include "ns3/simulator.h"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace ns3 {

namespace {

const Time STEP = Seconds(1);

struct Colour {
  int r, g, b;
};
// Told apart by people who see colours otherwise, too (after Okabe and Ito).
constexpr Colour SHARDS[] = {{0, 114, 178}, {213, 94, 0}, {0, 158, 115}, {204, 121, 167}, {230, 159, 0}, {86, 180, 233}};
constexpr Colour ABSENT = {200, 200, 200};
constexpr double EV_M = 8, PRIMARY_M = 20, COMMITTEE_M = 13, RSU_M = 25; // sizes on the screen

} // namespace

BacAnimation::BacAnimation(const std::string& file, double west_m, double north_m) : m_name(file), m_west(west_m), m_north(north_m) {
  m_file.reset(std::fopen(file.c_str(), "w"));
  if (!m_file) throw std::runtime_error(file + " cannot be written: " + std::strerror(errno));
  std::fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<anim ver=\"netanim-3.108\" filetype=\"animation\">\n", m_file.get());
  Simulator::Schedule(Time(0), &BacAnimation::Tick, this);
}

Vector BacAnimation::PositionOf(const Shown& shown) const {
  const Vector at = shown.app->GetNode()->GetObject<MobilityModel>()->GetPosition();
  return Vector(at.x - m_west, m_north - at.y, 0);
}

void BacAnimation::Add(Ptr<BacApplication> app, bool ev) {
  const uint32_t id = app->GetId();
  Shown shown{app, ev, true, BAC_ROLE_CS, Vector()};
  shown.at = PositionOf(shown);
  std::fprintf(m_file.get(), "<node id=\"%u\" sysId=\"0\" locX=\"%.2f\" locY=\"%.2f\"/>\n", id, shown.at.x, shown.at.y);
  Paint(id, shown);
  m_shown[id] = shown;
  if (!ev) return;
  app->TraceConnectWithoutContext("Role", MakeCallback(&BacAnimation::Role, this));
  app->TraceConnectWithoutContext("Handover", MakeCallback(&BacAnimation::Handover, this));
}

void BacAnimation::Paint(uint32_t id, const Shown& shown) {
  const double t = Simulator::Now().GetSeconds();
  const uint32_t shard = shown.app->GetShard();
  const Colour colour = shown.present ? SHARDS[shard % std::size(SHARDS)] : ABSENT;
  const char* role = shown.role == BAC_ROLE_PRIMARY ? " P" : shown.role == BAC_ROLE_CP ? " CP" : "";
  const double size = !shown.ev                        ? RSU_M
                      : !shown.present                 ? EV_M
                      : shown.role == BAC_ROLE_PRIMARY ? PRIMARY_M
                      : shown.role == BAC_ROLE_CP      ? COMMITTEE_M
                                                       : EV_M;
  std::fprintf(m_file.get(), "<nu p=\"c\" t=\"%.9g\" id=\"%u\" r=\"%d\" g=\"%d\" b=\"%d\"/>\n", t, id, colour.r, colour.g, colour.b);
  std::fprintf(m_file.get(), "<nu p=\"s\" t=\"%.9g\" id=\"%u\" w=\"%g\" h=\"%g\"/>\n", t, id, size, size);
  std::fprintf(m_file.get(), "<nu p=\"d\" t=\"%.9g\" id=\"%u\" descr=\"%s%u%s\"/>\n", t, id, shown.ev ? "" : "RSU ", id, shown.present ? role : "");
}

void BacAnimation::SetPresent(uint32_t id, bool present) {
  Shown& shown = m_shown.at(id);
  shown.present = present;
  shown.role = BAC_ROLE_CS;
  Paint(id, shown);
}

void BacAnimation::Role(uint32_t id, const bac_effect& role) {
  Shown& shown = m_shown.at(id);
  if (shown.role == role.role.role) return;
  shown.role = role.role.role;
  Paint(id, shown);
}

void BacAnimation::Handover(uint32_t id, const bac_effect&) { Paint(id, m_shown.at(id)); }

void BacAnimation::Tick() {
  const double t = Simulator::Now().GetSeconds();
  for (auto& [id, shown] : m_shown) {
    const Vector at = PositionOf(shown);
    if (at.x == shown.at.x && at.y == shown.at.y) continue;
    shown.at = at;
    std::fprintf(m_file.get(), "<nu p=\"p\" t=\"%.9g\" id=\"%u\" x=\"%.2f\" y=\"%.2f\"/>\n", t, id, at.x, at.y);
  }
  Simulator::Schedule(STEP, &BacAnimation::Tick, this);
}

void BacAnimation::Finish() {
  FILE* file = m_file.release();
  std::fputs("</anim>\n", file);
  const bool failed = std::ferror(file) != 0;
  if (std::fclose(file) != 0 || failed) throw std::runtime_error(m_name + " cannot be written: mend that (a full disk, say), then repeat the command");
}

} // namespace ns3
