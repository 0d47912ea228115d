/* SPDX-License-Identifier: Apache-2.0 */
#include "far/str.h"
#include <string.h>

bool far_str_copy_len(char *out, size_t size, const char *text, size_t len)
{
    const char *end = len ? memchr(text, '\0', len) : NULL;
    if (end) len = (size_t)(end - text);
    bool fits = len < size;
    if (size == 0) return false;
    if (!fits) len = size - 1;
    if (len) memcpy(out, text, len);
    out[len] = '\0';
    return fits;
}

bool far_str_copy(char *out, size_t size, const char *text)
{
    return far_str_copy_len(out, size, text, text ? strlen(text) : 0);
}

static int lower(int c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

bool far_str_equal_nocase(const char *a, const char *b)
{
    if (!a || !b) return false;
    while (*a && lower((unsigned char)*a) == lower((unsigned char)*b)) {
        a++;
        b++;
    }
    return lower((unsigned char)*a) == lower((unsigned char)*b);
}

bool far_str_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

enum far_err far_str_u64(const char *text, uint64_t max, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (!text || !*text) return FAR_EINVAL;
    for (; *text; text++) {
        if (*text < '0' || *text > '9') return FAR_EINVAL;
        uint64_t digit = (uint64_t)(*text - '0');
        if (value > (UINT64_MAX - digit) / 10) return FAR_EINVAL;
        value = value * 10 + digit;
    }
    if (value > max) return FAR_EINVAL;
    *ret_value = value;
    return FAR_OK;
}

enum far_err far_str_i64(const char *text, int64_t min, int64_t max, int64_t *ret_value)
{
    bool negative = text && *text == '-';
    uint64_t size;
    if (far_str_u64(negative ? text + 1 : text, (uint64_t)INT64_MAX + negative, &size)) return FAR_EINVAL;
    int64_t value = negative ? (size ? -(int64_t)(size - 1) - 1 : 0) : (int64_t)size;
    if (value < min || value > max) return FAR_EINVAL;
    *ret_value = value;
    return FAR_OK;
}

void far_str_hex(const void *data, size_t len, char *out)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    out[2 * len] = '\0';
}

static int unhex(int c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum far_err far_str_unhex(const char *text, void *out, size_t len)
{
    if (!text || strlen(text) != 2 * len) return FAR_EINVAL;
    for (size_t i = 0; i < 2 * len; i++)
        if (unhex(text[i]) < 0) return FAR_EINVAL;
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)out)[i] = (uint8_t)(unhex(text[2 * i]) << 4 | unhex(text[2 * i + 1]));
    return FAR_OK;
}
