/* SPDX-License-Identifier: Apache-2.0 */
/* postgres.h - PostgreSQL from worker threads of its own: one connection a thread, blocking libpq there,
 * results posted to the loop. Reconnects by itself (0.2 s .. 5 s). The check "postgres" of health.h says how
 * it stands: FAILED until the first connection, DEGRADED when it is lost later. One pool a process.
 *
 * A job's work() gets a connection on a worker thread; values go in as text parameters, statements are
 * prepared at their first use on each connection, by their text. search_path is the service's schema. */
#pragma once
#include "far/config.h"
#include "far/err.h"
#include "far/loop.h"
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

struct far_pg;
struct far_pg_conn;

struct far_pg_config {
    const char *url;             /* postgresql://user@host/db or key=value; "" in tests only */
    const char *password;        /* secret; "" when none is needed */
    int64_t connections;         /* = worker threads */
    int64_t queue_max;           /* jobs waiting */
    int64_t wait_ms_max;         /* a job that waited longer ends with FAR_EUNAVAILABLE */
    int64_t statement_ms_max;    /* statement_timeout */
    const char *migrations_path; /* folder of NNNN_name.sql; "": the one given to far_pg_create() */
};
/* Section "postgres": url, password(_file), connections, queue_max, wait_max, statement_max, migrations. */
extern const struct far_config_row far_pg_config_rows[];
extern const size_t far_pg_config_rows_len;

/** Start the workers; returns before there is a connection. schema ([a-z_]+, made if missing) and
 * migrations_path (NULL: none) are copied. Migrations are applied before the first job.
 *  @return FAR_OK; FAR_EINVAL: schema, or url is not understood (logged); FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err far_pg_create(struct far_loop *loop, const struct far_pg_config *config,
                                          const char *schema, const char *migrations_path,
                                          struct far_pg **ret_pg);
/** Lets the jobs under way end (their statements are cancelled), ends waiting ones with FAR_EUNAVAILABLE,
 * joins the threads; every done() is called, here or by the loop. On the loop's thread. NULL is allowed. */
struct far_pg *far_pg_destroy(struct far_pg *pg);
/** (any thread) Connected and migrated. */
bool far_pg_is_ready(const struct far_pg *pg);

typedef enum far_err far_pg_work_fn(struct far_pg_conn *conn, void *arg);
typedef void far_pg_done_fn(enum far_err err, void *arg);
struct far_pg_job {
    far_pg_work_fn *work; /* on a worker; not called when the job waited too long */
    far_pg_done_fn *done; /* on the loop, exactly once */
    void *arg;
    bool transaction; /* BEGIN before, COMMIT after FAR_OK, ROLLBACK after anything else; up to 3 tries after
                         a serialization failure or deadlock (FAR_ECONFLICT), so work() may be called again */
};
/** (any thread) The job is copied. @return FAR_OK; FAR_EAGAIN: the queue is full; FAR_ESTATE: being
 * destroyed. */
FAR_MUST_CHECK enum far_err far_pg_submit(struct far_pg *pg, const struct far_pg_job *job);

/* Below: on a worker, inside work(). */

/** Run one statement with `count` text values ($1 ...; NULL: null). ret_result may be NULL; else the caller
 * clears it (PQclear). Errors are logged with their SQLSTATE, without values.
 *  @return FAR_OK; FAR_EEXIST: unique violation; FAR_ENOTFOUND: foreign key violation; FAR_EINVAL: other
 * refusal of the values (class 22, 23); FAR_ECONFLICT: serialization failure, deadlock; FAR_ETIMEOUT:
 * cancelled by statement_max; FAR_EUNAVAILABLE: the connection is lost (effect of a COMMIT unknown); FAR_EIO:
 * anything else. */
FAR_MUST_CHECK enum far_err far_pg_query(struct far_pg_conn *conn, const char *sql, size_t count,
                                         const char *const *values, PGresult **ret_result);
/** One or more statements without values, not prepared (scripts). */
FAR_MUST_CHECK enum far_err far_pg_script(struct far_pg_conn *conn, const char *sql);
PGconn *far_pg_raw(struct far_pg_conn *conn);
/** Value as text; NULL when null. Valid until PQclear(). */
const char *far_pg_text(const PGresult *result, int row, int column);
/** Value as a number; otherwise when null or no number. */
int64_t far_pg_i64(const PGresult *result, int row, int column, int64_t otherwise);

/** Progress of a consumer in a stream, table <schema>.bus_progress, made by far_pg_create(); call it in the
 *  transaction that stores the effect. @return FAR_OK: stored; FAR_EEXIST: this sequence of this incarnation
 * was reached before, so the effect is already there: skip it; or an error of far_pg_query(). */
FAR_MUST_CHECK enum far_err far_pg_progress_advance(struct far_pg_conn *conn, const char *stream,
                                                    const char *consumer, const char *incarnation,
                                                    uint64_t sequence);
/** @return FAR_OK; FAR_ENOTFOUND: nothing stored for this incarnation; or an error of far_pg_query(). */
FAR_MUST_CHECK enum far_err far_pg_progress_get(struct far_pg_conn *conn, const char *stream,
                                                const char *consumer, const char *incarnation,
                                                uint64_t *ret_sequence);
