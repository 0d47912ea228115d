/* SPDX-License-Identifier: Apache-2.0 */
/* Reports on a real PostgreSQL: days of 23 and 25 hours, intervals that add up, figures that are those
 * counted record by record, and searches that find what a figure counts. */
#include "days.h"
#include "definitions.h"
#include "far/buf.h"
#include "far/test.h"
#include <stdlib.h>
#include <string.h>

/* ---- asking --------------------------------------------------------------------------------------- */

static Farseat__V1__ReportReply *report_ask(struct far_pg_conn *conn, const char *from, const char *to,
                                            const char *interval, const char *by)
{
    Farseat__V1__ReportRequest request = FARSEAT__V1__REPORT_REQUEST__INIT;
    enum far_err err = FAR_EIO;
    char text[FAR_PG_METHOD_TEXT_SIZE] = "";
    request.from = (char *)(uintptr_t)from;
    request.to = (char *)(uintptr_t)to;
    request.interval = (char *)(uintptr_t)interval;
    request.by = (char *)(uintptr_t)by;
    request.before = true;
    ProtobufCMessage *reply = bench_ask(conn, FAR_METHOD_analytics_Report, &request.base, &err, text);
    if (!reply) fprintf(stderr, "%s %s %s %s: %s %s\n", from, to, interval, by, far_err_name(err), text);
    return (Farseat__V1__ReportReply *)reply;
}

static Farseat__V1__KpiReply *kpi_ask(struct far_pg_conn *conn, const char *day, const char *to_day)
{
    Farseat__V1__KpiRequest request = FARSEAT__V1__KPI_REQUEST__INIT;
    enum far_err err = FAR_EIO;
    request.day = (char *)(uintptr_t)day;
    request.to_day = (char *)(uintptr_t)to_day;
    return (Farseat__V1__KpiReply *)bench_ask(conn, FAR_METHOD_analytics_KpiReport, &request.base, &err,
                                              NULL);
}

/* ---- intervals ------------------------------------------------------------------------------------ */

static enum far_err days_of_23_and_25_hours_work(struct far_pg_conn *conn, void *arg)
{
    static const struct {
        const char *day, *interval;
        size_t rows;
        int64_t hours;
    } cases[] = {
        {"2026-03-29", "60m", 23, 23},  {"2026-10-25", "60m", 25, 25}, {"2026-10-24", "60m", 24, 24},
        {"2026-10-25", "15m", 100, 25}, {"2026-03-29", "30m", 46, 23}, {"2026-10-25", "day", 1, 25},
        {"2026-03-29", "all", 1, 23},
    };
    (void)arg;
    for (size_t i = 0; i < FAR_ARRAY_LEN(cases); i++) {
        Farseat__V1__ReportReply *reply =
            report_ask(conn, cases[i].day, cases[i].day, cases[i].interval, "all");
        MUST(reply && reply->n_rows == cases[i].rows && reply->n_totals == 1);
        MUST(reply->totals[0]->to_us - reply->totals[0]->from_us == cases[i].hours * 3600000000);
        for (size_t j = 1; j < reply->n_rows; j++) {
            MUST(reply->rows[j]->from_us == reply->rows[j - 1]->to_us);
            for (size_t k = 0; k < j; k++)
                MUST(strcmp(reply->rows[j]->label, reply->rows[k]->label) != 0);
        }
        MUST(reply->rows[reply->n_rows - 1]->to_us == reply->totals[0]->to_us);
        farseat__v1__report_reply__free_unpacked(reply, NULL);
    }
    return FAR_OK;
}
static void days_of_23_and_25_hours(void **state)
{
    (void)state;
    bench_run(days_of_23_and_25_hours_work);
}

