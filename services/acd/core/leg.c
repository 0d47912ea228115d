/* SPDX-License-Identifier: Apache-2.0 */
/* Legs as the core knows them, and what edges say about them. */
#include "state.h"
#include <string.h>

#define ANSWER_US_MAX 45000000  /* beyond the edge's own 40 s */
#define ENDING_US     10000000  /* then Hangup is sent again */
#define HANGUPS_MAX   3         /* then the edge is taken to know nothing of the leg */
#define ORPHAN_US     600000000 /* as long as edges keep tombstones */

static const struct far_state_row rows[] = {
    FAR_STATE_ROW(LEG_DIALLING, LEG_EV_RINGING, LEG_RINGING),
    FAR_STATE_ROW(LEG_RINGING, LEG_EV_RINGING, LEG_RINGING),
    FAR_STATE_ROW(LEG_ENDING, LEG_EV_RINGING, LEG_ENDING), /* crossed our Hangup */
    FAR_STATE_ROW(LEG_ANSWERING, LEG_EV_ANSWERED, LEG_UP),
    FAR_STATE_ROW(LEG_DIALLING, LEG_EV_ANSWERED, LEG_UP),
    FAR_STATE_ROW(LEG_RINGING, LEG_EV_ANSWERED, LEG_UP),
    FAR_STATE_ROW(LEG_ENDING, LEG_EV_ANSWERED, LEG_ENDING),
    FAR_STATE_ROW(LEG_ANSWERING, LEG_EV_HANGUP, LEG_ENDING),
    FAR_STATE_ROW(LEG_DIALLING, LEG_EV_HANGUP, LEG_ENDING),
    FAR_STATE_ROW(LEG_RINGING, LEG_EV_HANGUP, LEG_ENDING),
    FAR_STATE_ROW(LEG_UP, LEG_EV_HANGUP, LEG_ENDING),
};
const struct far_machine acd_leg_machine = {"leg", rows, FAR_ARRAY_LEN(rows)};

bool acd_leg_event(struct acd *acd, struct leg *leg, enum leg_event event)
{
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++) {
        if (rows[i].from != leg->state || rows[i].event != event) continue;
        leg->state = (enum leg_state)rows[i].to;
        if (leg->state == LEG_ENDING) acd_timer_set(acd, TIMER_LEG, leg->self, acd->now_us + ENDING_US);
        return true;
    }
    return false;
}

struct leg *acd_leg_new(struct acd *acd, const char *id, struct edge *edge, enum leg_role role)
{
    uint64_t self = 0;
    struct leg *leg = far_pool_new(&acd->legs, &self);
    if (!leg) return NULL;
    leg->self = self;
    COPY(leg->id, id);
    leg->edge = edge->self;
    leg->role = role;
    leg->state = role == LEG_CALLER ? LEG_ANSWERING : LEG_DIALLING;
    leg->command_next = 1;
    leg->clock_us = acd->now_us;
    acd_index_put(acd->leg_index, leg->id, self);
    if (role == LEG_CALLER) acd_timer_set(acd, TIMER_LEG, self, acd->now_us + ANSWER_US_MAX);
    return leg;
}

void acd_leg_hangup(struct acd *acd, struct leg *leg, const char *cause, uint32_t sip_status)
{
    if (!acd_leg_event(acd, leg, LEG_EV_HANGUP)) return;
    Farseat__V1__HangupCommand hangup = FARSEAT__V1__HANGUP_COMMAND__INIT;
    hangup.cause = TEXT(cause);
    hangup.sip_status = sip_status;
    acd_command(acd, leg, FARSEAT__V1__EDGE_COMMAND__BODY_HANGUP, &hangup);
    leg->hangups = 1;
}

void acd_leg_free(struct acd *acd, struct leg *leg)
{
    bool was_full = acd->legs.len == acd->legs.capacity;
    struct phone *phone = leg->role == LEG_CALLER ? acd_phone_get(acd, leg->phone) : NULL;
    acd_commands_drop_leg(acd, leg);
    acd_timer_clear(acd, TIMER_LEG, leg->self);
    (void)far_index_remove_text(acd->leg_index, leg->id);
    far_pool_free(&acd->legs, leg->self);
    if (phone) {
        phone->calls--;
        struct agent *agent = acd_agent_get(acd, phone->agent);
        if (agent) acd_agent_refresh(acd, agent);
    }
    if (was_full) memset(acd->dirty, 0xff, acd->queue_words * sizeof(*acd->dirty));
}

