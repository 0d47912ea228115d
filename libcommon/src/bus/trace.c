/* SPDX-License-Identifier: Apache-2.0 */
#include "far/trace.h"
#include "far/str.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define RANDOM_STOCK 4096

/* Ids need no secrecy and are made for each message: one system call fills many. */
static void random_bytes(void *out, size_t len)
{
    static _Thread_local unsigned char stock[RANDOM_STOCK];
    static _Thread_local size_t left;
    if (left < len) {
        randombytes_buf(stock, sizeof(stock));
        left = sizeof(stock);
    }
    left -= len;
    memcpy(out, stock + left, len);
}

void far_trace_start(struct far_trace *ret_trace)
{
    random_bytes(ret_trace->trace_id, sizeof(ret_trace->trace_id));
    random_bytes(ret_trace->span_id, sizeof(ret_trace->span_id));
    ret_trace->trace_id[15] |= 1; /* all zero would mean none */
    ret_trace->span_id[7] |= 1;
    ret_trace->flags = 1;
}

void far_trace_child(const struct far_trace *parent, struct far_trace *ret_trace)
{
    struct far_trace child = *parent;
    random_bytes(child.span_id, sizeof(child.span_id));
    child.span_id[7] |= 1;
    *ret_trace = child;
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != 0) return false;
    return true;
}

enum far_err far_trace_parse(const char *text, struct far_trace *ret_trace)
{
    struct far_trace trace;
    uint8_t version = 0;
    char piece[33] = "";
    size_t len = strlen(text);
    if (len < FAR_TRACE_TEXT_LEN || text[2] != '-' || text[35] != '-' || text[52] != '-') return FAR_EPROTO;
    for (const char *at = text; at < text + FAR_TRACE_TEXT_LEN; at++)
        if (*at >= 'A' && *at <= 'F') return FAR_EPROTO; /* the standard wants lower case */
    memcpy(piece, text, 2);
    piece[2] = 0;
    if (far_str_unhex(piece, &version, 1) != FAR_OK || version == 0xff) return FAR_EPROTO;
    if (version == 0 ? len != FAR_TRACE_TEXT_LEN : (len > FAR_TRACE_TEXT_LEN && text[55] != '-'))
        return FAR_EPROTO;
    memcpy(piece, text + 3, 32);
    piece[32] = 0;
    if (far_str_unhex(piece, trace.trace_id, 16) != FAR_OK) return FAR_EPROTO;
    memcpy(piece, text + 36, 16);
    piece[16] = 0;
    if (far_str_unhex(piece, trace.span_id, 8) != FAR_OK) return FAR_EPROTO;
    memcpy(piece, text + 53, 2);
    piece[2] = 0;
    if (far_str_unhex(piece, &trace.flags, 1) != FAR_OK) return FAR_EPROTO;
    if (is_zero(trace.trace_id, 16) || is_zero(trace.span_id, 8)) return FAR_EPROTO;
    *ret_trace = trace;
    return FAR_OK;
}

void far_trace_format(const struct far_trace *trace, char ret_text[FAR_TRACE_TEXT_LEN + 1])
{
    memcpy(ret_text, "00-", 3);
    far_str_hex(trace->trace_id, 16, ret_text + 3);
    ret_text[35] = '-';
    far_str_hex(trace->span_id, 8, ret_text + 36);
    ret_text[52] = '-';
    far_str_hex(&trace->flags, 1, ret_text + 53);
}

bool far_trace_is_set(const struct far_trace *trace)
{
    return !is_zero(trace->trace_id, sizeof(trace->trace_id));
}
