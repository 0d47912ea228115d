/* SPDX-License-Identifier: Apache-2.0 */
/* get.c - looking once. */
#include "get.h"
#include "command.h"
#include "far/clock.h"
#include "far/json.h"
#include "far/str.h"
#include "services.h"
#include "text.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUT_MAX (16u * 1024u * 1024u)

struct column {
    const char *title;
    unsigned width;
};

static void head(struct far_buf *out, const struct column *columns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_column(out, columns[i].title, columns[i].width);
        far_buf_add_text(out, i + 1 < count ? " " : "\n");
    }
}
static void cell(struct far_buf *out, unsigned width, const char *text)
{
    text_column(out, text ? text : "", width);
    far_buf_add_text(out, " ");
}
static void cell_duration(struct far_buf *out, unsigned width, uint64_t ms)
{
    char text[16];
    text_duration(ms, text);
    cell(out, width, text);
}
static void cell_number(struct far_buf *out, unsigned width, uint64_t number)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, number);
    cell(out, width, text);
}

/* ---- agents --------------------------------------------------------------------------------------- */

static void agents_text(struct far_buf *out, const Farseat__V1__AgentListReply *reply, const char *id)
{
    static const struct column columns[] = {{"AGENT", 16},  {"NAME", 16},  {"STATE", 16}, {"FOR", 8},
                                            {"REASON", 12}, {"PHONE", 12}, {"EDGE", 14},  {"CONTACT", 36}};
    head(out, columns, FAR_ARRAY_LEN(columns));
    for (size_t i = 0; i < reply->n_agents; i++) {
        const Farseat__V1__AgentView *agent = reply->agents[i];
        if (id && strcmp(agent->agent_id, id) != 0) continue;
        cell(out, 16, agent->agent_id);
        cell(out, 16, agent->name);
        cell(out, 16, text_agent_state(agent->state));
        cell_duration(out, 8, text_since_ms(agent->since_us, far_clock_wall_us(), agent->state_ms));
        cell(out, 12, agent->reason);
        cell(out, 12, agent->phone);
        cell(out, 14, agent->phone_reachable ? agent->edge : "(no phone)");
        far_buf_add_text(out, agent->contact_id);
        far_buf_add_text(out, "\n");
    }
}

static void contacts_text(struct far_buf *out, const Farseat__V1__ContactListReply *reply)
{
    static const struct column columns[] = {{"CONTACT", 36}, {"STATE", 11}, {"CALLER", 16}, {"QUEUE", 14},
                                            {"PLACE", 5},    {"WAITED", 8}, {"AGENT", 16},  {"EDGE", 14}};
    head(out, columns, FAR_ARRAY_LEN(columns));
    for (size_t i = 0; i < reply->n_contacts; i++) {
        const Farseat__V1__ContactView *contact = reply->contacts[i];
        cell(out, 36, contact->contact_id);
        cell(out, 11, text_contact_state(contact->state));
        cell(out, 16, text_number(contact->caller));
        cell(out, 14, contact->queue_id);
        if (contact->position > 0)
            cell_number(out, 5, contact->position);
        else
            cell(out, 5, "");
        cell_duration(out, 8, contact->wait_ms);
        cell(out, 16, contact->agent_id);
        far_buf_addf(out, "%s\n", contact->edge);
    }
}

static void queues_text(struct far_buf *out, const Farseat__V1__QueueListReply *reply, const char *id)
{
    static const struct column columns[] = {{"QUEUE", 16},  {"NAME", 20}, {"WAITING", 7},
                                            {"LONGEST", 8}, {"READY", 5}, {"LOGGED IN", 9}};
    head(out, columns, FAR_ARRAY_LEN(columns));
    for (size_t i = 0; i < reply->n_queues; i++) {
        const Farseat__V1__QueueView *queue = reply->queues[i];
        if (id && strcmp(queue->queue_id, id) != 0) continue;
        cell(out, 16, queue->queue_id);
        cell(out, 20, text_label(queue->name));
        cell_number(out, 7, queue->waiting);
        cell_duration(out, 8, queue->longest_wait_ms);
        cell_number(out, 5, queue->agents_ready);
        cell_number(out, 9, queue->agents_logged_in);
        far_buf_add_text(out, "\n");
        for (size_t k = 0; id && k < queue->n_waiting_contact_ids; k++)
            far_buf_addf(out, "  %zu %s\n", k + 1, queue->waiting_contact_ids[k]);
    }
}

