/* SPDX-License-Identifier: Apache-2.0 */
/* A route that is carried to the bus: parameters and body become the method's request, its answer becomes
 * JSON. */
#include "api.h"
#include "far/json.h"
#include "farseat/v1/common.pb-c.h"
#include <stdlib.h>
#include <string.h>

#define ANSWER_MS 8000

static void audit(struct exchange *exchange, const char *outcome)
{
    const char *target = "";
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(exchange->params, key, value)
    {
        if (json_is_string(value)) target = json_string_value(value);
    }
    if (exchange->route->audited)
        api_audit(exchange->api, &exchange->identity, exchange->client, exchange->route->path, target,
                  outcome);
}

static void answered(void *ctx, const struct far_bus_answer *answer)
{
    struct exchange *exchange = ctx;
    audit(exchange, answer->err == FAR_OK ? "ok" : far_err_name(answer->err));
    if (answer->err != FAR_OK) {
        exchange_fail(exchange, answer->err, answer->error_text);
        return;
    }
    if (answer->message->descriptor == &farseat__v1__verdict__descriptor) {
        const Farseat__V1__Verdict *verdict = (const Farseat__V1__Verdict *)answer->message;
        if (!verdict->ok) {
            exchange_fail(exchange, api_error_of(verdict->code), verdict->text);
            return;
        }
    }
    exchange_reply(exchange, answer->message);
}

/* The request's object: the query and path's parameters, the body (within the action, if the path stands for
 * one), and what the caller may not choose. NULL: it may not be asked, ret_text says why. */
static json_t *request_object(struct exchange *exchange, const char **ret_text)
{
    const struct route *route = exchange->route;
    json_t *object = json_object();
    if (route->action) {
        json_t *inner = exchange->body ? json_incref(exchange->body) : json_object();
        (void)json_object_set_new(object, route->action, inner);
    } else if (exchange->body) {
        (void)json_object_update(object, exchange->body);
    }
    (void)json_object_update(object, exchange->params);
    if (route->by) (void)json_object_set_new(object, "by", json_string(exchange->identity.login));
    if (!route->own_field || permission_has(exchange->identity.permissions, route->all_permission))
        return object;
    const char *asked = json_string_value(json_object_get(object, route->own_field));
    if (exchange->identity.agent_id[0] == '\0')
        *ret_text = "your login is no agent's: an administrator can set its agentId";
    else if (asked && asked[0] && strcmp(asked, exchange->identity.agent_id) != 0)
        *ret_text = "you may act for yourself only; a supervisor may act for others";
    else if (json_object_set_new(object, route->own_field, json_string(exchange->identity.agent_id)) == 0 &&
             (!route->own_flag || json_object_set_new(object, route->own_flag, json_true()) == 0))
        return object;
    json_decref(object);
    return NULL;
}

void proxy_handle(struct exchange *exchange)
{
    const struct far_method_row *row = &far_method_rows[exchange->route->bus_method];
    const char *denied = "out of memory";
    json_t *object = request_object(exchange, &denied);
    if (!object) {
        exchange_fail(exchange, FAR_EDENIED, denied);
        return;
    }
    struct far_json_error error = {.text = ""};
    ProtobufCMessage *message = NULL;
    enum far_err err = far_json_to_message(row->request, object, &error, &message);
    json_decref(object);
    if (err != FAR_OK) {
        char text[400];
        (void)snprintf(text, sizeof(text), "%s: %s", error.path, error.text);
        exchange_fail(exchange, FAR_EINVAL, text);
        return;
    }
    const struct far_bus_question question = {.subject = row->subject,
                                              .message = message,
                                              .reply_type = row->reply,
                                              .timeout_ms = ANSWER_MS,
                                              .fn = answered,
                                              .ctx = exchange};
    err = far_bus_ask(exchange->api->bus, &question, NULL);
    protobuf_c_message_free_unpacked(message, NULL);
    if (err != FAR_OK) exchange_fail(exchange, err, NULL);
}
