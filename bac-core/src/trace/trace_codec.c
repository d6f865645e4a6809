/* SPDX-License-Identifier: GPL-2.0-only */
/* Traces to bytes and back. The parser trusts no count, offset or value; a trace that passes encodes to the same bytes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bac/types.h"
#include "base/bytes.h"
#include "trace/crc32.h"
#include "trace/trace.h"

static const char magic[8] = {'B', 'A', 'C', 'T', 'R', 'A', 'C', 'E'};

enum { HEADER_BYTES = 108, VEHICLE_BYTES = 24, SAMPLE_BYTES = 20, CORNER_BYTES = 8, TRAILER_BYTES = 4 };

/* What a parsed trace owns. The public part comes first. */
struct parsed {
  struct bac_trace trace;
  const char **strings;
  char *text;
  struct bac_trace_vehicle *vehicles;
  struct bac_trace_sample *samples;
  uint32_t *building_corners;
  int32_t (*corners_cm)[2];
};

static bool text_ok(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) return false;
  }
  return length <= BAC_TRACE_STRING_MAX;
}

/* NULL, or the rule that a sample breaks. */
static const char *sample_fault(const struct bac_trace *trace, const struct bac_trace_vehicle *v,
                                const struct bac_trace_sample *s) {
  if (s->x_cm == BAC_TRACE_ABSENT) {
    bool blank = s->y_cm == 0 && s->speed_cm_s == 0 && s->heading_cdeg == 0 && s->lane == 0 && s->charge_dwh == 0;
    return blank ? NULL : "an absent sample is not blank";
  }
  if (s->heading_cdeg >= 36000) return "a heading is 360 degrees or more";
  if (s->lane >= trace->string_count) return "a lane is no string of the trace";
  if (s->charge_dwh > 10 * (uint64_t)v->capacity_wh) return "a charge exceeds its battery's capacity";
  return NULL;
}

static const char *vehicle_fault(const struct bac_trace *trace, uint32_t index, uint64_t instants,
                                 uint64_t *next_sample) {
  const struct bac_trace_vehicle *v = &trace->vehicles[index];
  if (v->id >= trace->string_count || v->type >= trace->string_count || v->model >= trace->string_count) {
    return "a vehicle's id, type or model is no string of the trace";
  }
  if (v->capacity_wh == 0) return "a vehicle has no battery";
  if (v->sample_count == 0) return "a vehicle has no sample";
  if ((uint64_t)v->first_instant + v->sample_count > instants) return "a vehicle has samples after the end";
  if (v->first_sample != *next_sample || v->sample_count > trace->sample_count - *next_sample) {
    return "the vehicles' samples do not add up";
  }
  const struct bac_trace_sample *samples = trace->samples + v->first_sample;
  if (samples[0].x_cm == BAC_TRACE_ABSENT || samples[v->sample_count - 1].x_cm == BAC_TRACE_ABSENT) {
    return "a vehicle's first or last sample is absent";
  }
  for (uint32_t i = 0; i < v->sample_count; i++) {
    const char *fault = sample_fault(trace, v, &samples[i]);
    if (fault) return fault;
  }
  *next_sample += v->sample_count;
  return NULL;
}

static const char *header_fault(const struct bac_trace *trace) {
  if (trace->begin_ns < 0 || trace->duration_ns < 0 || trace->duration_ns > INT64_MAX - trace->begin_ns) {
    return "begin or duration is negative or too long";
  }
  if (trace->step_ns <= 0 || trace->duration_ns % trace->step_ns != 0) return "duration is no multiple of the step";
  if (trace->duration_ns / trace->step_ns >= BAC_TRACE_INSTANTS_MAX) return "too many instants";
  if (trace->west_cm > trace->east_cm || trace->south_cm > trace->north_cm) return "the area is inside out";
  if (trace->ev_share_permille > 1000) return "the share of EVs exceeds 1";
  if (trace->scenario >= trace->string_count || trace->producer >= trace->string_count) {
    return "scenario or producer is no string of the trace";
  }
  if (trace->vehicle_count == 0) return "there is no vehicle in it";
  return NULL;
}

