/* SPDX-License-Identifier: Apache-2.0 */
/* Agents: their states as a table, what they wish, and whether they may be offered a contact. */
#include "state.h"
#include <string.h>

static const struct far_state_row rows[] = {
    FAR_STATE_ROW(AGENT_LOGGED_OUT, AGENT_EV_LOGIN, AGENT_NOT_READY),
    FAR_STATE_ROW(AGENT_NOT_READY, AGENT_EV_READY, AGENT_READY),
    FAR_STATE_ROW(AGENT_NOT_READY, AGENT_EV_NOT_READY, AGENT_NOT_READY), /* another reason */
    FAR_STATE_ROW(AGENT_NOT_READY, AGENT_EV_LOGOUT, AGENT_LOGGED_OUT),
    FAR_STATE_ROW(AGENT_READY, AGENT_EV_NOT_READY, AGENT_NOT_READY),
    FAR_STATE_ROW(AGENT_READY, AGENT_EV_LOGOUT, AGENT_LOGGED_OUT),
    FAR_STATE_ROW(AGENT_READY, AGENT_EV_OFFER, AGENT_RESERVED),
    FAR_STATE_ROW(AGENT_RESERVED, AGENT_EV_RING, AGENT_RINGING),
    FAR_STATE_ROW(AGENT_RESERVED, AGENT_EV_UP, AGENT_TALKING),     /* answered without ringing */
    FAR_STATE_ROW(AGENT_RESERVED, AGENT_EV_WITHDRAW, AGENT_READY), /* the caller gave up */
    FAR_STATE_ROW(AGENT_RESERVED, AGENT_EV_NOT_READY,
                  AGENT_NOT_READY), /* else the next contact is lost as well */
    FAR_STATE_ROW(AGENT_RESERVED, AGENT_EV_LOGOUT, AGENT_LOGGED_OUT), /* a wish that was waiting */
    FAR_STATE_ROW(AGENT_RINGING, AGENT_EV_UP, AGENT_TALKING),
    FAR_STATE_ROW(AGENT_RINGING, AGENT_EV_WITHDRAW, AGENT_READY),
    FAR_STATE_ROW(AGENT_RINGING, AGENT_EV_NOT_READY, AGENT_NOT_READY),
    FAR_STATE_ROW(AGENT_RINGING, AGENT_EV_LOGOUT, AGENT_LOGGED_OUT),
    FAR_STATE_ROW(AGENT_TALKING, AGENT_EV_HOLD, AGENT_HOLDING),
    FAR_STATE_ROW(AGENT_TALKING, AGENT_EV_FINISH, AGENT_AFTER_CALL_WORK),
    FAR_STATE_ROW(AGENT_HOLDING, AGENT_EV_RESUME, AGENT_TALKING),
    FAR_STATE_ROW(AGENT_HOLDING, AGENT_EV_FINISH, AGENT_AFTER_CALL_WORK),
    FAR_STATE_ROW(AGENT_AFTER_CALL_WORK, AGENT_EV_READY, AGENT_READY),
    FAR_STATE_ROW(AGENT_AFTER_CALL_WORK, AGENT_EV_NOT_READY, AGENT_NOT_READY),
    FAR_STATE_ROW(AGENT_AFTER_CALL_WORK, AGENT_EV_LOGOUT, AGENT_LOGGED_OUT),
};
const struct far_machine acd_agent_machine = {"agent", rows, FAR_ARRAY_LEN(rows)};

#define X(name, text) text,
static const char *const class_texts[CLASS_COUNT] = {AGENT_CLASS_MAP(X)};
#undef X

const char *acd_class_text(enum agent_class class)
{
    return class_texts[class];
}

static bool in_call(const struct agent *agent)
{
    return agent->state == AGENT_RESERVED || agent->state == AGENT_RINGING || agent->state == AGENT_TALKING ||
           agent->state == AGENT_HOLDING;
}

const char *acd_agent_next(const struct agent *agent)
{
    return agent->next_logout ? "logout" : agent->next_reason;
}

