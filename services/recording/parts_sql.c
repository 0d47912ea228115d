/* SPDX-License-Identifier: Apache-2.0 */
#include "parts_sql.h"
#include "far/id.h"
#include "far/json.h"
#include "far/log.h"
#include "far/pg_method.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_DEFAULT 100u
#define LIST_MAX     1000u
#define NUMBER_SIZE  24

static const char store_sql[] =
    "insert into parts (recording_id, part, instance, contact_id, segment_id, agent_id, queue_id, session_id,"
    " left_party, right_party, codec, state, started_at_us, ended_at_us, recorded_ms, audio_bytes, gap_ms, "
    "write_gap_ms,"
    " sha256, left_quality, right_quality)"
    " values ($1::uuid, $2::integer, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13::bigint, $14::bigint, "
    "$15::bigint,"
    " $16::bigint, $17::bigint, $18::bigint, $19, $20::jsonb, $21::jsonb)"
    " on conflict (recording_id, part, instance) do update set contact_id = excluded.contact_id,"
    " segment_id = excluded.segment_id, agent_id = excluded.agent_id, queue_id = excluded.queue_id,"
    " session_id = excluded.session_id, left_party = excluded.left_party, right_party = excluded.right_party,"
    " codec = excluded.codec, state = excluded.state, started_at_us = excluded.started_at_us,"
    " ended_at_us = excluded.ended_at_us, recorded_ms = excluded.recorded_ms, audio_bytes = "
    "excluded.audio_bytes,"
    " gap_ms = excluded.gap_ms, write_gap_ms = excluded.write_gap_ms, sha256 = excluded.sha256,"
    " left_quality = excluded.left_quality, right_quality = excluded.right_quality, stored_at = now()"
    " where parts.state = 'recording' or excluded.state <> 'recording'";
static const char lost_sql[] =
    "update parts set state = 'failed', ended_at_us = started_at_us + recorded_ms * 1000"
    " where instance = $1 and state = 'recording' and started_at_us < $2::bigint";

#define COLUMNS                                                                                              \
    "select recording_id, part, instance, contact_id, segment_id, agent_id, queue_id, session_id, "          \
    "left_party,"                                                                                            \
    " right_party, codec, state, started_at_us, ended_at_us, recorded_ms, audio_bytes, gap_ms, "             \
    "write_gap_ms, sha256,"                                                                                  \
    " left_quality, right_quality from parts where "
#define REST                                                                                                 \
    " and ($1 = '' or recording_id::text = $1) and ($2 = '' or contact_id = $2) and ($3 = '' or agent_id = " \
    "$3)"                                                                                                    \
    " and started_at_us >= $4::bigint and started_at_us < $5::bigint"                                        \
    " order by started_at_us desc, part desc limit $6::integer"
static const char *const list_sql[] = {
    COLUMNS "recording_id = nullif($1, '')::uuid" REST,
    COLUMNS "contact_id = $2" REST,
    COLUMNS "agent_id = $3" REST,
    COLUMNS "true" REST,
};

enum far_err parts_store(struct far_pg_conn *conn, const struct part *part)
{
    Farseat__V1__RecordingPart message;
    Farseat__V1__RecordingSide sides[ALIGN_SIDES];
    char *quality[ALIGN_SIDES] = {NULL, NULL};
    char number[7][NUMBER_SIZE];
    part_message(part, sides, &message);
    enum far_err err = far_json_print(&sides[0].base, 0, &quality[0]);
    if (err == FAR_OK) err = far_json_print(&sides[1].base, 0, &quality[1]);
    (void)snprintf(number[0], NUMBER_SIZE, "%" PRIu32, part->number);
    (void)snprintf(number[1], NUMBER_SIZE, "%" PRId64, part->started_at_us);
    (void)snprintf(number[2], NUMBER_SIZE, "%" PRId64, part->ended_at_us);
    (void)snprintf(number[3], NUMBER_SIZE, "%" PRIu64, message.recorded_ms);
    (void)snprintf(number[4], NUMBER_SIZE, "%" PRIu64, message.audio_bytes);
    (void)snprintf(number[5], NUMBER_SIZE, "%" PRIu64, message.gap_ms);
    (void)snprintf(number[6], NUMBER_SIZE, "%" PRIu64, message.write_gap_ms);
    const char *values[] = {part->recording_id, number[0],      part->instance, part->contact_id,
                            part->segment_id,   part->agent_id, part->queue_id, part->session_id,
                            part->left,         part->right,    message.codec,  message.state,
                            number[1],          number[2],      number[3],      number[4],
                            number[5],          number[6],      part->sha256,   quality[0],
                            quality[1]};
    if (err == FAR_OK) err = far_pg_query(conn, store_sql, FAR_ARRAY_LEN(values), values, NULL);
    free(quality[0]);
    free(quality[1]);
    return err;
}

