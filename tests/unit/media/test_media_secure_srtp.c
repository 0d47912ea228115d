/* SPDX-License-Identifier: Apache-2.0 */
/* Against libre's SRTP, and against forgers. */
#include "secure_peer.h"
#include "secure_srtp.h"
#include <string.h>

static const uint8_t MASTER[SECURE_SRTP_MASTER] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                                   11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
                                                   21, 22, 23, 24, 25, 26, 27, 28, 29, 30};
#define ROOM 256u

static struct secure_srtp *ours(void)
{
    struct secure_srtp *srtp = NULL;
    assert_int_equal(secure_srtp_create(MASTER, &srtp), FAR_OK);
    return srtp;
}

static size_t plain(uint8_t packet[ROOM], uint32_t ssrc, uint16_t sequence)
{
    const struct far_rtp rtp = {
        .payload_type = 8, .sequence = sequence, .timestamp = 160u * sequence, .ssrc = ssrc};
    far_rtp_encode(&rtp, packet);
    memset(packet + FAR_RTP_HEADER, sequence & 0xff, FAR_G711_FRAME);
    return FAR_RTP_HEADER + FAR_G711_FRAME;
}

static size_t sealed(struct secure_srtp *srtp, uint8_t packet[ROOM], uint32_t ssrc, uint16_t sequence)
{
    size_t len = plain(packet, ssrc, sequence);
    assert_int_equal(secure_srtp_seal(srtp, packet, &len), FAR_OK);
    assert_int_equal(len, FAR_RTP_HEADER + FAR_G711_FRAME + SECURE_SRTP_GROWTH);
    return len;
}

static void assert_plain(const uint8_t *packet, size_t len, uint32_t ssrc, uint16_t sequence)
{
    uint8_t expected[ROOM];
    assert_int_equal(len, plain(expected, ssrc, sequence));
    assert_memory_equal(packet, expected, len);
}

static void both_ways_with_libre_over_a_roll_over(void **state)
{
    (void)state;
    struct secure_srtp *tx = ours(), *rx = ours();
    struct foreign_srtp *their_rx = foreign_srtp_new(MASTER), *their_tx = foreign_srtp_new(MASTER);
    for (uint32_t i = 0; i < 140000; i++) {
        uint8_t packet[ROOM];
        uint16_t sequence = (uint16_t)(30000 + i);
        size_t len = sealed(tx, packet, 7, sequence);
        if (!foreign_srtp_open(their_rx, packet, &len)) fail_msg("libre refused packet %u", i);
        assert_plain(packet, len, 7, sequence);
        len = plain(packet, 9, sequence);
        assert_true(foreign_srtp_seal(their_tx, packet, &len, ROOM));
        if (secure_srtp_open(rx, packet, &len) != FAR_OK) fail_msg("packet %u was refused", i);
        assert_plain(packet, len, 9, sequence);
    }
    foreign_srtp_free(their_rx);
    foreign_srtp_free(their_tx);
    (void)secure_srtp_destroy(tx);
    (void)secure_srtp_destroy(rx);
}

