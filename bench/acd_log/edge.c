/* SPDX-License-Identifier: Apache-2.0 */
#include "edge.h"
#include "centre.h"
#include "far/bus.h"
#include "far/clock.h"
#include "far/id.h"
#include "far/loop.h"
#include "far/stream.h"
#include "farseat/v1/acd_log.pb-c.h"
#include "farseat/v1/api_acd.pb-c.h"
#include "farseat/v1/edge.pb-c.h"
#include "row.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define PULSE_MS   500u
#define WAIT_MS    30000u
#define KEPT       4096u
#define KEPT_BYTES (8u << 20)
#define LEGS_MAX   4096u

#define TEXT(text) ((char *)(uintptr_t)(text))

struct edge {
    struct far_loop *loop;
    struct far_bus *bus;
    struct far_bus_subscription *commands;
    struct far_appender *appender;
    char incarnation[FAR_ID_TEXT_SIZE];
    char legs[LEGS_MAX][FAR_ID_TEXT_SIZE];
    size_t calls, at_once, step; /* of the run: inputs are counted by steps */
    uint64_t last_number;        /* of the run, once all is pushed; 0: not yet */
    uint64_t pulses;
    size_t bytes, inputs, commands_len;
    bool applied, stored, late;
    uint64_t ended_us;
};

static void run_until(struct edge *edge, const bool *done);

/* ---- What an edge does besides ----------------------------------------------------------------------- */

static void on_command(void *ctx, struct far_bus_request *request, const ProtobufCMessage *message)
{
    struct edge *edge = ctx;
    Farseat__V1__EdgeCommandReply reply = FARSEAT__V1__EDGE_COMMAND_REPLY__INIT;
    (void)message;
    reply.accepted = true;
    edge->commands_len++;
    far_bus_reply(request, &reply.base);
}

static void pulse(void *arg, uint64_t timer)
{
    struct edge *edge = arg;
    Farseat__V1__EdgePulse message = FARSEAT__V1__EDGE_PULSE__INIT;
    (void)timer;
    message.edge = TEXT(EDGE_NAME);
    message.incarnation = edge->incarnation;
    message.number = ++edge->pulses;
    if (far_bus_publish(edge->bus, "far.live.edge." EDGE_NAME, &message.base, NULL) != FAR_OK)
        (void)fprintf(stderr, "a pulse was not sent\n");
}

static void push(struct edge *edge, Farseat__V1__AcdInput *input)
{
    input->producer = TEXT(EDGE_NAME);
    input->producer_incarnation = edge->incarnation;
    input->number = far_appender_next_number(edge->appender);
    input->sent_at_us = far_clock_wall_us();
    edge->inputs++;
    edge->bytes += farseat__v1__acd_input__get_packed_size(input);
    if (far_appender_push_message(edge->appender, &input->base, NULL) != FAR_OK)
        bench_die("an input found no room");
}

/* ---- Calls ------------------------------------------------------------------------------------------- */

static void push_incoming(struct edge *edge, char *leg_id)
{
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__LegIncoming incoming = FARSEAT__V1__LEG_INCOMING__INIT;
    Farseat__V1__TelephoneNumber caller = FARSEAT__V1__TELEPHONE_NUMBER__INIT;
    far_id_new_text(leg_id);
    caller.raw = TEXT("13800138000");
    caller.canonical = TEXT("+8613800138000");
    caller.kind = FARSEAT__V1__NUMBER_KIND__NUMBER_MOBILE;
    incoming.leg_id = leg_id;
    incoming.trunk_id = TEXT("pstn");
    incoming.caller = &caller;
    incoming.called_raw = TEXT(CENTRE_DIALLED);
    incoming.sip_call_id = leg_id;
    incoming.source = TEXT("udp:127.0.0.1:5060");
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_LEG_INCOMING;
    input.leg_incoming = &incoming;
    push(edge, &input);
}

static void push_answered(struct edge *edge, char *leg_id)
{
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__LegAnswered answered = FARSEAT__V1__LEG_ANSWERED__INIT;
    answered.leg_id = leg_id;
    answered.leg_ms = 20;
    answered.commands_done = 1;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_LEG_ANSWERED;
    input.leg_answered = &answered;
    push(edge, &input);
}