static enum far_err labels_and_borders_work(struct far_pg_conn *conn, void *arg)
{
    static const struct {
        const char *from, *to, *interval, *first, *last;
        size_t rows;
    } cases[] = {
        {"2026-11-23", "2026-11-29", "week", "2026-W48", "2026-W48", 1},
        {"2026-11-25", "2026-12-02", "week", "2026-W48", "2026-W49", 2},
        {"2026-01-01", "2026-12-31", "month", "2026-01", "2026-12", 12},
        {"2026-01-01", "2026-12-31", "quarter", "2026-Q1", "2026-Q4", 4},
        {"2025-06-01", "2026-02-28", "year", "2025", "2026", 2},
        {"2026-11-24T09:10", "2026-11-24T10:00", "30m", "2026-11-24T09:00", "2026-11-24T09:30", 2},
        {"2026-11-24", "2026-11-25", "day", "2026-11-24", "2026-11-25", 2},
        {"2026-10-25T02:00", "2026-10-25T03:00", "60m", "2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00",
         2},
        {"2026-11-01", "2026-11-30", "all", "2026-11-01/2026-11-30", "2026-11-01/2026-11-30", 1},
        {"2028-12-31", "2029-01-01", "week", "2028-W52", "2029-W01", 2},
    };
    (void)arg;
    for (size_t i = 0; i < FAR_ARRAY_LEN(cases); i++) {
        Farseat__V1__ReportReply *reply =
            report_ask(conn, cases[i].from, cases[i].to, cases[i].interval, "all");
        MUST(reply && reply->n_rows == cases[i].rows);
        if (strcmp(reply->rows[0]->label, cases[i].first) != 0 ||
            strcmp(reply->rows[reply->n_rows - 1]->label, cases[i].last) != 0) {
            fprintf(stderr, "%s: %s .. %s\n", cases[i].from, reply->rows[0]->label,
                    reply->rows[reply->n_rows - 1]->label);
            return FAR_ESTATE;
        }
        MUST(reply->n_before == 1 && reply->before[0]->to_us == reply->totals[0]->from_us);
        farseat__v1__report_reply__free_unpacked(reply, NULL);
    }
    return FAR_OK;
}
static void labels_and_borders(void **state)
{
    (void)state;
    bench_run(labels_and_borders_work);
}

static enum far_err the_month_before_is_a_month_work(struct far_pg_conn *conn, void *arg)
{
    (void)arg;
    Farseat__V1__ReportReply *reply = report_ask(conn, "2026-03-01", "2026-03-31", "month", "all");
    MUST(reply && reply->n_rows_before == 1 && strcmp(reply->rows_before[0]->label, "2026-02") == 0);
    MUST(reply->before[0]->to_us - reply->before[0]->from_us == 28 * INT64_C(86400000000));
    farseat__v1__report_reply__free_unpacked(reply, NULL);
    /* days before days: as many local days, though one of them has 25 hours */
    reply = report_ask(conn, "2026-10-26", "2026-10-26", "day", "all");
    MUST(reply && strcmp(reply->rows_before[0]->label, "2026-10-25") == 0);
    MUST(reply->before[0]->to_us - reply->before[0]->from_us == 25 * INT64_C(3600000000));
    farseat__v1__report_reply__free_unpacked(reply, NULL);
    return FAR_OK;
}
static void the_month_before_is_a_month(void **state)
{
    (void)state;
    bench_run(the_month_before_is_a_month_work);
}

static enum far_err what_cannot_be_asked_work(struct far_pg_conn *conn, void *arg)
{
    static const struct {
        const char *from, *to, *interval, *by, *id, *text;
    } cases[] = {
        {"2026-13-01", "", "", "", "", "YYYY-MM-DD"},
        {"2026-02-30", "", "", "", "", "YYYY-MM-DD"},
        {"2026-1-1", "", "", "", "", "YYYY-MM-DD"},
        {"2026-11-24'; drop table contact; --", "", "", "", "", "YYYY-MM-DD"},
        {"2026-11-24T25:00", "", "", "", "", "YYYY-MM-DD"},
        {"2026-11-24", "2026-11-23", "", "", "", "in this order"},
        {"2020-01-01", "2026-11-23", "", "", "", "1100 days"},
        {"2026-01-01", "2026-11-23", "15m", "", "", "3000 intervals"},
        {"", "", "5m", "", "", "interval is"},
        {"", "", "", "colour", "", "by is"},
        {"", "", "", "", "sales", "id needs by"},
    };
    (void)arg;
    for (size_t i = 0; i < FAR_ARRAY_LEN(cases); i++) {
        Farseat__V1__ReportRequest request = FARSEAT__V1__REPORT_REQUEST__INIT;
        enum far_err err = FAR_OK;
        char text[FAR_PG_METHOD_TEXT_SIZE] = "";
        request.from = (char *)(uintptr_t)cases[i].from;
        request.to = (char *)(uintptr_t)cases[i].to;
        request.interval = (char *)(uintptr_t)cases[i].interval;
        request.by = (char *)(uintptr_t)cases[i].by;
        request.id = (char *)(uintptr_t)cases[i].id;
        MUST(bench_ask(conn, FAR_METHOD_analytics_Report, &request.base, &err, text) == NULL);
        if (err != FAR_EINVAL || !strstr(text, cases[i].text)) {
            fprintf(stderr, "%zu: %s %s\n", i, far_err_name(err), text);
            return FAR_ESTATE;
        }
    }
    return FAR_OK;
}
static void what_cannot_be_asked(void **state)
{
    (void)state;
    bench_run(what_cannot_be_asked_work);
}

