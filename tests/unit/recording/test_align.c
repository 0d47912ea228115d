/* SPDX-License-Identifier: Apache-2.0 */
#include "align.h"
#include "far/rand.h"
#include "far/test.h"
#include <stdlib.h>
#include <string.h>

#define FRAME 160

static struct align align;
static uint8_t recorded[2][400000];
static size_t recorded_len;

static void begin(void)
{
    align_init(&align, FAR_CODEC_PCMA);
    recorded_len = 0;
}

static void keep(const uint8_t *chunk, size_t frames)
{
    assert_true(recorded_len + frames <= sizeof(recorded[0]));
    for (size_t i = 0; i < frames; i++, recorded_len++)
        for (unsigned s = 0; s < 2; s++)
            recorded[s][recorded_len] = chunk[2 * i + s];
}

static void take(int64_t now_at)
{
    uint8_t chunk[ALIGN_CHUNK_BYTES];
    while (align_take(&align, now_at, chunk))
        keep(chunk, ALIGN_CHUNK);
}

static void finish(int64_t end_at)
{
    uint8_t chunk[ALIGN_CHUNK_BYTES];
    for (size_t frames = align_rest(&align, end_at, chunk); frames > 0;
         frames = align_rest(&align, end_at, chunk))
        keep(chunk, frames);
    assert_int_equal(recorded_len, end_at);
}

/* Packet n of a stream whose every packet is filled with its own byte. */
static uint8_t mark(unsigned side, unsigned n)
{
    return (uint8_t)(1 + (n * 2 + side) % 200);
}
static void push(unsigned side, unsigned n, uint32_t ssrc, uint32_t ts_base, int64_t arrived_at)
{
    uint8_t payload[FRAME];
    memset(payload, mark(side, n), sizeof(payload));
    struct far_rtp rtp = {.payload_type = FAR_CODEC_PCMA,
                          .sequence = (uint16_t)(65530 + n), /* wraps */
                          .timestamp = ts_base + n * FRAME,
                          .ssrc = ssrc,
                          .payload_len = FRAME};
    align_push(&align, side, &rtp, payload, arrived_at);
}

static bool all(unsigned side, int64_t from, int64_t len, uint8_t byte)
{
    for (int64_t i = from; i < from + len; i++)
        if (recorded[side][i] != byte) return false;
    return true;
}

static void streams_lie_where_they_were_spoken(void **state)
{
    (void)state;
    begin();
    for (unsigned n = 0; n < 100; n++) { /* the right one begins a second later, its clock somewhere else */
        push(0, n, 1, 4294960000u, (n + 1) * FRAME);
        if (n >= 50) push(1, n - 50, 2, 77, (n + 1) * FRAME);
        take((n + 1) * FRAME);
    }
    finish(100 * FRAME);
    for (unsigned n = 0; n < 100; n++) {
        assert_true(all(0, n * FRAME, FRAME, mark(0, n)));
        if (n >= 50) assert_true(all(1, n * FRAME, FRAME, mark(1, n - 50)));
    }
    assert_true(all(1, 0, 50 * FRAME, FAR_G711_SILENCE_PCMA));
    struct align_figures figures;
    align_figures(&align, 1, &figures);
    assert_int_equal(figures.packets, 50);
    assert_int_equal(figures.gap_ms, 0);
    assert_int_equal(figures.silence_ms, 1000);
}

/* Loss, reordering within the window and jitter: what came is at its place, the rest is counted. */
static void jitter_and_loss(void **state)
{
    (void)state;
    struct far_rand rand;
    begin();
    far_rand_init(&rand, 7);
    enum { COUNT = 500 };
    int64_t due[COUNT];
    bool lost[COUNT];
    unsigned lost_count = 0;
    for (unsigned n = 0; n < COUNT; n++) {
        lost[n] = n > 0 && n < COUNT - 1 && far_rand_chance(&rand, 50);
        lost_count += lost[n];
        due[n] = (n + 1) * FRAME + (n == 0 ? 0 : far_rand_between(&rand, 0, 800)); /* up to 100 ms late */
    }
    for (int64_t now = 0; now <= COUNT * FRAME + 1600; now += 40) {
        for (unsigned n = 0; n < COUNT; n++)
            if (!lost[n] && due[n] > now - 40 && due[n] <= now) push(0, n, 1, 1000, now);
        take(now);
    }
    finish(COUNT * FRAME + 1600);
    int64_t shift = 0; /* arrival is rounded to 40 frames; all share one shift */
    while (shift < 80 && recorded[0][shift + 8] != mark(0, 0))
        shift++;
    while (shift < 200 && recorded[0][shift] != mark(0, 0))
        shift++;
    assert_true(shift < 80);
    for (unsigned n = 0; n < COUNT; n++)
        assert_true(all(0, shift + n * FRAME, FRAME, lost[n] ? FAR_G711_SILENCE_PCMA : mark(0, n)));
    struct align_figures figures;
    align_figures(&align, 0, &figures);
    assert_int_equal(figures.lost, lost_count);
    assert_int_equal(figures.gap_ms, lost_count * 20);
    assert_int_equal(figures.packets, COUNT - lost_count);
    assert_true(figures.late > 0);
    assert_true(figures.jitter_us > 1000);
    assert_int_equal(figures.resyncs, 0);
}

