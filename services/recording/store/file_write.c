/* SPDX-License-Identifier: Apache-2.0 */
#include "file_write.h"
#include "far/id.h"
#include "far/log.h"
#include "file_key.h"
#include "file_read.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct file_writer {
    int fd;
    struct file_header header;
    uint64_t chunks;
    struct file_sum sum;
    bool ended;
};

static uint64_t writer_at(const struct file_writer *writer)
{
    return FORMAT_HEADER + writer->chunks * FORMAT_RECORD;
}

static enum far_err header_make(struct file_header *header, struct keys *keys, const struct part *part)
{
    uint8_t master[SEAL_KEY_BYTES];
    struct far_id id = far_id_new();
    header->fixed.codec = part->codec;
    header->generation = 1;
    header->part = *part;
    memcpy(header->fixed.file_id, id.bytes, sizeof(header->fixed.file_id));
    format_fixed_write(&header->fixed, header->bytes);
    enum far_err err = seal_random(header->key, sizeof(header->key));
    if (err == FAR_OK) err = keys_newest(keys, header->master_id, master);
    if (err == FAR_OK) {
        err = format_wrap(header->bytes, header->master_id, master, header->key,
                          header->bytes + FORMAT_WRAP_AT);
        OPENSSL_cleanse(master, sizeof(master));
    }
    if (err == FAR_OK)
        err = format_meta_write(header->bytes, header->key, header->generation, part,
                                header->bytes + FORMAT_META_AT);
    return err;
}

enum far_err file_create(const char *path, struct keys *keys, const struct part *part,
                         struct file_writer **ret_writer)
{
    struct file_writer *writer = calloc(1, sizeof(*writer));
    if (!writer) return FAR_ENOMEM;
    writer->fd = -1;
    enum far_err err = file_sum_init(&writer->sum);
    if (err == FAR_OK) err = header_make(&writer->header, keys, part);
    if (err == FAR_OK) {
        writer->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (writer->fd < 0)
            err = errno == EEXIST ? FAR_EEXIST : errno == ENOSPC || errno == EDQUOT ? FAR_EFULL : FAR_EIO;
    }
    if (err == FAR_OK) {
        err = file_pwrite(writer->fd, writer->header.bytes, FORMAT_HEADER, 0);
        if (err != FAR_OK) unlink(path);
    }
    if (err != FAR_OK) {
        file_close(writer);
        return err;
    }
    *ret_writer = writer;
    return FAR_OK;
}

struct file_writer *file_close(struct file_writer *writer)
{
    if (!writer) return NULL;
    if (writer->fd >= 0) close(writer->fd);
    file_sum_done(&writer->sum);
    OPENSSL_cleanse(writer, sizeof(*writer));
    free(writer);
    return NULL;
}

uint64_t file_chunks(const struct file_writer *writer)
{
    return writer->chunks;
}
enum far_err file_sync(struct file_writer *writer)
{
    return fdatasync(writer->fd) == 0 ? FAR_OK : FAR_EIO;
}

enum far_err file_append(struct file_writer *writer, enum format_kind kind,
                         const uint8_t sound[ALIGN_CHUNK_BYTES])
{
    uint8_t silence[ALIGN_CHUNK_BYTES], record[FORMAT_RECORD];
    if (!sound) {
        memset(silence, far_codec_silence(writer->header.fixed.codec), sizeof(silence));
        sound = silence;
    }
    enum far_err err = format_record_write(writer->header.fixed.file_id, writer->header.key, writer->chunks,
                                           kind, sound, ALIGN_CHUNK_BYTES, record);
    if (err == FAR_OK) err = file_pwrite(writer->fd, record, sizeof(record), writer_at(writer));
    if (err != FAR_OK) {
        (void)ftruncate(writer->fd, (off_t)writer_at(writer));
        return err;
    }
    writer->chunks++;
    return file_sum_add(&writer->sum, writer->header.fixed.codec, sound, ALIGN_CHUNK_BYTES);
}

