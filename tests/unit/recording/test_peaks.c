/* SPDX-License-Identifier: Apache-2.0 */
/* store/peaks: each stretch's loudest sample, of any length of recording by any number of points. */
#include "far/clock.h"
#include "far/media/g711.h"
#include "peaks.h"
#include "scratch.h"

static struct scratch scratch;
static char path[128];

static int setup(void **state)
{
    (void)state;
    scratch_make(&scratch);
    (void)snprintf(path, sizeof(path), "%s/a.rec", scratch.root);
    return 0;
}
static int teardown(void **state)
{
    (void)state;
    scratch_clear(&scratch);
    return 0;
}

static struct file_reader *opened(void)
{
    struct file_reader *reader = NULL;
    assert_int_equal(file_open(path, scratch.keys, &reader), FAR_OK);
    return reader;
}

static void values_are_roots(void **state)
{
    (void)state;
    assert_int_equal(peaks_value(0), 0);
    assert_int_equal(peaks_value(32768), 255);
    assert_int_equal(peaks_value(100000), 255);
    assert_int_equal(peaks_value(8192), 127); /* a quarter: the half of 255 */
    for (uint32_t i = 1; i <= 32768; i++)
        assert_true(peaks_value(i) >= peaks_value(i - 1));
}

/* The same by the definition: every sample once. */
static void peaks_by_hand(uint64_t frames, uint32_t points, uint8_t *left, uint8_t *right)
{
    struct file_reader *reader = opened();
    int16_t *pcm = calloc(frames * 2 + 2, sizeof(*pcm));
    assert_int_equal(file_read(reader, 0, (size_t)frames, pcm), FAR_OK);
    for (uint64_t i = 0; i < points; i++) {
        int32_t loudest[2] = {0, 0};
        uint64_t from = i * frames / points, to = (i + 1) * frames / points;
        for (uint64_t at = from; at < (to > from ? to : from + 1); at++)
            for (int side = 0; side < 2; side++)
                if (abs(pcm[at * 2 + (uint64_t)side]) > loudest[side])
                    loudest[side] = abs(pcm[at * 2 + (uint64_t)side]);
        left[i] = peaks_value((uint32_t)loudest[0]);
        right[i] = peaks_value((uint32_t)loudest[1]);
    }
    free(pcm);
    file_reader_close(reader);
}

static void every_stretch_has_its_loudest_sample(void **state)
{
    (void)state;
    static const struct {
        uint64_t chunks;
        size_t rest;
        uint32_t points;
    } cases[] = {{3, 777, 1000}, {3, 777, 1}, {3, 777, PEAKS_MAX}, {0, 10, 1000}, {0, 1, 3},
                 {1, 0, 7},      {5, 1, 5}};
    static uint8_t left[PEAKS_MAX], right[PEAKS_MAX], expected_left[PEAKS_MAX], expected_right[PEAKS_MAX];
    for (size_t i = 0; i < FAR_ARRAY_LEN(cases); i++) {
        (void)scratch_file(&scratch, path, cases[i].chunks, cases[i].rest);
        struct file_reader *reader = opened();
        assert_int_equal(peaks_make(reader, cases[i].points, left, right), FAR_OK);
        file_reader_close(reader);
        peaks_by_hand(cases[i].chunks * ALIGN_CHUNK + cases[i].rest, cases[i].points, expected_left,
                      expected_right);
        assert_memory_equal(left, expected_left, cases[i].points);
        assert_memory_equal(right, expected_right, cases[i].points);
        assert_int_equal(unlink(path), 0);
    }
}

static void silence_and_nothing_are_flat(void **state)
{
    (void)state;
    uint8_t left[100], right[100], zeros[100] = {0};
    struct part part = scratch_part();
    struct file_writer *writer = NULL;
    uint8_t sound[ALIGN_CHUNK_BYTES];
    memset(left, 1, sizeof(left));
    assert_int_equal(file_create(path, scratch.keys, &part, &writer), FAR_OK);
    struct file_reader *reader = opened(); /* nothing was recorded yet */
    assert_int_equal(peaks_make(reader, 100, left, right), FAR_OK);
    assert_memory_equal(left, zeros, 100);
    file_reader_close(reader);
    for (size_t i = 0; i < ALIGN_CHUNK_BYTES; i++) /* left a tone, right silence */
        sound[i] = far_alaw_encode(i % 2 ? 0 : i % 4 ? 20000 : -20000);
    assert_int_equal(file_append(writer, FORMAT_SOUND, sound), FAR_OK);
    reader = opened(); /* it goes on still */
    assert_int_equal(peaks_make(reader, 100, left, right), FAR_OK);
    for (size_t i = 0; i < 100; i++) {
        assert_in_range(left[i], 190, 205);
        assert_in_range(right[i], 0, 4);
    }
    assert_int_equal(peaks_make(reader, 0, left, right), FAR_EINVAL);
    assert_int_equal(peaks_make(reader, PEAKS_MAX + 1, left, right), FAR_EINVAL);
    file_reader_close(reader);
    file_close(writer);
}

static void a_changed_chunk_is_told(void **state)
{
    (void)state;
    size_t len = 0;
    static uint8_t left[10], right[10];
    (void)scratch_file(&scratch, path, 3, 0);
    uint8_t *bytes = scratch_read(path, &len);
    bytes[FORMAT_HEADER + FORMAT_RECORD + 100] ^= 1;
    scratch_write(path, bytes, len);
    free(bytes);
    struct file_reader *reader = opened();
    assert_int_equal(peaks_make(reader, 10, left, right), FAR_EPROTO);
    file_reader_close(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_roots),
        cmocka_unit_test_setup_teardown(every_stretch_has_its_loudest_sample, setup, teardown),
        cmocka_unit_test_setup_teardown(silence_and_nothing_are_flat, setup, teardown),
        cmocka_unit_test_setup_teardown(a_changed_chunk_is_told, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
