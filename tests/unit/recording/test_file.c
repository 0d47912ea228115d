/* SPDX-License-Identifier: Apache-2.0 */
/* store/file_write, file_read, playback, format: one file from its birth through every way it may be cut or
 * changed. */
#include "far/media/wav.h"
#include "file_read.h"
#include "playback.h"
#include "scratch.h"
#include <openssl/evp.h>

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

/* All frames of the file are those of scratch_sound(). */
static void assert_sound(struct file_reader *reader, uint64_t frames)
{
    assert_int_equal(file_frames(reader), frames);
    int16_t *pcm = calloc(frames * 2 + 1, sizeof(*pcm));
    assert_int_equal(file_read(reader, 0, (size_t)frames, pcm), FAR_OK);
    for (uint64_t chunk = 0; chunk * ALIGN_CHUNK < frames; chunk++) {
        uint8_t sound[ALIGN_CHUNK_BYTES];
        scratch_sound(chunk, sound);
        for (uint64_t i = 0; i < ALIGN_CHUNK_BYTES && chunk * ALIGN_CHUNK_BYTES + i < frames * 2; i++)
            assert_int_equal(pcm[chunk * ALIGN_CHUNK_BYTES + i], far_alaw_decode(sound[i]));
    }
    free(pcm);
}

static void whole_file(void **state)
{
    (void)state;
    struct part part = scratch_file(&scratch, path, 3, 777);
    assert_int_equal(part.state, PART_COMPLETE);
    struct file_reader *reader = opened();
    assert_true(file_is_finished(reader));
    assert_string_equal(file_part(reader)->agent_id, "anna");
    assert_string_equal(file_part(reader)->sha256, part.sha256);
    assert_sound(reader, 3 * ALIGN_CHUNK + 777);
    char sha256[65];
    uint64_t damaged = 1;
    assert_int_equal(file_verify(reader, sha256, &damaged), FAR_OK);
    assert_int_equal(damaged, 0);
    assert_string_equal(sha256, part.sha256);
    int16_t pcm[2];
    assert_int_equal(file_read(reader, 3 * ALIGN_CHUNK + 777, 1, pcm), FAR_EINVAL);
    file_reader_close(reader);
}