void acd_leg_ended(struct acd *acd, struct leg *leg, const struct leg_end *end)
{
    struct contact *contact = acd_contact_get(acd, leg->contact);
    uint64_t self = leg->self;
    if (leg->role == LEG_AGENT)
        acd_agent_leg_ended(acd, leg, end);
    else if (contact)
        acd_contact_gone(acd, contact, end);
    leg = acd_leg_get(acd, self);
    if (leg) acd_leg_free(acd, leg);
}

/* Something about the leg went wrong that nobody can mend: hang it up and go on without it. */
void acd_leg_broken(struct acd *acd, struct leg *leg, const char *cause)
{
    struct contact *contact = acd_contact_get(acd, leg->contact);
    if (leg->role == LEG_CALLER && contact) {
        acd_contact_hangup(acd, contact, BY_SYSTEM, cause);
        return;
    }
    if (contact && contact->agent_leg == leg->self) {
        if (contact->state == CONTACT_RINGING)
            acd_offer_failed(acd, contact, "unreachable", "unreachable");
        else
            acd_agent_lost(acd, contact, acd_contact_ms(acd, contact));
    }
    acd_leg_hangup(acd, leg, cause, 0);
}

static void ending_timer(struct acd *acd, struct leg *leg)
{
    const struct edge *edge = acd_edge_get(acd, leg->edge);
    bool orphan = edge && edge->state == EDGE_LOST;
    bool heard = edge && edge->state == EDGE_STARTED;
    if (orphan || (heard && leg->hangups >= HANGUPS_MAX)) {
        acd_leg_ended(acd, leg, &(struct leg_end){.leg_ms = leg->leg_ms, .cause = "error"});
        return;
    }
    if (edge) { /* an edge that hears nothing now may do so in time; only one that hears counts against the
                   leg */
        Farseat__V1__HangupCommand hangup = FARSEAT__V1__HANGUP_COMMAND__INIT;
        hangup.cause = TEXT("again");
        acd_command(acd, leg, FARSEAT__V1__EDGE_COMMAND__BODY_HANGUP, &hangup);
        if (heard) leg->hangups++;
    }
    acd_timer_set(acd, TIMER_LEG, leg->self, acd->now_us + ENDING_US);
}

void acd_leg_timer(struct acd *acd, struct leg *leg)
{
    struct contact *contact = acd_contact_get(acd, leg->contact);
    if (leg->state == LEG_ENDING) {
        ending_timer(acd, leg);
        return;
    }
    if (leg->role == LEG_AGENT && contact && contact->agent_leg == leg->self &&
        contact->state == CONTACT_RINGING) {
        bool rang_out = leg->state == LEG_RINGING;
        leg->leg_ms += (uint64_t)acd_ms(acd->now_us - leg->clock_us);
        leg->clock_us = acd->now_us;
        acd_offer_failed(acd, contact, rang_out ? "no-answer" : "unreachable",
                         rang_out ? "no-answer" : "unreachable");
        acd_leg_hangup(acd, leg, "timeout", 0);
        return;
    }
    if (leg->role == LEG_AGENT && leg->state == LEG_UP) return;
    if (leg->role == LEG_CALLER && contact && contact->state == CONTACT_RINGING && contact->bridging) {
        acd_bridge_failed(acd, contact, contact->bridge_id);
        return;
    }
    acd_leg_broken(acd, leg, "timeout");
}

/* Its edge is gone. forget: for good (a new incarnation), else it may come back and is then told to hang up.
 */
void acd_legs_of_edge_end(struct acd *acd, uint64_t edge, bool forget)
{
    for (int role = LEG_CALLER; role <= LEG_AGENT;
         role++) /* callers first: what they had needs no new agent */
        for (uint64_t id = far_pool_next(&acd->legs, 0); id; id = far_pool_next(&acd->legs, id)) {
            struct leg *leg = acd_leg_get(acd, id);
            if (leg->edge != edge || leg->role != (uint32_t)role) continue;
            struct leg_end end = {.cause = "edge-lost", .lost = true};
            end.leg_ms = leg->leg_ms + (uint64_t)acd_ms(acd->now_us - leg->clock_us);
            struct contact *contact = acd_contact_get(acd, leg->contact);
            if (role == LEG_AGENT)
                acd_agent_leg_ended(acd, leg, &end);
            else if (contact)
                acd_contact_gone(acd, contact, &end);
            if (forget) {
                acd_leg_free(acd, leg);
                continue;
            }
            leg->contact = leg->agent = 0;
            leg->state = LEG_ENDING;
            leg->hangups = 0;
            acd_timer_set(acd, TIMER_LEG, leg->self, acd->now_us + ORPHAN_US);
        }
}

