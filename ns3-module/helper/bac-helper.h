/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAC_HELPER_H
#define BAC_HELPER_H

#include "ns3/bac-application.h"
#include "ns3/bac-v2v-loss.h"
#include "ns3/bac-wave-phy.h"
#include "ns3/node.h"
#include "ns3/nstime.h"
#include "ns3/wifi-mode.h"
#include "ns3/yans-wifi-helper.h"

#include <array>
#include <string>
#include <vector>

struct bac_loss_config;
struct bac_medium_config;
struct bac_obstacles;

namespace ns3 {

/// \ingroup bac
/// \brief Checks options. What does not hold throws a std::runtime_error of one line: option, value and remedy.
struct BacCheck {
  static std::string Text(double value); ///< \param value a number \return nine digits at most
  /// \param option its name \param value it has \param low least good value \param high greatest good value
  static void Range(const std::string& option, double value, double low, double high);
  /// \param option its name \param value it has \param names good values \return index of the value among them
  static uint32_t Choice(const std::string& option, const std::string& value, const std::vector<std::string>& names);
};

/// \ingroup bac
/// \brief The radio of all stations.
struct BacRadioOptions {
  std::string radio = "wave";       ///< wave (ns-3's WaveNetDevice on its Yans channel) or fast (bac-core/radio)
  double rate_mbps = 6;             ///< 3, 4.5, 6, 9, 12, 18, 24 or 27
  double eirp_dbm = 23;             ///< transmit power, antennas included
  std::string loss = "threelog";    ///< threelog (1.9/3.8/3.8 from 1/80/200 m), logdistance (2.75), tr37885-urban or tr37885-highway (bac-core/radio/v2v.h)
  double reference_loss_db = 47.86; ///< at 1 m, of the first two
  std::array<double, 3> exponents{0, 0, 0};   ///< of threelog's pieces, logdistance: the first; 0: the model's own
  std::array<double, 3> loss_from_m{1, 80, 200}; ///< threelog: where the pieces begin, rising
  bool nakagami = true;             ///< fast fading behind the loss
  std::array<double, 3> nakagami_m{1.5, 0.75, 0.75}; ///< its shape: near, between, far (ns-3's m0, m1, m2)
  std::array<double, 2> nakagami_from_m{80, 200};    ///< from here on between, far (ns-3's Distance1, Distance2)
  std::string error_model = "nist"; ///< nist or table
  std::string access = "continuous"; ///< continuous, or alternating (IEEE 1609.4): one radio is on the CCH and on its service channel in turn
  std::string channels = "per-shard"; ///< of shards: per-shard, single or per-shard+cch (BacChannels)
  double noise_figure_db = 7;       ///< of receivers, over thermal noise (ns-3's RxNoiseFigure)
  double sensitivity_dbm = -101;    ///< weaker signals do not count; of 20 MHz, in 10 MHz 3 dB less (ns-3's RxSensitivity)
  double cca_dbm = -82;             ///< power that makes the channel busy where a frame is; as above (ns-3's CcaSensitivity)
  double energy_detect_dbm = -62;   ///< and of any kind (ns-3's CcaEdThreshold)
  double preamble_dbm = -95;        ///< weakest preamble that is detected
  double preamble_sinr_db = 4;      ///< and the SINR that it needs (ns-3's Threshold)
  std::string mask = "A";           ///< class of the transmit spectrum mask: A, B, C or D (bac-core/radio/channel_plan.h)
  bool weak_signals = false;        ///< signals too weak to be detected interfere; with wave, those of adjacent channels too
  bool unculled = false;            ///< with wave: ns-3's YansWifiChannel itself, to compare with; the same receptions, slower
  uint32_t control_priority = 0;    ///< EDCA user priority, 0..7
  uint32_t vote_priority = 0;       ///< EDCA user priority, 0..7
  uint32_t bulk_priority = 0;       ///< EDCA user priority, 0..7
  /// EDCA of VO, VI, BE and BK: AIFSN, CWmin, CWmax (IEEE 802.11-2016, table 9-138: outside the context of a BSS)
  std::array<std::array<double, 3>, 4> edca{{{2, 3, 7}, {3, 7, 15}, {6, 15, 1023}, {9, 15, 1023}}};
  double wire_gbps = 1;             ///< RSU to MBS
  double wire_delay_ms = 1;         ///< RSU to MBS, one way
};

/**
 * \ingroup bac
 * \brief Builds stations: a WAVE radio on a service channel, an application, the wired backhaul.
 */
class BacHelper {
 public:
  static constexpr uint32_t SERVICE_CHANNELS = 6; ///< 172, 174, 176, 180, 182, 184
  static constexpr uint32_t SHARDS_MAX = 32;      ///< beyond six they share channels

