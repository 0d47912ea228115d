/* SPDX-License-Identifier: Apache-2.0 */
/* tables.h - subjects, methods, streams, buckets, topics and who may use them: one row each, and nowhere
 * else. docs/reference/bus.md and topics.md and the server's permissions are printed from them by far-tables.
 * Pure data; any thread. In subjects, <word> stands for one token that the caller fills in. */
#pragma once
#include "far/err.h"
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAR_LOG_PARTITION "main"

/* X(NAME, pattern, kind, message type, reply type, text). Types are farseat.v1's in snake_case; none: empty.
 */
#define FAR_SUBJECT_MAP(X)                                                                                   \
    X(LOG_ACD, "far.log.acd.main.<producer>", STREAM, acd_input, none,                                       \
      "an input of the ACD's core, in the one order that all replicas apply")                                \
    X(SNAP_ACD, "far.snap.acd.main.<replica>", STREAM, none, none,                                           \
      "a checksummed piece of a snapshot of the ACD's state")                                                \
    X(CMD_EDGE, "far.cmd.edge.<edge>", REQUEST, edge_command, edge_command_reply,                            \
      "a command to one edge; the reply says accepted, or refused with a cause")                             \
    X(EVT, "far.evt.<domain>.<fact>", STREAM, fact, none, "something happened; ids are in headers")          \
    X(REC, "far.rec.<kind>", STREAM, record, none, "a finished record on its way to Kafka")                  \
    X(LIVE_EDGE, "far.live.edge.<edge>", PLAIN, edge_pulse, none, "an edge's pulse, each 500 ms")            \
    X(LIVE_QUEUE, "far.live.queue.<queue>", PLAIN, live_queue, none, "a queue's figures, each second")       \
    X(LIVE_AGENT, "far.live.agent.<agent>", PLAIN, live_agent, none,                                         \
      "an agent's state, on change and each second while logged in")                                         \
    X(LIVE_CONTACT, "far.live.contact.<contact>", PLAIN, live_contact, none, "a contact's state, on change") \
    X(LIVE_SERVICE, "far.live.service.<instance>", PLAIN, live_service, none,                                \
      "a process's health and load, each 5 s")                                                               \
    X(API, "far.api.<service>.<Method>", REQUEST, none, none,                                                \
      "everything a service can be asked, see below")                                                        \
    X(API_RECORDING_READ, "far.api.recording.Read.<instance>", REQUEST, recording_read_request,              \
      recording_read_reply, "bytes of a recording, of the instance that holds the part")                     \
    X(API_RECORDING_PEAKS, "far.api.recording.Peaks.<instance>", REQUEST, recording_peaks_request,           \
      recording_peaks_reply, "how loud a recording is, of the instance that holds the part")

enum far_subject_kind { FAR_SUBJECT_STREAM, FAR_SUBJECT_REQUEST, FAR_SUBJECT_PLAIN };
#define X(name, pattern, kind, type, reply, text) FAR_SUBJECT_##name,
enum far_subject { FAR_SUBJECT_MAP(X) FAR_SUBJECT_COUNT };
#undef X
struct far_subject_row {
    const char *name;
    const char *pattern;
    enum far_subject_kind kind;
    const ProtobufCMessageDescriptor *type;  /* NULL: bytes, or as the method says */
    const ProtobufCMessageDescriptor *reply; /* of requests */
    const char *text;
};
extern const struct far_subject_row far_subject_rows[FAR_SUBJECT_COUNT];

/* X(service, Method, request type, reply type, text): subject far.api.<service>.<Method>, queue group =
 * service. */
