/* SPDX-License-Identifier: Apache-2.0 */
#include "far/test.h"
#include "far/metrics.h"
#include <pthread.h>
#include <string.h>

enum { LEGS, REFUSED, SETUP, METRIC_COUNT };
static const char *const causes[] = {"busy", "forbidden", NULL};
static const int64_t bounds[] = {100, 1000, 0};
static struct far_metric rows[METRIC_COUNT] = {
    [LEGS] = {.name = "farseat_t_legs", .type = FAR_GAUGE, .help = "Legs."},
    [REFUSED] =
        {.name = "farseat_t_refused_total", .type = FAR_COUNTER, .help = "Refused.", .label = "cause", .label_values = causes},
    [SETUP] = {.name = "farseat_t_setup_seconds", .type = FAR_HISTOGRAM, .help = "Set-up.", .bounds = bounds, .divisor = 1000},
};

static void shown_as_prometheus_text(void **state)
{
    struct far_buf out;
    (void)state;
    assert_int_equal(far_metrics_register(rows, METRIC_COUNT), FAR_OK);
    assert_int_equal(far_metrics_register(rows, METRIC_COUNT), FAR_OK); /* shown once all the same */
    far_metric_set(&rows[LEGS], 5);
    far_metric_add(&rows[LEGS], -2);
    far_metric_add_at(&rows[REFUSED], 1, 4);
    far_metric_observe(&rows[SETUP], 100);
    far_metric_observe(&rows[SETUP], 101);
    far_metric_observe(&rows[SETUP], 2500);
    far_buf_init(&out, 1 << 16);
    far_metrics_text(&out);
    assert_string_equal(out.data, "# HELP farseat_t_legs Legs.\n"
                                  "# TYPE farseat_t_legs gauge\n"
                                  "farseat_t_legs 3\n"
                                  "# HELP farseat_t_refused_total Refused.\n"
                                  "# TYPE farseat_t_refused_total counter\n"
                                  "farseat_t_refused_total{cause=\"busy\"} 0\n"
                                  "farseat_t_refused_total{cause=\"forbidden\"} 4\n"
                                  "# HELP farseat_t_setup_seconds Set-up.\n"
                                  "# TYPE farseat_t_setup_seconds histogram\n"
                                  "farseat_t_setup_seconds_bucket{le=\"0.1\"} 1\n"
                                  "farseat_t_setup_seconds_bucket{le=\"1\"} 2\n"
                                  "farseat_t_setup_seconds_bucket{le=\"+Inf\"} 3\n"
                                  "farseat_t_setup_seconds_sum 2.701\n"
                                  "farseat_t_setup_seconds_count 3\n");
    far_buf_clear(&out);
    far_metrics_reference(&out);
    assert_non_null(strstr(out.data, "| `farseat_t_refused_total` | counter | `cause`: busy forbidden | Refused. |\n"));
    far_buf_done(&out);
    assert_int_equal(far_metric_value(&rows[REFUSED], 1), 4);
}

static void wrong_rows_are_refused(void **state)
{
    static const int64_t falling[] = {5, 5, 0};
    static const int64_t none[] = {0};
    static const char *const no_values[] = {NULL};
    static struct far_metric wrong[] = {
        {.name = "other_legs", .type = FAR_GAUGE, .help = "x"},
        {.name = "farseat_Legs", .type = FAR_GAUGE, .help = "x"},
        {.name = "farseat_legs", .type = FAR_COUNTER, .help = "x"},
        {.name = "farseat_legs_total", .type = FAR_GAUGE, .help = "x"},
        {.name = "farseat_legs", .type = FAR_GAUGE, .help = ""},
        {.name = "farseat_legs", .type = FAR_GAUGE, .help = "x", .label = "a", .label_values = no_values},
        {.name = "farseat_h", .type = FAR_HISTOGRAM, .help = "x"},
        {.name = "farseat_h", .type = FAR_HISTOGRAM, .help = "x", .bounds = falling},
        {.name = "farseat_h", .type = FAR_HISTOGRAM, .help = "x", .bounds = none},
        {.name = "farseat_h", .type = FAR_HISTOGRAM, .help = "x", .bounds = bounds, .label = "a", .label_values = causes},
    };
    (void)state;
    for (size_t i = 0; i < FAR_ARRAY_LEN(wrong); i++)
        assert_int_equal(far_metrics_register(&wrong[i], 1), FAR_EINVAL);
    static struct far_metric ready[2] = {
        {.name = "farseat_a_seconds", .type = FAR_HISTOGRAM, .help = "x", .bounds = far_metric_bounds_latency_us},
        {.name = "farseat_b_seconds", .type = FAR_HISTOGRAM, .help = "x", .bounds = far_metric_bounds_short_us},
    };
    assert_int_equal(far_metrics_register(ready, 2), FAR_OK);
}

static void *count_up(void *arg)
{
    (void)arg;
    for (int i = 0; i < 20000; i++)
        far_metric_add_at(&rows[REFUSED], 0, 1);
    return NULL;
}

static void threads_lose_nothing(void **state)
{
    pthread_t threads[4];
    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, NULL), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(far_metric_value(&rows[REFUSED], 0), 80000);
}

static struct far_metric many[70][1];

static void tables_are_limited(void **state)
{
    int refused = 0;
    (void)state;
    for (size_t i = 0; i < FAR_ARRAY_LEN(many); i++) {
        many[i][0].name = "farseat_many";
        many[i][0].type = FAR_GAUGE;
        many[i][0].help = "x";
        enum far_err err = far_metrics_register(many[i], 1);
        if (err) assert_int_equal(err, FAR_EFULL);
        refused += err == FAR_EFULL;
    }
    assert_in_range(refused, 6, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shown_as_prometheus_text),
        cmocka_unit_test(wrong_rows_are_refused),
        cmocka_unit_test(threads_lose_nothing),
        cmocka_unit_test(tables_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
