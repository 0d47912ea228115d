/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"
#include "far/hash64.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_US INT64_C(1764000000000000)
#define T(x)     ((char *)(uintptr_t)(x))

static void fail(const char *text)
{
    fprintf(stderr, "world: %s\n", text);
    abort();
}

static void uuid(struct world *world, char out[40])
{
    (void)snprintf(out, 40, "00000000-0000-4000-8000-%012llx", (unsigned long long)++world->serial);
}

/* --- inputs --- */

static void keep_records(struct world *world)
{
    uint64_t first, last;
    acd_record_range(world->acd, &first, &last);
    for (uint64_t number = world->record_next; number <= last && !world->keep_no_records; number++) {
        struct acd_record record;
        if (acd_record_get(world->acd, number, &record) != FAR_OK) fail("a record is missing");
        if (world->record_count == world->record_capacity) {
            world->record_capacity = world->record_capacity ? world->record_capacity * 2 : 256;
            world->records = realloc(world->records, world->record_capacity * sizeof(*world->records));
        }
        Farseat__V1__Record *copy = farseat__v1__record__unpack(NULL, record.len, record.data);
        if (!copy) fail("a record does not unpack");
        world->records[world->record_count++] = copy;
    }
    world->record_next = last + 1;
}

static void command(struct world *world, const struct acd_command *command);

bool world_apply(struct world *world, const char *producer, const char *incarnation, uint64_t number,
                 Farseat__V1__AcdInput *input)
{
    char text[512];
    input->producer = T(producer);
    input->producer_incarnation = T(incarnation);
    input->number = number;
    input->sent_at_us = world->now_us;
    enum far_err err = acd_apply(world->acd, input, ++world->position, world->now_us, &world->out);
    if (err != FAR_OK) fail(far_err_text(err));
    if (world->out.effects_dropped) fail("effects were dropped");
    if (!world->unchecked && acd_check(world->acd, text, sizeof(text)) != FAR_OK) {
        fprintf(stderr, "position %llu, input %d: ", (unsigned long long)world->position,
                (int)input->body_case);
        fail(text);
    }
    keep_records(world);
    world->facts += world->out.fact_count;
    if (world->out.fact_count)
        (void)snprintf(world->last_fact, sizeof(world->last_fact), "%s",
                       world->out.facts[world->out.fact_count - 1].suffix);
    bool ok = world->out.verdict.ok;
    if (world->after) world->after(world, input);
    for (size_t i = 0; i < world->out.command_count; i++)
        command(world, &world->out.commands[i]);
    return ok;
}

bool world_acd(struct world *world, Farseat__V1__AcdInput *input)
{
    return world_apply(world, "acd-1", world->acd_incarnation, ++world->acd_number, input);
}

#define INPUT(upper, lower, type)                                                                            \
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;                                              \
    type body = FARSEAT__V1__##upper##__INIT;                                                                \
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_##upper;                                                  \
    input.lower = &body

static void event(struct world *world, int edge, Farseat__V1__AcdInput *input)
{
    struct world_edge *at = &world->edges[edge];
    if (at->dead) return;
    if (at->count == WORLD_EVENTS) fail("too many events wait");
    struct world_event *slot = &at->events[(at->first + at->count++) % WORLD_EVENTS];
    input->number = ++at->number;
    slot->len = farseat__v1__acd_input__get_packed_size(input);
    if (slot->len > WORLD_EVENT_SIZE) fail("an event is too large");
    (void)farseat__v1__acd_input__pack(input, slot->data);
}

bool world_deliver(struct world *world, int edge)
{
    struct world_edge *at = &world->edges[edge];
    if (at->count == 0) return false;
    struct world_event *slot = &at->events[at->first];
    Farseat__V1__AcdInput *input = farseat__v1__acd_input__unpack(NULL, slot->len, slot->data);
    if (!input) fail("an event does not unpack");
    at->first = (at->first + 1) % WORLD_EVENTS;
    at->count--;
    char *producer = input->producer, *incarnation = input->producer_incarnation;
    (void)world_apply(world, at->name, at->incarnation, input->number, input);
    input->producer = producer;
    input->producer_incarnation = incarnation;
    farseat__v1__acd_input__free_unpacked(input, NULL);
    return true;
}

void world_run(struct world *world)
{
    for (bool more = true; more;) {
        more = false;
        for (int edge = 0; edge < WORLD_EDGES; edge++)
            more = world_deliver(world, edge) || more;
    }
}

/* --- legs --- */

static struct world_leg *leg_new(struct world *world, int edge, const char *id)
{
    for (size_t i = 0; i < WORLD_LEGS; i++) {
        struct world_leg *leg = &world->legs[i];
        if (leg->state != WORLD_FREE) continue;
        *leg = (struct world_leg){.edge = edge, .began_us = world->now_us};
        (void)snprintf(leg->id, sizeof(leg->id), "%s", id);
        if (i >= world->legs_top) world->legs_top = i + 1;
        return leg;
    }
    fail("too many legs");
    return NULL;
}

struct world_leg *world_leg(struct world *world, const char *id)
{
    for (size_t i = 0; i < world->legs_top; i++)
        if (world->legs[i].state != WORLD_FREE && strcmp(world->legs[i].id, id) == 0) return &world->legs[i];
    return NULL;
}

struct world_leg *world_agent_leg(struct world *world, const char *agent)
{
    for (size_t i = 0; i < world->legs_top; i++)
        if (world->legs[i].state != WORLD_FREE && strcmp(world->legs[i].agent, agent) == 0)
            return &world->legs[i];
    return NULL;
}

