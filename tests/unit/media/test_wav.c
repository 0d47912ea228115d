/* SPDX-License-Identifier: Apache-2.0 */
#include "far/media/tone.h"
#include "far/media/wav.h"
#include "far/test.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];

static int make_path(void **state)
{
    (void)state;
    strcpy(path, "/tmp/far-wav-XXXXXX");
    int fd = mkstemp(path);
    if (fd < 0) return -1;
    return close(fd);
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    static const struct far_wav_layout layouts[] = {{FAR_WAV_PCM16, 1, 8000},
                                                    {FAR_WAV_PCM16, 2, 44100},
                                                    {FAR_WAV_ALAW, 2, 8000},
                                                    {FAR_WAV_ULAW, 1, 8000}};
    int16_t pcm[2 * 1501];
    for (size_t i = 0; i < 2 * 1501; i++)
        pcm[i] = (int16_t)(i * 21 - 30000);
    for (size_t k = 0; k < FAR_ARRAY_LEN(layouts); k++) {
        struct far_wav_writer writer;
        struct far_wav wav;
        char error[FAR_WAV_ERROR_MAX] = "";
        assert_int_equal(far_wav_create(&writer, path, &layouts[k]), FAR_OK);
        assert_int_equal(far_wav_write(&writer, pcm, 1000), FAR_OK);
        assert_int_equal(far_wav_write(&writer, pcm + 1000 * layouts[k].channels, 501), FAR_OK);
        assert_int_equal(far_wav_close(&writer), FAR_OK);
        assert_int_equal(far_wav_load(path, &wav, error), FAR_OK);
        assert_int_equal(wav.frames, 1501);
        assert_int_equal(wav.channels, layouts[k].channels);
        assert_int_equal(wav.rate, layouts[k].rate);
        for (size_t i = 0; i < wav.frames * wav.channels; i++)
            assert_true(abs(wav.pcm[i] - pcm[i]) <= (layouts[k].format == FAR_WAV_PCM16 ? 0 : 1000));
        far_wav_done(&wav);
    }
}

static void header_of_a_known_length_is_that_of_the_file(void **state)
{
    (void)state;
    static const struct far_wav_layout layout = {FAR_WAV_ALAW, 2, 8000};
    uint8_t header[FAR_WAV_HEADER_MAX];
    assert_int_equal(far_wav_header(&layout, 16000, header), FAR_WAV_HEADER_MAX);
    assert_int_equal(far_wav_header_len(&layout), FAR_WAV_HEADER_MAX);
    uint8_t file[FAR_WAV_HEADER_MAX + 16000];
    memcpy(file, header, sizeof(header));
    memset(file + sizeof(header), FAR_G711_SILENCE_PCMA, 16000);
    struct far_wav wav;
    assert_int_equal(far_wav_parse(file, sizeof(file), &wav, NULL), FAR_OK);
    assert_int_equal(wav.frames, 8000);
    far_wav_done(&wav);
    static const struct far_wav_layout bad[] = {
        {FAR_WAV_PCM16, 3, 8000}, {FAR_WAV_PCM16, 1, 0}, {0, 1, 8000}};
    for (size_t i = 0; i < FAR_ARRAY_LEN(bad); i++)
        assert_int_equal(far_wav_header(&bad[i], 0, header), 0);
    assert_int_equal(far_wav_header(&layout, UINT64_MAX, header), FAR_WAV_HEADER_MAX); /* cut, not wrapped */
    assert_true(header[FAR_WAV_HEADER_MAX - 1] == 0xff);
}

static void a_file_cut_off_by_a_crash_is_read_as_far_as_it_goes(void **state)
{
    (void)state;
    static const struct far_wav_layout layout = {FAR_WAV_PCM16, 1, 8000};
    uint8_t file[FAR_WAV_HEADER + 201];
    memset(file, 1, sizeof(file));
    assert_int_equal(far_wav_header(&layout, 5000, file), FAR_WAV_HEADER);
    struct far_wav wav;
    assert_int_equal(far_wav_parse(file, sizeof(file), &wav, NULL), FAR_OK);
    assert_int_equal(wav.frames, 100);
    far_wav_done(&wav);
}

/* A file of one channel with that layout; samples are as they lie in it. */
static void expect_samples(uint16_t tag, uint16_t bits, const void *data, size_t len, const int16_t *expected)
{
    static const struct far_wav_layout layout = {FAR_WAV_PCM16, 1, 48000};
    uint8_t file[FAR_WAV_HEADER + 64];
    struct far_wav wav;
    char error[FAR_WAV_ERROR_MAX] = "";
    size_t bytes = bits / 8u, header = far_wav_header(&layout, len, file);
    file[20] = (uint8_t)tag;
    file[34] = (uint8_t)bits;
    memcpy(file + header, data, len);
    assert_int_equal(far_wav_parse(file, header + len, &wav, error), FAR_OK);
    assert_int_equal(wav.frames, len / bytes);
    assert_memory_equal(wav.pcm, expected, wav.frames * sizeof(*expected));
    far_wav_done(&wav);
}

