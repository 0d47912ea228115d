/* SPDX-License-Identifier: Apache-2.0 */
#include "hello.h"
#include "far/index.h"
#include "far/str.h"
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX    "FARSEAT/1 "
#define PROOF_HEX 64

static bool phone_ok(const char *text)
{
    size_t len = strlen(text);
    return len > 0 && len < HELLO_NAME_SIZE && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static bool client_ok(const char *text)
{
    size_t len = strlen(text);
    return len > 0 && len < HELLO_NAME_SIZE &&
           strspn(text, "abcdefABCDEF0123456789.:[]%-_ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ") == len;
}

static bool hex_ok(const char *text, size_t len)
{
    return strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}

static void prove(const char *text, size_t len, const uint8_t *secret, char ret_hex[PROOF_HEX + 1])
{
    uint8_t proof[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, secret, HELLO_SECRET_BYTES);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)text, len);
    crypto_auth_hmacsha256_final(&state, proof);
    far_str_hex(proof, sizeof(proof), ret_hex);
    sodium_memzero(&state, sizeof(state));
}

/* The word at *at, which moves behind it and its blank. */
static bool take(const char **at, char *ret_word, size_t size)
{
    size_t len = strcspn(*at, " ");
    bool fits = len > 0 && far_str_copy_len(ret_word, size, *at, len);
    *at += len + ((*at)[len] == ' ');
    return fits;
}

enum far_err hello_read(const char *line, size_t len, const uint8_t secret[HELLO_SECRET_BYTES],
                        struct hello *ret_hello)
{
    char text[HELLO_LINE_MAX + 1], time[21], proof[PROOF_HEX + 1], expected[PROOF_HEX + 1];
    struct hello hello;
    if (len >= sizeof(text) || memchr(line, '\0', len)) return FAR_EPROTO;
    memcpy(text, line, len);
    text[len] = '\0';
    if (!far_str_starts(text, PREFIX)) return FAR_EPROTO;
    const char *begin = text + strlen(PREFIX), *at = begin;
    if (!take(&at, hello.phone, sizeof(hello.phone)) || !take(&at, hello.client, sizeof(hello.client)) ||
        !take(&at, time, sizeof(time)) || !take(&at, hello.nonce, sizeof(hello.nonce)))
        return FAR_EPROTO;
    size_t proven_len = (size_t)(at - begin) - 1;
    /* One way to write a line only: what was proven is exactly what is believed. */
    char again[HELLO_LINE_MAX + 1];
    if (!phone_ok(hello.phone) || !client_ok(hello.client) || !hex_ok(hello.nonce, HELLO_NONCE_HEX) ||
        far_str_i64(time, 0, INT64_MAX, &hello.at_s) != FAR_OK || at[-1] != ' ')
        return FAR_EPROTO;
    int again_len = snprintf(again, sizeof(again), "%s %s %lld %s", hello.phone, hello.client,
                             (long long)hello.at_s, hello.nonce);
    if ((size_t)again_len != proven_len || memcmp(again, begin, proven_len) != 0) return FAR_EPROTO;
    if (strlen(at) != PROOF_HEX) return FAR_EPROTO;
    memcpy(proof, at, sizeof(proof));
    if (!hex_ok(proof, PROOF_HEX)) return FAR_EPROTO;
    prove(begin, proven_len, secret, expected);
    if (sodium_memcmp(expected, proof, PROOF_HEX) != 0) return FAR_EDENIED;
    *ret_hello = hello;
    return FAR_OK;
}

enum far_err hello_write(const struct hello *hello, const uint8_t secret[HELLO_SECRET_BYTES],
                         char ret_line[HELLO_LINE_MAX + 1])
{
    char proof[PROOF_HEX + 1];
    if (!phone_ok(hello->phone) || !client_ok(hello->client) || !hex_ok(hello->nonce, HELLO_NONCE_HEX) ||
        hello->at_s < 0)
        return FAR_EINVAL;
    size_t begin = strlen(PREFIX);
    int len = snprintf(ret_line, HELLO_LINE_MAX, PREFIX "%s %s %lld %s", hello->phone, hello->client,
                       (long long)hello->at_s, hello->nonce);
    prove(ret_line + begin, (size_t)len - begin, secret, proof);
    (void)snprintf(ret_line + len, HELLO_LINE_MAX + 1 - (size_t)len, " %s\n", proof);
    return FAR_OK;
}

/* ---- nonces: a ring in the order in which they came -------------------------------------------------------
 */

struct row {
    char nonce[HELLO_NONCE_HEX + 1];
    int64_t until_s;
};
struct hello_nonces {
    struct far_index *known; /* nonce -> anything */
    struct row *rows;
    size_t capacity, first, len;
};

enum far_err hello_nonces_create(size_t nonces_max, uint64_t seed, struct hello_nonces **ret_nonces)
{
    struct hello_nonces *nonces = calloc(1, sizeof(*nonces));
    if (!nonces) return FAR_ENOMEM;
    nonces->capacity = nonces_max;
    nonces->rows = calloc(nonces_max, sizeof(*nonces->rows));
    enum far_err err =
        nonces->rows ? far_index_create(nonces_max, HELLO_NONCE_HEX + 1, seed, &nonces->known) : FAR_ENOMEM;
    if (err != FAR_OK) {
        hello_nonces_destroy(nonces);
        return err;
    }
    *ret_nonces = nonces;
    return FAR_OK;
}

struct hello_nonces *hello_nonces_destroy(struct hello_nonces *nonces)
{
    if (!nonces) return NULL;
    far_index_destroy(nonces->known);
    free(nonces->rows);
    free(nonces);
    return NULL;
}

/* When our clock steps back they are kept longer than needed, never shorter. */
static void forget(struct hello_nonces *nonces, int64_t now_s)
{
    while (nonces->len > 0 && nonces->rows[nonces->first].until_s < now_s) {
        (void)far_index_remove_text(nonces->known, nonces->rows[nonces->first].nonce);
        nonces->first = (nonces->first + 1) % nonces->capacity;
        nonces->len--;
    }
}

enum far_err hello_nonces_take(struct hello_nonces *nonces, const struct hello *hello, int64_t now_s)
{
    uint64_t at = 0;
    int64_t skew_s = now_s > hello->at_s ? now_s - hello->at_s : hello->at_s - now_s;
    if (skew_s > HELLO_SKEW_S) return FAR_ETIMEOUT;
    forget(nonces, now_s);
    if (far_index_get_text(nonces->known, hello->nonce, &at)) return FAR_EEXIST;
    if (nonces->len == nonces->capacity) return FAR_EFULL;
    size_t slot = (nonces->first + nonces->len) % nonces->capacity;
    struct row *row = &nonces->rows[slot];
    (void)far_str_copy(row->nonce, sizeof(row->nonce), hello->nonce);
    row->until_s = now_s + 2 * HELLO_SKEW_S; /* by then its time is too old, whatever its clock said */
    if (far_index_put_text(nonces->known, row->nonce, slot) != FAR_OK) return FAR_EFULL;
    nonces->len++;
    return FAR_OK;
}
