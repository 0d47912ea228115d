/* SPDX-License-Identifier: Apache-2.0 */
#include "dtmf_relay.h"
#include "far/index.h"
#include "far/log.h"
#include "far/str.h"
#include "stack.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REFRESH_MS 5000u /* a call that should be over, but whose end has not come */

const char *sip_phrase(uint32_t status)
{
    const char *phrase = sip_status_phrase((int)status);
    if (phrase && phrase[0]) return phrase;
    return status < 200 ? "Progress" : status < 300 ? "OK" : "Refused";
}

const char *sip_cause(uint32_t status)
{
    static const struct {
        uint32_t status;
        const char *cause;
    } rows[] = {
        {486, "busy"},        {600, "busy"},        {603, "declined"},    {480, "declined"},
        {403, "declined"},    {487, "cancelled"},   {404, "unreachable"}, {408, "unreachable"},
        {410, "unreachable"}, {502, "unreachable"}, {503, "unreachable"}, {504, "unreachable"},
    };
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++)
        if (rows[i].status == status) return rows[i].cause;
    return "error";
}

void dialog_reason(const char *cause, char *ret_text, size_t size)
{
    ret_text[0] = '\0';
    if (!cause || !cause[0] || strpbrk(cause, "\"\\\r\n")) return;
    (void)snprintf(ret_text, size, "SIP;cause=200;text=\"%s\"", cause);
}

struct call *dialog_find(struct sip *sip, uint64_t id)
{
    uint64_t at = 0;
    return far_index_get(sip->calls, id, &at) ? (struct call *)(uintptr_t)at : NULL;
}

struct call *dialog_new(struct sip *sip, uint64_t id)
{
    struct call *call = calloc(1, sizeof(*call));
    if (!call) return NULL;
    call->sip = sip;
    call->id = id;
    call->timer = su_timer_create(su_root_task(sip->root), 0);
    if (!call->timer || far_index_put(sip->calls, id, (uint64_t)(uintptr_t)call) != FAR_OK) {
        if (call->timer) su_timer_destroy(call->timer);
        free(call);
        return NULL;
    }
    atomic_fetch_add(&sip->calls_len, 1);
    return call;
}

struct branch *dialog_branch(struct call *call, nua_handle_t *nh)
{
    struct branch *branch = calloc(1, sizeof(*branch));
    if (!branch) return NULL;
    branch->call = call;
    branch->nh = nh;
    call->branches[call->branches_len++] = branch;
    nua_handle_bind(nh, branch);
    return branch;
}

static void branch_destroy(struct branch *branch)
{
    nua_handle_bind(branch->nh, NULL);
    nua_handle_destroy(branch->nh);
    free(branch->sdp);
    free(branch);
}

void dialog_orphan(struct branch *branch, const char *reason)
{
    branch->call = NULL;
    if (!branch->done || branch->silent) /* Sofia keeps a CANCEL back until there is something to cancel */
        nua_cancel(branch->nh, TAG_IF(reason[0], SIPTAG_REASON_STR(reason)), TAG_END());
    else
        branch_destroy(branch);
}

void dialog_end(struct call *call)
{
    struct posted *posted = stack_event(call->sip, SIP_EV_ENDED, call->id);
    if (posted) {
        posted->event.cause = call->cause ? call->cause : "error";
        posted->event.status = call->status;
        posted->event.by_remote = call->by_remote;
        stack_post(posted);
    }
    for (size_t i = 0; i < call->branches_len; i++) {
        struct branch *branch = call->branches[i];
        if (!call->incoming && !call->answered && (!branch->done || branch->silent))
            dialog_orphan(branch, "");
        else
            branch_destroy(branch);
    }
    (void)far_index_remove(call->sip->calls, call->id);
    atomic_fetch_sub(&call->sip->calls_len, 1);
    su_timer_destroy(call->timer);
    free(call->sdp);
    free(call);
}

/* Of several phones' refusals the one that says most about the person: busy before declined before dead. */
static unsigned weight(uint32_t status)
{
    if (status == 486 || status == 600) return 4;
    if (status == 603 || status == 480 || status == 403) return 3;
    if (status == 408 || status == 503) return 1;
    return 2;
}

void dialog_branch_failed(struct branch *branch, uint32_t status)
{
    struct call *call = branch->call;
    if (branch->done) return;
    branch->done = true;
    branch->status = status;
    size_t done = 0;
    uint32_t best = status;
    for (size_t i = 0; i < call->branches_len; i++) {
        if (!call->branches[i]->done) continue;
        done++;
        if (weight(call->branches[i]->status) > weight(best)) best = call->branches[i]->status;
    }
    if (done < call->branches_len) return;
    call->status = best;
    call->cause = sip_cause(best);
    call->by_remote = !call->ending;
    dialog_end(call);
}

