/* SPDX-License-Identifier: Apache-2.0 */
/* sim_edge.c - an edge process: the real command logic, a model of SIP and sound around it. */
#include "far/str.h"
#include "sim.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEGS_MAX  200u
#define PULSE_MS  500u
#define PROMPT_MS 1500u

static uint64_t now_of(const struct world *world, const struct edge *edge)
{
    return world->now_ms - edge->mono_base_ms;
}
static bool cut(const struct world *world, const struct edge *edge)
{
    return edge->cut_until_ms > world->now_ms;
}
static struct edge *of_event(struct world *world, const struct event *event)
{
    struct edge *edge = &world->edges[event->who];
    return edge->alive && edge->life == event->life ? edge : NULL;
}

/* serial 0: any. */
struct call *edge_call(struct world *world, uint32_t who, uint64_t id, uint64_t serial)
{
    struct edge *edge = &world->edges[who];
    if (!edge->alive || id == 0) return NULL;
    for (size_t i = 0; i < SIM_CALLS_MAX; i++)
        if (edge->calls[i].id == id)
            return serial == 0 || edge->calls[i].serial == serial ? &edge->calls[i] : NULL;
    return NULL;
}

static struct call *call_new(struct world *world, uint32_t who, uint64_t id, enum call_kind kind)
{
    struct edge *edge = &world->edges[who];
    for (size_t i = 0; i < SIM_CALLS_MAX; i++) {
        if (edge->calls[i].id != 0) continue;
        edge->calls[i] = (struct call){.id = id, .kind = kind, .serial = ++world->event_serial};
        return &edge->calls[i];
    }
    sim_fail(world, "%s has too many calls", edge->name);
    return NULL;
}

static void call_free(struct world *world, uint32_t who, struct call *call)
{
    if (call->kind == CALL_AGENT) {
        struct agent *agent = &world->agents[call->party];
        if (agent->call == call->id && agent->call_edge == who) agent->call = 0;
    }
    call->id = 0;
}

/* ---- towards the log ----------------------------------------------------------------------------- */

static void send_inputs(struct world *world, uint32_t who)
{
    struct edge *edge = &world->edges[who];
    uint64_t number, epoch, now_ms = now_of(world, edge);
    far_appender_core_tick(edge->appender, now_ms);
    while (far_appender_core_next(edge->appender, now_ms, &number, &epoch)) {
        size_t len = edge->ring[number % SIM_RING].len;
        struct publication *publication = calloc(1, sizeof(*publication) + len);
        if (!publication) abort();
        publication->who_kind = WHO_EDGE;
        publication->who = who;
        publication->life = edge->life;
        publication->stream = STREAM_LOG;
        publication->number = number;
        publication->epoch = epoch;
        publication->len = len;
        memcpy(publication->data, edge->ring[number % SIM_RING].data, len);
        far_str_copy(publication->producer, sizeof(publication->producer), edge->name);
        snprintf(publication->msg_id, sizeof(publication->msg_id), "%s.%s.%llu.%llu", edge->name,
                 edge->incarnation, (unsigned long long)number, (unsigned long long)epoch);
        if (cut(world, edge))
            publication->ask = sim_ask_new(world);
        else
            stream_publish(world, publication, &edge->channel_ms, 2000);
        free(publication);
    }
}

static void run(struct world *world, uint32_t who);

void edge_publication_done(struct world *world, const struct publication *publication, enum far_err err)
{
    struct edge *edge = &world->edges[publication->who];
    if (!edge->alive || edge->life != publication->life) return;
    uint64_t now_ms = now_of(world, edge);
    if (err == FAR_OK)
        (void)far_appender_core_acked(edge->appender, publication->number, publication->epoch, now_ms);
    else
        far_appender_core_failed(edge->appender, publication->number, publication->epoch, now_ms);
    run(world, publication->who);
}

