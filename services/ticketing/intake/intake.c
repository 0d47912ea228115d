/* SPDX-License-Identifier: Apache-2.0 */
/* What each fact about a contact does to its ticket: one row a fact. */
#include "intake.h"
#include "../customer/customer_store.h"
#include "../ticket/ticket_store.h"
#include "far/id.h"
#include "far/log.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Facts of one contact come in the order of the ACD's log, some of them twice. Marks the ticket with the
 * fact's place.
 * @return FAR_OK: go on; FAR_ENOTFOUND: there is no ticket yet; FAR_EEXIST: the fact has acted before. */
static enum far_err claim(struct far_pg_conn *conn, const Farseat__V1__Fact *fact)
{
    char position[24], index[16], ticket_id[37];
    (void)snprintf(position, sizeof(position), "%" PRIu64, fact->log_position);
    (void)snprintf(index, sizeof(index), "%" PRIu32, fact->log_index);
    const char *values[] = {fact->contact_id, fact->log_incarnation, position, index};
    PGresult *result = NULL;
    enum far_err err =
        far_pg_query(conn,
                     "update ticket set log_incarnation = $2, log_position = $3, log_index = $4 "
                     "where contact_id = $1 and (log_incarnation <> $2 or "
                     "(log_position, log_index) < ($3::bigint, $4::int)) returning 1",
                     4, values, &result);
    if (err != FAR_OK) return err;
    bool claimed = PQntuples(result) > 0;
    PQclear(result);
    if (claimed) return FAR_OK;
    err = ticket_of_contact(conn, fact->contact_id, ticket_id);
    return err == FAR_OK ? FAR_EEXIST : err;
}

static enum far_err created(struct far_pg_conn *conn, const Farseat__V1__Fact *fact)
{
    const Farseat__V1__ContactCreated *body = fact->contact_created;
    char customer_id[37], ticket_id[37];
    enum far_err err = ticket_of_contact(conn, fact->contact_id, ticket_id);
    if (err != FAR_ENOTFOUND) return err; /* there already, or an error */
    err = customer_of_caller(conn, body->caller, fact->at_us, customer_id);
    const struct ticket_change change = {.status = "open",
                                         .customer_id = customer_id,
                                         .by = "ticketing",
                                         .what = "created",
                                         .detail = body->published,
                                         .at_us = fact->at_us};
    if (err == FAR_OK) err = ticket_create(conn, fact->contact_id, body->caller, &change, ticket_id);
    if (err == FAR_OK) err = claim(conn, fact);
    return err == FAR_EEXIST ? FAR_OK : err;
}

/* A fact about a contact whose ticket is not there: the stream began later. It gets one now. */
static enum far_err change_or_create(struct far_pg_conn *conn, const Farseat__V1__Fact *fact,
                                     const struct ticket_change *change)
{
    char ticket_id[37];
    enum far_err err = claim(conn, fact);
    if (err == FAR_EEXIST) return FAR_OK;
    if (err == FAR_ENOTFOUND) {
        err = ticket_create(conn, fact->contact_id, NULL, change, ticket_id);
        return err == FAR_OK ? claim(conn, fact) : err;
    }
    if (err == FAR_OK) err = ticket_of_contact(conn, fact->contact_id, ticket_id);
    return err == FAR_OK ? ticket_change(conn, ticket_id, 0, change) : err;
}

static struct ticket_change change_of(const Farseat__V1__Fact *fact, const char *what)
{
    return (struct ticket_change){.by = "ticketing", .what = what, .at_us = fact->at_us};
}

static enum far_err queued(struct far_pg_conn *conn, const Farseat__V1__Fact *fact)
{
    struct ticket_change change = change_of(fact, "queued");
    change.queue_id = fact->queue_id;
    if (fact->contact_queued->business_type[0]) change.business_type = fact->contact_queued->business_type;
    return change_or_create(conn, fact, &change);
}

static enum far_err answered(struct far_pg_conn *conn, const Farseat__V1__Fact *fact)
{
    struct ticket_change change = change_of(fact, "answered");
    change.agent_id = fact->agent_id;
    change.status = "pending";
    return change_or_create(conn, fact, &change);
}

static enum far_err disposed(struct far_pg_conn *conn, const Farseat__V1__Fact *fact)
{
    struct ticket_change change = change_of(fact, "disposed");
    change.by = fact->agent_id[0] ? fact->agent_id : "ticketing";
    change.disposition = fact->contact_disposed->disposition;
    change.note = fact->contact_disposed->note;
    change.status = fact->contact_disposed->resolved ? "resolved" : "pending";
    change.detail = fact->contact_disposed->disposition;
    return change_or_create(conn, fact, &change);
}

/* An abandoned caller's ticket stays open: somebody should call back. */
static enum far_err ended(struct far_pg_conn *conn, const Farseat__V1__Fact *fact)
{
    struct ticket_change change = change_of(fact, "ended");
    change.detail = fact->contact_ended->cause;
    switch (fact->contact_ended->result) {
    case FARSEAT__V1__CONTACT_RESULT__RESULT_ABANDONED:
        change.subject = "abandoned";
        break;
    case FARSEAT__V1__CONTACT_RESULT__RESULT_OVERFLOWED:
        change.subject = "overflowed";
        break;
    case FARSEAT__V1__CONTACT_RESULT__RESULT_ANSWERED:
        break;
    default: /* ended in the flow, or refused: nothing is left to do */
        change.status = "closed";
        break;
    }
    return change_or_create(conn, fact, &change);
}

enum far_err intake_apply(struct far_pg_conn *conn, const Farseat__V1__Fact *fact)
{
    struct far_id id;
    if (far_id_parse(fact->contact_id, &id) != FAR_OK) return FAR_OK;
    switch (fact->body_case) {
    case FARSEAT__V1__FACT__BODY_CONTACT_CREATED:
        return created(conn, fact);
    case FARSEAT__V1__FACT__BODY_CONTACT_QUEUED:
        return queued(conn, fact);
    case FARSEAT__V1__FACT__BODY_CONTACT_ANSWERED:
        return answered(conn, fact);
    case FARSEAT__V1__FACT__BODY_CONTACT_DISPOSED:
        return disposed(conn, fact);
    case FARSEAT__V1__FACT__BODY_CONTACT_ENDED:
        return ended(conn, fact);
    default:
        return FAR_OK;
    }
}

enum far_err intake_entry(struct far_pg_conn *conn, const struct far_pg_reader_entry *entry, void *ctx)
{
    (void)ctx;
    Farseat__V1__Fact *fact = farseat__v1__fact__unpack(NULL, entry->data_len, entry->data);
    if (!fact) {
        FAR_WARN("fact-skipped", "seq=%" PRIu64 " subject=%s why=%s", entry->seq, entry->subject,
                 "it does not decode");
        return FAR_OK;
    }
    enum far_err err = intake_apply(conn, fact);
    farseat__v1__fact__free_unpacked(fact, NULL);
    return err;
}