static const char *buildings_fault(const struct bac_trace *trace) {
  uint64_t corners = 0;
  for (uint32_t i = 0; i < trace->building_count; i++) {
    if (trace->building_corners[i] < BAC_TRACE_CORNERS_MIN) return "a building has fewer than three corners";
    corners += trace->building_corners[i];
  }
  if (corners > BAC_TRACE_CORNERS_MAX) return "the buildings have more than 16777216 corners";
  return corners == trace->corner_count ? NULL : "the buildings' corners do not add up";
}

static const char *trace_fault(const struct bac_trace *trace) {
  const char *fault = header_fault(trace);
  for (uint32_t i = 0; !fault && i < trace->string_count; i++) {
    if (!text_ok(trace->strings[i], strlen(trace->strings[i])))
      fault = "a string is too long or has control characters";
  }
  uint64_t next_sample = 0;
  for (uint32_t i = 0; !fault && i < trace->vehicle_count; i++) {
    uint64_t instants = (uint64_t)(trace->duration_ns / trace->step_ns) + 1;
    fault = vehicle_fault(trace, i, instants, &next_sample);
  }
  if (!fault && next_sample != trace->sample_count) fault = "the vehicles' samples do not add up";
  if (!fault) fault = buildings_fault(trace);
  return fault;
}

int bac_trace_check(const struct bac_trace *trace, char *why, size_t why_size) {
  const char *fault = trace_fault(trace);
  if (!fault) return BAC_OK;
  if (why) snprintf(why, why_size, "the trace is not valid: %s", fault);
  return BAC_EINVAL;
}

static void write_header(struct bac_writer *w, const struct bac_trace *t, size_t length) {
  bac_write_bytes(w, magic, sizeof magic);
  bac_write_u32(w, t->building_count > 0 ? BAC_TRACE_FORMAT_BUILDINGS : BAC_TRACE_FORMAT);
  bac_write_u32(w, t->building_count);
  bac_write_u64(w, length);
  bac_write_u64(w, t->seed);
  bac_write_u64(w, (uint64_t)t->begin_ns);
  bac_write_u64(w, (uint64_t)t->duration_ns);
  bac_write_u64(w, (uint64_t)t->step_ns);
  bac_write_u64(w, t->inputs_digest);
  bac_write_u32(w, (uint32_t)t->west_cm);
  bac_write_u32(w, (uint32_t)t->south_cm);
  bac_write_u32(w, (uint32_t)t->east_cm);
  bac_write_u32(w, (uint32_t)t->north_cm);
  bac_write_u32(w, t->ev_share_permille);
  bac_write_u32(w, t->scenario);
  bac_write_u32(w, t->producer);
  bac_write_u32(w, t->string_count);
  bac_write_u32(w, t->vehicle_count);
  bac_write_u64(w, t->sample_count);
}

static void write_buildings(struct bac_writer *w, const struct bac_trace *t) {
  uint64_t corner = 0;
  for (uint32_t i = 0; i < t->building_count; i++) {
    bac_write_u32(w, t->building_corners[i]);
    for (uint32_t c = 0; c < t->building_corners[i]; c++, corner++) {
      bac_write_u32(w, (uint32_t)t->corners_cm[corner][0]);
      bac_write_u32(w, (uint32_t)t->corners_cm[corner][1]);
    }
  }
}

