/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"
#include "far/buf.h"
#include "far/log.h"
#include "far/pool.h"
#include "far/str.h"
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

#define SEND_CHUNK    16384
#define REQUEST_S_MAX 30 /* s: a client that is slower is cut off */
#define MESSAGE_MAX   65536
#define TURNS_MAX     1000

/* One connection, HTTP or WebSocket: libwebsockets keeps a pointer-sized session that holds its pool id. */
struct connection {
    struct lws *wsi;
    uint64_t id;
    bool is_socket, answered, asked, closing;
    struct http_request request;
    struct far_buf body;
    char *out; /* the answer, or the message, with LWS_PRE bytes before it */
    size_t out_len, out_sent;
    char headers[1024];
    size_t headers_len;
    unsigned status;
    uint16_t close_code;
    char close_reason[100];
};
struct http_server {
    struct http_server_config config;
    struct far_loop *loop;
    struct lws_context *context;
    struct lws_vhost *vhost;
    struct far_pool connections;
    size_t requests, sockets;
    bool deaf;
};
struct session {
    uint64_t id;
};

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

static struct lws_protocols protocols[] = {
    {"http", callback, sizeof(struct session), 0, 0, NULL, 0},
    {NULL, callback, sizeof(struct session), MESSAGE_MAX, 0, NULL, 0}, /* its name is the configuration's */
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

static struct connection *connection_of(struct http_server *server, uint64_t id)
{
    struct connection **slot = far_pool_get(&server->connections, id);
    return slot ? *slot : NULL;
}

static struct connection *connection_make(struct http_server *server, struct lws *wsi,
                                          struct session *session)
{
    uint64_t id = 0;
    struct connection **slot = far_pool_new(&server->connections, &id);
    struct connection *connection = slot ? calloc(1, sizeof(*connection)) : NULL;
    if (!connection) {
        if (slot) far_pool_free(&server->connections, id);
        return NULL;
    }
    *slot = connection;
    connection->wsi = wsi;
    connection->id = id;
    connection->request.id = id;
    far_buf_init(&connection->body, server->config.body_max);
    session->id = id;
    return connection;
}

static void connection_drop(struct http_server *server, struct session *session)
{
    struct connection *connection = session ? connection_of(server, session->id) : NULL;
    if (!connection) return;
    if (connection->is_socket) {
        server->sockets--;
        server->config.socket_closed(server->config.ctx, connection->id);
    } else if (connection->asked && !connection->answered) {
        server->requests--;
    }
    far_pool_free(&server->connections, session->id);
    session->id = 0;
    far_buf_done(&connection->body);
    free(connection->out);
    free(connection);
}

/* ---- reading a request ---------------------------------------------------------------------------- */

const char *http_query(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->query_len; i++)
        if (strcmp(request->query[i].name, name) == 0) return request->query[i].value;
    return NULL;
}

static void header_copy(struct lws *wsi, enum lws_token_indexes token, char *out, size_t size)
{
    out[0] = '\0';
    if (lws_hdr_total_length(wsi, token) > 0 && lws_hdr_copy(wsi, out, (int)size, token) < 0) out[0] = '\0';
}

/* @return false: too many, or too long. */
static bool query_read(struct lws *wsi, struct http_request *request)
{
    char text[HTTP_HEADER_MAX];
    for (int n = 0; n < 64; n++) {
        if (lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, n) <= 0) return true;
        if (lws_hdr_copy_fragment(wsi, text, sizeof(text), WSI_TOKEN_HTTP_URI_ARGS, n) < 0) return false;
        if (request->query_len == HTTP_PARAMS_MAX) return false;
        struct http_param *param = &request->query[request->query_len];
        char *equals = strchr(text, '=');
        if (equals) *equals++ = '\0';
        if (!far_str_copy(param->name, sizeof(param->name), text) ||
            !far_str_copy(param->value, sizeof(param->value), equals ? equals : ""))
            return false;
        request->query_len++;
    }
    return false;
}

static enum http_method method_of(int index)
{
    switch (index) {
    case LWSHUMETH_GET:
        return HTTP_GET;
    case LWSHUMETH_POST:
        return HTTP_POST;
    case LWSHUMETH_PUT:
        return HTTP_PUT;
    case LWSHUMETH_PATCH:
        return HTTP_PATCH;
    case LWSHUMETH_DELETE:
        return HTTP_DELETE;
    case LWSHUMETH_HEAD:
        return HTTP_HEAD;
    default:
        return HTTP_OTHER;
    }
}

