/* SPDX-License-Identifier: Apache-2.0 */
#include "far/nkey.h"
#include "far/buf.h"
#include <sodium.h>
#include <stdint.h>
#include <string.h>

#define PREFIX_SEED (18u << 3) /* 'S' */
#define PREFIX_USER (20u << 3) /* 'U' */
#define RAW_SEED    36         /* two prefix bytes, 32 of seed, CRC */
#define RAW_PUBLIC  35         /* one prefix byte, 32 of key, CRC */
#define FILE_MAX    4096

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* CRC-16/XMODEM, polynomial 0x1021. */
static uint16_t crc16(const uint8_t *data, size_t len)
{
    unsigned crc = 0;
    for (size_t i = 0; i < len; i++) {
        crc ^= (unsigned)data[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 0x8000u) ? (crc << 1) ^ 0x1021u : crc << 1;
    }
    return (uint16_t)crc;
}

static void base32(const uint8_t *data, size_t len, char *out)
{
    unsigned long held = 0;
    int bits = 0;
    for (size_t i = 0; i < len; i++) {
        held = (held << 8) | data[i];
        for (bits += 8; bits >= 5; bits -= 5)
            *out++ = alphabet[(held >> (bits - 5)) & 31];
    }
    if (bits > 0) *out++ = alphabet[(held << (5 - bits)) & 31];
    *out = 0;
}

static enum far_err unbase32(const char *text, size_t text_len, uint8_t *out, size_t out_len)
{
    unsigned long held = 0;
    int bits = 0;
    size_t done = 0;
    for (size_t i = 0; i < text_len; i++) {
        const char *at = memchr(alphabet, text[i], 32);
        if (!at) return FAR_EINVAL;
        held = (held << 5) | (unsigned long)(at - alphabet);
        bits += 5;
        if (bits < 8) continue;
        bits -= 8;
        if (done == out_len) return FAR_EINVAL;
        out[done++] = (uint8_t)(held >> bits);
    }
    return done == out_len ? FAR_OK : FAR_EINVAL;
}

static void put_crc(uint8_t *raw, size_t len)
{
    uint16_t crc = crc16(raw, len);
    raw[len] = (uint8_t)crc; /* little-endian */
    raw[len + 1] = (uint8_t)(crc >> 8);
}

static void public_of(const uint8_t seed[32], char ret_public[FAR_NKEY_PUBLIC_SIZE])
{
    uint8_t raw[RAW_PUBLIC];
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    raw[0] = PREFIX_USER;
    crypto_sign_seed_keypair(raw + 1, secret, seed);
    sodium_memzero(secret, sizeof(secret));
    put_crc(raw, 33);
    base32(raw, sizeof(raw), ret_public);
}

enum far_err far_nkey_create(char ret_seed[FAR_NKEY_SEED_SIZE], char ret_public[FAR_NKEY_PUBLIC_SIZE])
{
    uint8_t raw[RAW_SEED];
    if (sodium_init() < 0) return FAR_EIO;
    raw[0] = (uint8_t)(PREFIX_SEED | (PREFIX_USER >> 5));
    raw[1] = (uint8_t)((PREFIX_USER & 31u) << 3);
    randombytes_buf(raw + 2, 32);
    put_crc(raw, 34);
    base32(raw, sizeof(raw), ret_seed);
    public_of(raw + 2, ret_public);
    sodium_memzero(raw, sizeof(raw));
    return FAR_OK;
}

static enum far_err public_of_text(const char *seed, size_t len, char ret_public[FAR_NKEY_PUBLIC_SIZE])
{
    uint8_t raw[RAW_SEED];
    if (len != FAR_NKEY_SEED_SIZE - 1 || sodium_init() < 0) return FAR_EINVAL;
    enum far_err err = unbase32(seed, len, raw, sizeof(raw));
    if (err == FAR_OK &&
        (raw[0] != (PREFIX_SEED | (PREFIX_USER >> 5)) || raw[1] != ((PREFIX_USER & 31u) << 3)))
        err = FAR_EINVAL;
    if (err == FAR_OK && crc16(raw, 34) != (uint16_t)(raw[34] | raw[35] << 8)) err = FAR_EINVAL;
    if (err == FAR_OK) public_of(raw + 2, ret_public);
    sodium_memzero(raw, sizeof(raw));
    return err;
}

enum far_err far_nkey_public(const char *seed, char ret_public[FAR_NKEY_PUBLIC_SIZE])
{
    return public_of_text(seed, strlen(seed), ret_public);
}

enum far_err far_nkey_public_of_file(const char *path, char ret_public[FAR_NKEY_PUBLIC_SIZE])
{
    struct far_buf file;
    far_buf_init(&file, FILE_MAX);
    enum far_err err = far_buf_add_file(&file, path);
    if (err == FAR_OK) {
        err = FAR_EINVAL;
        for (const char *at = file.data; err != FAR_OK && *at;) {
            size_t len = strcspn(at, "\r\n \t");
            err = public_of_text(at, len, ret_public);
            at += len;
            at += strspn(at, "\r\n \t");
        }
    }
    sodium_memzero(file.data, file.len);
    far_buf_done(&file);
    return err;
}