static void rtcp_both_ways_with_libre(void **state)
{
    (void)state;
    struct secure_srtp *tx = ours(), *rx = ours();
    struct foreign_srtp *their_rx = foreign_srtp_new(MASTER), *their_tx = foreign_srtp_new(MASTER);
    const struct far_rtcp_report report = {.ssrc = 7, .sender = true, .packets = 5};
    uint8_t packet[ROOM], expected[ROOM], kept[ROOM];
    size_t expected_len = far_rtcp_encode(&report, "x", expected), len = 0;
    for (int i = 0; i < 100; i++) {
        memcpy(packet, expected, expected_len);
        len = expected_len;
        assert_int_equal(secure_srtcp_seal(tx, packet, &len), FAR_OK);
        assert_int_equal(len, expected_len + SECURE_SRTCP_GROWTH);
        assert_true(foreign_srtcp_open(their_rx, packet, &len));
        assert_memory_equal(packet, expected, expected_len);
        assert_true(foreign_srtcp_seal(their_tx, packet, &len, ROOM));
        memcpy(kept, packet, len);
        size_t kept_len = len;
        assert_int_equal(secure_srtcp_open(rx, packet, &len), FAR_OK);
        assert_int_equal(len, expected_len);
        assert_memory_equal(packet, expected, expected_len);
        assert_int_equal(secure_srtcp_open(rx, kept, &kept_len), FAR_EEXIST);
    }
    memcpy(packet, expected, expected_len);
    len = expected_len;
    assert_true(foreign_srtcp_seal(their_tx, packet, &len, ROOM));
    for (size_t i = 0; i < len; i++) {
        size_t damaged_len = len;
        memcpy(kept, packet, len);
        kept[i] ^= 4;
        assert_int_not_equal(secure_srtcp_open(rx, kept, &damaged_len), FAR_OK);
    }
    assert_int_equal(secure_srtcp_open(rx, packet, &len), FAR_OK);
    foreign_srtp_free(their_rx);
    foreign_srtp_free(their_tx);
    (void)secure_srtp_destroy(tx);
    (void)secure_srtp_destroy(rx);
}

static void what_was_changed_is_refused(void **state)
{
    (void)state;
    struct secure_srtp *tx = ours(), *rx = ours();
    uint8_t packet[ROOM], damaged[ROOM];
    size_t len = sealed(tx, packet, 7, 100);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        size_t damaged_len = len;
        memcpy(damaged, packet, len);
        damaged[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(secure_srtp_open(rx, damaged, &damaged_len), FAR_OK);
        assert_int_equal(damaged_len, len);
    }
    for (size_t shorter = 0; shorter < len; shorter++) {
        size_t damaged_len = shorter;
        memcpy(damaged, packet, len);
        assert_int_not_equal(secure_srtp_open(rx, damaged, &damaged_len), FAR_OK);
    }
    assert_int_equal(secure_srtp_open(rx, packet, &len), FAR_OK); /* nothing of that has harmed it */
    assert_plain(packet, len, 7, 100);
    (void)secure_srtp_destroy(tx);
    (void)secure_srtp_destroy(rx);
}

static void what_came_already_is_refused(void **state)
{
    (void)state;
    struct secure_srtp *tx = ours(), *rx = ours();
    static uint8_t packets[100][ROOM];
    size_t len = 0;
    for (uint16_t i = 0; i < 100; i++)
        len = sealed(tx, packets[i], 7, (uint16_t)(65500 + i)); /* across the roll-over */
    static const struct {
        uint8_t packet;
        enum far_err err;
    } rows[] = {{10, FAR_OK}, {10, FAR_EEXIST}, {9, FAR_OK},      {40, FAR_OK},
                {35, FAR_OK}, {36, FAR_OK},     {36, FAR_EEXIST}, {9, FAR_EEXIST},
                {99, FAR_OK}, {35, FAR_EEXIST}, {34, FAR_EEXIST}, {37, FAR_OK}};
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++) {
        uint8_t copy[ROOM];
        size_t copy_len = len;
        memcpy(copy, packets[rows[i].packet], len);
        if (secure_srtp_open(rx, copy, &copy_len) != rows[i].err) fail_msg("row %zu", i);
    }
    (void)secure_srtp_destroy(tx);
    (void)secure_srtp_destroy(rx);
}

/* Before the roll-over a forger names numbers from behind it; afterwards the true stream goes on as ever. */
static void forgers_do_not_shift_the_roll_over(void **state)
{
    (void)state;
    struct secure_srtp *tx = ours(), *rx = ours();
    uint8_t packet[ROOM];
    size_t len = sealed(tx, packet, 7, 40000);
    assert_int_equal(secure_srtp_open(rx, packet, &len), FAR_OK);
    for (uint16_t i = 0; i < 1000; i++) {
        len = plain(packet, i % 2 ? 7 : 1000u + i, i); /* also of many other SSRCs */
        memset(packet + len, i & 0xff, SECURE_SRTP_GROWTH);
        len += SECURE_SRTP_GROWTH;
        assert_int_equal(secure_srtp_open(rx, packet, &len), FAR_EDENIED);
    }
    for (uint16_t i = 0; i < 30000; i++) {
        uint16_t sequence = (uint16_t)(40001 + i);
        len = sealed(tx, packet, 7, sequence);
        assert_int_equal(secure_srtp_open(rx, packet, &len), FAR_OK);
    }
    (void)secure_srtp_destroy(tx);
    (void)secure_srtp_destroy(rx);
}

