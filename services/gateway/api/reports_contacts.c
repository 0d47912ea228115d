/* SPDX-License-Identifier: Apache-2.0 */
/* Finished contacts as a file: the pages of a search, one asked after the other, up to a limit. */
#include "centre.h"
#include "far/str.h"
#include "farseat/v1/api_analytics.pb-c.h"
#include "reports.h"
#include "reports_file.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MS 20000
#define PAGE_ROWS 500
#define ROWS_MAX  20000

struct listing {
    struct export_file *file;
    struct sheet *sheet;
    Farseat__V1__ContactSearchRequest *request;
};

static void listing_end(struct listing *listing)
{
    if (listing->request) farseat__v1__contact_search_request__free_unpacked(listing->request, NULL);
    free(listing);
}

static void listing_fail(struct listing *listing, enum far_err err, const char *text)
{
    export_fail(listing->file, err, text);
    listing_end(listing);
}

/* ---- columns, one a row: what it is called, and what it says of a contact ---------------------------- */

struct told {
    const struct export_file *file;
    const Farseat__V1__CentreConfig *config; /* NULL: names are not known */
    const Farseat__V1__ContactRecord *contact;
    const char *started_local;
};

static void tell_started(const struct told *told, struct sheet *sheet)
{
    sheet_text(sheet, told->started_local);
}
static void tell_id(const struct told *told, struct sheet *sheet)
{
    sheet_text(sheet, told->contact->contact_id);
}
static void tell_caller(const struct told *told, struct sheet *sheet)
{
    sheet_text(sheet, told->contact->caller ? told->contact->caller->canonical : "");
}
static void tell_caller_name(const struct told *told, struct sheet *sheet)
{
    sheet_text(sheet, told->contact->caller_name);
}
static void tell_published(const struct told *told, struct sheet *sheet)
{
    sheet_text(sheet, told->contact->published);
}
static void tell_site(const struct told *told, struct sheet *sheet)
{
    const char *id = told->contact->site_id;
    for (size_t i = 0; told->config && i < told->config->n_sites; i++)
        if (strcmp(told->config->sites[i]->id, id) == 0)
            id = export_label(told->file, told->config->sites[i]->name, id);
    sheet_text(sheet, id);
}
static void tell_queue(const struct told *told, struct sheet *sheet)
{
    const char *id = told->contact->first_queue_id;
    for (size_t i = 0; told->config && i < told->config->n_queues; i++)
        if (strcmp(told->config->queues[i]->id, id) == 0)
            id = export_label(told->file, told->config->queues[i]->name, id);
    sheet_text(sheet, id);
}
static void tell_result(const struct told *told, struct sheet *sheet)
{
    static const struct {
        Farseat__V1__ContactResult result;
        const char *zh, *en;
    } results[] = {
        {FARSEAT__V1__CONTACT_RESULT__RESULT_REFUSED, "拒接", "refused"},
        {FARSEAT__V1__CONTACT_RESULT__RESULT_IVR_SERVED, "语音导航内完成", "served in the IVR"},
        {FARSEAT__V1__CONTACT_RESULT__RESULT_IVR_ABANDONED, "语音导航内放弃", "given up in the IVR"},
        {FARSEAT__V1__CONTACT_RESULT__RESULT_ANSWERED, "接通", "answered"},
        {FARSEAT__V1__CONTACT_RESULT__RESULT_ABANDONED, "放弃", "abandoned"},
        {FARSEAT__V1__CONTACT_RESULT__RESULT_OVERFLOWED, "溢出", "overflowed"},
    };
    const char *text = "";
    for (size_t i = 0; i < FAR_ARRAY_LEN(results); i++)
        if (results[i].result == told->contact->result)
            text = export_word(told->file, results[i].zh, results[i].en);
    sheet_text(sheet, text);
}
static const char *agent_name(const struct told *told, const char *id)
{
    for (size_t i = 0; told->config && i < told->config->n_agents; i++)
        if (strcmp(told->config->agents[i]->id, id) == 0 && told->config->agents[i]->name[0])
            return told->config->agents[i]->name;
    return id;
}
static void tell_agents(const struct told *told, struct sheet *sheet)
{
    char text[1024] = "";
    size_t len = 0;
    for (size_t i = 0; i < told->contact->n_agent_ids && len < sizeof(text) - 1; i++) {
        (void)snprintf(text + len, sizeof(text) - len, "%s%s", i ? "; " : "",
                       agent_name(told, told->contact->agent_ids[i]));
        len += strlen(text + len);
    }
    sheet_text(sheet, text);
}
static void tell_disposition(const struct told *told, struct sheet *sheet)
{
    const char *id = told->contact->disposition;
    for (size_t i = 0; told->config && i < told->config->n_dispositions; i++)
        if (strcmp(told->config->dispositions[i]->id, id) == 0)
            id = export_label(told->file, told->config->dispositions[i]->name, id);
    sheet_text(sheet, id);
}
static void tell_note(const struct told *told, struct sheet *sheet)
{
    sheet_text(sheet, told->contact->disposition_note);
}
static void tell_score(const struct told *told, struct sheet *sheet)
{
    if (told->contact->survey_answered)
        sheet_number(sheet, told->contact->survey_score);
    else
        sheet_empty(sheet);
}
#define TELL_NUMBER(field)                                                                                   \
    static void tell_##field(const struct told *told, struct sheet *sheet)                                   \
    {                                                                                                        \
        sheet_number(sheet, (double)told->contact->field);                                                   \
    }
