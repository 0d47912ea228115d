/* SPDX-License-Identifier: Apache-2.0 */
#include "ticket_store.h"
#include "../outbox/outbox.h"
#include "far/clock.h"
#include "far/id.h"
#include "far/pg_method.h"
#include "far/pg_search.h"
#include "far/str.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_DEFAULT 50
#define LIMIT_MAX     500

/* The columns that read_row() reads, in its order. */
#define COLUMNS                                                                                              \
    "t.ticket_id, t.number, t.contact_id, t.customer_id, t.status, t.business_type, t.agent_id, "            \
    "t.queue_id, "                                                                                           \
    "t.disposition, t.note, t.subject, t.created_at_us, t.changed_at_us, t.revision, t.caller_raw, "         \
    "t.caller_canonical, t.caller_kind"

bool ticket_status_ok(const char *text)
{
    static const char *const statuses[] = {"open", "pending", "resolved", "closed"};
    for (size_t i = 0; i < FAR_ARRAY_LEN(statuses); i++)
        if (strcmp(text, statuses[i]) == 0) return true;
    return false;
}

static Farseat__V1__Ticket *read_row(const PGresult *result, int row)
{
    Farseat__V1__Ticket *ticket = far_message_alloc(sizeof(*ticket));
    farseat__v1__ticket__init(ticket);
    char **texts[] = {&ticket->ticket_id,   &ticket->number,        &ticket->contact_id, &ticket->customer_id,
                      &ticket->status,      &ticket->business_type, &ticket->agent_id,   &ticket->queue_id,
                      &ticket->disposition, &ticket->note,          &ticket->subject};
    for (int i = 0; i < (int)FAR_ARRAY_LEN(texts); i++)
        *texts[i] = far_pg_strdup(result, row, i);
    ticket->created_at_us = far_pg_i64(result, row, 11, 0);
    ticket->changed_at_us = far_pg_i64(result, row, 12, 0);
    ticket->revision = (uint32_t)far_pg_i64(result, row, 13, 0);
    ticket->by = far_message_strdup("");
    ticket->caller = far_message_alloc(sizeof(*ticket->caller));
    farseat__v1__telephone_number__init(ticket->caller);
    ticket->caller->raw = far_pg_strdup(result, row, 14);
    ticket->caller->canonical = far_pg_strdup(result, row, 15);
    ticket->caller->kind = (Farseat__V1__NumberKind)far_pg_i64(result, row, 16, 0);
    return ticket;
}

/* What every change leaves behind: its event, its record for Kafka, its fact. */
static enum far_err announce(struct far_pg_conn *conn, const PGresult *row,
                             const struct ticket_change *change, const char *fact_subject)
{
    Farseat__V1__Ticket *ticket = read_row(row, 0);
    char revision[16], at_us[24], created_at[FAR_TIME_TEXT_SIZE], changed_at[FAR_TIME_TEXT_SIZE];
    (void)snprintf(revision, sizeof(revision), "%" PRIu32, ticket->revision);
    (void)snprintf(at_us, sizeof(at_us), "%" PRId64, change->at_us);
    const char *event[] = {ticket->ticket_id, revision,     at_us,
                           change->by,        change->what, change->detail ? change->detail : ""};
    enum far_err err =
        far_pg_query(conn,
                     "insert into ticket_event (ticket_id, revision, at_us, by_whom, what, detail) "
                     "values ($1, $2, $3, $4, $5, $6)",
                     6, event, NULL);
    far_time_format(ticket->created_at_us, created_at);
    far_time_format(ticket->changed_at_us, changed_at);
    Farseat__V1__TicketRecord record = FARSEAT__V1__TICKET_RECORD__INIT;
    record.revision = ticket->revision;
    record.ticket_id = ticket->ticket_id;
    record.number = ticket->number;
    record.contact_id = ticket->contact_id;
    record.customer_id = ticket->customer_id;
    record.status = ticket->status;
    record.business_type = ticket->business_type;
    record.agent_id = ticket->agent_id;
    record.queue_id = ticket->queue_id;
    record.disposition = ticket->disposition;
    record.note = ticket->note;
    record.subject = ticket->subject;
    record.created_at_us = ticket->created_at_us;
    record.changed_at_us = ticket->changed_at_us;
    record.created_at = created_at;
    record.changed_at = changed_at;
    record.caller = ticket->caller;
    if (err == FAR_OK) err = outbox_put_ticket_record(conn, &record);

    Farseat__V1__TicketFact body = FARSEAT__V1__TICKET_FACT__INIT;
    body.ticket_id = ticket->ticket_id;
    body.number = ticket->number;
    body.status = ticket->status;
    body.customer_id = ticket->customer_id;
    Farseat__V1__Fact fact = FARSEAT__V1__FACT__INIT;
    fact.at_us = change->at_us;
    fact.contact_id = ticket->contact_id;
    fact.agent_id = ticket->agent_id;
    fact.queue_id = ticket->queue_id;
    bool opened = ticket->revision == 1;
    fact.body_case = opened ? FARSEAT__V1__FACT__BODY_TICKET_OPENED : FARSEAT__V1__FACT__BODY_TICKET_CHANGED;
    fact.ticket_opened = &body; /* both names are the same place of the oneof */
    if (err == FAR_OK) err = outbox_put_fact(conn, fact_subject, &fact);
    protobuf_c_message_free_unpacked(&ticket->base, NULL);
    return err;
}