static void push_ended(struct edge *edge, char *leg_id)
{
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__LegEnded ended = FARSEAT__V1__LEG_ENDED__INIT;
    ended.leg_id = leg_id;
    ended.leg_ms = 8000;
    ended.commands_done = 2;
    ended.cause = TEXT("hangup");
    ended.by_remote = true;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED;
    input.leg_ended = &ended;
    push(edge, &input);
}

/* Call i comes in at step i, is answered half of at_once later, gives up at_once later. */
static void push_step(struct edge *edge)
{
    size_t step = edge->step++, half = edge->at_once / 2;
    if (step < edge->calls) push_incoming(edge, edge->legs[step % LEGS_MAX]);
    if (step >= half && step - half < edge->calls) push_answered(edge, edge->legs[(step - half) % LEGS_MAX]);
    if (step >= edge->at_once) push_ended(edge, edge->legs[(step - edge->at_once) % LEGS_MAX]);
    if (edge->step == edge->calls + edge->at_once)
        edge->last_number = far_appender_next_number(edge->appender) - 1;
}

static void fill(struct edge *edge)
{
    uint32_t count = 0;
    size_t bytes = 0;
    uint64_t rewinds = 0;
    while (edge->last_number == 0 && edge->calls > 0) {
        far_appender_stats(edge->appender, &count, &bytes, &rewinds);
        if (count + INPUTS_OF_CALL > KEPT / 2) return;
        push_step(edge);
    }
}

static void on_applied(void *ctx, const struct far_bus_answer *answer)
{
    struct edge *edge = ctx;
    if (answer->err != FAR_OK) bench_die("the ACD did not say how far it is: %s", answer->error_text);
    edge->ended_us = far_clock_mono_us();
    edge->applied = true;
}

/* Everything is on the stream; the ACD answers when it has applied it. */
static void on_acked(void *ctx, uint64_t number, uint64_t seq)
{
    struct edge *edge = ctx;
    fill(edge);
    if (number != edge->last_number) return;
    Farseat__V1__ReadRequest request = FARSEAT__V1__READ_REQUEST__INIT;
    request.id = TEXT("");
    request.min_position = seq;
    struct far_bus_question question = {.subject = "far.api.acd.QueueList",
                                        .message = &request.base,
                                        .timeout_ms = WAIT_MS,
                                        .fn = on_applied,
                                        .ctx = edge};
    if (far_bus_ask(edge->bus, &question, NULL) != FAR_OK) bench_die("the ACD cannot be asked");
}

uint64_t edge_calls(struct edge *edge, size_t calls, size_t at_once)
{
    if (at_once >= LEGS_MAX) bench_die("at most %u calls at once", LEGS_MAX);
    edge->calls = calls;
    edge->at_once = at_once;
    edge->step = 0;
    edge->last_number = 0;
    edge->applied = false;
    uint64_t began_us = far_clock_mono_us();
    fill(edge);
    run_until(edge, &edge->applied);
    return edge->ended_us - began_us;
}

/* ---- Waiting ----------------------------------------------------------------------------------------- */

static void check(void *arg, uint64_t timer)
{
    (void)timer;
    far_loop_stop(arg);
}

static void expire(void *arg, uint64_t timer)
{
    struct edge *edge = arg;
    (void)timer;
    edge->late = true;
}

/* The loop's callbacks say when; a timer looks whether it is so. */
static void run_until(struct edge *edge, const bool *done)
{
    uint64_t look = 0, end = 0;
    edge->late = false;
    if (far_timer_start(edge->loop, WAIT_MS, 0, expire, edge, &end) != FAR_OK ||
        far_timer_start(edge->loop, 5, 5, check, edge->loop, &look) != FAR_OK)
        bench_die("no timer");
    while (!*done && !edge->late)
        far_loop_run(edge->loop);
    far_timer_stop(edge->loop, look);
    far_timer_stop(edge->loop, end);
    if (!*done) bench_die("the ACD was not done after %u s", WAIT_MS / 1000);
}

