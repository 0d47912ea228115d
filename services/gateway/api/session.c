/* SPDX-License-Identifier: Apache-2.0 */
/* Log in and out, who I am, passwords, the audit log. Hashing and SQL run on database threads. */
#include "../auth/sessions.h"
#include "api.h"
#include "far/clock.h"
#include "far/hash64.h"
#include "far/json.h"
#include "far/str.h"
#include "farseat/v1/api_gateway.pb-c.h"
#include "session_watch.h"
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A job: what goes to the database thread and comes back. */
struct work {
    struct exchange *exchange; /* may be gone at the end */
    struct throttle *throttle;
    struct login login;
    char new_password[PASSWORD_LEN_MAX + 1];
    uint64_t keys[2]; /* of the throttle: the login, the address; 0: it is not slowed down */
};

/* Of each key, how many attempts may be open; see throttle.h. */
static const uint32_t open_max[] = {THROTTLE_FREE, THROTTLE_OPEN};

static void work_end(struct work *work)
{
    for (size_t i = 0; i < FAR_ARRAY_LEN(work->keys); i++)
        if (work->keys[i]) throttle_ended(work->throttle, work->keys[i]);
    sodium_memzero(&work->login, sizeof(work->login)); /* passwords do not linger */
    sodium_memzero(work->new_password, sizeof(work->new_password));
    free(work);
}

static void database_fail(struct exchange *exchange, enum far_err err)
{
    exchange_fail(exchange, err,
                  err == FAR_EUNAVAILABLE ? "PostgreSQL is not there now: try again in a moment" : NULL);
}

static void submit(struct work *work, far_pg_work_fn *fn, far_pg_done_fn *done)
{
    const struct far_pg_job job = {.work = fn, .done = done, .arg = work, .transaction = true};
    enum far_err err = far_pg_submit(work->exchange->api->pg, &job);
    if (err != FAR_OK) done(err, work);
}

static struct work *work_begin(struct exchange *exchange)
{
    struct work *work = calloc(1, sizeof(*work));
    if (!work) {
        exchange_fail(exchange, FAR_ENOMEM, NULL);
        return NULL;
    }
    work->exchange = exchange;
    work->throttle = exchange->api->throttle;
    (void)far_str_copy(work->login.client, sizeof(work->login.client), exchange->client);
    (void)far_str_copy(work->login.user_agent, sizeof(work->login.user_agent), exchange->user_agent);
    work->login.identity = exchange->identity;
    work->login.key = exchange->api->token_key;
    return work;
}

/* The body as the route's message; NULL: replied. */
static ProtobufCMessage *body_read(struct exchange *exchange)
{
    struct far_json_error error = {.text = ""};
    ProtobufCMessage *message = NULL;
    json_t *body = exchange->body ? exchange->body : exchange->params;
    enum far_err err = far_json_to_message(exchange->route->request, body, &error, &message);
    if (err == FAR_OK) return message;
    char text[400];
    (void)snprintf(text, sizeof(text), "%s: %s", error.path, error.text);
    exchange_fail(exchange, FAR_EINVAL, text);
    return NULL;
}

/* ---- answers -------------------------------------------------------------------------------------- */

struct person_parts {
    Farseat__V1__Person person;
    char roles[128];
    char *role_pointers[8];
    char *permissions[PERMISSION_COUNT];
    size_t permissions_len;
};

static void person_fill(struct person_parts *parts, const struct identity *identity)
{
    farseat__v1__person__init(&parts->person);
    memcpy(parts->roles, identity->roles, sizeof(parts->roles));
    parts->person.login = (char *)(uintptr_t)identity->login;
    parts->person.agent_id = (char *)(uintptr_t)identity->agent_id;
    parts->person.name = (char *)(uintptr_t)identity->name;
    parts->person.language = (char *)(uintptr_t)identity->language;
    parts->person.roles = parts->role_pointers;
    char *rest = NULL;
    for (char *role = strtok_r(parts->roles, ",", &rest); role && parts->person.n_roles < 8;
         role = strtok_r(NULL, ",", &rest))
        parts->role_pointers[parts->person.n_roles++] = role;
    for (int i = 1; i < PERMISSION_COUNT; i++)
        if (permission_has(identity->permissions, (enum permission)i))
            parts->permissions[parts->permissions_len++] =
                (char *)(uintptr_t)permission_name((enum permission)i);
}

