/* SPDX-License-Identifier: Apache-2.0 */
#include "api.h"
#include "../auth/people.h"
#include "far/clock.h"
#include "far/json.h"
#include "far/log.h"
#include "far/str.h"
#include "session_watch.h"
#include <stdlib.h>
#include <string.h>

static const struct {
    enum far_err err;
    unsigned status;
} statuses[] = {
    {FAR_OK, 200},        {FAR_EINVAL, 400}, {FAR_EPROTO, 400},       {FAR_EDENIED, 403},
    {FAR_ENOTFOUND, 404}, {FAR_EEXIST, 409}, {FAR_ECONFLICT, 409},    {FAR_ESTATE, 409},
    {FAR_EFULL, 503},     {FAR_EAGAIN, 503}, {FAR_EUNAVAILABLE, 503}, {FAR_ETIMEOUT, 504},
};

unsigned api_status(enum far_err err)
{
    for (size_t i = 0; i < FAR_ARRAY_LEN(statuses); i++)
        if (statuses[i].err == err) return statuses[i].status;
    return 500;
}

enum far_err api_error_of(const char *code)
{
    for (int err = 0; err < FAR_ERR_COUNT; err++)
        if (strcmp(far_err_name((enum far_err)err), code) == 0) return (enum far_err)err;
    return FAR_EIO;
}

void exchange_end(struct exchange *exchange)
{
    json_decref(exchange->params);
    json_decref(exchange->body);
    free(exchange->raw);
    free(exchange);
}

void exchange_fail(struct exchange *exchange, enum far_err err, const char *text)
{
    http_reply_error(exchange->api->http, exchange->id, api_status(err), far_err_name(err),
                     text && text[0] ? text : far_err_text(err));
    exchange_end(exchange);
}

void exchange_reply(struct exchange *exchange, const ProtobufCMessage *message)
{
    exchange_reply_tagged(exchange, message, NULL);
}

void exchange_reply_tagged(struct exchange *exchange, const ProtobufCMessage *message, const char *tag)
{
    struct http_answer answer = {.status = 304};
    if (tag) {
        answer.headers[0][0] = "etag:";
        answer.headers[0][1] = tag;
    }
    if (tag && strcmp(exchange->if_none_match, tag) == 0) {
        http_reply(exchange->api->http, exchange->id, &answer);
        exchange_end(exchange);
        return;
    }
    char *text = NULL;
    enum far_err err = far_json_print(message, FAR_JSON_DEFAULTS, &text);
    if (err != FAR_OK) {
        exchange_fail(exchange, err, "the answer cannot be written as JSON");
        return;
    }
    answer.status = 200;
    answer.body = text;
    answer.body_len = strlen(text);
    http_reply(exchange->api->http, exchange->id, &answer);
    free(text);
    exchange_end(exchange);
}

ProtobufCMessage *exchange_message(struct exchange *exchange)
{
    struct far_json_error error = {.text = ""};
    ProtobufCMessage *message = NULL;
    json_t *object = exchange->body ? json_copy(exchange->body) : json_object();
    if (object) (void)json_object_update(object, exchange->params);
    enum far_err err = far_json_to_message(exchange->route->request, object, &error, &message);
    json_decref(object);
    if (err == FAR_OK) return message;
    char text[400];
    (void)snprintf(text, sizeof(text), "%s: %s", error.path, error.text);
    exchange_fail(exchange, FAR_EINVAL, text);
    return NULL;
}

const char *exchange_param(const struct exchange *exchange, const char *name)
{
    return json_string_value(json_object_get(exchange->params, name));
}

/* ---- audit ---------------------------------------------------------------------------------------- */

struct audit {
    char login[64], client[64], action[200], target[200], outcome[32];
};

static enum far_err audit_work(struct far_pg_conn *conn, void *arg)
{
    const struct audit *audit = arg;
    return people_audit(conn, audit->login, audit->client, audit->action, audit->target, audit->outcome);
}

static void audit_done(enum far_err err, void *arg)
{
    struct audit *audit = arg;
    if (err != FAR_OK) /* the log is the second place where it stands */
        FAR_ERROR("audit-not-stored", "login=%s action=%s target=%s outcome=%s why=%s", audit->login,
                  audit->action, audit->target, audit->outcome, far_err_text(err));
    free(audit);
}

