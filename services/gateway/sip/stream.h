/* SPDX-License-Identifier: Apache-2.0 */
/* stream.h - what a door sends (docs/architecture.md, "A browser's phone"): one line, then frames of four
 * bytes of length, big-endian, and a SIP message. Pure; bounded. */
#pragma once
#include "far/buf.h"
#include <stdbool.h>
#include <stdint.h>

#define STREAM_LINE_MAX  200
#define STREAM_FRAME_MAX 65535u
#define STREAM_BYTES_MAX (2 * (STREAM_FRAME_MAX + 4))

struct stream {
    struct far_buf data;
    size_t at; /* of data: what is before it was taken */
    bool greeted;
};
void stream_init(struct stream *stream);
void stream_done(struct stream *stream);
/** @return FAR_OK; FAR_EFULL: more than STREAM_BYTES_MAX wait: read no more until some were taken; nothing
 * was added. */
FAR_MUST_CHECK enum far_err stream_feed(struct stream *stream, const char *bytes, size_t len);
/** How many bytes it can be fed. */
size_t stream_room(const struct stream *stream);
/** The first line, once. @return FAR_OK: copied without its newline; FAR_EAGAIN: not whole yet; FAR_EPROTO:
 * too long, or no text. */
FAR_MUST_CHECK enum far_err stream_line(struct stream *stream, char ret_line[STREAM_LINE_MAX + 1]);
/** The next frame; it is good until the next call. @return FAR_OK; FAR_EAGAIN: not whole yet; FAR_EPROTO: a
 * length that is none. */
FAR_MUST_CHECK enum far_err stream_frame(struct stream *stream, const char **ret_data, size_t *ret_len);
/** Whether a frame is whole. */
bool stream_has_frame(const struct stream *stream);
/** The four bytes before a message. */
void stream_head(size_t len, uint8_t ret_head[4]);