static void fact_state(struct acd *acd, const struct agent *agent, uint32_t before)
{
    const struct phone *phone = acd_phone_get(acd, agent->phone);
    const struct contact *contact = acd_contact_get(acd, agent->contact);
    Farseat__V1__AgentStateChanged fact = FARSEAT__V1__AGENT_STATE_CHANGED__INIT;
    fact.state = (Farseat__V1__AgentState)agent->state;
    fact.before = (Farseat__V1__AgentState)before;
    fact.reason = TEXT(agent->reason);
    fact.phone_reachable = acd_agent_reachable(acd, agent);
    fact.phone = TEXT(phone ? phone->id : "");
    fact.since_us = agent->since_stamp_us;
    fact.phone_answer = TEXT(acd_phone_answer(phone));
    fact.muted = agent->muted;
    fact.next_reason = TEXT(acd_agent_next(agent));
    struct fact_about about = {
        .contact = contact, .agent = agent, .queue_id = agent->queue_id, .site_id = agent->site};
    acd_fact(acd, "agent.state", &about, FARSEAT__V1__FACT__BODY_AGENT_STATE, &fact);
}

void acd_agent_tell(struct acd *acd, const struct agent *agent)
{
    fact_state(acd, agent, agent->state);
}

/* Earlier cores did not tell wishes: told behind all else, so that nothing that the same input brings about,
 * such as a leg of a timer's, gets another id than it had with them. */
static void tell_wish(struct acd *acd, const struct agent *agent)
{
    acd->out->told_last = agent->self;
}

void acd_agent_told_last(struct acd *acd)
{
    const struct agent *agent = acd_agent_get(acd, acd->out->told_last);
    if (agent) acd_agent_tell(acd, agent);
}

void acd_agent_mute(struct acd *acd, struct agent *agent, bool muted)
{
    if (agent->muted == muted) return;
    agent->muted = muted;
    acd_agent_tell(acd, agent);
}

bool acd_agent_event(struct acd *acd, struct agent *agent, enum agent_event event, const char *reason)
{
    size_t i = 0;
    while (i < FAR_ARRAY_LEN(rows) && (rows[i].from != agent->state || rows[i].event != event))
        i++;
    if (i == FAR_ARRAY_LEN(rows)) return false;
    uint32_t before = agent->state;
    acd_record_activity(acd, agent, rows[i].to);
    if (agent->listed) acd_agent_list(acd, agent, false); /* before its place in the order changes */
    agent->state = rows[i].to;
    agent->since_us = acd->now_us;
    agent->since_stamp_us = acd->stamp_us;
    COPY(agent->reason, agent->state == AGENT_NOT_READY ? reason : "");
    if (agent->state == AGENT_READY && event != AGENT_EV_WITHDRAW) {
        agent->ready_position = acd->position;
        agent->idle_stamp_us = acd->stamp_us;
    }
    if (before == AGENT_AFTER_CALL_WORK) acd_timer_clear(acd, TIMER_AGENT, agent->self);
    if (!in_call(agent) && agent->state != AGENT_AFTER_CALL_WORK) {
        agent->next_not_ready = agent->next_logout = false;
        agent->next_reason[0] = '\0';
    }
    if (agent->state != AGENT_TALKING && agent->state != AGENT_HOLDING) agent->muted = false;
    struct phone *phone = acd_phone_get(acd, agent->phone);
    if (agent->state == AGENT_LOGGED_OUT && phone) phone->agent = 0;
    if (before == AGENT_AFTER_CALL_WORK) acd_agent_done_with(acd, agent);
    fact_state(acd, agent, before);
    if (agent->state == AGENT_LOGGED_OUT) agent->phone = 0;
    const struct contact *contact = acd_contact_get(acd, agent->contact);
    COPY(agent->activity_contact_id, contact ? contact->id : "");
    COPY(agent->activity_queue_id, agent->queue_id);
    agent->reachable = acd_agent_reachable(acd, agent); /* the fact has told it */
    acd_agent_refresh(acd, agent);
    return true;
}

/* --- may he be offered a contact? --- */

bool acd_agent_reachable(const struct acd *acd, const struct agent *agent)
{
    const struct phone *phone = acd_phone_get(acd, agent->phone);
    return phone && acd_edge_usable(acd_edge_get(acd, phone->edge));
}

