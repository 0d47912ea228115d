/* SPDX-License-Identifier: Apache-2.0 */
#include "far/lease_core.h"
#include <assert.h>

void far_lease_core_init(struct far_lease_core *core, uint32_t lease_ms, uint64_t now_ms)
{
    assert(lease_ms >= 100);
    *core = (struct far_lease_core){.lease_ms = lease_ms,
                                    .renew_ms = lease_ms / 4,
                                    .step_down_ms = lease_ms / 10 * 8,
                                    .take_over_ms = lease_ms / 10 * 11,
                                    .stale = true,
                                    .next_at_ms = now_ms};
}

/* A late confirmation is none: the time counts from before the renewal was sent. */
static void step_down_if_due(struct far_lease_core *core, uint64_t now_ms)
{
    if (core->owner && now_ms >= core->renewed_at_ms + core->step_down_ms) core->owner = false;
}

static bool is_free(const struct far_lease_core *core, uint64_t now_ms)
{
    if (core->revision == 0 || !core->held) return true;
    return now_ms >= core->seen_at_ms + core->take_over_ms;
}

enum far_lease_action far_lease_core_next(struct far_lease_core *core, uint64_t now_ms,
                                          uint64_t *ret_revision)
{
    step_down_if_due(core, now_ms);
    if (core->pending || now_ms < core->next_at_ms) return FAR_LEASE_WAIT;
    core->pending = true;
    core->asked_at_ms = now_ms;
    core->next_at_ms = now_ms + core->renew_ms;
    core->reading = core->stale || !(core->ours || is_free(core, now_ms));
    if (!core->reading) {
        *ret_revision = core->revision;
        return FAR_LEASE_WRITE;
    }
    uint64_t take_over_at_ms = core->seen_at_ms + core->take_over_ms;
    if (!core->stale && take_over_at_ms < core->next_at_ms) core->next_at_ms = take_over_at_ms;
    return FAR_LEASE_READ;
}

void far_lease_core_seen(struct far_lease_core *core, uint64_t now_ms, uint64_t revision, bool held,
                         bool ours)
{
    step_down_if_due(core, now_ms);
    core->pending = false;
    if (!core->seen || revision != core->revision) core->seen_at_ms = now_ms;
    core->seen = true;
    core->stale = false;
    core->revision = revision;
    core->held = held;
    core->ours = held && ours;
    /* Ours after a write that nobody answered: the next write renews it and so tells when it was. */
    if (core->ours || is_free(core, now_ms)) core->next_at_ms = now_ms;
    if (!core->ours) core->owner = false;
}

void far_lease_core_written(struct far_lease_core *core, uint64_t now_ms, enum far_err err, uint64_t revision)
{
    core->pending = false;
    if (err == FAR_OK) {
        core->seen = core->held = core->ours = true;
        core->stale = false;
        core->revision = revision;
        core->seen_at_ms = now_ms;
        core->renewed_at_ms = core->asked_at_ms;
        core->owner = true;
    } else {
        core->stale = true; /* what lies there now must be read */
        if (err == FAR_ECONFLICT) core->next_at_ms = now_ms;
    }
    step_down_if_due(core, now_ms);
}

void far_lease_core_read_failed(struct far_lease_core *core, uint64_t now_ms)
{
    core->pending = false;
    step_down_if_due(core, now_ms);
}

uint64_t far_lease_core_deadline_ms(const struct far_lease_core *core)
{
    uint64_t act_ms = core->pending ? UINT64_MAX : core->next_at_ms;
    uint64_t down_ms = core->owner ? core->renewed_at_ms + core->step_down_ms : UINT64_MAX;
    return act_ms < down_ms ? act_ms : down_ms;
}
