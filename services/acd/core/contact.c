/* SPDX-License-Identifier: Apache-2.0 */
/* Contacts: arrival, the caller's clock, the end, the record's moment. */
#include "state.h"
#include <string.h>

#define OUTBOX_FILL_MAX 75 /* hundredths; the rest is for what lives already */

static const struct far_state_row rows[] = {
    FAR_STATE_ROW(CONTACT_IN_FLOW, CONTACT_EV_QUEUE, CONTACT_QUEUED),
    FAR_STATE_ROW(CONTACT_IN_FLOW, CONTACT_EV_SURVEY, CONTACT_IN_SURVEY),
    FAR_STATE_ROW(CONTACT_IN_FLOW, CONTACT_EV_FLOW, CONTACT_IN_FLOW),
    FAR_STATE_ROW(CONTACT_IN_FLOW, CONTACT_EV_GONE, CONTACT_WRAPPING_UP),
    FAR_STATE_ROW(CONTACT_QUEUED, CONTACT_EV_OFFER, CONTACT_RINGING),
    FAR_STATE_ROW(CONTACT_QUEUED, CONTACT_EV_FLOW, CONTACT_IN_FLOW), /* overflow, or the end */
    FAR_STATE_ROW(CONTACT_RINGING, CONTACT_EV_UNANSWERED, CONTACT_QUEUED),
    FAR_STATE_ROW(CONTACT_RINGING, CONTACT_EV_BRIDGED, CONTACT_TALKING),
    FAR_STATE_ROW(CONTACT_TALKING, CONTACT_EV_HOLD, CONTACT_HELD),
    FAR_STATE_ROW(CONTACT_TALKING, CONTACT_EV_FLOW, CONTACT_IN_FLOW), /* the agent left */
    FAR_STATE_ROW(CONTACT_HELD, CONTACT_EV_RESUME, CONTACT_TALKING),
    FAR_STATE_ROW(CONTACT_HELD, CONTACT_EV_FLOW, CONTACT_IN_FLOW),
    FAR_STATE_ROW(CONTACT_IN_SURVEY, CONTACT_EV_FLOW, CONTACT_IN_FLOW),
    FAR_STATE_ROW(CONTACT_WRAPPING_UP, CONTACT_EV_CLOSE, CONTACT_ENDED),
};
const struct far_machine acd_contact_machine = {"contact", rows, FAR_ARRAY_LEN(rows)};

void acd_contact_event(struct acd *acd, struct contact *contact, enum contact_event event)
{
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++) {
        if (rows[i].from != contact->state || rows[i].event != event) continue;
        if (rows[i].to != contact->state) contact->state_since_us = acd->now_us;
        contact->state = rows[i].to;
        return;
    }
    acd_broken("contact event without a row"); /* only this core gives contacts events */
}

/* --- the caller's clock --- */

uint64_t acd_contact_ms(const struct acd *acd, const struct contact *contact)
{
    if (!contact->leg) return contact->ended_ms;
    return contact->clock_ms + (uint64_t)acd_ms(acd->now_us - contact->clock_us);
}

void acd_contact_clock(struct acd *acd, struct contact *contact, uint64_t leg_ms)
{
    contact->clock_ms = leg_ms;
    contact->clock_us = acd->now_us;
}

struct leg *acd_caller_up(const struct acd *acd, const struct contact *contact)
{
    struct leg *leg = acd_leg_get(acd, contact->leg);
    return leg && leg->state == LEG_UP ? leg : NULL;
}

void acd_play(struct acd *acd, struct contact *contact, char **prompts, size_t count, bool loop,
              bool barge_in)
{
    struct leg *leg = acd_caller_up(acd, contact);
    if (!leg) return;
    Farseat__V1__PlayCommand play = FARSEAT__V1__PLAY_COMMAND__INIT;
    acd_new_id(acd, contact->play_id);
    play.play_id = contact->play_id;
    play.prompts = prompts;
    play.n_prompts = count;
    play.loop = loop;
    play.barge_in = barge_in;
    acd_command(acd, leg, FARSEAT__V1__EDGE_COMMAND__BODY_PLAY, &play);
}

/* --- arrival --- */