void api_audit(struct api *api, const struct identity *identity, const char *client, const char *action,
               const char *target, const char *outcome)
{
    struct audit *audit = calloc(1, sizeof(*audit));
    if (!audit) return;
    (void)far_str_copy(audit->login, sizeof(audit->login), identity->login);
    (void)far_str_copy(audit->client, sizeof(audit->client), client);
    (void)far_str_copy(audit->action, sizeof(audit->action), action);
    (void)far_str_copy(audit->target, sizeof(audit->target), target);
    (void)far_str_copy(audit->outcome, sizeof(audit->outcome), outcome);
    FAR_INFO("audit", "login=%s action=%s target=%s outcome=%s", audit->login, audit->action, audit->target,
             audit->outcome);
    const struct far_pg_job job = {.work = audit_work, .done = audit_done, .arg = audit};
    enum far_err err = far_pg_submit(api->pg, &job);
    if (err != FAR_OK) audit_done(err, audit);
}

enum far_err api_identify(const struct api *api, const char *token, struct identity *ret_identity)
{
    struct identity identity;
    if (!api->token_key_known) return FAR_EUNAVAILABLE;
    enum far_err err = token_read(api->token_key, token, far_clock_wall_us() / 1000000, &identity);
    if (err == FAR_OK && session_watch_ended(api->watch, identity.session_id)) err = FAR_EDENIED;
    if (err == FAR_OK) *ret_identity = identity;
    return err;
}

/* ---- a request ------------------------------------------------------------------------------------ */

/* A ticket is for one thing: the one that the path names. */
static enum far_err ticket_check(const struct api *api, struct exchange *exchange,
                                 const struct http_request *request, const json_t *path_params)
{
    struct ticket ticket;
    const char *key = NULL;
    json_t *value = NULL;
    enum far_err err = ticket_read(api->token_key, request->ticket, exchange->route->ticket,
                                   far_clock_wall_us() / 1000000, &ticket);
    if (err != FAR_OK || json_object_size(path_params) != 1 ||
        session_watch_ended(api->watch, ticket.identity.session_id))
        return FAR_EDENIED;
    json_object_foreach((json_t *)(uintptr_t)path_params, key, value)
    {
        if (strcmp(json_string_value(value), ticket.about) != 0) return FAR_EDENIED;
    }
    exchange->identity = ticket.identity;
    return FAR_OK;
}

/* @return false: replied already. */
static bool authorize(struct api *api, struct exchange *exchange, const struct http_request *request,
                      const json_t *path_params)
{
    const char *header = request->authorization;
    if (exchange->route->permission == PERMISSION_NONE) { /* who it is may matter all the same */
        if (strncmp(header, "Bearer ", 7) == 0 &&
            api_identify(api, header + 7, &exchange->identity) != FAR_OK)
            exchange->identity = (struct identity){.permissions = 0};
        return true;
    }
    enum far_err err = FAR_EDENIED;
    if (api->token_key_known && strncmp(header, "Bearer ", 7) == 0)
        err = api_identify(api, header + 7, &exchange->identity);
    else if (api->token_key_known && exchange->route->ticket && request->ticket[0])
        err = ticket_check(api, exchange, request, path_params);
    if (err != FAR_OK) {
        http_reply_error(api->http, request->id, api->token_key_known ? 401 : 503,
                         api->token_key_known ? "EDENIED" : "EUNAVAILABLE",
                         api->token_key_known
                             ? "log in (POST /api/v1/login) and send Authorization: Bearer <accessToken>"
                             : "PostgreSQL is not there yet: try again in a moment");
        return false;
    }
    if (!permission_has(exchange->identity.permissions, exchange->route->permission)) {
        char text[160];
        (void)snprintf(text, sizeof(text), "this needs the permission %s (%s)",
                       permission_name(exchange->route->permission),
                       permission_text(exchange->route->permission));
        http_reply_error(api->http, request->id, 403, "EDENIED", text);
        return false;
    }
    return true;
}

/* A parameter as JSON: text, which stands for numbers too; true and false only where the request has a bool.
 */
static json_t *param_json(const ProtobufCMessageDescriptor *type, const char *name, const char *text)
{
    char field[56];
    bool yes = strcmp(text, "true") == 0;
    for (unsigned i = 0; type && (yes || strcmp(text, "false") == 0) && i < type->n_fields; i++)
        if (type->fields[i].type == PROTOBUF_C_TYPE_BOOL &&
            far_json_name(type->fields[i].name, field, sizeof(field)) && strcmp(field, name) == 0)
            return json_boolean(yes);
    return json_string(text);
}

/* Parameters as texts; times may be written in ISO 8601: from, to become fromUs, toUs, unless the request has
 * fields of these names, which are local days. @return false: replied. */
