/* SPDX-License-Identifier: Apache-2.0 */
#include "far/health.h"
#include "far/log.h"
#include "far/test.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void the_worst_check_counts(void **state)
{
    struct far_buf out;
    (void)state;
    far_buf_init(&out, 1 << 16);
    assert_int_equal(far_health_worst(), FAR_HEALTH_OK);
    far_health_set("bus", FAR_HEALTH_OK, "%s", "");
    far_health_set("disk", FAR_HEALTH_DEGRADED, "%d percent \"full\"", 91);
    assert_int_equal(far_health_worst(), FAR_HEALTH_DEGRADED);
    far_health_json("edge", "hq", "0.1.0", &out);
    assert_string_equal(
        out.data, "{\"service\":\"edge\",\"instance\":\"hq\",\"version\":\"0.1.0\",\"ready\":true,"
                  "\"state\":\"degraded\",\"checks\":[{\"name\":\"bus\",\"state\":\"ok\",\"text\":\"\"},"
                  "{\"name\":\"disk\",\"state\":\"degraded\",\"text\":\"91 percent \\\"full\\\"\"}]}");
    far_health_set("bus", FAR_HEALTH_FAILED, "no server");
    assert_int_equal(far_health_worst(), FAR_HEALTH_FAILED);
    far_buf_clear(&out);
    far_health_json("edge", "hq", "0.1.0", &out);
    assert_non_null(strstr(out.data, "\"ready\":false"));
    far_health_remove("bus");
    far_health_remove("never there");
    assert_int_equal(far_health_worst(), FAR_HEALTH_DEGRADED);
    far_health_remove("disk");
    assert_int_equal(far_health_worst(), FAR_HEALTH_OK);
    far_buf_done(&out);
}

static int ends[2];

static size_t lines_written(char *text, size_t size)
{
    ssize_t len = read(ends[0], text, size - 1);
    size_t count = 0;
    text[len > 0 ? len : 0] = '\0';
    for (const char *at = text; *at; at++)
        count += *at == '\n';
    return count;
}

static void changes_are_logged_and_repetition_is_not(void **state)
{
    char text[4096];
    (void)state;
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    far_log_set_fd(ends[1]);
    far_health_set("pg", FAR_HEALTH_FAILED, "connecting");
    assert_int_equal(lines_written(text, sizeof(text)), 1);
    assert_non_null(strstr(text, "level=info"));
    for (int i = 0; i < 10; i++) {
        far_health_set("pg", FAR_HEALTH_FAILED, "no server");
        far_health_set("pg", FAR_HEALTH_FAILED, "no server at try %d", i);
    }
    assert_int_equal(lines_written(text, sizeof(text)), 1); /* the first new text, then silence for a while */
    assert_non_null(strstr(
        text, "level=warn service=farseat instance=- event=health check=pg state=failed text=\"no server\""));
    far_health_set("pg", FAR_HEALTH_OK, "%s", "");
    far_health_set("pg", FAR_HEALTH_OK, "%s", "");
    assert_int_equal(lines_written(text, sizeof(text)), 1);
    far_health_set("pg", FAR_HEALTH_DEGRADED, "lost");
    assert_int_equal(lines_written(text, sizeof(text)), 1);
    far_health_remove("pg");
    far_log_set_fd(open("/dev/null", O_WRONLY));
    close(ends[0]);
    close(ends[1]);
}

static void count_up(void *ctx)
{
    ++*(unsigned *)ctx;
}

static void changes_of_state_are_told_and_new_texts_are_not(void **state)
{
    struct far_health_check list[FAR_HEALTH_CHECKS_MAX];
    unsigned told = 0;
    (void)state;
    far_health_watch(count_up, &told);
    far_health_set("kafka", FAR_HEALTH_DEGRADED, "away");
    assert_int_equal(told, 1);
    far_health_set("kafka", FAR_HEALTH_DEGRADED, "still away");
    assert_int_equal(told, 1);
    assert_int_equal(far_health_list(list), 1);
    assert_string_equal(list[0].name, "kafka");
    assert_string_equal(list[0].text, "still away");
    assert_string_equal(far_health_state_name(list[0].state), "degraded");
    far_health_set("kafka", FAR_HEALTH_OK, "%s", "");
    assert_int_equal(told, 2);
    far_health_remove("kafka");
    far_health_remove("kafka");
    assert_int_equal(told, 3);
    far_health_watch(NULL, NULL);
    far_health_set("kafka", FAR_HEALTH_FAILED, "x");
    far_health_remove("kafka");
    assert_int_equal(told, 3);
}

static void checks_are_limited(void **state)
{
    char name[16];
    (void)state;
    for (int i = 0; i < 64; i++) {
        (void)snprintf(name, sizeof(name), "check-%d", i);
        far_health_set(name, FAR_HEALTH_OK, "%s", "");
    }
    far_health_set("one-too-many", FAR_HEALTH_FAILED, "x");
    assert_int_equal(far_health_worst(), FAR_HEALTH_OK);
    far_health_set("check-63", FAR_HEALTH_FAILED, "x");
    assert_int_equal(far_health_worst(), FAR_HEALTH_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worst_check_counts),
        cmocka_unit_test(changes_are_logged_and_repetition_is_not),
        cmocka_unit_test(changes_of_state_are_told_and_new_texts_are_not),
        cmocka_unit_test(checks_are_limited),
    };
    far_log_set_fd(open("/dev/null", O_WRONLY));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
