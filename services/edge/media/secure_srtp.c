/* SPDX-License-Identifier: Apache-2.0 */
#include "secure_srtp.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define KEY         16u
#define SALT        14u
#define AUTH_KEY    20u
#define DIGEST      20u
#define TAG         10u
#define RTP_HEADER  12u
#define RTCP_HEADER 8u /* that is not encrypted: up to the sender's SSRC */
#define RTCP_INDEX  4u
#define RTCP_SECRET 0x80000000u /* E: the packet is encrypted */

/* Labels of the key derivation (RFC 3711 4.3.2). */
enum { LABEL_RTP = 0, LABEL_RTCP = 3 }; /* + 0: encryption, + 1: authentication, + 2: salt */

/* Which packets were there. */
struct window {
    bool begun;
    uint64_t highest;
    uint64_t seen; /* bit n: highest - n */
};

struct ssrc {
    bool used;
    uint32_t ssrc;
    uint64_t heard; /* by this count the one heard longest ago is known */
    struct window rtp, rtcp;
};

struct keys {
    EVP_CIPHER_CTX *cipher;
    EVP_MAC_CTX *mac;
    uint8_t salt[16]; /* of SALT bytes, then zeros: the beginning of each IV */
};

struct secure_srtp {
    struct keys rtp, rtcp;
    struct ssrc streams[SECURE_SRTP_STREAMS];
    uint64_t heard;
};

static uint32_t get_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}
static void put_u32(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)(value >> 24);
    bytes[1] = (uint8_t)(value >> 16);
    bytes[2] = (uint8_t)(value >> 8);
    bytes[3] = (uint8_t)value;
}

/* ---- keys -------------------------------------------------------------------------------------------------
 */

/* RFC 3711 4.3.1 with a key derivation rate of 0: the keystream under the master key, at (label, salt). */
static bool derive(EVP_CIPHER_CTX *cipher, const uint8_t *master, uint8_t label, uint8_t *ret_key, size_t len)
{
    uint8_t iv[16] = {0};
    const uint8_t zeros[AUTH_KEY] = {0};
    int out = 0;
    memcpy(iv, master + KEY, SALT);
    iv[7] ^= label;
    return EVP_EncryptInit_ex(cipher, EVP_aes_128_ctr(), NULL, master, iv) == 1 &&
           EVP_EncryptUpdate(cipher, ret_key, &out, zeros, (int)len) == 1;
}

static EVP_MAC_CTX *make_mac(const uint8_t key[AUTH_KEY])
{
    char digest[] = "SHA1";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *mac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac);
    if (!mac || EVP_MAC_init(mac, key, AUTH_KEY, params) == 1) return mac;
    EVP_MAC_CTX_free(mac);
    return NULL;
}

static bool keys_init(struct keys *keys, const uint8_t *master, uint8_t label)
{
    uint8_t key[KEY] = {0}, auth[AUTH_KEY] = {0};
    keys->cipher = EVP_CIPHER_CTX_new();
    bool good = keys->cipher && derive(keys->cipher, master, label, key, KEY) &&
                derive(keys->cipher, master, (uint8_t)(label + 1), auth, AUTH_KEY) &&
                derive(keys->cipher, master, (uint8_t)(label + 2), keys->salt, SALT) &&
                EVP_EncryptInit_ex(keys->cipher, EVP_aes_128_ctr(), NULL, key, NULL) == 1;
    if (good) keys->mac = make_mac(auth);
    OPENSSL_cleanse(key, sizeof(key));
    OPENSSL_cleanse(auth, sizeof(auth));
    return good && keys->mac;
}

static void keys_done(struct keys *keys)
{
    EVP_CIPHER_CTX_free(keys->cipher); /* both wipe what they hold */
    EVP_MAC_CTX_free(keys->mac);
}

enum far_err secure_srtp_create(const uint8_t master[SECURE_SRTP_MASTER], struct secure_srtp **ret_srtp)
{
    struct secure_srtp *srtp = calloc(1, sizeof(*srtp));
    if (!srtp) return FAR_ENOMEM;
    if (!keys_init(&srtp->rtp, master, LABEL_RTP) || !keys_init(&srtp->rtcp, master, LABEL_RTCP)) {
        (void)secure_srtp_destroy(srtp);
        return FAR_ENOMEM;
    }
    *ret_srtp = srtp;
    return FAR_OK;
}

struct secure_srtp *secure_srtp_destroy(struct secure_srtp *srtp)
{
    if (!srtp) return NULL;
    keys_done(&srtp->rtp);
    keys_done(&srtp->rtcp);
    free(srtp);
    return NULL;
}

