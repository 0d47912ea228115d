/* SPDX-License-Identifier: Apache-2.0 */
/* measures.h - what this process counts. Rows are registered by main.c; any thread may change them. */
#pragma once
#include "far/metrics.h"

enum measure {
    MEASURE_SESSIONS,
    MEASURE_REFUSED,
    MEASURE_ENDED,
    MEASURE_PACKETS,
    MEASURE_PACKETS_DROPPED,
    MEASURE_BYTES,
    MEASURE_STORE_FAULTS,
    MEASURE_GAP,
    MEASURE_WRITE,
    MEASURE_SYNC_LAG,
    MEASURE_QUEUE,
    MEASURE_FREE,
    MEASURE_UNREPORTED,
    MEASURE_RECOVERED,
    MEASURE_COUNT
};
/* Label values of MEASURE_REFUSED and MEASURE_PACKETS_DROPPED, in their order. */
enum measure_refusal {
    REFUSED_ADDRESS,
    REFUSED_FULL,
    REFUSED_DRAINING,
    REFUSED_DISK,
    REFUSED_MALFORMED,
    REFUSED_NOT_SIPREC
};
enum measure_drop { DROP_SOURCE, DROP_MALFORMED, DROP_NOT_SOUND };

extern struct far_metric measures[MEASURE_COUNT];
