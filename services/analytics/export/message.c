/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"
#include "far/clock.h"
#include "far/json.h"
#include "far/str.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOURCE_PREFIX "/farseat/"

/* One row a kind: where the parts lie that all kinds have. */
struct view {
    enum far_topic topic;
    const ProtobufCMessage *body;
    const Farseat__V1__RecordOrigin *origin;
    const char *record_id, *key;
    int64_t at_us;
};

static bool view_of(const Farseat__V1__Record *record, struct view *ret_view)
{
#define VIEW(topic_, body_, key_, at_us_)                                                                    \
    *ret_view = (struct view)                                                                                \
    {                                                                                                        \
        topic_, &(body_)->base, (body_)->origin, (body_)->record_id, (body_)->key_, (body_)->at_us_          \
    }
    switch (record->body_case) {
    case FARSEAT__V1__RECORD__BODY_CONTACT:
        VIEW(FAR_TOPIC_CONTACTS, record->contact, contact_id, ended_at_us);
        return true;
    case FARSEAT__V1__RECORD__BODY_SEGMENT:
        VIEW(FAR_TOPIC_SEGMENTS, record->segment, segment_id, started_at_us);
        return true;
    case FARSEAT__V1__RECORD__BODY_AGENT_ACTIVITY:
        VIEW(FAR_TOPIC_AGENT_ACTIVITY, record->agent_activity, agent_id, started_at_us);
        return true;
    case FARSEAT__V1__RECORD__BODY_SURVEY:
        VIEW(FAR_TOPIC_SURVEYS, record->survey, contact_id, at_us);
        return true;
    case FARSEAT__V1__RECORD__BODY_TICKET:
        VIEW(FAR_TOPIC_TICKETS, record->ticket, ticket_id, changed_at_us);
        return true;
    default:
        return false;
    }
#undef VIEW
}

const Farseat__V1__RecordOrigin *record_origin(const Farseat__V1__Record *record)
{
    struct view view;
    return view_of(record, &view) ? view.origin : NULL;
}

const ProtobufCMessage *record_body(const Farseat__V1__Record *record, const struct far_topic_row **ret_topic)
{
    struct view view;
    if (!view_of(record, &view)) return NULL;
    *ret_topic = &far_topic_rows[view.topic];
    return view.body;
}

enum far_err message_write(const Farseat__V1__Record *record, struct message *ret_message)
{
    struct view view;
    if (!view_of(record, &view)) return FAR_EPROTO;
    struct message message = {.topic = &far_topic_rows[view.topic]};
    enum far_err err = far_json_print(view.body, FAR_JSON_DEFAULTS, &message.value);
    if (err != FAR_OK) return err;
    (void)far_str_copy(message.key, sizeof(message.key), view.key);
    (void)far_str_copy(message.id, sizeof(message.id), view.record_id);
    (void)snprintf(message.source, sizeof(message.source), SOURCE_PREFIX "%s",
                   view.origin ? view.origin->producer : "");
    (void)snprintf(message.type, sizeof(message.type), "farseat.%s.v1", message.topic->kind);
    far_time_format(view.at_us, message.time);
    *ret_message = message;
    return FAR_OK;
}

rd_kafka_resp_err_t message_produce(rd_kafka_t *producer, const struct message *message)
{
    const struct {
        const char *name, *value;
    } rows[] = {
        {"content-type", "application/json"}, {"ce_specversion", "1.0"},  {"ce_id", message->id},
        {"ce_source", message->source},       {"ce_type", message->type}, {"ce_time", message->time},
        {"ce_subject", message->key},
    };
    rd_kafka_headers_t *headers = rd_kafka_headers_new(FAR_ARRAY_LEN(rows));
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++)
        (void)rd_kafka_header_add(headers, rows[i].name, -1, rows[i].value, -1);
    rd_kafka_resp_err_t code = rd_kafka_producev(
        producer, RD_KAFKA_V_TOPIC(message->topic->topic), RD_KAFKA_V_KEY(message->key, strlen(message->key)),
        RD_KAFKA_V_VALUE(message->value, strlen(message->value)), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_headers_destroy(headers);
    return code;
}

void message_done(struct message *message)
{
    free(message->value);
    message->value = NULL;
}
