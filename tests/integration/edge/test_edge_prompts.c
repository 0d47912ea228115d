/* SPDX-License-Identifier: Apache-2.0 */
/* Prompts that administrators made: they reach a running edge, hide the built-in ones, and go again. */
#include "far/kv.h"
#include "far/str.h"
#include "far/tables.h"
#include "far/test.h"
#include "farseat/v1/api_gateway.pb-c.h"
#include "rig.h"
#include "turn.h"
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct rig rig;
static struct rig_edge *hq;

static int setup(void **state)
{
    (void)state;
    rig_start(&rig);
    rig_prompt(&rig, "welcome", 440);
    rig_trunk(&rig, "t1", "127.0.0.1/32");
    hq = rig_edge(&rig, "edge-hq");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_stop(&rig);
    return 0;
}

static void on_written(void *ctx, enum far_err err, uint64_t revision)
{
    (void)revision;
    assert_int_equal(err, FAR_OK);
    *(bool *)ctx = true;
}

static bool is_true(void *ctx)
{
    return *(bool *)ctx;
}

static void write_key(const char *name, const void *data, size_t len)
{
    bool done = false;
    const struct far_kv_write write = {.bucket = FAR_BUCKET_PROMPTS,
                                       .key = name,
                                       .mode = data ? FAR_KV_PUT : FAR_KV_DELETE,
                                       .data = data,
                                       .data_len = len,
                                       .fn = on_written,
                                       .ctx = &done};
    assert_int_equal(far_kv_write(rig.bus, &write), FAR_OK);
    assert_true(test_turn_until(rig.loop, is_true, &done, RIG_WAIT_MS));
}

/* A tone as the bus's prompt of that name. */
static void upload(const char *name, double hz, bool damaged)
{
    static uint8_t bytes[200000];
    uint8_t hash[crypto_hash_sha256_BYTES];
    char path[160], hex[65];
    rig_prompt(&rig, "upload", hz);
    (void)snprintf(path, sizeof(path), "%s/upload.wav", rig.dir);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t len = fread(bytes, 1, sizeof(bytes), file);
    (void)fclose(file);
    assert_true(len > 1000 && len < sizeof(bytes));
    crypto_hash_sha256(hash, bytes, len);
    far_str_hex(hash, sizeof(hash), hex);
    if (damaged) bytes[len / 2] ^= 1;
    Farseat__V1__Prompt prompt = FARSEAT__V1__PROMPT__INIT;
    prompt.name = (char *)(uintptr_t)name;
    prompt.sha256 = hex;
    prompt.wav.data = bytes;
    prompt.wav.len = len;
    size_t packed_len = farseat__v1__prompt__get_packed_size(&prompt);
    uint8_t *packed = malloc(packed_len);
    farseat__v1__prompt__pack(&prompt, packed);
    write_key(name, packed, packed_len);
    free(packed);
}

/* Until the edge has said so often that a prompt changed. */
static void wait_changes(unsigned count)
{
    char path[160];
    unsigned seen = 0;
    (void)snprintf(path, sizeof(path), "%s/edge-hq.log", rig.dir);
    for (int i = 0; i < RIG_WAIT_MS / 20 && seen < count; i++) {
        char line[4096];
        rig_turn(&rig, 20);
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        seen = 0;
        while (fgets(line, sizeof(line), file))
            seen += strstr(line, "event=prompt-changed") != NULL;
        (void)fclose(file);
    }
    assert_int_equal(seen, count);
}

static void hear(const char *call, double hz, double not_hz)
{
    struct rig_sound sound;
    char leg_id[64];
    pid_t pid = rig_call_answered(&rig, hq, call, "caller", &sound, leg_id);
    assert_string_equal(rig_play(&rig, hq, leg_id, "welcome", true, false), "");
    assert_true(rig_listen(&rig, &sound, hz, 1200) > -20);
    assert_true(rig_listen(&rig, &sound, not_hz, 600) < -30);
    assert_string_equal(rig_hangup(&rig, hq, leg_id), "");
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED);
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    rig_sound_close(&sound);
}

static void a_prompt_of_the_bus_hides_the_built_in_one(void **state)
{
    (void)state;
    hear("before", 440, 880);
    upload("welcome", 880, false);
    wait_changes(1);
    hear("after", 880, 440);
}

static void what_plays_goes_on_when_its_prompt_changes(void **state)
{
    struct rig_sound sound;
    char leg_id[64];
    (void)state;
    pid_t pid = rig_call_answered(&rig, hq, "during", "caller", &sound, leg_id);
    assert_string_equal(rig_play(&rig, hq, leg_id, "welcome", true, false), "");
    assert_true(rig_listen(&rig, &sound, 880, 800) > -20);
    upload("welcome", 1320, false);
    wait_changes(2);
    assert_true(rig_listen(&rig, &sound, 880, 1200) > -20);
    assert_string_equal(rig_hangup(&rig, hq, leg_id), "");
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED);
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    rig_sound_close(&sound);
    hear("then", 1320, 880);
}

static void damaged_bytes_are_not_played(void **state)
{
    (void)state;
    upload("welcome", 660, true);
    upload("other", 660, false); /* written after it */
    wait_changes(3);
    hear("damaged", 1320, 660);
}

static void what_was_removed_while_the_edge_was_away_goes(void **state)
{
    char path[160];
    (void)state;
    upload("welcome", 880, false);
    wait_changes(4);
    write_key("other", NULL, 0);
    wait_changes(5);
    rig_edge_end(&rig, hq, SIGTERM);
    (void)snprintf(path, sizeof(path), "%s/cache-edge-hq/welcome.wav", rig.dir);
    assert_int_equal(access(path, R_OK), 0);
    write_key("welcome", NULL, 0);
    hq = rig_edge(&rig, "edge-hq");
    wait_changes(6);
    assert_int_equal(access(path, F_OK), -1);
    hear("again", 440, 880);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prompt_of_the_bus_hides_the_built_in_one),
        cmocka_unit_test(what_plays_goes_on_when_its_prompt_changes),
        cmocka_unit_test(damaged_bytes_are_not_played),
        cmocka_unit_test(what_was_removed_while_the_edge_was_away_goes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
