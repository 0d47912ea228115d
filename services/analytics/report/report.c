/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"
#include "far/str.h"
#include "parts.h"
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

const struct far_pg_method report_methods[] = {
    {FAR_METHOD_analytics_ContactSearch, false, part_contact_search, NULL},
    {FAR_METHOD_analytics_ContactGet, false, part_contact_get, NULL},
    {FAR_METHOD_analytics_KpiReport, false, part_kpi_report, NULL},
};
const size_t report_methods_len = FAR_ARRAY_LEN(report_methods);