static uint64_t leg_ms(const struct world *world, const struct world_leg *leg)
{
    return (uint64_t)(world->now_us - leg->began_us) / 1000;
}

#define LEG_INPUT(upper, lower, type)                                                                        \
    INPUT(upper, lower, type);                                                                               \
    body.leg_id = leg->id;                                                                                   \
    body.leg_ms = leg_ms(world, leg);                                                                        \
    body.commands_done = leg->done

void world_ring(struct world *world, struct world_leg *leg)
{
    LEG_INPUT(LEG_RINGING, leg_ringing, Farseat__V1__LegRinging);
    leg->state = WORLD_RINGING;
    event(world, leg->edge, &input);
}

void world_answer(struct world *world, struct world_leg *leg)
{
    LEG_INPUT(LEG_ANSWERED, leg_answered, Farseat__V1__LegAnswered);
    leg->state = WORLD_UP;
    body.phone_address = T(leg->incoming ? "" : "127.0.0.1:5999");
    event(world, leg->edge, &input);
}

static void bridge_down(struct world *world, struct world_leg *leg, const char *cause)
{
    if (!leg->bridge[0]) return;
    LEG_INPUT(BRIDGE_DOWN, bridge_down, Farseat__V1__BridgeDown);
    char bridge[40];
    memcpy(bridge, leg->bridge, sizeof(bridge));
    body.bridge_id = bridge;
    body.cause = T(cause);
    leg->bridge[0] = leg->peer[0] = '\0';
    event(world, leg->edge, &input);
}

void world_end(struct world *world, struct world_leg *leg, const char *cause, bool by_remote)
{
    LEG_INPUT(LEG_ENDED, leg_ended, Farseat__V1__LegEnded);
    body.cause = T(cause);
    body.by_remote = by_remote;
    body.sound_gap_us_max = 20000;
    event(world, leg->edge, &input);
    leg->state = WORLD_FREE;
    for (size_t i = 0; i < world->legs_top; i++) { /* whoever was bridged to it */
        struct world_leg *other = &world->legs[i];
        if (other->state != WORLD_FREE && strcmp(other->peer, leg->id) == 0)
            bridge_down(world, other, "peer-ended");
    }
}

static void play_done(struct world *world, struct world_leg *leg, const char *cause)
{
    if (!leg->play[0]) return;
    LEG_INPUT(PLAY_DONE, play_done, Farseat__V1__PlayDone);
    char play[40];
    memcpy(play, leg->play, sizeof(play));
    body.play_id = play;
    body.cause = T(cause);
    leg->play[0] = '\0';
    leg->music = false;
    event(world, leg->edge, &input);
}

void world_play_ends(struct world *world, struct world_leg *leg)
{
    if (!leg->loop) play_done(world, leg, "finished");
}

void world_digits(struct world *world, struct world_leg *leg, const char *digits)
{
    if (!leg->collect[0]) return;
    if (digits[0] && !leg->loop) play_done(world, leg, "digit");
    LEG_INPUT(DIGITS_COLLECTED, digits_collected, Farseat__V1__DigitsCollected);
    char collect[40];
    memcpy(collect, leg->collect, sizeof(collect));
    body.collect_id = collect;
    body.digits = T(digits);
    body.cause = T(digits[0] ? "complete" : "timeout");
    leg->collect[0] = '\0';
    event(world, leg->edge, &input);
}

void world_phone_hold(struct world *world, struct world_leg *leg, bool held)
{
    LEG_INPUT(LEG_HOLD, leg_hold, Farseat__V1__LegHold);
    body.held = held;
    leg->held = held;
    event(world, leg->edge, &input);
}

void world_refer(struct world *world, struct world_leg *leg, const char *target)
{
    LEG_INPUT(LEG_REFERRED, leg_referred, Farseat__V1__LegReferred);
    body.target = T(target);
    event(world, leg->edge, &input);
}

/* --- commands --- */

static void do_bridge(struct world *world, struct world_leg *leg, const Farseat__V1__BridgeCommand *bridge)
{
    const struct world_leg *peer = world_leg(world, bridge->peer_leg_id);
    bridge_down(world, leg, "replaced");
    if (!peer || peer->state != WORLD_UP || world->edges[peer->edge].dead) {
        LEG_INPUT(BRIDGE_FAILED, bridge_failed, Farseat__V1__BridgeFailed);
        body.bridge_id = bridge->bridge_id;
        body.cause = T("peer-gone");
        event(world, leg->edge, &input);
        return;
    }
    play_done(world, leg, "stopped");
    (void)snprintf(leg->bridge, sizeof(leg->bridge), "%s", bridge->bridge_id);
    (void)snprintf(leg->peer, sizeof(leg->peer), "%s", bridge->peer_leg_id);
    LEG_INPUT(BRIDGE_UP, bridge_up, Farseat__V1__BridgeUp);
    body.bridge_id = bridge->bridge_id;
    event(world, leg->edge, &input);
}

static void do_record(struct world *world, struct world_leg *leg, const Farseat__V1__RecordCommand *record)
{
    if (leg->recording[0]) return; /* busy: one at a time */
    (void)snprintf(leg->recording, sizeof(leg->recording), "%s", record->recording_id);
    leg->unrecorded = world->edges[leg->edge].deaf;
    if (leg->unrecorded) {
        LEG_INPUT(RECORDING_FAILED, recording_failed, Farseat__V1__RecordingFailed);
        body.recording_id = leg->recording;
        body.cause = T("refused");
        event(world, leg->edge, &input);
        return;
    }
    LEG_INPUT(RECORDING_STARTED, recording_started, Farseat__V1__RecordingStarted);
    body.recording_id = leg->recording;
    body.part = 1;
    event(world, leg->edge, &input);
}

