/* SPDX-License-Identifier: Apache-2.0 */
/* The bus against a real server: typed questions and answers, refusals, deadlines, kill and restart. */
#include "far/bus.h"
#include "far/clock.h"
#include "far/test.h"
#include "farseat/v1/api_acd.pb-c.h"
#include "nats.h"
#include "turn.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct peers { /* two processes' buses on one loop */
    struct test_nats nats;
    struct far_loop *loop;
    struct far_bus *asker, *server;
};

static bool both_connected(void *ctx)
{
    struct peers *peers = ctx;
    return far_bus_state(peers->asker) == FAR_BUS_CONNECTED &&
           far_bus_state(peers->server) == FAR_BUS_CONNECTED;
}

static int set_up(void **state)
{
    struct peers *peers = calloc(1, sizeof(*peers));
    test_nats_start(&peers->nats, NULL);
    assert_int_equal(far_loop_create(NULL, &peers->loop), FAR_OK);
    struct far_bus_config config = {.url = peers->nats.url, .name = "gateway"};
    assert_int_equal(far_bus_connect(&config, peers->loop, &peers->asker), FAR_OK);
    config.name = "acd-1";
    assert_int_equal(far_bus_connect(&config, peers->loop, &peers->server), FAR_OK);
    assert_true(test_turn_until(peers->loop, both_connected, peers, 5000));
    *state = peers;
    return 0;
}

static int tear_down(void **state)
{
    struct peers *peers = *state;
    far_bus_destroy(peers->asker);
    far_bus_destroy(peers->server);
    far_loop_destroy(peers->loop);
    test_nats_stop(&peers->nats);
    free(peers);
    return 0;
}

/* ---- What was answered ----------------------------------------------------------------------------------
 */

struct got {
    unsigned answers;
    enum far_err err;
    char text[128];
    uint64_t position;
    uint64_t at_ms;
};

static void on_answer(void *ctx, const struct far_bus_answer *answer)
{
    struct got *got = ctx;
    got->answers++;
    got->err = answer->err;
    got->at_ms = far_clock_mono_ms();
    (void)snprintf(got->text, sizeof(got->text), "%s", answer->error_text);
    if (answer->message)
        got->position = ((const Farseat__V1__Verdict *)(const void *)answer->message)->position;
}

static bool answered(void *ctx)
{
    return ((struct got *)ctx)->answers > 0;
}

static enum far_err ask(struct peers *peers, const char *subject, uint64_t position, uint32_t timeout_ms,
                        struct got *got)
{
    Farseat__V1__ReadRequest request = FARSEAT__V1__READ_REQUEST__INIT;
    request.min_position = position;
    request.id = (char *)(uintptr_t) "queue-1";
    memset(got, 0, sizeof(*got));
    return far_bus_ask(peers->asker,
                       &(struct far_bus_question){.subject = subject,
                                                  .message = &request.base,
                                                  .reply_type = &farseat__v1__verdict__descriptor,
                                                  .timeout_ms = timeout_ms,
                                                  .fn = on_answer,
                                                  .ctx = got},
                       NULL);
}

/* A server that echoes the position, refuses 13, and keeps 99 for later. */
struct echo {
    struct far_bus_request *kept;
    struct far_trace trace;
    unsigned asked;
};

static void reply_position(struct far_bus_request *request, uint64_t position)
{
    Farseat__V1__Verdict verdict = FARSEAT__V1__VERDICT__INIT;
    verdict.ok = true;
    verdict.position = position;
    far_bus_reply(request, &verdict.base);
}

static void on_request(void *ctx, struct far_bus_request *request, const ProtobufCMessage *message)
{
    struct echo *echo = ctx;
    const Farseat__V1__ReadRequest *read = (const Farseat__V1__ReadRequest *)(const void *)message;
    echo->asked++;
    far_bus_trace(far_bus_request_msg(request), &echo->trace);
    assert_string_equal(read->id, "queue-1");
    if (read->min_position == 13)
        far_bus_reply_error(request, FAR_ESTATE, "thirteen is not\nallowed");
    else if (read->min_position == 99)
        echo->kept = request;
    else
        reply_position(request, read->min_position);
}

