/* SPDX-License-Identifier: Apache-2.0 */
/* Which commands are taken: fence, incarnation, deadline, order, tombstones; then the leg's own rules. */
#include "core.h"
#include "far/str.h"
#include <string.h>

static const struct {
    const char *text;
    bool accepted;
    bool uses_number; /* the leg's number is used up although it was refused */
} outcomes[EDGE_OUTCOME_COUNT] = {
    [EDGE_OUTCOME_EXECUTED] = {"", true, false},
    [EDGE_OUTCOME_REPEATED] = {"done before", true, false},
    [EDGE_OUTCOME_FENCED] = {"a later leader has commanded this edge, or its log was given up", false, false},
    [EDGE_OUTCOME_WRONG_INCARNATION] = {"the edge was started anew: apply its EdgeStarted", false, false},
    [EDGE_OUTCOME_UNKNOWN_LEG] = {"this edge has no such leg, or it has ended", false, false},
    [EDGE_OUTCOME_GAP] = {"a command before this one is missing: send leg_number_next", false, false},
    [EDGE_OUTCOME_EXPIRED] = {"its deadline had passed when it came", false, false},
    [EDGE_OUTCOME_BUSY] = {"the leg's state does not allow it, or a limit of the edge is reached", false,
                           true},
    [EDGE_OUTCOME_INVALID] = {"a field is missing, too long or out of range", false, true},
    [EDGE_OUTCOME_UNSUPPORTED] = {"the phone does not say that it can be made to answer", false, true},
};

static bool was_left(const struct edge_core *core, const char *incarnation)
{
    for (size_t i = 0; i < INCARNATIONS_MAX; i++)
        if (strcmp(core->left_incarnations[i], incarnation) == 0) return true;
    return false;
}

/* A new log begins with new positions; who still leads the old one must not come back. */
static void change_log(struct edge_core *core, const char *incarnation)
{
    if (core->log_incarnation[0] != '\0') {
        (void)far_str_copy(core->left_incarnations[core->left_next], EDGE_NAME_SIZE, core->log_incarnation);
        core->left_next = (core->left_next + 1) % INCARNATIONS_MAX;
    }
    (void)far_str_copy(core->log_incarnation, EDGE_NAME_SIZE, incarnation);
    core->leader_position = 0;
    age_forget(core);
    core->edge_number_done = 0;
}

static bool is_fenced(struct edge_core *core, const Farseat__V1__EdgeCommand *command)
{
    if (strcmp(command->log_incarnation, core->log_incarnation) != 0) {
        if (was_left(core, command->log_incarnation)) return true;
        change_log(core, command->log_incarnation);
    }
    if (command->leader_position < core->leader_position) return true;
    if (command->leader_position > core->leader_position) age_forget(core);
    core->leader_position = command->leader_position;
    return false;
}

static enum edge_outcome do_ring(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                                 const Farseat__V1__EdgeCommand *command)
{
    (void)command;
    if (!leg_handle(core, leg, LEG_EV_RING, now_ms)) return EDGE_OUTCOME_BUSY;
    core_emit_call(core, EDGE_ACT_RING, leg->call);
    return EDGE_OUTCOME_EXECUTED;
}

static enum edge_outcome do_answer(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                                   const Farseat__V1__EdgeCommand *command)
{
    (void)command;
    if (!leg_handle(core, leg, LEG_EV_ANSWER, now_ms)) return EDGE_OUTCOME_BUSY;
    leg->has_media = true;
    struct edge_action action = {.kind = EDGE_ACT_ANSWER, .call = leg->call, .contact_id = leg->contact_id};
    core_emit(core, &action);
    return EDGE_OUTCOME_EXECUTED;
}

static enum edge_outcome do_reject(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                                   const Farseat__V1__EdgeCommand *command)
{
    const Farseat__V1__RejectCommand *reject = command->reject;
    uint32_t status = reject->sip_status ? reject->sip_status : 480;
    if (status < 300 || status > 699) return EDGE_OUTCOME_INVALID;
    if (!leg_handle(core, leg, LEG_EV_REJECT, now_ms)) return EDGE_OUTCOME_BUSY;
    leg_decide_end(leg, "commanded", status, false);
    struct edge_action action = {.kind = EDGE_ACT_REJECT, .call = leg->call};
    action.end.sip_status = status;
    action.end.reason = reject->reason;
    action.end.retry_after_s = reject->retry_after_s;
    core_emit(core, &action);
    return EDGE_OUTCOME_EXECUTED;
}

