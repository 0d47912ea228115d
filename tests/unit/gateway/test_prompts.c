/* SPDX-License-Identifier: Apache-2.0 */
/* Sound of prompts, the program that speaks, and the folder of built-in ones. */
#include "api/prompt_sound.h"
#include "api/prompt_speech.h"
#include "api/prompts_builtin.h"
#include "far/clock.h"
#include "far/media/wav.h"
#include "far/test.h"
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- sound ----------------------------------------------------------------------------------------------
 */

/* A WAV of 16 bits with a tone in each channel; the caller frees it. */
static uint8_t *wav_make(uint32_t rate, uint16_t channels, size_t frames, double peak, size_t *ret_len)
{
    const struct far_wav_layout layout = {.format = FAR_WAV_PCM16, .channels = channels, .rate = rate};
    uint8_t *bytes = malloc(FAR_WAV_HEADER_MAX + frames * channels * 2);
    size_t len = far_wav_header(&layout, frames * channels * 2, bytes);
    for (size_t i = 0; i < frames * channels; i++) {
        int16_t sample = (int16_t)(peak * sin(2 * 3.14159265 * 440 * (double)(i / channels) / rate));
        bytes[len++] = (uint8_t)(sample & 0xff);
        bytes[len++] = (uint8_t)((uint16_t)sample >> 8);
    }
    *ret_len = len;
    return bytes;
}

static double loudest(const struct far_wav *wav)
{
    double peak = 0;
    for (size_t i = 0; i < wav->frames; i++)
        peak = fmax(peak, abs(wav->pcm[i]));
    return peak;
}

static void any_rate_and_layout_becomes_a_law(void **state)
{
    static const struct {
        uint32_t rate;
        uint16_t channels;
    } rows[] = {{8000, 1}, {16000, 1}, {44100, 2}, {48000, 2}, {11025, 1}};
    (void)state;
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++) {
        char error[PROMPT_ERROR_SIZE];
        struct prompt_sound sound = {0};
        struct far_wav wav = {0};
        size_t len;
        uint8_t *bytes = wav_make(rows[i].rate, rows[i].channels, rows[i].rate, 8000, &len);
        assert_int_equal(prompt_sound_make(bytes, len, false, &sound, error), FAR_OK);
        assert_in_range(sound.duration_ms, 990, 1010);
        assert_int_equal(strlen(sound.sha256), 64);
        assert_int_equal(far_wav_parse(sound.wav, sound.len, &wav, NULL), FAR_OK);
        assert_int_equal(wav.rate, 8000);
        assert_int_equal(wav.channels, 1);
        assert_in_range((unsigned)loudest(&wav), 7000, 9000);
        far_wav_done(&wav);
        free(sound.wav);
        free(bytes);
    }
}

static void speech_is_brought_to_one_loudness(void **state)
{
    char error[PROMPT_ERROR_SIZE];
    struct prompt_sound sound = {0};
    struct far_wav wav = {0};
    size_t len;
    (void)state;
    uint8_t *bytes = wav_make(22050, 1, 22050, 1500, &len);
    assert_int_equal(prompt_sound_make(bytes, len, true, &sound, error), FAR_OK);
    assert_int_equal(far_wav_parse(sound.wav, sound.len, &wav, NULL), FAR_OK);
    assert_in_range((unsigned)loudest(&wav), 15500, 17000);
    far_wav_done(&wav);
    free(sound.wav);
    free(bytes);
}

static void what_is_no_prompt_is_refused_in_words(void **state)
{
    char error[PROMPT_ERROR_SIZE] = "";
    struct prompt_sound sound = {0};
    size_t len;
    (void)state;
    assert_int_equal(prompt_sound_make("hello", 5, false, &sound, error), FAR_EPROTO);
    assert_true(error[0]);
    uint8_t *bytes = wav_make(8000, 1, 0, 0, &len);
    assert_int_equal(prompt_sound_make(bytes, len, false, &sound, error), FAR_EINVAL);
    free(bytes);
    bytes = wav_make(8000, 1, PROMPT_BYTES_MAX, 100, &len);
    assert_int_equal(prompt_sound_make(bytes, len, false, &sound, error), FAR_EFULL);
    assert_non_null(strstr(error, "112 s"));
    free(bytes);
    assert_null(sound.wav);
}

