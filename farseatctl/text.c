/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* One character at text: its code and its length in bytes. */
static uint32_t decode(const char *text, size_t *ret_len)
{
    const unsigned char *at = (const unsigned char *)text;
    uint32_t code = at[0];
    size_t len = code < 0x80             ? 1
                 : (code & 0xe0) == 0xc0 ? 2
                 : (code & 0xf0) == 0xe0 ? 3
                 : (code & 0xf8) == 0xf0 ? 4
                                         : 1;
    if (len > 1) code &= 0xffu >> (len + 1);
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            *ret_len = 1;
            return '?';
        }
        code = code << 6 | (at[i] & 0x3f);
    }
    *ret_len = len;
    return len == 1 && at[0] >= 0x80 ? '?' : code;
}

static unsigned width_of(uint32_t code)
{
    bool wide = (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) ||
                (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) ||
                (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) ||
                (code >= 0xffe0 && code <= 0xffe6) || (code >= 0x1f300 && code <= 0x1faff) || code >= 0x20000;
    return wide ? 2 : 1;
}

unsigned text_width(const char *text)
{
    unsigned width = 0;
    size_t len;
    for (; *text; text += len)
        width += width_of(decode(text, &len));
    return width;
}

static void add_char(struct far_buf *out, const char *text, size_t len)
{
    bool control = len == 1 && ((unsigned char)*text < 0x20 || (unsigned char)*text == 0x7f ||
                                (unsigned char)*text >= 0x80);
    if (control)
        far_buf_add(out, "?", 1);
    else
        far_buf_add(out, text, len);
}

void text_column(struct far_buf *out, const char *text, unsigned width)
{
    unsigned used = 0;
    size_t len;
    for (; *text; text += len) {
        unsigned wide = width_of(decode(text, &len));
        if (used + wide > width) break;
        add_char(out, text, len);
        used += wide;
    }
    for (; used < width; used++)
        far_buf_add(out, " ", 1);
}

void text_safe(struct far_buf *out, const char *text)
{
    size_t len;
    for (; *text; text += len) {
        (void)decode(text, &len);
        if (*text == '\n')
            far_buf_add(out, "\n", 1);
        else
            add_char(out, text, len);
    }
}

void text_duration(uint64_t ms, char out[16])
{
    uint64_t seconds = ms / 1000 % 360000;
    if (seconds >= 3600)
        snprintf(out, 16, "%u:%02u:%02u", (unsigned)(seconds / 3600), (unsigned)(seconds / 60 % 60),
                 (unsigned)(seconds % 60));
    else
        snprintf(out, 16, "%u:%02u", (unsigned)(seconds / 60), (unsigned)(seconds % 60));
}

const char *text_agent_state(Farseat__V1__AgentState state)
{
    static const char *const names[] = {"logged out", "not ready", "ready",   "reserved",
                                        "ringing",    "talking",   "holding", "after-call work"};
    return (unsigned)state < FAR_ARRAY_LEN(names) ? names[state] : "?";
}

const char *text_contact_state(Farseat__V1__ContactState state)
{
    static const char *const names[] = {"?",    "in flow", "queued",      "ringing", "talking",
                                        "held", "survey",  "wrapping up", "ended"};
    return (unsigned)state < FAR_ARRAY_LEN(names) ? names[state] : "?";
}

const char *text_segment_kind(Farseat__V1__SegmentKind kind)
{
    static const char *const names[] = {"?",    "ivr",     "queue",           "ring",  "talk",
                                        "hold", "consult", "after-call work", "survey"};
    return (unsigned)kind < FAR_ARRAY_LEN(names) ? names[kind] : "?";
}

const char *text_number(const Farseat__V1__TelephoneNumber *number)
{
    if (!number) return "";
    if (number->canonical && *number->canonical) return number->canonical;
    if (number->raw && *number->raw) return number->raw;
    return "anonymous";
}

const char *text_label(const Farseat__V1__Label *label)
{
    const char *lang = getenv("LC_ALL");
    if (!lang || !*lang) lang = getenv("LANG");
    if (!label) return "";
    bool chinese = lang && strncmp(lang, "zh", 2) == 0;
    const char *first = chinese ? label->zh : label->en, *second = chinese ? label->en : label->zh;
    return first && *first ? first : second ? second : "";
}

uint64_t text_since_ms(int64_t since_us, int64_t now_us, uint64_t told_ms)
{
    if (since_us <= 0 || now_us <= since_us) return told_ms;
    return (uint64_t)(now_us - since_us) / 1000;
}

void text_time(int64_t at_us, char out[32])
{
    time_t seconds = (time_t)(at_us / 1000000);
    struct tm broken;
    out[0] = 0;
    if (at_us != 0 && localtime_r(&seconds, &broken)) strftime(out, 32, "%Y-%m-%d %H:%M:%S", &broken);
}
