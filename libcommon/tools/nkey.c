/* SPDX-License-Identifier: Apache-2.0 */
#include "nkey.h"

#include <string.h>

enum {
    PREFIX_SEED = 18 << 3, /* 'S' */
    PREFIX_USER = 20 << 3, /* 'U' */
    SEED_HEAD_LEN = 2,     /* the two prefixes share two bytes: 5 bits each, as base32 has them */
    CRC_LEN = 2,
    SEED_BYTES = SEED_HEAD_LEN + NKEY_RAW_LEN + CRC_LEN,
    PUBLIC_BYTES = 1 + NKEY_RAW_LEN + CRC_LEN,
};

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* CRC-16/XMODEM, the one that nkeys use. */
static uint16_t crc16(const uint8_t *data, size_t len)
{
    uint32_t crc = 0;
    for (size_t i = 0; i < len; i++) {
        crc ^= (uint32_t)data[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 0x8000u) ? (crc << 1) ^ 0x1021u : crc << 1;
    }
    return (uint16_t)(crc & 0xffffu);
}

static void base32_encode(const uint8_t *data, size_t len, char *ret_text)
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t out = 0;
    for (size_t i = 0; i < len; i++) {
        bits = (bits << 8 | data[i]) & 0xffffu;
        held += 8;
        while (held >= 5) {
            held -= 5;
            ret_text[out++] = alphabet[bits >> held & 31u];
        }
    }
    if (held > 0) ret_text[out++] = alphabet[bits << (5 - held) & 31u];
    ret_text[out] = '\0';
}

static void seal(uint8_t *bytes, size_t len)
{
    uint16_t crc = crc16(bytes, len);
    bytes[len] = (uint8_t)(crc & 0xffu);
    bytes[len + 1] = (uint8_t)(crc >> 8);
}

void nkey_seed_text(const uint8_t seed[NKEY_RAW_LEN], char ret_text[NKEY_SEED_TEXT_LEN + 1])
{
    uint8_t bytes[SEED_BYTES] = {PREFIX_SEED | PREFIX_USER >> 5, (PREFIX_USER & 31) << 3};
    memcpy(bytes + SEED_HEAD_LEN, seed, NKEY_RAW_LEN);
    seal(bytes, SEED_BYTES - CRC_LEN);
    base32_encode(bytes, sizeof bytes, ret_text);
}

void nkey_public_text(const uint8_t public_key[NKEY_RAW_LEN], char ret_text[NKEY_PUBLIC_TEXT_LEN + 1])
{
    uint8_t bytes[PUBLIC_BYTES] = {PREFIX_USER};
    memcpy(bytes + 1, public_key, NKEY_RAW_LEN);
    seal(bytes, PUBLIC_BYTES - CRC_LEN);
    base32_encode(bytes, sizeof bytes, ret_text);
}

bool nkey_seed_parse(const char *text, size_t len, uint8_t ret_seed[NKEY_RAW_LEN])
{
    if (len != NKEY_SEED_TEXT_LEN) return false;
    uint8_t bytes[SEED_BYTES + 1];
    uint32_t bits = 0;
    unsigned held = 0;
    size_t out = 0;
    for (size_t i = 0; i < len; i++) {
        const char *at = text[i] != '\0' ? strchr(alphabet, text[i]) : NULL;
        if (at == NULL) return false;
        bits = (bits << 5 | (uint32_t)(at - alphabet)) & 0xffffu;
        held += 5;
        if (held >= 8) {
            held -= 8;
            bytes[out++] = (uint8_t)(bits >> held & 0xffu);
        }
    }
    uint8_t sealed[SEED_BYTES];
    memcpy(sealed, bytes, SEED_BYTES);
    seal(sealed, SEED_BYTES - CRC_LEN);
    bool is_user_seed = bytes[0] == (PREFIX_SEED | PREFIX_USER >> 5) && bytes[1] == (PREFIX_USER & 31) << 3;
    if (!is_user_seed || memcmp(sealed, bytes, SEED_BYTES) != 0) return false;
    memcpy(ret_seed, bytes + SEED_HEAD_LEN, NKEY_RAW_LEN);
    return true;
}
