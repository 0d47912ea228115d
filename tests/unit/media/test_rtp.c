/* SPDX-License-Identifier: Apache-2.0 */
#include "far/media/rtp.h"
#include "far/test.h"
#include <stdlib.h>
#include <string.h>

static void header_goes_there_and_back(void **state)
{
    (void)state;
    const struct far_rtp rtp = {
        .payload_type = 8, .marker = true, .sequence = 0xfffe, .timestamp = 0x12345678, .ssrc = 0xdeadbeef};
    uint8_t bytes[FAR_RTP_HEADER + 3] = {[12] = 1, 2, 3};
    struct far_rtp back;
    far_rtp_encode(&rtp, bytes);
    assert_int_equal(bytes[0], 0x80);
    assert_int_equal(far_rtp_decode(bytes, sizeof(bytes), &back), FAR_OK);
    assert_int_equal(back.payload_type, 8);
    assert_true(back.marker);
    assert_int_equal(back.sequence, 0xfffe);
    assert_int_equal(back.timestamp, 0x12345678);
    assert_int_equal(back.ssrc, 0xdeadbeef);
    assert_int_equal(back.payload_offset, 12);
    assert_int_equal(back.payload_len, 3);
}

/* Decode from a block of exactly len bytes, so that ASan sees one byte too many. */
static enum far_err decode(const uint8_t *bytes, size_t len, struct far_rtp *ret_rtp)
{
    uint8_t *exact = malloc(len > 0 ? len : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    enum far_err err = far_rtp_decode(exact, len, ret_rtp);
    free(exact);
    return err;
}

static void csrc_extension_and_padding_are_skipped(void **state)
{
    (void)state;
    struct far_rtp rtp;
    /* padding, extension of one word, two CSRCs; payload of 2, padding of 3 */
    const uint8_t bytes[12 + 8 + 8 + 2 + 3] = {
        [0] = 0x80 | 0x20 | 0x10 | 2, [1] = 0, [23] = 1, [28] = 7, 9, 0, 0, 3};
    assert_int_equal(decode(bytes, sizeof(bytes), &rtp), FAR_OK);
    assert_int_equal(rtp.payload_offset, 28);
    assert_int_equal(rtp.payload_len, 2);
    for (size_t len = 0; len < 28; len++) /* cut inside the header */
        assert_int_equal(decode(bytes, len, &rtp), FAR_EPROTO);
}

static void what_is_not_rtp_is_refused(void **state)
{
    (void)state;
    struct far_rtp rtp;
    uint8_t bytes[FAR_RTP_BYTES_MAX + 1] = {0x80};
    assert_int_equal(decode(bytes, 12, &rtp), FAR_OK);
    assert_int_equal(decode(bytes, FAR_RTP_BYTES_MAX, &rtp), FAR_OK);
    assert_int_equal(decode(bytes, FAR_RTP_BYTES_MAX + 1, &rtp), FAR_EFULL);
    bytes[0] = 0x40;
    assert_int_equal(decode(bytes, 12, &rtp), FAR_EPROTO); /* version 1 */
    bytes[0] = 0xa0;
    bytes[13] = 0;
    assert_int_equal(decode(bytes, 14, &rtp), FAR_EPROTO); /* padding of 0 */
    bytes[13] = 3;
    assert_int_equal(decode(bytes, 14, &rtp), FAR_EPROTO); /* padding beyond the payload */
    bytes[13] = 2;
    assert_int_equal(decode(bytes, 14, &rtp), FAR_OK);
    assert_int_equal(rtp.payload_len, 0);
}

static enum far_rtp_arrival track(struct far_rtp_tracker *tracker, uint16_t sequence)
{
    return far_rtp_track(tracker, sequence, sequence * 160u, sequence * 160u);
}

static void tracker_counts_loss_reorder_and_duplicates_over_a_wrap(void **state)
{
    (void)state;
    struct far_rtp_tracker tracker = {0};
    assert_int_equal(track(&tracker, 65534), FAR_RTP_IN_ORDER);
    assert_int_equal(track(&tracker, 65535), FAR_RTP_IN_ORDER);
    assert_int_equal(track(&tracker, 0), FAR_RTP_IN_ORDER);
    assert_int_equal(track(&tracker, 3), FAR_RTP_GAP);
    assert_int_equal(far_rtp_lost(&tracker), 2);
    assert_int_equal(track(&tracker, 1), FAR_RTP_LATE);
    assert_int_equal(track(&tracker, 1), FAR_RTP_DUPLICATE);
    assert_int_equal(track(&tracker, 3), FAR_RTP_DUPLICATE);
    assert_int_equal(far_rtp_lost(&tracker), 1);
    assert_int_equal(track(&tracker, 4), FAR_RTP_IN_ORDER);
    assert_int_equal(tracker.received, 6);
    assert_int_equal(tracker.duplicates, 2);
    assert_int_equal(tracker.late, 1);
    assert_int_equal(track(&tracker, 30000), FAR_RTP_RESTART);
    assert_int_equal(track(&tracker, 30001), FAR_RTP_IN_ORDER);
    assert_int_equal(far_rtp_lost(&tracker), 1);
    assert_int_equal(tracker.restarts, 1);
}

static void a_sender_that_begins_anew_is_followed(void **state)
{
    (void)state;
    struct far_rtp_tracker tracker = {0};
    for (uint16_t i = 0; i < 50; i++)
        (void)track(&tracker, i);
    for (uint16_t i = 0; i < 3; i++) /* a file of a second, looped */
        assert_int_equal(track(&tracker, i), FAR_RTP_DUPLICATE);
    assert_int_equal(track(&tracker, 3), FAR_RTP_RESTART);
    assert_int_equal(track(&tracker, 4), FAR_RTP_IN_ORDER);
    struct far_rtp_tracker doubled = {0};
    for (uint16_t i = 0; i < 50; i++) { /* a network that doubles every packet is another thing */
        assert_int_equal(track(&doubled, i), FAR_RTP_IN_ORDER);
        assert_int_equal(track(&doubled, i), FAR_RTP_DUPLICATE);
    }
    assert_int_equal(doubled.restarts, 0);
}

static void jitter_is_that_of_the_rfc(void **state)
{
    (void)state;
    struct far_rtp_tracker tracker = {0};
    for (unsigned i = 0; i < 400; i++) /* every second packet 80 units (10 ms) late: differences of 80 */
        (void)far_rtp_track(&tracker, (uint16_t)i, i * 160, i * 160 + (i & 1) * 80);
    assert_in_range(tracker.jitter_q4 / 16, 78, 80);
    struct far_rtp_tracker even = {0};
    for (unsigned i = 0; i < 400; i++)
        (void)far_rtp_track(&even, (uint16_t)i, i * 160, i * 160 + 77);
    assert_int_equal(even.jitter_q4, 0);
}

static void reports_go_there_and_back(void **state)
{
    (void)state;
    const struct far_rtcp_report report = {.ssrc = 1,
                                           .sender = true,
                                           .ntp = 0x0102030405060708,
                                           .timestamp = 3,
                                           .packets = 4,
                                           .octets = 5,
                                           .block = true,
                                           .about_ssrc = 6,
                                           .fraction_lost = 7,
                                           .lost = -8,
                                           .highest = 9,
                                           .jitter = 10,
                                           .last_sr = 11,
                                           .delay_since_sr = 12};
    struct far_rtcp_report back;
    uint8_t bytes[FAR_RTCP_REPORT_MAX];
    size_t len = far_rtcp_encode(&report, "a-name-that-is-too-long", bytes);
    assert_int_equal(len % 4, 0);
    assert_in_range(len, 60, FAR_RTCP_REPORT_MAX);
    assert_int_equal(far_rtcp_decode(bytes, len, &back), FAR_OK);
    assert_int_equal(back.ntp, report.ntp);
    assert_int_equal(back.octets, 5);
    assert_int_equal(back.lost, -8);
    assert_int_equal(back.delay_since_sr, 12);
    for (size_t cut = 0; cut < 52; cut++)
        assert_int_equal(far_rtcp_decode(bytes, cut, &back), FAR_EPROTO);
    const struct far_rtcp_report empty = {.ssrc = 1};
    len = far_rtcp_encode(&empty, "x", bytes);
    assert_int_equal(far_rtcp_decode(bytes, len, &back), FAR_OK);
    assert_false(back.sender || back.block);
    assert_int_equal(far_rtcp_decode(bytes + 8, len - 8, &back), FAR_ENOTFOUND); /* the SDES alone */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_goes_there_and_back),
        cmocka_unit_test(csrc_extension_and_padding_are_skipped),
        cmocka_unit_test(what_is_not_rtp_is_refused),
        cmocka_unit_test(tracker_counts_loss_reorder_and_duplicates_over_a_wrap),
        cmocka_unit_test(a_sender_that_begins_anew_is_followed),
        cmocka_unit_test(jitter_is_that_of_the_rfc),
        cmocka_unit_test(reports_go_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
