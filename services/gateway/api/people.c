/* SPDX-License-Identifier: Apache-2.0 */
#include "people.h"
#include "../auth/people.h"
#include "far/str.h"
#include "farseat/v1/api_gateway.pb-c.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define AUDIT_MAX 1000
#define AUDIT_ANY 200

static enum far_err refuse(struct far_pg_answer *answer, enum far_err err, const char *text)
{
    (void)far_str_copy(answer->text, sizeof(answer->text), text);
    return err;
}

static enum far_err delete_work(struct far_pg_conn *conn, const ProtobufCMessage *message, void *ctx,
                                struct far_pg_answer *answer)
{
    (void)ctx;
    const Farseat__V1__PersonDeleteRequest *request = (const Farseat__V1__PersonDeleteRequest *)message;
    const char *values[] = {request->login};
    PGresult *result = NULL;
    enum far_err err = people_lock(conn);
    if (err == FAR_OK)
        err = far_pg_query(conn, "delete from person where login = $1 returning 1", 1, values, &result);
    if (err != FAR_OK) return err;
    bool gone = PQntuples(result) > 0; /* the sessions go with the person */
    PQclear(result);
    if (!gone) return refuse(answer, FAR_ENOTFOUND, "nobody has this login: see GET /people");
    err = people_keep_administrator(conn);
    if (err == FAR_ESTATE) return refuse(answer, err, PEOPLE_LAST_TEXT);
    if (err == FAR_OK)
        err = people_audit(conn, request->by[0] ? request->by : "bus", "", "person-deleted", request->login,
                           "ok");
    if (err != FAR_OK) return err;
    Farseat__V1__Empty *reply = far_message_alloc(sizeof(*reply));
    farseat__v1__empty__init(reply);
    answer->message = &reply->base;
    return FAR_OK;
}

/* ---- the audit log -------------------------------------------------------------------------------- */

/* "abc%" with what LIKE would take for more than itself made plain. */
static bool like_prefix(const char *text, char *out, size_t size)
{
    size_t len = 0;
    for (; *text; text++) {
        if (len + 4 > size) return false;
        if (strchr("%_\\", *text)) out[len++] = '\\';
        out[len++] = *text;
    }
    memcpy(out + len, "%", 2);
    return true;
}

struct audit_query {
    char from_us[24], to_us[24], limit[16], cursor[24], action[256];
};

static bool audit_query_of(const Farseat__V1__AuditRequest *request, struct audit_query *query,
                           uint32_t limit)
{
    (void)snprintf(query->from_us, sizeof(query->from_us), "%" PRId64, request->from_us);
    (void)snprintf(query->to_us, sizeof(query->to_us), "%" PRId64,
                   request->to_us > 0 ? request->to_us : INT64_MAX);
    (void)snprintf(query->limit, sizeof(query->limit), "%u", limit + 1); /* one more tells whether there is */
    (void)snprintf(query->cursor, sizeof(query->cursor), "%" PRId64,
                   request->cursor > 0 && request->cursor < INT64_MAX ? (int64_t)request->cursor : INT64_MAX);
    return like_prefix(request->action, query->action, sizeof(query->action));
}

static Farseat__V1__AuditEntry *entry_read(const PGresult *result, int row)
{
    Farseat__V1__AuditEntry *entry = far_message_alloc(sizeof(*entry));
    farseat__v1__audit_entry__init(entry);
    char **const texts[] = {&entry->login, &entry->client, &entry->action, &entry->target, &entry->outcome};
    entry->at_us = far_pg_i64(result, row, 0, 0);
    for (int i = 0; i < (int)FAR_ARRAY_LEN(texts); i++)
        *texts[i] = far_pg_strdup(result, row, i + 1);
    return entry;
}

static enum far_err audit_work(struct far_pg_conn *conn, const ProtobufCMessage *message, void *ctx,
                               struct far_pg_answer *answer)
{
    (void)ctx;
    const Farseat__V1__AuditRequest *request = (const Farseat__V1__AuditRequest *)message;
    uint32_t limit = request->limit == 0 ? AUDIT_ANY : request->limit;
    if (limit > AUDIT_MAX) limit = AUDIT_MAX;
    struct audit_query query;
    if (!audit_query_of(request, &query, limit))
        return refuse(answer, FAR_EINVAL, "action: at most 120 bytes");
    const char *values[] = {query.from_us, query.to_us,     query.cursor, request->login,
                            query.action,  request->target, query.limit,  request->action};
    PGresult *result = NULL;
    enum far_err err = far_pg_query(
        conn,
        "select at_us, login, client, action, target, outcome, place from audit where at_us >= $1 "
        "and at_us < $2 and place < $3 and ($4 = '' or login = $4) and ($8 = '' or action like $5) "
        "and ($6 = '' or target = $6) order by place desc limit $7",
        8, values, &result);
    if (err != FAR_OK) return err;
    size_t found = (size_t)PQntuples(result), rows = found > limit ? limit : found;
    Farseat__V1__AuditReply *reply = far_message_alloc(sizeof(*reply));
    farseat__v1__audit_reply__init(reply);
    reply->entries = rows ? far_message_alloc(rows * sizeof(reply->entries[0])) : NULL;
    for (size_t i = 0; i < rows; i++)
        reply->entries[reply->n_entries++] = entry_read(result, (int)i);
    if (found > limit) reply->next = (uint64_t)far_pg_i64(result, (int)rows - 1, 6, 0);
    PQclear(result);
    answer->message = &reply->base;
    return FAR_OK;
}

const struct far_pg_method people_admin_methods[] = {
    {FAR_METHOD_gateway_PersonDelete, true, delete_work, NULL},
    {FAR_METHOD_gateway_AuditList, false, audit_work, NULL},
};
const size_t people_admin_methods_len = FAR_ARRAY_LEN(people_admin_methods);
