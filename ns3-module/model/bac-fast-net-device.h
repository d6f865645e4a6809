/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAC_FAST_NET_DEVICE_H
#define BAC_FAST_NET_DEVICE_H

#include "ns3/error-model.h"
#include "ns3/event-id.h"
#include "ns3/mobility-model.h"
#include "ns3/nstime.h"
#include "ns3/packet.h"
#include "ns3/queue.h"
#include "ns3/simple-channel.h"
#include "ns3/simple-net-device.h"
#include "ns3/traced-callback.h"

#include <functional>
#include <map>
#include <set>
#include <vector>

struct bac_medium;
struct bac_medium_config;

namespace ns3 {

class BacFastNetDevice;

/**
 * \ingroup bac
 * \brief The fast 802.11p medium (bac-core/radio/medium.h) under ns-3's clock.
 *
 * One event of the simulator for each event of the medium; receptions are calls, not events. Positions are taken from the mobility models
 * every RefreshInterval.
 */
class BacFastChannel : public Object {
 public:
  static TypeId GetTypeId(); ///< \return the TypeId

  /// Once only, first. \param config of the medium; its seed is of everything random
  /// \throws std::runtime_error of one line when it does not hold
  void Configure(const bac_medium_config& config);
  bool IsConfigured() const { return m_medium != nullptr; } ///< \return whether Configure has been called
  /// Add a station. \param device has its address and mobility \param channel WAVE channel number
  void Add(Ptr<BacFastNetDevice> device, uint32_t channel);
  /// Queue a frame. \param station whose \param packet with its bytes after LLC \param protocol ethertype \param to receiver
  /// \param rate bit/s \param priority EDCA user priority \return its cookie, or -1: refused
  int64_t Send(uint32_t station, Ptr<Packet> packet, uint16_t protocol, Mac48Address to, uint64_t rate, uint32_t priority);
  /// Tune a radio that is off and done sending. \param station whose \param channel WAVE channel number
  void Tune(uint32_t station, uint32_t channel);
  void Alternate(uint32_t station, bool control); ///< With alternating access. \param station on the channel \param control there in CCH intervals, else in SCH intervals
  void SetOn(uint32_t station, bool on); ///< \param station whose radio \param on goes on, or off after a frame on the air
  bool IsOn(uint32_t station) const { return m_on[station]; } ///< \param station which \return whether its radio is on
  /// A frame for nobody, at once, at 3 Mb/s. \param station whose \param bytes of its PSDU \return whether it has begun
  bool Jam(uint32_t station, uint32_t bytes);
  void SetPower(uint32_t station, double eirp_dbm); ///< \param station whose \param eirp_dbm of its frames from now on
  void Moved(uint32_t station);                    ///< Take a position anew, now. \param station whose
  /// \param from sender \param to receiver \return mean power there without fading, dBm; minus infinity where it does not count
  double GetPower(uint32_t from, uint32_t to);
  /// What became of a frame at all stations: uid of its packet, then by station as bac_medium_host::fates has it.
  typedef std::function<void(uint64_t uid, const uint8_t* fate, const int16_t* sinr, uint32_t stations)> FatesCallback;
  void Watch(FatesCallback fates); ///< \param fates called at the end of each data frame that begins from now on
  Time GetBusyTime(uint32_t station);    ///< \param station which \return how long it has seen its channel busy

 protected:
  void DoDispose() override;

 private:
  /// A frame that the medium has.
  struct Frame {
    Ptr<Packet> packet; ///< its bytes
    uint16_t protocol;  ///< its ethertype
    Mac48Address to;    ///< its receiver
    uint32_t size;      ///< of the PSDU, bytes
    Time queued;        ///< by the MAC
    bool begun;         ///< it has been on the air
  };

  void Arm();     ///< have Happen called when the medium's next event is due
  void Happen();  ///< it is
  void Refresh(); ///< positions
  /// The medium says that a frame begins. \param station whose \param cookie which \param duration of it
  void Begins(uint32_t station, uint64_t cookie, Time duration);
  /// The medium says that a frame was decoded. \param station where \param from whose \param cookie which \param sinr ratio
  /// \param deliver for the station, and new
  void Decoded(uint32_t station, uint32_t from, uint64_t cookie, double sinr, bool deliver);
  /// The medium says that a frame is done with. \param station whose \param cookie which \param outcome a bac_medium_outcome
  void Done(uint32_t station, uint64_t cookie, int outcome);
  void Forget(uint64_t cookie); ///< a flushed frame, once it can no longer be on the air

