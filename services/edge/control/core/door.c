/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets in: by the credit that the ACD granted, before anything enters the log. */
#include "core.h"
#include "far/str.h"
#include <string.h>

#define REFUSED_TOLD_MS 1000u /* CallsRefused at most once a second */

static const char *const refusal_names[REFUSAL_COUNT] = {[REFUSED_CREDIT] = "no-credit",
                                                         [REFUSED_DRAINING] = "edge-draining",
                                                         [REFUSED_BACKLOG] = "log-backlog",
                                                         [REFUSED_LEGS] = "edge-full"};

/* REFUSAL_COUNT: come in. */
static enum refusal judge(const struct edge_core *core)
{
    if (core->draining) return REFUSED_DRAINING;
    if (core->incoming_legs >= core->credit) return REFUSED_CREDIT;
    if (core->backlog_max > 0 && core->backlog >= core->backlog_max / 2) return REFUSED_BACKLOG;
    if (core->legs.len >= core->legs.capacity) return REFUSED_LEGS;
    return REFUSAL_COUNT;
}

static void refuse(struct edge_core *core, uint64_t now_ms, const struct edge_incoming *incoming,
                   enum refusal refusal)
{
    struct edge_action action = {.kind = EDGE_ACT_REJECT, .call = incoming->call};
    action.end.sip_status = 503;
    action.end.reason = "";
    action.end.retry_after_s = refusal == REFUSED_DRAINING ? 30 : 5;
    core_emit(core, &action);
    core->refused[refusal]++;
    core->figures.calls_refused++;
    (void)far_str_copy(core->refused_number, sizeof(core->refused_number), incoming->called_raw);
    door_tick(core, now_ms);
}

void edge_core_incoming(struct edge_core *core, uint64_t now_ms, const struct edge_incoming *incoming)
{
    enum refusal refusal = judge(core);
    if (refusal != REFUSAL_COUNT) {
        refuse(core, now_ms, incoming, refusal);
        return;
    }
    struct leg *leg = leg_create(core, now_ms, incoming->call, incoming->leg_id);
    if (!leg) return; /* judge() has seen that there is room */
    leg->state = LEG_OFFERED;
    leg->incoming = true;
    leg_commanded(core, leg, now_ms);
    core->incoming_legs++;
    (void)far_str_copy(leg->traceparent, sizeof(leg->traceparent), incoming->traceparent);
    report_leg_incoming(core, leg, incoming);
}

void door_tick(struct edge_core *core, uint64_t now_ms)
{
    size_t most = 0;
    for (size_t i = 1; i < REFUSAL_COUNT; i++)
        if (core->refused[i] > core->refused[most]) most = i;
    if (core->refused[most] == 0) return;
    if (core->refused_ever && now_ms < core->refused_told_ms + REFUSED_TOLD_MS) {
        core_due(core, core->refused_told_ms + REFUSED_TOLD_MS);
        return;
    }
    core->refused_ever = true;
    core->refused_told_ms = now_ms;
    report_calls_refused(core, core->refused[most], refusal_names[most], core->refused_number);
    core->refused[most] = 0;
    core_due(core, now_ms + REFUSED_TOLD_MS); /* other causes have their turn */
}

enum edge_outcome door_credit(struct edge_core *core, uint32_t number,
                              const Farseat__V1__CreditCommand *credit)
{
    /* A grant replaces the one before, so only an older one does harm. */
    if (number != 0 && number <= core->edge_number_done) return EDGE_OUTCOME_REPEATED;
    if (number != 0) core->edge_number_done = number;
    core->credit = credit->incoming_legs_max;
    return EDGE_OUTCOME_EXECUTED;
}
