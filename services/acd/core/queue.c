/* SPDX-License-Identifier: Apache-2.0 */
/* Queues: who waits, in which order, and what waiting people hear. A contact keeps its order key as long as
 * it lives: who comes back from an agent stands where he first stood. */
#include "state.h"
#include <string.h>

static uint32_t or_default(uint32_t value, uint32_t fallback)
{
    return value ? value : fallback;
}

uint32_t acd_queue_service_level_ms(const struct queue *queue)
{
    return or_default(queue && queue->config ? queue->config->service_level_ms : 0, 20000);
}

uint32_t acd_queue_short_abandon_ms(const struct queue *queue)
{
    return or_default(queue && queue->config ? queue->config->short_abandon_ms : 0, 5000);
}

uint32_t acd_queue_ring_ms_max(const struct queue *queue)
{
    return or_default(queue && queue->config ? queue->config->ring_ms_max : 0, 20000);
}

uint32_t acd_queue_after_call_work_ms(const struct queue *queue)
{
    return or_default(queue && queue->config ? queue->config->after_call_work_ms : 0, 30000);
}

uint32_t acd_queue_waiting_max(const struct queue *queue)
{
    return or_default(queue && queue->config ? queue->config->waiting_max : 0, 1000);
}

void acd_queue_dirty(struct acd *acd, const struct queue *queue)
{
    acd->dirty[SLOT(queue->self) / 64] |= (uint64_t)1 << (SLOT(queue->self) % 64);
}

bool acd_contact_open(const struct acd *acd, const struct contact *contact)
{
    const struct leg *leg = acd_leg_get(acd, contact->leg);
    return contact->state == CONTACT_QUEUED && leg && acd_edge_usable(acd_edge_get(acd, leg->edge));
}

void acd_queue_refresh(struct acd *acd, struct contact *contact)
{
    struct queue *queue = acd_queue_get(acd, contact->queue);
    if (!queue) return;
    bool open = acd_contact_open(acd, contact);
    bool is = acd_order_rank(acd, &queue->open, contact->self, acd_before_contact) > 0;
    if (open && !is) acd_order_insert(acd, &queue->open, contact->self, acd_before_contact);
    if (!open && is) (void)acd_order_remove(acd, &queue->open, contact->self, acd_before_contact);
    if (open) acd_queue_dirty(acd, queue);
}

void acd_queue_music(struct acd *acd, struct contact *contact)
{
    const struct queue *queue = acd_queue_find(acd, contact->queue_id);
    char *music = TEXT(queue && queue->config && queue->config->music[0] ? queue->config->music : "music");
    acd_play(acd, contact, &music, 1, true, false);
}

static uint64_t order_key(const struct acd *acd, uint32_t priority)
{
    uint64_t first = priority > 255 ? 0 : 255 - priority; /* higher priority: lower key */
    return first << 56 | (acd->position & (((uint64_t)1 << 56) - 1));
}

static void fact_queued(struct acd *acd, const struct contact *contact, uint32_t position)
{
    Farseat__V1__TelephoneNumber caller;
    acd_fact_caller(contact, &caller);
    Farseat__V1__ContactQueued fact = FARSEAT__V1__CONTACT_QUEUED__INIT;
    const struct queue *queue = acd_queue_get(acd, contact->queue);
    fact.position = position;
    fact.caller = &caller;
    if (queue && queue->config) fact.business_type = queue->config->business_type;
    struct fact_about about = {.contact = contact, .queue_id = contact->queue_id};
    acd_fact(acd, "contact.queued", &about, FARSEAT__V1__FACT__BODY_CONTACT_QUEUED, &fact);
}

static void fact_left(struct acd *acd, const struct contact *contact, const char *cause, uint64_t waited_ms)
{
    Farseat__V1__ContactLeftQueue fact = FARSEAT__V1__CONTACT_LEFT_QUEUE__INIT;
    fact.cause = TEXT(cause);
    fact.waited_ms = waited_ms;
    struct fact_about about = {.contact = contact,
                               .agent = acd_agent_get(acd, contact->agent),
                               .queue_id = contact->queue_id,
                               .site_id = contact->site};
    acd_fact(acd, "contact.left-queue", &about, FARSEAT__V1__FACT__BODY_CONTACT_LEFT_QUEUE, &fact);
}

