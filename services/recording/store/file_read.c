/* SPDX-License-Identifier: Apache-2.0 */
#include "file_read.h"
#include "file_key.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct file_reader {
    int fd;
    struct file_header header;
    struct part part;
    bool finished;
    uint64_t chunks; /* whole ones */
    uint64_t cached; /* number of the chunk in `chunk`, or UINT64_MAX */
    size_t tail_len; /* bytes of sound in the END record */
    uint8_t chunk[ALIGN_CHUNK_BYTES];
    uint8_t tail[ALIGN_CHUNK_BYTES];
};

static uint64_t chunk_at(uint64_t number)
{
    return FORMAT_HEADER + number * FORMAT_RECORD;
}

/* Look for the END record by the footer. @return FAR_OK: found and good; FAR_ENOTFOUND: there is none. */
static enum far_err reader_end(struct file_reader *reader, uint64_t size)
{
    uint8_t foot[FORMAT_FOOT];
    uint32_t len = 0;
    if (size < FORMAT_HEADER + FORMAT_OVERHEAD + FORMAT_FOOT) return FAR_ENOTFOUND;
    enum far_err err = file_pread(reader->fd, foot, sizeof(foot), size - FORMAT_FOOT);
    if (err != FAR_OK) return err;
    if (!format_foot_read(foot, &len) || len < FORMAT_OVERHEAD || len > FORMAT_END_MAX + FORMAT_OVERHEAD ||
        len > size - FORMAT_HEADER - FORMAT_FOOT)
        return FAR_ENOTFOUND;
    uint64_t at = size - FORMAT_FOOT - len;
    if ((at - FORMAT_HEADER) % FORMAT_RECORD != 0) return FAR_ENOTFOUND;

    uint8_t *sealed = malloc(len), *plain = malloc(FORMAT_END_MAX);
    struct format_head head;
    uint64_t number = (at - FORMAT_HEADER) / FORMAT_RECORD;
    err = sealed && plain ? file_pread(reader->fd, sealed, len, at) : FAR_ENOMEM;
    if (err == FAR_OK && (format_head_read(sealed, &head) != FAR_OK || head.kind != FORMAT_END ||
                          head.len + FORMAT_OVERHEAD != len))
        err = FAR_ENOTFOUND;
    if (err == FAR_OK)
        err = format_record_read(reader->header.fixed.file_id, reader->header.key, number, &head, sealed,
                                 plain);
    if (err == FAR_OK) err = format_end_read(plain, head.len, &reader->tail_len, &reader->part);
    if (err == FAR_OK) {
        memcpy(reader->tail, plain + 4, reader->tail_len);
        reader->chunks = number;
        reader->finished = true;
    }
    free(sealed);
    free(plain);
    return err == FAR_EPROTO ? FAR_ENOTFOUND : err;
}

/* Whole chunks of a file without END; one whose END is being written at this moment has one slot less. */
static uint64_t reader_count(const struct file_reader *reader, uint64_t size)
{
    uint64_t chunks = (size - FORMAT_HEADER) / FORMAT_RECORD;
    uint8_t bytes[FORMAT_RECORD_HEAD];
    struct format_head head;
    if (chunks > 0 && file_pread(reader->fd, bytes, sizeof(bytes), chunk_at(chunks - 1)) == FAR_OK &&
        format_head_read(bytes, &head) == FAR_OK && head.kind == FORMAT_END)
        chunks--;
    return chunks;
}

enum far_err file_open(const char *path, struct keys *keys, struct file_reader **ret_reader)
{
    struct stat info;
    struct file_reader *reader = calloc(1, sizeof(*reader));
    if (!reader) return FAR_ENOMEM;
    reader->cached = UINT64_MAX;
    reader->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    enum far_err err = reader->fd >= 0 ? FAR_OK : errno == ENOENT ? FAR_ENOTFOUND : FAR_EIO;
    if (err == FAR_OK) err = file_header_read(reader->fd, path, keys, &reader->header);
    if (err == FAR_OK && fstat(reader->fd, &info) != 0) err = FAR_EIO;
    if (err == FAR_OK) {
        err = reader_end(reader, (uint64_t)info.st_size);
        if (err == FAR_ENOTFOUND) { /* still being written, or its writer was killed */
            reader->chunks = reader_count(reader, (uint64_t)info.st_size);
            reader->part = reader->header.part;
            err = FAR_OK;
        }
        reader->part.frames = reader->chunks * ALIGN_CHUNK + reader->tail_len / ALIGN_SIDES;
    }
    if (err != FAR_OK) {
        file_reader_close(reader);
        return err;
    }
    *ret_reader = reader;
    return FAR_OK;
}

