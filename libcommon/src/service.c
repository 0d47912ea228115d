/* SPDX-License-Identifier: Apache-2.0 */
/*   configured -> starting -> running --SIGTERM--> draining --drained, deadline, second signal--> stopping ->
 * exit */
#include "far/service.h"
#include "chassis_metrics.h"
#include "far/health.h"
#include "far/http.h"
#include "far/log.h"
#include "far/str.h"
#include <assert.h>
#include <ctype.h>
#include <getopt.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GROUPS_MAX   32
#define STOP_SECONDS 20 /* then the process ends itself: a launcher must never wait for ever */
#define EXIT_USAGE   2

struct chassis_config {
    const char *instance;
    int64_t drain_ms_max;
    int64_t workers;
    const char *log_level;
    const char *http_listen;
};

static const struct far_config_row chassis_rows[] = {
    {.path = "service.instance",
     .type = FAR_CONFIG_STRING,
     .offset = offsetof(struct chassis_config, instance),
     .min = 1,
     .max = 63,
     .help = "Name of this process among its like; default: the service's name"},
    {.path = "service.drain_max",
     .type = FAR_CONFIG_DURATION_MS,
     .offset = offsetof(struct chassis_config, drain_ms_max),
     .default_text = "60s",
     .max = 86400000,
     .help = "After SIGTERM, how long live things may take to end"},
    {.path = "service.workers",
     .type = FAR_CONFIG_INT,
     .offset = offsetof(struct chassis_config, workers),
     .default_text = "4",
     .min = 1,
     .max = 64,
     .help = "Threads for work that blocks (files)"},
    {.path = "log.level",
     .type = FAR_CONFIG_STRING,
     .offset = offsetof(struct chassis_config, log_level),
     .default_text = "info",
     .choices = "debug|info|warn|error",
     .help = "Least level that is written"},
    {.path = "http.listen",
     .type = FAR_CONFIG_STRING,
     .offset = offsetof(struct chassis_config, http_listen),
     .default_text = "127.0.0.1:0",
     .min = 3,
     .max = 255,
     .help = "Address and port of /healthz, /readyz and /metrics; port 0: a free one, named in the log"},
};

enum phase { STARTING, RUNNING, DRAINING, STOPPING };

struct far_service {
    const struct far_service_def *def;
    const char *version;
    struct chassis_config chassis;
    struct far_config_row rows[FAR_ARRAY_LEN(chassis_rows)];
    struct far_config_group groups[GROUPS_MAX];
    size_t group_count;
    struct far_config *config;
    struct far_id incarnation;
    struct far_loop *loop;
    struct far_http *http;
    uv_signal_t on_term;
    uv_signal_t on_int;
    void *data;
    _Atomic int phase;
    atomic_bool drained;
    atomic_bool ending; /* far_service_end() was called */
    atomic_bool failed;
};

struct far_loop *far_service_loop(const struct far_service *service)
{
    return service->loop;
}

const char *far_service_name(const struct far_service *service)
{
    return service->def->name;
}

const char *far_service_instance(const struct far_service *service)
{
    return service->chassis.instance;
}

const char *far_service_version(const struct far_service *service)
{
    return service->version;
}

const struct far_id *far_service_incarnation(const struct far_service *service)
{
    return &service->incarnation;
}

const struct far_service_def *far_service_definition(const struct far_service *service)
{
    return service->def;
}

bool far_service_is_draining(const struct far_service *service)
{
    return atomic_load(&service->phase) >= DRAINING;
}

void *far_service_data(const struct far_service *service)
{
    return service->data;
}

void far_service_set_data(struct far_service *service, void *data)
{
    service->data = data;
}

static void on_drain_deadline(void *arg, uint64_t timer)
{
    struct far_service *service = arg;
    (void)timer;
    FAR_WARN("drain-deadline", "drain_ms_max=%lld", (long long)service->chassis.drain_ms_max);
    far_loop_stop(service->loop);
}

