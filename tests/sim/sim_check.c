/* SPDX-License-Identifier: Apache-2.0 */
/* sim_check.c - what must hold after each step, each second, and when all has become quiet. */
#include "far/hash64.h"
#include "far/json.h"
#include "sim.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_EVERY   64u /* positions: acd_check walks the whole state */
#define HASH_EVERY    16u
#define CALM_MS       9000u /* after the last fault all must be well again */
#define STARVING_MS   4000u
#define SETTLE_MS_MAX 240000u

static void check_hash(struct world *world, const struct process *process, uint64_t position)
{
    uint64_t hash = acd_hash(replica_acd(process->replica)), seen;
    if (far_index_get(world->hashes, position, &seen)) {
        if (seen != hash)
            sim_fail(world, "%s differs at position %llu", process->name, (unsigned long long)position);
    } else if (far_index_put(world->hashes, position, hash) != FAR_OK) {
        sim_fail(world, "too many hashes");
    }
}

static void check_funnel(struct world *world, const struct acd *acd)
{
    struct acd_stats stats;
    acd_stats(acd, &stats);
    if (stats.offered != stats.answered + stats.abandoned + stats.overflowed + stats.waiting)
        sim_fail(
            world,
            "offered %llu = answered %llu + abandoned %llu + overflowed %llu + waiting %llu does not hold",
            (unsigned long long)stats.offered, (unsigned long long)stats.answered,
            (unsigned long long)stats.abandoned, (unsigned long long)stats.overflowed,
            (unsigned long long)stats.waiting);
    if (stats.records_dropped != 0) sim_fail(world, "records were dropped");
}

void check_applied(struct world *world, const struct process *process)
{
    const struct acd *acd = replica_acd(process->replica);
    if (!acd || world->failed) return;
    uint64_t position = acd_position(acd);
    if (position % HASH_EVERY == 0) check_hash(world, process, position);
    if (position <= world->checked_position) return;
    world->checked_position = position;
    world->counts.inputs++;
    check_funnel(world, acd);
    if (position % CHECK_EVERY != 0) return;
    char text[256] = "";
    if (acd_check(acd, text, sizeof(text)) != FAR_OK)
        sim_fail(world, "at position %llu: %s", (unsigned long long)position, text);
}

void check_trace_entry(const struct world *world, const struct stored *stored, uint64_t position)
{
    char *text = NULL;
    if (!world->options.verbose || position <= world->checked_position) return;
    Farseat__V1__AcdInput *input = farseat__v1__acd_input__unpack(NULL, stored->len, stored->data);
    if (input && far_json_print(&input->base, 0, &text) == FAR_OK)
        sim_trace(world, "  input %llu %s", (unsigned long long)position, text);
    free(text);
    if (input) farseat__v1__acd_input__free_unpacked(input, NULL);
}

/* ---- each second --------------------------------------------------------------------------------- */

static bool is_healthy(const struct world *world)
{
    bool leader = false;
    if (world->faults && world->now_ms < world->fault_at_ms + CALM_MS) return false;
    for (int i = 0; i < STREAM_KINDS; i++)
        if (world->streams[i].stalled_until_ms + CALM_MS > world->now_ms &&
            world->streams[i].stalled_until_ms > 0)
            return false;
    if (world->lease.stalled_until_ms > 0 && world->lease.stalled_until_ms + CALM_MS > world->now_ms)
        return false;
    for (uint32_t i = 0; i < world->options.replicas; i++) {
        const struct process *process = &world->processes[i];
        if (!process->alive) return false;
        if (process->cut_until_ms > 0 && process->cut_until_ms + CALM_MS > world->now_ms) return false;
        if (process->frozen_until_ms > 0 && process->frozen_until_ms + CALM_MS > world->now_ms) return false;
        leader |= replica_role(process->replica) == REPLICA_LEADER;
    }
    for (uint32_t i = 0; i < SIM_EDGES; i++) {
        if (!world->edges[i].alive) return false;
        if (world->edges[i].cut_until_ms > 0 && world->edges[i].cut_until_ms + CALM_MS > world->now_ms)
            return false;
    }
    return leader;
}

static void arena_clear(struct world *world)
{
    far_arena_reset(&world->arena);
}

/* Those who are offered to somebody already keep their place, but need nobody else. */
static uint32_t waiting_of(const Farseat__V1__ContactListReply *contacts, const char *queue)
{
    uint32_t waiting = 0;
    for (size_t i = 0; i < contacts->n_contacts; i++)
        waiting += contacts->contacts[i]->state == FARSEAT__V1__CONTACT_STATE__CONTACT_QUEUED &&
                   strcmp(contacts->contacts[i]->queue_id, queue) == 0;
    return waiting;
}

