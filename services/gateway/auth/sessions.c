/* SPDX-License-Identifier: Apache-2.0 */
#include "sessions.h"
#include "far/clock.h"
#include "far/id.h"
#include "far/str.h"
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_TEXT_SIZE 67 /* \x and 32 bytes as hex */

static void now_text(char out[24], int64_t plus_us)
{
    (void)snprintf(out, 24, "%" PRId64, far_clock_wall_us() + plus_us);
}

static void refresh_hash(const char *refresh, char ret_text[HASH_TEXT_SIZE])
{
    uint8_t hash[32];
    crypto_generichash(hash, sizeof(hash), (const uint8_t *)refresh, strlen(refresh), NULL, 0);
    memcpy(ret_text, "\\x", 2);
    far_str_hex(hash, sizeof(hash), ret_text + 2);
}

static void refresh_make(char ret_refresh[REFRESH_TEXT_SIZE])
{
    uint8_t bytes[32];
    randombytes_buf(bytes, sizeof(bytes));
    far_str_hex(bytes, sizeof(bytes), ret_refresh);
}

/* The token after one: whoever has it and no key cannot tell it, but the gateway can tell it twice. */
static void refresh_after(const struct login *login, char ret_refresh[REFRESH_TEXT_SIZE])
{
    char text[REFRESH_TEXT_SIZE + 16];
    uint8_t bytes[32];
    int len = snprintf(text, sizeof(text), "refresh %s", login->refresh);
    crypto_generichash(bytes, sizeof(bytes), (const uint8_t *)text, (unsigned long long)len, login->key,
                       TOKEN_KEY_LEN);
    far_str_hex(bytes, sizeof(bytes), ret_refresh);
    sodium_memzero(text, sizeof(text));
}

static enum far_err expired_remove(struct far_pg_conn *conn)
{
    char now[24], before[24];
    now_text(now, 0);
    now_text(before, -2LL * SESSION_ENDED_KEEP_S * 1000000);
    const char *values[] = {now}, *old[] = {before};
    enum far_err err = far_pg_query(conn, "delete from session where expires_at_us < $1", 1, values, NULL);
    if (err == FAR_OK)
        err = far_pg_query(conn, "delete from session_ended where ended_at_us < $1", 1, old, NULL);
    return err;
}

enum far_err sessions_make(struct far_pg_conn *conn, struct login *login)
{
    char hash[HASH_TEXT_SIZE], now[24], expires[24];
    enum far_err err = expired_remove(conn);
    refresh_make(login->refresh);
    refresh_hash(login->refresh, hash);
    far_id_new_text(login->identity.session_id);
    now_text(now, 0);
    now_text(expires, SESSION_US);
    const char *values[] = {
        login->identity.session_id, login->identity.login, hash, login->client, now, expires,
        login->user_agent};
    if (err == FAR_OK)
        err = far_pg_query(
            conn,
            "insert into session (session_id, login, refresh_hash, client, created_at_us, used_at_us, "
            "expires_at_us, user_agent) values ($1, $2, $3::bytea, $4, $5, $5, $6, $7)",
            7, values, NULL);
    return err;
}

#define PERSON "p.login, p.agent_id, array_to_string(p.roles, ','), p.name, p.language, s.session_id"

/* The tab that was later: its token is the former one, and the next one is what the other tab got. */
static enum far_err refresh_again(struct far_pg_conn *conn, const char *before, const char *after,
                                  const char *now, PGresult **ret_result)
{
    const char *values[] = {before, after, now};
    return far_pg_query(conn,
                        "select " PERSON " from session s join person p using (login) where "
                        "s.previous_hash = $1::bytea and s.refresh_hash = $2::bytea and "
                        "s.previous_until_us > $3 and s.expires_at_us > $3 and not p.disabled",
                        3, values, ret_result);
}

enum far_err sessions_refresh(struct far_pg_conn *conn, struct login *login)
{
    char before[HASH_TEXT_SIZE], after[HASH_TEXT_SIZE], next[REFRESH_TEXT_SIZE], now[24], expires[24],
        until[24];
    refresh_hash(login->refresh, before);
    if (login->cookie)
        refresh_after(login, next);
    else
        refresh_make(next);
    refresh_hash(next, after);
    now_text(now, 0);
    now_text(expires, SESSION_US);
    now_text(until, login->cookie ? SESSION_GRACE_US : 0);
    const char *values[] = {before, after, now, expires, until};
    PGresult *result = NULL;
    enum far_err err = far_pg_query(
        conn,
        "update session s set refresh_hash = $2::bytea, used_at_us = $3, expires_at_us = $4, "
        "previous_hash = $1::bytea, previous_until_us = $5 from person p "
        "where s.refresh_hash = $1::bytea and s.expires_at_us > $3 and p.login = s.login and not p.disabled "
        "returning " PERSON,
        5, values, &result);
    if (err == FAR_OK && PQntuples(result) == 0 && login->cookie) {
        PQclear(result);
        result = NULL;
        err = refresh_again(conn, before, after, now, &result);
    }
    if (err != FAR_OK) return err;
    if (PQntuples(result) == 0) {
        err = FAR_EDENIED;
    } else {
        people_identity_read(result, login);
        (void)far_str_copy(login->identity.session_id, sizeof(login->identity.session_id),
                           far_pg_text(result, 0, 5));
        memcpy(login->refresh, next, sizeof(next));
    }
    PQclear(result);
    return err;
}

