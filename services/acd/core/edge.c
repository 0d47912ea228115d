/* SPDX-License-Identifier: Apache-2.0 */
/* Edges: which life of which edge the core talks to, and whether it may be given work. */
#include "state.h"
#include <string.h>

bool acd_edge_usable(const struct edge *edge)
{
    return edge && edge->state == EDGE_STARTED;
}

void acd_fact_edge(struct acd *acd, const struct edge *edge, const char *state)
{
    Farseat__V1__SiteEdgeState fact = FARSEAT__V1__SITE_EDGE_STATE__INIT;
    fact.edge = TEXT(edge->name);
    fact.state = TEXT(state);
    acd_fact(acd, "site.edge", &(struct fact_about){.site_id = edge->site},
             FARSEAT__V1__FACT__BODY_SITE_EDGE_STATE, &fact);
}

static void grant(struct acd *acd, struct edge *edge)
{
    Farseat__V1__CreditCommand credit = FARSEAT__V1__CREDIT_COMMAND__INIT;
    credit.incoming_legs_max = acd_contacts_max(acd);
    edge->credit = credit.incoming_legs_max;
    acd_command_loose(acd, edge, "", ++edge->command_number, FARSEAT__V1__EDGE_COMMAND__BODY_CREDIT, &credit);
}

void acd_edges_grant(struct acd *acd)
{
    for (uint64_t id = far_pool_next(&acd->edges, 0); id; id = far_pool_next(&acd->edges, id)) {
        struct edge *edge = acd_edge_get(acd, id);
        if (edge->state == EDGE_STARTED && edge->credit != acd_contacts_max(acd)) grant(acd, edge);
    }
}

/* Agents and contacts there may or may not be given work now. */
static void refresh_all(struct acd *acd, const struct edge *edge)
{
    for (uint64_t id = far_pool_next(&acd->phones, 0); id; id = far_pool_next(&acd->phones, id)) {
        struct phone *phone = acd_phone_get(acd, id);
        struct agent *agent = phone->edge == edge->self ? acd_agent_get(acd, phone->agent) : NULL;
        if (agent) acd_agent_refresh(acd, agent);
    }
    for (uint64_t id = far_pool_next(&acd->legs, 0); id; id = far_pool_next(&acd->legs, id)) {
        struct leg *leg = acd_leg_get(acd, id);
        struct contact *contact = acd_contact_get(acd, leg->contact);
        if (leg->edge == edge->self && leg->role == LEG_CALLER && contact) acd_queue_refresh(acd, contact);
    }
}

static void unbind_all(struct acd *acd, const struct edge *edge)
{
    for (uint64_t id = far_pool_next(&acd->phones, 0); id; id = far_pool_next(&acd->phones, id)) {
        struct phone *phone = acd_phone_get(acd, id);
        if (phone->edge != edge->self) continue;
        acd_phone_unbind(acd, phone);
    }
}

static struct edge *edge_new(struct acd *acd, const char *name)
{
    uint64_t self = 0;
    struct edge *edge = far_pool_new(&acd->edges, &self);
    if (!edge) return NULL;
    edge->self = self;
    edge->state = EDGE_LOST;
    COPY(edge->name, name);
    acd_index_put(acd->edge_index, edge->name, self);
    return edge;
}

void acd_edge_started(struct acd *acd, const Farseat__V1__AcdInput *input)
{
    const Farseat__V1__EdgeStarted *started = input->edge_started;
    struct edge *edge = acd_edge_find(acd, input->producer);
    if (!edge) edge = edge_new(acd, input->producer);
    if (!edge) {
        acd_fail(acd, FAR_EFULL, "more than %d edges: this one gets no calls", ACD_EDGES_MAX);
        return;
    }
    acd_commands_drop_edge(acd, edge->self);
    edge->state = EDGE_LOST; /* nothing goes to the former life */
    unbind_all(acd, edge);
    acd_legs_of_edge_end(acd, edge->self, true);
    COPY(edge->site, started->site);
    COPY(edge->version, started->version);
    COPY(edge->incarnation, input->producer_incarnation);
    edge->state = EDGE_STARTED;
    edge->draining = false;
    edge->command_number = 0;
    acd_fact_edge(acd, edge, "started");
    grant(acd, edge);
}

/* The edge that the leader means, or NULL with a verdict. */
static struct edge *edge_named(struct acd *acd, const char *name, const char *incarnation)
{
    struct edge *edge = acd_edge_find(acd, name);
    if (!edge)
        acd_fail(acd, FAR_ENOTFOUND, "edge %.63s is not known", name);
    else if (strcmp(edge->incarnation, incarnation) != 0)
        acd_fail(acd, FAR_ESTATE, "edge %s lives as %s by now", edge->name, edge->incarnation);
    else
        return edge;
    return NULL;
}

void acd_edge_unreachable(struct acd *acd, const Farseat__V1__AcdInput *input)
{
    struct edge *edge = edge_named(acd, input->edge_unreachable->edge, input->edge_unreachable->incarnation);
    if (!edge || edge->state != EDGE_STARTED) return;
    edge->state = EDGE_UNREACHABLE;
    refresh_all(acd, edge);
    acd_fact_edge(acd, edge, "unreachable");
}

