/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration: its pieces, the moment at which a whole one is taken, and what that means for what
 * lives. Contacts go on by the version that they began with; agents and queues follow the newest. */
#include "state.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const Farseat__V1__CentreConfig *acd_config_now(const struct acd *acd)
{
    return acd->config_now < CONFIG_SLOTS ? acd->configs[acd->config_now].config : NULL;
}

uint32_t acd_contacts_max(const struct acd *acd)
{
    const Farseat__V1__CentreConfig *config = acd_config_now(acd);
    uint32_t wanted =
        config && config->centre && config->centre->contacts_max ? config->centre->contacts_max : 1000;
    if (!config) wanted = 0;
    return wanted < acd->limits.contacts_max ? wanted : acd->limits.contacts_max;
}

const Farseat__V1__CentreConfig *acd_config(const struct acd *acd)
{
    return acd_config_now(acd);
}

uint64_t acd_config_version(const struct acd *acd)
{
    return acd->config_now < CONFIG_SLOTS ? acd->configs[acd->config_now].version : 0;
}

uint64_t acd_config_hash(const struct acd *acd)
{
    return acd->config_now < CONFIG_SLOTS ? acd->configs[acd->config_now].hash : 0;
}

enum far_err acd_config_check(const struct acd *acd, const Farseat__V1__CentreConfig *config, char *text,
                              size_t text_size)
{
    struct complaints complaints = {.text = text, .size = text_size};
    if (text_size > 0) text[0] = '\0';
    if (farseat__v1__centre_config__get_packed_size(config) > acd->config_bytes_max)
        acd_complain(&complaints, "the configuration is larger than %zu bytes", acd->config_bytes_max);
    acd_validate(&acd->limits, config, &complaints);
    acd_validate_live(acd, config, &complaints);
    return complaints.count ? FAR_EINVAL : FAR_OK;
}

const Farseat__V1__CentreConfig *acd_config_unpack(struct config_slot *slot)
{
    ProtobufCAllocator allocator = acd_arena_allocator(&slot->arena);
    far_arena_reset(&slot->arena);
    slot->config = farseat__v1__centre_config__unpack(&allocator, slot->len, slot->bytes);
    return slot->config;
}

/* --- pieces --- */

static void staging_clear(struct staging *staging)
{
    staging->id[0] = '\0';
    staging->pieces = 0;
    staging->len = 0;
}

void acd_config_put(struct acd *acd, const Farseat__V1__AcdInput *input)
{
    const Farseat__V1__ConfigPut *put = input->config_put;
    struct staging *staging = &acd->staging;
    if (put->index == 0) {
        staging_clear(staging);
        COPY(staging->id, put->config_id);
    }
    if (strcmp(staging->id, put->config_id) != 0 || put->index != staging->pieces) {
        acd_fail(acd, FAR_ESTATE, "piece %u of configuration %.36s does not follow: send it whole again",
                 put->index, put->config_id);
        return;
    }
    if (put->piece.len > acd->config_bytes_max - staging->len) {
        staging_clear(staging);
        acd_fail(acd, FAR_EFULL, "the configuration is larger than %zu bytes", acd->config_bytes_max);
        return;
    }
    if (put->piece.len) memcpy(staging->bytes + staging->len, put->piece.data, put->piece.len);
    staging->len += put->piece.len;
    staging->pieces++;
}

/* --- what follows from the configuration in force --- */

static bool in_queues(const Farseat__V1__Agent *agent, const char *queue)
{
    for (size_t i = 0; i < agent->n_queues; i++)
        if (strcmp(agent->queues[i], queue) == 0) return true;
    return agent->n_queues == 0;
}

static bool has_skills(const Farseat__V1__Agent *agent, const Farseat__V1__Queue *queue)
{
    for (size_t i = 0; i < queue->n_skills; i++) {
        size_t k = 0;
        while (k < agent->n_skills && (strcmp(agent->skills[k]->skill, queue->skills[i]->skill) != 0 ||
                                       agent->skills[k]->level < queue->skills[i]->level))
            k++;
        if (k == agent->n_skills) return false;
    }
    return true;
}

