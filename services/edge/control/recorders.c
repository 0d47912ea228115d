/* SPDX-License-Identifier: Apache-2.0 */
/* SIPREC sessions. Which recorder, which part, when the next: the core says. Here is how, and whether one
 * still answers: OPTIONS twice a second while it has sessions; after a second of silence they are lost. */
#include "edge.h"
#include "far/log.h"
#include "far/str.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define PING_MS    500u
#define SILENCE_MS 1000u
#define STALE_MS   250u /* what comes so early after a change of recorder is about the one before */

static void on_ping(void *arg, uint64_t timer);

enum far_err recorders_start(struct edge *edge)
{
    enum far_err err = far_index_create((size_t)edge->config->legs_max, 0, 3, &edge->forks);
    if (err != FAR_OK) return err;
    return far_timer_start(edge->loop, PING_MS, PING_MS, on_ping, edge, &edge->ping_timer);
}

static struct edge_fork *fork_find(const struct edge *edge, uint64_t fork)
{
    uint64_t at = 0;
    return far_index_get(edge->forks, fork, &at) ? (struct edge_fork *)(uintptr_t)at : NULL;
}

static void fork_free(struct edge *edge, struct edge_fork *fork)
{
    (void)far_index_remove(edge->forks, fork->fork);
    far_list_remove(&fork->link);
    free(fork);
}

void recorders_stop(struct edge *edge)
{
    far_timer_stop(edge->loop, edge->ping_timer);
    while (!far_list_empty(&edge->forks_list))
        fork_free(edge, FAR_LIST_ITEM(edge->forks_list.next, struct edge_fork, link));
    edge->forks = far_index_destroy(edge->forks);
}

/* The leg's fork is opened with its first session and goes on through all of them. */
static struct edge_fork *fork_open(struct edge *edge, uint64_t leg_call, uint64_t id)
{
    struct edge_fork *fork = fork_find(edge, id);
    if (fork) return fork;
    fork = calloc(1, sizeof(*fork));
    if (!fork) return NULL;
    fork->fork = id;
    enum far_err err = media_fork_open(edge->media, leg_call, id, &fork->local);
    if (err == FAR_OK) err = far_index_put(edge->forks, id, (uint64_t)(uintptr_t)fork);
    if (err != FAR_OK) {
        FAR_WARN("fork-not-opened", "call=%lu why=%s", leg_call, far_err_name(err));
        free(fork);
        return NULL;
    }
    far_list_append(&edge->forks_list, &fork->link);
    return fork;
}

static enum far_err write_offer(struct edge *edge, const struct edge_action *action,
                                const struct edge_fork *fork, char body[SIPREC_BODY_SIZE])
{
    size_t len = 0;
    struct siprec_offer offer = {.recording_id = action->record.recording_id,
                                 .contact_id = action->record.contact_id,
                                 .leg_id = action->record.leg_id,
                                 .segment_id = action->record.segment_id,
                                 .agent_id = action->record.agent_id,
                                 .agent_name = action->record.agent_name,
                                 .queue_id = action->record.queue_id,
                                 .caller_number = action->record.caller_number,
                                 .site = edge->config->site,
                                 .part = action->record.part,
                                 .address = edge->advertised_ip,
                                 .left_port = ntohs(fork->local.left.sin_port),
                                 .right_port = ntohs(fork->local.right.sin_port),
                                 .session_id = action->record.session};
    return siprec_offer_write(&offer, body, &len);
}

void recorders_open(struct edge *edge, const struct edge_action *action)
{
    char body[SIPREC_BODY_SIZE];
    struct edge_fork *fork = fork_open(edge, action->call, action->record.fork);
    struct edge_call *session = fork ? call_new(edge, action->record.session, CALL_SESSION) : NULL;
    if (!session || write_offer(edge, action, fork, body) != FAR_OK) {
        call_free(edge, session);
        hear_recording_lost_later(edge, action->record.session, "not-offered");
        return;
    }
    session->fork = action->record.fork;
    session->leg_call = action->call;
    (void)far_str_copy(session->recorder_uri, sizeof(session->recorder_uri), action->record.recorder_uri);
    struct sip_dial dial = {.call = session->call,
                            .targets = {{.uri = session->recorder_uri, .route = ""}},
                            .targets_len = 1,
                            .from_user = edge->name,
                            .from_name = "",
                            .to = "",
                            .headers = "Require: siprec\n",
                            .content_type = SIPREC_CONTENT_TYPE,
                            .body = body,
                            .features = "+sip.src",
                            .dead_ms = EDGE_RECORD_OPEN_MS};
    sip_dial(edge->sip, &dial);
}

/* ---- keep-alive -----------------------------------------------------------------------------------------
 */

static struct edge_recorder *recorder_find(struct edge *edge, const char *uri)
{
    for (size_t i = 0; i < EDGE_RECORDER_MAX; i++)
        if (strcmp(edge->recorders[i].uri, uri) == 0) return &edge->recorders[i];
    return NULL;
}

static void watch(struct edge *edge, const char *uri)
{
    struct edge_recorder *recorder = recorder_find(edge, uri);
    if (!recorder) recorder = recorder_find(edge, "");
    if (!recorder) return; /* more recorders than anybody has: those are not watched */
    if (recorder->sessions++ > 0) return;
    (void)far_str_copy(recorder->uri, sizeof(recorder->uri), uri);
    recorder->asked_at_ms = 0;
}

