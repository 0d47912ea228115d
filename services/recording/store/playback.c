/* SPDX-License-Identifier: Apache-2.0 */
#include "playback.h"
#include "far/media/wav.h"
#include <assert.h>
#include <string.h>

#define FRAME_BYTES 4u
#define STEP        1024u /* frames decoded at once */

uint64_t playback_total(const struct file_reader *reader)
{
    return FAR_WAV_HEADER + file_frames(reader) * FRAME_BYTES;
}

static size_t least(uint64_t a, size_t b)
{
    return a < b ? (size_t)a : b;
}

enum far_err playback_read(struct file_reader *reader, uint64_t offset, size_t len, uint8_t *out,
                           size_t *ret_len)
{
    static const struct far_wav_layout layout = {
        .format = FAR_WAV_PCM16, .channels = ALIGN_SIDES, .rate = FAR_G711_RATE};
    uint64_t total = playback_total(reader);
    size_t done = 0;
    if (len > PLAYBACK_READ_MAX) return FAR_EINVAL;
    len = offset < total ? least(total - offset, len) : 0;
    if (len > 0 && offset < FAR_WAV_HEADER) {
        uint8_t header[FAR_WAV_HEADER_MAX];
        size_t header_len = far_wav_header(&layout, total - FAR_WAV_HEADER, header);
        assert(header_len == FAR_WAV_HEADER);
        done = least(FAR_WAV_HEADER - offset, len);
        memcpy(out, header + offset, done);
    }
    while (done < len) {
        int16_t pcm[STEP * ALIGN_SIDES];
        uint64_t at = offset + done - FAR_WAV_HEADER;
        uint64_t frame = at / FRAME_BYTES;
        size_t skip = (size_t)(at % FRAME_BYTES);
        size_t frames = least(file_frames(reader) - frame, STEP);
        enum far_err err = file_read(reader, frame, frames, pcm);
        if (err != FAR_OK) return err;
        for (size_t i = skip; i < frames * FRAME_BYTES && done < len; i++) {
            uint16_t sample = (uint16_t)pcm[i / 2];
            out[done++] = (uint8_t)(i % 2 ? sample >> 8 : sample & 0xff);
        }
    }
    *ret_len = len;
    return FAR_OK;
}
