/* SPDX-License-Identifier: Apache-2.0 */
/* tone.c, music.c and pcm.c: what is made is what is measured. */
#include "far/media/g711.h"
#include "far/media/pcm.h"
#include "far/media/tone.h"
#include "far/test.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void a_sine_has_its_level_and_its_frequency(void **state)
{
    (void)state;
    int16_t pcm[1600] = {0};
    far_tone_add(pcm, 1600, 0, 1000, 32767.0 / 10, 8000);
    assert_true(fabs(far_tone_level_db(pcm, 1600, 1000, 8000) + 20) < 0.1);
    assert_true(far_tone_level_db(pcm, 1600, 700, 8000) < -70);
    assert_true(far_tone_level_db(pcm, 1600, 1300, 8000) < -70);
    assert_true(fabs(far_pcm_level_dbov(pcm, 1600) + 23) < 0.1);
}

static void two_parties_are_told_apart_after_g711(void **state)
{
    (void)state;
    int16_t pcm[8000] = {0};
    uint8_t bytes[8000];
    far_tone_add(pcm, 8000, 0, 600, 8000, 8000);
    far_g711_encode(FAR_CODEC_PCMU, pcm, 8000, bytes);
    far_g711_decode(FAR_CODEC_PCMU, bytes, 8000, pcm);
    double own = far_tone_level_db(pcm, 8000, 600, 8000), other = far_tone_level_db(pcm, 8000, 1000, 8000);
    assert_true(own > -13 && own < -11);
    assert_true(own - other > 40);
}

static void pieces_join_without_a_click(void **state)
{
    (void)state;
    int16_t whole[480] = {0}, pieces[480] = {0};
    far_tone_add(whole, 480, 0, 433, 9000, 8000);
    for (size_t at = 0; at < 480; at += 160)
        far_tone_add(pieces + at, 160, at, 433, 9000, 8000);
    assert_memory_equal(whole, pieces, sizeof(whole));
}

static void cadences_are_those_of_the_country(void **state)
{
    (void)state;
    assert_int_equal(far_tone_period(FAR_TONE_RINGBACK_CN), 40000);
    assert_int_equal(far_tone_period(FAR_TONE_BUSY_CN), 5600);
    assert_int_equal(far_tone_period(FAR_TONE_BUSY_EU), 8000);
    int16_t pcm[16000], shifted[16000];
    far_tone_fill(FAR_TONE_BUSY_CN, pcm, 16000, 0);
    far_tone_fill(FAR_TONE_BUSY_CN, shifted, 14000, 2000);
    assert_memory_equal(pcm + 2000, shifted, 14000 * sizeof(pcm[0]));
    assert_true(far_tone_level_db(pcm, 2800, 450, 8000) > -14);
    assert_true(far_pcm_level_dbov(pcm + 2800, 2800) <= -127);
    assert_true(far_tone_level_db(pcm + 5600, 2800, 450, 8000) > -14);
    assert_string_equal(far_tone_name(FAR_TONE_RINGBACK_EU), "ringback-eu");
}

static void silence_and_nothing_have_no_level(void **state)
{
    (void)state;
    const int16_t pcm[100] = {0};
    assert_true(far_tone_level_db(pcm, 100, 500, 8000) <= -120);
    assert_true(far_tone_level_db(pcm, 3, 500, 8000) <= -120);
    assert_true(far_pcm_level_dbov(pcm, 0) <= -127);
}

static void mixing_and_gain_saturate(void **state)
{
    (void)state;
    int16_t into[4] = {30000, -30000, 100, 0};
    const int16_t more[4] = {10000, -10000, 50, 7};
    far_pcm_mix(into, more, 4);
    assert_int_equal(into[0], INT16_MAX);
    assert_int_equal(into[1], INT16_MIN);
    assert_int_equal(into[2], 150);
    far_pcm_gain(into, 4, 8192);
    assert_int_equal(into[0], INT16_MAX);
    assert_int_equal(into[2], 300);
    far_pcm_gain(into, 4, -2048);
    assert_int_equal(into[2], -150);
}

static void music_is_a_minute_heard_throughout_and_its_loop_has_no_seam(void **state)
{
    (void)state;
    int16_t *music = malloc(FAR_MUSIC_SAMPLES * sizeof(*music));
    int16_t *again = malloc(FAR_MUSIC_SAMPLES * sizeof(*again));
    assert_non_null(music);
    assert_non_null(again);
    assert_int_equal(far_music_compose(7, music), FAR_OK);
    assert_int_equal(far_music_compose(7, again), FAR_OK);
    assert_memory_equal(music, again, FAR_MUSIC_SAMPLES * sizeof(*music));
    assert_int_equal(far_music_compose(8, again), FAR_OK);
    assert_memory_not_equal(music, again, FAR_MUSIC_SAMPLES * sizeof(*music));
    int step_max = 0;
    for (size_t i = 1; i < FAR_MUSIC_SAMPLES; i++) {
        int step = abs(music[i] - music[i - 1]);
        step_max = step > step_max ? step : step_max;
    }
    assert_true(abs(music[0] - music[FAR_MUSIC_SAMPLES - 1]) <= step_max);
    for (size_t at = 0; at < FAR_MUSIC_SAMPLES; at += 8000) {
        double level = far_pcm_level_dbov(music + at, 8000);
        assert_true(level > -45 && level < -10);
    }
    assert_int_equal(FAR_MUSIC_SAMPLES % FAR_G711_FRAME, 0);
    free(music);
    free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sine_has_its_level_and_its_frequency),
        cmocka_unit_test(two_parties_are_told_apart_after_g711),
        cmocka_unit_test(pieces_join_without_a_click),
        cmocka_unit_test(cadences_are_those_of_the_country),
        cmocka_unit_test(silence_and_nothing_have_no_level),
        cmocka_unit_test(mixing_and_gain_saturate),
        cmocka_unit_test(music_is_a_minute_heard_throughout_and_its_loop_has_no_seam),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