static void a_number_is_never_used_twice(void **state)
{
    (void)state;
    struct secure_srtp *tx = ours();
    struct foreign_srtp *their_rx = foreign_srtp_new(MASTER);
    uint8_t packet[ROOM];
    size_t len = sealed(tx, packet, 7, 65534);
    assert_true(foreign_srtp_open(their_rx, packet, &len));
    len = plain(packet, 7, 65534);
    assert_int_equal(secure_srtp_seal(tx, packet, &len), FAR_EEXIST);
    assert_plain(packet, len, 7, 65534); /* nor was it encrypted */
    len = sealed(tx, packet, 7, 0);
    assert_true(foreign_srtp_open(their_rx, packet, &len));
    len = sealed(tx, packet, 7, 65535); /* late, from before the roll-over */
    len = sealed(tx, packet, 7, 1);
    assert_true(foreign_srtp_open(their_rx, packet, &len)); /* which has not shifted it */
    foreign_srtp_free(their_rx);
    (void)secure_srtp_destroy(tx);
}

static void a_stream_that_changes_its_ssrc_goes_on(void **state)
{
    (void)state;
    struct secure_srtp *tx = ours(), *rx = ours();
    uint8_t packet[ROOM];
    for (uint32_t ssrc = 1; ssrc <= 20; ssrc++)
        for (uint16_t i = 0; i < 5; i++) {
            size_t len = sealed(tx, packet, ssrc, (uint16_t)(1000 + i));
            assert_int_equal(secure_srtp_open(rx, packet, &len), FAR_OK);
            assert_plain(packet, len, ssrc, (uint16_t)(1000 + i));
        }
    (void)secure_srtp_destroy(tx);
    (void)secure_srtp_destroy(rx);
}

static void headers_of_any_length_pass(void **state)
{
    (void)state;
    struct secure_srtp *tx = ours();
    struct foreign_srtp *their_rx = foreign_srtp_new(MASTER);
    uint8_t packet[ROOM] = {
        0x92, 8, 0, 1, 0, 0, 0, 1, 0,    0,    0, 7, /* two CSRCs, an extension of a word */
        0,    0, 0, 1, 0, 0, 0, 2, 0xbe, 0xde, 0, 1, 0x10, 0xff, 0, 0, 'h', 'e', 'y'};
    uint8_t before[ROOM];
    size_t len = 31;
    memcpy(before, packet, sizeof(before));
    assert_int_equal(secure_srtp_seal(tx, packet, &len), FAR_OK);
    assert_memory_equal(packet, before, 28);
    assert_true(foreign_srtp_open(their_rx, packet, &len));
    assert_int_equal(len, 31);
    assert_memory_equal(packet, before, len);
    packet[15 + 8] = 200; /* an extension beyond the end */
    assert_int_equal(secure_srtp_seal(tx, packet, &len), FAR_EPROTO);
    foreign_srtp_free(their_rx);
    (void)secure_srtp_destroy(tx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_with_libre_over_a_roll_over),
        cmocka_unit_test(rtcp_both_ways_with_libre),
        cmocka_unit_test(what_was_changed_is_refused),
        cmocka_unit_test(what_came_already_is_refused),
        cmocka_unit_test(forgers_do_not_shift_the_roll_over),
        cmocka_unit_test(a_number_is_never_used_twice),
        cmocka_unit_test(a_stream_that_changes_its_ssrc_goes_on),
        cmocka_unit_test(headers_of_any_length_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
