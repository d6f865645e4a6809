/* SPDX-License-Identifier: GPL-2.0-only */
/* Sending symbols: a job is what one object still owes to one next hop. */
#include <stdlib.h>

#include "link/internal.h"

struct link_job *link_job_find(struct bac_link *l, const struct link_object *o, uint8_t port, uint16_t peer) {
  for (uint32_t i = 0; i < l->jobs_count; i++) {
    struct link_job *job = &l->jobs[i];
    if (job->object == o && job->port == port && job->peer == peer) return job;
  }
  return NULL;
}

struct link_job *link_job_get(struct bac_link *l, struct link_object *o, uint8_t port, uint16_t peer) {
  struct link_job *job = link_job_find(l, o, port, peer);
  if (job) return job;
  if (l->jobs_count == LINK_JOBS_MAX) {
    l->counters.drops[BAC_LINK_DROP_QUEUE]++;
    return NULL;
  }
  if (l->jobs_count == l->jobs_capacity) {
    l->jobs_capacity = l->jobs_capacity > 0 ? 2 * l->jobs_capacity : 4;
    l->jobs = bac_realloc(l->jobs, l->jobs_capacity, sizeof *l->jobs);
  }
  job = &l->jobs[l->jobs_count++];
  *job = (struct link_job){.object = o, .port = port, .peer = peer, .due = BAC_NEVER, .pass = o->layout.symbols};
  job->destination = peer == BAC_BROADCAST ? o->audience : peer;
  job->answers = peer != BAC_BROADCAST;
  return job;
}

void link_job_remove(struct bac_link *l, struct link_job *job) {
  uint32_t at = (uint32_t)(job - l->jobs);
  memmove(job, job + 1, (l->jobs_count - at - 1) * sizeof *job); /* their order is the order of service */
  l->jobs_count--;
}

void link_jobs_forget(struct bac_link *l, const struct link_object *o) {
  for (uint32_t i = l->jobs_count; i-- > 0;) {
    if (l->jobs[i].object == o) link_job_remove(l, &l->jobs[i]);
  }
}

bool link_jobs_passing(const struct bac_link *l, const struct link_object *o) {
  for (uint32_t i = 0; i < l->jobs_count; i++) {
    if (l->jobs[i].object == o && l->jobs[i].pass < o->layout.symbols) return true;
  }
  return false;
}

/* By class; repair before first passes, since receivers wait for it; then first come, first served. */
struct link_job *link_job_best(struct bac_link *l, bac_time now, enum bac_link_port port, unsigned classes) {
  struct link_job *best = NULL;
  bool best_repairs = false;
  for (uint32_t i = 0; i < l->jobs_count; i++) {
    struct link_job *job = &l->jobs[i];
    if (job->port != port || !(classes >> job->object->traffic & 1) || job->due > now) continue;
    if (port == BAC_LINK_AIR && job->peer == BAC_BROADCAST) {
      job->due = link_turn(l, now, job->object);
      if (job->due > now) continue;
    }
    bool repairs = job->pass == job->object->layout.symbols;
    uint8_t traffic = job->object->traffic;
    if (best && (traffic > best->object->traffic || (traffic == best->object->traffic && repairs <= best_repairs)))
      continue;
    best = job;
    best_repairs = repairs;
  }
  return best;
}

bac_time link_jobs_wakeup(const struct bac_link *l, enum bac_link_port port, unsigned classes) {
  bac_time at = BAC_NEVER;
  for (uint32_t i = 0; i < l->jobs_count; i++) {
    if (l->jobs[i].port == port && classes >> l->jobs[i].object->traffic & 1 && l->jobs[i].due < at) at = l->jobs[i].due;
  }
  return at;
}

static bool heard(const struct link_generation *gen, uint32_t i) { return gen->heard[i / 8] >> (i % 8) & 1; }
static void mark(struct link_generation *gen, uint32_t i) {
  gen->heard[i / 8] = (uint8_t)(gen->heard[i / 8] | 1u << (i % 8));
}

/* Where to start: the originator with the first parity symbol, RSUs in turns a third further on each, other holders at random places, so that two
 * of them who do not hear each other seldom send the same. */
static void prepare(struct bac_link *l, const struct link_object *o, struct link_generation *gen) {
  uint32_t parity = gen->code - gen->k, data_heard = 0;
  gen->prepared = true;
  gen->position = gen->k;
  if (!o->own) gen->position += l->turns ? parity * (1 + l->config.self % 2) / 3 : (uint32_t)bac_random_below(&l->random, parity);
  for (uint32_t i = 0; i < gen->k; i++) data_heard += heard(gen, i) ? 1u : 0u;
  /* Who heard half of a first pass knows that the rest of it was sent, too. */
  for (uint32_t i = 0; i < gen->k && 2 * data_heard >= gen->k; i++) mark(gen, i);
}

