/* SPDX-License-Identifier: Apache-2.0 */
/* Searches find the contacts that a figure counts: each figure of the table is held against what it opens. */
#include "days.h"
#include "definitions.h"
#include "far/json.h"
#include "far/test.h"
#include <stdlib.h>
#include <string.h>

static char from_day[] = DAYS_FIRST, to_day[] = DAYS_LAST;

/* What a search found, added up. */
struct found {
    uint64_t contacts, parts, transfers, wait_ms, offers, own_parts, passed_on, wait_ms_max;
};

static void found_add(struct found *found, const Farseat__V1__ContactRecord *contact, const char *agent_id)
{
    found->contacts++;
    found->parts += contact->n_parts;
    found->transfers += contact->transfers;
    found->wait_ms += contact->wait_ms;
    if (contact->wait_ms > found->wait_ms_max) found->wait_ms_max = contact->wait_ms;
    for (size_t i = 0; i < contact->n_missed_offers; i++)
        found->offers += strcmp(contact->missed_offers[i]->agent_id, agent_id) == 0 &&
                         contact->missed_offers[i]->at_us < DAYS_LAST_US;
    for (size_t i = 0; i < contact->n_parts; i++) {
        bool own = strcmp(contact->parts[i]->agent_id, agent_id) == 0;
        found->own_parts += own;
        found->passed_on += own && i + 1 < contact->n_parts;
    }
}

/* All pages of a search. */
static enum far_err search(struct far_pg_conn *conn, Farseat__V1__ContactSearchRequest *request,
                           struct found *ret_found)
{
    char cursor[80] = "";
    *ret_found = (struct found){.contacts = 0};
    request->limit = 137;
    do {
        enum far_err err = FAR_EIO;
        request->cursor = cursor;
        Farseat__V1__ContactSearchReply *reply = (Farseat__V1__ContactSearchReply *)bench_ask(
            conn, FAR_METHOD_analytics_ContactSearch, &request->base, &err, NULL);
        if (!reply) return err;
        MUST(reply->n_started_local == reply->n_contacts);
        for (size_t i = 0; i < reply->n_contacts; i++)
            found_add(ret_found, reply->contacts[i], request->agent_id);
        (void)snprintf(cursor, sizeof(cursor), "%s", reply->next_cursor);
        farseat__v1__contact_search_reply__free_unpacked(reply, NULL);
    } while (cursor[0]);
    return FAR_OK;
}

static const ProtobufCFieldDescriptor *field_of(const ProtobufCMessage *message, const char *figure)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        char name[64];
        size_t len = strcspn(figure, ".");
        (void)far_json_name(message->descriptor->fields[i].name, name, sizeof(name));
        if (strlen(name) == len && strncmp(name, figure, len) == 0) return &message->descriptor->fields[i];
    }
    return NULL;
}

/* What the figure says its contacts are: a count, or a ratio's numerator. */
static bool figure_value(const ProtobufCMessage *figures, const char *figure, uint64_t *ret_value)
{
    const ProtobufCFieldDescriptor *field = field_of(figures, figure);
    if (!field) return false;
    const uint8_t *member = (const uint8_t *)figures + field->offset;
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        const Farseat__V1__Ratio *ratio = *(Farseat__V1__Ratio *const *)(const void *)member;
        *ret_value = ratio ? ratio->numerator : 0;
        return strcmp(figure + strlen(figure) - 6, ".value") == 0;
    }
    *ret_value = field->type == PROTOBUF_C_TYPE_UINT64 ? *(const uint64_t *)(const void *)member : 0;
    return field->type != PROTOBUF_C_TYPE_STRING;
}

