/* SPDX-License-Identifier: Apache-2.0 */
/* XXH64 as its specification says it; the names P1 .. P5 are the specification's primes. */
#include "far/hash64.h"
#include <string.h>

#define P1 0x9E3779B185EBCA87u
#define P2 0xC2B2AE3D27D4EB4Fu
#define P3 0x165667B19E3779F9u
#define P4 0x85EBCA77C2B2AE63u
#define P5 0x27D4EB2F165667C5u

static uint64_t rotate(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

static uint64_t read_le(const uint8_t *at, int bytes)
{
    uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; i--)
        value = value << 8 | at[i];
    return value;
}

static uint64_t mix(uint64_t lane, uint64_t input)
{
    return rotate(lane + input * P2, 31) * P1;
}

static uint64_t merge(uint64_t value, uint64_t lane)
{
    return (value ^ mix(0, lane)) * P1 + P4;
}

void far_hash64_init(struct far_hash64 *hash, uint64_t seed)
{
    *hash = (struct far_hash64){
        .seed = seed, .lane = {seed + P1 + P2, seed + P2, seed, seed - P1}
    };
}

static void add_stripe(struct far_hash64 *hash, const uint8_t *at)
{
    for (int i = 0; i < 4; i++)
        hash->lane[i] = mix(hash->lane[i], read_le(at + 8 * i, 8));
}

void far_hash64_add(struct far_hash64 *hash, const void *data, size_t len)
{
    const uint8_t *at = data;
    size_t held = hash->len % 32;
    hash->len += len;
    if (held + len < 32) {
        if (len) memcpy(hash->tail + held, at, len);
        return;
    }
    if (held) {
        memcpy(hash->tail + held, at, 32 - held);
        add_stripe(hash, hash->tail);
        at += 32 - held;
        len -= 32 - held;
    }
    for (; len >= 32; at += 32, len -= 32)
        add_stripe(hash, at);
    if (len) memcpy(hash->tail, at, len);
}

void far_hash64_add_u64(struct far_hash64 *hash, uint64_t value)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    far_hash64_add(hash, bytes, sizeof(bytes));
}

void far_hash64_add_text(struct far_hash64 *hash, const char *text)
{
    size_t len = text ? strlen(text) : 0;
    far_hash64_add_u64(hash, len);
    if (len) far_hash64_add(hash, text, len);
}

uint64_t far_hash64_value(const struct far_hash64 *hash)
{
    uint64_t value = hash->seed + P5;
    if (hash->len >= 32) {
        value = rotate(hash->lane[0], 1) + rotate(hash->lane[1], 7) + rotate(hash->lane[2], 12) +
                rotate(hash->lane[3], 18);
        for (int i = 0; i < 4; i++)
            value = merge(value, hash->lane[i]);
    }
    value += hash->len;
    const uint8_t *at = hash->tail;
    size_t len = hash->len % 32;
    for (; len >= 8; at += 8, len -= 8)
        value = rotate(value ^ mix(0, read_le(at, 8)), 27) * P1 + P4;
    if (len >= 4) {
        value = rotate(value ^ read_le(at, 4) * P1, 23) * P2 + P3;
        at += 4;
        len -= 4;
    }
    for (; len; at++, len--)
        value = rotate(value ^ *at * P5, 11) * P1;
    value = (value ^ value >> 33) * P2;
    value = (value ^ value >> 29) * P3;
    return value ^ value >> 32;
}

uint64_t far_hash64(const void *data, size_t len, uint64_t seed)
{
    struct far_hash64 hash;
    far_hash64_init(&hash, seed);
    far_hash64_add(&hash, data, len);
    return far_hash64_value(&hash);
}