static enum far_err end_found(struct far_pg_conn *conn, const char *sql, size_t count,
                              const char *const *values)
{
    PGresult *result = NULL;
    enum far_err err = far_pg_query(conn, sql, count, values, &result);
    if (err == FAR_EINVAL) return FAR_ENOTFOUND; /* no session's id */
    if (err != FAR_OK) return err;
    if (PQntuples(result) == 0) err = FAR_ENOTFOUND;
    PQclear(result);
    return err;
}

enum far_err sessions_end(struct far_pg_conn *conn, const char *session_id, const char *of)
{
    const char *values[] = {session_id, of};
    return of ? end_found(conn, "delete from session where session_id = $1 and login = $2 returning 1", 2,
                          values)
              : end_found(conn, "delete from session where session_id = $1 returning 1", 1, values);
}

enum far_err sessions_end_by_refresh(struct far_pg_conn *conn, const char *refresh)
{
    char hash[HASH_TEXT_SIZE];
    refresh_hash(refresh, hash);
    const char *values[] = {hash};
    return far_pg_query(conn,
                        "delete from session where refresh_hash = $1::bytea or previous_hash = $1::bytea", 1,
                        values, NULL);
}

enum far_err sessions_end_all(struct far_pg_conn *conn, const char *login, const char *except)
{
    const char *who[] = {login},
               *values[] = {login, except ? except : "00000000-0000-0000-0000-000000000000"};
    enum far_err err = end_found(conn, "select 1 from person where login = $1", 1, who);
    if (err == FAR_OK)
        err =
            far_pg_query(conn, "delete from session where login = $1 and session_id <> $2", 2, values, NULL);
    return err;
}

static Farseat__V1__Session *session_read(const PGresult *result, int row, const char *current)
{
    Farseat__V1__Session *session = far_message_alloc(sizeof(*session));
    farseat__v1__session__init(session);
    session->session_id = far_pg_strdup(result, row, 0);
    session->login = far_pg_strdup(result, row, 1);
    session->client = far_pg_strdup(result, row, 2);
    session->user_agent = far_pg_strdup(result, row, 3);
    session->created_at_us = far_pg_i64(result, row, 4, 0);
    session->used_at_us = far_pg_i64(result, row, 5, 0);
    session->expires_at_us = far_pg_i64(result, row, 6, 0);
    session->current = current && strcmp(session->session_id, current) == 0;
    return session;
}

enum far_err sessions_list(struct far_pg_conn *conn, const char *login, const char *current,
                           Farseat__V1__SessionListReply **ret_reply)
{
    char now[24];
    now_text(now, 0);
    const char *values[] = {login, now};
    PGresult *result = NULL;
    enum far_err err =
        far_pg_query(conn,
                     "select session_id, login, client, user_agent, created_at_us, used_at_us, "
                     "expires_at_us from session where login = $1 and expires_at_us > $2 "
                     "order by used_at_us desc, session_id limit 200",
                     2, values, &result);
    if (err != FAR_OK) return err;
    Farseat__V1__SessionListReply *reply = far_message_alloc(sizeof(*reply));
    size_t rows = (size_t)PQntuples(result);
    farseat__v1__session_list_reply__init(reply);
    reply->sessions = rows ? far_message_alloc(rows * sizeof(reply->sessions[0])) : NULL;
    for (size_t i = 0; i < rows; i++)
        reply->sessions[reply->n_sessions++] = session_read(result, (int)i, current);
    PQclear(result);
    *ret_reply = reply;
    return FAR_OK;
}

enum far_err sessions_ended_since(struct far_pg_conn *conn, int64_t since_us,
                                  struct sessions_ended *ret_ended)
{
    char since[24];
    (void)snprintf(since, sizeof(since), "%" PRId64, since_us);
    const char *values[] = {since};
    PGresult *result = NULL;
    enum far_err err =
        far_pg_query(conn,
                     "select session_id from session_ended where ended_at_us >= $1 order by ended_at_us desc "
                     "limit 4096",
                     1, values, &result);
    if (err != FAR_OK) return err;
    ret_ended->len = (size_t)PQntuples(result);
    for (size_t i = 0; i < ret_ended->len; i++)
        (void)far_str_copy(ret_ended->ids[i], sizeof(ret_ended->ids[i]), far_pg_text(result, (int)i, 0));
    PQclear(result);
    return FAR_OK;
}
