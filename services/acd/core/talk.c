/* SPDX-License-Identifier: Apache-2.0 */
/* A contact with an agent: talk, hold, transfer, and the ways in which it ends. */
#include "state.h"
#include <string.h>

#define BRIDGE_AGAIN_US  2000000
#define BRIDGE_AGAIN_MAX 5

static struct part *part_now(struct contact *contact)
{
    return contact->part_count ? &contact->parts[contact->part_count - 1] : NULL;
}

/* --- the beginning --- */

static void fact_answered(struct acd *acd, const struct contact *contact, const struct agent *agent,
                          uint64_t waited_ms)
{
    const struct segment *segment = acd_segment_get(acd, contact->main_segment);
    const struct part *part = &contact->parts[contact->part_count - 1];
    Farseat__V1__TelephoneNumber caller;
    acd_fact_caller(contact, &caller);
    Farseat__V1__ContactAnswered fact = FARSEAT__V1__CONTACT_ANSWERED__INIT;
    fact.segment_id = TEXT(segment->id);
    fact.waited_ms = waited_ms;
    fact.recording_id = TEXT(part->recording);
    fact.caller = &caller;
    struct fact_about about = {.contact = contact, .agent = agent, .queue_id = part->queue};
    acd_fact(acd, "contact.answered", &about, FARSEAT__V1__FACT__BODY_CONTACT_ANSWERED, &fact);
}

/* Recorders of the caller's site first, then the others, in the configuration's order. */
static size_t recorders(const struct acd *acd, const struct contact *contact, char *uris[RECORDERS_MAX])
{
    const Farseat__V1__CentreConfig *config = acd_config_now(acd);
    size_t count = 0;
    for (int other = 0; other < 2; other++)
        for (size_t i = 0; config && i < config->n_recorders && count < RECORDERS_MAX; i++)
            if ((strcmp(config->recorders[i]->site, contact->site) != 0) == other)
                uris[count++] = config->recorders[i]->uri;
    return count;
}

static void record_start(struct acd *acd, struct contact *contact, const struct agent *agent,
                         struct part *part)
{
    char *uris[RECORDERS_MAX];
    const struct queue *queue = acd_queue_find(acd, part->queue);
    struct leg *caller = acd_caller_up(acd, contact);
    struct segment *segment = acd_segment_get(acd, contact->main_segment);
    size_t count = recorders(acd, contact, uris);
    if (!queue || !queue->config || !queue->config->record || count == 0 || !caller) return;
    acd_new_id(acd, part->recording);
    COPY(segment->recording, part->recording);
    Farseat__V1__RecordCommand record = FARSEAT__V1__RECORD_COMMAND__INIT;
    record.recording_id = part->recording;
    record.recorder_uris = uris;
    record.n_recorder_uris = count;
    record.segment_id = segment->id;
    record.agent_id = TEXT(agent->id);
    record.agent_name = TEXT(agent->name);
    record.queue_id = part->queue;
    record.caller_number = contact->caller;
    acd_command(acd, caller, FARSEAT__V1__EDGE_COMMAND__BODY_RECORD, &record);
}

static struct part *part_new(struct acd *acd, struct contact *contact, const struct agent *agent,
                             const struct leg *leg)
{
    const struct phone *phone = acd_phone_get(acd, leg->phone);
    const struct edge *edge = acd_edge_get(acd, leg->edge);
    assert(contact->part_count < PARTS_MAX);
    struct part *part = &contact->parts[contact->part_count++];
    *part = (struct part){0};
    COPY(part->agent, agent->id);
    COPY(part->queue, contact->queue_id);
    COPY(part->phone, phone ? phone->id : "");
    COPY(part->site, agent->site);
    COPY(part->edge, edge ? edge->name : "");
    COPY(part->address, leg->address[0] || !phone ? leg->address : phone->address);
    part->ring_ms = acd_offer_ring_ms(leg);
    return part;
}

static void talk_segment(struct acd *acd, struct contact *contact, uint32_t kind, uint64_t at_ms,
                         const char *outcome)
{
    const struct part *part = part_now(contact);
    struct segment *segment = acd_segment_main(acd, contact, kind, at_ms, outcome);
    COPY(segment->agent, part->agent);
    COPY(segment->queue, part->queue);
    COPY(segment->phone, part->phone);
    COPY(segment->site, part->site);
    COPY(segment->recording, part->recording);
}

