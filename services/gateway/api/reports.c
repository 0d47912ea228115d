/* SPDX-License-Identifier: Apache-2.0 */
/* One's own figures of today, and reports as files. Columns are the rows of the table of figures
 * (KpiDefinitions), so a file shows what a screen shows, by the same names. */
#include "reports.h"
#include "centre.h"
#include "far/json.h"
#include "far/str.h"
#include "farseat/v1/api_analytics.pb-c.h"
#include "reports_file.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MS 20000 /* of reports over years */

/* ---- my own figures ------------------------------------------------------------------------------- */

/* What is told of the centre in the same reply is nobody's own. */
static void mine_answered(void *ctx, const struct far_bus_answer *answer)
{
    struct exchange *exchange = ctx;
    if (answer->err != FAR_OK) {
        exchange_fail(exchange, answer->err, answer->error_text);
        return;
    }
    const Farseat__V1__KpiReply *all = (const Farseat__V1__KpiReply *)answer->message;
    Farseat__V1__KpiReply mine = FARSEAT__V1__KPI_REPLY__INIT;
    mine.day = all->day;
    mine.to_day = all->to_day;
    mine.time_zone = all->time_zone;
    mine.data_until_us = all->data_until_us;
    mine.agents = all->agents;
    mine.n_agents = all->n_agents;
    exchange_reply(exchange, &mine.base);
}

void reports_mine(struct exchange *exchange)
{
    Farseat__V1__KpiRequest request = FARSEAT__V1__KPI_REQUEST__INIT;
    request.agent_id = exchange->identity.agent_id;
    if (request.agent_id[0] == '\0') {
        exchange_fail(exchange, FAR_EDENIED,
                      "your login is no agent's: an administrator can set its agentId");
        return;
    }
    const struct far_method_row *row = &far_method_rows[FAR_METHOD_analytics_KpiReport];
    const struct far_bus_question question = {.subject = row->subject,
                                              .message = &request.base,
                                              .reply_type = row->reply,
                                              .timeout_ms = ANSWER_MS,
                                              .fn = mine_answered,
                                              .ctx = exchange};
    enum far_err err = far_bus_ask(exchange->api->bus, &question, NULL);
    if (err != FAR_OK) exchange_fail(exchange, err, NULL);
}

/* ---- a report as a file --------------------------------------------------------------------------- */

struct report {
    struct export_file *file;
    Farseat__V1__ReportRequest *request;
    Farseat__V1__KpiDefinitionsReply *definitions;
    Farseat__V1__ReportReply *reply;
};

static void report_end(struct report *report)
{
    if (report->request) farseat__v1__report_request__free_unpacked(report->request, NULL);
    if (report->definitions) farseat__v1__kpi_definitions_reply__free_unpacked(report->definitions, NULL);
    if (report->reply) farseat__v1__report_reply__free_unpacked(report->reply, NULL);
    free(report);
}

static void report_fail(struct report *report, enum far_err err, const char *text)
{
    export_fail(report->file, err, text);
    report_end(report);
}

static const char *of_what(const struct report *report)
{
    return strcmp(report->request->by, "agent") == 0 ? "agent" : "queue";
}

static enum sheet_kind kind_of(const Farseat__V1__KpiDefinition *definition)
{
    static const struct {
        const char *unit;
        enum sheet_kind kind;
    } units[] = {{"ms", SHEET_MS}, {"ratio", SHEET_RATIO}, {"score", SHEET_SCORE}};
    for (size_t i = 0; i < FAR_ARRAY_LEN(units); i++)
        if (strcmp(units[i].unit, definition->unit) == 0) return units[i].kind;
    return SHEET_COUNT;
}

/* The value at a figure's path ("asaMs", "slPositive.value"). @return false: it is absent. */
static bool figure_read(const ProtobufCMessage *figures, const char *path, double *ret_value)
{
    for (unsigned i = 0; i < figures->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &figures->descriptor->fields[i];
        const uint8_t *member = (const uint8_t *)figures + field->offset;
        char name[64];
        size_t len = strcspn(path, ".");
        if (!far_json_name(field->name, name, sizeof(name)) || strlen(name) != len ||
            strncmp(name, path, len) != 0)
            continue;
        if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
            const ProtobufCMessage *inner = *(ProtobufCMessage *const *)(const void *)member;
            return inner && path[len] && figure_read(inner, path + len + 1, ret_value);
        }
        if (field->type == PROTOBUF_C_TYPE_UINT64)
            *ret_value = (double)*(const uint64_t *)(const void *)member;
        else if (field->type == PROTOBUF_C_TYPE_UINT32)
            *ret_value = *(const uint32_t *)(const void *)member;
        else if (field->type == PROTOBUF_C_TYPE_DOUBLE)
            *ret_value = *(const double *)(const void *)member;
        else
            return false;
        return true;
    }
    return false;
}

