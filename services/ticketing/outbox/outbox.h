/* SPDX-License-Identifier: Apache-2.0 */
/* outbox.h - messages that leave with the transaction that caused them: put() writes rows, the pump sends
 * them one after the other, in order, and deletes what the stream has. A repeat after a crash carries the
 * same Nats-Msg-Id, and records their number, by which the exporter drops it. */
#pragma once
#include "far/bus.h"
#include "far/postgres.h"
#include "farseat/v1/fact.pb-c.h"
#include "farseat/v1/record.pb-c.h"

/** On a database thread, inside the transaction. Gives the record its origin and record_id. */
FAR_MUST_CHECK enum far_err outbox_put_ticket_record(struct far_pg_conn *conn,
                                                     Farseat__V1__TicketRecord *ticket);
/** The same for a fact: gives it its fact_id. subject: "far.evt.ticket.opened". */
FAR_MUST_CHECK enum far_err outbox_put_fact(struct far_pg_conn *conn, const char *subject,
                                            Farseat__V1__Fact *fact);

struct outbox; /* the pump; all on the loop */
FAR_MUST_CHECK enum far_err outbox_create(struct far_bus *bus, struct far_pg *pg, struct outbox **ret_outbox);
/** Something was put: look now (it also looks each second). */
void outbox_kick(void *outbox);
/** Rows known to wait, for metrics. */
size_t outbox_waiting(const struct outbox *outbox);
/** NULL is allowed. @return NULL. */
struct outbox *outbox_destroy(struct outbox *outbox);
