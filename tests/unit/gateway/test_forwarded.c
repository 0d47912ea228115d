/* SPDX-License-Identifier: Apache-2.0 */
#include "far/test.h"
#include "http/forwarded.h"
#include <string.h>

static struct http_proxies proxies;

static int setup(void **state)
{
    (void)state;
    static const char *const texts[] = {"10.0.0.1", "192.168.0.0/16", "2001:db8::/33"};
    const struct far_config_list list = {3, texts};
    const char *wrong = NULL;
    return http_proxies_read(&list, &proxies, &wrong) == FAR_OK ? 0 : -1;
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    static const char *const wrongs[] = {"",           "10.0.0",     "10.0.0.1/33", "10.0.0.1/",  "::/129",
                                         "10.0.0.1/x", "host.local", "10.0.0.256",  "10.0.0.1/-1"};
    for (size_t i = 0; i < FAR_ARRAY_LEN(wrongs); i++) {
        const struct far_config_list list = {1, &wrongs[i]};
        struct http_proxies read;
        const char *wrong = NULL;
        assert_int_equal(http_proxies_read(&list, &read, &wrong), FAR_EINVAL);
        assert_string_equal(wrong, wrongs[i]);
    }
}

static void networks_are_told_by_their_bits(void **state)
{
    (void)state;
    assert_true(http_proxies_have(&proxies, "10.0.0.1"));
    assert_false(http_proxies_have(&proxies, "10.0.0.2"));
    assert_true(http_proxies_have(&proxies, "192.168.255.1"));
    assert_false(http_proxies_have(&proxies, "192.169.0.1"));
    assert_true(http_proxies_have(&proxies, "::ffff:192.168.3.4"));
    assert_true(http_proxies_have(&proxies, "2001:db8:7fff::1"));
    assert_false(http_proxies_have(&proxies, "2001:db8:8000::1"));
    assert_false(http_proxies_have(&proxies, "nonsense"));
    assert_false(http_proxies_have(NULL, "10.0.0.1"));
}

static void the_client_is_the_last_that_is_no_proxy(void **state)
{
    (void)state;
    static const struct {
        const char *peer, *header, *client;
    } rows[] = {
        {"203.0.113.9", "1.2.3.4", "203.0.113.9"}, /* a stranger's word */
        {"10.0.0.1", "1.2.3.4", "1.2.3.4"},
        {"10.0.0.1", "9.9.9.9, 1.2.3.4", "1.2.3.4"}, /* what the client itself wrote is not believed */
        {"10.0.0.1", "1.2.3.4, 192.168.1.1", "1.2.3.4"},
        {"10.0.0.1", " 1.2.3.4:5678 ,192.168.1.1:80", "1.2.3.4"},
        {"10.0.0.1", "[2001:db9::7]:443", "2001:db9::7"},
        {"10.0.0.1", "2001:db9::7", "2001:db9::7"},
        {"10.0.0.1", "1.2.3.4, nonsense", "10.0.0.1"},
        {"10.0.0.1", "", "10.0.0.1"},
        {"10.0.0.1", ",", "10.0.0.1"},
        {"10.0.0.1", "192.168.7.7", "192.168.7.7"}, /* nobody but proxies: the farthest */
        {"10.0.0.1", "[1.2.3.4", "10.0.0.1"},
    };
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++) {
        char client[64];
        http_client_address(&proxies, rows[i].peer, rows[i].header, client, sizeof(client));
        assert_string_equal(client, rows[i].client);
    }
}

static void a_cookie_is_found_by_its_whole_name(void **state)
{
    (void)state;
    char value[8];
    assert_true(http_cookie("a=1; name=xy; b=2", "name", value, sizeof(value)));
    assert_string_equal(value, "xy");
    assert_true(http_cookie("name=", "name", value, sizeof(value)));
    assert_string_equal(value, "");
    assert_false(http_cookie("xname=1; names=2", "name", value, sizeof(value)));
    assert_false(http_cookie("", "name", value, sizeof(value)));
    assert_false(http_cookie(";;;", "name", value, sizeof(value)));
    assert_false(http_cookie("name=12345678", "name", value, sizeof(value))); /* too long */
    assert_true(http_cookie("name=1;name=2", "name", value, sizeof(value)));
    assert_string_equal(value, "1");
}

static void origins_and_codings(void **state)
{
    (void)state;
    assert_true(http_origin_is("https://A.example:8443", "https", "a.example:8443"));
    assert_false(http_origin_is("http://a.example", "https", "a.example"));
    assert_false(http_origin_is("https://a.example.evil", "https", "a.example"));
    assert_false(http_origin_is("null", "https", "a.example"));
    assert_false(http_origin_is("https://", "https", ""));
    assert_true(http_accepts("gzip, deflate, br", "br"));
    assert_true(http_accepts("gzip;q=0.5", "gzip"));
    assert_false(http_accepts("br;q=0, gzip", "br"));
    assert_false(http_accepts("br;q=0.0", "br"));
    assert_false(http_accepts("brotli", "br"));
    assert_false(http_accepts("", "br"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(networks_are_told_by_their_bits),
        cmocka_unit_test(the_client_is_the_last_that_is_no_proxy),
        cmocka_unit_test(a_cookie_is_found_by_its_whole_name),
        cmocka_unit_test(origins_and_codings),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
