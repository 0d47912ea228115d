/* SPDX-License-Identifier: Apache-2.0 */
/* Lines: from, to, interval of a report. Whatever they are: a range that is taken is bounded and in order,
 * its days are days, and the time before it ends where it begins. */
#include "report/range.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[256] = "", *lines[3];
    struct range range, again;
    const char *why = NULL;
    if (size >= sizeof(text)) return 0;
    memcpy(text, data, size);
    char *at = text;
    for (size_t i = 0; i < 3; i++) {
        char *end = strchr(at, '\n');
        lines[i] = at;
        at = end ? end + 1 : at + strlen(at);
        if (end) *end = '\0';
    }
    if (range_parse(lines[0], lines[1], lines[2], "2026-11-24", &range, &why) != FAR_OK) {
        if (!why || !why[0]) abort();
        return 0;
    }
    if (range.last_min <= range.first_min ||
        range.last_min - range.first_min > RANGE_DAYS_MAX * INT64_C(1440))
        abort();
    if ((range.last_min - range.first_min) / range.interval->min > RANGE_INTERVALS_MAX) abort();
    struct range before = range_before(&range);
    if (before.last_min != range.first_min || before.first_min >= before.last_min) abort();
    char first[12], last[12];
    range_day(range.first_min, first);
    range_day(range.last_min - 1, last);
    if (range_days(first, last, &again) != FAR_OK || again.first_min > range.first_min ||
        again.last_min < range.last_min)
        abort();
    return 0;
}
