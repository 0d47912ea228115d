/* SPDX-License-Identifier: Apache-2.0 */
/* facts.h - calls that edges refused at the door: counted from facts, for they have no record. */
#pragma once
#include "far/pg_reader.h"

#define FACTS_FILTER "far.evt.site.calls-refused"

/** far_pg_reader_config.apply */
FAR_MUST_CHECK enum far_err facts_entry(struct far_pg_conn *conn, const struct far_pg_reader_entry *entry,
                                        void *ctx);
