/* SPDX-License-Identifier: Apache-2.0 */
/* wav.h - WAV files: reading any that a prompt may come in as 8 kHz mono, writing mono or stereo. The
 * functions with a path block (files); the others are pure. Any thread. */
#pragma once
#include "far/err.h"
#include "far/media/g711.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FAR_WAV_HEADER     44u         /* bytes before the data of what far_wav_header() writes for PCM16 */
#define FAR_WAV_HEADER_MAX 58u         /* for G.711: a longer fmt chunk and a fact chunk */
#define FAR_WAV_BYTES_MAX  (64u << 20) /* larger files are refused by far_wav_load() */
#define FAR_WAV_ERROR_MAX  512

enum far_wav_format { FAR_WAV_PCM16 = 1, FAR_WAV_ALAW = 6, FAR_WAV_ULAW = 7 };

struct far_wav {
    int16_t *pcm; /* all channels, interleaved; owned, far_wav_done() frees it */
    size_t frames;
    uint16_t channels;
    uint32_t rate; /* [Hz] */
};
/** Read a file's bytes: PCM of 8, 16, 24 or 32 bits (as 16), 32-bit floats, A-law, mu-law; 1 to 8 channels,
 * 1,000 to 192,000 Hz; RIFF chunks in any order before the data, WAVE_FORMAT_EXTENSIBLE too. A data chunk
 * that is longer than the file (a writer that was killed) is read as far as it goes.
 *  @param ret_error on failure: what is wrong and how to mend it; may be NULL.
 *  @return FAR_OK; FAR_EPROTO: not such a file; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err far_wav_parse(const uint8_t *bytes, size_t len, struct far_wav *ret_wav,
                                          char ret_error[FAR_WAV_ERROR_MAX]);
/** The same from a file. @return as far_wav_parse(), and FAR_ENOTFOUND, FAR_EDENIED, FAR_EIO, FAR_EFULL:
 * larger than FAR_WAV_BYTES_MAX. */
FAR_MUST_CHECK enum far_err far_wav_load(const char *path, struct far_wav *ret_wav,
                                         char ret_error[FAR_WAV_ERROR_MAX]);
/** Make it mono (the mean of its channels) at the rate (low-pass filter and interpolation), in place.
 *  @return FAR_OK; FAR_EINVAL: rate is not 1,000..192,000; FAR_ENOMEM (unchanged). */
FAR_MUST_CHECK enum far_err far_wav_convert(struct far_wav *wav, uint32_t rate);
/** Free; a zeroed one is allowed. */
void far_wav_done(struct far_wav *wav);

/** What a file to be written is. */
struct far_wav_layout {
    enum far_wav_format format;
    uint16_t channels; /* 1 or 2 */
    uint32_t rate;
};
/** @return bytes of a header for the layout, 0: it is not a possible one. */
size_t far_wav_header_len(const struct far_wav_layout *layout);
/** Write the header of a file whose data has data_len bytes (cut to what 32 bits can say): for streaming what
 * is known beforehand, and for mending afterwards. @return bytes written, as far_wav_header_len(). */
size_t far_wav_header(const struct far_wav_layout *layout, uint64_t data_len,
                      uint8_t ret_bytes[FAR_WAV_HEADER_MAX]);

/** A file that is being written; its header is right after far_wav_close(), and says "no data" before. */
struct far_wav_writer {
    FILE *file;
    struct far_wav_layout layout;
    uint64_t data_len;
};
/** @return FAR_OK; FAR_EINVAL: the layout; FAR_EIO. */
FAR_MUST_CHECK enum far_err far_wav_create(struct far_wav_writer *writer, const char *path,
                                           const struct far_wav_layout *layout);
/** Append interleaved samples, encoding them. @return FAR_OK, FAR_EIO. */
FAR_MUST_CHECK enum far_err far_wav_write(struct far_wav_writer *writer, const int16_t *pcm, size_t frames);
/** Mend the header and close; the writer is empty afterwards, whatever is returned. @return FAR_OK, FAR_EIO.
 */
FAR_MUST_CHECK enum far_err far_wav_close(struct far_wav_writer *writer);
