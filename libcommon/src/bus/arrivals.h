/* SPDX-License-Identifier: Apache-2.0 */
/* arrivals.h - private to bus/: the bounded queue by which nats.c's threads reach the loop. Counted
 * references, because the library may still call back while a bus is being destroyed. */
#pragma once
#include "far/err.h"
#include <nats/nats.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct far_loop;
struct far_arrivals; /* opaque */

enum far_arrival_kind { FAR_ARRIVAL_MSG, FAR_ARRIVAL_CONNECTED, FAR_ARRIVAL_DISCONNECTED };
struct far_arrival {
    struct far_arrival *next;
    enum far_arrival_kind kind;
    uint64_t subscription;
    natsMsg *msg;
};
typedef void far_arrival_fn(void *ctx,
                            const struct far_arrival *arrival); /* on the loop; msg is the callee's */

FAR_MUST_CHECK enum far_err far_arrivals_create(struct far_loop *loop, uint32_t len_max, size_t bytes_max,
                                                far_arrival_fn *fn, void *ctx,
                                                struct far_arrivals **ret_arrivals);
/** (any thread) One more, or one less, who may put. */
struct far_arrivals *far_arrivals_ref(struct far_arrivals *arrivals);
void far_arrivals_unref(struct far_arrivals *arrivals);
/** (any thread) Put; takes msg. A message beyond the limits, or after close, is destroyed; others never are.
 */
void far_arrivals_put(struct far_arrivals *arrivals, enum far_arrival_kind kind, uint64_t subscription,
                      natsMsg *msg);
/** (loop) Nothing is delivered any more; drops the creator's reference. */
void far_arrivals_close(struct far_arrivals *arrivals);
