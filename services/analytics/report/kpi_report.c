/* SPDX-License-Identifier: Apache-2.0 */
/* KpiReport: the figures of days, out of the same sums as Report's (sums.h), and the funnel. */
#include "parts.h"
#include "sums.h"
#include <stdlib.h>
#include <string.h>

#define DAYS_MAX   366
#define QUEUES_MAX 1000
#define AGENTS_MAX 10000

static enum far_err range_read(struct far_pg_conn *conn, const Farseat__V1__KpiRequest *request,
                               const char *time_zone, struct range *ret_range, struct far_pg_answer *answer)
{
    char today[12];
    if (request->day[0] == '\0') {
        enum far_err err = range_today(conn, time_zone, today);
        if (err != FAR_OK) return part_zone_error(answer, err);
    }
    const char *day = request->day[0] ? request->day : today;
    const char *to_day = request->day[0] && request->to_day[0] ? request->to_day : day;
    if (range_days(day, to_day, ret_range) != FAR_OK ||
        ret_range->last_min - ret_range->first_min > DAYS_MAX * 1440)
        return part_refuse(answer, FAR_EINVAL,
                           "day and toDay are YYYY-MM-DD, in this order, at most 366 days; empty: today");
    return FAR_OK;
}

static enum far_err queues_fill(struct far_pg_conn *conn, const struct intervals *intervals,
                                const char *queue_id, Farseat__V1__KpiReply *reply)
{
    const struct sums_request request = {
        .intervals = intervals, .by = SUMS_QUEUE, .id = queue_id, .rows_max = 2 * QUEUES_MAX};
    PGresult *result = NULL;
    enum far_err err = sums_read(conn, &request, &result);
    if (err != FAR_OK) return err;
    struct kpi_queue_sums all = {0}, sums;
    struct kpi_queue_result figures;
    size_t rows = (size_t)PQntuples(result);
    reply->queues = rows ? far_message_alloc(rows * sizeof(reply->queues[0])) : NULL;
    for (int row = 0; row < (int)rows && sums_place(result, row) == 0; row++) {
        sums_queue(result, row, &sums);
        kpi_queue(&sums, sums_id(result, row), &figures);
        reply->queues[reply->n_queues++] = (Farseat__V1__QueueKpi *)part_detach(&figures.kpi.base);
        kpi_queue_merge(&all, &sums);
    }
    PQclear(result);
    kpi_queue(&all, "", &figures);
    reply->all = (Farseat__V1__QueueKpi *)part_detach(&figures.kpi.base);
    return FAR_OK;
}

static enum far_err agents_fill(struct far_pg_conn *conn, const struct intervals *intervals,
                                const char *agent_id, Farseat__V1__KpiReply *reply)
{
    const struct sums_request request = {
        .intervals = intervals, .by = SUMS_AGENT, .id = agent_id, .rows_max = AGENTS_MAX};
    PGresult *result = NULL;
    enum far_err err = sums_read(conn, &request, &result);
    if (err != FAR_OK) return err;
    size_t rows = (size_t)PQntuples(result);
    reply->agents = rows ? far_message_alloc(rows * sizeof(reply->agents[0])) : NULL;
    for (int row = 0; row < (int)rows && sums_place(result, row) == 0; row++) {
        struct kpi_agent_sums sums;
        struct kpi_agent_result figures;
        const char *name = NULL;
        sums_agent(result, row, &sums, &name);
        kpi_agent(&sums, sums_id(result, row), name, &figures);
        reply->agents[reply->n_agents++] = (Farseat__V1__AgentKpi *)part_detach(&figures.kpi.base);
    }
    PQclear(result);
    return FAR_OK;
}

static enum far_err funnel_fill(struct far_pg_conn *conn, const struct intervals *intervals,
                                Farseat__V1__KpiReply *reply)
{
    const char *values[] = {intervals->first_us, intervals->last_us};
    PGresult *result = NULL;
    enum far_err err = far_pg_query(
        conn,
        "select (select coalesce(sum(calls), 0) from calls_refused where at_us >= $1 and at_us < $2), "
        "count(*), count(*) filter (where result = 1), count(*) filter (where result = 2), "
        "count(*) filter (where result not in (1, 2, 4, 5, 6)), count(*) filter (where result in (4, 5, 6)), "
        "count(*) filter (where result = 4), count(*) filter (where result = 5), "
        "count(*) filter (where result = 6) from contact where started_at_us >= $1 and started_at_us < $2",
        2, values, &result);
    if (err != FAR_OK) return err;
    Farseat__V1__Funnel *funnel = far_message_alloc(sizeof(*funnel));
    farseat__v1__funnel__init(funnel);
    uint64_t at_door = (uint64_t)far_pg_i64(result, 0, 0, 0);
    uint64_t *const fields[] = {&funnel->arrived,       &funnel->refused,   &funnel->ivr_served,
                                &funnel->ivr_abandoned, &funnel->queued,    &funnel->answered,
                                &funnel->abandoned,     &funnel->overflowed};
    for (int i = 0; i < (int)FAR_ARRAY_LEN(fields); i++)
        *fields[i] = (uint64_t)far_pg_i64(result, 0, 1 + i, 0);
    funnel->arrived += at_door;
    funnel->refused += at_door;
    reply->funnel = funnel;
    PQclear(result);
    return FAR_OK;
}

enum far_err part_kpi_report(struct far_pg_conn *conn, const ProtobufCMessage *message, void *ctx,
                             struct far_pg_answer *answer)
{
    const Farseat__V1__KpiRequest *request = (const Farseat__V1__KpiRequest *)message;
    char time_zone[64], day[12];
    struct range range;
    struct intervals intervals;
    part_time_zone(ctx, time_zone);
    enum far_err err = range_read(conn, request, time_zone, &range, answer);
    if (err != FAR_OK) return err;
    err = intervals_make(conn, &range, time_zone, &intervals);
    if (err != FAR_OK) return part_zone_error(answer, err);
    Farseat__V1__KpiReply *reply = far_message_alloc(sizeof(*reply));
    farseat__v1__kpi_reply__init(reply);
    answer->message = &reply->base;
    range_day(range.first_min, day);
    reply->day = far_message_strdup(day);
    range_day(range.last_min - 1, day);
    reply->to_day = far_message_strdup(day);
    reply->time_zone = far_message_strdup(time_zone);
    err = funnel_fill(conn, &intervals, reply);
    if (err == FAR_OK) err = part_data_until(conn, &reply->data_until_us);
    if (err == FAR_OK) err = queues_fill(conn, &intervals, request->queue_id, reply);
    if (err == FAR_OK) err = agents_fill(conn, &intervals, request->agent_id, reply);
    intervals_done(&intervals);
    return err;
}

enum far_err report_day_begin(struct far_pg_conn *conn, const char *time_zone, int64_t *ret_begin_us)
{
    const char *values[] = {time_zone};
    PGresult *result = NULL;
    enum far_err err = far_pg_query(
        conn, "select local_instant((now() at time zone $1)::date::timestamp, $1)", 1, values, &result);
    if (err != FAR_OK) return err;
    *ret_begin_us = far_pg_i64(result, 0, 0, 0);
    PQclear(result);
    return FAR_OK;
}
