/* SPDX-License-Identifier: Apache-2.0 */
#include "format.h"
#include <assert.h>
#include <string.h>

#define MAGIC      "FARREC1\n"
#define FOOT_MAGIC "FEND"
#define VERSION    1u
#define AAD_RECORD 29u /* file id, number, length, kind */

#define WRAP_NONCE 32u
#define WRAP_KEY   (WRAP_NONCE + SEAL_NONCE_BYTES)
#define WRAP_TAG   (WRAP_KEY + SEAL_KEY_BYTES)
#define META_NONCE 8u
#define META_BYTES (META_NONCE + SEAL_NONCE_BYTES)
#define META_MAX   (FORMAT_META - META_BYTES - SEAL_TAG_BYTES)
_Static_assert(PART_BYTES_MAX <= META_MAX, "metadata fit their slot");
_Static_assert(FORMAT_META_AT + FORMAT_SLOTS * FORMAT_META == FORMAT_HEADER, "the header is full");

static void put_u32(uint8_t *out, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}
static uint32_t get_u32(const uint8_t *in)
{
    return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}
static void put_u64(uint8_t *out, uint64_t value)
{
    put_u32(out, (uint32_t)value);
    put_u32(out + 4, (uint32_t)(value >> 32));
}

void format_fixed_write(const struct format_fixed *fixed, uint8_t out[FORMAT_FIXED])
{
    memset(out, 0, FORMAT_FIXED);
    memcpy(out, MAGIC, 8);
    put_u32(out + 8, VERSION);
    put_u32(out + 12, FORMAT_HEADER);
    memcpy(out + 16, fixed->file_id, 16);
    out[32] = (uint8_t)fixed->codec;
    out[33] = ALIGN_SIDES;
    put_u32(out + 36, FAR_G711_RATE);
    put_u32(out + 40, ALIGN_CHUNK);
}

enum far_err format_fixed_read(const uint8_t in[FORMAT_FIXED], struct format_fixed *ret_fixed)
{
    struct format_fixed fixed = {.codec = in[32] == FAR_CODEC_PCMA ? FAR_CODEC_PCMA : FAR_CODEC_PCMU};
    uint8_t again[FORMAT_FIXED];
    memcpy(fixed.file_id, in + 16, 16);
    format_fixed_write(&fixed, again);
    if (memcmp(in, again, FORMAT_FIXED) != 0) return FAR_EPROTO;
    *ret_fixed = fixed;
    return FAR_OK;
}

enum far_err format_wrap(const uint8_t fixed[FORMAT_FIXED], const char *master_id,
                         const uint8_t master[SEAL_KEY_BYTES], const uint8_t key[SEAL_KEY_BYTES],
                         uint8_t out[FORMAT_WRAP])
{
    struct seal_aad aad = {.data = fixed, .len = FORMAT_FIXED};
    size_t id_len = strlen(master_id);
    assert(id_len > 0 && id_len < KEYS_ID_SIZE);
    memset(out, 0, FORMAT_WRAP);
    memcpy(out, master_id, id_len);
    return seal_close(master, aad, key, SEAL_KEY_BYTES, out + WRAP_NONCE, out + WRAP_KEY, out + WRAP_TAG);
}

void format_wrap_id(const uint8_t slot[FORMAT_WRAP], char ret_id[KEYS_ID_SIZE])
{
    uint8_t rest = 0;
    memcpy(ret_id, slot, KEYS_ID_SIZE);
    const char *end = memchr(ret_id, '\0', KEYS_ID_SIZE);
    for (const char *at = end; at && at < ret_id + KEYS_ID_SIZE; at++)
        rest |= (uint8_t)*at;
    if (!end || rest) ret_id[0] = '\0';
}

enum far_err format_unwrap(const uint8_t fixed[FORMAT_FIXED], const uint8_t slot[FORMAT_WRAP],
                           const uint8_t master[SEAL_KEY_BYTES], uint8_t ret_key[SEAL_KEY_BYTES])
{
    struct seal_aad aad = {.data = fixed, .len = FORMAT_FIXED};
    return seal_open(master, aad, slot + WRAP_NONCE, slot + WRAP_KEY, SEAL_KEY_BYTES, slot + WRAP_TAG,
                     ret_key);
}

static struct seal_aad meta_aad(const uint8_t *fixed, uint32_t generation, uint8_t buffer[FORMAT_FIXED + 4])
{
    memcpy(buffer, fixed, FORMAT_FIXED);
    put_u32(buffer + FORMAT_FIXED, generation);
    return (struct seal_aad){.data = buffer, .len = FORMAT_FIXED + 4};
}

enum far_err format_meta_write(const uint8_t fixed[FORMAT_FIXED], const uint8_t key[SEAL_KEY_BYTES],
                               uint32_t generation, const struct part *part, uint8_t out[FORMAT_META])
{
    uint8_t packed[PART_BYTES_MAX], buffer[FORMAT_FIXED + 4];
    size_t len = part_pack(part, packed);
    memset(out, 0, FORMAT_META);
    put_u32(out, generation);
    put_u32(out + 4, (uint32_t)len);
    return seal_close(key, meta_aad(fixed, generation, buffer), packed, len, out + META_NONCE,
                      out + META_BYTES, out + META_BYTES + len);
}

