/* SPDX-License-Identifier: Apache-2.0 */
#include "edge_world.h"
#include <stdio.h>
#include <string.h>

static const char *const kinds[EDGE_ACT_COUNT] = {
    [EDGE_ACT_RING] = "ring",
    [EDGE_ACT_ANSWER] = "answer",
    [EDGE_ACT_REJECT] = "reject",
    [EDGE_ACT_DIAL] = "dial",
    [EDGE_ACT_HANGUP] = "hangup",
    [EDGE_ACT_LINK_DIAL] = "link-dial",
    [EDGE_ACT_LINK_ANSWER] = "link-answer",
    [EDGE_ACT_MEDIA_CLOSE] = "media-close",
    [EDGE_ACT_PLAY] = "play",
    [EDGE_ACT_PLAY_STOP] = "play-stop",
    [EDGE_ACT_BRIDGE] = "bridge",
    [EDGE_ACT_UNBRIDGE] = "unbridge",
    [EDGE_ACT_ECHO] = "echo",
    [EDGE_ACT_MUTE] = "mute",
    [EDGE_ACT_TALK] = "talk",
    [EDGE_ACT_RECORD_OPEN] = "record-open",
    [EDGE_ACT_RECORD_CLOSE] = "record-close",
};

/* The input's kind by its field's name, then the texts of its body that tests look at. */
static void input_line(const Farseat__V1__AcdInput *input, char *line)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(input->base.descriptor, (unsigned)input->body_case);
    assert_non_null(field);
    int at = snprintf(line, LINE_SIZE, "append %s", field->name);
    const ProtobufCMessage *body =
        *(ProtobufCMessage *const *)(const void *)((const char *)input + field->offset);
    for (unsigned i = 0; i < body->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *part = &body->descriptor->fields[i];
        const char *value = (const char *)body + part->offset;
        if (strcmp(part->name, "leg_ms") == 0 || strcmp(part->name, "text") == 0) continue;
        if (part->type == PROTOBUF_C_TYPE_STRING && (*(char *const *)(const void *)value)[0])
            at += snprintf(line + at, LINE_SIZE - (size_t)at, " %s=%s", part->name,
                           *(char *const *)(const void *)value);
        else if (part->type == PROTOBUF_C_TYPE_UINT32 && *(const uint32_t *)(const void *)value)
            at += snprintf(line + at, LINE_SIZE - (size_t)at, " %s=%u", part->name,
                           *(const uint32_t *)(const void *)value);
        else if (part->type == PROTOBUF_C_TYPE_BOOL && *(const protobuf_c_boolean *)value)
            at += snprintf(line + at, LINE_SIZE - (size_t)at, " %s", part->name);
        else if (part->type == PROTOBUF_C_TYPE_UINT64 && strcmp(part->name, "recorded_ms") == 0)
            at += snprintf(line + at, LINE_SIZE - (size_t)at, " %s=%llu", part->name,
                           (unsigned long long)*(const uint64_t *)(const void *)value);
    }
}

static void on_action(void *context, const struct edge_action *action)
{
    struct world *world = context;
    if (world->also) world->also(world->also_context, action);
    if (action->kind == EDGE_ACT_APPEND)
        world->inputs++;
    else
        world->call = action->call;
    if (action->kind == EDGE_ACT_PLAY) world->play = action->play.play;
    if (action->kind == EDGE_ACT_RECORD_OPEN) world->session = action->record.session;
    if (world->also) return;
    assert_true(world->lines_len < LINES_MAX);
    char *line = world->lines[world->lines_len++];
    switch (action->kind) {
    case EDGE_ACT_APPEND:
        input_line(action->input, line);
        break;
    case EDGE_ACT_REJECT:
        snprintf(line, LINE_SIZE, "reject %u retry=%u", action->end.sip_status, action->end.retry_after_s);
        break;
    case EDGE_ACT_HANGUP:
        snprintf(line, LINE_SIZE, "hangup %s", action->end.reason);
        break;
    case EDGE_ACT_DIAL:
        snprintf(line, LINE_SIZE, "dial %s", action->dial.phone);
        break;
    case EDGE_ACT_LINK_DIAL:
        snprintf(line, LINE_SIZE, "link-dial %s %s", action->link.peer_edge, action->link.peer_leg_id);
        break;
    case EDGE_ACT_PLAY:
        snprintf(line, LINE_SIZE, "play %s%s%s", action->play.prompts[0], action->play.loop ? " loop" : "",
                 action->play.barge_in ? " barge-in" : "");
        break;
    case EDGE_ACT_ECHO:
        snprintf(line, LINE_SIZE, "echo %s", action->on ? "on" : "off");
        break;
    case EDGE_ACT_MUTE:
        snprintf(line, LINE_SIZE, "mute %s", action->on ? "on" : "off");
        break;
    case EDGE_ACT_RECORD_OPEN:
        snprintf(line, LINE_SIZE, "record-open %s part=%u", action->record.recorder_uri, action->record.part);
        break;
    case EDGE_ACT_RECORD_CLOSE:
        snprintf(line, LINE_SIZE, "record-close%s", action->record.last ? " last" : "");
        break;
    default:
        snprintf(line, LINE_SIZE, "%s", kinds[action->kind]);
    }
}

