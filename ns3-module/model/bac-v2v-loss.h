/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAC_V2V_LOSS_H
#define BAC_V2V_LOSS_H

#include "ns3/channel-condition-model.h"
#include "ns3/propagation-loss-model.h"

#include <memory>

struct bac_obstacles;
struct bac_v2v;
struct bac_v2v_station;

namespace ns3 {

class ThreeGppPropagationLossModel;

/**
 * \ingroup bac
 * \brief Whether a link is LOS, NLOSv or NLOS: bac-core/radio/v2v.h. ns-3's own models know boxes as buildings, and draw LOS or NLOSv anew after a time,
 * whether the vehicles have moved or not.
 */
class BacV2vCondition : public ChannelConditionModel {
 public:
  static TypeId GetTypeId(); ///< \return the TypeId

  BacV2vCondition();
  ~BacV2vCondition() override;

  /// \param urban or highway \param seed of what is drawn \param obstacles buildings, borrowed; null: none
  void Configure(bool urban, uint64_t seed, const bac_obstacles* obstacles);
  void SetObstacles(const bac_obstacles* obstacles); ///< \param obstacles buildings, borrowed; null: none
  Ptr<ChannelCondition> GetChannelCondition(Ptr<const MobilityModel> a, Ptr<const MobilityModel> b) const override;
  int64_t AssignStreams(int64_t /* stream */) override { return 0; }
  /// \param a one end \param b the other \return loss by the vehicle in between, were the link NLOSv, dB
  double GetBlockage(Ptr<const MobilityModel> a, Ptr<const MobilityModel> b) const;
  double GetNearLoss() const; ///< \return path loss within 1 m, dB

 private:
  static bac_v2v_station StationOf(Ptr<const MobilityModel> mobility); ///< \param mobility of a node \return the same for the core

  std::unique_ptr<bac_v2v> m_model;                 ///< who decides
  std::vector<Ptr<ChannelCondition>> m_conditions;  ///< by bac_v2v_state
};

/**
 * \ingroup bac
 * \brief 3GPP TR 37.885 between vehicles: path loss and shadowing of ns-3's ThreeGppV2vUrbanPropagationLossModel or ...Highway..., state and a vehicle's
 * blockage of BacV2vCondition.
 *
 * ns-3's own draws the blockage for each frame; here it is the link's. Within 1 m, where ns-3's loss goes to minus infinity, it is that of 1 m.
 */
class BacV2vLossModel : public PropagationLossModel {
 public:
  static TypeId GetTypeId(); ///< \return the TypeId

  BacV2vLossModel();
  ~BacV2vLossModel() override;

  /// Once, first. \param urban or highway \param seed of states and blockages; shadowing has a stream of ns-3's
  void Configure(bool urban, uint64_t seed);
  Ptr<BacV2vCondition> GetCondition() const { return m_condition; } ///< \return who says what state a link is in

 protected:
  void DoDispose() override;

 private:
  double DoCalcRxPower(double dbm, Ptr<MobilityModel> a, Ptr<MobilityModel> b) const override;
  int64_t DoAssignStreams(int64_t stream) override;

  Ptr<BacV2vCondition> m_condition;            ///< states and blockages
  Ptr<ThreeGppPropagationLossModel> m_threeGpp; ///< path loss and shadowing
};

} // namespace ns3

#endif /* BAC_V2V_LOSS_H */
