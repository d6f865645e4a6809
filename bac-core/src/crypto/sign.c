/* SPDX-License-Identifier: GPL-2.0-only */
#include "crypto/sign.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/hash.h"

/* Direct-mapped: a newer verdict displaces an older one of the same slot, so the store is bounded and needs no upkeep. */
struct bac_shared {
  size_t mask;
  struct verdict {
    uint8_t key[BAC_HASH_BYTES]; /* H(signature || digest || key), or H(proof || key || alpha) */
    uint8_t known, holds;        /* 1; whether it does */
  } * slots;
  struct object {
    uint8_t key[BAC_HASH_BYTES];
    void *object;
  } * objects;
  size_t object_count, object_capacity;
};

struct bac_shared *bac_shared_new(size_t entries) {
  size_t count = 1;
  while (count < entries && count < (size_t)1 << 26) count *= 2;
  struct bac_shared *shared = bac_alloc(1, sizeof *shared);
  shared->mask = count - 1;
  shared->slots = bac_alloc(count, sizeof *shared->slots);
  return shared;
}

void bac_shared_free(struct bac_shared *shared) {
  if (!shared) return;
  BAC_ASSERT(shared->object_count == 0);
  free(shared->objects);
  free(shared->slots);
  free(shared);
}

void *bac_shared_object(const struct bac_shared *shared, const uint8_t key[BAC_HASH_BYTES]) {
  for (size_t i = 0; shared && i < shared->object_count; i++)
    if (memcmp(shared->objects[i].key, key, BAC_HASH_BYTES) == 0) return shared->objects[i].object;
  return NULL;
}

void bac_shared_put(struct bac_shared *shared, const uint8_t key[BAC_HASH_BYTES], void *object) {
  if (shared->object_count == shared->object_capacity) {
    shared->object_capacity = shared->object_capacity ? 2 * shared->object_capacity : 8;
    shared->objects = bac_realloc(shared->objects, shared->object_capacity, sizeof *shared->objects);
  }
  struct object *o = &shared->objects[shared->object_count++];
  memcpy(o->key, key, BAC_HASH_BYTES);
  o->object = object;
}

void bac_shared_drop(struct bac_shared *shared, const void *object) {
  for (size_t i = 0; i < shared->object_count; i++)
    if (shared->objects[i].object == object) shared->objects[i--] = shared->objects[--shared->object_count];
}

void bac_keypair_derive(struct bac_keypair *pair, uint64_t seed, uint32_t id) {
  static const char context[crypto_kdf_CONTEXTBYTES] = {'b', 'a', 'c', '-', 's', 'i', 'g', 'n'};
  static const char vrf_context[crypto_kdf_CONTEXTBYTES] = {'b', 'a', 'c', '-', 'v', 'r', 'f', '-'};
  uint8_t master[crypto_kdf_KEYBYTES], key_seed[crypto_sign_SEEDBYTES], seed_bytes[8];
  bac_put_u64(seed_bytes, seed);
  bac_hash(master, BAC_DOMAIN_SEED, seed_bytes, sizeof seed_bytes);
  BAC_ASSERT(crypto_kdf_derive_from_key(key_seed, sizeof key_seed, id, context, master) == 0);
  crypto_sign_seed_keypair(pair->public_key, pair->secret_key, key_seed);
  BAC_ASSERT(crypto_kdf_derive_from_key(key_seed, sizeof key_seed, id, vrf_context, master) == 0);
  bac_vrf_keypair(pair->vrf_public, pair->vrf_secret, key_seed);
}

void bac_sign(uint8_t signature[BAC_SIGNATURE_BYTES], const uint8_t digest[BAC_HASH_BYTES], const struct bac_keypair *pair,
              struct bac_cost *cost) {
  crypto_sign_detached(signature, NULL, digest, BAC_HASH_BYTES, pair->secret_key);
  cost->signs++;
}

bool bac_verify(struct bac_shared *shared, const uint8_t signature[BAC_SIGNATURE_BYTES], const uint8_t digest[BAC_HASH_BYTES],
                const uint8_t public_key[BAC_PUBLIC_KEY_BYTES], struct bac_cost *cost) {
  cost->verifies++;
  if (!shared) return crypto_sign_verify_detached(signature, digest, BAC_HASH_BYTES, public_key) == 0;
  uint8_t message[BAC_HASH_BYTES + BAC_PUBLIC_KEY_BYTES], key[BAC_HASH_BYTES];
  memcpy(message, digest, BAC_HASH_BYTES);
  memcpy(message + BAC_HASH_BYTES, public_key, BAC_PUBLIC_KEY_BYTES);
  bac_hash2(key, BAC_DOMAIN_VERDICT, signature, BAC_SIGNATURE_BYTES, message, sizeof message);
  struct verdict *slot = &shared->slots[bac_get_u64(key) & shared->mask];
  if (!slot->known || memcmp(slot->key, key, sizeof key) != 0) {
    memcpy(slot->key, key, sizeof key);
    slot->holds = crypto_sign_verify_detached(signature, digest, BAC_HASH_BYTES, public_key) == 0;
    slot->known = 1;
  }
  return slot->holds;
}

int bac_vrf_verify_shared(struct bac_shared *shared, uint8_t beta[BAC_VRF_OUTPUT_BYTES], const uint8_t pk[BAC_VRF_PUBLIC_KEY_BYTES],
                          const uint8_t pi[BAC_VRF_PROOF_BYTES], const uint8_t *alpha, size_t alpha_length) {
  if (!shared) return bac_vrf_verify(beta, pk, pi, alpha, alpha_length);
  uint8_t head[BAC_VRF_PROOF_BYTES + BAC_VRF_PUBLIC_KEY_BYTES], key[BAC_HASH_BYTES];
  memcpy(head, pi, BAC_VRF_PROOF_BYTES);
  memcpy(head + BAC_VRF_PROOF_BYTES, pk, BAC_VRF_PUBLIC_KEY_BYTES);
  bac_hash2(key, BAC_DOMAIN_VRF_VERDICT, head, sizeof head, alpha, alpha_length);
  struct verdict *slot = &shared->slots[bac_get_u64(key) & shared->mask];
  if (slot->known && slot->holds && memcmp(slot->key, key, sizeof key) == 0) return bac_vrf_proof_to_hash(beta, pi);
  const int code = bac_vrf_verify(beta, pk, pi, alpha, alpha_length);
  if (code != 0) return code; /* rare: which of the errors it was is not kept */
  memcpy(slot->key, key, sizeof key);
  slot->known = slot->holds = 1;
  return code;
}

int bac_members_derive(uint64_t seed, const uint32_t *ids, uint32_t count, struct bac_member *members) {
  if (!ids || !members || count == 0 || count > BAC_ROSTER_MAX) return BAC_EINVAL;
  for (uint32_t i = 0; i < count; i++) {
    if (ids[i] > BAC_NODE_ID_MAX || (i > 0 && ids[i] <= ids[i - 1])) return BAC_EINVAL;
    struct bac_keypair pair;
    bac_keypair_derive(&pair, seed, ids[i]);
    members[i] = (struct bac_member){.id = ids[i], .balance_milli = BAC_GENESIS_BALANCE, .serial = (uint64_t)ids[i] + 1, .units = BAC_GENESIS_UNITS};
    memcpy(members[i].vrf_key, pair.vrf_public, sizeof members[i].vrf_key);
    memcpy(members[i].sign_key, pair.public_key, BAC_PUBLIC_KEY_BYTES);
    sodium_memzero(&pair, sizeof pair);
  }
  return BAC_OK;
}
