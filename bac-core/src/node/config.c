/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>
#include <stdio.h>

#include "consensus/env.h"

#ifndef BAC_VERSION
#define BAC_VERSION "0.1.0"
#endif

const char *bac_version(void) { return BAC_VERSION; }

struct bac_config bac_config_default(void) {
  return (struct bac_config){
      .protocol = "bac",
      .mode = BAC_MODE_SAFE,
      .delivery = BAC_DELIVERY_BROADCAST,
      .vote_rule = BAC_VOTE_FULL,
      .election = BAC_ELECTION_SORTITION,
      .seed = 1,
      .block_bytes_max = 100000,
      .block_interval = BAC_SECOND,
      .candidates_permille = 100,
      .full_permille = 0,
      .checkpoint_interval = 100,
      .pool_txs_max = 20000,
      .bodies_kept = 16,
      .crowd_members = 40,
      .delta = 250 * BAC_MS,
      .gossip_period = BAC_SECOND,
      .request_timeout = 4 * BAC_SECOND,
      .stall_timeout = 10 * BAC_SECOND,
      .bit_rate_bps = 6000000,
      .frame_overhead_ns = 196 * BAC_US, /* 40 us preamble and header, 58 us DIFS, 97.5 us mean backoff */
      .frame_bytes_max = BAC_FRAME_BYTES_MAX,
      .relay = true,
      .backhaul = false,
  };
}

struct range {
  const char *field, *unit;
  int64_t value, low, high;
};

int bac_config_check(const struct bac_config *c, char *why, size_t why_size) {
  const struct bac_protocol *protocol = c->protocol ? bac_protocol_find(c->protocol) : NULL;
  if (!protocol) {
    snprintf(why, why_size, "protocol \"%s\" is not registered: ask for \"help\" to list those that are", c->protocol ? c->protocol : "");
    return BAC_EINVAL;
  }
  if ((unsigned)c->mode > BAC_MODE_ALG1 || !(protocol->info.modes >> c->mode & 1)) {
    snprintf(why, why_size, "protocol \"%s\" has no such mode (%d): use mode safe", c->protocol, (int)c->mode);
    return BAC_EINVAL;
  }
  const struct range ranges[] = {
      {"delivery", "(0 broadcast, 1 unicast)", c->delivery, BAC_DELIVERY_BROADCAST, BAC_DELIVERY_UNICAST},
      {"vote_rule", "(0 full, 1 light)", c->vote_rule, BAC_VOTE_FULL, BAC_VOTE_LIGHT},
      {"election", "(0 sortition, 1 round-robin)", c->election, BAC_ELECTION_SORTITION, BAC_ELECTION_ROUND_ROBIN},
      {"block_bytes_max", "bytes", c->block_bytes_max, 1000, BAC_BLOCK_BYTES_MAX},
      {"block_interval", "ns", c->block_interval, BAC_MS, 3600 * BAC_SECOND},
      {"candidates_permille", "permille", c->candidates_permille, 0, 1000},
      {"full_permille", "permille", c->full_permille, 0, 1000},
      {"checkpoint_interval", "blocks", c->checkpoint_interval, 1, 100000},
      {"pool_txs_max", "transactions", c->pool_txs_max, 1, 1000000},
      {"bodies_kept", "blocks", c->bodies_kept, 2, 1000000},
      {"crowd_members", "members", c->crowd_members, 1, BAC_ROSTER_MAX},
      {"delta", "ns", c->delta, BAC_MS, 60 * BAC_SECOND},
      {"gossip_period", "ns", c->gossip_period, BAC_MS, 60 * BAC_SECOND},
      {"request_timeout", "ns", c->request_timeout, 10 * BAC_MS, 3600 * BAC_SECOND},
      {"stall_timeout", "ns", c->stall_timeout, 10 * BAC_MS, 3600 * BAC_SECOND},
      {"bit_rate_bps", "bit/s", (int64_t)c->bit_rate_bps, 1000000, 1000000000000},
      {"frame_overhead_ns", "ns", c->frame_overhead_ns, 0, BAC_SECOND},
      {"frame_bytes_max", "bytes", c->frame_bytes_max, 400, BAC_FRAME_BYTES_MAX},
  };
  for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
    if (ranges[i].value >= ranges[i].low && ranges[i].value <= ranges[i].high) continue;
    snprintf(why, why_size, "%s = %" PRId64 " %s is out of range: use %" PRId64 " to %" PRId64, ranges[i].field, ranges[i].value,
             ranges[i].unit, ranges[i].low, ranges[i].high);
    return BAC_EINVAL;
  }
  return BAC_OK;
}

const char *bac_election_name(const struct bac_config *config) {
  const struct bac_protocol *protocol = config->protocol ? bac_protocol_find(config->protocol) : NULL;
  if (!protocol) return "";
  if (!protocol->elects_primary) return protocol->election;
  return config->election == BAC_ELECTION_SORTITION ? "sortition" : "round-robin";
}

const char *bac_reject_name(enum bac_reject reason) {
  static const char *const names[BAC_REJECT_COUNT] = {
      [BAC_REJECT_FRAME_MALFORMED] = "frame_malformed", [BAC_REJECT_FRAME_FOREIGN] = "frame_foreign",
      [BAC_REJECT_OBJECT_POLLUTED] = "object_polluted", [BAC_REJECT_MALFORMED] = "malformed",
      [BAC_REJECT_OVERSIZED] = "oversized",             [BAC_REJECT_UNKNOWN_SENDER] = "unknown_sender",
      [BAC_REJECT_SIGNATURE] = "signature",             [BAC_REJECT_WRONG_EPOCH] = "wrong_epoch",
      [BAC_REJECT_WRONG_ROLE] = "wrong_role",           [BAC_REJECT_STALE] = "stale",
      [BAC_REJECT_WINDOW] = "window",                   [BAC_REJECT_DUPLICATE] = "duplicate",
      [BAC_REJECT_EQUIVOCATION] = "equivocation",       [BAC_REJECT_CERTIFICATE] = "certificate",
      [BAC_REJECT_BLOCK] = "block",                     [BAC_REJECT_TRANSACTION] = "transaction",
      [BAC_REJECT_POOL_FULL] = "pool_full",
  };
  return (unsigned)reason < BAC_REJECT_COUNT ? names[reason] : "?";
}
