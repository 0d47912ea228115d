/* SPDX-License-Identifier: Apache-2.0 */
/* ContactSearch and ContactGet: finished contacts, newest first. */
#include "far/id.h"
#include "far/str.h"
#include "parts.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_DEFAULT   50
#define LIMIT_MAX       500
#define REPLY_BYTES_MAX (700 * 1024) /* below a bus message's limit */

/* Conditions are added with their values; an absent value adds nothing. */
struct search {
    char sql[1024];
    size_t sql_len;
    const char *values[12];
    size_t values_len;
};

static void add(struct search *search, const char *condition, const char *value)
{
    if (!value || value[0] == '\0') return;
    search->values[search->values_len++] = value;
    int len = snprintf(search->sql + search->sql_len, sizeof(search->sql) - search->sql_len, condition,
                       search->values_len);
    if (len > 0) search->sql_len += (size_t)len;
}

/* A cursor is "<started_at_us>.<contact_id>" of the last one shown. */
static bool cursor_read(const char *cursor, char ret_at_us[24], char ret_id[FAR_ID_TEXT_SIZE])
{
    const char *dot = strchr(cursor, '.');
    struct far_id id;
    uint64_t at_us = 0;
    if (!dot || dot - cursor > 20 || far_id_parse(dot + 1, &id) != FAR_OK) return false;
    (void)far_str_copy_len(ret_at_us, 24, cursor, (size_t)(dot - cursor));
    far_id_format(&id, ret_id);
    return far_str_u64(ret_at_us, INT64_MAX, &at_us) == FAR_OK;
}

static void fill(const PGresult *result, uint32_t limit, Farseat__V1__ContactSearchReply *reply)
{
    size_t rows = (size_t)PQntuples(result), bytes = 0, row = 0;
    char cursor[64] = "";
    reply->contacts = rows ? part_allocate(rows * sizeof(reply->contacts[0])) : NULL;
    for (; row < rows && row < limit && bytes < REPLY_BYTES_MAX; row++) {
        ProtobufCMessage *contact =
            part_unpack(&farseat__v1__contact_record__descriptor, result, (int)row, 2);
        if (!contact) continue;
        bytes += protobuf_c_message_get_packed_size(contact);
        reply->contacts[reply->n_contacts++] = (Farseat__V1__ContactRecord *)contact;
    }
    if (row < rows && row > 0)
        (void)snprintf(cursor, sizeof(cursor), "%s.%s", far_pg_text(result, (int)row - 1, 0),
                       far_pg_text(result, (int)row - 1, 1));
    reply->next_cursor = far_message_strdup(cursor);
}

enum far_err part_contact_search(struct far_pg_conn *conn, const ProtobufCMessage *message, void *ctx,
                                 struct far_pg_answer *answer)
{
    (void)ctx;
    const Farseat__V1__ContactSearchRequest *request = (const Farseat__V1__ContactSearchRequest *)message;
    char from_us[24], to_us[24] = "", result_text[16] = "", limit_text[16], cursor_at_us[24],
                      cursor_id[FAR_ID_TEXT_SIZE];
    uint32_t limit = request->limit == 0          ? LIMIT_DEFAULT
                     : request->limit > LIMIT_MAX ? LIMIT_MAX
                                                  : request->limit;
    (void)snprintf(from_us, sizeof(from_us), "%" PRId64, request->from_us);
    if (request->to_us > 0) (void)snprintf(to_us, sizeof(to_us), "%" PRId64, request->to_us);
    if (request->result != FARSEAT__V1__CONTACT_RESULT__RESULT_UNKNOWN)
        (void)snprintf(result_text, sizeof(result_text), "%d", (int)request->result);
    (void)snprintf(limit_text, sizeof(limit_text), "%" PRIu32, limit + 1);
    struct search search = {.sql = "select started_at_us, contact_id, record from contact c where true"};
    search.sql_len = strlen(search.sql);
    add(&search, " and started_at_us >= $%zu", from_us);
    add(&search, " and started_at_us < $%zu", to_us);
    add(&search, " and caller_canonical = $%zu", request->number);
    add(&search, " and first_queue_id = $%zu", request->queue_id);
    add(&search, " and result = $%zu", result_text);
    add(&search,
        " and exists (select 1 from contact_part p where p.contact_id = c.contact_id and p.agent_id = $%zu)",
        request->agent_id);
    if (request->cursor[0] != '\0') {
        if (!cursor_read(request->cursor, cursor_at_us, cursor_id))
            return part_refuse(answer, FAR_EINVAL, "cursor: take nextCursor of the page before, unchanged");
        add(&search, " and (started_at_us, contact_id) < ($%zu::bigint, ", cursor_at_us);
        add(&search, "$%zu::uuid)", cursor_id);
    }
    add(&search, " order by started_at_us desc, contact_id desc limit $%zu", limit_text);
    PGresult *result = NULL;
    enum far_err err = far_pg_query(conn, search.sql, search.values_len, search.values, &result);
    if (err != FAR_OK) return err;
    Farseat__V1__ContactSearchReply *reply = part_allocate(sizeof(*reply));
    farseat__v1__contact_search_reply__init(reply);
    answer->message = &reply->base;
    fill(result, limit, reply);
    PQclear(result);
    return FAR_OK;
}

