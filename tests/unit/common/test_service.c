/* SPDX-License-Identifier: Apache-2.0 */
/* Each test runs a whole service in a child process and looks at it as an operator would: by its log, its
 * HTTP pages, signals and exit code. */
#include "far/log.h"
#include "far/service.h"
#include "far/test.h"
#include "http_get.h"
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    const char *greeting;
} config;
static const struct far_config_row rows[] = {{.path = "t.greeting",
                                              .type = FAR_CONFIG_STRING,
                                              .offset = 0,
                                              .default_text = "hello",
                                              .choices = "hello|fail|end",
                                              .help = "What to do"}};
static const struct far_config_group groups[] = {FAR_CONFIG_GROUP(rows, &config)};
static struct far_metric metrics[] = {{.name = "farseat_t_started", .type = FAR_GAUGE, .help = "Started."}};
static const struct far_service_metrics metric_tables[] = {{metrics, FAR_ARRAY_LEN(metrics)}};

static enum far_err check(struct far_service *service, struct far_buf *errors)
{
    (void)service;
    if (strcmp(config.greeting, "fail") != 0) return FAR_OK;
    far_buf_add_text(errors, "t.greeting: fail is for start() only\n");
    return FAR_EINVAL;
}

static void on_posted(void *arg)
{
    struct far_service *service = arg;
    FAR_INFO("posted", "instance=%s draining=%d", far_service_instance(service),
             far_service_is_draining(service));
}

static enum far_err start(struct far_service *service)
{
    far_metric_set(&metrics[0], 1);
    FAR_INFO("greeting", "text=%s data=%s", config.greeting, (const char *)far_service_data(service));
    if (strcmp(config.greeting, "end") == 0) far_service_end(service);
    return far_loop_post(far_service_loop(service), on_posted, service);
}

static enum far_err start_refused(struct far_service *service)
{
    (void)service;
    FAR_ERROR("no-disk", "");
    return FAR_EIO;
}

static void *drain_on_a_thread(void *arg)
{
    far_service_drained(arg);
    return NULL;
}

static pthread_t drainer;
static bool drainer_runs;

static void drain(struct far_service *service)
{
    FAR_INFO("drain-called", "");
    drainer_runs = pthread_create(&drainer, NULL, drain_on_a_thread, service) == 0;
}

static void drain_never(struct far_service *service)
{
    (void)service;
    FAR_INFO("drain-called", "");
}

static void on_fail_timer(void *arg, uint64_t timer)
{
    (void)timer;
    far_service_fail(arg, "the disk is gone");
}

static enum far_err start_and_fail(struct far_service *service)
{
    return far_timer_start(far_service_loop(service), 5, 0, on_fail_timer, service, NULL);
}

static void stop(struct far_service *service)
{
    (void)service;
    if (drainer_runs) (void)pthread_join(drainer, NULL);
    FAR_INFO("stop-called", "");
}

enum cat_state { CAT_ASLEEP, CAT_AWAKE };
enum cat_event { CAT_EV_CALL };
static const struct far_state_row cat_rows[] = {FAR_STATE_ROW(CAT_ASLEEP, CAT_EV_CALL, CAT_AWAKE)};
static const struct far_machine cat = {"cat", cat_rows, 1}, *const machines[] = {&cat};

static const struct far_service_def plain = {.name = "t",
                                             .summary = "a test",
                                             .groups = groups,
                                             .group_count = 1,
                                             .metrics = metric_tables,
                                             .metrics_count = 1,
                                             .machines = machines,
                                             .machines_count = 1,
                                             .check = check,
                                             .start = start,
                                             .drain = drain,
                                             .stop = stop,
                                             .data = (void *)(uintptr_t) "given"};

struct child {
    pid_t pid;
    int output;
    size_t len;
    char text[65536];
};

static struct child child;