static void append(struct world *world, uint32_t who, Farseat__V1__AcdInput *input)
{
    struct edge *edge = &world->edges[who];
    uint64_t number;
    if (far_appender_core_push(edge->appender, &number) != FAR_OK) {
        sim_fail(world, "%s cannot keep more inputs", edge->name);
        return;
    }
    input->number = number;
    input->sent_at_us = sim_stamp_us(world);
    size_t len = farseat__v1__acd_input__get_packed_size(input);
    free(edge->ring[number % SIM_RING].data);
    edge->ring[number % SIM_RING].data = malloc(len + 1);
    if (!edge->ring[number % SIM_RING].data) abort();
    edge->ring[number % SIM_RING].len =
        farseat__v1__acd_input__pack(input, edge->ring[number % SIM_RING].data);
}

/* ---- SIP and sound: what an action brings about comes a little later ------------------------------- */

enum happening {
    HAPPENS_RING,
    HAPPENS_ANSWER,
    HAPPENS_END,
    HAPPENS_CLOSED,
    HAPPENS_PLAYED,
    HAPPENS_DIGIT,
    HAPPENS_RECORDING,
    HAPPENS_LINK
};
struct happens {
    enum happening what;
    uint64_t call, serial, play;
    enum edge_play_cause play_cause;
    uint32_t status;
    bool by_remote, lost;
    char digit;
    char cause[24];
    char leg_id[FAR_ID_TEXT_SIZE], bridge_id[64], peer[16];
    uint32_t from_edge;
    uint64_t from_link;
};

static void end_link_peer(struct world *world, const struct call *call);

static void link_arrives(struct world *world, uint32_t who, const struct happens *happens)
{
    struct edge *edge = &world->edges[who];
    uint64_t id = EDGE_CALL_INCOMING | ++edge->call_serial;
    struct call *call = call_new(world, who, id, CALL_LINK);
    if (!call) return;
    call->peer_edge = happens->from_edge;
    call->peer_link = happens->from_link;
    struct call *peer = edge_call(world, happens->from_edge, happens->from_link, 0);
    if (peer) peer->peer_link = id;
    struct edge_link_incoming incoming = {
        .call = id, .leg_id = happens->leg_id, .bridge_id = happens->bridge_id, .peer_edge = happens->peer};
    edge_core_link_incoming(edge->core, now_of(world, edge), &incoming);
}

static void happen(struct world *world, uint32_t who, const struct happens *happens)
{
    struct edge *edge = &world->edges[who];
    uint64_t now_ms = now_of(world, edge);
    if (happens->what == HAPPENS_LINK) {
        link_arrives(world, who, happens);
        return;
    }
    if (happens->what == HAPPENS_RECORDING) {
        if (happens->lost)
            edge_core_recording_lost(edge->core, now_ms, happens->call, "timeout", false);
        else
            edge_core_recording_up(edge->core, now_ms, happens->call);
        return;
    }
    if (happens->what == HAPPENS_CLOSED) {
        struct edge_sound sound = {.sound_gap_us_max = 21000, .packets_received = 10, .packets_sent = 10};
        edge_core_media_closed(edge->core, now_ms, happens->call, &sound);
        return;
    }
    struct call *call = edge_call(world, who, happens->call, happens->serial);
    if (!call) return;
    switch (happens->what) {
    case HAPPENS_RING:
        /* one phone in six has forgotten what it said when it registered */
        if (call->party % 3 == 1 && call->serial % 6 != 0) edge_core_can_talk(edge->core, call->id);
        if (!call->ending) edge_core_ringing(edge->core, now_ms, call->id);
        break;
    case HAPPENS_ANSWER:
        if (call->ending || call->answered) break;
        call->answered = true;
        edge_core_answered(edge->core, now_ms, call->id, call->kind == CALL_AGENT ? "10.0.0.9:5060" : "");
        if (call->kind == CALL_CALLER) people_answered(world, who, call);
        break;
    case HAPPENS_END: {
        struct edge_end end = {
            .cause = happens->cause, .sip_status = happens->status, .by_remote = happens->by_remote};
        struct call copy = *call;
        call_free(world, who, call);
        edge_core_ended(edge->core, now_ms, copy.id, &end);
        if (copy.kind == CALL_LINK) end_link_peer(world, &copy);
        break;
    }
    case HAPPENS_PLAYED:
        if (call->play == happens->play) call->play = 0;
        edge_core_play_done(edge->core, now_ms, call->id, happens->play, happens->play_cause, "");
        break;
    case HAPPENS_DIGIT:
        edge_core_digit(edge->core, now_ms, call->id, happens->digit);
        break;
    default:
        break;
    }
}

