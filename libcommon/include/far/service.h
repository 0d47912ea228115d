/* SPDX-License-Identifier: Apache-2.0 */
/* service.h - how every process of Farseat starts, shows itself and ends. main() is one call:
 *
 *   int main(int argc, char **argv) { return far_service_main(argc, argv, &edge_def); }
 *
 *   farseat-edge --config FILE | --check --config FILE | --check-health --config FILE | --version |
 * --config-reference | --metrics-reference | --states-reference
 *
 * FARSEAT_CONFIG in the environment names the file when --config does not.
 *
 * Then: log, loop, health and metrics over HTTP, start(). On SIGTERM or SIGINT drain(): take nothing new,
 * call far_service_drained() when the last live thing has ended (at once if there is none). After that, or
 * after service.drain_max, or at a second signal: stop(), and exit 0. SIGHUP is ignored; SIGPIPE too. Exit: 0
 * drained or stopped; 1 failed (far_service_fail, or start() refused); 2 wrong usage or configuration.
 *
 * Rows of every service, beside those of its groups: service.instance, service.drain_max, service.workers,
 * log.level, http.listen (section "http", key "listen"). */
#pragma once
#include "far/config.h"
#include "far/err.h"
#include "far/id.h"
#include "far/loop.h"
#include "far/metrics.h"
#include "far/states.h"
#include <stdbool.h>

struct far_service;

struct far_service_metrics {
    struct far_metric *rows;
    size_t row_count;
};
/* A figure of far.live.service.<instance>: what an operator asks first of this kind of service. */
struct far_service_load {
    const struct far_metric *metric; /* no histogram; shown by its name, divided by its divisor */
    size_t label_at;                 /* its place in label_values; 0 without a label */
    const struct far_metric
        *limit_metric;    /* what it may be at most, when that changes too; NULL: see limit */
    const int64_t *limit; /* a setting; NULL: no limit */
    const char *unit;     /* "", "bytes", "s" */
};

struct far_service_def {
    const char *name;        /* "edge"; the program is farseat-edge */
    const char *version;     /* NULL: the tree's */
    const char *summary;     /* one line for --help */
    const char *http_listen; /* default of http.listen, e.g. "127.0.0.1:21110"; NULL: "127.0.0.1:0" */
    const struct far_config_group *groups;
    size_t group_count;
    const struct far_service_metrics *metrics; /* registered before start() */
    size_t metrics_count;
    const struct far_machine *const *machines; /* for --states-reference; NULL: none */
    size_t machines_count;
    const struct far_service_load *load; /* static rows; NULL: none */
    size_t load_count;
    /* All on the loop's thread. */
    enum far_err (*check)(struct far_service *service,
                          struct far_buf *errors); /* optional: rules between rows */
    enum far_err (*start)(
        struct far_service *service); /* logs why before it returns an error; stop() is then called */
    void (*drain)(struct far_service *service); /* NULL: nothing lives here, stop at once */
    void (*stop)(
        struct far_service *service); /* free all; other threads are joined here. It may block up to 5 s */
    void *data;                       /* far_service_data() at the beginning */
};

int far_service_main(int argc, char **argv, const struct far_service_def *def);

/* (any thread) */
struct far_loop *far_service_loop(const struct far_service *service);
const char *far_service_name(const struct far_service *service);
/** service.instance: names this process among its like ("hq-1"); default: the name of the service. */
const char *far_service_instance(const struct far_service *service);
const char *far_service_version(const struct far_service *service);
/** A UUIDv7 made when the process began: its incarnation. */
const struct far_id *far_service_incarnation(const struct far_service *service);
const struct far_service_def *far_service_definition(const struct far_service *service);
bool far_service_is_draining(const struct far_service *service);
/** Everything has ended; before drain() it is remembered. */
void far_service_drained(struct far_service *service);
/** End as after SIGTERM, by a program's own wish (far_service_main returns 0). */
void far_service_end(struct far_service *service);
/** Something without which there is no going on: logged, then stop() and exit 1. reason is copied. */
void far_service_fail(struct far_service *service, const char *reason);

/* Loop thread only. */
void *far_service_data(const struct far_service *service);
void far_service_set_data(struct far_service *service, void *data);