/* An agent who is no longer configured is eligible for nothing. */
static void bind_agent(struct acd *acd, struct agent *agent)
{
    uint64_t *eligible = acd_agent_eligible(acd, agent->self);
    memset(eligible, 0, acd->queue_words * sizeof(*eligible));
    agent->listed = false;
    agent->class = acd_agent_class(acd, agent);
    agent->reachable = acd_agent_reachable(acd, agent);
    for (uint64_t id = far_pool_next(&acd->queues, 0); agent->config && id;
         id = far_pool_next(&acd->queues, id)) {
        struct queue *queue = acd_queue_get(acd, id);
        if (!queue->config || !in_queues(agent->config, queue->id) ||
            !has_skills(agent->config, queue->config))
            continue;
        eligible[SLOT(id) / 64] |= (uint64_t)1 << (SLOT(id) % 64);
        queue->eligible++;
        queue->classes[agent->class]++;
    }
}

struct ranked {
    const char *id;
    uint64_t self;
};

static int by_id(const void *a, const void *b)
{
    const struct ranked *left = a, *right = b;
    return strcmp(left->id, right->id);
}

static void rank_agents(struct acd *acd)
{
    struct ranked *rows = acd->sorted;
    size_t count = 0;
    for (uint64_t id = far_pool_next(&acd->agents, 0); id; id = far_pool_next(&acd->agents, id))
        rows[count++] = (struct ranked){.id = acd_agent_get(acd, id)->id, .self = id};
    qsort(rows, count, sizeof(*rows), by_id);
    for (size_t i = 0; i < count; i++)
        acd_agent_get(acd, rows[i].self)->rank = (uint32_t)i;
}

void acd_config_bind(struct acd *acd)
{
    const Farseat__V1__CentreConfig *config = acd_config_now(acd);
    for (uint64_t id = far_pool_next(&acd->queues, 0); id; id = far_pool_next(&acd->queues, id)) {
        struct queue *queue = acd_queue_get(acd, id);
        queue->config = NULL;
        queue->ready.len = queue->ready.begin = 0;
        queue->eligible = 0;
        memset(queue->classes, 0, sizeof(queue->classes));
    }
    for (uint64_t id = far_pool_next(&acd->agents, 0); id; id = far_pool_next(&acd->agents, id))
        acd_agent_get(acd, id)->config = NULL;
    for (size_t i = 0; config && i < config->n_queues; i++) {
        struct queue *queue = acd_queue_find(acd, config->queues[i]->id);
        if (queue) queue->config = config->queues[i];
    }
    for (size_t i = 0; config && i < config->n_agents; i++) {
        struct agent *agent = acd_agent_find(acd, config->agents[i]->id);
        if (agent && agent->configured) agent->config = config->agents[i];
    }
    rank_agents(acd);
    for (uint64_t id = far_pool_next(&acd->agents, 0); id; id = far_pool_next(&acd->agents, id)) {
        struct agent *agent = acd_agent_get(acd, id);
        bind_agent(acd, agent);
        if (agent->class == CLASS_READY) acd_agent_list(acd, agent, true);
    }
}

void acd_queue_orders(struct acd *acd, struct queue *queue)
{
    size_t contacts = acd->contacts.capacity, agents = acd->agents.capacity;
    uint64_t *room = acd->order_ids + (size_t)SLOT(queue->self) * (2 * contacts + agents);
    queue->waiting = (struct order){.ids = room, .capacity = (uint32_t)contacts};
    queue->open = (struct order){.ids = room + contacts, .capacity = (uint32_t)contacts};
    queue->ready = (struct order){.ids = room + 2 * contacts, .capacity = (uint32_t)agents};
}

/* --- taking it --- */