TELL_NUMBER(ivr_ms)
TELL_NUMBER(wait_ms)
TELL_NUMBER(ring_ms)
TELL_NUMBER(talk_ms)
TELL_NUMBER(hold_ms)
TELL_NUMBER(after_call_work_ms)
TELL_NUMBER(duration_ms)
TELL_NUMBER(transfers)
#undef TELL_NUMBER

static const struct {
    enum sheet_kind kind;
    const char *zh, *en;
    void (*tell)(const struct told *told, struct sheet *sheet);
} columns[] = {
    {SHEET_TIME, "开始时间", "Started", tell_started},
    {SHEET_TEXT, "主叫号码", "Caller", tell_caller},
    {SHEET_TEXT, "主叫名称", "Caller's name", tell_caller_name},
    {SHEET_TEXT, "被叫号码", "Number called", tell_published},
    {SHEET_TEXT, "站点", "Site", tell_site},
    {SHEET_TEXT, "队列", "Queue", tell_queue},
    {SHEET_TEXT, "结果", "Result", tell_result},
    {SHEET_TEXT, "坐席", "Agents", tell_agents},
    {SHEET_MS, "语音导航", "IVR", tell_ivr_ms},
    {SHEET_MS, "等待", "Wait", tell_wait_ms},
    {SHEET_MS, "振铃", "Ringing", tell_ring_ms},
    {SHEET_MS, "通话", "Talk", tell_talk_ms},
    {SHEET_MS, "保持", "Hold", tell_hold_ms},
    {SHEET_MS, "话后处理", "After-call work", tell_after_call_work_ms},
    {SHEET_MS, "总时长", "Duration", tell_duration_ms},
    {SHEET_COUNT, "转接次数", "Transfers", tell_transfers},
    {SHEET_TEXT, "小结", "Disposition", tell_disposition},
    {SHEET_TEXT, "备注", "Note", tell_note},
    {SHEET_COUNT, "满意度", "Survey score", tell_score},
    {SHEET_TEXT, "联络编号", "Contact", tell_id},
};

/* ---- pages ---------------------------------------------------------------------------------------- */

static void page_ask(struct listing *listing);

