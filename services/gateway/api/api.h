/* SPDX-License-Identifier: Apache-2.0 */
/* api.h - what the gateway offers over HTTP: a table of routes. Most carry a question to a service on the bus
 * and its answer back as JSON (proxy.c); a few are the gateway's own (session.c, audio.c). Loop thread. */
#pragma once
#include "../auth/throttle.h"
#include "../auth/token.h"
#include "../http/server.h"
#include "far/bus.h"
#include "far/postgres.h"
#include "far/tables.h"
#include <jansson.h>

struct centre;
struct far_pg_methods;
struct history;
struct live_sockets;
struct session_watch;
struct prompts;
struct system_watch;

struct api {
    struct far_loop *loop;
    struct http_server *http;
    struct far_bus *bus;
    struct far_pg *pg;
    uint8_t token_key[TOKEN_KEY_LEN];
    bool token_key_known;
    struct throttle *throttle;
    char *openapi; /* the page, made at start */
    size_t openapi_len;
    size_t audio_open;
    struct live_sockets **sockets; /* live/socket.h, for the server's call backs */
    size_t audio_bytes_max, exports_open;
    struct session_watch *watch; /* session_watch.h: which sessions ended */
    struct centre *centre;       /* centre.h; NULL until the bus is there, as are the next ones */
    struct history *history;
    struct prompts *prompts;
    struct system_watch *system;
    struct far_pg_methods *people_methods;
};
struct route;
/* One request on its way: what a handler gets, and keeps until it has replied. Handlers free it by
 * exchange_end(). */
struct exchange {
    struct api *api;
    const struct route *route;
    uint64_t id; /* of the HTTP request */
    enum http_method method;
    struct identity identity;
    char client[64], range[128];
    char user_agent[256];
    char refresh_cookie[72]; /* "": none */
    bool from_page;          /* of an origin that may use cookies */
    json_t *params;          /* object: query parameters, then the path's, as texts */
    json_t *body;            /* object; NULL when there is none */
    char *raw;               /* the body as it came, of routes with raw_body; exchange_end() frees it */
    size_t raw_len;
    char if_none_match[80];
};
struct route {
    enum http_method method;
    const char *path; /* {name} is one segment, and a field of the request by this name */
    enum permission permission;
    const char *summary;
    enum far_method bus_method; /* carried to the bus; FAR_METHOD_COUNT: handler's */
    void (*handler)(struct exchange *exchange);
    const ProtobufCMessageDescriptor *request, *reply; /* of handlers; NULL: none, or no JSON */
    const char *action;    /* the field of the request that the path stands for; the body lies within it */
    const char *own_field; /* set to one's own agent id, unless one has all_permission */
    const char *own_flag;  /* a bool of the request, true whenever own_field was set so */
    enum permission all_permission;
    const char
        *ticket; /* a ticket of this use for what the path names, in the query, stands for an access token */
    const char *query; /* further words of the query, of the handler alone, with blanks between them */
    const char *files; /* what it replies when that is no JSON: content types, with blanks between them */
    bool by;           /* the request has a field `by`: who asked */
    bool audited;
    bool wide;       /* the path's one parameter may hold slashes */
    bool raw_body;   /* the body is no JSON: exchange->raw */
    size_t body_max; /* of one that may be larger than api.body_max; the caller must have the permission */
};
extern const struct route api_routes[];
extern const size_t api_routes_len;

/** A request arrived (http_server_config.request). */
void api_request(void *ctx, const struct http_request *request);
/** How long its body may be (http_server_config.body_limit): looked up before it is read. */
unsigned api_body_limit(void *ctx, const struct http_request *request, size_t *limit);
/** The route of a path, its parameters put into params; NULL: none, *ret_path_known says whether another
 * method has it. */
const struct route *api_route_find(enum http_method method, const char *path, json_t *params,
                                   bool *ret_path_known);
/** The OpenAPI 3 page of all routes, out of the table and the messages' descriptors; the caller frees it. */
char *api_openapi(void);

/** Who bears this access token. @return FAR_OK; FAR_EDENIED: none of ours, expired, or its session ended;
 * FAR_EUNAVAILABLE: nothing can be said before PostgreSQL was there. */
FAR_MUST_CHECK enum far_err api_identify(const struct api *api, const char *token,
                                         struct identity *ret_identity);

/* For handlers. */
void exchange_end(struct exchange *exchange);
void exchange_fail(struct exchange *exchange, enum far_err err, const char *text); /* replies and ends */
void exchange_reply(struct exchange *exchange,
                    const ProtobufCMessage *message); /* as JSON; replies and ends */
/** The same with an entity tag (with its quotes); 304 without a body when the client has it already. */
void exchange_reply_tagged(struct exchange *exchange, const ProtobufCMessage *message, const char *tag);
/** The request (body and parameters) as the route's message; NULL: replied and ended. The caller frees it by
 * protobuf_c_message_free_unpacked(). */
ProtobufCMessage *exchange_message(struct exchange *exchange);
const char *exchange_param(const struct exchange *exchange, const char *name); /* NULL: absent */
unsigned api_status(enum far_err err);
/** By the name of a FAR_ error ("ESTATE"). */
enum far_err api_error_of(const char *code);
/** One line of the audit log, without waiting for it. */
void api_audit(struct api *api, const struct identity *identity, const char *client, const char *action,
               const char *target, const char *outcome);

void proxy_handle(struct exchange *exchange);
void session_login(struct exchange *exchange);
void session_refresh(struct exchange *exchange);
void session_logout(struct exchange *exchange);
void session_me(struct exchange *exchange);
void session_password(struct exchange *exchange);
void session_language(struct exchange *exchange);
void phone_mine(struct exchange *exchange); /* phone.c */
void phone_mine_secret(struct exchange *exchange);
void phone_secret(struct exchange *exchange);
void session_mine(struct exchange *exchange); /* sessions.c */
void session_mine_end(struct exchange *exchange);
void session_theirs(struct exchange *exchange);
void session_theirs_end(struct exchange *exchange);
void audio_get(struct exchange *exchange);
void openapi_get(struct exchange *exchange);
