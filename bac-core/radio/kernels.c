/* SPDX-License-Identifier: GPL-2.0-only */
/* The loops of kernels.inc, compiled for each set of instructions; the processor chooses at run time.
 * All give the same bytes: multiplications and additions are not contracted, and nothing is summed over lanes but flags. */
#if defined(__GNUC__) && !defined(__clang__)
/* Vectorise in every kind of build: these loops are most of the medium's time, and an unoptimised build would take hours for them. */
#pragma GCC optimize("O3", "fp-contract=off", "no-math-errno", "no-trapping-math")
#elif defined(__clang__)
#pragma clang fp contract(off)
#endif

#include "airtime.h"
#include "approx.h"
#include "error_rate.h"
#include "fading.h"
#include "fate.h"
#include "lanes.h"
#include "v2v_pair.h"

/* A loop over a block. The lanes never depend on each other; unrolling first would hide the loop from the vectoriser. */
#if defined(__clang__)
#define IVDEP _Pragma("clang loop vectorize(assume_safety)")
#define LANES(k) IVDEP for (int k = 0; k < BAC_LANES; k++)
#else
#define IVDEP _Pragma("GCC ivdep")
#define LANES(k) IVDEP _Pragma("GCC unroll 1") for (int k = 0; k < BAC_LANES; k++)
#endif

/* To a multiple of 2^-62 W, and at most 2^-12 W: see lanes.h. */
BAC_APPROX double bac_quantum(double w) {
  const double shift = 1.5 * 0x1p-10;
  w = w < 0x1p-12 ? w : 0x1p-12;
  return (w + shift) - shift;
}

/* Adds the stretch from l->from to now, of constant SINR, to what the receiver has of its frame. */
BAC_APPROX void bac_score(struct bac_lanes *l, int k, const struct bac_pass *p) {
  const double sinr = l->signal[k] / (p->noise + (l->power[k] - l->signal[k]));
  const double from = l->from[k], until = p->now > from ? p->now : from;
  l->score[k] += (until - from) * l->rate[k] * bac_table_at(p->errors, l->table[k], BAC_ERROR_LOW, BAC_ERROR_SIZE, sinr);
  l->from[k] = until;
}

/* Brings `busy` up to date and keeps its books. Returns the lane's events with BAC_LANE_CHANGED, and stores them. */
BAC_APPROX int64_t bac_busy(struct bac_lanes *l, int k, const struct bac_pass *p, int64_t event) {
  const int64_t busy = l->on[k] & (l->sending[k] | (l->lock[k] >= 0) | l->energy[k]);
  const int64_t changed = busy ^ l->busy[k], ends = changed & (busy ^ 1), begins = changed & busy;
  const double since = l->busy_since[k], stretch = p->now - since;
  l->busy_sum[k] += ends ? stretch : 0.0;
  l->idle_since[k] = ends ? p->now : l->idle_since[k];
  l->busy_since[k] = begins ? p->now : since;
  l->busy[k] = busy;
  event |= changed & l->waits[k];
  l->event[k] = event;
  return event;
}

#define KERNEL(name) name##_base
#define TARGET
#include "kernels.inc"
#undef KERNEL
#undef TARGET

#define KERNEL(name) name##_none
#if defined(__GNUC__) && !defined(__clang__)
#define TARGET __attribute__((optimize("no-tree-vectorize")))
#else
#define TARGET
#endif
#include "kernels.inc"
#undef KERNEL
#undef TARGET

#if defined(__x86_64__) && defined(__GNUC__)
#define KERNEL(name) name##_avx2
#define TARGET __attribute__((target("avx2")))
#include "kernels.inc"
#undef KERNEL
#undef TARGET

#define KERNEL(name) name##_avx512
#if defined(__clang__)
#define TARGET __attribute__((target("avx512f,avx512dq,avx512vl")))
#else
#define TARGET __attribute__((target("avx512f,avx512dq,avx512vl,prefer-vector-width=512")))
#endif
#include "kernels.inc"
#undef KERNEL
#undef TARGET
#endif

#define TABLE(kind) {#kind, start_##kind, judge_##kind, sense_##kind, header_##kind, finish_##kind, row_##kind, pair_##kind, fade_##kind}

const struct bac_kernels *bac_kernels_of(enum bac_vector kind) {
  static const struct bac_kernels none = TABLE(none), base = TABLE(base);
#if defined(__x86_64__) && defined(__GNUC__)
  static const struct bac_kernels avx2 = TABLE(avx2), avx512 = TABLE(avx512);
  const int wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  const int middle = __builtin_cpu_supports("avx2");
  if (kind == BAC_VECTOR_AVX512) return wide ? &avx512 : NULL;
  if (kind == BAC_VECTOR_AVX2) return middle ? &avx2 : NULL;
  if (kind == BAC_VECTOR_BEST) return wide ? &avx512 : middle ? &avx2 : &base;
#endif
  return kind == BAC_VECTOR_NONE ? &none : kind == BAC_VECTOR_BASE || kind == BAC_VECTOR_BEST ? &base : NULL;
}
