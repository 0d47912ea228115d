/* SPDX-License-Identifier: Apache-2.0 */
/* An offer: from the reservation of an agent to the bridge, or to whatever came instead. The contact keeps
 * its place in the queue all the while. */
#include "state.h"
#include <string.h>

#define RING_NET_US   10000000 /* beyond the edge's own timer */
#define BRIDGE_US_MAX 15000000

static void fact_offered(struct acd *acd, const struct contact *contact, const struct agent *agent,
                         const struct segment *segment, const struct phone *phone)
{
    struct decision_storage storage;
    Farseat__V1__TelephoneNumber caller;
    acd_fact_caller(contact, &caller);
    acd_decision_fill(&segment->decision, &storage);
    Farseat__V1__ContactOffered fact = FARSEAT__V1__CONTACT_OFFERED__INIT;
    fact.segment_id = TEXT(segment->id);
    fact.phone = TEXT(phone->id);
    fact.decision = &storage.decision;
    fact.caller = &caller;
    struct fact_about about = {.contact = contact, .agent = agent, .queue_id = contact->queue_id};
    acd_fact(acd, "contact.offered", &about, FARSEAT__V1__FACT__BODY_CONTACT_OFFERED, &fact);
}

static void fact_offer_ended(struct acd *acd, const struct contact *contact, const struct agent *agent,
                             const struct segment *segment, const char *cause)
{
    Farseat__V1__ContactOfferEnded fact = FARSEAT__V1__CONTACT_OFFER_ENDED__INIT;
    fact.segment_id = TEXT(segment->id);
    fact.cause = TEXT(cause);
    struct fact_about about = {.contact = contact, .agent = agent, .queue_id = contact->queue_id};
    acd_fact(acd, "contact.offer-ended", &about, FARSEAT__V1__FACT__BODY_CONTACT_OFFER_ENDED, &fact);
}

static void dial(struct acd *acd, struct leg *leg, const struct contact *contact, const struct queue *queue,
                 const struct agent *agent, const struct phone *phone)
{
    Farseat__V1__DialCommand dial = FARSEAT__V1__DIAL_COMMAND__INIT;
    dial.phone = TEXT(phone->id);
    dial.caller_number = TEXT(contact->caller);
    dial.caller_name = TEXT(contact->caller_name);
    dial.called_number = TEXT(contact->published);
    dial.ring_ms_max = acd_queue_ring_ms_max(queue);
    dial.agent_id = TEXT(agent->id);
    dial.queue_id = TEXT(queue->id);
    acd_command(acd, leg, FARSEAT__V1__EDGE_COMMAND__BODY_DIAL, &dial);
}

void acd_offer(struct acd *acd, struct contact *contact, struct queue *queue, struct agent *agent,
               enum decision_rule rule)
{
    const struct phone *phone = acd_phone_get(acd, agent->phone);
    struct decision decision;
    char id[UUID_SIZE];
    acd_decide(acd, contact, queue, agent, rule, &decision);
    acd_new_id(acd, id);
    struct leg *leg = acd_leg_new(acd, id, acd_edge_get(acd, phone->edge), LEG_AGENT);
    leg->contact = contact->self;
    leg->agent = agent->self;
    leg->phone = phone->self;
    contact->agent = agent->self;
    contact->agent_leg = leg->self;
    agent->contact = contact->self;
    agent->leg = leg->self;
    COPY(agent->queue_id, queue->id);
    (void)acd_agent_event(acd, agent, AGENT_EV_OFFER, "");
    acd_contact_event(acd, contact, CONTACT_EV_OFFER);
    acd_queue_refresh(acd, contact);
    struct segment *segment = acd_segment_open(acd, contact, SEGMENT_RING, acd_contact_ms(acd, contact));
    segment->decision = decision;
    segment->position = decision.position;
    COPY(segment->agent, agent->id);
    COPY(segment->queue, queue->id);
    COPY(segment->phone, phone->id);
    COPY(segment->site, agent->site);
    contact->ring_segment = segment->self;
    fact_offered(acd, contact, agent, segment, phone);
    dial(acd, leg, contact, queue, agent, phone);
    acd_timer_set(acd, TIMER_LEG, leg->self,
                  acd->now_us + (int64_t)acd_queue_ring_ms_max(queue) * 1000 + RING_NET_US);
}

