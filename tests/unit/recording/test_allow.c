/* SPDX-License-Identifier: Apache-2.0 */
#include "allow.h"
#include "far/test.h"
#include <arpa/inet.h>

static bool has(const struct allow *allow, const char *text)
{
    struct in_addr address;
    assert_int_equal(inet_pton(AF_INET, text, &address), 1);
    return allow_has(allow, address);
}

static void networks_and_hosts(void **state)
{
    (void)state;
    struct allow allow = {.len = 0};
    assert_false(has(&allow, "127.0.0.1"));
    assert_int_equal(allow_add(&allow, "10.1.0.0/16"), FAR_OK);
    assert_int_equal(allow_add(&allow, "192.0.2.7"), FAR_OK);
    assert_true(has(&allow, "10.1.255.255"));
    assert_false(has(&allow, "10.2.0.0"));
    assert_true(has(&allow, "192.0.2.7"));
    assert_false(has(&allow, "192.0.2.8"));
    assert_int_equal(allow_add(&allow, "0.0.0.0/0"), FAR_OK);
    assert_true(has(&allow, "203.0.113.1"));
}

static void refusals(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "10.1", "10.1.0.0/33", "10.1.0.0/-1", "10.1.0.0/x", "10.1.0.1/16", "::1", "host"};
    struct allow allow = {.len = 0};
    for (size_t i = 0; i < FAR_ARRAY_LEN(bad); i++)
        assert_int_equal(allow_add(&allow, bad[i]), FAR_EINVAL);
    for (size_t i = 0; i < ALLOW_MAX; i++)
        assert_int_equal(allow_add(&allow, "10.0.0.0/8"), FAR_OK);
    assert_int_equal(allow_add(&allow, "10.0.0.0/8"), FAR_EFULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_and_hosts),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
