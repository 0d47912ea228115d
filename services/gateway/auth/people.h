/* SPDX-License-Identifier: Apache-2.0 */
/* people.h - people and their sessions in PostgreSQL. On a database thread. Passwords are hashed by Argon2id
 * (libsodium, interactive limits: about 0.1 s and 64 MiB each). */
#pragma once
#include "far/pg_method.h"
#include "token.h"

#define REFRESH_TEXT_SIZE 65                      /* 32 random bytes as hex */
#define SESSION_US        (12LL * 3600 * 1000000) /* a working day; each refresh prolongs it */
#define REFRESH_COOKIE    "farseat_refresh"
#define PASSWORD_LEN_MIN  10
#define PASSWORD_LEN_MAX  200

struct login {
    char login[64], password[PASSWORD_LEN_MAX + 1], client[64];
    char refresh[REFRESH_TEXT_SIZE]; /* in for refresh, out for login and refresh */
    char user_agent[256];
    bool cookie;              /* the refresh token goes, or came, in a cookie */
    const uint8_t *key;       /* the one of tokens */
    struct identity identity; /* out */
};
/** @return FAR_OK: a session was made; FAR_EDENIED: unknown login, wrong password or disabled: all look
 * alike. */
FAR_MUST_CHECK enum far_err people_login(struct far_pg_conn *conn, struct login *login);
/** Fill login->identity out of login, agent_id, roles, name, language. */
void people_identity_read(const PGresult *result, struct login *login);
/** @return FAR_OK; FAR_EINVAL: none that consoles speak. */
FAR_MUST_CHECK enum far_err people_language(struct far_pg_conn *conn, const char *login,
                                            const char *language);
/** Change one's own password (login->password is the present one); ends all other sessions.
 *  @return FAR_OK; FAR_EDENIED; FAR_EINVAL: too short or too long. */
FAR_MUST_CHECK enum far_err people_password(struct far_pg_conn *conn, struct login *login,
                                            const char *new_password);
/** The key that signs tokens, made when there is none. */
FAR_MUST_CHECK enum far_err people_token_key(struct far_pg_conn *conn, uint8_t ret_key[TOKEN_KEY_LEN]);
/** Make the administrator when nobody is there yet. */
FAR_MUST_CHECK enum far_err people_first(struct far_pg_conn *conn, const char *login, const char *password);
/** Nobody else changes people until this transaction ends: what it then counts stays true. */
FAR_MUST_CHECK enum far_err people_lock(struct far_pg_conn *conn);
/** @return FAR_OK: somebody who is not disabled is an administrator; FAR_ESTATE: nobody would be, so undo. */
FAR_MUST_CHECK enum far_err people_keep_administrator(struct far_pg_conn *conn);
#define PEOPLE_LAST_TEXT "nobody could administer any more: make another administrator first"
/** One line of the audit log. */
FAR_MUST_CHECK enum far_err people_audit(struct far_pg_conn *conn, const char *login, const char *client,
                                         const char *action, const char *target, const char *outcome);
/** Methods far.api.gateway.*. */
extern const struct far_pg_method people_methods[];
extern const size_t people_methods_len;