static void do_play(struct world *world, struct world_leg *leg, const Farseat__V1__PlayCommand *play)
{
    play_done(world, leg, "stopped");
    (void)snprintf(leg->play, sizeof(leg->play), "%s", play->play_id);
    leg->loop = play->loop;
    leg->music = play->loop;
}

static void do_stop_record(struct world *world, struct world_leg *leg)
{
    if (!leg->recording[0]) return;
    LEG_INPUT(RECORDING_STOPPED, recording_stopped, Farseat__V1__RecordingStopped);
    body.recording_id = leg->recording;
    body.recorded_ms = leg->unrecorded ? 0 : 1000;
    event(world, leg->edge, &input);
    leg->recording[0] = '\0';
}

static void leg_command(struct world *world, struct world_leg *leg, const Farseat__V1__EdgeCommand *command)
{
    switch (command->body_case) {
    case FARSEAT__V1__EDGE_COMMAND__BODY_ANSWER:
        world_answer(world, leg);
        break;
    case FARSEAT__V1__EDGE_COMMAND__BODY_REJECT:
        world_end(world, leg, "commanded", false);
        break;
    case FARSEAT__V1__EDGE_COMMAND__BODY_HANGUP:
        world_end(world, leg,
                  leg->state == WORLD_DIALLING || leg->state == WORLD_RINGING ? "cancelled" : "commanded",
                  false);
        break;
    case FARSEAT__V1__EDGE_COMMAND__BODY_PLAY:
        do_play(world, leg, command->play);
        break;
    case FARSEAT__V1__EDGE_COMMAND__BODY_COLLECT:
        (void)snprintf(leg->collect, sizeof(leg->collect), "%s", command->collect->collect_id);
        break;
    case FARSEAT__V1__EDGE_COMMAND__BODY_BRIDGE:
        do_bridge(world, leg, command->bridge);
        break;
    case FARSEAT__V1__EDGE_COMMAND__BODY_UNBRIDGE:
        bridge_down(world, leg, "commanded");
        break;
    case FARSEAT__V1__EDGE_COMMAND__BODY_MUTE:
        leg->muted = command->mute->on;
        break;
    case FARSEAT__V1__EDGE_COMMAND__BODY_TALK:
        if (leg->state == WORLD_RINGING) world_answer(world, leg);
        break;
    case FARSEAT__V1__EDGE_COMMAND__BODY_RECORD:
        do_record(world, leg, command->record);
        break;
    case FARSEAT__V1__EDGE_COMMAND__BODY_STOP_RECORD:
        do_stop_record(world, leg);
        break;
    default:
        break;
    }
}

static void dial(struct world *world, int edge, const Farseat__V1__EdgeCommand *command)
{
    struct world_leg *leg = leg_new(world, edge, command->leg_id);
    leg->state = WORLD_DIALLING;
    leg->done = command->leg_number;
    (void)snprintf(leg->contact, sizeof(leg->contact), "%s", command->contact_id);
    (void)snprintf(leg->phone, sizeof(leg->phone), "%s", command->dial->phone);
    (void)snprintf(leg->agent, sizeof(leg->agent), "%s", command->dial->agent_id);
}

static void command(struct world *world, const struct acd_command *row)
{
    const Farseat__V1__EdgeCommand *message = row->command;
    int edge = 0;
    while (edge < WORLD_EDGES && strcmp(world->edges[edge].name, row->edge) != 0)
        edge++;
    if (edge == WORLD_EDGES || world->edges[edge].dead) return;
    if (strcmp(message->edge_incarnation, world->edges[edge].incarnation) != 0) return;
    if (message->body_case == FARSEAT__V1__EDGE_COMMAND__BODY_CREDIT) {
        world->edges[edge].credit = message->credit->incoming_legs_max;
        return;
    }
    if (message->body_case == FARSEAT__V1__EDGE_COMMAND__BODY_DIAL) {
        dial(world, edge, message);
        return;
    }
    struct world_leg *leg = world_leg(world, message->leg_id);
    if (!leg || leg->edge != edge || message->leg_number <= leg->done) return; /* gone; or done before */
    bool hangup = message->body_case == FARSEAT__V1__EDGE_COMMAND__BODY_HANGUP;
    if (message->leg_number <= leg->done) return; /* sent again */
    if (!hangup && message->leg_number != leg->done + 1) fail("a command's number does not follow");
    leg->done = message->leg_number;
    if (message->contact_id[0]) (void)snprintf(leg->contact, sizeof(leg->contact), "%s", message->contact_id);
    leg_command(world, leg, message);
}

/* --- the centre --- */

static Farseat__V1__Label *label(void)
{
    static Farseat__V1__Label one = FARSEAT__V1__LABEL__INIT;
    one.zh = T("名");
    one.en = T("name");
    return &one;
}

static const char *const flow_main_prompts[] = {"menu"};