struct file_reader *file_reader_close(struct file_reader *reader)
{
    if (!reader) return NULL;
    if (reader->fd >= 0) close(reader->fd);
    OPENSSL_cleanse(reader, sizeof(*reader));
    free(reader);
    return NULL;
}

const struct part *file_part(const struct file_reader *reader)
{
    return &reader->part;
}
bool file_is_finished(const struct file_reader *reader)
{
    return reader->finished;
}
uint64_t file_frames(const struct file_reader *reader)
{
    return reader->part.frames;
}
uint64_t file_reader_chunks(const struct file_reader *reader)
{
    return reader->chunks;
}

/* Open chunk `number` into the cache. */
static enum far_err reader_chunk(struct file_reader *reader, uint64_t number)
{
    uint8_t sealed[FORMAT_RECORD];
    struct format_head head;
    if (reader->cached == number) return FAR_OK;
    reader->cached = UINT64_MAX;
    enum far_err err = file_pread(reader->fd, sealed, sizeof(sealed), chunk_at(number));
    if (err == FAR_OK) err = format_head_read(sealed, &head);
    if (err == FAR_OK && head.kind == FORMAT_END) err = FAR_EPROTO;
    if (err == FAR_OK)
        err = format_record_read(reader->header.fixed.file_id, reader->header.key, number, &head, sealed,
                                 reader->chunk);
    if (err == FAR_OK) reader->cached = number;
    return err;
}

enum far_err file_read(struct file_reader *reader, uint64_t from, size_t count, int16_t *ret_pcm)
{
    if (from > reader->part.frames || count > reader->part.frames - from) return FAR_EINVAL;
    while (count > 0) {
        uint64_t number = from / ALIGN_CHUNK;
        size_t skip = (size_t)(from % ALIGN_CHUNK), have = ALIGN_CHUNK;
        const uint8_t *sound = reader->chunk;
        if (number < reader->chunks) {
            enum far_err err = reader_chunk(reader, number);
            if (err != FAR_OK) return err;
        } else {
            sound = reader->tail;
            have = reader->tail_len / ALIGN_SIDES;
        }
        assert(skip < have);
        size_t take = have - skip < count ? have - skip : count;
        far_g711_decode(reader->header.fixed.codec, sound + skip * ALIGN_SIDES, take * ALIGN_SIDES, ret_pcm);
        ret_pcm += take * ALIGN_SIDES;
        from += take;
        count -= take;
    }
    return FAR_OK;
}

enum far_err file_verify(struct file_reader *reader, char ret_sha256[65], uint64_t *ret_damaged)
{
    struct file_sum sum = {0};
    uint64_t damaged = 0;
    enum far_codec codec = reader->header.fixed.codec;
    enum far_err err = file_sum_init(&sum);
    for (uint64_t i = 0; i < reader->chunks && err == FAR_OK; i++) {
        err = reader_chunk(reader, i);
        if (err == FAR_OK)
            err = file_sum_add(&sum, codec, reader->chunk, ALIGN_CHUNK_BYTES);
        else if (err == FAR_EPROTO) {
            damaged++;
            err = FAR_OK;
        }
    }
    if (err == FAR_OK && reader->tail_len > 0)
        err = file_sum_add(&sum, codec, reader->tail, reader->tail_len);
    if (err == FAR_OK) err = file_sum_text(&sum, ret_sha256);
    file_sum_done(&sum);
    if (err != FAR_OK) return err;
    *ret_damaged = damaged;
    if (damaged > 0) return FAR_EPROTO;
    return reader->finished && strcmp(ret_sha256, reader->part.sha256) != 0 ? FAR_EPROTO : FAR_OK;
}
