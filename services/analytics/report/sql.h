/* SPDX-License-Identifier: Apache-2.0 */
/* sql.h - the statements of report/sql/, which the build puts in here as they are. */
#pragma once

extern const char sql_intervals[];
extern const char sql_queue_sums[];
extern const char sql_agent_sums[];