/* What people call the row's queue, agent, site or number. */
static const char *name_of(const struct report *report, const Farseat__V1__ReportRow *row)
{
    const Farseat__V1__CentreConfig *config = centre_config(report->file->exchange->api->centre);
    const char *by = report->request->by;
    if (row->agent && row->agent->name[0]) return row->agent->name;
    if (!config) return "";
    if (strcmp(by, "queue") == 0)
        for (size_t i = 0; i < config->n_queues; i++)
            if (strcmp(config->queues[i]->id, row->id) == 0)
                return export_label(report->file, config->queues[i]->name, "");
    if (strcmp(by, "site") == 0)
        for (size_t i = 0; i < config->n_sites; i++)
            if (strcmp(config->sites[i]->id, row->id) == 0)
                return export_label(report->file, config->sites[i]->name, "");
    if (strcmp(by, "number") == 0)
        for (size_t i = 0; i < config->n_numbers; i++) {
            const Farseat__V1__DialledNumber *number = config->numbers[i];
            if (strcmp(number->published[0] ? number->published : number->number, row->id) == 0)
                return export_label(report->file, number->name, "");
        }
    return "";
}

static bool by_id(const struct report *report)
{
    return report->request->by[0] && strcmp(report->request->by, "all") != 0;
}

static void row_write(const struct report *report, struct sheet *sheet, const Farseat__V1__ReportRow *row)
{
    const ProtobufCMessage *figures = row->agent ? &row->agent->base : &row->queue->base;
    sheet_text(sheet, row->label);
    if (by_id(report)) {
        sheet_text(sheet, row->id);
        sheet_text(sheet, name_of(report, row));
    }
    for (size_t i = 0; i < report->definitions->n_definitions; i++) {
        const Farseat__V1__KpiDefinition *definition = report->definitions->definitions[i];
        double value = 0;
        if (strcmp(definition->of, of_what(report)) != 0) continue;
        if (figure_read(figures, definition->figure, &value))
            sheet_number(sheet, value);
        else
            sheet_empty(sheet);
    }
}

static void rows_write(struct report *report, const char *zh, const char *en, Farseat__V1__ReportRow **rows,
                       size_t count)
{
    const struct export_file *file = report->file;
    struct sheet *sheet = export_sheet(report->file, zh, en);
    if (!sheet) return;
    sheet_column(sheet, SHEET_TEXT, export_word(file, "时段", "Interval"));
    if (by_id(report)) {
        sheet_column(sheet, SHEET_TEXT, export_word(file, "编号", "Id"));
        sheet_column(sheet, SHEET_TEXT, export_word(file, "名称", "Name"));
    }
    for (size_t i = 0; i < report->definitions->n_definitions; i++) {
        const Farseat__V1__KpiDefinition *definition = report->definitions->definitions[i];
        if (strcmp(definition->of, of_what(report)) == 0)
            sheet_column(sheet, kind_of(definition), export_label(file, definition->name, definition->id));
    }
    for (size_t i = 0; i < count; i++)
        row_write(report, sheet, rows[i]);
    if (file->cut && count > 0) {
        sheet_text(sheet, export_word(file, "行数超过上限，请缩短时段",
                                      "cut: there are more rows; take a shorter time"));
        sheet_row_end(sheet);
    }
}