static void on_happen(struct world *world, struct event *event)
{
    if (!of_event(world, event)) return;
    happen(world, event->who, event->data);
    run(world, event->who);
}

static void later(struct world *world, uint32_t who, uint64_t delay_ms, const struct happens *happens)
{
    sim_after_data(world, delay_ms,
                   &(struct event){.fn = on_happen, .who = who, .life = world->edges[who].life}, happens,
                   sizeof(*happens));
}

static void end_later(struct world *world, uint32_t who, struct call *call, uint64_t delay_ms,
                      const char *cause, uint32_t status, bool by_remote)
{
    if (call->ending) return;
    call->ending = true;
    struct happens happens = {.what = HAPPENS_END,
                              .call = call->id,
                              .serial = call->serial,
                              .status = status,
                              .by_remote = by_remote};
    far_str_copy(happens.cause, sizeof(happens.cause), cause);
    later(world, who, delay_ms, &happens);
}

static void end_link_peer(struct world *world, const struct call *call)
{
    struct call *peer = edge_call(world, call->peer_edge, call->peer_link, 0);
    if (peer && peer->kind == CALL_LINK)
        end_later(world, call->peer_edge, peer, 1 + far_rand_below(&world->rand, 3), "hangup", 0, true);
}

void edge_hang_up(struct world *world, uint32_t who, uint64_t id, const char *cause, uint32_t status)
{
    struct call *call = edge_call(world, who, id, 0);
    if (call) end_later(world, who, call, far_rand_below(&world->rand, 3), cause, status, true);
}

void edge_answer(struct world *world, uint32_t who, uint64_t id)
{
    struct call *call = edge_call(world, who, id, 0);
    if (!call) return;
    world->counts.answered_phones++;
    later(world, who, 0, &(struct happens){.what = HAPPENS_ANSWER, .call = id, .serial = call->serial});
}

void edge_digit(struct world *world, uint32_t who, uint64_t id, char digit)
{
    struct call *call = edge_call(world, who, id, 0);
    if (call)
        later(world, who, 0,
              &(struct happens){.what = HAPPENS_DIGIT, .call = id, .serial = call->serial, .digit = digit});
}

static void stop_play(struct world *world, uint32_t who, struct call *call, enum edge_play_cause cause)
{
    if (!call || call->play == 0) return;
    struct happens happens = {.what = HAPPENS_PLAYED,
                              .call = call->id,
                              .serial = call->serial,
                              .play = call->play,
                              .play_cause = cause};
    call->play = 0;
    later(world, who, far_rand_below(&world->rand, 3), &happens);
}

static void act_dial(struct world *world, uint32_t who, const struct edge_action *action)
{
    struct edge *edge = &world->edges[who];
    int at = people_agent_of(world, action->dial.phone);
    struct call *call = call_new(world, who, action->call, CALL_AGENT);
    if (!call || at < 0) {
        sim_fail(world, "%s dials the unknown phone %s", edge->name, action->dial.phone);
        return;
    }
    struct agent *agent = &world->agents[at];
    call->party = (uint32_t)at;
    far_str_copy(call->leg_id, sizeof(call->leg_id), action->dial.leg_id);
    if (!agent->bound || agent->edge != who) {
        end_later(world, who, call, 2, "unreachable", 480, true);
        return;
    }
    if (agent->call != 0) {
        struct call *other = edge_call(world, agent->call_edge, agent->call, 0);
        /* A call whose end is on its way is over for the person. */
        if (other && !other->ending)
            sim_fail(world, "%s is rung (leg %s) while in a call (leg %s)", agent->id, call->leg_id,
                     other->leg_id);
    }
    agent->call = call->id;
    agent->call_edge = who;
    later(world, who, 10 + far_rand_below(&world->rand, 50),
          &(struct happens){.what = HAPPENS_RING, .call = call->id, .serial = call->serial});
    people_rung(world, who, call);
}