static const Farseat__V1__DialledNumber *number_find(const struct acd *acd, const char *called)
{
    const Farseat__V1__CentreConfig *config = acd_config_now(acd);
    for (size_t i = 0; config && i < config->n_numbers; i++)
        if (strcmp(config->numbers[i]->number, called) == 0) return config->numbers[i];
    for (size_t i = 0; config && i < config->n_numbers; i++) /* phones of ours may dial what customers dial */
        if (config->numbers[i]->published[0] && strcmp(config->numbers[i]->published, called) == 0)
            return config->numbers[i];
    return NULL;
}

static void reject(struct acd *acd, struct edge *edge, const char *leg_id, uint32_t status)
{
    Farseat__V1__RejectCommand reject = FARSEAT__V1__REJECT_COMMAND__INIT;
    reject.sip_status = status;
    reject.reason = TEXT(status == 404 ? "Not Found" : "Service Unavailable");
    reject.retry_after_s = status == 503 ? 5 : 0;
    acd_command_loose(acd, edge, leg_id, 1, FARSEAT__V1__EDGE_COMMAND__BODY_REJECT, &reject);
}

static struct contact *contact_new(struct acd *acd, const struct edge *edge,
                                   const Farseat__V1__LegIncoming *incoming,
                                   const Farseat__V1__DialledNumber *number)
{
    uint64_t self = 0;
    struct contact *contact = far_pool_new(&acd->contacts, &self);
    if (!contact) return NULL;
    contact->self = self;
    acd_new_id(acd, contact->id);
    contact->state = CONTACT_IN_FLOW;
    contact->config_slot = CONFIG_SLOTS;
    if (incoming->caller) {
        COPY(contact->caller_raw, incoming->caller->raw);
        COPY(contact->caller, incoming->caller->canonical);
        contact->caller_kind = incoming->caller->kind;
    }
    COPY(contact->caller_name, incoming->caller_name);
    COPY(contact->dialled, incoming->called_raw);
    COPY(contact->published, number && number->published[0] ? number->published : incoming->called_raw);
    COPY(contact->trunk, incoming->trunk_id);
    COPY(contact->site, edge->site);
    COPY(contact->edge, edge->name);
    COPY(contact->flow_id, number ? number->flow : "");
    contact->started_stamp_us = acd->stamp_us;
    contact->state_since_us = contact->clock_us = acd->now_us;
    acd_index_put(acd->contact_index, contact->id, self);
    acd->contacts_live++;
    acd->count.arrived++;
    return contact;
}

static void contact_free(struct acd *acd, struct contact *contact)
{
    (void)far_index_remove_text(acd->contact_index, contact->id);
    far_pool_free(&acd->contacts, contact->self);
}

static void fact_created(struct acd *acd, const struct contact *contact)
{
    Farseat__V1__TelephoneNumber caller;
    acd_fact_caller(contact, &caller);
    Farseat__V1__ContactCreated fact = FARSEAT__V1__CONTACT_CREATED__INIT;
    fact.caller = &caller;
    fact.caller_name = TEXT(contact->caller_name);
    fact.dialled = TEXT(contact->dialled);
    fact.published = TEXT(contact->published);
    fact.trunk_id = TEXT(contact->trunk);
    fact.flow_id = TEXT(contact->flow_id);
    fact.edge = TEXT(contact->edge);
    acd_fact(acd, "contact.created", &(struct fact_about){.contact = contact},
             FARSEAT__V1__FACT__BODY_CONTACT_CREATED, &fact);
}

static void fact_ended(struct acd *acd, const struct contact *contact)
{
    Farseat__V1__ContactEnded ended = FARSEAT__V1__CONTACT_ENDED__INIT;
    ended.result = (Farseat__V1__ContactResult)contact->result;
    ended.ended_by = (Farseat__V1__EndedBy)contact->ended_by;
    ended.cause = TEXT(contact->end_cause);
    struct fact_about about = {.contact = contact, .queue_id = contact->queue_id};
    acd_fact(acd, "contact.ended", &about, FARSEAT__V1__FACT__BODY_CONTACT_ENDED, &ended);
}

