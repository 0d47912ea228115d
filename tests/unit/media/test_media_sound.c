/* SPDX-License-Identifier: Apache-2.0 */
#include "far/test.h"
#include "media_rig.h"
#include "sound.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct rig rig; /* for its folder and its prompts */

static void a_prompt_is_read_once_and_shared(void **state)
{
    (void)state;
    struct sound_cache *cache = NULL;
    struct sound *one = NULL, *two = NULL;
    char text[MEDIA_TEXT_MAX] = "";
    rig_prompt(&rig, "one.wav", 5000, 1000);
    assert_int_equal(sound_cache_create(rig.dir, 1 << 20, &cache), FAR_OK);
    assert_null(sound_cached(cache, "one.wav"));
    assert_int_equal(sound_load(cache, "one.wav", &one, text), FAR_OK);
    assert_int_equal(one->len, 1000);
    assert_int_equal(one->pcma[999], far_alaw_encode(5000));
    assert_int_equal(one->pcmu[0], far_ulaw_encode(5000));
    two = sound_cached(cache, "one.wav");
    assert_ptr_equal(one, two);
    sound_release(two);
    cache = sound_cache_destroy(cache);
    assert_int_equal(one->pcma[0], far_alaw_encode(5000)); /* who holds it keeps it */
    sound_release(one);
}

static void the_oldest_leave_when_the_cache_is_full(void **state)
{
    (void)state;
    struct sound_cache *cache = NULL;
    struct sound *sound = NULL;
    char name[16], text[MEDIA_TEXT_MAX] = "";
    assert_int_equal(sound_cache_create(rig.dir, 100000, &cache), FAR_OK);
    for (char i = 'a'; i <= 'j'; i++) { /* ten of 20 kB: four fit */
        strcpy(name, "x.wav");
        name[0] = i;
        rig_prompt(&rig, name, 100, 10000);
        assert_int_equal(sound_load(cache, name, &sound, text), FAR_OK);
        sound_release(sound);
        assert_true(sound_cache_bytes(cache) <= 100000);
        if (i > 'a') { /* a is used all the time */
            sound = sound_cached(cache, "a.wav");
            assert_non_null(sound);
            sound_release(sound);
        }
    }
    assert_null(sound_cached(cache, "b.wav"));
    rig_prompt(&rig, "large.wav", 100, 13000);
    assert_int_equal(sound_load(cache, "large.wav", &sound, text), FAR_EFULL);
    assert_non_null(strstr(text, "quarter"));
    cache = sound_cache_destroy(cache);
}

static void bad_names_and_files_are_told(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "/etc/passwd", "..", "../x.wav", "a/../b.wav", "a/.."};
    static const char *const good[] = {"a", "zh/menu.wav", "a..b.wav", ".hidden/x", "a/...wav"};
    for (size_t i = 0; i < FAR_ARRAY_LEN(bad); i++)
        assert_false(sound_name_valid(bad[i]));
    for (size_t i = 0; i < FAR_ARRAY_LEN(good); i++)
        assert_true(sound_name_valid(good[i]));
    char long_name[MEDIA_PATH_MAX + 1];
    memset(long_name, 'x', MEDIA_PATH_MAX);
    long_name[MEDIA_PATH_MAX] = '\0';
    assert_false(sound_name_valid(long_name));
    struct sound_cache *cache = NULL;
    struct sound *sound = NULL;
    char text[MEDIA_TEXT_MAX] = "";
    assert_int_equal(sound_cache_create(rig.dir, 1 << 20, &cache), FAR_OK);
    assert_int_equal(sound_load(cache, "missing.wav", &sound, text), FAR_ENOTFOUND);
    assert_non_null(strstr(text, "missing.wav"));
    rig_prompt(&rig, "empty.wav", 0, 0);
    assert_int_equal(sound_load(cache, "empty.wav", &sound, text), FAR_EPROTO);
    assert_non_null(strstr(text, "no sound"));
    cache = sound_cache_destroy(cache);
    assert_int_equal(sound_cache_create(NULL, 1 << 20, &cache), FAR_OK);
    assert_int_equal(sound_load(cache, "x.wav", &sound, text), FAR_ENOTFOUND);
    assert_non_null(strstr(text, "prompt_dir"));
    cache = sound_cache_destroy(cache);
}

static void the_other_folder_hides_the_first_and_changes_are_seen(void **state)
{
    (void)state;
    struct sound_cache *cache = NULL;
    struct sound *before = NULL, *sound = NULL;
    char text[MEDIA_TEXT_MAX] = "", overlay[sizeof(rig.dir) + 16], path[sizeof(overlay) + 32];
    (void)snprintf(overlay, sizeof(overlay), "%s/over", rig.dir);
    assert_int_equal(mkdir(overlay, 0700), 0);
    rig_prompt(&rig, "hello.wav", 100, 1000);
    rig_prompt(&rig, "over/hello.wav", 5000, 500);
    assert_int_equal(sound_cache_create(rig.dir, 1 << 20, &cache), FAR_OK);
    assert_int_equal(sound_cache_overlay(cache, overlay), FAR_OK);
    assert_int_equal(sound_load(cache, "hello.wav", &before, text), FAR_OK);
    assert_int_equal(before->len, 500);
    rig_prompt(&rig, "over/hello.wav", 5000, 700);
    assert_int_equal(sound_load(cache, "hello.wav", &sound, text), FAR_OK);
    assert_ptr_equal(sound, before); /* nobody has said that it changed */
    sound_release(sound);
    sound_cache_forget(cache, "hello.wav");
    sound_cache_forget(cache, "never-there.wav");
    assert_null(sound_cached(cache, "hello.wav"));
    assert_int_equal(sound_load(cache, "hello.wav", &sound, text), FAR_OK);
    assert_int_equal(sound->len, 700);
    assert_int_equal(before->pcma[499], far_alaw_encode(5000)); /* who plays the former one goes on */
    sound_release(sound);
    sound_release(before);
    (void)snprintf(path, sizeof(path), "%s/hello.wav", overlay);
    assert_int_equal(truncate(path, 10), 0); /* no WAV any more: the first folder's is better than none */
    sound_cache_forget(cache, "hello.wav");
    assert_int_equal(sound_load(cache, "hello.wav", &sound, text), FAR_OK);
    assert_int_equal(sound->len, 1000);
    sound_release(sound);
    assert_int_equal(remove(path), 0);
    assert_int_equal(rmdir(overlay), 0);
    assert_int_equal(sound_load(cache, "missing.wav", &sound, text), FAR_ENOTFOUND);
    assert_non_null(strstr(text, "missing.wav"));
    cache = sound_cache_destroy(cache);
}

static int start(void **state)
{
    (void)state;
    rig_start(&rig, 1);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    rig_stop(&rig);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prompt_is_read_once_and_shared),
        cmocka_unit_test(the_oldest_leave_when_the_cache_is_full),
        cmocka_unit_test(bad_names_and_files_are_told),
        cmocka_unit_test(the_other_folder_hides_the_first_and_changes_are_seen),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
