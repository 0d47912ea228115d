/* SPDX-License-Identifier: Apache-2.0 */
/* server.h - HTTPS (HTTP/1.1) and WebSocket on libwebsockets, on the service's
 * loop. Everything outside sees ids, never connections: a client may be gone
 * when its answer is ready, and that is normal. Loop thread. */
#pragma once
#include "far/err.h"
#include "far/loop.h"
#include "forwarded.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_PATH_MAX         512
#define HTTP_QUERY_MAX        1024
#define HTTP_HEADER_MAX       2048
#define HTTP_PARAMS_MAX       24
#define HTTP_SOCKET_KINDS_MAX 4
#define HTTP_BODY_FREE        16384 /* anybody may send so much: enough to log in */

struct http_server; /* opaque */

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_HEAD, HTTP_OTHER };
struct http_param {
    char name[48], value[256]; /* decoded; a value may be longer in a socket's
                                  request: token[] */
};
/* A request that is whole. Valid during the call back only. A header that does
 * not fit is "". */
struct http_request {
    uint64_t id; /* for http_reply() */
    enum http_method method;
    char path[HTTP_PATH_MAX];
    struct http_param query[HTTP_PARAMS_MAX];
    size_t query_len;
    char authorization[HTTP_HEADER_MAX], cookie[HTTP_HEADER_MAX];
    char ticket[1100]; /* the query parameter of this name, which is longer than
                          others may be */
    char range[128], accept_encoding[256], if_none_match[256];
    char host[256], origin[256], user_agent[256];
    uint16_t client_port; /* 0: behind a proxy, which does not say it */
    char client[64];      /* the client's own address: beyond the proxies of the
                             configuration */
    bool secure;          /* over TLS, ours or a proxy's */
    const char *body;     /* terminated; "" when there is none */
    size_t body_len;
};
/** A query parameter, or NULL. */
const char *http_query(const struct http_request *request, const char *name);

#define HTTP_ANSWER_HEADERS_MAX 12
struct http_answer {
    unsigned status;
    const char *content_type; /* NULL: application/json */
    const void *body;
    size_t body_len;
    /** Further ones, "name:" and value; the first NULL name ends them.
     * cache-control: and content-security-policy: replace what every answer has.
     */
    const char *headers[HTTP_ANSWER_HEADERS_MAX][2];
    /** NULL: the body is copied; else it is read while it is sent, and then
     * released: once in any case. */
    void (*release)(void *owner);
    void *owner;
};

/* A kind of WebSocket. */
struct http_socket_kind {
    const char *path, *protocol; /* its path, and the subprotocol that clients must name */
    size_t message_max;          /* longer messages close it (1009) */
    uint32_t silence_ms;         /* nothing heard, not even the answer to a ping: it is gone */
    bool binary;                 /* binary messages are taken too */
    void *ctx;
    /** May it begin? @return 0; else the HTTP status that refuses it. The request
     * has no id. */
    unsigned (*check)(void *ctx, const struct http_request *request);
    void (*opened)(void *ctx, uint64_t id, const struct http_request *request);
    void (*message)(void *ctx, uint64_t id, const char *data, size_t len);
    void (*closed)(void *ctx, uint64_t id);
    /** The connection can take more: call http_socket_send() at most once. */
    void (*writable)(void *ctx, uint64_t id);
};
struct http_server_config {
    const char *listen_host;
    uint16_t listen_port;
    uint32_t connections_max;
    size_t body_max;
    const char *certificate, *key;         /* PEM files; "" both: plain HTTP */
    const char *acme_dir;                  /* /.well-known/acme-challenge/ lies here; "": nowhere */
    const struct http_proxies *proxies;    /* whose X-Forwarded-For and -Proto are
                                              believed; NULL: nobody's */
    const struct far_config_list *origins; /* further origins that may use cookies
                                              and sockets; NULL: none */
    int64_t hsts_s;                        /* Strict-Transport-Security; 0: not said */
    /** Asked before a body of more than HTTP_BODY_FREE is kept, the request has
     * none yet: how long it may be; body_max is there before.
     * @return 0; 401: who asks must say who he is; 503: that cannot be known now:
     * then the body is not kept, and this is the answer. NULL: body_max for all. */
    unsigned (*body_limit)(void *ctx, const struct http_request *request, size_t *limit);
    void (*request)(void *ctx, const struct http_request *request); /* answer by http_reply(), now or later */
    void *ctx;
    struct http_socket_kind sockets[HTTP_SOCKET_KINDS_MAX]; /* path NULL: none */
};
/** @return FAR_OK; FAR_EINVAL: certificate or key cannot be used; FAR_EIO: the
 * address cannot be listened on (all logged with the remedy). What config
 * points to must live as long as the server. Reads files. */
FAR_MUST_CHECK enum far_err http_server_create(struct far_loop *loop, const struct http_server_config *config,
                                               struct http_server **ret_server);
/** Where it listens (port 0 in the configuration: a free one). */
uint16_t http_server_port(const struct http_server *server);
/** Whether the page that asks is one of ours: its Origin is the Host that was
 * asked, by the same scheme, or one of the configuration. A request without
 * Origin is no page's: false. */
bool http_origin_ok(const struct http_server *server, const struct http_request *request);
/** Answer; a request that is gone or answered is ignored. */
void http_reply(struct http_server *server, uint64_t id, const struct http_answer *answer);
/** Error as JSON {"code":...,"text":...}. */
void http_reply_error(struct http_server *server, uint64_t id, unsigned status, const char *code,
                      const char *text);
/** Ask for writable. */
void http_socket_want(struct http_server *server, uint64_t id);
/** Within writable only. data is copied; it goes as text, or as binary when its
 * kind takes binary and the client's last message was. */
void http_socket_send(struct http_server *server, uint64_t id, const char *data, size_t len);
/** Close. Within message: with this code (RFC 6455 7.4) and reason in the close
 * frame; else, for kinds that are not binary, a last message
 * {"closed":{"code":...,"text":reason}} says why. reason: without quotes, below
 * 100 bytes. */
void http_socket_close(struct http_server *server, uint64_t id, uint16_t code, const char *reason);
/** Read no more of it, or read again. */
void http_socket_pause(struct http_server *server, uint64_t id, bool pause);
/** Requests not answered yet, and WebSockets open. */
void http_server_counts(const struct http_server *server, size_t *ret_requests, size_t *ret_sockets);
/** Until when the certificate is good, Unix time; 0: none. */
int64_t http_server_certificate_until_s(const struct http_server *server);
/** Stop listening; what is open goes on. */
void http_server_deafen(struct http_server *server);
/** In the service's stop(), when the loop no longer runs: it is turned here
 * until all connections are closed.
 */
struct http_server *http_server_destroy(struct http_server *server);
