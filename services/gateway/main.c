/* SPDX-License-Identifier: Apache-2.0 */
/* farseat-gateway: HTTP and WebSocket for browsers and programs. This file only wires. */
#include "api/admin.h"
#include "api/api.h"
#include "api/centre.h"
#include "api/faults.h"
#include "auth/people.h"
#include "far/log.h"
#include "far/service.h"
#include "far/service_bus.h"
#include "live/socket.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define OBSERVE_MS 500

struct gateway_config {
    const char *listen, *admin_login, *admin_password;
    int64_t connections_max, body_max, audio_max;
};
static struct {
    struct far_service_bus_config bus_config;
    struct far_pg_config pg_config;
    struct gateway_config config;
    struct prompts_config prompts_config;

    struct far_service *service;
    struct api api;
    struct throttle throttle;
    struct live_sockets *sockets;
    struct far_pg_methods *methods;
    uint64_t timer;
    bool preparing;
} gateway;

static const struct far_config_row rows[] = {
    {.path = "api.listen",
     .type = FAR_CONFIG_STRING,
     .offset = offsetof(struct gateway_config,                                       listen),
     .default_text = "127.0.0.1:8080",
     .help = "Address and port of the API"                                      },
    {.path = "api.connections_max",
     .type = FAR_CONFIG_INT,
     .offset = offsetof(struct gateway_config,                                       connections_max),
     .default_text = "8192",
     .min = 16,
     .max = 100000,
     .help = "Connections at once; beyond they are closed"},
    {.path = "api.body_max",
     .type = FAR_CONFIG_SIZE,
     .offset = offsetof(struct gateway_config, body_max),
     .default_text = "512k",
     .min = 1024,
     .max = 1048576,
     .help = "Largest body of a request"},
    {.path = "api.audio_max",
     .type = FAR_CONFIG_SIZE,
     .offset = offsetof(struct gateway_config,                                            audio_max),
     .default_text = "64M",
     .min = 65536,
     .max = 1073741824,
     .help = "Largest recording that is sent without ranges"},
    {.path = "admin.login",
     .type = FAR_CONFIG_STRING,
     .offset = offsetof(struct gateway_config,                                                                   admin_login),
     .default_text = "admin",
     .help = "Login of the administrator who is made when nobody is there yet"                  },
    {.path = "admin.password",
     .type = FAR_CONFIG_SECRET,
     .offset = offsetof(struct gateway_config,admin_password),
     .default_text = "",
     .help = "His first password"},
};

enum metric { M_REQUESTS, M_SOCKETS };
static struct far_metric metric_rows[] = {
    [M_REQUESTS] = {.name = "farseat_gateway_requests_open",
                    .type = FAR_GAUGE,
                    .help = "Requests not answered yet."                                                      },
    [M_SOCKETS] = {.name = "farseat_gateway_sockets",       .type = FAR_GAUGE, .help = "Browsers that watch."},
};

/* ---- the key of tokens, and the first administrator ----------------------------------------------- */

static enum far_err prepare_work(struct far_pg_conn *conn, void *arg)
{
    (void)arg;
    enum far_err err = people_token_key(conn, gateway.api.token_key);
    if (err == FAR_OK && gateway.config.admin_password[0])
        err = people_first(conn, gateway.config.admin_login, gateway.config.admin_password);
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
    if (err == FAR_OK)
        err = admin_begin(&gateway.api, &gateway.prompts_config, far_service_instance(gateway.service));
    if (err == FAR_OK)
        err = far_pg_methods_serve(gateway.api.bus, gateway.api.pg, people_methods, people_methods_len, NULL,
                                   &gateway.methods);
    if (err != FAR_OK) far_service_fail(gateway.service, far_err_text(err));
}

static enum far_err listen_start(struct far_service *service)
{
    char host[64];
    struct http_server_config config = {.listen_host = host,
                                        .connections_max = (uint32_t)gateway.config.connections_max,
                                        .body_max = (size_t)gateway.config.body_max,
                                        .socket_path = "/api/v1/live/socket",
                                        .socket_protocol = "farseat.live.v1",
                                        .body_limit = api_body_limit,
                                        .request = api_request,
                                        .socket_opened = live_socket_opened,
                                        .socket_message = live_socket_message,
                                        .socket_closed = live_socket_closed,
                                        .socket_writable = live_socket_writable};
    enum far_err err = far_config_address(gateway.config.listen, host, sizeof(host), &config.listen_port);
    if (err != FAR_OK) {
        FAR_ERROR("configuration-refused", "key=%s why=%s", "api.listen", "host:port, e.g. 127.0.0.1:8080");
        return err;
    }
    config.ctx = &gateway.api;
    return http_server_create(far_service_loop(service), &config, &gateway.api.http);
}

static enum far_err start(struct far_service *service)
{
    gateway.service = service;
    gateway.api.throttle = &gateway.throttle;
    gateway.api.audio_bytes_max = (size_t)gateway.config.audio_max;
    gateway.api.sockets = &gateway.sockets;
    gateway.api.openapi = api_openapi();
    if (sodium_init() < 0 || !gateway.api.openapi) return FAR_ENOMEM;
    gateway.api.openapi_len = strlen(gateway.api.openapi);
    enum far_err err = far_pg_create(far_service_loop(service), &gateway.pg_config, "gateway",
                                     "services/gateway/migrations", &gateway.api.pg);
    if (err == FAR_OK)
        err = far_service_bus_join(service, &gateway.bus_config, begin, NULL, &gateway.api.bus);
    if (err == FAR_OK) err = listen_start(service);
    if (err == FAR_OK)
        err =
            far_timer_start(far_service_loop(service), OBSERVE_MS, OBSERVE_MS, observe, NULL, &gateway.timer);
    if (err == FAR_OK) prepare();
    if (err == FAR_OK) FAR_INFO("api-listening", "address=%s", gateway.config.listen);
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
    admin_stop(&gateway.api);
    gateway.api.centre = centre_destroy(gateway.api.centre);
    gateway.api.pg = far_pg_destroy(gateway.api.pg);
    admin_end(&gateway.api);
    far_service_bus_leave(gateway.api.bus);
    gateway.api.bus = far_bus_destroy(gateway.api.bus);
    gateway.api.http = http_server_destroy(gateway.api.http);
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
        {.rows = far_pg_config_rows,   .row_count = far_pg_config_rows_len,   .target = &gateway.pg_config },
        FAR_CONFIG_GROUP(rows, &gateway.config),
        {.rows = prompts_config_rows,
         .row_count = prompts_config_rows_len,
         .target = &gateway.prompts_config},
    };
    const struct far_service_metrics metrics[] = {
        {metric_rows, FAR_ARRAY_LEN(metric_rows)}
    };
    static const struct far_service_load load[] = {
        {.metric = &metric_rows[M_REQUESTS], .limit = &gateway.config.connections_max},
        {.metric = &metric_rows[M_SOCKETS], .limit = &gateway.config.connections_max},
    };
    const struct far_service_def def = {.name = "gateway",
                                        .summary = "API and live state of a Farseat contact centre",
                                        .groups = groups,
                                        .group_count = FAR_ARRAY_LEN(groups),
                                        .metrics = metrics,
                                        .metrics_count = FAR_ARRAY_LEN(metrics),
                                        .load = load,
                                        .load_count = FAR_ARRAY_LEN(load),
                                        .start = start,
                                        .drain = drain,
                                        .stop = stop};
    return far_service_main(argc, argv, &def);
}