/* Into the row; the contact is in the flow. */
static void stand(struct acd *acd, struct contact *contact, struct queue *queue, uint64_t at_ms)
{
    contact->queue = queue->self;
    COPY(contact->queue_id, queue->id);
    contact->queued_ms = at_ms;
    contact->wait_over = contact->overflowed = false;
    acd_contact_event(acd, contact, CONTACT_EV_QUEUE);
    acd_order_insert(acd, &queue->waiting, contact->self, acd_before_contact);
    uint32_t position = acd_order_rank(acd, &queue->waiting, contact->self, acd_before_contact);
    if (!contact->queued) {
        contact->queued = true; /* it counts for this queue, and by this one's thresholds */
        contact->position_at_entry = position;
        contact->service_level_ms = acd_queue_service_level_ms(queue);
        contact->short_abandon_ms = acd_queue_short_abandon_ms(queue);
        COPY(contact->first_queue_id, queue->id);
        acd->count.offered++;
    }
    struct segment *segment = acd_segment_main(acd, contact, SEGMENT_QUEUE, at_ms, "queued");
    COPY(segment->queue, queue->id);
    segment->position = position;
    fact_queued(acd, contact, position);
    acd_queue_refresh(acd, contact);
}

void acd_queue_enter(struct acd *acd, struct contact *contact, struct queue *queue,
                     const Farseat__V1__FlowQueue *node)
{
    bool full = queue->waiting.len >= acd_queue_waiting_max(queue);
    if (!contact->queued) contact->order_key = order_key(acd, node->priority);
    stand(acd, contact, queue, acd_contact_ms(acd, contact));
    if (full) {
        acd_queue_overflow(acd, contact);
        return;
    }
    contact->budget = FLOW_BUDGET; /* it waits, so this is no idle loop */
    if (queue->config->wait_ms_max)
        acd_timer_set(acd, TIMER_CONTACT, contact->self,
                      acd->now_us + (int64_t)queue->config->wait_ms_max * 1000);
    if (queue->config->n_greeting > 0) {
        contact->phase = PHASE_GREETING;
        acd_play(acd, contact, queue->config->greeting, queue->config->n_greeting, false, false);
    } else {
        contact->phase = PHASE_MUSIC;
        acd_queue_music(acd, contact);
    }
}

void acd_queue_again(struct acd *acd, struct contact *contact, struct queue *queue, uint64_t at_ms)
{
    stand(acd, contact, queue, at_ms);
    contact->phase = PHASE_MUSIC;
    acd_queue_music(acd, contact);
}

void acd_queue_leave(struct acd *acd, struct contact *contact, uint64_t at_ms, const char *cause)
{
    struct queue *queue = acd_queue_get(acd, contact->queue);
    uint64_t waited_ms = at_ms > contact->queued_ms ? at_ms - contact->queued_ms : 0;
    (void)acd_order_remove(acd, &queue->open, contact->self, acd_before_contact);
    (void)acd_order_remove(acd, &queue->waiting, contact->self, acd_before_contact);
    acd_timer_clear(acd, TIMER_CONTACT, contact->self);
    contact->queue = 0;
    contact->overflowed = strcmp(cause, "overflowed") == 0;
    fact_left(acd, contact, cause, waited_ms);
    (void)acd_segment_main(acd, contact, 0, at_ms, cause);
}

void acd_queue_overflow(struct acd *acd, struct contact *contact)
{
    const Farseat__V1__FlowNode *node = acd_contact_node(acd, contact);
    acd_queue_leave(acd, contact, acd_contact_ms(acd, contact), "overflowed");
    acd_contact_event(acd, contact, CONTACT_EV_FLOW);
    bool queue_node = node && node->kind_case == FARSEAT__V1__FLOW_NODE__KIND_QUEUE;
    acd_flow_go(acd, contact, queue_node ? node->queue->on_overflow : "");
}
