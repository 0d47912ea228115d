/* SPDX-License-Identifier: Apache-2.0 */
/* Recordings: one fork of the leg, a row of sessions at recorders. Nothing here ever touches the call. */
#include "core.h"
#include "far/str.h"
#include <string.h>

static struct recording *of_leg(struct edge_core *core, const struct leg *leg)
{
    return far_pool_get(&core->recordings, leg->recording);
}

static struct recording *of_session(struct edge_core *core, uint64_t session)
{
    uint64_t id = 0;
    return far_index_get(core->recordings_by_session, session, &id) ? far_pool_get(&core->recordings, id)
                                                                    : NULL;
}

static struct leg *leg_of(struct edge_core *core, const struct recording *recording)
{
    return far_pool_get(&core->legs, recording->leg);
}

static void wait_until(struct edge_core *core, struct recording *recording, uint64_t at_ms)
{
    recording->deadline_ms = at_ms;
    core_due(core, at_ms);
}

static void close_session(struct edge_core *core, struct recording *recording, uint64_t leg_call, bool last)
{
    struct edge_action action = {.kind = EDGE_ACT_RECORD_CLOSE, .call = leg_call};
    action.record.fork = recording->fork;
    action.record.session = recording->session;
    action.record.recording_id = recording->recording_id;
    action.record.last = last;
    if (recording->session == 0 && !last) return;
    (void)far_index_remove(core->recordings_by_session, recording->session);
    recording->session = 0;
    core_emit(core, &action);
}

static void open_session(struct edge_core *core, struct recording *recording, const struct leg *leg,
                         uint64_t now_ms)
{
    recording->session = core_serial(core);
    recording->state = RECORDING_OPENING;
    if (far_index_put(core->recordings_by_session, recording->session, recording->id) != FAR_OK) return;
    wait_until(core, recording, now_ms + EDGE_RECORD_OPEN_MS);
    struct edge_action action = {.kind = EDGE_ACT_RECORD_OPEN, .call = leg->call};
    action.record.fork = recording->fork;
    action.record.session = recording->session;
    action.record.recorder_uri = recording->uris[recording->at];
    action.record.part = recording->part;
    action.record.recording_id = recording->recording_id;
    action.record.contact_id = leg->contact_id;
    action.record.leg_id = leg->leg_id;
    action.record.segment_id = recording->segment_id;
    action.record.agent_id = recording->agent_id;
    action.record.agent_name = recording->agent_name;
    action.record.queue_id = recording->queue_id;
    action.record.caller_number = recording->caller_number;
    core_emit(core, &action);
}

static void copy_command(struct recording *recording, const Farseat__V1__RecordCommand *command)
{
    (void)far_str_copy(recording->recording_id, sizeof(recording->recording_id), command->recording_id);
    (void)far_str_copy(recording->segment_id, sizeof(recording->segment_id), command->segment_id);
    (void)far_str_copy(recording->agent_id, sizeof(recording->agent_id), command->agent_id);
    (void)far_str_copy(recording->agent_name, sizeof(recording->agent_name), command->agent_name);
    (void)far_str_copy(recording->queue_id, sizeof(recording->queue_id), command->queue_id);
    (void)far_str_copy(recording->caller_number, sizeof(recording->caller_number), command->caller_number);
    for (size_t i = 0; i < command->n_recorder_uris && recording->uris_len < EDGE_RECORDERS_MAX; i++) {
        const char *uri = command->recorder_uris[i];
        if (far_str_starts(uri, "sip:") &&
            far_str_copy(recording->uris[recording->uris_len], EDGE_URI_SIZE, uri))
            recording->uris_len++;
    }
}

enum edge_outcome record_start(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                               const Farseat__V1__RecordCommand *command)
{
    if (command->recording_id[0] == '\0' || strlen(command->recording_id) >= EDGE_NAME_SIZE)
        return EDGE_OUTCOME_INVALID;
    if (of_leg(core, leg)) return EDGE_OUTCOME_BUSY;
    uint64_t id = 0;
    struct recording *recording = far_pool_new(&core->recordings, &id);
    if (!recording) return EDGE_OUTCOME_BUSY;
    recording->id = id;
    recording->leg = leg->id;
    recording->part = 1;
    copy_command(recording, command);
    if (recording->uris_len == 0) {
        far_pool_free(&core->recordings, id);
        return EDGE_OUTCOME_INVALID;
    }
    recording->fork = core_serial(core);
    leg->recording = id;
    open_session(core, recording, leg, now_ms);
    return EDGE_OUTCOME_EXECUTED;
}