static struct far_bus_subscription *serve(struct peers *peers, struct echo *echo)
{
    struct far_bus_subscription *subscription = NULL;
    struct far_bus_service service = {.subject = "far.api.acd.QueueList",
                                      .queue_group = "acd",
                                      .request_type = &farseat__v1__read_request__descriptor,
                                      .fn = on_request,
                                      .ctx = echo};
    assert_int_equal(far_bus_serve(peers->server, &service, &subscription), FAR_OK);
    return subscription;
}

/* Until the server knows the subscription, the answer is "nobody". */
static void wait_until_served(struct peers *peers)
{
    struct got got = {.err = FAR_EUNAVAILABLE};
    for (int i = 0; i < 100 && got.err != FAR_OK; i++) {
        assert_int_equal(ask(peers, "far.api.acd.QueueList", 1, 1000, &got), FAR_OK);
        assert_true(test_turn_until(peers->loop, answered, &got, 2000));
    }
    assert_int_equal(got.err, FAR_OK);
}

/* ---- Tests --------------------------------------------------------------------------------------------- */

static void question_is_answered_refused_or_answered_later(void **state)
{
    struct peers *peers = *state;
    struct echo echo = {.asked = 0};
    struct got got;
    struct far_bus_subscription *subscription = serve(peers, &echo);
    wait_until_served(peers);

    assert_int_equal(ask(peers, "far.api.acd.QueueList", 42, 1000, &got), FAR_OK);
    assert_true(test_turn_until(peers->loop, answered, &got, 2000));
    assert_int_equal(got.err, FAR_OK);
    assert_int_equal(got.position, 42);
    assert_true(far_trace_is_set(&echo.trace)); /* made where none was given */

    assert_int_equal(ask(peers, "far.api.acd.QueueList", 13, 1000, &got), FAR_OK);
    assert_true(test_turn_until(peers->loop, answered, &got, 2000));
    assert_int_equal(got.err, FAR_ESTATE);
    assert_string_equal(got.text, "thirteen is not allowed");

    assert_int_equal(ask(peers, "far.api.acd.QueueList", 99, 3000, &got), FAR_OK);
    test_turn_for(peers->loop, 100);
    assert_int_equal(got.answers, 0);
    assert_non_null(echo.kept);
    reply_position(echo.kept, 100);
    assert_true(test_turn_until(peers->loop, answered, &got, 2000));
    assert_int_equal(got.position, 100);

    far_bus_unsubscribe(subscription);
}

static void nobody_there_is_told_at_once_and_silence_at_the_deadline(void **state)
{
    struct peers *peers = *state;
    struct echo echo = {.asked = 0};
    struct got got;
    uint64_t began_ms = far_clock_mono_ms();
    assert_int_equal(ask(peers, "far.api.acd.Nothing", 1, 5000, &got), FAR_OK);
    assert_true(test_turn_until(peers->loop, answered, &got, 2000));
    assert_int_equal(got.err, FAR_EUNAVAILABLE);
    assert_true(got.at_ms - began_ms < 1000);

    struct far_bus_subscription *subscription = serve(peers, &echo);
    wait_until_served(peers);
    began_ms = far_clock_mono_ms();
    assert_int_equal(ask(peers, "far.api.acd.QueueList", 99, 300, &got), FAR_OK);
    assert_true(test_turn_until(peers->loop, answered, &got, 3000));
    assert_int_equal(got.err, FAR_ETIMEOUT);
    assert_true(got.at_ms - began_ms >= 290);
    reply_position(echo.kept, 1); /* too late: nobody is called */
    test_turn_for(peers->loop, 100);
    assert_int_equal(got.answers, 1);
    far_bus_unsubscribe(subscription);
}

static void what_does_not_decode_is_refused(void **state)
{
    struct peers *peers = *state;
    struct echo echo = {.asked = 0};
    struct got got = {.answers = 0};
    struct far_bus_subscription *subscription = serve(peers, &echo);
    wait_until_served(peers);
    unsigned asked = echo.asked;
    assert_int_equal(far_bus_ask(peers->asker,
                                 &(struct far_bus_question){.subject = "far.api.acd.QueueList",
                                                            .data = "\xff\xff\xff",
                                                            .data_len = 3,
                                                            .timeout_ms = 1000,
                                                            .fn = on_answer,
                                                            .ctx = &got},
                                 NULL),
                     FAR_OK);
    assert_true(test_turn_until(peers->loop, answered, &got, 2000));
    assert_int_equal(got.err, FAR_EPROTO);
    assert_int_equal(echo.asked, asked);
    far_bus_unsubscribe(subscription);
}

