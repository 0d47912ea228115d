/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct span {
    const char *at, *end;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Blanks, and line ends that a line goes on after (RFC 3261 7.3.1): a head has no other line ends inside. */
static void skip_blanks(struct span *span)
{
    while (span->at < span->end && (is_blank(*span->at) || *span->at == '\r' || *span->at == '\n'))
        span->at++;
}

/* The end of the header that begins at `at`, with the lines that it is folded into; NULL: it does not end. */
static const char *header_end(const char *at, const char *end)
{
    for (;;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        if (!newline || newline + 1 >= end) return newline ? newline + 1 : NULL;
        if (!is_blank(newline[1])) return newline + 1;
        at = newline + 1;
    }
}

static bool is_empty_line(const char *at, const char *end, size_t *ret_len)
{
    *ret_len = 0;
    if (at < end && *at == '\n') *ret_len = 1;
    if (end - at >= 2 && at[0] == '\r' && at[1] == '\n') *ret_len = 2;
    return *ret_len > 0;
}

/* "Name :" at the header's begin, whose value remains. */
static bool take_name(struct span *header, const char *name, const char *compact)
{
    const char *colon = memchr(header->at, ':', (size_t)(header->end - header->at));
    if (!colon) return false;
    size_t len = (size_t)(colon - header->at);
    while (len > 0 && is_blank(header->at[len - 1]))
        len--;
    bool same = (len == strlen(name) && strncasecmp(header->at, name, len) == 0) ||
                (len == strlen(compact) && strncasecmp(header->at, compact, len) == 0);
    if (same) header->at = colon + 1;
    return same;
}

static bool take_token(struct span *value, size_t *ret_len)
{
    skip_blanks(value);
    size_t len = 0;
    while (value->at + len < value->end && value->at[len] > ' ' && !strchr("/;,", value->at[len]))
        len++;
    *ret_len = len;
    return len > 0;
}

static bool take_slash(struct span *value)
{
    skip_blanks(value);
    if (value->at >= value->end || *value->at != '/') return false;
    value->at++;
    return true;
}

static bool is_word(const char *at, size_t len, const char *word)
{
    return len == strlen(word) && strncasecmp(at, word, len) == 0;
}

/* sent-protocol = "SIP" SLASH "2.0" SLASH transport, each slash with blanks around as it likes. */
static void read_via(struct span value, const char *message, struct wire_look *look)
{
    size_t len = 0;
    if (!take_token(&value, &len) || !is_word(value.at, len, "SIP")) return;
    value.at += len;
    if (!take_slash(&value) || !take_token(&value, &len) || !is_word(value.at, len, "2.0")) return;
    value.at += len;
    if (!take_slash(&value) || !take_token(&value, &len)) return;
    look->via = is_word(value.at, len, "TCP")   ? WIRE_VIA_TCP
                : is_word(value.at, len, "WS")  ? WIRE_VIA_WS
                : is_word(value.at, len, "WSS") ? WIRE_VIA_WSS
                                                : WIRE_VIA_NONE;
    look->via_at = (size_t)(value.at - message);
    look->via_len = len;
}

static bool read_length(struct span value, size_t *ret_length)
{
    size_t length = 0, digits = 0;
    skip_blanks(&value);
    for (; value.at < value.end && *value.at >= '0' && *value.at <= '9' && digits < 9; value.at++, digits++)
        length = length * 10 + (size_t)(*value.at - '0');
    skip_blanks(&value);
    *ret_length = length;
    return digits > 0 && value.at == value.end;
}

/* "METHOD sip:... SIP/2.0" or "SIP/2.0 200 OK". */
static bool read_first_line(const char *line, const char *end, bool *ret_response)
{
    while (end > line && (end[-1] == '\n' || end[-1] == '\r'))
        end--;
    size_t len = (size_t)(end - line);
    *ret_response = len > 8 && strncasecmp(line, "SIP/2.0 ", 8) == 0;
    if (*ret_response) return true;
    bool version = len > 8 && strncasecmp(end - 8, " SIP/2.0", 8) == 0;
    return version && *line >= 'A' && *line <= 'Z';
}

struct head {
    struct wire_look look;
    size_t length; /* as Content-Length says */
};

/* @return FAR_OK; FAR_EAGAIN: the head goes on; FAR_EPROTO. */
static enum far_err read_head(const char *message, size_t len, struct head *ret_head)
{
    struct head head = {0};
    const char *end = message + len, *at = memchr(message, '\n', len);
    size_t empty = 0;
    bool top = true;
    if (!at) return FAR_EAGAIN;
    at++;
    if (!read_first_line(message, at, &head.look.response)) return FAR_EPROTO;
    while (!is_empty_line(at, end, &empty)) {
        const char *next = at < end ? header_end(at, end) : NULL;
        if (!next || next >= end) return FAR_EAGAIN; /* what follows may still belong to this header */
        struct span header = {at, next};
        size_t length = 0;
        if (memchr(at, '\0', (size_t)(next - at))) return FAR_EPROTO;
        if (take_name(&header, "Via", "v")) {
            if (top) read_via(header, message, &head.look);
            top = false;
        } else if (take_name(&header, "Content-Length", "l")) {
            if (!read_length(header, &length) || (head.look.has_length && length != head.length))
                return FAR_EPROTO;
            head.look.has_length = true;
            head.length = length;
        }
        at = next;
    }
    head.look.head_len = (size_t)(at - message) + empty;
    *ret_head = head;
    return FAR_OK;
}

enum far_err wire_look(const char *message, size_t len, struct wire_look *ret_look)
{
    struct head head;
    if (read_head(message, len, &head) != FAR_OK) return FAR_EPROTO;
    if (head.look.has_length && head.length != len - head.look.head_len) return FAR_EPROTO;
    *ret_look = head.look;
    return FAR_OK;
}

static void put(char *out, size_t *len, const char *data, size_t data_len)
{
    memcpy(out + *len, data, data_len);
    *len += data_len;
}

enum far_err wire_to_sofia(const char *message, size_t len, char *out, size_t *ret_len,
                           enum wire_via *ret_via)
{
    struct wire_look look;
    size_t at = 0, written = 0;
    enum far_err err = wire_look(message, len, &look);
    if (err != FAR_OK) return err;
    if (look.via == WIRE_VIA_WS || look.via == WIRE_VIA_WSS) {
        put(out, &written, message, look.via_at);
        put(out, &written, "TCP", 3);
        at = look.via_at + look.via_len;
    }
    if (!look.has_length) {
        const char *line_end = look.head_len >= 2 && message[look.head_len - 2] == '\r' ? "\r\n" : "\n";
        size_t before = look.head_len - strlen(line_end);
        put(out, &written, message + at, before - at);
        written += (size_t)sprintf(out + written, "Content-Length: %zu%s", len - look.head_len, line_end);
        at = before;
    }
    put(out, &written, message + at, len - at);
    if (!look.response && look.via != WIRE_VIA_NONE) *ret_via = look.via;
    *ret_len = written;
    return FAR_OK;
}

enum far_err wire_to_browser(const char *message, size_t len, enum wire_via via, char *out, size_t *ret_len)
{
    struct wire_look look;
    size_t at = 0, written = 0;
    enum far_err err = wire_look(message, len, &look);
    if (err != FAR_OK) return err;
    if (look.response && look.via == WIRE_VIA_TCP && (via == WIRE_VIA_WS || via == WIRE_VIA_WSS)) {
        put(out, &written, message, look.via_at);
        put(out, &written, "WSS", via == WIRE_VIA_WS ? 2 : 3);
        at = look.via_at + look.via_len;
    }
    put(out, &written, message + at, len - at);
    *ret_len = written;
    return FAR_OK;
}

enum far_err wire_frame(const char *data, size_t len, size_t *ret_len)
{
    size_t message_len = 0;
    *ret_len = 0;
    if (len < 4) return FAR_OK;
    for (int i = 0; i < 4; i++)
        message_len = message_len << 8 | (unsigned char)data[i];
    if (message_len == 0 || message_len > WIRE_MESSAGE_MAX) return FAR_EPROTO;
    if (len - 4 >= message_len) *ret_len = message_len;
    return FAR_OK;
}

void wire_frame_head(size_t len, char ret_head[4])
{
    for (int i = 0; i < 4; i++)
        ret_head[i] = (char)(len >> (24 - 8 * i));
}

bool wire_is_blank(const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (data[i] != '\r' && data[i] != '\n') return false;
    return true;
}

enum far_err wire_split(const char *stream, size_t len, size_t *ret_skip, size_t *ret_len)
{
    size_t skip = 0;
    struct head head;
    while (skip < len && (stream[skip] == '\r' || stream[skip] == '\n'))
        skip++;
    *ret_skip = skip;
    *ret_len = 0;
    enum far_err err = read_head(stream + skip, len - skip, &head);
    if (err == FAR_EAGAIN) return len - skip > WIRE_MESSAGE_MAX ? FAR_EFULL : FAR_OK;
    if (err != FAR_OK || !head.look.has_length) return FAR_EPROTO;
    if (head.look.head_len + head.length > WIRE_MESSAGE_MAX) return FAR_EFULL;
    if (head.look.head_len + head.length <= len - skip) *ret_len = head.look.head_len + head.length;
    return FAR_OK;
}