enum far_err file_metadata(struct file_writer *writer, const struct part *part)
{
    uint8_t slot[FORMAT_META];
    uint32_t generation = writer->header.generation + 1;
    enum far_err err = format_meta_write(writer->header.bytes, writer->header.key, generation, part, slot);
    if (err == FAR_OK)
        err = file_pwrite(writer->fd, slot, sizeof(slot),
                          FORMAT_META_AT + (generation - 1) % FORMAT_SLOTS * FORMAT_META);
    if (err == FAR_OK) writer->header.generation = generation;
    return err;
}

enum far_err file_end(struct file_writer *writer, const uint8_t *sound, size_t frames, struct part *part)
{
    enum { RECORD_MAX = FORMAT_END_MAX + FORMAT_OVERHEAD };
    if (writer->ended || frames > ALIGN_CHUNK) return FAR_ESTATE;
    uint8_t *plain = malloc(FORMAT_END_MAX), *record = malloc(RECORD_MAX + FORMAT_FOOT);
    struct file_sum sum = {.md = EVP_MD_CTX_new()};
    size_t bytes = frames * ALIGN_SIDES;
    enum far_err err =
        plain && record && sum.md && EVP_MD_CTX_copy_ex(sum.md, writer->sum.md) == 1 ? FAR_OK : FAR_ENOMEM;
    if (err == FAR_OK && bytes > 0) err = file_sum_add(&sum, writer->header.fixed.codec, sound, bytes);
    if (err == FAR_OK) err = file_sum_text(&sum, part->sha256);
    if (err == FAR_OK) {
        part->frames = writer->chunks * ALIGN_CHUNK + frames;
        if (part->state == PART_RECORDING) part->state = PART_COMPLETE;
        size_t len = format_end_write(sound, bytes, part, plain);
        err = format_record_write(writer->header.fixed.file_id, writer->header.key, writer->chunks,
                                  FORMAT_END, plain, len, record);
        format_foot_write((uint32_t)(len + FORMAT_OVERHEAD), record + FORMAT_OVERHEAD + len);
        if (err == FAR_OK)
            err = file_pwrite(writer->fd, record, FORMAT_OVERHEAD + len + FORMAT_FOOT, writer_at(writer));
        if (err == FAR_OK) err = file_sync(writer);
        if (err != FAR_OK) (void)ftruncate(writer->fd, (off_t)writer_at(writer));
    }
    writer->ended = err == FAR_OK;
    file_sum_done(&sum);
    free(plain);
    free(record);
    return err;
}

/* Read chunk `number` of an unfinished file. @return whether it is whole and ours. */
static bool chunk_good(const struct file_writer *writer, uint64_t number, uint8_t out[ALIGN_CHUNK_BYTES],
                       enum format_kind *ret_kind)
{
    uint8_t sealed[FORMAT_RECORD];
    struct format_head head;
    if (file_pread(writer->fd, sealed, sizeof(sealed), FORMAT_HEADER + number * FORMAT_RECORD) != FAR_OK ||
        format_head_read(sealed, &head) != FAR_OK || head.kind == FORMAT_END ||
        format_record_read(writer->header.fixed.file_id, writer->header.key, number, &head, sealed, out) !=
            FAR_OK)
        return false;
    *ret_kind = head.kind;
    return true;
}

