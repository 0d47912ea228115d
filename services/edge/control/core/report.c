/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

/* What may be missing from the log when it is nearly full; the rest decides who is where. */
static bool is_dispensable(Farseat__V1__AcdInput__BodyCase kind)
{
    return kind == FARSEAT__V1__ACD_INPUT__BODY_CALLS_REFUSED ||
           kind == FARSEAT__V1__ACD_INPUT__BODY_LEG_HOLD || kind == FARSEAT__V1__ACD_INPUT__BODY_LEG_REFERRED;
}

static void append(struct edge_core *core, const char *traceparent, Farseat__V1__AcdInput *input)
{
    if (core->backlog_max > 0 && core->backlog >= core->backlog_max - core->backlog_max / 8 &&
        is_dispensable(input->body_case)) {
        core->figures.inputs_dropped++;
        return;
    }
    input->producer = core->edge;
    input->producer_incarnation = core->incarnation;
    input->traceparent = (char *)(traceparent ? traceparent : "");
    core->backlog++; /* until edge_core_backlog() says how it is */
    core_emit(core, &(struct edge_action){.kind = EDGE_ACT_APPEND, .input = input});
}

static void append_about(struct edge_core *core, const struct leg *leg, Farseat__V1__AcdInput *input)
{
    if (!leg->orphan) append(core, leg->traceparent, input);
}

static Farseat__V1__AcdInput input_of(Farseat__V1__AcdInput__BodyCase kind)
{
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    input.body_case = kind;
    return input;
}

/* The three fields that each input about a leg begins with. */
#define ABOUT(body, leg, at_ms)                                                                              \
    do {                                                                                                     \
        (body).leg_id = (char *)(leg)->leg_id;                                                               \
        (body).leg_ms = (at_ms) - (leg)->began_ms;                                                           \
        (body).commands_done = (leg)->number_done;                                                           \
    } while (0)

void report_edge_started(struct edge_core *core)
{
    Farseat__V1__EdgeStarted body = FARSEAT__V1__EDGE_STARTED__INIT;
    Farseat__V1__AcdInput input = input_of(FARSEAT__V1__ACD_INPUT__BODY_EDGE_STARTED);
    body.edge = core->edge;
    body.site = core->site;
    body.version = core->version;
    input.edge_started = &body;
    append(core, "", &input);
}

void report_edge_draining(struct edge_core *core)
{
    Farseat__V1__EdgeDraining body = FARSEAT__V1__EDGE_DRAINING__INIT;
    Farseat__V1__AcdInput input = input_of(FARSEAT__V1__ACD_INPUT__BODY_EDGE_DRAINING);
    body.edge = core->edge;
    input.edge_draining = &body;
    append(core, "", &input);
}

void report_calls_refused(struct edge_core *core, uint32_t count, const char *cause, const char *number)
{
    Farseat__V1__CallsRefused body = FARSEAT__V1__CALLS_REFUSED__INIT;
    Farseat__V1__AcdInput input = input_of(FARSEAT__V1__ACD_INPUT__BODY_CALLS_REFUSED);
    body.count = count;
    body.cause = (char *)cause;
    body.number = (char *)number;
    input.calls_refused = &body;
    append(core, "", &input);
}

void report_phone_bound(struct edge_core *core, const Farseat__V1__PhoneBound *bound)
{
    Farseat__V1__PhoneBound body = *bound;
    Farseat__V1__AcdInput input = input_of(FARSEAT__V1__ACD_INPUT__BODY_PHONE_BOUND);
    input.phone_bound = &body;
    append(core, "", &input);
}

void report_phone_gone(struct edge_core *core, const char *phone, const char *cause)
{
    Farseat__V1__PhoneGone body = FARSEAT__V1__PHONE_GONE__INIT;
    Farseat__V1__AcdInput input = input_of(FARSEAT__V1__ACD_INPUT__BODY_PHONE_GONE);
    body.phone = (char *)phone;
    body.cause = (char *)cause;
    input.phone_gone = &body;
    append(core, "", &input);
}

