/* SPDX-License-Identifier: GPL-2.0-only */
#include "summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "table.h"

const struct bac_metric bac_summary_metrics[] = {
    {"blocks_committed", "blocks", 1},
    {"blocks_committed_shard_min", "blocks in\nworst\nshard", 1},
    {"block_latency_p50_s", "block\nlatency\nmedian [s]", 2},
    {"tx_latency_p50_s", "tx\nlatency\nmedian [s]", 2},
    {"throughput_tps", "throughput\n[tx/s]", 1},
    {"pdr", "packet\ndelivery\nratio", 3},
    {"cbr", "channel\nbusy\nratio", 3},
    {"wall_s", "wall\ntime [s]", 1},
    {NULL, NULL, 0},
};

enum { PROTOCOL, MODE, DELIVERY, STATUS, CONFLICTS, FIRST_METRIC };

static size_t metric_count(void) {
  size_t n = 0;
  while (bac_summary_metrics[n].column) n++;
  return n;
}

static struct bac_summary_row *row_for(struct bac_summary *s, const char *const *values) {
  struct bac_summary_row *last = s->count > 0 ? &s->rows[s->count - 1] : NULL;
  if (last && strcmp(last->protocol, values[PROTOCOL]) == 0 && strcmp(last->mode, values[MODE]) == 0 &&
      strcmp(last->delivery, values[DELIVERY]) == 0) {
    return last;
  }
  s->rows = bac_results_realloc(s->rows, s->count + 1, sizeof *s->rows);
  last = &s->rows[s->count++];
  *last = (struct bac_summary_row){.protocol = bac_results_strdup(values[PROTOCOL]),
                                   .mode = bac_results_strdup(values[MODE]),
                                   .delivery = bac_results_strdup(values[DELIVERY])};
  return last;
}

/* Runs come sorted, so those of a row are neighbours. */
static void add_run(void *context, const char *const *values) {
  struct bac_summary_row *row = row_for(context, values);
  if (strcmp(values[STATUS], "failed") == 0) {
    row->failed++;
    return;
  }
  row->conflicts += strtoull(values[CONFLICTS], NULL, 10);
  for (size_t m = 0; bac_summary_metrics[m].column; m++) {
    const char *text = values[FIRST_METRIC + m];
    row->values[m] = bac_results_realloc(row->values[m], row->finished + 1, sizeof *row->values[m]);
    row->values[m][row->finished] = *text ? strtod(text, NULL) : NAN;
  }
  row->finished++;
}

int bac_summary_read(struct bac_store *store, struct bac_summary *summary) {
  *summary = (struct bac_summary){0};
  const char *names[FIRST_METRIC + BAC_SUMMARY_METRICS_MAX] = {"protocol", "mode", "delivery", "status", "conflicts"};
  size_t metrics = metric_count();
  for (size_t m = 0; m < metrics; m++) names[FIRST_METRIC + m] = bac_summary_metrics[m].column;
  if (bac_store_each_run(store, names, FIRST_METRIC + metrics, add_run, summary) != 0) return -1;
  for (size_t i = 0; i < summary->count; i++) {
    struct bac_summary_row *row = &summary->rows[i];
    for (size_t m = 0; m < metrics; m++) row->stats[m] = bac_stats_over(row->values[m], row->finished, BAC_SUMMARY_LEVEL);
  }
  return 0;
}

void bac_summary_free(struct bac_summary *summary) {
  for (size_t i = 0; i < summary->count; i++) {
    struct bac_summary_row *row = &summary->rows[i];
    free(row->protocol);
    free(row->mode);
    free(row->delivery);
    for (size_t m = 0; m < BAC_SUMMARY_METRICS_MAX; m++) free(row->values[m]);
  }
  free(summary->rows);
  *summary = (struct bac_summary){0};
}

static void print_stats(const struct bac_stats *stats, int decimals, struct bac_text *cell) {
  bac_text_clear(cell);
  if (stats->count == 0) bac_text_puts(cell, "-");
  else bac_text_printf(cell, "%.*f", decimals, stats->mean);
  if (stats->count > 1) bac_text_printf(cell, "±%.*f", decimals, stats->half_width);
}