static void wider_samples_keep_their_upper_part(void **state)
{
    static const uint8_t pcm24[] = {0xff, 0x34, 0x12, 0x00, 0x00, 0x80, 0xff, 0xff, 0xff};
    static const uint8_t pcm32[] = {0xaa, 0xbb, 0x34, 0x12, 0, 0, 0xff, 0x7f};
    static const float floats[] = {0.0f, 0.5f, -1.0f, 1.0f, 7.0f, -7.0f, NAN};
    static const int16_t of24[] = {0x1234, INT16_MIN, -1}, of32[] = {0x1234, INT16_MAX};
    static const int16_t of_floats[] = {0, 16383, INT16_MIN, INT16_MAX, INT16_MAX, INT16_MIN, 0};
    (void)state;
    expect_samples(1, 24, pcm24, sizeof(pcm24), of24);
    expect_samples(1, 32, pcm32, sizeof(pcm32), of32);
    expect_samples(3, 32, floats, sizeof(floats), of_floats);
}

static void bad_files_say_what_is_wrong(void **state)
{
    (void)state;
    static const struct far_wav_layout layout = {FAR_WAV_PCM16, 1, 8000};
    uint8_t file[FAR_WAV_HEADER_MAX];
    char error[FAR_WAV_ERROR_MAX];
    struct far_wav wav;
    assert_int_equal(far_wav_parse((const uint8_t *)"ID3", 3, &wav, error), FAR_EPROTO);
    assert_non_null(strstr(error, "not a WAV"));
    assert_int_equal(far_wav_header(&layout, 2, file), FAR_WAV_HEADER);
    for (size_t len = 0; len < FAR_WAV_HEADER; len++)
        assert_int_equal(far_wav_parse(file, len, &wav, error), FAR_EPROTO);
    file[34] = 20;
    assert_int_equal(far_wav_parse(file, FAR_WAV_HEADER + 2, &wav, error), FAR_EPROTO);
    assert_non_null(strstr(error, "20 bits"));
    file[34] = 16;
    file[22] = 9;
    assert_int_equal(far_wav_parse(file, FAR_WAV_HEADER + 2, &wav, error), FAR_EPROTO);
    assert_non_null(strstr(error, "9 channels"));
    assert_int_equal(far_wav_load("/nonexistent/file.wav", &wav, error), FAR_ENOTFOUND);
    assert_non_null(strstr(error, "/nonexistent/file.wav"));
    assert_int_equal(far_wav_load("/tmp", &wav, error), FAR_EIO);
}

static void resampling_keeps_tones_and_cuts_what_does_not_fit(void **state)
{
    (void)state;
    static const uint32_t rates[] = {8000, 11025, 16000, 22050, 44100, 48000};
    for (size_t k = 0; k < FAR_ARRAY_LEN(rates); k++) {
        uint32_t rate = rates[k];
        struct far_wav wav = {.frames = rate, .channels = 1, .rate = rate};
        wav.pcm = calloc(rate, sizeof(*wav.pcm));
        assert_non_null(wav.pcm);
        far_tone_add(wav.pcm, rate, 0, 1000, 8000, rate);
        if (rate > 11025) far_tone_add(wav.pcm, rate, 0, 5000, 8000, rate); /* would fold to 3000 */
        assert_int_equal(far_wav_convert(&wav, 8000), FAR_OK);
        assert_int_equal(wav.rate, 8000);
        assert_int_equal(wav.frames, 8000);
        assert_true(fabs(far_tone_level_db(wav.pcm, 8000, 1000, 8000) + 12.25) < 0.5);
        assert_true(far_tone_level_db(wav.pcm, 8000, 3000, 8000) < -60);
        far_wav_done(&wav);
    }
}

static void stereo_becomes_its_mean(void **state)
{
    (void)state;
    struct far_wav wav = {.frames = 2, .channels = 2, .rate = 8000};
    const int16_t pcm[] = {100, 300, -32768, -32768};
    wav.pcm = malloc(sizeof(pcm));
    assert_non_null(wav.pcm);
    memcpy(wav.pcm, pcm, sizeof(pcm));
    assert_int_equal(far_wav_convert(&wav, 500), FAR_EINVAL);
    assert_int_equal(far_wav_convert(&wav, 8000), FAR_OK);
    assert_int_equal(wav.pcm[0], 200);
    assert_int_equal(wav.pcm[1], -32768);
    far_wav_done(&wav);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(header_of_a_known_length_is_that_of_the_file),
        cmocka_unit_test(a_file_cut_off_by_a_crash_is_read_as_far_as_it_goes),
        cmocka_unit_test(wider_samples_keep_their_upper_part),
        cmocka_unit_test(bad_files_say_what_is_wrong),
        cmocka_unit_test(resampling_keeps_tones_and_cuts_what_does_not_fit),
        cmocka_unit_test(stereo_becomes_its_mean),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
