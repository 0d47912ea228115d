/* SPDX-License-Identifier: Apache-2.0 */
/* parts.h - what the report's methods share among themselves. */
#pragma once
#include "far/clock.h"
#include "farseat/v1/api_analytics.pb-c.h"
#include "report.h"

/** Put the text into the answer. @return err. */
enum far_err part_refuse(struct far_pg_answer *answer, enum far_err err, const char *text);
/** The same for what a statement with a time zone says: FAR_EINVAL is the zone's. @return err. */
enum far_err part_zone_error(struct far_pg_answer *answer, enum far_err err);
/** A number as a person types it, by the centre's rule. */
void part_number(struct report_context *context, const char *raw, struct far_number *ret_number);
void part_time_zone(struct report_context *context, char ret_time_zone[64]);
/** A copy of a message that stands alone, without the storage that its fields point to. */
ProtobufCMessage *part_detach(const ProtobufCMessage *message);
/** When the newest contact that is counted began. @return as far_pg_query(). */
FAR_MUST_CHECK enum far_err part_data_until(struct far_pg_conn *conn, int64_t *ret_us);

far_pg_method_fn part_kpi_report, part_report, part_kpi_definitions, part_contact_search, part_contact_get;
