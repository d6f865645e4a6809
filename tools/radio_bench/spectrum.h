/* SPDX-License-Identifier: GPL-2.0-only */
/* ns-3's SpectrumWifiPhy as a WAVE radio, to compare with. */
#ifndef BAC_RADIO_BENCH_SPECTRUM_H
#define BAC_RADIO_BENCH_SPECTRUM_H

#include "ns3/bac-helper.h"
#include "ns3/spectrum-channel.h"
#include "ns3/spectrum-wifi-helper.h"

/* Makes SpectrumPhys on a channel with the loss and delay models of a BacHelper. */
class SpectrumHelper : public ns3::SpectrumWifiPhyHelper {
 public:
  explicit SpectrumHelper(const ns3::BacHelper& helper);
};

#endif
