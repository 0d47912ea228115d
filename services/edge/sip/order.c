/* SPDX-License-Identifier: Apache-2.0 */
#include "far/index.h"
#include "far/log.h"
#include "stack.h"
#include <stdlib.h>
#include <string.h>

#define CANCEL_MS 5000u /* for the 487; then the call is over all the same */

#define HEADERS_MAX 16

/* One tag a line: several headers in one text do not survive everywhere in nua. Cuts the text in pieces. */
static void header_tags(char *headers, tagi_t ret_tags[HEADERS_MAX + 1])
{
    size_t len = 0;
    char *rest = headers;
    for (char *line = strsep(&rest, "\n"); line && len < HEADERS_MAX; line = strsep(&rest, "\n"))
        if (*line) ret_tags[len++] = (tagi_t){siptag_header_str, (tag_value_t)line};
    ret_tags[len] = (tagi_t){tag_null, 0};
}

static void run_register_reply(struct sip *sip, struct order *order)
{
    tagi_t headers[HEADERS_MAX + 1];
    struct saved *saved = message_saved(sip, order->token);
    if (!saved) return;
    header_tags(order->headers, headers);
    nua_respond(saved->nh, (int)order->status, sip_phrase(order->status), NUTAG_WITH_SAVED(saved->event),
                TAG_NEXT(headers));
    nua_handle_destroy(saved->nh);
    message_forget(sip, saved);
}

static void keep_sdp(struct call *call, struct order *order)
{
    if (!order->body) return;
    free(call->sdp);
    call->sdp = order->body;
    order->body = NULL;
}

