/* SPDX-License-Identifier: Apache-2.0 */
/* far.live.service.<instance>: what this process says of itself. */
#include "far/clock.h"
#include "far/health.h"
#include "far/log.h"
#include "far/service_bus.h"
#include "far/tables.h"
#include "far/utf8.h"
#include "farseat/v1/live.pb-c.h"
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define EVERY_MS 5000
#define SOON_MS  100 /* a flapping check does not flood the bus */
#define LOAD_MAX 32

/* A process has one; all but `posted` belongs to the loop. */
static struct {
    struct far_service *service;
    struct far_bus *bus;
    char subject[FAR_BUS_SUBJECT_LEN_MAX + 1];
    uint64_t timer, soon_timer, sent_ms;
    atomic_bool posted; /* a change is on its way to the loop */
} report;

/* The message and all that it points to. */
static struct {
    Farseat__V1__LiveService message;
    char incarnation[FAR_ID_TEXT_SIZE];
    struct far_health_check checks[FAR_HEALTH_CHECKS_MAX];
    Farseat__V1__HealthCheck check_rows[FAR_HEALTH_CHECKS_MAX], *check_pointers[FAR_HEALTH_CHECKS_MAX];
    Farseat__V1__LoadFigure load_rows[LOAD_MAX], *load_pointers[LOAD_MAX];
    uint64_t cpu_us, measured_us; /* when it was looked at before */
    char address[128], site[64];
} page;

/* ---- what is measured ----------------------------------------------------------------------------- */