static void names_are_parts_between_slashes(void **state)
{
    static const char *const good[] = {"welcome", "zh/welcome", "a/b/c", "x-1_2"};
    static const char *const bad[] = {"", "/a", "a/", "a//b", "A", "a.b", "..", "a b", "a%2fb", "ä"};
    char text[PROMPT_NAME_SIZE + 1];
    (void)state;
    for (size_t i = 0; i < FAR_ARRAY_LEN(good); i++)
        assert_true(prompt_name_ok(good[i]));
    for (size_t i = 0; i < FAR_ARRAY_LEN(bad); i++)
        assert_false(prompt_name_ok(bad[i]));
    memset(text, 'a', sizeof(text));
    text[PROMPT_NAME_SIZE] = '\0';
    assert_false(prompt_name_ok(text));
    text[PROMPT_NAME_SIZE - 1] = '\0';
    assert_true(prompt_name_ok(text));
}

/* ---- speech ---------------------------------------------------------------------------------------------
 */

struct told {
    struct far_loop *loop;
    unsigned times;
    enum far_err err;
    size_t len;
    uint8_t head[4];
};

static void on_spoken(void *ctx, enum far_err err, const char *text, const uint8_t *wav, size_t len)
{
    struct told *told = ctx;
    told->times++;
    told->err = err;
    told->len = len;
    if (len >= 4) memcpy(told->head, wav, 4);
    assert_true(err == FAR_OK || text[0]);
    far_loop_stop(told->loop);
}

static char scratch[64];

static const char *program_make(const char *name, const char *text)
{
    static char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", scratch, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0700), 0);
    return path;
}

static enum far_err speak(const char *program, uint32_t timeout_ms, struct told *told)
{
    const struct speech_question question = {.program = program,
                                             .language = "en",
                                             .text = "Good morning; $(touch /nowhere) -v x",
                                             .fn = on_spoken,
                                             .ctx = told,
                                             .timeout_ms = timeout_ms};
    memset(told, 0, sizeof(*told));
    assert_int_equal(far_loop_create(NULL, &told->loop), FAR_OK);
    enum far_err err = speech_begin(told->loop, &question);
    assert_int_equal(told->times, 0);
    if (err == FAR_OK) {
        far_loop_run(told->loop);
        assert_int_equal(told->times, 1);
        err = told->err;
    }
    speech_stop();
    far_loop_destroy(told->loop);
    return err;
}

static void a_text_is_spoken(void **state)
{
    struct told told;
    (void)state;
    assert_int_equal(speak("espeak-ng", 0, &told), FAR_OK);
    assert_memory_equal(told.head, "RIFF", 4);
    assert_true(told.len > 20000);
}

static void the_text_comes_by_a_pipe_and_is_no_argument(void **state)
{
    struct told told;
    (void)state;
    const char *echo = program_make("echo", "#!/bin/sh\ncase \"$*\" in *morning*) exit 1;; esac\ncat\n");
    assert_int_equal(speak(echo, 0, &told), FAR_OK);
    assert_memory_equal(told.head, "Good", 4);
}

static void a_program_that_fails_hangs_or_floods_does_no_harm(void **state)
{
    struct told told;
    (void)state;
    assert_int_equal(speak("/nowhere/espeak-ng", 0, &told), FAR_EUNAVAILABLE);
    assert_int_equal(speak(program_make("fails", "#!/bin/sh\nexit 3\n"), 0, &told), FAR_EUNAVAILABLE);
    assert_int_equal(speak(program_make("silent", "#!/bin/sh\nexit 0\n"), 0, &told), FAR_EUNAVAILABLE);
    uint64_t from_ms = far_clock_mono_ms();
    assert_int_equal(speak(program_make("hangs", "#!/bin/sh\nexec sleep 30\n"), 300, &told), FAR_ETIMEOUT);
    assert_true(far_clock_mono_ms() - from_ms < 5000);
    assert_int_equal(speak(program_make("floods", "#!/bin/sh\nexec cat /dev/zero\n"), 0, &told), FAR_EFULL);
    assert_true(told.len <= SPEECH_BYTES_MAX);
}

