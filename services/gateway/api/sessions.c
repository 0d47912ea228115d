/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions to see and to end, one's own and others', and one's language. SQL runs on database threads. */
#include "../auth/sessions.h"
#include "api.h"
#include "far/json.h"
#include "far/str.h"
#include "session_watch.h"
#include <stdlib.h>

struct work {
    struct exchange *exchange;
    char login[64], session_id[64], language[16];
    Farseat__V1__SessionListReply *list;
};

static struct work *begin(struct exchange *exchange, const char *login)
{
    struct work *work = calloc(1, sizeof(*work));
    if (!work) {
        exchange_fail(exchange, FAR_ENOMEM, NULL);
        return NULL;
    }
    work->exchange = exchange;
    if (!far_str_copy(work->login, sizeof(work->login), login)) work->login[0] = '\0'; /* nobody's */
    return work;
}

static void end(struct work *work)
{
    if (work->list) farseat__v1__session_list_reply__free_unpacked(work->list, NULL);
    free(work);
}

static void submit(struct work *work, far_pg_work_fn *fn, far_pg_done_fn *done)
{
    const struct far_pg_job job = {.work = fn, .done = done, .arg = work, .transaction = true};
    enum far_err err = far_pg_submit(work->exchange->api->pg, &job);
    if (err != FAR_OK) done(err, work);
}

static void fail(struct exchange *exchange, enum far_err err)
{
    const char *text = err == FAR_EUNAVAILABLE ? "PostgreSQL is not there now: try again in a moment"
                       : err == FAR_ENOTFOUND  ? "there is no such session, or nobody has this login"
                       : err == FAR_EINVAL     ? "language: en, zh or empty"
                                               : NULL;
    exchange_fail(exchange, err, text);
}

static void reply_empty(void *arg)
{
    Farseat__V1__Empty empty = FARSEAT__V1__EMPTY__INIT;
    exchange_reply(arg, &empty.base);
}

/* ---- lists ---------------------------------------------------------------------------------------- */

static enum far_err list_work(struct far_pg_conn *conn, void *arg)
{
    struct work *work = arg;
    if (work->list) farseat__v1__session_list_reply__free_unpacked(work->list, NULL); /* it is tried again */
    work->list = NULL;
    return sessions_list(conn, work->login, work->exchange->identity.session_id, &work->list);
}

static void list_done(enum far_err err, void *arg)
{
    struct work *work = arg;
    if (err == FAR_OK)
        exchange_reply(work->exchange, &work->list->base);
    else
        fail(work->exchange, err);
    end(work);
}

void session_mine(struct exchange *exchange)
{
    struct work *work = begin(exchange, exchange->identity.login);
    if (work) submit(work, list_work, list_done);
}

void session_theirs(struct exchange *exchange)
{
    struct work *work = begin(exchange, exchange_param(exchange, "login"));
    if (work) submit(work, list_work, list_done);
}

/* ---- ends ----------------------------------------------------------------------------------------- */

/* It is answered when no access token of it is good any more. */
static void ended(enum far_err err, void *arg)
{
    struct work *work = arg;
    struct exchange *exchange = work->exchange;
    end(work);
    if (err == FAR_OK)
        session_watch_now(exchange->api->watch, reply_empty, exchange);
    else
        fail(exchange, err);
}

static enum far_err mine_end_work(struct far_pg_conn *conn, void *arg)
{
    struct work *work = arg;
    enum far_err err = sessions_end(conn, work->session_id, work->login);
    if (err == FAR_OK)
        err = people_audit(conn, work->login, work->exchange->client, "session-ended", work->login, "ok");
    return err;
}

void session_mine_end(struct exchange *exchange)
{
    struct work *work = begin(exchange, exchange->identity.login);
    if (!work) return;
    if (!far_str_copy(work->session_id, sizeof(work->session_id), exchange_param(exchange, "sessionId")))
        work->session_id[0] = '\0';
    submit(work, mine_end_work, ended);
}

static enum far_err theirs_end_work(struct far_pg_conn *conn, void *arg)
{
    struct work *work = arg;
    enum far_err err = sessions_end_all(conn, work->login, NULL);
    if (err == FAR_OK)
        err = people_audit(conn, work->exchange->identity.login, work->exchange->client, "sessions-ended",
                           work->login, "ok");
    return err;
}

void session_theirs_end(struct exchange *exchange)
{
    struct work *work = begin(exchange, exchange_param(exchange, "login"));
    if (work) submit(work, theirs_end_work, ended);
}

/* ---- language ------------------------------------------------------------------------------------- */

static enum far_err language_work(struct far_pg_conn *conn, void *arg)
{
    struct work *work = arg;
    return people_language(conn, work->login, work->language);
}

static void language_done(enum far_err err, void *arg)
{
    struct work *work = arg;
    if (err == FAR_OK)
        reply_empty(work->exchange);
    else
        fail(work->exchange, err);
    end(work);
}

void session_language(struct exchange *exchange)
{
    struct far_json_error error = {.text = ""};
    ProtobufCMessage *message = NULL;
    json_t *body = exchange->body ? exchange->body : exchange->params;
    if (far_json_to_message(exchange->route->request, body, &error, &message) != FAR_OK) {
        char text[400];
        (void)snprintf(text, sizeof(text), "%s: %s", error.path, error.text);
        exchange_fail(exchange, FAR_EINVAL, text);
        return;
    }
    struct work *work = begin(exchange, exchange->identity.login);
    const Farseat__V1__LanguageRequest *request = (const Farseat__V1__LanguageRequest *)message;
    if (work) {
        if (!far_str_copy(work->language, sizeof(work->language), request->language))
            (void)far_str_copy(work->language, sizeof(work->language), "too-long");
        submit(work, language_work, language_done);
    }
    protobuf_c_message_free_unpacked(message, NULL);
}
