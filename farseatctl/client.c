/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"
#include "far/log.h"
#include "far/str.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECT_MS 5000u
#define NAME       "farseatctl"

struct wait {
    struct client *client;
    bool done;
    enum far_err err;
    char text[512];
    ProtobufCMessage *reply;
    const ProtobufCMessageDescriptor *type;
};

static void on_state(void *ctx, enum far_bus_state state)
{
    struct client *client = ctx;
    if (state == FAR_BUS_CONNECTED) far_loop_stop(client->loop);
}
static void on_timer(void *arg, uint64_t timer)
{
    (void)timer;
    struct client *client = arg;
    far_loop_stop(client->loop);
}

void client_run(struct client *client, uint64_t ms)
{
    uint64_t timer = 0;
    if (far_timer_start(client->loop, ms, 0, on_timer, client, &timer) != FAR_OK) abort();
    far_loop_run(client->loop);
    far_timer_stop(client->loop, timer);
}

static int credentials(char *out, size_t size)
{
    const char *folder = getenv("FARSEAT_NATS_CREDS");
    if (!folder || !*folder) {
        fprintf(stderr,
                "farseatctl: FARSEAT_NATS_CREDS is not set\n"
                "  remedy: eval \"$(./farseat env)\"; it names the folder that holds %s.nk\n",
                NAME);
        return CTL_USAGE;
    }
    snprintf(out, size, "%s/%s.nk", folder, NAME);
    if (access(out, R_OK) == 0) return CTL_OK;
    fprintf(stderr,
            "farseatctl: cannot read %s\n  remedy: run as the user who ran ./farseat up, or correct "
            "FARSEAT_NATS_CREDS\n",
            out);
    return CTL_USAGE;
}

int client_open(struct client *ret_client)
{
    char creds[4096];
    const char *url = getenv("FARSEAT_NATS_URL");
    if (!url || !*url) {
        fprintf(stderr, "farseatctl: FARSEAT_NATS_URL is not set\n"
                        "  remedy: eval \"$(./farseat env)\", or give nats://host:port\n");
        return CTL_USAGE;
    }
    int rc = credentials(creds, sizeof(creds));
    if (rc != CTL_OK) return rc;
    far_log_init(NAME, NAME, FAR_LOG_ERROR);
    *ret_client = (struct client){0};
    if (far_loop_create(NULL, &ret_client->loop) != FAR_OK) return CTL_UNAVAILABLE;
    struct far_bus_config config = {
        .url = url, .nkey_file = creds, .name = NAME, .state_fn = on_state, .state_ctx = ret_client};
    if (far_bus_connect(&config, ret_client->loop, &ret_client->bus) != FAR_OK) {
        client_close(ret_client);
        return CTL_USAGE;
    }
    if (far_bus_state(ret_client->bus) != FAR_BUS_CONNECTED) client_run(ret_client, CONNECT_MS);
    if (far_bus_state(ret_client->bus) == FAR_BUS_CONNECTED) return CTL_OK;
    fprintf(stderr,
            "farseatctl: no answer from the bus at %s within %u s\n  remedy: look at ./farseat status\n", url,
            CONNECT_MS / 1000);
    client_close(ret_client);
    return CTL_UNAVAILABLE;
}

void client_close(struct client *client)
{
    far_bus_destroy(client->bus);
    far_loop_destroy(client->loop);
    *client = (struct client){0};
}

static void on_answer(void *ctx, const struct far_bus_answer *answer)
{
    struct wait *wait = ctx;
    wait->done = true;
    wait->err = answer->err;
    far_str_copy(wait->text, sizeof(wait->text), answer->error_text);
    if (answer->err == FAR_OK) {
        /* The answer dies with the call back: unpack a copy of our own. */
        wait->err = far_bus_unpack(wait->type, answer->msg, &wait->reply);
    }
    far_loop_stop(wait->client->loop);
}

static enum far_err ask(struct client *client, enum far_method method, const ProtobufCMessage *request,
                        uint32_t timeout_ms, struct wait *wait)
{
    const struct far_method_row *row = &far_method_rows[method];
    *wait = (struct wait){.client = client, .type = row->reply};
    struct far_bus_question question = {.subject = row->subject,
                                        .message = request,
                                        .reply_type = row->reply,
                                        .timeout_ms = timeout_ms,
                                        .fn = on_answer,
                                        .ctx = wait};
    wait->err = far_bus_ask(client->bus, &question, NULL);
    if (wait->err != FAR_OK) return wait->err;
    while (!wait->done)
        far_loop_run(client->loop);
    return wait->err;
}

enum far_err client_try(struct client *client, enum far_method method, const ProtobufCMessage *request,
                        uint32_t timeout_ms, ProtobufCMessage **ret_reply)
{
    struct wait wait;
    enum far_err err = ask(client, method, request, timeout_ms, &wait);
    if (err == FAR_OK) *ret_reply = wait.reply;
    return err;
}

int client_ask(struct client *client, enum far_method method, const ProtobufCMessage *request,
               ProtobufCMessage **ret_reply)
{
    const struct far_method_row *row = &far_method_rows[method];
    struct wait wait;
    enum far_err err = ask(client, method, request, CLIENT_TIMEOUT_MS, &wait);
    if (err == FAR_OK) {
        *ret_reply = wait.reply;
        return CTL_OK;
    }
    bool away = err == FAR_EUNAVAILABLE || err == FAR_ETIMEOUT;
    fprintf(stderr, "farseatctl: %s.%s: %s%s%s\n", row->service, row->method, far_err_text(err),
            *wait.text ? ": " : "", wait.text);
    if (away) fprintf(stderr, "  remedy: see with ./farseat status whether %s runs\n", row->service);
    return away ? CTL_UNAVAILABLE : CTL_REFUSED;
}
