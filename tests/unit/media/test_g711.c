/* SPDX-License-Identifier: Apache-2.0 */
/* Known codes, and every table entry derived again from the formulas. */
#include "far/media/g711.h"
#include "far/test.h"
#include <stdlib.h>
#include <string.h>

/* G.711 as arithmetic: sign, segment, step. */
static int alaw_value(int code)
{
    int bits = code ^ 0x55, segment = bits >> 4 & 7;
    int value = (bits & 15) * 16 + 8;
    if (segment > 0) value = (value + 256) << (segment - 1);
    return bits & 0x80 ? value : -value;
}

static int ulaw_value(int code)
{
    int bits = ~code & 0xff;
    int value = ((((bits & 15) << 3) + 132) << (bits >> 4 & 7)) - 132;
    return bits & 0x80 ? -value : value;
}

static void known_codes(void **state)
{
    (void)state;
    assert_int_equal(far_alaw_encode(0), 0xd5);
    assert_int_equal(far_ulaw_encode(0), 0xff);
    assert_int_equal(far_alaw_encode(INT16_MAX), 0xaa);
    assert_int_equal(far_alaw_encode(INT16_MIN), 0x2a);
    assert_int_equal(far_ulaw_encode(INT16_MAX), 0x80);
    assert_int_equal(far_ulaw_encode(INT16_MIN), 0x00);
    assert_int_equal(far_alaw_decode(0xaa), 32256);
    assert_int_equal(far_ulaw_decode(0x80), 32124);
    assert_string_equal(far_codec_name(FAR_CODEC_PCMA), "PCMA");
    assert_string_equal(far_codec_name(FAR_CODEC_PCMU), "PCMU");
    assert_int_equal(far_ulaw_decode(far_codec_silence(FAR_CODEC_PCMU)), 0);
    assert_true(abs(far_alaw_decode(far_codec_silence(FAR_CODEC_PCMA))) <= 8);
}

static void every_code_has_its_value_and_comes_back(void **state)
{
    (void)state;
    for (int code = 0; code < 256; code++) {
        assert_int_equal(far_alaw_decode((uint8_t)code), alaw_value(code));
        assert_int_equal(far_ulaw_decode((uint8_t)code), ulaw_value(code));
        assert_int_equal(far_alaw_encode(far_alaw_decode((uint8_t)code)), code);
        /* mu-law has a negative zero, which comes back as the positive one */
        assert_int_equal(far_ulaw_encode(far_ulaw_decode((uint8_t)code)), code == 0x7f ? 0xff : code);
    }
}

static void every_sample_gets_a_nearest_code(void **state)
{
    (void)state;
    for (int sample = INT16_MIN; sample <= INT16_MAX; sample++) {
        int alaw = abs(far_alaw_decode(far_alaw_encode((int16_t)sample)) - sample);
        int ulaw = abs(far_ulaw_decode(far_ulaw_encode((int16_t)sample)) - sample);
        assert_true(alaw <= 16 + abs(sample) / 31);
        assert_true(ulaw <= 8 + abs(sample) / 31 + (abs(sample) > 32124 ? 644 : 0));
    }
}

static void transcoding_is_by_way_of_linear(void **state)
{
    (void)state;
    for (int code = 0; code < 256; code++) {
        uint8_t byte = (uint8_t)code;
        far_g711_transcode(FAR_CODEC_PCMA, FAR_CODEC_PCMU, &byte, 1);
        assert_int_equal(byte, far_ulaw_encode((int16_t)alaw_value(code)));
        byte = (uint8_t)code;
        far_g711_transcode(FAR_CODEC_PCMU, FAR_CODEC_PCMA, &byte, 1);
        assert_int_equal(byte, far_alaw_encode((int16_t)ulaw_value(code)));
        byte = (uint8_t)code;
        far_g711_transcode(FAR_CODEC_PCMU, FAR_CODEC_PCMU, &byte, 1);
        assert_int_equal(byte, code);
    }
}

static void frames_are_converted_whole(void **state)
{
    (void)state;
    int16_t pcm[FAR_G711_FRAME], back[FAR_G711_FRAME];
    uint8_t bytes[FAR_G711_FRAME];
    for (size_t i = 0; i < FAR_G711_FRAME; i++)
        pcm[i] = (int16_t)(i * 200);
    static const enum far_codec codecs[] = {FAR_CODEC_PCMA, FAR_CODEC_PCMU};
    for (size_t c = 0; c < 2; c++) {
        far_g711_encode(codecs[c], pcm, FAR_G711_FRAME, bytes);
        far_g711_decode(codecs[c], bytes, FAR_G711_FRAME, back);
        for (size_t i = 0; i < FAR_G711_FRAME; i++)
            assert_true(abs(back[i] - pcm[i]) <= 16 + abs(pcm[i]) / 31);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_codes),
        cmocka_unit_test(every_code_has_its_value_and_comes_back),
        cmocka_unit_test(every_sample_gets_a_nearest_code),
        cmocka_unit_test(transcoding_is_by_way_of_linear),
        cmocka_unit_test(frames_are_converted_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
