/* SPDX-License-Identifier: GPL-2.0-only */
/* The suites of this program sign with the simulator's stand-ins; a world of bac-sim that runs the real ones says so itself. */
#include <gtest/gtest.h>

extern "C" {
#include "fast_crypto.h"
}

namespace {

class FastSignatures : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo &) override { bac_fast_crypto(true); }
};

[[maybe_unused]] const bool added = [] {
  testing::UnitTest::GetInstance()->listeners().Append(new FastSignatures);
  return true;
}();

}  // namespace
