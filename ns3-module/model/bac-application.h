/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAC_APPLICATION_H
#define BAC_APPLICATION_H

#include "bac/bac.h"
#include "bac/workload.h"

#include "ns3/application.h"
#include "ns3/bac-fast-net-device.h"
#include "ns3/bac-mac-pacer.h"
#include "ns3/traced-callback.h"

#include <functional>
#include <map>
#include <memory>

struct bac_host;

namespace ns3 {

/**
 * \ingroup bac
 * \brief Hosts one protocol node (an EV, an RSU or the MBS) on an ns-3 node.
 *
 * Feeds frames, timers and transactions to the node and carries out the effects of each step once the CPU, which is part of the
 * model (bac-core/sim/host.h), is done with it. Frames go out as WSMP through a WaveNetDevice (port 0) or as UDP over IPv4 through
 * point-to-point devices (port 1). Nothing here knows what a vote is.
 */
class BacApplication : public Application {
 public:
  static constexpr uint16_t WIRED_PORT = 1609; ///< UDP port of frames on the wired side

  static constexpr uint32_t CONTROL_ADDRESSES = 0x30000; ///< above the node's id: the address of a second radio

  static TypeId GetTypeId(); ///< \return the TypeId

  /// \param id protocol node id, or 65536 and more of a station that is no node \return its address, 02:00:00:xx:hh:ll
  static Mac48Address AddressOf(uint32_t id);
  static uint32_t IdOf(Mac48Address address); ///< \param address of a node, or broadcast \return its id, or BAC_BROADCAST

  /// What to host. \param config checked here; borrowed, with all that it points to, for the application's lifetime
  /// \throws std::runtime_error when it does not hold, or the CostModel is unknown
  void SetNodeConfig(const bac_node_config& config);
  /// Port 0. \param device installed on the node \param channel WAVE channel number \param mode rate of all frames
  void SetRadio(Ptr<WaveNetDevice> device, uint32_t channel, WifiMode mode);
  /// Port 0 on the fast medium. \param device installed on the node \param channel WAVE channel number \param rate of all frames, bit/s
  void SetFastRadio(Ptr<BacFastNetDevice> device, uint32_t channel, uint64_t rate);
  /// A second radio of port 0, of the kind of the first and after it, for what the node sends by its radio 1 (bac_node_set_radios).
  /// \param radio installed on the node, with the address of CONTROL_ADDRESSES more than the node's \param channel WAVE channel number
  void SetControlRadio(Ptr<NetDevice> radio, uint32_t channel);
  /// Port 1: add a link. \param peer protocol node id at the other end \param device installed on the node
  void AddWire(uint32_t peer, Ptr<NetDevice> device);
  /// Submit transactions while running. \param config of the workload \param among receivers, this node and others; borrowed
  /// \throws std::runtime_error for a node that is not among them
  void SetWorkload(const bac_workload_config& config, const bac_roster& among);

  /// The trip's plan. \param at when this EV leaves the shard
  void SetDeparture(Time at);
  /// Let this EV be handed over. \param shards by their first rosters, borrowed \param count how many
  void SetShards(const bac_roster* const* shards, uint32_t count);
  /// How this EV finds out where it is and how it drives; false: it is not there. Without, it follows no announcement of the controller.
  void SetMotion(std::function<bool(bac_motion&)> motion);
  /// The controller's announcement: an EV looks whether it follows it, an MBS says it to all. \param bytes of it \param length of it
  void Assign(const uint8_t* bytes, size_t length);
  /// Submit to others from now on. \param among receivers, borrowed
  void SetReceivers(const bac_roster& among);
  /// The radio is on another channel. \param channel WAVE channel number
  void SetChannel(uint32_t channel);

  void Crash();   ///< lose all but the durable records, as in a power cut; the radio is not touched
  void Restart(); ///< start anew from the durable records, unless running

  bool IsRunning() const;                                 ///< \return whether the protocol node runs
  uint32_t GetId() const { return m_config.id; }          ///< \return protocol node id
  uint32_t GetShard() const;                              ///< \return where it is, or boots next
  uint32_t GetChannel() const { return m_radios[0].channel; } ///< \return WAVE channel number of the radio
  /// \param id whose \param view of the account at this node's tip \return false: there is none, or the node is down
  bool GetAccount(uint32_t id, bac_account_view& view) const;
  Ptr<WaveNetDevice> GetRadio() const { return m_radios[0].wave; }            ///< \return the radio device, or null
  Ptr<BacFastNetDevice> GetFastRadio() const { return m_radios[0].fast; }     ///< \return the radio device on the fast medium, or null
  Ptr<BacMacPacer> GetPacer() const { return m_radios[0].pacer; }             ///< \return the pacer of the radio device, or null
  Ptr<WaveNetDevice> GetControlRadio() const { return m_radios[1].wave; }     ///< \return the second radio, or null
  Ptr<BacFastNetDevice> GetControlFastRadio() const { return m_radios[1].fast; } ///< \return the second radio on the fast medium, or null
  Ptr<BacMacPacer> GetControlPacer() const { return m_radios[1].pacer; }      ///< \return the pacer of the second radio, or null
  bool GetStorage(bac_storage& storage) const;              ///< \param storage what the node keeps \return whether it runs
  uint64_t GetOverflows() const;                          ///< \return events lost because the queue was full
  Time GetBusyTime() const;                               ///< \return simulated CPU time spent in steps
  bac_counters GetCounters() const;                       ///< \return totals over all lives, standing in the last
  /// Nothing is drawn from ns-3's streams: the node has its own. \param stream first \return 0
  int64_t AssignStreams([[maybe_unused]] int64_t stream) { return 0; }