static void remove_queues(struct acd *acd, const Farseat__V1__CentreConfig *config)
{
    for (uint64_t id = far_pool_next(&acd->queues, 0); id; id = far_pool_next(&acd->queues, id)) {
        struct queue *queue = acd_queue_get(acd, id);
        bool stays = false;
        for (size_t i = 0; i < config->n_queues && !stays; i++)
            stays = strcmp(config->queues[i]->id, queue->id) == 0;
        if (stays) continue;
        (void)far_index_remove_text(acd->queue_index, queue->id);
        far_pool_free(&acd->queues, id);
    }
}

static void add_queues(struct acd *acd, const Farseat__V1__CentreConfig *config)
{
    for (size_t i = 0; i < config->n_queues; i++) {
        uint64_t self = 0;
        if (acd_queue_find(acd, config->queues[i]->id)) continue;
        struct queue *queue = far_pool_new(&acd->queues, &self);
        assert(queue); /* the validator knows the limit */
        queue->self = self;
        COPY(queue->id, config->queues[i]->id);
        acd_queue_orders(acd, queue);
        acd_index_put(acd->queue_index, queue->id, self);
    }
}

static void take_agent(struct acd *acd, const Farseat__V1__Agent *config)
{
    uint64_t self = 0;
    struct agent *agent = acd_agent_find(acd, config->id);
    if (!agent) {
        agent = far_pool_new(&acd->agents, &self);
        assert(agent);
        agent->self = self;
        COPY(agent->id, config->id);
        agent->since_us = acd->now_us;
        agent->since_stamp_us = acd->stamp_us;
        acd_index_put(acd->agent_index, agent->id, self);
    }
    agent->configured = true;
    COPY(agent->name, config->name);
    COPY(agent->home_phone, config->phone);
    COPY(agent->site, config->site);
    COPY(agent->team, config->team);
}

/* Who is no longer there is logged out, now or when the call is over. */
static void release_agents(struct acd *acd)
{
    for (uint64_t id = far_pool_next(&acd->agents, 0); id; id = far_pool_next(&acd->agents, id)) {
        struct agent *agent = acd_agent_get(acd, id);
        if (agent->configured) continue;
        if (agent->state == AGENT_NOT_READY || agent->state == AGENT_READY ||
            agent->state == AGENT_AFTER_CALL_WORK)
            (void)acd_agent_event(acd, agent, AGENT_EV_LOGOUT, "");
        else if (agent->state != AGENT_LOGGED_OUT)
            agent->next_logout = true;
        (void)acd_agent_remove_if_free(acd, agent);
    }
}

static void unlist_all(struct acd *acd)
{
    for (uint64_t id = far_pool_next(&acd->agents, 0); id; id = far_pool_next(&acd->agents, id)) {
        struct agent *agent = acd_agent_get(acd, id);
        if (agent->listed) acd_agent_list(acd, agent, false);
        agent->configured = false;
    }
}

static void remove_idle_agents(struct acd *acd)
{
    for (uint64_t id = far_pool_next(&acd->agents, 0); id; id = far_pool_next(&acd->agents, id)) {
        struct agent *agent = acd_agent_get(acd, id);
        bool logged_in = agent->state != AGENT_LOGGED_OUT;
        if (!agent->configured && !logged_in) (void)acd_agent_remove_if_free(acd, agent);
    }
}

static void mark_configured(struct acd *acd, const Farseat__V1__CentreConfig *config)
{
    for (size_t i = 0; i < config->n_agents; i++) {
        struct agent *agent = acd_agent_find(acd, config->agents[i]->id);
        if (agent) agent->configured = true;
    }
}