static void fact_closed(struct acd *acd, const struct contact *contact)
{
    Farseat__V1__ContactClosed closed = FARSEAT__V1__CONTACT_CLOSED__INIT;
    struct fact_about about = {.contact = contact, .queue_id = contact->queue_id};
    acd_fact(acd, "contact.closed", &about, FARSEAT__V1__FACT__BODY_CONTACT_CLOSED, &closed);
}

/* A refused call is a contact that ends at once, with its record. */
static void refuse(struct acd *acd, struct edge *edge, const Farseat__V1__LegIncoming *incoming,
                   uint32_t status, const char *cause)
{
    reject(acd, edge, incoming->leg_id, status);
    struct contact *contact = contact_new(acd, edge, incoming, NULL);
    if (!contact) return;
    acd->count.calls_refused++;
    contact->result = FARSEAT__V1__CONTACT_RESULT__RESULT_REFUSED;
    contact->ended_by = BY_SYSTEM;
    contact->ended_stamp_us = acd->stamp_us;
    COPY(contact->end_cause, cause);
    fact_created(acd, contact);
    fact_ended(acd, contact);
    acd_record_contact(acd, contact);
    fact_closed(acd, contact);
    acd->contacts_live--;
    contact_free(acd, contact);
}

/* No room even for a record: only counted, as the edge's own refusals are. */
static void refuse_counted(struct acd *acd, struct edge *edge, const Farseat__V1__LegIncoming *incoming)
{
    Farseat__V1__SiteCallsRefused fact = FARSEAT__V1__SITE_CALLS_REFUSED__INIT;
    reject(acd, edge, incoming->leg_id, 503);
    acd->count.calls_refused++;
    fact.edge = edge->name;
    fact.count = 1;
    fact.cause = TEXT("outbox-full");
    fact.number = incoming->called_raw;
    acd_fact(acd, "site.calls-refused", &(struct fact_about){.site_id = edge->site},
             FARSEAT__V1__FACT__BODY_SITE_CALLS_REFUSED, &fact);
}

static void phone_calls(struct acd *acd, struct leg *leg, const char *phone_id)
{
    struct phone *phone = phone_id[0] ? acd_phone_ensure(acd, phone_id) : NULL;
    if (!phone) return;
    leg->phone = phone->self;
    phone->calls++;
    struct agent *agent = acd_agent_get(acd, phone->agent);
    if (agent) acd_agent_refresh(acd, agent);
}

void acd_leg_incoming(struct acd *acd, const Farseat__V1__AcdInput *input)
{
    const Farseat__V1__LegIncoming *incoming = input->leg_incoming;
    struct edge *edge = acd_edge_find(acd, input->producer);
    if (!acd_uuid_valid(incoming->leg_id) || acd_leg_find(acd, incoming->leg_id)) {
        acd->out->outcome = ACD_REFUSED;
        acd_fail(acd, FAR_EINVAL, "leg_id \"%.40s\" is no UUID, or in use", incoming->leg_id);
        return;
    }
    const Farseat__V1__DialledNumber *number = number_find(acd, incoming->called_raw);
    if (acd_outbox_fill(&acd->outbox) >= OUTBOX_FILL_MAX) {
        refuse_counted(acd, edge, incoming);
        return;
    }
    if (!number) {
        refuse(acd, edge, incoming, 404, "unknown-number");
        return;
    }
    bool legs_left = acd->legs.len + 2 <= acd->legs.capacity;
    if (acd->contacts_live >= acd_contacts_max(acd) || !legs_left || edge->draining) {
        refuse(acd, edge, incoming, 503, "capacity");
        return;
    }
    struct contact *contact = contact_new(acd, edge, incoming, number);
    struct leg *leg = acd_leg_new(acd, incoming->leg_id, edge, LEG_CALLER);
    contact->leg = leg->self;
    leg->contact = contact->self;
    contact->config_slot = acd->config_now;
    acd->configs[acd->config_now].contacts++;
    contact->phase = PHASE_ANSWER;
    phone_calls(acd, leg, incoming->phone);
    fact_created(acd, contact);
    (void)acd_segment_main(acd, contact, SEGMENT_IVR, 0, "");
    Farseat__V1__AnswerCommand answer = FARSEAT__V1__ANSWER_COMMAND__INIT;
    acd_command(acd, leg, FARSEAT__V1__EDGE_COMMAND__BODY_ANSWER, &answer);
}

