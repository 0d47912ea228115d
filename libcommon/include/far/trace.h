/* SPDX-License-Identifier: Apache-2.0 */
/* trace.h - W3C trace context (https://www.w3.org/TR/trace-context/, version 00). Any thread. */
#pragma once
#include "far/err.h"
#include <stdbool.h>
#include <stdint.h>

#define FAR_TRACE_HEADER   "traceparent"
#define FAR_TRACE_TEXT_LEN 55 /* 00-<32 hex>-<16 hex>-<2 hex>, without the final zero */

struct far_trace {
    uint8_t trace_id[16]; /* all zero: no trace */
    uint8_t span_id[8];
    uint8_t flags; /* bit 0: sampled */
};

/** Start a trace: random ids, sampled. */
void far_trace_start(struct far_trace *ret_trace);
/** The same trace with a span id of its own: what a callee does with what it received. */
void far_trace_child(const struct far_trace *parent, struct far_trace *ret_trace);
/** Read a traceparent value. @return FAR_OK; FAR_EPROTO: not one (ret_trace untouched). */
FAR_MUST_CHECK enum far_err far_trace_parse(const char *text, struct far_trace *ret_trace);
/** Write it, lower case, zero terminated. */
void far_trace_format(const struct far_trace *trace, char ret_text[FAR_TRACE_TEXT_LEN + 1]);
/** Whether there is a trace at all. */
bool far_trace_is_set(const struct far_trace *trace);
