/* SPDX-License-Identifier: Apache-2.0 */
/* What reads see (api_acd.proto): copies in the caller's arena. */
#include "state.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One arena and whether it ran out; after that, whatever is asked for is refused too. */
struct view {
    const struct acd *acd;
    struct far_arena *arena;
    bool full;
};

static void *room(struct view *view, size_t count, size_t size)
{
    void *memory = view->full ? NULL : far_arena_alloc(view->arena, count ? count * size : 1);
    if (!memory) view->full = true;
    return memory;
}

static char *text(struct view *view, const char *from)
{
    if (!from || from[0] == '\0') return TEXT("");
    char *copy = view->full ? NULL : far_arena_text(view->arena, from, strlen(from));
    if (!copy) view->full = true;
    return copy ? copy : TEXT("");
}

/* Rows of pointers, and the messages that they point to. */
#define ROWS(view, type, count) ((type **)room((view), (count), sizeof(type *)))
#define ROW(view, type)         ((type *)room((view), 1, sizeof(type)))

static Farseat__V1__TelephoneNumber *number(struct view *view, const struct contact *contact)
{
    Farseat__V1__TelephoneNumber *out = ROW(view, Farseat__V1__TelephoneNumber);
    if (!out) return NULL;
    farseat__v1__telephone_number__init(out);
    out->raw = text(view, contact->caller_raw);
    out->canonical = text(view, contact->caller);
    out->kind = (Farseat__V1__NumberKind)contact->caller_kind;
    return out;
}

/* --- agents --- */

static void agent_skills(struct view *view, const struct agent *agent, Farseat__V1__AgentView *out)
{
    size_t count = agent->config ? agent->config->n_skills : 0;
    out->skills = ROWS(view, Farseat__V1__SkillLevel, count);
    for (size_t i = 0; i < count && !view->full; i++) {
        Farseat__V1__SkillLevel *level = ROW(view, Farseat__V1__SkillLevel);
        if (!level) return;
        farseat__v1__skill_level__init(level);
        level->skill = text(view, agent->config->skills[i]->skill);
        level->level = agent->config->skills[i]->level;
        out->skills[out->n_skills++] = level;
    }
}

static Farseat__V1__AgentView *agent_view(struct view *view, const struct agent *agent)
{
    const struct acd *acd = view->acd;
    Farseat__V1__AgentView *out = ROW(view, Farseat__V1__AgentView);
    if (!out) return NULL;
    farseat__v1__agent_view__init(out);
    const struct phone *phone = acd_phone_get(acd, agent->phone);
    const struct edge *edge = phone ? acd_edge_get(acd, phone->edge) : NULL;
    const struct contact *contact = acd_contact_get(acd, agent->contact);
    int64_t state_us = acd->stamp_us - agent->since_stamp_us;
    out->agent_id = text(view, agent->id);
    out->name = text(view, agent->name);
    out->state = (Farseat__V1__AgentState)agent->state;
    out->reason = text(view, agent->reason);
    out->since_us = agent->since_stamp_us;
    out->state_ms = state_us > 0 ? (uint64_t)acd_ms(state_us) : 0;
    out->phone = text(view, phone ? phone->id : agent->home_phone);
    out->phone_reachable = acd_agent_reachable(acd, agent);
    out->edge = text(view, edge ? edge->name : "");
    out->site_id = text(view, agent->site);
    out->contact_id = text(view, contact ? contact->id : "");
    out->queue_id = text(view, agent->queue_id);
    out->team = text(view, agent->team);
    out->next_reason = text(view, acd_agent_next(agent));
    out->phone_answer = text(view, acd_phone_answer(phone));
    out->muted = agent->muted;
    agent_skills(view, agent, out);
    return out;
}

static int by_agent_id(const void *a, const void *b)
{
    const struct agent *const *left = a, *const *right = b;
    return strcmp((*left)->id, (*right)->id);
}

