/* SPDX-License-Identifier: Apache-2.0 */
#include "records.h"
#include "far/clock.h"
#include "far/id.h"
#include "far/nkey.h"
#include "farseat/v1/record.pb-c.h"
#include "process.h"
#include "row.h"
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>

#define RECORD_SIZE 4096u
#define ACK_MS      20000

struct records {
    natsConnection *connection;
    jsCtx *stream;
    char incarnation[FAR_ID_TEXT_SIZE];
    uint64_t number;
    uint64_t contacts;
};

/* What the records of one contact have in common. */
struct about {
    char contact_id[FAR_ID_TEXT_SIZE], agent_id[32], caller[24], started[FAR_TIME_TEXT_SIZE],
        ended[FAR_TIME_TEXT_SIZE];
    int64_t started_us, ended_us;
};

static void must(natsStatus status, const char *what)
{
    if (status != NATS_OK) bench_die("%s: %s", what, natsStatus_GetText(status));
}

struct records *records_open(void)
{
    struct records *records = calloc(1, sizeof(*records));
    char path[512], key[FAR_NKEY_PUBLIC_SIZE];
    natsOptions *options = NULL;
    if (!records) bench_die("no memory");
    (void)snprintf(path, sizeof(path), "%s/acd-1.nk", bench_env("FARSEAT_NATS_CREDS"));
    if (far_nkey_public_of_file(path, key) != FAR_OK) bench_die("%s holds no key", path);
    far_id_new_text(records->incarnation);
    must(natsOptions_Create(&options), "making options");
    must(natsOptions_SetURL(options, bench_env("FARSEAT_NATS_URL")), "the bus's address");
    must(natsOptions_SetNKeyFromSeed(options, key, path), "the bus's key");
    must(natsOptions_SetCustomInboxPrefix(options, "_INBOX.acd-1"), "an inbox");
    must(natsConnection_Connect(&records->connection, options), "connecting to the bus");
    natsOptions_Destroy(options);
    must(natsConnection_JetStream(&records->stream, records->connection, NULL), "JetStream");
    return records;
}

struct records *records_close(struct records *records)
{
    jsCtx_Destroy(records->stream);
    natsConnection_Destroy(records->connection);
    free(records);
    return NULL;
}

static void put(struct records *records, const char *subject, const char *record_id,
                const Farseat__V1__Record *record)
{
    uint8_t bytes[RECORD_SIZE];
    jsPubOptions options;
    if (farseat__v1__record__get_packed_size(record) > sizeof(bytes)) bench_die("a record is too long");
    size_t len = farseat__v1__record__pack(record, bytes);
    (void)jsPubOptions_Init(&options);
    options.MsgId = record_id;
    must(js_PublishAsync(records->stream, subject, bytes, (int)len, &options), subject);
}

#define TEXT(text) ((char *)(uintptr_t)(text))

static Farseat__V1__RecordOrigin origin(struct records *records)
{
    Farseat__V1__RecordOrigin from = FARSEAT__V1__RECORD_ORIGIN__INIT;
    from.producer = TEXT("acd");
    from.incarnation = records->incarnation;
    from.number = ++records->number;
    return from;
}

static void put_contact(struct records *records, const struct about *about)
{
    char id[FAR_ID_TEXT_SIZE];
    Farseat__V1__RecordOrigin from = origin(records);
    Farseat__V1__TelephoneNumber caller = FARSEAT__V1__TELEPHONE_NUMBER__INIT;
    Farseat__V1__AgentPart part = FARSEAT__V1__AGENT_PART__INIT, *parts[] = {&part};
    Farseat__V1__ContactRecord contact = FARSEAT__V1__CONTACT_RECORD__INIT;
    Farseat__V1__Record record = FARSEAT__V1__RECORD__INIT;
    char *agents[] = {TEXT(about->agent_id)};
    far_id_new_text(id);
    caller.raw = TEXT(about->caller + 3);
    caller.canonical = TEXT(about->caller);
    caller.kind = FARSEAT__V1__NUMBER_KIND__NUMBER_MOBILE;
    part.agent_id = TEXT(about->agent_id);
    part.queue_id = TEXT("sales");
    part.phone = TEXT("1001");
    part.phone_address = TEXT("udp:127.0.0.1:5060");
    part.site_id = TEXT("hq");
    part.edge = TEXT("edge-hq");
    part.ring_ms = 4000;
    part.talk_ms = 180000;
    part.after_call_work_ms = 30000;
    part.disposition = TEXT("solved");
    contact.record_id = id;
    contact.schema_version = contact.revision = 1;
    contact.origin = &from;
    contact.contact_id = TEXT(about->contact_id);
    contact.channel = FARSEAT__V1__CHANNEL__CHANNEL_VOICE;
    contact.direction = FARSEAT__V1__DIRECTION__DIRECTION_INBOUND;
    contact.started_at_us = about->started_us;
    contact.ended_at_us = about->ended_us;
    contact.started_at = TEXT(about->started);
    contact.ended_at = TEXT(about->ended);
    contact.caller = &caller;
    contact.dialled = TEXT("95588");
    contact.published = TEXT("4008895588");
    contact.trunk_id = TEXT("pstn");
    contact.site_id = TEXT("hq");
    contact.edge = TEXT("edge-hq");
    contact.flow_id = TEXT("main");
    contact.result = FARSEAT__V1__CONTACT_RESULT__RESULT_ANSWERED;
    contact.queue_id = contact.first_queue_id = TEXT("sales");
    contact.first_agent_id = TEXT(about->agent_id);
    contact.position_at_entry = 1;
    contact.short_abandon_ms = 5000;
    contact.service_level_ms = 20000;
    contact.ivr_ms = 8000;
    contact.wait_ms = 12000;
    contact.ring_ms = 4000;
    contact.talk_ms = 180000;
    contact.after_call_work_ms = 30000;
    contact.duration_ms = 204000;
    contact.n_agent_ids = 1;
    contact.agent_ids = agents;
    contact.n_parts = 1;
    contact.parts = parts;
    contact.disposition = TEXT("solved");
    record.body_case = FARSEAT__V1__RECORD__BODY_CONTACT;
    record.contact = &contact;
    put(records, "far.rec.contact", id, &record);
}