/* By the phone's own clock. */
uint64_t acd_offer_ring_ms(const struct leg *leg)
{
    uint64_t end_ms = leg->answered_ms ? leg->answered_ms : leg->leg_ms;
    return leg->rang && end_ms > leg->ringing_ms ? end_ms - leg->ringing_ms : 0;
}

static void ring_segment_close(struct acd *acd, struct contact *contact, const struct leg *leg,
                               const char *outcome)
{
    struct segment *segment = acd_segment_get(acd, contact->ring_segment);
    contact->ring_segment = 0;
    if (segment) acd_segment_close(acd, segment, segment->offset_ms + acd_offer_ring_ms(leg), outcome);
}

/* The contact is by itself again. The agent's leg stays his until it has ended: until then he is busy. */
static struct agent *let_go(struct acd *acd, struct contact *contact, struct leg *leg, const char *cause)
{
    struct agent *agent = acd_agent_get(acd, contact->agent);
    const struct segment *segment = acd_segment_get(acd, contact->ring_segment);
    if (segment) fact_offer_ended(acd, contact, agent, segment, cause);
    ring_segment_close(acd, contact, leg, cause);
    leg->contact = 0;
    contact->agent = contact->agent_leg = 0;
    contact->bridging = contact->hold_wanted = false;
    contact->bridge_id[0] = '\0';
    acd_contact_event(acd, contact, CONTACT_EV_UNANSWERED);
    return agent;
}

static void unbridge_if_up(struct acd *acd, struct contact *contact)
{
    struct leg *caller = acd_caller_up(acd, contact);
    if (!contact->bridging || !caller) return;
    Farseat__V1__UnbridgeCommand unbridge = FARSEAT__V1__UNBRIDGE_COMMAND__INIT;
    acd_command(acd, caller, FARSEAT__V1__EDGE_COMMAND__BODY_UNBRIDGE, &unbridge);
    acd_queue_music(acd, contact);
}

void acd_offer_failed(struct acd *acd, struct contact *contact, const char *cause, const char *agent_reason)
{
    struct leg *leg = acd_leg_get(acd, contact->agent_leg);
    struct agent *agent = acd_agent_get(acd, contact->agent);
    if (contact->missed_count < MISSED_MAX) {
        struct missed_offer *missed = &contact->missed[contact->missed_count++];
        COPY(missed->agent, agent->id);
        COPY(missed->cause, cause);
        missed->ring_ms = acd_offer_ring_ms(leg);
        missed->at_us = acd->stamp_us;
    }
    unbridge_if_up(acd, contact); /* the bridge may come up yet */
    agent = let_go(acd, contact, leg, cause);
    acd_agent_offer_over(acd, agent, agent_reason);
    if (contact->wait_over)
        acd_queue_overflow(acd, contact);
    else
        acd_queue_refresh(acd, contact);
}

void acd_offer_withdraw(struct acd *acd, struct contact *contact, uint64_t at_ms, const char *cause)
{
    struct leg *leg = acd_leg_get(acd, contact->agent_leg);
    (void)at_ms;
    struct agent *agent = let_go(acd, contact, leg, cause);
    acd_leg_hangup(acd, leg, cause, 0);
    acd_agent_offer_over(acd, agent, "");
}

