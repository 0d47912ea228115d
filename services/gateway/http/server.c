/* SPDX-License-Identifier: Apache-2.0 */
#include "far/log.h"
#include "far/str.h"
#include "private.h"
#include <stdlib.h>
#include <string.h>

#define LOOK_MS   1000
#define TURNS_MAX 1000
/* More than a TLS record has: what is left of one is forgotten until more comes (4.1.6 with libuv forces one
 * more read only). */
#define SERVICE_SIZE (17 * 1024)
#define RECEIVE_SIZE 16384 /* pieces in which a message arrives */

/* ---- connections
 * ----------------------------------------------------------------------------------
 */

struct connection *connection_of(struct http_server *server, uint64_t id)
{
    struct connection **slot = far_pool_get(&server->connections, id);
    return slot ? *slot : NULL;
}

struct connection *connection_make(struct http_server *server, struct lws *wsi, struct session *session)
{
    uint64_t id = 0;
    struct connection **slot = far_pool_new(&server->connections, &id);
    struct connection *connection = slot ? calloc(1, sizeof(*connection)) : NULL;
    if (connection) connection->request = calloc(1, sizeof(*connection->request));
    if (!connection || !connection->request) {
        if (slot) far_pool_free(&server->connections, id);
        free(connection);
        return NULL;
    }
    *slot = connection;
    connection->wsi = wsi;
    connection->id = id;
    connection->request->id = id;
    far_buf_init(&connection->body, server->config.body_max);
    session->id = id;
    return connection;
}

void connection_drop(struct http_server *server, struct session *session)
{
    struct connection *connection = session ? connection_of(server, session->id) : NULL;
    if (!connection) return;
    if (connection->is_socket) {
        server->sockets--;
        connection->kind->closed(connection->kind->ctx, connection->id);
    } else if (connection->asked && !connection->answered) {
        server->requests--;
    }
    far_pool_free(&server->connections, session->id);
    session->id = 0;
    far_buf_done(&connection->body);
    answer_drop(connection);
    free(connection->request);
    free(connection);
}

/* ---- libwebsockets
 * --------------------------------------------------------------------------------
 */

static int http_event(struct http_server *server, struct lws *wsi, enum lws_callback_reasons reason,
                      struct session *session, const void *in, size_t len)
{
    struct connection *connection = session ? connection_of(server, session->id) : NULL;
    switch (reason) {
    case LWS_CALLBACK_HTTP:
        return request_begin(server, wsi, session);
    case LWS_CALLBACK_HTTP_BODY:
        /* after a request whose length was not said: it has none, whatever follows */
        if (!connection || connection->asked || connection->refusal) return 0;
        far_buf_add(&connection->body, in, len);
        if (connection->body.err != FAR_OK)
            request_refuse(server, connection, 413, "EFULL",
                           "the body is larger than this server takes (api.body_max)");
        return 0;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        if (connection && !connection->asked) request_whole(server, connection);
        return 0;
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return connection ? answer_writable(server, connection) : 0;
    default: /* the connection, or its HTTP side, ends */
        connection_drop(server, session);
        return 0;
    }
}