static void request_dispatch(struct http_server *server, struct connection *connection)
{
    connection->request.body = connection->body.data;
    connection->request.body_len = connection->body.len;
    connection->asked = true;
    server->requests++;
    server->config.request(server->config.ctx, &connection->request);
}

/* The headers are there. @return not 0: close. */
static int request_begin(struct http_server *server, struct lws *wsi, struct session *session)
{
    connection_drop(server, session); /* the connection's former request */
    struct connection *connection = connection_make(server, wsi, session);
    if (!connection) return -1;
    char *uri = NULL;
    int uri_len = 0;
    struct http_request *request = &connection->request;
    request->method = method_of(lws_http_get_uri_and_method(wsi, &uri, &uri_len));
    bool fits = uri && far_str_copy_len(request->path, sizeof(request->path), uri, (size_t)uri_len);
    header_copy(wsi, WSI_TOKEN_HTTP_AUTHORIZATION, request->authorization, sizeof(request->authorization));
    header_copy(wsi, WSI_TOKEN_HTTP_RANGE, request->range, sizeof(request->range));
    header_copy(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, request->if_none_match, sizeof(request->if_none_match));
    lws_get_peer_simple(wsi, request->client, sizeof(request->client));
    char length[24];
    header_copy(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, length, sizeof(length));
    uint64_t body_len = 0;
    if (length[0] && far_str_u64(length, UINT64_MAX, &body_len) != FAR_OK) fits = false;
    if (!fits || !query_read(wsi, request)) {
        connection->asked = true;
        server->requests++;
        http_reply_error(server, connection->id, 414, "EINVAL",
                         "the path, its query or a header is too long or malformed");
        return 0;
    }
    if (body_len > server->config.body_max && server->config.body_limit) {
        size_t limit = server->config.body_limit(server->config.ctx, request);
        if (limit > connection->body.len_max) connection->body.len_max = limit;
    }
    if (body_len > connection->body.len_max) {
        connection->asked = true;
        server->requests++;
        http_reply_error(server, connection->id, 413, "EFULL",
                         "the body is larger than this server takes (api.body_max)");
        return 0;
    }
    if (body_len == 0) {
        request_dispatch(server, connection);
    } else {
        lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, REQUEST_S_MAX);
    }
    return 0;
}

/* ---- answering ------------------------------------------------------------------------------------ */

void http_reply(struct http_server *server, uint64_t id, const struct http_answer *answer)
{
    struct connection *connection = connection_of(server, id);
    if (!connection || connection->answered || connection->is_socket) return;
    connection->answered = true;
    if (connection->asked) server->requests--;
    connection->status = answer->status;
    bool head_only = connection->request.method == HTTP_HEAD;
    connection->out = malloc(LWS_PRE + answer->body_len + 1);
    if (connection->out && answer->body_len > 0)
        memcpy(connection->out + LWS_PRE, answer->body, answer->body_len);
    connection->out_len = connection->out && !head_only ? answer->body_len : 0;
    struct far_buf text;
    far_buf_init(&text, sizeof(connection->headers));
    far_buf_addf(&text, "%s\n%zu\n",
                 answer->content_type ? answer->content_type : "application/json; charset=utf-8",
                 answer->body_len);
    for (size_t i = 0; i < FAR_ARRAY_LEN(answer->headers) && answer->headers[i][0]; i++)
        far_buf_addf(&text, "%s\n%s\n", answer->headers[i][0], answer->headers[i][1]);
    connection->headers_len = text.err == FAR_OK ? text.len : 0;
    memcpy(connection->headers, text.data, connection->headers_len);
    far_buf_done(&text);
    lws_callback_on_writable(connection->wsi);
}

/* Within the quotes of a JSON text. */
static void json_text_add(struct far_buf *out, const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\') far_buf_add(out, "\\", 1);
        if ((unsigned char)*c < 0x20)
            far_buf_addf(out, "\\u%04x", (unsigned)(unsigned char)*c);
        else
            far_buf_add(out, c, 1);
    }
}