enum agent_class acd_agent_class(const struct acd *acd, const struct agent *agent)
{
    switch (agent->state) {
    case AGENT_LOGGED_OUT:
        return CLASS_LOGGED_OUT;
    case AGENT_NOT_READY:
        return CLASS_NOT_READY;
    case AGENT_RESERVED:
    case AGENT_RINGING:
        return CLASS_RINGING;
    case AGENT_TALKING:
        return CLASS_TALKING;
    case AGENT_HOLDING:
        return CLASS_HOLDING;
    case AGENT_AFTER_CALL_WORK:
        return CLASS_AFTER_CALL_WORK;
    default:
        break;
    }
    const struct phone *phone = acd_phone_get(acd, agent->phone);
    const struct edge *edge = phone ? acd_edge_get(acd, phone->edge) : NULL;
    if (!edge) return CLASS_NO_PHONE;
    if (!acd_edge_usable(edge)) return CLASS_EDGE_UNREACHABLE;
    if (edge->draining) return CLASS_EDGE_DRAINING;
    if (agent->leg || phone->calls) return CLASS_PHONE_BUSY;
    return CLASS_READY;
}

struct queue *acd_eligible_next(const struct acd *acd, uint64_t agent, uint32_t *slot)
{
    const uint64_t *eligible = acd_agent_eligible(acd, agent);
    while (*slot < acd->queue_words * 64) {
        uint64_t rest = eligible[*slot / 64] >> (*slot % 64);
        if (rest == 0) {
            *slot = (*slot / 64 + 1) * 64;
            continue;
        }
        *slot += (uint32_t)__builtin_ctzll(rest);
        return acd_queue_get(acd, acd->queues.ids[(*slot)++]);
    }
    return NULL;
}

void acd_agent_list(struct acd *acd, struct agent *agent, bool add)
{
    uint32_t slot = 0;
    for (struct queue *queue; (queue = acd_eligible_next(acd, agent->self, &slot));) {
        if (add) {
            acd_order_insert(acd, &queue->ready, agent->self, acd_before_agent);
            acd_queue_dirty(acd, queue);
        } else {
            (void)acd_order_remove(acd, &queue->ready, agent->self, acd_before_agent);
        }
    }
    agent->listed = add;
}

static void count_class(struct acd *acd, const struct agent *agent, enum agent_class from,
                        enum agent_class to)
{
    uint32_t slot = 0;
    for (struct queue *queue; (queue = acd_eligible_next(acd, agent->self, &slot));) {
        queue->classes[from]--;
        queue->classes[to]++;
    }
}

void acd_agent_refresh(struct acd *acd, struct agent *agent)
{
    enum agent_class class = acd_agent_class(acd, agent);
    bool reachable = acd_agent_reachable(acd, agent), was = agent->reachable;
    if (class != (enum agent_class)agent->class) {
        count_class(acd, agent, (enum agent_class)agent->class, class);
        agent->class = class;
    }
    if ((class == CLASS_READY) != agent->listed) acd_agent_list(acd, agent, class == CLASS_READY);
    agent->reachable = reachable;
    if (reachable != was && agent->state != AGENT_LOGGED_OUT) acd_agent_tell(acd, agent);
}

/* --- the end of a call --- */

/* The offer came to nothing: wishes first, then `reason` ("": he did nothing wrong). */
void acd_agent_offer_over(struct acd *acd, struct agent *agent, const char *reason)
{
    char next[ID_SIZE];
    COPY(next, agent->next_reason);
    agent->contact = 0;
    agent->queue_id[0] = '\0';
    if (agent->next_logout)
        (void)acd_agent_event(acd, agent, AGENT_EV_LOGOUT, "");
    else if (agent->next_not_ready)
        (void)acd_agent_event(acd, agent, AGENT_EV_NOT_READY, next);
    else if (reason[0])
        (void)acd_agent_event(acd, agent, AGENT_EV_NOT_READY, reason);
    else
        (void)acd_agent_event(acd, agent, AGENT_EV_WITHDRAW, "");
}

