/* SPDX-License-Identifier: Apache-2.0 */
#include "far/str.h"
#include "far/test.h"
#include "hello.h"
#include <stdio.h>
#include <string.h>

static const uint8_t secret[HELLO_SECRET_BYTES] = {1, 2, 3}, other[HELLO_SECRET_BYTES] = {4};

static struct hello sample(void)
{
    return (struct hello){.phone = "8001",
                          .client = "203.0.113.9:51000",
                          .at_s = 1760000000,
                          .nonce = "00112233445566778899aabbccddeeff"};
}

static enum far_err read_text(const char *text, struct hello *ret)
{
    return hello_read(text, strlen(text), secret, ret);
}

static void what_is_written_is_read(void **state)
{
    char line[HELLO_LINE_MAX + 1];
    struct hello hello = sample(), read;
    (void)state;
    assert_int_equal(hello_write(&hello, secret, line), FAR_OK);
    size_t len = strlen(line);
    assert_int_equal(line[len - 1], '\n');
    assert_int_equal(hello_read(line, len - 1, secret, &read), FAR_OK);
    assert_string_equal(read.phone, "8001");
    assert_string_equal(read.client, "203.0.113.9:51000");
    assert_string_equal(read.nonce, hello.nonce);
    assert_int_equal(read.at_s, 1760000000);
    assert_int_equal(hello_read(line, len - 1, other, &read), FAR_EDENIED);
    (void)far_str_copy(hello.client, sizeof(hello.client), "[2001:db8::9]:51000");
    assert_int_equal(hello_write(&hello, secret, line), FAR_OK);
    assert_int_equal(hello_read(line, strlen(line) - 1, secret, &read), FAR_OK);
}

/* Made by another program: the contract with the gateway. */
static void known_line(void **state)
{
    struct hello read;
    uint8_t zeros[HELLO_SECRET_BYTES] = {0};
    const char *line = "FARSEAT/1 8001 127.0.0.1:5 1760000000 00000000000000000000000000000000 "
                       "61a113a7bcb7d892ca64cabdbb905b239fc22d8eb454db47362dc8e28b5cc037";
    (void)state;
    assert_int_equal(hello_read(line, strlen(line), zeros, &read), FAR_OK);
}

static void one_way_to_write_it_only(void **state)
{
    char line[HELLO_LINE_MAX + 1], bad[HELLO_LINE_MAX + 8];
    struct hello hello = sample(), read;
    (void)state;
    assert_int_equal(hello_write(&hello, secret, line), FAR_OK);
    line[strlen(line) - 1] = '\0';
    for (size_t i = 0; line[i]; i++) { /* any other byte anywhere */
        memcpy(bad, line, sizeof(line));
        bad[i] = bad[i] == '0' ? '1' : '0';
        assert_int_not_equal(read_text(bad, &read), FAR_OK);
    }
    (void)snprintf(bad, sizeof(bad), "%s ", line);
    assert_int_equal(read_text(bad, &read), FAR_EPROTO);
    (void)snprintf(bad, sizeof(bad), " %s", line);
    assert_int_equal(read_text(bad, &read), FAR_EPROTO);
    assert_int_equal(read_text("", &read), FAR_EPROTO);
    assert_int_equal(read_text("FARSEAT/1 ", &read), FAR_EPROTO);
    assert_int_equal(read_text("GET / HTTP/1.1\r", &read), FAR_EPROTO);
    assert_int_equal(hello_read("FARSEAT/1 a\0b c", 15, secret, &read), FAR_EPROTO);
    memset(bad, 'a', sizeof(bad));
    assert_int_equal(hello_read(bad, sizeof(bad), secret, &read), FAR_EPROTO);
}

static void what_cannot_be_read_is_not_written(void **state)
{
    char line[HELLO_LINE_MAX + 1];
    (void)state;
    struct hello hello = sample();
    (void)far_str_copy(hello.phone, sizeof(hello.phone), "80 01");
    assert_int_equal(hello_write(&hello, secret, line), FAR_EINVAL);
    hello = sample();
    (void)far_str_copy(hello.client, sizeof(hello.client), "a\nb");
    assert_int_equal(hello_write(&hello, secret, line), FAR_EINVAL);
    hello = sample();
    hello.nonce[31] = '\0';
    assert_int_equal(hello_write(&hello, secret, line), FAR_EINVAL);
}

static void nonces_count_once(void **state)
{
    struct hello_nonces *nonces = NULL;
    struct hello hello = sample();
    int64_t now_s = hello.at_s;
    (void)state;
    assert_int_equal(hello_nonces_create(3, 7, &nonces), FAR_OK);
    assert_int_equal(hello_nonces_take(nonces, &hello, now_s + 61), FAR_ETIMEOUT);
    assert_int_equal(hello_nonces_take(nonces, &hello, now_s - 61), FAR_ETIMEOUT);
    assert_int_equal(hello_nonces_take(nonces, &hello, now_s - 60), FAR_OK);
    assert_int_equal(hello_nonces_take(nonces, &hello, now_s), FAR_EEXIST);
    assert_int_equal(hello_nonces_take(nonces, &hello, now_s + 60), FAR_EEXIST);
    hello.nonce[0] = 'a';
    assert_int_equal(hello_nonces_take(nonces, &hello, now_s), FAR_OK);
    hello.nonce[0] = 'b';
    assert_int_equal(hello_nonces_take(nonces, &hello, now_s), FAR_OK);
    hello.nonce[0] = 'c';
    assert_int_equal(hello_nonces_take(nonces, &hello, now_s), FAR_EFULL);
    hello.at_s = now_s + 200;
    assert_int_equal(hello_nonces_take(nonces, &hello, now_s + 200), FAR_OK); /* the old ones are gone */
    assert_null(hello_nonces_destroy(nonces));
    assert_null(hello_nonces_destroy(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),  cmocka_unit_test(known_line),
        cmocka_unit_test(one_way_to_write_it_only), cmocka_unit_test(what_cannot_be_read_is_not_written),
        cmocka_unit_test(nonces_count_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
