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
    /* By values, because the library's macros are GNU C. */
    const rd_kafka_vu_t values[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = message->topic->topic},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(char *)(uintptr_t)message->key, strlen(message->key)}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {message->value, strlen(message->value)}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };
    rd_kafka_error_t *error = rd_kafka_produceva(producer, values, FAR_ARRAY_LEN(values));
    rd_kafka_resp_err_t code = error ? rd_kafka_error_code(error) : RD_KAFKA_RESP_ERR_NO_ERROR;
    if (error) rd_kafka_error_destroy(error);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_headers_destroy(headers);
    return code;
}

void message_done(struct message *message)
{
    free(message->value);
    message->value = NULL;
}
