/* SPDX-License-Identifier: Apache-2.0 */
#include "methods.h"
#include "customer/customer_store.h"
#include "far/clock.h"
#include "far/id.h"
#include "far/str.h"
#include "far/utf8.h"
#include "outbox/outbox.h"
#include "ticket/ticket_store.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_LEN_MAX 8000 /* bytes of a note */
#define NAME_LEN_MAX 200
#define NUMBERS_MAX  50

static enum far_err refuse(struct far_pg_answer *answer, enum far_err err, const char *text)
{
    (void)far_str_copy(answer->text, sizeof(answer->text), text);
    return err;
}

static bool is_id(const char *text)
{
    struct far_id id;
    return far_id_parse(text, &id) == FAR_OK;
}

/* ---- customers ------------------------------------------------------------------------------------ */

static void canonical_of(const struct methods_context *context, const char *raw,
                         struct far_number *ret_number)
{
    far_number_parse(&context->number_rule, raw, strlen(raw), ret_number);
}

static enum far_err customer_find_work(struct far_pg_conn *conn, const ProtobufCMessage *message, void *ctx,
                                       struct far_pg_answer *answer)
{
    const Farseat__V1__CustomerFindRequest *request = (const Farseat__V1__CustomerFindRequest *)message;
    if (!request->number[0] && !request->name[0])
        return refuse(answer, FAR_EINVAL, "CustomerFind: give a number or the beginning of a name");
    struct far_number number;
    if (request->number[0]) canonical_of(ctx, request->number, &number);
    Farseat__V1__CustomerListReply *reply = NULL;
    enum far_err err = customer_find(conn, request->number[0] ? number.canonical : NULL, request->name,
                                     request->limit, &reply);
    if (err == FAR_OK) answer->message = &reply->base;
    return err;
}

static enum far_err customer_answer(struct far_pg_conn *conn, const char *customer_id,
                                    struct far_pg_answer *answer)
{
    Farseat__V1__Customer *customer = NULL;
    enum far_err err = customer_get(conn, customer_id, &customer);
    if (err == FAR_OK) answer->message = &customer->base;
    if (err == FAR_ENOTFOUND)
        return refuse(answer, err, "there is no such customer: search by number or name first");
    return err;
}

static enum far_err customer_get_work(struct far_pg_conn *conn, const ProtobufCMessage *message, void *ctx,
                                      struct far_pg_answer *answer)
{
    (void)ctx;
    const Farseat__V1__IdRequest *request = (const Farseat__V1__IdRequest *)message;
    if (!is_id(request->id)) return refuse(answer, FAR_EINVAL, "CustomerGet: id must be a UUID");
    return customer_answer(conn, request->id, answer);
}

static enum far_err customer_check(const Farseat__V1__Customer *customer, struct far_pg_answer *answer)
{
    if (customer->customer_id[0] && !is_id(customer->customer_id))
        return refuse(answer, FAR_EINVAL, "customerId must be a UUID, or empty for a new customer");
    const char *texts[] = {customer->name, customer->company, customer->language, customer->note};
    for (size_t i = 0; i < FAR_ARRAY_LEN(texts); i++)
        if (strlen(texts[i]) > (i < 3 ? NAME_LEN_MAX : TEXT_LEN_MAX))
            return refuse(answer, FAR_EINVAL, "name, company and language have at most 200 bytes, note 8000");
    if (customer->n_numbers > NUMBERS_MAX)
        return refuse(answer, FAR_EINVAL, "a customer has at most 50 numbers");
    return FAR_OK;
}

static enum far_err customer_put_work(struct far_pg_conn *conn, const ProtobufCMessage *message, void *ctx,
                                      struct far_pg_answer *answer)
{
    Farseat__V1__Customer customer = *(const Farseat__V1__Customer *)message;
    enum far_err err = customer_check(&customer, answer);
    if (err != FAR_OK) return err;
    struct far_number parsed[NUMBERS_MAX];
    Farseat__V1__TelephoneNumber numbers[NUMBERS_MAX], *pointers[NUMBERS_MAX];
    for (size_t i = 0; i < customer.n_numbers; i++) {
        const char *raw =
            customer.numbers[i]->raw[0] ? customer.numbers[i]->raw : customer.numbers[i]->canonical;
        canonical_of(ctx, raw, &parsed[i]);
        if (parsed[i].kind == FAR_NUMBER_ANONYMOUS || parsed[i].kind == FAR_NUMBER_UNKNOWN)
            return refuse(answer, FAR_EINVAL,
                          "numbers[].raw: not a telephone number; write it as one dials it, or as +86...");
        farseat__v1__telephone_number__init(&numbers[i]);
        numbers[i].raw = parsed[i].raw;
        numbers[i].canonical = parsed[i].canonical;
        numbers[i].kind = (Farseat__V1__NumberKind)parsed[i].kind;
        pointers[i] = &numbers[i];
    }
    customer.numbers = pointers;
    char customer_id[37];
    err = customer_put(conn, &customer, far_clock_wall_us(), customer_id);
    if (err == FAR_ECONFLICT)
        return refuse(answer, err, "the customer was changed meanwhile: read it again, then change it");
    if (err == FAR_EEXIST)
        return refuse(answer, err,
                      "one of the numbers belongs to another customer: find that one by the number");
    if (err == FAR_ENOTFOUND) return refuse(answer, err, "there is no such customer");
    return err == FAR_OK ? customer_answer(conn, customer_id, answer) : err;
}

/* ---- tickets -------------------------------------------------------------------------------------- */