static void page_write(struct listing *listing, const Farseat__V1__ContactSearchReply *page)
{
    struct told told = {.file = listing->file, .config = centre_config(listing->file->exchange->api->centre)};
    for (size_t i = 0; i < page->n_contacts && sheet_rows(listing->sheet) < ROWS_MAX; i++) {
        told.contact = page->contacts[i];
        told.started_local = i < page->n_started_local ? page->started_local[i] : "";
        for (size_t column = 0; column < FAR_ARRAY_LEN(columns); column++)
            columns[column].tell(&told, listing->sheet);
    }
}

static void finish(struct listing *listing)
{
    struct export_file *file = listing->file;
    if (file->cut) {
        sheet_text(listing->sheet,
                   export_word(file, "超过 20000 行，请缩短时段", "cut at 20000 rows: take a shorter time"));
        sheet_row_end(listing->sheet);
    }
    size_t len = strlen(file->target);
    (void)snprintf(file->target + len, sizeof(file->target) - len, " rows %zu", sheet_rows(listing->sheet));
    export_write(file);
    listing_end(listing);
}

static void page_came(void *ctx, const struct far_bus_answer *answer)
{
    struct listing *listing = ctx;
    if (answer->err != FAR_OK) {
        listing_fail(listing, answer->err, answer->error_text);
        return;
    }
    const Farseat__V1__ContactSearchReply *page = (const Farseat__V1__ContactSearchReply *)answer->message;
    page_write(listing, page);
    listing->file->cut = page->next_cursor[0] && sheet_rows(listing->sheet) >= ROWS_MAX;
    if (page->next_cursor[0] == '\0' || listing->file->cut || sheet_state(listing->sheet) != FAR_OK) {
        finish(listing);
        return;
    }
    if (listing->request->cursor != protobuf_c_empty_string) free(listing->request->cursor);
    listing->request->cursor = strdup(page->next_cursor);
    if (listing->request->cursor) {
        page_ask(listing);
        return;
    }
    listing->request->cursor = (char *)(uintptr_t)protobuf_c_empty_string;
    listing_fail(listing, FAR_ENOMEM, NULL);
}

static void page_ask(struct listing *listing)
{
    const struct far_method_row *row = &far_method_rows[FAR_METHOD_analytics_ContactSearch];
    const struct far_bus_question question = {.subject = row->subject,
                                              .message = &listing->request->base,
                                              .reply_type = row->reply,
                                              .timeout_ms = ANSWER_MS,
                                              .fn = page_came,
                                              .ctx = listing};
    enum far_err err = far_bus_ask(listing->file->exchange->api->bus, &question, NULL);
    if (err != FAR_OK) listing_fail(listing, err, NULL);
}

static bool sheet_begin(struct listing *listing)
{
    struct export_file *file = listing->file;
    listing->sheet = export_sheet(file, "联络", "Contacts");
    if (!listing->sheet) return false;
    for (size_t i = 0; i < FAR_ARRAY_LEN(columns); i++)
        sheet_column(listing->sheet, columns[i].kind, export_word(file, columns[i].zh, columns[i].en));
    (void)far_str_copy(file->name, sizeof(file->name), "farseat-contacts");
    (void)snprintf(
        file->target, sizeof(file->target), "from %lld to %lld queue %s agent %s number %s counts %s",
        (long long)listing->request->from_us, (long long)listing->request->to_us, listing->request->queue_id,
        listing->request->agent_id, listing->request->number, listing->request->counts);
    return true;
}

void reports_contacts(struct exchange *exchange)
{
    ProtobufCMessage *request = NULL;
    struct export_file *file = export_begin(exchange, "contacts-exported", &request);
    if (!file) return;
    struct listing *listing = calloc(1, sizeof(*listing));
    if (!listing) {
        protobuf_c_message_free_unpacked(request, NULL);
        export_fail(file, FAR_ENOMEM, NULL);
        return;
    }
    listing->file = file;
    listing->request = (Farseat__V1__ContactSearchRequest *)request;
    listing->request->limit = PAGE_ROWS;
    if (sheet_begin(listing))
        page_ask(listing);
    else
        listing_fail(listing, FAR_ENOMEM, NULL);
}