/* What must be equal to the figure in what was found: most count contacts, some what happened in them. */
static uint64_t expected(const struct kpi_definition *row, const struct found *found)
{
    if (strcmp(row->id, "handled") == 0) return found->parts;
    if (strcmp(row->id, "transfers") == 0) return found->transfers;
    if (strcmp(row->id, "agent_handled") == 0) return found->own_parts;
    if (strcmp(row->id, "agent_missed") == 0) return found->offers;
    if (strcmp(row->id, "agent_transfers") == 0) return found->passed_on;
    if (strcmp(row->id, "wait_answered") == 0 || strcmp(row->id, "wait_abandoned") == 0)
        return found->wait_ms;
    if (strcmp(row->id, "wait_max") == 0) return found->wait_ms_max;
    return found->contacts;
}

static bool is_compared(const struct kpi_definition *row)
{
    return row->counts[0] && (strcmp(row->unit, "count") == 0 || strcmp(row->unit, "ratio") == 0 ||
                              strncmp(row->id, "wait_", 5) == 0);
}

/* Every figure `of` this kind in one row of a report, against a search with the same filters. */
static enum far_err compare(struct far_pg_conn *conn, const ProtobufCMessage *figures, const char *of,
                            const Farseat__V1__ContactSearchRequest *filters, size_t *compared)
{
    for (size_t i = 0; i < kpi_definitions_len; i++) {
        const struct kpi_definition *row = &kpi_definitions[i];
        Farseat__V1__ContactSearchRequest request = *filters;
        struct found found;
        uint64_t value = 0;
        if (strcmp(row->of, of) != 0) continue;
        MUST(figure_value(figures, row->figure, &value));
        if (!is_compared(row)) continue;
        request.counts = (char *)(uintptr_t)row->counts;
        MUST(search(conn, &request, &found) == FAR_OK);
        if (expected(row, &found) != value) {
            fprintf(stderr, "%s %s: figure %llu, found %llu\n", of, row->id, (unsigned long long)value,
                    (unsigned long long)expected(row, &found));
            return FAR_ESTATE;
        }
        (*compared)++;
    }
    return FAR_OK;
}

static enum far_err each_figure_opens_what_it_counts_work(struct far_pg_conn *conn, void *arg)
{
    static const char *const bys[] = {"all", "queue", "site", "number", "agent"};
    size_t compared = 0;
    (void)arg;
    for (size_t i = 0; i < FAR_ARRAY_LEN(bys); i++) {
        Farseat__V1__ReportRequest ask = FARSEAT__V1__REPORT_REQUEST__INIT;
        enum far_err err = FAR_EIO;
        ask.from = from_day;
        ask.to = to_day;
        ask.interval = (char[]){"all"};
        ask.by = (char *)(uintptr_t)bys[i];
        Farseat__V1__ReportReply *reply =
            (Farseat__V1__ReportReply *)bench_ask(conn, FAR_METHOD_analytics_Report, &ask.base, &err, NULL);
        MUST(reply && reply->n_totals > 0);
        for (size_t j = 0; j < reply->n_totals; j++) {
            Farseat__V1__ContactSearchRequest filters = FARSEAT__V1__CONTACT_SEARCH_REQUEST__INIT;
            char **const fields[] = {&filters.number, &filters.queue_id, &filters.site_id, &filters.published,
                                     &filters.agent_id};
            filters.from_us = reply->totals[j]->from_us;
            filters.to_us = reply->totals[j]->to_us;
            if (i > 0) *fields[i] = reply->totals[j]->id;
            MUST(compare(conn, i < 4 ? &reply->totals[j]->queue->base : &reply->totals[j]->agent->base,
                         i < 4 ? "queue" : "agent", &filters, &compared) == FAR_OK);
        }
        farseat__v1__report_reply__free_unpacked(reply, NULL);
    }
    MUST(compared > 200);
    return FAR_OK;
}
static void each_figure_opens_what_it_counts(void **state)
{
    (void)state;
    bench_run(each_figure_opens_what_it_counts_work);
}

