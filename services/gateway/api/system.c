/* SPDX-License-Identifier: Apache-2.0 */
#include "system.h"
#include "centre.h"
#include "far/clock.h"
#include "far/log.h"
#include "far/str.h"
#include "farseat/v1/live.pb-c.h"
#include "faults.h"
#include <stdlib.h>
#include <string.h>

#define SETTLE_MS 7000 /* everybody speaks each 5 s */

struct heard {
    Farseat__V1__LiveService *service; /* NULL: free */
    uint64_t at_ms;
    int64_t offset_us;
};
struct system_watch {
    struct api *api;
    char instance[64];
    uint64_t since_ms;
    struct far_bus_subscription *reports, *asked;
    struct heard heard[SYSTEM_INSTANCES_MAX];
    struct faults faults; /* of the last answer */
};

/* ---- listening ------------------------------------------------------------------------------------ */

static struct heard *slot_of(struct system_watch *watch, const char *instance)
{
    struct heard *oldest = &watch->heard[0];
    for (size_t i = 0; i < SYSTEM_INSTANCES_MAX; i++) {
        struct heard *heard = &watch->heard[i];
        if (!heard->service) return heard;
        if (strcmp(heard->service->instance, instance) == 0) return heard;
        if (heard->at_ms < oldest->at_ms) oldest = heard;
    }
    return oldest;
}

static void report_came(void *ctx, const struct far_bus_msg *msg)
{
    struct system_watch *watch = ctx;
    ProtobufCMessage *message = NULL;
    if (far_bus_unpack(&farseat__v1__live_service__descriptor, msg, &message) != FAR_OK) return;
    Farseat__V1__LiveService *service = (Farseat__V1__LiveService *)message;
    struct heard *heard = slot_of(watch, service->instance);
    if (heard->service) farseat__v1__live_service__free_unpacked(heard->service, NULL);
    heard->service = service;
    heard->at_ms = far_clock_mono_ms();
    heard->offset_us = service->at_us - far_clock_wall_us();
}

void system_each(const struct system_watch *watch,
                 void (*fn)(void *ctx, const Farseat__V1__LiveService *service), void *ctx)
{
    for (size_t i = 0; watch && i < SYSTEM_INSTANCES_MAX; i++)
        if (watch->heard[i].service) fn(ctx, watch->heard[i].service);
}

/* ---- answering ------------------------------------------------------------------------------------ */

static int by_instance(const void *a, const void *b)
{
    const Farseat__V1__LiveService *const *one = a, *const *other = b;
    return strcmp((*one)->instance, (*other)->instance);
}

struct page {
    Farseat__V1__SystemReply reply;
    Farseat__V1__LiveService copies[SYSTEM_INSTANCES_MAX], *services[SYSTEM_INSTANCES_MAX];
    Farseat__V1__SystemFault *faults[FAULTS_MAX];
};

/* What the page points to is the watch's: it is good until the loop's next turn. */
static void page_fill(struct system_watch *watch, struct page *page)
{
    static char silent[] = FAULT_SILENT_TEXT;
    struct faults_heard heard[SYSTEM_INSTANCES_MAX];
    size_t len = 0;
    uint64_t now_ms = far_clock_mono_ms();
    for (size_t i = 0; i < SYSTEM_INSTANCES_MAX && watch->heard[i].service; i++) {
        heard[len] = (struct faults_heard){.service = watch->heard[i].service,
                                           .age_ms = now_ms - watch->heard[i].at_ms,
                                           .offset_us = watch->heard[i].offset_us};
        page->copies[len] = *watch->heard[i].service;
        if (heard[len].age_ms > FAULT_SILENT_MS) page->copies[len].state = silent;
        page->services[len] = &page->copies[len];
        len++;
    }
    const struct faults_input input = {.heard = heard,
                                       .heard_len = len,
                                       .config = centre_config(watch->api->centre),
                                       .bus_connected = far_bus_state(watch->api->bus) == FAR_BUS_CONNECTED,
                                       .settled = now_ms - watch->since_ms > SETTLE_MS,
                                       .instance = watch->instance};
    faults_judge(&input, &watch->faults);
    qsort(page->services, len, sizeof(page->services[0]), by_instance);
    farseat__v1__system_reply__init(&page->reply);
    page->reply.services = page->services;
    page->reply.n_services = len;
    page->reply.at_us = far_clock_wall_us();
    for (size_t i = 0; i < watch->faults.len; i++)
        page->faults[i] = &watch->faults.rows[i];
    page->reply.faults = page->faults;
    page->reply.n_faults = watch->faults.len;
}

void system_get(struct exchange *exchange)
{
    struct system_watch *watch = exchange->api->system;
    struct page *page = watch ? malloc(sizeof(*page)) : NULL;
    if (!page) {
        exchange_fail(exchange, watch ? FAR_ENOMEM : FAR_EUNAVAILABLE,
                      watch ? NULL : "this gateway has not reached the bus yet: is nats-server running?");
        return;
    }
    page_fill(watch, page);
    exchange_reply(exchange, &page->reply.base);
    free(page);
}

static void on_asked(void *ctx, struct far_bus_request *request, const ProtobufCMessage *message)
{
    struct page *page = malloc(sizeof(*page));
    (void)message;
    if (!page) {
        far_bus_reply_error(request, FAR_ENOMEM, NULL);
        return;
    }
    page_fill(ctx, page);
    far_bus_reply(request, &page->reply.base);
    free(page);
}

enum far_err system_watch_create(struct api *api, const char *instance, struct system_watch **ret_watch)
{
    const struct far_method_row *row = &far_method_rows[FAR_METHOD_gateway_System];
    struct system_watch *watch = calloc(1, sizeof(*watch));
    if (!watch) return FAR_ENOMEM;
    watch->api = api;
    watch->since_ms = far_clock_mono_ms();
    (void)far_str_copy(watch->instance, sizeof(watch->instance), instance);
    const struct far_bus_service service = {.subject = row->subject,
                                            .queue_group = row->service,
                                            .request_type = row->request,
                                            .fn = on_asked,
                                            .ctx = watch};
    enum far_err err =
        far_bus_subscribe(api->bus, "far.live.service.*", NULL, report_came, watch, &watch->reports);
    if (err == FAR_OK) err = far_bus_serve(api->bus, &service, &watch->asked);
    if (err != FAR_OK)
        system_watch_destroy(watch);
    else
        *ret_watch = watch;
    return err;
}

struct system_watch *system_watch_destroy(struct system_watch *watch)
{
    if (!watch) return NULL;
    watch->reports = far_bus_unsubscribe(watch->reports);
    watch->asked = far_bus_unsubscribe(watch->asked);
    for (size_t i = 0; i < SYSTEM_INSTANCES_MAX && watch->heard[i].service; i++)
        farseat__v1__live_service__free_unpacked(watch->heard[i].service, NULL);
    free(watch);
    return NULL;
}
