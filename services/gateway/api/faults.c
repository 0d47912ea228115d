/* SPDX-License-Identifier: Apache-2.0 */
#include "faults.h"
#include "far/str.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLOCK_US_MAX     2000000
#define LAG_MAX          1000  /* entries of the log */
#define RECORDS_MAX      1000  /* unstored, at the ACD */
#define EXPORT_MAX       10000 /* records not in Kafka */
#define REPORTS_S_MAX    60
#define FULL_PARTS       0.9
#define SEVERITY_FAILED  "failed"
#define SEVERITY_DEGRADE "degraded"

static const struct {
    const char *code, *severity, *meaning, *remedy;
} rows[FAULT_COUNT] = {
#define X(name, code, severity, meaning, remedy) {code, severity, meaning, remedy},
    FAULT_MAP(X)
#undef X
};

/* Which fault a check that is not well stands for. The first row that fits counts. */
static const struct {
    const char *program, *check; /* NULL: any */
    const char *state;           /* NULL: any that is not ok */
    enum fault fault;
} check_rows[] = {
    {NULL, "service", NULL, FAULT_SERVICE_STARTS},
    {NULL, "bus", NULL, FAULT_BUS_AWAY},
    {NULL, "postgres", NULL, FAULT_POSTGRES_AWAY},
    {NULL, "kafka", NULL, FAULT_KAFKA_AWAY},
    {NULL, "certificate", NULL, FAULT_CERTIFICATE},
    {"acd", "log", NULL, FAULT_ACD_LOG},
    {"acd", "replica", NULL, FAULT_ACD_HALTED},
    {"edge", "log", NULL, FAULT_EDGE_BACKLOG},
    {"edge", "acd", NULL, FAULT_NO_CREDIT},
    {"edge", "prompts", NULL, FAULT_PROMPTS_OLD},
    {"recording", "store", "failed", FAULT_RECORDING_FAILS},
    {"recording", "store", NULL, FAULT_DISK_LOW},
    {"analytics", "ingest", NULL, FAULT_REPORTS_LAG},
    {"analytics", "acd", NULL, FAULT_LIVE_STALE},
    {NULL, NULL, NULL, FAULT_CHECK},
};
/* Figures that say that something is wrong, whatever the checks say. */
static const struct {
    const char *program, *figure;
    double max; /* above it; of_limit: of its limit */
    bool of_limit;
    enum fault fault;
} figure_rows[] = {
    {"acd", "farseat_acd_lag", LAG_MAX, false, FAULT_ACD_BEHIND},
    {"acd", "farseat_acd_records_unstored", RECORDS_MAX, false, FAULT_RECORDS_WAIT},
    {"edge", "farseat_edge_legs", FULL_PARTS, true, FAULT_EDGE_FULL},
    {"edge", "farseat_edge_incoming_legs", FULL_PARTS, true, FAULT_EDGE_FULL},
    {"analytics", "farseat_analytics_export_lag", EXPORT_MAX, false, FAULT_EXPORT_LAGS},
    {"analytics", "farseat_analytics_ingest_lag_seconds", REPORTS_S_MAX, false, FAULT_REPORTS_LAG},
};
static const struct {
    const char *program;
    enum fault fault;
} silent_rows[] = {
    {"edge", FAULT_EDGE_SILENT},         {"recording", FAULT_RECORDER_AWAY},
    {"analytics", FAULT_ANALYTICS_AWAY}, {"ticketing", FAULT_TICKETING_AWAY},
    {"acd", FAULT_SERVICE_SILENT}, /* whether one leads is what counts */
};

/* ---- adding --------------------------------------------------------------------------------------- */

static void add(struct faults *faults, enum fault fault, const char *instance, const char *severity,
                const char *text)
{
    for (size_t i = 0; i < faults->len; i++)
        if (faults->rows[i].code == rows[fault].code && strcmp(faults->instances[i], instance) == 0) return;
    if (faults->len == FAULTS_MAX) return;
    Farseat__V1__SystemFault *row = &faults->rows[faults->len];
    farseat__v1__system_fault__init(row);
    (void)far_str_copy(faults->instances[faults->len], sizeof(faults->instances[0]), instance);
    (void)far_str_copy(faults->texts[faults->len], sizeof(faults->texts[0]), text);
    row->code = (char *)(uintptr_t)rows[fault].code;
    row->severity = (char *)(uintptr_t)(severity ? severity : rows[fault].severity);
    row->instance = faults->instances[faults->len];
    row->text = faults->texts[faults->len];
    faults->len++;
}