static void act_link_dial(struct world *world, uint32_t who, const struct edge_action *action)
{
    struct call *call = call_new(world, who, action->call, CALL_LINK);
    if (!call) return;
    uint32_t peer = SIM_EDGES;
    for (uint32_t i = 0; i < SIM_EDGES; i++)
        if (strcmp(world->edges[i].name, action->link.peer_edge) == 0) peer = i;
    if (peer == SIM_EDGES || !world->edges[peer].alive || cut(world, &world->edges[peer]) ||
        sim_fault(world, 10)) {
        end_later(world, who, call, 500, "unreachable", 408, true);
        return;
    }
    call->peer_edge = peer;
    struct happens happens = {.what = HAPPENS_LINK, .from_edge = who, .from_link = call->id};
    far_str_copy(happens.leg_id, sizeof(happens.leg_id), action->link.peer_leg_id);
    far_str_copy(happens.bridge_id, sizeof(happens.bridge_id), action->link.bridge_id);
    far_str_copy(happens.peer, sizeof(happens.peer), world->edges[who].name);
    later(world, peer, 1 + far_rand_below(&world->rand, 5), &happens);
}

static void act_link_answer(struct world *world, uint32_t who, struct call *call)
{
    later(world, who, 1, &(struct happens){.what = HAPPENS_ANSWER, .call = call->id, .serial = call->serial});
    struct call *peer = edge_call(world, call->peer_edge, call->peer_link, 0);
    if (peer)
        later(world, call->peer_edge, 2 + far_rand_below(&world->rand, 5),
              &(struct happens){.what = HAPPENS_ANSWER, .call = peer->id, .serial = peer->serial});
}

static void act_play(struct world *world, uint32_t who, struct call *call, const struct edge_action *action)
{
    stop_play(world, who, call, EDGE_PLAY_STOPPED);
    call->play = action->play.play;
    call->play_loop = action->play.loop;
    people_hear(world, who, call, action->play.loop);
    if (action->play.loop) return;
    struct happens happens = {.what = HAPPENS_PLAYED,
                              .call = call->id,
                              .serial = call->serial,
                              .play = call->play,
                              .play_cause = sim_fault(world, 5) ? EDGE_PLAY_FAILED : EDGE_PLAY_FINISHED};
    later(world, who, PROMPT_MS * action->play.prompts_len, &happens);
}

static void act_on_call(struct world *world, uint32_t who, struct call *call,
                        const struct edge_action *action)
{
    switch (action->kind) {
    case EDGE_ACT_ANSWER:
        later(world, who, 1 + far_rand_below(&world->rand, 20),
              &(struct happens){.what = HAPPENS_ANSWER, .call = call->id, .serial = call->serial});
        break;
    case EDGE_ACT_REJECT:
        end_later(world, who, call, 1, "commanded", action->end.sip_status, false);
        break;
    case EDGE_ACT_HANGUP:
        end_later(world, who, call, 1 + far_rand_below(&world->rand, 5), "commanded", 0, false);
        break;
    case EDGE_ACT_LINK_ANSWER:
        act_link_answer(world, who, call);
        break;
    case EDGE_ACT_PLAY:
        act_play(world, who, call, action);
        break;
    case EDGE_ACT_PLAY_STOP:
        if (call->play == action->play.play) stop_play(world, who, call, EDGE_PLAY_STOPPED);
        break;
    case EDGE_ACT_TALK: /* it answers, unless the person was quicker */
        if (!sim_fault(world, 100))
            later(world, who, 5 + far_rand_below(&world->rand, 200),
                  &(struct happens){.what = HAPPENS_ANSWER, .call = call->id, .serial = call->serial});
        break;
    case EDGE_ACT_MUTE:
        call->muted = action->on;
        break;
    case EDGE_ACT_BRIDGE:
        stop_play(world, who, call, EDGE_PLAY_STOPPED);
        stop_play(world, who, edge_call(world, who, action->peer_call, 0), EDGE_PLAY_STOPPED);
        people_bridged(world, who, call);
        break;
    default:
        break;
    }
}