/* ---- sums ----------------------------------------------------------------------------------------- */

static bool is_average(const char *name)
{
    static const char *const names[] = {"asa_ms", "aat_ms", "aht_ms"};
    for (size_t i = 0; i < FAR_ARRAY_LEN(names); i++)
        if (strcmp(names[i], name) == 0) return true;
    return false;
}

static const ProtobufCMessage *figures_of(const Farseat__V1__ReportRow *row)
{
    return row->queue ? &row->queue->base : &row->agent->base;
}

/* Add one figure of a row to *sum: a number by its value (the longest wait: the larger), a ratio by both its
 * parts. */
static void figure_add(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *figures,
                       uint64_t sum[2])
{
    const uint8_t *member = (const uint8_t *)figures + field->offset;
    if (field->type == PROTOBUF_C_TYPE_UINT64) {
        uint64_t value = *(const uint64_t *)(const void *)member;
        if (strcmp(field->name, "wait_ms_max") != 0)
            sum[0] += value;
        else if (value > sum[0])
            sum[0] = value;
    } else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        const Farseat__V1__Ratio *ratio = *(Farseat__V1__Ratio *const *)(const void *)member;
        sum[0] += ratio ? ratio->numerator : 0;
        sum[1] += ratio ? ratio->denominator : 0;
    }
}

/* Every figure that adds up does, for one total of a report. */
static bool adds_up(const Farseat__V1__ReportReply *reply, const Farseat__V1__ReportRow *total)
{
    const ProtobufCMessage *whole = figures_of(total);
    for (unsigned i = 0; i < whole->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &whole->descriptor->fields[i];
        uint64_t sum[2] = {0}, expected[2] = {0};
        if (is_average(field->name)) continue;
        figure_add(field, whole, expected);
        for (size_t row = 0; row < reply->n_rows; row++)
            if (strcmp(reply->rows[row]->id, total->id) == 0)
                figure_add(field, figures_of(reply->rows[row]), sum);
        if (sum[0] == expected[0] && sum[1] == expected[1]) continue;
        fprintf(stderr, "%s of '%s': intervals %llu/%llu, total %llu/%llu\n", field->name, total->id,
                (unsigned long long)sum[0], (unsigned long long)sum[1], (unsigned long long)expected[0],
                (unsigned long long)expected[1]);
        return false;
    }
    return true;
}

static enum far_err intervals_add_up_work(struct far_pg_conn *conn, void *arg)
{
    static const char *const intervals[] = {"15m",   "30m",     "60m",  "day", "week",
                                            "month", "quarter", "year", "all"};
    static const char *const bys[] = {"all", "queue", "agent", "site", "number"};
    static const size_t ids[] = {1, 3, 5, 2, 3};
    (void)arg;
    for (size_t i = 0; i < FAR_ARRAY_LEN(intervals); i++)
        for (size_t j = 0; j < FAR_ARRAY_LEN(bys); j++) {
            Farseat__V1__ReportReply *reply = report_ask(conn, DAYS_FIRST, DAYS_LAST, intervals[i], bys[j]);
            MUST(reply && reply->n_totals == ids[j] && reply->n_rows >= ids[j]);
            MUST(!reply->cut);
            for (size_t k = 0; k < reply->n_totals; k++)
                MUST(adds_up(reply, reply->totals[k]));
            farseat__v1__report_reply__free_unpacked(reply, NULL);
        }
    return FAR_OK;
}
static void intervals_add_up(void **state)
{
    (void)state;
    bench_run(intervals_add_up_work);
}

