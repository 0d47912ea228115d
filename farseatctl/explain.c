/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c - why: a contact's decisions (alive or finished), why an agent gets no call, why a queue's
 * callers wait. */
#include "far/str.h"
#include "farseat/v1/api_analytics.pb-c.h"
#include "get.h"
#include "text.h"
#include <stdio.h>
#include <string.h>

#define OUT_MAX (16u * 1024u * 1024u)

static int print(struct far_buf *out)
{
    fputs(out->data, stdout);
    far_buf_done(out);
    return CTL_OK;
}

/* ---- a finished contact --------------------------------------------------------------------------- */

static void segment_text(struct far_buf *out, const Farseat__V1__SegmentRecord *segment)
{
    char offset[16], lasted[16];
    text_duration(segment->offset_ms, offset);
    text_duration(segment->duration_ms, lasted);
    far_buf_addf(out, "  +%-8s %-8s ", offset, lasted);
    text_column(out, text_segment_kind(segment->kind), 15);
    far_buf_addf(out, " %s %s %s %s\n", *segment->queue_id ? segment->queue_id : segment->flow_id,
                 *segment->agent_id ? segment->agent_id : segment->node_id, segment->digits,
                 segment->outcome);
    get_decision(out, segment->decision);
}

static int explain_finished(const struct options *options, const Farseat__V1__ContactHistory *history)
{
    if (strcmp(options->format, "json") == 0) return command_json(&history->base);
    const Farseat__V1__ContactRecord *contact = history->contact;
    struct far_buf out;
    char began[32], lasted[16];
    far_buf_init(&out, OUT_MAX);
    text_time(contact->started_at_us, began);
    text_duration(contact->duration_ms, lasted);
    far_buf_addf(
        &out,
        "contact   %s\ncaller    %s\nbegan     %s, lasted %s, trunk %s, edge %s\nended     %s\ntimeline\n",
        contact->contact_id, text_number(contact->caller), began, lasted, contact->trunk_id, contact->edge,
        contact->end_cause);
    for (size_t i = 0; i < history->n_segments; i++)
        segment_text(&out, history->segments[i]);
    return print(&out);
}

/* The ACD knows those that live, the reports those that have ended. */
static int explain_contact(struct client *client, const struct options *options, char *contact_id)
{
    Farseat__V1__ReadRequest read = FARSEAT__V1__READ_REQUEST__INIT;
    ProtobufCMessage *reply = NULL;
    read.id = contact_id;
    enum far_err err = client_try(client, FAR_METHOD_acd_ContactGet, &read.base, CLIENT_TIMEOUT_MS, &reply);
    if (err == FAR_OK) {
        protobuf_c_message_free_unpacked(reply, NULL);
        return get_show(client, options, THING_CONTACT, contact_id, true);
    }
    Farseat__V1__ContactGetRequest request = FARSEAT__V1__CONTACT_GET_REQUEST__INIT;
    request.contact_id = contact_id;
    int rc = client_ask(client, FAR_METHOD_analytics_ContactGet, &request.base, &reply);
    if (rc != CTL_OK) return rc;
    rc = explain_finished(options, (const Farseat__V1__ContactHistory *)reply);
    protobuf_c_message_free_unpacked(reply, NULL);
    return rc;
}

/* ---- a queue -------------------------------------------------------------------------------------- */

static void agent_text(struct far_buf *out, const Farseat__V1__AgentExplainReply *reply, const char *queue_id)
{
    for (size_t i = 0; i < reply->n_queues; i++) {
        const Farseat__V1__QueueEligibility *row = reply->queues[i];
        if (strcmp(row->queue_id, queue_id) != 0) continue;
        far_buf_add_text(out, "  ");
        text_column(out, reply->agent->agent_id, 16);
        if (row->eligible)
            far_buf_addf(out, " number %u in line for a call\n", row->rank);
        else
            far_buf_addf(out, " gets none: %s\n", row->reason);
    }
}

/* Every agent is asked why or why not, one after the other. */
static int explain_queue(struct client *client, const struct options *options, char *queue_id)
{
    Farseat__V1__ReadRequest read = FARSEAT__V1__READ_REQUEST__INIT;
    ProtobufCMessage *agents = NULL;
    int rc = get_show(client, options, THING_QUEUE, queue_id, false);
    if (rc == CTL_OK && strcmp(options->format, "json") == 0) return rc;
    if (rc == CTL_OK) rc = client_ask(client, FAR_METHOD_acd_AgentList, &read.base, &agents);
    if (rc != CTL_OK) return rc;
    const Farseat__V1__AgentListReply *list = (const Farseat__V1__AgentListReply *)agents;
    struct far_buf out;
    far_buf_init(&out, OUT_MAX);
    far_buf_add_text(&out, "agents\n");
    for (size_t i = 0; i < list->n_agents && rc == CTL_OK; i++) {
        ProtobufCMessage *reply = NULL;
        read.id = list->agents[i]->agent_id;
        rc = client_ask(client, FAR_METHOD_acd_AgentExplain, &read.base, &reply);
        if (rc != CTL_OK) break;
        agent_text(&out, (const Farseat__V1__AgentExplainReply *)reply, queue_id);
        protobuf_c_message_free_unpacked(reply, NULL);
    }
    protobuf_c_message_free_unpacked(agents, NULL);
    if (rc == CTL_OK) return print(&out);
    far_buf_done(&out);
    return rc;
}

int command_explain(struct client *client, const struct options *options, int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[0], "contact") == 0) return explain_contact(client, options, argv[1]);
    if (argc == 2 && strcmp(argv[0], "agent") == 0)
        return get_show(client, options, THING_EXPLAIN, argv[1], true);
    if (argc == 2 && strcmp(argv[0], "queue") == 0) return explain_queue(client, options, argv[1]);
    return command_usage("explain contact ID | agent ID | queue ID");
}
