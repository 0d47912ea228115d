/* SPDX-License-Identifier: Apache-2.0 */
/* lease_core.h - the decisions of a lease without TTL (DESIGN 5). Pure: part of farpure; the simulator runs
 * it, far_lease (far/lease.h) drives it. One thread. now_ms is the process's own monotonic clock; it must not
 * fall.
 *
 * Why there are never two owners that believe it (while clocks run at like speed, within 1.1/0.8): an owner
 * counts its time from before it sent the renewal that was confirmed, a candidate from after it saw the last
 * change. */
#pragma once
#include "far/err.h"
#include <stdbool.h>
#include <stdint.h>

struct far_lease_core {
    uint32_t lease_ms, renew_ms, step_down_ms, take_over_ms;
    bool owner;             /* we lead */
    bool seen;              /* the entry was read once, or written */
    bool stale;             /* it must be read before it is written: nobody knows what lies there */
    bool held;              /* the entry names a living owner */
    bool ours;              /* the entry names us */
    uint64_t revision;      /* last one seen; 0: there is no entry */
    uint64_t seen_at_ms;    /* when revision was first seen */
    bool pending;           /* an operation of ours has no answer */
    bool reading;           /* ... and it is a read */
    uint64_t asked_at_ms;   /* when it was sent */
    uint64_t renewed_at_ms; /* owner: when the last confirmed renewal was sent */
    uint64_t next_at_ms;    /* when to act next */
};
enum far_lease_action {
    FAR_LEASE_WAIT,  /* nothing now; ask again at far_lease_core_deadline_ms() */
    FAR_LEASE_READ,  /* read the entry */
    FAR_LEASE_WRITE, /* write our name, expecting *ret_revision (0: no entry) */
};

/** renew 1/4, step down 0.8, take over 1.1 of lease_ms; lease_ms >= 100. */
void far_lease_core_init(struct far_lease_core *core, uint32_t lease_ms, uint64_t now_ms);
/** What to do now; call after each of the others until it says WAIT. May step down: look at core->owner
 * after. */
enum far_lease_action far_lease_core_next(struct far_lease_core *core, uint64_t now_ms,
                                          uint64_t *ret_revision);
/** A read ended. revision 0: there is no entry; held: it names an owner; ours: that is us. */
void far_lease_core_seen(struct far_lease_core *core, uint64_t now_ms, uint64_t revision, bool held,
                         bool ours);
/** A write ended: FAR_OK with the new revision, FAR_ECONFLICT, or any other error: nobody knows. */
void far_lease_core_written(struct far_lease_core *core, uint64_t now_ms, enum far_err err,
                            uint64_t revision);
/** A read ended without an answer. */
void far_lease_core_read_failed(struct far_lease_core *core, uint64_t now_ms);
uint64_t far_lease_core_deadline_ms(const struct far_lease_core *core);