static void run(const struct far_service_def *def, const char *const *args)
{
    char *argv[8] = {(char *)(uintptr_t) "farseat-t"};
    int ends[2], argc = 1;
    for (; args && args[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)args[argc - 1];
    assert_int_equal(pipe(ends), 0);
    (void)fflush(NULL);
    child.pid = fork();
    assert_true(child.pid >= 0);
    if (child.pid == 0) {
        (void)dup2(ends[1], 1);
        (void)dup2(ends[1], 2);
        close(ends[0]);
        close(ends[1]);
        int code = far_service_main(argc, argv, def);
        (void)fflush(stdout);
        exit(code); /* not _exit(): the leak check runs */
    }
    close(ends[1]);
    child.output = ends[0];
    child.len = 0;
    child.text[0] = '\0';
}

/* Read on until text appears; false: the output ended before, or 20 s passed without any. */
static bool await(const char *text)
{
    while (!strstr(child.text, text)) {
        struct pollfd poll_fd = {.fd = child.output, .events = POLLIN};
        if (poll(&poll_fd, 1, 20000) <= 0) return false;
        ssize_t got = read(child.output, child.text + child.len, sizeof(child.text) - 1 - child.len);
        if (got <= 0) return false;
        child.len += (size_t)got;
        child.text[child.len] = '\0';
    }
    return true;
}

static void expect_exit(int code)
{
    int status = -1;
    assert_false(await("never written"));
    assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
    close(child.output);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != code)
        fail_msg("status %x, output:\n%s", status, child.text);
}

static uint16_t http_port(void)
{
    assert_true(await("event=started"));
    const char *at = strstr(child.text, "http_port=");
    assert_non_null(at);
    return (uint16_t)atoi(at + 10);
}

