/* SPDX-License-Identifier: Apache-2.0 */
/* Runs on libmicrohttpd's one thread; touches the rest of the process by atomics and locks only. */
#include "far/http.h"
#include "far/buf.h"
#include "far/clock.h"
#include "far/config.h"
#include "far/health.h"
#include "far/log.h"
#include "far/metrics.h"
#include "far/str.h"
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BODY_SIZE_MAX ((size_t)4 << 20)
#define ALIVE_MS_MAX  5000

struct far_http {
    struct MHD_Daemon *daemon;
    const struct far_loop *loop;
    uint16_t port;
    char service[64];
    char instance[64];
    char version[64];
};

static unsigned healthz(const struct far_http *http, struct far_buf *body)
{
    uint64_t silent_ms = http->loop ? far_clock_mono_ms() - far_loop_alive_ms(http->loop) : 0;
    bool alive = silent_ms <= ALIVE_MS_MAX || silent_ms > (uint64_t)1
                                                              << 62; /* the beat came after our clock */
    if (alive)
        far_buf_add_text(body, "ok\n");
    else
        far_buf_addf(body, "the loop has not turned for %llu ms\n", (unsigned long long)silent_ms);
    return alive ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
}

static unsigned readyz(const struct far_http *http, struct far_buf *body)
{
    far_health_json(http->service, http->instance, http->version, body);
    return far_health_worst() == FAR_HEALTH_FAILED ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK;
}

static unsigned metrics(const struct far_http *http, struct far_buf *body)
{
    (void)http;
    far_metrics_text(body);
    return MHD_HTTP_OK;
}

static const struct {
    const char *path;
    unsigned (*answer)(const struct far_http *http, struct far_buf *body);
    const char *type;
} pages[] = {
    {"/healthz", healthz, "text/plain"               },
    {"/readyz",  readyz,  "application/json"         },
    {"/metrics", metrics, "text/plain; version=0.0.4"},
};

static enum MHD_Result reply(struct MHD_Connection *connection, unsigned status, const char *type,
                             struct far_buf *body)
{
    size_t len = body->len;
    char *data = far_buf_take(body); /* NULL: it did not fit */
    if (!data) return MHD_NO;
    struct MHD_Response *response = MHD_create_response_from_buffer(len, data, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        free(data);
        return MHD_NO;
    }
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED) (void)MHD_add_response_header(response, "Allow", "GET, HEAD");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_len, void **state)
{
    const struct far_http *http = ctx;
    static int headers_seen;
    (void)version;
    (void)upload;
    if (!*state) { /* the first call comes before a body; wait for its end */
        *state = &headers_seen;
        return MHD_YES;
    }
    if (*upload_len) { /* a body is read and dropped, so that the answer can be sent */
        *upload_len = 0;
        return MHD_YES;
    }
    struct far_buf body;
    far_buf_init(&body, BODY_SIZE_MAX);
    unsigned status = MHD_HTTP_NOT_FOUND;
    const char *type = "text/plain";
    bool may = strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
    for (size_t i = 0; may && i < FAR_ARRAY_LEN(pages); i++) {
        if (strcmp(url, pages[i].path) != 0) continue;
        status = pages[i].answer(http, &body);
        type = pages[i].type;
    }
    if (!may) status = MHD_HTTP_METHOD_NOT_ALLOWED;
    if (!may || status == MHD_HTTP_NOT_FOUND)
        far_buf_add_text(&body, "try GET /healthz, /readyz or /metrics\n");
    enum MHD_Result result = reply(connection, status, type, &body);
    far_buf_done(&body);
    return result;
}

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage bound = {0};
    socklen_t len = sizeof(bound);
    if (getsockname(fd, (struct sockaddr *)&bound, &len) != 0) return 0;
    if (bound.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&bound)->sin6_port);
    return ntohs(((struct sockaddr_in *)&bound)->sin_port);
}

/* A listening socket of our own, so that the reason of a failure can be told. */
static enum far_err listen_at(const char *listen_text, int *ret_fd)
{
    char host[256], port_text[8];
    uint16_t port;
    struct addrinfo *address, hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_PASSIVE};
    if (far_config_address(listen_text, host, sizeof(host), &port)) return FAR_EINVAL;
    const char *numeric = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
    (void)snprintf(port_text, sizeof(port_text), "%u", port);
    if (getaddrinfo(numeric, port_text, &hints, &address) != 0) return FAR_EINVAL;
    int on = 1, fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool stands = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
                  bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, 64) == 0;
    int code = errno;
    freeaddrinfo(address);
    if (!stands) {
        FAR_ERROR("http-listen-failed", "listen=%s cause=%s remedy=%s", listen_text, strerror(code),
                  "end what uses the port, or set http.listen");
        if (fd >= 0) close(fd);
        return FAR_EIO;
    }
    *ret_fd = fd;
    return FAR_OK;
}

enum far_err far_http_create(const struct far_http_config *config, struct far_http **ret_http)
{
    int fd;
    struct far_http *http = calloc(1, sizeof(*http));
    if (!http) return FAR_ENOMEM;
    http->loop = config->loop;
    (void)far_str_copy(http->service, sizeof(http->service), config->service);
    (void)far_str_copy(http->instance, sizeof(http->instance), config->instance);
    (void)far_str_copy(http->version, sizeof(http->version), config->version);
    enum far_err err = listen_at(config->listen, &fd);
    if (err) {
        free(http);
        return err;
    }
    http->port = bound_port(fd);
    http->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC, 0, NULL,
                                    NULL, on_request, http, MHD_OPTION_LISTEN_SOCKET, fd,
                                    MHD_OPTION_CONNECTION_LIMIT, 64u, MHD_OPTION_CONNECTION_TIMEOUT, 10u,
                                    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)16384, MHD_OPTION_END);
    if (!http->daemon) {
        FAR_ERROR("http-start-failed", "listen=%s", config->listen);
        close(fd);
        free(http);
        return FAR_EIO;
    }
    *ret_http = http;
    return FAR_OK;
}

struct far_http *far_http_destroy(struct far_http *http)
{
    if (!http) return NULL;
    MHD_stop_daemon(http->daemon); /* joins its thread and closes the socket */
    free(http);
    return NULL;
}

uint16_t far_http_port(const struct far_http *http)
{
    return http->port;
}
