/* SPDX-License-Identifier: Apache-2.0 */
#include "far/test.h"
#include "latch.h"

static struct sockaddr_in address(uint8_t host, uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_addr = {htonl(0x0a000000u + host)}, .sin_port = htons(port)};
}

static void the_first_source_is_taken_and_a_stray_packet_is_not(void **state)
{
    (void)state;
    struct latch latch = {0};
    const struct sockaddr_in signalled = address(1, 4000), phone = address(2, 5000), stray = address(3, 6000);
    assert_true(latch_signal(&latch, &signalled, 0));
    assert_int_equal(latch_check(&latch, &phone, 7, 1, 1000), LATCH_ACCEPT_NEW); /* behind NAT */
    for (uint16_t i = 2; i < 200; i++) {
        assert_int_equal(latch_check(&latch, &phone, 7, i, i * 20000u), LATCH_ACCEPT);
        assert_int_equal(latch_check(&latch, &stray, 9, i, i * 20000u),
                         LATCH_STRAY); /* a whole stream of it */
    }
}

static void a_silent_source_is_followed_by_another_after_several_packets(void **state)
{
    (void)state;
    struct latch latch = {0};
    const struct sockaddr_in signalled = address(1, 4000), old = address(2, 5000), moved = address(2, 5555);
    assert_true(latch_signal(&latch, &signalled, 0));
    assert_int_equal(latch_check(&latch, &old, 7, 1, 0), LATCH_ACCEPT_NEW);
    for (uint16_t i = 0; i < 4; i++)
        assert_int_equal(latch_check(&latch, &moved, 8, (uint16_t)(50 + i), 600000u + i * 20000u),
                         LATCH_STRAY);
    assert_int_equal(latch_check(&latch, &moved, 8, 54, 680000), LATCH_ACCEPT_NEW);
    assert_true(latch_same(&latch.source, &moved));
    /* five packets that do not belong together are none */
    for (uint16_t i = 0; i < 20; i++)
        assert_int_equal(latch_check(&latch, &old, i, (uint16_t)(i * 300), 2000000u + i), LATCH_STRAY);
}

static void the_signalled_address_wins_over_a_living_other(void **state)
{
    (void)state;
    struct latch latch = {0};
    const struct sockaddr_in signalled = address(1, 4000), thief = address(3, 6000);
    assert_true(latch_signal(&latch, &signalled, 0));
    assert_int_equal(latch_check(&latch, &thief, 9, 1, 0), LATCH_ACCEPT_NEW);
    enum latch_verdict verdict = LATCH_STRAY;
    for (uint16_t i = 0; i < 5; i++) {
        verdict = latch_check(&latch, &signalled, 7, i, i * 20000u + 1);
        (void)latch_check(&latch, &thief, 9, (uint16_t)(i + 2), i * 20000u + 2);
    }
    assert_int_equal(verdict, LATCH_ACCEPT_NEW);
    assert_true(latch_same(&latch.source, &signalled));
}

static void a_new_address_drops_the_latch_and_shuns_the_old_source_for_a_while(void **state)
{
    (void)state;
    struct latch latch = {0};
    const struct sockaddr_in first = address(1, 4000), second = address(1, 4002), hold = address(0, 0);
    assert_true(latch_signal(&latch, &first, 0));
    assert_int_equal(latch_check(&latch, &first, 7, 1, 0), LATCH_ACCEPT_NEW);
    assert_false(latch_signal(&latch, &first, 1)); /* a re-INVITE that changes nothing */
    assert_false(latch_signal(&latch, &hold, 1));  /* 0.0.0.0 */
    assert_int_equal(latch_check(&latch, &first, 7, 2, 2), LATCH_ACCEPT);
    assert_true(latch_signal(&latch, &second, 100));
    assert_int_equal(latch_check(&latch, &first, 7, 3, 200), LATCH_STRAY); /* still under way */
    assert_int_equal(latch_check(&latch, &second, 8, 1, 300), LATCH_ACCEPT_NEW);
    assert_true(latch_signal(&latch, &first, 400));
    assert_int_equal(latch_check(&latch, &second, 8, 2, 400 + LATCH_SHUN_US),
                     LATCH_ACCEPT_NEW); /* it is all there is */
}

static void the_same_source_may_begin_anew(void **state)
{
    (void)state;
    struct latch latch = {0};
    const struct sockaddr_in phone = address(1, 4000);
    assert_true(latch_signal(&latch, &phone, 0));
    assert_int_equal(latch_check(&latch, &phone, 7, 1, 0), LATCH_ACCEPT_NEW);
    assert_int_equal(latch_check(&latch, &phone, 8, 9000, 1), LATCH_ACCEPT_NEW);
    assert_int_equal(latch_check(&latch, &phone, 8, 9001, 2), LATCH_ACCEPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_source_is_taken_and_a_stray_packet_is_not),
        cmocka_unit_test(a_silent_source_is_followed_by_another_after_several_packets),
        cmocka_unit_test(the_signalled_address_wins_over_a_living_other),
        cmocka_unit_test(a_new_address_drops_the_latch_and_shuns_the_old_source_for_a_while),
        cmocka_unit_test(the_same_source_may_begin_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