static void questions_are_bounded(void **state)
{
    struct peers *peers = *state;
    struct far_bus *small = NULL;
    struct got got = {.answers = 0};
    struct far_bus_config config = {.url = peers->nats.url, .name = "gateway", .request_count_max = 3};
    struct far_bus *before = peers->asker;
    assert_int_equal(far_bus_connect(&config, peers->loop, &small), FAR_OK);
    peers->asker = small;
    assert_int_equal(ask(peers, "far.api.acd.QueueList", 1, 1000, &got), FAR_EUNAVAILABLE); /* not yet */
    assert_true(test_turn_until(peers->loop, both_connected, peers, 5000));
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(peers, "far.api.acd.QueueList", 1, 1000, &got), FAR_OK);
    assert_int_equal(ask(peers, "far.api.acd.QueueList", 1, 1000, &got), FAR_EFULL);
    assert_int_equal(ask(peers, "far.api.*", 1, 1000, &got), FAR_EFULL);
    far_bus_destroy(small); /* with questions open */
    peers->asker = before;
}

static void server_killed_and_restarted(void **state)
{
    struct peers *peers = *state;
    struct echo echo = {.asked = 0};
    struct got got;
    struct far_bus_subscription *subscription = serve(peers, &echo);
    wait_until_served(peers);

    assert_int_equal(ask(peers, "far.api.acd.QueueList", 99, 20000, &got), FAR_OK);
    test_turn_for(peers->loop, 50);
    test_nats_kill(&peers->nats);
    assert_true(
        test_turn_until(peers->loop, answered, &got, 5000)); /* told when the connection broke, not at 20 s */
    assert_int_equal(got.err, FAR_EUNAVAILABLE);
    reply_position(echo.kept, 1);
    uint64_t began_ms = far_clock_mono_ms();
    assert_int_equal(ask(peers, "far.api.acd.QueueList", 1, 5000, &got), FAR_EUNAVAILABLE);
    assert_true(far_clock_mono_ms() - began_ms < 50); /* the loop never waits */

    test_nats_restart(&peers->nats);
    assert_true(test_turn_until(peers->loop, both_connected, peers, 10000));
    wait_until_served(peers); /* the subscription stands again */
    far_bus_unsubscribe(subscription);
}

static void frozen_server_never_blocks_the_loop(void **state)
{
    struct peers *peers = *state;
    static const char kilobytes[64 * 1024];
    struct got got;
    test_nats_freeze(&peers->nats);
    uint64_t longest_ms = 0;
    unsigned full = 0;
    for (int i = 0; i < 3000; i++) { /* 190 MB: more than all buffers on the way hold */
        uint64_t began_ms = far_clock_mono_ms();
        enum far_err err =
            far_bus_publish_bytes(peers->asker, "far.live.queue.x", kilobytes, sizeof(kilobytes), NULL);
        uint64_t took_ms = far_clock_mono_ms() - began_ms;
        if (took_ms > longest_ms) longest_ms = took_ms;
        if (err == FAR_EFULL) full++;
    }
    assert_true(full > 0); /* bounded */
    assert_true(longest_ms < 200);
    test_nats_thaw(&peers->nats);
    assert_true(test_turn_until(peers->loop, both_connected, peers, 15000));
    for (int i = 0; i < 100; i++) { /* and it recovers */
        if (ask(peers, "far.api.acd.Nothing", 1, 1000, &got) != FAR_OK) {
            test_turn_for(peers->loop, 100);
            continue;
        }
        assert_true(test_turn_until(peers->loop, answered, &got, 3000));
        if (got.err == FAR_EUNAVAILABLE && strstr(got.text, "nobody")) break;
    }
    assert_int_equal(got.err, FAR_EUNAVAILABLE);
}

struct observer {
    struct far_bus *bus;
    struct observer *removes[2];
    unsigned told;
};

