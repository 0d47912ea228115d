/* SPDX-License-Identifier: Apache-2.0 */
/* KpiReport: one statement a table, each a sum over a range of time that an index serves. */
#include "../kpi/kpi.h"
#include "far/id.h"
#include "far/str.h"
#include "parts.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAYS_MAX 366

struct range {
    char from_us[24], to_us[24], day[12], to_day[12];
    const char *queue_id, *agent_id;
};

/* A day is YYYY-MM-DD; nothing else reaches PostgreSQL. */
static bool day_ok(const char *text, int64_t *ret_days)
{
    int year = 0, month = 0, day = 0, used = 0;
    if (strlen(text) != 10 || sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3 || used != 10)
        return false;
    if (month < 1 || month > 12 || day < 1 || year < 2000) return false;
    int64_t days = far_time_days(year, (unsigned)month, (unsigned)day);
    unsigned back_month = 0, back_day = 0;
    far_time_date(days, &year, &back_month, &back_day);
    *ret_days = days;
    return back_month == (unsigned)month && back_day == (unsigned)day;
}

static enum far_err range_read(struct far_pg_conn *conn, const Farseat__V1__KpiRequest *request,
                               const char *time_zone, struct range *range, struct far_pg_answer *answer)
{
    int64_t first = 0, last = 0;
    const char *to_day = request->to_day[0] ? request->to_day : request->day;
    if (request->day[0] &&
        (!day_ok(request->day, &first) || !day_ok(to_day, &last) || last < first || last - first >= DAYS_MAX))
        return part_refuse(answer, FAR_EINVAL,
                           "day and toDay are YYYY-MM-DD, in this order, at most 366 days; empty: today");
    const char *values[] = {request->day[0] ? request->day : NULL, request->day[0] ? to_day : NULL,
                            time_zone};
    PGresult *result = NULL;
    enum far_err err =
        far_pg_query(conn,
                     "with d as (select coalesce($1::date, (now() at time zone $3)::date) as first, "
                     "coalesce($2::date, (now() at time zone $3)::date) as last) "
                     "select (extract(epoch from first::timestamp at time zone $3) * 1000000)::bigint, "
                     "(extract(epoch from (last + 1)::timestamp at time zone $3) * 1000000)::bigint, "
                     "first::text, last::text from d",
                     3, values, &result);
    if (err == FAR_EINVAL)
        return part_refuse(
            answer, err,
            "the centre's time zone is not known to PostgreSQL: centre.time_zone takes an IANA name");
    if (err != FAR_OK) return err;
    (void)far_str_copy(range->from_us, sizeof(range->from_us), far_pg_text(result, 0, 0));
    (void)far_str_copy(range->to_us, sizeof(range->to_us), far_pg_text(result, 0, 1));
    (void)far_str_copy(range->day, sizeof(range->day), far_pg_text(result, 0, 2));
    (void)far_str_copy(range->to_day, sizeof(range->to_day), far_pg_text(result, 0, 3));
    range->queue_id = request->queue_id[0] ? request->queue_id : NULL;
    range->agent_id = request->agent_id[0] ? request->agent_id : NULL;
    PQclear(result);
    return FAR_OK;
}

static uint64_t cell(const PGresult *result, int row, int column)
{
    int64_t value = far_pg_i64(result, row, column, 0);
    return value < 0 ? 0 : (uint64_t)value;
}

/* A result's message without its storage: a copy that stands alone. */
static ProtobufCMessage *detach(const ProtobufCMessage *message)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    uint8_t *packed = far_message_alloc(len + 1);
    protobuf_c_message_pack(message, packed);
    ProtobufCMessage *copy = protobuf_c_message_unpack(message->descriptor, NULL, len, packed);
    free(packed);
    if (!copy) abort();
    return copy;
}

#define ANSWERED   "result = 4"
#define ABANDONED  "result = 5"
#define OVERFLOWED "result = 6"
#define QUEUED     "result in (4, 5, 6)"