struct builder { /* static parts of the configuration, packed once and unpacked for the caller */
    Farseat__V1__CentreConfig config;
    Farseat__V1__Centre centre;
    Farseat__V1__Site sites[2], *site_rows[2];
    Farseat__V1__Trunk trunk, *trunk_rows[1];
    Farseat__V1__DialledNumber numbers[3], *number_rows[3];
    Farseat__V1__Skill skills[2], *skill_rows[2];
    Farseat__V1__ReasonCode reasons[2], *reason_rows[2];
    Farseat__V1__Disposition dispositions[2], *disposition_rows[2];
    Farseat__V1__Queue queues[2], *queue_rows[2];
    Farseat__V1__SkillLevel needs[2], *need_rows[2];
    Farseat__V1__Flow flows[3], *flow_rows[3];
    Farseat__V1__FlowNode nodes[12], *node_rows[12];
    Farseat__V1__FlowMenu menu;
    Farseat__V1__FlowChoice choices[3], *choice_rows[3];
    Farseat__V1__FlowQueue node_queues[3];
    Farseat__V1__FlowSurvey survey;
    Farseat__V1__FlowHangup hangups[4];
    Farseat__V1__FlowEcho echo;
    Farseat__V1__FlowPlay play;
    Farseat__V1__Recorder recorder, *recorder_rows[1];
    char *prompts[1], *greeting[1], *addresses[1], *edges[2][1];
};

static void build_lists(struct builder *b)
{
    static const char *const names[2] = {"hq", "branch"}, *const edges[2] = {"edge-hq", "edge-branch"};
    static const char *const skills[2] = {"sales", "support"}, *const reasons[2] = {"lunch", "training"};
    static const char *const dispositions[2] = {"solved", "open"};
    farseat__v1__centre__init(&b->centre);
    b->centre.name = T("Test");
    b->centre.time_zone = T("Asia/Shanghai");
    b->config.centre = &b->centre;
    b->config.sites = b->site_rows, b->config.n_sites = 2;
    b->config.skills = b->skill_rows, b->config.n_skills = 2;
    b->config.reasons = b->reason_rows, b->config.n_reasons = 2;
    b->config.dispositions = b->disposition_rows, b->config.n_dispositions = 2;
    for (int i = 0; i < 2; i++) {
        farseat__v1__site__init(&b->sites[i]);
        farseat__v1__skill__init(&b->skills[i]);
        farseat__v1__reason_code__init(&b->reasons[i]);
        farseat__v1__disposition__init(&b->dispositions[i]);
        b->edges[i][0] = T(edges[i]);
        b->sites[i].id = T(names[i]), b->sites[i].edges = b->edges[i], b->sites[i].n_edges = 1;
        b->skills[i].id = T(skills[i]), b->skills[i].name = label();
        b->reasons[i].id = T(reasons[i]);
        b->dispositions[i].id = T(dispositions[i]);
        b->site_rows[i] = &b->sites[i], b->skill_rows[i] = &b->skills[i];
        b->reason_rows[i] = &b->reasons[i], b->disposition_rows[i] = &b->dispositions[i];
    }
    farseat__v1__trunk__init(&b->trunk);
    b->addresses[0] = T("127.0.0.0/8");
    b->trunk.id = T("carrier"), b->trunk.site = T("hq"), b->trunk.addresses = b->addresses,
    b->trunk.n_addresses = 1;
    b->trunk_rows[0] = &b->trunk, b->config.trunks = b->trunk_rows, b->config.n_trunks = 1;
    farseat__v1__recorder__init(&b->recorder);
    b->recorder.id = T("recording-1"), b->recorder.site = T("hq"),
    b->recorder.uri = T("sip:srs@127.0.0.1:5070;transport=tcp");
    b->recorder_rows[0] = &b->recorder, b->config.recorders = b->recorder_rows, b->config.n_recorders = 1;
}

static void build_queues(struct builder *b)
{
    static const char *const names[2] = {"sales", "support"};
    b->greeting[0] = T("greeting");
    for (int i = 0; i < 2; i++) {
        farseat__v1__skill_level__init(&b->needs[i]);
        farseat__v1__queue__init(&b->queues[i]);
        b->needs[i].skill = T(names[i]), b->needs[i].level = 1, b->need_rows[i] = &b->needs[i];
        b->queues[i].id = T(names[i]), b->queues[i].name = label();
        b->queues[i].skills = &b->need_rows[i], b->queues[i].n_skills = 1;
        b->queues[i].record = true;
        b->queue_rows[i] = &b->queues[i];
    }
    b->queues[0].greeting = b->greeting, b->queues[0].n_greeting = 1;
    b->queues[1].waiting_max = 3, b->queues[1].wait_ms_max = 60000, b->queues[1].priority = 1;
    b->config.queues = b->queue_rows, b->config.n_queues = 2;
}

static Farseat__V1__FlowNode *node(struct builder *b, int at, const char *id,
                                   Farseat__V1__FlowNode__KindCase kind, void *body)
{
    farseat__v1__flow_node__init(&b->nodes[at]);
    b->nodes[at].id = T(id);
    b->nodes[at].kind_case = kind;
    b->nodes[at].play = body;
    return b->node_rows[at] = &b->nodes[at];
}

