/* SPDX-License-Identifier: Apache-2.0 */
/* farseat-ticketing: customers and tickets. This file only wires; README.md says who tells it what. */
#include "far/log.h"
#include "far/service.h"
#include "far/service_bus.h"
#include "intake/intake.h"
#include "methods.h"
#include "outbox/outbox.h"

static struct {
    struct far_service_bus_config bus_config;
    struct far_pg_config pg_config;
    struct far_service *service;
    struct far_bus *bus;
    struct far_pg *pg;
    struct far_pg_reader *intake;
    struct far_pg_methods *methods;
    struct methods_context context;
    uint64_t timer;
} ticketing;

struct number_config {
    const char *area_code;
};
static struct number_config number_config;
static const struct far_config_row number_rows[] = {
    {.path = "numbers.area_code",
     .type = FAR_CONFIG_STRING,
     .offset = offsetof(struct number_config, area_code),
     .default_text = "020",
     .max = 6,
     .help = "Area code of local numbers that people type in searches"},
};

enum metric { M_INTAKE, M_OUTBOX, M_QUESTIONS };
static struct far_metric metric_rows[] = {
    [M_INTAKE] = {.name = "farseat_ticketing_facts_waiting",
                  .type = FAR_GAUGE,
                  .help = "Facts read and not yet stored."},
    [M_OUTBOX] = {.name = "farseat_ticketing_outbox_waiting",
                  .type = FAR_GAUGE,
                  .help = "Messages that wait to leave."},
    [M_QUESTIONS] = {.name = "farseat_ticketing_questions_open",
                     .type = FAR_GAUGE,
                     .help = "Questions under way."},
};

static void observe(void *arg, uint64_t timer)
{
    (void)arg;
    (void)timer;
    if (ticketing.intake)
        far_metric_set(&metric_rows[M_INTAKE], (int64_t)far_pg_reader_waiting(ticketing.intake));
    if (ticketing.context.outbox)
        far_metric_set(&metric_rows[M_OUTBOX], (int64_t)outbox_waiting(ticketing.context.outbox));
    if (ticketing.methods)
        far_metric_set(&metric_rows[M_QUESTIONS], (int64_t)far_pg_methods_open(ticketing.methods));
    if (ticketing.methods && far_service_is_draining(ticketing.service) &&
        far_pg_methods_open(ticketing.methods) == 0)
        far_service_drained(ticketing.service);
}

static void begin(void *ctx)
{
    (void)ctx;
    struct far_pg_reader_config intake = {.stream = FAR_STREAM_FACTS,
                                          .filter = INTAKE_FILTER,
                                          .consumer = "intake",
                                          .apply = intake_entry,
                                          .stored = outbox_kick};
    enum far_err err = outbox_create(ticketing.bus, ticketing.pg, &ticketing.context.outbox);
    intake.ctx = ticketing.context.outbox;
    if (err == FAR_OK)
        err = far_pg_methods_serve(ticketing.bus, ticketing.pg, ticketing_methods, ticketing_methods_len,
                                   &ticketing.context, &ticketing.methods);
    if (err == FAR_OK) err = far_pg_reader_create(ticketing.bus, ticketing.pg, &intake, &ticketing.intake);
    if (err != FAR_OK) far_service_fail(ticketing.service, far_err_text(err));
}

static enum far_err start(struct far_service *service)
{
    ticketing.service = service;
    enum far_err err = far_number_rule_china(number_config.area_code, &ticketing.context.number_rule);
    if (err != FAR_OK) {
        FAR_ERROR("configuration-refused", "key=%s why=%s", "numbers.area_code", "digits only, e.g. 020");
        return err;
    }
    err = far_pg_create(far_service_loop(service), &ticketing.pg_config, "ticketing",
                        "services/ticketing/migrations", &ticketing.pg);
    if (err == FAR_OK)
        err = far_service_bus_join(service, &ticketing.bus_config, begin, NULL, &ticketing.bus);
    if (err == FAR_OK)
        err = far_timer_start(far_service_loop(service), 500, 500, observe, NULL, &ticketing.timer);
    return err;
}

/* Facts that are not read yet wait in the stream; questions under way are answered. */
static void drain(struct far_service *service)
{
    ticketing.intake = far_pg_reader_destroy(ticketing.intake);
    if (!ticketing.methods || far_pg_methods_open(ticketing.methods) == 0) far_service_drained(service);
}

static void stop(struct far_service *service)
{
    far_timer_stop(far_service_loop(service), ticketing.timer);
    ticketing.intake = far_pg_reader_destroy(ticketing.intake);
    ticketing.methods = far_pg_methods_destroy(ticketing.methods);
    ticketing.pg = far_pg_destroy(ticketing.pg);
    ticketing.context.outbox = outbox_destroy(ticketing.context.outbox);
    far_service_bus_leave(ticketing.bus);
    ticketing.bus = far_bus_destroy(ticketing.bus);
}

int main(int argc, char **argv)
{
    const struct far_config_group groups[] = {
        {.rows = far_service_bus_rows,
         .row_count = far_service_bus_rows_len,
         .target = &ticketing.bus_config},
        {.rows = far_pg_config_rows, .row_count = far_pg_config_rows_len, .target = &ticketing.pg_config},
        FAR_CONFIG_GROUP(number_rows, &number_config),
    };
    const struct far_service_metrics metrics[] = {{metric_rows, FAR_ARRAY_LEN(metric_rows)}};
    static const struct far_service_load load[] = {
        {.metric = &metric_rows[M_QUESTIONS]},
        {.metric = &metric_rows[M_INTAKE]},
        {.metric = &metric_rows[M_OUTBOX]},
    };
    const struct far_service_def def = {.name = "ticketing",
                                        .summary = "customers and tickets of a Farseat contact centre",
                                        .groups = groups,
                                        .group_count = FAR_ARRAY_LEN(groups),
                                        .metrics = metrics,
                                        .metrics_count = FAR_ARRAY_LEN(metrics),
                                        .load = load,
                                        .load_count = FAR_ARRAY_LEN(load),
                                        .start = start,
                                        .drain = drain,
                                        .stop = stop};
    return far_service_main(argc, argv, &def);
}
