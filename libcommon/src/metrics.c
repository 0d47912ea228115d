/* SPDX-License-Identifier: Apache-2.0 */
/* Histograms: cells[0 .. n-1] count the values up to each bound, cells[n] those beyond, cells[n + 1] is the
 * sum. */
#include "far/metrics.h"
#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#define TABLES_MAX 64

const int64_t far_metric_bounds_latency_us[] = {1000,   2000,   5000,    10000,   20000,   50000,    100000,
                                                200000, 500000, 1000000, 2000000, 5000000, 10000000, 0};
const int64_t far_metric_bounds_short_us[] = {
    10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000, 1000000, 0};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    struct far_metric *rows;
    size_t row_count;
} tables[TABLES_MAX];
static size_t table_count;

static size_t bound_count(const struct far_metric *metric)
{
    size_t count = 0;
    while (metric->bounds[count])
        count++;
    return count;
}

static size_t label_count(const struct far_metric *metric)
{
    size_t count = 0;
    if (!metric->label) return 1;
    while (metric->label_values[count])
        count++;
    return count;
}

static bool name_is_valid(const struct far_metric *metric)
{
    if (!metric->name || strncmp(metric->name, "farseat_", 8) != 0) return false;
    for (const char *at = metric->name; *at; at++)
        if (!(*at >= 'a' && *at <= 'z') && !(*at >= '0' && *at <= '9') && *at != '_') return false;
    size_t len = strlen(metric->name);
    bool total = len > 6 && strcmp(metric->name + len - 6, "_total") == 0;
    return total == (metric->type == FAR_COUNTER);
}

static bool row_is_valid(const struct far_metric *metric)
{
    if (!name_is_valid(metric) || !metric->help || !*metric->help) return false;
    if (metric->label && !metric->label_values) return false;
    if (metric->type != FAR_HISTOGRAM)
        return !metric->bounds && label_count(metric) > 0 && label_count(metric) <= FAR_METRIC_CELLS;
    if (metric->label || !metric->bounds || bound_count(metric) > FAR_METRIC_BOUNDS_MAX) return false;
    for (size_t i = 1; i < bound_count(metric); i++)
        if (metric->bounds[i] <= metric->bounds[i - 1]) return false;
    return bound_count(metric) > 0;
}

enum far_err far_metrics_register(struct far_metric *rows, size_t row_count)
{
    enum far_err err = FAR_OK;
    for (size_t i = 0; i < row_count; i++)
        if (!row_is_valid(&rows[i])) return FAR_EINVAL;
    (void)pthread_mutex_lock(&lock);
    size_t at = 0;
    while (at < table_count && tables[at].rows != rows)
        at++;
    if (at == TABLES_MAX) {
        err = FAR_EFULL;
    } else {
        tables[at].rows = rows;
        tables[at].row_count = row_count;
        if (at == table_count) table_count++;
    }
    (void)pthread_mutex_unlock(&lock);
    return err;
}

void far_metric_add_at(struct far_metric *metric, size_t label_at, int64_t delta)
{
    assert(label_at < FAR_METRIC_CELLS);
    (void)atomic_fetch_add_explicit(&metric->cells[label_at], delta, memory_order_relaxed);
}

void far_metric_set_at(struct far_metric *metric, size_t label_at, int64_t value)
{
    assert(label_at < FAR_METRIC_CELLS);
    atomic_store_explicit(&metric->cells[label_at], value, memory_order_relaxed);
}

void far_metric_add(struct far_metric *metric, int64_t delta)
{
    far_metric_add_at(metric, 0, delta);
}

void far_metric_set(struct far_metric *metric, int64_t value)
{
    far_metric_set_at(metric, 0, value);
}

void far_metric_observe(struct far_metric *histogram, int64_t value)
{
    assert(histogram->bounds);
    size_t at = 0, count = bound_count(histogram);
    while (at < count && value > histogram->bounds[at])
        at++;
    far_metric_add_at(histogram, at, 1);
    far_metric_add_at(histogram, count + 1, value);
}

int64_t far_metric_value(const struct far_metric *metric, size_t label_at)
{
    assert(label_at < FAR_METRIC_CELLS);
    return atomic_load_explicit(&metric->cells[label_at], memory_order_relaxed);
}

static void add_number(struct far_buf *out, const struct far_metric *metric, int64_t value)
{
    if (metric->divisor <= 1)
        far_buf_addf(out, "%" PRId64, value);
    else
        far_buf_addf(out, "%.6g", (double)value / (double)metric->divisor);
}

static void add_histogram(struct far_buf *out, const struct far_metric *metric)
{
    size_t count = bound_count(metric);
    int64_t sum = far_metric_value(metric, count + 1), seen = 0;
    for (size_t i = 0; i <= count; i++) {
        seen += far_metric_value(metric, i);
        far_buf_addf(out, "%s_bucket{le=\"", metric->name);
        if (i < count)
            add_number(out, metric, metric->bounds[i]);
        else
            far_buf_add_text(out, "+Inf");
        far_buf_addf(out, "\"} %" PRId64 "\n", seen);
    }
    far_buf_addf(out, "%s_sum ", metric->name);
    add_number(out, metric, sum);
    far_buf_addf(out, "\n%s_count %" PRId64 "\n", metric->name, seen);
}

static void add_metric(struct far_buf *out, const struct far_metric *metric)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};
    far_buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name,
                 types[metric->type]);
    if (metric->type == FAR_HISTOGRAM) {
        add_histogram(out, metric);
        return;
    }
    for (size_t i = 0; i < label_count(metric); i++) {
        far_buf_add_text(out, metric->name);
        if (metric->label) far_buf_addf(out, "{%s=\"%s\"}", metric->label, metric->label_values[i]);
        far_buf_add_text(out, " ");
        add_number(out, metric, far_metric_value(metric, i));
        far_buf_add_text(out, "\n");
    }
}

static void add_reference(struct far_buf *out, const struct far_metric *metric)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};
    far_buf_addf(out, "| `%s` | %s | ", metric->name, types[metric->type]);
    if (metric->label) {
        far_buf_addf(out, "`%s`:", metric->label);
        for (size_t i = 0; metric->label_values[i]; i++)
            far_buf_addf(out, " %s", metric->label_values[i]);
        far_buf_add_text(out, " ");
    }
    far_buf_addf(out, "| %s |\n", metric->help);
}

static void each_metric(struct far_buf *out, void (*add)(struct far_buf *, const struct far_metric *))
{
    (void)pthread_mutex_lock(&lock);
    for (size_t table = 0; table < table_count; table++)
        for (size_t row = 0; row < tables[table].row_count; row++)
            add(out, &tables[table].rows[row]);
    (void)pthread_mutex_unlock(&lock);
}

void far_metrics_text(struct far_buf *out)
{
    each_metric(out, add_metric);
}

void far_metrics_reference(struct far_buf *out)
{
    far_buf_add_text(out, "| metric | type | label | meaning |\n| --- | --- | --- | --- |\n");
    each_metric(out, add_reference);
}
