/* SPDX-License-Identifier: Apache-2.0 */
/* scratch.h - a temporary folder with keys for the tests of the store, and sound that can be told again. */
#pragma once
#include "far/test.h"
#include "file_write.h"
#include "folder.h"
#include "keys.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCRATCH_RECORDING "0192f3a0-0000-7000-8000-0000000000ab"

struct scratch {
    char root[64], key_folder[80];
    struct keys *keys;
};

static inline void scratch_make(struct scratch *scratch)
{
    (void)snprintf(scratch->root, sizeof(scratch->root), "/tmp/farseat-recording-XXXXXX");
    assert_non_null(mkdtemp(scratch->root));
    (void)snprintf(scratch->key_folder, sizeof(scratch->key_folder), "%s/keys", scratch->root);
    assert_int_equal(keys_open(scratch->key_folder, true, &scratch->keys), FAR_OK);
}

static inline void scratch_clear(struct scratch *scratch)
{
    char command[128];
    scratch->keys = keys_close(scratch->keys);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", scratch->root);
    assert_int_equal(system(command), 0);
}

/* Chunk `number` of a made-up sound: every chunk differs. */
static inline void scratch_sound(uint64_t number, uint8_t out[ALIGN_CHUNK_BYTES])
{
    for (size_t i = 0; i < ALIGN_CHUNK_BYTES; i++)
        out[i] = (uint8_t)(number * 31 + i * 7 + (i >> 8));
}

static inline struct part scratch_part(void)
{
    struct part part = {
        .number = 1, .codec = FAR_CODEC_PCMA, .state = PART_RECORDING, .started_at_us = 1700000000000000};
    (void)snprintf(part.recording_id, sizeof(part.recording_id), "%s", SCRATCH_RECORDING);
    (void)snprintf(part.contact_id, sizeof(part.contact_id), "contact-1");
    (void)snprintf(part.agent_id, sizeof(part.agent_id), "anna");
    (void)snprintf(part.left, sizeof(part.left), "sip:13800138000@hq");
    return part;
}

/* A finished file of `chunks` whole chunks and `rest` frames. */
static inline struct part scratch_file(struct scratch *scratch, const char *path, uint64_t chunks,
                                       size_t rest)
{
    struct file_writer *writer = NULL;
    struct part part = scratch_part();
    uint8_t sound[ALIGN_CHUNK_BYTES];
    assert_int_equal(file_create(path, scratch->keys, &part, &writer), FAR_OK);
    for (uint64_t i = 0; i < chunks; i++) {
        scratch_sound(i, sound);
        assert_int_equal(file_append(writer, FORMAT_SOUND, sound), FAR_OK);
    }
    scratch_sound(chunks, sound);
    assert_int_equal(file_end(writer, sound, rest, &part), FAR_OK);
    file_close(writer);
    return part;
}

static inline uint8_t *scratch_read(const char *path, size_t *ret_len)
{
    struct stat info;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &info), 0);
    uint8_t *bytes = malloc((size_t)info.st_size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)info.st_size, file), (size_t)info.st_size);
    fclose(file);
    *ret_len = (size_t)info.st_size;
    return bytes;
}

static inline void scratch_write(const char *path, const uint8_t *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}
