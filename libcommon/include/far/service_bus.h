/* SPDX-License-Identifier: Apache-2.0 */
/* service_bus.h - how every service joins the bus: the section "bus" of its configuration, the health check
 * "bus", the streams and buckets of tables.h made where they are missing, and what the process says of itself
 * (far.live.service.<instance>). Loop thread. */
#pragma once
#include "far/bus.h"
#include "far/config.h"
#include "far/service.h"

struct far_service_bus_config {
    const char *url;       /* nats://host:port */
    const char *nkey_file; /* "": no authentication */
};
extern const struct far_config_row far_service_bus_rows[];
extern const size_t far_service_bus_rows_len;

/** Connect as service.instance. ready(ctx) is called once, when the bus is there for the first time and all
 * streams exist: the service begins then. Until then, and whenever the connection is gone, the check "bus"
 * says so.
 *  @return FAR_OK; or what far_bus_connect() says. */
FAR_MUST_CHECK enum far_err far_service_bus_join(struct far_service *service,
                                                 const struct far_service_bus_config *config,
                                                 void (*ready)(void *ctx), void *ctx,
                                                 struct far_bus **ret_bus);
/** Stop trying to become ready; call before far_bus_destroy(). */
void far_service_bus_leave(struct far_bus *bus);

/** Publish far.live.service.<instance> on this bus from now on: each 5 s, and at once (no more often than
 * each 100 ms) when a check changes its state. far_service_bus_join() does it; this is for services that
 * connect by themselves. A process has one.
 *  @return FAR_OK; FAR_EFULL, FAR_ENOMEM: no timer. */
FAR_MUST_CHECK enum far_err far_service_report_begin(struct far_service *service, struct far_bus *bus);
/** Say where others reach this process, and at which site, in what it publishes. Copied; "": neither. */
void far_service_report_address(const char *address, const char *site);
/** Call before far_bus_destroy(); far_service_bus_leave() does. */
void far_service_report_end(void);