enum far_err ticket_create(struct far_pg_conn *conn, const char *contact_id,
                           const Farseat__V1__TelephoneNumber *caller, const struct ticket_change *change,
                           char ret_ticket_id[37])
{
    char ticket_id[FAR_ID_TEXT_SIZE], at_us[24], kind[16];
    far_id_new_text(ticket_id);
    (void)snprintf(at_us, sizeof(at_us), "%" PRId64, change->at_us);
    (void)snprintf(kind, sizeof(kind), "%d", caller ? (int)caller->kind : 0);
    const char *values[] = {ticket_id,
                            contact_id,
                            change->customer_id && change->customer_id[0] ? change->customer_id : NULL,
                            change->status ? change->status : "open",
                            change->business_type,
                            change->agent_id,
                            change->queue_id,
                            change->disposition,
                            change->note,
                            change->subject,
                            at_us,
                            caller ? caller->raw : "",
                            caller ? caller->canonical : "",
                            kind};
    PGresult *result = NULL;
    enum far_err err = far_pg_query(
        conn,
        "insert into ticket as t (ticket_id, contact_id, customer_id, status, business_type, agent_id, "
        "queue_id, "
        "disposition, note, subject, created_at_us, changed_at_us, caller_raw, caller_canonical, "
        "caller_kind) "
        "values ($1, $2, $3, $4, coalesce($5, ''), coalesce($6, ''), coalesce($7, ''), coalesce($8, ''), "
        "coalesce($9, ''), coalesce($10, ''), $11, $11, $12, $13, $14) "
        "on conflict (contact_id) do nothing returning " COLUMNS,
        14, values, &result);
    if (err != FAR_OK) return err;
    if (PQntuples(result) == 0)
        err = FAR_EEXIST;
    else
        err = announce(conn, result, change, "far.evt.ticket.opened");
    if (err == FAR_OK) memcpy(ret_ticket_id, ticket_id, sizeof(ticket_id));
    PQclear(result);
    return err;
}

enum far_err ticket_change(struct far_pg_conn *conn, const char *ticket_id, uint32_t revision_expected,
                           const struct ticket_change *change)
{
    char at_us[24], revision[16];
    (void)snprintf(at_us, sizeof(at_us), "%" PRId64, change->at_us);
    (void)snprintf(revision, sizeof(revision), "%" PRIu32, revision_expected);
    const char *values[] = {ticket_id,
                            at_us,
                            change->status,
                            change->business_type,
                            change->agent_id,
                            change->queue_id,
                            change->disposition,
                            change->note,
                            change->subject,
                            change->customer_id,
                            revision};
    PGresult *result = NULL;
    enum far_err err = far_pg_query(
        conn,
        "update ticket t set changed_at_us = greatest(changed_at_us, $2), revision = revision + 1, "
        "status = coalesce($3, status), business_type = coalesce($4, business_type), "
        "agent_id = coalesce($5, agent_id), queue_id = coalesce($6, queue_id), "
        "disposition = coalesce($7, disposition), note = coalesce($8, note), subject = coalesce($9, "
        "subject), "
        "customer_id = coalesce(nullif($10, '')::uuid, customer_id) "
        "where ticket_id = $1 and ($11 = 0 or revision = $11) returning " COLUMNS,
        11, values, &result);
    if (err != FAR_OK) return err;
    if (PQntuples(result) == 0) {
        PQclear(result);
        result = NULL;
        const char *id[] = {ticket_id};
        err = far_pg_query(conn, "select 1 from ticket where ticket_id = $1", 1, id, &result);
        if (err == FAR_OK) err = PQntuples(result) == 0 ? FAR_ENOTFOUND : FAR_ECONFLICT;
    } else {
        err = announce(conn, result, change, "far.evt.ticket.changed");
    }
    PQclear(result);
    return err;
}

enum far_err ticket_of_contact(struct far_pg_conn *conn, const char *contact_id, char ret_ticket_id[37])
{
    const char *values[] = {contact_id};
    PGresult *result = NULL;
    enum far_err err =
        far_pg_query(conn, "select ticket_id from ticket where contact_id = $1", 1, values, &result);
    if (err != FAR_OK) return err;
    if (PQntuples(result) == 0)
        err = FAR_ENOTFOUND;
    else
        (void)far_str_copy(ret_ticket_id, 37, far_pg_text(result, 0, 0));
    PQclear(result);
    return err;
}

