/* SPDX-License-Identifier: Apache-2.0 */
/* bench_bus.c - row bus.roundtrip: a typed question and its answer between two services' loops, each on a
 * thread and a connection of its own, against the same through bare nats.c (a blocking request, an answer
 * from the library's own thread) on the same private server; both in turns, so that the machine's mood is the
 * same for both. */
#include "far/bus.h"
#include "far/clock.h"
#include "far/log.h"
#include "far/loop.h"
#include "farseat/v1/api_acd.pb-c.h"
#include "nats.h"
#include <nats/nats.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS  5
#define WARM    200
#define COUNT   1000 /* measured, each round */
#define SUBJECT "far.api.acd.ContactGet"
#define BARE    "bare.request"

struct side {
    struct far_loop *loop;
    struct far_bus *bus;
    pthread_t thread;
    struct far_bus_subscription *subscription;
};
struct times {
    double us[ROUNDS * COUNT];
    size_t len;
};
struct asking {
    struct side side;
    struct times *times;
    unsigned left, warm_left;
    uint64_t began_us;
};

static void must(bool holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "bench_bus: %s failed\n", what);
    exit(1);
}

/* ---- Ours ------------------------------------------------------------------------------------------------
 */

static void on_request(void *ctx, struct far_bus_request *request, const ProtobufCMessage *message)
{
    Farseat__V1__ContactDetail detail = FARSEAT__V1__CONTACT_DETAIL__INIT;
    (void)ctx;
    detail.position = ((const Farseat__V1__ReadRequest *)(const void *)message)->min_position;
    far_bus_reply(request, &detail.base);
}

static void ask(struct asking *asking);

static void on_answer(void *ctx, const struct far_bus_answer *answer)
{
    struct asking *asking = ctx;
    uint64_t took_us = far_clock_mono_us() - asking->began_us;
    must(answer->err == FAR_OK, answer->error_text);
    if (asking->warm_left > 0)
        asking->warm_left--;
    else {
        asking->times->us[asking->times->len++] = (double)took_us;
        asking->left--;
    }
    if (asking->left == 0)
        far_loop_stop(asking->side.loop);
    else
        ask(asking);
}

static void ask(struct asking *asking)
{
    Farseat__V1__ReadRequest request = FARSEAT__V1__READ_REQUEST__INIT;
    request.id = (char *)(uintptr_t) "0192a5c4-7a3e-7bd1-8f00-3a5b6c7d8e9f";
    request.min_position = asking->left;
    asking->began_us = far_clock_mono_us();
    struct far_bus_question question = {.subject = SUBJECT,
                                        .message = &request.base,
                                        .reply_type = &farseat__v1__contact_detail__descriptor,
                                        .timeout_ms = 5000,
                                        .fn = on_answer,
                                        .ctx = asking};
    must(far_bus_ask(asking->side.bus, &question, NULL) == FAR_OK, "asking");
}

static void on_state(void *ctx, enum far_bus_state state)
{
    if (state == FAR_BUS_CONNECTED) far_loop_stop(((struct side *)ctx)->loop);
}

static void join(struct side *side, const char *url, const char *name)
{
    struct far_bus_config config = {.url = url, .name = name, .state_fn = on_state, .state_ctx = side};
    must(far_loop_create(NULL, &side->loop) == FAR_OK, "making a loop");
    must(far_bus_connect(&config, side->loop, &side->bus) == FAR_OK, "connecting");
    far_loop_run(side->loop); /* until it is connected */
}

static void *serve(void *arg)
{
    struct side *side = arg;
    far_loop_run(side->loop);
    return NULL;
}

static void measure_ours(struct asking *asking)
{
    asking->warm_left = WARM;
    asking->left = COUNT;
    ask(asking);
    far_loop_run(asking->side.loop);
}

/* ---- Bare nats.c -----------------------------------------------------------------------------------------
 */

static void on_bare(natsConnection *connection, natsSubscription *subscription, natsMsg *msg, void *closure)
{
    (void)subscription;
    (void)closure;
    must(natsConnection_Publish(connection, natsMsg_GetReply(msg), natsMsg_GetData(msg),
                                natsMsg_GetDataLength(msg)) == NATS_OK,
         "answering");
    natsMsg_Destroy(msg);
}