/* The first packet came 60 ms later than those after it: the fastest ones tell the place. */
static void first_packet_late(void **state)
{
    (void)state;
    begin();
    for (unsigned n = 0; n < 100; n++) {
        push(0, n, 1, 1000, (n + 1) * FRAME + (n < 3 ? 480 - 160 * n : 0));
        push(1, n, 2, 5000, (n + 1) * FRAME);
        take((n + 1) * FRAME);
    }
    finish(100 * FRAME);
    for (unsigned n = 3; n < 100; n++)
        assert_true(all(0, n * FRAME, FRAME, mark(0, n)));
    struct align_figures figures;
    align_figures(&align, 0, &figures);
    assert_int_equal(figures.gap_ms, 0);
}

/* A sender whose clock is 0.1 % slow or fast for 40 s (40 ms): it never lies more than 30 ms off. */
static void drift_is_bounded(void **state)
{
    (void)state;
    for (int direction = -1; direction <= 1; direction += 2) {
        begin();
        enum { COUNT = 2000 };
        for (unsigned n = 0; n < COUNT; n++) {
            int64_t arrival = (int64_t)(n + 1) * FRAME + direction * (int64_t)n * FRAME / 1000;
            push(0, n, 1, 1000, arrival);
            take(arrival);
        }
        finish(COUNT * FRAME);
        for (unsigned n = 0; n < COUNT - 10; n += 7) {
            int64_t spoken = (int64_t)n * FRAME + direction * (int64_t)n * FRAME / 1000;
            bool found = false;
            for (int64_t off = -240; off <= 240 && !found; off++)
                found = spoken + off >= 0 && recorded[0][spoken + off] == mark(0, n);
            assert_true(found);
        }
        struct align_figures figures;
        align_figures(&align, 0, &figures);
        assert_true(figures.resyncs >= 1 && figures.resyncs <= 3);
        assert_true(figures.silence_ms <= 60);
    }
}

/* The peer starts anew (another SSRC, sequence and time stamp) after two seconds without sound. */
static void source_changes(void **state)
{
    (void)state;
    begin();
    for (unsigned n = 0; n < 50; n++) {
        push(0, n, 1, 1000, (n + 1) * FRAME);
        take((n + 1) * FRAME);
    }
    for (unsigned n = 50; n <= 150; n++) /* the thread looks at the clock also when nothing comes */
        take(n * FRAME);
    for (unsigned n = 0; n < 50; n++) {
        push(0, n, 99, 800000000u, (150 + n + 1) * FRAME);
        take((150 + n + 1) * FRAME);
    }
    finish(200 * FRAME);
    assert_true(all(0, 49 * FRAME, FRAME, mark(0, 49)));
    assert_true(all(0, 50 * FRAME, 100 * FRAME, FAR_G711_SILENCE_PCMA));
    for (unsigned n = 0; n < 50; n++)
        assert_true(all(0, (150 + n) * FRAME, FRAME, mark(0, n)));
    struct align_figures figures;
    align_figures(&align, 0, &figures);
    assert_int_equal(figures.resyncs, 1);
    assert_int_equal(figures.gap_ms, 0);
    assert_int_equal(figures.silence_ms, 2000);
}