static void begin_drain(struct far_service *service, const char *why)
{
    if (atomic_load(&service->phase) >= DRAINING) {
        FAR_WARN("stop-hastened", "why=%s", why);
        far_loop_stop(service->loop);
        return;
    }
    atomic_store(&service->phase, DRAINING);
    FAR_INFO("draining", "why=%s drain_ms_max=%lld", why, (long long)service->chassis.drain_ms_max);
    far_health_set("service", FAR_HEALTH_FAILED, "draining");
    if (!service->def->drain) atomic_store(&service->drained, true);
    enum far_err err = far_timer_start(service->loop, (uint64_t)service->chassis.drain_ms_max, 0,
                                       on_drain_deadline, service, NULL);
    if (err) FAR_ERROR("drain-without-deadline", "err=%s", far_err_name(err));
    if (service->def->drain) service->def->drain(service);
    if (err || atomic_load(&service->drained)) far_loop_stop(service->loop);
}

static void on_signal(uv_signal_t *handle, int number)
{
    begin_drain(handle->data, number == SIGTERM ? "SIGTERM" : "SIGINT");
}

void far_service_drained(struct far_service *service)
{
    atomic_store(&service->drained, true);
    if (atomic_load(&service->phase) == DRAINING) far_loop_stop(service->loop);
}

static void on_end(void *arg)
{
    struct far_service *service = arg;
    if (atomic_load(&service->phase) == RUNNING) begin_drain(service, "end");
}

void far_service_end(struct far_service *service)
{
    if (atomic_exchange(&service->ending, true)) return;
    if (far_loop_post(service->loop, on_end, service)) far_loop_stop(service->loop);
}

void far_service_fail(struct far_service *service, const char *reason)
{
    if (atomic_exchange(&service->failed, true)) return;
    FAR_ERROR("service-failed", "reason=%s", reason);
    far_loop_stop(service->loop);
}

static void prepare_groups(struct far_service *service)
{
    const struct far_service_def *def = service->def;
    memcpy(service->rows, chassis_rows, sizeof(chassis_rows));
    for (size_t i = 0; i < FAR_ARRAY_LEN(chassis_rows); i++) {
        if (!service->rows[i].default_text) service->rows[i].default_text = def->name;
        if (def->http_listen && strcmp(service->rows[i].path, "http.listen") == 0)
            service->rows[i].default_text = def->http_listen;
    }
    assert(def->group_count < GROUPS_MAX);
    service->groups[0] =
        (struct far_config_group){service->rows, FAR_ARRAY_LEN(service->rows), &service->chassis};
    for (size_t i = 0; i < def->group_count; i++)
        service->groups[i + 1] = def->groups[i];
    service->group_count = def->group_count + 1;
}

static void register_metrics(const struct far_service_def *def)
{
    enum far_err err = far_metrics_register(chassis_metrics, CHASSIS_METRIC_COUNT);
    for (size_t i = 0; !err && i < def->metrics_count; i++)
        err = far_metrics_register(def->metrics[i].rows, def->metrics[i].row_count);
    if (err) { /* a table in the source is wrong: a test finds it, not a user */
        FAR_ERROR("metrics-table-wrong", "service=%s err=%s", def->name, far_err_name(err));
        abort();
    }
}

static int print_page(void (*write)(struct far_service *, struct far_buf *), struct far_service *service)
{
    struct far_buf page;
    far_buf_init(&page, (size_t)4 << 20);
    write(service, &page);
    (void)fputs(page.data, stdout);
    far_buf_done(&page);
    return fflush(stdout) == 0 ? 0 : 1;
}

static void write_config_page(struct far_service *service, struct far_buf *page)
{
    far_buf_addf(page, "# farseat-%s: configuration\n\n", service->def->name);
    far_config_reference(service->groups, service->group_count, page);
}

static void write_metrics_page(struct far_service *service, struct far_buf *page)
{
    far_buf_addf(page, "# farseat-%s: metrics\n\n", service->def->name);
    register_metrics(service->def);
    far_metrics_reference(page);
}

/* LEG_EV_RINGING of "leg" is ringing, as it is written in diagrams. */
static void write_state_name(struct far_buf *page, const char *text, const char *noun, const char *kind)
{
    size_t skip = strlen(noun) + strlen(kind);
    for (text += strlen(text) > skip ? skip : 0; *text; text++)
        far_buf_addf(page, "%c", tolower((unsigned char)*text));
}