/* An idle agent who may take a contact that waits. */
static bool is_starving(struct world *world, const struct acd *acd, char *text, size_t size)
{
    Farseat__V1__ContactListReply contacts;
    Farseat__V1__AgentListReply agents;
    if (acd_view_contacts(acd, &world->arena, &contacts) != FAR_OK ||
        acd_view_agents(acd, &world->arena, &agents) != FAR_OK) {
        sim_fail(world, "no room for views");
        return false;
    }
    for (size_t i = 0; i < agents.n_agents; i++) {
        const Farseat__V1__AgentView *agent = agents.agents[i];
        Farseat__V1__AgentExplainReply explain;
        if (agent->state != FARSEAT__V1__AGENT_STATE__AGENT_READY || !agent->phone_reachable) continue;
        if (acd_view_explain(acd, agent->agent_id, &world->arena, &explain) != FAR_OK) continue;
        for (size_t j = 0; j < explain.n_queues; j++) {
            if (!explain.queues[j]->eligible || waiting_of(&contacts, explain.queues[j]->queue_id) == 0)
                continue;
            snprintf(text, size, "%s is idle and %s has %u waiting", agent->agent_id,
                     explain.queues[j]->queue_id, waiting_of(&contacts, explain.queues[j]->queue_id));
            return true;
        }
    }
    return false;
}

static void check_places(struct world *world, const struct acd *acd)
{
    Farseat__V1__ContactListReply contacts;
    Farseat__V1__AgentListReply agents;
    Farseat__V1__QueueListReply queues;
    if (acd_view_contacts(acd, &world->arena, &contacts) != FAR_OK ||
        acd_view_agents(acd, &world->arena, &agents) != FAR_OK ||
        acd_view_queues(acd, &world->arena, &queues) != FAR_OK) {
        sim_fail(world, "no room for views");
        return;
    }
    for (size_t i = 0; i < contacts.n_contacts; i++) {
        const Farseat__V1__ContactView *contact = contacts.contacts[i];
        unsigned lines = 0, holders = 0;
        for (size_t q = 0; q < queues.n_queues; q++)
            for (size_t k = 0; k < queues.queues[q]->n_waiting_contact_ids; k++)
                lines += strcmp(queues.queues[q]->waiting_contact_ids[k], contact->contact_id) == 0;
        for (size_t a = 0; a < agents.n_agents; a++) {
            const Farseat__V1__AgentView *agent = agents.agents[a];
            bool wraps = agent->state == FARSEAT__V1__AGENT_STATE__AGENT_AFTER_CALL_WORK;
            holders += !wraps && agent->contact_id && strcmp(agent->contact_id, contact->contact_id) == 0;
        }
        bool queued = contact->state == FARSEAT__V1__CONTACT_STATE__CONTACT_QUEUED;
        bool rings = contact->state == FARSEAT__V1__CONTACT_STATE__CONTACT_RINGING;
        if (lines > 1 || (queued && lines != 1) || (!queued && !rings && lines != 0))
            sim_fail(world, "contact %s in state %d stands in %u queues", contact->contact_id,
                     (int)contact->state, lines);
        if (holders > 1) sim_fail(world, "contact %s is with %u agents", contact->contact_id, holders);
    }
}

/* What is shown as muted is muted, and the other way round; commands are on their way for a while. */
static void check_muted(struct world *world, const struct acd *acd)
{
    Farseat__V1__AgentListReply agents;
    bool healthy = is_healthy(world);
    if (acd_view_agents(acd, &world->arena, &agents) != FAR_OK) {
        sim_fail(world, "no room for views");
        return;
    }
    for (size_t i = 0; i < agents.n_agents; i++) {
        const Farseat__V1__AgentView *view = agents.agents[i];
        int at = people_agent_of(world, view->phone);
        struct agent *agent = at < 0 ? NULL : &world->agents[at];
        const struct call *call = agent ? edge_call(world, agent->call_edge, agent->call, 0) : NULL;
        bool talks = view->state == FARSEAT__V1__AGENT_STATE__AGENT_TALKING && call && !call->ending;
        if (!agent) continue;
        if (!healthy || !talks || view->muted == call->muted)
            agent->mute_differs_ms = world->now_ms;
        else if (world->now_ms - agent->mute_differs_ms > STARVING_MS)
            sim_fail(world, "%s is shown muted %d and is muted %d", view->agent_id, view->muted, call->muted);
    }
}

void check_second(struct world *world)
{
    const struct process *best = process_best(world);
    if (!best || world->failed) return;
    const struct acd *acd = replica_acd(best->replica);
    char text[160];
    arena_clear(world);
    check_places(world, acd);
    arena_clear(world);
    check_muted(world, acd);
    arena_clear(world);
    if (!is_healthy(world) || !is_starving(world, acd, text, sizeof(text)))
        world->starving_since_ms = world->now_ms;
    else if (world->now_ms - world->starving_since_ms > STARVING_MS)
        sim_fail(world, "%s", text);
}

/* ---- the end ------------------------------------------------------------------------------------- */

