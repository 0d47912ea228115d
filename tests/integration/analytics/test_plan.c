/* SPDX-License-Identifier: Apache-2.0 */
/* On tables of a hundred thousand rows every question that a page asks is answered out of an index:
 * PostgreSQL tells the plan of each statement as it ran (auto_explain), whatever the methods made of their
 * requests. */
#include "bench.h"
#include "far/str.h"
#include "far/test.h"
#include <stdlib.h>
#include <string.h>

static char plans[65536];
static size_t plans_len;

static void plan_heard(void *arg, const PGresult *notice)
{
    const char *text = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
    (void)arg;
    if (!text) return;
    size_t len = strlen(text);
    if (plans_len + len + 2 > sizeof(plans)) return;
    memcpy(plans + plans_len, text, len);
    plans_len += len;
    plans[plans_len++] = '\n';
    plans[plans_len] = '\0';
}

static enum far_err tables_fill(struct far_pg_conn *conn, void *arg)
{
    (void)arg;
    return far_pg_script(
        conn,
        "insert into contact (contact_id, revision, started_at_us, result, first_queue_id, caller_canonical, "
        "wait_ms, "
        "talk_ms, hold_ms, after_call_work_ms, short_abandon, service_level_ms, transfers, parts, "
        "survey_pushed, "
        "survey_answered, survey_score, direction, record, site_id, published, disposition) "
        "select ('019f0000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 1, 1780000000000000 + n * "
        "100000000::bigint, "
        "1 + n % 6, 'queue-' || n % 40, '+861380' || lpad((n * 7919 % 10000000)::text, 7, '0'), n % 60000, "
        "1000, 0, 0, false, "
        "20000, 0, 1, false, false, 0, 1, '', 'site-' || n % 30, '40000' || n % 200, 'd' || n % 50 "
        "from generate_series(1, 100000) n;"
        "insert into contact_part select contact_id, 0, 'agent-' || abs(hashtext(contact_id::text)) % 300, "
        "started_at_us, 1, 1, 1, false, 1 "
        "from contact;"
        "insert into missed_offer select contact_id, 0, 'agent-' || abs(hashtext(contact_id::text)) % 300, "
        "started_at_us from contact;"
        "insert into agent_activity (record_id, agent_id, agent_name, started_at_us, duration_ms, state, "
        "reason) "
        "select gen_random_uuid(), 'agent-' || n % 300, 'x', 1780000000000000 + n * 100000000::bigint, "
        "1800000, 2, '' "
        "from generate_series(1, 100000) n;"
        "insert into ticket select gen_random_uuid(), 1, contact_id, "
        "('019f0000-0000-7000-a000-' || lpad((abs(hashtext(contact_id::text)) % 9000)::text, 12, '0'))::uuid "
        "from contact;"
        "insert into calls_refused select gen_random_uuid(), started_at_us, 'e', 'c', 1 from contact;"
        "insert into segment select gen_random_uuid(), contact_id, 0, 1, '' from contact;"
        "analyze contact; analyze contact_part; analyze missed_offer; analyze agent_activity; analyze "
        "ticket; "
        "analyze calls_refused; analyze segment;"
        "load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_level = notice; "
        "set client_min_messages = notice;");
}
static void fill(void **state)
{
    (void)state;
    bench_run(tables_fill);
}

/* Ask; each of the indexes (with commas between them) is in the plans, no table is read from end to end. */
static enum far_err look(struct far_pg_conn *conn, enum far_method method, const ProtobufCMessage *request,
                         const char *indexes)
{
    enum far_err err = FAR_EIO;
    char text[FAR_PG_METHOD_TEXT_SIZE] = "", list[256];
    PQnoticeReceiver before = PQsetNoticeReceiver(far_pg_raw(conn), plan_heard, NULL);
    MUST(far_pg_script(conn, "select 1") == FAR_OK);
    plans_len = 0;
    plans[0] = '\0';
    ProtobufCMessage *reply = bench_ask(conn, method, request, &err, text);
    MUST(far_pg_script(conn, "select 1") == FAR_OK); /* a statement's plan is told when the next one begins */
    (void)PQsetNoticeReceiver(far_pg_raw(conn), before, NULL);
    if (!reply) fprintf(stderr, "%s %s\n", far_err_name(err), text);
    MUST(reply != NULL);
    protobuf_c_message_free_unpacked(reply, NULL);
    bool good = strstr(plans, "Query Text") != NULL && strstr(plans, "Seq Scan") == NULL;
    (void)far_str_copy(list, sizeof(list), indexes);
    char *rest = NULL;
    for (char *index = strtok_r(list, ",", &rest); index; index = strtok_r(NULL, ",", &rest))
        if (!strstr(plans, index)) {
            fprintf(stderr, "%s is not used\n", index);
            good = false;
        }
    if (!good) fprintf(stderr, "%s\n", plans);
    MUST(good);
    return FAR_OK;
}

