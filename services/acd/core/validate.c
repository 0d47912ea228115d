/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a configuration is sound. Each complaint says what, where and how to mend it; ten are enough. */
#include "flow/flow.h"
#include "state.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TARGETS_MAX 500
#define TARGET_MAX  1e12

void acd_complain(struct complaints *complaints, const char *format, ...)
{
    va_list args;
    complaints->count++;
    if (complaints->count > COMPLAINTS_MAX || complaints->len + 2 >= complaints->size) return;
    char *at = complaints->text + complaints->len;
    size_t room = complaints->size - complaints->len;
    va_start(args, format);
    int len = vsnprintf(at, room - 1, format, args);
    va_end(args);
    if (len < 0) return;
    size_t added = (size_t)len < room - 1 ? (size_t)len : room - 2;
    at[added] = '\n';
    at[added + 1] = '\0';
    complaints->len += added + 1;
}

static void complain_text(void *context, const char *text)
{
    acd_complain(context, "%s", text);
}

/* Lists of things with ids: the n-th one's id. */
typedef const char *id_at(const Farseat__V1__CentreConfig *config, size_t index);
#define ID_AT(list)                                                                                          \
    static const char *list##_id(const Farseat__V1__CentreConfig *config, size_t index)                      \
    {                                                                                                        \
        return config->list[index]->id;                                                                      \
    }
ID_AT(sites)
ID_AT(trunks)
ID_AT(phones)
ID_AT(skills)
ID_AT(reasons)
ID_AT(dispositions)
ID_AT(queues)
ID_AT(agents)
ID_AT(flows)
ID_AT(recorders)
ID_AT(teams)
ID_AT(business_types)

struct lists {
    const Farseat__V1__CentreConfig *config;
    struct complaints *complaints;
};

static bool has(const Farseat__V1__CentreConfig *config, id_at *at, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(at(config, i), id) == 0) return true;
    return false;
}

/* Duplicates by an index, for lists may be long. */
static void check_ids(const struct lists *lists, const char *name, id_at *at, size_t count)
{
    struct far_index *index = NULL;
    if (count == 0 || far_index_create(count, ACD_ID_TEXT_MAX, 1, &index) != FAR_OK) return;
    for (size_t i = 0; i < count; i++) {
        const char *id = at(lists->config, i);
        uint64_t other;
        if (!acd_id_valid(id))
            acd_complain(lists->complaints, "%s[%zu].id: \"%.80s\" must be 1 to 63 of a-z, 0-9 and -", name,
                         i, id);
        else if (far_index_get_text(index, id, &other))
            acd_complain(lists->complaints, "%s[%zu].id: \"%s\" is %s[%zu]'s as well: rename one", name, i,
                         id, name, (size_t)other);
        else
            acd_index_put(index, id, i);
    }
    far_index_destroy(index);
}

static void check_text(const struct lists *lists, const char *list, const char *id, const char *field,
                       const char *text)
{
    if (strlen(text) >= TEXT_SIZE)
        acd_complain(lists->complaints, "%s[%s].%s: longer than %d bytes: shorten it", list, id, field,
                     TEXT_SIZE - 1);
}

static void check_site(const struct lists *lists, const char *list, const char *id, const char *site)
{
    if (site[0] && !has(lists->config, sites_id, lists->config->n_sites, site))
        acd_complain(lists->complaints,
                     "%s[%.63s].site: \"%.63s\" is no site: add it to sites, or name another", list, id,
                     site);
}

static void check_skills(const struct lists *lists, const char *list, const char *id,
                         Farseat__V1__SkillLevel **skills, size_t count)
{
    const Farseat__V1__CentreConfig *config = lists->config;
    for (size_t i = 0; i < count; i++) {
        if (!has(config, skills_id, config->n_skills, skills[i]->skill))
            acd_complain(lists->complaints,
                         "%s[%.63s].skills: \"%.63s\" is no skill: add it to skills, or name another", list,
                         id, skills[i]->skill);
        if (skills[i]->level < 1 || skills[i]->level > 10)
            acd_complain(lists->complaints, "%s[%.63s].skills[%.63s].level: %u must be 1 to 10", list, id,
                         skills[i]->skill, skills[i]->level);
        for (size_t k = 0; k < i; k++)
            if (strcmp(skills[k]->skill, skills[i]->skill) == 0)
                acd_complain(lists->complaints, "%s[%.63s].skills: \"%.63s\" stands there twice: remove one",
                             list, id, skills[i]->skill);
    }
}