static enum far_err queues_fill(struct far_pg_conn *conn, const struct range *range,
                                Farseat__V1__KpiReply *reply)
{
    const char *values[] = {range->from_us, range->to_us, range->queue_id};
    PGresult *result = NULL;
    enum far_err err = far_pg_query(
        conn,
        "select first_queue_id, count(*), count(*) filter (where " ANSWERED
        "), count(*) filter (where " ABANDONED "), "
        "count(*) filter (where " ABANDONED " and short_abandon), count(*) filter (where " OVERFLOWED "), "
        "count(*) filter (where " ANSWERED " and wait_ms <= service_level_ms), "
        "count(*) filter (where " ABANDONED " and wait_ms <= service_level_ms), "
        "coalesce(sum(wait_ms) filter (where " ANSWERED
        "), 0), coalesce(sum(wait_ms) filter (where " ABANDONED "), 0), "
        "max(wait_ms), coalesce(sum(talk_ms) filter (where " ANSWERED "), 0), "
        "coalesce(sum(hold_ms) filter (where " ANSWERED "), 0), "
        "coalesce(sum(after_call_work_ms) filter (where " ANSWERED "), 0), "
        "coalesce(sum(parts) filter (where " ANSWERED "), 0), coalesce(sum(transfers) filter (where " ANSWERED
        "), 0), "
        "count(*) filter (where survey_pushed), count(*) filter (where survey_answered), "
        "coalesce(sum(survey_score) filter (where survey_answered), 0), "
        "(array_agg(service_level_ms order by started_at_us desc))[1] "
        "from contact where started_at_us >= $1 and started_at_us < $2 and " QUEUED
        " and ($3::text is null or first_queue_id = $3) group by first_queue_id order by first_queue_id "
        "limit 1000",
        3, values, &result);
    if (err != FAR_OK) return err;
    struct kpi_queue_sums all = {0};
    size_t rows = (size_t)PQntuples(result);
    reply->queues = rows ? far_message_alloc(rows * sizeof(reply->queues[0])) : NULL;
    for (int row = 0; row < (int)rows; row++) {
        struct kpi_queue_sums sums;
        uint64_t *const fields[] = {&sums.offered,
                                    &sums.answered,
                                    &sums.abandoned,
                                    &sums.short_abandoned,
                                    &sums.overflowed,
                                    &sums.answered_within,
                                    &sums.abandoned_within,
                                    &sums.wait_ms_answered,
                                    &sums.wait_ms_abandoned,
                                    &sums.wait_ms_max,
                                    &sums.talk_ms,
                                    &sums.hold_ms,
                                    &sums.after_call_work_ms,
                                    &sums.handled,
                                    &sums.transfers,
                                    &sums.surveys_pushed,
                                    &sums.surveys_answered,
                                    &sums.survey_score_sum};
        for (int i = 0; i < (int)FAR_ARRAY_LEN(fields); i++)
            *fields[i] = cell(result, row, 1 + i);
        sums.service_level_ms = (uint32_t)cell(result, row, 19);
        struct kpi_queue_result figures;
        kpi_queue(&sums, far_pg_text(result, row, 0), &figures);
        reply->queues[reply->n_queues++] = (Farseat__V1__QueueKpi *)detach(&figures.kpi.base);
        kpi_queue_merge(&all, &sums);
    }
    PQclear(result);
    struct kpi_queue_result figures;
    kpi_queue(&all, "", &figures);
    reply->all = (Farseat__V1__QueueKpi *)detach(&figures.kpi.base);
    return FAR_OK;
}

static enum far_err agents_fill(struct far_pg_conn *conn, const struct range *range,
                                Farseat__V1__KpiReply *reply)
{
    const char *values[] = {range->from_us, range->to_us, range->agent_id};
    PGresult *result = NULL;
    enum far_err err = far_pg_query(
        conn,
        "with p as (select agent_id, count(*) as handled, sum(talk_ms) as talk, sum(hold_ms) as hold, "
        "sum(after_call_work_ms) as work, count(*) filter (where transferred) as transfers, "
        "count(*) filter (where direction = 2) as outbound from contact_part "
        "where started_at_us >= $1 and started_at_us < $2 group by agent_id), "
        "m as (select agent_id, count(*) as missed from missed_offer where at_us >= $1 and at_us < $2 group "
        "by agent_id), "
        "a as (select agent_id, max(agent_name) as name, "
        "sum(duration_ms) filter (where state = 2) as ready, sum(duration_ms) filter (where state = 1) as "
        "not_ready, "
        "sum(duration_ms) filter (where state in (3, 4)) as ringing, sum(duration_ms) filter (where state = "
        "5) as talk, "
        "sum(duration_ms) filter (where state = 6) as hold, sum(duration_ms) filter (where state = 7) as "
        "work "
        "from agent_activity where started_at_us >= $1 and started_at_us < $2 group by agent_id) "
        "select coalesce(p.agent_id, m.agent_id, a.agent_id) as id, a.name, p.handled, p.talk, p.hold, "
        "p.work, "
        "p.transfers, p.outbound, m.missed, a.ready, a.not_ready, a.ringing, a.talk, a.hold, a.work "
        "from p full join m using (agent_id) full join a on a.agent_id = coalesce(p.agent_id, m.agent_id) "
        "where $3::text is null or coalesce(p.agent_id, m.agent_id, a.agent_id) = $3 order by id limit 10000",
        3, values, &result);
    if (err != FAR_OK) return err;
    size_t rows = (size_t)PQntuples(result);
    reply->agents = rows ? far_message_alloc(rows * sizeof(reply->agents[0])) : NULL;
    for (int row = 0; row < (int)rows; row++) {
        struct kpi_agent_sums sums = {.outbound_attempts = 0};
        uint64_t *const fields[] = {&sums.handled,
                                    &sums.talk_ms,
                                    &sums.hold_ms,
                                    &sums.after_call_work_ms,
                                    &sums.transfers,
                                    &sums.outbound_connects,
                                    &sums.missed,
                                    &sums.ready_ms,
                                    &sums.not_ready_ms,
                                    &sums.ringing_ms,
                                    &sums.state_talk_ms,
                                    &sums.state_hold_ms,
                                    &sums.state_after_call_work_ms};
        for (int i = 0; i < (int)FAR_ARRAY_LEN(fields); i++)
            *fields[i] = cell(result, row, 2 + i);
        sums.outbound_attempts =
            sums.outbound_connects; /* attempts that failed have no part; there are none yet */
        const char *name = far_pg_text(result, row, 1);
        struct kpi_agent_result figures;
        kpi_agent(&sums, far_pg_text(result, row, 0), name ? name : "", &figures);
        reply->agents[reply->n_agents++] = (Farseat__V1__AgentKpi *)detach(&figures.kpi.base);
    }
    PQclear(result);
    return FAR_OK;
}

