/* SPDX-License-Identifier: Apache-2.0 */
/* A recording's file that was changed: the input is a list of changes (4 bytes each: offset 24 bits, byte) to a good
 * one, its first two bytes cut or lengthen it. It must be read without harm, and what passes for whole and finished by
 * its writer must be the original. An input that begins with 'E' is an END record's content instead. */
#include "far/log.h"
#include "file_read.h"
#include "file_write.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNKS 3u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
    char path[64], folder[32];
    struct keys *keys;
    uint8_t bytes[FORMAT_HEADER + (CHUNKS + 2) * (FORMAT_RECORD + 2048)];
    size_t len;
    char sha256[65];
} good;

static void must(int ok)
{
    if (!ok) abort();
}

static void clear(void)
{
    char command[96];
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", good.folder);
    if (system(command) != 0) fprintf(stderr, "%s is left\n", good.folder);
}

static void prepare(void)
{
    struct part part = {.number = 1, .codec = FAR_CODEC_PCMU, .state = PART_RECORDING, .started_at_us = 1};
    struct file_writer *writer = NULL;
    uint8_t sound[ALIGN_CHUNK_BYTES];
    far_log_set_level(FAR_LOG_ERROR);
    (void)snprintf(good.folder, sizeof(good.folder), "/tmp/farseat-fuzz-XXXXXX");
    must(mkdtemp(good.folder) != NULL && atexit(clear) == 0);
    (void)snprintf(good.path, sizeof(good.path), "%s/a.rec", good.folder);
    (void)snprintf(part.recording_id, sizeof(part.recording_id), "0192f3a0-0000-7000-8000-0000000000ab");
    must(keys_open(good.folder, true, &good.keys) == FAR_OK);
    must(file_create(good.path, good.keys, &part, &writer) == FAR_OK);
    for (unsigned i = 0; i < CHUNKS; i++) {
        memset(sound, (int)(i + 1), sizeof(sound));
        must(file_append(writer, FORMAT_SOUND, sound) == FAR_OK);
    }
    must(file_end(writer, sound, 100, &part) == FAR_OK);
    file_close(writer);
    memcpy(good.sha256, part.sha256, sizeof(good.sha256));
    FILE *file = fopen(good.path, "rb");
    must(file != NULL);
    good.len = fread(good.bytes, 1, sizeof(good.bytes) / 2, file);
    must(fclose(file) == 0);
}

static void look(void)
{
    struct file_reader *reader = NULL;
    char sha256[65];
    uint64_t damaged = 0;
    int16_t pcm[2 * 160];
    if (file_open(good.path, good.keys, &reader) != FAR_OK) return;
    for (uint64_t at = 0; at + 160 <= file_frames(reader); at += 3001)
        if (file_read(reader, at, 160, pcm) == FAR_EINVAL) abort(); /* it is within the frames */
    bool whole = file_verify(reader, sha256, &damaged) == FAR_OK && file_is_finished(reader);
    if (whole && file_part(reader)->state == PART_COMPLETE) must(strcmp(sha256, good.sha256) == 0);
    file_reader_close(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t work[sizeof(good.bytes)];
    struct file_recovery recovery;
    struct part part;
    size_t sound_len = 0, len = 0;
    if (size > 0 && data[0] == 'E') {
        if (format_end_read(data + 1, size - 1, &sound_len, &part) == FAR_OK) must(sound_len <= size);
        return 0;
    }
    if (size < 2) return 0;
    if (!good.keys) prepare();
    memset(work, 0, sizeof(work));
    memcpy(work, good.bytes, good.len);
    len = data[0] == 0xff ? good.len + data[1] : good.len * ((size_t)data[0] << 8 | data[1]) / 0xff00;
    for (size_t at = 2; at + 4 <= size; at += 4) {
        size_t offset = (size_t)data[at] << 16 | (size_t)data[at + 1] << 8 | data[at + 2];
        if (offset < sizeof(work)) work[offset] = data[at + 3];
    }
    FILE *file = fopen(good.path, "wb");
    must(file != NULL && fwrite(work, 1, len, file) == len);
    must(fclose(file) == 0);
    look();
    if (file_recover(good.path, good.keys, &recovery) == FAR_OK) {
        look();
        must(recovery.part.frames <= (CHUNKS + 1) * ALIGN_CHUNK + 200);
    }
    return 0;
}
