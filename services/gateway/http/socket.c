/* SPDX-License-Identifier: Apache-2.0 */
#include "far/clock.h"
#include "far/log.h"
#include "far/str.h"
#include "private.h"
#include <stdlib.h>
#include <string.h>

#define PING_PART                                                                                            \
    3 /* of the time after which silence is an end: pings go out after a third                               \
         of it */

static const struct http_socket_kind *kind_of(const struct http_server *server, const char *protocol)
{
    for (size_t i = 0; i < HTTP_SOCKET_KINDS_MAX && server->config.sockets[i].path; i++)
        if (strcmp(server->config.sockets[i].protocol, protocol) == 0) return &server->config.sockets[i];
    return NULL;
}

/* ---- begin and end
 * --------------------------------------------------------------------------------
 */

/* A browser sends its page's origin; a program sends none, and has no cookies
 * of people that it could misuse. */
static bool origin_allowed(const struct http_server *server, const struct http_request *request)
{
    return request->origin[0] == '\0' || http_origin_ok(server, request);
}

static unsigned check(struct http_server *server, struct lws *wsi, const char *protocol,
                      struct http_request *request)
{
    const struct http_socket_kind *kind = protocol ? kind_of(server, protocol) : NULL;
    if (server->tls && !lws_get_ssl(wsi)) return 403;
    if (!request_read(server, wsi, request)) return 414;
    if (!kind || strcmp(request->path, kind->path) != 0) return 404;
    if (server->deaf) return 503;
    if (!origin_allowed(server, request)) {
        FAR_WARN("origin-refused", "path=%s client=%s origin=\"%.60s\"", request->path, request->client,
                 request->origin);
        return 403;
    }
    return kind->check ? kind->check(kind->ctx, request) : 0;
}

int socket_check(struct http_server *server, struct lws *wsi, const char *protocol)
{
    struct http_request *request = calloc(1, sizeof(*request));
    unsigned status = request ? check(server, wsi, protocol, request) : 503;
    free(request);
    if (status == 0) return 0;
    (void)lws_return_http_status(wsi, status, NULL);
    return -1;
}

int socket_open(struct http_server *server, struct lws *wsi, struct session *session)
{
    session->id = 0; /* the HTTP side of the upgrade used it */
    struct connection *connection = connection_make(server, wsi, session);
    if (!connection) return -1;
    connection->is_socket = true;
    connection->kind = kind_of(server, lws_get_protocol(wsi)->name);
    connection->body.len_max = connection->kind->message_max;
    server->sockets++;
    socket_heard(connection);
    struct http_request *request = connection->request;
    connection->request = NULL;
    bool read = request_read(server, wsi, request);
    request->id = connection->id;
    connection->kind->opened(connection->kind->ctx, connection->id, request);
    free(request);
    return read ? 0 : -1;
}

void socket_heard(struct connection *connection)
{
    connection->heard_ms = far_clock_mono_ms();
}

/* Once a second: thousands of them are a fraction of a millisecond. */
void sockets_look(struct http_server *server)
{
    uint64_t now_ms = far_clock_mono_ms();
    for (uint64_t id = far_pool_next(&server->connections, 0); id != 0;
         id = far_pool_next(&server->connections, id)) {
        struct connection *connection = connection_of(server, id);
        if (!connection || !connection->is_socket || connection->kind->silence_ms == 0) continue;
        uint64_t silent_ms = now_ms - connection->heard_ms,
                 step_ms = connection->kind->silence_ms / PING_PART;
        if (silent_ms > connection->kind->silence_ms) {
            lws_set_timeout(connection->wsi, PENDING_TIMEOUT_WS_PONG_CHECK_GET_PONG, LWS_TO_KILL_ASYNC);
        } else if (silent_ms > step_ms && now_ms - connection->pinged_ms > step_ms) {
            connection->ping_due = true;
            connection->pinged_ms = now_ms;
            lws_callback_on_writable(connection->wsi);
        }
    }
}

/* ---- messages
 * -------------------------------------------------------------------------------------
 */

static int end(struct lws *wsi, enum lws_close_status status)
{
    lws_close_reason(wsi, status, NULL, 0);
    return -1;
}