static void on_action(void *context, const struct edge_action *action)
{
    const struct event *self = context; /* world and who, see edge_start */
    struct world *world = self->data;
    uint32_t who = self->who;
    if (action->kind == EDGE_ACT_APPEND) {
        append(world, who, action->input);
        return;
    }
    if (action->kind == EDGE_ACT_DIAL) {
        act_dial(world, who, action);
        return;
    }
    if (action->kind == EDGE_ACT_LINK_DIAL) {
        act_link_dial(world, who, action);
        return;
    }
    if (action->kind == EDGE_ACT_MEDIA_CLOSE) {
        later(world, who, 1, &(struct happens){.what = HAPPENS_CLOSED, .call = action->call});
        return;
    }
    if (action->kind == EDGE_ACT_RECORD_OPEN) {
        later(world, who, 5,
              &(struct happens){
                  .what = HAPPENS_RECORDING, .call = action->record.session, .lost = sim_fault(world, 50)});
        return;
    }
    struct call *call = edge_call(world, who, action->call, 0);
    if (call) act_on_call(world, who, call, action);
}

/* ---- life ---------------------------------------------------------------------------------------- */

static void on_wake(struct world *world, struct event *event)
{
    struct edge *edge = of_event(world, event);
    if (!edge || event->a != edge->wake_serial) return;
    edge->wake_ms = 0;
    edge_core_tick(edge->core, now_of(world, edge));
    run(world, event->who);
}

static void run(struct world *world, uint32_t who)
{
    struct edge *edge = &world->edges[who];
    if (!edge->alive) return;
    uint32_t kept =
        (uint32_t)(far_appender_core_next_number(edge->appender) - far_appender_core_first(edge->appender));
    edge_core_backlog(edge->core, kept, SIM_RING);
    send_inputs(world, who);
    uint64_t deadline_ms = edge_core_deadline_ms(edge->core),
             append_ms = far_appender_core_deadline_ms(edge->appender);
    if (append_ms < deadline_ms) deadline_ms = append_ms;
    if (deadline_ms == UINT64_MAX) return;
    deadline_ms += edge->mono_base_ms;
    if (deadline_ms <= world->now_ms) deadline_ms = world->now_ms + 1;
    if (edge->wake_ms != 0 && edge->wake_ms <= deadline_ms) return;
    edge->wake_ms = deadline_ms;
    edge->wake_serial++;
    sim_after(world, deadline_ms - world->now_ms,
              &(struct event){.fn = on_wake, .who = who, .life = edge->life, .a = edge->wake_serial});
}

struct pulse {
    char edge[16], incarnation[FAR_ID_TEXT_SIZE];
    uint32_t unacknowledged;
    uint64_t acknowledged;
};
static void on_pulse_arrival(struct world *world, struct event *event)
{
    struct pulse *from = event->data;
    Farseat__V1__EdgePulse pulse = FARSEAT__V1__EDGE_PULSE__INIT;
    pulse.edge = from->edge;
    pulse.incarnation = from->incarnation;
    pulse.inputs_unacknowledged = from->unacknowledged;
    pulse.input_acknowledged = from->acknowledged;
    process_pulse(world, event->who, &pulse);
}
static void on_pulse(struct world *world, struct event *event)
{
    struct edge *edge = of_event(world, event);
    if (!edge) return;
    uint64_t first = far_appender_core_first(edge->appender);
    struct pulse pulse = {.unacknowledged = (uint32_t)(far_appender_core_next_number(edge->appender) - first),
                          .acknowledged = first - 1};
    far_str_copy(pulse.edge, sizeof(pulse.edge), edge->name);
    far_str_copy(pulse.incarnation, sizeof(pulse.incarnation), edge->incarnation);
    for (uint32_t i = 0; i < world->options.replicas && !cut(world, edge); i++)
        if (!sim_fault(world, 50))
            sim_after_data(world, sim_delay(world), &(struct event){.fn = on_pulse_arrival, .who = i}, &pulse,
                           sizeof(pulse));
    sim_after(world, PULSE_MS, &(struct event){.fn = on_pulse, .who = event->who, .life = event->life});
}

