/* SPDX-License-Identifier: Apache-2.0 */
/* store.h - records into report tables. On a database thread, inside the transaction that also stores how far
 * Kafka was read. A lower revision of what is there does nothing. */
#pragma once
#include "far/postgres.h"
#include "far/tables.h"
#include "farseat/v1/fact.pb-c.h"
#include "farseat/v1/record.pb-c.h"

/** One value of a topic. Topics that reports do not use do nothing.
 *  @return FAR_OK; FAR_EPROTO: it is not of the topic's type: skip it; or an error of far_pg_query(). */
FAR_MUST_CHECK enum far_err store_value(struct far_pg_conn *conn, const struct far_topic_row *topic,
                                        const char *text, size_t len);
FAR_MUST_CHECK enum far_err store_progress(struct far_pg_conn *conn, const char *topic, int32_t partition,
                                           int64_t next_offset);
/** A fact far.evt.site.calls-refused. */
FAR_MUST_CHECK enum far_err store_refused(struct far_pg_conn *conn, const Farseat__V1__Fact *fact);
