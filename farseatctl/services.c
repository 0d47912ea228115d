/* SPDX-License-Identifier: Apache-2.0 */
#include "services.h"
#include "far/buf.h"
#include "far/clock.h"
#include "far/str.h"
#include "farseat/v1/api_gateway.pb-c.h"
#include "text.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUT_MAX      (1024u * 1024u)
#define LISTEN_MS    6000 /* everybody speaks each 5 s */
#define SERVICES_MAX 256

/* ---- without a gateway ---------------------------------------------------------------------------- */

struct heard {
    Farseat__V1__LiveService *services[SERVICES_MAX];
    size_t len;
};

static void on_report(void *ctx, const struct far_bus_msg *msg)
{
    struct heard *heard = ctx;
    ProtobufCMessage *message = NULL;
    if (far_bus_unpack(&farseat__v1__live_service__descriptor, msg, &message) != FAR_OK) return;
    Farseat__V1__LiveService *service = (Farseat__V1__LiveService *)message;
    size_t at = 0;
    while (at < heard->len && strcmp(heard->services[at]->instance, service->instance) < 0)
        at++;
    if (at < heard->len && strcmp(heard->services[at]->instance, service->instance) == 0) {
        farseat__v1__live_service__free_unpacked(heard->services[at], NULL);
        heard->services[at] = service;
    } else if (heard->len < SERVICES_MAX) {
        memmove(&heard->services[at + 1], &heard->services[at],
                (heard->len - at) * sizeof(heard->services[0]));
        heard->services[at] = service;
        heard->len++;
    } else {
        farseat__v1__live_service__free_unpacked(service, NULL);
    }
}

static int listen_for(struct client *client, struct heard *heard)
{
    struct far_bus_subscription *subscription = NULL;
    if (far_bus_subscribe(client->bus, "far.live.service.*", NULL, on_report, heard, &subscription) != FAR_OK)
        return CTL_UNAVAILABLE;
    fprintf(stderr, "farseatctl: the gateway does not answer: listening for %d s\n", LISTEN_MS / 1000);
    client_run(client, LISTEN_MS);
    far_bus_unsubscribe(subscription);
    return heard->len > 0 ? CTL_OK : CTL_UNAVAILABLE;
}

/* ---- what is shown -------------------------------------------------------------------------------- */

static void add_load(struct far_buf *out, const Farseat__V1__LiveService *service)
{
    for (size_t i = 0; i < service->n_load; i++) {
        const Farseat__V1__LoadFigure *figure = service->load[i];
        char prefix[80];
        (void)snprintf(prefix, sizeof(prefix), "farseat_%s_", service->program);
        const char *name =
            far_str_starts(figure->name, prefix) ? figure->name + strlen(prefix) : figure->name;
        far_buf_addf(out, "%s%s=%.6g", i ? " " : "", name, figure->value);
        if (figure->limit > 0) far_buf_addf(out, "/%.6g", figure->limit);
    }
}

static void add_service(struct far_buf *out, const Farseat__V1__LiveService *service)
{
    char age[16], cpu[24], memory[24];
    int64_t up_us = far_clock_wall_us() - service->started_at_us;
    text_duration(up_us > 0 ? (uint64_t)up_us / 1000 : 0, age);
    (void)snprintf(cpu, sizeof(cpu), "%.1f%%", service->cpu * 100);
    (void)snprintf(memory, sizeof(memory), "%.0f MB", (double)service->memory_bytes / 1e6);
    text_column(out, service->instance, 14);
    far_buf_add_text(out, " ");
    text_column(out, service->state, 8);
    far_buf_add_text(out, " ");
    text_column(out, service->version, 10);
    far_buf_addf(out, " %9s %6s %8s  ", age, cpu, memory);
    add_load(out, service);
    far_buf_add_text(out, "\n");
    for (size_t i = 0; i < service->n_checks; i++) {
        const Farseat__V1__HealthCheck *check = service->checks[i];
        if (strcmp(check->state, "ok") == 0) continue;
        far_buf_addf(out, "    %s %s: ", check->state, check->name);
        text_safe(out, check->text);
        far_buf_add_text(out, "\n");
    }
}

static void add_all(struct far_buf *out, Farseat__V1__LiveService **services, size_t count)
{
    far_buf_add_text(out, "PROCESS        STATE    VERSION           UP    CPU   MEMORY  LOAD\n");
    for (size_t i = 0; i < count; i++)
        add_service(out, services[i]);
}

static int show_reply(const struct options *options, const Farseat__V1__SystemReply *reply)
{
    struct far_buf out;
    bool failed = false;
    for (size_t i = 0; i < reply->n_faults; i++)
        failed |= strcmp(reply->faults[i]->severity, "failed") == 0;
    if (strcmp(options->format, "json") == 0) {
        int rc = command_json(&reply->base);
        return rc == CTL_OK && failed ? CTL_REFUSED : rc;
    }
    far_buf_init(&out, OUT_MAX);
    add_all(&out, reply->services, reply->n_services);
    for (size_t i = 0; i < reply->n_faults; i++) {
        const Farseat__V1__SystemFault *fault = reply->faults[i];
        far_buf_addf(&out, "%s%s %s%s%s: ", i == 0 ? "\n" : "", fault->severity, fault->code,
                     fault->instance[0] ? " at " : "", fault->instance);
        text_safe(&out, fault->text);
        far_buf_add_text(&out, "\n");
    }
    fputs(out.data, stdout);
    far_buf_done(&out);
    return failed ? CTL_REFUSED : CTL_OK;
}

int services_show(struct client *client, const struct options *options)
{
    Farseat__V1__Empty empty = FARSEAT__V1__EMPTY__INIT;
    ProtobufCMessage *reply = NULL;
    if (client_try(client, FAR_METHOD_gateway_System, &empty.base, CLIENT_TIMEOUT_MS, &reply) == FAR_OK) {
        int rc = show_reply(options, (const Farseat__V1__SystemReply *)reply);
        protobuf_c_message_free_unpacked(reply, NULL);
        return rc;
    }
    struct heard heard = {.len = 0};
    int rc = listen_for(client, &heard);
    if (rc == CTL_OK) {
        Farseat__V1__SystemReply made = FARSEAT__V1__SYSTEM_REPLY__INIT;
        made.services = heard.services;
        made.n_services = heard.len;
        made.at_us = far_clock_wall_us();
        (void)show_reply(options, &made); /* without the gateway nobody judges */
        rc = CTL_REFUSED;
    } else {
        fprintf(stderr, "farseatctl: no process is heard on the bus\n  remedy: ./farseat status\n");
    }
    for (size_t i = 0; i < heard.len; i++)
        farseat__v1__live_service__free_unpacked(heard.services[i], NULL);
    return rc;
}