static enum edge_outcome do_hangup(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                                   const Farseat__V1__EdgeCommand *command)
{
    bool on_its_way = leg->state == LEG_ENDING || leg->state == LEG_CLOSING;
    if (!leg_handle(core, leg, LEG_EV_HANGUP, now_ms)) return EDGE_OUTCOME_BUSY;
    if (on_its_way) return EDGE_OUTCOME_EXECUTED;
    uint32_t status = command->hangup->sip_status;
    leg_decide_end(leg, "commanded", 0, false);
    struct edge_action action = {.kind = EDGE_ACT_HANGUP, .call = leg->call};
    action.end.sip_status = status >= 300 && status <= 699 ? status : 0;
    action.end.reason = command->hangup->cause;
    core_emit(core, &action);
    return EDGE_OUTCOME_EXECUTED;
}

static enum edge_outcome do_play(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                                 const Farseat__V1__EdgeCommand *command)
{
    return leg_hears(leg) ? sound_play(core, leg, now_ms, command->play) : EDGE_OUTCOME_BUSY;
}

static enum edge_outcome do_stop_play(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                                      const Farseat__V1__EdgeCommand *command)
{
    (void)now_ms;
    (void)command;
    sound_stop(core, leg);
    return EDGE_OUTCOME_EXECUTED;
}

static enum edge_outcome do_collect(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                                    const Farseat__V1__EdgeCommand *command)
{
    return leg_hears(leg) ? sound_collect(core, leg, now_ms, command->collect) : EDGE_OUTCOME_BUSY;
}

static enum edge_outcome do_bridge(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                                   const Farseat__V1__EdgeCommand *command)
{
    if (!leg_hears(leg)) return EDGE_OUTCOME_BUSY;
    return bridge_command(core, leg, now_ms, command->deadline_ms, command->bridge);
}

static enum edge_outcome do_unbridge(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                                     const Farseat__V1__EdgeCommand *command)
{
    (void)command;
    bridge_drop(core, leg, now_ms, "commanded", true);
    return EDGE_OUTCOME_EXECUTED;
}

static enum edge_outcome do_record(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                                   const Farseat__V1__EdgeCommand *command)
{
    return leg_hears(leg) ? record_start(core, leg, now_ms, command->record) : EDGE_OUTCOME_BUSY;
}

static enum edge_outcome do_stop_record(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                                        const Farseat__V1__EdgeCommand *command)
{
    return record_stop(core, leg, now_ms, command->stop_record->recording_id);
}

static enum edge_outcome do_echo(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                                 const Farseat__V1__EdgeCommand *command)
{
    (void)now_ms;
    (void)command;
    if (!leg_hears(leg)) return EDGE_OUTCOME_BUSY;
    sound_echo(core, leg);
    return EDGE_OUTCOME_EXECUTED;
}

static enum edge_outcome do_mute(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                                 const Farseat__V1__EdgeCommand *command)
{
    (void)now_ms;
    if (!leg_hears(leg)) return EDGE_OUTCOME_BUSY;
    struct edge_action action = {.kind = EDGE_ACT_MUTE, .call = leg->call, .on = command->mute->on};
    core_emit(core, &action);
    return EDGE_OUTCOME_EXECUTED;
}

static enum edge_outcome do_talk(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                                 const Farseat__V1__EdgeCommand *command)
{
    (void)now_ms;
    (void)command;
    if (leg->state != LEG_RINGING) return EDGE_OUTCOME_BUSY;
    if (!leg->can_talk) return EDGE_OUTCOME_UNSUPPORTED;
    core_emit_call(core, EDGE_ACT_TALK, leg->call);
    return EDGE_OUTCOME_EXECUTED;
}

