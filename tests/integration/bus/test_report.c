/* SPDX-License-Identifier: Apache-2.0 */
/* A whole service in a child process, and what it says of itself on a real bus. */
#include "far/bus.h"
#include "far/clock.h"
#include "far/health.h"
#include "far/service_bus.h"
#include "far/test.h"
#include "farseat/v1/live.pb-c.h"
#include "nats.h"
#include "turn.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the child ------------------------------------------------------------------------------------------
 */

static struct far_service_bus_config bus_config;
static struct far_bus *child_bus;
static int64_t seats_max = 7;
static struct far_metric metrics[] = {
    {.name = "farseat_t_seats", .type = FAR_GAUGE, .help = "Seats."},
    {.name = "farseat_t_wait_seconds", .type = FAR_GAUGE, .help = "Wait.", .divisor = 1000},
    {.name = "farseat_t_credit", .type = FAR_GAUGE, .help = "Credit."},
};

static void on_ready(void *ctx)
{
    (void)ctx;
    far_metric_set(&metrics[0], 3);
    far_metric_set(&metrics[1], 2500);
    far_metric_set(&metrics[2], 9);
    far_health_set("disk", FAR_HEALTH_DEGRADED, "nearly full: caf\xc3"); /* a character that was cut */
}

static enum far_err child_start(struct far_service *service)
{
    return far_service_bus_join(service, &bus_config, on_ready, NULL, &child_bus);
}

static void child_stop(struct far_service *service)
{
    (void)service;
    far_service_bus_leave(child_bus);
    child_bus = far_bus_destroy(child_bus);
}

static void child_run(const char *url)
{
    const struct far_config_group groups[] = {
        {.rows = far_service_bus_rows, .row_count = far_service_bus_rows_len, .target = &bus_config}};
    const struct far_service_metrics tables[] = {{metrics, FAR_ARRAY_LEN(metrics)}};
    const struct far_service_load load[] = {
        {.metric = &metrics[0], .limit = &seats_max},
        {.metric = &metrics[1], .limit_metric = &metrics[2], .unit = "s"},
    };
    const struct far_service_def def = {.name = "t",
                                        .version = "1.2.3",
                                        .groups = groups,
                                        .group_count = 1,
                                        .metrics = tables,
                                        .metrics_count = 1,
                                        .load = load,
                                        .load_count = 2,
                                        .start = child_start,
                                        .stop = child_stop};
    char name[] = "t", *argv[] = {name, NULL};
    (void)setenv("FARSEAT_BUS_URL", url, 1);
    (void)setenv("FARSEAT_SERVICE_INSTANCE", "t-1", 1);
    _exit(far_service_main(1, argv, &def));
}

/* ---- who listens ----------------------------------------------------------------------------------------
 */

struct heard {
    struct test_nats nats;
    struct far_loop *loop;
    struct far_bus *bus;
    Farseat__V1__LiveService *last;
    unsigned count;
    uint64_t wanted_count;
};

static void on_report(void *ctx, const struct far_bus_msg *msg)
{
    struct heard *heard = ctx;
    ProtobufCMessage *message = NULL;
    assert_string_equal(msg->subject, "far.live.service.t-1");
    assert_int_equal(far_bus_unpack(&farseat__v1__live_service__descriptor, msg, &message), FAR_OK);
    if (heard->last) farseat__v1__live_service__free_unpacked(heard->last, NULL);
    heard->last = (Farseat__V1__LiveService *)message;
    heard->count++;
}

static const Farseat__V1__HealthCheck *check_of(const Farseat__V1__LiveService *service, const char *name)
{
    for (size_t i = 0; service && i < service->n_checks; i++)
        if (strcmp(service->checks[i]->name, name) == 0) return service->checks[i];
    return NULL;
}

static bool disk_is_told(void *ctx)
{
    return check_of(((struct heard *)ctx)->last, "disk") != NULL;
}

static bool connected(void *ctx)
{
    return far_bus_state(((struct heard *)ctx)->bus) == FAR_BUS_CONNECTED;
}

static bool count_reached(void *ctx)
{
    struct heard *heard = ctx;
    return heard->count >= heard->wanted_count;
}

static void a_service_says_how_it_is(void **state)
{
    struct heard heard = {.count = 0};
    struct far_bus_subscription *subscription = NULL;
    (void)state;
    test_nats_start(&heard.nats, NULL);
    pid_t child = fork();
    if (child == 0) child_run(heard.nats.url);
    assert_true(child > 0);
    assert_int_equal(far_loop_create(NULL, &heard.loop), FAR_OK);
    const struct far_bus_config config = {.url = heard.nats.url, .name = "gateway"};
    assert_int_equal(far_bus_connect(&config, heard.loop, &heard.bus), FAR_OK);
    assert_int_equal(
        far_bus_subscribe(heard.bus, "far.live.service.*", NULL, on_report, &heard, &subscription), FAR_OK);
    assert_true(test_turn_until(heard.loop, connected, &heard, 5000));
    assert_true(test_turn_until(heard.loop, disk_is_told, &heard, 12000)); /* a regular one at the latest */
    const Farseat__V1__LiveService *last = heard.last;
    assert_string_equal(last->instance, "t-1");
    assert_string_equal(last->program, "t");
    assert_string_equal(last->version, "1.2.3");
    assert_string_equal(last->state, "degraded");
    assert_string_equal(check_of(last, "disk")->text, "nearly full: caf?");
    assert_string_equal(check_of(last, "bus")->state, "ok");
    assert_int_equal(last->n_load, 2);
    assert_string_equal(last->load[0]->name, "farseat_t_seats");
    assert_true(last->load[0]->value == 3.0 && last->load[0]->limit == 7.0);
    assert_true(last->load[1]->value == 2.5 && last->load[1]->limit == 9.0);
    assert_string_equal(last->load[1]->unit, "s");
    assert_true(last->memory_bytes > 1000000 && last->memory_bytes < 4000000000u);
    assert_true(last->cpu >= 0 && last->cpu < 64);
    assert_true(last->at_us >= last->started_at_us && last->at_us - last->started_at_us < 60000000);
    assert_true(far_clock_wall_us() - last->started_at_us < 120000000);

    heard.wanted_count = heard.count + 1; /* and again, though nothing changes */
    uint64_t from_ms = far_clock_mono_ms();
    assert_true(test_turn_until(heard.loop, count_reached, &heard, 8000));
    assert_true(far_clock_mono_ms() - from_ms < 7000);

    heard.wanted_count = heard.count + 1; /* the broken and mended connection is told at once */
    test_nats_kill(&heard.nats);
    test_nats_restart(&heard.nats);
    assert_true(test_turn_until(heard.loop, count_reached, &heard, 15000));
    assert_int_equal(kill(child, SIGTERM), 0);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 0);
    far_bus_unsubscribe(subscription);
    farseat__v1__live_service__free_unpacked(heard.last, NULL);
    far_bus_destroy(heard.bus);
    far_loop_destroy(heard.loop);
    test_nats_stop(&heard.nats);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_service_says_how_it_is)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
