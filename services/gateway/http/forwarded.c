/* SPDX-License-Identifier: Apache-2.0 */
#include "forwarded.h"
#include "far/str.h"
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#define ADDRESS_LEN_MAX 63

/* @return its length in bytes, 0: no address. */
static uint8_t address_read(const char *text, uint8_t ret_bytes[16])
{
    if (inet_pton(AF_INET, text, ret_bytes) == 1) return 4;
    if (inet_pton(AF_INET6, text, ret_bytes) != 1) return 0;
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (memcmp(ret_bytes, mapped, sizeof(mapped)) != 0) return 16;
    memmove(ret_bytes, ret_bytes + 12, 4); /* IPv4 in IPv6's clothes */
    return 4;
}

enum far_err http_proxies_read(const struct far_config_list *texts, struct http_proxies *ret_proxies,
                               const char **ret_wrong)
{
    struct http_proxies proxies = {.len = 0};
    for (size_t i = 0; i < texts->len; i++) {
        char text[ADDRESS_LEN_MAX + 1];
        *ret_wrong = texts->items[i];
        if (i == HTTP_PROXIES_MAX || !far_str_copy(text, sizeof(text), texts->items[i])) return FAR_EINVAL;
        char *slash = strchr(text, '/');
        if (slash) *slash++ = '\0';
        uint8_t len = address_read(text, proxies.rows[i].address);
        uint64_t bits = 8u * len;
        if (len == 0 || (slash && far_str_u64(slash, 8u * len, &bits) != FAR_OK)) return FAR_EINVAL;
        proxies.rows[i].family_len = len;
        proxies.rows[i].bits = (uint8_t)bits;
        proxies.len++;
    }
    *ret_proxies = proxies;
    return FAR_OK;
}

static bool bits_equal(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    if (memcmp(a, b, bits / 8) != 0) return false;
    unsigned rest = bits % 8;
    return rest == 0 || ((a[bits / 8] ^ b[bits / 8]) >> (8 - rest)) == 0;
}

bool http_proxies_have(const struct http_proxies *proxies, const char *address)
{
    uint8_t bytes[16] = {0};
    uint8_t len = address_read(address, bytes);
    for (size_t i = 0; proxies && len > 0 && i < proxies->len; i++)
        if (proxies->rows[i].family_len == len &&
            bits_equal(proxies->rows[i].address, bytes, proxies->rows[i].bits))
            return true;
    return false;
}

/* One element of X-Forwarded-For: blanks around it, a port after it, brackets
 * around an IPv6 address.
 * @return false: no address. */
static bool element_read(const char *from, size_t len, char ret_address[ADDRESS_LEN_MAX + 1])
{
    while (len > 0 && strchr(" \t", *from)) {
        from++;
        len--;
    }
    while (len > 0 && strchr(" \t", from[len - 1]))
        len--;
    const char *colon = memchr(from, ':', len);
    if (len > 0 && *from == '[') {
        const char *end = memchr(from, ']', len);
        if (!end) return false;
        from++;
        len = (size_t)(end - from);
    } else if (colon && !memchr(colon + 1, ':', len - (size_t)(colon + 1 - from))) {
        len = (size_t)(colon - from); /* one colon: IPv4 and a port */
    }
    uint8_t bytes[16];
    return len <= ADDRESS_LEN_MAX && far_str_copy_len(ret_address, ADDRESS_LEN_MAX + 1, from, len) &&
           address_read(ret_address, bytes) > 0;
}

void http_client_address(const struct http_proxies *proxies, const char *peer, const char *forwarded_for,
                         char *ret_client, size_t size)
{
    char address[ADDRESS_LEN_MAX + 1];
    (void)far_str_copy(ret_client, size, peer);
    size_t end = strlen(forwarded_for);
    while (end > 0 && http_proxies_have(proxies, ret_client)) {
        size_t begin = end;
        while (begin > 0 && forwarded_for[begin - 1] != ',')
            begin--;
        if (!element_read(forwarded_for + begin, end - begin, address)) return;
        (void)far_str_copy(ret_client, size, address);
        end = begin > 0 ? begin - 1 : 0;
    }
}

bool http_cookie(const char *header, const char *name, char *ret_value, size_t size)
{
    size_t name_len = strlen(name);
    for (const char *at = header; at; at = strchr(at, ';')) {
        at += strspn(at, "; \t");
        if (strncmp(at, name, name_len) != 0 || at[name_len] != '=') continue;
        at += name_len + 1;
        return far_str_copy_len(ret_value, size, at, strcspn(at, "; \t"));
    }
    return false;
}

bool http_origin_is(const char *origin, const char *scheme, const char *host)
{
    size_t len = strlen(scheme);
    return strncasecmp(origin, scheme, len) == 0 && strncmp(origin + len, "://", 3) == 0 && host[0] &&
           strcasecmp(origin + len + 3, host) == 0;
}

bool http_accepts(const char *accept_encoding, const char *coding)
{
    size_t coding_len = strlen(coding);
    for (const char *at = accept_encoding; *at;) {
        at += strspn(at, ", \t");
        size_t len = strcspn(at, ",");
        size_t name_len = strcspn(at, ",; \t");
        if (name_len == coding_len && strncasecmp(at, coding, name_len) == 0) {
            char rest[32];
            if (!far_str_copy_len(rest, sizeof(rest), at + name_len, len - name_len)) return false;
            const char *weight = strstr(rest, "q=");
            return !weight || strpbrk(weight + 2, "123456789") != NULL;
        }
        at += len;
    }
    return false;
}
