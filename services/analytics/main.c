/* SPDX-License-Identifier: Apache-2.0 */
/* farseat-analytics: live figures, export to Kafka, ingest from Kafka, reports. This file only wires. */
#include "export/exporter.h"
#include "far/buf.h"
#include "far/clock.h"
#include "far/health.h"
#include "far/log.h"
#include "far/service.h"
#include "far/service_bus.h"
#include "far/str.h"
#include "far/stream.h"
#include "ingest/facts.h"
#include "ingest/ingest.h"
#include "live/live.h"
#include "report/definitions.h"
#include "report/report.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBSERVE_MS 1000
#define DAY_MS     30000
#define RECORDS_MS 2000

struct report_config {
    const char *time_zone;
};

static struct {
    struct far_service_bus_config bus_config;
    struct far_pg_config pg_config;
    struct kafka_config kafka_config;
    struct report_config report_config;

    struct far_service *service;
    struct far_bus *bus;
    struct far_pg *pg;
    struct exporter *exporter;
    struct ingest *ingest;
    struct far_pg_reader *facts;
    struct live *live;
    struct far_pg_methods *methods;
    struct far_bus_subscription *live_get;
    struct report_context context;
    uint64_t observe_timer, day_timer, records_timer;
    bool day_under_way, looking;
    int64_t day_begin_us;
} analytics = {.context = {.lock = PTHREAD_MUTEX_INITIALIZER}};

static const struct far_config_row report_rows[] = {
    {.path = "reports.time_zone",
     .type = FAR_CONFIG_STRING,
     .offset = offsetof(struct report_config, time_zone),
     .default_text = "Asia/Shanghai",
     .max = 63,
     .help = "Time zone of days until the centre's own (centre.time_zone) is known"},
};

enum metric {
    M_OWNER,
    M_EXPORTED,
    M_REPEATS,
    M_GAPS,
    M_EXPORT_FAILURES,
    M_STORED,
    M_SKIPPED,
    M_INGEST_FAILURES,
    M_EXPORT_LAG,
    M_INGEST_LAG
};
static struct far_metric metric_rows[] = {
    [M_OWNER] = {.name = "farseat_analytics_exporter", .type = FAR_GAUGE, .help = "1: this process exports."},
    [M_EXPORTED] = {.name = "farseat_analytics_exported_total",
                    .type = FAR_COUNTER,
                    .help = "Records committed to Kafka."},
    [M_REPEATS] = {.name = "farseat_analytics_repeats_total",
                   .type = FAR_COUNTER,
                   .help = "Records seen before, dropped."},
    [M_GAPS] = {.name = "farseat_analytics_gaps_total",
                .type = FAR_COUNTER,
                .help =
                    "Numbers of records that never came. Above 0: a defect, or a stream that overflowed."},
    [M_EXPORT_FAILURES] = {.name = "farseat_analytics_export_failures_total",
                           .type = FAR_COUNTER,
                           .help = "Attempts that were done again."},
    [M_STORED] = {.name = "farseat_analytics_ingested_total",
                  .type = FAR_COUNTER,
                  .help = "Messages of Kafka stored in report tables."},
    [M_SKIPPED] = {.name = "farseat_analytics_skipped_total",
                   .type = FAR_COUNTER,
                   .help = "Messages that are no records of ours."},
    [M_INGEST_FAILURES] = {.name = "farseat_analytics_ingest_failures_total",
                           .type = FAR_COUNTER,
                           .help = "Attempts that were done again."},
    [M_EXPORT_LAG] = {.name = "farseat_analytics_export_lag",
                      .type = FAR_GAUGE,
                      .help =
                          "Entries of stream REC that are not in Kafka yet, at the process that exports."},
    [M_INGEST_LAG] = {.name = "farseat_analytics_ingest_lag_seconds",
                      .type = FAR_GAUGE,
                      .help = "Age of the oldest record that was read from Kafka and is in no report yet.",
                      .divisor = 1000},
};

/* ---- what waits in stream REC ----------------------------------------------------------------------- */

static void records_seen(void *ctx, enum far_err err, const struct far_stream_info *info)
{
    (void)ctx;
    analytics.looking = false;
    if (err != FAR_OK || !analytics.exporter) return;
    struct exporter_stats stats;
    exporter_stats(analytics.exporter, &stats);
    bool known = stats.owner && stats.loaded; /* else another one exports, or Kafka has not been there yet */
    uint64_t lag = info->last_seq > stats.sequence ? info->last_seq - stats.sequence : 0;
    far_metric_set(&metric_rows[M_EXPORT_LAG], known ? (int64_t)lag : 0);
}

static void records_look(void *arg, uint64_t timer)
{
    (void)arg;
    (void)timer;
    if (analytics.exporter && !analytics.looking)
        analytics.looking =
            far_stream_get_info(analytics.bus, FAR_STREAM_RECORDS, records_seen, NULL) == FAR_OK;
}

