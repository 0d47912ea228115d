/* SPDX-License-Identifier: Apache-2.0 */
#include "far/test.h"
#include "multipart.h"
#include <string.h>

static struct multipart_part parts[MULTIPART_MAX];
static size_t count;

static enum far_err split(const char *boundary, const char *body)
{
    count = 0;
    return multipart_split(boundary, body, strlen(body), parts, &count);
}
static void assert_body(size_t at, const char *type, const char *body)
{
    assert_string_equal(parts[at].type, type);
    assert_int_equal(parts[at].len, strlen(body));
    assert_memory_equal(parts[at].body, body, strlen(body));
}

static void two_parts(void **state)
{
    (void)state;
    const char body[] = "to be skipped\r\n--cut\r\nContent-Type: application/SDP; charset=x\r\n\r\nv=0\r\no=-\r\n\r\n"
                        "--cut \r\nc: application/rs-metadata+xml\r\nContent-Disposition: recording-session\r\n\r\n<a/>\r\n--cut--\r\nend";
    assert_int_equal(split("\"cut\"", body), FAR_OK);
    assert_int_equal(count, 2);
    assert_body(0, "application/sdp", "v=0\r\no=-\r\n");
    assert_body(1, "application/rs-metadata+xml", "<a/>");
    assert_ptr_equal(multipart_find(parts, count, "application/rs-metadata+xml"), &parts[1]);
    assert_null(multipart_find(parts, count, "text/plain"));
}

static void loose_clients(void **state)
{
    (void)state;
    assert_int_equal(split("cut", "--cut\nContent-Type: a/b\n\nx\n--cut--"), FAR_OK); /* bare line feeds */
    assert_body(0, "a/b", "x");
    assert_int_equal(split("cut", "--cut\r\n\r\nno type, no end"), FAR_OK);
    assert_body(0, "", "no type, no end");
    assert_int_equal(split("cut", "--cut\r\n\r\n--cut--"), FAR_OK);
    assert_body(0, "", "");
    assert_int_equal(split("cut", "--cut\r\n\r\n--cutter\r\n--cut--"), FAR_OK); /* another word */
    assert_body(0, "", "--cutter");
}

static void refusals(void **state)
{
    (void)state;
    char many[512] = "";
    assert_int_equal(split("", "--\r\n\r\n"), FAR_EINVAL);
    assert_int_equal(split("a\nb", "x"), FAR_EINVAL);
    memset(many, 'b', 71);
    assert_int_equal(split(many, "x"), FAR_EINVAL);
    assert_int_equal(split("cut", ""), FAR_EPROTO);
    assert_int_equal(split("cut", "no boundary"), FAR_EPROTO);
    assert_int_equal(split("cut", "--cut\r\nContent-Type: a/b"), FAR_EPROTO);
    assert_int_equal(split("cut", "--cut\r\nContent-Type: a/b\r\n--cut--"), FAR_EPROTO);
    many[0] = '\0';
    for (unsigned i = 0; i <= MULTIPART_MAX; i++)
        strcat(many, "--cut\r\n\r\nx\r\n");
    assert_int_equal(split("cut", many), FAR_EFULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_parts),
        cmocka_unit_test(loose_clients),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
