/* SPDX-License-Identifier: Apache-2.0 */
#include "far/test.h"
#include "media_rig.h"
#include "ports.h"
#include <sys/socket.h>
#include <unistd.h>

static void pairs_are_even_and_a_freed_one_rests_longest(void **state)
{
    (void)state;
    struct ports ports;
    const struct in_addr loopback = {htonl(INADDR_LOOPBACK)};
    assert_int_equal(ports_init(&ports, loopback, RIG_PORT_MIN + 1, RIG_PORT_MAX), FAR_OK);
    assert_int_equal(ports.first, RIG_PORT_MIN + 2);
    uint16_t first, second;
    int rtp, rtcp;
    assert_int_equal(ports_bind(&ports, &first, &rtp, &rtcp), FAR_OK);
    assert_int_equal(first % 2, 0);
    struct sockaddr_in address;
    socklen_t len = sizeof(address);
    assert_int_equal(getsockname(rtcp, (struct sockaddr *)&address, &len), 0);
    assert_int_equal(ntohs(address.sin_port), first + 1);
    (void)close(rtp);
    (void)close(rtcp);
    ports_free(&ports, first);
    assert_int_equal(ports.taken_len, 0);
    assert_int_equal(ports_bind(&ports, &second, &rtp, NULL), FAR_OK);
    assert_true(second > first);
    (void)close(rtp);
    ports_free(&ports, second);
    ports_free(&ports, second); /* twice is harmless */
    ports_free(&ports, 1);
    assert_int_equal(ports.taken_len, 0);
    ports_done(&ports);
}

static void ports_that_others_hold_are_stepped_over(void **state)
{
    (void)state;
    struct ports ours, others;
    const struct in_addr loopback = {htonl(INADDR_LOOPBACK)};
    uint16_t taken, port;
    int taken_fd, fd;
    assert_int_equal(ports_init(&others, loopback, RIG_PORT_MIN, RIG_PORT_MAX), FAR_OK);
    assert_int_equal(ports_bind(&others, &taken, &taken_fd, NULL), FAR_OK);
    assert_int_equal(ports_init(&ours, loopback, taken, (uint16_t)(taken + 1)), FAR_OK);
    assert_int_equal(ports_bind(&ours, &port, &fd, NULL), FAR_EFULL);
    (void)close(taken_fd);
    assert_int_equal(ports_bind(&ours, &port, &fd, NULL), FAR_OK);
    assert_int_equal(port, taken);
    assert_int_equal(ports_bind(&ours, &port, &taken_fd, NULL), FAR_EFULL); /* ours by now */
    (void)close(fd);
    ports_done(&ours);
    ports_done(&others);
}

static void ranges_without_a_pair_are_refused(void **state)
{
    (void)state;
    struct ports ports;
    const struct in_addr loopback = {htonl(INADDR_LOOPBACK)};
    assert_int_equal(ports_init(&ports, loopback, 21201, 21202), FAR_EINVAL);
    assert_int_equal(ports_init(&ports, loopback, 0, 1), FAR_EINVAL);
    assert_int_equal(ports_init(&ports, loopback, 21210, 21200), FAR_EINVAL);
    assert_int_equal(ports_init(&ports, loopback, 65535, 65535), FAR_EINVAL);
    assert_int_equal(ports_init(&ports, loopback, 65534, 65535), FAR_OK);
    assert_int_equal(ports.len, 1);
    ports_done(&ports);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_even_and_a_freed_one_rests_longest),
        cmocka_unit_test(ports_that_others_hold_are_stepped_over),
        cmocka_unit_test(ranges_without_a_pair_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