static void unwatch(struct edge *edge, const char *uri)
{
    struct edge_recorder *recorder = recorder_find(edge, uri);
    if (!recorder || recorder->sessions == 0) return;
    if (--recorder->sessions == 0) *recorder = (struct edge_recorder){.uri = ""};
}

static void lose(struct edge *edge, struct edge_call *session, const char *cause)
{
    uint64_t id = session->call;
    if (session->up) unwatch(edge, session->recorder_uri);
    bool begun = session->up;
    if (!session->ended) sip_hangup(edge->sip, id, 0, cause);
    call_free(edge, session);
    edge_core_recording_lost(edge->core, edge_now_ms(edge), id, cause, begun);
}

/* Telling the core opens new sessions, so the list is walked anew after each. */
static void lose_all(struct edge *edge, const char *uri_of_dead)
{
    char uri[EDGE_URI_SIZE];
    (void)far_str_copy(uri, sizeof(uri), uri_of_dead);
    FAR_WARN("recorder-silent", "recorder=%s", uri);
    for (bool found = true; found;) {
        found = false;
        for (struct far_list *at = edge->calls_list.next; at != &edge->calls_list && !found; at = at->next) {
            struct edge_call *session = FAR_LIST_ITEM(at, struct edge_call, link);
            found = session->kind == CALL_SESSION && session->up && strcmp(session->recorder_uri, uri) == 0;
            if (found) lose(edge, session, "recorder-silent");
        }
    }
    edge_touched(edge);
}

static void on_ping(void *arg, uint64_t timer)
{
    struct edge *edge = arg;
    uint64_t now_ms = edge_now_ms(edge);
    (void)timer;
    for (size_t i = 0; i < EDGE_RECORDER_MAX; i++) {
        struct edge_recorder *recorder = &edge->recorders[i];
        if (recorder->sessions == 0) continue;
        if (recorder->asked_at_ms == 0) {
            recorder->asked_at_ms = now_ms;
            recorder->token = ++edge->ping_serial;
            sip_ping(edge->sip, recorder->token, recorder->uri);
        } else if (now_ms - recorder->asked_at_ms >= SILENCE_MS) {
            lose_all(edge, recorder->uri);
        }
    }
}

void recorders_pong(struct edge *edge, const struct sip_event *event)
{
    for (size_t i = 0; i < EDGE_RECORDER_MAX; i++) {
        struct edge_recorder *recorder = &edge->recorders[i];
        if (recorder->sessions == 0 || recorder->token != event->token) continue;
        recorder->asked_at_ms = 0;
        if (event->status == 0) lose_all(edge, recorder->uri);
        return;
    }
}

void recorders_refused(struct edge *edge, uint64_t fork)
{
    for (struct far_list *at = edge->calls_list.next; at != &edge->calls_list; at = at->next) {
        struct edge_call *session = FAR_LIST_ITEM(at, struct edge_call, link);
        if (session->kind != CALL_SESSION || !session->up || session->fork != fork) continue;
        if (edge_now_ms(edge) - session->up_since_ms < STALE_MS) return;
        FAR_WARN("recorder-refuses-sound", "recorder=%s", session->recorder_uri);
        lose(edge, session, "recorder-refuses-sound");
        return;
    }
}

/* ---- a session's life ------------------------------------------------------------------------------------
 */

static struct media_fork_stream stream_of(const struct far_sdp_choice *choice)
{
    return (struct media_fork_stream){
        .address = choice->address, .codec = choice->codec, .payload_type = choice->payload_type};
}

void recorders_answered(struct edge *edge, struct edge_call *session, const struct sip_event *event)
{
    struct siprec_streams streams;
    enum far_err err = event->body
                           ? siprec_answer_read(event->content_type, event->body, event->body_len, &streams)
                           : FAR_EPROTO;
    if (err == FAR_OK) {
        struct media_fork_stream left = stream_of(&streams.left), right = stream_of(&streams.right);
        err = media_fork(edge->media, session->leg_call, session->fork, &left, &right);
    }
    if (err != FAR_OK) {
        FAR_WARN("recorder-answer-refused", "recorder=%s why=%s", session->recorder_uri, far_err_name(err));
        lose(edge, session, "bad-answer");
        return;
    }
    session->up = true;
    session->up_since_ms = edge_now_ms(edge);
    watch(edge, session->recorder_uri);
    edge_core_recording_up(edge->core, edge_now_ms(edge), session->call);
}

void recorders_ended(struct edge *edge, struct edge_call *session, const struct sip_event *event)
{
    session->ended = true;
    FAR_INFO("recorder-ended", "recorder=%s cause=%s status=%u", session->recorder_uri, event->cause,
             event->status);
    lose(edge, session, session->up ? "recorder-ended" : event->cause);
}

void recorders_close(struct edge *edge, const struct edge_action *action)
{
    struct edge_call *session = call_find(edge, action->record.session);
    if (session && session->kind == CALL_SESSION) {
        if (session->up) unwatch(edge, session->recorder_uri);
        sip_hangup(edge->sip, session->call, 0, "");
        call_free(edge, session);
    }
    struct edge_fork *fork = fork_find(edge, action->record.fork);
    if (!fork) return;
    enum far_err err = action->record.last ? media_unfork(edge->media, action->call, fork->fork)
                                           : media_fork_pause(edge->media, action->call, fork->fork);
    if (err != FAR_OK && err != FAR_ENOTFOUND) FAR_WARN("fork-not-ended", "why=%s", far_err_name(err));
    if (action->record.last) fork_free(edge, fork);
}