/* Two messages that say the same. */
static bool same(const ProtobufCMessage *a, const ProtobufCMessage *b)
{
    uint8_t packed[2][1024];
    size_t len = protobuf_c_message_pack(a, packed[0]);
    return len == protobuf_c_message_pack(b, packed[1]) && memcmp(packed[0], packed[1], len) == 0;
}

static enum far_err days_are_the_kpi_reports_work(struct far_pg_conn *conn, void *arg)
{
    (void)arg;
    Farseat__V1__ReportReply *queues = report_ask(conn, DAYS_FIRST, DAYS_LAST, "day", "queue");
    Farseat__V1__ReportReply *agents = report_ask(conn, DAYS_FIRST, DAYS_LAST, "day", "agent");
    MUST(queues && agents);
    size_t compared = 0;
    for (size_t day = 20; day <= 30; day++) {
        char text[12];
        (void)snprintf(text, sizeof(text), "2026-10-%02zu", day);
        Farseat__V1__KpiReply *kpi = kpi_ask(conn, text, "");
        MUST(kpi && kpi->funnel->arrived == kpi->funnel->refused + kpi->funnel->ivr_served +
                                                kpi->funnel->ivr_abandoned + kpi->funnel->queued);
        MUST(kpi->all->offered == kpi->funnel->queued);
        for (size_t i = 0; i < queues->n_rows; i++)
            for (size_t j = 0; j < kpi->n_queues; j++)
                if (strcmp(queues->rows[i]->label, text) == 0 &&
                    strcmp(queues->rows[i]->id, kpi->queues[j]->queue_id) == 0) {
                    MUST(same(&queues->rows[i]->queue->base, &kpi->queues[j]->base));
                    compared++;
                }
        for (size_t i = 0; i < agents->n_rows; i++)
            for (size_t j = 0; j < kpi->n_agents; j++)
                if (strcmp(agents->rows[i]->label, text) == 0 &&
                    strcmp(agents->rows[i]->id, kpi->agents[j]->agent_id) == 0) {
                    MUST(same(&agents->rows[i]->agent->base, &kpi->agents[j]->base));
                    compared++;
                }
        farseat__v1__kpi_reply__free_unpacked(kpi, NULL);
    }
    MUST(compared == queues->n_rows + agents->n_rows);
    farseat__v1__report_reply__free_unpacked(queues, NULL);
    farseat__v1__report_reply__free_unpacked(agents, NULL);
    return FAR_OK;
}
static void days_are_the_kpi_reports(void **state)
{
    (void)state;
    bench_run(days_are_the_kpi_reports_work);
}

/* What a report says of one dimension's id is what kpi.c counts, record by record. */
static bool is_of(const struct days_contact *made, const char *by, const char *id)
{
    const char *of = strcmp(by, "queue") == 0    ? made->record.first_queue_id
                     : strcmp(by, "site") == 0   ? made->record.site_id
                     : strcmp(by, "number") == 0 ? made->record.published
                                                 : "";
    return strcmp(of, id) == 0;
}

static enum far_err figures_are_those_of_kpi_c_work(struct far_pg_conn *conn, void *arg)
{
    static const char *const bys[] = {"all", "queue", "site", "number"};
    (void)arg;
    for (size_t i = 0; i < FAR_ARRAY_LEN(bys); i++) {
        Farseat__V1__ReportReply *reply = report_ask(conn, DAYS_FIRST, DAYS_LAST, "all", bys[i]);
        MUST(reply && reply->n_totals > 0);
        for (size_t j = 0; j < reply->n_totals; j++) {
            struct kpi_queue_sums sums = {0};
            struct kpi_queue_result result;
            for (size_t k = 0; k < DAYS_CONTACTS; k++)
                if (is_of(&days_contacts[k], bys[i], reply->totals[j]->id))
                    kpi_queue_add(&sums, &days_contacts[k].record);
            kpi_queue(&sums, reply->totals[j]->queue->queue_id, &result);
            MUST(same(&result.kpi.base, &reply->totals[j]->queue->base));
        }
        farseat__v1__report_reply__free_unpacked(reply, NULL);
    }
    return FAR_OK;
}
static void figures_are_those_of_kpi_c(void **state)
{
    (void)state;
    bench_run(figures_are_those_of_kpi_c_work);
}

