/* SPDX-License-Identifier: Apache-2.0 */
#include "edge.h"
#include "far/log.h"
#include "far/str.h"
#include <stdio.h>
#include <string.h>

#define PROMPT_FILE_SIZE 160
#define LINK_DEAD_MS     2000

static void media_said(enum far_err err, const char *what, uint64_t call)
{
    if (err == FAR_OK || err == FAR_ENOTFOUND) return; /* gone is normal */
    edge_count(EDGE_M_MEDIA_ERRORS);
    FAR_WARN("media-refused", "what=%s call=%lu why=%s", what, call, far_err_name(err));
}

static void respond(struct edge *edge, uint64_t id, uint32_t status, const char *sdp, const char *headers)
{
    const struct edge_call *call = call_find(edge, id);
    struct sip_answer answer = {.status = status,
                                .sdp = sdp ? sdp : "",
                                .headers = headers,
                                .route = call && call->route[0] ? call->route : NULL};
    sip_respond(edge->sip, id, &answer);
}

static void act_answer(struct edge *edge, const struct edge_action *action)
{
    struct edge_call *call = call_find(edge, action->call);
    if (!call) {
        hear_ended_later(edge, action->call, "error", 500);
        return;
    }
    enum far_err err = call_open_media(edge, call, action->contact_id);
    if (err == FAR_OK)
        err = call->delayed ? call_offer(edge, call)
                            : call_answer(edge, call, call->offer, call->offer_len, NULL);
    if (err == FAR_OK)
        respond(edge, call->call, 200, call->sdp, "");
    else
        respond(edge, call->call, err == FAR_EFULL || err == FAR_EAGAIN ? 503 : 488, NULL, "");
}

static void act_reject(struct edge *edge, const struct edge_action *action)
{
    char headers[160] = "";
    if (action->end.retry_after_s > 0)
        (void)snprintf(headers, sizeof(headers), "Retry-After: %u\n", action->end.retry_after_s);
    respond(edge, action->call, action->end.sip_status, NULL, headers);
}

/* Who of the phone's contacts is a browser that is still here. */
static size_t note_browsers(const struct edge *edge, struct edge_call *call,
                            const struct registrar_phone *phone)
{
    size_t here = 0;
    for (size_t i = 0; i < phone->len; i++) {
        const struct registrar_binding *binding = &phone->bindings[i];
        const struct door_browser *browser = binding->client[0] ? browsers_find(edge, binding->source) : NULL;
        call->browsers[i] = browser ? browser->id : 0;
        here += browser != NULL;
        call->can_talk |= binding->answer == REGISTRAR_TALK;
    }
    call->browsers_len = call->targets_len = phone->len;
    return here;
}

/* Every contact of the phone rings; its true source is where the INVITE goes. */
static void act_dial(struct edge *edge, const struct edge_action *action)
{
    char routes[SIP_TARGETS_MAX][REGISTRAR_NAME_SIZE + 32], headers[320], to[160];
    const struct registrar_phone *phone = registrar_find(edge->registrar, action->dial.phone);
    struct edge_call *call = phone ? call_new(edge, action->call, CALL_LEG) : NULL;
    size_t browsers = call ? note_browsers(edge, call, phone) : 0;
    if (!call || call_open_media(edge, call, action->contact_id) != FAR_OK ||
        call_offers(edge, call, phone->len - browsers, browsers) != FAR_OK) {
        hear_ended_later(edge, action->call, phone ? "error" : "unreachable", phone ? 500 : 480);
        return;
    }
    (void)far_str_copy(call->phone, sizeof(call->phone), phone->phone);
    struct sip_dial dial = {.call = action->call,
                            .from_user = action->dial.caller_number,
                            .from_name = action->dial.caller_name[0] ? action->dial.caller_name
                                                                     : action->dial.caller_number,
                            .to = to,
                            .headers = headers,
                            .content_type = "application/sdp",
                            .body = call->sdp};
    for (size_t i = 0; i < phone->len; i++) {
        const struct registrar_binding *binding = &phone->bindings[i];
        (void)snprintf(routes[i], sizeof(routes[i]), "sip:%s;transport=%.3s", binding->source + 4,
                       binding->source);
        dial.targets[i] = (struct sip_target){.uri = binding->contact_uri,
                                              .route = routes[i],
                                              .body = call->browsers[i] ? call->sdp_secure : NULL,
                                              .can_talk = binding->answer == REGISTRAR_TALK};
    }
    dial.targets_len = phone->len;
    (void)snprintf(to, sizeof(to), "sip:%s@%s", phone->phone, edge->advertised_ip);
    (void)snprintf(headers, sizeof(headers), "X-Farseat-Contact: %s\nX-Farseat-Queue: %s\n",
                   action->contact_id, action->dial.queue_id);
    sip_dial(edge->sip, &dial);
}