static bool prompt_ok(const char *text)
{
    size_t len = strlen(text);
    return len > 0 && len < TEXT_SIZE && text[0] != '/' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_/") == len;
}

static void check_ms(const struct lists *lists, const char *id, const char *field, uint32_t value,
                     uint32_t max)
{
    if (value > max)
        acd_complain(lists->complaints, "queues[%.63s].%s: %u ms is above %u", id, field, value, max);
}

static void check_queue(const struct lists *lists, const Farseat__V1__Queue *queue)
{
    check_skills(lists, "queues", queue->id, queue->skills, queue->n_skills);
    check_ms(lists, queue->id, "service_level_ms", queue->service_level_ms, 3600000);
    check_ms(lists, queue->id, "short_abandon_ms", queue->short_abandon_ms, 3600000);
    check_ms(lists, queue->id, "ring_ms_max", queue->ring_ms_max, 300000);
    check_ms(lists, queue->id, "after_call_work_ms", queue->after_call_work_ms, 3600000);
    check_ms(lists, queue->id, "wait_ms_max", queue->wait_ms_max, 86400000);
    if (queue->music[0] && !prompt_ok(queue->music))
        acd_complain(lists->complaints,
                     "queues[%.63s].music: \"%.80s\" is no prompt's name: use a-z, 0-9, -, _ and /",
                     queue->id, queue->music);
    if (queue->n_greeting > FLOW_PROMPTS_MAX)
        acd_complain(lists->complaints, "queues[%.63s].greeting: %zu prompts: at most %d", queue->id,
                     queue->n_greeting, FLOW_PROMPTS_MAX);
    for (size_t i = 0; i < queue->n_greeting; i++)
        if (!prompt_ok(queue->greeting[i]))
            acd_complain(lists->complaints,
                         "queues[%.63s].greeting: \"%.80s\" is no prompt's name: use a-z, 0-9, -, _ and /",
                         queue->id, queue->greeting[i]);
    if (queue->business_type[0] &&
        !has(lists->config, business_types_id, lists->config->n_business_types, queue->business_type))
        acd_complain(lists->complaints, "queues[%.63s].business_type: \"%.63s\" is not in business_types",
                     queue->id, queue->business_type);
}

static void check_agent(const struct lists *lists, const Farseat__V1__Agent *agent)
{
    const Farseat__V1__CentreConfig *config = lists->config;
    check_text(lists, "agents", agent->id, "name", agent->name);
    check_site(lists, "agents", agent->id, agent->site);
    if (agent->phone[0] && !acd_id_valid(agent->phone))
        acd_complain(lists->complaints, "agents[%.63s].phone: \"%.80s\" must be 1 to 63 of a-z, 0-9 and -",
                     agent->id, agent->phone);
    if (agent->team[0] && !has(config, teams_id, config->n_teams, agent->team))
        acd_complain(lists->complaints,
                     "agents[%.63s].team: \"%.63s\" is not in teams: add it, or leave it out", agent->id,
                     agent->team);
    check_skills(lists, "agents", agent->id, agent->skills, agent->n_skills);
    for (size_t i = 0; i < agent->n_queues; i++)
        if (!has(config, queues_id, config->n_queues, agent->queues[i]))
            acd_complain(lists->complaints,
                         "agents[%.63s].queues: \"%.63s\" is no queue: add it, or remove it here", agent->id,
                         agent->queues[i]);
}

/* Phones of agents must exist; looked up by an index, for both lists may be long. */
static void check_agents_phones(const struct lists *lists)
{
    const Farseat__V1__CentreConfig *config = lists->config;
    struct far_index *index = NULL;
    if (config->n_phones && far_index_create(config->n_phones, ACD_ID_TEXT_MAX, 1, &index) != FAR_OK) return;
    for (size_t i = 0; i < config->n_phones; i++)
        if (acd_id_valid(config->phones[i]->id)) acd_index_put(index, config->phones[i]->id, i);
    for (size_t i = 0; i < config->n_agents; i++) {
        const Farseat__V1__Agent *agent = config->agents[i];
        uint64_t at;
        if (agent->phone[0] && acd_id_valid(agent->phone) &&
            !(index && far_index_get_text(index, agent->phone, &at)))
            acd_complain(lists->complaints,
                         "agents[%.63s].phone: \"%s\" is no phone: add it to phones, or name another",
                         agent->id, agent->phone);
    }
    if (index) far_index_destroy(index);
}

