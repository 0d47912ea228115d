/* SPDX-License-Identifier: Apache-2.0 */
#include "far/media/wav.h"
#include "wire.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FORMAT_EXTENSIBLE 0xfffeu
#define FORMAT_FLOAT      3u
#define CHANNELS_MAX      8u
#define RATE_MIN          1000u
#define RATE_MAX          192000u

struct wav_format {
    uint16_t tag;
    uint16_t channels;
    uint16_t bits;
    uint32_t rate;
};

FAR_PRINTF(2, 3) static void say(char *error, const char *format, ...)
{
    if (!error) return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(error, FAR_WAV_ERROR_MAX, format, args);
    va_end(args);
}

static bool layout_known(const struct wav_format *format)
{
    static const struct {
        uint16_t tag, bits;
    } known[] = {{FAR_WAV_PCM16, 8}, {FAR_WAV_PCM16, 16}, {FAR_WAV_PCM16, 24}, {FAR_WAV_PCM16, 32},
                 {FORMAT_FLOAT, 32}, {FAR_WAV_ALAW, 8},   {FAR_WAV_ULAW, 8}};
    for (size_t i = 0; i < FAR_ARRAY_LEN(known); i++)
        if (known[i].tag == format->tag && known[i].bits == format->bits) return true;
    return false;
}

static enum far_err read_format(const uint8_t *chunk, size_t len, struct wav_format *ret_format, char *error)
{
    if (len < 16) {
        say(error, "its fmt chunk has %zu bytes, 16 are needed; save it again as 16-bit PCM", len);
        return FAR_EPROTO;
    }
    struct wav_format format = {
        .tag = wire_le_u16(chunk),
        .channels = wire_le_u16(chunk + 2),
        .rate = wire_le_u32(chunk + 4),
        .bits = wire_le_u16(chunk + 14),
    };
    if (format.tag == FORMAT_EXTENSIBLE && len >= 26) format.tag = wire_le_u16(chunk + 24);
    if (!layout_known(&format)) {
        say(error,
            "its format is %u with %u bits; PCM of 8, 16, 24 or 32 bits, 32-bit floats, A-law or mu-law is "
            "needed",
            format.tag, format.bits);
        return FAR_EPROTO;
    }
    if (format.channels < 1 || format.channels > CHANNELS_MAX || format.rate < RATE_MIN ||
        format.rate > RATE_MAX) {
        say(error, "it has %u channels at %u Hz; 1 to 8 at 1000 to 192000 Hz are needed", format.channels,
            format.rate);
        return FAR_EPROTO;
    }
    *ret_format = format;
    return FAR_OK;
}

/* What is no number, or beyond full scale, is clipped. */
static int16_t from_float(const uint8_t *bytes)
{
    uint32_t bits = wire_le_u32(bytes);
    float value;
    memcpy(&value, &bits, sizeof(value));
    if (!(value > -1.0f)) return value <= -1.0f ? INT16_MIN : 0;
    return value >= 1.0f ? INT16_MAX : (int16_t)(value * 32767.0f);
}

static void decode_samples(const struct wav_format *format, const uint8_t *data, size_t count, int16_t *pcm)
{
    if (format->tag == FAR_WAV_ALAW) {
        far_g711_decode(FAR_CODEC_PCMA, data, count, pcm);
    } else if (format->tag == FAR_WAV_ULAW) {
        far_g711_decode(FAR_CODEC_PCMU, data, count, pcm);
    } else if (format->bits == 8) {
        for (size_t i = 0; i < count; i++) /* 8-bit PCM is unsigned */
            pcm[i] = (int16_t)((data[i] - 128) * 256);
    } else if (format->tag == FORMAT_FLOAT) {
        for (size_t i = 0; i < count; i++)
            pcm[i] = from_float(data + 4 * i);
    } else { /* the upper 16 of 16, 24 or 32 bits */
        size_t bytes = format->bits / 8u;
        for (size_t i = 0; i < count; i++)
            pcm[i] = (int16_t)wire_le_u16(data + bytes * i + bytes - 2);
    }
}