enum far_err format_meta_read(const uint8_t header[FORMAT_HEADER], const uint8_t key[SEAL_KEY_BYTES],
                              uint32_t *ret_generation, struct part *ret_part)
{
    bool found = false;
    for (unsigned i = 0; i < FORMAT_SLOTS; i++) {
        const uint8_t *slot = header + FORMAT_META_AT + i * FORMAT_META;
        uint8_t plain[META_MAX], buffer[FORMAT_FIXED + 4];
        uint32_t generation = get_u32(slot), len = get_u32(slot + 4);
        struct part part;
        if (generation == 0 || len > META_MAX || (found && generation < *ret_generation)) continue;
        if (seal_open(key, meta_aad(header, generation, buffer), slot + META_NONCE, slot + META_BYTES, len,
                      slot + META_BYTES + len, plain) != FAR_OK ||
            part_unpack(plain, len, &part) != FAR_OK)
            continue;
        *ret_generation = generation;
        *ret_part = part;
        found = true;
    }
    return found ? FAR_OK : FAR_EPROTO;
}

enum far_err format_head_read(const uint8_t in[FORMAT_RECORD_HEAD], struct format_head *ret_head)
{
    uint32_t len = get_u32(in);
    uint8_t kind = in[4];
    bool chunk = kind == FORMAT_SOUND || kind == FORMAT_GAP;
    if ((in[5] | in[6] | in[7]) != 0) return FAR_EPROTO;
    if (!(chunk && len == ALIGN_CHUNK_BYTES) && !(kind == FORMAT_END && len >= 4 && len <= FORMAT_END_MAX))
        return FAR_EPROTO;
    *ret_head = (struct format_head){.len = len, .kind = (enum format_kind)kind};
    return FAR_OK;
}

static struct seal_aad record_aad(const uint8_t file_id[16], uint64_t number, uint32_t len,
                                  enum format_kind kind, uint8_t buffer[AAD_RECORD])
{
    memcpy(buffer, file_id, 16);
    put_u64(buffer + 16, number);
    put_u32(buffer + 24, len);
    buffer[28] = (uint8_t)kind;
    return (struct seal_aad){.data = buffer, .len = AAD_RECORD};
}

enum far_err format_record_write(const uint8_t file_id[16], const uint8_t key[SEAL_KEY_BYTES],
                                 uint64_t number, enum format_kind kind, const uint8_t *bytes, size_t len,
                                 uint8_t *out)
{
    uint8_t buffer[AAD_RECORD];
    assert(len <= FORMAT_END_MAX);
    memset(out, 0, FORMAT_RECORD_HEAD);
    put_u32(out, (uint32_t)len);
    out[4] = (uint8_t)kind;
    return seal_close(key, record_aad(file_id, number, (uint32_t)len, kind, buffer), bytes, len, out + 8,
                      out + FORMAT_RECORD_HEAD, out + FORMAT_RECORD_HEAD + len);
}

enum far_err format_record_read(const uint8_t file_id[16], const uint8_t key[SEAL_KEY_BYTES], uint64_t number,
                                const struct format_head *head, const uint8_t *in, uint8_t *out)
{
    uint8_t buffer[AAD_RECORD];
    return seal_open(key, record_aad(file_id, number, head->len, head->kind, buffer), in + 8,
                     in + FORMAT_RECORD_HEAD, head->len, in + FORMAT_RECORD_HEAD + head->len, out);
}

size_t format_end_write(const uint8_t *sound, size_t sound_len, const struct part *part,
                        uint8_t out[FORMAT_END_MAX])
{
    assert(sound_len <= ALIGN_CHUNK_BYTES);
    put_u32(out, (uint32_t)sound_len);
    if (sound_len > 0) memcpy(out + 4, sound, sound_len);
    return 4 + sound_len + part_pack(part, out + 4 + sound_len);
}

enum far_err format_end_read(const uint8_t *bytes, size_t len, size_t *ret_sound_len, struct part *ret_part)
{
    if (len < 4) return FAR_EPROTO;
    size_t sound_len = get_u32(bytes);
    if (sound_len > len - 4 || sound_len > ALIGN_CHUNK_BYTES || sound_len % ALIGN_SIDES != 0)
        return FAR_EPROTO;
    enum far_err err = part_unpack(bytes + 4 + sound_len, len - 4 - sound_len, ret_part);
    if (err == FAR_OK) *ret_sound_len = sound_len;
    return err;
}

void format_foot_write(uint32_t record_len, uint8_t out[FORMAT_FOOT])
{
    put_u32(out, record_len);
    memcpy(out + 4, FOOT_MAGIC, 4);
}

bool format_foot_read(const uint8_t in[FORMAT_FOOT], uint32_t *ret_record_len)
{
    if (memcmp(in + 4, FOOT_MAGIC, 4) != 0) return false;
    *ret_record_len = get_u32(in);
    return true;
}
