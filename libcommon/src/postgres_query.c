/* SPDX-License-Identifier: Apache-2.0 */
#include "far/hash64.h"
#include "far/log.h"
#include "far/str.h"
#include "postgres_private.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* By SQLSTATE, or its beginning (PostgreSQL documentation, appendix A); the first match counts. */
static const struct {
    const char *state;
    enum far_err err;
} states[] = {
    {"23505", FAR_EEXIST      },
    {"23503", FAR_ENOTFOUND   },
    {"22",    FAR_EINVAL      },
    {"23",    FAR_EINVAL      },
    {"40001", FAR_ECONFLICT   },
    {"40P01", FAR_ECONFLICT   },
    {"57014", FAR_ETIMEOUT    },
    {"57P",   FAR_EUNAVAILABLE},
    {"08P01", FAR_EIO         }, /* a number of values that does not fit the statement */
    {"08",    FAR_EUNAVAILABLE},
    {"53",    FAR_EUNAVAILABLE},
    {"42501", FAR_EDENIED     },
};

static enum far_err from_state(const char *state)
{
    for (size_t i = 0; state && i < FAR_ARRAY_LEN(states); i++)
        if (far_str_starts(state, states[i].state)) return states[i].err;
    return FAR_EIO;
}

static void log_failure(const struct far_pg_conn *conn, const PGresult *result, enum far_err err,
                        const char *sql)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    bool may_hold_values = !state || far_str_starts(state, "22") || far_str_starts(state, "23");
    if (err == FAR_EEXIST || err == FAR_ECONFLICT) { /* normal in the life of a database */
        FAR_DEBUG("postgres-refused", "state=%s constraint=%s sql=%.80s", state,
                  constraint ? constraint : "-", sql);
        return;
    }
    if (!state) message = PQerrorMessage(conn->pg);
    FAR_WARN("postgres-refused", "err=%s state=%s constraint=%s message=%s sql=%.80s", far_err_name(err),
             state ? state : "-", constraint ? constraint : "-", state && may_hold_values ? "-" : message,
             sql);
}

enum far_err pg_judge(struct far_pg_conn *conn, PGresult **result, const char *sql)
{
    ExecStatusType status = PQresultStatus(*result); /* a missing result counts as a fatal error */
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) return FAR_OK;
    const char *state = PQresultErrorField(*result, PG_DIAG_SQLSTATE);
    enum far_err err = PQstatus(conn->pg) != CONNECTION_OK ? FAR_EUNAVAILABLE : from_state(state);
    /* A plan that went stale or was lost with its session: only a new connection is sure to mend it. */
    if (state && (strcmp(state, "0A000") == 0 || strcmp(state, "26000") == 0)) conn->spoiled = true;
    log_failure(conn, *result, err, sql);
    PQclear(*result);
    *result = NULL;
    return err;
}

PGconn *far_pg_raw(struct far_pg_conn *conn)
{
    return conn->pg;
}

enum far_err far_pg_script(struct far_pg_conn *conn, const char *sql)
{
    PGresult *result = PQexec(conn->pg, sql);
    enum far_err err = pg_judge(conn, &result, sql);
    PQclear(result);
    return err;
}

/* name: of the prepared statement, from its text. */
static enum far_err prepare(struct far_pg_conn *conn, const char *sql, char name[24])
{
    uint64_t known, hash = far_hash64(sql, strlen(sql), 0);
    (void)snprintf(name, 24, "s%016" PRIx64, hash);
    if (far_index_get(conn->prepared, hash, &known)) return FAR_OK;
    if (far_index_len(conn->prepared) == PG_STATEMENTS_MAX) {
        enum far_err err = far_pg_script(conn, "DEALLOCATE ALL");
        if (err) return err;
        far_index_clear(conn->prepared);
    }
    PGresult *result = PQprepare(conn->pg, name, sql, 0, NULL);
    enum far_err err = pg_judge(conn, &result, sql);
    PQclear(result);
    return err ? err : far_index_put(conn->prepared, hash, 1);
}

enum far_err far_pg_query(struct far_pg_conn *conn, const char *sql, size_t count, const char *const *values,
                          PGresult **ret_result)
{
    char name[24];
    if (count > INT16_MAX) return FAR_EINVAL;
    enum far_err err = prepare(conn, sql, name);
    if (err) return err;
    PGresult *result = PQexecPrepared(conn->pg, name, (int)count, values, NULL, NULL, 0);
    err = pg_judge(conn, &result, sql);
    if (!err && ret_result)
        *ret_result = result;
    else
        PQclear(result);
    return err;
}

const char *far_pg_text(const PGresult *result, int row, int column)
{
    return PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

int64_t far_pg_i64(const PGresult *result, int row, int column, int64_t otherwise)
{
    int64_t value;
    const char *text = far_pg_text(result, row, column);
    return text && !far_str_i64(text, INT64_MIN, INT64_MAX, &value) ? value : otherwise;
}

enum far_err far_pg_progress_advance(struct far_pg_conn *conn, const char *stream, const char *consumer,
                                     const char *incarnation, uint64_t sequence)
{
    char number[24];
    const char *values[] = {stream, consumer, incarnation, number};
    PGresult *result;
    (void)snprintf(number, sizeof(number), "%" PRIu64, sequence);
    enum far_err err =
        far_pg_query(conn,
                     "INSERT INTO bus_progress AS old (stream, consumer, incarnation, sequence) VALUES ($1, "
                     "$2, $3, $4::bigint) "
                     "ON CONFLICT (stream, consumer) DO UPDATE SET incarnation = excluded.incarnation, "
                     "sequence = excluded.sequence, updated_at = now() "
                     "WHERE old.incarnation <> excluded.incarnation OR old.sequence < excluded.sequence",
                     FAR_ARRAY_LEN(values), values, &result);
    if (err) return err;
    bool advanced = strcmp(PQcmdTuples(result), "1") == 0;
    PQclear(result);
    return advanced ? FAR_OK : FAR_EEXIST;
}

enum far_err far_pg_progress_get(struct far_pg_conn *conn, const char *stream, const char *consumer,
                                 const char *incarnation, uint64_t *ret_sequence)
{
    const char *values[] = {stream, consumer, incarnation};
    PGresult *result;
    enum far_err err = far_pg_query(
        conn, "SELECT sequence FROM bus_progress WHERE stream = $1 AND consumer = $2 AND incarnation = $3",
        FAR_ARRAY_LEN(values), values, &result);
    if (err) return err;
    int64_t sequence = PQntuples(result) == 1 ? far_pg_i64(result, 0, 0, -1) : -1;
    PQclear(result);
    if (sequence < 0) return FAR_ENOTFOUND;
    *ret_sequence = (uint64_t)sequence;
    return FAR_OK;
}