void report_leg_incoming(struct edge_core *core, const struct leg *leg, const struct edge_incoming *incoming)
{
    Farseat__V1__LegIncoming body = FARSEAT__V1__LEG_INCOMING__INIT;
    Farseat__V1__AcdInput input = input_of(FARSEAT__V1__ACD_INPUT__BODY_LEG_INCOMING);
    Farseat__V1__TelephoneNumber caller = FARSEAT__V1__TELEPHONE_NUMBER__INIT;
    if (incoming->caller) caller = *incoming->caller;
    body.leg_id = (char *)leg->leg_id;
    body.trunk_id = (char *)incoming->trunk_id;
    body.phone = (char *)incoming->phone;
    body.caller = &caller;
    body.caller_name = (char *)incoming->caller_name;
    body.called_raw = (char *)incoming->called_raw;
    body.sip_call_id = (char *)incoming->sip_call_id;
    body.source = (char *)incoming->source;
    input.leg_incoming = &body;
    append_about(core, leg, &input);
}

void report_leg_ringing(struct edge_core *core, const struct leg *leg, uint64_t now_ms)
{
    Farseat__V1__LegRinging body = FARSEAT__V1__LEG_RINGING__INIT;
    Farseat__V1__AcdInput input = input_of(FARSEAT__V1__ACD_INPUT__BODY_LEG_RINGING);
    ABOUT(body, leg, now_ms);
    input.leg_ringing = &body;
    append_about(core, leg, &input);
}

void report_leg_answered(struct edge_core *core, const struct leg *leg, uint64_t now_ms, const char *address)
{
    Farseat__V1__LegAnswered body = FARSEAT__V1__LEG_ANSWERED__INIT;
    Farseat__V1__AcdInput input = input_of(FARSEAT__V1__ACD_INPUT__BODY_LEG_ANSWERED);
    ABOUT(body, leg, now_ms);
    body.phone_address = (char *)address;
    input.leg_answered = &body;
    append_about(core, leg, &input);
}

void report_leg_ended(struct edge_core *core, const struct leg *leg)
{
    Farseat__V1__LegEnded body = FARSEAT__V1__LEG_ENDED__INIT;
    Farseat__V1__AcdInput input = input_of(FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED);
    ABOUT(body, leg, leg->ended_ms);
    body.cause = (char *)leg->end_cause;
    body.sip_status = leg->end_status;
    body.by_remote = leg->end_by_remote;
    body.sound_gap_us_max = leg->sound.sound_gap_us_max;
    body.packets_received = leg->sound.packets_received;
    body.packets_sent = leg->sound.packets_sent;
    body.packets_lost = leg->sound.packets_lost;
    input.leg_ended = &body;
    append_about(core, leg, &input);
}

void report_leg_never_was(struct edge_core *core, const char *leg_id, uint32_t number_done, const char *trace)
{
    Farseat__V1__LegEnded body = FARSEAT__V1__LEG_ENDED__INIT;
    Farseat__V1__AcdInput input = input_of(FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED);
    body.leg_id = (char *)leg_id;
    body.commands_done = number_done;
    body.cause = (char *)"commanded";
    input.leg_ended = &body;
    append(core, trace, &input);
}

void report_leg_hold(struct edge_core *core, const struct leg *leg, uint64_t now_ms)
{
    Farseat__V1__LegHold body = FARSEAT__V1__LEG_HOLD__INIT;
    Farseat__V1__AcdInput input = input_of(FARSEAT__V1__ACD_INPUT__BODY_LEG_HOLD);
    ABOUT(body, leg, now_ms);
    body.held = leg->held;
    input.leg_hold = &body;
    append_about(core, leg, &input);
}

void report_leg_referred(struct edge_core *core, const struct leg *leg, uint64_t now_ms, const char *target)
{
    Farseat__V1__LegReferred body = FARSEAT__V1__LEG_REFERRED__INIT;
    Farseat__V1__AcdInput input = input_of(FARSEAT__V1__ACD_INPUT__BODY_LEG_REFERRED);
    ABOUT(body, leg, now_ms);
    body.target = (char *)target;
    input.leg_referred = &body;
    append_about(core, leg, &input);
}

void report_play_done(struct edge_core *core, const struct leg *leg, uint64_t now_ms, const char *play_id,
                      const char *cause, const char *text)
{
    Farseat__V1__PlayDone body = FARSEAT__V1__PLAY_DONE__INIT;
    Farseat__V1__AcdInput input = input_of(FARSEAT__V1__ACD_INPUT__BODY_PLAY_DONE);
    ABOUT(body, leg, now_ms);
    body.play_id = (char *)play_id;
    body.cause = (char *)cause;
    body.text = (char *)text;
    input.play_done = &body;
    append_about(core, leg, &input);
}