void get_decision(struct far_buf *out, const Farseat__V1__Decision *decision)
{
    if (!decision) return;
    far_buf_addf(out, "      why: %s: ", decision->rule);
    text_safe(out, decision->text);
    far_buf_add_text(out, "\n");
    for (size_t i = 0; i < decision->n_candidates; i++) {
        const Farseat__V1__Candidate *candidate = decision->candidates[i];
        char idle[16];
        text_duration(candidate->idle_ms, idle);
        far_buf_addf(out, "      %s %-16s idle %-8s skill %u site %s\n", i ? "     " : "chose",
                     candidate->agent_id, idle, candidate->skill_level, candidate->site_id);
    }
    for (size_t i = 0; i < decision->n_refusals; i++)
        far_buf_addf(out, "      not: %u %s\n", decision->refusals[i]->agents, decision->refusals[i]->reason);
}

static void contact_text(struct far_buf *out, const Farseat__V1__ContactDetail *detail, bool explain)
{
    const Farseat__V1__ContactView *contact = detail->contact;
    char began[32], length[16];
    text_time(contact->started_at_us, began);
    text_duration(contact->duration_ms, length);
    far_buf_addf(out, "contact   %s\ncaller    %s", contact->contact_id, text_number(contact->caller));
    if (contact->caller_name && *contact->caller_name) {
        far_buf_add_text(out, " (");
        text_safe(out, contact->caller_name);
        far_buf_add_text(out, ")");
    }
    far_buf_addf(out, "\ndialled   %s%s%s\nbegan     %s, %s ago, trunk %s, edge %s\nstate     %s",
                 contact->dialled, *contact->published ? ", published as " : "", contact->published, began,
                 length, contact->trunk_id, contact->edge, text_contact_state(contact->state));
    if (contact->position > 0) far_buf_addf(out, ", number %u in %s", contact->position, contact->queue_id);
    if (*contact->agent_id) far_buf_addf(out, ", with %s", contact->agent_id);
    far_buf_add_text(out, "\ntimeline\n");
    for (size_t i = 0; i < detail->n_segments; i++) {
        const Farseat__V1__SegmentView *segment = detail->segments[i];
        char offset[16], lasted[16];
        text_duration(segment->offset_ms, offset);
        text_duration(segment->duration_ms, lasted);
        far_buf_addf(out, "  +%-8s %-8s ", offset, lasted);
        cell(out, 15, text_segment_kind(segment->kind));
        far_buf_addf(out, "%s %s %s %s%s\n", *segment->queue_id ? segment->queue_id : segment->flow_id,
                     *segment->agent_id ? segment->agent_id : segment->node_id, segment->digits,
                     segment->outcome, segment->open ? " (goes on)" : "");
        if (explain) get_decision(out, segment->decision);
    }
}

static void explain_text(struct far_buf *out, const Farseat__V1__AgentExplainReply *reply)
{
    const Farseat__V1__AgentView *agent = reply->agent;
    char length[16];
    text_duration(text_since_ms(agent->since_us, far_clock_wall_us(), agent->state_ms), length);
    far_buf_addf(out, "agent     %s\nstate     %s%s%s, for %s\nphone     %s, %s\n", agent->agent_id,
                 text_agent_state(agent->state), *agent->reason ? ", " : "", agent->reason, length,
                 agent->phone, agent->phone_reachable ? agent->edge : "not reachable");
    for (size_t i = 0; i < reply->n_queues; i++) {
        const Farseat__V1__QueueEligibility *queue = reply->queues[i];
        if (queue->eligible)
            far_buf_addf(out, "queue     %s: number %u in line for a call, %u callers wait\n",
                         queue->queue_id, queue->rank, queue->waiting);
        else
            far_buf_addf(out, "queue     %s: gets none: %s\n", queue->queue_id, queue->reason);
    }
}

static void status_text(struct far_buf *out, const Farseat__V1__AcdStatusReply *reply)
{
    far_buf_addf(out,
                 "replica   %s\nleader    %s (since position %" PRIu64 ")\nlog       %s\nposition  %" PRIu64
                 ", state %016" PRIx64 "\ncontacts  %u\nagents    %u\nconfig    version %" PRIu64
                 "\ncommands  %u outstanding\nrecords   %" PRIu64 " unstored\nsnapshot  at %" PRIu64 "\n",
                 reply->replica, *reply->leader ? reply->leader : "(none)", reply->leader_position,
                 reply->log_incarnation, reply->position, reply->state_hash, reply->contacts, reply->agents,
                 reply->config_version, reply->commands_outstanding, reply->records_unstored,
                 reply->snapshot_position);
}