/* --- the end --- */

void acd_contact_detach(struct acd *acd, struct contact *contact, uint64_t at_ms, uint32_t by,
                        const char *cause)
{
    if (contact->state == CONTACT_RINGING) acd_offer_withdraw(acd, contact, at_ms, "caller-gone");
    if (contact->state == CONTACT_QUEUED) {
        acd_queue_leave(acd, contact, at_ms, "abandoned");
        acd_contact_event(acd, contact, CONTACT_EV_FLOW);
    }
    if (contact->state == CONTACT_TALKING || contact->state == CONTACT_HELD)
        acd_talk_end(acd, contact, at_ms, by, cause);
    if (contact->state == CONTACT_IN_SURVEY) {
        acd_flow_survey_left(acd, contact);
        (void)acd_segment_main(acd, contact, 0, at_ms, contact->survey_answered ? "answered" : "left");
        acd_contact_event(acd, contact, CONTACT_EV_FLOW);
    }
    (void)acd_segment_main(acd, contact, 0, at_ms, cause);
    acd_timer_clear(acd, TIMER_CONTACT, contact->self);
    contact->phase = PHASE_NONE;
}

void acd_contact_hangup(struct acd *acd, struct contact *contact, uint32_t by, const char *cause)
{
    struct leg *leg = acd_leg_get(acd, contact->leg);
    if (!leg || contact->phase == PHASE_ENDING) return;
    acd_contact_detach(acd, contact, acd_contact_ms(acd, contact), by, cause);
    contact->ended_by = by;
    COPY(contact->end_cause, cause);
    contact->phase = PHASE_ENDING;
    acd_leg_hangup(acd, leg, cause, leg->state == LEG_ANSWERING ? 480 : 0);
}

static uint32_t result_of(const struct contact *contact)
{
    if (contact->answered) return FARSEAT__V1__CONTACT_RESULT__RESULT_ANSWERED;
    if (contact->queued && contact->overflowed) return FARSEAT__V1__CONTACT_RESULT__RESULT_OVERFLOWED;
    if (contact->queued) return FARSEAT__V1__CONTACT_RESULT__RESULT_ABANDONED;
    if (contact->served) return FARSEAT__V1__CONTACT_RESULT__RESULT_IVR_SERVED;
    return FARSEAT__V1__CONTACT_RESULT__RESULT_IVR_ABANDONED;
}

static void count_result(struct acd *acd, uint32_t result)
{
    struct counters *count = &acd->count;
    if (result == FARSEAT__V1__CONTACT_RESULT__RESULT_OVERFLOWED) count->overflowed++;
    if (result == FARSEAT__V1__CONTACT_RESULT__RESULT_ABANDONED) count->abandoned++;
    if (result == FARSEAT__V1__CONTACT_RESULT__RESULT_IVR_SERVED) count->ivr_served++;
    if (result == FARSEAT__V1__CONTACT_RESULT__RESULT_IVR_ABANDONED) count->ivr_abandoned++;
}

void acd_contact_gone(struct acd *acd, struct contact *contact, const struct leg_end *end)
{
    uint32_t by = end->by_remote ? BY_CALLER : BY_SYSTEM;
    bool commanded = contact->phase == PHASE_ENDING;
    contact->leg = 0;
    contact->ended_ms = end->leg_ms;
    contact->ended_stamp_us = acd->stamp_us;
    if (commanded && end->by_remote && contact->ended_by == BY_SYSTEM) {
        contact->ended_by = BY_CALLER; /* he was quicker than what we made of a failed command */
        COPY(contact->end_cause, end->cause[0] ? end->cause : "hangup");
    }
    if (!commanded) {
        contact->ended_by = by;
        COPY(contact->end_cause, end->cause[0] ? end->cause : "hangup");
        acd_contact_detach(acd, contact, end->leg_ms, by, contact->end_cause);
    }
    contact->phase = PHASE_NONE;
    contact->sound_gap_ms_max = end->sound_gap_us_max / 1000;
    contact->result = result_of(contact);
    count_result(acd, contact->result);
    acd->configs[contact->config_slot].contacts--;
    contact->config_slot = CONFIG_SLOTS;
    fact_ended(acd, contact);
    acd_contact_event(acd, contact, CONTACT_EV_GONE);
    acd_contact_close_if_done(acd, contact);
}

