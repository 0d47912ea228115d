/* SPDX-License-Identifier: Apache-2.0 */
/* The edge's copies of prompts: whole or not there, and never outside their folder. */
#include "far/str.h"
#include "far/test.h"
#include "prompt_files.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char base[64], dir[96], text[PROMPT_FILES_TEXT_SIZE];

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(base, sizeof(base), "/tmp/far-prompt-files-XXXXXX");
    if (!mkdtemp(base)) return -1;
    (void)snprintf(dir, sizeof(dir), "%s/run/prompts", base);
    return prompt_files_prepare(dir, text) == FAR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[128];
    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf %s", base);
    return system(command) == 0 ? 0 : -1;
}

static enum far_err put(const char *name, const char *bytes, bool *ret_changed)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    char hex[65];
    crypto_hash_sha256(hash, (const uint8_t *)bytes, strlen(bytes));
    far_str_hex(hash, sizeof(hash), hex);
    return prompt_files_put(dir, name, (const uint8_t *)bytes, strlen(bytes), hex, ret_changed);
}

/* @return what is in the file; "": it is not there. */
static const char *content(const char *name)
{
    static char bytes[64];
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/%s.wav", dir, name);
    FILE *file = fopen(path, "r");
    size_t len = file ? fread(bytes, 1, sizeof(bytes) - 1, file) : 0;
    if (file) (void)fclose(file);
    bytes[len] = '\0';
    return bytes;
}

static void a_prompt_is_written_once_and_replaced(void **state)
{
    bool changed = false;
    (void)state;
    assert_int_equal(put("zh/welcome", "one", &changed), FAR_OK);
    assert_true(changed);
    assert_string_equal(content("zh/welcome"), "one");
    assert_int_equal(put("zh/welcome", "one", &changed), FAR_OK);
    assert_false(changed);
    assert_int_equal(put("zh/welcome", "two", &changed), FAR_OK);
    assert_true(changed);
    assert_string_equal(content("zh/welcome"), "two");
    assert_int_equal(prompt_files_remove(dir, "zh/welcome", &changed), FAR_OK);
    assert_true(changed);
    assert_int_equal(prompt_files_remove(dir, "zh/welcome", &changed), FAR_OK);
    assert_false(changed);
    assert_string_equal(content("zh/welcome"), "");
}

static void damaged_bytes_and_names_that_lead_away_are_refused(void **state)
{
    static const char *const bad[] = {"", "/etc/x", "../x", "a/../b", "a//b", "a/", "A", "a.b"};
    bool changed = true;
    (void)state;
    assert_int_equal(prompt_files_put(dir, "x", (const uint8_t *)"abc", 3, "00", &changed), FAR_EPROTO);
    assert_false(changed);
    assert_string_equal(content("x"), "");
    for (size_t i = 0; i < FAR_ARRAY_LEN(bad); i++) {
        assert_int_equal(put(bad[i], "abc", &changed), FAR_EINVAL);
        assert_int_equal(prompt_files_remove(dir, bad[i], &changed), FAR_EINVAL);
    }
}

static void a_way_that_is_blocked_is_told_and_leaves_the_former_one(void **state)
{
    bool changed = false;
    char path[256];
    (void)state;
    assert_int_equal(put("a", "one", &changed), FAR_OK);
    (void)snprintf(path, sizeof(path), "%s/.writing", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(put("a", "two", &changed), FAR_EIO);
    assert_false(changed);
    assert_string_equal(content("a"), "one");
}

static void went(void *ctx, const char *name)
{
    char *names = ctx;
    strcat(names, name);
    strcat(names, ",");
}

static void what_the_bus_has_not_goes(void **state)
{
    char a[] = "a", zh[] = "zh/b", *names[] = {a, zh}, gone[128] = "", path[256];
    bool changed;
    (void)state;
    assert_int_equal(put("a", "1", &changed), FAR_OK);
    assert_int_equal(put("zh/b", "2", &changed), FAR_OK);
    assert_int_equal(put("zh/c/d", "3", &changed), FAR_OK);
    (void)snprintf(path, sizeof(path), "%s/notes.txt", dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fclose(file);
    prompt_files_keep(dir, names, 2, went, gone);
    assert_string_equal(gone, "zh/c/d,");
    assert_string_equal(content("a"), "1");
    assert_string_equal(content("zh/b"), "2");
    assert_int_equal(access(path, F_OK), 0); /* no prompt */
    prompt_files_keep(dir, NULL, 0, went, gone);
    assert_string_equal(content("a"), "");
}

static void a_folder_with_other_things_is_left_alone(void **state)
{
    char other[96], path[160];
    (void)state;
    assert_int_equal(prompt_files_prepare(dir, text), FAR_OK); /* ours: again is fine */
    (void)snprintf(other, sizeof(other), "%s/other", base);
    assert_int_equal(mkdir(other, 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/thesis.wav", other);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fclose(file);
    assert_int_equal(prompt_files_prepare(other, text), FAR_ESTATE);
    assert_non_null(strstr(text, "holds other things"));
    assert_int_equal(prompt_files_prepare("/proc/nowhere/x", text), FAR_EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_prompt_is_written_once_and_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_bytes_and_names_that_lead_away_are_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_way_that_is_blocked_is_told_and_leaves_the_former_one, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_the_bus_has_not_goes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_with_other_things_is_left_alone, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