static void write_states_page(struct far_service *service, struct far_buf *page)
{
    const struct far_service_def *def = service->def;
    for (size_t i = 0; i < def->machines_count; i++) {
        const struct far_machine *machine = def->machines[i];
        far_buf_addf(page, "%s## farseat-%s: %s\n\n```mermaid\nstateDiagram-v2\n", i > 0 ? "\n" : "",
                     def->name, machine->noun);
        for (size_t row = 0; row < machine->row_count; row++) {
            far_buf_addf(page, "    ");
            write_state_name(page, machine->rows[row].from_text, machine->noun, "_");
            far_buf_addf(page, " --> ");
            write_state_name(page, machine->rows[row].to_text, machine->noun, "_");
            far_buf_addf(page, " : ");
            write_state_name(page, machine->rows[row].event_text, machine->noun, "_EV_");
            far_buf_addf(page, "\n");
        }
        far_buf_addf(page, "```\n");
    }
}

static void write_usage(struct far_service *service, struct far_buf *page)
{
    const struct far_service_def *def = service->def;
    far_buf_addf(
        page,
        "farseat-%s %s%s%s\n\nusage: farseat-%s [--config FILE]\n"
        "  --config FILE        the YAML file (or FARSEAT_CONFIG); FARSEAT_<SECTION>_<KEY> in the "
        "environment overrides it\n"
        "  --check              only check the configuration\n"
        "  --check-health       ask the process that runs with this configuration; exit 0: it is ready\n"
        "  --config-reference   print all keys as Markdown\n"
        "  --metrics-reference  print all metrics as Markdown\n"
        "  --states-reference   draw its state machines (Mermaid)\n"
        "  --version            print the version\n",
        def->name, service->version, def->summary ? ": " : "", def->summary ? def->summary : "", def->name);
}

static int load_config(struct far_service *service, const char *path)
{
    struct far_buf errors;
    far_buf_init(&errors, (size_t)64 << 10);
    enum far_err err =
        far_config_load(path, service->groups, service->group_count, &errors, &service->config);
    if (!err && service->def->check) err = service->def->check(service, &errors);
    if (err && errors.len == 0) far_buf_addf(&errors, "configuration: %s\n", far_err_text(err));
    if (err) {
        (void)fputs(errors.data, stderr);
        service->config = far_config_destroy(service->config);
    }
    far_buf_done(&errors);
    return err ? EXIT_USAGE : 0;
}

static void on_stop_overdue(int number)
{
    static const char text[] = "event=stop-overdue level=error\n";
    (void)number;
    ssize_t written = write(2, text, sizeof(text) - 1);
    (void)written;
    _exit(1);
}

static int start_chassis(struct far_service *service)
{
    char workers[8], id[FAR_ID_TEXT_SIZE];
    enum far_log_level level = FAR_LOG_INFO;
    if (far_log_level_parse(service->chassis.log_level, &level))
        return EXIT_USAGE; /* its row has checked it */
    far_log_init(service->def->name, service->chassis.instance, level);
    (void)snprintf(workers, sizeof(workers), "%d", (int)service->chassis.workers);
    (void)setenv("UV_THREADPOOL_SIZE", workers, 1);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    register_metrics(service->def);
    service->incarnation = far_id_new();
    enum far_err err = far_loop_create(NULL, &service->loop);
    if (err) {
        FAR_ERROR("loop-failed", "err=%s", far_err_name(err));
        return 1;
    }
    service->on_term.data = service->on_int.data = service;
    (void)uv_signal_init(far_loop_uv(service->loop), &service->on_term);
    (void)uv_signal_init(far_loop_uv(service->loop), &service->on_int);
    (void)uv_signal_start(&service->on_term, on_signal, SIGTERM);
    (void)uv_signal_start(&service->on_int, on_signal, SIGINT);
    far_health_set("service", FAR_HEALTH_FAILED, "starting");
    struct far_http_config http = {.listen = service->chassis.http_listen,
                                   .service = service->def->name,
                                   .instance = service->chassis.instance,
                                   .version = service->version,
                                   .loop = service->loop};
    err = far_http_create(&http, &service->http);
    if (err) {
        if (err == FAR_EINVAL) FAR_ERROR("http-listen-wrong", "listen=%s", http.listen);
        return 1;
    }
    far_id_format(&service->incarnation, id);
    FAR_INFO("starting", "version=%s incarnation=%s http_port=%u", service->version, id,
             far_http_port(service->http));
    return 0;
}

