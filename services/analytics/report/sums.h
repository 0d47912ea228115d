/* SPDX-License-Identifier: Apache-2.0 */
/* sums.h - what reports are made of, counted by PostgreSQL: sums by interval and id, each id's total first
 * (place 0). The figures out of them are kpi.h's. On a database thread. */
#pragma once
#include "../kpi/kpi.h"
#include "range.h"

enum sums_by { SUMS_ALL, SUMS_QUEUE, SUMS_SITE, SUMS_NUMBER, SUMS_AGENT, SUMS_BY_COUNT };
/** SUMS_BY_COUNT: there is no such word. "" is all. */
enum sums_by sums_by_name(const char *name);

struct sums_request {
    const struct intervals *intervals;
    enum sums_by by;
    const char *id; /* only this one; NULL or "": all */
    uint32_t rows_max;
};
/** The whole statement; the caller frees it. NULL: no memory. */
char *sums_sql(enum sums_by by, bool one_id);
/** Rows in the order of (place, id), read by the next functions. @return as far_pg_query(). */
FAR_MUST_CHECK enum far_err sums_read(struct far_pg_conn *conn, const struct sums_request *request,
                                      PGresult **ret_result);
/** The interval's number, from 1; 0: the id's total. */
size_t sums_place(const PGresult *result, int row);
const char *sums_id(const PGresult *result, int row);
/** Of a result by anything but agents. */
void sums_queue(const PGresult *result, int row, struct kpi_queue_sums *ret_sums);
/** Of a result by agents; *ret_name points into the result, or is "". */
void sums_agent(const PGresult *result, int row, struct kpi_agent_sums *ret_sums, const char **ret_name);