void world_init(struct world *world, uint32_t legs_max)
{
    memset(world, 0, sizeof(*world));
    world->now_ms = 1000;
    struct edge_core_config config = {.edge = "edge-hq",
                                      .site = "hq",
                                      .version = "1",
                                      .incarnation = "inc-1",
                                      .legs_max = legs_max,
                                      .tombstones_max = 8,
                                      .silence_ms_max = 60000,
                                      .emit = on_action,
                                      .context = world};
    assert_int_equal(edge_core_create(&config, &world->core), FAR_OK);
}

void world_done(struct world *world)
{
    world->core = edge_core_destroy(world->core);
}

const char *world_line(struct world *world)
{
    return world->lines_read < world->lines_len ? world->lines[world->lines_read++] : "";
}

void world_expect(struct world *world, ...)
{
    va_list args;
    va_start(args, world);
    for (const char *line = va_arg(args, const char *); line; line = va_arg(args, const char *))
        assert_string_equal(world_line(world), line);
    va_end(args);
    assert_string_equal(world_line(world), "");
    world_skip(world);
}

void world_skip(struct world *world)
{
    world->lines_len = world->lines_read = 0;
}

const char *world_command(struct world *world, const char *leg_id, uint32_t number,
                          Farseat__V1__EdgeCommand__BodyCase body, void *message)
{
    Farseat__V1__EdgeCommand command = FARSEAT__V1__EDGE_COMMAND__INIT;
    struct edge_reply reply;
    command.log_incarnation = (char *)"log-1";
    command.leader_position = 10;
    command.edge_incarnation = (char *)"inc-1";
    command.contact_id = (char *)"c1";
    command.leg_id = (char *)leg_id;
    command.leg_number = number;
    command.deadline_ms = 5000;
    command.body_case = body;
    command.ring = message;
    edge_core_command(world->core, world->now_ms, 0, &command, "", &reply);
    assert_true(reply.accepted == (reply.cause[0] == '\0'));
    return reply.cause;
}

void world_credit(struct world *world, uint32_t legs)
{
    Farseat__V1__CreditCommand body = FARSEAT__V1__CREDIT_COMMAND__INIT;
    body.incoming_legs_max = legs;
    assert_string_equal(world_command(world, "", 0, FARSEAT__V1__EDGE_COMMAND__BODY_CREDIT, &body), "");
}

uint64_t world_incoming(struct world *world, uint64_t number, const char *leg_id)
{
    struct edge_incoming incoming = {.call = EDGE_CALL_INCOMING | number,
                                     .leg_id = leg_id,
                                     .trunk_id = "t1",
                                     .phone = "",
                                     .caller_name = "",
                                     .called_raw = "4001",
                                     .sip_call_id = "",
                                     .source = "",
                                     .traceparent = ""};
    edge_core_incoming(world->core, world->now_ms, &incoming);
    return incoming.call;
}

const char *world_answer(struct world *world, const char *leg_id, uint32_t number)
{
    Farseat__V1__AnswerCommand body = FARSEAT__V1__ANSWER_COMMAND__INIT;
    return world_command(world, leg_id, number, FARSEAT__V1__EDGE_COMMAND__BODY_ANSWER, &body);
}

const char *world_dial(struct world *world, const char *leg_id, uint32_t number, uint32_t ring_ms_max)
{
    Farseat__V1__DialCommand body = FARSEAT__V1__DIAL_COMMAND__INIT;
    body.phone = (char *)"p1";
    body.ring_ms_max = ring_ms_max;
    return world_command(world, leg_id, number, FARSEAT__V1__EDGE_COMMAND__BODY_DIAL, &body);
}

