/* SPDX-License-Identifier: Apache-2.0 */
#include "far/media/dtmf.h"
#include "far/test.h"
#include <string.h>

struct heard {
    char digits[64];
    uint32_t duration_ms[64];
    size_t len;
    size_t begun;
};

static void enter(struct far_dtmf_rx *rx, const uint8_t *payload, size_t len, uint32_t timestamp,
                  uint64_t now_us, struct heard *heard)
{
    struct far_dtmf_hit hits[2];
    bool begun = false;
    size_t count = far_dtmf_receive(rx, payload, len, timestamp, now_us, &begun, hits);
    heard->begun += begun;
    for (size_t i = 0; i < count; i++) {
        heard->digits[heard->len] = hits[i].digit;
        heard->duration_ms[heard->len++] = hits[i].duration_ms;
    }
}

/* Send one digit; packets whose number is in the mask lost are not delivered. */
static void press(struct far_dtmf_rx *rx, char digit, uint32_t duration_ms, uint32_t timestamp, uint64_t lost,
                  struct heard *heard)
{
    struct far_dtmf_tx tx;
    uint8_t payload[FAR_DTMF_PAYLOAD];
    bool marker = false;
    assert_int_equal(far_dtmf_start(&tx, digit, duration_ms), FAR_OK);
    for (unsigned i = 0; far_dtmf_next(&tx, payload, &marker); i++) {
        assert_int_equal(marker, i == 0);
        if (!(lost >> i & 1)) enter(rx, payload, sizeof(payload), timestamp, i * 20000u, heard);
    }
}

static void every_digit_arrives_once_with_its_length(void **state)
{
    (void)state;
    struct far_dtmf_rx rx = {0};
    struct heard heard = {0};
    static const char digits[] = "0123456789*#ABCD";
    for (uint32_t i = 0; i < 16; i++)
        press(&rx, digits[i], 100, 1000 + i * 2000, 0, &heard);
    assert_int_equal(heard.len, 16);
    assert_int_equal(heard.begun, 16);
    assert_memory_equal(heard.digits, digits, 16);
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(heard.duration_ms[i], 100);
}

static void packets_of_a_digit_are_five_and_two_more_ends(void **state)
{
    (void)state;
    struct far_dtmf_tx tx;
    uint8_t payload[FAR_DTMF_PAYLOAD];
    bool marker;
    unsigned packets = 0, ends = 0;
    assert_int_equal(far_dtmf_start(&tx, '#', 100), FAR_OK);
    while (far_dtmf_next(&tx, payload, &marker)) {
        packets++;
        ends += payload[1] >> 7;
        assert_int_equal(payload[0], 11);
    }
    assert_int_equal(packets, 7);
    assert_int_equal(ends, 3);
    assert_int_equal(payload[2] << 8 | payload[3], 800);
}

static void losses_do_not_lose_or_double_a_digit(void **state)
{
    (void)state;
    struct far_dtmf_rx rx = {0};
    struct heard heard = {0};
    press(&rx, '1', 100, 1000, 0x0f, &heard); /* all but the ends lost */
    press(&rx, '2', 100, 3000, 0x30, &heard); /* one end left */
    press(&rx, '3', 100, 5000, 0x70, &heard); /* all ends lost: it ends when the next begins */
    press(&rx, '3', 100, 7000, 0, &heard);    /* the same key again is another digit */
    press(&rx, '4', 100, 9000, 0x7e, &heard); /* only its first packet comes */
    assert_string_equal(heard.digits, "1233");
    struct far_dtmf_hit hit;
    assert_false(far_dtmf_expire(&rx, 199999, &hit));
    assert_true(far_dtmf_expire(&rx, 200000, &hit));
    assert_int_equal(hit.digit, '4');
    assert_int_equal(hit.duration_ms, 20);
    assert_false(far_dtmf_expire(&rx, 900000, &hit));
}

static void late_packets_of_an_earlier_digit_are_no_digit(void **state)
{
    (void)state;
    struct far_dtmf_rx rx = {0};
    struct heard heard = {0};
    const uint8_t end_of_one[] = {1, 0x8a, 3, 32};
    press(&rx, '1', 100, 1000, 0, &heard);
    press(&rx, '2', 100, 3000, 0, &heard);
    enter(&rx, end_of_one, 4, 1000, 0, &heard);
    assert_string_equal(heard.digits, "12");
}

static void a_recorded_digit_that_is_played_again_counts_again(void **state)
{
    (void)state;
    struct far_dtmf_rx rx = {0};
    struct heard heard = {0};
    const uint8_t one[] = {1, 0x8a, 3, 32}, two[] = {2, 0x8a, 3, 32};
    enter(&rx, one, 4, 1000, 0, &heard);
    enter(&rx, one, 4, 1000, 40000, &heard);   /* a repeated end */
    enter(&rx, two, 4, 1000, 60000, &heard);   /* another key with the same time stamp */
    enter(&rx, two, 4, 1000, 1000000, &heard); /* the same recording a second later */
    enter(&rx, one, 4, 500, 2000000, &heard);
    assert_string_equal(heard.digits, "1221");
}

static void malformed_payloads_and_other_events_are_ignored(void **state)
{
    (void)state;
    struct far_dtmf_rx rx = {0};
    struct heard heard = {0};
    const uint8_t flash[] = {16, 0x8a, 3, 32};
    for (size_t len = 0; len < 4; len++)
        enter(&rx, flash, len, 1, 0, &heard);
    enter(&rx, flash, 4, 1, 0, &heard);
    assert_int_equal(heard.len + heard.begun, 0);
    struct far_dtmf_tx tx;
    assert_int_equal(far_dtmf_start(&tx, 'x', 100), FAR_EINVAL);
    assert_int_equal(far_dtmf_start(&tx, '\0', 100), FAR_EINVAL);
    assert_int_equal(far_dtmf_start(&tx, '1', 39), FAR_EINVAL);
    assert_int_equal(far_dtmf_start(&tx, '1', 5001), FAR_EINVAL);
    assert_int_equal(far_dtmf_event('d'), 15);
    assert_int_equal(far_dtmf_digit(16), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_digit_arrives_once_with_its_length),
        cmocka_unit_test(packets_of_a_digit_are_five_and_two_more_ends),
        cmocka_unit_test(losses_do_not_lose_or_double_a_digit),
        cmocka_unit_test(late_packets_of_an_earlier_digit_are_no_digit),
        cmocka_unit_test(a_recorded_digit_that_is_played_again_counts_again),
        cmocka_unit_test(malformed_payloads_and_other_events_are_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
