/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"
#include <string.h>

void stream_init(struct stream *stream)
{
    *stream = (struct stream){.at = 0};
    far_buf_init(&stream->data, STREAM_BYTES_MAX);
}

void stream_done(struct stream *stream)
{
    far_buf_done(&stream->data);
}

static size_t left(const struct stream *stream)
{
    return stream->data.len - stream->at;
}

size_t stream_room(const struct stream *stream)
{
    return STREAM_BYTES_MAX - left(stream);
}

enum far_err stream_feed(struct stream *stream, const char *bytes, size_t len)
{
    if (len > stream_room(stream)) return FAR_EFULL;
    if (stream->at > 0) { /* what was taken makes room */
        size_t rest = left(stream);
        memmove(stream->data.data, stream->data.data + stream->at, rest);
        stream->data.len = rest;
        stream->data.data[rest] = '\0';
        stream->at = 0;
    }
    far_buf_add(&stream->data, bytes, len);
    return stream->data.err;
}

enum far_err stream_line(struct stream *stream, char ret_line[STREAM_LINE_MAX + 1])
{
    const char *begin = stream->data.data + stream->at;
    const char *newline = memchr(begin, '\n', left(stream));
    if (!newline) return left(stream) > STREAM_LINE_MAX ? FAR_EPROTO : FAR_EAGAIN;
    size_t len = (size_t)(newline - begin);
    if (len > STREAM_LINE_MAX || memchr(begin, '\0', len)) return FAR_EPROTO;
    memcpy(ret_line, begin, len);
    ret_line[len] = '\0';
    stream->at += len + 1;
    stream->greeted = true;
    return FAR_OK;
}

/* @return the length that stands next; 0: not there yet. */
static uint32_t next_len(const struct stream *stream)
{
    if (left(stream) < 4) return 0;
    const uint8_t *head = (const uint8_t *)stream->data.data + stream->at;
    return (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 | (uint32_t)head[2] << 8 | head[3];
}

bool stream_has_frame(const struct stream *stream)
{
    uint32_t len = next_len(stream);
    return len > 0 && left(stream) >= 4 + (size_t)len;
}

enum far_err stream_frame(struct stream *stream, const char **ret_data, size_t *ret_len)
{
    if (left(stream) < 4) return FAR_EAGAIN;
    uint32_t len = next_len(stream);
    if (len == 0 || len > STREAM_FRAME_MAX) return FAR_EPROTO;
    if (left(stream) < 4 + (size_t)len) return FAR_EAGAIN;
    *ret_data = stream->data.data + stream->at + 4;
    *ret_len = len;
    stream->at += 4 + (size_t)len;
    return FAR_OK;
}

void stream_head(size_t len, uint8_t ret_head[4])
{
    for (int i = 0; i < 4; i++)
        ret_head[i] = (uint8_t)(len >> (24 - 8 * i));
}
