/* SPDX-License-Identifier: Apache-2.0 */
/* chassis_metrics.h - the metrics that every process has. Inside libcommon only. */
#pragma once
#include "far/metrics.h"

enum chassis_metric {
    CHASSIS_M_LOG_LINES,
    CHASSIS_M_LOG_SUPPRESSED,
    CHASSIS_M_POST_WAITING,
    CHASSIS_M_POST_REFUSED,
    CHASSIS_M_POST_DELAY,
    CHASSIS_M_WORK_WAITING,
    CHASSIS_M_WORK_REFUSED,
    CHASSIS_M_TIMERS,
    CHASSIS_M_PG_WAITING,
    CHASSIS_M_PG_REFUSED,
    CHASSIS_M_PG_CONNECTIONS,
    CHASSIS_M_PG_JOBS,
    CHASSIS_M_PG_JOB_TIME,
    CHASSIS_METRIC_COUNT
};

/* Label values of CHASSIS_M_PG_JOBS. */
enum { CHASSIS_PG_OK, CHASSIS_PG_FAILED, CHASSIS_PG_EXPIRED };

extern struct far_metric chassis_metrics[CHASSIS_METRIC_COUNT];