#define FAR_METHOD_MAP(X)                                                                                    \
    X(acd, AgentAct, agent_action, verdict, "what an agent wants: log in, ready, not ready, log out ...")    \
    X(acd, ContactAct, contact_action, verdict,                                                              \
      "what an agent does with a contact: hold, transfer, dispose ...")                                      \
    X(acd, ConfigGet, read_request, config_reply, "the configuration in force")                              \
    X(acd, ConfigApply, config_apply_request, verdict, "another configuration, whole")                       \
    X(acd, PhoneSecretsPut, phone_secrets, verdict, "phones' digest secrets; never logged")                  \
    X(acd, PhoneSecretsList, empty, phone_secrets_list_reply, "which phones have a secret")                  \
    X(acd, AgentList, read_request, agent_list_reply, "all agents as they are now")                          \
    X(acd, ContactList, read_request, contact_list_reply, "contacts that live or wait for after-call work")  \
    X(acd, QueueList, read_request, queue_list_reply, "all queues as they are now")                          \
    X(acd, ContactGet, read_request, contact_detail, "one live contact with timeline and decisions")         \
    X(acd, AgentExplain, read_request, agent_explain_reply, "why an agent gets no call, by queue")           \
    X(acd, Status, empty, acd_status_reply, "this process's role, position and state hash")                  \
    X(analytics, ContactSearch, contact_search_request, contact_search_reply, "finished contacts")           \
    X(analytics, ContactGet, contact_get_request, contact_history, "a finished contact with its segments")   \
    X(analytics, KpiReport, kpi_request, kpi_reply, "KPIs of days, by queue and agent")                      \
    X(analytics, LiveGet, empty, live_reply, "all live figures at once")                                     \
    X(analytics, Report, report_request, report_reply,                                                       \
      "figures by interval, and queue, agent, site, number")                                                 \
    X(analytics, KpiDefinitions, empty, kpi_definitions_reply, "what each figure means")                     \
    X(gateway, PersonPut, person_put_request, person_put_reply, "make or change a person who logs in")       \
    X(gateway, PersonList, empty, person_list_reply, "people who may log in")                                \
    X(gateway, PersonDelete, person_delete_request, empty, "forget a person; never the last administrator")  \
    X(gateway, AuditList, audit_request, audit_reply, "sensitive acts, newest first")                        \
    X(gateway, ConfigHistory, config_history_request, config_history_reply,                                  \
      "configurations that were in force, newest first")                                                     \
    X(gateway, ConfigVersion, config_version_request, config_version_reply,                                  \
      "a configuration that was in force, whole")                                                            \
    X(gateway, System, empty, system_reply, "health and load of every process, and what does not work")      \
    X(recording, List, recording_list_request, recording_list_reply, "recordings' parts")                    \
    X(ticketing, CustomerFind, customer_find_request, customer_list_reply, "customers by number or name")    \
    X(ticketing, CustomerPut, customer, customer, "make or change a customer")                               \
    X(ticketing, CustomerGet, id_request, customer, "a customer by id")                                      \
    X(ticketing, TicketSearch, ticket_search_request, ticket_list_reply, "tickets")                          \
    X(ticketing, TicketGet, id_request, ticket, "a ticket by id or contact id")                              \
    X(ticketing, TicketPut, ticket, ticket, "make or change a ticket")

#define X(service, method, request, reply, text) FAR_METHOD_##service##_##method,
enum far_method { FAR_METHOD_MAP(X) FAR_METHOD_COUNT };
#undef X
struct far_method_row {
    const char *service;
    const char *method;
    const char *subject;
    const ProtobufCMessageDescriptor *request;
    const ProtobufCMessageDescriptor *reply;
    const char *text;
};
extern const struct far_method_row far_method_rows[FAR_METHOD_COUNT];

/* X(name, subjects, discard, max age [h], max bytes [MiB], max message [KiB], text). File storage, one
 * replica on one server; duplicates window 2 min. NEW refuses when full, OLD drops the oldest. */
#define FAR_STREAM_MAP(X)                                                                                    \
    X(ACD_main, "far.log.acd.main.>", NEW, 168, 8192, 288, "the ACD's log: days replay from it")             \
    X(SNAP_main, "far.snap.acd.main.>", NEW, 0, 2048, 1024,                                                  \
      "snapshots of the ACD's state; it purges them itself")                                                 \
    X(EVT, "far.evt.>", OLD, 48, 2048, 256, "facts for everybody")                                           \
    X(REC, "far.rec.>", NEW, 168, 4096, 256, "finished records until they are in Kafka")
/* X(name, max bytes [MiB], max message [KiB], text): stream KV_<name>, subjects $KV.<name>.>, history 1. */
#define FAR_BUCKET_MAP(X)                                                                                    \
    X(registrations, 64, 64, "where each phone is registered; key: phone; farseat.v1.Registration")          \
    X(sip_users, 64, 64, "phones' digest secrets; key: phone; farseat.v1.SipUser")                           \
    X(trunks, 16, 64, "trunks' definitions for the edges; key: trunk; farseat.v1.Trunk")                     \
    X(edges, 16, 64, "edges that run, and where others call them; key: edge; farseat.v1.EdgeAddress")        \
    X(browser_doors, 16, 64, "where edges take browsers over; key: edge; farseat.v1.BrowserDoor")            \
    X(prompts, 1024, 960, "what callers hear, beside the built-in prompts; key: name; farseat.v1.Prompt")    \
    X(leases, 16, 64, "who tries to lead: acd.main, export")