int bac_trace_encode(const struct bac_trace *trace, uint8_t **bytes, size_t *length, char *why, size_t why_size) {
  int status = bac_trace_check(trace, why, why_size);
  if (status != BAC_OK) return status;
  size_t size = HEADER_BYTES + (size_t)trace->vehicle_count * VEHICLE_BYTES +
                (size_t)trace->sample_count * SAMPLE_BYTES + (size_t)trace->building_count * 4 + (size_t)trace->corner_count * CORNER_BYTES +
                TRAILER_BYTES;
  for (uint32_t i = 0; i < trace->string_count; i++) size += 2 + strlen(trace->strings[i]);

  uint8_t *data = bac_alloc(size, 1);
  struct bac_writer w = bac_writer_over(data, size);
  write_header(&w, trace, size);
  for (uint32_t i = 0; i < trace->string_count; i++) {
    size_t text_length = strlen(trace->strings[i]);
    bac_write_u16(&w, (uint16_t)text_length);
    bac_write_bytes(&w, trace->strings[i], text_length);
  }
  for (uint32_t i = 0; i < trace->vehicle_count; i++) {
    const struct bac_trace_vehicle *v = &trace->vehicles[i];
    const uint32_t fields[6] = {v->id, v->type, v->model, v->capacity_wh, v->first_instant, v->sample_count};
    for (int f = 0; f < 6; f++) bac_write_u32(&w, fields[f]);
  }
  for (uint64_t i = 0; i < trace->sample_count; i++) {
    const struct bac_trace_sample *s = &trace->samples[i];
    bac_write_u32(&w, (uint32_t)s->x_cm);
    bac_write_u32(&w, (uint32_t)s->y_cm);
    bac_write_u16(&w, s->speed_cm_s);
    bac_write_u16(&w, s->heading_cdeg);
    bac_write_u32(&w, s->lane);
    bac_write_u32(&w, s->charge_dwh);
  }
  write_buildings(&w, trace);
  bac_write_u32(&w, bac_crc32(data, w.length));
  BAC_ASSERT(w.ok && w.length == size);
  *bytes = data;
  *length = size;
  return BAC_OK;
}

/* NULL, or why the bytes cannot be a whole trace of this format. */
static const char *envelope_fault(const uint8_t *bytes, size_t length) {
  if (length < sizeof magic || memcmp(bytes, magic, sizeof magic) != 0) return "it is no BAC trace";
  if (length < HEADER_BYTES + TRAILER_BYTES) return "it is torn: the header is not whole";
  const uint32_t format = bac_get_u32(bytes + 8);
  if (format != BAC_TRACE_FORMAT && format != BAC_TRACE_FORMAT_BUILDINGS) return "it has another format version";
  uint64_t stated = bac_get_u64(bytes + 16);
  if (length < stated) return "it is torn: the end is missing";
  if (length > stated) return "it is damaged: there are bytes after its end";
  if (bac_crc32(bytes, length - TRAILER_BYTES) != bac_get_u32(bytes + length - TRAILER_BYTES)) {
    return "it is damaged: the checksum does not match";
  }
  return NULL;
}

static const char *read_header(struct bac_reader *r, struct bac_trace *t) {
  bac_read_bytes(r, sizeof magic);
  const uint32_t format = bac_read_u32(r);
  t->building_count = bac_read_u32(r);
  if ((format == BAC_TRACE_FORMAT_BUILDINGS) != (t->building_count > 0)) return "it is damaged: its format and its buildings do not fit";
  bac_read_u64(r);
  t->seed = bac_read_u64(r);
  t->begin_ns = (int64_t)bac_read_u64(r);
  t->duration_ns = (int64_t)bac_read_u64(r);
  t->step_ns = (int64_t)bac_read_u64(r);
  t->inputs_digest = bac_read_u64(r);
  t->west_cm = (int32_t)bac_read_u32(r);
  t->south_cm = (int32_t)bac_read_u32(r);
  t->east_cm = (int32_t)bac_read_u32(r);
  t->north_cm = (int32_t)bac_read_u32(r);
  t->ev_share_permille = bac_read_u32(r);
  t->scenario = bac_read_u32(r);
  t->producer = bac_read_u32(r);
  t->string_count = bac_read_u32(r);
  t->vehicle_count = bac_read_u32(r);
  t->sample_count = bac_read_u64(r);
  /* Bounded by the bytes at hand before anything is allocated. */
  size_t left = bac_reader_left(r);
  if (t->string_count > left / 2 || t->vehicle_count > left / VEHICLE_BYTES || t->sample_count > left / SAMPLE_BYTES ||
      t->building_count > left / 4) {
    return "it is damaged: it counts more than it holds";
  }
  return NULL;
}

static const char *read_strings(struct bac_reader *r, struct parsed *p) {
  p->strings = bac_alloc(p->trace.string_count, sizeof *p->strings);
  /* Length prefixes take two bytes each, terminators one: the text fits what is left. */
  char *to = p->text = bac_alloc(bac_reader_left(r) + 1, 1);
  for (uint32_t i = 0; i < p->trace.string_count; i++) {
    size_t length = bac_read_u16(r);
    const uint8_t *text = bac_read_bytes(r, length);
    if (!text || !text_ok((const char *)text, length)) return "it is damaged: a string is not whole";
    p->strings[i] = to;
    memcpy(to, text, length);
    to += length + 1;
  }
  p->trace.strings = p->strings;
  return NULL;
}

