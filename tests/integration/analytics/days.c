/* SPDX-License-Identifier: Apache-2.0 */
#include "days.h"
#include "far/rand.h"

struct days_contact days_contacts[DAYS_CONTACTS];
Farseat__V1__AgentActivityRecord days_activities[DAYS_ACTIVITIES];

#define AGENTS 5
static char *const agents[AGENTS] = {(char[]){"ann"}, (char[]){"ben"}, (char[]){"cai"}, (char[]){"dou"},
                                     (char[]){"eve"}};
static char *const queues[] = {(char[]){"sales"}, (char[]){"support"}, (char[]){"vip"}};
static char *const sites[] = {(char[]){"hq"}, (char[]){"branch"}};
static char *const numbers[] = {(char[]){"4001"}, (char[]){"4002"}, (char[]){"4003"}};
static char *const dispositions[] = {(char[]){"solved"}, (char[]){"open"}};
static char survey[] = "s", none[] = "";
static char callers[DAYS_CONTACTS][24];

/* How many times what is most common is likelier: figures of every kind shall be there, and empty ones too.
 */
static Farseat__V1__ContactResult result_of(struct far_rand *rand)
{
    static const Farseat__V1__ContactResult results[] = {
        FARSEAT__V1__CONTACT_RESULT__RESULT_ANSWERED,   FARSEAT__V1__CONTACT_RESULT__RESULT_ANSWERED,
        FARSEAT__V1__CONTACT_RESULT__RESULT_ANSWERED,   FARSEAT__V1__CONTACT_RESULT__RESULT_ABANDONED,
        FARSEAT__V1__CONTACT_RESULT__RESULT_ABANDONED,  FARSEAT__V1__CONTACT_RESULT__RESULT_OVERFLOWED,
        FARSEAT__V1__CONTACT_RESULT__RESULT_IVR_SERVED, FARSEAT__V1__CONTACT_RESULT__RESULT_IVR_ABANDONED,
        FARSEAT__V1__CONTACT_RESULT__RESULT_REFUSED};
    return results[far_rand_below(rand, FAR_ARRAY_LEN(results))];
}

static void parts_make(struct far_rand *rand, struct days_contact *made)
{
    Farseat__V1__ContactRecord *contact = &made->record;
    contact->n_parts = 1 + far_rand_below(rand, 3);
    contact->parts = made->part_rows;
    contact->transfers = (uint32_t)contact->n_parts - 1;
    for (size_t i = 0; i < contact->n_parts; i++) {
        farseat__v1__agent_part__init(&made->parts[i]);
        made->part_rows[i] = &made->parts[i];
        made->parts[i].agent_id = agents[far_rand_below(rand, AGENTS)];
        made->parts[i].talk_ms = far_rand_below(rand, 400000);
        made->parts[i].hold_ms = far_rand_below(rand, 60000);
        made->parts[i].after_call_work_ms = far_rand_below(rand, 90000);
        contact->talk_ms += made->parts[i].talk_ms;
        contact->hold_ms += made->parts[i].hold_ms;
        contact->after_call_work_ms += made->parts[i].after_call_work_ms;
    }
    if (far_rand_chance(rand, 400)) contact->survey_id = survey;
    contact->survey_answered = contact->survey_id[0] && far_rand_chance(rand, 600);
    contact->survey_score = contact->survey_answered ? 1 + (uint32_t)far_rand_below(rand, 5) : 0;
    contact->disposition = dispositions[far_rand_below(rand, 2)];
}

static void contact_make(struct far_rand *rand, size_t at)
{
    struct days_contact *made = &days_contacts[at];
    Farseat__V1__ContactRecord *contact = &made->record;
    farseat__v1__contact_record__init(contact);
    farseat__v1__telephone_number__init(&made->caller);
    (void)snprintf(made->id, sizeof(made->id), "019f0000-0000-7000-8000-%012zu", at);
    (void)snprintf(callers[at], sizeof(callers[at]), "+8613%09zu", at * 7919 % 1000000000);
    contact->contact_id = made->id;
    contact->revision = 1;
    contact->caller = &made->caller;
    made->caller.canonical = callers[at];
    contact->started_at_us = far_rand_between(rand, DAYS_FIRST_US, DAYS_LAST_US - 1);
    contact->result = result_of(rand);
    contact->site_id = sites[far_rand_below(rand, 2)];
    contact->published = numbers[far_rand_below(rand, 3)];
    contact->direction = FARSEAT__V1__DIRECTION__DIRECTION_INBOUND;
    if (kpi_is_queued(contact)) {
        contact->first_queue_id = queues[far_rand_below(rand, 3)];
        contact->wait_ms = far_rand_below(rand, 60000);
        contact->service_level_ms = 20000;
        contact->short_abandon =
            contact->result == FARSEAT__V1__CONTACT_RESULT__RESULT_ABANDONED && contact->wait_ms <= 5000;
        contact->missed_offers = made->missed_rows;
        contact->n_missed_offers = far_rand_below(rand, 3);
    }
    for (size_t i = 0; i < contact->n_missed_offers; i++) {
        farseat__v1__missed_offer__init(&made->missed[i]);
        made->missed_rows[i] = &made->missed[i];
        made->missed[i].agent_id = agents[far_rand_below(rand, AGENTS)];
        made->missed[i].at_us = contact->started_at_us + (int64_t)far_rand_below(rand, 600000) * 1000;
    }
    if (contact->result == FARSEAT__V1__CONTACT_RESULT__RESULT_ANSWERED) parts_make(rand, made);
}

/* Each agent's states one behind the other, some over days, none at a whole second. */
static void activities_make(struct far_rand *rand)
{
    int64_t at_us[AGENTS];
    for (size_t i = 0; i < AGENTS; i++)
        at_us[i] = DAYS_FIRST_US - (int64_t)far_rand_below(rand, 40000000000);
    for (size_t i = 0; i < DAYS_ACTIVITIES; i++) {
        Farseat__V1__AgentActivityRecord *activity = &days_activities[i];
        static char ids[DAYS_ACTIVITIES][37];
        size_t agent = i % AGENTS;
        farseat__v1__agent_activity_record__init(activity);
        (void)snprintf(ids[i], sizeof(ids[i]), "019f0000-0000-7000-9000-%012zu", i);
        activity->record_id = ids[i];
        activity->agent_id = activity->agent_name = agents[agent];
        activity->state = (Farseat__V1__AgentState)(1 + far_rand_below(rand, 7));
        activity->started_at_us = at_us[agent];
        activity->duration_ms =
            far_rand_chance(rand, 20) ? far_rand_below(rand, 200000000) : far_rand_below(rand, 7000000);
        activity->reason = none;
        at_us[agent] += (int64_t)activity->duration_ms * 1000 + (int64_t)far_rand_below(rand, 1000);
    }
}

enum far_err days_store(struct far_pg_conn *conn, void *arg)
{
    struct far_rand rand;
    (void)arg;
    far_rand_init(&rand, 20261025);
    for (size_t i = 0; i < DAYS_CONTACTS; i++) {
        contact_make(&rand, i);
        MUST(bench_store(conn, FAR_TOPIC_CONTACTS, &days_contacts[i].record.base) == FAR_OK);
    }
    activities_make(&rand);
    for (size_t i = 0; i < DAYS_ACTIVITIES; i++)
        MUST(bench_store(conn, FAR_TOPIC_AGENT_ACTIVITY, &days_activities[i].base) == FAR_OK);
    return FAR_OK;
}