/* Encryption and decryption are the same (RFC 3711 4.1.1): IV = salt * 2^16 ^ ssrc * 2^64 ^ index * 2^16. */
static bool crypt_payload(struct keys *keys, uint32_t ssrc, uint64_t index, uint8_t *bytes, size_t len)
{
    uint8_t iv[16];
    int out = 0;
    memcpy(iv, keys->salt, sizeof(iv));
    for (size_t i = 0; i < 4; i++)
        iv[4 + i] ^= (uint8_t)(ssrc >> (24 - 8 * i));
    for (size_t i = 0; i < 6; i++)
        iv[8 + i] ^= (uint8_t)(index >> (40 - 8 * i));
    return EVP_EncryptInit_ex(keys->cipher, NULL, NULL, NULL, iv) == 1 &&
           EVP_EncryptUpdate(keys->cipher, bytes, &out, bytes, (int)len) == 1;
}

/* Over the bytes and, for RTP, the roll-over counter that is not sent. */
static bool digest_of(struct keys *keys, const uint8_t *bytes, size_t len, const uint8_t *roc,
                      uint8_t ret_digest[DIGEST])
{
    size_t digest_len = 0;
    return EVP_MAC_init(keys->mac, NULL, 0, NULL) == 1 && EVP_MAC_update(keys->mac, bytes, len) == 1 &&
           (!roc || EVP_MAC_update(keys->mac, roc, 4) == 1) &&
           EVP_MAC_final(keys->mac, ret_digest, &digest_len, DIGEST) == 1;
}

/* ---- streams ----------------------------------------------------------------------------------------------
 */

static struct ssrc *find(struct secure_srtp *srtp, uint32_t ssrc)
{
    for (size_t i = 0; i < SECURE_SRTP_STREAMS; i++)
        if (srtp->streams[i].used && srtp->streams[i].ssrc == ssrc) return &srtp->streams[i];
    return NULL;
}

/* Only for what is genuine. */
static struct ssrc *find_or_add(struct secure_srtp *srtp, uint32_t ssrc)
{
    struct ssrc *stream = find(srtp, ssrc);
    if (!stream) {
        stream = &srtp->streams[0];
        for (size_t i = 1; i < SECURE_SRTP_STREAMS && stream->used; i++)
            if (!srtp->streams[i].used || srtp->streams[i].heard < stream->heard) stream = &srtp->streams[i];
        *stream = (struct ssrc){.used = true, .ssrc = ssrc};
    }
    stream->heard = ++srtp->heard;
    return stream;
}

static bool window_new(const struct window *window, uint64_t index)
{
    if (!window->begun || index > window->highest) return true;
    uint64_t behind = window->highest - index;
    return behind < SECURE_SRTP_WINDOW && (window->seen >> behind & 1) == 0;
}

static void window_take(struct window *window, uint64_t index)
{
    if (!window->begun || index > window->highest) {
        uint64_t ahead = window->begun ? index - window->highest : SECURE_SRTP_WINDOW;
        window->seen = ahead < SECURE_SRTP_WINDOW ? window->seen << ahead | 1 : 1;
        window->highest = index;
        window->begun = true;
    } else {
        window->seen |= UINT64_C(1) << (window->highest - index);
    }
}

/* RFC 3711 3.3.1: the index with these low 16 bits that is nearest to the highest. */
static uint64_t index_of(const struct window *window, uint16_t sequence)
{
    if (!window->begun) return sequence;
    uint64_t index = (window->highest & ~UINT64_C(0xffff)) | sequence;
    if (index + 0x8000 < window->highest) return index + 0x10000;
    if (index > window->highest + 0x8000 && index >= 0x10000) return index - 0x10000;
    return index;
}

/* ---- RTP --------------------------------------------------------------------------------------------------
 */

/* Where the payload begins: after the CSRCs and the extension. 0: it is no RTP. */
static size_t payload_at(const uint8_t *packet, size_t len)
{
    if (len < RTP_HEADER || packet[0] >> 6 != 2) return 0;
    size_t at = RTP_HEADER + 4 * (size_t)(packet[0] & 0x0f);
    if (packet[0] & 0x10) {
        if (len < at + 4) return 0;
        at += 4 + 4 * (size_t)(packet[at + 2] << 8 | packet[at + 3]);
    }
    return at <= len ? at : 0;
}

