/* SPDX-License-Identifier: Apache-2.0 */
/* ContactSearch and ContactGet: finished contacts, newest first. */
#include "../kpi/definitions.h"
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
#define NUMBER_END_MIN  4
#define LOCAL_TIME                                                                                           \
    "to_char(('epoch'::timestamptz + started_at_us * interval '1 microsecond') at time zone $%%zu, "         \
    "'YYYY-MM-DD\"T\"HH24:MI:SS')"

static void fill(const PGresult *result, uint32_t limit, Farseat__V1__ContactSearchReply *reply)
{
    size_t rows = (size_t)PQntuples(result), bytes = 0, row = 0;
    char cursor[64] = "";
    reply->contacts = rows ? far_message_alloc(rows * sizeof(reply->contacts[0])) : NULL;
    reply->started_local = rows ? far_message_alloc(rows * sizeof(reply->started_local[0])) : NULL;
    for (; row < rows && row < limit && bytes < REPLY_BYTES_MAX; row++) {
        ProtobufCMessage *contact =
            far_pg_message(&farseat__v1__contact_record__descriptor, result, (int)row, 2);
        if (!contact) continue;
        bytes += protobuf_c_message_get_packed_size(contact);
        reply->contacts[reply->n_contacts++] = (Farseat__V1__ContactRecord *)contact;
        reply->started_local[reply->n_started_local++] = far_pg_strdup(result, (int)row, 3);
    }
    if (row < rows && row > 0)
        far_pg_cursor(cursor, far_pg_i64(result, (int)row - 1, 0, 0), far_pg_text(result, (int)row - 1, 1));
    reply->next_cursor = far_message_strdup(cursor);
}

/* What a request looks for, as the texts that its statement gets. */
struct wanted {
    char from_us[24], to_us[24], result[16];
    char time_zone[64];
    struct far_number number;
    char end_first[FAR_NUMBER_TEXT_SIZE],
        end_last[FAR_NUMBER_TEXT_SIZE]; /* its last digits, read from the end */
};

/* Digits that a number may end with: from four on, read from the end, and the first text behind all that
 * begin so. What was typed with + is whole. @return whether there are any. */
static bool end_read(const char *typed, char first[FAR_NUMBER_TEXT_SIZE], char last[FAR_NUMBER_TEXT_SIZE])
{
    size_t len = 0;
    for (size_t i = strlen(typed); i > 0 && len < FAR_NUMBER_TEXT_SIZE - 1; i--) {
        if (typed[i - 1] >= '0' && typed[i - 1] <= '9') first[len++] = typed[i - 1];
        if (typed[i - 1] == '+') return false;
    }
    first[len] = '\0';
    if (len < NUMBER_END_MIN) return false;
    memcpy(last, first, len + 1);
    last[len - 1]++; /* ':' follows '9' */
    return true;
}

static enum far_err wanted_read(const Farseat__V1__ContactSearchRequest *request, void *ctx,
                                struct wanted *wanted, struct far_pg_answer *answer)
{
    *wanted = (struct wanted){.to_us = ""};
    part_time_zone(ctx, wanted->time_zone);
    (void)snprintf(wanted->from_us, sizeof(wanted->from_us), "%" PRId64, request->from_us);
    if (request->to_us > 0) (void)snprintf(wanted->to_us, sizeof(wanted->to_us), "%" PRId64, request->to_us);
    if (request->result != FARSEAT__V1__CONTACT_RESULT__RESULT_UNKNOWN)
        (void)snprintf(wanted->result, sizeof(wanted->result), "%d", (int)request->result);
    struct far_id id;
    if (request->customer_id[0] && far_id_parse(request->customer_id, &id) != FAR_OK)
        return part_refuse(answer, FAR_EINVAL, "customerId must be a UUID");
    if (request->counts[0] && !kpi_count_find(request->counts))
        return part_refuse(answer, FAR_EINVAL,
                           "counts is one of KpiDefinition.counts: see /api/v1/reports/definitions");
    if (request->number[0] == '\0') return FAR_OK;
    part_number(ctx, request->number, &wanted->number);
    if (!end_read(request->number, wanted->end_first, wanted->end_last)) wanted->end_first[0] = '\0';
    return FAR_OK;
}

static void add_talked(struct far_pg_search *search, const Farseat__V1__ContactSearchRequest *request)
{
    far_pg_search_add(search,
                      "and exists (select 1 from contact_part p where p.contact_id = c.contact_id and "
                      "p.agent_id = $%zu)",
                      request->agent_id);
}