/* The refresh token as a cookie that no script sees and no other site's page sends; "": it goes. */
static void reply_cookie(struct exchange *exchange, const ProtobufCMessage *message, const char *refresh)
{
    char cookie[200], *text = NULL;
    enum far_err err = far_json_print(message, FAR_JSON_DEFAULTS, &text);
    if (err != FAR_OK) {
        exchange_fail(exchange, err, "the answer cannot be written as JSON");
        return;
    }
    (void)snprintf(cookie, sizeof(cookie),
                   REFRESH_COOKIE "=%s; Path=/api/v1; Max-Age=%lld; HttpOnly; Secure; SameSite=Strict",
                   refresh, refresh[0] ? SESSION_US / 1000000 : 0);
    const struct http_answer answer = {
        .status = 200, .body = text, .body_len = strlen(text), .headers = {{"set-cookie:", cookie}}};
    http_reply(exchange->api->http, exchange->id, &answer);
    sodium_memzero(cookie, sizeof(cookie));
    free(text);
    exchange_end(exchange);
}

static void reply_tokens(struct work *work)
{
    struct exchange *exchange = work->exchange;
    char token[TOKEN_TEXT_SIZE];
    enum far_err err =
        token_write(exchange->api->token_key, &work->login.identity, far_clock_wall_us() / 1000000, token);
    if (err != FAR_OK) {
        exchange_fail(exchange, err, NULL);
        return;
    }
    struct person_parts parts = {.permissions_len = 0};
    person_fill(&parts, &work->login.identity);
    Farseat__V1__LoginReply reply = FARSEAT__V1__LOGIN_REPLY__INIT;
    reply.access_token = token;
    reply.expires_in_s = TOKEN_LIFE_S;
    if (!work->login.cookie) reply.refresh_token = work->login.refresh;
    reply.person = &parts.person;
    reply.permissions = parts.permissions;
    reply.n_permissions = parts.permissions_len;
    if (work->login.cookie)
        reply_cookie(exchange, &reply.base, work->login.refresh);
    else
        exchange_reply(exchange, &reply.base);
}

/* A page of somebody else's must not use the cookie. @return false: replied. */
static bool cookie_allowed(struct exchange *exchange)
{
    if (exchange->from_page) return true;
    exchange_fail(
        exchange, FAR_EDENIED,
        "a cookie is for pages of this server: the Origin must be its own (or one of http.origins)");
    return false;
}

static void reply_empty(struct exchange *exchange)
{
    Farseat__V1__Empty empty = FARSEAT__V1__EMPTY__INIT;
    exchange_reply(exchange, &empty.base);
}

/* 401, not 403: logging in is what helps. */
static void reply_denied(struct exchange *exchange, const char *text)
{
    http_reply_error(exchange->api->http, exchange->id, 401, "EDENIED", text);
    exchange_end(exchange);
}

/* ---- guessing --------------------------------------------------------------------------------------- */

static void password_was_wrong(const struct work *work)
{
    for (size_t i = 0; i < FAR_ARRAY_LEN(work->keys); i++)
        throttle_failed(work->throttle, work->keys[i], far_clock_mono_ms());
}

