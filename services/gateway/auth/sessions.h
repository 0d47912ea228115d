/* SPDX-License-Identifier: Apache-2.0 */
/* sessions.h - sessions in PostgreSQL: made by a login, prolonged by refresh tokens, listed, ended. On a
 * database thread. Whatever way a session ends, its row in session_ended tells all gateways (migration 0005).
 */
#pragma once
#include "farseat/v1/api_gateway.pb-c.h"
#include "people.h"

#define SESSION_GRACE_US     (30LL * 1000000) /* the former refresh token of a cookie, for the other tab */
#define SESSIONS_LISTED_MAX  200
#define SESSIONS_ENDED_MAX   4096
#define SESSION_ENDED_KEEP_S (TOKEN_LIFE_S + 60) /* their tokens are dead then */

/** login->identity has its session's id, login->refresh its token. */
FAR_MUST_CHECK enum far_err sessions_make(struct far_pg_conn *conn, struct login *login);
/** A refresh token is good once: the next one comes with the answer. One that came in a cookie
 * (login->cookie) stays good for SESSION_GRACE_US, and gives the same next one. @return FAR_OK; FAR_EDENIED.
 */
FAR_MUST_CHECK enum far_err sessions_refresh(struct far_pg_conn *conn, struct login *login);
/** End one; of: whose it must be, NULL: anybody's. @return FAR_OK; FAR_ENOTFOUND. */
FAR_MUST_CHECK enum far_err sessions_end(struct far_pg_conn *conn, const char *session_id, const char *of);
/** End the one whose cookie has this refresh token, when there is one. */
FAR_MUST_CHECK enum far_err sessions_end_by_refresh(struct far_pg_conn *conn, const char *refresh);
/** End all of a person's, but except (NULL: none). @return FAR_OK; FAR_ENOTFOUND: nobody has this login. */
FAR_MUST_CHECK enum far_err sessions_end_all(struct far_pg_conn *conn, const char *login, const char *except);
/** A person's sessions, newest use first; current: marked as the one that asks. The caller frees it. */
FAR_MUST_CHECK enum far_err sessions_list(struct far_pg_conn *conn, const char *login, const char *current,
                                          Farseat__V1__SessionListReply **ret_reply);

struct sessions_ended {
    size_t len;
    char ids[SESSIONS_ENDED_MAX][40];
};
/** Those that ended since then, Unix time. */
FAR_MUST_CHECK enum far_err sessions_ended_since(struct far_pg_conn *conn, int64_t since_us,
                                                 struct sessions_ended *ret_ended);
