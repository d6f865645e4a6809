/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAC_APPLICATION_H
#define BAC_APPLICATION_H

#include "bac-mac-pacer.h"

#include "bac/bac.h"
#include "bac/cost.h"
#include "bac/workload.h"

#include "ns3/application.h"
#include "ns3/traced-callback.h"

#include <deque>
#include <map>
#include <memory>
#include <vector>

namespace ns3 {

/**
 * \ingroup bac
 * \brief Hosts one protocol node (an EV, an RSU or the MBS) on an ns-3 node.
 *
 * Feeds frames, timers and transactions to bac_node_step and carries out the effects. The CPU is part of the model: a step
 * at time t that costs d keeps it busy until t + d; only then are the effects carried out, and events that arrive meanwhile
 * wait in a bounded queue. Frames go out as WSMP through a WaveNetDevice (port 0) or as UDP over IPv4 through
 * point-to-point devices (port 1). Nothing here knows what a vote is.
 */
class BacApplication : public Application {
 public:
  /// UDP port of frames on the wired side.
  static constexpr uint16_t WIRED_PORT = 1609;

  /// \return the TypeId
  static TypeId GetTypeId();
  BacApplication();

  /// \param id protocol node id \return its MAC address, 02:00:00:00:hh:ll
  static Mac48Address AddressOf(uint32_t id);
  /// \param address of a protocol node, or broadcast \return its id, or BAC_BROADCAST
  static uint32_t IdOf(Mac48Address address);

  /**
     * What to host. The configuration is checked here.
     * \param config borrowed, with all that it points to, for the application's lifetime
     * \throws std::runtime_error when it does not hold, or the CostModel is unknown
     */
  void SetNodeConfig(const bac_node_config& config);
  /**
     * Radio port.
     * \param device installed on the node
     * \param channel WAVE channel number
     * \param mode rate of all frames
     */
  void SetRadio(Ptr<WaveNetDevice> device, uint32_t channel, WifiMode mode);
  /**
     * Wired port: add a link.
     * \param peer protocol node id at the other end
     * \param device installed on the node
     */
  void AddWire(uint32_t peer, Ptr<NetDevice> device);
  /**
     * Submit transactions while running.
     * \param config of the workload
     * \throws std::runtime_error when the node is not in the roster
     */
  void SetWorkload(const bac_workload_config& config);

  /// Lose all but the durable records, as in a power cut. The radio is not touched.
  void Crash();
  /// Start anew from the durable records.
  void Restart();
  /// \return whether the protocol node runs
  bool IsRunning() const;

  /// \return protocol node id
  uint32_t GetId() const;
  /// \return the radio device, or null
  Ptr<WaveNetDevice> GetRadio() const;
  /// \return the pacer of the radio device, or null
  Ptr<BacMacPacer> GetPacer() const;
  /// \return running totals over all lives of the node, and how it stands in the last
  bac_counters GetCounters() const;
  /// \return events lost because the queue was full
  uint64_t GetOverflows() const;
  /// \return simulated CPU time spent in steps
  Time GetBusyTime() const;

  /**
     * The application draws nothing from ns-3's streams: the node has its own.
     * \param stream first stream
     * \return 0
     */
  int64_t AssignStreams(int64_t stream);

  /// TracedCallback signature. \param id protocol node id \param effect the effect
  typedef void (*EffectTracedCallback)(uint32_t id, const bac_effect& effect);
  /// TracedCallback signature. \param id protocol node id \param effect the frame \param uid of the packet
  typedef void (*FrameTxTracedCallback)(uint32_t id, const bac_effect& effect, uint64_t uid);
  /// TracedCallback signature. \param id protocol node id \param from sender's id \param packet the frame
  typedef void (*FrameRxTracedCallback)(uint32_t id, uint32_t from, Ptr<const Packet> packet);

 protected:
  void DoDispose() override;

 private:
  /// An event that waits for the CPU.
  struct Pending {
    bac_event_type type;      ///< its type
    uint32_t port;            ///< FRAME: where it came in; RESTORE: index of the record
    Ptr<const Packet> packet; ///< FRAME
    bac_submit submit;        ///< SUBMIT
  };