static void put_segment(struct records *records, const struct about *about, uint32_t index)
{
    char id[FAR_ID_TEXT_SIZE], segment_id[FAR_ID_TEXT_SIZE];
    Farseat__V1__RecordOrigin from = origin(records);
    Farseat__V1__SegmentRecord segment = FARSEAT__V1__SEGMENT_RECORD__INIT;
    Farseat__V1__Record record = FARSEAT__V1__RECORD__INIT;
    far_id_new_text(id);
    far_id_new_text(segment_id);
    segment.record_id = id;
    segment.schema_version = segment.revision = 1;
    segment.origin = &from;
    segment.segment_id = segment_id;
    segment.contact_id = TEXT(about->contact_id);
    segment.index = index;
    segment.kind = (Farseat__V1__SegmentKind)(index + 1);
    segment.started_at_us = about->started_us + (int64_t)index * 4000000;
    segment.started_at = TEXT(about->started);
    segment.offset_ms = (uint64_t)index * 4000;
    segment.duration_ms = 4000;
    segment.queue_id = TEXT("sales");
    segment.agent_id = TEXT(about->agent_id);
    segment.flow_id = TEXT("main");
    segment.site_id = TEXT("hq");
    segment.outcome = TEXT("answered");
    record.body_case = FARSEAT__V1__RECORD__BODY_SEGMENT;
    record.segment = &segment;
    put(records, "far.rec.segment", id, &record);
}

static void put_activity(struct records *records, const struct about *about, uint32_t index)
{
    char id[FAR_ID_TEXT_SIZE];
    Farseat__V1__RecordOrigin from = origin(records);
    Farseat__V1__AgentActivityRecord activity = FARSEAT__V1__AGENT_ACTIVITY_RECORD__INIT;
    Farseat__V1__Record record = FARSEAT__V1__RECORD__INIT;
    far_id_new_text(id);
    activity.record_id = id;
    activity.schema_version = activity.revision = 1;
    activity.origin = &from;
    activity.agent_id = TEXT(about->agent_id);
    activity.agent_name = TEXT("Bench");
    activity.team = TEXT("first-line");
    activity.site_id = TEXT("hq");
    activity.state = (Farseat__V1__AgentState)(index + 1);
    activity.started_at_us = about->started_us;
    activity.started_at = TEXT(about->started);
    activity.duration_ms = 30000;
    activity.contact_id = TEXT(about->contact_id);
    activity.queue_id = TEXT("sales");
    record.body_case = FARSEAT__V1__RECORD__BODY_AGENT_ACTIVITY;
    record.agent_activity = &activity;
    put(records, "far.rec.agent-activity", id, &record);
}

void records_put(struct records *records, size_t contacts)
{
    jsPubOptions wait;
    for (size_t i = 0; i < contacts; i++) {
        struct about about = {.ended_us = far_clock_wall_us()};
        about.started_us = about.ended_us - 204000000;
        far_id_new_text(about.contact_id);
        far_time_format(about.started_us, about.started);
        far_time_format(about.ended_us, about.ended);
        (void)snprintf(about.agent_id, sizeof(about.agent_id), "agent-%u",
                       (unsigned)(records->contacts % 100));
        (void)snprintf(about.caller, sizeof(about.caller), "+86138%08u",
                       (unsigned)(records->contacts % 100000000));
        for (uint32_t index = 0; index < 4; index++)
            put_segment(records, &about, index);
        for (uint32_t index = 0; index < 3; index++)
            put_activity(records, &about, index);
        put_contact(records, &about);
        records->contacts++;
    }
    (void)jsPubOptions_Init(&wait);
    wait.MaxWait = ACK_MS;
    must(js_PublishAsyncComplete(records->stream, &wait), "storing the records");
}
