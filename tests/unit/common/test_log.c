/* SPDX-License-Identifier: Apache-2.0 */
#include "far/log.h"
#include "far/test.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ends[2];
static char lines[1 << 20];

static int set_up(void **state)
{
    (void)state;
    if (pipe2(ends, O_NONBLOCK) != 0) return 1;
    (void)fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
    far_log_set_fd(ends[1]);
    far_log_init("edge", "hq 1", FAR_LOG_INFO);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    far_log_set_fd(2);
    close(ends[0]);
    close(ends[1]);
    return 0;
}

/* What was written since the last call. */
static const char *written(void)
{
    size_t len = 0;
    ssize_t got;
    while ((got = read(ends[0], lines + len, sizeof(lines) - 1 - len)) > 0)
        len += (size_t)got;
    lines[len] = '\0';
    return lines;
}

/* The part after event=, without the newline. */
static const char *fields(void)
{
    char *at = strstr((char *)(uintptr_t)written(), " event=");
    assert_non_null(at);
    at[strcspn(at, "\n")] = '\0';
    return at + 7;
}

static void one_line_with_its_frame(void **state)
{
    (void)state;
    FAR_INFO("leg-answered", "leg=%s wait_ms=%u", "l-1", 250u);
    const char *line = written();
    assert_int_equal(strncmp(line, "time=20", 7), 0);
    assert_non_null(strstr(line, "Z level=info service=edge instance=\"hq 1\" event=leg-answered leg=l-1 "
                                 "wait_ms=250\n"));
    assert_int_equal(line[strlen(line) - 1], '\n');
    FAR_INFO("bare", "");
    assert_string_equal(fields(), "bare");
}

static void every_conversion(void **state)
{
    int64_t big = INT64_MIN;
    uint64_t unsigned_big = UINT64_MAX;
    (void)state;
    FAR_INFO("n", "a=%d b=%" PRId64 " c=%" PRIu64 " d=%zu e=%lld f=%hhu g=%hd h=%x i=%05d j=%-4d k=%+d", -1,
             big, unsigned_big, (size_t)7, -9LL, (unsigned char)200, (short)-3, 255u, 42, 5, 6);
    assert_string_equal(fields(),
                        "n a=-1 b=-9223372036854775808 c=18446744073709551615 d=7 e=-9 f=200 g=-3 h=ff "
                        "i=00042 j=\"5   \" k=+6");
    FAR_INFO("s", "a=%.*s b=%.2s c=%c d=%.3f e=%5d f=%lu g=%%", 3, "abcdef", "xyz", 'q', 1.5, 12, 3ul);
    assert_string_equal(fields(), "s a=abc b=xy c=q d=1.500 e=\"   12\" f=3 g=%");
    FAR_INFO("p", "a=%s:%u b=x%sx", "10.0.0.1", 5060u, "-");
    assert_string_equal(fields(), "p a=10.0.0.1:5060 b=x-x");
    const char *volatile nothing = NULL;
    FAR_INFO("null", "a=%s", nothing);
    assert_string_equal(fields(), "null a=(null)");
}

static void values_cannot_forge(void **state)
{
    (void)state;
    FAR_INFO("x", "from=%s to=%s", "a level=error", "b\nevent=forged");
    assert_string_equal(fields(), "x from=\"a level=error\" to=\"b\\nevent=forged\"");
    FAR_INFO("x", "v=%s w=%s", "", "say \"hi\" \\ \x01\x7f");
    assert_string_equal(fields(), "x v=\"\" w=\"say \\\"hi\\\" \\\\ \\x01\\x7f\"");
    FAR_INFO("x", "v=%s w=%s", "\xe6\x8e\xa5", "bad\xff");
    assert_string_equal(fields(), "x v=\xe6\x8e\xa5 w=\"bad\\xff\"");
    FAR_INFO("an event", "v=%s", "a=b");
    assert_string_equal(fields(), "\"an event\" v=\"a=b\"");
    FAR_INFO("x", "no key %d", 5);
    assert_string_equal(fields(), "x text=no text=key text=5");
}

static void long_lines_are_cut(void **state)
{
    char value[10000];
    (void)state;
    memset(value, 'v', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    FAR_INFO("x", "v=%s after=%d", value, 5);
    const char *line = written();
    assert_in_range(strlen(line), 3900, 4096);
    assert_non_null(strstr(line, " truncated=1\n"));
}

static void levels(void **state)
{
    enum far_log_level level = FAR_LOG_ERROR;
    (void)state;
    FAR_DEBUG("hidden", "");
    assert_string_equal(written(), "");
    assert_int_equal(far_log_level_parse("DEBUG", &level), FAR_OK);
    far_log_set_level(level);
    FAR_DEBUG("shown", "");
    assert_string_equal(fields(), "shown");
    far_log_set_level(FAR_LOG_ERROR);
    FAR_WARN("hidden", "");
    assert_string_equal(written(), "");
    assert_int_equal(far_log_level_parse("loud", &level), FAR_EINVAL);
    far_log_set_level(FAR_LOG_INFO);
}

static void flood(int count)
{
    for (int i = 0; i < count; i++)
        FAR_INFO("flood", "i=%d", i);
}

static size_t count_lines(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}

static void a_flood_is_held_back_and_counted(void **state)
{
    (void)state;
    errno = EPIPE;
    flood(1000);
    assert_int_equal(errno, EPIPE);
    size_t count = count_lines(written());
    assert_in_range(count, 100, 300); /* 100 a second, and a second may have begun meanwhile */
    const char *found = NULL;
    for (int i = 0; i < 3000 && !found; i++) { /* until the next window of a second */
        (void)usleep(1000);
        flood(1);
        found = strstr(written(), " suppressed=");
    }
    assert_non_null(found);
    assert_true(atoi(found + 12) >= 700);
}

static void *write_lines(void *arg)
{
    for (int i = 0; i < 90; i++)
        FAR_INFO("thread", "name=%s i=%d", (const char *)arg, i);
    return NULL;
}

static void threads_do_not_mix(void **state)
{
    pthread_t threads[4];
    static const char *const names[] = {"aaaa", "bbbb", "cccc", "dddd"};
    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, (void *)(uintptr_t)names[i]), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    char *text = (char *)(uintptr_t)written();
    assert_true(count_lines(text) >= 90);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        assert_int_equal(strncmp(line, "time=", 5), 0);
        assert_non_null(strstr(line, " event=thread name="));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_line_with_its_frame, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_conversion, set_up, tear_down),
        cmocka_unit_test_setup_teardown(values_cannot_forge, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_lines_are_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(levels, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_flood_is_held_back_and_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(threads_do_not_mix, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