void acd_talk_begin(struct acd *acd, struct contact *contact, uint64_t at_ms)
{
    struct agent *agent = acd_agent_get(acd, contact->agent);
    const struct leg *leg = acd_leg_get(acd, contact->agent_leg);
    uint64_t waited_ms = at_ms > contact->queued_ms ? at_ms - contact->queued_ms : 0;
    acd_queue_leave(acd, contact, at_ms, "answered");
    struct part *part = part_new(acd, contact, agent, leg);
    acd_contact_event(acd, contact, CONTACT_EV_BRIDGED);
    contact->phase = PHASE_NONE;
    contact->attempts = 0;
    (void)acd_agent_event(acd, agent, AGENT_EV_UP, "");
    talk_segment(acd, contact, SEGMENT_TALK, at_ms, "");
    if (!contact->answered) {
        contact->answered = true;
        contact->ring_ms = part->ring_ms;
        acd->count.answered++;
    }
    record_start(acd, contact, agent, part);
    fact_answered(acd, contact, agent, waited_ms);
    if (contact->hold_wanted) acd_talk_hold(acd, contact);
}

/* --- hold --- */

bool acd_talking(struct acd *acd, const struct contact *contact)
{
    if (contact->state == CONTACT_TALKING || contact->state == CONTACT_HELD) return true;
    acd_fail(acd, FAR_ESTATE, "contact %s is not talking with an agent", contact->id);
    return false;
}

static void unbridge(struct acd *acd, struct contact *contact)
{
    struct leg *caller = acd_caller_up(acd, contact);
    if ((contact->bridged || contact->bridging) && caller) {
        Farseat__V1__UnbridgeCommand command = FARSEAT__V1__UNBRIDGE_COMMAND__INIT;
        acd_command(acd, caller, FARSEAT__V1__EDGE_COMMAND__BODY_UNBRIDGE, &command);
    }
    contact->bridged = contact->bridging = false;
}

void acd_talk_hold(struct acd *acd, struct contact *contact)
{
    struct agent *agent = acd_agent_get(acd, contact->agent);
    contact->hold_wanted = true;
    if (contact->state == CONTACT_RINGING) return; /* the phone was quicker than the bridge */
    if (!acd_talking(acd, contact) || contact->state == CONTACT_HELD) return;
    Farseat__V1__ContactHeld fact = FARSEAT__V1__CONTACT_HELD__INIT;
    unbridge(acd, contact);
    acd_timer_clear(acd, TIMER_CONTACT, contact->self);
    acd_queue_music(acd, contact);
    contact->holds++;
    acd_contact_event(acd, contact, CONTACT_EV_HOLD);
    talk_segment(acd, contact, SEGMENT_HOLD, acd_contact_ms(acd, contact), "held");
    (void)acd_agent_event(acd, agent, AGENT_EV_HOLD, "");
    struct fact_about about = {.contact = contact, .agent = agent, .queue_id = contact->queue_id};
    acd_fact(acd, "contact.held", &about, FARSEAT__V1__FACT__BODY_CONTACT_HELD, &fact);
}

void acd_talk_resume(struct acd *acd, struct contact *contact)
{
    contact->hold_wanted = false;
    if (contact->state == CONTACT_RINGING) return;
    if (!acd_talking(acd, contact) || contact->state == CONTACT_TALKING || contact->bridging) return;
    acd_bridge(acd, contact);
}

void acd_talk_resumed(struct acd *acd, struct contact *contact, uint64_t at_ms)
{
    struct agent *agent = acd_agent_get(acd, contact->agent);
    Farseat__V1__ContactResumed fact = FARSEAT__V1__CONTACT_RESUMED__INIT;
    acd_contact_event(acd, contact, CONTACT_EV_RESUME);
    talk_segment(acd, contact, SEGMENT_TALK, at_ms, "resumed");
    (void)acd_agent_event(acd, agent, AGENT_EV_RESUME, "");
    struct fact_about about = {.contact = contact, .agent = agent, .queue_id = contact->queue_id};
    acd_fact(acd, "contact.resumed", &about, FARSEAT__V1__FACT__BODY_CONTACT_RESUMED, &fact);
    if (contact->hold_wanted) acd_talk_hold(acd, contact); /* put on hold again meanwhile */
}

/* --- mute: his leg is told, whatever it is bridged with --- */

void acd_talk_mute(struct acd *acd, struct contact *contact, bool on)
{
    struct agent *agent = acd_agent_get(acd, contact->agent);
    struct leg *leg = acd_leg_get(acd, contact->agent_leg);
    if (!acd_talking(acd, contact) || agent->muted == on) return;
    Farseat__V1__MuteCommand mute = FARSEAT__V1__MUTE_COMMAND__INIT;
    mute.on = on;
    acd_command(acd, leg, FARSEAT__V1__EDGE_COMMAND__BODY_MUTE, &mute);
    acd_agent_mute(acd, agent, on);
}