void dialog_cancel(struct call *call, const char *reason)
{
    bool waits = false;
    for (size_t i = 0; i < call->branches_len; i++) {
        struct branch *branch = call->branches[i];
        if (branch->done) continue;
        if (!branch->provisional) { /* nobody waits for this one: it is let go with the call */
            branch->silent = branch->done = true;
            branch->status = 487;
            continue;
        }
        nua_cancel(branch->nh, TAG_IF(reason[0], SIPTAG_REASON_STR(reason)), TAG_END());
        waits = true;
    }
    if (waits) return;
    call->status = 487;
    call->cause = "cancelled";
    dialog_end(call);
}

/* Phones that have not said anything are dead; what should be over by now is. */
static void on_timer(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
    struct call *call = arg;
    struct branch *silent[SIP_TARGETS_MAX];
    size_t silent_len = 0;
    (void)magic;
    (void)timer;
    if (call->ending) {
        if (!call->cause) call->cause = "cancelled";
        dialog_end(call);
        return;
    }
    if (call->incoming || call->answered) return;
    for (size_t i = 0; i < call->branches_len; i++) {
        struct branch *branch = call->branches[i];
        if (!branch->provisional && !branch->done && !branch->patient) silent[silent_len++] = branch;
    }
    for (size_t i = 0; i < silent_len; i++) {
        silent[i]->silent = true;
        dialog_branch_failed(silent[i], 408); /* the last one may end the call */
    }
}

void dialog_timer(struct call *call, uint32_t ms)
{
    (void)su_timer_set_interval(call->timer, on_timer, call, ms);
}

/* ---- Sofia's events ------------------------------------------------------------------------------------ */

static void on_register(struct sip *sip, nua_handle_t *nh, sip_t const *message)
{
    struct posted *posted = stack_event(sip, SIP_EV_REGISTER, 0);
    if (posted) posted->event.request = message_request(sip, message);
    /* Last: Sofia's current event is taken away by it. */
    uint64_t token = posted && posted->event.request ? message_save(sip, nh) : 0;
    if (token) {
        posted->event.token = token;
        stack_post(posted);
        return;
    }
    atomic_fetch_add(&sip->refused, 1);
    nua_respond(nh, SIP_503_SERVICE_UNAVAILABLE, NUTAG_WITH_THIS(sip->nua), SIPTAG_RETRY_AFTER_STR("5"),
                TAG_END());
    nua_handle_destroy(nh);
    if (posted) free(posted->event.request);
    free(posted);
}

static void refuse_invite(struct sip *sip, nua_handle_t *nh, int status)
{
    atomic_fetch_add(&sip->refused, 1);
    nua_respond(nh, status, sip_phrase((uint32_t)status), TAG_IF(status == 503, SIPTAG_RETRY_AFTER_STR("5")),
                TAG_END());
    nua_handle_destroy(nh);
}

static bool has_sdp(sip_t const *message)
{
    return message->sip_payload && message->sip_payload->pl_len > 0;
}

static void on_new_invite(struct sip *sip, nua_handle_t *nh, sip_t const *message)
{
    if (sip->stopping) {
        refuse_invite(sip, nh, 503);
        return;
    }
    if (message->sip_payload && message->sip_payload->pl_len > SIP_BODY_MAX) {
        refuse_invite(sip, nh, 413);
        return;
    }
    uint64_t id = sip->config.incoming_bit | ++sip->serial;
    struct call *call = dialog_new(sip, id);
    if (!call) {
        refuse_invite(sip, nh, 503);
        return;
    }
    call->incoming = true;
    call->delayed = !has_sdp(message);
    struct posted *posted = stack_event(sip, SIP_EV_INVITE, id);
    if (posted) posted->event.request = message_request(sip, message);
    if (!posted || !posted->event.request || !dialog_branch(call, nh)) {
        free(posted ? posted->event.request : NULL);
        free(posted);
        refuse_invite(sip, nh, 503);
        dialog_end(call); /* the loop never heard of it, and ignores its end */
        return;
    }
    posted->event.delayed = call->delayed;
    message_body(posted, message);
    stack_post(posted);
}

static void on_offer(struct branch *branch, nua_handle_t *nh, sip_t const *message, bool update)
{
    struct call *call = branch->call;
    if (!call || call->ending) return;
    if (update && !has_sdp(message)) { /* a session timer's refresh */
        nua_respond(nh, SIP_200_OK, NUTAG_WITH_THIS(call->sip->nua), TAG_END());
        return;
    }
    struct posted *posted = stack_event(call->sip, SIP_EV_OFFER, call->id);
    if (!posted) return;
    if (update) posted->event.token = message_save(call->sip, NULL);
    posted->event.delayed = !has_sdp(message);
    message_body(posted, message);
    stack_post(posted);
}

