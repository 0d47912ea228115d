/* SPDX-License-Identifier: Apache-2.0 */
#include "far/utf8.h"
#include <stdint.h>
#include <string.h>

static bool is_tail(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Bytes of the character that begins here; 0: none does. */
static size_t char_len(const uint8_t *at, size_t len)
{
    uint8_t lead = at[0];
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return len >= 2 && is_tail(at[1]) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        uint8_t low = lead == 0xE0 ? 0xA0 : 0x80, high = lead == 0xED ? 0x9F : 0xBF;
        return len >= 3 && at[1] >= low && at[1] <= high && is_tail(at[2]) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        uint8_t low = lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xF4 ? 0x8F : 0xBF;
        return len >= 4 && at[1] >= low && at[1] <= high && is_tail(at[2]) && is_tail(at[3]) ? 4 : 0;
    }
    return 0;
}

bool far_utf8_valid(const char *text, size_t len)
{
    const uint8_t *at = (const uint8_t *)text;
    while (len) {
        size_t step = char_len(at, len);
        if (step == 0) return false;
        at += step;
        len -= step;
    }
    return true;
}

size_t far_utf8_prefix_len(const char *text, size_t len, size_t len_max)
{
    if (len <= len_max) return len;
    while (len_max && is_tail((uint8_t)text[len_max]))
        len_max--;
    return len_max;
}

void far_utf8_mend(char *text)
{
    for (size_t at = 0, len = strlen(text); at < len;) {
        size_t step = char_len((const uint8_t *)text + at, len - at);
        if (step == 0 || (uint8_t)text[at] < ' ' || text[at] == 0x7f) {
            text[at] = '?';
            step = 1;
        }
        at += step;
    }
}
