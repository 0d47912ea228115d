/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"
#include "far/id.h"
#include "far/json.h"
#include "far/log.h"
#include "far/pg_search.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUES_MAX      24
#define NUMBER_LEN      24
#define ACTIVITY_MS_MAX UINT64_C(3155760000000)     /* a century */
#define STARTED_US_MAX  INT64_C(253402300800000000) /* the year 10000 */

/* Values of one statement: texts are pointed to, numbers are kept here. */
struct values {
    const char *texts[VALUES_MAX];
    char numbers[VALUES_MAX][NUMBER_LEN];
    size_t len;
};

static void add_text(struct values *values, const char *text)
{
    values->texts[values->len++] = text ? text : "";
}

static void add_i64(struct values *values, int64_t number)
{
    (void)snprintf(values->numbers[values->len], NUMBER_LEN, "%" PRId64, number);
    values->texts[values->len] = values->numbers[values->len];
    values->len++;
}

static void add_u64(struct values *values, uint64_t number)
{
    add_i64(values, number > INT64_MAX ? INT64_MAX : (int64_t)number);
}

static void add_bool(struct values *values, bool yes)
{
    values->texts[values->len++] = yes ? "t" : "f";
}

static enum far_err run(struct far_pg_conn *conn, const char *sql, const struct values *values)
{
    return far_pg_query(conn, sql, values->len, values->texts, NULL);
}

/* ---- contacts ------------------------------------------------------------------------------------- */

static enum far_err contact_row(struct far_pg_conn *conn, const Farseat__V1__ContactRecord *contact,
                                bool *ret_newer)
{
    char *hex = far_pg_bytea(&contact->base);
    if (!hex) return FAR_ENOMEM;
    struct values values = {.len = 0};
    add_text(&values, contact->contact_id);
    add_i64(&values, contact->revision);
    add_i64(&values, contact->started_at_us);
    add_i64(&values, contact->result);
    add_text(&values, contact->first_queue_id);
    add_text(&values, contact->caller ? contact->caller->canonical : "");
    add_u64(&values, contact->wait_ms);
    add_u64(&values, contact->talk_ms);
    add_u64(&values, contact->hold_ms);
    add_u64(&values, contact->after_call_work_ms);
    add_bool(&values, contact->short_abandon);
    add_i64(&values, contact->service_level_ms);
    add_i64(&values, contact->transfers);
    add_i64(&values, (int64_t)contact->n_parts);
    add_bool(&values, contact->survey_id[0] != '\0');
    add_bool(&values, contact->survey_answered);
    add_i64(&values, contact->survey_score);
    add_i64(&values, contact->direction);
    add_text(&values, contact->site_id);
    add_text(&values, contact->published);
    add_text(&values, contact->disposition);
    add_text(&values, hex);
    PGresult *result = NULL;
    enum far_err err = far_pg_query(
        conn,
        "insert into contact (contact_id, revision, started_at_us, result, first_queue_id, caller_canonical, "
        "wait_ms, "
        "talk_ms, hold_ms, after_call_work_ms, short_abandon, service_level_ms, transfers, parts, "
        "survey_pushed, "
        "survey_answered, survey_score, direction, site_id, published, disposition, record) "
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, "
        "$21, "
        "$22) on conflict (contact_id) do update set revision = "
        "excluded.revision, "
        "started_at_us = excluded.started_at_us, result = excluded.result, first_queue_id = "
        "excluded.first_queue_id, "
        "caller_canonical = excluded.caller_canonical, wait_ms = excluded.wait_ms, talk_ms = "
        "excluded.talk_ms, "
        "hold_ms = excluded.hold_ms, after_call_work_ms = excluded.after_call_work_ms, "
        "short_abandon = excluded.short_abandon, service_level_ms = excluded.service_level_ms, "
        "transfers = excluded.transfers, parts = excluded.parts, survey_pushed = excluded.survey_pushed, "
        "survey_answered = excluded.survey_answered, survey_score = excluded.survey_score, "
        "direction = excluded.direction, site_id = excluded.site_id, published = excluded.published, "
        "disposition = excluded.disposition, record = excluded.record where contact.revision < "
        "excluded.revision "
        "returning 1",
        values.len, values.texts, &result);
    free(hex);
    if (err != FAR_OK) return err;
    *ret_newer = PQntuples(result) > 0;
    PQclear(result);
    return FAR_OK;
}

