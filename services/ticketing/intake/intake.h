/* SPDX-License-Identifier: Apache-2.0 */
/* intake.h - what facts about contacts (stream EVT) do to customers and tickets. */
#pragma once
#include "far/pg_reader.h"
#include "farseat/v1/fact.pb-c.h"

#define INTAKE_FILTER "far.evt.contact.>"

/** What one fact does; facts that say nothing about a contact do nothing. On a database thread, in a
 * transaction. */
FAR_MUST_CHECK enum far_err intake_apply(struct far_pg_conn *conn, const Farseat__V1__Fact *fact);
/** The same for a stream's entry (far_pg_reader_config.apply); one that does not decode is logged and
 * skipped. */
FAR_MUST_CHECK enum far_err intake_entry(struct far_pg_conn *conn, const struct far_pg_reader_entry *entry,
                                         void *ctx);