static enum far_err ticket_search_work(struct far_pg_conn *conn, const ProtobufCMessage *message, void *ctx,
                                       struct far_pg_answer *answer)
{
    (void)ctx;
    const Farseat__V1__TicketSearchRequest *request = (const Farseat__V1__TicketSearchRequest *)message;
    if (request->status[0] && !ticket_status_ok(request->status))
        return refuse(answer, FAR_EINVAL, "status is one of open, pending, resolved, closed");
    if ((request->contact_id[0] && !is_id(request->contact_id)) ||
        (request->customer_id[0] && !is_id(request->customer_id)))
        return refuse(answer, FAR_EINVAL, "contactId and customerId must be UUIDs");
    Farseat__V1__TicketListReply *reply = NULL;
    enum far_err err = ticket_search(conn, request, &reply);
    if (err == FAR_OK) answer->message = &reply->base;
    if (err == FAR_EINVAL)
        return refuse(answer, err, "cursor: take nextCursor of the page before, unchanged");
    return err;
}

static enum far_err ticket_answer(struct far_pg_conn *conn, const char *ticket_id,
                                  struct far_pg_answer *answer)
{
    Farseat__V1__Ticket *ticket = NULL;
    enum far_err err = ticket_get(conn, ticket_id, &ticket);
    if (err == FAR_OK) answer->message = &ticket->base;
    if (err == FAR_ENOTFOUND) return refuse(answer, err, "there is no such ticket");
    return err;
}

static enum far_err ticket_get_work(struct far_pg_conn *conn, const ProtobufCMessage *message, void *ctx,
                                    struct far_pg_answer *answer)
{
    (void)ctx;
    const Farseat__V1__IdRequest *request = (const Farseat__V1__IdRequest *)message;
    char ticket_id[37];
    if (!is_id(request->contact_id[0] ? request->contact_id : request->id))
        return refuse(answer, FAR_EINVAL, "TicketGet: id or contactId must be a UUID");
    (void)far_str_copy(ticket_id, sizeof(ticket_id), request->id);
    if (request->contact_id[0]) {
        enum far_err err = ticket_of_contact(conn, request->contact_id, ticket_id);
        if (err == FAR_ENOTFOUND) return refuse(answer, err, "the contact has no ticket (yet)");
        if (err != FAR_OK) return err;
    }
    return ticket_answer(conn, ticket_id, answer);
}

static enum far_err ticket_check(const Farseat__V1__Ticket *ticket, struct far_pg_answer *answer)
{
    if (ticket->status[0] && !ticket_status_ok(ticket->status))
        return refuse(answer, FAR_EINVAL, "status is one of open, pending, resolved, closed");
    if (strlen(ticket->note) > TEXT_LEN_MAX || strlen(ticket->subject) > NAME_LEN_MAX)
        return refuse(answer, FAR_EINVAL, "note has at most 8000 bytes, subject 200");
    if (ticket->customer_id[0] && !is_id(ticket->customer_id))
        return refuse(answer, FAR_EINVAL, "customerId must be a UUID");
    if (ticket->ticket_id[0] && !is_id(ticket->ticket_id))
        return refuse(answer, FAR_EINVAL, "ticketId must be a UUID, or empty for a new ticket");
    if (ticket->ticket_id[0] && ticket->revision == 0)
        return refuse(answer, FAR_EINVAL, "revision: give the one that you have read");
    return FAR_OK;
}

static enum far_err ticket_put_work(struct far_pg_conn *conn, const ProtobufCMessage *message, void *ctx,
                                    struct far_pg_answer *answer)
{
    (void)ctx;
    const Farseat__V1__Ticket *ticket = (const Farseat__V1__Ticket *)message;
    enum far_err err = ticket_check(ticket, answer);
    if (err != FAR_OK) return err;
    char ticket_id[37];
    (void)far_str_copy(ticket_id, sizeof(ticket_id), ticket->ticket_id);
    const struct ticket_change change = {.status = ticket->status[0] ? ticket->status : NULL,
                                         .business_type = ticket->business_type,
                                         .agent_id = ticket->agent_id,
                                         .queue_id = ticket->queue_id,
                                         .disposition = ticket->disposition,
                                         .note = ticket->note,
                                         .subject = ticket->subject,
                                         .customer_id = ticket->customer_id,
                                         .by = ticket->by[0] ? ticket->by : "unknown",
                                         .what = ticket->ticket_id[0] ? "edited" : "created",
                                         .at_us = far_clock_wall_us()};
    if (ticket->ticket_id[0])
        err = ticket_change(conn, ticket_id, ticket->revision, &change);
    else
        err = ticket_create(conn, NULL, ticket->caller, &change, ticket_id);
    if (err == FAR_ECONFLICT)
        return refuse(answer, err, "the ticket was changed meanwhile: read it again, then change it");
    if (err == FAR_ENOTFOUND) return refuse(answer, err, "there is no such ticket, or no such customer");
    return err == FAR_OK ? ticket_answer(conn, ticket_id, answer) : err;
}

static void kick(void *ctx)
{
    outbox_kick(((struct methods_context *)ctx)->outbox);
}

const struct far_pg_method ticketing_methods[] = {
    {FAR_METHOD_ticketing_CustomerFind, false, customer_find_work, NULL},
    {FAR_METHOD_ticketing_CustomerPut,  true,  customer_put_work,  NULL},
    {FAR_METHOD_ticketing_CustomerGet,  false, customer_get_work,  NULL},
    {FAR_METHOD_ticketing_TicketSearch, false, ticket_search_work, NULL},
    {FAR_METHOD_ticketing_TicketGet,    false, ticket_get_work,    NULL},
    {FAR_METHOD_ticketing_TicketPut,    true,  ticket_put_work,    kick},
};
const size_t ticketing_methods_len = FAR_ARRAY_LEN(ticketing_methods);