/* What is not whole leaves the reader not ok, or with bytes left. */
static void read_buildings(struct bac_reader *r, struct parsed *p) {
  struct bac_trace *t = &p->trace;
  if (t->building_count == 0) return;
  t->building_corners = p->building_corners = bac_alloc(t->building_count, sizeof *p->building_corners);
  p->corners_cm = bac_alloc(bac_reader_left(r) / CORNER_BYTES + 1, sizeof *p->corners_cm);
  t->corners_cm = (const int32_t(*)[2])p->corners_cm;
  for (uint32_t i = 0; i < t->building_count && r->ok; i++) {
    const uint32_t corners = bac_read_u32(r);
    if (corners > bac_reader_left(r) / CORNER_BYTES) break;
    p->building_corners[i] = corners;
    for (uint32_t c = 0; c < corners; c++, t->corner_count++) {
      p->corners_cm[t->corner_count][0] = (int32_t)bac_read_u32(r);
      p->corners_cm[t->corner_count][1] = (int32_t)bac_read_u32(r);
    }
  }
}

static const char *read_rows(struct bac_reader *r, struct parsed *p) {
  p->trace.vehicles = p->vehicles = bac_alloc(p->trace.vehicle_count, sizeof *p->vehicles);
  uint64_t next_sample = 0;
  for (uint32_t i = 0; i < p->trace.vehicle_count; i++) {
    struct bac_trace_vehicle *v = &p->vehicles[i];
    v->id = bac_read_u32(r);
    v->type = bac_read_u32(r);
    v->model = bac_read_u32(r);
    v->capacity_wh = bac_read_u32(r);
    v->first_instant = bac_read_u32(r);
    v->sample_count = bac_read_u32(r);
    v->first_sample = next_sample;
    next_sample += v->sample_count;
  }
  p->trace.samples = p->samples = bac_alloc((size_t)p->trace.sample_count, sizeof *p->samples);
  for (uint64_t i = 0; i < p->trace.sample_count; i++) {
    const uint8_t *row = bac_read_bytes(r, SAMPLE_BYTES);
    if (!row) break;
    p->samples[i] = (struct bac_trace_sample){.x_cm = (int32_t)bac_get_u32(row),
                                              .y_cm = (int32_t)bac_get_u32(row + 4),
                                              .speed_cm_s = bac_get_u16(row + 8),
                                              .heading_cdeg = bac_get_u16(row + 10),
                                              .lane = bac_get_u32(row + 12),
                                              .charge_dwh = bac_get_u32(row + 16)};
  }
  read_buildings(r, p);
  if (!r->ok || bac_reader_left(r) != TRAILER_BYTES) return "it is damaged: it does not hold what it counts";
  return NULL;
}

int bac_trace_parse(const void *bytes, size_t length, const char *name, struct bac_trace **out, char *why,
                    size_t why_size) {
  *out = NULL;
  struct parsed *p = bac_alloc(1, sizeof *p);
  struct bac_reader r = bac_reader_over(bytes, length);
  const char *fault = envelope_fault(bytes, length);
  if (!fault) fault = read_header(&r, &p->trace);
  if (!fault) fault = read_strings(&r, p);
  if (!fault) fault = read_rows(&r, p);
  if (!fault) fault = trace_fault(&p->trace);
  if (!fault) {
    *out = &p->trace;
    return BAC_OK;
  }
  bac_trace_free(&p->trace);
  if (why) {
    snprintf(why, why_size, "cannot use the trace '%.200s': %s; rebuild it with: bac-trace --scenario=... --out=FILE",
             name, fault);
  }
  return BAC_ECORRUPT;
}

void bac_trace_free(struct bac_trace *trace) {
  if (!trace) return;
  struct parsed *p = (struct parsed *)trace;
  free(p->strings);
  free(p->text);
  free(p->vehicles);
  free(p->samples);
  free(p->building_corners);
  free(p->corners_cm);
  free(p);
}