/* Legs that were given up while it was away. */
static void hang_up_orphans(struct acd *acd, const struct edge *edge)
{
    for (uint64_t id = far_pool_next(&acd->legs, 0); id; id = far_pool_next(&acd->legs, id)) {
        struct leg *leg = acd_leg_get(acd, id);
        if (leg->edge != edge->self || leg->state != LEG_ENDING) continue;
        Farseat__V1__HangupCommand hangup = FARSEAT__V1__HANGUP_COMMAND__INIT;
        hangup.cause = TEXT("edge-lost");
        acd_command(acd, leg, FARSEAT__V1__EDGE_COMMAND__BODY_HANGUP, &hangup);
        leg->hangups = 1;
        acd_timer_set(acd, TIMER_LEG, leg->self, acd->now_us + 10000000);
    }
}

/* Its phones may still be in calls that were given up: until those have ended nobody there is rung. */
static bool has_orphans(struct acd *acd, const struct edge *edge)
{
    for (uint64_t id = far_pool_next(&acd->legs, 0); id; id = far_pool_next(&acd->legs, id)) {
        const struct leg *leg = acd_leg_get(acd, id);
        if (leg->edge == edge->self && leg->role == LEG_AGENT && leg->state == LEG_ENDING && !leg->agent)
            return true;
    }
    return false;
}

void acd_edge_reachable(struct acd *acd, const Farseat__V1__AcdInput *input)
{
    struct edge *edge = edge_named(acd, input->edge_reachable->edge, input->edge_reachable->incarnation);
    if (!edge || edge->state == EDGE_STARTED) return;
    acd_edge_alive_if_lost(acd, edge);
    if (has_orphans(acd, edge)) {
        acd_fail(acd, FAR_ESTATE, "calls at edge %s that were given up have not ended yet", edge->name);
        return;
    }
    edge->state = EDGE_STARTED;
    refresh_all(acd, edge);
    acd_fact_edge(acd, edge, "reachable");
    grant(acd, edge);
}

/* What it says now may be minutes old: it gets work when the leader has seen that it has said all. */
void acd_edge_alive_if_lost(struct acd *acd, struct edge *edge)
{
    if (edge->state != EDGE_LOST) return;
    edge->state = EDGE_UNREACHABLE;
    hang_up_orphans(acd, edge);
}

void acd_edge_lost(struct acd *acd, const Farseat__V1__AcdInput *input)
{
    struct edge *edge = edge_named(acd, input->edge_lost->edge, input->edge_lost->incarnation);
    if (!edge || edge->state == EDGE_LOST) return;
    edge->state = EDGE_LOST;
    acd_commands_drop_edge(acd, edge->self);
    refresh_all(acd, edge);
    acd_legs_of_edge_end(acd, edge->self, false);
    acd_fact_edge(acd, edge, "lost");
}

void acd_edge_draining(struct acd *acd, const Farseat__V1__AcdInput *input)
{
    struct edge *edge = acd_edge_find(acd, input->producer);
    if (edge->draining) return;
    edge->draining = true;
    refresh_all(acd, edge);
    acd_fact_edge(acd, edge, "draining");
}

void acd_calls_refused(struct acd *acd, const Farseat__V1__AcdInput *input)
{
    const Farseat__V1__CallsRefused *refused = input->calls_refused;
    const struct edge *edge = acd_edge_find(acd, input->producer);
    Farseat__V1__SiteCallsRefused fact = FARSEAT__V1__SITE_CALLS_REFUSED__INIT;
    fact.edge = TEXT(edge->name);
    fact.count = refused->count;
    fact.cause = refused->cause;
    fact.number = refused->number;
    acd->count.calls_refused += refused->count;
    acd_fact(acd, "site.calls-refused", &(struct fact_about){.site_id = edge->site},
             FARSEAT__V1__FACT__BODY_SITE_CALLS_REFUSED, &fact);
}

const char *acd_edge(const struct acd *acd, const char *name, const char **ret_state)
{
    static const char *const texts[EDGE_STATE_COUNT] = {"started", "unreachable", "lost"};
    const struct edge *edge = acd_edge_find(acd, name);
    if (!edge) return "";
    if (ret_state)
        *ret_state = edge->state == EDGE_STARTED && edge->draining ? "draining" : texts[edge->state];
    return edge->incarnation;
}

const char *acd_edge_at(const struct acd *acd, size_t index)
{
    const char *after = "", *found = NULL;
    for (size_t i = 0; i <= index; i++) { /* a few edges, asked once a second */
        found = NULL;
        for (uint64_t id = far_pool_next(&acd->edges, 0); id; id = far_pool_next(&acd->edges, id)) {
            const char *name = acd_edge_get(acd, id)->name;
            if (strcmp(name, after) > 0 && (!found || strcmp(name, found) < 0)) found = name;
        }
        if (!found) return NULL;
        after = found;
    }
    return found;
}