void acd_agent_after_call_work(struct acd *acd, struct agent *agent, struct contact *contact, uint64_t at_ms)
{
    const struct queue *queue = acd_queue_find(acd, agent->queue_id);
    (void)acd_agent_event(acd, agent, AGENT_EV_FINISH, "");
    struct segment *segment = acd_segment_open(acd, contact, SEGMENT_AFTER_CALL_WORK, at_ms);
    COPY(segment->agent, agent->id);
    COPY(segment->queue, agent->queue_id);
    COPY(segment->site, agent->site);
    agent->segment = segment->self;
    contact->after_call_works++;
    acd_timer_set(acd, TIMER_AGENT, agent->self,
                  acd->now_us + (int64_t)acd_queue_after_call_work_ms(queue) * 1000);
}

void acd_agent_done_with(struct acd *acd, struct agent *agent)
{
    struct contact *contact = acd_contact_get(acd, agent->contact);
    struct segment *segment = acd_segment_get(acd, agent->segment);
    agent->contact = agent->segment = 0;
    agent->queue_id[0] = '\0';
    if (!contact || !segment) return;
    uint64_t ms = (uint64_t)acd_ms(acd->now_us - segment->started_us);
    contact->after_call_work_ms += ms;
    for (uint32_t i = contact->part_count; i-- > 0;) {
        if (strcmp(contact->parts[i].agent, agent->id) != 0) continue;
        contact->parts[i].after_call_work_ms += ms;
        break;
    }
    acd_segment_close(acd, segment, segment->offset_ms + ms, "done");
    contact->after_call_works--;
    acd_contact_close_if_done(acd, contact);
}

/* After-call work is over, by its timer or by wish. */
static void after_call_work_ends(struct acd *acd, struct agent *agent)
{
    char next[ID_SIZE];
    COPY(next, agent->next_reason);
    if (agent->next_logout)
        (void)acd_agent_event(acd, agent, AGENT_EV_LOGOUT, "");
    else if (agent->next_not_ready)
        (void)acd_agent_event(acd, agent, AGENT_EV_NOT_READY, next);
    else
        (void)acd_agent_event(acd, agent, AGENT_EV_READY, "");
}

void acd_agent_timer(struct acd *acd, struct agent *agent)
{
    if (agent->state == AGENT_AFTER_CALL_WORK) after_call_work_ends(acd, agent);
    (void)acd_agent_remove_if_free(acd, agent);
}

bool acd_agent_remove_if_free(struct acd *acd, struct agent *agent)
{
    if (agent->configured || agent->state != AGENT_LOGGED_OUT || agent->leg || agent->contact) return false;
    uint32_t slot = 0;
    for (struct queue *queue; (queue = acd_eligible_next(acd, agent->self, &slot));) {
        queue->classes[agent->class]--;
        queue->eligible--;
    }
    (void)far_index_remove_text(acd->agent_index, agent->id);
    far_pool_free(&acd->agents, agent->self);
    return true;
}

/* --- what people ask --- */

static bool phone_configured(const struct acd *acd, const char *id)
{
    const Farseat__V1__CentreConfig *config = acd_config_now(acd);
    for (size_t i = 0; config && i < config->n_phones; i++)
        if (strcmp(config->phones[i]->id, id) == 0) return true;
    return false;
}

static void login(struct acd *acd, struct agent *agent, const Farseat__V1__AgentLogin *wish)
{
    const char *name = wish->phone[0] ? wish->phone : agent->home_phone;
    if (agent->state != AGENT_LOGGED_OUT) {
        acd_fail(acd, FAR_ESTATE, "agent %s is logged in already", agent->id);
        return;
    }
    if (!agent->configured) {
        acd_fail(acd, FAR_ENOTFOUND, "agent %s is no longer in the configuration", agent->id);
        return;
    }
    struct phone *phone = phone_configured(acd, name) ? acd_phone_ensure(acd, name) : NULL;
    if (!phone) {
        acd_fail(acd, name[0] ? FAR_EINVAL : FAR_ENOTFOUND,
                 "agent %s: phone \"%.63s\" cannot be used: name a phone of the configuration", agent->id,
                 name);
        return;
    }
    const struct agent *other = acd_agent_get(acd, phone->agent);
    if (other) {
        acd_fail(acd, FAR_ECONFLICT, "phone %s is agent %s's now: log that agent out, or use another phone",
                 phone->id, other->id);
        return;
    }
    phone->agent = agent->self;
    agent->phone = phone->self;
    (void)acd_agent_event(acd, agent, AGENT_EV_LOGIN, "login");
}

