/* SPDX-License-Identifier: Apache-2.0 */
/* private.h - within http/ only: a connection, and which file does what with
 * it.
 *
 *   server.c   listens, and hands what libwebsockets says on to
 *   request.c  reads requests;  answer.c  sends answers;  socket.c  WebSockets;
 * tls.c  the certificate */
#pragma once
#include "anchor.h"
#include "far/buf.h"
#include "far/pool.h"
#include "server.h"
#include "tls.h"
#include <libwebsockets.h>

#define SEND_CHUNK    16384
#define REQUEST_S_MAX 30 /* s: a client that is slower is cut off */
#define HEADERS_SIZE  2048

/* One connection, HTTP or WebSocket: libwebsockets keeps a pointer-sized
 * session that holds its pool id. */
struct connection {
    struct lws *wsi;
    uint64_t id;
    bool is_socket, answered, asked, failed, closing, ping_due, binary;
    struct http_request *request; /* of HTTP; a WebSocket's is gone when it is open */
    struct far_buf body;          /* of the request, or of the message that comes in pieces */
    unsigned refusal;             /* 0, or the answer when the body, which is not kept, has passed */
    /* the answer */
    const char *out;
    char *out_owned; /* NULL: it belongs to somebody else, see release */
    void (*release)(void *owner);
    void *owner;
    size_t out_len, out_sent;
    char headers[HEADERS_SIZE];
    size_t headers_len;
    unsigned status;
    /* the WebSocket */
    const struct http_socket_kind *kind;
    uint64_t heard_ms, pinged_ms;
    uint16_t close_code;
    char close_reason[100];
};
struct http_server {
    struct http_server_config config;
    struct far_loop *loop;
    struct lws_context *context;
    struct lws_vhost *vhost;
    struct far_pool connections;
    struct tls *tls; /* NULL: plain HTTP */
    struct lws_protocols protocols[HTTP_SOCKET_KINDS_MAX + 2];
    size_t requests, sockets;
    uint64_t timer;
    struct anchor *anchor; /* for what worker threads do */
    bool deaf;
    unsigned char chunk[LWS_PRE + SEND_CHUNK]; /* what is about to be written */
};
struct session {
    uint64_t id;
};

/* server.c */
struct connection *connection_of(struct http_server *server, uint64_t id); /* NULL: gone */
struct connection *connection_make(struct http_server *server, struct lws *wsi, struct session *session);
void connection_drop(struct http_server *server, struct session *session);

/* request.c: the headers are there. @return not 0: close. */
int request_begin(struct http_server *server, struct lws *wsi, struct session *session);
void request_whole(struct http_server *server, struct connection *connection); /* its body has come */
void request_refuse(struct http_server *server, struct connection *connection, unsigned status,
                    const char *code, const char *text);
/* What headers say. @return false: too long or malformed. */
bool request_read(struct http_server *server, struct lws *wsi, struct http_request *request);

/* answer.c: @return not 0: close. */
int answer_writable(struct http_server *server, struct connection *connection);
void answer_drop(struct connection *connection);
void json_text_add(struct far_buf *out, const char *text);

/* socket.c: @return not 0: close. */
int socket_check(struct http_server *server, struct lws *wsi, const char *protocol);
int socket_open(struct http_server *server, struct lws *wsi, struct session *session);
int socket_receive(struct http_server *server, struct connection *connection, const char *data, size_t len);
int socket_writable(struct http_server *server, struct connection *connection);
void socket_heard(struct connection *connection);
/* Pings the silent, cuts off those that are gone. */
void sockets_look(struct http_server *server);

/* plain.c: a certificate authority's question. @return false: this is none. */
bool acme_request(struct http_server *server, const struct http_request *request);
/* plain.c: a request without TLS to a server that has a certificate. */
void plain_request(struct http_server *server, const struct http_request *request);
