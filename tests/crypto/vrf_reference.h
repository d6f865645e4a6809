/* SPDX-License-Identifier: GPL-2.0-only */
/* RFC 9381 read literally: affine Edwards arithmetic over GMP, no shortcut for subgroups. Slow, and shares nothing with vrf.c but
 * SHA-512. With it a test can make proofs that no honest prover makes. */
#ifndef BAC_TESTS_VRF_REFERENCE_H
#define BAC_TESTS_VRF_REFERENCE_H

#include <gmpxx.h>
#include <sodium.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace vrf_reference {

using Bytes = std::vector<uint8_t>;

inline const mpz_class p = (mpz_class(1) << 255) - 19;
inline const mpz_class q = (mpz_class(1) << 252) + mpz_class("27742317777372353535851937790883648493");

inline mpz_class mod(const mpz_class &v, const mpz_class &m = p) {
  mpz_class r;
  mpz_mod(r.get_mpz_t(), v.get_mpz_t(), m.get_mpz_t());
  return r;
}
inline mpz_class power(const mpz_class &v, const mpz_class &e) {
  mpz_class r;
  mpz_powm(r.get_mpz_t(), v.get_mpz_t(), e.get_mpz_t(), p.get_mpz_t());
  return r;
}
inline mpz_class inverse(const mpz_class &v) {
  mpz_class r;
  if (mpz_invert(r.get_mpz_t(), v.get_mpz_t(), p.get_mpz_t()) == 0) throw std::domain_error("no inverse");
  return r;
}
inline const mpz_class d = mod(-121665 * inverse(121666));

inline mpz_class from_little_endian(const uint8_t *b, size_t n) {
  mpz_class r;
  mpz_import(r.get_mpz_t(), n, -1, 1, 0, 0, b);
  return r;
}
inline Bytes to_little_endian(const mpz_class &v, size_t n) {
  Bytes b(n);
  mpz_export(b.data(), nullptr, -1, 1, 0, 0, v.get_mpz_t());
  return b;
}

struct Point {
  mpz_class x = 0, y = 1;
  bool operator==(const Point &o) const { return x == o.x && y == o.y; }
};

inline Point operator+(const Point &a, const Point &b) {
  mpz_class t = mod(d * a.x * b.x * a.y * b.y);
  return {mod((a.x * b.y + b.x * a.y) * inverse(1 + t)), mod((a.y * b.y + a.x * b.x) * inverse(mod(1 - t)))};
}
inline Point operator-(const Point &a) { return {mod(-a.x), a.y}; }
inline Point operator*(const mpz_class &n, const Point &a) {
  Point r;
  for (size_t i = mpz_sizeinbase(n.get_mpz_t(), 2); i-- > 0;) {
    r = r + r;
    if (mpz_tstbit(n.get_mpz_t(), i)) r = r + a;
  }
  return r;
}

/* RFC 8032, section 5.1.3 */
inline std::optional<Point> decode(const uint8_t *b) {
  mpz_class y = from_little_endian(b, 32);
  bool sign = b[31] >> 7;
  if (sign) y -= mpz_class(1) << 255;
  if (y >= p) return {};
  mpz_class xx = mod((y * y - 1) * inverse(mod(d * y * y + 1)));
  mpz_class x = power(xx, (p + 3) / 8);
  if (mod(x * x) != xx) x = mod(x * power(2, (p - 1) / 4));
  if (mod(x * x) != xx || (x == 0 && sign)) return {};
  if (mpz_odd_p(x.get_mpz_t()) != sign) x = p - x;
  return Point{x, y};
}
inline Bytes encode(const Point &a) {
  Bytes b = to_little_endian(a.y, 32);
  if (mpz_odd_p(a.x.get_mpz_t())) b[31] |= 0x80;
  return b;
}
inline const Point base = *decode(to_little_endian(mod(4 * inverse(5)), 32).data());

inline Bytes sha512(const Bytes &m) {
  Bytes h(64);
  crypto_hash_sha512(h.data(), m.data(), m.size());
  return h;
}
inline void append(Bytes &to, const Bytes &more) { to.insert(to.end(), more.begin(), more.end()); }

inline Point encode_to_curve(const Bytes &pk, const Bytes &alpha) {
  for (int counter = 0;; counter++) {
    Bytes m = {3, 1};
    append(m, pk);
    append(m, alpha);
    append(m, {static_cast<uint8_t>(counter), 0});
    auto point = decode(sha512(m).data());
    if (point && !(8 * *point == Point{})) return 8 * *point;
  }
}
/* with_key = false: as in drafts up to 10 */
inline mpz_class challenge(const Bytes &pk, const Point &h, const Point &gamma, const Point &u, const Point &v, bool with_key = true) {
  Bytes m = {3, 2};
  if (with_key) append(m, pk);
  for (const Point &a : {h, gamma, u, v}) append(m, encode(a));
  m.push_back(0);
  return from_little_endian(sha512(m).data(), 16);
}
inline Bytes output(const Point &gamma) {
  Bytes m = {3, 3};
  append(m, encode(8 * gamma));
  m.push_back(0);
  return sha512(m);
}
inline Bytes proof(const Point &gamma, const mpz_class &c, const mpz_class &s) {
  Bytes pi = encode(gamma);
  append(pi, to_little_endian(c, 16));
  append(pi, to_little_endian(s, 32));
  return pi;
}
inline mpz_class secret_scalar(const Bytes &seed) {
  Bytes h = sha512(seed);
  h[0] &= 248;
  h[31] = static_cast<uint8_t>((h[31] & 127) | 64);
  return from_little_endian(h.data(), 32);
}

/* Section 5.3 with key validation; nothing when the proof is refused. */
inline std::optional<Bytes> verify(const Bytes &pk, const Bytes &pi, const Bytes &alpha) {
  auto y = decode(pk.data()), gamma = decode(pi.data());
  mpz_class c = from_little_endian(&pi[32], 16), s = from_little_endian(&pi[48], 32);
  if (!y || 8 * *y == Point{} || !gamma || s >= q) return {};
  Point h = encode_to_curve(pk, alpha);
  Point u = s * base + -(c * *y), v = s * h + -(c * *gamma);
  if (challenge(pk, h, *gamma, u, v) != c) return {};
  return output(*gamma);
}

}  // namespace vrf_reference

#endif