static enum far_err funnel_fill(struct far_pg_conn *conn, const struct range *range,
                                Farseat__V1__KpiReply *reply)
{
    const char *values[] = {range->from_us, range->to_us};
    PGresult *result = NULL;
    enum far_err err = far_pg_query(
        conn,
        "select (select coalesce(sum(calls), 0) from calls_refused where at_us >= $1 and at_us < $2), "
        "count(*), count(*) filter (where result = 1), count(*) filter (where result = 2), "
        "count(*) filter (where result not in (1, 2, 4, 5, 6)), count(*) filter (where " QUEUED "), "
        "count(*) filter (where " ANSWERED "), count(*) filter (where " ABANDONED "), "
        "count(*) filter (where " OVERFLOWED "), "
        "(select coalesce(max(started_at_us), 0) from contact) "
        "from contact where started_at_us >= $1 and started_at_us < $2",
        2, values, &result);
    if (err != FAR_OK) return err;
    Farseat__V1__Funnel *funnel = far_message_alloc(sizeof(*funnel));
    farseat__v1__funnel__init(funnel);
    uint64_t at_door = cell(result, 0, 0);
    funnel->arrived = at_door + cell(result, 0, 1);
    funnel->refused = at_door + cell(result, 0, 2);
    funnel->ivr_served = cell(result, 0, 3);
    funnel->ivr_abandoned = cell(result, 0, 4);
    funnel->queued = cell(result, 0, 5);
    funnel->answered = cell(result, 0, 6);
    funnel->abandoned = cell(result, 0, 7);
    funnel->overflowed = cell(result, 0, 8);
    reply->data_until_us = (int64_t)cell(result, 0, 9);
    reply->funnel = funnel;
    PQclear(result);
    return FAR_OK;
}

enum far_err part_kpi_report(struct far_pg_conn *conn, const ProtobufCMessage *message, void *ctx,
                             struct far_pg_answer *answer)
{
    const Farseat__V1__KpiRequest *request = (const Farseat__V1__KpiRequest *)message;
    char time_zone[64];
    part_time_zone(ctx, time_zone);
    struct range range;
    enum far_err err = range_read(conn, request, time_zone, &range, answer);
    if (err != FAR_OK) return err;
    Farseat__V1__KpiReply *reply = far_message_alloc(sizeof(*reply));
    farseat__v1__kpi_reply__init(reply);
    reply->day = far_message_strdup(range.day);
    reply->to_day = far_message_strdup(range.to_day);
    reply->time_zone = far_message_strdup(time_zone);
    answer->message = &reply->base;
    err = funnel_fill(conn, &range, reply);
    if (err == FAR_OK) err = queues_fill(conn, &range, reply);
    if (err == FAR_OK) err = agents_fill(conn, &range, reply);
    return err;
}

enum far_err report_day_begin(struct far_pg_conn *conn, const char *time_zone, int64_t *ret_begin_us)
{
    const char *values[] = {time_zone};
    PGresult *result = NULL;
    enum far_err err =
        far_pg_query(conn,
                     "select (extract(epoch from (now() at time zone $1)::date::timestamp at time zone "
                     "$1) * 1000000)::bigint",
                     1, values, &result);
    if (err != FAR_OK) return err;
    *ret_begin_us = far_pg_i64(result, 0, 0, 0);
    PQclear(result);
    return FAR_OK;
}
