/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"
#include "far/str.h"
#include "parts.h"
#include <stdlib.h>
#include <string.h>

enum far_err part_refuse(struct far_pg_answer *answer, enum far_err err, const char *text)
{
    (void)far_str_copy(answer->text, sizeof(answer->text), text);
    return err;
}

void part_number(struct report_context *context, const char *raw, struct far_number *ret_number)
{
    pthread_mutex_lock(&context->lock);
    struct far_number_rule rule = context->number_rule;
    pthread_mutex_unlock(&context->lock);
    far_number_parse(&rule, raw, strlen(raw), ret_number);
}

void part_time_zone(struct report_context *context, char ret_time_zone[64])
{
    pthread_mutex_lock(&context->lock);
    memcpy(ret_time_zone, context->time_zone, 64);
    pthread_mutex_unlock(&context->lock);
}

enum far_err part_zone_error(struct far_pg_answer *answer, enum far_err err)
{
    if (err != FAR_EINVAL) return err;
    return part_refuse(
        answer, err,
        "the centre's time zone is not known to PostgreSQL: centre.time_zone takes an IANA name");
}

ProtobufCMessage *part_detach(const ProtobufCMessage *message)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    uint8_t *packed = far_message_alloc(len + 1);
    protobuf_c_message_pack(message, packed);
    ProtobufCMessage *copy = protobuf_c_message_unpack(message->descriptor, NULL, len, packed);
    free(packed);
    if (!copy) abort();
    return copy;
}

enum far_err part_data_until(struct far_pg_conn *conn, int64_t *ret_us)
{
    PGresult *result = NULL;
    enum far_err err = far_pg_query(conn, "select max(started_at_us) from contact", 0, NULL, &result);
    if (err != FAR_OK) return err;
    *ret_us = far_pg_i64(result, 0, 0, 0);
    PQclear(result);
    return FAR_OK;
}

const struct far_pg_method report_methods[] = {
    {FAR_METHOD_analytics_ContactSearch, false, part_contact_search, NULL},
    {FAR_METHOD_analytics_ContactGet, false, part_contact_get, NULL},
    {FAR_METHOD_analytics_KpiReport, false, part_kpi_report, NULL},
    {FAR_METHOD_analytics_Report, false, part_report, NULL},
    {FAR_METHOD_analytics_KpiDefinitions, false, part_kpi_definitions, NULL},
};
const size_t report_methods_len = FAR_ARRAY_LEN(report_methods);
