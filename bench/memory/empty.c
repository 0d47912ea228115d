/* SPDX-License-Identifier: Apache-2.0 */
/* far-empty: a service that does nothing but what all have in common: configuration, log, loop, health and
 * metrics, a connection to the bus, a timer. What it takes is the price of the chassis. */
#include "far/bus.h"
#include "far/log.h"
#include "far/service.h"
#include "far/service_bus.h"

static struct far_service_bus_config config;
static struct far_bus *bus;

static void beat(void *arg, uint64_t timer)
{
    (void)arg;
    (void)timer;
    FAR_DEBUG("beat", "");
}

static enum far_err start(struct far_service *service)
{
    const struct far_bus_config bus_config = {
        .url = config.url, .nkey_file = config.nkey_file, .name = far_service_instance(service)};
    enum far_err err = far_bus_connect(&bus_config, far_service_loop(service), &bus);
    return err == FAR_OK ? far_timer_start(far_service_loop(service), 1000, 1000, beat, NULL, NULL) : err;
}

static void stop(struct far_service *service)
{
    (void)service;
    bus = far_bus_destroy(bus);
}

int main(int argc, char **argv)
{
    const struct far_config_group groups[] = {
        {.rows = far_service_bus_rows, .row_count = far_service_bus_rows_len, .target = &config}};
    const struct far_service_def def = {
        .name = "empty", .groups = groups, .group_count = 1, .start = start, .stop = stop};
    return far_service_main(argc, argv, &def);
}