static void other_law_and_other_payloads(void **state)
{
    (void)state;
    begin();
    uint8_t payload[FRAME];
    memset(payload, far_ulaw_encode(8000), sizeof(payload));
    struct far_rtp rtp = {
        .payload_type = FAR_CODEC_PCMU, .sequence = 1, .timestamp = 0, .ssrc = 1, .payload_len = FRAME};
    align_push(&align, 0, &rtp, payload, FRAME);
    rtp = (struct far_rtp){.payload_type = 101, .sequence = 2, .timestamp = 160, .ssrc = 1, .payload_len = 4};
    align_push(&align, 0, &rtp, payload, 2 * FRAME);
    finish(2 * FRAME);
    assert_in_range((uint64_t)(far_alaw_decode(recorded[0][10]) + 32768), 32768 + 7600, 32768 + 8400);
    assert_true(all(0, FRAME, FRAME, FAR_G711_SILENCE_PCMA));
    struct align_figures figures;
    align_figures(&align, 0, &figures);
    assert_int_equal(figures.packets, 2);
    assert_int_equal(figures.lost, 0);
}

/* Trailing silence that was given out can be taken back, figures and all. */
static void silence_at_the_end_is_taken_back(void **state)
{
    (void)state;
    uint8_t chunk[ALIGN_CHUNK_BYTES], payload[FRAME] = {0};
    struct align_figures figures;
    begin();
    assert_int_equal(align_sound_to(&align), 0);
    for (unsigned n = 0; n < 50; n++) {
        struct far_rtp rtp = {.payload_type = FAR_CODEC_PCMA,
                              .sequence = (uint16_t)n,
                              .timestamp = n * FRAME,
                              .ssrc = 1,
                              .payload_len = FRAME};
        align_push(&align, 0, &rtp, payload, (n + 1) * FRAME);
    }
    assert_int_equal(align_sound_to(&align), 50 * FRAME);
    for (unsigned i = 0; i < 6; i++) /* one second of sound, two of silence */
        assert_true(align_take(&align, 40000, chunk));
    align_trim(&align, ALIGN_CHUNK * 3);
    assert_int_equal(align.written, ALIGN_CHUNK * 3);
    align_figures(&align, 0, &figures);
    assert_int_equal(figures.silence_ms, 500);
    align_figures(&align, 1, &figures); /* nothing ever came: lead-in is not counted twice */
    assert_int_equal(figures.gap_ms, 0);
    assert_int_equal(figures.silence_ms, 1500);
    assert_int_equal(align_rest(&align, ALIGN_CHUNK * 3 + 1000, chunk), 1000);
}

/* Whatever comes: as many frames go out as time has passed, and the counts add up. */
static void random_walk_keeps_invariants(void **state)
{
    (void)state;
    struct far_rand rand;
    far_rand_init(&rand, 42);
    for (unsigned round = 0; round < 30; round++) {
        begin();
        int64_t now = 0;
        for (unsigned i = 0; i < 2000; i++) {
            uint8_t payload[FAR_RTP_BYTES_MAX];
            now += far_rand_between(&rand, 0, 300);
            if (now > 390000) break;
            memset(payload, (int)far_rand_below(&rand, 256), sizeof(payload));
            struct far_rtp rtp = {
                .payload_type = (uint8_t)(far_rand_chance(&rand, 900) ? 8 : far_rand_below(&rand, 128)),
                .sequence = (uint16_t)(far_rand_chance(&rand, 900) ? i : far_rand_u64(&rand)),
                .timestamp = (uint32_t)(far_rand_chance(&rand, 900) ? (uint64_t)now : far_rand_u64(&rand)),
                .ssrc = (uint32_t)far_rand_chance(&rand, 10),
                .payload_len = (uint16_t)far_rand_below(&rand, 1400)};
            align_push(&align, (unsigned)far_rand_below(&rand, 2), &rtp, payload, now);
            take(now);
            assert_true(align.written <= now && now - align.written < ALIGN_REORDER + ALIGN_CHUNK);
        }
        finish(now);
        for (unsigned side = 0; side < 2; side++) {
            struct align_figures figures;
            align_figures(&align, side, &figures);
            assert_true((figures.gap_ms + figures.silence_ms) * 8 <= (uint64_t)now);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_lie_where_they_were_spoken),
        cmocka_unit_test(jitter_and_loss),
        cmocka_unit_test(first_packet_late),
        cmocka_unit_test(drift_is_bounded),
        cmocka_unit_test(source_changes),
        cmocka_unit_test(other_law_and_other_payloads),
        cmocka_unit_test(silence_at_the_end_is_taken_back),
        cmocka_unit_test(random_walk_keeps_invariants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