static void on_connected(struct world *world, struct event *event)
{
    struct edge *edge = of_event(world, event);
    if (!edge) return;
    far_appender_core_connected(edge->appender, true);
    run(world, event->who);
}

void edge_start(struct world *world, uint32_t who)
{
    static const char *const sites[SIM_EDGES] = {"hq", "branch"};
    static struct event selves[SIM_EDGES];
    struct edge *edge = &world->edges[who];
    uint32_t life = edge->life + 1;
    memset(edge, 0, sizeof(*edge));
    edge->life = life;
    edge->alive = true;
    snprintf(edge->site, sizeof(edge->site), "%s", sites[who]);
    snprintf(edge->name, sizeof(edge->name), "edge-%s", sites[who]);
    sim_new_id(world, edge->incarnation);
    edge->mono_base_ms = world->now_ms >= 5000 ? world->now_ms - 5000 : 0;
    selves[who] = (struct event){.data = world, .who = who};
    struct edge_core_config config = {.edge = edge->name,
                                      .site = edge->site,
                                      .version = "sim",
                                      .incarnation = edge->incarnation,
                                      .legs_max = LEGS_MAX,
                                      .tombstones_max = 4096,
                                      .emit = on_action,
                                      .context = &selves[who]};
    struct far_appender_core_config appender = {
        .first_number = 1, .count_max = SIM_RING, .window = 64, .ack_timeout_ms = 2000, .retry_ms = 250};
    if (edge_core_create(&config, &edge->core) != FAR_OK ||
        far_appender_core_create(&appender, &edge->appender) != FAR_OK) {
        sim_fail(world, "no edge");
        return;
    }
    sim_trace(world, "%s starts", edge->name);
    edge_core_start(edge->core, now_of(world, edge));
    sim_after(world, 10, &(struct event){.fn = on_connected, .who = who, .life = life});
    sim_after(world, 20, &(struct event){.fn = on_pulse, .who = who, .life = life});
}

void edge_kill(struct world *world, uint32_t who)
{
    struct edge *edge = &world->edges[who];
    if (!edge->alive) return;
    sim_trace(world, "%s is killed", edge->name);
    for (size_t i = 0; i < SIM_CALLS_MAX; i++) {
        struct call call = edge->calls[i];
        if (call.id == 0) continue;
        call_free(world, who, &edge->calls[i]);
        if (call.kind == CALL_LINK) end_link_peer(world, &call);
    }
    for (size_t i = 0; i < SIM_RING; i++)
        free(edge->ring[i].data);
    memset(edge->ring, 0, sizeof(edge->ring));
    edge->core = edge_core_destroy(edge->core);
    edge->appender = far_appender_core_destroy(edge->appender);
    edge->alive = false;
    world->counts.kills++;
}

/* ---- from outside --------------------------------------------------------------------------------- */

struct reply {
    uint64_t ask, number;
    bool accepted;
    uint32_t next;
    char cause[32];
};
static void on_reply(struct world *world, struct event *event)
{
    struct reply *reply = event->data;
    struct process *process = &world->processes[event->who];
    if (process_frozen(world, event, event->who) || !sim_ask_close(world, reply->ask)) return;
    if (!process->alive || process->life != event->life) return;
    Farseat__V1__EdgeCommandReply message = FARSEAT__V1__EDGE_COMMAND_REPLY__INIT;
    message.accepted = reply->accepted;
    message.cause = reply->cause;
    message.leg_number_next = reply->next;
    replica_command_done(process->replica, process_now(world, process), reply->number, &message);
    process_run(world, event->who);
}

