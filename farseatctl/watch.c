/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c - what happens, as it happens: facts out of stream EVT, one line each. */
#include "command.h"
#include "far/json.h"
#include "far/str.h"
#include "far/stream.h"
#include "farseat/v1/fact.pb-c.h"
#include "farseat/v1/live.pb-c.h"
#include "text.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUEUES_MAX    64
#define LINE_SIZE_MAX 4096u

enum watched { WATCH_CONTACT, WATCH_AGENT, WATCH_QUEUE };
struct watch {
    enum watched what;
    const char *id; /* NULL: all */
    bool json;
    struct client *client;
    uint32_t left; /* lines until the end; 0: for ever */
    struct {
        char id[64], text[160];
    } queues[QUEUES_MAX];
    size_t queues_len;
    bool done;
};

static volatile sig_atomic_t interrupted;
static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

static void said(struct watch *watch)
{
    fflush(stdout);
    if (watch->left == 0 || --watch->left > 0) return;
    watch->done = true;
    far_loop_stop(watch->client->loop);
}

static bool concerns(const struct watch *watch, const char *subject, const Farseat__V1__Fact *fact)
{
    const char *own = watch->what == WATCH_CONTACT ? fact->contact_id
                      : watch->what == WATCH_AGENT ? fact->agent_id
                                                   : fact->queue_id;
    if (watch->id) return strcmp(own, watch->id) == 0;
    if (watch->what == WATCH_AGENT) return far_str_starts(subject, "far.evt.agent.");
    if (watch->what == WATCH_CONTACT) return *own != 0 && !far_str_starts(subject, "far.evt.agent.");
    return *own != 0;
}

/* The body alone: the ids stand before it. */
static char *body_text(const Farseat__V1__Fact *fact)
{
    json_t *json = NULL;
    static const char *const known[] = {"fact_id", "at_us",           "contact_id",   "agent_id", "queue_id",
                                        "site_id", "log_incarnation", "log_position", "log_index"};
    if (far_json_from_message(&fact->base, FAR_JSON_PROTO_NAMES, &json) != FAR_OK) return NULL;
    for (size_t i = 0; i < FAR_ARRAY_LEN(known); i++)
        json_object_del(json, known[i]);
    void *body = json_object_iter(json);
    char *text = body ? json_dumps(json_object_iter_value(body), JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    json_decref(json);
    return text;
}

static void print_fact(const char *subject, const Farseat__V1__Fact *fact)
{
    char at[32];
    char *body = body_text(fact);
    struct far_buf line;
    far_buf_init(&line, LINE_SIZE_MAX);
    text_time(fact->at_us, at);
    far_buf_addf(&line, "%s ", at);
    text_column(&line, subject + strlen("far.evt."), 22);
    if (*fact->contact_id) far_buf_addf(&line, " contact=%s", fact->contact_id);
    if (*fact->agent_id) far_buf_addf(&line, " agent=%s", fact->agent_id);
    if (*fact->queue_id) far_buf_addf(&line, " queue=%s", fact->queue_id);
    if (body && strcmp(body, "{}") != 0) {
        far_buf_add_text(&line, " ");
        text_safe(&line, body);
    }
    printf("%s\n", line.data);
    far_buf_done(&line);
    free(body);
}

static void on_entry(void *ctx, const struct far_stream_entry *entry)
{
    struct watch *watch = ctx;
    Farseat__V1__Fact *fact = farseat__v1__fact__unpack(NULL, entry->data_len, entry->data);
    if (!fact) return;
    if (!watch->done && concerns(watch, entry->subject, fact)) {
        if (watch->json)
            command_json(&fact->base);
        else
            print_fact(entry->subject, fact);
        said(watch);
    }
    farseat__v1__fact__free_unpacked(fact, NULL);
}

/* A queue's figures come each second: only what changed is told. */
static bool is_news(struct watch *watch, const char *queue, const char *text)
{
    size_t at = 0;
    while (at < watch->queues_len && strcmp(watch->queues[at].id, queue) != 0)
        at++;
    if (at == QUEUES_MAX) return false;
    if (at == watch->queues_len) {
        watch->queues_len++;
        far_str_copy(watch->queues[at].id, sizeof(watch->queues[at].id), queue);
    }
    if (strcmp(watch->queues[at].text, text) == 0) return false;
    far_str_copy(watch->queues[at].text, sizeof(watch->queues[at].text), text);
    return true;
}

static void on_live(void *ctx, const struct far_bus_msg *msg)
{
    struct watch *watch = ctx;
    Farseat__V1__LiveQueue *live = farseat__v1__live_queue__unpack(NULL, msg->data_len, msg->data);
    char text[160], at[32];
    if (!live) return;
    snprintf(text, sizeof(text),
             "waiting=%u ready=%u talking=%u offered=%u answered=%u abandoned=%u service_level=%.3f",
             live->waiting, live->agents_ready, live->agents_talking, live->offered, live->answered,
             live->abandoned, live->service_level);
    if (!watch->done && (!watch->id || strcmp(watch->id, live->queue_id) == 0) &&
        is_news(watch, live->queue_id, text)) {
        text_time(live->at_us, at);
        if (watch->json)
            command_json(&live->base);
        else
            printf("%s %-22s queue=%s %s\n", at, "live", live->queue_id, text);
        said(watch);
    }
    farseat__v1__live_queue__free_unpacked(live, NULL);
}

static int run(struct client *client, struct watch *watch)
{
    struct far_log_reader *reader = NULL;
    struct far_bus_subscription *live = NULL;
    struct far_log_reader_config config = {.stream = FAR_STREAM_FACTS,
                                           .filter = "far.evt.>",
                                           .start = FAR_LOG_FROM_END,
                                           .entry_fn = on_entry,
                                           .ctx = watch};
    enum far_err err = far_log_reader_create(client->bus, &config, &reader);
    if (err == FAR_OK && watch->what == WATCH_QUEUE)
        err = far_bus_subscribe(client->bus, "far.live.queue.*", NULL, on_live, watch, &live);
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    while (err == FAR_OK && !interrupted && !watch->done)
        client_run(client, 200);
    far_bus_unsubscribe(live);
    far_log_reader_destroy(reader);
    if (err == FAR_OK) return CTL_OK;
    fprintf(stderr, "farseatctl: the facts cannot be read: %s\n", far_err_text(err));
    return CTL_UNAVAILABLE;
}

int command_watch(struct client *client, const struct options *options, int argc, char **argv)
{
    static const char *const names[] = {"contact", "agent", "queue"};
    static struct watch watch;
    watch = (struct watch){.client = client,
                           .json = strcmp(options->format, "json") == 0,
                           .left = options->count,
                           .id = argc == 2 ? argv[1] : NULL};
    for (size_t i = 0; (argc == 1 || argc == 2) && i < FAR_ARRAY_LEN(names); i++) {
        if (strcmp(argv[0], names[i]) != 0) continue;
        watch.what = (enum watched)i;
        return run(client, &watch);
    }
    return command_usage("watch contact [ID] | agent [ID] | queue [ID]");
}