static bool not_logged_in(struct acd *acd, const struct agent *agent)
{
    if (agent->state != AGENT_LOGGED_OUT) return false;
    acd_fail(acd, FAR_ESTATE, "agent %s is not logged in: log in first", agent->id);
    return true;
}

static void ready(struct acd *acd, struct agent *agent)
{
    if (not_logged_in(acd, agent)) return;
    if (!agent->configured) {
        acd_fail(acd, FAR_ENOTFOUND, "agent %s is no longer in the configuration", agent->id);
        return;
    }
    bool wished = agent->next_not_ready || agent->next_logout;
    agent->next_not_ready = agent->next_logout = false;
    agent->next_reason[0] = '\0';
    if (wished && in_call(agent)) tell_wish(acd, agent);
    if (agent->state == AGENT_READY || in_call(agent)) return;
    (void)acd_agent_event(acd, agent, AGENT_EV_READY, "");
}

static bool reason_known(const struct acd *acd, const char *reason)
{
    const Farseat__V1__CentreConfig *config = acd_config_now(acd);
    if (!config || config->n_reasons == 0) return true;
    for (size_t i = 0; i < config->n_reasons; i++)
        if (strcmp(config->reasons[i]->id, reason) == 0) return true;
    return false;
}

static void not_ready(struct acd *acd, struct agent *agent, const char *reason)
{
    if (not_logged_in(acd, agent)) return;
    if (reason[0] && (!acd_id_valid(reason) || !reason_known(acd, reason))) {
        acd_fail(acd, FAR_EINVAL, "reason \"%.63s\" is not in the configuration's reasons", reason);
        return;
    }
    if (in_call(agent)) {
        agent->next_not_ready = true;
        COPY(agent->next_reason, reason);
        tell_wish(acd, agent);
        return;
    }
    if (!agent->configured) /* he works after his last call, and is not expected back */
        (void)acd_agent_event(acd, agent, AGENT_EV_LOGOUT, "");
    else
        (void)acd_agent_event(acd, agent, AGENT_EV_NOT_READY, reason);
}

static void logout(struct acd *acd, struct agent *agent)
{
    if (not_logged_in(acd, agent)) return;
    if (in_call(agent)) {
        agent->next_logout = true;
        tell_wish(acd, agent);
        return;
    }
    (void)acd_agent_event(acd, agent, AGENT_EV_LOGOUT, "");
}

void acd_agent_action(struct acd *acd, const Farseat__V1__AcdInput *input)
{
    const Farseat__V1__AgentAction *action = input->agent_action;
    struct agent *agent = acd_agent_find(acd, action->agent_id);
    if (!agent) {
        acd_fail(acd, FAR_ENOTFOUND, "agent \"%.63s\" is not in the configuration", action->agent_id);
        return;
    }
    if (acd_outbox_fill(&acd->outbox) >= 90) {
        acd_fail(acd, FAR_EFULL,
                 "the outbox of records is nearly full: the bus does not take records, mend that first");
        return;
    }
    switch (action->action_case) {
    case FARSEAT__V1__AGENT_ACTION__ACTION_LOGIN:
        login(acd, agent, action->login);
        break;
    case FARSEAT__V1__AGENT_ACTION__ACTION_LOGOUT:
        logout(acd, agent);
        break;
    case FARSEAT__V1__AGENT_ACTION__ACTION_READY:
        ready(acd, agent);
        break;
    case FARSEAT__V1__AGENT_ACTION__ACTION_NOT_READY:
        not_ready(acd, agent, action->not_ready->reason);
        break;
    case FARSEAT__V1__AGENT_ACTION__ACTION_END_AFTER_CALL_WORK:
        if (agent->state == AGENT_AFTER_CALL_WORK)
            after_call_work_ends(acd, agent);
        else
            acd_fail(acd, FAR_ESTATE, "agent %s is not in after-call work", agent->id);
        break;
    default:
        acd_fail(acd, FAR_EINVAL, "no action given");
        break;
    }
    (void)acd_agent_remove_if_free(acd, agent);
}
