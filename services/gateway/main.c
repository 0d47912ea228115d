/* SPDX-License-Identifier: Apache-2.0 */
/* farseat-gateway: HTTP and WebSocket for browsers and programs. This file only wires. */
#include "api/admin.h"
#include "api/api.h"
#include "api/centre.h"
#include "api/faults.h"
#include "api/session_watch.h"
#include "auth/people.h"
#include "far/log.h"
#include "far/service.h"
#include "far/service_bus.h"
#include "far/str.h"
#include "http/files.h"
#include "live/socket.h"
#include "settings.h"
#include "sip/bridge.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define OBSERVE_MS 500

static struct {
    struct far_service_bus_config bus_config;
    struct far_pg_config pg_config;
    struct settings settings;
    struct prompts_config prompts_config;

    struct far_service *service;
    struct api api;
    struct throttle throttle;
    struct live_sockets *sockets;
    struct files *files;
    struct bridge *bridge;
    struct far_pg_methods *methods;
    uint64_t timer;
    bool preparing;
} gateway;

enum metric { M_REQUESTS, M_SOCKETS };
static struct far_metric metric_rows[] = {
    [M_REQUESTS] = {.name = "farseat_gateway_requests_open",
                    .type = FAR_GAUGE,
                    .help = "Requests not answered yet."},
    [M_SOCKETS] = {.name = "farseat_gateway_sockets", .type = FAR_GAUGE, .help = "Browsers that watch."},
};

/* ---- the key of tokens, and the first administrator ----------------------------------------------- */

static enum far_err prepare_work(struct far_pg_conn *conn, void *arg)
{
    (void)arg;
    enum far_err err = people_token_key(conn, gateway.api.token_key);
    if (err == FAR_OK && gateway.settings.admin_password[0])
        err = people_first(conn, gateway.settings.admin_login, gateway.settings.admin_password);
    return err;
}

static void prepare_done(enum far_err err, void *arg)
{
    (void)arg;
    gateway.preparing = false;
    gateway.api.token_key_known = err == FAR_OK;
}

static void prepare(void)
{
    const struct far_pg_job job = {.work = prepare_work, .done = prepare_done, .transaction = true};
    gateway.preparing = far_pg_submit(gateway.api.pg, &job) == FAR_OK;
}

static void observe(void *arg, uint64_t timer)
{
    (void)arg;
    (void)timer;
    size_t requests = 0, sockets = 0;
    http_server_counts(gateway.api.http, &requests, &sockets);
    far_metric_set(&metric_rows[M_REQUESTS], (int64_t)requests);
    far_metric_set(&metric_rows[M_SOCKETS], (int64_t)sockets);
    if (!gateway.api.token_key_known && !gateway.preparing) prepare();
    if (far_service_is_draining(gateway.service) && requests == 0) far_service_drained(gateway.service);
}

/* ---- begin and end -------------------------------------------------------------------------------- */

static void begin(void *ctx)
{
    (void)ctx;
    enum far_err err = live_sockets_create(&gateway.api, &gateway.sockets);
    if (err == FAR_OK) err = centre_create(gateway.api.bus, &gateway.api.centre);
    if (err == FAR_OK) err = bridge_begin(gateway.bridge);
    if (err == FAR_OK)
        err = admin_begin(&gateway.api, &gateway.prompts_config, far_service_instance(gateway.service));
    if (err == FAR_OK)
        err = far_pg_methods_serve(gateway.api.bus, gateway.api.pg, people_methods, people_methods_len, NULL,
                                   &gateway.methods);
    if (err != FAR_OK) far_service_fail(gateway.service, far_err_text(err));
}

static void session_gone(struct api *api, const char *session_id)
{
    if (*api->sockets) live_sockets_end(*api->sockets, session_id);
    bridge_session_gone(gateway.bridge, session_id);
}

/* The API, or a page. */
static void asked(void *ctx, const struct http_request *request)
{
    if (far_str_starts(request->path, "/api/") || strcmp(request->path, "/api") == 0)
        api_request(ctx, request);
    else
        files_request(gateway.files, gateway.api.http, request);
}

static enum far_err listen_start(struct far_service *service)
{
    char host[64];
    const struct settings *settings = &gateway.settings;
    struct http_server_config config = {.listen_host = host,
                                        .connections_max = (uint32_t)settings->connections_max,
                                        .body_max = (size_t)settings->body_max,
                                        .certificate = settings->certificate,
                                        .key = settings->key,
                                        .acme_dir = settings->acme_dir,
                                        .proxies = &settings->proxies_read,
                                        .origins = &settings->origins,
                                        .hsts_s = settings->hsts_ms / 1000,
                                        .body_limit = api_body_limit,
                                        .request = asked,
                                        .ctx = &gateway.api,
                                        .sockets = {{.path = "/api/v1/live/socket",
                                                     .protocol = "farseat.live.v1",
                                                     .message_max = LIVE_MESSAGE_MAX,
                                                     .silence_ms = LIVE_SILENCE_MS,
                                                     .ctx = &gateway.api,
                                                     .opened = live_socket_opened,
                                                     .message = live_socket_message,
                                                     .closed = live_socket_closed,
                                                     .writable = live_socket_writable},
                                                    bridge_kind(gateway.bridge)}};
    enum far_err err = far_config_address(gateway.settings.listen, host, sizeof(host), &config.listen_port);
    if (err != FAR_OK) {
        FAR_ERROR("configuration-refused", "key=%s why=%s", "api.listen", "host:port, e.g. 127.0.0.1:8080");
        return err;
    }
    return http_server_create(far_service_loop(service), &config, &gateway.api.http);
}