/* --- the bridge breaks while both legs live --- */

void acd_bridge_down(struct acd *acd, struct contact *contact, const char *bridge_id)
{
    if (!contact->bridged || strcmp(contact->bridge_id, bridge_id) != 0) return;
    contact->bridged = false;
    contact->bridge_down_ms = contact->clock_ms;
    if (contact->state != CONTACT_TALKING) return;
    contact->attempts = 0; /* the agent's LegEnded follows; else the link broke */
    acd_timer_set(acd, TIMER_CONTACT, contact->self, acd->now_us + BRIDGE_AGAIN_US);
}

void acd_bridge_again(struct acd *acd, struct contact *contact)
{
    if (contact->bridged) return;
    if (++contact->attempts > BRIDGE_AGAIN_MAX) {
        struct leg *leg = acd_leg_get(acd, contact->agent_leg);
        acd_agent_lost(acd, contact, acd_contact_ms(acd, contact));
        if (leg) acd_leg_hangup(acd, leg, "bridge-failed", 0);
        return;
    }
    acd_bridge(acd, contact);
    acd_timer_set(acd, TIMER_CONTACT, contact->self, acd->now_us + 3 * BRIDGE_AGAIN_US);
}

/* --- the end --- */

static void record_stop(struct acd *acd, struct contact *contact, const struct part *part)
{
    struct leg *caller = acd_caller_up(acd, contact);
    if (!part->recording[0] || !caller) return;
    Farseat__V1__StopRecordCommand stop = FARSEAT__V1__STOP_RECORD_COMMAND__INIT;
    stop.recording_id = TEXT(part->recording);
    acd_command(acd, caller, FARSEAT__V1__EDGE_COMMAND__BODY_STOP_RECORD, &stop);
}

void acd_recording_empty(struct acd *acd, struct contact *contact, const char *recording_id)
{
    struct segment *segment = acd_segment_get(acd, contact->main_segment);
    if (segment && strcmp(segment->recording, recording_id) == 0) segment->recording[0] = '\0';
    for (uint32_t i = 0; i < contact->part_count; i++)
        if (strcmp(contact->parts[i].recording, recording_id) == 0) contact->parts[i].recording[0] = '\0';
}

void acd_talk_end(struct acd *acd, struct contact *contact, uint64_t at_ms, uint32_t by, const char *outcome)
{
    struct agent *agent = acd_agent_get(acd, contact->agent);
    struct leg *leg = acd_leg_get(acd, contact->agent_leg);
    struct part *part = part_now(contact);
    part->ended_by = by;
    record_stop(acd, contact, part);
    unbridge(acd, contact);
    acd_timer_clear(acd, TIMER_CONTACT, contact->self);
    (void)acd_segment_main(acd, contact, 0, at_ms, outcome);
    acd_contact_event(acd, contact, CONTACT_EV_FLOW);
    contact->agent = contact->agent_leg = 0;
    contact->bridge_id[0] = '\0';
    contact->bridge_down_ms = 0;
    contact->hold_wanted = false;
    if (leg) leg->contact = 0;
    acd_agent_after_call_work(acd, agent, contact, at_ms);
    if (leg) acd_leg_hangup(acd, leg, outcome, 0);
}

void acd_agent_left(struct acd *acd, struct contact *contact, uint64_t at_ms)
{
    if (!acd_talking(acd, contact)) return;
    acd_talk_end(acd, contact, at_ms, BY_AGENT, "agent-hangup");
    acd_flow_agent_left(acd, contact);
}

void acd_agent_lost(struct acd *acd, struct contact *contact, uint64_t at_ms)
{
    struct queue *queue = acd_queue_find(acd, contact->queue_id);
    acd_talk_end(acd, contact, at_ms, BY_SYSTEM, "agent-lost");
    if (queue && contact->part_count < PARTS_MAX)
        acd_queue_again(acd, contact, queue, at_ms);
    else
        acd_contact_hangup(acd, contact, BY_SYSTEM, "agent-lost");
}

/* On the caller's clock: exactly when the caller's edge has said so, else by the agent's leg's own time since
 * it was answered. */
static uint64_t left_at_ms(const struct acd *acd, const struct contact *contact, const struct leg *leg)
{
    const struct segment *segment = acd_segment_get(acd, contact->main_segment);
    if (contact->bridge_down_ms) return contact->bridge_down_ms;
    uint64_t talked_ms = leg->leg_ms > leg->answered_ms ? leg->leg_ms - leg->answered_ms : 0;
    uint64_t at_ms = leg->caller_ms_at_answer + talked_ms;
    return segment && at_ms < segment->offset_ms ? segment->offset_ms : at_ms;
}