static int socket_event(struct http_server *server, struct lws *wsi, enum lws_callback_reasons reason,
                        struct session *session, const char *in, size_t len)
{
    if (reason == LWS_CALLBACK_ESTABLISHED) return socket_open(server, wsi, session);
    struct connection *connection = connection_of(server, session->id);
    if (!connection) return -1;
    switch (reason) {
    case LWS_CALLBACK_RECEIVE:
        return socket_receive(server, connection, in, len);
    case LWS_CALLBACK_RECEIVE_PONG:
        socket_heard(connection);
        return 0;
    default:
        return socket_writable(server, connection);
    }
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    struct http_server *server = lws_context_user(lws_get_context(wsi));
    struct session *session = user;
    switch (reason) {
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
        tls_setup(server->tls, user);
        return 0;
    case LWS_CALLBACK_HTTP:
    case LWS_CALLBACK_HTTP_BODY:
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
    case LWS_CALLBACK_HTTP_WRITEABLE:
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        return http_event(server, wsi, reason, session, in, len);
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return socket_check(server, wsi, in);
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_RECEIVE_PONG:
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return socket_event(server, wsi, reason, session, in, len);
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

static void look(void *arg, uint64_t timer)
{
    (void)timer;
    sockets_look(arg);
}

static void protocols_fill(struct http_server *server)
{
    server->protocols[0] = (struct lws_protocols){
        .name = "http", .callback = callback, .per_session_data_size = sizeof(struct session)};
    for (size_t i = 0; i < HTTP_SOCKET_KINDS_MAX && server->config.sockets[i].path; i++)
        server->protocols[i + 1] = (struct lws_protocols){.name = server->config.sockets[i].protocol,
                                                          .callback = callback,
                                                          .per_session_data_size = sizeof(struct session),
                                                          .rx_buffer_size = RECEIVE_SIZE};
}

static enum far_err context_make(struct http_server *server)
{
    void *loops[] = {far_loop_uv(server->loop)};
    struct lws_context_creation_info info = {
        .port = server->config.listen_port,
        .iface = server->config.listen_host,
        .protocols = server->protocols,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_DISABLE_IPV6 |
                   LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND,
        .foreign_loops = loops,
        .user = server,
        .timeout_secs = 20,
        .keepalive_timeout = 60,
        .fd_limit_per_thread = server->config.connections_max + 64,
        .max_http_header_data = 8192,
        .pt_serv_buf_size = SERVICE_SIZE,
        .server_string = "farseat",
        .vhost_name = "default",
        .count_threads = 1,
        .alpn = "http/1.1",
    };
    if (server->tls) /* the certificate comes by the call back; plain requests are
                        told the way */
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX |
                        LWS_SERVER_OPTION_ALLOW_NON_SSL_ON_SSL_PORT |
                        LWS_SERVER_OPTION_ALLOW_HTTP_ON_HTTPS_LISTENER;
    server->context = lws_create_context(&info);
    server->vhost = server->context ? lws_get_vhost_by_name(server->context, "default") : NULL;
    if (server->vhost) return FAR_OK;
    FAR_ERROR("http-not-listening", "host=%s port=%u mend=%s", server->config.listen_host,
              (unsigned)server->config.listen_port, "free the port, or choose another by api.listen");
    return FAR_EIO;
}

enum far_err http_server_create(struct far_loop *loop, const struct http_server_config *config,
                                struct http_server **ret_server)
{
    struct http_server *server = calloc(1, sizeof(*server));
    if (!server) return FAR_ENOMEM;
    server->config = *config;
    server->loop = loop;
    server->anchor = anchor_make(server);
    lws_set_log_level(LLL_ERR, log_line);
    protocols_fill(server);
    enum far_err err =
        far_pool_init(&server->connections, sizeof(struct connection *), config->connections_max);
    if (err == FAR_OK && !server->anchor) err = FAR_ENOMEM;
    if (err == FAR_OK && config->certificate && config->certificate[0])
        err = tls_create(loop, config->certificate, config->key, &server->tls);
    if (err == FAR_OK) err = context_make(server);
    if (err == FAR_OK) err = far_timer_start(loop, LOOK_MS, LOOK_MS, look, server, &server->timer);
    if (err != FAR_OK)
        http_server_destroy(server);
    else
        *ret_server = server;
    return err;
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

int64_t http_server_certificate_until_s(const struct http_server *server)
{
    return server->tls ? tls_until_s(server->tls) : 0;
}

void http_server_deafen(struct http_server *server)
{
    server->deaf = true;
}

static void count_idle(uv_handle_t *handle, void *count)
{
    if (uv_handle_get_type(handle) == UV_IDLE) (*(size_t *)count)++;
}

/* On a loop that is not its own libwebsockets only begins to close its handles:
 * the loop must turn until they are gone. Its idle handle, the only one of that
 * kind here, goes with the last of them. */
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
    far_timer_stop(server->loop, server->timer);
    if (server->context) context_destroy(server);
    server->tls = tls_destroy(server->tls);
    server->anchor = anchor_weigh(server->anchor);
    far_pool_done(&server->connections);
    free(server);
    return NULL;
}
