/* SPDX-License-Identifier: Apache-2.0 */
/* ContactSearch and ContactGet: finished contacts, newest first. */
#include "far/id.h"
#include "far/pg_search.h"
#include "parts.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_DEFAULT   50
#define LIMIT_MAX       500
#define REPLY_BYTES_MAX (700 * 1024) /* below a bus message's limit */

static void fill(const PGresult *result, uint32_t limit, Farseat__V1__ContactSearchReply *reply)
{
    size_t rows = (size_t)PQntuples(result), bytes = 0, row = 0;
    char cursor[64] = "";
    reply->contacts = rows ? far_message_alloc(rows * sizeof(reply->contacts[0])) : NULL;
    for (; row < rows && row < limit && bytes < REPLY_BYTES_MAX; row++) {
        ProtobufCMessage *contact =
            far_pg_message(&farseat__v1__contact_record__descriptor, result, (int)row, 2);
        if (!contact) continue;
        bytes += protobuf_c_message_get_packed_size(contact);
        reply->contacts[reply->n_contacts++] = (Farseat__V1__ContactRecord *)contact;
    }
    if (row < rows && row > 0)
        far_pg_cursor(cursor, far_pg_i64(result, (int)row - 1, 0, 0), far_pg_text(result, (int)row - 1, 1));
    reply->next_cursor = far_message_strdup(cursor);
}

enum far_err part_contact_search(struct far_pg_conn *conn, const ProtobufCMessage *message, void *ctx,
                                 struct far_pg_answer *answer)
{
    const Farseat__V1__ContactSearchRequest *request = (const Farseat__V1__ContactSearchRequest *)message;
    char from_us[24], to_us[24] = "", result_text[16] = "";
    uint32_t limit = far_pg_limit(request->limit, LIMIT_DEFAULT, LIMIT_MAX);
    (void)snprintf(from_us, sizeof(from_us), "%" PRId64, request->from_us);
    if (request->to_us > 0) (void)snprintf(to_us, sizeof(to_us), "%" PRId64, request->to_us);
    if (request->result != FARSEAT__V1__CONTACT_RESULT__RESULT_UNKNOWN)
        (void)snprintf(result_text, sizeof(result_text), "%d", (int)request->result);
    struct far_number number = {.canonical = ""};
    if (request->number[0]) part_number(ctx, request->number, &number);
    struct far_pg_search search;
    far_pg_search_init(&search, "select started_at_us, contact_id, record from contact c where true");
    far_pg_search_add(&search, "and started_at_us >= $%zu", from_us);
    far_pg_search_add(&search, "and started_at_us < $%zu", to_us);
    far_pg_search_add(&search, "and caller_canonical = $%zu", number.canonical);
    far_pg_search_add(&search, "and first_queue_id = $%zu", request->queue_id);
    far_pg_search_add(&search, "and result = $%zu", result_text);
    far_pg_search_add(
        &search,
        "and exists (select 1 from contact_part p where p.contact_id = c.contact_id and p.agent_id = $%zu)",
        request->agent_id);
    if (far_pg_search_page(&search, request->cursor, "started_at_us", "contact_id", limit) != FAR_OK)
        return part_refuse(answer, FAR_EINVAL, "cursor: take nextCursor of the page before, unchanged");
    PGresult *result = NULL;
    enum far_err err = far_pg_search_run(conn, &search, &result);
    if (err != FAR_OK) return err;
    Farseat__V1__ContactSearchReply *reply = far_message_alloc(sizeof(*reply));
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
    if (PQntuples(result) > 0) *ret_message = far_pg_message(type, result, 0, 0);
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
    history->segments = rows ? far_message_alloc(rows * sizeof(history->segments[0])) : NULL;
    for (size_t row = 0; row < rows; row++) {
        ProtobufCMessage *segment =
            far_pg_message(&farseat__v1__segment_record__descriptor, result, (int)row, 0);
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
    Farseat__V1__ContactHistory *history = far_message_alloc(sizeof(*history));
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