static void ask_status(void *arg, uint64_t timer);

static void on_status(void *ctx, const struct far_bus_answer *answer)
{
    struct edge *edge = ctx;
    const Farseat__V1__AcdStatusReply *status = (const void *)answer->message;
    edge->stored = status && status->records_unstored == 0 && status->contacts == 0;
}

static void ask_status(void *arg, uint64_t timer)
{
    struct edge *edge = arg;
    Farseat__V1__Empty nothing = FARSEAT__V1__EMPTY__INIT;
    struct far_bus_question question = {.subject = "far.api.acd.Status",
                                        .message = &nothing.base,
                                        .reply_type = &farseat__v1__acd_status_reply__descriptor,
                                        .timeout_ms = 1000,
                                        .fn = on_status,
                                        .ctx = edge};
    (void)timer;
    if (far_bus_ask(edge->bus, &question, NULL) != FAR_OK) (void)fprintf(stderr, "the ACD cannot be asked\n");
}

void edge_rest(struct edge *edge)
{
    uint64_t timer = 0;
    edge->stored = false;
    if (far_timer_start(edge->loop, 100, 100, ask_status, edge, &timer) != FAR_OK) bench_die("no timer");
    run_until(edge, &edge->stored);
    far_timer_stop(edge->loop, timer);
}

/* ---- Its life ---------------------------------------------------------------------------------------- */

static void on_state(void *ctx, enum far_bus_state state)
{
    if (state == FAR_BUS_CONNECTED) far_loop_stop(((struct edge *)ctx)->loop);
}

struct edge *edge_open(const char *url, const char *nkey_file)
{
    char id[160];
    struct edge *edge = calloc(1, sizeof(*edge));
    if (!edge) bench_die("no memory");
    const struct far_bus_config bus = {
        .url = url, .nkey_file = nkey_file, .name = EDGE_NAME, .state_fn = on_state, .state_ctx = edge};
    far_id_new_text(edge->incarnation);
    if (far_loop_create(NULL, &edge->loop) != FAR_OK ||
        far_bus_connect(&bus, edge->loop, &edge->bus) != FAR_OK)
        bench_die("the edge cannot connect");
    far_loop_run(edge->loop); /* until it is connected */
    (void)snprintf(id, sizeof(id), EDGE_NAME ".%s", edge->incarnation);
    const struct far_appender_config appender = {.subject = "far.log.acd.main." EDGE_NAME,
                                                 .id = id,
                                                 .first_number = 1,
                                                 .count_max = KEPT,
                                                 .bytes_max = KEPT_BYTES,
                                                 .window = EDGE_WINDOW,
                                                 .acked_fn = on_acked,
                                                 .ctx = edge};
    const struct far_bus_service commands = {.subject = "far.cmd.edge." EDGE_NAME,
                                             .request_type = &farseat__v1__edge_command__descriptor,
                                             .fn = on_command,
                                             .ctx = edge};
    if (far_appender_create(edge->bus, &appender, &edge->appender) != FAR_OK ||
        far_bus_serve(edge->bus, &commands, &edge->commands) != FAR_OK ||
        far_timer_start(edge->loop, 1, PULSE_MS, pulse, edge, NULL) != FAR_OK)
        bench_die("the edge cannot begin");
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__EdgeStarted started = FARSEAT__V1__EDGE_STARTED__INIT;
    started.edge = TEXT(EDGE_NAME);
    started.site = TEXT("hq");
    started.version = TEXT("bench");
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_EDGE_STARTED;
    input.edge_started = &started;
    push(edge, &input);
    return edge;
}

struct edge *edge_close(struct edge *edge)
{
    edge->appender = far_appender_destroy(edge->appender);
    edge->commands = far_bus_unsubscribe(edge->commands);
    edge->bus = far_bus_destroy(edge->bus);
    far_loop_destroy(edge->loop);
    free(edge);
    return NULL;
}

size_t edge_bytes(const struct edge *edge)
{
    return edge->bytes;
}

size_t edge_inputs(const struct edge *edge)
{
    return edge->inputs;
}

size_t edge_commands(const struct edge *edge)
{
    return edge->commands_len;
}
