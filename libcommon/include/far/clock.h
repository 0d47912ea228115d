/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - the two clocks, and UTC times as text (RFC 3339). The reading functions are in farcommon only, so
 * that a pure core that calls one does not link; the text functions are pure. */
#pragma once
#include "far/err.h"
#include <stdint.h>

#define FAR_TIME_TEXT_SIZE 28 /* "2026-11-24T05:36:15.123456Z" and its NUL */

/** Monotonic, from an arbitrary beginning; for durations and deadlines. Any thread. */
uint64_t far_clock_mono_us(void);
uint64_t far_clock_mono_ms(void);
/** Since 1970 UTC; may jump; for stamps that people read. Any thread. */
int64_t far_clock_wall_us(void);

/** "2026-11-24T05:36:15.123456Z". Times outside the years 0000..9999 are clamped. Pure. */
void far_time_format(int64_t wall_us, char out[FAR_TIME_TEXT_SIZE]);
/** Reads what far_time_format() writes, and also fewer or more fraction digits (cut to us), none, and an
 * offset
 *  "+08:00" instead of Z. @return FAR_OK; FAR_EINVAL. Pure. */
FAR_MUST_CHECK enum far_err far_time_parse(const char *text, int64_t *ret_wall_us);
/** Proleptic Gregorian day number since 1970-01-01 of a date, and back. month 1..12, day 1..31. Pure. */
int64_t far_time_days(int year, unsigned month, unsigned day);
void far_time_date(int64_t days, int *ret_year, unsigned *ret_month, unsigned *ret_day);
