/* SPDX-License-Identifier: GPL-2.0-only */
/* Which EV belongs to which shard, as the controller (the macro base station; the paper's SDN controller) announces it and members check it
 * (protocols.md, "Epochs").
 *
 * The rule is of one kind for every policy: sites, each of one shard, and the EV belongs to the shard of the nearest one. Sites are the
 * cells' centres (quadrant: the nearest centre's cell is the one that it is in), roadside units (rsu), or the means of clusters, where
 * velocities count as well (kmeans): the distance squared is dx^2 + dy^2 + weight^2 (dvx^2 + dvy^2). An EV is sent to another shard when
 * that holds now and after `horizon`, if it drives on as it does: who drives along a border, or is about to turn back, stays.
 *
 * An announcement is of one shard's members in one epoch, and carries all that the rule takes: who gets it computes it again. Integers
 * throughout. Encoded:
 *
 *   u32 from || u64 epoch || i64 at || u32 horizon_ms || u32 weight_ms || u16 sites || u16 rows || controller's certificate
 *   each site: u32 shard || motion          motion: i32 x_cm, y_cm, vx_cm_s, vy_cm_s
 *   each row, by ev: u32 ev || motion || u32 to || where to differs from `from`: signature under the order (ledger/record.h)
 *   signature over all of it */
#ifndef BAC_SHARD_ASSIGNMENT_H
#define BAC_SHARD_ASSIGNMENT_H

#include "ledger/record.h"

#define BAC_SITES_MAX 5000
#define BAC_ASSIGN_CM_MAX 1000000000 /* either side of 0 */
#define BAC_ASSIGN_CM_S_MAX 100000
#define BAC_ASSIGN_MS_MAX 600000

struct bac_assign_rule {
  uint32_t horizon_ms; /* <= BAC_ASSIGN_MS_MAX */
  uint32_t weight_ms;  /* of velocities, <= BAC_ASSIGN_MS_MAX; 0: position alone */
  uint32_t site_count; /* 1..BAC_SITES_MAX */
  const struct bac_site *sites;
};

/* The shard of an EV that is in shard `from`; of two sites at one distance that of the earlier. Motions within the bounds above. */
uint32_t bac_assign(const struct bac_assign_rule *rule, const struct bac_motion *motion, uint32_t from);
bool bac_motion_check(const struct bac_motion *motion);

struct bac_assigned {
  uint32_t ev;
  struct bac_motion motion; /* as the controller knows it */
  uint32_t to;
  uint8_t signature[BAC_SIGNATURE_BYTES]; /* zero where it stays */
};

struct bac_assignment {
  uint32_t from;
  uint64_t epoch; /* of that shard */
  bac_time at;    /* announced then */
  struct bac_assign_rule rule;
  struct bac_certificate controller;
  uint32_t count;
  struct bac_assigned *rows; /* ascending by ev, 1..BAC_ROSTER_MAX */
  uint8_t digest[BAC_HASH_BYTES], signature[BAC_SIGNATURE_BYTES]; /* when read */
};

/* Fills in each row's `to` and signatures, and encodes it. The caller owns the bytes. */
struct bac_buf *bac_assignment_make(struct bac_assignment *a, const struct bac_keypair *controller, struct bac_cost *cost);
/* Strict; rows and sites are allocated. False: torn, and nothing to clear. */
bool bac_assignment_read(struct bac_assignment *a, const uint8_t *bytes, size_t length, struct bac_cost *cost);
void bac_assignment_clear(struct bac_assignment *a); /* of one that was read */
/* BAC_REJECT_COUNT: a controller's that the authority vouches for, and each row follows from the rule. Else CERTIFICATE or SIGNATURE. */
enum bac_reject bac_assignment_check(const struct bac_assignment *a, const uint8_t ca_key[BAC_PUBLIC_KEY_BYTES], struct bac_shared *shared,
                                     struct bac_cost *cost);
/* NULL: it says nothing of this EV. */
const struct bac_assigned *bac_assignment_of(const struct bac_assignment *a, uint32_t ev);
/* The order in a row with to != from. */
struct bac_order bac_assignment_order(const struct bac_assignment *a, const struct bac_assigned *row);

#endif