static void check_numbers(const struct lists *lists)
{
    const Farseat__V1__CentreConfig *config = lists->config;
    for (size_t i = 0; i < config->n_numbers; i++) {
        const Farseat__V1__DialledNumber *number = config->numbers[i];
        if (number->number[0] == '\0' || strlen(number->number) >= ID_SIZE ||
            strlen(number->published) >= ID_SIZE)
            acd_complain(lists->complaints, "numbers[%zu].number: \"%.80s\" must be 1 to 63 characters", i,
                         number->number);
        if (flow_find(config, number->flow) < 0)
            acd_complain(lists->complaints,
                         "numbers[%.63s].flow: \"%.63s\" is no flow: add it to flows, or name another",
                         number->number, number->flow);
        for (size_t k = 0; k < i; k++)
            if (strcmp(config->numbers[k]->number, number->number) == 0)
                acd_complain(lists->complaints,
                             "numbers[%zu].number: \"%.63s\" stands there twice: remove one", i,
                             number->number);
    }
}

static void check_rule(const struct lists *lists, const char *where, const Farseat__V1__NumberRule *rule)
{
    if (!rule) return;
    const char *fields[4] = {rule->country_code, rule->area_code, rule->national_prefix,
                             rule->international_prefix};
    static const char *const names[4] = {"country_code", "area_code", "national_prefix",
                                         "international_prefix"};
    static const size_t lens[4] = {3, 7, 3, 7};
    for (int i = 0; i < 4; i++)
        if (strlen(fields[i]) > lens[i] || strspn(fields[i], "0123456789") != strlen(fields[i]))
            acd_complain(lists->complaints, "%s.number_rule.%s: \"%.20s\" must be at most %zu digits", where,
                         names[i], fields[i], lens[i]);
}

static void check_sites_and_trunks(const struct lists *lists)
{
    const Farseat__V1__CentreConfig *config = lists->config;
    for (size_t i = 0; i < config->n_sites; i++)
        for (size_t k = 0; k < config->sites[i]->n_edges; k++)
            if (!acd_id_valid(config->sites[i]->edges[k]))
                acd_complain(lists->complaints,
                             "sites[%.63s].edges: \"%.80s\" must be 1 to 63 of a-z, 0-9 and -",
                             config->sites[i]->id, config->sites[i]->edges[k]);
    for (size_t i = 0; i < config->n_trunks; i++) {
        char where[ID_SIZE + 16];
        (void)snprintf(where, sizeof(where), "trunks[%.63s]", config->trunks[i]->id);
        check_site(lists, "trunks", config->trunks[i]->id, config->trunks[i]->site);
        check_rule(lists, where, config->trunks[i]->number_rule);
        if (config->trunks[i]->n_addresses == 0)
            acd_complain(lists->complaints,
                         "%s.addresses: empty: give the addresses that its calls come from", where);
    }
    if (config->centre) check_rule(lists, "centre", config->centre->number_rule);
}

static void check_rest(const struct lists *lists, const struct acd_limits *limits)
{
    const Farseat__V1__CentreConfig *config = lists->config;
    if (config->n_agents > limits->agents_max)
        acd_complain(lists->complaints,
                     "agents: %zu, but this centre was made for %u: use fewer, or a new log",
                     config->n_agents, limits->agents_max);
    if (config->n_queues > limits->queues_max)
        acd_complain(lists->complaints,
                     "queues: %zu, but this centre was made for %u: use fewer, or a new log",
                     config->n_queues, limits->queues_max);
    if (config->centre && config->centre->contacts_max > limits->contacts_max)
        acd_complain(lists->complaints, "centre.contacts_max: %u, but this centre was made for %u",
                     config->centre->contacts_max, limits->contacts_max);
    for (size_t i = 0; i < config->n_phones; i++)
        check_site(lists, "phones", config->phones[i]->id, config->phones[i]->site);
    for (size_t i = 0; i < config->n_recorders; i++) {
        const char *uri = config->recorders[i]->uri;
        check_site(lists, "recorders", config->recorders[i]->id, config->recorders[i]->site);
        if ((strncmp(uri, "sip:", 4) != 0 && strncmp(uri, "sips:", 5) != 0) || strlen(uri) >= TEXT_SIZE)
            acd_complain(lists->complaints,
                         "recorders[%.63s].uri: \"%.80s\" must be sip:..., at most %d bytes",
                         config->recorders[i]->id, uri, TEXT_SIZE - 1);
    }
}