/* Whose offers were not answered, by the time of the offer. */
static void add_missed(struct far_pg_search *search, const Farseat__V1__ContactSearchRequest *request,
                       const struct wanted *wanted)
{
    far_pg_search_add(search, "and m.agent_id = $%zu", request->agent_id);
    far_pg_search_add(search, "and m.at_us < $%zu", wanted->to_us);
    far_pg_search_add(search, "and m.at_us >= $%zu)", wanted->from_us); /* closes what the count began */
}

/* The beginning of the search: what the count, the agent and the time say. */
static void add_counted(struct far_pg_search *search, const Farseat__V1__ContactSearchRequest *request,
                        const struct wanted *wanted)
{
    const struct kpi_count *count = request->counts[0] ? kpi_count_find(request->counts) : NULL;
    char sql[512];
    (void)snprintf(sql, sizeof(sql), LOCAL_TIME " from contact c where %s", count ? count->sql : "true");
    far_pg_search_init(search, "select started_at_us, contact_id, record,");
    far_pg_search_add(search, sql, wanted->time_zone);
    if (count && count->of_offers) {
        add_missed(search, request, wanted);
        if (request->talked) add_talked(search, request);
        return;
    }
    if (count && count->agent_sql && request->agent_id[0]) {
        (void)snprintf(sql, sizeof(sql), "and %s", count->agent_sql);
        far_pg_search_add(search, sql, request->agent_id);
    } else {
        add_talked(search, request);
    }
    far_pg_search_add(search, "and started_at_us >= $%zu", wanted->from_us);
    far_pg_search_add(search, "and started_at_us < $%zu", wanted->to_us);
}

/* The whole search; values point into request and wanted. @return FAR_OK; FAR_EINVAL: the cursor. */
static enum far_err search_make(struct far_pg_search *search,
                                const Farseat__V1__ContactSearchRequest *request, const struct wanted *wanted,
                                uint32_t limit)
{
    add_counted(search, request, wanted);
    if (wanted->end_first[0]) {
        far_pg_search_add(search, "and (caller_canonical = $%zu", wanted->number.canonical);
        far_pg_search_add(search, "or reverse(caller_canonical) ~>=~ $%zu", wanted->end_first);
        far_pg_search_add(search, "and reverse(caller_canonical) ~<~ $%zu)", wanted->end_last);
    } else {
        far_pg_search_add(search, "and caller_canonical = $%zu", wanted->number.canonical);
    }
    far_pg_search_add(search, "and first_queue_id = $%zu", request->queue_id);
    far_pg_search_add(search, "and result = $%zu", wanted->result);
    far_pg_search_add(search, "and site_id = $%zu", request->site_id);
    far_pg_search_add(search, "and published = $%zu", request->published);
    far_pg_search_add(search, "and disposition = $%zu", request->disposition);
    far_pg_search_add(search,
                      "and exists (select 1 from ticket t where t.contact_id = c.contact_id and "
                      "t.customer_id = $%zu::uuid)",
                      request->customer_id);
    return far_pg_search_page(search, request->cursor, "started_at_us", "contact_id", limit);
}

enum far_err part_contact_search(struct far_pg_conn *conn, const ProtobufCMessage *message, void *ctx,
                                 struct far_pg_answer *answer)
{
    const Farseat__V1__ContactSearchRequest *request = (const Farseat__V1__ContactSearchRequest *)message;
    uint32_t limit = far_pg_limit(request->limit, LIMIT_DEFAULT, LIMIT_MAX);
    struct wanted wanted;
    struct far_pg_search search;
    enum far_err err = wanted_read(request, ctx, &wanted, answer);
    if (err != FAR_OK) return err;
    if (search_make(&search, request, &wanted, limit) != FAR_OK)
        return part_refuse(answer, FAR_EINVAL, "cursor: take nextCursor of the page before, unchanged");
    PGresult *result = NULL;
    err = far_pg_search_run(conn, &search, &result);
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

static bool talked_in(const Farseat__V1__ContactRecord *contact, const char *agent_id)
{
    for (size_t i = 0; i < contact->n_parts; i++)
        if (strcmp(contact->parts[i]->agent_id, agent_id) == 0) return true;
    return false;
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
    if (err == FAR_OK && contact && request->agent_id[0] && !talked_in(history->contact, request->agent_id))
        return part_refuse(answer, FAR_EDENIED,
                           "you did not talk in this contact: it needs the permission CONTACT_READ_ALL");
    if (err == FAR_OK) err = read_segments(conn, request->contact_id, history);
    if (err == FAR_OK && !contact)
        return part_refuse(
            answer, FAR_ENOTFOUND,
            "no finished contact with this id: it may still live, or be on its way through Kafka");
    return err;
}
