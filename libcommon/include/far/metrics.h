/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.h - counters, gauges and histograms as rows of static tables; /metrics shows every registered table
 * in Prometheus' text format 0.0.4. Values are atomic: any thread may change them, registered or not.
 *
 *   enum edge_metric { EDGE_M_LEGS, EDGE_M_REFUSED, EDGE_M_SETUP };
 *   static const char *const causes[] = {"busy", "forbidden", NULL};
 *   static struct far_metric edge_metrics[] = {
 *     [EDGE_M_LEGS] = {.name = "farseat_edge_legs", .type = FAR_GAUGE, .help = "Legs at present."},
 *     [EDGE_M_REFUSED] = {.name = "farseat_edge_refused_total", .type = FAR_COUNTER,
 *                         .help = "Calls refused.", .label = "cause", .label_values = causes},
 *     [EDGE_M_SETUP] = {.name = "farseat_edge_setup_seconds", .type = FAR_HISTOGRAM,
 *                       .help = "INVITE to 180.", .bounds = far_metric_bounds_latency_us,
 *                       .divisor = 1000000}};
 *   far_metric_add(&edge_metrics[EDGE_M_LEGS], 1);
 *   far_metric_add_at(&edge_metrics[EDGE_M_REFUSED], 1, 1);
 *   far_metric_observe(&edge_metrics[EDGE_M_SETUP], setup_us);
 *
 * Labels are few and fixed: one a row, its values listed in the source. Never an id. */
#pragma once
#include "far/buf.h"
#include "far/err.h"
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum far_metric_type { FAR_COUNTER, FAR_GAUGE, FAR_HISTOGRAM };

#define FAR_METRIC_CELLS      20
#define FAR_METRIC_BOUNDS_MAX (FAR_METRIC_CELLS - 3)

struct far_metric {
    const char *name; /* farseat_<part>_<what>[_<unit>][_total] */
    enum far_metric_type type;
    const char *help;
    const char *label;               /* NULL: none; not for histograms */
    const char *const *label_values; /* ends with NULL; at most FAR_METRIC_CELLS */
    const int64_t *bounds; /* histograms: rising upper bounds, ends with 0; at most FAR_METRIC_BOUNDS_MAX */
    int64_t divisor;       /* shown value = value / divisor; 0 counts as 1 */
    _Atomic int64_t cells[FAR_METRIC_CELLS]; /* leave it out of the initializer */
};

/** 1 ms .. 10 s [us]; and 10 us .. 1 s [us]. */
extern const int64_t far_metric_bounds_latency_us[];
extern const int64_t far_metric_bounds_short_us[];

/** Show a table from now on; it must live as long as the process. The same table again is ignored.
 *  @return FAR_OK; FAR_EFULL: 64 tables; FAR_EINVAL: a row breaks the rules above. */
FAR_MUST_CHECK enum far_err far_metrics_register(struct far_metric *rows, size_t row_count);

void far_metric_add(struct far_metric *metric, int64_t delta);
void far_metric_set(struct far_metric *metric, int64_t value);
/** The same for the label value with this place in label_values. */
void far_metric_add_at(struct far_metric *metric, size_t label_at, int64_t delta);
void far_metric_set_at(struct far_metric *metric, size_t label_at, int64_t value);
void far_metric_observe(struct far_metric *histogram, int64_t value);
int64_t far_metric_value(const struct far_metric *metric, size_t label_at);

/** All registered tables as Prometheus text. */
void far_metrics_text(struct far_buf *out);
/** A Markdown table of the rows of all registered tables. */
void far_metrics_reference(struct far_buf *out);