enum far_err acd_view_agents(const struct acd *acd, struct far_arena *arena,
                             Farseat__V1__AgentListReply *ret_reply)
{
    struct view view = {.acd = acd, .arena = arena};
    farseat__v1__agent_list_reply__init(ret_reply);
    ret_reply->position = acd->position;
    ret_reply->at_us = acd->stamp_us;
    size_t count = acd->agents.len;
    const struct agent **agents = room(&view, count, sizeof(*agents));
    ret_reply->agents = ROWS(&view, Farseat__V1__AgentView, count);
    if (view.full) return FAR_EFULL;
    count = 0;
    for (uint64_t id = far_pool_next(&acd->agents, 0); id; id = far_pool_next(&acd->agents, id))
        agents[count++] = acd_agent_get(acd, id);
    qsort(agents, count, sizeof(*agents), by_agent_id);
    for (size_t i = 0; i < count && !view.full; i++)
        ret_reply->agents[ret_reply->n_agents++] = agent_view(&view, agents[i]);
    return view.full ? FAR_EFULL : FAR_OK;
}

enum far_err acd_view_agent(const struct acd *acd, const char *agent_id, struct far_arena *arena,
                            Farseat__V1__AgentListReply *ret_reply)
{
    struct view view = {.acd = acd, .arena = arena};
    const struct agent *agent = acd_agent_find(acd, agent_id);
    farseat__v1__agent_list_reply__init(ret_reply);
    ret_reply->position = acd->position;
    ret_reply->at_us = acd->stamp_us;
    ret_reply->agents = ROWS(&view, Farseat__V1__AgentView, 1);
    if (agent && !view.full) ret_reply->agents[ret_reply->n_agents++] = agent_view(&view, agent);
    return view.full ? FAR_EFULL : FAR_OK;
}

/* --- contacts --- */

static void contact_place(struct view *view, const struct contact *contact, Farseat__V1__ContactView *out)
{
    const struct acd *acd = view->acd;
    const struct queue *queue = acd_queue_get(acd, contact->queue);
    const struct agent *agent = acd_agent_get(acd, contact->agent);
    const Farseat__V1__FlowNode *node = acd_contact_node(acd, contact);
    out->node_id = text(view, node ? node->id : "");
    out->queue_id = text(view, contact->queue_id);
    out->agent_id = text(view, agent ? agent->id : "");
    out->wait_ms = contact->wait_ms;
    if (!queue) return;
    uint64_t now_ms = acd_contact_ms(acd, contact);
    out->position = acd_order_rank(acd, &queue->waiting, contact->self, acd_before_contact);
    out->wait_ms = now_ms > contact->queued_ms ? now_ms - contact->queued_ms : 0;
    out->queue_order = contact->order_key;
}

static Farseat__V1__ContactView *contact_view(struct view *view, const struct contact *contact)
{
    const struct acd *acd = view->acd;
    Farseat__V1__ContactView *out = ROW(view, Farseat__V1__ContactView);
    if (!out) return NULL;
    farseat__v1__contact_view__init(out);
    out->contact_id = text(view, contact->id);
    out->state = (Farseat__V1__ContactState)contact->state;
    out->caller = number(view, contact);
    out->caller_name = text(view, contact->caller_name);
    out->dialled = text(view, contact->dialled);
    out->published = text(view, contact->published);
    out->started_at_us = contact->started_stamp_us;
    out->duration_ms = acd_contact_ms(acd, contact);
    out->flow_id = text(view, contact->flow_id);
    out->site_id = text(view, contact->site);
    out->edge = text(view, contact->edge);
    out->trunk_id = text(view, contact->trunk);
    out->state_ms = (uint64_t)acd_ms(acd->now_us - contact->state_since_us);
    contact_place(view, contact, out);
    return out;
}

enum far_err acd_view_contacts(const struct acd *acd, struct far_arena *arena,
                               Farseat__V1__ContactListReply *ret_reply)
{
    struct view view = {.acd = acd, .arena = arena};
    farseat__v1__contact_list_reply__init(ret_reply);
    ret_reply->position = acd->position;
    ret_reply->at_us = acd->stamp_us;
    ret_reply->contacts = ROWS(&view, Farseat__V1__ContactView, acd->contacts_live);
    for (uint64_t id = far_pool_next(&acd->contacts, 0); id && !view.full;
         id = far_pool_next(&acd->contacts, id)) {
        const struct contact *contact = acd_contact_get(acd, id);
        if (contact->state == CONTACT_ENDED) continue;
        ret_reply->contacts[ret_reply->n_contacts++] = contact_view(&view, contact);
    }
    return view.full ? FAR_EFULL : FAR_OK;
}