static uint32_t fresh_index(struct bac_link *l, const struct link_object *o, struct link_generation *gen) {
  if (!gen->prepared) prepare(l, o, gen);
  for (uint32_t step = 0; step < gen->code; step++) {
    uint32_t i = (gen->position + step) % gen->code;
    if (heard(gen, i)) continue;
    gen->position = (i + 1) % gen->code;
    return i;
  }
  memset(gen->heard, 0, (gen->code + 7) / 8); /* all are used up: once more from the first */
  gen->position = 1;
  return 0;
}

/* On the wire nothing is lost, and nobody else is heard: all symbols in turn, from a random one on, so that whoever asks two holders has what
 * it lacks at the latest when one of them has sent them all. */
static uint32_t wire_index(struct bac_link *l, struct link_generation *gen) {
  if (!gen->wired) gen->wire_position = (uint32_t)bac_random_below(&l->random, gen->code);
  gen->wired = true;
  gen->wire_position = (gen->wire_position + 1) % gen->code;
  return gen->wire_position;
}

/* Chooses the symbol to send next and takes it off the job. */
static void next_symbol(struct bac_link *l, struct link_job *job, uint32_t *g, uint32_t *index) {
  struct link_object *o = job->object;
  uint32_t generations = o->layout.generations;
  if (job->pass < o->layout.symbols) {
    *g = job->pass % generations; /* interleaved: a burst of losses is spread over the generations */
    *index = job->pass / generations;
    job->pass++;
    return;
  }
  if (job->peer == BAC_BROADCAST && link_pass_next(l, o, (enum bac_link_port)job->port, g, index)) {
    if (o->complete && job->port == BAC_LINK_AIR) *index = fresh_index(l, o, &o->generation[*g]); /* the data may have been heard from the next cell */
    return;
  }
  l->counters.repair_symbols_sent++;
  while (job->outstanding[job->turn % generations] == 0) job->turn++;
  *g = job->turn++ % generations;
  job->turn %= generations;
  job->outstanding[*g]--;
  job->outstanding_total--;
  *index = job->port == BAC_LINK_WIRE ? wire_index(l, &o->generation[*g]) : fresh_index(l, o, &o->generation[*g]);
  if (job->port == BAC_LINK_AIR && o->budget > 0) o->budget--;
}

static void symbol_payload(struct bac_link *l, const struct link_object *o, uint32_t g, uint32_t index,
                           struct bac_writer *w) {
  const struct link_generation *gen = &o->generation[g];
  uint32_t k = gen->k, bytes = o->layout.symbol_bytes;
  if (index < k || (!o->complete && !gen->decoded)) {
    bac_write_bytes(w, index < k ? link_object_data(o, g, index) : gen->symbols[index], bytes);
    return;
  }
  BAC_ASSERT(w->ok && w->capacity - w->length >= bytes);
  uint8_t *data[BAC_LINK_GENERATION_SYMBOLS];
  for (uint32_t i = 0; i < k; i++) data[i] = link_object_data(o, g, i);
  bac_link_erasure_encode(k, index, bytes, data, w->data + w->length);
  w->length += bytes;
  l->counters.coded_bytes += (uint64_t)k * bytes;
}

bool link_symbol_frame(struct bac_link *l, struct link_job *job, struct bac_link_frame *out) {
  struct link_object *o = job->object;
  uint32_t g, index;
  next_symbol(l, job, &g, &index);
  if (job->port == BAC_LINK_AIR) mark(&o->generation[g], index);
  if (job->port == BAC_LINK_AIR && job->peer == BAC_BROADCAST) o->generation[g].sent++;
  const bool all = job->peer == BAC_BROADCAST;
  const uint32_t left = o->layout.symbols - job->pass + job->outstanding_total + (all ? o->pending[job->port] : 0);
  uint32_t remaining = left;
  for (uint32_t i = 0; i < o->layout.generations; i++) remaining += link_object_lacks(o, i); /* they are passed on, too, as they come */
  struct bac_writer w = link_frame_start(l, BAC_LINK_SYMBOL, job->peer);
  bac_write_bytes(&w, o->id, LINK_OBJECT_ID_BYTES);
  bac_write_u32(&w, o->layout.length);
  bac_write_u16(&w, o->origin);
  bac_write_u16(&w, job->destination);
  bac_write_u8(&w, (uint8_t)(o->traffic | (job->answers ? LINK_ANSWER_FLAG : 0)));
  bac_write_u8(&w, o->burst);
  bac_write_u16(&w, (uint16_t)(remaining < 0xffff ? remaining : 0xffff));
  bac_write_u16(&w, (uint16_t)(index | g << LINK_PLACE_INDEX_BITS));
  BAC_ASSERT(w.length == LINK_SYMBOL_HEADER_BYTES);
  symbol_payload(l, o, g, index, &w);
  l->counters.symbols_sent++;
  out->destination = job->peer;
  if (all && job->port == BAC_LINK_WIRE) out->except = o->pending_from;
  out->traffic = (enum bac_link_class)o->traffic;
  if (left == 0) link_job_remove(l, job);
  return link_frame_finish(l, &w, BAC_LINK_SYMBOL, out);
}