static natsConnection *connect_bare(const char *url)
{
    natsOptions *options = NULL;
    natsConnection *connection = NULL;
    must(natsOptions_Create(&options) == NATS_OK && natsOptions_SetURL(options, url) == NATS_OK &&
             natsOptions_SetSendAsap(options, true) == NATS_OK,
         "making options");
    must(natsConnection_Connect(&connection, options) == NATS_OK, "connecting nats.c");
    natsOptions_Destroy(options);
    return connection;
}

static void measure_bare(natsConnection *connection, struct times *times)
{
    char payload[48] = {0}; /* as long as our packed question */
    for (int i = 0; i < WARM + COUNT; i++) {
        natsMsg *reply = NULL;
        uint64_t began_us = far_clock_mono_us();
        must(natsConnection_Request(&reply, connection, BARE, payload, sizeof(payload), 5000) == NATS_OK,
             "request");
        if (i >= WARM) times->us[times->len++] = (double)(far_clock_mono_us() - began_us);
        natsMsg_Destroy(reply);
    }
}

/* ---- The row ---------------------------------------------------------------------------------------------
 */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(struct times *times, double q)
{
    qsort(times->us, times->len, sizeof(times->us[0]), by_size);
    return times->us[(size_t)(q * (double)(times->len - 1))];
}

/* The smallest and the largest median of a round; before the times are sorted as one. */
static void spread(const struct times *times, double *ret_low, double *ret_high)
{
    static struct times round;
    for (int i = 0; i < ROUNDS; i++) {
        round.len = COUNT;
        memcpy(round.us, times->us + (size_t)i * COUNT, COUNT * sizeof(round.us[0]));
        double median = quantile(&round, 0.5);
        *ret_low = i == 0 || median < *ret_low ? median : *ret_low;
        *ret_high = i == 0 || median > *ret_high ? median : *ret_high;
    }
}

static void print_row(struct times *ours, struct times *bare)
{
    double low = 0, high = 0, bare_low = 0, bare_high = 0;
    spread(ours, &low, &high);
    spread(bare, &bare_low, &bare_high);
    double value = quantile(ours, 0.5);
    double reference = quantile(bare, 0.5);
    printf(
        "{\"name\": \"bus.roundtrip\", \"unit\": \"us\", \"value\": %.0f, \"reference\": \"bare nats.c "
        "request, "
        "send at once\", \"reference_value\": %.0f, \"ratio\": %.2f, \"conditions\": \"median of %d typed "
        "questions one after the other between two loops, private server on loopback; medians of %d "
        "rounds %.0f to %.0f us, reference %.0f to %.0f us; 99th percentile %.0f us, reference %.0f us\"}\n",
        value, reference, value / reference, ROUNDS * COUNT, ROUNDS, low, high, bare_low, bare_high,
        quantile(ours, 0.99), quantile(bare, 0.99));
}

int main(void)
{
    struct test_nats nats;
    static struct times ours;
    static struct times bare;
    struct side server = {.loop = NULL};
    struct asking asking = {.times = &ours};
    natsSubscription *subscription = NULL;
    far_log_init("bench", "bus", FAR_LOG_ERROR);
    test_nats_start(&nats, NULL);
    join(&server, nats.url, "acd-1");
    join(&asking.side, nats.url, "gateway");
    struct far_bus_service service = {
        .subject = SUBJECT, .request_type = &farseat__v1__read_request__descriptor, .fn = on_request};
    must(far_bus_serve(server.bus, &service, &server.subscription) == FAR_OK, "serving");
    must(pthread_create(&server.thread, NULL, serve, &server) == 0, "starting a thread");
    natsConnection *asker = connect_bare(nats.url);
    natsConnection *answerer = connect_bare(nats.url);
    must(natsConnection_Subscribe(&subscription, answerer, BARE, on_bare, NULL) == NATS_OK, "subscribing");
    must(natsConnection_FlushTimeout(answerer, 5000) == NATS_OK, "flushing");
    for (int round = 0; round < ROUNDS; round++) {
        measure_bare(asker, &bare);
        measure_ours(&asking);
    }
    print_row(&ours, &bare);
    natsSubscription_Destroy(subscription);
    natsConnection_Destroy(asker);
    natsConnection_Destroy(answerer);
    far_loop_stop(server.loop);
    pthread_join(server.thread, NULL);
    far_bus_destroy(asking.side.bus);
    far_bus_destroy(server.bus);
    far_loop_destroy(asking.side.loop);
    far_loop_destroy(server.loop);
    test_nats_stop(&nats);
    return 0;
}
