/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAC_V2V_LOSS_H
#define BAC_V2V_LOSS_H

#include "ns3/propagation-loss-model.h"

#include <memory>

struct bac_obstacles;
struct bac_v2v;

namespace ns3 {

/**
 * \ingroup bac
 * \brief 3GPP TR 37.885 between vehicles as the core has it (bac-core/radio/v2v.h): path loss, state, blockage and shadowing of a pair are the same
 * number as on the fast medium.
 *
 * Not ns-3's ThreeGppV2vUrbanPropagationLossModel and ...Highway..., which know boxes as buildings, draw LOS or NLOSv anew by the clock and a vehicle's
 * blockage for each frame, and go to minus infinity at no distance. The suite `bac-v2v` compares this one with them.
 */
class BacV2vLossModel : public PropagationLossModel {
 public:
  static TypeId GetTypeId(); ///< \return the TypeId

  BacV2vLossModel();
  ~BacV2vLossModel() override;

  void Configure(bool urban, uint64_t seed);            ///< First. \param urban or highway \param seed of all that is drawn
  void SetObstacles(const bac_obstacles* obstacles);    ///< \param obstacles buildings, borrowed; null: none
  const bac_v2v* GetModel() const { return m_model.get(); } ///< \return who decides; nodes' ids name vehicles

 private:
  double DoCalcRxPower(double dbm, Ptr<MobilityModel> a, Ptr<MobilityModel> b) const override;
  int64_t DoAssignStreams(int64_t /* stream */) override { return 0; }

  std::unique_ptr<bac_v2v> m_model; ///< who decides
};

} // namespace ns3

#endif /* BAC_V2V_LOSS_H */
