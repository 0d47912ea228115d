/* SPDX-License-Identifier: Apache-2.0 */
/* appender.h - what a producer sends next so that its numbered entries reach a log in order. Pure: part of
 * farpure; the simulator runs it, far_appender (far/stream.h) drives it. One thread.
 *
 *   first ............ next_to_send ............ next_number      first <= next_to_send <= next_number
 *   sent, no answer    kept, not sent
 *
 * A rewind goes back to `first` and opens a new epoch. Only answers to the present epoch count: an entry of a
 * former one may lie on the log before the entry that it must follow, where readers skip it. So every entry
 * released was stored after its forerunner in one epoch's unbroken row. */
#pragma once
#include "far/err.h"
#include <stdbool.h>
#include <stdint.h>

struct far_appender_core_config {
    uint64_t first_number;
    uint32_t count_max;      /* entries kept, > 0 */
    uint32_t window;         /* sent and not answered, > 0 */
    uint32_t ack_timeout_ms; /* > 0 */
    uint32_t retry_ms;       /* pause after a failure */
};
struct far_appender_core; /* opaque */

FAR_MUST_CHECK enum far_err far_appender_core_create(const struct far_appender_core_config *config,
                                                     struct far_appender_core **ret_core);
struct far_appender_core *far_appender_core_destroy(struct far_appender_core *core);
/** One more is kept; its number is *ret_number. @return FAR_OK; FAR_EFULL: count_max are kept. */
FAR_MUST_CHECK enum far_err far_appender_core_push(struct far_appender_core *core, uint64_t *ret_number);
/** Whether to send now, and what; it counts as sent then. Call until false. */
bool far_appender_core_next(struct far_appender_core *core, uint64_t now_ms, uint64_t *ret_number,
                            uint64_t *ret_epoch);
/** Stored. @return how many were released: numbers below far_appender_core_first() are done for ever. */
uint32_t far_appender_core_acked(struct far_appender_core *core, uint64_t number, uint64_t epoch,
                                 uint64_t now_ms);
/** Not stored, or nobody knows. */
void far_appender_core_failed(struct far_appender_core *core, uint64_t number, uint64_t epoch,
                              uint64_t now_ms);
/** The way to the log is there (then it rewinds) or not (then nothing is sent). It starts as not there. */
void far_appender_core_connected(struct far_appender_core *core, bool connected);
/** Call at far_appender_core_deadline_ms(): rewinds when an answer is overdue. */
void far_appender_core_tick(struct far_appender_core *core, uint64_t now_ms);
/** When tick, or next after a pause, is due; UINT64_MAX: never. */
uint64_t far_appender_core_deadline_ms(const struct far_appender_core *core);
uint64_t far_appender_core_first(const struct far_appender_core *core);
uint64_t far_appender_core_next_number(const struct far_appender_core *core);
uint64_t far_appender_core_epoch(const struct far_appender_core *core);
