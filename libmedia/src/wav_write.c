/* SPDX-License-Identifier: Apache-2.0 */
#include "far/media/wav.h"
#include "wire.h"
#include <string.h>

#define WRITE_SAMPLES 1024u

static unsigned bytes_a_sample(const struct far_wav_layout *layout)
{
    return layout->format == FAR_WAV_PCM16 ? 2 : 1;
}

size_t far_wav_header_len(const struct far_wav_layout *layout)
{
    bool format =
        layout->format == FAR_WAV_PCM16 || layout->format == FAR_WAV_ALAW || layout->format == FAR_WAV_ULAW;
    if (!format || layout->channels < 1 || layout->channels > 2 || layout->rate < 1000 ||
        layout->rate > 192000)
        return 0;
    return layout->format == FAR_WAV_PCM16 ? FAR_WAV_HEADER : FAR_WAV_HEADER_MAX;
}

size_t far_wav_header(const struct far_wav_layout *layout, uint64_t data_len,
                      uint8_t ret_bytes[FAR_WAV_HEADER_MAX])
{
    size_t len = far_wav_header_len(layout);
    if (len == 0) return 0;
    bool g711 = layout->format != FAR_WAV_PCM16;
    uint16_t frame = (uint16_t)(layout->channels * bytes_a_sample(layout));
    uint64_t data_max =
        UINT32_MAX - FAR_WAV_HEADER_MAX - 1u; /* RIFF's length counts the rest, and a pad byte */
    uint32_t data = (uint32_t)(data_len < data_max ? data_len : data_max / frame * frame);
    uint8_t *at = ret_bytes;
    memcpy(at, "RIFF", 4);
    wire_put_le_u32(at + 4, (uint32_t)len - 8 + data + (data & 1u));
    memcpy(at + 8, "WAVEfmt ", 8);
    wire_put_le_u32(at + 16, g711 ? 18 : 16);
    wire_put_le_u16(at + 20, (uint16_t)layout->format);
    wire_put_le_u16(at + 22, layout->channels);
    wire_put_le_u32(at + 24, layout->rate);
    wire_put_le_u32(at + 28, layout->rate * frame);
    wire_put_le_u16(at + 32, frame);
    wire_put_le_u16(at + 34, (uint16_t)(8 * bytes_a_sample(layout)));
    at += 36;
    if (g711) {
        wire_put_le_u16(at, 0); /* no extension of the fmt chunk */
        memcpy(at + 2, "fact", 4);
        wire_put_le_u32(at + 6, 4);
        wire_put_le_u32(at + 10, data / frame);
        at += 14;
    }
    memcpy(at, "data", 4);
    wire_put_le_u32(at + 4, data);
    return len;
}

static bool write_header(struct far_wav_writer *writer)
{
    uint8_t header[FAR_WAV_HEADER_MAX];
    size_t len = far_wav_header(&writer->layout, writer->data_len, header);
    return fwrite(header, 1, len, writer->file) == len;
}

enum far_err far_wav_create(struct far_wav_writer *writer, const char *path,
                            const struct far_wav_layout *layout)
{
    if (far_wav_header_len(layout) == 0) return FAR_EINVAL;
    struct far_wav_writer new_writer = {.file = fopen(path, "wb"), .layout = *layout};
    if (!new_writer.file) return FAR_EIO;
    if (!write_header(&new_writer)) {
        (void)fclose(new_writer.file);
        return FAR_EIO;
    }
    *writer = new_writer;
    return FAR_OK;
}

static size_t encode(enum far_wav_format format, const int16_t *pcm, size_t count, uint8_t *bytes)
{
    if (format == FAR_WAV_PCM16) {
        for (size_t i = 0; i < count; i++)
            wire_put_le_u16(bytes + 2 * i, (uint16_t)pcm[i]);
        return 2 * count;
    }
    far_g711_encode(format == FAR_WAV_ALAW ? FAR_CODEC_PCMA : FAR_CODEC_PCMU, pcm, count, bytes);
    return count;
}

enum far_err far_wav_write(struct far_wav_writer *writer, const int16_t *pcm, size_t frames)
{
    uint8_t bytes[2 * WRITE_SAMPLES];
    for (size_t left = frames * writer->layout.channels; left > 0;) {
        size_t count = left < WRITE_SAMPLES ? left : WRITE_SAMPLES;
        size_t len = encode(writer->layout.format, pcm, count, bytes);
        if (fwrite(bytes, 1, len, writer->file) != len) return FAR_EIO;
        writer->data_len += len;
        pcm += count;
        left -= count;
    }
    return FAR_OK;
}

enum far_err far_wav_close(struct far_wav_writer *writer)
{
    bool good = (writer->data_len & 1u) == 0 || fputc(0, writer->file) != EOF;
    good = good && fseek(writer->file, 0, SEEK_SET) == 0 && write_header(writer);
    good = fclose(writer->file) == 0 && good;
    *writer = (struct far_wav_writer){0};
    return good ? FAR_OK : FAR_EIO;
}