static void close_signal(uv_signal_t *handle)
{
    if (handle->loop) uv_close((uv_handle_t *)handle, NULL);
}

static void end(struct far_service *service)
{
    (void)signal(SIGALRM, on_stop_overdue);
    (void)alarm(STOP_SECONDS);
    service->http = far_http_destroy(service->http);
    if (service->loop) {
        close_signal(&service->on_term);
        close_signal(&service->on_int);
    }
    service->loop = far_loop_destroy(service->loop);
    service->config = far_config_destroy(service->config);
    (void)alarm(0);
}

static int run(struct far_service *service)
{
    int code = start_chassis(service);
    if (code) {
        end(service);
        return code;
    }
    enum far_err err = service->def->start ? service->def->start(service) : FAR_OK;
    if (err) {
        atomic_store(&service->failed, true);
        FAR_ERROR("start-failed", "err=%s", far_err_name(err));
    } else if (!atomic_load(&service->failed)) {
        int starting = STARTING;
        if (atomic_compare_exchange_strong(&service->phase, &starting, RUNNING))
            far_health_set("service", FAR_HEALTH_OK, "%s", "");
        FAR_INFO("started", "");
        far_loop_run(service->loop);
    }
    atomic_store(&service->phase, STOPPING);
    (void)signal(SIGALRM, on_stop_overdue);
    (void)alarm(STOP_SECONDS);
    if (service->def->stop) service->def->stop(service);
    end(service);
    FAR_INFO("stopped", "failed=%d", atomic_load(&service->failed));
    return atomic_load(&service->failed) ? 1 : 0;
}

static int check_config(struct far_service *service)
{
    (void)service;
    (void)printf("configuration ok\n");
    return 0;
}

/* For containers, whose images have no curl. */
static int check_health(struct far_service *service)
{
    char body[2048];
    int status = 0;
    const char *listen = service->chassis.http_listen;
    enum far_err err = far_http_check(listen, &status, body, sizeof(body));
    if (err)
        (void)fprintf(stderr, "farseat-%s: %s\n", service->def->name,
                      err == FAR_ENOTFOUND ? "does not run: nobody listens at http.listen"
                                           : far_err_text(err));
    else
        (void)printf("%s\n", body);
    return err || status != 200;
}

static int usage_error(struct far_service *service)
{
    (void)fprintf(stderr, "farseat-%s: see --help\n", service->def->name);
    return EXIT_USAGE;
}

int far_service_main(int argc, char **argv, const struct far_service_def *def)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"check", no_argument, NULL, 'k'},
        {"check-health", no_argument, NULL, 'l'},
        {"config-reference", no_argument, NULL, 'r'},
        {"metrics-reference", no_argument, NULL, 'm'},
        {"states-reference", no_argument, NULL, 's'},
        {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct far_service service = {.def = def, .version = def->version ? def->version : FARSEAT_VERSION};
    const char *path = getenv("FARSEAT_CONFIG"); /* containers: one variable for the service and its check */
    int (*act)(struct far_service * service) = run;
    service.data = def->data;
    prepare_groups(&service);
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "c:kh", options, NULL)) != -1;) {
        if (option == 'c')
            path = optarg;
        else if (option == 'k')
            act = check_config;
        else if (option == 'l')
            act = check_health;
        else if (option == 'v')
            return printf("farseat-%s %s\n", def->name, service.version) < 0;
        else if (option == 'r')
            return print_page(write_config_page, &service);
        else if (option == 'm')
            return print_page(write_metrics_page, &service);
        else if (option == 's')
            return print_page(write_states_page, &service);
        else if (option == 'h')
            return print_page(write_usage, &service);
        else
            return usage_error(&service);
    }
    if (optind < argc) return usage_error(&service);
    int code = load_config(&service, path);
    if (code) return code;
    code = act(&service);
    far_config_destroy(service.config);
    return code;
}
