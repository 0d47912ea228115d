/* SPDX-License-Identifier: Apache-2.0 */
#include "far/service_bus.h"
#include "far/health.h"
#include "far/log.h"
#include "far/stream.h"
#include "far/tables.h"
#include <stdlib.h>

#define RETRY_MS 1000

const struct far_config_row far_service_bus_rows[] = {
    {.path = "bus.url",
     .type = FAR_CONFIG_STRING,
     .offset = offsetof(struct far_service_bus_config, url),
     .help = "Where the bus is: nats://host:port, several separated by commas"},
    {.path = "bus.nkey_file",
     .type = FAR_CONFIG_STRING,
     .offset = offsetof(struct far_service_bus_config, nkey_file),
     .default_text = "",
     .help = "File with the seed of this instance's key; empty: no authentication"},
};
const size_t far_service_bus_rows_len = FAR_ARRAY_LEN(far_service_bus_rows);

/* A process has one bus. */
static struct {
    struct far_bus *bus;
    void (*ready)(void *ctx);
    void *ctx;
    uint64_t timer;
    bool asking;
} joined;

static void ensure(void *arg, uint64_t timer);

static void retry_later(void)
{
    if (joined.timer == 0 &&
        far_timer_start(far_bus_loop(joined.bus), RETRY_MS, 0, ensure, NULL, &joined.timer) != FAR_OK)
        FAR_ERROR("bus-not-ready", "why=%s", "no timer is free");
}

static void ensured(void *ctx, enum far_err err, const char *text)
{
    (void)ctx;
    joined.asking = false;
    if (!joined.ready) return; /* left meanwhile, or ready before */
    if (err != FAR_OK) {
        far_health_set("bus", FAR_HEALTH_FAILED, "the streams are not there yet: %s", text);
        retry_later();
        return;
    }
    void (*ready)(void *) = joined.ready;
    joined.ready = NULL;
    far_health_set("bus", FAR_HEALTH_OK, "%s", "");
    ready(joined.ctx);
}

static void ensure(void *arg, uint64_t timer)
{
    (void)arg;
    (void)timer;
    joined.timer = 0;
    if (!joined.ready || joined.asking || far_bus_state(joined.bus) != FAR_BUS_CONNECTED) return;
    joined.asking = far_streams_ensure(joined.bus, FAR_STREAM_SHARED_ROWS, FAR_STREAM_SHARED_COUNT, ensured,
                                       NULL) == FAR_OK;
    if (!joined.asking) retry_later();
}

static void changed(void *ctx, enum far_bus_state state)
{
    (void)ctx;
    if (state != FAR_BUS_CONNECTED) {
        far_health_set("bus", FAR_HEALTH_FAILED, "%s",
                       "no connection to the bus: is nats-server up, and bus.url right?");
        return;
    }
    if (joined.ready)
        ensure(NULL, 0);
    else
        far_health_set("bus", FAR_HEALTH_OK, "%s", "");
}

enum far_err far_service_bus_join(struct far_service *service, const struct far_service_bus_config *config,
                                  void (*ready)(void *ctx), void *ctx, struct far_bus **ret_bus)
{
    joined.ready = ready;
    joined.ctx = ctx;
    changed(NULL, FAR_BUS_CONNECTING);
    const struct far_bus_config bus_config = {.url = config->url,
                                              .nkey_file = config->nkey_file[0] ? config->nkey_file : NULL,
                                              .name = far_service_instance(service),
                                              .state_fn = changed};
    enum far_err err = far_bus_connect(&bus_config, far_service_loop(service), &joined.bus);
    if (err != FAR_OK) return err;
    err = far_service_report_begin(service, joined.bus);
    if (err != FAR_OK)
        joined.bus = far_bus_destroy(joined.bus);
    else
        *ret_bus = joined.bus;
    return err;
}

void far_service_bus_leave(struct far_bus *bus)
{
    if (!bus) return;
    far_service_report_end();
    far_timer_stop(far_bus_loop(bus), joined.timer);
    joined.timer = 0;
    joined.ready = NULL;
}
