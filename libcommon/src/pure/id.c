/* SPDX-License-Identifier: Apache-2.0 */
#include "far/id.h"
#include "far/str.h"
#include <string.h>

static uint64_t rotate(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

static uint64_t read_le(const uint8_t *at, uint64_t bytes)
{
    uint64_t value = 0;
    for (uint64_t i = bytes; i > 0; i--)
        value = value << 8 | at[i - 1];
    return value;
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

uint64_t far_siphash(const uint8_t key[16], const void *data, uint64_t len)
{
    const uint8_t *at = data;
    uint64_t k0 = read_le(key, 8), k1 = read_le(key + 8, 8);
    uint64_t v[4] = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u,
                     k1 ^ 0x7465646279746573u};
    for (uint64_t left = len; left >= 8; at += 8, left -= 8) {
        uint64_t word = read_le(at, 8);
        v[3] ^= word;
        sip_round(v);
        sip_round(v);
        v[0] ^= word;
    }
    uint64_t last = len << 56 | read_le(at, len % 8);
    v[3] ^= last;
    sip_round(v);
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct far_id far_id_derive(const struct far_id *incarnation, uint64_t position, uint32_t index)
{
    struct far_id id;
    uint8_t input[13];
    for (int i = 0; i < 8; i++)
        input[i] = (uint8_t)(position >> (8 * i));
    for (int i = 0; i < 4; i++)
        input[8 + i] = (uint8_t)(index >> (8 * i));
    for (int half = 0; half < 2; half++) {
        input[12] = (uint8_t)half; /* two independent halves */
        uint64_t value = far_siphash(incarnation->bytes, input, sizeof(input));
        for (int i = 0; i < 8; i++)
            id.bytes[8 * half + i] = (uint8_t)(value >> (56 - 8 * i));
    }
    id.bytes[6] = (uint8_t)((id.bytes[6] & 0x0F) | 0x80);
    id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3F) | 0x80);
    return id;
}

void far_id_format(const struct far_id *id, char out[FAR_ID_TEXT_SIZE])
{
    static const uint8_t groups[] = {4, 2, 2, 2, 6};
    const uint8_t *at = id->bytes;
    for (size_t i = 0; i < sizeof(groups); i++) {
        far_str_hex(at, groups[i], out);
        at += groups[i];
        out += 2 * groups[i];
        if (i + 1 < sizeof(groups)) *out++ = '-';
    }
}

enum far_err far_id_parse(const char *text, struct far_id *ret_id)
{
    char digits[33];
    size_t count = 0;
    if (!text || strlen(text) != FAR_ID_TEXT_SIZE - 1) return FAR_EINVAL;
    for (size_t i = 0; i < FAR_ID_TEXT_SIZE - 1; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash != (text[i] == '-')) return FAR_EINVAL;
        if (!dash) digits[count++] = text[i];
    }
    digits[count] = '\0';
    return far_str_unhex(digits, ret_id->bytes, sizeof(ret_id->bytes));
}

int far_id_compare(const struct far_id *a, const struct far_id *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool far_id_is_zero(const struct far_id *id)
{
    static const struct far_id zero;
    return far_id_compare(id, &zero) == 0;
}