  /// A durable record.
  struct Record {
    uint32_t kind;              ///< its kind
    std::vector<uint8_t> bytes; ///< its content
  };

  /// Frees a protocol node or workload.
  struct Deleter {
    void operator()(bac_node* node) const { bac_node_free(node); }                 ///< \param node to free
    void operator()(bac_workload* workload) const { bac_workload_free(workload); } ///< \param workload to free
  };

  void StartApplication() override;
  void StopApplication() override;

  void Boot();                              ///< new node, then RESTORE events and START
  void Push(Pending&& event);               ///< \param event to queue; it is lost when the queue is full
  void RunQueue();                          ///< steps until the CPU is busy or nothing waits
  bool Step(const Pending& pending);        ///< \param pending event \return whether the step took place
  void Finish();                            ///< the CPU is free again
  void CarryOut();                          ///< effects of the last step
  void Persist(const bac_effect& effect);   ///< \param effect PERSIST
  void SendFrame(const bac_effect& effect); ///< \param effect FRAME
  void SendRadio(const bac_effect& effect); ///< \param effect FRAME, port 0
  void SendWired(const bac_effect& effect); ///< \param effect FRAME, port 1
  void Wake();                              ///< the timer fired
  void ArmWake();                           ///< set the timer
  void SubmitNext();                        ///< hand over a transaction, then plan the next
  void PlanSubmit();                        ///< draw the next transaction
  void FramesDone(uint32_t count);          ///< \param count frames that the MAC is done with
  /// Radio frame. \param device of it \param packet it \param protocol ethertype \param from sender \param to receiver
  /// \param type of receiver
  void ReceiveRadio(Ptr<NetDevice> device, Ptr<const Packet> packet, uint16_t protocol, const Address& from, const Address& to,
                    NetDevice::PacketType type);
  /// Wired frame. \param device of it \param packet it \param protocol ethertype \param from sender \param to receiver
  /// \param type of receiver
  void ReceiveWired(Ptr<NetDevice> device, Ptr<const Packet> packet, uint16_t protocol, const Address& from, const Address& to,
                    NetDevice::PacketType type);

  bac_node_config m_config{};                        ///< what to host
  std::unique_ptr<bac_node, Deleter> m_node;         ///< the protocol node, null while crashed
  std::unique_ptr<bac_workload, Deleter> m_workload; ///< transactions of this EV, or null
  const bac_cost_model* m_cost{nullptr};             ///< times of operations
  bac_output m_output{};                             ///< of the last step
  bool m_busy{false};                                ///< the CPU is, or effects are being carried out
  std::deque<Pending> m_queue;                       ///< events that wait for the CPU
  uint32_t m_sentFrames{0};                          ///< frames to report; one SENT event waits while > 0
  bool m_wakeQueued{false};                          ///< a WAKE event waits
  bac_time m_wakeAt{BAC_NEVER};                      ///< when the node wants to be woken
  bac_submit m_nextSubmit{};                         ///< the transaction to submit next
  EventId m_finishEvent;                             ///< end of the step
  EventId m_wakeEvent;                               ///< timer
  EventId m_submitEvent;                             ///< next transaction
  std::vector<Record> m_records;                     ///< durable, in the order written
  bac_counters m_past{};                             ///< totals of earlier lives
  uint64_t m_overflows{0};                           ///< events lost
  bac_time m_busyTime{0};                            ///< CPU time
  std::vector<uint8_t> m_bytes;                      ///< the frame of the present step

  Ptr<WaveNetDevice> m_radio;                 ///< port 0
  Ptr<BacMacPacer> m_pacer;                   ///< of port 0
  TxInfo m_txInfo[3];                         ///< by frame class
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
  TracedCallback<uint32_t, const bac_effect&> m_txStatusTrace;          ///< TxStatus
  TracedCallback<uint32_t, const bac_effect&, uint64_t> m_frameTxTrace; ///< FrameTx
  TracedCallback<uint32_t, uint32_t, Ptr<const Packet>> m_frameRxTrace; ///< FrameRx
};

} // namespace ns3

#endif /* BAC_APPLICATION_H */