static void observe(void *arg, uint64_t timer)
{
    (void)arg;
    (void)timer;
    if (analytics.exporter) {
        struct exporter_stats stats;
        exporter_stats(analytics.exporter, &stats);
        far_metric_set(&metric_rows[M_OWNER], stats.owner);
        far_metric_set(&metric_rows[M_EXPORTED], (int64_t)stats.exported);
        far_metric_set(&metric_rows[M_REPEATS], (int64_t)stats.repeats);
        far_metric_set(&metric_rows[M_GAPS], (int64_t)stats.gaps);
        far_metric_set(&metric_rows[M_EXPORT_FAILURES], (int64_t)stats.failures);
    }
    if (analytics.ingest) {
        struct ingest_stats stats;
        ingest_stats(analytics.ingest, &stats);
        far_metric_set(&metric_rows[M_STORED], (int64_t)stats.stored);
        far_metric_set(&metric_rows[M_SKIPPED], (int64_t)stats.skipped);
        far_metric_set(&metric_rows[M_INGEST_FAILURES], (int64_t)stats.failures);
        far_metric_set(&metric_rows[M_INGEST_LAG], (int64_t)stats.lag_ms);
    }
}

/* ---- the day, by the centre's time zone ----------------------------------------------------------- */

static enum far_err day_work(struct far_pg_conn *conn, void *arg)
{
    (void)arg;
    char time_zone[64];
    pthread_mutex_lock(&analytics.context.lock);
    memcpy(time_zone, analytics.context.time_zone, sizeof(time_zone));
    pthread_mutex_unlock(&analytics.context.lock);
    return report_day_begin(conn, time_zone, &analytics.day_begin_us);
}

static void day_done(enum far_err err, void *arg)
{
    (void)arg;
    analytics.day_under_way = false;
    if (err == FAR_OK && analytics.live) live_day(analytics.live, analytics.day_begin_us);
    if (err == FAR_EINVAL)
        far_health_set("time-zone", FAR_HEALTH_DEGRADED, "%s",
                       "days cannot be told: centre.time_zone is no IANA name");
    else if (err == FAR_OK)
        far_health_set("time-zone", FAR_HEALTH_OK, "%s", "");
}

static void day_look(void *arg, uint64_t timer)
{
    (void)timer;
    const struct far_pg_job job = {.work = day_work, .done = day_done, .arg = arg};
    if (!analytics.day_under_way) analytics.day_under_way = far_pg_submit(analytics.pg, &job) == FAR_OK;
}

/* What the configuration leaves out stays as it was. */
static void rule_take(struct far_number_rule *rule, const Farseat__V1__NumberRule *from)
{
    struct far_number_rule next = *rule;
    const char *why = NULL;
    if (from->country_code[0])
        (void)far_str_copy(next.country_code, sizeof(next.country_code), from->country_code);
    if (from->area_code[0]) (void)far_str_copy(next.area_code, sizeof(next.area_code), from->area_code);
    if (from->national_prefix[0])
        (void)far_str_copy(next.national_prefix, sizeof(next.national_prefix), from->national_prefix);
    if (from->international_prefix[0])
        (void)far_str_copy(next.international_prefix, sizeof(next.international_prefix),
                           from->international_prefix);
    if (far_number_rule_check(&next, &why) == FAR_OK)
        *rule = next;
    else
        FAR_WARN("number-rule-refused", "why=%s", why);
}

static void centre_changed(void *ctx, const Farseat__V1__Centre *centre)
{
    (void)ctx;
    pthread_mutex_lock(&analytics.context.lock);
    if (centre->time_zone[0])
        (void)far_str_copy(analytics.context.time_zone, sizeof(analytics.context.time_zone),
                           centre->time_zone);
    if (centre->number_rule) rule_take(&analytics.context.number_rule, centre->number_rule);
    pthread_mutex_unlock(&analytics.context.lock);
    day_look(NULL, 0);
}

/* ---- begin and end -------------------------------------------------------------------------------- */

static void live_get(void *ctx, struct far_bus_request *request, const ProtobufCMessage *message)
{
    (void)ctx;
    (void)message;
    size_t len = 0;
    uint8_t *packed = live_pack(analytics.live, &len);
    if (packed)
        far_bus_reply_bytes(request, packed, len);
    else
        far_bus_reply_error(request, FAR_EUNAVAILABLE, "no figures yet: the ACD has not answered");
    free(packed);
}

static enum far_err serve_live(void)
{
    const struct far_method_row *row = &far_method_rows[FAR_METHOD_analytics_LiveGet];
    const struct far_bus_service service = {
        .subject = row->subject, .queue_group = row->service, .request_type = row->request, .fn = live_get};
    return far_bus_serve(analytics.bus, &service, &analytics.live_get);
}