/* Ranges for screens: no part of routing, so only their shape is looked at. */
static void check_target(const struct lists *lists, size_t index)
{
    const Farseat__V1__CentreConfig *config = lists->config;
    const Farseat__V1__KpiTarget *target = config->targets[index];
    size_t len = strlen(target->kpi);
    if (len == 0 || len > ACD_ID_TEXT_MAX ||
        strspn(target->kpi, "abcdefghijklmnopqrstuvwxyz0123456789_-") != len)
        acd_complain(lists->complaints, "targets[%zu].kpi: \"%.80s\" is no KPI's id: see docs/kpi.md", index,
                     target->kpi);
    if (target->queue[0] && !has(config, queues_id, config->n_queues, target->queue))
        acd_complain(lists->complaints,
                     "targets[%zu].queue: \"%.63s\" is no queue: add it to queues, or name another", index,
                     target->queue);
    bool ordered = target->low >= 0 && target->low <= TARGET_MAX && target->high >= 0 &&
                   target->high <= TARGET_MAX && (target->high == 0 || target->low <= target->high);
    if (!ordered) /* no number at all is not ordered either */
        acd_complain(
            lists->complaints,
            "targets[%zu]: low %g and high %g: 0 or above, low not above high (high 0: no upper end)", index,
            target->low, target->high);
    for (size_t i = 0; i < index; i++)
        if (strcmp(config->targets[i]->kpi, target->kpi) == 0 &&
            strcmp(config->targets[i]->queue, target->queue) == 0)
            acd_complain(lists->complaints,
                         "targets[%zu]: the same KPI and queue as targets[%zu]: remove one", index, i);
}

static void check_targets(const struct lists *lists)
{
    size_t count = lists->config->n_targets;
    if (count > TARGETS_MAX) acd_complain(lists->complaints, "targets: %zu: at most %d", count, TARGETS_MAX);
    for (size_t i = 0; i < count && i < TARGETS_MAX; i++)
        check_target(lists, i);
}

void acd_validate(const struct acd_limits *limits, const Farseat__V1__CentreConfig *config,
                  struct complaints *complaints)
{
    struct lists lists = {.config = config, .complaints = complaints};
    check_rest(&lists, limits);
    check_ids(&lists, "sites", sites_id, config->n_sites);
    check_ids(&lists, "trunks", trunks_id, config->n_trunks);
    check_ids(&lists, "phones", phones_id, config->n_phones);
    check_ids(&lists, "skills", skills_id, config->n_skills);
    check_ids(&lists, "reasons", reasons_id, config->n_reasons);
    check_ids(&lists, "dispositions", dispositions_id, config->n_dispositions);
    check_ids(&lists, "queues", queues_id, config->n_queues);
    check_ids(&lists, "agents", agents_id, config->n_agents);
    check_ids(&lists, "flows", flows_id, config->n_flows);
    check_ids(&lists, "recorders", recorders_id, config->n_recorders);
    check_ids(&lists, "teams", teams_id, config->n_teams);
    check_ids(&lists, "business_types", business_types_id, config->n_business_types);
    check_sites_and_trunks(&lists);
    check_numbers(&lists);
    check_agents_phones(&lists);
    for (size_t i = 0; i < config->n_queues; i++)
        check_queue(&lists, config->queues[i]);
    for (size_t i = 0; i < config->n_agents; i++)
        check_agent(&lists, config->agents[i]);
    for (size_t i = 0; i < config->n_flows; i++)
        flow_check(config, config->flows[i], complain_text, complaints);
    check_targets(&lists);
}

/* What lives now must find its place in the new configuration. */
void acd_validate_live(const struct acd *acd, const Farseat__V1__CentreConfig *config,
                       struct complaints *complaints)
{
    for (uint64_t id = far_pool_next(&acd->contacts, 0); id; id = far_pool_next(&acd->contacts, id)) {
        const struct contact *contact = acd_contact_get(acd, id);
        bool needs_queue =
            contact->queue || contact->state == CONTACT_TALKING || contact->state == CONTACT_HELD;
        if (!needs_queue || has(config, queues_id, config->n_queues, contact->queue_id)) continue;
        acd_complain(
            complaints,
            "queues: \"%s\" is missing, but contact %s is in it: keep it until its contacts are done",
            contact->queue_id, contact->id);
    }
    size_t stay = 0;
    for (uint64_t id = far_pool_next(&acd->agents, 0); id; id = far_pool_next(&acd->agents, id)) {
        const struct agent *agent = acd_agent_get(acd, id);
        bool busy = agent->contact || agent->leg;
        if (busy && !has(config, agents_id, config->n_agents, agent->id)) stay++;
    }
    if (stay + config->n_agents > acd->agents.capacity)
        acd_complain(complaints,
                     "agents: %zu that are removed are still busy: try again when their calls are done",
                     stay);
}
