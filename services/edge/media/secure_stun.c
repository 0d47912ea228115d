/* SPDX-License-Identifier: Apache-2.0 */
#include "secure_stun.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define HEADER          20u
#define COOKIE          0x2112a442u
#define FINGERPRINT_XOR 0x5354554eu
#define INTEGRITY       20u
#define MESSAGE_MAX     1280u
#define UNKNOWN_MAX     4u

enum type { TYPE_REQUEST = 0x0001, TYPE_INDICATION = 0x0011, TYPE_SUCCESS = 0x0101, TYPE_ERROR = 0x0111 };
enum attribute {
    ATTRIBUTE_USERNAME = 0x0006,
    ATTRIBUTE_INTEGRITY = 0x0008,
    ATTRIBUTE_ERROR = 0x0009,
    ATTRIBUTE_UNKNOWN = 0x000a,
    ATTRIBUTE_XOR_MAPPED = 0x0020,
    ATTRIBUTE_PRIORITY = 0x0024,
    ATTRIBUTE_USE_CANDIDATE = 0x0025,
    ATTRIBUTE_FINGERPRINT = 0x8028,
    ATTRIBUTE_CONTROLLED = 0x8029
};

/* What a request says; the pointers are into it. */
struct request {
    const uint8_t *bytes;
    size_t len;
    const uint8_t *username;
    size_t username_len;
    size_t integrity_at; /* of the attribute; 0: none */
    size_t fingerprint_at;
    bool use_candidate, controlled;
    uint16_t unknown[UNKNOWN_MAX]; /* that must be understood, and are not */
    size_t unknown_len;
};

static uint32_t get_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}
static uint16_t get_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}
static void put_u16(uint8_t *bytes, size_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}
static void put_u32(uint8_t *bytes, uint32_t value)
{
    put_u16(bytes, value >> 16);
    put_u16(bytes + 2, value & 0xffff);
}

/* CRC-32 of ITU V.42, bit by bit: a check is some hundred bytes, each few seconds. */
static uint32_t crc32(const uint8_t *bytes, size_t len)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1)));
    }
    return ~crc;
}

/* Over the message up to the attribute, with the length in the header as if it ended with it (RFC 8489 14.5).
 */
static bool integrity_of(const uint8_t *bytes, size_t attribute_at, const char *pwd,
                         uint8_t ret_digest[INTEGRITY])
{
    uint8_t text[MESSAGE_MAX];
    unsigned digest_len = 0;
    if (attribute_at > sizeof(text)) return false;
    memcpy(text, bytes, attribute_at);
    put_u16(text + 2, attribute_at + 4 + INTEGRITY - HEADER);
    return HMAC(EVP_sha1(), pwd, (int)strlen(pwd), text, attribute_at, ret_digest, &digest_len) != NULL;
}

/* One attribute. What follows MESSAGE-INTEGRITY is not covered by it, so all but FINGERPRINT is ignored
 * there.
 * @return false: it is malformed. */
static bool take(struct request *request, uint16_t type, size_t at, size_t len)
{
    const uint8_t *value = request->bytes + at + 4;
    if (type == ATTRIBUTE_FINGERPRINT) {
        if (len != 4 || at + 8 != request->len) return false; /* it is the last one */
        request->fingerprint_at = at;
    }
    if (request->integrity_at > 0) return true;
    switch (type) {
    case ATTRIBUTE_USERNAME:
        request->username = value;
        request->username_len = len;
        return true;
    case ATTRIBUTE_INTEGRITY:
        request->integrity_at = at;
        return len == INTEGRITY;
    case ATTRIBUTE_USE_CANDIDATE:
        request->use_candidate = true;
        return true;
    case ATTRIBUTE_CONTROLLED:
        request->controlled = true;
        return true;
    case ATTRIBUTE_PRIORITY:
        return true;
    default:
        if (type < 0x8000 && request->unknown_len < UNKNOWN_MAX)
            request->unknown[request->unknown_len++] = type;
        return true;
    }
}

static bool parse(const uint8_t *bytes, size_t len, struct request *ret_request)
{
    *ret_request = (struct request){.bytes = bytes, .len = len};
    if (len < HEADER || len > MESSAGE_MAX || len % 4 != 0 || (bytes[0] & 0xc0) != 0) return false;
    if (get_u32(bytes + 4) != COOKIE || (size_t)get_u16(bytes + 2) + HEADER != len) return false;
    for (size_t at = HEADER; at < len;) {
        size_t value_len = len - at >= 4 ? get_u16(bytes + at + 2) : SIZE_MAX;
        if (value_len > len - at - 4) return false; /* SIZE_MAX, too */
        if (!take(ret_request, get_u16(bytes + at), at, value_len)) return false;
        at += 4 + (value_len + 3) / 4 * 4; /* values are padded to four bytes, and so is the whole */
    }
    return true;
}

/* "our-name:its-name" */
static bool username_good(const struct request *request, const struct secure_stun_names *names)
{
    size_t local_len = strlen(names->local_ufrag), remote_len = strlen(names->remote_ufrag);
    if (!request->username || request->username_len < local_len + 1) return false;
    if (memcmp(request->username, names->local_ufrag, local_len) != 0 || request->username[local_len] != ':')
        return false;
    const uint8_t *remote = request->username + local_len + 1;
    size_t len = request->username_len - local_len - 1;
    return remote_len == 0 || (len == remote_len && memcmp(remote, names->remote_ufrag, len) == 0);
}