static void accept_answer(struct branch *branch, sip_t const *message)
{
    struct call *call = branch->call;
    for (size_t i = 0; i < call->branches_len; i++)
        if (call->branches[i] != branch)
            dialog_orphan(call->branches[i], "SIP;cause=200;text=\"answered elsewhere\"");
    call->branches[0] = branch;
    call->branches_len = 1;
    call->answered = true;
    if (branch->sdp) {
        free(call->sdp);
        call->sdp = branch->sdp;
        branch->sdp = NULL;
    }
    struct posted *posted = stack_event(call->sip, SIP_EV_ANSWERED, call->id);
    if (!posted) return;
    message_source(call->sip, message, posted->event.text, sizeof(posted->event.text), NULL, 0);
    message_body(posted, message);
    stack_post(posted);
}

/* A 2xx to what we began: the answer, or one that crossed our CANCEL, or a refresh of the session. */
static void on_invite_success(struct branch *branch, nua_handle_t *nh, sip_t const *message)
{
    struct call *call = branch->call;
    bool refresh = call && call->answered;
    bool offered = refresh && call->sdp && has_sdp(message);
    nua_ack(nh, TAG_IF(offered, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
            TAG_IF(offered, SIPTAG_PAYLOAD_STR(call ? call->sdp : NULL)), TAG_END());
    if (refresh) return;
    if (!call || call->ending) {
        branch->done = false;
        nua_bye(nh, TAG_END());
        return;
    }
    branch->provisional = true;
    accept_answer(branch, message);
}

static void on_invite_response(struct branch *branch, nua_handle_t *nh, int status, sip_t const *message)
{
    struct call *call = branch->call;
    if (status < 200) {
        branch->provisional = true;
        if (message && message_can_talk(message)) branch->can_talk = true;
        if (!call || status < 180 || call->ringing || call->answered || call->ending) return;
        call->ringing = true;
        struct posted *posted = stack_event(call->sip, SIP_EV_RINGING, call->id);
        if (!posted) return;
        posted->event.can_talk = branch->can_talk;
        stack_post(posted);
    } else if (status < 300) {
        if (message) on_invite_success(branch, nh, message);
    } else if (!call) {
        branch_destroy(branch);
    } else if (!call->answered) {
        dialog_branch_failed(branch, (uint32_t)status);
    }
}

static void on_ack(struct branch *branch, sip_t const *message)
{
    struct call *call = branch->call;
    if (!call || !call->incoming) return;
    enum sip_event_kind kind = call->answered ? SIP_EV_OFFER_ACK : SIP_EV_ANSWERED;
    if (call->answered && !has_sdp(message)) return;
    call->answered = true;
    struct posted *posted = stack_event(call->sip, kind, call->id);
    if (!posted) return;
    message_body(posted, message);
    stack_post(posted);
}

static void on_info(struct branch *branch, nua_handle_t *nh, sip_t const *message, nua_t *nua)
{
    struct call *call = branch->call;
    char digit = '\0';
    uint32_t duration_ms = 0;
    const char *type = message->sip_content_type ? message->sip_content_type->c_type : "";
    const char *body = message->sip_payload ? message->sip_payload->pl_data : "";
    size_t len = message->sip_payload ? message->sip_payload->pl_len : 0;
    enum far_err err = dtmf_relay_parse(type, body, len, &digit, &duration_ms);
    if (err == FAR_EPROTO) {
        nua_respond(nh, SIP_400_BAD_REQUEST, NUTAG_WITH_THIS(nua), TAG_END());
        return;
    }
    if (err != FAR_OK && len > 0) {
        nua_respond(nh, SIP_415_UNSUPPORTED_MEDIA, NUTAG_WITH_THIS(nua),
                    SIPTAG_ACCEPT_STR("application/dtmf-relay, application/dtmf"), TAG_END());
        return;
    }
    nua_respond(nh, SIP_200_OK, NUTAG_WITH_THIS(nua), TAG_END());
    if (err != FAR_OK || !call) return;
    struct posted *posted = stack_event(call->sip, SIP_EV_DIGIT, call->id);
    if (!posted) return;
    posted->event.digit = digit;
    posted->event.duration_ms = duration_ms;
    stack_post(posted);
}

static void on_refer(struct branch *branch, nua_handle_t *nh, sip_t const *message, nua_t *nua)
{
    struct call *call = branch->call;
    const char *user = message->sip_refer_to ? message->sip_refer_to->r_url->url_user : NULL;
    if (!call || !user || strlen(user) >= SIP_TEXT_SIZE) {
        nua_respond(nh, SIP_400_BAD_REQUEST, NUTAG_WITH_THIS(nua), TAG_END());
        return;
    }
    nua_respond(nh, SIP_202_ACCEPTED, NUTAG_WITH_THIS(nua), TAG_END());
    /* Whoever referred is told to be done: what becomes of the caller is the ACD's affair from here on. */
    nua_notify(nh, SIPTAG_CONTENT_TYPE_STR("message/sipfrag;version=2.0"),
               SIPTAG_PAYLOAD_STR("SIP/2.0 200 OK\r\n"), NUTAG_SUBSTATE(nua_substate_terminated), TAG_END());
    struct posted *posted = stack_event(call->sip, SIP_EV_REFER, call->id);
    if (!posted) return;
    (void)far_str_copy(posted->event.text, sizeof(posted->event.text), user);
    stack_post(posted);
}

static void on_terminated(struct branch *branch, int status)
{
    struct call *call = branch->call;
    if (!call) {
        branch_destroy(branch);
        return;
    }
    if (!call->incoming && !call->answered) {
        dialog_branch_failed(branch, status >= 300 ? (uint32_t)status : 408);
        return;
    }
    if (!call->cause) call->cause = call->ending ? "hangup" : "error";
    dialog_end(call);
}

static void on_pong(struct sip *sip, struct branch *branch, int status, sip_t const *message)
{
    if (status < 200) return;
    struct posted *posted = stack_event(sip, SIP_EV_PONG, 0);
    if (posted) {
        posted->event.token = branch->token;
        posted->event.status = message ? (uint32_t)status : 0; /* without a message Sofia made it up itself */
        stack_post(posted);
    }
    branch_destroy(branch);
}

static void set_end(struct branch *branch, const char *cause, uint32_t status)
{
    struct call *call = branch->call;
    if (!call || call->cause || call->ending) return;
    call->cause = cause;
    call->status = status;
    call->by_remote = true;
}

static bool is_terminated(tagi_t tags[])
{
    int state = nua_callstate_init;
    tl_gets(tags, NUTAG_CALLSTATE_REF(state), TAG_END());
    return state == nua_callstate_terminated;
}

static void on_request(struct sip *sip, nua_event_t event, nua_handle_t *nh, struct branch *branch,
                       sip_t const *message)
{
    atomic_fetch_add(&sip->requests, 1);
    switch (event) {
    case nua_i_register:
        on_register(sip, nh, message);
        return;
    case nua_i_invite:
        if (branch)
            on_offer(branch, nh, message, false);
        else
            on_new_invite(sip, nh, message);
        return;
    case nua_i_update:
        if (branch) on_offer(branch, nh, message, true);
        return;
    case nua_i_info:
        if (branch)
            on_info(branch, nh, message, sip->nua);
        else
            nua_respond(nh, SIP_481_NO_TRANSACTION, NUTAG_WITH_THIS(sip->nua), TAG_END());
        return;
    case nua_i_refer:
        if (branch)
            on_refer(branch, nh, message, sip->nua);
        else
            nua_respond(nh, SIP_481_NO_TRANSACTION, NUTAG_WITH_THIS(sip->nua), TAG_END());
        return;
    case nua_i_cancel:
        if (branch) set_end(branch, "cancelled", 487);
        return;
    case nua_i_bye:
        if (branch) set_end(branch, "hangup", 0);
        return;
    default:
        return;
    }
}

void dialog_event(nua_event_t event, int status, char const *phrase, nua_t *nua, nua_magic_t *sip,
                  nua_handle_t *nh, nua_hmagic_t *branch, sip_t const *message, tagi_t tags[])
{
    (void)nua;
    switch (event) {
    case nua_r_shutdown:
        if (status >= 200) su_root_break(sip->root);
        return;
    case nua_r_invite:
        if (branch) on_invite_response(branch, nh, status, message);
        return;
    case nua_i_ack:
        if (branch && message) on_ack(branch, message);
        return;
    case nua_i_state:
        if (branch && !branch->token && is_terminated(tags)) on_terminated(branch, status);
        return;
    case nua_r_options:
        if (branch && branch->token) on_pong(sip, branch, status, message);
        return;
    case nua_i_error:
    case nua_i_media_error:
        atomic_fetch_add(&sip->errors, 1);
        FAR_DEBUG("sip-error", "status=%d phrase=%s", status, phrase ? phrase : "");
        return;
    default:
        if (message) on_request(sip, event, nh, branch, message);
    }
}
