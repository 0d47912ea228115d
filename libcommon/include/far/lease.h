/* SPDX-License-Identifier: Apache-2.0 */
/* lease.h - who tries to lead: a key-value entry without TTL (DESIGN 5). It never proves that nobody else
 * acts: whoever uses it fences by other means. Decisions: far/lease_core.h. Threads as in far/bus.h. */
#pragma once
#include "far/bus.h"

struct far_lease; /* opaque */
/** It became ours, or is not ours any more. revision: grows with every owner. */
typedef void far_lease_fn(void *ctx, bool owner, uint64_t revision);
struct far_lease_config {
    const char *bucket; /* usually FAR_BUCKET_LEASES */
    const char *key;
    const char *owner; /* this process: name and incarnation, unique */
    uint32_t lease_ms; /* 0: 2000 */
    far_lease_fn *fn;
    void *ctx;
};
/** Take part. @return FAR_OK; FAR_EINVAL; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err far_lease_create(struct far_bus *bus, const struct far_lease_config *config,
                                             struct far_lease **ret_lease);
/** Leave; an owner gives the lease up, so that another takes over within a renewal's time. No call back. */
struct far_lease *far_lease_destroy(struct far_lease *lease);
bool far_lease_is_owner(const struct far_lease *lease);
/** Who holds it as far as we know: "" unknown or nobody. */
const char *far_lease_owner(const struct far_lease *lease);