/* menu: 1 sales (then a survey), 2 support (overflow: sorry), 3 information (served) */
static void build_main(struct builder *b)
{
    static const char *const digits[3] = {"1", "2", "3"}, *const next[3] = {"to-sales", "to-support",
                                                                            "hours"};
    b->prompts[0] = T(flow_main_prompts[0]);
    farseat__v1__flow_menu__init(&b->menu);
    b->menu.prompts = b->prompts, b->menu.n_prompts = 1, b->menu.on_failure = T("bye");
    b->menu.choices = b->choice_rows, b->menu.n_choices = 3;
    for (int i = 0; i < 3; i++) {
        farseat__v1__flow_choice__init(&b->choices[i]);
        b->choices[i].digits = T(digits[i]), b->choices[i].next = T(next[i]);
        b->choice_rows[i] = &b->choices[i];
        farseat__v1__flow_queue__init(&b->node_queues[i]);
    }
    b->node_queues[0].queue = T("sales"), b->node_queues[0].next = T("ask");
    b->node_queues[1].queue = T("support"), b->node_queues[1].on_overflow = T("sorry");
    farseat__v1__flow_survey__init(&b->survey);
    b->survey.id = T("csat"), b->survey.prompts = b->prompts, b->survey.n_prompts = 1;
    b->survey.score_min = 1, b->survey.score_max = 5, b->survey.next = T("bye");
    b->survey.thanks_prompts = b->prompts, b->survey.n_thanks_prompts = 1;
    for (int i = 0; i < 4; i++)
        farseat__v1__flow_hangup__init(&b->hangups[i]);
    b->hangups[1].prompts = b->prompts, b->hangups[1].n_prompts = 1;
    farseat__v1__flow_play__init(&b->play);
    b->play.prompts = b->prompts, b->play.n_prompts = 1, b->play.next = T("served");
    b->hangups[2].served = true;
    farseat__v1__flow_echo__init(&b->echo);
    b->echo.limit_ms = 5000;
    (void)node(b, 0, "start", FARSEAT__V1__FLOW_NODE__KIND_MENU, &b->menu);
    (void)node(b, 1, "to-sales", FARSEAT__V1__FLOW_NODE__KIND_QUEUE, &b->node_queues[0]);
    (void)node(b, 2, "to-support", FARSEAT__V1__FLOW_NODE__KIND_QUEUE, &b->node_queues[1]);
    (void)node(b, 3, "ask", FARSEAT__V1__FLOW_NODE__KIND_SURVEY, &b->survey);
    (void)node(b, 4, "bye", FARSEAT__V1__FLOW_NODE__KIND_HANGUP, &b->hangups[0]);
    (void)node(b, 5, "sorry", FARSEAT__V1__FLOW_NODE__KIND_HANGUP, &b->hangups[1]);
    (void)node(b, 6, "hours", FARSEAT__V1__FLOW_NODE__KIND_PLAY, &b->play);
    (void)node(b, 7, "served", FARSEAT__V1__FLOW_NODE__KIND_HANGUP, &b->hangups[2]);
    (void)node(b, 8, "echo", FARSEAT__V1__FLOW_NODE__KIND_ECHO, &b->echo);
    b->node_queues[2].queue = T("sales");
    (void)node(b, 9, "queue", FARSEAT__V1__FLOW_NODE__KIND_QUEUE, &b->node_queues[2]);
    static const char *const flows[3] = {"main", "echo", "direct"}, *const starts[3] = {"start", "echo",
                                                                                        "queue"};
    static const int firsts[4] = {0, 8, 9, 10};
    static const char *const numbers[3] = {"88888888", "9196", "10086"};
    for (int i = 0; i < 3; i++) {
        farseat__v1__flow__init(&b->flows[i]);
        b->flows[i].id = T(flows[i]), b->flows[i].start = T(starts[i]);
        b->flows[i].nodes = &b->node_rows[firsts[i]],
        b->flows[i].n_nodes = (size_t)(firsts[i + 1] - firsts[i]);
        b->flow_rows[i] = &b->flows[i];
        farseat__v1__dialled_number__init(&b->numbers[i]);
        b->numbers[i].number = T(numbers[i]), b->numbers[i].flow = T(flows[i]);
        b->number_rows[i] = &b->numbers[i];
    }
    b->numbers[0].published = T("4008001234");
    b->config.flows = b->flow_rows, b->config.n_flows = 3;
    b->config.numbers = b->number_rows, b->config.n_numbers = 3;
}

struct people {
    Farseat__V1__Agent agent;
    Farseat__V1__Phone phone;
    Farseat__V1__SkillLevel skills[2], *skill_rows[2];
    char id[32], phone_id[16], name[32];
};

static void build_person(struct people *person, uint32_t i)
{
    (void)snprintf(person->id, sizeof(person->id), "agent-%u", i + 1);
    (void)snprintf(person->phone_id, sizeof(person->phone_id), "%u", 8001 + i);
    (void)snprintf(person->name, sizeof(person->name), "Agent %u", i + 1);
    farseat__v1__agent__init(&person->agent);
    farseat__v1__phone__init(&person->phone);
    person->agent.id = person->id, person->agent.name = person->name, person->agent.phone = person->phone_id;
    person->agent.site = person->phone.site = T(i % 2 ? "branch" : "hq");
    person->phone.id = person->phone_id;
    for (int k = 0; k < 2; k++) {
        farseat__v1__skill_level__init(&person->skills[k]);
        person->skills[k].skill = T(k ? "support" : "sales");
        person->skills[k].level = 1 + (i + (uint32_t)k) % 5;
        person->skill_rows[k] = &person->skills[k];
    }
    person->agent.skills = person->skill_rows;
    person->agent.n_skills = i % 3 == 2 ? 1 : 2; /* every third one knows sales only */
}

Farseat__V1__CentreConfig *world_config(uint32_t agents)
{
    struct builder *b = calloc(1, sizeof(*b));
    struct people *people = calloc(agents + 1, sizeof(*people));
    Farseat__V1__Agent **agent_rows = calloc(agents + 1, sizeof(*agent_rows));
    Farseat__V1__Phone **phone_rows = calloc(agents + 1, sizeof(*phone_rows));
    farseat__v1__centre_config__init(&b->config);
    build_lists(b);
    build_queues(b);
    build_main(b);
    for (uint32_t i = 0; i < agents; i++) {
        build_person(&people[i], i);
        agent_rows[i] = &people[i].agent;
        phone_rows[i] = &people[i].phone;
    }
    b->config.agents = agent_rows, b->config.n_agents = agents;
    b->config.phones = phone_rows, b->config.n_phones = agents;
    size_t len = farseat__v1__centre_config__get_packed_size(&b->config);
    uint8_t *bytes = malloc(len);
    (void)farseat__v1__centre_config__pack(&b->config, bytes);
    Farseat__V1__CentreConfig *config = farseat__v1__centre_config__unpack(NULL, len, bytes);
    free(bytes);
    free(b);
    free(people);
    free(agent_rows);
    free(phone_rows);
    return config;
}

