/* SPDX-License-Identifier: Apache-2.0 */
/* parts.h - what the report's methods share among themselves. */
#pragma once
#include "far/clock.h"
#include "farseat/v1/api_analytics.pb-c.h"
#include "report.h"

/** Put the text into the answer. @return err. */
enum far_err part_refuse(struct far_pg_answer *answer, enum far_err err, const char *text);
/** A number as a person types it, by the centre's rule. */
void part_number(struct report_context *context, const char *raw, struct far_number *ret_number);
void part_time_zone(struct report_context *context, char ret_time_zone[64]);
/** A packed message out of a bytea cell; NULL: it does not decode. */

far_pg_method_fn part_kpi_report, part_contact_search, part_contact_get;