static void take(struct acd *acd, uint32_t slot)
{
    const Farseat__V1__CentreConfig *config = acd->configs[slot].config;
    uint32_t before = acd->config_now;
    unlist_all(acd);
    mark_configured(acd, config);
    release_agents(acd); /* while queues and eligibility are still the former ones */
    remove_idle_agents(acd);
    acd->config_now = slot;
    if (before < CONFIG_SLOTS && acd->configs[before].contacts == 0) acd->configs[before].version = 0;
    remove_queues(acd, config);
    add_queues(acd, config);
    for (size_t i = 0; i < config->n_agents; i++)
        take_agent(acd, config->agents[i]);
    acd_config_bind(acd);
    memset(acd->dirty, 0xff, acd->queue_words * sizeof(*acd->dirty));
    acd_edges_grant(acd);
}

static uint32_t slot_free(const struct acd *acd)
{
    for (uint32_t slot = 0; slot < CONFIG_SLOTS; slot++)
        if (slot != acd->config_now && acd->configs[slot].contacts == 0) return slot;
    return CONFIG_SLOTS;
}

static bool pieces_good(struct acd *acd, const Farseat__V1__ConfigCommit *commit)
{
    const struct staging *staging = &acd->staging;
    if (strcmp(staging->id, commit->config_id) != 0 || staging->pieces != commit->count || commit->count == 0)
        acd_fail(acd, FAR_ESTATE,
                 "configuration %.36s is not complete: another one may have come between; send it again",
                 commit->config_id);
    else if (far_hash64(staging->bytes, staging->len, 0) != commit->hash)
        acd_fail(acd, FAR_EPROTO, "configuration %.36s was damaged on its way: send it again",
                 commit->config_id);
    else if (commit->expected_version && commit->expected_version != acd_config_version(acd))
        acd_fail(acd, FAR_ECONFLICT, "version %llu is in force, not %llu: compare with it and apply again",
                 (unsigned long long)acd_config_version(acd), (unsigned long long)commit->expected_version);
    else
        return true;
    return false;
}

static void fact_applied(struct acd *acd, const Farseat__V1__ConfigCommit *commit)
{
    Farseat__V1__ConfigApplied fact = FARSEAT__V1__CONFIG_APPLIED__INIT;
    fact.version = acd_config_version(acd);
    fact.by = commit->by;
    fact.note = commit->note;
    acd_fact(acd, "site.config", &(struct fact_about){0}, FARSEAT__V1__FACT__BODY_CONFIG_APPLIED, &fact);
}

static void commit_slot(struct acd *acd, struct config_slot *slot, const Farseat__V1__ConfigCommit *commit)
{
    char text[4096] = "";
    struct complaints complaints = {.text = text, .size = sizeof(text)};
    memcpy(slot->bytes, acd->staging.bytes, acd->staging.len);
    slot->len = acd->staging.len;
    slot->hash = commit->hash;
    slot->version = 0;
    if (!acd_config_unpack(slot)) {
        acd_fail(acd, FAR_EPROTO, "this is no CentreConfig, or it is too large for this centre's limits");
        return;
    }
    acd_validate(&acd->limits, slot->config, &complaints);
    acd_validate_live(acd, slot->config, &complaints);
    if (complaints.count > COMPLAINTS_MAX && complaints.len + 32 < sizeof(text))
        (void)snprintf(text + complaints.len, 32, "and %u more\n", complaints.count - COMPLAINTS_MAX);
    if (complaints.count) {
        acd_fail_text(acd, FAR_EINVAL, text);
        return;
    }
    slot->version = ++acd->config_version;
    take(acd, (uint32_t)(slot - acd->configs));
    fact_applied(acd, commit);
}

void acd_config_commit(struct acd *acd, const Farseat__V1__AcdInput *input)
{
    const Farseat__V1__ConfigCommit *commit = input->config_commit;
    if (!pieces_good(acd, commit)) return;
    uint32_t slot = slot_free(acd);
    if (slot == CONFIG_SLOTS)
        acd_fail(acd, FAR_EAGAIN, "calls still run by %d former versions: try again when some have ended",
                 CONFIG_SLOTS);
    else
        commit_slot(acd, &acd->configs[slot], commit);
    staging_clear(&acd->staging);
}
