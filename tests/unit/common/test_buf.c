/* SPDX-License-Identifier: Apache-2.0 */
#include "far/buf.h"
#include "far/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void grows_to_its_limit_and_no_further(void **state)
{
    struct far_buf buf;
    (void)state;
    far_buf_init(&buf, 1000);
    assert_string_equal(buf.data, "");
    for (int i = 0; i < 100; i++)
        far_buf_addf(&buf, "%010d", i);
    assert_int_equal(buf.err, FAR_OK);
    assert_int_equal(buf.len, 1000);
    assert_string_equal(buf.data + 990, "0000000099");
    far_buf_add_text(&buf, "x");
    assert_int_equal(buf.err, FAR_EFULL);
    assert_int_equal(buf.len, 1000);
    far_buf_add_text(&buf, "");
    assert_int_equal(buf.err, FAR_EFULL);
    assert_null(far_buf_take(&buf));
    far_buf_clear(&buf);
    assert_int_equal(buf.err, FAR_OK);
    assert_string_equal(buf.data, "");
    far_buf_addf(&buf, "%1001d", 1);
    assert_int_equal(buf.err, FAR_EFULL);
    far_buf_done(&buf);
    assert_string_equal(buf.data, "");
}

static void hands_over(void **state)
{
    struct far_buf buf;
    (void)state;
    far_buf_init(&buf, 10);
    char *nothing = far_buf_take(&buf);
    assert_string_equal(nothing, "");
    far_buf_add(&buf, "a\0b", 3);
    char *text = far_buf_take(&buf);
    assert_memory_equal(text, "a\0b\0", 4);
    assert_int_equal(buf.len, 0);
    free(nothing);
    free(text);
    far_buf_done(&buf);
}

static void reads_files(void **state)
{
    struct far_buf buf;
    char path[] = "/tmp/far_test_buf_XXXXXX";
    char piece[10000];
    int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    memset(piece, 'x', sizeof(piece));
    assert_int_equal(write(fd, piece, sizeof(piece)), sizeof(piece));
    close(fd);
    far_buf_init(&buf, 10000);
    assert_int_equal(far_buf_add_file(&buf, path), FAR_OK);
    assert_int_equal(buf.len, 10000);
    assert_int_equal(far_buf_add_file(&buf, path), FAR_EFULL);
    far_buf_clear(&buf);
    (void)unlink(path);
    assert_int_equal(far_buf_add_file(&buf, path), FAR_ENOTFOUND);
    assert_int_equal(far_buf_add_file(&buf, "/tmp"), FAR_EIO);
    far_buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_to_its_limit_and_no_further),
        cmocka_unit_test(hands_over),
        cmocka_unit_test(reads_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