static struct bac_table *make_table(const struct bac_summary *summary) {
  struct bac_table *table = bac_table_new();
  bac_table_column(table, "protocol", BAC_ALIGN_LEFT);
  bac_table_column(table, "mode", BAC_ALIGN_LEFT);
  bac_table_column(table, "delivery", BAC_ALIGN_LEFT);
  bac_table_column(table, "runs", BAC_ALIGN_RIGHT);
  for (size_t m = 0; bac_summary_metrics[m].column; m++) {
    bac_table_column(table, bac_summary_metrics[m].header, BAC_ALIGN_RIGHT);
  }
  bac_table_column(table, "conflicts,\nsum", BAC_ALIGN_RIGHT);
  struct bac_text cell = {0};
  for (size_t i = 0; i < summary->count; i++) {
    const struct bac_summary_row *row = &summary->rows[i];
    bac_table_cell(table, row->protocol);
    bac_table_cell(table, row->mode);
    bac_table_cell(table, row->delivery);
    bac_text_clear(&cell);
    bac_text_printf(&cell, row->failed > 0 ? "%zu of %zu" : "%zu", row->finished, row->finished + row->failed);
    bac_table_cell(table, cell.data);
    for (size_t m = 0; bac_summary_metrics[m].column; m++) {
      print_stats(&row->stats[m], bac_summary_metrics[m].decimals, &cell);
      bac_table_cell(table, cell.data);
    }
    bac_text_clear(&cell);
    if (row->finished > 0) bac_text_printf(&cell, "%llu", row->conflicts);
    else bac_text_puts(&cell, "-");
    bac_table_cell(table, cell.data);
  }
  bac_text_free(&cell);
  return table;
}

void bac_summary_print(const struct bac_summary *summary, struct bac_text *out) {
  struct bac_table *table = make_table(summary);
  bac_table_print(table, out);
  bac_table_free(table);
  bool several = false, one = false, failed = false, short_of = false;
  for (size_t i = 0; i < summary->count; i++) {
    const struct bac_summary_row *row = &summary->rows[i];
    several |= row->finished > 1;
    one |= row->finished == 1;
    failed |= row->failed > 0;
    for (size_t m = 0; bac_summary_metrics[m].column; m++) {
      /* A column that no run has at all is told by its "-". */
      short_of |= row->stats[m].count > 0 && row->stats[m].count < row->finished;
    }
  }
  if (several) bac_text_puts(out, "mean±half width of the 95 % confidence interval over seeds (Student's t, seeds - 1 degrees of freedom)\n");
  if (one) bac_text_puts(out, several ? "rows without \"±\": one seed, no interval\n" : "one seed, no interval\n");
  if (short_of) bac_text_puts(out, "some runs have no latency (nothing committed): those means are over the runs that have one\n");
  if (failed) bac_text_puts(out, "rows with failed runs are over the finished ones alone\n");
}

static void number_cell(FILE *out, double value) {
  char text[32] = "";
  if (isfinite(value)) bac_value_print_real(value, text);
  bac_csv_cell(out, false, text);
}

int bac_summary_write_csv(const struct bac_summary *summary, const char *folder, char *why, size_t why_size) {
  struct bac_new_file file;
  if (bac_new_file_open(&file, folder, "summary.csv", why, why_size) != 0) return -1;
  FILE *out = file.stream;
  fputs("protocol,mode,delivery,runs,failed,conflicts", out);
  for (size_t m = 0; bac_summary_metrics[m].column; m++) {
    fprintf(out, ",%s_mean,%s_ci95", bac_summary_metrics[m].column, bac_summary_metrics[m].column);
  }
  fputc('\n', out);
  for (size_t i = 0; i < summary->count; i++) {
    const struct bac_summary_row *row = &summary->rows[i];
    bac_csv_cell(out, true, row->protocol);
    bac_csv_cell(out, false, row->mode);
    bac_csv_cell(out, false, row->delivery);
    fprintf(out, ",%zu,%zu,%llu", row->finished, row->failed, row->conflicts);
    for (size_t m = 0; bac_summary_metrics[m].column; m++) {
      number_cell(out, row->stats[m].mean);
      number_cell(out, row->stats[m].half_width);
    }
    fputc('\n', out);
  }
  return bac_new_file_commit(&file, why, why_size);
}