static enum far_err so_do_the_funnels_work(struct far_pg_conn *conn, void *arg)
{
    Farseat__V1__KpiRequest ask = FARSEAT__V1__KPI_REQUEST__INIT;
    Farseat__V1__ContactSearchRequest filters = FARSEAT__V1__CONTACT_SEARCH_REQUEST__INIT;
    enum far_err err = FAR_EIO;
    size_t compared = 0;
    (void)arg;
    ask.day = from_day;
    ask.to_day = to_day;
    filters.from_us = DAYS_FIRST_US;
    filters.to_us = DAYS_LAST_US;
    Farseat__V1__KpiReply *reply =
        (Farseat__V1__KpiReply *)bench_ask(conn, FAR_METHOD_analytics_KpiReport, &ask.base, &err, NULL);
    MUST(reply && reply->funnel->arrived == DAYS_CONTACTS);
    MUST(compare(conn, &reply->funnel->base, "funnel", &filters, &compared) == FAR_OK);
    MUST(compared == 5);
    farseat__v1__kpi_reply__free_unpacked(reply, NULL);
    return FAR_OK;
}
static void so_do_the_funnels(void **state)
{
    (void)state;
    bench_run(so_do_the_funnels_work);
}

/* ---- numbers, customers, agents ------------------------------------------------------------------- */

static enum far_err numbers_work(struct far_pg_conn *conn, void *arg)
{
    static const struct {
        const char *typed;
        uint64_t found;
    } cases[] = {
        {"+8613000007919", 1}, {"13000007919", 1}, {"130 0000 7919", 1},
        {"7919", 1},           {"07919", 1},       {"919", 0},
        {"99999999", 0},       {"+7919", 0},       {"0000%", 0},
    };
    (void)arg;
    for (size_t i = 0; i < FAR_ARRAY_LEN(cases); i++) {
        Farseat__V1__ContactSearchRequest request = FARSEAT__V1__CONTACT_SEARCH_REQUEST__INIT;
        struct found found;
        request.number = (char *)(uintptr_t)cases[i].typed;
        MUST(search(conn, &request, &found) == FAR_OK);
        uint64_t expect = cases[i].found;
        if (strcmp(cases[i].typed, "0000%") == 0) /* the last four digits, nothing more */
            for (size_t j = 0; j < DAYS_CONTACTS; j++)
                expect += strcmp(days_contacts[j].caller.canonical + 10, "0000") == 0;
        if (found.contacts == expect) continue;
        fprintf(stderr, "%s: %llu\n", cases[i].typed, (unsigned long long)found.contacts);
        return FAR_ESTATE;
    }
    return FAR_OK;
}
static void numbers_by_their_end(void **state)
{
    (void)state;
    bench_run(numbers_work);
}

static enum far_err customers_work(struct far_pg_conn *conn, void *arg)
{
    static char customer[] = "019f0000-0000-7000-a000-000000000001";
    Farseat__V1__ContactSearchRequest request = FARSEAT__V1__CONTACT_SEARCH_REQUEST__INIT;
    struct found found;
    (void)arg;
    for (unsigned i = 0; i < 3; i++) {
        Farseat__V1__TicketRecord ticket = FARSEAT__V1__TICKET_RECORD__INIT;
        char id[37];
        (void)snprintf(id, sizeof(id), "019f0000-0000-7000-b000-%012u", i);
        ticket.ticket_id = id;
        ticket.revision = 1;
        ticket.customer_id = customer;
        ticket.contact_id =
            i < 2 ? days_contacts[i * 3].id : ticket.contact_id; /* the last was made by hand */
        MUST(bench_store(conn, FAR_TOPIC_TICKETS, &ticket.base) == FAR_OK);
    }
    request.customer_id = customer;
    MUST(search(conn, &request, &found) == FAR_OK && found.contacts == 2);
    request.customer_id = (char[]){"none"};
    MUST(search(conn, &request, &found) == FAR_EINVAL);
    request = (Farseat__V1__ContactSearchRequest)FARSEAT__V1__CONTACT_SEARCH_REQUEST__INIT;
    request.counts = (char[]){"nothing"};
    MUST(search(conn, &request, &found) == FAR_EINVAL);
    request.counts = (char[]){""};
    request.disposition = (char[]){"solved"};
    MUST(search(conn, &request, &found) == FAR_OK);
    uint64_t solved = 0;
    for (size_t i = 0; i < DAYS_CONTACTS; i++)
        solved += strcmp(days_contacts[i].record.disposition, "solved") == 0;
    MUST(found.contacts == solved && solved > 100);
    return FAR_OK;
}
static void customers_and_dispositions(void **state)
{
    (void)state;
    bench_run(customers_work);
}