static void finish(struct edge_core *core, struct leg *leg, struct recording *recording, uint64_t now_ms)
{
    if (recording->state == RECORDING_UP) recording->recorded_ms += now_ms - recording->up_since_ms;
    close_session(core, recording, leg->call, true);
    leg->recording = 0;
    report_recording_stopped(core, leg, now_ms, recording);
    far_pool_free(&core->recordings, recording->id);
}

enum edge_outcome record_stop(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                              const char *recording_id)
{
    struct recording *recording = of_leg(core, leg);
    if (!recording || strcmp(recording->recording_id, recording_id) != 0) return EDGE_OUTCOME_INVALID;
    finish(core, leg, recording, now_ms);
    return EDGE_OUTCOME_EXECUTED;
}

void record_leg_ended(struct edge_core *core, struct leg *leg, uint64_t now_ms)
{
    struct recording *recording = of_leg(core, leg);
    if (recording) finish(core, leg, recording, now_ms);
}

/* The next one's turn; when each had its turn, a pause. The failure is told once until it works again. */
static void try_next(struct edge_core *core, struct recording *recording, uint64_t now_ms, const char *cause,
                     bool was_up)
{
    struct leg *leg = leg_of(core, recording);
    if (!leg) return;
    recording->at = (recording->at + 1) % recording->uris_len;
    if (!was_up) recording->tries++;
    if (recording->tries < recording->uris_len) {
        open_session(core, recording, leg, now_ms);
        return;
    }
    recording->tries = 0;
    recording->state = RECORDING_WAITING;
    wait_until(core, recording, now_ms + EDGE_RECORD_RETRY_MS);
    if (recording->failure_told) return;
    recording->failure_told = true;
    report_recording_failed(core, leg, now_ms, recording, cause);
}

void edge_core_recording_up(struct edge_core *core, uint64_t now_ms, uint64_t session)
{
    struct recording *recording = of_session(core, session);
    struct leg *leg = recording ? leg_of(core, recording) : NULL;
    if (!leg || recording->state != RECORDING_OPENING) return;
    recording->state = RECORDING_UP;
    recording->up_since_ms = now_ms;
    recording->deadline_ms = NEVER;
    recording->tries = 0;
    recording->failure_told = false;
    report_recording_started(core, leg, now_ms, recording);
}

void edge_core_recording_lost(struct edge_core *core, uint64_t now_ms, uint64_t session, const char *cause,
                              bool begun)
{
    struct recording *recording = of_session(core, session);
    if (!recording) return;
    (void)far_index_remove(core->recordings_by_session, session);
    recording->session = 0;
    bool was_up = recording->state == RECORDING_UP;
    if (was_up) recording->recorded_ms += now_ms - recording->up_since_ms;
    if (was_up || begun) recording->part++;
    try_next(core, recording, now_ms, cause, was_up);
}

void record_tick(struct edge_core *core, uint64_t now_ms)
{
    for (uint64_t id = far_pool_next(&core->recordings, 0); id; id = far_pool_next(&core->recordings, id)) {
        struct recording *recording = far_pool_get(&core->recordings, id);
        struct leg *leg = leg_of(core, recording);
        if (now_ms < recording->deadline_ms) {
            if (recording->deadline_ms != NEVER) core_due(core, recording->deadline_ms);
        } else if (leg && recording->state == RECORDING_OPENING) {
            close_session(core, recording, leg->call, false);
            recording->part++; /* it may have begun one, nobody knows */
            try_next(core, recording, now_ms, "timeout", false);
        } else if (leg && recording->state == RECORDING_WAITING) {
            open_session(core, recording, leg, now_ms);
        }
    }
}