bool world_configure(struct world *world, const Farseat__V1__CentreConfig *config)
{
    size_t len = farseat__v1__centre_config__get_packed_size(config), piece = 60000, count = 0;
    uint8_t *bytes = malloc(len + 1);
    char id[40];
    uuid(world, id);
    (void)farseat__v1__centre_config__pack(config, bytes);
    for (size_t at = 0; at < len || count == 0; at += piece, count++) {
        INPUT(CONFIG_PUT, config_put, Farseat__V1__ConfigPut);
        body.config_id = id;
        body.index = (uint32_t)count;
        body.piece.data = bytes + at;
        body.piece.len = len - at < piece ? len - at : piece;
        if (!world_acd(world, &input)) break;
    }
    INPUT(CONFIG_COMMIT, config_commit, Farseat__V1__ConfigCommit);
    body.config_id = id;
    body.count = (uint32_t)count;
    body.hash = far_hash64(bytes, len, 0);
    bool ok = world_acd(world, &input);
    free(bytes);
    return ok;
}

struct world *world_create(const struct acd_limits *limits, uint32_t agents)
{
    static const char *const names[WORLD_EDGES] = {"edge-hq", "edge-branch", "edge-cloud"};
    static const char *const sites[WORLD_EDGES] = {"hq", "branch", "hq"};
    struct world *world = calloc(1, sizeof(*world));
    world->limits = *limits;
    world->now_us = START_US;
    world->record_next = 1;
    world->legs = calloc(WORLD_LEGS, sizeof(*world->legs));
    uuid(world, world->acd_incarnation);
    for (int i = 0; i < WORLD_EDGES; i++) {
        world->edges[i] = (struct world_edge){.name = names[i], .site = sites[i], .dead = true};
        world->edges[i].events = calloc(WORLD_EVENTS, sizeof(struct world_event));
    }
    if (acd_create(limits, &world->acd) != FAR_OK || acd_output_init(&world->out, limits) != FAR_OK)
        fail("memory");
    INPUT(LOG_CREATED, log_created, Farseat__V1__LogCreated);
    body.incarnation = T("11111111-2222-4333-8444-555555555555");
    body.agents_max = limits->agents_max, body.contacts_max = limits->contacts_max;
    body.queues_max = limits->queues_max, body.legs_max = limits->legs_max,
    body.records_max = limits->records_max;
    (void)world_acd(world, &input);
    Farseat__V1__AcdInput started = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__LeaderStarted leader = FARSEAT__V1__LEADER_STARTED__INIT;
    leader.replica = T("acd-1");
    started.body_case = FARSEAT__V1__ACD_INPUT__BODY_LEADER_STARTED;
    started.leader_started = &leader;
    (void)world_acd(world, &started);
    Farseat__V1__CentreConfig *config = world_config(agents);
    if (!world_configure(world, config)) fail(world->out.verdict.text);
    farseat__v1__centre_config__free_unpacked(config, NULL);
    world_edge_start(world, 0);
    world_edge_start(world, 1);
    return world;
}

struct world *world_destroy(struct world *world)
{
    if (!world) return NULL;
    acd_destroy(world->acd);
    acd_output_done(&world->out);
    for (size_t i = 0; i < world->record_count; i++)
        farseat__v1__record__free_unpacked(world->records[i], NULL);
    for (int i = 0; i < WORLD_EDGES; i++)
        free(world->edges[i].events);
    free(world->records);
    free(world->legs);
    free(world);
    return NULL;
}

void world_edge_start(struct world *world, int edge)
{
    struct world_edge *at = &world->edges[edge];
    if (!at->dead) world_edge_kill(world, edge);
    uuid(world, at->incarnation);
    at->dead = false;
    at->number = 0;
    INPUT(EDGE_STARTED, edge_started, Farseat__V1__EdgeStarted);
    body.edge = T(at->name);
    body.site = T(at->site);
    event(world, edge, &input);
    (void)world_deliver(world, edge);
}

void world_edge_kill(struct world *world, int edge)
{
    world->edges[edge].dead = true;
    world->edges[edge].count = world->edges[edge].first = 0;
    for (size_t i = 0; i < world->legs_top; i++) {
        struct world_leg *leg = &world->legs[i];
        if (leg->state == WORLD_FREE || leg->edge != edge) continue;
        leg->state = WORLD_FREE;
        for (size_t k = 0; k < world->legs_top; k++) {
            struct world_leg *other = &world->legs[k];
            if (other->state != WORLD_FREE && other->edge != edge && strcmp(other->peer, leg->id) == 0)
                bridge_down(world, other, "link-lost");
        }
    }
}

bool world_edge_lost(struct world *world, int edge)
{
    INPUT(EDGE_LOST, edge_lost, Farseat__V1__EdgeLost);
    body.edge = T(world->edges[edge].name);
    body.incarnation = world->edges[edge].incarnation;
    return world_acd(world, &input);
}