void edge_command_arrives(struct world *world, const char *name, uint32_t from, uint32_t from_life,
                          uint64_t number, uint64_t ask, const uint8_t *data, size_t len)
{
    uint32_t who = 0;
    while (who < SIM_EDGES && strcmp(world->edges[who].name, name) != 0)
        who++;
    if (who == SIM_EDGES || !world->edges[who].alive || cut(world, &world->edges[who])) return;
    Farseat__V1__EdgeCommand *command = farseat__v1__edge_command__unpack(NULL, len, data);
    if (!command) {
        sim_fail(world, "a command that cannot be decoded");
        return;
    }
    if (command->body_case == FARSEAT__V1__EDGE_COMMAND__BODY_RESYNC &&
        strcmp(command->edge_incarnation, world->edges[who].incarnation) == 0)
        sim_fail(world, "%s is told to begin anew, though the log has lost nothing", name);
    struct edge_reply answer = {0};
    edge_core_command(world->edges[who].core, now_of(world, &world->edges[who]), 0, command, "", &answer);
    sim_trace(world, "%s %s command %d of leg %s number %u: %s%s", name, command->command_id,
              (int)command->body_case, command->leg_id, command->leg_number,
              answer.accepted ? "accepted" : "refused ", answer.cause);
    farseat__v1__edge_command__free_unpacked(command, NULL);
    if (answer.resync) sim_fail(world, "%s is told to begin anew though the log has lost nothing", name);
    struct reply reply = {
        .ask = ask, .number = number, .accepted = answer.accepted, .next = answer.leg_number_next};
    far_str_copy(reply.cause, sizeof(reply.cause), answer.cause);
    if (!sim_fault(world, 20))
        sim_after_data(world, sim_delay(world),
                       &(struct event){.fn = on_reply, .who = from, .life = from_life}, &reply,
                       sizeof(reply));
    run(world, who);
}

void edge_invite(struct world *world, uint32_t who, uint32_t caller)
{
    struct edge *edge = &world->edges[who];
    if (!edge->alive) return;
    uint64_t id = EDGE_CALL_INCOMING | ++edge->call_serial;
    struct call *call = call_new(world, who, id, CALL_CALLER);
    if (!call) return;
    call->party = caller;
    people_dialled(world, who, call);
    sim_new_id(world, call->leg_id);
    Farseat__V1__TelephoneNumber number = FARSEAT__V1__TELEPHONE_NUMBER__INIT;
    char text[32], canonical[40];
    snprintf(text, sizeof(text), "138%08u", caller);
    snprintf(canonical, sizeof(canonical), "+86%s", text);
    number.raw = text;
    number.canonical = canonical;
    number.kind = FARSEAT__V1__NUMBER_KIND__NUMBER_MOBILE;
    struct edge_incoming incoming = {.call = id,
                                     .leg_id = call->leg_id,
                                     .trunk_id = who == 0 ? "trunk-hq" : "trunk-branch",
                                     .phone = "",
                                     .caller = &number,
                                     .caller_name = "",
                                     .called_raw = sim_chance(world, 30) ? "99999" : "95588",
                                     .sip_call_id = text,
                                     .source = "udp:10.0.0.1:5060",
                                     .traceparent = ""};
    edge_core_incoming(edge->core, now_of(world, edge), &incoming);
    run(world, who);
}

void edge_bind(struct world *world, uint32_t at)
{
    struct agent *agent = &world->agents[at];
    struct edge *edge = &world->edges[agent->edge];
    if (!edge->alive) return;
    agent->bound = true;
    agent->bound_life = edge->life;
    Farseat__V1__PhoneBound bound = FARSEAT__V1__PHONE_BOUND__INIT;
    static char user_agent[] = "sim", address[] = "udp:10.0.0.9:5060";
    static char answers[][8] = {"", "talk", "browser"};
    bound.phone = agent->phone;
    bound.user_agent = user_agent;
    bound.address = address;
    bound.answer = answers[at % 3];
    bound.expires_at_us = sim_stamp_us(world) + 3600LL * 1000000;
    edge_core_phone_bound(edge->core, now_of(world, edge), &bound);
    run(world, agent->edge);
}