static uint64_t cpu_us_used(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* The kernel's own table: reading it waits for no disk. */
static uint64_t resident_bytes(void)
{
    char text[128] = "";
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (fd >= 0) (void)close(fd);
    unsigned long long total = 0, resident = 0;
    if (len <= 0 || sscanf(text, "%llu %llu", &total, &resident) != 2) return 0;
    return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* The first 48 bits of a UUIDv7 are its time [ms]. */
static int64_t begun_us(const struct far_id *incarnation)
{
    uint64_t ms = 0;
    for (size_t i = 0; i < 6; i++)
        ms = ms << 8 | incarnation->bytes[i];
    return (int64_t)ms * 1000;
}

static double metric_number(const struct far_metric *metric, size_t label_at)
{
    double value = (double)far_metric_value(metric, label_at);
    return metric->divisor > 1 ? value / (double)metric->divisor : value;
}

/* ---- the page ------------------------------------------------------------------------------------- */

static void checks_fill(void)
{
    enum far_health_state worst = FAR_HEALTH_OK;
    size_t count = far_health_list(page.checks);
    for (size_t i = 0; i < count; i++) {
        struct far_health_check *check = &page.checks[i];
        Farseat__V1__HealthCheck *row = &page.check_rows[i];
        if (check->state > worst) worst = check->state;
        far_utf8_mend(check->text);
        farseat__v1__health_check__init(row);
        row->name = check->name;
        row->state = (char *)(uintptr_t)far_health_state_name(check->state);
        row->text = check->text;
        page.check_pointers[i] = row;
    }
    page.message.checks = page.check_pointers;
    page.message.n_checks = count;
    page.message.state = (char *)(uintptr_t)far_health_state_name(worst);
}

static void load_fill(const struct far_service_def *def)
{
    size_t count = def->load_count < LOAD_MAX ? def->load_count : LOAD_MAX;
    for (size_t i = 0; i < count; i++) {
        const struct far_service_load *load = &def->load[i];
        Farseat__V1__LoadFigure *row = &page.load_rows[i];
        farseat__v1__load_figure__init(row);
        row->name = (char *)(uintptr_t)load->metric->name;
        row->value = metric_number(load->metric, load->label_at);
        if (load->limit_metric)
            row->limit = metric_number(load->limit_metric, 0);
        else if (load->limit)
            row->limit = (double)*load->limit;
        if (load->unit) row->unit = (char *)(uintptr_t)load->unit;
        page.load_pointers[i] = row;
    }
    page.message.load = page.load_pointers;
    page.message.n_load = count;
}

void far_service_report_address(const char *address, const char *site)
{
    (void)snprintf(page.address, sizeof(page.address), "%s", address);
    (void)snprintf(page.site, sizeof(page.site), "%s", site);
}

static const ProtobufCMessage *page_fill(const struct far_service *service)
{
    Farseat__V1__LiveService *message = &page.message;
    uint64_t now_us = far_clock_mono_us(), cpu_us = cpu_us_used();
    farseat__v1__live_service__init(message);
    far_id_format(far_service_incarnation(service), page.incarnation);
    message->instance = (char *)(uintptr_t)far_service_instance(service);
    message->program = (char *)(uintptr_t)far_service_name(service);
    message->version = (char *)(uintptr_t)far_service_version(service);
    message->incarnation = page.incarnation;
    message->at_us = far_clock_wall_us();
    message->started_at_us = begun_us(far_service_incarnation(service));
    if (page.measured_us > 0 && now_us > page.measured_us)
        message->cpu = (double)(cpu_us - page.cpu_us) / (double)(now_us - page.measured_us);
    page.cpu_us = cpu_us;
    page.measured_us = now_us;
    message->memory_bytes = resident_bytes();
    message->address = page.address;
    message->site = page.site;
    checks_fill();
    load_fill(far_service_definition(service));
    return &message->base;
}

/* ---- when ----------------------------------------------------------------------------------------- */

static void publish(void)
{
    report.sent_ms = far_clock_mono_ms();
    if (far_bus_state(report.bus) != FAR_BUS_CONNECTED) return; /* whoever listens sees the silence */
    enum far_err err = far_bus_publish(report.bus, report.subject, page_fill(report.service), NULL);
    if (err != FAR_OK && err != FAR_EUNAVAILABLE)
        FAR_WARN("report-not-sent", "subject=%s why=%s", report.subject, far_err_text(err));
}

static void on_timer(void *arg, uint64_t timer)
{
    (void)arg;
    (void)timer;
    publish();
}

static void on_soon(void *arg, uint64_t timer)
{
    (void)arg;
    (void)timer;
    report.soon_timer = 0;
    publish();
}

static void on_change_posted(void *arg)
{
    (void)arg;
    atomic_store(&report.posted, false);
    if (!report.bus || report.soon_timer != 0) return;
    uint64_t past_ms = far_clock_mono_ms() - report.sent_ms;
    if (past_ms >= SOON_MS || far_timer_start(far_bus_loop(report.bus), SOON_MS - past_ms, 0, on_soon, NULL,
                                              &report.soon_timer) != FAR_OK)
        publish();
}

/* Any thread. What finds the queue full is said with the next regular report. */
static void on_change(void *ctx)
{
    if (!atomic_exchange(&report.posted, true) && far_loop_post(ctx, on_change_posted, NULL) != FAR_OK)
        atomic_store(&report.posted, false);
}

static void on_bus_state(void *ctx, enum far_bus_state state)
{
    (void)ctx;
    if (state == FAR_BUS_CONNECTED) publish();
}

enum far_err far_service_report_begin(struct far_service *service, struct far_bus *bus)
{
    enum far_err err = far_subject_write(FAR_SUBJECT_LIVE_SERVICE, report.subject, sizeof(report.subject),
                                         far_service_instance(service), NULL);
    if (err == FAR_OK) err = far_bus_add_state_fn(bus, on_bus_state, NULL);
    if (err != FAR_OK) return err;
    report.service = service;
    report.bus = bus;
    err = far_timer_start(far_bus_loop(bus), EVERY_MS, EVERY_MS, on_timer, NULL, &report.timer);
    if (err == FAR_OK) far_health_watch(on_change, far_bus_loop(bus));
    if (err != FAR_OK) far_service_report_end();
    return err;
}

void far_service_report_end(void)
{
    if (!report.bus) return;
    far_health_watch(NULL, NULL);
    far_timer_stop(far_bus_loop(report.bus), report.timer);
    far_timer_stop(far_bus_loop(report.bus), report.soon_timer);
    far_bus_remove_state_fn(report.bus, on_bus_state, NULL);
    report.timer = report.soon_timer = 0;
    report.bus = NULL;
}
