/* SPDX-License-Identifier: Apache-2.0 */
/* port.h - private to bus/: nats.c and its threads behind two bounded queues. Only port.c calls what may wait
 * on the library's lock or the socket: while it reconnects, it holds that lock for as long as a connect
 * takes.
 *
 *   loop --ops--> writer thread --> nats.c --> socket --> nats.c's reader, delivery --arrivals--> loop */
#pragma once
#include "far/err.h"
#include <nats/nats.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct far_loop;
struct far_port; /* opaque */

struct far_port_config {
    const char *url;
    const char *nkey_file; /* or NULL */
    const char *name;
    const char *inbox_prefix;
    uint32_t queue_len_max;
    size_t queue_bytes_max;
    /* On the loop. */
    void (*msg_fn)(void *ctx, uint64_t subscription, natsMsg *msg); /* msg is the callee's now */
    void (*state_fn)(void *ctx, bool connected);
    void *ctx;
};

/** Begin connecting. @return FAR_OK; FAR_EINVAL (logged); FAR_ENOMEM; FAR_EIO. */
FAR_MUST_CHECK enum far_err far_port_create(const struct far_port_config *config, struct far_loop *loop,
                                            struct far_port **ret_port);
/** Send what is queued (at most 1 s), close, join. No call back comes after it. Not from a call back. */
struct far_port *far_port_destroy(struct far_port *port);
/** msg is the port's on FAR_OK, else still the caller's. @return FAR_EFULL; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err far_port_publish(struct far_port *port, natsMsg *msg);
/** The subscription stands through every reconnect until it is ended. @return FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err far_port_subscribe(struct far_port *port, uint64_t id, const char *subject,
                                               const char *queue_group);
void far_port_unsubscribe(struct far_port *port, uint64_t id);