bool world_edge_reach(struct world *world, int edge, bool reachable)
{
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__EdgeReachable yes = FARSEAT__V1__EDGE_REACHABLE__INIT;
    Farseat__V1__EdgeUnreachable no = FARSEAT__V1__EDGE_UNREACHABLE__INIT;
    yes.edge = no.edge = T(world->edges[edge].name);
    yes.incarnation = no.incarnation = world->edges[edge].incarnation;
    input.body_case = reachable ? FARSEAT__V1__ACD_INPUT__BODY_EDGE_REACHABLE
                                : FARSEAT__V1__ACD_INPUT__BODY_EDGE_UNREACHABLE;
    if (reachable)
        input.edge_reachable = &yes;
    else
        input.edge_unreachable = &no;
    return world_acd(world, &input);
}

void world_phone_as(struct world *world, int edge, const char *phone, const char *answer)
{
    INPUT(PHONE_BOUND, phone_bound, Farseat__V1__PhoneBound);
    body.phone = T(phone);
    body.address = T("127.0.0.1:5998");
    body.answer = T(answer);
    event(world, edge, &input);
}

void world_phone(struct world *world, int edge, const char *phone, bool bound)
{
    if (bound) {
        world_phone_as(world, edge, phone, "");
    } else {
        INPUT(PHONE_GONE, phone_gone, Farseat__V1__PhoneGone);
        body.phone = T(phone);
        body.cause = T("expired");
        event(world, edge, &input);
    }
}

/* --- people --- */

#define ACTION(agent)                                                                                        \
    INPUT(AGENT_ACTION, agent_action, Farseat__V1__AgentAction);                                             \
    Farseat__V1__Empty empty = FARSEAT__V1__EMPTY__INIT;                                                     \
    body.agent_id = T(agent);                                                                                \
    body.logout = &empty

bool world_login(struct world *world, const char *agent, const char *phone)
{
    ACTION(agent);
    Farseat__V1__AgentLogin login = FARSEAT__V1__AGENT_LOGIN__INIT;
    login.phone = T(phone);
    body.action_case = FARSEAT__V1__AGENT_ACTION__ACTION_LOGIN;
    body.login = &login;
    return world_acd(world, &input);
}

bool world_logout(struct world *world, const char *agent)
{
    ACTION(agent);
    body.action_case = FARSEAT__V1__AGENT_ACTION__ACTION_LOGOUT;
    return world_acd(world, &input);
}

bool world_ready(struct world *world, const char *agent)
{
    ACTION(agent);
    body.action_case = FARSEAT__V1__AGENT_ACTION__ACTION_READY;
    return world_acd(world, &input);
}

bool world_not_ready(struct world *world, const char *agent, const char *reason)
{
    ACTION(agent);
    Farseat__V1__AgentNotReady not_ready = FARSEAT__V1__AGENT_NOT_READY__INIT;
    not_ready.reason = T(reason);
    body.action_case = FARSEAT__V1__AGENT_ACTION__ACTION_NOT_READY;
    body.not_ready = &not_ready;
    return world_acd(world, &input);
}

bool world_end_work(struct world *world, const char *agent)
{
    ACTION(agent);
    body.action_case = FARSEAT__V1__AGENT_ACTION__ACTION_END_AFTER_CALL_WORK;
    return world_acd(world, &input);
}

#define CONTACT_ACTION(contact, agent)                                                                       \
    INPUT(CONTACT_ACTION, contact_action, Farseat__V1__ContactAction);                                       \
    Farseat__V1__Empty empty = FARSEAT__V1__EMPTY__INIT;                                                     \
    body.contact_id = T(contact);                                                                            \
    body.agent_id = T(agent);                                                                                \
    body.hold = &empty

bool world_hold(struct world *world, const char *contact, const char *agent, bool hold)
{
    CONTACT_ACTION(contact, agent);
    body.action_case =
        hold ? FARSEAT__V1__CONTACT_ACTION__ACTION_HOLD : FARSEAT__V1__CONTACT_ACTION__ACTION_RESUME;
    return world_acd(world, &input);
}

bool world_mute(struct world *world, const char *contact, const char *agent, bool on)
{
    CONTACT_ACTION(contact, agent);
    body.action_case =
        on ? FARSEAT__V1__CONTACT_ACTION__ACTION_MUTE : FARSEAT__V1__CONTACT_ACTION__ACTION_UNMUTE;
    return world_acd(world, &input);
}

bool world_pick_up(struct world *world, const char *contact, const char *agent)
{
    CONTACT_ACTION(contact, agent);
    body.action_case = FARSEAT__V1__CONTACT_ACTION__ACTION_ANSWER;
    return world_acd(world, &input);
}

bool world_hang_up(struct world *world, const char *contact, const char *agent)
{
    CONTACT_ACTION(contact, agent);
    body.action_case = FARSEAT__V1__CONTACT_ACTION__ACTION_HANG_UP;
    return world_acd(world, &input);
}

bool world_transfer(struct world *world, const char *contact, const char *agent, const char *to_agent,
                    const char *to_queue)
{
    CONTACT_ACTION(contact, agent);
    Farseat__V1__ContactTransfer transfer = FARSEAT__V1__CONTACT_TRANSFER__INIT;
    transfer.target_case = to_agent ? FARSEAT__V1__CONTACT_TRANSFER__TARGET_AGENT_ID
                                    : FARSEAT__V1__CONTACT_TRANSFER__TARGET_QUEUE_ID;
    if (to_agent)
        transfer.agent_id = T(to_agent);
    else
        transfer.queue_id = T(to_queue);
    body.action_case = FARSEAT__V1__CONTACT_ACTION__ACTION_TRANSFER;
    body.transfer = &transfer;
    return world_acd(world, &input);
}