/* What the columns mean, for whoever gets the file without the program. */
static void definitions_write(struct report *report)
{
    const struct export_file *file = report->file;
    struct sheet *sheet = export_sheet(report->file, "指标定义", "Definitions");
    if (!sheet) return;
    sheet_column(sheet, SHEET_TEXT, export_word(file, "指标", "Figure"));
    sheet_column(sheet, SHEET_TEXT, export_word(file, "公式", "Formula"));
    sheet_column(sheet, SHEET_TEXT, export_word(file, "来源", "Source"));
    for (size_t i = 0; i < report->definitions->n_definitions; i++) {
        const Farseat__V1__KpiDefinition *definition = report->definitions->definitions[i];
        if (strcmp(definition->of, of_what(report)) != 0) continue;
        sheet_text(sheet, export_label(file, definition->name, definition->id));
        sheet_text(sheet, export_label(file, definition->formula, ""));
        sheet_text(sheet, definition->source);
    }
}

/* The file's name: farseat-report-<from>-<to>, of what was asked; it was found to be dates and times. */
static void name_write(struct report *report)
{
    const Farseat__V1__ReportRequest *request = report->request;
    struct export_file *file = report->file;
    size_t len = 0;
    (void)snprintf(file->name, sizeof(file->name), "farseat-report-%s%s%s", request->from,
                   request->from[0] && request->to[0] ? "-" : "", request->to);
    for (const char *at = file->name; *at; at++)
        if (*at != ':') file->name[len++] = *at;
    if (len > 0 && file->name[len - 1] == '-') len--;
    file->name[len] = '\0';
    (void)snprintf(file->target, sizeof(file->target), "%s..%s %s by %s %s", request->from, request->to,
                   request->interval, request->by, request->id);
}

static void reported(void *ctx, const struct far_bus_answer *answer)
{
    struct report *report = ctx;
    ProtobufCMessage *copy = NULL;
    enum far_err err = answer->err;
    if (err == FAR_OK) err = far_bus_unpack(&farseat__v1__report_reply__descriptor, answer->msg, &copy);
    if (err != FAR_OK) {
        report_fail(report, err, answer->error_text);
        return;
    }
    report->reply = (Farseat__V1__ReportReply *)copy;
    report->file->cut = report->reply->cut;
    name_write(report);
    rows_write(report, "报表", "Report", report->reply->rows, report->reply->n_rows);
    if (report->file->xlsx) {
        rows_write(report, "合计", "Totals", report->reply->totals, report->reply->n_totals);
        if (report->request->before) {
            rows_write(report, "上期", "Before", report->reply->rows_before, report->reply->n_rows_before);
            rows_write(report, "上期合计", "Totals before", report->reply->before, report->reply->n_before);
        }
        definitions_write(report);
    }
    export_write(report->file);
    report_end(report);
}

static void ask(struct report *report, enum far_method method, const ProtobufCMessage *request,
                far_bus_answer_fn *fn)
{
    const struct far_method_row *row = &far_method_rows[method];
    const struct far_bus_question question = {.subject = row->subject,
                                              .message = request,
                                              .reply_type = row->reply,
                                              .timeout_ms = ANSWER_MS,
                                              .fn = fn,
                                              .ctx = report};
    enum far_err err = far_bus_ask(report->file->exchange->api->bus, &question, NULL);
    if (err != FAR_OK) report_fail(report, err, NULL);
}

static void defined(void *ctx, const struct far_bus_answer *answer)
{
    struct report *report = ctx;
    ProtobufCMessage *copy = NULL;
    enum far_err err = answer->err;
    if (err == FAR_OK)
        err = far_bus_unpack(&farseat__v1__kpi_definitions_reply__descriptor, answer->msg, &copy);
    if (err != FAR_OK) {
        report_fail(report, err, answer->error_text);
        return;
    }
    report->definitions = (Farseat__V1__KpiDefinitionsReply *)copy;
    ask(report, FAR_METHOD_analytics_Report, &report->request->base, reported);
}

void reports_export(struct exchange *exchange)
{
    ProtobufCMessage *request = NULL;
    struct export_file *file = export_begin(exchange, "report-exported", &request);
    if (!file) return;
    struct report *report = calloc(1, sizeof(*report));
    if (!report) {
        protobuf_c_message_free_unpacked(request, NULL);
        export_fail(file, FAR_ENOMEM, NULL);
        return;
    }
    report->file = file;
    report->request = (Farseat__V1__ReportRequest *)request;
    const Farseat__V1__Empty empty = FARSEAT__V1__EMPTY__INIT;
    ask(report, FAR_METHOD_analytics_KpiDefinitions, &empty.base, defined);
}