static enum far_err contact_parts(struct far_pg_conn *conn, const Farseat__V1__ContactRecord *contact)
{
    const char *id[] = {contact->contact_id};
    enum far_err err = far_pg_query(conn, "delete from contact_part where contact_id = $1", 1, id, NULL);
    if (err == FAR_OK)
        err = far_pg_query(conn, "delete from missed_offer where contact_id = $1", 1, id, NULL);
    for (size_t i = 0; i < contact->n_parts && err == FAR_OK; i++) {
        const Farseat__V1__AgentPart *part = contact->parts[i];
        struct values values = {.len = 0};
        add_text(&values, contact->contact_id);
        add_i64(&values, (int64_t)i);
        add_text(&values, part->agent_id);
        add_i64(&values, contact->started_at_us);
        add_u64(&values, part->talk_ms);
        add_u64(&values, part->hold_ms);
        add_u64(&values, part->after_call_work_ms);
        add_bool(&values, i + 1 < contact->n_parts);
        add_i64(&values, contact->direction);
        err = run(conn,
                  "insert into contact_part (contact_id, place, agent_id, started_at_us, talk_ms, hold_ms, "
                  "after_call_work_ms, transferred, direction) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                  &values);
    }
    for (size_t i = 0; i < contact->n_missed_offers && err == FAR_OK; i++) {
        struct values values = {.len = 0};
        add_text(&values, contact->contact_id);
        add_i64(&values, (int64_t)i);
        add_text(&values, contact->missed_offers[i]->agent_id);
        add_i64(&values, contact->missed_offers[i]->at_us);
        err =
            run(conn, "insert into missed_offer (contact_id, place, agent_id, at_us) values ($1, $2, $3, $4)",
                &values);
    }
    return err;
}

static enum far_err store_contact(struct far_pg_conn *conn, const ProtobufCMessage *message)
{
    const Farseat__V1__ContactRecord *contact = (const Farseat__V1__ContactRecord *)message;
    bool newer = false;
    enum far_err err = contact_row(conn, contact, &newer);
    return err == FAR_OK && newer ? contact_parts(conn, contact) : err;
}

/* ---- the others ----------------------------------------------------------------------------------- */

static enum far_err store_segment(struct far_pg_conn *conn, const ProtobufCMessage *message)
{
    const Farseat__V1__SegmentRecord *segment = (const Farseat__V1__SegmentRecord *)message;
    char *hex = far_pg_bytea(message);
    if (!hex) return FAR_ENOMEM;
    struct values values = {.len = 0};
    add_text(&values, segment->segment_id);
    add_text(&values, segment->contact_id);
    add_i64(&values, segment->index);
    add_i64(&values, segment->revision);
    add_text(&values, hex);
    enum far_err err =
        run(conn,
            "insert into segment (segment_id, contact_id, place, revision, record) values ($1, $2, $3, "
            "$4, $5) on conflict (segment_id) do update set place = excluded.place, "
            "revision = excluded.revision, record = excluded.record "
            "where segment.revision < excluded.revision",
            &values);
    free(hex);
    return err;
}

static enum far_err store_activity(struct far_pg_conn *conn, const ProtobufCMessage *message)
{
    const Farseat__V1__AgentActivityRecord *activity = (const Farseat__V1__AgentActivityRecord *)message;
    struct values values = {.len = 0};
    if (activity->duration_ms > ACTIVITY_MS_MAX || activity->started_at_us < 0 ||
        activity->started_at_us > STARTED_US_MAX)
        return FAR_EPROTO; /* its end could not be told */
    add_text(&values, activity->record_id);
    add_text(&values, activity->agent_id);
    add_text(&values, activity->agent_name);
    add_i64(&values, activity->started_at_us);
    add_u64(&values, activity->duration_ms);
    add_i64(&values, activity->state);
    add_text(&values, activity->reason);
    return run(conn,
               "insert into agent_activity (record_id, agent_id, agent_name, started_at_us, duration_ms, "
               "state, reason) "
               "values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
               &values);
}

/* Whose the contact was; tickets made by hand have none. */
static enum far_err store_ticket(struct far_pg_conn *conn, const ProtobufCMessage *message)
{
    const Farseat__V1__TicketRecord *ticket = (const Farseat__V1__TicketRecord *)message;
    struct values values = {.len = 0};
    struct far_id id;
    if (far_id_parse(ticket->ticket_id, &id) != FAR_OK) return FAR_EPROTO;
    add_text(&values, ticket->ticket_id);
    add_i64(&values, ticket->revision);
    add_text(&values, far_id_parse(ticket->contact_id, &id) == FAR_OK ? ticket->contact_id : "");
    add_text(&values, far_id_parse(ticket->customer_id, &id) == FAR_OK ? ticket->customer_id : "");
    return run(conn,
               "insert into ticket (ticket_id, revision, contact_id, customer_id) values ($1, $2, "
               "nullif($3, '')::uuid, nullif($4, '')::uuid) on conflict (ticket_id) do update set "
               "revision = excluded.revision, contact_id = excluded.contact_id, "
               "customer_id = excluded.customer_id where ticket.revision < excluded.revision",
               &values);
}

static enum far_err store_survey(struct far_pg_conn *conn, const ProtobufCMessage *message)
{
    const Farseat__V1__SurveyRecord *survey = (const Farseat__V1__SurveyRecord *)message;
    char *hex = far_pg_bytea(message);
    if (!hex) return FAR_ENOMEM;
    struct values values = {.len = 0};
    add_text(&values, survey->contact_id);
    add_i64(&values, survey->revision);
    add_text(&values, hex);
    enum far_err err = run(conn,
                           "insert into survey (contact_id, revision, record) values ($1, $2, $3) "
                           "on conflict (contact_id) do update set revision = excluded.revision, "
                           "record = excluded.record where survey.revision < excluded.revision",
                           &values);
    free(hex);
    return err;
}

enum far_err store_value(struct far_pg_conn *conn, const struct far_topic_row *topic, const char *text,
                         size_t len)
{
    static enum far_err (*const stores[FAR_TOPIC_COUNT])(struct far_pg_conn *, const ProtobufCMessage *) = {
        [FAR_TOPIC_CONTACTS] = store_contact,        [FAR_TOPIC_SEGMENTS] = store_segment,
        [FAR_TOPIC_AGENT_ACTIVITY] = store_activity, [FAR_TOPIC_SURVEYS] = store_survey,
        [FAR_TOPIC_TICKETS] = store_ticket,
    };
    size_t at = (size_t)(topic - far_topic_rows);
    if (!stores[at]) return FAR_OK;
    struct far_json_error error;
    ProtobufCMessage *message = NULL;
    enum far_err err = far_json_parse(topic->type, text, len, &error, &message);
    if (err == FAR_ENOMEM) return err;
    if (err != FAR_OK) {
        FAR_WARN("record-skipped", "topic=%s where=%s why=%s", topic->topic, error.path, error.text);
        return FAR_EPROTO;
    }
    err = stores[at](conn, message);
    protobuf_c_message_free_unpacked(message, NULL);
    return err;
}

enum far_err store_progress(struct far_pg_conn *conn, const char *topic, int32_t partition,
                            int64_t next_offset)
{
    struct values values = {.len = 0};
    add_text(&values, topic);
    add_i64(&values, partition);
    add_i64(&values, next_offset);
    return run(conn,
               "insert into kafka_progress (topic, part, next_offset) values ($1, $2, $3) "
               "on conflict (topic, part) do update set next_offset = excluded.next_offset",
               &values);
}

enum far_err store_refused(struct far_pg_conn *conn, const Farseat__V1__Fact *fact)
{
    struct values values = {.len = 0};
    struct far_id id;
    if (far_id_parse(fact->fact_id, &id) != FAR_OK) return FAR_OK;
    add_text(&values, fact->fact_id);
    add_i64(&values, fact->at_us);
    add_text(&values, fact->site_calls_refused->edge);
    add_text(&values, fact->site_calls_refused->cause);
    add_i64(&values, fact->site_calls_refused->count);
    return run(conn,
               "insert into calls_refused (fact_id, at_us, edge, cause, calls) values ($1, $2, $3, $4, $5) "
               "on conflict do nothing",
               &values);
}
