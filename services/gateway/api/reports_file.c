/* SPDX-License-Identifier: Apache-2.0 */
#include "reports_file.h"
#include "far/loop.h"
#include "far/str.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPEN_MAX 4

static const char *wish(struct exchange *exchange, const char *name, char *ret_value, size_t size)
{
    const char *value = exchange_param(exchange, name);
    (void)far_str_copy(ret_value, size, value ? value : "");
    (void)json_object_del(exchange->params, name);
    return ret_value;
}

static void file_end(struct export_file *file)
{
    file->exchange->api->exports_open--;
    exchange_end(file->exchange);
    for (size_t i = 0; i < file->sheets_len; i++)
        (void)sheet_destroy(file->sheets[i]);
    far_buf_done(&file->out);
    free(file);
}

struct export_file *export_begin(struct exchange *exchange, const char *action,
                                 ProtobufCMessage **ret_request)
{
    char format[8], lang[8];
    wish(exchange, "format", format, sizeof(format));
    wish(exchange, "lang", lang, sizeof(lang));
    bool xlsx = strcmp(format, "xlsx") == 0;
    if (format[0] && !xlsx && strcmp(format, "csv") != 0) {
        exchange_fail(exchange, FAR_EINVAL, "format is csv or xlsx");
        return NULL;
    }
    if (lang[0] && strcmp(lang, "zh") != 0 && strcmp(lang, "en") != 0) {
        exchange_fail(exchange, FAR_EINVAL, "lang is zh or en");
        return NULL;
    }
    if (exchange->api->exports_open >= OPEN_MAX) {
        exchange_fail(exchange, FAR_EAGAIN, "other exports are being made: try again in a moment");
        return NULL;
    }
    ProtobufCMessage *request = exchange_message(exchange);
    if (!request) return NULL;
    struct export_file *file = calloc(1, sizeof(*file));
    if (!file) {
        protobuf_c_message_free_unpacked(request, NULL);
        exchange_fail(exchange, FAR_ENOMEM, NULL);
        return NULL;
    }
    *ret_request = request;
    exchange->api->exports_open++;
    file->exchange = exchange;
    file->action = action;
    file->xlsx = xlsx;
    file->zh = strcmp(lang[0] ? lang : exchange->identity.language, "en") != 0;
    far_buf_init(&file->out, EXPORT_BYTES_MAX);
    return file;
}

const char *export_word(const struct export_file *file, const char *zh, const char *en)
{
    return file->zh ? zh : en;
}

const char *export_label(const struct export_file *file, const Farseat__V1__Label *label,
                         const char *otherwise)
{
    if (!label) return otherwise;
    const char *first = file->zh ? label->zh : label->en, *second = file->zh ? label->en : label->zh;
    return first[0] ? first : second[0] ? second : otherwise;
}

struct sheet *export_sheet(struct export_file *file, const char *zh, const char *en)
{
    if (file->sheets_len == EXPORT_SHEETS_MAX) return NULL;
    struct sheet *sheet = sheet_create(export_word(file, zh, en));
    if (sheet) file->sheets[file->sheets_len++] = sheet;
    return sheet;
}

static void write_work(void *arg)
{
    struct export_file *file = arg;
    const struct sheet *sheets[EXPORT_SHEETS_MAX];
    for (size_t i = 0; i < file->sheets_len; i++)
        sheets[i] = file->sheets[i];
    file->err =
        file->xlsx ? sheets_xlsx(sheets, file->sheets_len, &file->out) : sheet_csv(sheets[0], &file->out);
}

static void write_done(void *arg)
{
    struct export_file *file = arg;
    struct exchange *exchange = file->exchange;
    char disposition[128];
    if (!exchange->api->http) { /* this process is going away */
        file_end(file);
        return;
    }
    if (file->err != FAR_OK) {
        export_fail(file, file->err,
                    file->err == FAR_EFULL ? "the file would be larger than 32 MiB: take a shorter time"
                                           : NULL);
        return;
    }
    api_audit(exchange->api, &exchange->identity, exchange->client, file->action, file->target, "ok");
    (void)snprintf(disposition, sizeof(disposition), "attachment; filename=\"%s.%s\"", file->name,
                   file->xlsx ? "xlsx" : "csv");
    const struct http_answer answer = {
        .status = 200,
        .content_type = file->xlsx ? "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
                                   : "text/csv; charset=utf-8",
        .body = file->out.data,
        .body_len = file->out.len,
        .headers = {{"content-disposition:", disposition}, {file->cut ? "farseat-cut:" : NULL, "1"}}};
    http_reply(exchange->api->http, exchange->id, &answer);
    file_end(file);
}

void export_write(struct export_file *file)
{
    if (file->sheets_len == 0) {
        export_fail(file, FAR_ENOMEM, NULL);
        return;
    }
    enum far_err err = far_loop_work(file->exchange->api->loop, write_work, write_done, file);
    if (err != FAR_OK) export_fail(file, err, NULL);
}

void export_fail(struct export_file *file, enum far_err err, const char *text)
{
    struct exchange *exchange = file->exchange;
    http_reply_error(exchange->api->http, exchange->id, api_status(err), far_err_name(err),
                     text && text[0] ? text : far_err_text(err));
    file_end(file);
}
