/* SPDX-License-Identifier: Apache-2.0 */
/* bench.h - a private PostgreSQL with the schema of analytics, work on its database thread, and the report's
 * methods as they are asked there. */
#pragma once
#include "far/postgres.h"
#include "far/tables.h"
#include "farseat/v1/api_analytics.pb-c.h"
#include "pg.h"
#include "report/report.h"
#include <stdio.h>

#define BENCH_ZONE "Europe/Berlin" /* its clocks change on 2026-03-29 and 2026-10-25 */

/** In work functions: they run on another thread, where cmocka's asserts must not be. */
#define MUST(condition)                                                                                      \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                  \
            return FAR_ESTATE;                                                                               \
        }                                                                                                    \
    } while (0)

extern struct report_context bench_context;
int bench_start(void **state);
int bench_stop(void **state);
/** Run work on the database thread; the test fails when it does not return FAR_OK. */
void bench_run(far_pg_work_fn *work);
/** Ask a method; the answer is the caller's, NULL: *ret_err and text say why (text has
 * FAR_PG_METHOD_TEXT_SIZE). */
ProtobufCMessage *bench_ask(struct far_pg_conn *conn, enum far_method method, const ProtobufCMessage *request,
                            enum far_err *ret_err, char *ret_text);
/** Store a message of a topic as the ingest does. */
enum far_err bench_store(struct far_pg_conn *conn, enum far_topic topic, const ProtobufCMessage *message);