int socket_receive(struct http_server *server, struct connection *connection, const char *data, size_t len)
{
    struct lws *wsi = connection->wsi;
    const struct http_socket_kind *kind = connection->kind;
    uint64_t id = connection->id;
    socket_heard(connection);
    connection->binary = lws_frame_is_binary(wsi) != 0;
    if (connection->binary && !kind->binary) return end(wsi, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE);
    far_buf_add(&connection->body, data, len);
    if (connection->body.err != FAR_OK) return end(wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE);
    if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi) > 0) return 0;
    if (!connection->closing) kind->message(kind->ctx, id, connection->body.data, connection->body.len);
    connection = connection_of(server, id);
    if (!connection) return -1;
    far_buf_clear(&connection->body);
    if (!connection->closing) return 0;
    lws_close_reason(wsi, (enum lws_close_status)connection->close_code,
                     (unsigned char *)connection->close_reason, strlen(connection->close_reason));
    return -1;
}

/* libwebsockets sends a close frame only when the client's own message was the
 * cause; else the reason goes as a last message, and the connection ends after
 * it. */
static int close_send(struct connection *connection)
{
    if (connection->close_code == 0 || connection->kind->binary) return -1; /* said */
    struct far_buf text;
    far_buf_init(&text, 1024);
    far_buf_add(&text, (char[LWS_PRE]){0}, LWS_PRE);
    far_buf_addf(&text, "{\"closed\":{\"code\":%u,\"text\":\"", (unsigned)connection->close_code);
    json_text_add(&text, connection->close_reason);
    far_buf_add_text(&text, "\"}}");
    connection->close_code = 0;
    lws_callback_on_writable(connection->wsi);
    int wrote = -1;
    if (text.err == FAR_OK)
        wrote = lws_write(connection->wsi, (unsigned char *)text.data + LWS_PRE, text.len - LWS_PRE,
                          LWS_WRITE_TEXT);
    far_buf_done(&text);
    return wrote < 0 ? -1 : 0;
}

int socket_writable(struct http_server *server, struct connection *connection)
{
    (void)server;
    if (connection->closing) return close_send(connection);
    if (connection->ping_due) {
        unsigned char ping[LWS_PRE];
        connection->ping_due = false;
        lws_callback_on_writable(connection->wsi); /* for what else is due */
        return lws_write(connection->wsi, ping + LWS_PRE, 0, LWS_WRITE_PING) < 0 ? -1 : 0;
    }
    connection->kind->writable(connection->kind->ctx, connection->id);
    if (!connection->out_owned) return 0;
    bool binary = connection->kind->binary && connection->binary;
    int wrote = lws_write(connection->wsi, (unsigned char *)connection->out_owned + LWS_PRE,
                          connection->out_len, binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT);
    free(connection->out_owned);
    connection->out_owned = NULL;
    return wrote < 0 ? -1 : 0;
}

void http_socket_want(struct http_server *server, uint64_t id)
{
    struct connection *connection = connection_of(server, id);
    if (connection && connection->is_socket) lws_callback_on_writable(connection->wsi);
}

void http_socket_send(struct http_server *server, uint64_t id, const char *data, size_t len)
{
    struct connection *connection = connection_of(server, id);
    if (!connection || !connection->is_socket || connection->out_owned) return;
    connection->out_owned = malloc(LWS_PRE + len + 1);
    if (!connection->out_owned) return;
    memcpy(connection->out_owned + LWS_PRE, data, len);
    connection->out_len = len;
}

void http_socket_close(struct http_server *server, uint64_t id, uint16_t code, const char *reason)
{
    struct connection *connection = connection_of(server, id);
    if (!connection || !connection->is_socket || connection->closing) return;
    connection->closing = true;
    connection->close_code = code;
    (void)far_str_copy(connection->close_reason, sizeof(connection->close_reason), reason);
    lws_callback_on_writable(connection->wsi);
    /* one that takes nothing any more is not waited for */
    lws_set_timeout(connection->wsi, PENDING_TIMEOUT_CLOSE_SEND, 5);
}

void http_socket_pause(struct http_server *server, uint64_t id, bool pause)
{
    struct connection *connection = connection_of(server, id);
    if (connection && connection->is_socket) (void)lws_rx_flow_control(connection->wsi, !pause);
}
