/* SPDX-License-Identifier: Apache-2.0 */
#include "members.h"
#include "far/index.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ID_LEN_MAX              63
#define AFTER_CALL_WORK_DEFAULT 30000

struct members {
    struct far_index *queues, *agents; /* id -> place */
    size_t agents_len;
    uint64_t *after_call_work_ms; /* by queue */
    bool *serves;                 /* by queue, then agent */
};

static bool agent_serves(const Farseat__V1__Agent *agent, const Farseat__V1__Queue *queue)
{
    bool listed = agent->n_queues == 0;
    for (size_t i = 0; i < agent->n_queues && !listed; i++)
        listed = strcmp(agent->queues[i], queue->id) == 0;
    for (size_t i = 0; i < queue->n_skills && listed; i++) {
        bool has = false;
        for (size_t j = 0; j < agent->n_skills && !has; j++)
            has = strcmp(agent->skills[j]->skill, queue->skills[i]->skill) == 0 &&
                  agent->skills[j]->level >= queue->skills[i]->level;
        listed = has;
    }
    return listed;
}

static enum far_err fill(struct members *members, const Farseat__V1__CentreConfig *config)
{
    enum far_err err = FAR_OK;
    for (size_t i = 0; i < config->n_agents && err == FAR_OK; i++)
        err = far_index_put_text(members->agents, config->agents[i]->id, i);
    for (size_t i = 0; i < config->n_queues && err == FAR_OK; i++) {
        const Farseat__V1__Queue *queue = config->queues[i];
        err = far_index_put_text(members->queues, queue->id, i);
        members->after_call_work_ms[i] =
            queue->after_call_work_ms ? queue->after_call_work_ms : AFTER_CALL_WORK_DEFAULT;
        for (size_t j = 0; j < config->n_agents; j++)
            members->serves[i * config->n_agents + j] = agent_serves(config->agents[j], queue);
    }
    return err;
}

enum far_err members_create(const Farseat__V1__CentreConfig *config, struct members **ret_members)
{
    struct members *members = calloc(1, sizeof(*members));
    if (!members) return FAR_ENOMEM;
    members->agents_len = config->n_agents;
    members->after_call_work_ms = calloc(config->n_queues + 1, sizeof(*members->after_call_work_ms));
    members->serves = calloc(config->n_queues * config->n_agents + 1, sizeof(*members->serves));
    enum far_err err = members->after_call_work_ms && members->serves ? FAR_OK : FAR_ENOMEM;
    if (err == FAR_OK) err = far_index_create(config->n_queues + 1, ID_LEN_MAX, 1, &members->queues);
    if (err == FAR_OK) err = far_index_create(config->n_agents + 1, ID_LEN_MAX, 1, &members->agents);
    if (err == FAR_OK) err = fill(members, config);
    if (err != FAR_OK) {
        (void)members_destroy(members);
        return err;
    }
    *ret_members = members;
    return FAR_OK;
}

struct members *members_destroy(struct members *members)
{
    if (!members) return NULL;
    members->queues = far_index_destroy(members->queues);
    members->agents = far_index_destroy(members->agents);
    free(members->after_call_work_ms);
    free(members->serves);
    free(members);
    return NULL;
}

bool members_queue(const struct members *members, const char *queue_id, size_t *ret_place)
{
    uint64_t place = 0;
    bool known = far_index_get_text(members->queues, queue_id, &place);
    if (known) *ret_place = (size_t)place;
    return known;
}

bool members_serves(const struct members *members, size_t queue, const char *agent_id)
{
    uint64_t agent = 0;
    return far_index_get_text(members->agents, agent_id, &agent) &&
           members->serves[queue * members->agents_len + agent];
}

uint64_t members_after_call_work_ms(const struct members *members, const char *queue_id)
{
    size_t place = 0;
    return members_queue(members, queue_id, &place) ? members->after_call_work_ms[place] : 0;
}