/* What --check-health of another process says of the one at this port. */
static int health_code(const struct far_service_def *def, uint16_t port)
{
    char *argv[] = {(char *)(uintptr_t) "farseat-t", (char *)(uintptr_t) "--check-health", NULL};
    char listen_text[32];
    int status = -1;
    (void)snprintf(listen_text, sizeof(listen_text), "0.0.0.0:%u", port);
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        (void)setenv("FARSEAT_HTTP_LISTEN", listen_text, 1);
        exit(far_service_main(2, argv, def));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void starts_shows_itself_and_drains(void **state)
{
    static char out[65536];
    (void)state;
    run(&plain, NULL);
    uint16_t port = http_port();
    assert_true(await("event=posted instance=t draining=0"));
    assert_non_null(strstr(child.text, "service=t instance=t event=greeting text=hello data=given"));
    assert_int_equal(http_ask(port, "GET", "/healthz", out, sizeof(out)), 200);
    assert_int_equal(http_ask(port, "GET", "/readyz", out, sizeof(out)), 200);
    assert_non_null(strstr(out, "\"service\":\"t\""));
    assert_int_equal(http_ask(port, "GET", "/metrics", out, sizeof(out)), 200);
    assert_non_null(strstr(out, "farseat_t_started 1\n"));
    assert_non_null(strstr(out, "farseat_loop_post_delay_seconds_count 1\n"));
    assert_int_equal(health_code(&plain, port), 0);
    assert_int_equal(kill(child.pid, SIGHUP), 0);
    assert_int_equal(kill(child.pid, SIGTERM), 0);
    expect_exit(0);
    assert_int_equal(health_code(&plain, port), 1);
    assert_non_null(strstr(child.text, "event=drain-called"));
    assert_non_null(strstr(child.text, "event=stop-called"));
    assert_non_null(strstr(child.text, "event=stopped failed=0"));
}

static void a_second_signal_hastens(void **state)
{
    static char out[65536];
    struct far_service_def def = plain;
    (void)state;
    def.drain = drain_never;
    run(&def, NULL);
    uint16_t port = http_port();
    assert_int_equal(kill(child.pid, SIGTERM), 0);
    assert_true(await("event=drain-called"));
    assert_int_equal(http_ask(port, "GET", "/healthz", out, sizeof(out)), 200);
    assert_int_equal(http_ask(port, "GET", "/readyz", out, sizeof(out)), 503);
    assert_int_equal(health_code(&def, port), 1);
    assert_int_equal(kill(child.pid, SIGINT), 0);
    expect_exit(0);
    assert_non_null(strstr(child.text, "event=stop-hastened"));
}

static void the_drain_has_a_deadline(void **state)
{
    struct far_service_def def = plain;
    (void)state;
    def.drain = drain_never;
    (void)setenv("FARSEAT_SERVICE_DRAIN_MAX", "50ms", 1);
    run(&def, NULL);
    (void)unsetenv("FARSEAT_SERVICE_DRAIN_MAX");
    assert_true(await("event=started"));
    assert_int_equal(kill(child.pid, SIGTERM), 0);
    expect_exit(0);
    assert_non_null(strstr(child.text, "event=drain-deadline"));
}

static void failures_exit_with_1(void **state)
{
    struct far_service_def def = plain;
    (void)state;
    def.start = start_refused;
    run(&def, NULL);
    expect_exit(1);
    assert_non_null(strstr(child.text, "event=start-failed err=EIO"));
    assert_non_null(strstr(child.text, "event=stop-called"));
    def.start = start_and_fail;
    run(&def, NULL);
    expect_exit(1);
    assert_non_null(strstr(child.text, "event=service-failed reason=\"the disk is gone\""));
}

static void it_may_end_itself(void **state)
{
    struct far_service_def def = plain;
    (void)state;
    def.drain = NULL;
    (void)setenv("FARSEAT_T_GREETING", "end", 1);
    run(&def, NULL);
    (void)unsetenv("FARSEAT_T_GREETING");
    expect_exit(0);
    assert_non_null(strstr(child.text, "event=draining why=end"));
}

static void the_command_line(void **state)
{
    static const struct {
        const char *args[4];
        int code;
        const char *wanted;
    } runs[] = {
        {{"--version"}, 0, "farseat-t 0."},
        {{"--help"}, 0, "usage: farseat-t [--config FILE]"},
        {{"--config-reference"}, 0, "| `t.greeting` | one of hello, fail, end | `hello` |"},
        {{"--config-reference"}, 0, "| `service.instance` | text, 1 to 63 characters | `t` |"},
        {{"--metrics-reference"}, 0, "| `farseat_t_started` | gauge | | Started. |"},
        {{"--states-reference"}, 0, "    asleep --> awake : call\n"},
        {{"--check"}, 0, "configuration ok"},
        {{"--check", "--config", "/no/file"}, 2, "/no/file: does not exist; check the path"},
        {{"--nonsense"}, 2, "farseat-t: see --help"},
        {{"stray"}, 2, "farseat-t: see --help"},
    };
    (void)state;
    for (size_t i = 0; i < FAR_ARRAY_LEN(runs); i++) {
        run(&plain, runs[i].args);
        expect_exit(runs[i].code);
        if (!strstr(child.text, runs[i].wanted)) fail_msg("%s: %s", runs[i].args[0], child.text);
    }
    (void)setenv("FARSEAT_CONFIG", "/no/file/either", 1);
    run(&plain, (const char *const[]){"--check", NULL});
    (void)unsetenv("FARSEAT_CONFIG");
    expect_exit(2);
    assert_non_null(strstr(child.text, "/no/file/either: does not exist"));
    (void)setenv("FARSEAT_T_GREETING", "fail", 1);
    run(&plain, NULL);
    expect_exit(2);
    assert_non_null(strstr(child.text, "t.greeting: fail is for start() only"));
    (void)setenv("FARSEAT_T_GREETING", "hello", 1);
    (void)setenv("FARSEAT_HTTP_LISTEN", "nowhere", 1);
    run(&plain, NULL);
    expect_exit(1);
    assert_non_null(strstr(child.text, "event=http-listen-wrong"));
    (void)unsetenv("FARSEAT_HTTP_LISTEN");
    (void)unsetenv("FARSEAT_T_GREETING");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_shows_itself_and_drains),
        cmocka_unit_test(a_second_signal_hastens),
        cmocka_unit_test(the_drain_has_a_deadline),
        cmocka_unit_test(failures_exit_with_1),
        cmocka_unit_test(it_may_end_itself),
        cmocka_unit_test(the_command_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
