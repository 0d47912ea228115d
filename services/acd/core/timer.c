/* SPDX-License-Identifier: Apache-2.0 */
/* One deadline for each agent, contact and leg, in a heap by (deadline, kind, id): nothing else decides who
 * is first, so replicas agree although their heaps may be laid out differently. */
#include "state.h"
#include <assert.h>

static bool timer_before(const struct timer *a, const struct timer *b)
{
    if (a->deadline_us != b->deadline_us) return a->deadline_us < b->deadline_us;
    if (a->kind != b->kind) return a->kind < b->kind;
    return a->id < b->id;
}

/* Where the owner keeps its deadline, and its place in the heap (0: not in it). */
static bool timer_owner(const struct acd *acd, uint32_t kind, uint64_t id, int64_t **ret_deadline,
                        uint32_t **ret_at)
{
    if (kind == TIMER_AGENT) {
        struct agent *agent = acd_agent_get(acd, id);
        if (!agent) return false;
        *ret_deadline = &agent->deadline_us;
        *ret_at = &agent->timer_at;
    } else if (kind == TIMER_CONTACT) {
        struct contact *contact = acd_contact_get(acd, id);
        if (!contact) return false;
        *ret_deadline = &contact->deadline_us;
        *ret_at = &contact->timer_at;
    } else {
        struct leg *leg = acd_leg_get(acd, id);
        if (!leg) return false;
        *ret_deadline = &leg->deadline_us;
        *ret_at = &leg->timer_at;
    }
    return true;
}

static void timer_put(struct acd *acd, uint32_t at, const struct timer *timer)
{
    int64_t *deadline;
    uint32_t *place;
    acd->timers[at] = *timer;
    if (timer_owner(acd, timer->kind, timer->id, &deadline, &place)) *place = at + 1;
}

static uint32_t sift_up(struct acd *acd, uint32_t at, const struct timer *timer)
{
    while (at > 0) {
        uint32_t parent = (at - 1) / 2;
        if (!timer_before(timer, &acd->timers[parent])) break;
        timer_put(acd, at, &acd->timers[parent]);
        at = parent;
    }
    return at;
}

static uint32_t sift_down(struct acd *acd, uint32_t at, const struct timer *timer)
{
    for (;;) {
        uint32_t child = at * 2 + 1;
        if (child >= acd->timer_len) break;
        if (child + 1 < acd->timer_len && timer_before(&acd->timers[child + 1], &acd->timers[child])) child++;
        if (!timer_before(&acd->timers[child], timer)) break;
        timer_put(acd, at, &acd->timers[child]);
        at = child;
    }
    return at;
}

static void heap_remove(struct acd *acd, uint32_t at)
{
    struct timer last = acd->timers[--acd->timer_len];
    if (at == acd->timer_len) return;
    uint32_t up = sift_up(acd, at, &last);
    timer_put(acd, up == at ? sift_down(acd, at, &last) : up, &last);
}

void acd_timer_clear(struct acd *acd, enum timer_kind kind, uint64_t id)
{
    int64_t *deadline;
    uint32_t *at;
    if (!timer_owner(acd, kind, id, &deadline, &at)) return;
    *deadline = 0;
    if (*at == 0) return;
    uint32_t place = *at - 1;
    *at = 0;
    heap_remove(acd, place);
}

void acd_timer_set(struct acd *acd, enum timer_kind kind, uint64_t id, int64_t deadline_us)
{
    int64_t *deadline;
    uint32_t *at;
    acd_timer_clear(acd, kind, id);
    if (!timer_owner(acd, kind, id, &deadline, &at)) return;
    assert(deadline_us > 0);
    *deadline = deadline_us;
    struct timer timer = {.deadline_us = deadline_us, .kind = kind, .id = id};
    uint32_t place = acd->timer_len++;
    timer_put(acd, sift_up(acd, place, &timer), &timer);
}

int64_t acd_timer_first_us(const struct acd *acd)
{
    return acd->timer_len > 0 ? acd->timers[0].deadline_us : INT64_MAX;
}

void acd_timers_run(struct acd *acd)
{
    while (acd->timer_len > 0 && acd->timers[0].deadline_us <= acd->now_us) {
        struct timer due = acd->timers[0];
        acd_timer_clear(acd, (enum timer_kind)due.kind, due.id);
        if (due.kind == TIMER_AGENT)
            acd_agent_timer(acd, acd_agent_get(acd, due.id));
        else if (due.kind == TIMER_CONTACT)
            acd_contact_timer(acd, acd_contact_get(acd, due.id));
        else
            acd_leg_timer(acd, acd_leg_get(acd, due.id));
    }
}