  /// TracedCallback signature. \param id protocol node id \param effect the effect
  typedef void (*EffectTracedCallback)(uint32_t id, const bac_effect& effect);
  /// TracedCallback signature. \param id protocol node id \param effect the frame \param uid of the packet
  typedef void (*FrameTxTracedCallback)(uint32_t id, const bac_effect& effect, uint64_t uid);
  /// TracedCallback signature. \param id protocol node id \param from sender's id \param packet the frame
  typedef void (*FrameRxTracedCallback)(uint32_t id, uint32_t from, Ptr<const Packet> packet);

 protected:
  void DoDispose() override;

 private:
  void StartApplication() override;
  void StopApplication() override;

  void Run();                               ///< steps until the CPU is busy or nothing waits
  void QueueAssignment(const uint8_t* bytes, size_t length); ///< with where this EV is
  void Finish();                            ///< a step is over: carries out its effects
  void FinishAndRun();                      ///< a step that took time is over
  void SendRadio(const bac_effect& effect); ///< \param effect FRAME, port 0
  void SendWired(const bac_effect& effect); ///< \param effect FRAME, port 1
  void Wake();                              ///< the timer fired
  void ArmWake();                           ///< set the timer
  void SubmitNext();                        ///< hand over a transaction, then plan the next
  void PlanSubmit();                        ///< draw the next transaction
  void FramesDone(uint32_t count) { RadioDone(0, count); }  ///< \param count frames that the first radio's MAC is done with
  void ControlDone(uint32_t count) { RadioDone(1, count); } ///< \param count the same of the second
  void RadioDone(uint32_t radio, uint32_t count);           ///< \param radio whose MAC is done \param count with so many frames
  /// From the radio or a wire. \param device receiver \param packet frame \param protocol ethertype, tells which \param from sender
  /// \param to receiver \param type of receiver
  void Receive(Ptr<NetDevice> device, Ptr<const Packet> packet, uint16_t protocol, const Address& from, const Address& to,
               NetDevice::PacketType type);
  bool ReceiveFast(Ptr<NetDevice> device, Ptr<const Packet> packet, uint16_t protocol, const Address& from); ///< the fast medium's way

  /// Of the core; freed by its function.
  template <typename T>
  using Owned = std::unique_ptr<T, void (*)(T*)>;

  bac_node_config m_config{};                                   ///< what to host
  Owned<bac_host> m_host{nullptr, nullptr};                     ///< the protocol node and its CPU
  Owned<bac_workload> m_workload{nullptr, &bac_workload_free}; ///< transactions of this EV, or null
  bac_submit m_nextSubmit{};                         ///< the transaction to submit next
  EventId m_finishEvent;                             ///< end of the step
  EventId m_wakeEvent;                               ///< timer
  std::function<bool(bac_motion&)> m_motion;         ///< where this EV is; empty: it does not know
  Time m_departure;                                  ///< when this EV leaves; zero: not in sight
  EventId m_submitEvent;                             ///< next transaction

  /// A radio of port 0: a device and its pacer, or a device of the fast medium.
  struct Radio {
    Ptr<WaveNetDevice> wave;    ///< the device
    Ptr<BacMacPacer> pacer;     ///< of it
    Ptr<BacFastNetDevice> fast; ///< in place of the above
    uint32_t channel{0};        ///< WAVE channel number
    bool Exists() const { return wave || fast; } ///< \return whether there is one
  };
  void AddRadio(uint32_t radio, Ptr<NetDevice> device, uint32_t channel); ///< \param radio 0 or 1 \param device of it \param channel of it

  Radio m_radios[BAC_RADIOS_MAX];             ///< port 0
  WifiMode m_mode;                            ///< of all frames
  uint64_t m_fastRate{0};                     ///< the same on the fast medium, bit/s
  std::map<uint32_t, Ptr<NetDevice>> m_wires; ///< port 1, by peer

  std::string m_costName;     ///< attribute CostModel
  uint32_t m_frameCredit;     ///< attribute FrameCredit
  uint32_t m_queueLimit;      ///< attribute QueueLimit
  uint32_t m_controlPriority; ///< attribute ControlPriority
  uint32_t m_votePriority;    ///< attribute VotePriority
  uint32_t m_bulkPriority;    ///< attribute BulkPriority
  bool m_keepRecords;         ///< attribute KeepRecords

  TracedCallback<uint32_t, const bac_effect&> m_commitTrace;            ///< Commit
  TracedCallback<uint32_t, const bac_effect&> m_proposeTrace;           ///< Propose
  TracedCallback<uint32_t, const bac_effect&> m_roleTrace;              ///< Role
  TracedCallback<uint32_t, const bac_effect&> m_rejectTrace;            ///< Reject
  TracedCallback<uint32_t, const bac_effect&> m_epochTrace;             ///< Epoch
  TracedCallback<uint32_t, const bac_effect&> m_revokeTrace;            ///< Revoke
  TracedCallback<uint32_t, const bac_effect&> m_handoverTrace;          ///< Handover
  TracedCallback<uint32_t, const bac_effect&> m_txStatusTrace;          ///< TxStatus
  TracedCallback<uint32_t, const bac_effect&, uint64_t> m_frameTxTrace; ///< FrameTx
  TracedCallback<uint32_t, uint32_t, Ptr<const Packet>> m_frameRxTrace; ///< FrameRx
};

} // namespace ns3

#endif /* BAC_APPLICATION_H */
