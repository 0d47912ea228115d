/* SPDX-License-Identifier: Apache-2.0 */
/* far_tables.c - prints what the tables of far/tables.h say, for documents, nats-server and scripts. */
#include "far/buf.h"
#include "far/bus.h"
#include "far/log.h"
#include "far/loop.h"
#include "far/stream.h"
#include "far/tables.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENSURE_TIMEOUT_MS 15000

static int usage(void)
{
    fputs("usage: far-tables bus | topics             the reference page, as Markdown\n"
          "       far-tables nats-permissions USER    the permissions block of a nats-server user\n"
          "       far-tables kafka-topics             name, partitions and cleanup policy, one topic a line\n"
          "       far-tables ensure USER URL [NKEY_FILE]   make streams and buckets, or bring them up to "
          "date\n",
          stderr);
    return 2;
}

struct ensuring {
    struct far_loop *loop;
    struct far_bus *bus;
    enum far_err err;
    char text[300];
};

static void finish(struct ensuring *ensuring, enum far_err err, const char *text)
{
    ensuring->err = err;
    (void)snprintf(ensuring->text, sizeof(ensuring->text), "%s", text);
    far_loop_stop(ensuring->loop);
}

static void on_done(void *ctx, enum far_err err, const char *text)
{
    finish(ctx, err, text);
}

static void on_state(void *ctx, enum far_bus_state state)
{
    struct ensuring *ensuring = ctx;
    if (state != FAR_BUS_CONNECTED) return;
    enum far_err err =
        far_streams_ensure(ensuring->bus, FAR_STREAM_SHARED_ROWS, FAR_STREAM_SHARED_COUNT, on_done, ensuring);
    if (err != FAR_OK) finish(ensuring, err, "cannot ask the server");
}

static void on_timeout(void *arg, uint64_t timer)
{
    (void)timer;
    finish(arg, FAR_ETIMEOUT,
           "no answer: is nats-server running with JetStream at this address, and is the user known?");
}

static int ensure(const char *user, const char *url, const char *nkey_file)
{
    struct ensuring ensuring = {.err = FAR_EIO};
    struct far_bus_config config = {
        .url = url, .nkey_file = nkey_file, .name = user, .state_fn = on_state, .state_ctx = &ensuring};
    far_log_init("far-tables", user, FAR_LOG_WARN);
    enum far_err err = far_loop_create(NULL, &ensuring.loop);
    if (err == FAR_OK)
        err = far_timer_start(ensuring.loop, ENSURE_TIMEOUT_MS, 0, on_timeout, &ensuring, NULL);
    if (err == FAR_OK) err = far_bus_connect(&config, ensuring.loop, &ensuring.bus);
    if (err == FAR_OK) {
        far_loop_run(ensuring.loop);
        err = ensuring.err;
    }
    far_bus_destroy(ensuring.bus);
    far_loop_destroy(ensuring.loop);
    if (err != FAR_OK) fprintf(stderr, "far-tables: %s: %s\n", far_err_text(err), ensuring.text);
    return err == FAR_OK ? 0 : 1;
}

static void print_kafka_topics(struct far_buf *out)
{
    for (size_t i = 0; i < FAR_TOPIC_COUNT; i++)
        far_buf_addf(out, "%s %u %s\n", far_topic_rows[i].topic, far_topic_rows[i].partitions,
                     far_topic_rows[i].compacted ? "compact" : "delete");
}

int main(int argc, char **argv)
{
    struct far_buf out;
    enum far_err err = FAR_OK;
    const char *verb = argc > 1 ? argv[1] : "";
    if (strcmp(verb, "ensure") == 0 && (argc == 4 || argc == 5))
        return ensure(argv[2], argv[3], argc == 5 ? argv[4] : NULL);
    far_buf_init(&out, (size_t)1 << 20);
    if (strcmp(verb, "bus") == 0 && argc == 2)
        far_bus_reference(&out);
    else if (strcmp(verb, "topics") == 0 && argc == 2)
        far_topics_reference(&out);
    else if (strcmp(verb, "kafka-topics") == 0 && argc == 2)
        print_kafka_topics(&out);
    else if (strcmp(verb, "nats-permissions") == 0 && argc == 3)
        err = far_permissions_print(argv[2], &out);
    else {
        far_buf_done(&out);
        return usage();
    }
    if (err == FAR_OK) err = out.err;
    if (err == FAR_OK)
        (void)fwrite(out.data, 1, out.len, stdout);
    else
        fprintf(
            stderr,
            "far-tables: %s: users are edge-..., acd-..., recording[-...], ticketing, analytics, gateway, "
            "farseatctl, observer\n",
            argc > 2 ? argv[2] : verb);
    far_buf_done(&out);
    return err == FAR_OK ? 0 : 1;
}