static void on_observed(void *ctx, enum far_bus_state state)
{
    struct observer *observer = ctx;
    (void)state;
    observer->told++;
    for (int i = 0; i < 2; i++)
        if (observer->removes[i]) far_bus_remove_state_fn(observer->bus, on_observed, observer->removes[i]);
}

static bool told_twice(void *ctx)
{
    return ((struct observer *)ctx)->told >= 2;
}

static void observers_may_leave_while_being_told(void **state)
{
    struct peers *peers = *state;
    struct observer observers[5] = {{.bus = NULL}};
    for (int i = 0; i < 5; i++) {
        observers[i].bus = peers->asker;
        assert_int_equal(far_bus_add_state_fn(peers->asker, on_observed, &observers[i]), FAR_OK);
    }
    observers[2].removes[0] = &observers[0]; /* one that was told, and one that was not yet */
    observers[2].removes[1] = &observers[3];
    test_nats_kill(&peers->nats);
    test_nats_restart(&peers->nats);
    assert_true(test_turn_until(peers->loop, told_twice, &observers[4], 10000));
    const unsigned told[5] = {1, 2, 2, 0, 2};
    for (int i = 0; i < 5; i++)
        assert_int_equal(observers[i].told, told[i]);
    for (int i = 0; i < 5; i++)
        far_bus_remove_state_fn(peers->asker, on_observed, &observers[i]);
}

struct heard {
    unsigned count;
    char header[32];
    char subject[64];
    struct far_trace trace;
};

static void on_live(void *ctx, const struct far_bus_msg *msg)
{
    struct heard *heard = ctx;
    const char *value = far_bus_header(msg, "Farseat-Queue");
    heard->count++;
    (void)snprintf(heard->header, sizeof(heard->header), "%s", value ? value : "");
    (void)snprintf(heard->subject, sizeof(heard->subject), "%s", msg->subject);
    far_bus_trace(msg, &heard->trace);
}

static bool heard_one(void *ctx)
{
    return ((struct heard *)ctx)->count > 0;
}

static void plain_messages_carry_headers_and_trace(void **state)
{
    struct peers *peers = *state;
    struct heard heard = {.count = 0};
    struct far_bus_subscription *subscription = NULL;
    struct far_trace trace;
    far_trace_start(&trace);
    struct far_bus_header header = {"Farseat-Queue", "sales"};
    struct far_bus_options options = {.trace = &trace, .headers = &header, .headers_count = 1};
    assert_int_equal(far_bus_subscribe(peers->server, "far.live.>", NULL, on_live, &heard, &subscription),
                     FAR_OK);
    for (int i = 0; i < 100 && heard.count == 0; i++) { /* until the subscription is known */
        assert_int_equal(far_bus_publish_bytes(peers->asker, "far.live.queue.sales", "x", 1, &options),
                         FAR_OK);
        (void)test_turn_until(peers->loop, heard_one, &heard, 50);
    }
    assert_true(heard.count > 0);
    assert_string_equal(heard.header, "sales");
    assert_string_equal(heard.subject, "far.live.queue.sales");
    assert_memory_equal(&heard.trace, &trace, sizeof(trace));

    header.value = "two\r\nlines"; /* nobody smuggles a header in */
    assert_int_equal(far_bus_publish_bytes(peers->asker, "far.live.queue.sales", "x", 1, &options),
                     FAR_EINVAL);
    assert_int_equal(far_bus_publish_bytes(peers->asker, "far.live.queue sales", "x", 1, NULL), FAR_EINVAL);
    assert_int_equal(far_bus_publish_bytes(peers->asker, "far.live..x", "x", 1, NULL), FAR_EINVAL);
    assert_int_equal(far_bus_publish_bytes(peers->asker, "far.live.*", "x", 1, NULL), FAR_EINVAL);
    subscription = far_bus_unsubscribe(subscription);
    heard.count = 0;
    assert_int_equal(far_bus_publish_bytes(peers->asker, "far.live.queue.sales", "x", 1, NULL), FAR_OK);
    test_turn_for(peers->loop, 100);
    assert_int_equal(heard.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(question_is_answered_refused_or_answered_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_there_is_told_at_once_and_silence_at_the_deadline, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_does_not_decode_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(questions_are_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(server_killed_and_restarted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(frozen_server_never_blocks_the_loop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(observers_may_leave_while_being_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(plain_messages_carry_headers_and_trace, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
