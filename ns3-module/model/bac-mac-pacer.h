/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAC_MAC_PACER_H
#define BAC_MAC_PACER_H

#include "ns3/event-id.h"
#include "ns3/wave-net-device.h"
#include "ns3/wifi-mac-queue.h"

#include <array>
#include <vector>

namespace ns3 {

class OcbWifiMac;
class QosTxop;

using BacMpdu = WifiMacQueue::ItemType; ///< the item of the MAC queue, whose name and header changed with 3.37

/**
 * \ingroup bac
 * \brief Sends frames through a WaveNetDevice and tells when the device is done with each.
 *
 * A broadcast frame is done when the PHY has sent it (PhyTxEnd), a unicast frame when it has left the MAC queue, which
 * means acknowledged or given up; OcbWifiMac's own AckedMpdu and DroppedMpdu never fire. Either is done when the queue drops
 * it: expired, or flushed because the radio went off. Whatever else happens, a frame counts as done after Timeout,
 * so that a lost notice cannot silence a node.
 */
class BacMacPacer : public Object {
 public:
  static TypeId GetTypeId(); ///< \return the TypeId

  /// How frames ended.
  struct Counts {
    uint64_t sent;      ///< handed to the device
    uint64_t broadcast; ///< broadcast frames that the PHY has sent
    uint64_t unicast;   ///< unicast frames acknowledged or given up
    uint64_t dropped;   ///< expired or flushed
    uint64_t refused;   ///< refused by the device: no channel access, or the queue is full
    uint64_t timedOut;  ///< no notice within Timeout
  };

  /// \param mac of a WaveNetDevice \return its queues: VO, VI, BE, BK
  static std::array<Ptr<QosTxop>, 4> TxopsOf(Ptr<OcbWifiMac> mac);
  /// Watch a device on all its channels. Once only. \param device the device
  void Attach(Ptr<WaveNetDevice> device);
  /// \param done called with the number of frames that the device is done with
  void SetDoneCallback(Callback<void, uint32_t> done) { m_done = done; }
  /// Send one frame. \param packet with WSMP header \param to receiver \param protocol ethertype \param info rate etc.
  void Send(Ptr<Packet> packet, Mac48Address to, uint16_t protocol, const TxInfo& info);
  /// Forget all frames without notice: the host has crashed.
  void Reset();
  uint32_t GetInFlight() const { return static_cast<uint32_t>(m_frames.size()); } ///< \return frames that the device holds
  const Counts& GetCounts() const { return m_counts; }                            ///< \return running totals

 protected:
  void DoDispose() override;

 private:
  /// A frame in the device.
  struct Frame {
    uint64_t uid;   ///< packet uid
    Time deadline;  ///< done then at the latest
    bool broadcast; ///< to all
    bool queued;    ///< the MAC has taken it
  };

  void PhyTxEnd(Ptr<const Packet> packet);    ///< \param packet sent
  void QueueEnqueue(Ptr<const BacMpdu> mpdu); ///< \param mpdu taken
  void QueueDequeue(Ptr<const BacMpdu> mpdu); ///< \param mpdu taken out because it is done
  void QueueDrop(Ptr<const BacMpdu> mpdu);    ///< \param mpdu dropped
  void CheckDeadlines();                      ///< give up frames without notice
  void Done(size_t index, uint64_t& count);   ///< \param index of the frame \param count its total
  void Report();                              ///< call back
  size_t Find(uint64_t uid) const;            ///< \param uid of a packet \return index or the number of frames

  Ptr<WaveNetDevice> m_device;     ///< the device
  Callback<void, uint32_t> m_done; ///< notice
  std::vector<Frame> m_frames;     ///< in the device, oldest first
  Counts m_counts{};               ///< totals
  Time m_timeout;                  ///< patience
  Time m_refusedDelay;             ///< notice of a refused frame comes this late
  uint32_t m_unreported{0};        ///< frames done since the last report
  EventId m_report;                ///< next report
  EventId m_check;                 ///< next look at the deadlines
};

} // namespace ns3

#endif /* BAC_MAC_PACER_H */