typedef enum edge_outcome command_fn(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                                     const Farseat__V1__EdgeCommand *command);
static const struct {
    Farseat__V1__EdgeCommand__BodyCase body;
    command_fn *execute;
} rows[] = {
    {FARSEAT__V1__EDGE_COMMAND__BODY_RING, do_ring},
    {FARSEAT__V1__EDGE_COMMAND__BODY_ANSWER, do_answer},
    {FARSEAT__V1__EDGE_COMMAND__BODY_REJECT, do_reject},
    {FARSEAT__V1__EDGE_COMMAND__BODY_PLAY, do_play},
    {FARSEAT__V1__EDGE_COMMAND__BODY_STOP_PLAY, do_stop_play},
    {FARSEAT__V1__EDGE_COMMAND__BODY_COLLECT, do_collect},
    {FARSEAT__V1__EDGE_COMMAND__BODY_BRIDGE, do_bridge},
    {FARSEAT__V1__EDGE_COMMAND__BODY_UNBRIDGE, do_unbridge},
    {FARSEAT__V1__EDGE_COMMAND__BODY_HANGUP, do_hangup},
    {FARSEAT__V1__EDGE_COMMAND__BODY_RECORD, do_record},
    {FARSEAT__V1__EDGE_COMMAND__BODY_STOP_RECORD, do_stop_record},
    {FARSEAT__V1__EDGE_COMMAND__BODY_ECHO, do_echo},
    {FARSEAT__V1__EDGE_COMMAND__BODY_MUTE, do_mute},
    {FARSEAT__V1__EDGE_COMMAND__BODY_TALK, do_talk},
};

static enum edge_outcome execute(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                                 const Farseat__V1__EdgeCommand *command)
{
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++)
        if (rows[i].body == command->body_case) return rows[i].execute(core, leg, now_ms, command);
    return EDGE_OUTCOME_INVALID; /* a Dial for a leg that lives, or a command of a later version */
}

static enum edge_outcome dial(struct edge_core *core, uint64_t now_ms,
                              const Farseat__V1__EdgeCommand *command, const char *traceparent)
{
    const Farseat__V1__DialCommand *body = command->dial;
    if (body->phone[0] == '\0' || strlen(body->phone) >= EDGE_NAME_SIZE) return EDGE_OUTCOME_INVALID;
    struct leg *leg = leg_create(core, now_ms, core_serial(core), command->leg_id);
    if (!leg) return EDGE_OUTCOME_BUSY;
    leg->state = LEG_DIALLING;
    leg->number_done = command->leg_number;
    leg->has_media = true;
    leg->deadline_ms = now_ms + (body->ring_ms_max ? body->ring_ms_max : RING_MS_DEFAULT);
    core_due(core, leg->deadline_ms);
    (void)far_str_copy(leg->contact_id, sizeof(leg->contact_id), command->contact_id);
    (void)far_str_copy(leg->traceparent, sizeof(leg->traceparent), traceparent);
    struct edge_action action = {.kind = EDGE_ACT_DIAL, .call = leg->call};
    action.dial.phone = body->phone;
    action.dial.caller_number = body->caller_number;
    action.dial.caller_name = body->caller_name;
    action.dial.called_number = body->called_number;
    action.contact_id = command->contact_id;
    action.dial.leg_id = command->leg_id;
    action.dial.agent_id = body->agent_id;
    action.dial.queue_id = body->queue_id;
    core_emit(core, &action);
    return EDGE_OUTCOME_EXECUTED;
}

static enum edge_outcome about_no_leg(struct edge_core *core, uint64_t now_ms,
                                      const Farseat__V1__EdgeCommand *command, const char *traceparent)
{
    bool hangup = command->body_case == FARSEAT__V1__EDGE_COMMAND__BODY_HANGUP;
    const struct tombstone *tombstone = tombstone_find(core, command->leg_id);
    if (tombstone) {
        bool done = command->leg_number <= tombstone->number_done;
        return done || hangup ? EDGE_OUTCOME_REPEATED : EDGE_OUTCOME_UNKNOWN_LEG;
    }
    if (command->body_case == FARSEAT__V1__EDGE_COMMAND__BODY_DIAL)
        return command->leg_number == 1 ? dial(core, now_ms, command, traceparent) : EDGE_OUTCOME_GAP;
    if (!hangup) return EDGE_OUTCOME_UNKNOWN_LEG;
    tombstone_put(core, now_ms, command->leg_id, 0);
    report_leg_never_was(core, command->leg_id, command->leg_number, traceparent);
    return EDGE_OUTCOME_EXECUTED;
}

