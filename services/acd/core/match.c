/* SPDX-License-Identifier: Apache-2.0 */
/* The matcher: longest idle among the agents with the skills, and which contact first. It looks only at
 * queues where something changed (acd->dirty) and takes the heads of rows that are kept sorted, so its work
 * does not grow with the number of agents. */
#include "state.h"
#include <stdio.h>
#include <string.h>

static bool contact_first(const struct acd *acd, const struct queue *a, const struct queue *b)
{
    if (a->config->priority != b->config->priority) return a->config->priority > b->config->priority;
    return acd_before_contact(acd, acd_order_at(&a->open, 0), acd_order_at(&b->open, 0));
}

/* The dirty queue whose first contact comes before all others; queues without a pair are no longer dirty. */
static struct queue *best_queue(struct acd *acd)
{
    struct queue *best = NULL;
    for (uint32_t word = 0; word < acd->queue_words; word++)
        for (uint64_t rest = acd->dirty[word]; rest; rest &= rest - 1) {
            uint32_t slot = word * 64 + (uint32_t)__builtin_ctzll(rest);
            struct queue *queue =
                slot < acd->queues.capacity ? acd_queue_get(acd, acd->queues.ids[slot]) : NULL;
            if (!queue || !queue->config || queue->open.len == 0 || queue->ready.len == 0) {
                acd->dirty[word] &= ~((uint64_t)1 << (slot % 64));
                continue;
            }
            if (!best || contact_first(acd, queue, best)) best = queue;
        }
    return best;
}

void acd_match(struct acd *acd)
{
    for (struct queue *queue; (queue = best_queue(acd));) {
        if (acd->legs.len == acd->legs.capacity) return; /* stays dirty until a leg ends */
        struct contact *contact = acd_contact_get(acd, acd_order_at(&queue->open, 0));
        struct agent *agent = acd_agent_get(acd, acd_order_at(&queue->ready, 0));
        acd_offer(acd, contact, queue, agent, RULE_LONGEST_IDLE);
    }
}

static uint32_t level_for(const struct agent *agent, const struct queue *queue)
{
    uint32_t lowest = 0;
    if (!agent->config || !queue->config) return 0;
    for (size_t i = 0; i < queue->config->n_skills; i++)
        for (size_t k = 0; k < agent->config->n_skills; k++) {
            if (strcmp(agent->config->skills[k]->skill, queue->config->skills[i]->skill) != 0) continue;
            uint32_t level = agent->config->skills[k]->level;
            if (lowest == 0 || level < lowest) lowest = level;
        }
    return lowest;
}

static void add_candidate(const struct acd *acd, struct decision *out, const struct agent *agent,
                          const struct queue *queue)
{
    struct candidate *candidate = &out->candidates[out->candidate_count++];
    int64_t idle_us = acd->stamp_us - agent->idle_stamp_us;
    COPY(candidate->agent, agent->id);
    COPY(candidate->site, agent->site);
    candidate->idle_ms = idle_us > 0 ? (uint64_t)acd_ms(idle_us) : 0;
    candidate->level = level_for(agent, queue);
}

void acd_decide(const struct acd *acd, const struct contact *contact, const struct queue *queue,
                const struct agent *agent, enum decision_rule rule, struct decision *out)
{
    *out = (struct decision){.rule = rule};
    out->position = acd_order_rank(acd, &queue->waiting, contact->self, acd_before_contact);
    out->ready_count = queue->ready.len;
    add_candidate(acd, out, agent, queue);
    for (uint32_t i = 0; out->candidate_count < CANDIDATES_MAX && i < queue->ready.len; i++) {
        const struct agent *other = acd_agent_get(acd, acd_order_at(&queue->ready, i));
        if (other != agent) add_candidate(acd, out, other, queue);
    }
    for (int class = CLASS_READY + 1; class < CLASS_COUNT; class ++)
        out->refusals[class] = queue->classes[class];
    out->refusals[CLASS_COUNT] = (uint32_t)acd->agents.len - queue->eligible;
}

void acd_decision_text(const struct decision *decision, char *text, size_t size)
{
    const struct candidate *chosen = &decision->candidates[0];
    text[0] = '\0';
    if (decision->rule == RULE_TRANSFER)
        (void)snprintf(text, size, "%s was named by who transferred the contact", chosen->agent);
    else if (decision->rule == RULE_LONGEST_IDLE)
        (void)snprintf(text, size, "%s has been idle longest (%llu.%03llu s) of %u ready with the skills",
                       chosen->agent, (unsigned long long)(chosen->idle_ms / 1000),
                       (unsigned long long)(chosen->idle_ms % 1000), decision->ready_count);
}

void acd_decision_fill(const struct decision *decision, struct decision_storage *storage)
{
    static const char *const rules[RULE_COUNT] = {"", "longest-idle", "transfer"};
    Farseat__V1__Decision *out = &storage->decision;
    farseat__v1__decision__init(out);
    acd_decision_text(decision, storage->text, sizeof(storage->text));
    out->rule = TEXT(rules[decision->rule]);
    out->text = storage->text;
    out->position = decision->position;
    out->candidates = storage->candidate_rows;
    out->refusals = storage->refusal_rows;
    for (uint32_t i = 0; i < decision->candidate_count; i++) {
        Farseat__V1__Candidate *row = &storage->candidates[i];
        farseat__v1__candidate__init(row);
        row->agent_id = TEXT(decision->candidates[i].agent);
        row->site_id = TEXT(decision->candidates[i].site);
        row->idle_ms = decision->candidates[i].idle_ms;
        row->skill_level = decision->candidates[i].level;
        storage->candidate_rows[out->n_candidates++] = row;
    }
    for (int class = 0; class <= CLASS_COUNT; class ++) {
        if (decision->refusals[class] == 0) continue;
        Farseat__V1__RefusalCount *row = &storage->refusals[out->n_refusals];
        farseat__v1__refusal_count__init(row);
        row->reason = TEXT(class < CLASS_COUNT ? acd_class_text((enum agent_class) class) : "skill");
        row->agents = decision->refusals[class];
        storage->refusal_rows[out->n_refusals++] = row;
    }
}
