/* SPDX-License-Identifier: Apache-2.0 */
#include "far/health.h"
#include "far/http.h"
#include "far/log.h"
#include "far/metrics.h"
#include "far/test.h"
#include "http_get.h"
#include <fcntl.h>
#include <stdio.h>

static struct far_http *start(const char *listen_text, const struct far_loop *loop)
{
    struct far_http *http = NULL;
    struct far_http_config config = {
        .listen = listen_text, .service = "t", .instance = "t-1", .version = "9", .loop = loop};
    assert_int_equal(far_http_create(&config, &http), FAR_OK);
    return http;
}

static void answers_its_pages(void **state)
{
    static struct far_metric rows[] = {{.name = "farseat_http_test", .type = FAR_GAUGE, .help = "x"}};
    static char out[65536];
    (void)state;
    assert_int_equal(far_metrics_register(rows, 1), FAR_OK);
    struct far_http *http = start("127.0.0.1:0", NULL);
    uint16_t port = far_http_port(http);
    assert_true(port > 0);
    assert_int_equal(http_ask(port, "GET", "/healthz", out, sizeof(out)), 200);
    assert_int_equal(http_ask(port, "GET", "/metrics", out, sizeof(out)), 200);
    assert_non_null(strstr(out, "farseat_http_test 0\n"));
    assert_non_null(strstr(out, "text/plain; version=0.0.4"));
    assert_int_equal(http_ask(port, "GET", "/readyz", out, sizeof(out)), 200);
    assert_non_null(strstr(out, "\"instance\":\"t-1\",\"version\":\"9\",\"ready\":true"));
    far_health_set("x", FAR_HEALTH_FAILED, "gone");
    assert_int_equal(http_ask(port, "GET", "/readyz", out, sizeof(out)), 503);
    assert_non_null(strstr(out, "gone"));
    far_health_remove("x");
    assert_int_equal(http_ask(port, "HEAD", "/readyz", out, sizeof(out)), 200);
    assert_null(strstr(out, "instance"));
    assert_int_equal(http_ask(port, "GET", "/", out, sizeof(out)), 404);
    assert_int_equal(http_ask(port, "GET", "/healthz/../etc", out, sizeof(out)), 404);
    assert_int_equal(http_ask(port, "POST", "/healthz", out, sizeof(out)), 405);
    assert_int_equal(http_ask(port, "DELETE", "/metrics", out, sizeof(out)), 405);
    assert_null(far_http_destroy(http));
    assert_int_equal(http_ask(port, "GET", "/healthz", out, sizeof(out)), 0);
}

static void wrong_and_taken_addresses(void **state)
{
    static const char *const wrong[] = {"",    "127.0.0.1",      "127.0.0.1:x", "no.such.host:1",
                                        ":80", "127.0.0.1:70000"};
    struct far_http *http = start("localhost:0", NULL), *second = NULL;
    struct far_http_config config = {.service = "t", .instance = "t", .version = "9"};
    char taken[32];
    (void)state;
    for (size_t i = 0; i < FAR_ARRAY_LEN(wrong); i++) {
        config.listen = wrong[i];
        assert_int_equal(far_http_create(&config, &second), FAR_EINVAL);
    }
    (void)snprintf(taken, sizeof(taken), "127.0.0.1:%u", far_http_port(http));
    config.listen = taken;
    assert_int_equal(far_http_create(&config, &second), FAR_EIO);
    assert_null(second);
    far_http_destroy(http);
    assert_null(far_http_destroy(NULL));
}

static void garbage_does_no_harm(void **state)
{
    static char out[65536];
    struct far_http *http = start("127.0.0.1:0", NULL);
    (void)state;
    assert_int_not_equal(http_ask(far_http_port(http), "\x01\x02\x03", "\xff\xfe", out, sizeof(out)), 200);
    assert_int_equal(http_ask(far_http_port(http), "GET", "/healthz", out, sizeof(out)), 200);
    far_http_destroy(http);
}

static void a_check_asks_for_readiness(void **state)
{
    static const char *const nobody[] = {"", "127.0.0.1", "no.such.host:1", "127.0.0.1:1"};
    struct far_http *http = start("127.0.0.1:0", NULL);
    char at[32], body[64], small[8];
    int status = 0;
    (void)state;
    (void)snprintf(at, sizeof(at), "127.0.0.1:%u", far_http_port(http));
    assert_int_equal(far_http_check(at, &status, body, sizeof(body)), FAR_OK);
    assert_int_equal(status, 200);
    assert_int_equal(strncmp(body, "{\"service\":\"t\"", 14), 0);
    far_health_set("x", FAR_HEALTH_FAILED, "gone");
    assert_int_equal(far_http_check(at, &status, small, sizeof(small)), FAR_OK);
    assert_int_equal(status, 503);
    assert_int_equal(strlen(small), sizeof(small) - 1);
    far_health_remove("x");
    far_http_destroy(http);
    status = 7;
    for (size_t i = 0; i < FAR_ARRAY_LEN(nobody); i++)
        assert_int_equal(far_http_check(nobody[i], &status, body, sizeof(body)), FAR_ENOTFOUND);
    assert_int_equal(status, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_its_pages),
        cmocka_unit_test(wrong_and_taken_addresses),
        cmocka_unit_test(garbage_does_no_harm),
        cmocka_unit_test(a_check_asks_for_readiness),
    };
    far_log_set_fd(open("/dev/null", O_WRONLY));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