static void nothing_readable_lies_in_the_file(void **state)
{
    (void)state;
    (void)scratch_file(&scratch, path, 1, 0);
    size_t len = 0;
    uint8_t *bytes = scratch_read(path, &len);
    assert_null(memmem(bytes, len, "anna", 4));
    assert_null(memmem(bytes, len, "13800138000", 11));
    uint8_t sound[ALIGN_CHUNK_BYTES];
    scratch_sound(0, sound);
    assert_null(memmem(bytes, len, sound, 16));
    free(bytes);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

/* Cut the file anywhere: what comes back is exactly the chunks that were whole. */
static void every_truncation_recovers_whole_chunks(void **state)
{
    (void)state;
    (void)scratch_file(&scratch, path, 2, 100);
    size_t len = 0;
    uint8_t *bytes = scratch_read(path, &len);
    size_t sound_end = FORMAT_HEADER + 2 * FORMAT_RECORD;
    for (size_t cut = 0; cut <= len; cut += cut % FORMAT_RECORD < 64 || cut > sound_end ? 1 : 97) {
        struct file_recovery recovery;
        scratch_write(path, bytes, cut);
        enum far_err err = file_recover(path, scratch.keys, &recovery);
        if (cut < FORMAT_HEADER) {
            assert_int_equal(err, FAR_EPROTO);
            continue;
        }
        assert_int_equal(err, FAR_OK);
        assert_int_equal(recovery.was_finished, cut == len);
        assert_int_equal(recovery.damaged_chunks, 0);
        uint64_t chunks = (cut - FORMAT_HEADER) / FORMAT_RECORD;
        if (chunks > 2) chunks = 2;
        if (cut < len) {
            assert_int_equal(recovery.part.state, PART_RECOVERED);
            assert_int_equal(recovery.cut_bytes, cut - FORMAT_HEADER - chunks * FORMAT_RECORD);
        }
        struct file_reader *reader = opened();
        char sha256[65];
        uint64_t damaged = 1;
        assert_true(file_is_finished(reader));
        assert_sound(reader, chunks * ALIGN_CHUNK + (cut == len ? 100 : 0));
        assert_int_equal(file_verify(reader, sha256, &damaged), FAR_OK);
        file_reader_close(reader);
        struct file_recovery again; /* and a second time nothing changes */
        assert_int_equal(file_recover(path, scratch.keys, &again), FAR_OK);
        assert_true(again.was_finished);
        assert_int_equal(again.part.frames, recovery.part.frames);
    }
    free(bytes);
}

/* Whether the changed file still passes for whole. */
static bool passes(void)
{
    struct file_reader *reader = NULL;
    char sha256[65];
    uint64_t damaged = 0;
    if (file_open(path, scratch.keys, &reader) != FAR_OK) return false;
    bool good = file_is_finished(reader) && file_verify(reader, sha256, &damaged) == FAR_OK;
    file_reader_close(reader);
    return good;
}

static void every_changed_byte_is_seen(void **state)
{
    (void)state;
    (void)scratch_file(&scratch, path, 2, 50);
    size_t len = 0;
    uint8_t *bytes = scratch_read(path, &len);
    for (size_t at = 0; at < len; at += at < 600 || at > len - 700 ? 1 : 61) {
        bool unused =
            (at >= FORMAT_WRAP_AT + 92 && at < FORMAT_META_AT) || /* the rest of wrap slots, wrap slot 1 */
            (at >= FORMAT_META_AT + 100 && at < FORMAT_HEADER);   /* behind the metadata, slot 1 */
        if (unused) continue;
        bytes[at] ^= 0x20;
        scratch_write(path, bytes, len);
        bytes[at] ^= 0x20;
        if (passes()) fail_msg("a changed byte at %zu was not seen", at);
    }
    free(bytes);
}

static void chunks_cannot_be_moved_or_taken_away(void **state)
{
    (void)state;
    char other[128];
    (void)snprintf(other, sizeof(other), "%s/b.rec", scratch.root);
    (void)scratch_file(&scratch, other, 4, 0);
    (void)scratch_file(&scratch, path, 4, 0);
    size_t len = 0, other_len = 0;
    uint8_t *bytes = scratch_read(path, &len), *foreign = scratch_read(other, &other_len),
            *work = malloc(len);
    uint8_t *first = work + FORMAT_HEADER, *second = first + FORMAT_RECORD;

    memcpy(work, bytes, len); /* swapped */
    memcpy(first, bytes + FORMAT_HEADER + FORMAT_RECORD, FORMAT_RECORD);
    memcpy(second, bytes + FORMAT_HEADER, FORMAT_RECORD);
    scratch_write(path, work, len);
    assert_false(passes());
    memcpy(work, bytes, len); /* of another file */
    memcpy(first, foreign + FORMAT_HEADER, FORMAT_RECORD);
    scratch_write(path, work, len);
    assert_false(passes());
    memcpy(work, bytes, len); /* one taken out */
    memmove(first, second, len - FORMAT_HEADER - FORMAT_RECORD);
    scratch_write(path, work, len - FORMAT_RECORD);
    assert_false(passes());
    scratch_write(path, bytes, FORMAT_HEADER + 3 * FORMAT_RECORD); /* the end cut off: no longer finished */
    assert_false(passes());
    scratch_write(path, bytes, len);
    assert_true(passes());
    free(bytes);
    free(foreign);
    free(work);
}

/* A chunk in the middle that the disk lost: what is good stays, what is bad is said. */
static void damage_inside_is_kept_apart(void **state)
{
    (void)state;
    struct file_recovery recovery;
    (void)scratch_file(&scratch, path, 4, 0);
    size_t len = 0;
    uint8_t *bytes = scratch_read(path, &len);
    memset(bytes + FORMAT_HEADER + FORMAT_RECORD, 0, FORMAT_RECORD);
    scratch_write(path, bytes, FORMAT_HEADER + 4 * FORMAT_RECORD + 11);
    free(bytes);
    assert_int_equal(file_recover(path, scratch.keys, &recovery), FAR_OK);
    assert_int_equal(recovery.part.state, PART_FAILED);
    assert_int_equal(recovery.damaged_chunks, 1);
    assert_int_equal(recovery.part.frames, 4 * ALIGN_CHUNK);
    struct file_reader *reader = opened();
    int16_t pcm[2];
    assert_int_equal(file_read(reader, 0, 1, pcm), FAR_OK);
    assert_int_equal(file_read(reader, ALIGN_CHUNK, 1, pcm), FAR_EPROTO);
    assert_int_equal(file_read(reader, 2 * ALIGN_CHUNK, 1, pcm), FAR_OK);
    file_reader_close(reader);
}

static void gaps_are_silence_and_counted(void **state)
{
    (void)state;
    struct file_writer *writer = NULL;
    struct part part = scratch_part();
    uint8_t sound[ALIGN_CHUNK_BYTES];
    scratch_sound(0, sound);
    assert_int_equal(file_create(path, scratch.keys, &part, &writer), FAR_OK);
    assert_int_equal(file_append(writer, FORMAT_SOUND, sound), FAR_OK);
    assert_int_equal(file_append(writer, FORMAT_GAP, NULL), FAR_OK);
    assert_int_equal(file_append(writer, FORMAT_GAP, NULL), FAR_OK);
    file_close(writer); /* killed */
    struct file_recovery recovery;
    assert_int_equal(file_recover(path, scratch.keys, &recovery), FAR_OK);
    assert_int_equal(recovery.part.write_gap_ms, 1000);
    struct file_reader *reader = opened();
    int16_t pcm[2 * 16];
    assert_int_equal(file_read(reader, ALIGN_CHUNK + 5, 16, pcm), FAR_OK);
    for (size_t i = 0; i < FAR_ARRAY_LEN(pcm); i++)
        assert_true(abs(pcm[i]) <= 8);
    file_reader_close(reader);
}

static void metadata_change_survives_a_crash(void **state)
{
    (void)state;
    struct file_writer *writer = NULL;
    struct part part = scratch_part();
    assert_int_equal(file_create(path, scratch.keys, &part, &writer), FAR_OK);
    for (int i = 0; i < 5; i++) {
        (void)snprintf(part.agent_id, sizeof(part.agent_id), "agent-%d", i);
        assert_int_equal(file_metadata(writer, &part), FAR_OK);
    }
    file_close(writer);
    struct file_reader *reader = opened();
    assert_false(file_is_finished(reader));
    assert_string_equal(file_part(reader)->agent_id, "agent-4");
    file_reader_close(reader);
    size_t len = 0;
    uint8_t *bytes = scratch_read(path, &len); /* the newest one half written: generation 6 lies in slot 1 */
    bytes[FORMAT_META_AT + FORMAT_META + 40] ^= 1;
    scratch_write(path, bytes, len);
    free(bytes);
    reader = opened();
    assert_string_equal(file_part(reader)->agent_id, "agent-3");
    file_reader_close(reader);
}

/* Read the whole WAV by pieces of every kind: always the same bytes. */
static void range_reads_equal_the_whole(void **state)
{
    (void)state;
    struct part part = scratch_file(&scratch, path, 2, 333);
    struct file_reader *reader = opened();
    size_t total = (size_t)playback_total(reader), len = 0;
    assert_int_equal(total, part_wav_bytes(&part));
    uint8_t *whole = malloc(total), piece[5000];
    assert_int_equal(playback_read(reader, 0, total, whole, &len), FAR_OK);
    assert_int_equal(len, total);
    struct far_wav wav;
    assert_int_equal(far_wav_parse(whole, total, &wav, NULL), FAR_OK);
    assert_int_equal(wav.frames, 2 * ALIGN_CHUNK + 333);
    assert_int_equal(wav.channels, 2);
    assert_int_equal(wav.rate, 8000);
    far_wav_done(&wav);
    static const size_t sizes[] = {1, 2, 3, 43, 44, 45, 1021, 4096, 5000};
    for (size_t s = 0; s < FAR_ARRAY_LEN(sizes); s++)
        for (size_t at = 0; at < total; at += sizes[s] < 40 ? 997 : sizes[s]) {
            assert_int_equal(playback_read(reader, at, sizes[s], piece, &len), FAR_OK);
            assert_int_equal(len, total - at < sizes[s] ? total - at : sizes[s]);
            assert_memory_equal(piece, whole + at, len);
        }
    assert_int_equal(playback_read(reader, total, 10, piece, &len), FAR_OK);
    assert_int_equal(len, 0);
    assert_int_equal(playback_read(reader, UINT64_MAX - 3, 10, piece, &len), FAR_OK);
    assert_int_equal(len, 0);
    uint8_t digest[32]; /* the sum is that of the WAV's samples, so that anybody can check it */
    char text[65] = "";
    assert_int_equal(
        EVP_Digest(whole + FAR_WAV_HEADER, total - FAR_WAV_HEADER, digest, NULL, EVP_sha256(), NULL), 1);
    for (size_t i = 0; i < 32; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(text, part.sha256);
    free(whole);
    file_reader_close(reader);
}

static void live_file_reads_up_to_now(void **state)
{
    (void)state;
    struct file_writer *writer = NULL;
    struct part part = scratch_part();
    uint8_t sound[ALIGN_CHUNK_BYTES];
    assert_int_equal(file_create(path, scratch.keys, &part, &writer), FAR_OK);
    for (uint64_t i = 0; i < 3; i++) {
        struct file_reader *reader = opened();
        assert_false(file_is_finished(reader));
        assert_sound(reader, i * ALIGN_CHUNK);
        file_reader_close(reader);
        scratch_sound(i, sound);
        assert_int_equal(file_append(writer, FORMAT_SOUND, sound), FAR_OK);
    }
    file_close(writer);
}

static void rewrapping(void **state)
{
    (void)state;
    char id[KEYS_ID_SIZE], old[KEYS_ID_SIZE], old_path[160];
    uint8_t key[SEAL_KEY_BYTES];
    bool changed = true;
    (void)scratch_file(&scratch, path, 1, 0);
    assert_int_equal(keys_newest(scratch.keys, old, key), FAR_OK);
    assert_int_equal(file_rewrap(path, scratch.keys, &changed), FAR_OK);
    assert_false(changed);
    for (int i = 0; i < 3; i++) { /* both slots are used in turn */
        assert_int_equal(keys_make(scratch.key_folder, id), FAR_OK);
        assert_int_equal(file_rewrap(path, scratch.keys, &changed), FAR_OK);
        assert_true(changed);
        assert_true(passes());
    }
    (void)snprintf(old_path, sizeof(old_path), "%s/%s.key", scratch.key_folder, old);
    assert_int_equal(unlink(old_path), 0);
    scratch.keys = keys_close(scratch.keys);
    assert_int_equal(keys_open(scratch.key_folder, false, &scratch.keys), FAR_OK);
    assert_true(passes()); /* the first key is not needed any more */
    (void)snprintf(old_path, sizeof(old_path), "%s/%s.key", scratch.key_folder, id);
    assert_int_equal(unlink(old_path), 0);
    scratch.keys = keys_close(scratch.keys);
    assert_int_equal(keys_open(scratch.key_folder, false, &scratch.keys), FAR_OK);
    struct file_reader *reader = NULL;
    assert_int_equal(file_open(path, scratch.keys, &reader), FAR_ENOTFOUND); /* but the newest is */
}

/* A file never replaces another one, and a file that is none is refused. */
static void refusals(void **state)
{
    (void)state;
    struct file_writer *writer = NULL;
    struct file_reader *reader = NULL;
    struct file_recovery recovery;
    struct part part = scratch_part();
    (void)scratch_file(&scratch, path, 1, 0);
    assert_int_equal(file_create(path, scratch.keys, &part, &writer), FAR_EEXIST);
    assert_true(passes());
    scratch_write(path, (const uint8_t *)"RIFF", 4);
    assert_int_equal(file_open(path, scratch.keys, &reader), FAR_EPROTO);
    assert_int_equal(file_recover(path, scratch.keys, &recovery), FAR_EPROTO);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(file_open(path, scratch.keys, &reader), FAR_ENOTFOUND);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(whole_file),
        CASE(nothing_readable_lies_in_the_file),
        CASE(every_truncation_recovers_whole_chunks),
        CASE(every_changed_byte_is_seen),
        CASE(chunks_cannot_be_moved_or_taken_away),
        CASE(damage_inside_is_kept_apart),
        CASE(gaps_are_silence_and_counted),
        CASE(metadata_change_survives_a_crash),
        CASE(range_reads_equal_the_whole),
        CASE(live_file_reads_up_to_now),
        CASE(rewrapping),
        CASE(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
