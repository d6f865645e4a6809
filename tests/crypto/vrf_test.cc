/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac/vrf.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "crypto/vrf_reference.h"

namespace ref = vrf_reference;
using ref::Bytes;
using ref::Point;

namespace {

Bytes hex(const std::string &s) {
  Bytes b(s.size() / 2);
  for (size_t i = 0; i < b.size(); i++) b[i] = static_cast<uint8_t>(std::stoul(s.substr(2 * i, 2), nullptr, 16));
  return b;
}

/* All points of order 1, 2, 4 and 8. */
const char *const kSmallOrder[8] = {
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
};
/* Other encodings that lenient decoders take for points: y >= p, or a sign on x = 0. */
const char *const kNonCanonical[] = {
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* y = 3 is on the curve, of large order */
    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

struct Key {
  Bytes seed, pk = Bytes(32), sk = Bytes(64);
  explicit Key(Bytes s) : seed(std::move(s)) { bac_vrf_keypair(pk.data(), sk.data(), seed.data()); }
};

Bytes prove(const Key &key, const Bytes &alpha) {
  Bytes pi(80);
  EXPECT_EQ(0, bac_vrf_prove(pi.data(), key.sk.data(), alpha.data(), alpha.size()));
  return pi;
}

int verify(const Bytes &pk, const Bytes &pi, const Bytes &alpha, Bytes *beta = nullptr) {
  Bytes out(64, 0xaa);
  int code = bac_vrf_verify(out.data(), pk.data(), pi.data(), alpha.data(), alpha.size());
  EXPECT_TRUE(code == 0 || out == Bytes(64)) << "beta of a refused proof";
  if (beta) *beta = out;
  return code;
}

using Vectors = std::map<std::string, std::map<std::string, Bytes>>;
Vectors vectors() {
  Vectors all;
  std::ifstream file(std::string(BAC_TESTS_DIR) + "/vectors/rfc9381.txt");
  std::string line, section;
  while (std::getline(file, line)) {
    size_t equals = line.find(" =");
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == '[')
      section = line.substr(1, line.size() - 2);
    else
      all[section][line.substr(0, equals)] = hex(line.size() > equals + 3 ? line.substr(equals + 3) : "");
  }
  return all;
}

TEST(Vrf, VectorsOfTheRfc) {
  int seen = 0;
  for (auto &[name, v] : vectors()) {
    if (name.rfind("rfc9381", 0) != 0) continue;
    SCOPED_TRACE(name);
    seen++;
    Key key(v["SK"]);
    EXPECT_EQ(v["PK"], key.pk);
    EXPECT_EQ(0, bac_vrf_key_check(key.pk.data()));
    EXPECT_EQ(v["H"], ref::encode(ref::encode_to_curve(key.pk, v["alpha"])));
    EXPECT_EQ(v["pi"], prove(key, v["alpha"]));
    Bytes beta(64), again(64);
    EXPECT_EQ(0, verify(v["PK"], v["pi"], v["alpha"], &beta));
    EXPECT_EQ(v["beta"], beta);
    EXPECT_EQ(0, bac_vrf_proof_to_hash(again.data(), v["pi"].data()));
    EXPECT_EQ(v["beta"], again);
  }
  EXPECT_EQ(3, seen);
}

TEST(Vrf, ProofsOfOlderDraftsAreRefused) {
  int seen = 0;
  for (auto &[name, v] : vectors()) {
    if (name.rfind("draft", 0) != 0) continue;
    seen++;
    EXPECT_EQ(BAC_VRF_EMISMATCH, verify(v["PK"], v["pi"], v["alpha"])) << name;
    /* It is a proof, of that draft. */
    auto gamma = *ref::decode(v["pi"].data()), y = *ref::decode(v["PK"].data());
    mpz_class c = ref::from_little_endian(&v["pi"][32], 16), s = ref::from_little_endian(&v["pi"][48], 32);
    Point h = ref::encode_to_curve(v["PK"], v["alpha"]);
    EXPECT_EQ(c, ref::challenge(v["PK"], h, gamma, s * ref::base + -(c * y), s * h + -(c * gamma), false)) << name;
  }
  EXPECT_EQ(2, seen);
}

TEST(Vrf, EveryFlippedBitIsRefused) {
  Key key(Bytes(32, 7)), other(Bytes(32, 8));
  Bytes alpha = {1, 2, 3}, pi = prove(key, alpha);
  ASSERT_EQ(0, verify(key.pk, pi, alpha));
  EXPECT_EQ(BAC_VRF_EMISMATCH, verify(other.pk, pi, alpha));
  for (size_t bit = 0; bit < 640; bit += 3) {
    pi[bit / 8] = static_cast<uint8_t>(pi[bit / 8] ^ 1 << bit % 8);
    ASSERT_LT(verify(key.pk, pi, alpha), 0) << bit;
    pi[bit / 8] = static_cast<uint8_t>(pi[bit / 8] ^ 1 << bit % 8);
  }
  EXPECT_EQ(BAC_VRF_EMISMATCH, verify(key.pk, pi, {1, 2, 2}));
  EXPECT_EQ(BAC_VRF_EMISMATCH, verify(key.pk, pi, {1, 2}));
  EXPECT_EQ(BAC_VRF_EMISMATCH, verify(key.pk, pi, {1, 2, 3, 0}));
  EXPECT_EQ(BAC_VRF_EMISMATCH, verify(key.pk, pi, {}));
}

TEST(Vrf, EmptyInputMayBeNull) {
  Key key(Bytes(32, 1));
  Bytes pi(80), beta(64);
  EXPECT_EQ(0, bac_vrf_prove(pi.data(), key.sk.data(), nullptr, 0));
  EXPECT_EQ(prove(key, {}), pi);
  EXPECT_EQ(0, bac_vrf_verify(beta.data(), key.pk.data(), pi.data(), nullptr, 0));
}

/* s + q stands for the same scalar: it must not pass, or a proof would have a twin. */
TEST(Vrf, UnreducedScalarsAreRefused) {
  Key key(Bytes(32, 9));
  Bytes pi = prove(key, {}), beta(64);
  mpz_class s = ref::from_little_endian(&pi[48], 32);
  for (const mpz_class &twin : {mpz_class(s + ref::q), mpz_class(s + 2 * ref::q), ref::q, mpz_class((mpz_class(1) << 256) - 1)}) {
    Bytes bad(pi.begin(), pi.begin() + 48);
    ref::append(bad, ref::to_little_endian(twin, 32));
    EXPECT_EQ(BAC_VRF_EPROOF, verify(key.pk, bad, {}));
    std::fill(beta.begin(), beta.end(), uint8_t{0xaa});
    EXPECT_EQ(BAC_VRF_EPROOF, bac_vrf_proof_to_hash(beta.data(), bad.data()));
    EXPECT_EQ(Bytes(64), beta);
  }
  Bytes largest(pi.begin(), pi.begin() + 48), zero = largest;
  ref::append(largest, ref::to_little_endian(ref::q - 1, 32));
  ref::append(zero, Bytes(32));
  EXPECT_EQ(0, bac_vrf_proof_to_hash(beta.data(), largest.data()));
  EXPECT_EQ(BAC_VRF_EMISMATCH, verify(key.pk, largest, {}));
  EXPECT_EQ(BAC_VRF_EMISMATCH, verify(key.pk, zero, {}));
}

TEST(Vrf, BadEncodingsAreRefused) {
  Key key(Bytes(32, 10));
  Bytes pi = prove(key, {}), beta(64);
  std::vector<Bytes> bad;
  for (const char *s : kNonCanonical) bad.push_back(hex(s));
  for (uint8_t y = 2; bad.size() < 20; y++) {
    Bytes candidate(32);
    candidate[0] = y;
    if (!ref::decode(candidate.data())) bad.push_back(candidate); /* not on the curve */
  }
  for (const Bytes &b : bad) {
    ASSERT_FALSE(ref::decode(b.data()));
    EXPECT_EQ(BAC_VRF_EKEY, bac_vrf_key_check(b.data()));
    EXPECT_EQ(BAC_VRF_EKEY, verify(b, pi, {}));
    std::copy(b.begin(), b.end(), pi.begin());
    EXPECT_EQ(BAC_VRF_EPROOF, verify(key.pk, pi, {}));
    std::fill(beta.begin(), beta.end(), uint8_t{0xaa});
    EXPECT_EQ(BAC_VRF_EPROOF, bac_vrf_proof_to_hash(beta.data(), pi.data()));
    EXPECT_EQ(Bytes(64), beta);
  }
}

/* All 16 bytes of c count: whoever knows x can make U and V come out right for any c, but not for the hash of both. */
TEST(Vrf, TheWholeChallengeCounts) {
  Key key(Bytes(32, 12));
  const mpz_class x = ref::secret_scalar(key.seed), nonce = 1000003;
  Point h = ref::encode_to_curve(key.pk, {}), gamma = x * h;
  mpz_class c = ref::challenge(key.pk, h, gamma, nonce * ref::base, nonce * h);
  EXPECT_EQ(0, verify(key.pk, ref::proof(gamma, c, ref::mod(nonce + c * x, ref::q)), {}));
  for (unsigned bit = 0; bit < 128; bit += 7) {
    mpz_class other = c ^ (mpz_class(1) << bit);
    EXPECT_EQ(BAC_VRF_EMISMATCH, verify(key.pk, ref::proof(gamma, other, ref::mod(nonce + other * x, ref::q)), {})) << bit;
  }
}

/* With a key of order m, whoever knows no secret at all could prove Gamma = 0 once m divides c. */
TEST(Vrf, KeysOfSmallOrderAreRefused) {
  int forged = 0;
  for (const char *s : kSmallOrder) {
    Bytes pk = hex(s);
    auto y = ref::decode(pk.data());
    ASSERT_TRUE(y);
    EXPECT_EQ(BAC_VRF_EKEY, bac_vrf_key_check(pk.data()));
    for (uint8_t i = 0; i < 2; i++) {
      /* Gamma = identity, s = nonce = 5: U = 5 B - c Y and V = 5 H hold whenever c Y = 0. */
      Bytes alpha = {i};
      Point h = ref::encode_to_curve(pk, alpha);
      mpz_class c = ref::challenge(pk, h, Point{}, 5 * ref::base, 5 * h);
      Bytes pi = ref::proof(Point{}, c, 5);
      if (c * *y == Point{}) forged++;
      EXPECT_EQ(BAC_VRF_EKEY, verify(pk, pi, alpha));
    }
  }
  EXPECT_GT(forged, 1); /* proofs that hold but for the key */
}

/* Gamma and the key may lie outside the prime-order subgroup (a malicious prover adds a point of small order). The RFC accepts
 * such a proof whenever the equations hold, and beta is the same: so must we, or nodes with other implementations disagree. */
TEST(Vrf, PointsOutsideTheSubgroup) {
  Key key(Bytes(32, 11));
  const mpz_class x = ref::secret_scalar(key.seed);
  const mpz_class nonce = 1000003;
  int accepted[2] = {0, 0}, refused[2] = {0, 0};
  for (const char *s : kSmallOrder) {
    const Point small = *ref::decode(hex(s).data());
    for (int in_key = 0; in_key < 2; in_key++) {
      const Bytes pk = ref::encode(x * ref::base + (in_key ? small : Point{}));
      EXPECT_EQ(0, bac_vrf_key_check(pk.data()));
      for (uint8_t i = 0; i < 4; i++) {
        Bytes alpha = {i}, beta;
        Point h = ref::encode_to_curve(pk, alpha);
        Point honest = x * h, gamma = honest + (in_key ? Point{} : small);
        mpz_class c = ref::challenge(pk, h, gamma, nonce * ref::base, nonce * h);
        Bytes pi = ref::proof(gamma, c, ref::mod(nonce + c * x, ref::q));
        bool holds = c * small == Point{};
        (holds ? accepted : refused)[in_key]++;
        ASSERT_EQ(holds ? 0 : BAC_VRF_EMISMATCH, verify(pk, pi, alpha, &beta)) << s << " " << in_key;
        EXPECT_EQ(holds ? ref::output(honest) : Bytes(64), beta);
        if (i == 0) {
          EXPECT_EQ(holds, ref::verify(pk, pi, alpha).has_value());
        }
      }
    }
  }
  for (int k = 0; k < 2; k++) {
    EXPECT_GT(accepted[k], 7);
    EXPECT_GT(refused[k], 7);
  }
}

/* Honest proofs, proofs of nothing and proofs with every kind of Gamma: the same verdict and beta as the literal reading. */
TEST(Vrf, AgreesWithTheLiteralReading) {
  for (uint8_t i = 0; i < 12; i++) {
    Key key(Bytes(32, static_cast<uint8_t>(20 + i)));
    Bytes alpha(i, i), pi = prove(key, alpha), beta(64);
    auto expected = ref::verify(key.pk, pi, alpha);
    ASSERT_TRUE(expected);
    EXPECT_EQ(0, verify(key.pk, pi, alpha, &beta));
    EXPECT_EQ(*expected, beta);
    if (i < 8) { /* Gamma of small order, c = 0 and s = 0 */
      Bytes gamma = hex(kSmallOrder[i]);
      std::copy(gamma.begin(), gamma.end(), pi.begin());
      EXPECT_EQ(BAC_VRF_EMISMATCH, verify(key.pk, pi, alpha));
      std::fill(pi.begin() + 32, pi.end(), uint8_t{0});
      EXPECT_EQ(BAC_VRF_EMISMATCH, verify(key.pk, pi, alpha));
      EXPECT_EQ(0, bac_vrf_proof_to_hash(beta.data(), pi.data()));
      EXPECT_EQ(ref::output(*ref::decode(gamma.data())), beta);
    }
  }
}

}  // namespace