/* Count the chunks up to the last good one, sum them, and cut off the rest. */
static enum far_err writer_recount(struct file_writer *writer, uint64_t size, struct file_recovery *recovery)
{
    uint8_t sound[ALIGN_CHUNK_BYTES];
    enum format_kind kind = FORMAT_SOUND;
    uint64_t slots = (size - FORMAT_HEADER) / FORMAT_RECORD, good = 0, gaps = 0;
    for (uint64_t i = 0; i < slots; i++) {
        if (!chunk_good(writer, i, sound, &kind)) continue;
        writer->chunks = i + 1;
        good++;
        if (kind == FORMAT_GAP) gaps++;
        enum far_err err = file_sum_add(&writer->sum, writer->header.fixed.codec, sound, ALIGN_CHUNK_BYTES);
        if (err != FAR_OK) return err;
    }
    recovery->damaged_chunks = writer->chunks - good;
    recovery->cut_bytes = size - writer_at(writer);
    recovery->part = writer->header.part;
    recovery->part.write_gap_ms = gaps * ALIGN_CHUNK * 1000u / FAR_G711_RATE;
    recovery->part.state = recovery->damaged_chunks > 0 ? PART_FAILED : PART_RECOVERED;
    recovery->part.ended_at_us =
        recovery->part.started_at_us + (int64_t)(writer->chunks * ALIGN_CHUNK * 1000000u / FAR_G711_RATE);
    return ftruncate(writer->fd, (off_t)writer_at(writer)) == 0 ? FAR_OK : FAR_EIO;
}

enum far_err file_recover(const char *path, struct keys *keys, struct file_recovery *ret_recovery)
{
    struct file_reader *reader = NULL;
    struct stat info;
    memset(ret_recovery, 0, sizeof(*ret_recovery));
    enum far_err err = file_open(path, keys, &reader);
    if (err != FAR_OK) return err;
    bool finished = file_is_finished(reader);
    if (finished) {
        ret_recovery->part = *file_part(reader);
        ret_recovery->was_finished = true;
    }
    file_reader_close(reader);
    if (finished) return FAR_OK;

    struct file_writer *writer = calloc(1, sizeof(*writer));
    if (!writer) return FAR_ENOMEM;
    err = file_sum_init(&writer->sum);
    writer->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (err == FAR_OK && (writer->fd < 0 || fstat(writer->fd, &info) != 0)) err = FAR_EIO;
    if (err == FAR_OK) err = file_header_read(writer->fd, path, keys, &writer->header);
    if (err == FAR_OK) err = writer_recount(writer, (uint64_t)info.st_size, ret_recovery);
    if (err == FAR_OK) err = file_end(writer, NULL, 0, &ret_recovery->part);
    file_close(writer);
    return err;
}

enum far_err file_rewrap(const char *path, struct keys *keys, bool *ret_changed)
{
    struct file_header *header = calloc(1, sizeof(*header));
    if (!header) return FAR_ENOMEM;
    uint8_t master[SEAL_KEY_BYTES], slot[FORMAT_WRAP], empty[FORMAT_WRAP] = {0};
    char newest[KEYS_ID_SIZE], id[KEYS_ID_SIZE];
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    enum far_err err = fd >= 0           ? file_header_read(fd, path, keys, header)
                       : errno == ENOENT ? FAR_ENOTFOUND
                                         : FAR_EIO;
    if (err == FAR_OK) err = keys_newest(keys, newest, master);
    bool change = err == FAR_OK && strcmp(newest, header->master_id) != 0;
    if (change) {
        format_wrap_id(header->bytes + FORMAT_WRAP_AT, id);
        unsigned used = strcmp(id, header->master_id) == 0 ? 0 : 1;
        err = format_wrap(header->bytes, newest, master, header->key, slot);
        if (err == FAR_OK)
            err = file_pwrite(fd, slot, sizeof(slot), FORMAT_WRAP_AT + (1 - used) * FORMAT_WRAP);
        if (err == FAR_OK && fdatasync(fd) != 0) err = FAR_EIO;
        if (err == FAR_OK) err = file_pwrite(fd, empty, sizeof(empty), FORMAT_WRAP_AT + used * FORMAT_WRAP);
        if (err == FAR_OK && fdatasync(fd) != 0) err = FAR_EIO;
    }
    if (fd >= 0) close(fd);
    OPENSSL_cleanse(master, sizeof(master));
    OPENSSL_cleanse(header, sizeof(*header));
    free(header);
    if (err == FAR_OK) *ret_changed = change;
    return err;
}