/* Before each look at a password. @return true: replied, it has to wait. */
static bool throttled(struct work *work)
{
    const uint64_t keys[] = {far_hash64(work->login.login, strlen(work->login.login), 1) | 1,
                             far_hash64(work->login.client, strlen(work->login.client), 2) | 1};
    uint64_t wait_ms = 0, now_ms = far_clock_mono_ms();
    for (size_t i = 0; i < FAR_ARRAY_LEN(keys); i++) {
        uint64_t ms = throttle_wait_ms(work->throttle, keys[i], open_max[i], now_ms);
        if (ms > wait_ms) wait_ms = ms;
    }
    for (size_t i = 0; i < FAR_ARRAY_LEN(keys) && wait_ms == 0; i++) {
        throttle_began(work->throttle, keys[i], now_ms);
        work->keys[i] = keys[i];
    }
    if (wait_ms == 0) return false;
    char text[96];
    (void)snprintf(text, sizeof(text), "too many wrong passwords: try again in %" PRIu64 " s",
                   wait_ms / 1000 + 1);
    http_reply_error(work->exchange->api->http, work->exchange->id, 429, "EAGAIN", text);
    exchange_end(work->exchange);
    return true;
}

/* ---- log in --------------------------------------------------------------------------------------- */

static enum far_err login_work(struct far_pg_conn *conn, void *arg)
{
    struct work *work = arg;
    enum far_err err = people_login(conn, &work->login);
    if (err != FAR_EDENIED) return err;
    work->login.identity.login[0] = '\0'; /* denied, but its line in the audit log shall be committed */
    return FAR_OK;
}

static void login_done(enum far_err err, void *arg)
{
    struct work *work = arg;
    if (err != FAR_OK) {
        database_fail(work->exchange, err);
    } else if (work->login.identity.login[0] == '\0') {
        password_was_wrong(work);
        reply_denied(work->exchange, "login or password is wrong, or the login is disabled");
    } else {
        throttle_succeeded(work->throttle, work->keys[0]);
        reply_tokens(work);
    }
    work_end(work);
}

void session_login(struct exchange *exchange)
{
    if (!exchange->api->token_key_known) {
        exchange_fail(exchange, FAR_EUNAVAILABLE, "PostgreSQL is not there yet: try again in a moment");
        return;
    }
    ProtobufCMessage *message = body_read(exchange);
    const Farseat__V1__LoginRequest *request = (const Farseat__V1__LoginRequest *)message;
    bool allowed = message && (!request->cookie || cookie_allowed(exchange));
    struct work *work = allowed ? work_begin(exchange) : NULL;
    if (work) {
        work->login.cookie = request->cookie;
        bool fits = far_str_copy(work->login.login, sizeof(work->login.login), request->login);
        fits &= far_str_copy(work->login.password, sizeof(work->login.password), request->password);
        if (!fits) work->login.password[0] = '\0'; /* it cannot be right, and fails like any other */
        if (throttled(work))
            work_end(work);
        else
            submit(work, login_work, login_done);
    }
    if (message) protobuf_c_message_free_unpacked(message, NULL);
}

/* ---- refresh, log out, who am I ------------------------------------------------------------------- */

static enum far_err refresh_work(struct far_pg_conn *conn, void *arg)
{
    return sessions_refresh(conn, &((struct work *)arg)->login);
}

static void refresh_done(enum far_err err, void *arg)
{
    struct work *work = arg;
    if (err == FAR_OK)
        reply_tokens(work);
    else if (err == FAR_EDENIED)
        reply_denied(work->exchange, "the session has ended: log in again");
    else
        database_fail(work->exchange, err);
    work_end(work);
}

void session_refresh(struct exchange *exchange)
{
    ProtobufCMessage *message = body_read(exchange);
    const Farseat__V1__RefreshRequest *request = (const Farseat__V1__RefreshRequest *)message;
    bool cookie = message && request->refresh_token[0] == '\0' && exchange->refresh_cookie[0];
    struct work *work = message && (!cookie || cookie_allowed(exchange)) ? work_begin(exchange) : NULL;
    if (work) {
        const char *token = cookie ? exchange->refresh_cookie : request->refresh_token;
        work->login.cookie = cookie;
        if (!far_str_copy(work->login.refresh, sizeof(work->login.refresh), token))
            work->login.refresh[0] = '\0';
        submit(work, refresh_work, refresh_done);
    }
    if (message) protobuf_c_message_free_unpacked(message, NULL);
}