static bool query_take(struct api *api, struct exchange *exchange, const struct http_request *request)
{
    const ProtobufCMessageDescriptor *type = exchange->route->request;
    if (exchange->route->bus_method != FAR_METHOD_COUNT)
        type = far_method_rows[exchange->route->bus_method].request;
    bool days = type && protobuf_c_message_descriptor_get_field_by_name(type, "from");
    for (size_t i = 0; i < request->query_len; i++) {
        const struct http_param *param = &request->query[i];
        char name[56], value[24];
        const char *text = param->value;
        bool is_time = !days && (strcmp(param->name, "from") == 0 || strcmp(param->name, "to") == 0);
        (void)snprintf(name, sizeof(name), is_time ? "%sUs" : "%s", param->name);
        if (is_time) {
            int64_t us = 0;
            if (far_time_parse(param->value, &us) != FAR_OK) {
                http_reply_error(api->http, request->id, 400, "EINVAL",
                                 "from and to are times such as 2026-11-24T08:00:00+08:00 (write + as %2B)");
                return false;
            }
            (void)snprintf(value, sizeof(value), "%lld", (long long)us);
            text = value;
        }
        json_t *taken = param_json(type, name, text);
        if (!taken || json_object_set_new(exchange->params, name, taken) != 0) {
            http_reply_error(api->http, request->id, 400, "EINVAL", "the query is not UTF-8");
            return false;
        }
    }
    return true;
}

static bool body_take(struct api *api, struct exchange *exchange, const struct http_request *request)
{
    if (request->body_len == 0) return true;
    if (exchange->route->raw_body) {
        exchange->raw = malloc(request->body_len);
        if (exchange->raw) {
            memcpy(exchange->raw, request->body, request->body_len);
            exchange->raw_len = request->body_len;
            return true;
        }
        http_reply_error(api->http, request->id, 503, "ENOMEM", "out of memory");
        return false;
    }
    json_error_t error;
    exchange->body = json_loadb(request->body, request->body_len, JSON_REJECT_DUPLICATES, &error);
    if (json_is_object(exchange->body)) return true;
    char text[256];
    (void)snprintf(text, sizeof(text), "the body is no JSON object: line %d: %s",
                   exchange->body ? 1 : error.line, exchange->body ? "another kind of value" : error.text);
    http_reply_error(api->http, request->id, 400, "EINVAL", text);
    return false;
}

unsigned api_body_limit(void *ctx, const struct http_request *request, size_t *limit)
{
    struct api *api = ctx;
    struct identity identity;
    bool path_known = false;
    json_t *params = json_object();
    const struct route *route = api_route_find(request->method, request->path, params, &path_known);
    json_decref(params);
    if (!api->token_key_known) return 503;
    bool known = strncmp(request->authorization, "Bearer ", 7) == 0 &&
                 api_identify(api, request->authorization + 7, &identity) == FAR_OK;
    bool may = !known || (route && permission_has(identity.permissions, route->permission));
    if (route && may && route->body_max > *limit) *limit = route->body_max;
    return known ? 0 : 401; /* 413 would not tell that a newer token helps */
}

static void exchange_cancel(struct exchange *exchange)
{
    exchange_end(exchange);
}

void api_request(void *ctx, const struct http_request *request)
{
    struct api *api = ctx;
    struct exchange *exchange = calloc(1, sizeof(*exchange));
    if (exchange) exchange->params = json_object();
    if (!exchange || !exchange->params) {
        free(exchange);
        http_reply_error(api->http, request->id, 503, "ENOMEM", "out of memory");
        return;
    }
    exchange->api = api;
    exchange->id = request->id;
    exchange->method = request->method;
    (void)far_str_copy(exchange->client, sizeof(exchange->client), request->client);
    (void)far_str_copy(exchange->user_agent, sizeof(exchange->user_agent), request->user_agent);
    if (!http_cookie(request->cookie, REFRESH_COOKIE, exchange->refresh_cookie,
                     sizeof(exchange->refresh_cookie)))
        exchange->refresh_cookie[0] = '\0';
    exchange->from_page = http_origin_ok(api->http, request);
    (void)far_str_copy(exchange->range, sizeof(exchange->range), request->range);
    (void)far_str_copy(exchange->if_none_match, sizeof(exchange->if_none_match), request->if_none_match);
    bool path_known = false;
    json_t *path_params = json_object();
    exchange->route = api_route_find(request->method, request->path, path_params, &path_known);
    if (!exchange->route) {
        http_reply_error(api->http, request->id, path_known ? 405 : 404, path_known ? "EINVAL" : "ENOTFOUND",
                         path_known ? "this path has other methods: see /api/v1/openapi.json"
                                    : "no such path: see /api/v1/openapi.json");
        json_decref(path_params);
        exchange_cancel(exchange);
        return;
    }
    bool good = authorize(api, exchange, request, path_params) && query_take(api, exchange, request) &&
                body_take(api, exchange, request);
    (void)json_object_update(exchange->params, path_params); /* the path wins over the query */
    json_decref(path_params);
    if (!good) {
        exchange_cancel(exchange);
        return;
    }
    exchange->route->handler(exchange);
}