static enum far_err read_events(struct far_pg_conn *conn, Farseat__V1__Ticket *ticket)
{
    const char *values[] = {ticket->ticket_id};
    PGresult *result = NULL;
    enum far_err err =
        far_pg_query(conn,
                     "select at_us, by_whom, what, detail from ticket_event where ticket_id = $1 "
                     "order by revision limit 1000",
                     1, values, &result);
    if (err != FAR_OK) return err;
    size_t count = (size_t)PQntuples(result);
    ticket->events = count ? far_message_alloc(count * sizeof(ticket->events[0])) : NULL;
    for (size_t i = 0; i < count; i++) {
        Farseat__V1__TicketEvent *event = far_message_alloc(sizeof(*event));
        farseat__v1__ticket_event__init(event);
        event->at_us = far_pg_i64(result, (int)i, 0, 0);
        event->by = far_pg_strdup(result, (int)i, 1);
        event->what = far_pg_strdup(result, (int)i, 2);
        event->text = far_pg_strdup(result, (int)i, 3);
        ticket->events[ticket->n_events++] = event;
    }
    PQclear(result);
    return FAR_OK;
}

enum far_err ticket_get(struct far_pg_conn *conn, const char *ticket_id, Farseat__V1__Ticket **ret_ticket)
{
    const char *values[] = {ticket_id};
    PGresult *result = NULL;
    enum far_err err =
        far_pg_query(conn, "select " COLUMNS " from ticket t where ticket_id = $1", 1, values, &result);
    if (err != FAR_OK) return err;
    if (PQntuples(result) == 0) {
        PQclear(result);
        return FAR_ENOTFOUND;
    }
    Farseat__V1__Ticket *ticket = read_row(result, 0);
    PQclear(result);
    err = read_events(conn, ticket);
    if (err != FAR_OK)
        protobuf_c_message_free_unpacked(&ticket->base, NULL);
    else
        *ret_ticket = ticket;
    return err;
}

static void reply_fill(const PGresult *result, uint32_t limit, Farseat__V1__TicketListReply *reply)
{
    size_t count = (size_t)PQntuples(result);
    size_t shown = count > limit ? limit : count;
    reply->tickets = shown ? far_message_alloc(shown * sizeof(reply->tickets[0])) : NULL;
    for (size_t i = 0; i < shown; i++)
        reply->tickets[reply->n_tickets++] = read_row(result, (int)i);
    char cursor[64] = "";
    if (count > limit) {
        const Farseat__V1__Ticket *last = reply->tickets[shown - 1];
        far_pg_cursor(cursor, last->created_at_us, last->ticket_id);
    }
    reply->next_cursor = far_message_strdup(cursor);
}

enum far_err ticket_search(struct far_pg_conn *conn, const Farseat__V1__TicketSearchRequest *request,
                           Farseat__V1__TicketListReply **ret_reply)
{
    char from_us[24], to_us[24] = "";
    uint32_t limit = far_pg_limit(request->limit, LIMIT_DEFAULT, LIMIT_MAX);
    (void)snprintf(from_us, sizeof(from_us), "%" PRId64, request->from_us);
    if (request->to_us > 0) (void)snprintf(to_us, sizeof(to_us), "%" PRId64, request->to_us);
    struct far_pg_search search;
    far_pg_search_init(&search, "select " COLUMNS " from ticket t where true");
    far_pg_search_add(&search, "and created_at_us >= $%zu", from_us);
    far_pg_search_add(&search, "and created_at_us < $%zu", to_us);
    far_pg_search_add(&search, "and agent_id = $%zu", request->agent_id);
    far_pg_search_add(&search, "and status = $%zu", request->status);
    far_pg_search_add(&search, "and business_type = $%zu", request->business_type);
    far_pg_search_add(&search, "and queue_id = $%zu", request->queue_id);
    far_pg_search_add(&search, "and contact_id = $%zu::uuid", request->contact_id);
    far_pg_search_add(&search, "and customer_id = $%zu::uuid", request->customer_id);
    far_pg_search_add(&search,
                      "and position(lower($%zu) in lower(number || ' ' || subject || ' ' || note || ' ' || "
                      "caller_canonical)) > 0",
                      request->text);
    if (far_pg_search_page(&search, request->cursor, "created_at_us", "ticket_id", limit) != FAR_OK)
        return FAR_EINVAL;
    PGresult *result = NULL;
    enum far_err err = far_pg_search_run(conn, &search, &result);
    if (err != FAR_OK) return err;
    Farseat__V1__TicketListReply *reply = far_message_alloc(sizeof(*reply));
    farseat__v1__ticket_list_reply__init(reply);
    reply_fill(result, limit, reply);
    PQclear(result);
    *ret_reply = reply;
    return FAR_OK;
}