void report_digits(struct edge_core *core, const struct leg *leg, uint64_t now_ms, const char *cause)
{
    const struct collect *collect = &leg->collect;
    Farseat__V1__DigitsCollected body = FARSEAT__V1__DIGITS_COLLECTED__INIT;
    Farseat__V1__AcdInput input = input_of(FARSEAT__V1__ACD_INPUT__BODY_DIGITS_COLLECTED);
    ABOUT(body, leg, now_ms);
    body.collect_id = (char *)collect->id;
    body.cause = (char *)cause;
    /* Secret ones go nowhere: the log is read by people. The handle says that something was typed. */
    if (!collect->secret)
        body.digits = (char *)collect->digits;
    else if (collect->digits_len > 0)
        body.secret_handle = (char *)collect->id;
    input.digits_collected = &body;
    append_about(core, leg, &input);
}

void report_bridge_up(struct edge_core *core, const struct leg *leg, uint64_t now_ms)
{
    Farseat__V1__BridgeUp body = FARSEAT__V1__BRIDGE_UP__INIT;
    Farseat__V1__AcdInput input = input_of(FARSEAT__V1__ACD_INPUT__BODY_BRIDGE_UP);
    ABOUT(body, leg, now_ms);
    body.bridge_id = (char *)leg->bridge.id;
    input.bridge_up = &body;
    append_about(core, leg, &input);
}

void report_bridge_failed(struct edge_core *core, const struct leg *leg, uint64_t now_ms,
                          const char *bridge_id, const char *cause)
{
    Farseat__V1__BridgeFailed body = FARSEAT__V1__BRIDGE_FAILED__INIT;
    Farseat__V1__AcdInput input = input_of(FARSEAT__V1__ACD_INPUT__BODY_BRIDGE_FAILED);
    ABOUT(body, leg, now_ms);
    body.bridge_id = (char *)bridge_id;
    body.cause = (char *)cause;
    input.bridge_failed = &body;
    append_about(core, leg, &input);
}

void report_bridge_down(struct edge_core *core, const struct leg *leg, uint64_t now_ms, const char *bridge_id,
                        const char *cause)
{
    Farseat__V1__BridgeDown body = FARSEAT__V1__BRIDGE_DOWN__INIT;
    Farseat__V1__AcdInput input = input_of(FARSEAT__V1__ACD_INPUT__BODY_BRIDGE_DOWN);
    ABOUT(body, leg, now_ms);
    body.bridge_id = (char *)bridge_id;
    body.cause = (char *)cause;
    input.bridge_down = &body;
    append_about(core, leg, &input);
}

void report_recording_started(struct edge_core *core, const struct leg *leg, uint64_t now_ms,
                              const struct recording *recording)
{
    Farseat__V1__RecordingStarted body = FARSEAT__V1__RECORDING_STARTED__INIT;
    Farseat__V1__AcdInput input = input_of(FARSEAT__V1__ACD_INPUT__BODY_RECORDING_STARTED);
    ABOUT(body, leg, now_ms);
    body.recording_id = (char *)recording->recording_id;
    body.part = recording->part;
    body.recorder_uri = (char *)recording->uris[recording->at];
    input.recording_started = &body;
    append_about(core, leg, &input);
}

void report_recording_stopped(struct edge_core *core, const struct leg *leg, uint64_t now_ms,
                              const struct recording *recording)
{
    Farseat__V1__RecordingStopped body = FARSEAT__V1__RECORDING_STOPPED__INIT;
    Farseat__V1__AcdInput input = input_of(FARSEAT__V1__ACD_INPUT__BODY_RECORDING_STOPPED);
    ABOUT(body, leg, now_ms);
    body.recording_id = (char *)recording->recording_id;
    body.recorded_ms = recording->recorded_ms;
    input.recording_stopped = &body;
    append_about(core, leg, &input);
}

void report_recording_failed(struct edge_core *core, const struct leg *leg, uint64_t now_ms,
                             const struct recording *recording, const char *cause)
{
    Farseat__V1__RecordingFailed body = FARSEAT__V1__RECORDING_FAILED__INIT;
    Farseat__V1__AcdInput input = input_of(FARSEAT__V1__ACD_INPUT__BODY_RECORDING_FAILED);
    ABOUT(body, leg, now_ms);
    body.recording_id = (char *)recording->recording_id;
    body.cause = (char *)cause;
    input.recording_failed = &body;
    append_about(core, leg, &input);
}