/* --- inputs --- */

/* Every input about a leg begins with the same fields; the bodies differ in their structs only. */
struct leg_head {
    const char *leg_id;
    uint64_t leg_ms;
    uint32_t commands_done;
    bool alive; /* it proves that the leg lives, so an unknown one is told to hang up */
};

#define HEAD(message, lives)                                                                                 \
    {                                                                                                        \
        (message)->leg_id, (message)->leg_ms, (message)->commands_done, (lives)                              \
    }

static struct leg_head head_of(const Farseat__V1__AcdInput *input)
{
    switch (input->body_case) {
    case FARSEAT__V1__ACD_INPUT__BODY_LEG_RINGING:
        return (struct leg_head)HEAD(input->leg_ringing, true);
    case FARSEAT__V1__ACD_INPUT__BODY_LEG_ANSWERED:
        return (struct leg_head)HEAD(input->leg_answered, true);
    case FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED:
        return (struct leg_head)HEAD(input->leg_ended, false);
    case FARSEAT__V1__ACD_INPUT__BODY_LEG_HOLD:
        return (struct leg_head)HEAD(input->leg_hold, true);
    case FARSEAT__V1__ACD_INPUT__BODY_LEG_REFERRED:
        return (struct leg_head)HEAD(input->leg_referred, true);
    case FARSEAT__V1__ACD_INPUT__BODY_PLAY_DONE:
        return (struct leg_head)HEAD(input->play_done, false);
    case FARSEAT__V1__ACD_INPUT__BODY_DIGITS_COLLECTED:
        return (struct leg_head)HEAD(input->digits_collected, true);
    case FARSEAT__V1__ACD_INPUT__BODY_BRIDGE_UP:
        return (struct leg_head)HEAD(input->bridge_up, true);
    case FARSEAT__V1__ACD_INPUT__BODY_BRIDGE_FAILED:
        return (struct leg_head)HEAD(input->bridge_failed, true);
    case FARSEAT__V1__ACD_INPUT__BODY_BRIDGE_DOWN:
        return (struct leg_head)HEAD(input->bridge_down, false);
    case FARSEAT__V1__ACD_INPUT__BODY_RECORDING_STARTED:
        return (struct leg_head)HEAD(input->recording_started, false);
    case FARSEAT__V1__ACD_INPUT__BODY_RECORDING_STOPPED:
        return (struct leg_head)HEAD(input->recording_stopped, false);
    case FARSEAT__V1__ACD_INPUT__BODY_RECORDING_FAILED:
        return (struct leg_head)HEAD(input->recording_failed, false);
    default:
        return (struct leg_head){"", 0, 0, false};
    }
}

static void unknown_leg(struct acd *acd, struct edge *edge, const struct leg_head *head)
{
    acd_fail(acd, FAR_ENOTFOUND, "leg %.36s is not known (any more)", head->leg_id);
    if (!head->alive || !acd_uuid_valid(head->leg_id)) return;
    Farseat__V1__HangupCommand hangup = FARSEAT__V1__HANGUP_COMMAND__INIT;
    hangup.cause = TEXT("unknown");
    acd_command_loose(acd, edge, head->leg_id, head->commands_done + 1,
                      FARSEAT__V1__EDGE_COMMAND__BODY_HANGUP, &hangup);
}

static void leg_answered(struct acd *acd, struct leg *leg, const Farseat__V1__LegAnswered *answered)
{
    struct contact *contact = acd_contact_get(acd, leg->contact);
    bool was_up = leg->state == LEG_UP;
    if (!acd_leg_event(acd, leg, LEG_EV_ANSWERED) || was_up || leg->state != LEG_UP) return;
    acd_timer_clear(acd, TIMER_LEG, leg->self);
    leg->answered_ms = answered->leg_ms;
    COPY(leg->address, answered->phone_address);
    if (!contact) return;
    if (leg->role == LEG_CALLER)
        acd_flow_start(acd, contact);
    else
        acd_offer_answered(acd, contact, leg);
}

static void leg_ringing(struct acd *acd, struct leg *leg, const Farseat__V1__LegRinging *ringing)
{
    if (leg->role != LEG_AGENT || leg->rang || !acd_leg_event(acd, leg, LEG_EV_RINGING)) return;
    leg->rang = true;
    leg->ringing_ms = ringing->leg_ms;
    struct agent *agent = acd_agent_get(acd, leg->agent);
    if (agent && leg->state == LEG_RINGING) (void)acd_agent_event(acd, agent, AGENT_EV_RING, "");
}