void http_reply_error(struct http_server *server, uint64_t id, unsigned status, const char *code,
                      const char *text)
{
    struct far_buf body;
    far_buf_init(&body, 4096);
    far_buf_addf(&body, "{\"code\":\"%s\",\"text\":\"", code);
    json_text_add(&body, text);
    far_buf_add_text(&body, "\"}");
    const struct http_answer answer = {.status = status, .body = body.data, .body_len = body.len};
    http_reply(server, id, &answer);
    far_buf_done(&body);
}

/* One "name\nvalue\n" pair of the stored headers. */
static char *next_line(char **cursor, const char *end)
{
    char *line = *cursor;
    char *newline = memchr(line, '\n', (size_t)(end - line));
    if (!newline) return NULL;
    *newline = '\0';
    *cursor = newline + 1;
    return line;
}

/* Security headers that every answer carries: the API shows nothing in a frame and is never sniffed. */
static const char *const fixed_headers[][2] = {
    {"x-content-type-options:", "nosniff"},
    {"cache-control:", "no-store"},
    {"referrer-policy:", "no-referrer"},
    {"x-frame-options:", "DENY"},
};

static int header_add(struct lws *wsi, const char *name, const char *value, unsigned char **at,
                      unsigned char *end)
{
    return lws_add_http_header_by_name(wsi, (const unsigned char *)name, (const unsigned char *)value,
                                       (int)strlen(value), at, end);
}

/* A body that was refused unread would be taken for the next request. */
static bool is_last(const struct connection *connection)
{
    return connection->status == 413 || connection->status == 414;
}

static int write_headers(struct connection *connection)
{
    unsigned char block[LWS_PRE + 2048], *at = block + LWS_PRE, *end = block + sizeof(block) - 1;
    char *cursor = connection->headers, *headers_end = connection->headers + connection->headers_len;
    struct lws *wsi = connection->wsi;
    const char *type = next_line(&cursor, headers_end),
               *length = type ? next_line(&cursor, headers_end) : NULL;
    if (!length || lws_add_http_header_status(wsi, connection->status, &at, end) ||
        header_add(wsi, "content-type:", type, &at, end) ||
        header_add(wsi, "content-length:", length, &at, end))
        return -1;
    for (size_t i = 0; i < FAR_ARRAY_LEN(fixed_headers); i++)
        if (header_add(wsi, fixed_headers[i][0], fixed_headers[i][1], &at, end)) return -1;
    if (is_last(connection) && header_add(wsi, "connection:", "close", &at, end)) return -1;
    for (char *name = next_line(&cursor, headers_end); name; name = next_line(&cursor, headers_end)) {
        const char *value = next_line(&cursor, headers_end);
        if (!value || header_add(wsi, name, value, &at, end)) return -1;
    }
    if (lws_finalize_http_header(wsi, &at, end)) return -1;
    size_t len = (size_t)(at - (block + LWS_PRE));
    enum lws_write_protocol flags = LWS_WRITE_HTTP_HEADERS;
    if (connection->out_len == 0) flags |= LWS_WRITE_H2_STREAM_END;
    return lws_write(wsi, block + LWS_PRE, len, flags) < (int)len ? -1 : 0;
}

static int answer_end(struct connection *connection)
{
    return !is_last(connection) && lws_http_transaction_completed(connection->wsi) == 0 ? 0 : -1;
}

static int http_writable(struct connection *connection)
{
    if (!connection->answered) return 0;
    if (connection->headers_len > 0) {
        if (write_headers(connection) != 0) return -1;
        connection->headers_len = 0;
        if (connection->out_len == 0) return answer_end(connection);
        lws_callback_on_writable(connection->wsi);
        return 0;
    }
    size_t left = connection->out_len - connection->out_sent, len = left > SEND_CHUNK ? SEND_CHUNK : left;
    if (len == 0) return 0;
    bool last = len == left;
    /* libwebsockets may write into the LWS_PRE bytes before the chunk: they have been sent already */
    int wrote = lws_write(connection->wsi, (unsigned char *)connection->out + LWS_PRE + connection->out_sent,
                          len, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP);
    if (wrote < (int)len) return -1;
    connection->out_sent += len;
    if (last) return answer_end(connection);
    lws_callback_on_writable(connection->wsi);
    return 0;
}

/* ---- WebSockets ----------------------------------------------------------------------------------- */

