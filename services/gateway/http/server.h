/* SPDX-License-Identifier: Apache-2.0 */
/* server.h - HTTP/1.1 and WebSocket on libwebsockets, on the service's loop. Everything outside sees ids,
 * never connections: a client may be gone when its answer is ready, and that is normal. Loop thread. */
#pragma once
#include "far/err.h"
#include "far/loop.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_PATH_MAX   512
#define HTTP_QUERY_MAX  1024
#define HTTP_HEADER_MAX 2048
#define HTTP_PARAMS_MAX 24

struct http_server; /* opaque */

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_HEAD, HTTP_OTHER };
struct http_param {
    char name[48], value[256]; /* decoded */
};
/* A request that is whole. Valid during the call back only. */
struct http_request {
    uint64_t id; /* for http_reply() */
    enum http_method method;
    char path[HTTP_PATH_MAX];
    struct http_param query[HTTP_PARAMS_MAX];
    size_t query_len;
    char authorization[HTTP_HEADER_MAX];
    char range[128], if_none_match[256];
    char client[64];  /* address of the peer */
    const char *body; /* terminated; "" when there is none */
    size_t body_len;
};
/** A query parameter, or NULL. */
const char *http_query(const struct http_request *request, const char *name);

struct http_answer {
    unsigned status;
    const char *content_type; /* NULL: application/json */
    const void *body;
    size_t body_len;
    const char *headers[4][2]; /* further ones; the first NULL name ends them */
};

/* WebSocket. A connection begins unknown: the receiver decides what its first message must be. */
struct http_server_config {
    const char *listen_host;
    uint16_t listen_port;
    uint32_t connections_max;
    size_t body_max;
    const char *socket_path;     /* path that becomes a WebSocket */
    const char *socket_protocol; /* its subprotocol */
    /** How long the body of a request may be, when that is more than body_max; 0: body_max. The request has
     * no body yet. NULL: body_max for all. */
    size_t (*body_limit)(void *ctx, const struct http_request *request);
    void (*request)(void *ctx, const struct http_request *request); /* answer by http_reply(), now or later */
    void (*socket_opened)(void *ctx, uint64_t id, const char *client);
    void (*socket_message)(void *ctx, uint64_t id, const char *text, size_t len);
    void (*socket_closed)(void *ctx, uint64_t id);
    /** The connection can take more: call http_socket_send() at most once. */
    void (*socket_writable)(void *ctx, uint64_t id);
    void *ctx;
};
/** @return FAR_OK; FAR_EINVAL; FAR_EIO: the address cannot be listened on (logged with the remedy). */
FAR_MUST_CHECK enum far_err http_server_create(struct far_loop *loop, const struct http_server_config *config,
                                               struct http_server **ret_server);
/** Where it listens (port 0 in the configuration: a free one). */
uint16_t http_server_port(const struct http_server *server);
/** Answer; the answer is copied. A request that is gone or answered is ignored. */
void http_reply(struct http_server *server, uint64_t id, const struct http_answer *answer);
/** Error as JSON {"code":...,"text":...}. */
void http_reply_error(struct http_server *server, uint64_t id, unsigned status, const char *code,
                      const char *text);
/** Ask for socket_writable. */
void http_socket_want(struct http_server *server, uint64_t id);
/** Within socket_writable only. text is copied. */
void http_socket_send(struct http_server *server, uint64_t id, const char *text, size_t len);
/** Close. Within socket_message: with this code (RFC 6455 7.4) and reason in the close frame; else a last
 * message
 *  {"closed":{"code":...,"text":reason}} says why. reason: static, without quotes, below 100 bytes. */
void http_socket_close(struct http_server *server, uint64_t id, uint16_t code, const char *reason);
/** Requests not answered yet, and WebSockets open. */
void http_server_counts(const struct http_server *server, size_t *ret_requests, size_t *ret_sockets);
/** Stop listening; what is open goes on. */
void http_server_deafen(struct http_server *server);
/** In the service's stop(), when the loop no longer runs: it is turned here until all connections are closed.
 */
struct http_server *http_server_destroy(struct http_server *server);