static void act_link_dial(struct edge *edge, const struct edge_action *action)
{
    char headers[SIP_HEADER_SIZE];
    const char *uri = NULL;
    enum far_err err = links_header(edge, action->link.peer_edge, action->link.peer_leg_id,
                                    action->link.bridge_id, &uri, headers, sizeof(headers));
    struct edge_call *call = err == FAR_OK ? call_new(edge, action->call, CALL_LINK) : NULL;
    if (!call || call_open_media(edge, call, action->contact_id) != FAR_OK ||
        call_offer(edge, call) != FAR_OK) {
        FAR_WARN("link-not-made", "peer=%s why=%s", action->link.peer_edge, far_err_name(err));
        hear_ended_later(edge, action->call, "unreachable", 503);
        return;
    }
    struct sip_dial dial = {.call = action->call,
                            .targets = {{.uri = uri, .route = ""}},
                            .targets_len = 1,
                            .from_user = edge->name,
                            .from_name = "",
                            .to = "",
                            .headers = headers,
                            .content_type = "application/sdp",
                            .body = call->sdp,
                            .dead_ms = LINK_DEAD_MS};
    sip_dial(edge->sip, &dial);
}

static void act_media_close(struct edge *edge, uint64_t id)
{
    struct edge_call *call = call_find(edge, id);
    bool open = call && call->media_open;
    enum far_err err = open ? media_endpoint_close(edge->media, id) : FAR_ENOTFOUND;
    media_said(err, "close", id);
    if (err != FAR_OK) hear_closed_later(edge, id);
    if (call) call->media_open = false;
    if (call && call->ended) call_free(edge, call);
}

static void act_play(struct edge *edge, const struct edge_action *action)
{
    char files[MEDIA_PLAY_FILES_MAX][PROMPT_FILE_SIZE];
    struct media_play play = {
        .play_id = action->play.play, .loop = action->play.loop, .barge_in = action->play.barge_in};
    for (size_t i = 0; i < action->play.prompts_len && i < MEDIA_PLAY_FILES_MAX; i++) {
        const char *name = action->play.prompts[i];
        (void)snprintf(files[i], sizeof(files[i]), "%s.wav", name);
        play.files[i] = strcmp(name, "music") == 0 ? MEDIA_MUSIC : files[i];
        play.files_len = i + 1;
    }
    enum far_err err = media_play(edge->media, action->call, &play);
    media_said(err, "play", action->call);
    if (err != FAR_OK) hear_play_failed_later(edge, action->call, action->play.play, far_err_text(err));
}

void act_on(void *context, const struct edge_action *action)
{
    struct edge *edge = context;
    switch (action->kind) {
    case EDGE_ACT_APPEND:
        edge_push(edge, action->input);
        return;
    case EDGE_ACT_RING:
        respond(edge, action->call, 180, NULL, "");
        return;
    case EDGE_ACT_ANSWER:
    case EDGE_ACT_LINK_ANSWER:
        act_answer(edge, action);
        return;
    case EDGE_ACT_REJECT:
        act_reject(edge, action);
        return;
    case EDGE_ACT_DIAL:
        act_dial(edge, action);
        return;
    case EDGE_ACT_HANGUP:
        sip_hangup(edge->sip, action->call, action->end.sip_status, action->end.reason);
        return;
    case EDGE_ACT_LINK_DIAL:
        act_link_dial(edge, action);
        return;
    case EDGE_ACT_MEDIA_CLOSE:
        act_media_close(edge, action->call);
        return;
    case EDGE_ACT_PLAY:
        act_play(edge, action);
        return;
    case EDGE_ACT_PLAY_STOP:
        media_said(media_play_stop(edge->media, action->call, action->play.play), "play-stop", action->call);
        return;
    case EDGE_ACT_BRIDGE:
        media_said(media_bridge(edge->media, action->call, action->peer_call), "bridge", action->call);
        return;
    case EDGE_ACT_UNBRIDGE:
        media_said(media_unbridge(edge->media, action->call), "unbridge", action->call);
        return;
    case EDGE_ACT_ECHO:
        media_said(media_echo(edge->media, action->call, action->on), "echo", action->call);
        return;
    case EDGE_ACT_MUTE:
        media_said(media_mute(edge->media, action->call, action->on), "mute", action->call);
        return;
    case EDGE_ACT_TALK:
        sip_talk(edge->sip, action->call);
        return;
    case EDGE_ACT_RECORD_OPEN:
        recorders_open(edge, action);
        return;
    case EDGE_ACT_RECORD_CLOSE:
        recorders_close(edge, action);
        return;
    case EDGE_ACT_COUNT:
        return;
    }
}
