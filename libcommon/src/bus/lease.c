/* SPDX-License-Identifier: Apache-2.0 */
/* lease.c - drives far/lease_core.h on a key-value entry whose value is the owner's name; empty: given up. */
#include "far/lease.h"
#include "bus/kv.h"
#include "far/clock.h"
#include "far/lease_core.h"
#include "far/log.h"
#include "far/loop.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEASE_MS_DEFAULT 2000
#define OWNER_SIZE       128

struct far_lease {
    struct far_bus *bus;
    struct far_lease_core core;
    far_lease_fn *fn;
    void *ctx;
    char *bucket, *key;
    char owner[OWNER_SIZE]; /* us */
    char seen[OWNER_SIZE];  /* who the entry names */
    bool told;              /* what fn was told last */
    unsigned refs;          /* the owner's, and one while an operation is under way */
    bool dead;
    uint64_t timer;
};

static void act(struct far_lease *lease);

static void unref(void *ctx)
{
    struct far_lease *lease = ctx;
    if (--lease->refs > 0) return;
    free(lease->bucket);
    free(lease->key);
    free(lease);
}

static void on_timer(void *arg, uint64_t timer)
{
    struct far_lease *lease = arg;
    (void)timer;
    lease->timer = 0;
    lease->refs++;
    act(lease);
    unref(lease);
}

static void arm(struct far_lease *lease)
{
    uint64_t at_ms = far_lease_core_deadline_ms(&lease->core);
    uint64_t now_ms = far_clock_mono_ms();
    struct far_loop *loop = far_bus_loop(lease->bus);
    far_timer_stop(loop, lease->timer);
    lease->timer = 0;
    if (at_ms == UINT64_MAX) return; /* an operation is under way: its end arms again */
    if (far_timer_start(loop, at_ms > now_ms ? at_ms - now_ms : 1, 0, on_timer, lease, &lease->timer) !=
        FAR_OK)
        FAR_ERROR("lease-no-timer", "key=%s", lease->key);
}

static void tell(struct far_lease *lease)
{
    if (lease->core.owner == lease->told || lease->dead) return;
    lease->told = lease->core.owner;
    FAR_INFO("lease", "key=%s owner=%s held=%d revision=%llu", lease->key, lease->owner, lease->told,
             (unsigned long long)lease->core.revision);
    lease->fn(lease->ctx, lease->told, lease->core.revision);
}

static void on_read(void *ctx, enum far_err err, const struct far_kv_entry *entry)
{
    struct far_lease *lease = ctx;
    uint64_t now_ms = far_clock_mono_ms();
    if (err == FAR_OK) {
        (void)snprintf(lease->seen, sizeof(lease->seen), "%.*s",
                       (int)(entry->data_len < OWNER_SIZE ? entry->data_len : OWNER_SIZE - 1),
                       (const char *)entry->data);
        far_lease_core_seen(&lease->core, now_ms, entry->revision, lease->seen[0] != 0,
                            strcmp(lease->seen, lease->owner) == 0);
    } else if (err == FAR_ENOTFOUND) {
        lease->seen[0] = 0;
        far_lease_core_seen(&lease->core, now_ms, 0, false, false);
    } else {
        far_lease_core_read_failed(&lease->core, now_ms);
    }
    act(lease);
    unref(lease);
}

/* revision 0 expects that there is no entry: UPDATE, because nothing ever deletes a lease's entry. */
static enum far_err write_owner(struct far_lease *lease, const char *owner, uint64_t revision,
                                far_kv_write_fn *fn)
{
    return kv_write(lease->bus,
                    &(struct far_kv_write){.bucket = lease->bucket,
                                           .key = lease->key,
                                           .mode = FAR_KV_UPDATE,
                                           .data = owner,
                                           .data_len = strlen(owner),
                                           .revision = revision,
                                           .timeout_ms = lease->core.renew_ms,
                                           .fn = fn,
                                           .ctx = lease},
                    fn ? unref : NULL);
}

/* Nobody waits for the end of it; if it is lost, the lease runs out by itself. */
static void give_up(struct far_lease *lease)
{
    if (lease->core.owner && !lease->core.pending &&
        write_owner(lease, "", lease->core.revision, NULL) != FAR_OK)
        FAR_INFO("lease-not-returned", "key=%s", lease->key);
}

static void on_write(void *ctx, enum far_err err, uint64_t revision)
{
    struct far_lease *lease = ctx;
    if (err == FAR_OK) (void)snprintf(lease->seen, sizeof(lease->seen), "%s", lease->owner);
    far_lease_core_written(&lease->core, far_clock_mono_ms(), err, revision);
    if (lease->dead) give_up(lease); /* it ended while this was under way */
    act(lease);
    unref(lease);
}

static void act(struct far_lease *lease)
{
    uint64_t revision = 0;
    uint64_t now_ms = far_clock_mono_ms();
    if (lease->dead) return;
    enum far_lease_action action = far_lease_core_next(&lease->core, now_ms, &revision);
    if (action != FAR_LEASE_WAIT) {
        lease->refs++;
        enum far_err err = action == FAR_LEASE_READ
                               ? kv_get(lease->bus, lease->bucket, lease->key, on_read, unref, lease)
                               : write_owner(lease, lease->owner, revision, on_write);
        if (err != FAR_OK) {
            lease->refs--;
            if (action == FAR_LEASE_READ)
                far_lease_core_read_failed(&lease->core, now_ms);
            else
                far_lease_core_written(&lease->core, now_ms, err, 0);
        }
    }
    arm(lease);
    tell(lease); /* last: it may destroy the lease */
}

enum far_err far_lease_create(struct far_bus *bus, const struct far_lease_config *config,
                              struct far_lease **ret_lease)
{
    uint32_t lease_ms = config->lease_ms ? config->lease_ms : LEASE_MS_DEFAULT;
    if (!config->owner[0] || strlen(config->owner) >= OWNER_SIZE || !config->fn || lease_ms < 100)
        return FAR_EINVAL;
    struct far_lease *lease = calloc(1, sizeof(*lease));
    if (!lease) return FAR_ENOMEM;
    lease->bus = bus;
    lease->fn = config->fn;
    lease->ctx = config->ctx;
    lease->refs = 1;
    lease->bucket = strdup(config->bucket);
    lease->key = strdup(config->key);
    (void)snprintf(lease->owner, sizeof(lease->owner), "%s", config->owner);
    far_lease_core_init(&lease->core, lease_ms, far_clock_mono_ms());
    if (!lease->bucket || !lease->key) {
        unref(lease);
        return FAR_ENOMEM;
    }
    arm(lease);
    *ret_lease = lease;
    return FAR_OK;
}

struct far_lease *far_lease_destroy(struct far_lease *lease)
{
    if (!lease) return NULL;
    far_timer_stop(far_bus_loop(lease->bus), lease->timer);
    lease->timer = 0;
    give_up(lease);
    lease->dead = true;
    unref(lease);
    return NULL;
}

bool far_lease_is_owner(const struct far_lease *lease)
{
    return lease->core.owner && far_clock_mono_ms() < lease->core.renewed_at_ms + lease->core.step_down_ms;
}

const char *far_lease_owner(const struct far_lease *lease)
{
    return lease->seen;
}
