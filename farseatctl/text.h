/* SPDX-License-Identifier: Apache-2.0 */
/* text.h - how things look in a terminal: columns by display width, durations, names of states. */
#pragma once
#include "far/buf.h"
#include "farseat/v1/api_acd.pb-c.h"
#include <stdbool.h>
#include <stdint.h>

/** Columns that a terminal gives a UTF-8 text: East Asian wide characters have two. Bad bytes count one. */
unsigned text_width(const char *text);
/** Add text cut or padded to exactly width columns. */
void text_column(struct far_buf *out, const char *text, unsigned width);
/** "0:07", "12:34", "1:02:03". out has 16 bytes. */
void text_duration(uint64_t ms, char out[16]);
const char *text_agent_state(Farseat__V1__AgentState state);
const char *text_contact_state(Farseat__V1__ContactState state);
const char *text_segment_kind(Farseat__V1__SegmentKind kind);
/** The canonical form, or the raw one, or "anonymous". */
const char *text_number(const Farseat__V1__TelephoneNumber *number);
/** In the terminal's language (LANG beginning with zh: Chinese), or the other one, or "". */
const char *text_label(const Farseat__V1__Label *label);
/** How long something has lasted that began at since_us (Unix time): the ACD's own figure stands still while
 *  nothing enters its log. told_ms: that figure, for when since_us is 0 or lies ahead. */
uint64_t text_since_ms(int64_t since_us, int64_t now_us, uint64_t told_ms);
/** "2026-11-24 13:05:07" in the machine's time zone; "" for 0. out has 32 bytes. */
void text_time(int64_t at_us, char out[32]);
/** A verdict's text may hold what strangers typed: control characters become '?'. */
void text_safe(struct far_buf *out, const char *text);
