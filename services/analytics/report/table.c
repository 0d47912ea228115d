/* SPDX-License-Identifier: Apache-2.0 */
/* Report: the figures of intervals, and of the period before. Totals come first into the answer, so that one
 * that has grown too large lacks intervals, never totals. */
#include "parts.h"
#include "sums.h"
#include <stdlib.h>
#include <string.h>

#define BYTES_MAX (900 * 1024) /* below a bus message's limit */
#define ROWS_MAX  20000

/* One period, as it is read: before it is filled into the answer. */
struct period {
    struct intervals intervals;
    PGresult *result;
    bool cut; /* there were more rows than ROWS_MAX */
};
/* What the rows of an answer have in common. */
struct table {
    enum sums_by by;
    const char *id;
    size_t bytes;
    bool cut;
};
/* One list of rows of the answer. */
struct rows {
    Farseat__V1__ReportRow ***list;
    size_t *len;
};

static bool row_add(struct table *table, struct rows rows, Farseat__V1__ReportRow *row)
{
    table->bytes += farseat__v1__report_row__get_packed_size(row) + 4;
    if (table->bytes > BYTES_MAX) {
        farseat__v1__report_row__free_unpacked(row, NULL);
        table->cut = true;
        return false;
    }
    Farseat__V1__ReportRow **grown = realloc(*rows.list, (*rows.len + 1) * sizeof(*grown));
    if (!grown) abort();
    *rows.list = grown;
    grown[(*rows.len)++] = row;
    return true;
}

/* A row of the answer out of row `at` of the result; at < 0: one in which nothing happened. */
static Farseat__V1__ReportRow *row_make(const struct table *table, const struct period *period, int at,
                                        size_t place)
{
    const struct intervals *intervals = &period->intervals;
    Farseat__V1__ReportRow *row = far_message_alloc(sizeof(*row));
    const char *id = at >= 0 ? sums_id(period->result, at) : table->by == SUMS_ALL ? "" : table->id;
    farseat__v1__report_row__init(row);
    row->from_us = intervals->borders[place > 0 ? place - 1 : 0];
    row->to_us = intervals->borders[place > 0 ? place : intervals->len];
    row->label = far_message_strdup(place > 0 ? intervals->labels[place - 1] : "");
    row->id = far_message_strdup(id);
    if (table->by == SUMS_AGENT) {
        struct kpi_agent_sums sums = {.handled = 0};
        struct kpi_agent_result figures;
        const char *name = "";
        if (at >= 0) sums_agent(period->result, at, &sums, &name);
        kpi_agent(&sums, id, name, &figures);
        row->agent = (Farseat__V1__AgentKpi *)part_detach(&figures.kpi.base);
    } else {
        struct kpi_queue_sums sums = {.offered = 0};
        struct kpi_queue_result figures;
        if (at >= 0) sums_queue(period->result, at, &sums);
        kpi_queue(&sums, table->by == SUMS_QUEUE ? id : "", &figures);
        row->queue = (Farseat__V1__QueueKpi *)part_detach(&figures.kpi.base);
    }
    return row;
}

/* The totals, or the intervals' rows. Who asks for one thing gets a row for each interval, whatever happened
 * in it. */
static void rows_fill(struct table *table, const struct period *period, bool totals, struct rows rows)
{
    bool one = table->by == SUMS_ALL || table->id[0] != '\0';
    size_t last = totals ? 0 : period->intervals.len;
    int at = 0, count = PQntuples(period->result);
    for (size_t place = totals ? 0 : 1; place <= last; place++) {
        while (at < count && sums_place(period->result, at) < place)
            at++;
        bool any = false;
        for (; at < count && sums_place(period->result, at) == place; at++, any = true)
            if (!row_add(table, rows, row_make(table, period, at, place))) return;
        if (one && !any && !row_add(table, rows, row_make(table, period, -1, place))) return;
    }
}

static enum far_err period_read(struct far_pg_conn *conn, const struct range *range, const char *time_zone,
                                const struct table *table, struct period *ret_period)
{
    enum far_err err = intervals_make(conn, range, time_zone, &ret_period->intervals);
    if (err != FAR_OK) return err;
    const struct sums_request request = {
        .intervals = &ret_period->intervals, .by = table->by, .id = table->id, .rows_max = ROWS_MAX + 1};
    err = sums_read(conn, &request, &ret_period->result);
    if (err == FAR_OK) ret_period->cut = PQntuples(ret_period->result) > ROWS_MAX;
    return err;
}

static void period_done(struct period *period)
{
    intervals_done(&period->intervals);
    PQclear(period->result);
}

static enum far_err request_read(struct far_pg_conn *conn, const Farseat__V1__ReportRequest *request,
                                 const char *time_zone, struct range *ret_range, struct table *ret_table,
                                 struct far_pg_answer *answer)
{
    char today[12];
    const char *why = NULL;
    *ret_table = (struct table){.by = sums_by_name(request->by), .id = request->id};
    if (ret_table->by == SUMS_BY_COUNT)
        return part_refuse(answer, FAR_EINVAL, "by is all, queue, agent, site or number");
    if (ret_table->by == SUMS_ALL && request->id[0])
        return part_refuse(answer, FAR_EINVAL, "id needs by: queue, agent, site or number");
    enum far_err err = range_today(conn, time_zone, today);
    if (err != FAR_OK) return part_zone_error(answer, err);
    err = range_parse(request->from, request->to, request->interval, today, ret_range, &why);
    return err == FAR_OK ? FAR_OK : part_refuse(answer, err, why);
}

enum far_err part_report(struct far_pg_conn *conn, const ProtobufCMessage *message, void *ctx,
                         struct far_pg_answer *answer)
{
    const Farseat__V1__ReportRequest *request = (const Farseat__V1__ReportRequest *)message;
    char time_zone[64];
    struct range range;
    struct table table;
    part_time_zone(ctx, time_zone);
    enum far_err err = request_read(conn, request, time_zone, &range, &table, answer);
    if (err != FAR_OK) return err;
    struct period now = {.result = NULL}, before = {.result = NULL};
    Farseat__V1__ReportReply *reply = far_message_alloc(sizeof(*reply));
    farseat__v1__report_reply__init(reply);
    answer->message = &reply->base;
    reply->time_zone = far_message_strdup(time_zone);
    err = period_read(conn, &range, time_zone, &table, &now);
    if (err == FAR_OK && request->before) {
        struct range earlier = range_before(&range);
        err = period_read(conn, &earlier, time_zone, &table, &before);
    }
    if (err == FAR_OK) err = part_data_until(conn, &reply->data_until_us);
    if (err == FAR_OK) {
        table.cut = now.cut || before.cut;
        rows_fill(&table, &now, true, (struct rows){&reply->totals, &reply->n_totals});
        if (request->before)
            rows_fill(&table, &before, true, (struct rows){&reply->before, &reply->n_before});
        rows_fill(&table, &now, false, (struct rows){&reply->rows, &reply->n_rows});
        if (request->before)
            rows_fill(&table, &before, false, (struct rows){&reply->rows_before, &reply->n_rows_before});
        reply->cut = table.cut;
    }
    period_done(&now);
    period_done(&before);
    return err;
}