static bool is_silent(const struct faults_heard *heard)
{
    return heard->age_ms > FAULT_SILENT_MS;
}

static bool is_program(const struct faults_heard *heard, const char *program)
{
    return strcmp(heard->service->program, program) == 0;
}

static const Farseat__V1__LoadFigure *figure_of(const Farseat__V1__LiveService *service, const char *name)
{
    for (size_t i = 0; i < service->n_load; i++)
        if (strcmp(service->load[i]->name, name) == 0) return service->load[i];
    return NULL;
}

/* ---- each instance -------------------------------------------------------------------------------- */

static void judge_silence(struct faults *faults, const struct faults_heard *heard)
{
    char text[FAULT_TEXT_SIZE];
    enum fault fault = FAULT_SERVICE_SILENT;
    for (size_t i = 0; i < FAR_ARRAY_LEN(silent_rows); i++)
        if (is_program(heard, silent_rows[i].program)) fault = silent_rows[i].fault;
    if (heard->age_ms == UINT64_MAX)
        (void)snprintf(text, sizeof(text), "it was never heard");
    else
        (void)snprintf(text, sizeof(text), "last heard %llu s ago", (unsigned long long)heard->age_ms / 1000);
    add(faults, fault, heard->service->instance, NULL, text);
}

static void judge_checks(struct faults *faults, const Farseat__V1__LiveService *service)
{
    for (size_t i = 0; i < service->n_checks; i++) {
        const Farseat__V1__HealthCheck *check = service->checks[i];
        char text[FAULT_TEXT_SIZE];
        if (strcmp(check->state, "ok") == 0) continue;
        size_t row = 0;
        while ((check_rows[row].program && strcmp(check_rows[row].program, service->program) != 0) ||
               (check_rows[row].check && strcmp(check_rows[row].check, check->name) != 0) ||
               (check_rows[row].state && strcmp(check_rows[row].state, check->state) != 0))
            row++; /* the last row fits all */
        (void)snprintf(text, sizeof(text), "%s%s%.200s",
                       check_rows[row].fault == FAULT_CHECK ? check->name : "",
                       check_rows[row].fault == FAULT_CHECK ? ": " : "", check->text);
        add(faults, check_rows[row].fault, service->instance,
            strcmp(check->state, SEVERITY_FAILED) == 0 ? SEVERITY_FAILED : SEVERITY_DEGRADE, text);
    }
}

static void judge_figures(struct faults *faults, const Farseat__V1__LiveService *service)
{
    for (size_t i = 0; i < FAR_ARRAY_LEN(figure_rows); i++) {
        const Farseat__V1__LoadFigure *figure = figure_of(service, figure_rows[i].figure);
        char text[FAULT_TEXT_SIZE];
        if (!figure || strcmp(service->program, figure_rows[i].program) != 0) continue;
        if (figure_rows[i].of_limit && figure->limit <= 0) continue; /* no credit is a check of its own */
        double value = figure_rows[i].of_limit ? figure->value / figure->limit : figure->value;
        if (value <= figure_rows[i].max) continue;
        if (figure->limit > 0)
            (void)snprintf(text, sizeof(text), "%s: %.0f of %.0f", figure->name, figure->value,
                           figure->limit);
        else
            (void)snprintf(text, sizeof(text), "%s: %.0f%s%s", figure->name, figure->value,
                           figure->unit[0] ? " " : "", figure->unit);
        add(faults, figure_rows[i].fault, service->instance, NULL, text);
    }
}

static void judge_clock(struct faults *faults, const struct faults_heard *heard)
{
    char text[FAULT_TEXT_SIZE];
    if (heard->offset_us <= CLOCK_US_MAX && heard->offset_us >= -CLOCK_US_MAX) return;
    (void)snprintf(text, sizeof(text), "its clock is %.1f s %s", (double)llabs(heard->offset_us) / 1e6,
                   heard->offset_us > 0 ? "ahead" : "behind");
    add(faults, FAULT_CLOCKS_DIFFER, heard->service->instance, NULL, text);
}

/* ---- all of them ---------------------------------------------------------------------------------- */

