/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"
#include "far/str.h"
#include "parts.h"
#include <stdlib.h>
#include <string.h>

void *part_allocate(size_t size)
{
    void *memory = calloc(1, size);
    if (!memory) abort(); /* an answer without memory for itself: nothing sensible can follow */
    return memory;
}

enum far_err part_refuse(struct far_pg_answer *answer, enum far_err err, const char *text)
{
    (void)far_str_copy(answer->text, sizeof(answer->text), text);
    return err;
}

void part_time_zone(struct report_context *context, char ret_time_zone[64])
{
    pthread_mutex_lock(&context->lock);
    memcpy(ret_time_zone, context->time_zone, 64);
    pthread_mutex_unlock(&context->lock);
}

ProtobufCMessage *part_unpack(const ProtobufCMessageDescriptor *type, const PGresult *result, int row,
                              int column)
{
    size_t len = 0;
    unsigned char *bytes = PQunescapeBytea((const unsigned char *)far_pg_text(result, row, column), &len);
    ProtobufCMessage *message = bytes ? protobuf_c_message_unpack(type, NULL, len, bytes) : NULL;
    PQfreemem(bytes);
    return message;
}

const struct far_pg_method report_methods[] = {
    {FAR_METHOD_analytics_ContactSearch, false, part_contact_search, NULL},
    {FAR_METHOD_analytics_ContactGet,    false, part_contact_get,    NULL},
    {FAR_METHOD_analytics_KpiReport,     false, part_kpi_report,     NULL},
};
const size_t report_methods_len = FAR_ARRAY_LEN(report_methods);