  /// \param options of the radio \throws std::runtime_error when an option is out of range
  explicit BacHelper(const BacRadioOptions& options);

  static uint32_t ServiceChannel(uint32_t index);               ///< \param index below SERVICE_CHANNELS \return the service channel
  /// In place of a service channel each for up to six shards; before stations are built. \param channels WAVE channel numbers, by shard
  void SetChannels(const std::vector<uint32_t>& channels) { m_channels = channels; }
  /// Buildings, before stations are built. \param obstacles borrowed; null: none
  void SetObstacles(const bac_obstacles* obstacles);
  uint32_t ChannelOf(uint32_t shard) const;                     ///< \param shard which \return its channel
  bool IsFast() const { return m_options.radio == "fast"; }     ///< \return whether stations are on the fast medium
  static bac_loss_config LossOf(const BacRadioOptions& options); ///< \param options of the radio \return its path loss
  static std::array<double, 3> ExponentsOf(const BacRadioOptions& options); ///< \param options of the radio \return of threelog or logdistance
  /// \param options of the radio \return whether its loss is that of TR 37.885, each pair's its own
  static bool IsByPair(const BacRadioOptions& options) { return options.loss.rfind("tr37885-", 0) == 0; }
  static const std::vector<std::string>& Losses(); ///< \return names of the models of path loss
  static const std::vector<std::string>& Masks();  ///< \return classes of masks
  static const std::vector<std::string>& Accesses(); ///< \return ways of access to channels
  /// \param options of the radio \param seed of its draws \return what the fast medium has of them
  static bac_medium_config MediumOf(const BacRadioOptions& options, uint64_t seed);
  WifiMode GetMode() const { return WifiMode(m_mode); }         ///< \return rate of all frames
  uint64_t GetRate() const { return static_cast<uint64_t>(m_options.rate_mbps * 1e6); } ///< \return the same in bit/s
  double GetMeanLoss(double distance_m) const;                  ///< \param distance_m a distance \return path loss without fading, dB; with TR 37.885 that of LOS
  Ptr<YansWifiChannel> GetChannel() const { return m_channel; } ///< \return the medium