void acd_closed_link(struct acd *acd, struct contact *contact)
{
    struct contact *last = acd_contact_get(acd, acd->closed_last);
    contact->closed_next = 0;
    if (last)
        last->closed_next = contact->self;
    else
        acd->closed_first = contact->self;
    acd->closed_last = contact->self;
    acd->closed_count++;
}

static void closed_drop_oldest(struct acd *acd)
{
    struct contact *oldest = acd_contact_get(acd, acd->closed_first);
    acd->closed_first = oldest->closed_next;
    if (!acd->closed_first) acd->closed_last = 0;
    acd->closed_count--;
    contact_free(acd, oldest);
}

void acd_contact_close_if_done(struct acd *acd, struct contact *contact)
{
    if (contact->state != CONTACT_WRAPPING_UP || contact->after_call_works > 0) return;
    acd_contact_event(acd, contact, CONTACT_EV_CLOSE);
    acd_record_contact(acd, contact);
    fact_closed(acd, contact);
    acd_segments_free(acd, contact);
    acd->contacts_live--;
    if (acd->closed_count == ACD_CLOSED_MAX) closed_drop_oldest(acd);
    acd_closed_link(acd, contact);
}

void acd_contact_timer(struct acd *acd, struct contact *contact)
{
    if (contact->state == CONTACT_RINGING) {
        contact->wait_over = true; /* let it ring */
    } else if (contact->state == CONTACT_QUEUED) {
        acd_queue_overflow(acd, contact);
    } else if (contact->state == CONTACT_TALKING) {
        acd_bridge_again(acd, contact);
    } else if (contact->phase == PHASE_ECHO) {
        contact->served = true;
        acd_contact_hangup(acd, contact, BY_FLOW, "echo-limit");
    } else {
        acd_contact_hangup(acd, contact, BY_SYSTEM, "flow-timeout");
    }
}

/* --- what people ask --- */

/* A centre that lists none takes any. */
static bool disposition_known(const struct acd *acd, const char *id, bool *ret_resolved)
{
    const Farseat__V1__CentreConfig *config = acd_config_now(acd);
    *ret_resolved = false;
    if (!config || config->n_dispositions == 0) return acd_id_valid(id);
    for (size_t i = 0; i < config->n_dispositions; i++) {
        if (strcmp(config->dispositions[i]->id, id) != 0) continue;
        *ret_resolved = config->dispositions[i]->resolved;
        return true;
    }
    return false;
}

static void dispose(struct acd *acd, struct contact *contact, const char *agent_id,
                    const Farseat__V1__ContactDisposition *disposition)
{
    struct part *part = NULL;
    bool resolved = false;
    for (uint32_t i = 0; i < contact->part_count; i++)
        if (strcmp(contact->parts[i].agent, agent_id) == 0) part = &contact->parts[i];
    if (!part) {
        acd_fail(acd, FAR_EDENIED, "agent \"%.63s\" did not talk with contact %s", agent_id, contact->id);
        return;
    }
    if (!disposition_known(acd, disposition->disposition, &resolved)) {
        acd_fail(acd, FAR_EINVAL, "disposition \"%.63s\" is not in the configuration's dispositions",
                 disposition->disposition);
        return;
    }
    if (strlen(disposition->note) >= NOTE_SIZE) {
        acd_fail(acd, FAR_EINVAL, "the note is longer than %d bytes: shorten it", NOTE_SIZE - 1);
        return;
    }
    COPY(part->disposition, disposition->disposition);
    COPY(contact->disposition, disposition->disposition);
    COPY(contact->note, disposition->note);
    Farseat__V1__ContactDisposed fact = FARSEAT__V1__CONTACT_DISPOSED__INIT;
    fact.disposition = TEXT(contact->disposition);
    fact.note = TEXT(contact->note);
    fact.resolved = resolved;
    struct fact_about about = {
        .contact = contact, .agent = acd_agent_find(acd, agent_id), .queue_id = part->queue};
    acd_fact(acd, "contact.disposed", &about, FARSEAT__V1__FACT__BODY_CONTACT_DISPOSED, &fact);
    if (contact->state == CONTACT_ENDED) acd_record_contact(acd, contact); /* late: the whole record again */
}