/* The access token's session, else the cookie's. One that is gone already is as the asker wants it. */
static enum far_err logout_work(struct far_pg_conn *conn, void *arg)
{
    struct work *work = arg;
    const struct identity *identity = &work->login.identity;
    if (!identity->session_id[0]) return sessions_end_by_refresh(conn, work->exchange->refresh_cookie);
    enum far_err err = sessions_end(conn, identity->session_id, NULL);
    if (err == FAR_ENOTFOUND) err = FAR_OK;
    if (err == FAR_OK) err = people_audit(conn, identity->login, work->login.client, "logout", "", "ok");
    return err;
}

static void logged_out(void *arg)
{
    Farseat__V1__Empty empty = FARSEAT__V1__EMPTY__INIT;
    reply_cookie(arg, &empty.base, "");
}

static void logout_done(enum far_err err, void *arg)
{
    struct work *work = arg;
    struct exchange *exchange = work->exchange;
    work_end(work);
    if (err == FAR_OK)
        session_watch_now(exchange->api->watch, logged_out, exchange);
    else
        database_fail(exchange, err);
}

static void ended(void *arg)
{
    reply_empty(arg);
}

static void password_done(enum far_err err, void *arg)
{
    struct work *work = arg;
    if (err == FAR_EDENIED) password_was_wrong(work);
    if (err == FAR_OK) throttle_succeeded(work->throttle, work->keys[0]);
    if (err == FAR_OK)
        session_watch_now(work->exchange->api->watch, ended, work->exchange);
    else if (err == FAR_EDENIED)
        exchange_fail(work->exchange, err, "the present password is wrong");
    else if (err == FAR_EINVAL)
        exchange_fail(work->exchange, err, "newPassword: 10 to 200 bytes");
    else
        database_fail(work->exchange, err);
    work_end(work);
}

void session_logout(struct exchange *exchange)
{
    bool by_cookie = !exchange->identity.session_id[0] && exchange->refresh_cookie[0];
    if (!exchange->identity.session_id[0] && !by_cookie) {
        reply_denied(exchange, "nobody is logged in here");
        return;
    }
    struct work *work = !by_cookie || cookie_allowed(exchange) ? work_begin(exchange) : NULL;
    if (work) submit(work, logout_work, logout_done);
}

void session_me(struct exchange *exchange)
{
    struct person_parts parts = {.permissions_len = 0};
    person_fill(&parts, &exchange->identity);
    Farseat__V1__MeReply reply = FARSEAT__V1__ME_REPLY__INIT;
    reply.person = &parts.person;
    reply.permissions = parts.permissions;
    reply.n_permissions = parts.permissions_len;
    exchange_reply(exchange, &reply.base);
}

static enum far_err password_work(struct far_pg_conn *conn, void *arg)
{
    struct work *work = arg;
    return people_password(conn, &work->login, work->new_password);
}

void session_password(struct exchange *exchange)
{
    ProtobufCMessage *message = body_read(exchange);
    struct work *work = message ? work_begin(exchange) : NULL;
    if (work) {
        const Farseat__V1__PasswordRequest *request = (const Farseat__V1__PasswordRequest *)message;
        (void)far_str_copy(work->login.login, sizeof(work->login.login), exchange->identity.login);
        (void)far_str_copy(work->login.password, sizeof(work->login.password), request->password);
        if (!far_str_copy(work->new_password, sizeof(work->new_password), request->new_password))
            work->new_password[0] = '\0';
        if (throttled(work))
            work_end(work);
        else
            submit(work, password_work, password_done);
    }
    if (message) protobuf_c_message_free_unpacked(message, NULL);
}