void acd_offer_answer(struct acd *acd, const struct contact *contact)
{
    struct leg *leg = acd_leg_get(acd, contact->agent_leg);
    const struct phone *phone = leg ? acd_phone_get(acd, leg->phone) : NULL;
    if (contact->state != CONTACT_RINGING || !phone || leg->state != LEG_RINGING) {
        bool soon = contact->state == CONTACT_RINGING && leg && leg->state == LEG_DIALLING;
        acd_fail(acd, FAR_ESTATE, "contact %s does not ring at the agent's phone%s", contact->id,
                 soon ? " yet: try again in a moment" : "");
    } else if (phone->answer == ANSWER_BROWSER) {
        acd_fail(acd, FAR_ESTATE, "phone %s is in a browser: answer the call there", phone->id);
    } else if (phone->answer != ANSWER_TALK) {
        acd_fail(acd, FAR_ESTATE, "phone %s cannot be made to answer: lift the handset", phone->id);
    } else {
        Farseat__V1__TalkCommand talk = FARSEAT__V1__TALK_COMMAND__INIT;
        acd_command(acd, leg, FARSEAT__V1__EDGE_COMMAND__BODY_TALK, &talk);
    }
}

/* --- answered --- */

void acd_offer_answered(struct acd *acd, struct contact *contact, struct leg *leg)
{
    leg->caller_ms_at_answer = acd_contact_ms(acd, contact);
    acd_timer_set(acd, TIMER_LEG, leg->self, acd->now_us + BRIDGE_US_MAX);
    acd_bridge(acd, contact);
}

void acd_bridge(struct acd *acd, struct contact *contact)
{
    const struct leg *agent_leg = acd_leg_get(acd, contact->agent_leg);
    struct leg *caller = acd_caller_up(acd, contact);
    if (!agent_leg || !caller) return;
    Farseat__V1__BridgeCommand bridge = FARSEAT__V1__BRIDGE_COMMAND__INIT;
    acd_new_id(acd, contact->bridge_id);
    bridge.bridge_id = contact->bridge_id;
    bridge.peer_leg_id = TEXT(agent_leg->id);
    bridge.peer_edge = acd_edge_get(acd, agent_leg->edge)->name;
    contact->bridging = true;
    contact->bridged = false;
    contact->bridge_down_ms = 0;
    acd_command(acd, caller, FARSEAT__V1__EDGE_COMMAND__BODY_BRIDGE, &bridge);
}

void acd_bridge_up(struct acd *acd, struct contact *contact, const char *bridge_id)
{
    if (!contact->bridging || strcmp(contact->bridge_id, bridge_id) != 0) return;
    contact->bridging = false;
    contact->bridged = true;
    if (contact->state == CONTACT_RINGING) {
        struct leg *leg = acd_leg_get(acd, contact->agent_leg);
        acd_timer_clear(acd, TIMER_LEG, leg->self);
        ring_segment_close(acd, contact, leg, "answered");
        acd_talk_begin(acd, contact, contact->clock_ms);
    } else if (contact->state == CONTACT_HELD) {
        acd_talk_resumed(acd, contact, contact->clock_ms);
    }
}

void acd_bridge_failed(struct acd *acd, struct contact *contact, const char *bridge_id)
{
    struct leg *leg = acd_leg_get(acd, contact->agent_leg);
    if (!contact->bridging || strcmp(contact->bridge_id, bridge_id) != 0) return;
    contact->bridging = false;
    if (contact->state == CONTACT_RINGING) {
        acd_offer_failed(acd, contact, "bridge-failed", "unreachable");
        acd_leg_hangup(acd, leg, "bridge-failed", 0);
        bool silent = contact->phase == PHASE_MUSIC && contact->play_id[0] == '\0';
        if (silent && contact->state == CONTACT_QUEUED) acd_queue_music(acd, contact);
    } else if (contact->state == CONTACT_HELD) {
        acd_queue_music(acd, contact); /* still held; who wants him back asks again, or his leg's end comes */
    } else if (contact->state == CONTACT_TALKING) {
        acd_timer_set(acd, TIMER_CONTACT, contact->self, acd->now_us + 2000000);
    }
}