static void transfer(struct acd *acd, struct contact *contact, const Farseat__V1__ContactTransfer *target)
{
    if (target->target_case == FARSEAT__V1__CONTACT_TRANSFER__TARGET_AGENT_ID) {
        struct agent *agent = acd_agent_find(acd, target->agent_id);
        if (agent && agent->self != contact->agent)
            acd_transfer(acd, contact, agent, NULL);
        else
            acd_fail(acd, agent ? FAR_EINVAL : FAR_ENOTFOUND, "transfer: \"%.63s\" is %s", target->agent_id,
                     agent ? "the agent who transfers: name another" : "no agent");
    } else if (target->target_case == FARSEAT__V1__CONTACT_TRANSFER__TARGET_QUEUE_ID) {
        struct queue *queue = acd_queue_find(acd, target->queue_id);
        if (queue)
            acd_transfer(acd, contact, NULL, queue);
        else
            acd_fail(acd, FAR_ENOTFOUND, "transfer: \"%.63s\" is no queue", target->queue_id);
    } else {
        acd_fail(acd, FAR_EINVAL, "transfer: neither an agent nor a queue given");
    }
}

static void hang_up(struct acd *acd, struct contact *contact)
{
    struct leg *leg = acd_leg_get(acd, contact->agent_leg);
    if (contact->state == CONTACT_RINGING)
        acd_offer_failed(acd, contact, "declined", "declined");
    else
        acd_agent_left(acd, contact, acd_contact_ms(acd, contact));
    if (leg) acd_leg_hangup(acd, leg, "hangup", 0);
}

void acd_contact_action(struct acd *acd, const Farseat__V1__AcdInput *input)
{
    const Farseat__V1__ContactAction *action = input->contact_action;
    struct contact *contact = acd_contact_find(acd, action->contact_id);
    if (!contact) {
        acd_fail(acd, FAR_ENOTFOUND, "contact \"%.40s\" is not known (any more)", action->contact_id);
        return;
    }
    if (action->action_case == FARSEAT__V1__CONTACT_ACTION__ACTION_DISPOSITION) {
        dispose(acd, contact, action->agent_id, action->disposition);
        return;
    }
    const struct agent *agent = acd_agent_get(acd, contact->agent);
    if (!agent || strcmp(agent->id, action->agent_id) != 0) {
        acd_fail(acd, FAR_EDENIED, "contact %s is not with agent \"%.63s\"", contact->id, action->agent_id);
        return;
    }
    switch (action->action_case) {
    case FARSEAT__V1__CONTACT_ACTION__ACTION_HOLD:
        if (acd_talking(acd, contact)) acd_talk_hold(acd, contact);
        break;
    case FARSEAT__V1__CONTACT_ACTION__ACTION_RESUME:
        if (acd_talking(acd, contact)) acd_talk_resume(acd, contact);
        break;
    case FARSEAT__V1__CONTACT_ACTION__ACTION_TRANSFER:
        transfer(acd, contact, action->transfer);
        break;
    case FARSEAT__V1__CONTACT_ACTION__ACTION_HANG_UP:
        hang_up(acd, contact);
        break;
    case FARSEAT__V1__CONTACT_ACTION__ACTION_MUTE:
    case FARSEAT__V1__CONTACT_ACTION__ACTION_UNMUTE:
        acd_talk_mute(acd, contact, action->action_case == FARSEAT__V1__CONTACT_ACTION__ACTION_MUTE);
        break;
    case FARSEAT__V1__CONTACT_ACTION__ACTION_ANSWER:
        acd_offer_answer(acd, contact);
        break;
    default:
        acd_fail(acd, FAR_EINVAL, "no action given");
        break;
    }
}