static enum far_err read_one(struct far_pg_conn *conn, const char *sql, const char *contact_id,
                             const ProtobufCMessageDescriptor *type, ProtobufCMessage **ret_message)
{
    const char *values[] = {contact_id};
    PGresult *result = NULL;
    enum far_err err = far_pg_query(conn, sql, 1, values, &result);
    if (err != FAR_OK) return err;
    if (PQntuples(result) > 0) *ret_message = part_unpack(type, result, 0, 0);
    PQclear(result);
    return FAR_OK;
}

static enum far_err read_segments(struct far_pg_conn *conn, const char *contact_id,
                                  Farseat__V1__ContactHistory *history)
{
    const char *values[] = {contact_id};
    PGresult *result = NULL;
    enum far_err err =
        far_pg_query(conn, "select record from segment where contact_id = $1 order by place limit 1000", 1,
                     values, &result);
    if (err != FAR_OK) return err;
    size_t rows = (size_t)PQntuples(result);
    history->segments = rows ? part_allocate(rows * sizeof(history->segments[0])) : NULL;
    for (size_t row = 0; row < rows; row++) {
        ProtobufCMessage *segment =
            part_unpack(&farseat__v1__segment_record__descriptor, result, (int)row, 0);
        if (segment) history->segments[history->n_segments++] = (Farseat__V1__SegmentRecord *)segment;
    }
    PQclear(result);
    return FAR_OK;
}

enum far_err part_contact_get(struct far_pg_conn *conn, const ProtobufCMessage *message, void *ctx,
                              struct far_pg_answer *answer)
{
    (void)ctx;
    const Farseat__V1__ContactGetRequest *request = (const Farseat__V1__ContactGetRequest *)message;
    struct far_id id;
    if (far_id_parse(request->contact_id, &id) != FAR_OK)
        return part_refuse(answer, FAR_EINVAL, "contactId must be a UUID");
    Farseat__V1__ContactHistory *history = part_allocate(sizeof(*history));
    farseat__v1__contact_history__init(history);
    answer->message = &history->base;
    ProtobufCMessage *contact = NULL, *survey = NULL;
    enum far_err err = read_one(conn, "select record from contact where contact_id = $1", request->contact_id,
                                &farseat__v1__contact_record__descriptor, &contact);
    history->contact = (Farseat__V1__ContactRecord *)contact;
    if (err == FAR_OK)
        err = read_one(conn, "select record from survey where contact_id = $1", request->contact_id,
                       &farseat__v1__survey_record__descriptor, &survey);
    history->survey = (Farseat__V1__SurveyRecord *)survey;
    if (err == FAR_OK) err = read_segments(conn, request->contact_id, history);
    if (err == FAR_OK && !contact)
        return part_refuse(
            answer, FAR_ENOTFOUND,
            "no finished contact with this id: it may still live, or be on its way through Kafka");
    return err;
}