/* A day out of four months: the contacts begin on 2026-05-28, one each 100 s. */
static char day[] = "2026-08-01";
#define DAY_FROM_US INT64_C(1785535200000000)
#define DAY_TO_US   INT64_C(1785621600000000)

static enum far_err reports_work(struct far_pg_conn *conn, void *arg)
{
    static const struct {
        const char *interval, *by, *id, *indexes;
    } cases[] = {
        {"15m", "all", "", "contact_by_"},
        {"60m", "queue", "", "contact_by_"},
        {"day", "site", "", "contact_by_"},
        {"30m", "number", "", "contact_by_"},
        {"60m", "queue", "queue-7", "contact_by_queue"},
        {"60m", "site", "site-7", "contact_by_site"},
        {"60m", "number", "400007", "contact_by_published"},
        {"60m", "agent", "", "contact_part_by_time,missed_offer_by_time,agent_activity_by_span"},
        {"60m", "agent", "agent-7", "contact_part_by_agent,missed_offer_by_agent,agent_activity_by_span"},
    };
    (void)arg;
    for (size_t i = 0; i < FAR_ARRAY_LEN(cases); i++) {
        Farseat__V1__ReportRequest request = FARSEAT__V1__REPORT_REQUEST__INIT;
        request.from = request.to = day;
        request.interval = (char *)(uintptr_t)cases[i].interval;
        request.by = (char *)(uintptr_t)cases[i].by;
        request.id = (char *)(uintptr_t)cases[i].id;
        MUST(look(conn, FAR_METHOD_analytics_Report, &request.base, cases[i].indexes) == FAR_OK);
    }
    Farseat__V1__KpiRequest kpi = FARSEAT__V1__KPI_REQUEST__INIT;
    kpi.day = day;
    return look(conn, FAR_METHOD_analytics_KpiReport, &kpi.base,
                "contact_by_time,calls_refused_by_time,contact_part_by_time,missed_offer_by_time,agent_"
                "activity_by_span");
}
static void reports(void **state)
{
    (void)state;
    bench_run(reports_work);
}

static enum far_err searches_work(struct far_pg_conn *conn, void *arg)
{
    static char customer[] = "019f0000-0000-7000-a000-000000000077",
                contact[] = "019f0000-0000-7000-8000-000000000077";
    static char agent[] = "agent-7", number[] = "13800007919", end[] = "7919", queue[] = "queue-7",
                site[] = "site-7";
    static char published[] = "400007", disposition[] = "d7", missed[] = "missed",
                within[] = "answered_within";
    Farseat__V1__ContactSearchRequest requests[11], *request = requests;
    static const char *const indexes[] = {"contact_by_time",
                                          "contact_by_number,contact_by_number_end",
                                          "contact_by_number_end",
                                          "contact_by_queue",
                                          "contact_by_site",
                                          "contact_by_published",
                                          "contact_by_disposition",
                                          "contact_part",
                                          "ticket_by_customer",
                                          "missed_offer",
                                          "contact_by"};
    (void)arg;
    for (size_t i = 0; i < FAR_ARRAY_LEN(requests); i++)
        farseat__v1__contact_search_request__init(&requests[i]);
    request++; /* the first: all */
    (request++)->number = number;
    (request++)->number = end;
    (request++)->queue_id = queue;
    (request++)->site_id = site;
    (request++)->published = published;
    (request++)->disposition = disposition;
    (request++)->agent_id = agent;
    (request++)->customer_id = customer;
    request->counts = missed;
    request->from_us = DAY_FROM_US;
    request->to_us = DAY_TO_US;
    (request++)->agent_id = agent;
    request->counts = within;
    request->queue_id = queue;
    request->from_us = DAY_FROM_US;
    request->to_us = DAY_TO_US;
    for (size_t i = 0; i < FAR_ARRAY_LEN(requests); i++)
        MUST(look(conn, FAR_METHOD_analytics_ContactSearch, &requests[i].base, indexes[i]) == FAR_OK);
    Farseat__V1__ContactGetRequest get = FARSEAT__V1__CONTACT_GET_REQUEST__INIT;
    get.contact_id = contact;
    return look(conn, FAR_METHOD_analytics_ContactGet, &get.base, "contact_pkey,segment_by_contact");
}
static void searches(void **state)
{
    (void)state;
    bench_run(searches_work);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fill),
        cmocka_unit_test(reports),
        cmocka_unit_test(searches),
    };
    return cmocka_run_group_tests(tests, bench_start, bench_stop);
}