/* From an agent's phone; the caller's own wishes of this kind change nothing here. */
static void leg_wish(struct acd *acd, struct leg *leg, struct contact *contact,
                     const Farseat__V1__AcdInput *input)
{
    if (leg->role != LEG_AGENT || !contact || contact->agent_leg != leg->self) return;
    if (input->body_case == FARSEAT__V1__ACD_INPUT__BODY_LEG_REFERRED)
        acd_referred(acd, contact, input->leg_referred->target);
    else if (input->leg_hold->held)
        acd_talk_hold(acd, contact);
    else
        acd_talk_resume(acd, contact);
}

static void leg_body(struct acd *acd, struct leg *leg, const Farseat__V1__AcdInput *input)
{
    struct contact *contact = acd_contact_get(acd, leg->contact);
    bool caller = leg->role == LEG_CALLER && contact && leg->state != LEG_ENDING;
    switch (input->body_case) {
    case FARSEAT__V1__ACD_INPUT__BODY_LEG_RINGING:
        leg_ringing(acd, leg, input->leg_ringing);
        break;
    case FARSEAT__V1__ACD_INPUT__BODY_LEG_ANSWERED:
        leg_answered(acd, leg, input->leg_answered);
        break;
    case FARSEAT__V1__ACD_INPUT__BODY_LEG_HOLD:
    case FARSEAT__V1__ACD_INPUT__BODY_LEG_REFERRED:
        leg_wish(acd, leg, contact, input);
        break;
    case FARSEAT__V1__ACD_INPUT__BODY_PLAY_DONE:
        if (caller) acd_flow_play_done(acd, contact, input->play_done);
        break;
    case FARSEAT__V1__ACD_INPUT__BODY_DIGITS_COLLECTED:
        if (caller) acd_flow_digits(acd, contact, input->digits_collected);
        break;
    case FARSEAT__V1__ACD_INPUT__BODY_BRIDGE_UP:
        if (caller) acd_bridge_up(acd, contact, input->bridge_up->bridge_id);
        break;
    case FARSEAT__V1__ACD_INPUT__BODY_BRIDGE_FAILED:
        if (caller) acd_bridge_failed(acd, contact, input->bridge_failed->bridge_id);
        break;
    case FARSEAT__V1__ACD_INPUT__BODY_BRIDGE_DOWN:
        if (caller) acd_bridge_down(acd, contact, input->bridge_down->bridge_id);
        break;
    case FARSEAT__V1__ACD_INPUT__BODY_RECORDING_STOPPED:
        if (contact && input->recording_stopped->recorded_ms == 0)
            acd_recording_empty(acd, contact, input->recording_stopped->recording_id);
        break;
    default: /* RecordingFailed: the edge tries on until StopRecord, and its end tells what there is */
        break;
    }
}

void acd_leg_input(struct acd *acd, const Farseat__V1__AcdInput *input)
{
    struct leg_head head = head_of(input);
    struct edge *edge = acd_edge_find(acd, input->producer);
    struct leg *leg = acd_leg_find(acd, head.leg_id);
    if (!leg) {
        unknown_leg(acd, edge, &head);
        return;
    }
    if (leg->edge != edge->self) {
        acd->out->outcome = ACD_REFUSED;
        acd_fail(acd, FAR_EDENIED, "leg %s is not %s's", leg->id, edge->name);
        return;
    }
    if (head.leg_ms > leg->leg_ms) leg->leg_ms = head.leg_ms;
    leg->clock_us = acd->now_us;
    if (head.commands_done < leg->command_next) acd_commands_done(acd, leg, head.commands_done);
    struct contact *contact = acd_contact_get(acd, leg->contact);
    if (leg->role == LEG_CALLER && contact) acd_contact_clock(acd, contact, leg->leg_ms);
    if (input->body_case != FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED) {
        leg_body(acd, leg, input);
        return;
    }
    acd_commands_unbegun(acd, leg); /* what commands_done has not reached was not executed */
    const Farseat__V1__LegEnded *ended = input->leg_ended;
    struct leg_end end = {.leg_ms = leg->leg_ms, .cause = ended->cause, .by_remote = ended->by_remote};
    end.sound_gap_us_max = ended->sound_gap_us_max;
    acd_leg_ended(acd, leg, &end);
}
