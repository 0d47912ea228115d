/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"
#include "far/str.h"
#include <assert.h>

/* A leg's whole life. What is not listed is refused and counted. */
static const struct far_state_row rows[] = {
    FAR_STATE_ROW(LEG_OFFERED, LEG_EV_RING, LEG_ALERTING),
    FAR_STATE_ROW(LEG_OFFERED, LEG_EV_ANSWER, LEG_ANSWERING),
    FAR_STATE_ROW(LEG_OFFERED, LEG_EV_REJECT, LEG_ENDING),
    FAR_STATE_ROW(LEG_OFFERED, LEG_EV_HANGUP, LEG_ENDING),
    FAR_STATE_ROW(LEG_OFFERED, LEG_EV_ENDED, LEG_CLOSING),  /* CANCEL */
    FAR_STATE_ROW(LEG_OFFERED, LEG_EV_TIMEOUT, LEG_ENDING), /* the ACD says nothing */
    FAR_STATE_ROW(LEG_ALERTING, LEG_EV_ANSWER, LEG_ANSWERING),
    FAR_STATE_ROW(LEG_ALERTING, LEG_EV_REJECT, LEG_ENDING),
    FAR_STATE_ROW(LEG_ALERTING, LEG_EV_HANGUP, LEG_ENDING),
    FAR_STATE_ROW(LEG_ALERTING, LEG_EV_ENDED, LEG_CLOSING),
    FAR_STATE_ROW(LEG_ALERTING, LEG_EV_TIMEOUT, LEG_ENDING),
    FAR_STATE_ROW(LEG_ANSWERING, LEG_EV_ANSWERED, LEG_TALKING),
    FAR_STATE_ROW(LEG_ANSWERING, LEG_EV_HANGUP, LEG_ENDING),
    FAR_STATE_ROW(LEG_ANSWERING, LEG_EV_ENDED, LEG_CLOSING),
    FAR_STATE_ROW(LEG_ANSWERING, LEG_EV_TIMEOUT, LEG_ENDING),
    FAR_STATE_ROW(LEG_DIALLING, LEG_EV_RINGING, LEG_RINGING),
    FAR_STATE_ROW(LEG_DIALLING, LEG_EV_ANSWERED, LEG_TALKING),
    FAR_STATE_ROW(LEG_DIALLING, LEG_EV_HANGUP, LEG_ENDING),
    FAR_STATE_ROW(LEG_DIALLING, LEG_EV_ENDED, LEG_CLOSING),
    FAR_STATE_ROW(LEG_DIALLING, LEG_EV_TIMEOUT, LEG_ENDING),
    FAR_STATE_ROW(LEG_RINGING, LEG_EV_ANSWERED, LEG_TALKING),
    FAR_STATE_ROW(LEG_RINGING, LEG_EV_HANGUP, LEG_ENDING),
    FAR_STATE_ROW(LEG_RINGING, LEG_EV_ENDED, LEG_CLOSING),
    FAR_STATE_ROW(LEG_RINGING, LEG_EV_TIMEOUT, LEG_ENDING),
    FAR_STATE_ROW(LEG_TALKING, LEG_EV_HANGUP, LEG_ENDING),
    FAR_STATE_ROW(LEG_TALKING, LEG_EV_ENDED, LEG_CLOSING),
    FAR_STATE_ROW(LEG_ENDING, LEG_EV_HANGUP, LEG_ENDING),   /* it is on its way */
    FAR_STATE_ROW(LEG_ENDING, LEG_EV_RINGING, LEG_ENDING),  /* crossed our CANCEL */
    FAR_STATE_ROW(LEG_ENDING, LEG_EV_ANSWERED, LEG_ENDING), /* likewise; SIP ends it by BYE */
    FAR_STATE_ROW(LEG_ENDING, LEG_EV_ENDED, LEG_CLOSING),
    FAR_STATE_ROW(LEG_ENDING, LEG_EV_TIMEOUT, LEG_CLOSING), /* SIP forgot it */
    FAR_STATE_ROW(LEG_CLOSING, LEG_EV_HANGUP, LEG_CLOSING),
    FAR_STATE_ROW(LEG_CLOSING, LEG_EV_CLOSED, LEG_GONE),
    FAR_STATE_ROW(LEG_CLOSING, LEG_EV_TIMEOUT, LEG_GONE), /* media forgot it: reported without its figures */
};
const struct far_machine edge_leg_machine = {"leg", rows, FAR_ARRAY_LEN(rows)};

struct leg *leg_create(struct edge_core *core, uint64_t now_ms, uint64_t call, const char *leg_id)
{
    uint64_t id = 0;
    struct leg *leg = far_pool_new(&core->legs, &id);
    if (!leg) return NULL;
    leg->id = id;
    leg->call = call;
    leg->began_ms = now_ms;
    leg->deadline_ms = NEVER;
    leg->collect.deadline_ms = NEVER;
    (void)far_str_copy(leg->leg_id, sizeof(leg->leg_id), leg_id);
    if (far_index_put_text(core->legs_by_id, leg->leg_id, id) != FAR_OK ||
        far_index_put(core->legs_by_call, call, id) != FAR_OK)
        assert(false); /* both have room for every leg of the pool */
    return leg;
}

static void leg_free(struct edge_core *core, struct leg *leg)
{
    if (leg->incoming) core->incoming_legs--;
    (void)far_index_remove_text(core->legs_by_id, leg->leg_id);
    (void)far_index_remove(core->legs_by_call, leg->call);
    far_pool_free(&core->legs, leg->id);
}

