/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac_sim/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "words.h"

#define MODES 3
static const char *const mode_names[MODES] = {"safe", "text", "alg1"};
const char *bac_sim_mode_name(enum bac_mode mode) { return mode_names[mode]; }

const char bac_sim_usage[] =
    "bac-sim --protocol=NAME|all --seed=N [options]: one seed, one world of faults\n"
    "  --protocol=NAME   an engine, or all that tolerate faults (default bac)\n"
    "  --mode=MODE       safe, or text and alg1 of bac: the paper's rules (default safe)\n"
    "  --seed=N          the world, or the first of a range (default 1)\n"
    "  --seeds=COUNT     runs that many from --seed on, over all cores; 0: until stopped\n"
    "  --first           ends the range at its first violation\n"
    "  --jobs=N          worker processes for a range (default: the cores)\n"
    "  --trace           a readable log of the one seed\n"
    "What the seed would draw, fixed:\n"
    "  --nodes=N         founding members\n"
    "  --byzantine=N     of them; more than the protocol is made for is allowed, and then conflicts are to be expected\n"
    "  --time=SECONDS    of faults; healing and progress come after\n"
    "  --radio           on an 802.11p medium in place of a network with fixed airtimes\n"
    "Elections instead of a world: adversaries drawn anew in each epoch, how often more than f are in the committee, and the prediction:\n"
    "  --committees=EPOCHS  of --nodes (default 100) and --byzantine (default a fifth of them)\n"
    "  --lost=PERMILLE   of honest members' credentials come too late (default 0); the prediction knows nothing of it\n"
    "Exit status: 0 no violation, 1 a violation, 2 usage.\n";

struct parser {
  struct bac_sim_options *o;
  char *why;
  size_t why_size;
  bool ok;
};

static void refuse(struct parser *p, const char *what, const char *given, const char *remedy) {
  char shown[BAC_WORD_BYTES];
  p->ok = false;
  snprintf(p->why, p->why_size, "%s \"%s\": %s", what, bac_word_show(given, shown), remedy);
}

static uint64_t number(struct parser *p, const char *name, const char *text, uint64_t low, uint64_t high) {
  uint64_t v = low;
  if (!bac_word_whole(text, low, high, &v)) {
    char remedy[120];
    snprintf(remedy, sizeof remedy, "give %s a whole number from %" PRIu64 " to %" PRIu64, name, low, high);
    refuse(p, "no number in range:", text, remedy);
  }
  return v;
}

static void protocol(struct parser *p, const char *name) {
  char remedy[150] = "use all";
  size_t at = strlen(remedy);
  bool known = strcmp(name, "all") == 0;
  for (size_t i = 0; bac_protocol_info_at(i); i++) {
    known = known || strcmp(name, bac_protocol_info_at(i)->name) == 0;
    if (at < sizeof remedy) at += (size_t)snprintf(remedy + at, sizeof remedy - at, ", %s", bac_protocol_info_at(i)->name);
  }
  if (known)
    p->o->protocol = name;
  else
    refuse(p, "unknown protocol", name, remedy);
}

static void with_value(struct parser *p, const char *argument, const char *v) {
  struct bac_sim_options *o = p->o;
  const size_t length = (size_t)(v - argument) - 1;
#define IS(name) (sizeof(name) - 1 == length && strncmp(argument, name, length) == 0)
  if (IS("--protocol"))
    protocol(p, v);
  else if (IS("--seed"))
    o->plan.seed = number(p, "--seed", v, 0, INT64_MAX);
  else if (IS("--seeds")) {
    o->range = true;
    o->seeds = number(p, "--seeds", v, 0, 1000000000);
  } else if (IS("--jobs"))
    o->jobs = (unsigned)number(p, "--jobs", v, 1, BAC_SIM_JOBS_MAX);
  else if (IS("--nodes"))
    o->plan.nodes = (uint32_t)number(p, "--nodes", v, 1, BAC_ROSTER_MAX / 2 - 2);
  else if (IS("--byzantine"))
    o->plan.byzantine = (uint32_t)number(p, "--byzantine", v, 0, BAC_ROSTER_MAX / 2 - 2);
  else if (IS("--time"))
    o->plan.time = BAC_SECOND * (bac_time)number(p, "--time", v, 1, 3600);
  else if (IS("--mode")) {
    int mode = 0;
    while (mode < MODES && strcmp(v, mode_names[mode]) != 0) mode++;
    if (mode == MODES)
      refuse(p, "unknown mode", v, "use safe, text or alg1");
    else
      o->plan.mode = (enum bac_mode)mode;
  } else if (IS("--committees"))
    o->committees = number(p, "--committees", v, 1, 10000000);
  else if (IS("--lost"))
    o->lost_permille = (uint32_t)number(p, "--lost", v, 0, 1000);
  else
    refuse(p, "no such option:", argument, "see bac-sim --help");
#undef IS
}

int bac_sim_options_parse(int argc, char *const *argv, unsigned jobs, struct bac_sim_options *o, char *why, size_t why_size) {
  *o = (struct bac_sim_options){.protocol = "bac", .plan = {.seed = 1, .nodes = BAC_PLAN_DRAW, .byzantine = BAC_PLAN_DRAW}, .seeds = 1, .jobs = jobs};
  struct parser p = {.o = o, .why = why, .why_size = why_size, .ok = true};
  for (int i = 1; i < argc && p.ok && !o->help; i++) {
    const char *value = strchr(argv[i], '=');
    if (value)
      with_value(&p, argv[i], value + 1);
    else if (strcmp(argv[i], "--help") == 0)
      o->help = true;
    else if (strcmp(argv[i], "--trace") == 0)
      o->trace = true;
    else if (strcmp(argv[i], "--first") == 0)
      o->first = true;
    else if (strcmp(argv[i], "--radio") == 0)
      o->plan.radio = true;
    else
      refuse(&p, "no such option:", argv[i], "see bac-sim --help");
  }
  if (p.ok && !o->help && o->trace && o->range) refuse(&p, "one seed alone has a log:", "--trace", "leave --seeds out");
  if (p.ok && !o->help && o->lost_permille > 0 && o->committees == 0) refuse(&p, "credentials are lost in elections alone:", "--lost", "add --committees=EPOCHS");
  /* The last seed of a range is a number, too. */
  if (p.ok && o->seeds > 0 && o->plan.seed > INT64_MAX - (o->seeds - 1)) refuse(&p, "the range ends above 2^63:", "--seeds", "begin with a lower --seed");
  return p.ok ? BAC_OK : BAC_EINVAL;
}

void bac_sim_options_repeat(const struct bac_sim_options *o, const char *protocol, uint64_t seed, char *text, size_t size) {
  size_t at = 0;
#define ADD(...) (at += at < size ? (size_t)snprintf(text + at, size - at, __VA_ARGS__) : 0)
  ADD("bac-sim --protocol=%s --seed=%" PRIu64, protocol, seed);
  if (o->plan.mode != BAC_MODE_SAFE) ADD(" --mode=%s", mode_names[o->plan.mode]);
  if (o->plan.nodes != BAC_PLAN_DRAW) ADD(" --nodes=%u", o->plan.nodes);
  if (o->plan.byzantine != BAC_PLAN_DRAW) ADD(" --byzantine=%u", o->plan.byzantine);
  if (o->plan.radio) ADD(" --radio");
  if (o->plan.time > 0) ADD(" --time=%u", (unsigned)(o->plan.time / BAC_SECOND));
#undef ADD
}