/* An agent's states, cut at both ends of a time that begins and ends within stretches. */
static enum far_err states_are_cut_at_borders_work(struct far_pg_conn *conn, void *arg)
{
    (void)arg;
    Farseat__V1__ReportReply *reply =
        report_ask(conn, "2026-10-22T10:00", "2026-10-24T17:30", "60m", "agent");
    MUST(reply && reply->n_totals == 5);
    for (size_t i = 0; i < reply->n_totals; i++) {
        uint64_t expected_ms = 0;
        int64_t from_us = reply->totals[i]->from_us, to_us = reply->totals[i]->to_us;
        for (size_t j = 0; j < DAYS_ACTIVITIES; j++) {
            const Farseat__V1__AgentActivityRecord *activity = &days_activities[j];
            if (strcmp(activity->agent_id, reply->totals[i]->id) != 0) continue;
            for (uint64_t ms = 0; ms < 2; ms++) { /* milliseconds since it began, at both borders */
                int64_t at_ms = ((ms ? to_us : from_us) - activity->started_at_us) / 1000;
                uint64_t within = at_ms < 0                                 ? 0
                                  : (uint64_t)at_ms > activity->duration_ms ? activity->duration_ms
                                                                            : (uint64_t)at_ms;
                expected_ms += ms ? within : 0;
                expected_ms -= ms ? 0 : within;
            }
        }
        MUST(reply->totals[i]->agent->logged_in_ms == expected_ms);
        MUST(expected_ms <= (uint64_t)(to_us - from_us) / 1000);
        MUST(adds_up(reply, reply->totals[i]));
    }
    farseat__v1__report_reply__free_unpacked(reply, NULL);
    return FAR_OK;
}
static void states_are_cut_at_borders(void **state)
{
    (void)state;
    bench_run(states_are_cut_at_borders_work);
}

static enum far_err an_answer_has_a_limit_work(struct far_pg_conn *conn, void *arg)
{
    (void)arg; /* 30 agents who are ready for a month */
    MUST(far_pg_script(
             conn,
             "insert into agent_activity (record_id, agent_id, agent_name, started_at_us, duration_ms, "
             "state, reason) select gen_random_uuid(), 'x' || n, 'x', 1777586400000000, 2678400000, 2, '' "
             "from generate_series(1, 30) n") == FAR_OK);
    Farseat__V1__ReportReply *reply = report_ask(conn, "2026-05-01", "2026-05-31", "15m", "agent");
    MUST(reply && reply->cut && reply->n_totals == 30);
    for (size_t i = 0; i < reply->n_totals; i++)
        MUST(reply->totals[i]->agent->ready_ms == 2678400000);
    MUST(farseat__v1__report_reply__get_packed_size(reply) < 1000 * 1024);
    for (size_t i = 1; i < reply->n_rows; i++)
        MUST(reply->rows[i]->from_us > reply->rows[i - 1]->from_us ||
             (reply->rows[i]->from_us == reply->rows[i - 1]->from_us &&
              strcmp(reply->rows[i]->id, reply->rows[i - 1]->id) > 0));
    farseat__v1__report_reply__free_unpacked(reply, NULL);
    return FAR_OK;
}
static void an_answer_has_a_limit(void **state)
{
    (void)state;
    bench_run(an_answer_has_a_limit_work);
}

static void store(void **state)
{
    (void)state;
    bench_run(days_store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_of_23_and_25_hours),
        cmocka_unit_test(labels_and_borders),
        cmocka_unit_test(the_month_before_is_a_month),
        cmocka_unit_test(what_cannot_be_asked),
        cmocka_unit_test(store),
        cmocka_unit_test(intervals_add_up),
        cmocka_unit_test(days_are_the_kpi_reports),
        cmocka_unit_test(figures_are_those_of_kpi_c),
        cmocka_unit_test(states_are_cut_at_borders),
        cmocka_unit_test(an_answer_has_a_limit),
    };
    return cmocka_run_group_tests(tests, bench_start, bench_stop);
}
