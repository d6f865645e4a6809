/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAC_WAVE_PHY_H
#define BAC_WAVE_PHY_H

#include "ns3/interference-helper.h"
#include "ns3/mobility-model.h"
#include "ns3/nstime.h"
#include "ns3/threshold-preamble-detection-model.h"
#include "ns3/traced-callback.h"
#include "ns3/vector.h"
#include "ns3/wifi-ppdu.h"
#include "ns3/wifi-tx-vector.h"
#include "ns3/yans-wifi-channel.h"
#include "ns3/yans-wifi-phy.h"

#include <functional>
#include <map>
#include <vector>

namespace ns3 {

/**
 * \ingroup bac
 * \brief A YansWifiPhy that transmits by way of a BacWaveChannel. In all else it is ns-3's.
 */
class BacWavePhy : public YansWifiPhy {
 public:
  static TypeId GetTypeId(); ///< \return the TypeId

  // One of them is what this ns-3 calls: 3.35; 3.36 and 3.37; 3.38.
  void StartTx(Ptr<WifiPpdu> ppdu);                                   ///< \param ppdu what is sent
  void StartTx(Ptr<const WifiPpdu> ppdu, const WifiTxVector& vector); ///< \param ppdu what is sent \param vector how
  void StartTx(Ptr<const WifiPpdu> ppdu);                             ///< \param ppdu what is sent

  /// Sleep, from idle or busy: a frame that is being received is lost. ns-3's own SetSleepMode leaves its events, which then find a PHY asleep and abort.
  void Doze();

  /// TracedCallback signature. \param ppdu what \param power_w at the receiver, W
  typedef void (*ArrivesTracedCallback)(Ptr<const WifiPpdu> ppdu, double power_w);

  /// A frame that can be detected arrives. \param ppdu the frame \param power_w at the receiver, W
  void Arrive(Ptr<const WifiPpdu> ppdu, double power_w);
  /// A signal is interference and nothing else. \param ppdu what was sent \param power_w at the receiver, W \param duration from now on
  /// \param senses carrier sense looks again, as it does after a frame that was not detected
  void Disturb(Ptr<const WifiPpdu> ppdu, double power_w, Time duration, bool senses);

 private:
  void Transmit(Ptr<const WifiPpdu> ppdu); ///< \param ppdu what is sent

  TracedCallback<Ptr<const WifiPpdu>, double> m_arrivesTrace; ///< Arrives
};

/**
 * \ingroup bac
 * \brief ns-3's own detection of preambles, which remembers the SINR that it was last asked about: ns-3 tells nobody. PhyRxBegin follows at once.
 */
class BacPreambleDetection : public ThresholdPreambleDetectionModel {
 public:
  static TypeId GetTypeId();                     ///< \return the TypeId
  static double GetLastSinr() { return s_sinr; } ///< \return of the preamble that any of these has looked at last, a ratio
  bool IsPreambleDetected(double rssi, double snr, double channelWidth) const override;

 private:
  static double s_sinr; ///< see GetLastSinr
};

/**
 * \ingroup bac
 * \brief A YansWifiChannel that spends no event on a receiver which would drop the signal as too weak.
 *
 * As it is by default, not one reception differs from those on a YansWifiChannel (suite bac-wave compares them).
 *
 * With WeakSignals, signals too weak to be detected, and those that leak in from other channels, count as interference, which YansWifiChannel
 * leaves out. They begin at once, without propagation delay, and cost no event. Reception is then as with SpectrumWifiPhy. A receiver to which
 * no frame comes is spared those below the detection threshold: it is told of them when one does.
 *
 * Receivers are told apart by distance in one pass over their positions: all of them, since positions may change at any time without notice.
 * That is 2,000 subtractions beside the thousands of events of a transmission.
 */
class BacWaveChannel : public YansWifiChannel {
 public:
  static TypeId GetTypeId(); ///< \return the TypeId

  BacWaveChannel();

  static constexpr uint32_t CHANNELS_APART = 3; ///< channels 0, 1 or 2 apart: farther ones leak nothing

  /// \param phy on this channel, in the order in which SetChannel was called, with device and mobility
  void Join(Ptr<BacWavePhy> phy);
  /// \param reach gives the distance (m) beyond which the mean loss is certainly greater than a number of dB; without it, or empty, positions
  /// tell nothing. \param fading random factors follow: without WeakSignals each receiver draws one, as in ns-3, wherever it is
  void SetReach(std::function<double(double)> reach, bool fading);
  /// Give it to all receivers. \param sender from whom \param ppdu what \param dbm how strong, antenna gain included
  void Transmit(const YansWifiPhy* sender, Ptr<const WifiPpdu> ppdu, double dbm);
  void SetMask(uint32_t mask); ///< \param mask of all transmitters, a bac_mask; without it A

 protected:
  void DoDispose() override;

 private:
  /// A PHY on the channel.
  struct Station {
    Ptr<BacWavePhy> phy;         ///< the PHY
    Ptr<MobilityModel> mobility; ///< of its node
    uint32_t node;               ///< its context
    bool still;                  ///< its mobility tells when the position changes
    Time told;                   ///< with WeakSignals: until then a frame is there, and weak signals matter
  };

  /// A transmission of which receivers have not been told, since it is too weak for them.
  struct Untold {
    Ptr<const WifiPpdu> ppdu;  ///< what
    Time end;                  ///< of it
    std::vector<double> power; ///< at each station, W; 0: told, or nothing to tell
  };

  void Moved(Ptr<const MobilityModel> mobility); ///< \param mobility that has a new position
  const double* Locate(const Vector& from);      ///< \param from where \return squared distances of all stations, m^2
  double ReachOf(double dbm, double floor, double margin); ///< \param dbm sent \param floor received \param margin dB \return m^2
  void TransmitStock(size_t sender, Ptr<const WifiPpdu> ppdu, double dbm); ///< \param sender index \param ppdu what \param dbm power
  void TransmitAll(size_t sender, Ptr<const WifiPpdu> ppdu, double dbm);   ///< \param sender index \param ppdu what \param dbm power
  /// With WeakSignals: a frame arrives. \param station to which \param ppdu what \param power_w received
  void Arrive(size_t station, Ptr<const WifiPpdu> ppdu, double power_w);
  Untold& NewUntold(Ptr<const WifiPpdu> ppdu); ///< \param ppdu what is on the air from now on \return a place for it

  std::vector<Station> m_stations;          ///< in the order of SetChannel
  std::vector<double> m_x;                  ///< positions, m
  std::vector<double> m_y;                  ///< positions, m
  std::vector<double> m_z;                  ///< positions, m
  std::vector<double> m_distance2;          ///< scratch, m^2
  std::vector<size_t> m_moving;             ///< stations whose positions are asked for each time
  std::vector<Untold> m_untold;             ///< on the air, or over: to be used again
  Ptr<PropagationLossModel> m_loss;         ///< YansWifiChannel's own
  Ptr<PropagationDelayModel> m_delay;       ///< YansWifiChannel's own
  std::function<double(double)> m_reach;    ///< see SetReach
  std::map<double, double> m_reaches;       ///< what it has said: m^2 by dB
  bool m_fading{true};                      ///< see SetReach
  bool m_weak{false};                       ///< attribute WeakSignals
  double m_detection_dbm{0};                ///< attribute DetectionThreshold
  double m_floor_dbm{0};                    ///< attribute InterferenceFloor
  double m_leakage_db[CHANNELS_APART];      ///< gain from a channel so far away, dB
};

} // namespace ns3

#endif /* BAC_WAVE_PHY_H */