/* ---- verbs ---------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum far_method method;
    bool needs_id, may_have_id;
} things[] = {
    [THING_CONFIG] = {"config", FAR_METHOD_acd_ConfigGet, false, false},
    [THING_CONTACT] = {"contact", FAR_METHOD_acd_ContactGet, true, true},
    [THING_CONTACTS] = {"contacts", FAR_METHOD_acd_ContactList, false, false},
    [THING_AGENT] = {"agent", FAR_METHOD_acd_AgentList, true, true},
    [THING_AGENTS] = {"agents", FAR_METHOD_acd_AgentList, false, false},
    [THING_QUEUE] = {"queue", FAR_METHOD_acd_QueueList, true, true},
    [THING_QUEUES] = {"queues", FAR_METHOD_acd_QueueList, false, false},
    [THING_STATUS] = {"status", FAR_METHOD_acd_Status, false, false},
    [THING_EXPLAIN] = {"", FAR_METHOD_acd_AgentExplain, true, true},
};

static bool has_id(enum thing thing, const ProtobufCMessage *reply, const char *id)
{
    if (thing == THING_AGENT) {
        const Farseat__V1__AgentListReply *list = (const Farseat__V1__AgentListReply *)reply;
        for (size_t i = 0; i < list->n_agents; i++)
            if (strcmp(list->agents[i]->agent_id, id) == 0) return true;
        return false;
    }
    if (thing == THING_QUEUE) {
        const Farseat__V1__QueueListReply *list = (const Farseat__V1__QueueListReply *)reply;
        for (size_t i = 0; i < list->n_queues; i++)
            if (strcmp(list->queues[i]->queue_id, id) == 0) return true;
        return false;
    }
    return true;
}

/* Of a list only the one that was asked for. */
static int print_json(enum thing thing, const ProtobufCMessage *reply, const char *id)
{
    const Farseat__V1__AgentListReply *agents = (const Farseat__V1__AgentListReply *)reply;
    const Farseat__V1__QueueListReply *queues = (const Farseat__V1__QueueListReply *)reply;
    for (size_t i = 0; thing == THING_AGENT && i < agents->n_agents; i++)
        if (strcmp(agents->agents[i]->agent_id, id) == 0) return command_json(&agents->agents[i]->base);
    for (size_t i = 0; thing == THING_QUEUE && i < queues->n_queues; i++)
        if (strcmp(queues->queues[i]->queue_id, id) == 0) return command_json(&queues->queues[i]->base);
    return command_json(reply);
}

static void print_text(enum thing thing, const ProtobufCMessage *reply, const char *id, bool explain)
{
    struct far_buf out;
    far_buf_init(&out, OUT_MAX);
    switch (thing) {
    case THING_CONTACT:
        contact_text(&out, (const Farseat__V1__ContactDetail *)reply, explain);
        break;
    case THING_CONTACTS:
        contacts_text(&out, (const Farseat__V1__ContactListReply *)reply);
        break;
    case THING_AGENT:
    case THING_AGENTS:
        agents_text(&out, (const Farseat__V1__AgentListReply *)reply, id);
        break;
    case THING_QUEUE:
    case THING_QUEUES:
        queues_text(&out, (const Farseat__V1__QueueListReply *)reply, id);
        break;
    case THING_STATUS:
        status_text(&out, (const Farseat__V1__AcdStatusReply *)reply);
        break;
    case THING_EXPLAIN:
        explain_text(&out, (const Farseat__V1__AgentExplainReply *)reply);
        break;
    default:
        break;
    }
    fputs(out.data, stdout);
    far_buf_done(&out);
}

int get_show(struct client *client, const struct options *options, enum thing thing, const char *id,
             bool explain)
{
    Farseat__V1__ReadRequest read = FARSEAT__V1__READ_REQUEST__INIT;
    Farseat__V1__Empty empty = FARSEAT__V1__EMPTY__INIT;
    ProtobufCMessage *reply = NULL;
    if (id) read.id = (char *)(uintptr_t)id;
    int rc =
        client_ask(client, things[thing].method, thing == THING_STATUS ? &empty.base : &read.base, &reply);
    if (rc != CTL_OK) return rc;
    if (id && !has_id(thing, reply, id)) {
        fprintf(stderr, "farseatctl: there is no %s '%s'\n  remedy: farseatctl get %ss\n", things[thing].name,
                id, things[thing].name);
        rc = CTL_REFUSED;
    } else if (strcmp(options->format, "json") == 0 || thing == THING_CONFIG) {
        rc = print_json(thing, reply, id);
    } else {
        print_text(thing, reply, id, explain);
    }
    protobuf_c_message_free_unpacked(reply, NULL);
    return rc;
}

int command_get(struct client *client, const struct options *options, int argc, char **argv)
{
    for (size_t i = 0; argc > 0 && i < THING_EXPLAIN; i++) {
        if (strcmp(argv[0], things[i].name) != 0) continue;
        if (things[i].needs_id ? argc != 2 : argc != 1)
            return command_usage("get %s%s", things[i].name, things[i].needs_id ? " ID" : "; it takes no id");
        return get_show(client, options, (enum thing)i, things[i].needs_id ? argv[1] : NULL, false);
    }
    if (argc == 1 && strcmp(argv[0], "services") == 0) return services_show(client, options);
    return command_usage(
        "get config | contact ID | contacts | agent ID | agents | queue ID | queues | services | status");
}