static void words_and_number_are_limited(void **state)
{
    struct told told = {0};
    char text[SPEECH_TEXT_MAX + 2];
    (void)state;
    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(far_loop_create(NULL, &told.loop), FAR_OK);
    struct speech_question question = {
        .program = "espeak-ng", .language = "en", .text = text, .fn = on_spoken, .ctx = &told};
    assert_int_equal(speech_begin(told.loop, &question), FAR_EINVAL);
    question.text = "";
    assert_int_equal(speech_begin(told.loop, &question), FAR_EINVAL);
    question.text = "a\x1b[2J";
    assert_int_equal(speech_begin(told.loop, &question), FAR_EINVAL);
    question.text = "\xff";
    assert_int_equal(speech_begin(told.loop, &question), FAR_EINVAL);
    question.text = "hello";
    question.language = "tlh";
    assert_int_equal(speech_begin(told.loop, &question), FAR_EINVAL);
    question.language = "zh";
    question.program = program_make("waits", "#!/bin/sh\nexec sleep 30\n");
    for (int i = 0; i < SPEECH_COUNT_MAX; i++)
        assert_int_equal(speech_begin(told.loop, &question), FAR_OK);
    assert_int_equal(speech_begin(told.loop, &question), FAR_EAGAIN);
    speech_stop();
    assert_int_equal(told.times, SPEECH_COUNT_MAX);
    assert_int_equal(told.err, FAR_EUNAVAILABLE);
    far_loop_destroy(told.loop);
}

/* ---- built-in -------------------------------------------------------------------------------------------
 */

static void put_file(const char *name, const void *bytes, size_t len)
{
    char path[160];
    (void)snprintf(path, sizeof(path), "%s/%s", scratch, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void the_folder_is_read(void **state)
{
    static struct builtins builtins;
    static const char texts[] = "# comment\nwelcome   Welcome.\nother  Not there.\n";
    char path[160];
    size_t len;
    (void)state;
    (void)snprintf(path, sizeof(path), "%s/en", scratch);
    assert_int_equal(mkdir(path, 0700), 0);
    uint8_t *bytes = wav_make(8000, 1, 12000, 1000, &len);
    put_file("en/welcome.wav", bytes, len);
    put_file("music.wav", bytes, len);
    put_file("en/Bad Name.wav", bytes, len);
    put_file("en/notes.md", bytes, len);
    put_file("en/short.wav", bytes, 20);
    put_file("en/texts.txt", texts, sizeof(texts) - 1);
    free(bytes);
    builtins_scan(scratch, &builtins);
    assert_int_equal(builtins.len, 3);
    assert_string_equal(builtins.rows[0].name, "en/short");
    assert_int_equal(builtins.rows[0].duration_ms, 0);
    assert_string_equal(builtins.rows[1].name, "en/welcome");
    assert_string_equal(builtins.rows[1].text, "Welcome.");
    assert_string_equal(builtins.rows[1].language, "en");
    assert_int_equal(builtins.rows[1].duration_ms, 1500);
    assert_string_equal(builtins.rows[2].name, "music");
    assert_string_equal(builtins.rows[2].language, "");
    builtins_scan("/nowhere", &builtins);
    assert_int_equal(builtins.len, 0);
    assert_false(builtin_path(scratch, "../x", path, sizeof(path)));
    assert_false(builtin_path("", "x", path, sizeof(path)));
}

static int scratch_make(void **state)
{
    (void)state;
    (void)snprintf(scratch, sizeof(scratch), "/tmp/far-prompts-XXXXXX");
    return mkdtemp(scratch) ? 0 : -1;
}

static int scratch_remove(void **state)
{
    char command[128];
    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf %s", scratch);
    return system(command) == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_rate_and_layout_becomes_a_law),
        cmocka_unit_test(speech_is_brought_to_one_loudness),
        cmocka_unit_test(what_is_no_prompt_is_refused_in_words),
        cmocka_unit_test(names_are_parts_between_slashes),
        cmocka_unit_test(a_text_is_spoken),
        cmocka_unit_test(the_text_comes_by_a_pipe_and_is_no_argument),
        cmocka_unit_test(a_program_that_fails_hangs_or_floods_does_no_harm),
        cmocka_unit_test(words_and_number_are_limited),
        cmocka_unit_test(the_folder_is_read),
    };
    (void)signal(SIGPIPE, SIG_IGN); /* as the chassis does */
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