enum far_err parts_fail_lost(struct far_pg_conn *conn, const char *instance, int64_t began_at_us,
                             int64_t *ret_count)
{
    char number[NUMBER_SIZE];
    (void)snprintf(number, sizeof(number), "%" PRId64, began_at_us);
    const char *values[] = {instance, number};
    PGresult *result = NULL;
    enum far_err err = far_pg_query(conn, lost_sql, FAR_ARRAY_LEN(values), values, &result);
    if (err != FAR_OK) return err;
    *ret_count = strtoll(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return FAR_OK;
}

const char *parts_list_sql(const Farseat__V1__RecordingListRequest *request)
{
    if (request->recording_id[0]) return list_sql[0];
    if (request->contact_id[0]) return list_sql[1];
    return request->agent_id[0] ? list_sql[2] : list_sql[3];
}

static Farseat__V1__RecordingSide *row_quality(const PGresult *result, int row, int column)
{
    const char *text = far_pg_text(result, row, column);
    ProtobufCMessage *side = NULL;
    if (!text ||
        far_json_parse(&farseat__v1__recording_side__descriptor, text, strlen(text), NULL, &side) != FAR_OK)
        return NULL;
    return (Farseat__V1__RecordingSide *)(void *)side;
}

static Farseat__V1__RecordingPart *row_part(const PGresult *result, int row)
{
    Farseat__V1__RecordingPart *part = calloc(1, sizeof(*part));
    if (!part) return NULL;
    farseat__v1__recording_part__init(part);
    part->recording_id = far_pg_strdup(result, row, 0);
    part->part = (uint32_t)far_pg_i64(result, row, 1, 0);
    part->instance = far_pg_strdup(result, row, 2);
    part->contact_id = far_pg_strdup(result, row, 3);
    part->segment_id = far_pg_strdup(result, row, 4);
    part->agent_id = far_pg_strdup(result, row, 5);
    part->queue_id = far_pg_strdup(result, row, 6);
    part->session_id = far_pg_strdup(result, row, 7);
    part->left = far_pg_strdup(result, row, 8);
    part->right = far_pg_strdup(result, row, 9);
    part->codec = far_pg_strdup(result, row, 10);
    part->state = far_pg_strdup(result, row, 11);
    part->started_at_us = far_pg_i64(result, row, 12, 0);
    part->ended_at_us = far_pg_i64(result, row, 13, 0);
    part->recorded_ms = (uint64_t)far_pg_i64(result, row, 14, 0);
    part->audio_bytes = (uint64_t)far_pg_i64(result, row, 15, 0);
    part->gap_ms = (uint64_t)far_pg_i64(result, row, 16, 0);
    part->write_gap_ms = (uint64_t)far_pg_i64(result, row, 17, 0);
    part->sha256 = far_pg_strdup(result, row, 18);
    part->left_quality = row_quality(result, row, 19);
    part->right_quality = row_quality(result, row, 20);
    return part;
}

static enum far_err rows_reply(const PGresult *result, Farseat__V1__RecordingListReply **ret_reply)
{
    int rows = PQntuples(result);
    Farseat__V1__RecordingListReply *reply = calloc(1, sizeof(*reply));
    if (!reply) return FAR_ENOMEM;
    farseat__v1__recording_list_reply__init(reply);
    reply->parts = calloc((size_t)rows + 1, sizeof(*reply->parts));
    for (int i = 0; reply->parts && i < rows; i++) {
        reply->parts[i] = row_part(result, i);
        if (!reply->parts[i]) break;
        reply->n_parts++;
    }
    if (reply->n_parts != (size_t)rows) {
        farseat__v1__recording_list_reply__free_unpacked(reply, NULL);
        return FAR_ENOMEM;
    }
    *ret_reply = reply;
    return FAR_OK;
}

enum far_err parts_list(struct far_pg_conn *conn, const Farseat__V1__RecordingListRequest *request,
                        Farseat__V1__RecordingListReply **ret_reply)
{
    struct far_id id;
    char uuid[FAR_ID_TEXT_SIZE] = "", from[NUMBER_SIZE], to[NUMBER_SIZE], limit[NUMBER_SIZE];
    if (request->recording_id[0]) {
        if (far_id_parse(request->recording_id, &id) != FAR_OK) return FAR_EINVAL;
        far_id_format(&id, uuid);
    }
    uint32_t count = request->limit == 0         ? LIST_DEFAULT
                     : request->limit > LIST_MAX ? LIST_MAX
                                                 : request->limit;
    (void)snprintf(from, sizeof(from), "%" PRId64, request->from_us);
    (void)snprintf(to, sizeof(to), "%" PRId64, request->to_us > 0 ? request->to_us : INT64_MAX);
    (void)snprintf(limit, sizeof(limit), "%" PRIu32, count);
    const char *values[] = {uuid, request->contact_id, request->agent_id, from, to, limit};
    PGresult *result = NULL;
    enum far_err err = far_pg_query(conn, parts_list_sql(request), FAR_ARRAY_LEN(values), values, &result);
    if (err != FAR_OK) return err;
    err = rows_reply(result, ret_reply);
    PQclear(result);
    return err;
}