static int socket_open(struct http_server *server, struct lws *wsi, struct session *session)
{
    session->id = 0; /* the HTTP side of the upgrade used it */
    struct connection *connection = connection_make(server, wsi, session);
    if (!connection) return -1;
    connection->is_socket = true;
    server->sockets++;
    lws_get_peer_simple(wsi, connection->request.client, sizeof(connection->request.client));
    server->config.socket_opened(server->config.ctx, connection->id, connection->request.client);
    return 0;
}

static int socket_receive(struct http_server *server, struct connection *connection, const char *data,
                          size_t len)
{
    struct lws *wsi = connection->wsi;
    if (lws_frame_is_binary(wsi)) {
        lws_close_reason(wsi, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE, NULL, 0);
        return -1;
    }
    far_buf_add(&connection->body, data, len);
    if (connection->body.err != FAR_OK) {
        lws_close_reason(wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, NULL, 0);
        return -1;
    }
    if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi) > 0) return 0;
    server->config.socket_message(server->config.ctx, connection->id, connection->body.data,
                                  connection->body.len);
    far_buf_clear(&connection->body);
    if (!connection->closing) return 0;
    lws_close_reason(wsi, (enum lws_close_status)connection->close_code,
                     (unsigned char *)connection->close_reason, strlen(connection->close_reason));
    return -1;
}

/* libwebsockets sends a close frame only when the client's own message was the cause; else the reason goes as
 * a last message, and the connection ends after it. */
