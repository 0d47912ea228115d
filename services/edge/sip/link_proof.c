/* SPDX-License-Identifier: Apache-2.0 */
#include "link_proof.h"
#include "far/str.h"
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool name_ok(const char *name)
{
    size_t len = strlen(name);
    return len > 0 && len < LINK_NAME_SIZE &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789-_.") == len;
}

static void prove(const char *text, size_t len, const uint8_t *secret, char ret_hex[65])
{
    uint8_t proof[crypto_auth_BYTES];
    (void)crypto_auth(proof, (const uint8_t *)text, len, secret);
    far_str_hex(proof, sizeof(proof), ret_hex);
}

enum far_err link_header_write(const struct link_header *header, const uint8_t secret[LINK_SECRET_BYTES],
                               char ret_text[LINK_HEADER_SIZE])
{
    char proof[65];
    if (!name_ok(header->leg_id) || !name_ok(header->bridge_id) || !name_ok(header->edge)) return FAR_EINVAL;
    int len = snprintf(ret_text, LINK_HEADER_SIZE, "leg=%s;bridge=%s;edge=%s;time=%lld", header->leg_id,
                       header->bridge_id, header->edge, (long long)header->time_ms);
    prove(ret_text, (size_t)len, secret, proof);
    (void)snprintf(ret_text + len, LINK_HEADER_SIZE - (size_t)len, ";proof=%s", proof);
    return FAR_OK;
}

/* "name=value;" at *at, which moves behind it. */
static bool take(const char **at, const char *name, char *ret_value, size_t size)
{
    size_t name_len = strlen(name);
    if (strncmp(*at, name, name_len) != 0 || (*at)[name_len] != '=') return false;
    const char *value = *at + name_len + 1;
    size_t len = strcspn(value, ";");
    *at = value + len + (value[len] == ';');
    return len > 0 && far_str_copy_len(ret_value, size, value, len);
}

enum far_err link_header_read(const char *text, const uint8_t secret[LINK_SECRET_BYTES], int64_t now_ms,
                              struct link_header *ret_header)
{
    struct link_header header = {.time_ms = 0};
    char time[24], proof[65], expected[65];
    const char *at = text;
    if (strlen(text) >= LINK_HEADER_SIZE) return FAR_EPROTO;
    if (!take(&at, "leg", header.leg_id, LINK_NAME_SIZE) ||
        !take(&at, "bridge", header.bridge_id, LINK_NAME_SIZE) ||
        !take(&at, "edge", header.edge, LINK_NAME_SIZE) || !take(&at, "time", time, sizeof(time)))
        return FAR_EPROTO;
    size_t proven_len = (size_t)(at - text) - 1; /* without the ';' */
    if (!take(&at, "proof", proof, sizeof(proof)) || *at != '\0' || strlen(proof) != 64) return FAR_EPROTO;
    if (!name_ok(header.leg_id) || !name_ok(header.bridge_id) || !name_ok(header.edge)) return FAR_EPROTO;
    if (far_str_i64(time, 0, INT64_MAX, &header.time_ms) != FAR_OK) return FAR_EPROTO;
    prove(text, proven_len, secret, expected);
    if (sodium_memcmp(expected, proof, 64) != 0) return FAR_EDENIED;
    int64_t skew_ms = now_ms - header.time_ms;
    if (skew_ms > LINK_SKEW_MS || skew_ms < -LINK_SKEW_MS) return FAR_EDENIED;
    *ret_header = header;
    return FAR_OK;
}
