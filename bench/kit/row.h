/* SPDX-License-Identifier: Apache-2.0 */
/* row.h - what a measuring program prints, and the statistics of it. One thread. */
#pragma once
#include "far/err.h"
#include <stddef.h>

struct bench_row {
    const char *name; /* edge.call.cpu */
    const char *unit; /* ms */
    double value;
    const char *reference; /* what the value is held against; NULL: nothing */
    double reference_value;
    const char *conditions;
    int digits; /* after the point */
};
/** One JSON object on a line of standard output; ratio = value / reference_value. */
void bench_row_print(const struct bench_row *row);

/** Sort in place and return the value below which the share q (0..1) lies. len > 0. */
double bench_quantile(double *values, size_t len, double q);
double bench_median(double *values, size_t len);
/** End the program with a message: what was attempted, printf-like. */
_Noreturn void bench_die(const char *format, ...) FAR_PRINTF(1, 2);