static enum far_err own_contacts_work(struct far_pg_conn *conn, void *arg)
{
    static const char *const agents[] = {"ann", "ben", "cai"};
    size_t allowed = 0, denied = 0;
    (void)arg;
    for (size_t i = 0; i < 60; i++)
        for (size_t j = 0; j < FAR_ARRAY_LEN(agents); j++) {
            Farseat__V1__ContactGetRequest request = FARSEAT__V1__CONTACT_GET_REQUEST__INIT;
            const Farseat__V1__ContactRecord *contact = &days_contacts[i].record;
            enum far_err err = FAR_EIO;
            bool talked = false;
            request.contact_id = contact->contact_id;
            request.agent_id = (char *)(uintptr_t)agents[j];
            for (size_t k = 0; k < contact->n_parts; k++)
                talked |= strcmp(contact->parts[k]->agent_id, agents[j]) == 0;
            ProtobufCMessage *reply =
                bench_ask(conn, FAR_METHOD_analytics_ContactGet, &request.base, &err, NULL);
            MUST(talked ? reply != NULL : err == FAR_EDENIED);
            allowed += talked;
            denied += !talked;
            if (reply) protobuf_c_message_free_unpacked(reply, NULL);
        }
    MUST(allowed > 10 && denied > 10);
    return FAR_OK;
}
/* His missed offers include contacts that others had: for himself only those that he may open. */
static enum far_err own_missed_work(struct far_pg_conn *conn, void *arg)
{
    static char agent[] = "ann", missed[] = "missed";
    Farseat__V1__ContactSearchRequest request = FARSEAT__V1__CONTACT_SEARCH_REQUEST__INIT;
    uint64_t all = 0, own = 0;
    struct found found;
    (void)arg;
    for (size_t i = 0; i < DAYS_CONTACTS; i++) {
        const Farseat__V1__ContactRecord *contact = &days_contacts[i].record;
        bool offered = false, talked = false;
        for (size_t k = 0; k < contact->n_missed_offers; k++)
            offered |= strcmp(contact->missed_offers[k]->agent_id, agent) == 0;
        for (size_t k = 0; k < contact->n_parts; k++)
            talked |= strcmp(contact->parts[k]->agent_id, agent) == 0;
        all += offered;
        own += offered && talked;
    }
    MUST(own > 0 && own < all);
    request.agent_id = agent;
    request.counts = missed;
    MUST(search(conn, &request, &found) == FAR_OK && found.contacts == all);
    request.talked = true;
    MUST(search(conn, &request, &found) == FAR_OK && found.contacts == own);
    return FAR_OK;
}
static void a_list_of_ones_own_shows_what_one_may_open(void **state)
{
    (void)state;
    bench_run(own_missed_work);
}

static void an_agent_opens_what_he_talked_in(void **state)
{
    (void)state;
    bench_run(own_contacts_work);
}

static void store(void **state)
{
    (void)state;
    bench_run(days_store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(store),
        cmocka_unit_test(each_figure_opens_what_it_counts),
        cmocka_unit_test(so_do_the_funnels),
        cmocka_unit_test(numbers_by_their_end),
        cmocka_unit_test(customers_and_dispositions),
        cmocka_unit_test(an_agent_opens_what_he_talked_in),
        cmocka_unit_test(a_list_of_ones_own_shows_what_one_may_open),
    };
    return cmocka_run_group_tests(tests, bench_start, bench_stop);
}