static const char *missed_cause(const struct leg_end *end, const char **ret_reason)
{
    if (end->lost || strcmp(end->cause, "unreachable") == 0 || strcmp(end->cause, "error") == 0 ||
        strcmp(end->cause, "media-lost") == 0 || strcmp(end->cause, "edge-draining") == 0 ||
        strcmp(end->cause, "browser-gone") == 0 || strcmp(end->cause, "media-failed") == 0) {
        *ret_reason = "unreachable";
        return end->lost ? "agent-gone" : "unreachable";
    }
    if (strcmp(end->cause, "no-answer") == 0) {
        *ret_reason = "no-answer";
        return "no-answer";
    }
    *ret_reason = "declined"; /* busy, declined, or hung up at once */
    return "declined";
}

void acd_agent_leg_ended(struct acd *acd, struct leg *leg, const struct leg_end *end)
{
    struct agent *agent = acd_agent_get(acd, leg->agent);
    struct contact *contact = acd_contact_get(acd, leg->contact);
    const char *reason;
    if (end->leg_ms > leg->leg_ms) leg->leg_ms = end->leg_ms;
    leg->state = LEG_ENDING; /* no command can reach it any more */
    if (contact && contact->agent_leg == leg->self) {
        if (contact->state == CONTACT_RINGING) {
            const char *cause = missed_cause(end, &reason);
            acd_offer_failed(acd, contact, cause, reason);
        } else if (end->by_remote) {
            acd_agent_left(acd, contact, left_at_ms(acd, contact, leg));
        } else {
            acd_agent_lost(acd, contact, left_at_ms(acd, contact, leg));
        }
    }
    if (!agent || agent->leg != leg->self) return;
    agent->leg = 0;
    acd_agent_refresh(acd, agent);
    (void)acd_agent_remove_if_free(acd, agent);
}

/* --- transfer --- */

/* Blind. To an agent who is free: offered at once; else, and when he does not answer, the contact waits in
 * its queue, where it first stood. */
void acd_transfer(struct acd *acd, struct contact *contact, struct agent *target, struct queue *queue)
{
    struct agent *from = acd_agent_get(acd, contact->agent);
    if (!acd_talking(acd, contact)) return;
    if (contact->part_count == PARTS_MAX) {
        acd_fail(acd, FAR_EFULL, "contact %s has been with %d agents: no more transfers", contact->id,
                 PARTS_MAX);
        return;
    }
    if (!queue) queue = acd_queue_find(acd, contact->queue_id);
    uint64_t at_ms = acd_contact_ms(acd, contact);
    Farseat__V1__ContactTransferred fact = FARSEAT__V1__CONTACT_TRANSFERRED__INIT;
    fact.to_agent_id = TEXT(target ? target->id : "");
    fact.to_queue_id = TEXT(target ? "" : queue->id);
    struct fact_about about = {.contact = contact, .agent = from, .queue_id = contact->queue_id};
    acd_fact(acd, "contact.transferred", &about, FARSEAT__V1__FACT__BODY_CONTACT_TRANSFERRED, &fact);
    acd_talk_end(acd, contact, at_ms, BY_AGENT, "transferred");
    contact->transfers++;
    acd_queue_again(acd, contact, queue, at_ms);
    if (target && target->class == CLASS_READY && acd_contact_open(acd, contact) &&
        acd->legs.len < acd->legs.capacity)
        acd_offer(acd, contact, queue, target, RULE_TRANSFER);
}

/* An agent's phone asks to be rid of the call: the target is an agent's phone, an agent or a queue. */
void acd_referred(struct acd *acd, struct contact *contact, const char *target)
{
    const struct phone *phone = acd_phone_find(acd, target);
    struct agent *agent = acd_agent_find(acd, target);
    if (phone && phone->agent) agent = acd_agent_get(acd, phone->agent);
    struct queue *queue = acd_queue_find(acd, target);
    if (agent && agent->self == contact->agent)
        acd_fail(acd, FAR_EINVAL, "transfer: \"%.63s\" is the agent who transfers", target);
    else if (agent)
        acd_transfer(acd, contact, agent, NULL);
    else if (queue)
        acd_transfer(acd, contact, NULL, queue);
    else
        acd_fail(acd, FAR_ENOTFOUND, "transfer: \"%.63s\" is no phone in use, no agent and no queue", target);
}