  /// Add a radio to a node that has a mobility model. It is on its channel from t = 0.01 s on, continuously.
  /// \param node the node \param id protocol node id, determines the MAC address \param shard whose channel
  /// \param shards how many there are, if it may be tuned to the others' channels, else 0 \return device
  Ptr<WaveNetDevice> InstallRadio(Ptr<Node> node, uint32_t id, uint32_t shard, uint32_t shards = 0);
  /// The same with a PHY of another kind, on a channel of the caller's. \param phy makes and configures it \param node the node
  /// \param id protocol node id \param shard whose channel \param shards as above \return device
  Ptr<WaveNetDevice> InstallRadio(const WifiPhyHelper& phy, Ptr<Node> node, uint32_t id, uint32_t shard, uint32_t shards);
  /// What all radios have. \param phy gets error model, power and preamble detection
  void Configure(WifiPhyHelper& phy) const;
  /// The same on the fast medium, on its channel from the start. \param node the node \param id protocol node id
  /// \param shard whose channel \return device
  Ptr<BacFastNetDevice> InstallFastRadio(Ptr<Node> node, uint32_t id, uint32_t shard);
  /// A radio of the options' kind. \param node the node \param id determines the MAC address \param channels WAVE channel numbers: the one that it
  /// is on, and others that it may be tuned to \return device
  Ptr<NetDevice> InstallRadioOn(Ptr<Node> node, uint32_t id, const std::vector<uint32_t>& channels);
  /// Add an application to a node. \param node the node \param config what it hosts, borrowed \param costModel name of the
  /// times of operations \param radio its radio of either kind, or null \param shard whose channel the radio uses \return application
  Ptr<BacApplication> Install(Ptr<Node> node, const bac_node_config& config, const std::string& costModel,
                              Ptr<NetDevice> radio, uint32_t shard);
  /// The second radio of an application, on the CCH. \param app it has its first \param node its node
  void InstallControlRadio(Ptr<BacApplication> app, Ptr<Node> node);
  /// With alternating access, have a radio alternate. \param radio of either kind \param channel of it: on the CCH it is there in CCH intervals
  void Alternate(Ptr<NetDevice> radio, uint32_t channel) const;
  /// Wire an RSU to the MBS. \param rsu one end \param mbs the other
  void Wire(Ptr<BacApplication> rsu, Ptr<BacApplication> mbs) const;
  /// Switch a radio off, after the frame that it may be sending, or on. \param device the radio \param on the wish
  static void SetRadioOn(Ptr<WaveNetDevice> device, bool on);
  /// Capture what a radio sends and hears, for Wireshark. \param device the radio \param file its name, replaced
  static void Capture(Ptr<WaveNetDevice> device, const std::string& file);
  /// The same of an application's radio, whichever it has, which goes on on its shard's channel. \param app the application \param on the wish
  void SetOn(Ptr<BacApplication> app, bool on) const;
  static bool IsOn(Ptr<NetDevice> radio);           ///< \param radio of either kind \return whether it is on
  static void SetDeviceOn(Ptr<NetDevice> radio, bool on); ///< Switch a radio of either kind on or off. \param radio it \param on the wish
  /// \param stream first stream \return streams used by medium, PHYs and MACs of all radios
  int64_t AssignStreams(int64_t stream);

 private:
  Ptr<WaveNetDevice> Install80211p(const WifiPhyHelper& phy, Ptr<Node> node, uint32_t id, const std::vector<uint32_t>& channels); ///< see InstallRadioOn
  Ptr<WaveNetDevice> InstallWave(Ptr<Node> node, uint32_t id, const std::vector<uint32_t>& channels);                          ///< see InstallRadioOn
  Ptr<BacFastNetDevice> InstallFast(Ptr<Node> node, uint32_t id, uint32_t channel);                                            ///< see InstallRadioOn
  void SetEdca(Ptr<WaveNetDevice> device) const;               ///< \param device whose MACs get the options' parameters
  Ptr<PropagationLossModel> MakeLoss();                        ///< \return by the options, without fading
  std::vector<uint32_t> ChannelsOf(uint32_t shard, uint32_t shards) const; ///< \param shard whose \param shards all others' too \return channels

  BacRadioOptions m_options;                 ///< of the radio
  std::string m_mode;                        ///< name of the rate
  Ptr<YansWifiChannel> m_channel;            ///< the medium
  Ptr<BacWaveChannel> m_wave;                ///< the same, unless it is ns-3's own
  Ptr<BacFastChannel> m_fast;                ///< the fast medium, configured with its first station
  Ptr<BacV2vLossModel> m_byPair;             ///< the loss, with TR 37.885
  const bac_obstacles* m_obstacles{nullptr}; ///< buildings
  std::vector<uint32_t> m_channels;          ///< by shard
  std::vector<Ptr<WaveNetDevice>> m_devices; ///< all radios
};

} // namespace ns3

#endif /* BAC_HELPER_H */