static Farseat__V1__Decision *decision_view(struct view *view, const struct decision *decision)
{
    struct decision_storage storage;
    if (!decision->rule || view->full) return NULL;
    acd_decision_fill(decision, &storage);
    ProtobufCMessage *copy = acd_message_copy(view->arena, &storage.decision.base);
    if (!copy) view->full = true;
    return (Farseat__V1__Decision *)(void *)copy;
}

static Farseat__V1__SegmentView *segment_view(struct view *view, const struct contact *contact,
                                              const struct segment *segment)
{
    Farseat__V1__SegmentView *out = ROW(view, Farseat__V1__SegmentView);
    if (!out) return NULL;
    farseat__v1__segment_view__init(out);
    uint64_t now_ms = acd_contact_ms(view->acd, contact);
    out->segment_id = text(view, segment->id);
    out->kind = (Farseat__V1__SegmentKind)segment->kind;
    out->started_at_us = segment->started_stamp_us;
    out->offset_ms = segment->offset_ms;
    out->duration_ms = segment->duration_ms;
    if (segment->open && segment->kind == SEGMENT_AFTER_CALL_WORK)
        out->duration_ms = (uint64_t)acd_ms(view->acd->now_us - segment->started_us);
    else if (segment->open)
        out->duration_ms = now_ms > segment->offset_ms ? now_ms - segment->offset_ms : 0;
    out->open = segment->open;
    out->queue_id = text(view, segment->queue);
    out->agent_id = text(view, segment->agent);
    out->node_id = text(view, segment->node);
    out->outcome = text(view, segment->outcome);
    out->recording_id = text(view, segment->recording);
    out->digits = text(view, segment->digits);
    out->position = segment->position;
    out->site_id = text(view, segment->site);
    out->flow_id = text(view, segment->flow);
    out->phone = text(view, segment->phone);
    out->decision = decision_view(view, &segment->decision);
    return out;
}

enum far_err acd_view_contact(const struct acd *acd, const char *contact_id, struct far_arena *arena,
                              Farseat__V1__ContactDetail *ret_reply)
{
    struct view view = {.acd = acd, .arena = arena};
    const struct contact *contact = acd_contact_find(acd, contact_id);
    if (!contact || contact->state == CONTACT_ENDED) return FAR_ENOTFOUND;
    farseat__v1__contact_detail__init(ret_reply);
    ret_reply->position = acd->position;
    ret_reply->contact = contact_view(&view, contact);
    ret_reply->segments = ROWS(&view, Farseat__V1__SegmentView, contact->segment_count);
    for (uint32_t i = 0; i < contact->segment_count && !view.full; i++)
        ret_reply->segments[ret_reply->n_segments++] =
            segment_view(&view, contact, acd_segment_get(acd, contact->segments[i]));
    return view.full ? FAR_EFULL : FAR_OK;
}

/* --- queues --- */

static uint64_t longest_wait_ms(const struct acd *acd, const struct queue *queue)
{
    uint64_t longest = 0;
    for (uint32_t i = 0; i < queue->waiting.len; i++) {
        const struct contact *contact = acd_contact_get(acd, acd_order_at(&queue->waiting, i));
        uint64_t now_ms = acd_contact_ms(acd, contact);
        uint64_t wait_ms = now_ms > contact->queued_ms ? now_ms - contact->queued_ms : 0;
        if (wait_ms > longest) longest = wait_ms;
    }
    return longest;
}

static Farseat__V1__QueueView *queue_view(struct view *view, const struct queue *queue)
{
    Farseat__V1__QueueView *out = ROW(view, Farseat__V1__QueueView);
    if (!out) return NULL;
    farseat__v1__queue_view__init(out);
    out->queue_id = text(view, queue->id);
    if (queue->config && queue->config->name) {
        ProtobufCMessage *name =
            view->full ? NULL : acd_message_copy(view->arena, &queue->config->name->base);
        if (!name) view->full = true;
        out->name = (Farseat__V1__Label *)(void *)name;
    }
    out->waiting = queue->waiting.len;
    out->longest_wait_ms = longest_wait_ms(view->acd, queue);
    out->agents_ready = queue->classes[CLASS_READY];
    out->agents_logged_in = queue->eligible - queue->classes[CLASS_LOGGED_OUT];
    out->waiting_contact_ids = room(view, queue->waiting.len, sizeof(char *));
    for (uint32_t i = 0; i < queue->waiting.len && !view->full; i++) {
        const struct contact *contact = acd_contact_get(view->acd, acd_order_at(&queue->waiting, i));
        out->waiting_contact_ids[out->n_waiting_contact_ids++] = text(view, contact->id);
    }
    return out;
}