const char *world_hangup(struct world *world, const char *leg_id, uint32_t number)
{
    Farseat__V1__HangupCommand body = FARSEAT__V1__HANGUP_COMMAND__INIT;
    body.cause = (char *)"flow";
    return world_command(world, leg_id, number, FARSEAT__V1__EDGE_COMMAND__BODY_HANGUP, &body);
}

const char *world_play(struct world *world, const char *leg_id, uint32_t number, const char *play_id,
                       bool barge_in, bool loop)
{
    Farseat__V1__PlayCommand body = FARSEAT__V1__PLAY_COMMAND__INIT;
    char *prompts[] = {(char *)"zh/welcome"};
    body.play_id = (char *)play_id;
    body.prompts = prompts;
    body.n_prompts = 1;
    body.barge_in = barge_in;
    body.loop = loop;
    return world_command(world, leg_id, number, FARSEAT__V1__EDGE_COMMAND__BODY_PLAY, &body);
}

const char *world_collect(struct world *world, const char *leg_id, uint32_t number, const char *collect_id,
                          uint32_t digits_max)
{
    Farseat__V1__CollectCommand body = FARSEAT__V1__COLLECT_COMMAND__INIT;
    body.collect_id = (char *)collect_id;
    body.digits_min = 1;
    body.digits_max = digits_max;
    body.first_timeout_ms = 4000;
    body.next_timeout_ms = 2000;
    body.terminators = (char *)"#";
    return world_command(world, leg_id, number, FARSEAT__V1__EDGE_COMMAND__BODY_COLLECT, &body);
}

const char *world_bridge(struct world *world, const char *leg_id, uint32_t number, const char *bridge_id,
                         const char *peer_leg_id, const char *peer_edge)
{
    Farseat__V1__BridgeCommand body = FARSEAT__V1__BRIDGE_COMMAND__INIT;
    body.bridge_id = (char *)bridge_id;
    body.peer_leg_id = (char *)peer_leg_id;
    body.peer_edge = (char *)peer_edge;
    return world_command(world, leg_id, number, FARSEAT__V1__EDGE_COMMAND__BODY_BRIDGE, &body);
}

const char *world_mute(struct world *world, const char *leg_id, uint32_t number, bool on)
{
    Farseat__V1__MuteCommand body = FARSEAT__V1__MUTE_COMMAND__INIT;
    body.on = on;
    return world_command(world, leg_id, number, FARSEAT__V1__EDGE_COMMAND__BODY_MUTE, &body);
}

const char *world_talk(struct world *world, const char *leg_id, uint32_t number)
{
    Farseat__V1__TalkCommand body = FARSEAT__V1__TALK_COMMAND__INIT;
    return world_command(world, leg_id, number, FARSEAT__V1__EDGE_COMMAND__BODY_TALK, &body);
}

const char *world_record(struct world *world, const char *leg_id, uint32_t number, const char *recording_id,
                         size_t recorders)
{
    Farseat__V1__RecordCommand body = FARSEAT__V1__RECORD_COMMAND__INIT;
    char *uris[] = {(char *)"sip:a", (char *)"sip:b"};
    body.recording_id = (char *)recording_id;
    body.recorder_uris = uris;
    body.n_recorder_uris = recorders;
    return world_command(world, leg_id, number, FARSEAT__V1__EDGE_COMMAND__BODY_RECORD, &body);
}

void world_ended(struct world *world, uint64_t call, const char *cause, uint32_t status, bool by_remote)
{
    struct edge_end end = {.cause = cause, .sip_status = status, .by_remote = by_remote};
    edge_core_ended(world->core, world->now_ms, call, &end);
}

void world_closed(struct world *world, uint64_t call)
{
    struct edge_sound sound = {.sound_gap_us_max = 20000, .packets_received = 10, .packets_sent = 11};
    edge_core_media_closed(world->core, world->now_ms, call, &sound);
}

void world_until(struct world *world, uint64_t at_ms)
{
    while (edge_core_deadline_ms(world->core) <= at_ms) {
        uint64_t due_ms = edge_core_deadline_ms(world->core);
        if (due_ms > world->now_ms) world->now_ms = due_ms;
        edge_core_tick(world->core, world->now_ms);
        assert_true(edge_core_deadline_ms(world->core) > due_ms); /* a tick is never due again at once */
    }
    world->now_ms = at_ms;
}

uint64_t world_talking(struct world *world, uint64_t number, const char *leg_id)
{
    uint64_t call = world_incoming(world, number, leg_id);
    assert_string_equal(world_answer(world, leg_id, 1), "");
    edge_core_answered(world->core, world->now_ms, call, "");
    world_skip(world);
    return call;
}