bool world_dispose(struct world *world, const char *contact, const char *agent, const char *disposition,
                   const char *note)
{
    CONTACT_ACTION(contact, agent);
    Farseat__V1__ContactDisposition what = FARSEAT__V1__CONTACT_DISPOSITION__INIT;
    what.disposition = T(disposition);
    what.note = T(note);
    body.action_case = FARSEAT__V1__CONTACT_ACTION__ACTION_DISPOSITION;
    body.disposition = &what;
    return world_acd(world, &input);
}

bool world_tick(struct world *world)
{
    INPUT(TICK, tick, Farseat__V1__Tick);
    return world_acd(world, &input);
}

bool world_stored(struct world *world, uint64_t number)
{
    INPUT(RECORDS_STORED, records_stored, Farseat__V1__RecordsStored);
    body.number = number;
    return world_acd(world, &input);
}

void world_pass(struct world *world, uint64_t ms)
{
    int64_t end_us = world->now_us + (int64_t)ms * 1000;
    while (world->now_us < end_us) {
        int64_t due_us = acd_next_deadline_us(world->acd);
        if (due_us == INT64_MAX) {
            world->now_us = end_us;
            return;
        }
        int64_t wait_us = due_us - acd_time_us(world->acd) - (world->now_us - acd_stamp_us(world->acd));
        if (wait_us < 0) wait_us = 0;
        if (world->now_us + wait_us > end_us) {
            world->now_us = end_us;
            return;
        }
        world->now_us += wait_us;
        (void)world_tick(world);
    }
}

struct world_leg *world_call_from(struct world *world, int edge, const char *number, const char *phone)
{
    char id[40];
    uuid(world, id);
    struct world_leg *leg = leg_new(world, edge, id);
    leg->incoming = true;
    leg->state = WORLD_INCOMING;
    INPUT(LEG_INCOMING, leg_incoming, Farseat__V1__LegIncoming);
    Farseat__V1__TelephoneNumber caller = FARSEAT__V1__TELEPHONE_NUMBER__INIT;
    caller.raw = T("013800138000");
    caller.canonical = T("+8613800138000");
    caller.kind = FARSEAT__V1__NUMBER_KIND__NUMBER_MOBILE;
    body.leg_id = leg->id;
    body.trunk_id = T(phone[0] ? "" : "carrier");
    body.phone = T(phone);
    body.caller = &caller;
    body.caller_name = T("王");
    body.called_raw = T(number);
    event(world, edge, &input);
    return leg;
}

struct world_leg *world_call(struct world *world, int edge, const char *number)
{
    struct world_leg *leg = world_call_from(world, edge, number, "");
    world_run(world);
    return leg;
}

/* --- looking at it --- */

static struct far_arena *view_arena(void)
{
    static struct far_arena arena;
    if (!arena.base && far_arena_init(&arena, 8u << 20) != FAR_OK) fail("memory");
    far_arena_reset(&arena);
    return &arena;
}

static Farseat__V1__AgentView *agent_view(struct world *world, const char *agent)
{
    static Farseat__V1__AgentExplainReply reply;
    if (acd_view_explain(world->acd, agent, view_arena(), &reply) != FAR_OK) fail("no such agent");
    return reply.agent;
}

Farseat__V1__AgentState world_agent_state(struct world *world, const char *agent)
{
    return agent_view(world, agent)->state;
}

const char *world_agent_reason(struct world *world, const char *agent)
{
    return agent_view(world, agent)->reason;
}

Farseat__V1__ContactState world_contact_state(struct world *world, const char *contact)
{
    Farseat__V1__ContactDetail detail;
    if (acd_view_contact(world->acd, contact, view_arena(), &detail) != FAR_OK)
        return FARSEAT__V1__CONTACT_STATE__CONTACT_STATE_UNKNOWN;
    return detail.contact->state;
}

uint32_t world_position(struct world *world, const char *contact)
{
    Farseat__V1__ContactDetail detail;
    if (acd_view_contact(world->acd, contact, view_arena(), &detail) != FAR_OK) return 0;
    return detail.contact->position;
}

const Farseat__V1__ContactRecord *world_contact_record(struct world *world, const char *contact)
{
    const Farseat__V1__ContactRecord *found = NULL;
    for (size_t i = 0; i < world->record_count; i++)
        if (world->records[i]->body_case == FARSEAT__V1__RECORD__BODY_CONTACT &&
            strcmp(world->records[i]->contact->contact_id, contact) == 0)
            found = world->records[i]->contact;
    return found;
}

size_t world_segments(struct world *world, const char *contact, Farseat__V1__SegmentKind kind,
                      const Farseat__V1__SegmentRecord **ret_last)
{
    size_t count = 0;
    for (size_t i = 0; i < world->record_count; i++) {
        const Farseat__V1__Record *record = world->records[i];
        if (record->body_case != FARSEAT__V1__RECORD__BODY_SEGMENT || record->segment->kind != kind) continue;
        if (strcmp(record->segment->contact_id, contact) != 0) continue;
        count++;
        if (ret_last) *ret_last = record->segment;
    }
    return count;
}

const Farseat__V1__SurveyRecord *world_survey_record(struct world *world, const char *contact)
{
    for (size_t i = 0; i < world->record_count; i++)
        if (world->records[i]->body_case == FARSEAT__V1__RECORD__BODY_SURVEY &&
            strcmp(world->records[i]->survey->contact_id, contact) == 0)
            return world->records[i]->survey;
    return NULL;
}