/* In the configuration's order, which is the people's. */
enum far_err acd_view_queues(const struct acd *acd, struct far_arena *arena,
                             Farseat__V1__QueueListReply *ret_reply)
{
    struct view view = {.acd = acd, .arena = arena};
    const Farseat__V1__CentreConfig *config = acd_config(acd);
    farseat__v1__queue_list_reply__init(ret_reply);
    ret_reply->position = acd->position;
    ret_reply->at_us = acd->stamp_us;
    ret_reply->queues = ROWS(&view, Farseat__V1__QueueView, acd->queues.len);
    for (size_t i = 0; config && i < config->n_queues && !view.full; i++) {
        const struct queue *queue = acd_queue_find(acd, config->queues[i]->id);
        if (queue) ret_reply->queues[ret_reply->n_queues++] = queue_view(&view, queue);
    }
    return view.full ? FAR_EFULL : FAR_OK;
}

/* --- why an agent gets no call --- */

static void missing(const struct agent *agent, const struct queue *queue, char *out, size_t size)
{
    bool listed = agent->config && agent->config->n_queues == 0;
    for (size_t i = 0; agent->config && i < agent->config->n_queues; i++)
        if (strcmp(agent->config->queues[i], queue->id) == 0) listed = true;
    (void)snprintf(out, size, "%s", agent->config ? "queue: not among the agent's queues" : "not configured");
    if (!listed) return;
    for (size_t i = 0; i < queue->config->n_skills; i++) {
        const Farseat__V1__SkillLevel *need = queue->config->skills[i];
        uint32_t has = 0;
        for (size_t k = 0; k < agent->config->n_skills; k++)
            if (strcmp(agent->config->skills[k]->skill, need->skill) == 0)
                has = agent->config->skills[k]->level;
        if (has >= need->level) continue;
        (void)snprintf(out, size, "skill: %.63s %u needed, %u there", need->skill, need->level, has);
        return;
    }
}

static Farseat__V1__QueueEligibility *eligibility(struct view *view, const struct agent *agent,
                                                  const struct queue *queue)
{
    char reason[160];
    Farseat__V1__QueueEligibility *out = ROW(view, Farseat__V1__QueueEligibility);
    if (!out) return NULL;
    farseat__v1__queue_eligibility__init(out);
    out->queue_id = text(view, queue->id);
    out->waiting = queue->waiting.len;
    bool fits = acd_eligible(view->acd, agent->self, queue->self);
    out->eligible = fits && agent->class == CLASS_READY;
    if (!fits)
        missing(agent, queue, reason, sizeof(reason));
    else if (agent->class == CLASS_NOT_READY && agent->reason[0])
        (void)snprintf(reason, sizeof(reason), "not-ready: %s", agent->reason);
    else
        (void)snprintf(reason, sizeof(reason), "%s", acd_class_text((enum agent_class)agent->class));
    out->reason = text(view, reason);
    if (out->eligible) out->rank = acd_order_rank(view->acd, &queue->ready, agent->self, acd_before_agent);
    return out;
}

enum far_err acd_view_explain(const struct acd *acd, const char *agent_id, struct far_arena *arena,
                              Farseat__V1__AgentExplainReply *ret_reply)
{
    struct view view = {.acd = acd, .arena = arena};
    const struct agent *agent = acd_agent_find(acd, agent_id);
    const Farseat__V1__CentreConfig *config = acd_config(acd);
    if (!agent) return FAR_ENOTFOUND;
    farseat__v1__agent_explain_reply__init(ret_reply);
    ret_reply->position = acd->position;
    ret_reply->agent = agent_view(&view, agent);
    ret_reply->queues = ROWS(&view, Farseat__V1__QueueEligibility, acd->queues.len);
    for (size_t i = 0; config && i < config->n_queues && !view.full; i++) {
        const struct queue *queue = acd_queue_find(acd, config->queues[i]->id);
        if (queue) ret_reply->queues[ret_reply->n_queues++] = eligibility(&view, agent, queue);
    }
    return view.full ? FAR_EFULL : FAR_OK;
}
