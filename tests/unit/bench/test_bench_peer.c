/* SPDX-License-Identifier: Apache-2.0 */
#include "far/test.h"
#include "peer.h"
#include <arpa/inet.h>
#include <stdlib.h>

static void no_peer_is_normal(void **state)
{
    struct bench_peer peer;
    (void)state;
    assert_int_equal(unsetenv("FARSEAT_BENCH_PEER"), 0);
    assert_false(bench_peer(&peer));
    assert_int_equal(setenv("FARSEAT_BENCH_PEER", "", 1), 0);
    assert_false(bench_peer(&peer));
}

static void a_peer_is_read(void **state)
{
    struct bench_peer peer;
    (void)state;
    assert_int_equal(
        setenv("FARSEAT_BENCH_PEER", "Other-1 127.0.0.21:5060 q-a 127.0.0.31:5080 127.0.0.32:5090 4711", 1),
        0);
    assert_true(bench_peer(&peer));
    assert_string_equal(peer.name, "Other-1");
    assert_string_equal(peer.dialled, "q-a");
    assert_int_equal(ntohs(peer.address.sin_port), 5060);
    assert_int_equal(ntohl(peer.caller.sin_addr.s_addr), 0x7f00001f);
    assert_int_equal(ntohs(peer.agent.sin_port), 5090);
    assert_int_equal(peer.pid, 4711);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_peer_is_normal), cmocka_unit_test(a_peer_is_read)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
