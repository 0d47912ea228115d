/* SPDX-License-Identifier: Apache-2.0 */
#include "far/str.h"
#include "private.h"
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

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
        char *equals = strchr(text, '=');
        if (equals) *equals++ = '\0';
        if (equals && strcmp(text, "ticket") == 0) {
            if (!far_str_copy(request->ticket, sizeof(request->ticket), equals)) return false;
            continue;
        }
        if (request->query_len == HTTP_PARAMS_MAX) return false;
        struct http_param *param = &request->query[request->query_len];
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

static uint16_t peer_port(struct lws *wsi)
{
    struct sockaddr_in peer = {.sin_port = 0};
    socklen_t len = sizeof(peer);
    bool known = getpeername(lws_get_socket_fd(wsi), (struct sockaddr *)&peer, &len) == 0;
    return known && peer.sin_family == AF_INET ? ntohs(peer.sin_port) : 0;
}

/* Who asks, and how: a proxy's word counts when it is one of ours. */
static void peer_read(struct http_server *server, struct lws *wsi, struct http_request *request)
{
    char peer[64], forwarded[HTTP_HEADER_MAX], proto[32];
    static const char proto_header[] = "x-forwarded-proto:";
    lws_get_peer_simple(wsi, peer, sizeof(peer));
    request->secure = lws_get_ssl(wsi) != NULL;
    request->client_port = peer_port(wsi);
    (void)far_str_copy(request->client, sizeof(request->client), peer);
    if (!server->config.proxies || !http_proxies_have(server->config.proxies, peer)) return;
    header_copy(wsi, WSI_TOKEN_X_FORWARDED_FOR, forwarded, sizeof(forwarded));
    request->client_port = 0;
    http_client_address(server->config.proxies, peer, forwarded, request->client, sizeof(request->client));
    int len = lws_hdr_custom_length(wsi, proto_header, (int)strlen(proto_header));
    if (len > 0 && len < (int)sizeof(proto) &&
        lws_hdr_custom_copy(wsi, proto, (int)sizeof(proto), proto_header, (int)strlen(proto_header)) > 0)
        request->secure |= far_str_equal_nocase(proto, "https");
}

bool request_read(struct http_server *server, struct lws *wsi, struct http_request *request)
{
    char *uri = NULL;
    int uri_len = 0;
    request->method = method_of(lws_http_get_uri_and_method(wsi, &uri, &uri_len));
    bool fits = uri && far_str_copy_len(request->path, sizeof(request->path), uri, (size_t)uri_len);
    const struct {
        enum lws_token_indexes token;
        char *out;
        size_t size;
    } headers[] = {
        {WSI_TOKEN_HTTP_AUTHORIZATION, request->authorization, sizeof(request->authorization)},
        {WSI_TOKEN_HTTP_COOKIE, request->cookie, sizeof(request->cookie)},
        {WSI_TOKEN_HTTP_RANGE, request->range, sizeof(request->range)},
        {WSI_TOKEN_HTTP_ACCEPT_ENCODING, request->accept_encoding, sizeof(request->accept_encoding)},
        {WSI_TOKEN_HTTP_IF_NONE_MATCH, request->if_none_match, sizeof(request->if_none_match)},
        {WSI_TOKEN_HOST, request->host, sizeof(request->host)},
        {WSI_TOKEN_ORIGIN, request->origin, sizeof(request->origin)},
        {WSI_TOKEN_HTTP_USER_AGENT, request->user_agent, sizeof(request->user_agent)},
    };
    for (size_t i = 0; i < FAR_ARRAY_LEN(headers); i++)
        header_copy(wsi, headers[i].token, headers[i].out, headers[i].size);
    peer_read(server, wsi, request);
    return query_read(wsi, request) && fits;
}

bool http_origin_ok(const struct http_server *server, const struct http_request *request)
{
    const struct far_config_list *more = server->config.origins;
    if (request->origin[0] == '\0') return false;
    if (http_origin_is(request->origin, request->secure ? "https" : "http", request->host)) return true;
    for (size_t i = 0; more && i < more->len; i++)
        if (far_str_equal_nocase(more->items[i], request->origin)) return true;
    return false;
}

static void dispatch(struct http_server *server, struct connection *connection)
{
    connection->request->body = connection->body.data;
    connection->request->body_len = connection->body.len;
    connection->asked = true;
    server->requests++;
    if (acme_request(server, connection->request)) {
        /* answered there */
    } else if (server->tls && !lws_get_ssl(connection->wsi)) {
        plain_request(server, connection->request);
    } else {
        server->config.request(server->config.ctx, connection->request);
    }
    connection->request->body = "";
    connection->request->body_len = 0;
    far_buf_done(&connection->body); /* not kept until the connection's next request */
}

void request_refuse(struct http_server *server, struct connection *connection, unsigned status,
                    const char *code, const char *text)
{
    connection->asked = true;
    server->requests++;
    http_reply_error(server, connection->id, status, code, text);
}

void request_whole(struct http_server *server, struct connection *connection)
{
    if (connection->refusal == 0)
        dispatch(server, connection);
    else if (connection->refusal == 401)
        request_refuse(server, connection, 401, "EDENIED",
                       "a body of this size needs Authorization: Bearer <accessToken> (POST /api/v1/login)");
    else
        request_refuse(
            server, connection, connection->refusal, "EUNAVAILABLE",
            "nobody can be told from a stranger yet, whose bodies are small: try again in a moment");
}

int request_begin(struct http_server *server, struct lws *wsi, struct session *session)
{
    connection_drop(server, session); /* the connection's former request */
    struct connection *connection = connection_make(server, wsi, session);
    if (!connection) return -1;
    struct http_request *request = connection->request;
    char length[24];
    uint64_t body_len = 0;
    bool fits = request_read(server, wsi, request);
    header_copy(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, length, sizeof(length));
    if (length[0] && far_str_u64(length, UINT64_MAX, &body_len) != FAR_OK) fits = false;
    if (!fits) {
        request_refuse(server, connection, 414, "EINVAL",
                       "the path, its query or a header is too long or malformed");
        return 0;
    }
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0) {
        request_refuse(server, connection, 411, "EINVAL",
                       "chunked bodies are not taken: say their length by Content-Length");
        return 0;
    }
    if (body_len > HTTP_BODY_FREE && server->config.body_limit)
        connection->refusal =
            server->config.body_limit(server->config.ctx, request, &connection->body.len_max);
    if (body_len > connection->body.len_max) {
        request_refuse(server, connection, 413, "EFULL",
                       "the body is larger than this server takes (api.body_max)");
        return 0;
    }
    if (body_len == 0)
        dispatch(server, connection);
    else
        lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, REQUEST_S_MAX);
    return 0;
}