static void run_respond(struct sip *sip, struct order *order)
{
    struct call *call = dialog_find(sip, order->call);
    if (!call || !call->incoming || call->accepted || call->ending) return;
    if (order->status >= 200 && order->status < 300) call->accepted = true;
    if (order->status >= 300) {
        call->ending = true;
        call->status = order->status;
        dialog_timer(call, CANCEL_MS);
    }
    keep_sdp(call, order);
    bool described = call->sdp && order->status < 300 && order->status >= 200;
    if (order->routes[0]) nua_set_hparams(call->branches[0]->nh, NUTAG_PROXY(order->routes[0]), TAG_END());
    tagi_t headers[HEADERS_MAX + 1];
    header_tags(order->headers, headers);
    nua_respond(call->branches[0]->nh, (int)order->status, sip_phrase(order->status),
                TAG_IF(described, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
                TAG_IF(described, SIPTAG_PAYLOAD_STR(call->sdp)), TAG_NEXT(headers));
}

static void run_offer_reply(struct sip *sip, struct order *order)
{
    struct saved *saved = message_saved(sip, order->token);
    struct call *call = dialog_find(sip, order->call);
    if (call && call->branches_len > 0) {
        bool described = order->body && order->status < 300;
        nua_respond(call->branches[0]->nh, (int)order->status, sip_phrase(order->status),
                    TAG_IF(saved, NUTAG_WITH(saved ? nua_saved_event_request(saved->event) : NULL)),
                    TAG_IF(described, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
                    TAG_IF(described, SIPTAG_PAYLOAD_STR(order->body)), TAG_END());
        if (described) keep_sdp(call, order);
    }
    if (saved) message_forget(sip, saved);
}

static void invite(struct call *call, struct order *order, size_t at, tagi_t headers[])
{
    const char *to = order->to ? order->to : order->uris[at];
    nua_handle_t *nh = nua_handle(call->sip->nua, NULL, NUTAG_URL(order->uris[at]), SIPTAG_TO_STR(to),
                                  SIPTAG_FROM_STR(order->from), TAG_END());
    struct branch *branch = nh ? dialog_branch(call, nh) : NULL;
    if (!branch) {
        if (nh) nua_handle_destroy(nh);
        return;
    }
    /* 100 does not count: Debian's nua leaks a message for each one that it is asked to pass on. */
    const char *way = order->routes[at] ? order->routes[at] : order->uris[at];
    branch->patient = strstr(way, "transport=tcp") != NULL;
    branch->can_talk = order->can_talk[at];
    branch->sdp = order->bodies[at];
    order->bodies[at] = NULL;
    const char *body = branch->sdp ? branch->sdp : order->body;
    nua_invite(nh, TAG_IF(order->routes[at], NUTAG_PROXY(order->routes[at])),
               TAG_IF(order->features, NUTAG_M_FEATURES(order->features)),
               TAG_IF(order->content_type, SIPTAG_CONTENT_TYPE_STR(order->content_type)),
               TAG_IF(body, SIPTAG_PAYLOAD_STR(body)), TAG_NEXT(headers));
}

static void run_dial(struct sip *sip, struct order *order)
{
    struct call *call = dialog_new(sip, order->call);
    if (!call) {
        struct posted *posted = stack_event(sip, SIP_EV_ENDED, order->call);
        if (!posted) return;
        posted->event.cause = "error";
        posted->event.status = 503;
        stack_post(posted);
        return;
    }
    tagi_t headers[HEADERS_MAX + 1];
    header_tags(order->headers, headers);
    for (size_t i = 0; i < order->targets_len; i++)
        if (order->uris[i]) invite(call, order, i, headers);
    keep_sdp(call, order);
    if (call->branches_len > 0) {
        dialog_timer(call, order->dead_ms);
        return;
    }
    call->cause = "error";
    call->status = 500;
    dialog_end(call);
}

static void run_hangup(struct sip *sip, struct order *order)
{
    char reason[SIP_TEXT_SIZE];
    struct call *call = dialog_find(sip, order->call);
    if (!call || call->ending) return;
    call->ending = true;
    dialog_reason(order->reason, reason, sizeof(reason));
    bool stands = call->incoming ? call->accepted : call->answered;
    if (stands) {
        nua_bye(call->branches[0]->nh, TAG_IF(reason[0], SIPTAG_REASON_STR(reason)), TAG_END());
    } else if (call->incoming) {
        uint32_t status = order->status >= 300 ? order->status : 480;
        call->status = status;
        nua_respond(call->branches[0]->nh, (int)status, sip_phrase(status),
                    TAG_IF(reason[0], SIPTAG_REASON_STR(reason)), TAG_END());
    } else {
        dialog_timer(call, CANCEL_MS);
        dialog_cancel(call, reason); /* may end it */
        return;
    }
    dialog_timer(call, CANCEL_MS);
}

static void run_ping(struct sip *sip, struct order *order)
{
    nua_handle_t *nh =
        nua_handle(sip->nua, NULL, NUTAG_URL(order->uris[0]), SIPTAG_TO_STR(order->uris[0]), TAG_END());
    struct branch *branch = calloc(1, sizeof(*branch));
    if (!nh || !branch) {
        if (nh) nua_handle_destroy(nh);
        free(branch);
        return;
    }
    branch->nh = nh;
    branch->token = order->token;
    nua_handle_bind(nh, branch);
    nua_options(nh, TAG_END());
}

/* "terminated": no subscription is meant, and none stays behind. */
static void run_talk(struct sip *sip, struct order *order)
{
    struct call *call = dialog_find(sip, order->call);
    if (!call || call->incoming || call->answered || call->ending) return;
    for (size_t i = 0; i < call->branches_len; i++) {
        const struct branch *branch = call->branches[i];
        if (branch->done || !branch->provisional || !branch->can_talk) continue;
        nua_notify(branch->nh, NUTAG_NEWSUB(1), SIPTAG_EVENT_STR("talk"),
                   NUTAG_SUBSTATE(nua_substate_terminated), TAG_END());
        return;
    }
}

void order_run(struct sip *sip, struct order *order)
{
    switch (order->kind) {
    case ORDER_REGISTER_REPLY:
        run_register_reply(sip, order);
        return;
    case ORDER_RESPOND:
        run_respond(sip, order);
        return;
    case ORDER_OFFER_REPLY:
        run_offer_reply(sip, order);
        return;
    case ORDER_DIAL:
        run_dial(sip, order);
        return;
    case ORDER_HANGUP:
        run_hangup(sip, order);
        return;
    case ORDER_PING:
        run_ping(sip, order);
        return;
    case ORDER_TALK:
        run_talk(sip, order);
        return;
    case ORDER_STOP:
        stack_stop(sip);
        return;
    }
}