static enum far_err check(struct far_service *service, struct far_buf *errors)
{
    (void)service;
    return settings_check(&gateway.settings, errors);
}

static enum far_err start(struct far_service *service)
{
    gateway.service = service;
    gateway.api.loop = far_service_loop(service);
    gateway.api.throttle = &gateway.throttle;
    gateway.api.audio_bytes_max = (size_t)gateway.settings.audio_max;
    gateway.api.sockets = &gateway.sockets;
    gateway.api.openapi = api_openapi();
    if (sodium_init() < 0 || !gateway.api.openapi) return FAR_ENOMEM;
    gateway.api.openapi_len = strlen(gateway.api.openapi);
    enum far_err err = far_pg_create(far_service_loop(service), &gateway.pg_config, "gateway",
                                     "services/gateway/migrations", &gateway.api.pg);
    if (err == FAR_OK) err = session_watch_create(&gateway.api, session_gone, &gateway.api.watch);
    if (err == FAR_OK)
        err = far_service_bus_join(service, &gateway.bus_config, begin, NULL, &gateway.api.bus);
    const struct bridge_limits limits = {.lines_max = (size_t)gateway.settings.phones_max,
                                         .person_max = (size_t)gateway.settings.phones_person_max};
    if (err == FAR_OK) err = bridge_create(&gateway.api, &limits, &gateway.bridge);
    if (err == FAR_OK)
        err = files_create(far_service_loop(service), gateway.settings.console_dir, &gateway.files);
    if (err == FAR_OK) err = listen_start(service);
    if (err == FAR_OK)
        err =
            far_timer_start(far_service_loop(service), OBSERVE_MS, OBSERVE_MS, observe, NULL, &gateway.timer);
    if (err == FAR_OK) prepare();
    if (err == FAR_OK) FAR_INFO("api-listening", "address=%s", gateway.settings.listen);
    return err;
}

static void drain(struct far_service *service)
{
    (void)service;
    http_server_deafen(gateway.api.http);
}

static void stop(struct far_service *service)
{
    far_timer_stop(far_service_loop(service), gateway.timer);
    gateway.methods = far_pg_methods_destroy(gateway.methods);
    gateway.sockets = live_sockets_destroy(gateway.sockets);
    bridge_end(gateway.bridge);
    admin_stop(&gateway.api);
    gateway.api.centre = centre_destroy(gateway.api.centre);
    gateway.api.pg = far_pg_destroy(gateway.api.pg);
    gateway.api.watch = session_watch_destroy(gateway.api.watch);
    admin_end(&gateway.api);
    far_service_bus_leave(gateway.api.bus);
    gateway.api.bus = far_bus_destroy(gateway.api.bus);
    gateway.api.http = http_server_destroy(gateway.api.http);
    gateway.files = files_destroy(gateway.files);
    gateway.bridge = bridge_destroy(gateway.bridge);
    free(gateway.api.openapi);
    sodium_memzero(gateway.api.token_key, sizeof(gateway.api.token_key));
}

static char *faults_page(void)
{
    struct far_buf page;
    far_buf_init(&page, 65536);
    faults_reference(&page);
    return far_buf_take(&page);
}

/* Prints a page that docs/reference holds. */
static int page_print(char *page)
{
    if (!page) return 1;
    (void)puts(page);
    free(page);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--openapi") == 0) return page_print(api_openapi());
    if (argc == 2 && strcmp(argv[1], "--faults-reference") == 0) return page_print(faults_page());
    const struct far_config_group groups[] = {
        {.rows = far_service_bus_rows, .row_count = far_service_bus_rows_len, .target = &gateway.bus_config},
        {.rows = far_pg_config_rows, .row_count = far_pg_config_rows_len, .target = &gateway.pg_config},
        {.rows = settings_rows, .row_count = settings_rows_len, .target = &gateway.settings},
        {.rows = prompts_config_rows,
         .row_count = prompts_config_rows_len,
         .target = &gateway.prompts_config},
    };
    const struct far_service_metrics metrics[] = {{metric_rows, FAR_ARRAY_LEN(metric_rows)}};
    static const struct far_service_load load[] = {
        {.metric = &metric_rows[M_REQUESTS], .limit = &gateway.settings.connections_max},
        {.metric = &metric_rows[M_SOCKETS], .limit = &gateway.settings.connections_max},
    };
    const struct far_service_def def = {.name = "gateway",
                                        .summary = "API and live state of a Farseat contact centre",
                                        .groups = groups,
                                        .group_count = FAR_ARRAY_LEN(groups),
                                        .metrics = metrics,
                                        .metrics_count = FAR_ARRAY_LEN(metrics),
                                        .load = load,
                                        .load_count = FAR_ARRAY_LEN(load),
                                        .check = check,
                                        .start = start,
                                        .drain = drain,
                                        .stop = stop};
    return far_service_main(argc, argv, &def);
}
