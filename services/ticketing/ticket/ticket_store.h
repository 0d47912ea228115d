/* SPDX-License-Identifier: Apache-2.0 */
/* ticket_store.h - tickets in PostgreSQL. Each change is one transaction of the caller: the row, its event,
 * and the outbox's record and fact. All functions run on a database thread. */
#pragma once
#include "far/postgres.h"
#include "farseat/v1/api_ticketing.pb-c.h"
#include "farseat/v1/fact.pb-c.h"

/** What a change sets; NULL leaves the field as it is. */
struct ticket_change {
    const char *status, *business_type, *agent_id, *queue_id, *disposition, *note, *subject, *customer_id;
    const char *by;   /* login or instance: who changed it */
    const char *what; /* created, queued, answered, disposed, ended, edited ... */
    const char *detail;
    int64_t at_us;
};
/** Make the ticket of a contact (contact_id NULL: of no contact).
 *  @return FAR_OK; FAR_EEXIST: the contact has one. */
FAR_MUST_CHECK enum far_err ticket_create(struct far_pg_conn *conn, const char *contact_id,
                                          const Farseat__V1__TelephoneNumber *caller,
                                          const struct ticket_change *change, char ret_ticket_id[37]);
/** Change a ticket. revision_expected 0: whatever it has.
 *  @return FAR_OK; FAR_ENOTFOUND; FAR_ECONFLICT: another revision. */
FAR_MUST_CHECK enum far_err ticket_change(struct far_pg_conn *conn, const char *ticket_id,
                                          uint32_t revision_expected, const struct ticket_change *change);
/** The ticket of a contact. @return FAR_OK; FAR_ENOTFOUND. */
FAR_MUST_CHECK enum far_err ticket_of_contact(struct far_pg_conn *conn, const char *contact_id,
                                              char ret_ticket_id[37]);
/** Read one with its events; the caller frees it (protobuf_c_message_free_unpacked). */
FAR_MUST_CHECK enum far_err ticket_get(struct far_pg_conn *conn, const char *ticket_id,
                                       Farseat__V1__Ticket **ret_ticket);
/** Newest first. @return FAR_OK; FAR_EINVAL: the cursor is not one of ours. */
FAR_MUST_CHECK enum far_err ticket_search(struct far_pg_conn *conn,
                                          const Farseat__V1__TicketSearchRequest *request,
                                          Farseat__V1__TicketListReply **ret_reply);
/** Whether text is one of open, pending, resolved, closed. */
bool ticket_status_ok(const char *text);
