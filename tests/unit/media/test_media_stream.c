/* SPDX-License-Identifier: Apache-2.0 */
#include "far/test.h"
#include "stream.h"

#define MS 1000u

static struct far_rtp packet(uint32_t ssrc, uint16_t sequence, uint32_t timestamp)
{
    return (struct far_rtp){.ssrc = ssrc, .sequence = sequence, .timestamp = timestamp};
}

static void one_source_keeps_its_steps(void **state)
{
    (void)state;
    struct stream stream;
    struct stream_out out;
    stream_init(&stream, 1, 65534, 1000, 0);
    for (uint16_t i = 0; i < 10; i++) {
        if (i == 4) continue; /* lost on the way to us: lost on the way from us */
        struct far_rtp in = packet(9, (uint16_t)(500 + i), 7000 + i * 160u);
        assert_true(stream_relay(&stream, 5, &in, 160, i * 20u * MS, &out));
        assert_int_equal(out.sequence, (uint16_t)(65535 + i));
        assert_int_equal(out.timestamp, 1000 + i * 160u);
        assert_int_equal(out.marker, i == 0);
    }
}

static void a_late_packet_keeps_its_place_and_one_from_before_the_switch_is_left_out(void **state)
{
    (void)state;
    struct stream stream;
    struct stream_out out;
    stream_init(&stream, 1, 10, 0, 0);
    struct far_rtp first = packet(9, 100, 1600), third = packet(9, 102, 1920), second = packet(9, 101, 1760);
    struct far_rtp before = packet(9, 99, 1440);
    assert_true(stream_relay(&stream, 5, &first, 160, 0, &out));
    assert_true(stream_relay(&stream, 5, &third, 160, 40 * MS, &out));
    assert_true(stream_relay(&stream, 5, &second, 160, 41 * MS, &out));
    assert_int_equal(out.sequence, 12);
    assert_int_equal(out.timestamp, 160);
    assert_false(stream_relay(&stream, 5, &before, 160, 42 * MS, &out));
    struct far_rtp fourth = packet(9, 103, 2080);
    assert_true(stream_relay(&stream, 5, &fourth, 160, 60 * MS, &out));
    assert_int_equal(out.sequence, 14);
}

static void sources_follow_each_other_as_one_stream(void **state)
{
    (void)state;
    struct stream stream;
    struct stream_out out;
    stream_init(&stream, 1, 0, 0, 0);
    uint16_t sequence = 0;
    for (unsigned i = 0; i < 5; i++) { /* a prompt */
        stream_own(&stream, 77, 160, i * 20 * MS, &out);
        assert_int_equal(out.sequence, ++sequence);
        assert_int_equal(out.timestamp, i * 160);
        assert_int_equal(out.marker, i == 0);
    }
    struct far_rtp in = packet(3, 40000, 99); /* a peer, 900 ms later */
    assert_true(stream_relay(&stream, 5, &in, 160, 1000 * MS, &out));
    assert_int_equal(out.sequence, ++sequence);
    assert_int_equal(out.timestamp, 8000);
    assert_true(out.marker);
    in = packet(4, 7, 123456); /* the peer begins anew with another SSRC, at once */
    assert_true(stream_relay(&stream, 5, &in, 160, 1001 * MS, &out));
    assert_int_equal(out.sequence, ++sequence);
    assert_int_equal(out.timestamp, 8160);    /* never before the end of what was sent */
    in = packet(4, 8, 123456 + 8000 * 3600u); /* its clock jumps an hour */
    assert_true(stream_relay(&stream, 5, &in, 160, 1040 * MS, &out));
    assert_int_equal(out.sequence, ++sequence);
    assert_int_equal(out.timestamp, 8320);
    stream_own(&stream, 78, 160, 1060 * MS, &out);
    assert_int_equal(out.sequence, ++sequence);
    assert_int_equal(out.timestamp, 8480);
}

static void own_sound_catches_up_after_a_pause(void **state)
{
    (void)state;
    struct stream stream;
    struct stream_out out;
    stream_init(&stream, 1, 0, 0, 0);
    stream_own(&stream, 7, 160, 0, &out);
    stream_own(&stream, 7, 160, 90 * MS, &out); /* 70 ms late: made good by sending faster */
    assert_int_equal(out.timestamp, 160);
    stream_own(&stream, 7, 160, 500 * MS, &out);
    assert_int_equal(out.timestamp, 4000);
    assert_true(out.marker);
}

static void what_is_skipped_leaves_no_gap(void **state)
{
    (void)state;
    struct stream stream;
    struct stream_out out;
    stream_init(&stream, 1, 0, 0, 0);
    struct far_rtp in = packet(9, 100, 0);
    assert_true(stream_relay(&stream, 5, &in, 160, 0, &out));
    in = packet(9, 101, 160);
    stream_skip(&stream, 5, &in);
    in = packet(9, 102, 320);
    assert_true(stream_relay(&stream, 5, &in, 160, 40 * MS, &out));
    assert_int_equal(out.sequence, 2);
    assert_int_equal(out.timestamp, 320);
    stream_skip(&stream, 6, &in); /* another source's packet changes nothing */
    in = packet(9, 103, 480);
    assert_true(stream_relay(&stream, 5, &in, 160, 60 * MS, &out));
    assert_int_equal(out.sequence, 3);
}

static void long_streams_wrap(void **state)
{
    (void)state;
    struct stream stream;
    struct stream_out out = {0};
    stream_init(&stream, 1, 0, UINT32_MAX - 100, 0);
    for (uint32_t i = 0; i < 200000; i++) {
        struct far_rtp in = packet(9, (uint16_t)(i + 300), i * 160 + 5);
        assert_true(stream_relay(&stream, 5, &in, 160, (uint64_t)i * 20 * MS, &out));
        assert_int_equal(out.sequence, (uint16_t)(i + 1));
        assert_int_equal(out.timestamp, UINT32_MAX - 100 + i * 160);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_source_keeps_its_steps),
        cmocka_unit_test(a_late_packet_keeps_its_place_and_one_from_before_the_switch_is_left_out),
        cmocka_unit_test(sources_follow_each_other_as_one_stream),
        cmocka_unit_test(own_sound_catches_up_after_a_pause),
        cmocka_unit_test(what_is_skipped_leaves_no_gap),
        cmocka_unit_test(long_streams_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
