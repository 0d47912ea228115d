/* SPDX-License-Identifier: Apache-2.0 */
/* report.h - what reports ask of the tables (far.api.analytics.ContactSearch, ContactGet, KpiReport, Report,
 * KpiDefinitions), as rows. The formulas are kpi.h's; here are the sums. */
#pragma once
#include "far/number.h"
#include "far/pg_method.h"
#include <pthread.h>

/** Context of every method, guarded by the lock: database threads read it. */
struct report_context {
    pthread_mutex_t lock;
    char time_zone[64];
    struct far_number_rule number_rule; /* how numbers that people type become canonical */
};
extern const struct far_pg_method report_methods[];
extern const size_t report_methods_len;

/** The first instant of the day that is now, by a time zone (IANA name), on a database thread.
 *  @return FAR_OK; FAR_EINVAL: PostgreSQL does not know the zone. */
FAR_MUST_CHECK enum far_err report_day_begin(struct far_pg_conn *conn, const char *time_zone,
                                             int64_t *ret_begin_us);