  bac_medium* m_medium{nullptr};                 ///< the medium
  std::vector<Ptr<BacFastNetDevice>> m_devices;  ///< by station
  std::vector<Ptr<MobilityModel>> m_mobilities;  ///< by station
  std::vector<bool> m_on;                        ///< by station: its radio
  std::map<Mac48Address, uint32_t> m_stations;   ///< by address
  std::map<uint64_t, Frame> m_frames;            ///< by cookie
  uint64_t m_cookie{0};                          ///< of the next frame
  FatesCallback m_fates;                         ///< see Watch
  Time m_refresh;                                ///< attribute RefreshInterval
  EventId m_happen;                              ///< next event of the medium
  EventId m_refreshEvent;                        ///< next look at the positions
};

/**
 * \ingroup bac
 * \brief A station of the fast medium: sends at a rate and an EDCA priority, says what became of each frame.
 */
class BacFastNetDevice : public SimpleNetDevice {
 public:
  static TypeId GetTypeId(); ///< \return the TypeId

  /// How frames ended.
  struct Counts {
    uint64_t sent;    ///< handed to the device
    uint64_t done;    ///< on the air, acknowledged or given up
    uint64_t dropped; ///< expired or flushed
    uint64_t refused; ///< refused: radio off or queue full
  };

  void SetStation(Ptr<BacFastChannel> channel, uint32_t station); ///< \param channel the medium \param station on it
  Ptr<BacFastChannel> GetMedium() const { return m_medium; }      ///< \return the medium
  uint32_t GetStation() const { return m_station; }               ///< \return the station
  /// \param done called with the number of frames that the medium is done with, after each
  void SetDoneCallback(Callback<void, uint32_t> done) { m_done = done; }
  /// \param handler gets each frame at once, within the medium's event. Without it the node gets each in an event of its own, since
  /// ns3::Node asks for its context
  void SetHandler(NetDevice::ReceiveCallback handler) { m_handler = handler; }
  /// Hand a frame over. \param packet its bytes \param protocol ethertype \param to receiver \param from sender
  void Deliver(Ptr<Packet> packet, uint16_t protocol, Mac48Address to, Mac48Address from);
  /// Send one frame. \param packet its bytes \param to receiver \param protocol ethertype \param rate bit/s \param priority of EDCA
  void SendFrame(Ptr<Packet> packet, Mac48Address to, uint16_t protocol, uint64_t rate, uint32_t priority);
  /// Send one frame beside the host's, of which nobody gets notice. \param packet its bytes \param to receiver \param protocol ethertype
  /// \param rate bit/s \param priority of EDCA \return whether the medium takes it
  bool SendBeside(Ptr<Packet> packet, Mac48Address to, uint16_t protocol, uint64_t rate, uint32_t priority);
  void Forget();                                       ///< the host has crashed: no notice of what it had sent
  const Counts& GetCounts() const { return m_counts; } ///< \return running totals
  void FrameDone(uint64_t cookie, bool dropped);       ///< the medium's notice. \param cookie of the frame \param dropped unsent
  bool Send(Ptr<Packet> packet, const Address& to, uint16_t protocol) override;

  /// TracedCallback signature. \param uid of the packet \param bytes of the PSDU \param duration of the frame
  typedef void (*TxTracedCallback)(uint64_t uid, uint32_t bytes, Time duration);
  /// TracedCallback signature. \param uid of the packet \param sinr a ratio
  typedef void (*RxTracedCallback)(uint64_t uid, double sinr);
  /// TracedCallback signature. \param duration of the acknowledgement
  typedef void (*AckTracedCallback)(Time duration);
  /// TracedCallback signature. \param uid of the packet \param waited from the queue to the air
  typedef void (*AccessTracedCallback)(uint64_t uid, Time waited);
  TracedCallback<uint64_t, uint32_t, Time> m_txTrace; ///< TxBegin, fired by the medium
  TracedCallback<uint64_t, double> m_rxTrace;         ///< RxOk, fired by the medium
  TracedCallback<Time> m_ackTrace;                    ///< AckBegin, fired by the medium
  TracedCallback<uint64_t, Time> m_accessTrace;       ///< Access, fired by the medium

 protected:
  void DoDispose() override;

 private:
  void Report(uint32_t count); ///< call back. \param count of frames

  Ptr<BacFastChannel> m_medium;    ///< the medium
  uint32_t m_station{0};           ///< on it
  Callback<void, uint32_t> m_done; ///< notice
  NetDevice::ReceiveCallback m_handler; ///< see SetHandler
  Counts m_counts{};               ///< totals
  std::vector<EventId> m_reports;  ///< under way
  std::set<uint64_t> m_pending;    ///< frames of this life that the medium has
  std::set<uint64_t> m_beside;     ///< frames of SendBeside that the medium has
};

} // namespace ns3

#endif /* BAC_FAST_NET_DEVICE_H */
