/* SPDX-License-Identifier: Apache-2.0 */
/* First byte: in which pieces. The rest: what a door sent. Each frame lies within what was fed, and whatever
 * the pieces, the same frames come. */
#include "sip/stream.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t frames_of(const uint8_t *data, size_t size, size_t step)
{
    struct stream stream;
    char line[STREAM_LINE_MAX + 1];
    uint64_t sum = 0;
    bool good = true;
    stream_init(&stream);
    for (size_t at = 0; at < size && good; at += step) {
        size_t len = size - at < step ? size - at : step;
        if (stream_feed(&stream, (const char *)data + at, len) != FAR_OK) break;
        if (!stream.greeted && stream_line(&stream, line) == FAR_EPROTO) break;
        while (stream.greeted && good) {
            const char *frame = NULL;
            size_t frame_len = 0;
            bool whole = stream_has_frame(&stream);
            enum far_err err = stream_frame(&stream, &frame, &frame_len);
            if (err == FAR_OK) {
                if (!whole || frame_len == 0 || frame_len > STREAM_FRAME_MAX) abort();
                for (size_t i = 0; i < frame_len; i++)
                    sum = sum * 31 + (uint8_t)frame[i] + 1;
            }
            good = err != FAR_EPROTO;
            if (err != FAR_OK) break;
        }
    }
    stream_done(&stream);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > STREAM_FRAME_MAX) return 0;
    if (frames_of(data + 1, size - 1, 1 + data[0]) != frames_of(data + 1, size - 1, size)) abort();
    return 0;
}