static enum edge_outcome about_leg(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                                   const Farseat__V1__EdgeCommand *command)
{
    bool hangup = command->body_case == FARSEAT__V1__EDGE_COMMAND__BODY_HANGUP;
    if (command->leg_number == 0) return EDGE_OUTCOME_INVALID;
    if (command->leg_number <= leg->number_done)
        return command->leg_number == leg->refused_number ? leg->refused_as : EDGE_OUTCOME_REPEATED;
    if (command->leg_number > leg->number_done + 1 && !hangup) return EDGE_OUTCOME_GAP;
    if (leg->contact_id[0] == '\0')
        (void)far_str_copy(leg->contact_id, sizeof(leg->contact_id), command->contact_id);
    /* Before it is executed: what it brings about at once says that it was done. */
    leg->number_done = command->leg_number;
    uint64_t leg_id = leg->id;
    enum edge_outcome outcome = execute(core, leg, now_ms, command);
    leg = far_pool_get(&core->legs, leg_id);
    if (leg) leg_commanded(core, leg, now_ms);
    if (leg && outcomes[outcome].uses_number) {
        leg->refused_number = command->leg_number;
        leg->refused_as = outcome;
    }
    return outcome;
}

static enum edge_outcome judge(struct edge_core *core, uint64_t now_ms, uint64_t age_ms,
                               const Farseat__V1__EdgeCommand *command, const char *traceparent)
{
    if (command->log_incarnation[0] == '\0' || strlen(command->log_incarnation) >= EDGE_NAME_SIZE ||
        strlen(command->leg_id) >= EDGE_NAME_SIZE ||
        command->body_case == FARSEAT__V1__EDGE_COMMAND__BODY__NOT_SET)
        return EDGE_OUTCOME_INVALID;
    if (is_fenced(core, command)) return EDGE_OUTCOME_FENCED;
    if (strcmp(command->edge_incarnation, core->incarnation) != 0) return EDGE_OUTCOME_WRONG_INCARNATION;
    age_ms = age_of(core, now_ms, age_ms, command);
    if (command->deadline_ms > 0 && age_ms >= command->deadline_ms) return EDGE_OUTCOME_EXPIRED;
    if (command->leg_id[0] == '\0') {
        if (command->body_case == FARSEAT__V1__EDGE_COMMAND__BODY_RESYNC) return EDGE_OUTCOME_EXECUTED;
        if (command->body_case != FARSEAT__V1__EDGE_COMMAND__BODY_CREDIT) return EDGE_OUTCOME_INVALID;
        return door_credit(core, command->leg_number, command->credit);
    }
    struct leg *leg = core_leg_by_id(core, command->leg_id);
    return leg ? about_leg(core, leg, now_ms, command) : about_no_leg(core, now_ms, command, traceparent);
}

void edge_core_command(struct edge_core *core, uint64_t now_ms, uint64_t age_ms,
                       const Farseat__V1__EdgeCommand *command, const char *traceparent,
                       struct edge_reply *ret_reply)
{
    enum edge_outcome outcome = judge(core, now_ms, age_ms, command, traceparent ? traceparent : "");
    core->figures.commands[outcome]++;
    *ret_reply = (struct edge_reply){.accepted = outcomes[outcome].accepted,
                                     .cause = outcomes[outcome].accepted ? "" : edge_outcome_names[outcome],
                                     .text = outcomes[outcome].text,
                                     .resync = outcome == EDGE_OUTCOME_EXECUTED &&
                                               command->body_case == FARSEAT__V1__EDGE_COMMAND__BODY_RESYNC};
    if (outcome != EDGE_OUTCOME_GAP) return;
    const struct leg *leg = core_leg_by_id(core, command->leg_id);
    ret_reply->leg_number_next = leg ? leg->number_done + 1 : 1;
}
