/* SPDX-License-Identifier: Apache-2.0 */
/* append.h - private to bus/: one append, for kv.c and appender_shell.c too. */
#pragma once
#include "bus/private.h"
#include "far/stream.h"

/** What a stream's acknowledgement says. */
enum far_err append_ack_of(const struct far_bus_msg *msg, uint64_t *ret_seq, bool *ret_duplicate);
/** far_append() with one more header, and with drop_fn for ctx; both may be NULL. */
FAR_MUST_CHECK enum far_err append_with(struct far_bus *bus, const struct far_append *append,
                                        const struct far_bus_header *more, bus_drop_fn *drop_fn);
