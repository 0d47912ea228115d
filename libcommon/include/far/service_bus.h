/* SPDX-License-Identifier: Apache-2.0 */
/* service_bus.h - how every service joins the bus: the section "bus" of its configuration, the health check
 * "bus", and the streams and buckets of tables.h made where they are missing. Loop thread. */
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
