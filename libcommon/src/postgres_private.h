/* SPDX-License-Identifier: Apache-2.0 */
/* postgres_private.h - shared by postgres*.c: threads and jobs (postgres.c), statements (postgres_query.c),
 * migrations (postgres_migrate.c). */
#pragma once
#include "far/index.h"
#include "far/postgres.h"

#define PG_STATEMENTS_MAX 256

struct far_pg_conn {
    PGconn *pg;
    struct far_index *prepared; /* hash of a statement's text -> 1: prepared on this connection */
    bool spoiled;               /* reconnect after this job */
};

/** Empty result, lost connection or refused statement -> far_err, logged once. Takes (clears) a result that
 * failed.
 *  @return FAR_OK: the result is good. */
enum far_err pg_judge(struct far_pg_conn *conn, PGresult **result, const char *sql);

/** Make the schema and its own tables, then apply what is new in the folder (NULL: nothing).
 *  @return FAR_OK; else why[why_size] says what and how to mend. */
enum far_err pg_migrate(struct far_pg_conn *conn, const char *schema, const char *folder, char *why,
                        size_t why_size);