static int close_send(struct connection *connection)
{
    if (connection->close_code == 0) return -1; /* said */
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

static int socket_writable(struct http_server *server, struct connection *connection)
{
    if (connection->closing) return close_send(connection);
    server->config.socket_writable(server->config.ctx, connection->id);
    if (!connection->out) return 0;
    int wrote = lws_write(connection->wsi, (unsigned char *)connection->out + LWS_PRE, connection->out_len,
                          LWS_WRITE_TEXT);
    free(connection->out);
    connection->out = NULL;
    return wrote < 0 ? -1 : 0;
}

void http_socket_want(struct http_server *server, uint64_t id)
{
    struct connection *connection = connection_of(server, id);
    if (connection && connection->is_socket) lws_callback_on_writable(connection->wsi);
}

void http_socket_send(struct http_server *server, uint64_t id, const char *text, size_t len)
{
    struct connection *connection = connection_of(server, id);
    if (!connection || !connection->is_socket || connection->out) return;
    connection->out = malloc(LWS_PRE + len + 1);
    if (!connection->out) return;
    memcpy(connection->out + LWS_PRE, text, len);
    connection->out_len = len;
}

void http_socket_close(struct http_server *server, uint64_t id, uint16_t code, const char *reason)
{
    struct connection *connection = connection_of(server, id);
    if (!connection || !connection->is_socket) return;
    connection->closing = true;
    connection->close_code = code;
    (void)far_str_copy(connection->close_reason, sizeof(connection->close_reason), reason);
    lws_callback_on_writable(connection->wsi);
}

/* ---- libwebsockets -------------------------------------------------------------------------------- */

static int http_event(struct http_server *server, struct lws *wsi, enum lws_callback_reasons reason,
                      struct session *session, const void *in, size_t len)
{
    struct connection *connection = session ? connection_of(server, session->id) : NULL;
    switch (reason) {
    case LWS_CALLBACK_HTTP:
        return request_begin(server, wsi, session);
    case LWS_CALLBACK_HTTP_BODY:
        if (!connection || connection->answered) return 0;
        far_buf_add(&connection->body, in, len);
        if (connection->body.err != FAR_OK) {
            connection->asked = true;
            server->requests++;
            http_reply_error(server, connection->id, 413, "EFULL",
                             "the body is larger than this server takes (api.body_max)");
        }
        return 0;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        if (connection && !connection->answered && !connection->asked) request_dispatch(server, connection);
        return 0;
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return connection ? http_writable(connection) : 0;
    default: /* the connection, or its HTTP side, ends */
        connection_drop(server, session);
        return 0;
    }
}

static int upgrade_check(const struct http_server *server, struct lws *wsi)
{
    char path[HTTP_PATH_MAX];
    header_copy(wsi, WSI_TOKEN_GET_URI, path, sizeof(path));
    return server->deaf || strcmp(path, server->config.socket_path) != 0 ? -1 : 0;
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    struct http_server *server = lws_context_user(lws_get_context(wsi));
    struct session *session = user;
    struct connection *connection = NULL;
    switch (reason) {
    case LWS_CALLBACK_HTTP:
    case LWS_CALLBACK_HTTP_BODY:
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
    case LWS_CALLBACK_HTTP_WRITEABLE:
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        return http_event(server, wsi, reason, session, in, len);
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return upgrade_check(server, wsi);
    case LWS_CALLBACK_ESTABLISHED:
        return socket_open(server, wsi, session);
    case LWS_CALLBACK_RECEIVE:
        connection = connection_of(server, session->id);
        return connection ? socket_receive(server, connection, in, len) : -1;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        connection = connection_of(server, session->id);
        return connection ? socket_writable(server, connection) : -1;
    case LWS_CALLBACK_CLOSED:
        connection_drop(server, session);
        return 0;
    default:
        return 0;
    }
}

static void log_line(int level, const char *line)
{
    int len = (int)strcspn(line, "\n");
    if (level & LLL_ERR)
        FAR_ERROR("libwebsockets", "line=%.*s", len, line);
    else
        FAR_WARN("libwebsockets", "line=%.*s", len, line);
}

enum far_err http_server_create(struct far_loop *loop, const struct http_server_config *config,
                                struct http_server **ret_server)
{
    struct http_server *server = calloc(1, sizeof(*server));
    if (!server) return FAR_ENOMEM;
    server->config = *config;
    server->loop = loop;
    enum far_err err =
        far_pool_init(&server->connections, sizeof(struct connection *), config->connections_max);
    if (err != FAR_OK) {
        free(server);
        return err;
    }
    lws_set_log_level(LLL_ERR, log_line);
    protocols[1].name = config->socket_protocol;
    void *loops[] = {far_loop_uv(loop)};
    const struct lws_context_creation_info info = {
        .port = config->listen_port,
        .iface = config->listen_host,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_DISABLE_IPV6 |
                   LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND,
        .foreign_loops = loops,
        .user = server,
        .timeout_secs = 20,
        .keepalive_timeout = 60,
        .fd_limit_per_thread = config->connections_max + 64,
        .max_http_header_data = 8192,
        .server_string = "farseat",
        .vhost_name = "default",
        .count_threads = 1,
    };
    server->context = lws_create_context(&info);
    server->vhost = server->context ? lws_get_vhost_by_name(server->context, "default") : NULL;
    if (!server->vhost) {
        FAR_ERROR("http-not-listening", "host=%s port=%u mend=%s", config->listen_host,
                  (unsigned)config->listen_port, "free the port, or choose another by api.listen");
        http_server_destroy(server);
        return FAR_EIO;
    }
    *ret_server = server;
    return FAR_OK;
}

uint16_t http_server_port(const struct http_server *server)
{
    int port = lws_get_vhost_listen_port(server->vhost);
    return port < 0 ? 0 : (uint16_t)port;
}

void http_server_counts(const struct http_server *server, size_t *ret_requests, size_t *ret_sockets)
{
    *ret_requests = server->requests;
    *ret_sockets = server->sockets;
}

void http_server_deafen(struct http_server *server)
{
    server->deaf = true;
}

static void count_idle(uv_handle_t *handle, void *count)
{
    if (uv_handle_get_type(handle) == UV_IDLE) (*(size_t *)count)++;
}

/* On a loop that is not its own libwebsockets only begins to close its handles: the loop must turn until they
 * are gone. Its idle handle, the only one of that kind here, goes with the last of them. */
static void context_destroy(struct http_server *server)
{
    size_t idle = 1;
    lws_context_destroy(server->context);
    for (int turn = 0; turn < TURNS_MAX && idle > 0; turn++) {
        idle = 0;
        (void)uv_run(far_loop_uv(server->loop), UV_RUN_NOWAIT);
        uv_walk(far_loop_uv(server->loop), count_idle, &idle);
    }
    lws_context_destroy(server->context); /* the second call frees what the handles still needed */
}

struct http_server *http_server_destroy(struct http_server *server)
{
    if (!server) return NULL;
    if (server->context) context_destroy(server);
    far_pool_done(&server->connections);
    free(server);
    return NULL;
}