static enum far_err read_data(const struct wav_format *format, const uint8_t *data, size_t len,
                              struct far_wav *ret_wav)
{
    size_t frames = len / (format->bits / 8u) / format->channels;
    size_t count = frames * format->channels;
    int16_t *pcm = malloc(count > 0 ? count * sizeof(*pcm) : 1);
    if (!pcm) return FAR_ENOMEM;
    decode_samples(format, data, count, pcm);
    *ret_wav =
        (struct far_wav){.pcm = pcm, .frames = frames, .channels = format->channels, .rate = format->rate};
    return FAR_OK;
}

enum far_err far_wav_parse(const uint8_t *bytes, size_t len, struct far_wav *ret_wav,
                           char ret_error[FAR_WAV_ERROR_MAX])
{
    struct wav_format format = {0};
    bool known = false;
    if (len < 12 || memcmp(bytes, "RIFF", 4) != 0 || memcmp(bytes + 8, "WAVE", 4) != 0) {
        say(ret_error, "it is not a WAV file (no RIFF/WAVE head)");
        return FAR_EPROTO;
    }
    for (size_t at = 12; len - at >= 8;) {
        const uint8_t *chunk = bytes + at + 8;
        size_t room = len - at - 8;
        size_t chunk_len = wire_le_u32(bytes + at + 4);
        size_t have = chunk_len < room ? chunk_len : room;
        if (memcmp(bytes + at, "fmt ", 4) == 0) {
            enum far_err err = read_format(chunk, have, &format, ret_error);
            if (err != FAR_OK) return err;
            known = true;
        } else if (memcmp(bytes + at, "data", 4) == 0) {
            if (known) return read_data(&format, chunk, have, ret_wav);
            say(ret_error, "its data comes before its fmt chunk; save it again as 16-bit PCM");
            return FAR_EPROTO;
        }
        size_t step = have + (have & 1u); /* chunks begin at even places */
        if (step >= room) break;
        at += 8 + step;
    }
    say(ret_error, "it has no data chunk; the file is cut off, or not sound");
    return FAR_EPROTO;
}

static enum far_err open_error(const char *path, char *error)
{
    enum far_err err = errno == ENOENT ? FAR_ENOTFOUND : errno == EACCES ? FAR_EDENIED : FAR_EIO;
    say(error, "%s: %s", path, strerror(errno));
    return err;
}

/* Read at most limit bytes; the file may be longer than it said. */
static enum far_err read_file(const char *path, uint8_t **ret_bytes, size_t *ret_len, char *error)
{
    FILE *file = fopen(path, "rb");
    if (!file) return open_error(path, error);
    enum far_err err = FAR_EIO;
    uint8_t *bytes = NULL;
    struct stat info;
    if (fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode)) {
        say(error, "%s: it is not a file", path);
        goto out;
    }
    if (info.st_size > (off_t)FAR_WAV_BYTES_MAX) {
        say(error, "%s: it has more than %u bytes; cut it", path, FAR_WAV_BYTES_MAX);
        err = FAR_EFULL;
        goto out;
    }
    size_t size = (size_t)info.st_size;
    bytes = malloc(size + 1);
    if (!bytes) {
        err = FAR_ENOMEM;
        goto out;
    }
    *ret_len = fread(bytes, 1, size, file);
    if (ferror(file)) {
        say(error, "%s: it cannot be read", path);
        goto out;
    }
    *ret_bytes = bytes;
    bytes = NULL;
    err = FAR_OK;
out:
    free(bytes);
    (void)fclose(file);
    return err;
}

enum far_err far_wav_load(const char *path, struct far_wav *ret_wav, char ret_error[FAR_WAV_ERROR_MAX])
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    char why[FAR_WAV_ERROR_MAX] = "out of memory";
    enum far_err err = read_file(path, &bytes, &len, ret_error);
    if (err != FAR_OK) {
        if (err == FAR_ENOMEM) say(ret_error, "%s: out of memory", path);
        return err;
    }
    err = far_wav_parse(bytes, len, ret_wav, why);
    if (err != FAR_OK) say(ret_error, "%s: %s", path, why);
    free(bytes);
    return err;
}

void far_wav_done(struct far_wav *wav)
{
    free(wav->pcm);
    *wav = (struct far_wav){0};
}