static bool proven(const struct request *request, const char *pwd)
{
    uint8_t digest[INTEGRITY];
    if (request->integrity_at == 0 || request->fingerprint_at == 0) return false;
    uint32_t crc = crc32(request->bytes, request->fingerprint_at) ^ FINGERPRINT_XOR;
    if (crc != get_u32(request->bytes + request->fingerprint_at + 4)) return false;
    return integrity_of(request->bytes, request->integrity_at, pwd, digest) &&
           CRYPTO_memcmp(digest, request->bytes + request->integrity_at + 4, INTEGRITY) == 0;
}

static size_t put_attribute(uint8_t *reply, size_t at, enum attribute type, const uint8_t *value, size_t len)
{
    put_u16(reply + at, type);
    put_u16(reply + at + 2, len);
    memcpy(reply + at + 4, value, len);
    size_t padded = (len + 3) / 4 * 4;
    memset(reply + at + 4 + len, 0, padded - len);
    return at + 4 + padded;
}

static size_t put_error(uint8_t *reply, size_t at, unsigned code, const char *reason)
{
    uint8_t value[4 + 32] = {0, 0, (uint8_t)(code / 100), (uint8_t)(code % 100)};
    size_t len = strlen(reason);
    memcpy(value + 4, reason, len);
    return put_attribute(reply, at, ATTRIBUTE_ERROR, value, 4 + len);
}

static size_t put_mapped(uint8_t *reply, size_t at, const struct sockaddr_in *from)
{
    uint8_t value[8] = {0, 1 /* IPv4 */};
    put_u16(value + 2, ntohs(from->sin_port) ^ COOKIE >> 16);
    put_u32(value + 4, ntohl(from->sin_addr.s_addr) ^ COOKIE);
    return put_attribute(reply, at, ATTRIBUTE_XOR_MAPPED, value, sizeof(value));
}

/* MESSAGE-INTEGRITY and FINGERPRINT; the header's length counts each as it is made. */
static size_t finish(uint8_t *reply, size_t at, const char *pwd)
{
    uint8_t digest[INTEGRITY] = {0}, crc[4];
    if (!integrity_of(reply, at, pwd, digest)) return 0;
    at = put_attribute(reply, at, ATTRIBUTE_INTEGRITY, digest, sizeof(digest));
    put_u16(reply + 2, at + 8 - HEADER);
    put_u32(crc, crc32(reply, at) ^ FINGERPRINT_XOR);
    return put_attribute(reply, at, ATTRIBUTE_FINGERPRINT, crc, sizeof(crc));
}

static size_t begin(uint8_t *reply, enum type type, const struct request *request)
{
    put_u16(reply, type);
    put_u16(reply + 2, 0);
    memcpy(reply + 4, request->bytes + 4, HEADER - 4); /* the cookie and the transaction */
    return HEADER;
}

/* @return false: there is nothing to complain of. */
static bool refuse(const struct request *request, uint8_t *reply, size_t *ret_at)
{
    size_t at = begin(reply, TYPE_ERROR, request);
    if (request->unknown_len > 0) {
        uint8_t unknown[2 * UNKNOWN_MAX];
        for (size_t i = 0; i < request->unknown_len; i++)
            put_u16(unknown + 2 * i, request->unknown[i]);
        at = put_error(reply, at, 420, "Unknown Attribute");
        at = put_attribute(reply, at, ATTRIBUTE_UNKNOWN, unknown, 2 * request->unknown_len);
    } else if (request->controlled) {
        at = put_error(reply, at, 487, "Role Conflict"); /* a lite agent never controls (RFC 8445 7.3.1.1) */
    } else {
        return false;
    }
    *ret_at = at;
    return true;
}

enum secure_stun_verdict secure_stun_answer(const struct secure_stun_names *names, const uint8_t *bytes,
                                            size_t len, const struct sockaddr_in *from, bool *ret_nominates,
                                            uint8_t ret_reply[SECURE_STUN_REPLY_MAX], size_t *ret_reply_len)
{
    struct request request;
    size_t at;
    if (!parse(bytes, len, &request)) return SECURE_STUN_BAD;
    uint16_t type = get_u16(bytes);
    if (type == TYPE_INDICATION) return SECURE_STUN_IDLE;
    if (type != TYPE_REQUEST || !username_good(&request, names) || !proven(&request, names->local_pwd))
        return SECURE_STUN_BAD;
    bool refused = refuse(&request, ret_reply, &at);
    if (!refused) at = put_mapped(ret_reply, begin(ret_reply, TYPE_SUCCESS, &request), from);
    at = finish(ret_reply, at, names->local_pwd);
    if (at == 0) return SECURE_STUN_BAD;
    *ret_reply_len = at;
    if (refused) return SECURE_STUN_REFUSED;
    *ret_nominates = request.use_candidate;
    return SECURE_STUN_PASSED;
}
