/* SPDX-License-Identifier: Apache-2.0 */
#include "digest.h"
#include "far/index.h"
#include "far/str.h"
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STAMP_BYTES 8
#define SALT_BYTES  8
#define SEAL_BYTES  16
#define NONCE_BYTES (STAMP_BYTES + SALT_BYTES + SEAL_BYTES)
#define HEX_MAX     65 /* of SHA-256, with its NUL */

struct used {
    char nonce[DIGEST_NONCE_SIZE];
    uint32_t count;
};

struct digest {
    char realm[64];
    uint32_t nonce_ms;
    uint8_t key[crypto_generichash_KEYBYTES];
    struct far_index *index;
    struct used *used; /* a ring: the oldest goes */
    uint32_t used_max, used_next, used_len;
};

enum far_err digest_create(const char *realm, uint32_t nonce_ms, uint32_t used_max,
                           struct digest **ret_digest)
{
    if (sodium_init() < 0) return FAR_EIO;
    if (strlen(realm) >= 64 || strpbrk(realm, "\"\\\r\n") || nonce_ms == 0 || used_max == 0)
        return FAR_EINVAL;
    struct digest *digest = calloc(1, sizeof(*digest));
    if (!digest) return FAR_ENOMEM;
    (void)far_str_copy(digest->realm, sizeof(digest->realm), realm);
    digest->nonce_ms = nonce_ms;
    digest->used_max = used_max;
    randombytes_buf(digest->key, sizeof(digest->key));
    digest->used = calloc(used_max, sizeof(*digest->used));
    uint64_t seed = 0;
    randombytes_buf(&seed, sizeof(seed));
    if (!digest->used || far_index_create(used_max, DIGEST_NONCE_SIZE, seed, &digest->index) != FAR_OK) {
        digest_destroy(digest);
        return FAR_ENOMEM;
    }
    *ret_digest = digest;
    return FAR_OK;
}

struct digest *digest_destroy(struct digest *digest)
{
    if (!digest) return NULL;
    far_index_destroy(digest->index);
    sodium_memzero(digest->key, sizeof(digest->key));
    free(digest->used);
    free(digest);
    return NULL;
}

static void seal(const struct digest *digest, const uint8_t *body, uint8_t ret_seal[SEAL_BYTES])
{
    (void)crypto_generichash(ret_seal, SEAL_BYTES, body, STAMP_BYTES + SALT_BYTES, digest->key,
                             sizeof(digest->key));
}

static void nonce_make(const struct digest *digest, uint64_t now_ms, char ret_nonce[DIGEST_NONCE_SIZE])
{
    uint8_t bytes[NONCE_BYTES];
    memcpy(bytes, &now_ms, STAMP_BYTES);
    randombytes_buf(bytes + STAMP_BYTES, SALT_BYTES);
    seal(digest, bytes, bytes + STAMP_BYTES + SALT_BYTES);
    far_str_hex(bytes, sizeof(bytes), ret_nonce);
}

static bool nonce_is_fresh(const struct digest *digest, uint64_t now_ms, const char *nonce)
{
    uint8_t bytes[NONCE_BYTES], expected[SEAL_BYTES];
    uint64_t made_ms = 0;
    if (strlen(nonce) != DIGEST_NONCE_SIZE - 1 || far_str_unhex(nonce, bytes, sizeof(bytes)) != FAR_OK)
        return false;
    seal(digest, bytes, expected);
    if (sodium_memcmp(expected, bytes + STAMP_BYTES + SALT_BYTES, SEAL_BYTES) != 0) return false;
    memcpy(&made_ms, bytes, STAMP_BYTES);
    return now_ms >= made_ms && now_ms - made_ms < digest->nonce_ms;
}

void digest_challenge(const struct digest *digest, uint64_t now_ms, enum digest_algorithm algorithm,
                      bool stale, char ret_text[DIGEST_CHALLENGE_SIZE])
{
    char nonce[DIGEST_NONCE_SIZE];
    nonce_make(digest, now_ms, nonce);
    (void)snprintf(ret_text, DIGEST_CHALLENGE_SIZE,
                   "Digest realm=\"%s\", nonce=\"%s\", algorithm=%s, qop=\"auth\"%s", digest->realm, nonce,
                   algorithm == DIGEST_SHA256 ? "SHA-256" : "MD5", stale ? ", stale=true" : "");
}