enum far_err secure_srtp_seal(struct secure_srtp *srtp, uint8_t *packet, size_t *len)
{
    uint8_t roc[4], digest[DIGEST];
    size_t at = payload_at(packet, *len);
    if (at == 0) return FAR_EPROTO;
    uint32_t ssrc = get_u32(packet + 8);
    struct ssrc *stream = find_or_add(srtp, ssrc);
    uint64_t index = index_of(&stream->rtp, (uint16_t)(packet[2] << 8 | packet[3]));
    if (!window_new(&stream->rtp, index)) return FAR_EEXIST;
    put_u32(roc, (uint32_t)(index >> 16));
    if (!crypt_payload(&srtp->rtp, ssrc, index, packet + at, *len - at) ||
        !digest_of(&srtp->rtp, packet, *len, roc, digest))
        return FAR_EIO;
    memcpy(packet + *len, digest, TAG);
    *len += TAG;
    window_take(&stream->rtp, index);
    return FAR_OK;
}

enum far_err secure_srtp_open(struct secure_srtp *srtp, uint8_t *packet, size_t *len)
{
    static const struct window unheard = {0};
    uint8_t roc[4], digest[DIGEST];
    if (*len < RTP_HEADER + TAG) return FAR_EPROTO;
    size_t tag_at = *len - TAG, at = payload_at(packet, tag_at);
    if (at == 0) return FAR_EPROTO;
    uint32_t ssrc = get_u32(packet + 8);
    const struct ssrc *known = find(srtp, ssrc);
    const struct window *window = known ? &known->rtp : &unheard;
    uint64_t index = index_of(window, (uint16_t)(packet[2] << 8 | packet[3]));
    if (!window_new(window, index)) return FAR_EEXIST;
    put_u32(roc, (uint32_t)(index >> 16));
    if (!digest_of(&srtp->rtp, packet, tag_at, roc, digest)) return FAR_EIO;
    if (CRYPTO_memcmp(digest, packet + tag_at, TAG) != 0) return FAR_EDENIED;
    if (!crypt_payload(&srtp->rtp, ssrc, index, packet + at, tag_at - at)) return FAR_EIO;
    window_take(&find_or_add(srtp, ssrc)->rtp, index);
    *len = tag_at;
    return FAR_OK;
}

/* ---- RTCP -------------------------------------------------------------------------------------------------
 */

enum far_err secure_srtcp_seal(struct secure_srtp *srtp, uint8_t *packet, size_t *len)
{
    uint8_t digest[DIGEST];
    if (*len < RTCP_HEADER || packet[0] >> 6 != 2) return FAR_EPROTO;
    uint32_t ssrc = get_u32(packet + 4);
    struct ssrc *stream = find_or_add(srtp, ssrc);
    uint64_t index = stream->rtcp.begun ? stream->rtcp.highest + 1 : 0;
    if (index >= RTCP_SECRET) return FAR_EEXIST;
    if (!crypt_payload(&srtp->rtcp, ssrc, index, packet + RTCP_HEADER, *len - RTCP_HEADER)) return FAR_EIO;
    put_u32(packet + *len, (uint32_t)index | RTCP_SECRET);
    if (!digest_of(&srtp->rtcp, packet, *len + RTCP_INDEX, NULL, digest)) return FAR_EIO;
    memcpy(packet + *len + RTCP_INDEX, digest, TAG);
    *len += RTCP_INDEX + TAG;
    window_take(&stream->rtcp, index);
    return FAR_OK;
}

enum far_err secure_srtcp_open(struct secure_srtp *srtp, uint8_t *packet, size_t *len)
{
    static const struct window unheard = {0};
    uint8_t digest[DIGEST];
    if (*len < RTCP_HEADER + RTCP_INDEX + TAG || packet[0] >> 6 != 2) return FAR_EPROTO;
    size_t tag_at = *len - TAG, index_at = tag_at - RTCP_INDEX;
    uint32_t ssrc = get_u32(packet + 4), word = get_u32(packet + index_at);
    uint64_t index = word & ~RTCP_SECRET;
    const struct ssrc *known = find(srtp, ssrc);
    if (!window_new(known ? &known->rtcp : &unheard, index)) return FAR_EEXIST;
    if (!digest_of(&srtp->rtcp, packet, tag_at, NULL, digest)) return FAR_EIO;
    if (CRYPTO_memcmp(digest, packet + tag_at, TAG) != 0) return FAR_EDENIED;
    if ((word & RTCP_SECRET) &&
        !crypt_payload(&srtp->rtcp, ssrc, index, packet + RTCP_HEADER, index_at - RTCP_HEADER))
        return FAR_EIO;
    window_take(&find_or_add(srtp, ssrc)->rtcp, index);
    *len = index_at;
    return FAR_OK;
}