enum far_discard { FAR_DISCARD_NEW, FAR_DISCARD_OLD };
struct far_stream_row {
    const char *name;
    const char *subjects;
    enum far_discard discard;
    bool bucket;        /* a key-value bucket's stream: roll-ups, one message a subject, no deletion */
    uint32_t age_h_max; /* 0: for ever */
    uint32_t size_mib_max;
    uint32_t msg_kib_max;
    const char *text;
};
#define X(...) 1 +
enum { FAR_STREAM_COUNT = FAR_STREAM_MAP(X) FAR_BUCKET_MAP(X) 0 };
#undef X
/** The streams, then the buckets' streams. The first one is the ACD's log, which only the ACD makes, because
 * nothing may lie in it before its LogCreated; anybody (who has the permission) makes the others:
 * FAR_STREAM_SHARED_.... */
extern const struct far_stream_row far_stream_rows[FAR_STREAM_COUNT];
#define FAR_STREAM_SHARED_ROWS  (far_stream_rows + 1)
#define FAR_STREAM_SHARED_COUNT (FAR_STREAM_COUNT - 1)

#define FAR_STREAM_LOG           "ACD_main"
#define FAR_STREAM_SNAPSHOTS     "SNAP_main"
#define FAR_STREAM_FACTS         "EVT"
#define FAR_STREAM_RECORDS       "REC"
#define FAR_BUCKET_REGISTRATIONS "registrations"
#define FAR_BUCKET_SIP_USERS     "sip_users"
#define FAR_BUCKET_TRUNKS        "trunks"
#define FAR_BUCKET_EDGES         "edges"
#define FAR_BUCKET_BROWSER_DOORS "browser_doors"
#define FAR_BUCKET_PROMPTS       "prompts"
#define FAR_BUCKET_LEASES        "leases"
#define FAR_LEASE_ACD            "acd.main" /* keys of bucket leases */
#define FAR_LEASE_EXPORT         "export"

/* X(NAME, topic, record kind, key field, value type, compacted, partitions, text) */
#define FAR_TOPIC_MAP(X)                                                                                     \
    X(CONTACTS, "farseat.contacts.v1", "contact", "contact_id", contact_record, false, 6,                    \
      "what became of each contact")                                                                         \
    X(SEGMENTS, "farseat.segments.v1", "segment", "segment_id", segment_record, false, 6,                    \
      "each stretch of each contact")                                                                        \
    X(AGENT_ACTIVITY, "farseat.agent-activity.v1", "agent-activity", "agent_id", agent_activity_record,      \
      false, 6, "each stretch of each agent's day")                                                          \
    X(SURVEYS, "farseat.surveys.v1", "survey", "contact_id", survey_record, false, 6, "survey answers")      \
    X(TICKETS, "farseat.tickets.v1", "ticket", "ticket_id", ticket_record, false, 6,                         \
      "tickets as they change")                                                                              \
    X(EXPORT_PROGRESS, "farseat.export-progress.v1", "", "stream", export_progress, true, 1,                 \
      "internal: how far the exporter is, written in the same transactions as the records")

#define X(name, topic, kind, key, type, compacted, partitions, text) FAR_TOPIC_##name,
enum far_topic { FAR_TOPIC_MAP(X) FAR_TOPIC_COUNT };
#undef X
struct far_topic_row {
    const char *topic;
    const char *kind; /* last token of far.rec.<kind>; "": not a record */
    const char *key;  /* field of the value */
    const ProtobufCMessageDescriptor *type;
    bool compacted;
    uint32_t partitions;
    const char *text;
};
extern const struct far_topic_row far_topic_rows[FAR_TOPIC_COUNT];

/** Write a subject: each <word> of the pattern is replaced by the next of the words, NULL ends them.
 *  @return FAR_OK; FAR_EINVAL: too few or too many words, or one that is no single token (empty, too long, or
 *  with dot, blank, control character, * or >); *out is untouched. */
FAR_MUST_CHECK enum far_err far_subject_write(enum far_subject subject, char *out, size_t out_size, ...)
    __attribute__((sentinel));
/** Whether text can be one token of a subject. */
bool far_subject_token_ok(const char *text);

/* ---- Who may do what (DESIGN 7) --------------------------------------------------------------------- */

struct far_buf;
/** Print what a user may do, as the permissions block of a nats-server user. The role is the user's name up
 * to its last dash and what follows (edge-hq: edge, acd-1: acd; farseatctl, observer as they are).
 *  @return FAR_OK; FAR_ENOTFOUND: no such role; FAR_EINVAL: not a token. */
FAR_MUST_CHECK enum far_err far_permissions_print(const char *user, struct far_buf *out);
/** The roles as a Markdown table. */
void far_permissions_reference(struct far_buf *out);
/** docs/reference/bus.md and topics.md. */
void far_bus_reference(struct far_buf *out);
void far_topics_reference(struct far_buf *out);
