/* SPDX-License-Identifier: Apache-2.0 */
#include "sums.h"
#include "sql.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *key, *filter;
} rows[SUMS_BY_COUNT] = {
    [SUMS_ALL] = {"all", "''", NULL},
    [SUMS_QUEUE] = {"queue", "first_queue_id", "and first_queue_id = $4"},
    [SUMS_SITE] = {"site", "site_id", "and site_id = $4"},
    [SUMS_NUMBER] = {"number", "published", "and published = $4"},
    [SUMS_AGENT] = {"agent", "", "and agent_id = $4"},
};
/* Without a filter its value is there still: a statement must name all its values. */
#define NO_FILTER "and $4::text is null"

enum sums_by sums_by_name(const char *name)
{
    if (name[0] == '\0') return SUMS_ALL;
    for (int by = 0; by < SUMS_BY_COUNT; by++)
        if (strcmp(rows[by].name, name) == 0) return (enum sums_by)by;
    return SUMS_BY_COUNT;
}

/* A copy of text in which each mark is replaced. */
static char *replaced(const char *text, const char *mark, const char *with)
{
    size_t mark_len = strlen(mark), with_len = strlen(with), marks = 0;
    for (const char *at = strstr(text, mark); at; at = strstr(at + mark_len, mark))
        marks++;
    char *out = malloc(strlen(text) + marks * with_len + 1), *end = out;
    if (!out) return NULL;
    for (const char *at = strstr(text, mark); at; at = strstr(text, mark)) {
        memcpy(end, text, (size_t)(at - text));
        end += at - text;
        memcpy(end, with, with_len);
        end += with_len;
        text = at + mark_len;
    }
    memcpy(end, text, strlen(text) + 1);
    return out;
}

char *sums_sql(enum sums_by by, bool one_id)
{
    const char *filter = one_id && rows[by].filter ? rows[by].filter : NO_FILTER;
    char *keyed = replaced(by == SUMS_AGENT ? sql_agent_sums : sql_queue_sums, "/*key*/", rows[by].key);
    char *sql = keyed ? replaced(keyed, "/*filter*/", filter) : NULL;
    free(keyed);
    return sql;
}

enum far_err sums_read(struct far_pg_conn *conn, const struct sums_request *request, PGresult **ret_result)
{
    bool one_id = request->id && request->id[0] && request->by != SUMS_ALL;
    char limit[16];
    char *sql = sums_sql(request->by, one_id);
    if (!sql) return FAR_ENOMEM;
    (void)snprintf(limit, sizeof(limit), "%u", request->rows_max);
    const char *values[] = {request->intervals->text, request->intervals->first_us,
                            request->intervals->last_us, one_id ? request->id : NULL, limit};
    enum far_err err = far_pg_query(conn, sql, 5, values, ret_result);
    free(sql);
    return err;
}

static uint64_t cell(const PGresult *result, int row, int column)
{
    int64_t value = far_pg_i64(result, row, column, 0);
    return value < 0 ? 0 : (uint64_t)value;
}

size_t sums_place(const PGresult *result, int row)
{
    return (size_t)cell(result, row, 0);
}

const char *sums_id(const PGresult *result, int row)
{
    return far_pg_text(result, row, 1);
}

void sums_queue(const PGresult *result, int row, struct kpi_queue_sums *ret_sums)
{
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
        *fields[i] = cell(result, row, 2 + i);
    sums.service_level_ms = (uint32_t)cell(result, row, 2 + (int)FAR_ARRAY_LEN(fields));
    *ret_sums = sums;
}

void sums_agent(const PGresult *result, int row, struct kpi_agent_sums *ret_sums, const char **ret_name)
{
    struct kpi_agent_sums sums;
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
        *fields[i] = cell(result, row, 3 + i);
    sums.outbound_attempts =
        sums.outbound_connects; /* attempts that failed have no part; there are none yet */
    const char *name = far_pg_text(result, row, 2);
    *ret_sums = sums;
    *ret_name = name ? name : "";
}
