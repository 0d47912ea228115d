/* SPDX-License-Identifier: Apache-2.0 */
/* definitions.h - every figure of reports, one a row: what it is called, what it counts, whose definition it
 * is. docs/kpi.md shows this table, consoles and spreadsheets name their columns by it. Pure data. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct kpi_definition {
    const char *id;     /* also of KpiTarget.kpi */
    const char *figure; /* the JSON path in QueueKpi, AgentKpi or Funnel */
    const char *of;     /* queue, agent, funnel */
    const char *zh, *en, *formula_zh, *formula_en;
    const char *source; /* whose definition; "": a plain count or sum */
    const char *unit;   /* count, ms, ratio, score */
    const char *better; /* high, low, neither */
    const char *counts; /* a row of kpi_counts: the contacts behind it; "": none */
};
extern const struct kpi_definition kpi_definitions[];
extern const size_t kpi_definitions_len;

/* Which contacts a figure counts, as a condition on the report table contact (alias c). kpi.c counts by the
 * same rules; a test holds both against each other. */
struct kpi_count {
    const char *name;
    const char *sql;
    const char *agent_sql; /* the same of one agent, $%zu stands for his id; NULL: also, he talked in it */
    bool of_offers; /* of unanswered offers, which have a time of their own, in sql without its last ) */
};
/** NULL: there is no such row. */
const struct kpi_count *kpi_count_find(const char *name);
extern const struct kpi_count kpi_counts[];
extern const size_t kpi_counts_len;