static void hash_hex(enum digest_algorithm algorithm, const char *text, char ret_hex[HEX_MAX])
{
    uint8_t bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    const EVP_MD *type = algorithm == DIGEST_SHA256 ? EVP_sha256() : EVP_md5();
    ret_hex[0] = '\0';
    if (EVP_Digest(text, strlen(text), bytes, &len, type, NULL) == 1) far_str_hex(bytes, len, ret_hex);
}

/* RFC 3261 22.4, RFC 2617 3.2.2: qop=auth, or none at all (old phones). */
static bool response_is_right(const char *method, const struct digest_credentials *credentials,
                              const char *ha1)
{
    char a2[DIGEST_URI_SIZE + 64], ha2[HEX_MAX], expected[HEX_MAX];
    char text[HEX_MAX * 2 + 4 * DIGEST_TEXT_SIZE + 8];
    (void)snprintf(a2, sizeof(a2), "%s:%s", method, credentials->uri);
    hash_hex(credentials->algorithm, a2, ha2);
    if (credentials->qop[0])
        (void)snprintf(text, sizeof(text), "%s:%s:%s:%s:%s:%s", ha1, credentials->nonce, credentials->nc,
                       credentials->cnonce, credentials->qop, ha2);
    else
        (void)snprintf(text, sizeof(text), "%s:%s:%s", ha1, credentials->nonce, ha2);
    hash_hex(credentials->algorithm, text, expected);
    size_t len = strlen(expected);
    if (len == 0 || strlen(credentials->response) != len) return false;
    char given[HEX_MAX];
    for (size_t i = 0; i <= len; i++) {
        char c = credentials->response[i];
        given[i] = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
    }
    return sodium_memcmp(given, expected, len) == 0;
}

static bool parse_count(const char *text, uint32_t *ret_count)
{
    uint32_t count = 0;
    if (strlen(text) != 8) return false;
    for (const char *c = text; *c; c++) {
        uint32_t digit = 0;
        if (*c >= '0' && *c <= '9')
            digit = (uint32_t)(*c - '0');
        else if ((*c | 32) >= 'a' && (*c | 32) <= 'f')
            digit = (uint32_t)((*c | 32) - 'a' + 10);
        else
            return false;
        count = count << 4 | digit;
    }
    *ret_count = count;
    return count > 0;
}

/* Each use of a nonce must count higher than the one before. Without qop there is no count: then once only.
 */
static bool count_is_new(struct digest *digest, const struct digest_credentials *credentials)
{
    uint32_t count = 1;
    uint64_t at = 0;
    if (credentials->qop[0] && !parse_count(credentials->nc, &count)) return false;
    if (far_index_get_text(digest->index, credentials->nonce, &at)) {
        if (!credentials->qop[0] || count <= digest->used[at].count) return false;
        digest->used[at].count = count;
        return true;
    }
    at = digest->used_next;
    if (digest->used_len == digest->used_max)
        (void)far_index_remove_text(digest->index, digest->used[at].nonce);
    (void)far_str_copy(digest->used[at].nonce, DIGEST_NONCE_SIZE, credentials->nonce);
    digest->used[at].count = count;
    digest->used_next = (digest->used_next + 1) % digest->used_max;
    if (digest->used_len < digest->used_max) digest->used_len++;
    return far_index_put_text(digest->index, credentials->nonce, at) == FAR_OK;
}

enum digest_result digest_check(struct digest *digest, uint64_t now_ms, const char *method,
                                const struct digest_credentials *credentials,
                                const struct digest_secret *secret)
{
    static const char nobody[] = "00000000000000000000000000000000";
    if (credentials->algorithm == DIGEST_UNKNOWN || strcmp(credentials->realm, digest->realm) != 0)
        return DIGEST_WRONG;
    if (credentials->qop[0] && strcmp(credentials->qop, "auth") != 0) return DIGEST_WRONG;
    const char *ha1 = nobody;
    if (secret) ha1 = credentials->algorithm == DIGEST_SHA256 ? secret->ha1_sha256 : secret->ha1_md5;
    bool right = response_is_right(method, credentials, ha1);
    if (!right || !secret || ha1[0] == '\0') return DIGEST_WRONG;
    if (!nonce_is_fresh(digest, now_ms, credentials->nonce) || !count_is_new(digest, credentials))
        return DIGEST_STALE;
    return DIGEST_GOOD;
}