static bool is_quiet(const struct world *world, char *text, size_t size)
{
    const struct process *best = process_best(world);
    struct acd_stats stats;
    if (!best) return false;
    acd_stats(replica_acd(best->replica), &stats);
    uint64_t first, last;
    acd_record_range(replica_acd(best->replica), &first, &last);
    snprintf(text, size, "%u contacts, %u legs, %u commands, %llu records unstored, Kafka has %llu of %llu",
             stats.contacts, stats.legs, stats.commands, (unsigned long long)stats.records_unstored,
             (unsigned long long)world->exporter.kafka_last, (unsigned long long)last);
    if (stats.contacts || stats.legs || stats.commands || stats.records_unstored) return false;
    if (world->exporter.kafka_last != last) return false;
    for (uint32_t i = 0; i < SIM_EDGES; i++) {
        struct edge_figures figures;
        if (!world->edges[i].alive) return false;
        edge_core_figures(world->edges[i].core, &figures);
        if (figures.legs || figures.links) {
            snprintf(text, size, "%s still has %u legs and %u links", world->edges[i].name, figures.legs,
                     figures.links);
            return false;
        }
    }
    for (uint32_t i = 0; i < world->options.replicas; i++) {
        if (!world->processes[i].alive) return false;
        if (acd_position(replica_acd(world->processes[i].replica)) != world->streams[STREAM_LOG].len) {
            snprintf(text, size, "%s is behind", world->processes[i].name);
            return false;
        }
    }
    return true;
}

/* A fresh core over the whole log: the same state, and each of its facts lies in the stream. */
static void check_replay(struct world *world)
{
    struct acd *acd = NULL;
    struct acd_output out;
    struct acd_limits limits;
    const struct stream *log = &world->streams[STREAM_LOG];
    for (size_t i = 0; i < log->len && !world->failed; i++) {
        Farseat__V1__AcdInput *input =
            farseat__v1__acd_input__unpack(NULL, log->entries[i].len, log->entries[i].data);
        if (!input) abort();
        if (!acd) {
            acd_limits_from(input->log_created, &limits);
            if (acd_create(&limits, &acd) != FAR_OK || acd_output_init(&out, &limits) != FAR_OK) abort();
        }
        if (acd_apply(acd, input, i + 1, log->entries[i].stamp_us, &out) != FAR_OK)
            sim_fail(world, "replay stops at %zu", i + 1);
        for (size_t k = 0; k < out.fact_count && !world->failed; k++) {
            uint64_t sequence;
            const char *id = out.facts[k].fact->fact_id;
            world->counts.facts++;
            if (!far_index_get(world->streams[STREAM_EVT].ids, far_hash64(id, strlen(id), 7), &sequence))
                sim_fail(world, "fact %s %s of position %zu was never published", out.facts[k].suffix, id,
                         i + 1);
        }
        farseat__v1__acd_input__free_unpacked(input, NULL);
    }
    if (!acd) return;
    if (!world->failed && acd_hash(acd) != acd_hash(replica_acd(process_best(world)->replica)))
        sim_fail(world, "the log replays to another state");
    acd_output_done(&out);
    acd_destroy(acd);
}

static void trace_calls(const struct world *world)
{
    for (uint32_t i = 0; i < SIM_EDGES; i++)
        for (size_t k = 0; world->edges[i].alive && k < SIM_CALLS_MAX; k++)
            if (world->edges[i].calls[k].id != 0)
                sim_trace(world, "%s still has a call, kind %d, leg %s, answered %d, ending %d",
                          world->edges[i].name, (int)world->edges[i].calls[k].kind,
                          world->edges[i].calls[k].leg_id, world->edges[i].calls[k].answered,
                          world->edges[i].calls[k].ending);
}

static void trace_contacts(struct world *world)
{
    Farseat__V1__ContactListReply contacts;
    const struct process *best = process_best(world);
    arena_clear(world);
    if (!world->options.verbose || !best) return;
    if (acd_view_contacts(replica_acd(best->replica), &world->arena, &contacts) != FAR_OK) return;
    for (size_t i = 0; i < contacts.n_contacts; i++)
        sim_trace(world, "contact %s state %d for %llu ms queue %s agent %s edge %s node %s",
                  contacts.contacts[i]->contact_id, (int)contacts.contacts[i]->state,
                  (unsigned long long)contacts.contacts[i]->state_ms, contacts.contacts[i]->queue_id,
                  contacts.contacts[i]->agent_id, contacts.contacts[i]->edge, contacts.contacts[i]->node_id);
}

void check_end(struct world *world)
{
    char text[256] = "";
    uint64_t limit_ms = world->now_ms + SETTLE_MS_MAX;
    while (!world->failed && !is_quiet(world, text, sizeof(text))) {
        if (world->now_ms > limit_ms) {
            sim_fail(world, "it does not become quiet: %s", text);
            trace_contacts(world);
            trace_calls(world);
            return;
        }
        uint64_t until_ms = world->now_ms + 500;
        while (world->now_ms < until_ms && sim_step(world))
            ;
    }
    if (world->failed) return;
    uint64_t hash = acd_hash(replica_acd(world->processes[0].replica));
    for (uint32_t i = 1; i < world->options.replicas; i++)
        if (acd_hash(replica_acd(world->processes[i].replica)) != hash)
            sim_fail(world, "the replicas end differently");
    if (world->exporter.kafka_len != world->exporter.kafka_last) sim_fail(world, "Kafka has records twice");
    if (world->truncated_below == 0) check_replay(world);
}