static void begin(void *ctx)
{
    (void)ctx;
    const struct far_pg_reader_config facts = {
        .stream = FAR_STREAM_FACTS, .filter = FACTS_FILTER, .consumer = "facts", .apply = facts_entry};
    char owner[160], incarnation[FAR_ID_TEXT_SIZE];
    far_id_format(far_service_incarnation(analytics.service), incarnation);
    (void)snprintf(owner, sizeof(owner), "%s.%s", far_service_instance(analytics.service), incarnation);
    enum far_err err = exporter_create(analytics.bus, &analytics.kafka_config, owner, &analytics.exporter);
    if (err == FAR_OK)
        err = ingest_create(far_service_loop(analytics.service), analytics.pg, &analytics.kafka_config,
                            &analytics.ingest);
    if (err == FAR_OK) err = far_pg_reader_create(analytics.bus, analytics.pg, &facts, &analytics.facts);
    if (err == FAR_OK) err = live_create(analytics.bus, centre_changed, NULL, &analytics.live);
    if (err == FAR_OK)
        err = far_pg_methods_serve(analytics.bus, analytics.pg, report_methods, report_methods_len,
                                   &analytics.context, &analytics.methods);
    if (err == FAR_OK) err = serve_live();
    if (err != FAR_OK) {
        far_service_fail(analytics.service, far_err_text(err));
        return;
    }
    day_look(NULL, 0);
}

static enum far_err start(struct far_service *service)
{
    analytics.service = service;
    (void)far_str_copy(analytics.context.time_zone, sizeof(analytics.context.time_zone),
                       analytics.report_config.time_zone);
    enum far_err err = far_number_rule_china("020", &analytics.context.number_rule);
    if (err == FAR_OK)
        err = far_pg_create(far_service_loop(service), &analytics.pg_config, "analytics",
                            "services/analytics/migrations", &analytics.pg);
    if (err == FAR_OK)
        err = far_service_bus_join(service, &analytics.bus_config, begin, NULL, &analytics.bus);
    if (err == FAR_OK)
        err = far_timer_start(far_service_loop(service), OBSERVE_MS, OBSERVE_MS, observe, NULL,
                              &analytics.observe_timer);
    if (err == FAR_OK)
        err =
            far_timer_start(far_service_loop(service), DAY_MS, DAY_MS, day_look, NULL, &analytics.day_timer);
    if (err == FAR_OK)
        err = far_timer_start(far_service_loop(service), RECORDS_MS, RECORDS_MS, records_look, NULL,
                              &analytics.records_timer);
    return err;
}

static void stop(struct far_service *service)
{
    far_timer_stop(far_service_loop(service), analytics.observe_timer);
    far_timer_stop(far_service_loop(service), analytics.day_timer);
    far_timer_stop(far_service_loop(service), analytics.records_timer);
    analytics.exporter = exporter_destroy(analytics.exporter);
    analytics.facts = far_pg_reader_destroy(analytics.facts);
    analytics.methods = far_pg_methods_destroy(analytics.methods);
    analytics.live_get = far_bus_unsubscribe(analytics.live_get);
    analytics.live = live_destroy(analytics.live);
    ingest_stop(analytics.ingest);
    analytics.pg = far_pg_destroy(analytics.pg);
    analytics.ingest = ingest_destroy(analytics.ingest);
    far_service_bus_leave(analytics.bus);
    analytics.bus = far_bus_destroy(analytics.bus);
}

/* Prints the table of figures that docs/kpi.md shows. */
static int definitions_print(void)
{
    struct far_buf out;
    far_buf_init(&out, 1024 * 1024);
    definitions_reference(&out);
    int status = out.err == FAR_OK && fwrite(out.data, 1, out.len, stdout) == out.len ? 0 : 1;
    far_buf_done(&out);
    return status;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--kpi-definitions") == 0) return definitions_print();
    const struct far_config_group groups[] = {
        {.rows = far_service_bus_rows,
         .row_count = far_service_bus_rows_len,
         .target = &analytics.bus_config},
        {.rows = far_pg_config_rows, .row_count = far_pg_config_rows_len, .target = &analytics.pg_config},
        {.rows = kafka_rows, .row_count = kafka_rows_len, .target = &analytics.kafka_config},
        FAR_CONFIG_GROUP(report_rows, &analytics.report_config),
    };
    const struct far_service_metrics metrics[] = {{metric_rows, FAR_ARRAY_LEN(metric_rows)}};
    static const struct far_service_load load[] = {
        {.metric = &metric_rows[M_OWNER]},
        {.metric = &metric_rows[M_EXPORT_LAG]},
        {.metric = &metric_rows[M_INGEST_LAG], .unit = "s"},
        {.metric = &metric_rows[M_GAPS]},
    };
    const struct far_service_def def = {
        .name = "analytics",
        .summary = "live figures, Kafka export and reports of a Farseat contact centre",
        .groups = groups,
        .group_count = FAR_ARRAY_LEN(groups),
        .metrics = metrics,
        .metrics_count = FAR_ARRAY_LEN(metrics),
        .load = load,
        .load_count = FAR_ARRAY_LEN(load),
        .start = start,
        .stop = stop};
    return far_service_main(argc, argv, &def);
}