static void judge_leader(struct faults *faults, const struct faults_input *input)
{
    size_t alive = 0, leaders = 0;
    const char *last = "";
    for (size_t i = 0; i < input->heard_len; i++) {
        const struct faults_heard *heard = &input->heard[i];
        if (!is_program(heard, "acd") || is_silent(heard)) continue;
        const Farseat__V1__LoadFigure *leader = figure_of(heard->service, "farseat_acd_leader");
        alive++;
        leaders += leader && leader->value > 0;
        last = heard->service->instance;
    }
    if (leaders == 0)
        add(faults, FAULT_ACD_NO_LEADER, "", NULL,
            alive > 0 ? "those that are there do not lead" : "no ACD process is heard");
    if (alive == 1) add(faults, FAULT_ACD_NO_SPARE, last, NULL, "it is the only one that is heard");
}

static bool is_heard(const struct faults_input *input, const char *instance)
{
    for (size_t i = 0; i < input->heard_len; i++)
        if (strcmp(input->heard[i].service->instance, instance) == 0) return true;
    return false;
}

/* Edges of the configuration that never spoke since we listen. */
static void judge_absent(struct faults *faults, const struct faults_input *input)
{
    const Farseat__V1__CentreConfig *config = input->config;
    for (size_t i = 0; config && i < config->n_sites; i++)
        for (size_t j = 0; j < config->sites[i]->n_edges; j++)
            if (!is_heard(input, config->sites[i]->edges[j]))
                add(faults, FAULT_EDGE_SILENT, config->sites[i]->edges[j], NULL,
                    "the configuration names it, but it was never heard");
}

static void judge_versions(struct faults *faults, const struct faults_input *input)
{
    for (size_t i = 0; i < input->heard_len; i++)
        for (size_t j = 0; j < i; j++) {
            const Farseat__V1__LiveService *one = input->heard[i].service, *other = input->heard[j].service;
            char text[FAULT_TEXT_SIZE];
            if (is_silent(&input->heard[i]) || is_silent(&input->heard[j])) continue;
            if (strcmp(one->program, other->program) != 0 || strcmp(one->version, other->version) == 0)
                continue;
            (void)snprintf(text, sizeof(text), "%.60s here, %.60s at %.63s", one->version, other->version,
                           other->instance);
            add(faults, FAULT_VERSIONS_DIFFER, one->instance, NULL, text);
        }
}

static int compare(const void *a, const void *b)
{
    const Farseat__V1__SystemFault *one = a, *other = b;
    int order = -strcmp(one->severity, other->severity); /* "failed" before "degraded" */
    if (order == 0) order = strcmp(one->code, other->code);
    return order != 0 ? order : strcmp(one->instance, other->instance);
}

void faults_judge(const struct faults_input *input, struct faults *ret_faults)
{
    ret_faults->len = 0;
    if (!input->bus_connected) { /* what we know is old then */
        add(ret_faults, FAULT_BUS_AWAY, input->instance, NULL, "this gateway has no connection to the bus");
        return;
    }
    for (size_t i = 0; i < input->heard_len; i++) {
        const struct faults_heard *heard = &input->heard[i];
        if (is_silent(heard)) {
            judge_silence(ret_faults, heard);
            continue;
        }
        judge_checks(ret_faults, heard->service);
        judge_figures(ret_faults, heard->service);
        judge_clock(ret_faults, heard);
    }
    if (!input->settled)
        add(ret_faults, FAULT_LISTENING, input->instance, NULL, "it has begun within the last seconds");
    if (input->settled) judge_leader(ret_faults, input);
    if (input->settled) judge_absent(ret_faults, input);
    judge_versions(ret_faults, input);
    qsort(ret_faults->rows, ret_faults->len, sizeof(ret_faults->rows[0]), compare);
}

void faults_reference(struct far_buf *out)
{
    far_buf_add_text(out, "# Faults\n\n`GET /api/v1/system` and `farseatctl get services` name what does not "
                          "work by these codes.\n\n| code | at worst | what it means | what to do |\n"
                          "| --- | --- | --- | --- |\n");
    for (size_t i = 0; i < FAULT_COUNT; i++)
        far_buf_addf(out, "| `%s` | %s | %s | %s |\n", rows[i].code, rows[i].severity, rows[i].meaning,
                     rows[i].remedy);
}