void leg_decide_end(struct leg *leg, const char *cause, uint32_t sip_status, bool by_remote)
{
    if (leg->end_cause[0] == '\0') {
        (void)far_str_copy(leg->end_cause, sizeof(leg->end_cause), cause[0] ? cause : "error");
        leg->end_by_remote = by_remote;
    }
    if (leg->end_status == 0) leg->end_status = sip_status;
}

bool leg_hears(const struct leg *leg)
{
    return leg->state == LEG_ANSWERING || leg->state == LEG_TALKING;
}

static uint64_t deadline_after(const struct edge_core *core, const struct leg *leg, uint64_t now_ms)
{
    switch (leg->state) {
    case LEG_OFFERED:
    case LEG_ALERTING:
        return now_ms + core->offer_ms_max;
    case LEG_ANSWERING:
        return now_ms + ANSWERING_MS_MAX;
    case LEG_DIALLING:
    case LEG_RINGING:
        return leg->deadline_ms; /* how long it may ring was set by Dial */
    case LEG_ENDING:
        return now_ms + ENDING_MS_MAX;
    case LEG_CLOSING:
        return now_ms + CLOSING_MS_MAX;
    default:
        return NEVER;
    }
}

/* An unanswered ring is the only end by a timer that people count. */
static void end_by_timer(struct edge_core *core, struct leg *leg, enum leg_state from)
{
    bool rang = from == LEG_DIALLING || from == LEG_RINGING;
    bool unanswered = from == LEG_OFFERED || from == LEG_ALERTING;
    leg_decide_end(leg, rang ? "no-answer" : "error", unanswered ? 503 : 408, false);
    struct edge_action action = {.kind = EDGE_ACT_HANGUP, .call = leg->call};
    action.end.sip_status = unanswered ? 503 : 0;
    action.end.reason = leg->end_cause;
    core_emit(core, &action);
}

static void enter_closing(struct edge_core *core, struct leg *leg, uint64_t now_ms)
{
    leg_decide_end(leg, "error", 0, false);
    leg->ended_ms = now_ms;
    leg->collect.active = false;
    record_leg_ended(core, leg, now_ms);
    if (leg->has_media)
        core_emit_call(core, EDGE_ACT_MEDIA_CLOSE, leg->call);
    else
        (void)leg_handle(core, leg, LEG_EV_CLOSED, now_ms);
}

static void enter_gone(struct edge_core *core, struct leg *leg, uint64_t now_ms)
{
    if (leg->sound.sound_gap_us_max > core->figures.sound_gap_us_max)
        core->figures.sound_gap_us_max = leg->sound.sound_gap_us_max;
    report_leg_ended(core, leg);
    bridge_leg_gone(core, leg, now_ms);
    tombstone_put(core, now_ms, leg->leg_id, leg->number_done);
    leg_free(core, leg);
}

static int row_of(enum leg_state state, enum leg_event event)
{
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++)
        if (rows[i].from == state && rows[i].event == event) return (int)i;
    return -1;
}

bool leg_allows(const struct leg *leg, enum leg_event event)
{
    return row_of(leg->state, event) >= 0;
}

bool leg_handle(struct edge_core *core, struct leg *leg, enum leg_event event, uint64_t now_ms)
{
    assert(event < LEG_EVENT_COUNT);
    int row = row_of(leg->state, event);
    if (row < 0) {
        core->figures.events_unexpected++;
        return false;
    }
    enum leg_state from = leg->state;
    leg->state = (enum leg_state)rows[row].to;
    if (leg->state == from) return true;
    leg->deadline_ms = deadline_after(core, leg, now_ms);
    if (leg->deadline_ms != NEVER) core_due(core, leg->deadline_ms);
    if (leg->state == LEG_ENDING && event == LEG_EV_TIMEOUT) end_by_timer(core, leg, from);
    if (leg->state == LEG_CLOSING)
        enter_closing(core, leg, now_ms);
    else if (leg->state == LEG_GONE)
        enter_gone(core, leg, now_ms);
    return true;
}

void leg_commanded(struct edge_core *core, struct leg *leg, uint64_t now_ms)
{
    if (leg->state != LEG_OFFERED && leg->state != LEG_ALERTING) return;
    leg->deadline_ms = deadline_after(core, leg, now_ms);
    core_due(core, leg->deadline_ms);
}

void leg_end(struct edge_core *core, struct leg *leg, uint64_t now_ms, const char *cause, uint32_t sip_status)
{
    if (leg->state == LEG_ENDING || leg->state == LEG_CLOSING) return;
    leg_decide_end(leg, cause, sip_status, false);
    struct edge_action action = {.kind = EDGE_ACT_HANGUP, .call = leg->call};
    action.end.sip_status = sip_status;
    action.end.reason = leg->end_cause;
    if (leg_handle(core, leg, LEG_EV_HANGUP, now_ms)) core_emit(core, &action);
}

void leg_tick(struct edge_core *core, struct leg *leg, uint64_t now_ms)
{
    /* Nobody will command it any more: without somebody to talk to it would hear nothing for ever. */
    if (leg->orphan && leg->bridge.state != BRIDGE_UP) leg_end(core, leg, now_ms, "resync", 503);
    if (now_ms >= leg->deadline_ms)
        (void)leg_handle(core, leg, LEG_EV_TIMEOUT, now_ms);
    else if (leg->deadline_ms != NEVER)
        core_due(core, leg->deadline_ms);
}
