/* SPDX-License-Identifier: Apache-2.0 */
#include "srs.h"
#include "far/clock.h"
#include "far/config.h"
#include "far/id.h"
#include "far/log.h"
#include "far/pool.h"
#include "far/str.h"
#include "mailbox.h"
#include "measures.h"
#include "offer.h"
#include <arpa/inet.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sofia's magics are ours to name; both are opaque to it. */
#define NUA_MAGIC_T     struct srs
#define NUA_HMAGIC_T    void
#define SU_ROOT_MAGIC_T struct srs
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nua.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/su.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/su_wait.h>

#define BODY_MAX        (METADATA_BYTES_MAX + FAR_SDP_BYTES_MAX)
#define MESSAGE_MAX     (BODY_MAX + 32768)
#define SDP_SIZE        4096
#define STOP_MS         3000
#define RETRY_AFTER     "5"
#define SESSION_TIMER_S 1800
#define WARNING_SIZE    256

enum call_state { CALL_OPENING, CALL_UP };
struct call {
    enum call_state state;
    nua_handle_t *handle; /* NULL: the client is gone */
    struct part part;
    struct offer_streams streams;
    struct receiver_ports ports; /* the receiver's from CALL_UP on */
    uint16_t port[ALIGN_SIDES];
    struct in_addr signalling;
    uint64_t sdp_id, sdp_version;
    char sdp[SDP_SIZE];
    char contact[96];
};

enum note_kind { NOTE_OPENED, NOTE_SILENT, NOTE_DRAIN, NOTE_STOP };
struct note {
    struct mail mail; /* first */
    enum note_kind kind;
    uint64_t session;
    enum far_err err;
    struct part part;
};

struct srs {
    struct srs_config config;
    char listen[80], media_address[INET_ADDRSTRLEN], instance[PART_NAME_SIZE];
    char host[64];
    uint16_t port;
    struct mailbox box;
    pthread_t thread;
    sem_t ready;
    enum far_err start_err;
    su_root_t *root;
    su_timer_t *stop_timer;
    nua_t *nua;
    struct far_pool calls;
    bool draining, stopping, shut;
    struct offer offer; /* scratch: too large for a stack */
    struct far_sdp answer;
};

/* ---- Calls -------------------------------------------------------------------------------------------- */

static void *magic_of(uint64_t session)
{
    return (void *)(uintptr_t)session;
}

static void sessions_tell(struct srs *srs)
{
    far_metric_set(&measures[MEASURE_SESSIONS], (int64_t)srs->calls.len);
    srs->config.events.sessions(srs->config.events.ctx, srs->calls.len);
}

static void call_free(struct srs *srs, uint64_t session)
{
    far_pool_free(&srs->calls, session);
    sessions_tell(srs);
}

static void handle_drop(struct call *call)
{
    if (!call->handle) return;
    nua_handle_bind(call->handle, NULL);
    nua_handle_destroy(call->handle);
    call->handle = NULL;
}

/* The dialog is over. */
static void call_end(struct srs *srs, uint64_t session)
{
    struct call *call = far_pool_get(&srs->calls, session);
    if (!call) return;
    handle_drop(call);
    if (call->state == CALL_OPENING) return; /* srs_opened() finds nobody and discards */
    FAR_INFO("session-ended", "recording=%s part=%u contact=%s", call->part.recording_id, call->part.number,
             call->part.contact_id);
    receiver_end(srs->config.receiver, session);
    call_free(srs, session);
}

/* ---- Refusals ----------------------------------------------------------------------------------------- */

struct refusal {
    int status;
    const char *phrase; /* static: nua does not copy it */
    enum measure_refusal cause;
    const char *why; /* for the client's log, and ours */
};

/* Text of a Warning header (RFC 3261 20.43): quotes and control characters would break it. */
static void warning_write(const char *why, char out[WARNING_SIZE])
{
    int len = snprintf(out, WARNING_SIZE - 1, "399 farseat-recording \"%s", why);
    size_t end = len < WARNING_SIZE - 1 ? (size_t)len : (size_t)WARNING_SIZE - 2;
    for (size_t i = strlen("399 farseat-recording \""); i < end; i++)
        if (out[i] == '"' || out[i] == '\\' || (unsigned char)out[i] < ' ' || (unsigned char)out[i] > '~')
            out[i] = '_';
    out[end] = '"';
    out[end + 1] = '\0';
}

static void call_refuse(nua_handle_t *handle, const struct refusal *refusal, const char *from)
{
    char warning[WARNING_SIZE];
    far_metric_add_at(&measures[MEASURE_REFUSED], refusal->cause, 1);
    FAR_WARN("session-refused", "status=%d source=%s why=%s", refusal->status, from, refusal->why);
    warning_write(refusal->why, warning);
    nua_respond(handle, refusal->status, refusal->phrase, SIPTAG_WARNING_STR(warning),
                TAG_IF(refusal->status == 421, SIPTAG_REQUIRE_STR("siprec")),
                TAG_IF(refusal->status == 503, SIPTAG_RETRY_AFTER_STR(RETRY_AFTER)), TAG_END());
    nua_handle_destroy(handle);
}

/* ---- What came ---------------------------------------------------------------------------------------- */

static struct in_addr source_of(nua_t *nua, char ret_text[INET_ADDRSTRLEN])
{
    struct in_addr address = {0};
    msg_t *message = nua_current_request(nua);
    su_addrinfo_t *info = message ? msg_addrinfo(message) : NULL;
    if (info && info->ai_addr && info->ai_addr->sa_family == AF_INET)
        address = ((const struct sockaddr_in *)(const void *)info->ai_addr)->sin_addr;
    (void)inet_ntop(AF_INET, &address, ret_text, INET_ADDRSTRLEN);
    return address;
}

static enum far_err body_read(struct srs *srs, const sip_t *sip, char ret_error[OFFER_ERROR_SIZE])
{
    ret_error[0] = '\0';
    memset(&srs->offer, 0, sizeof(srs->offer));
    if (!sip->sip_payload || !sip->sip_content_type || !sip->sip_content_type->c_type) return FAR_OK;
    size_t len = sip->sip_payload->pl_len;
    if (len > BODY_MAX) {
        (void)snprintf(ret_error, OFFER_ERROR_SIZE, "the body is longer than %u bytes", (unsigned)BODY_MAX);
        return FAR_EFULL;
    }
    const char *boundary = msg_params_find(sip->sip_content_type->c_params, "boundary=");
    return offer_read(sip->sip_content_type->c_type, boundary ? boundary : "", sip->sip_payload->pl_data, len,
                      &srs->offer, ret_error);
}

/* Our SDP for the offer that srs->offer holds, whose recorded m-lines are `streams`. An m-line keeps its
 * port; one that is new since the first offer has none: FAR_ENOTFOUND. */
static enum far_err answer_write(struct srs *srs, struct call *call, const struct offer_streams *streams)
{
    struct far_sdp_local local = {.address = srs->media_address,
                                  .ports_len = streams->len,
                                  .direction = FAR_SDP_RECVONLY,
                                  .session_id = call->sdp_id,
                                  .session_version = call->sdp_version + 1};
    size_t len = 0;
    for (size_t i = 0; i < streams->len; i++)
        for (size_t known = 0; known < call->streams.len; known++)
            if (call->streams.media[known] == streams->media[i]) local.ports[i] = call->port[known];
    for (size_t i = 0; i < streams->len; i++)
        if (local.ports[i] == 0) return FAR_ENOTFOUND;
    enum far_err err = far_sdp_answer(&srs->offer.sdp, &local, &srs->answer);
    if (err == FAR_OK) err = far_sdp_write(&srs->answer, call->sdp, sizeof(call->sdp), &len);
    if (err == FAR_OK) call->sdp_version++;
    return err;
}

static void peers_of(const struct call *call, struct receiver_peers *ret_peers)
{
    *ret_peers = (struct receiver_peers){.signalling = call->signalling};
    for (size_t i = 0; i < call->streams.len; i++)
        ret_peers->media[call->streams.side[i]] = call->streams.address[i];
}

static void contact_write(const struct srs *srs, const sip_t *sip, char *out, size_t size)
{
    bool tcp = sip->sip_via && sip->sip_via->v_protocol && strstr(sip->sip_via->v_protocol, "TCP");
    (void)snprintf(out, size, "<sip:farseat@%s:%u%s>;+sip.srs", srs->media_address, srs->port,
                   tcp ? ";transport=tcp" : "");
}

static void part_begin(struct srs *srs, struct call *call)
{
    struct part *part = &call->part;
    *part = (struct part){
        .state = PART_RECORDING, .codec = call->streams.codec, .started_at_us = far_clock_wall_us()};
    if (srs->offer.metadata.recording_id[0])
        (void)far_str_copy(part->recording_id, sizeof(part->recording_id), srs->offer.metadata.recording_id);
    else
        far_id_new_text(part->recording_id);
    (void)far_str_copy(part->instance, sizeof(part->instance), srs->instance);
    offer_describe(&srs->offer, &call->streams, part);
    if (part->number == 0) part->number = 1;
}

/* Everything that an INVITE needs before the writer is asked. @return false with *ret_refusal. */
static bool call_prepare(struct srs *srs, struct call *call, struct refusal *ret_refusal)
{
    enum far_err err = offer_streams(&srs->offer.sdp, &call->streams);
    if (err != FAR_OK) {
        *ret_refusal = (struct refusal){SIP_488_NOT_ACCEPTABLE, REFUSED_MALFORMED,
                                        "no audio m-line with PCMA or PCMU over RTP/AVP"};
        return false;
    }
    err = receiver_ports_open(srs->config.receiver, call->streams.len, &call->ports);
    if (err != FAR_OK) {
        *ret_refusal = (struct refusal){SIP_503_SERVICE_UNAVAILABLE, REFUSED_FULL, "no RTP port is free"};
        return false;
    }
    memcpy(call->port, call->ports.port, sizeof(call->port));
    call->sdp_id = (uint64_t)far_clock_wall_us();
    if (answer_write(srs, call, &call->streams) != FAR_OK) {
        *ret_refusal =
            (struct refusal){SIP_488_NOT_ACCEPTABLE, REFUSED_MALFORMED, "the SDP cannot be answered"};
        return false;
    }
    part_begin(srs, call);
    return true;
}

/* What is looked at before any work is done for it. @return false with *ret_refusal. */
static bool call_admit(struct srs *srs, struct in_addr source, const sip_t *sip, char *error,
                       struct refusal *ret_refusal)
{
    if (!allow_has(&srs->config.allow, source))
        *ret_refusal =
            (struct refusal){SIP_403_FORBIDDEN, REFUSED_ADDRESS, "this address is not in sip.allow"};
    else if (srs->draining)
        *ret_refusal =
            (struct refusal){SIP_503_SERVICE_UNAVAILABLE, REFUSED_DRAINING, "this recorder is being stopped"};
    else if (srs->calls.len >= srs->config.sessions_max)
        *ret_refusal =
            (struct refusal){SIP_503_SERVICE_UNAVAILABLE, REFUSED_FULL, "sip.sessions_max is reached"};
    else if (body_read(srs, sip, error) != FAR_OK)
        *ret_refusal = (struct refusal){SIP_400_BAD_REQUEST, REFUSED_MALFORMED, error};
    else if (!srs->offer.has_metadata)
        *ret_refusal = (struct refusal){
            SIP_421_EXTENSION_REQUIRED, REFUSED_NOT_SIPREC,
            "this is a session recording server (RFC 7866): send SDP and rs-metadata in multipart/mixed"};
    else if (!srs->offer.has_sdp)
        *ret_refusal =
            (struct refusal){SIP_400_BAD_REQUEST, REFUSED_MALFORMED, "the body has no application/sdp"};
    else
        return true;
    return false;
}

static void on_invite(struct srs *srs, nua_t *nua, nua_handle_t *handle, const sip_t *sip)
{
    char from[INET_ADDRSTRLEN] = "", error[OFFER_ERROR_SIZE];
    struct refusal refusal = {SIP_503_SERVICE_UNAVAILABLE, REFUSED_FULL, "sip.sessions_max is reached"};
    uint64_t session = 0;
    struct in_addr source = source_of(nua, from);
    struct call *call = NULL;
    bool ok = call_admit(srs, source, sip, error, &refusal);
    if (ok) call = far_pool_new(&srs->calls, &session);
    if (call) {
        call->signalling = source;
        ok = call_prepare(srs, call, &refusal);
    }
    if (ok && call) {
        contact_write(srs, sip, call->contact, sizeof(call->contact));
        if (writer_open(srs->config.writer, session, &call->part) == FAR_OK) {
            call->handle = handle;
            nua_handle_bind(handle, magic_of(session));
            sessions_tell(srs);
            return;
        }
        refusal = (struct refusal){SIP_503_SERVICE_UNAVAILABLE, REFUSED_DISK, "the disk is too far behind"};
    }
    if (call) {
        receiver_ports_close(&call->ports);
        far_pool_free(&srs->calls, session);
    }
    call_refuse(handle, &refusal, from);
}

/* The file is there, or not: answer. */
static void on_opened(struct srs *srs, const struct note *note)
{
    struct call *call = far_pool_get(&srs->calls, note->session);
    if (!call) return;
    struct receiver_session session = {.session = note->session, .codec = call->part.codec};
    enum far_err err = note->err;
    if (err == FAR_OK && (!call->handle || srs->stopping)) {
        writer_discard(srs->config.writer, note->session);
        err = FAR_ESTATE;
    }
    if (err == FAR_OK) {
        call->part = note->part;
        session.ports = call->ports;
        memcpy(session.side, call->streams.side, sizeof(session.side));
        peers_of(call, &session.peers);
        session.began_us = far_clock_mono_us();
        err = receiver_add(srs->config.receiver, &session);
        if (err != FAR_OK) writer_discard(srs->config.writer, note->session);
    }
    if (err != FAR_OK) {
        struct refusal refusal = {SIP_503_SERVICE_UNAVAILABLE, REFUSED_DISK,
                                  "the recording cannot be stored here now"};
        nua_handle_t *handle = call->handle;
        if (handle) nua_handle_bind(handle, NULL);
        receiver_ports_close(&call->ports);
        call_free(srs, note->session);
        if (handle) call_refuse(handle, &refusal, "");
        return;
    }
    call->state = CALL_UP;
    call->ports.len = 0; /* they are the receiver's now */
    nua_respond(call->handle, SIP_200_OK, SIPTAG_CONTACT_STR(call->contact),
                SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(call->sdp), TAG_END());
    FAR_INFO("session-began", "recording=%s part=%u contact=%s agent=%s streams=%zu codec=%s",
             call->part.recording_id, call->part.number, call->part.contact_id, call->part.agent_id,
             call->streams.len, far_codec_name(call->part.codec));
    srs->config.events.started(srs->config.events.ctx, &call->part);
}

/* A re-INVITE or UPDATE: another SDP, other metadata, both, or nothing (a session timer's refresh). @return
 * the status to answer with. */
static int call_change(struct srs *srs, struct call *call, uint64_t session, const sip_t *sip)
{
    char error[OFFER_ERROR_SIZE];
    struct offer_streams streams;
    struct receiver_peers peers;
    if (body_read(srs, sip, error) != FAR_OK) {
        FAR_WARN("change-refused", "recording=%s why=%s", call->part.recording_id, error);
        return 400;
    }
    if (srs->offer.has_sdp) {
        if (offer_streams(&srs->offer.sdp, &streams) != FAR_OK || answer_write(srs, call, &streams) != FAR_OK)
            return 488;
        for (size_t i = 0; i < streams.len; i++) /* sides stay as they were: one file, one left */
            for (size_t known = 0; known < call->streams.len; known++)
                if (call->streams.media[known] == streams.media[i])
                    call->streams.address[known] = streams.address[i];
        peers_of(call, &peers);
        receiver_peers(srs->config.receiver, session, &peers);
    }
    if (srs->offer.has_metadata) {
        offer_describe(&srs->offer, &call->streams, &call->part);
        writer_metadata(srs->config.writer, session, &call->part);
    }
    return 200;
}

static const char *phrase_of(int status)
{
    return status == 200 ? sip_200_OK : status == 400 ? sip_400_Bad_request : sip_488_Not_acceptable;
}

static void on_change(struct srs *srs, nua_t *nua, nua_handle_t *handle, uint64_t session, const sip_t *sip,
                      bool update)
{
    struct call *call = far_pool_get(&srs->calls, session);
    int status = call && call->state == CALL_UP ? call_change(srs, call, session, sip) : 488;
    /* an UPDATE without SDP must not be answered with one (RFC 3311 5.2) */
    bool sdp = status == 200 && call && (srs->offer.has_sdp || !update);
    nua_respond(handle, status, phrase_of(status), TAG_IF(update, NUTAG_WITH_THIS(nua)),
                TAG_IF(call, SIPTAG_CONTACT_STR(call ? call->contact : "")),
                TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
                TAG_IF(sdp, SIPTAG_PAYLOAD_STR(call ? call->sdp : "")), TAG_END());
}

static void on_state(struct srs *srs, nua_handle_t *handle, uint64_t session, tagi_t *tags)
{
    int state = nua_callstate_init;
    tl_gets(tags, NUTAG_CALLSTATE_REF(state), TAG_END());
    if (state != nua_callstate_terminated) return;
    if (session)
        call_end(srs, session);
    else
        nua_handle_destroy(handle);
}

static void on_event(nua_event_t event, int status, const char *phrase, nua_t *nua, struct srs *srs,
                     nua_handle_t *handle, void *magic, const sip_t *sip, tagi_t tags[])
{
    uint64_t session = (uint64_t)(uintptr_t)magic;
    (void)phrase;
    switch (event) {
    case nua_i_invite:
        if (session)
            on_change(srs, nua, handle, session, sip, false);
        else
            on_invite(srs, nua, handle, sip);
        break;
    case nua_i_update:
        on_change(srs, nua, handle, session, sip, true);
        break;
    case nua_i_state:
        on_state(srs, handle, session, tags);
        break;
    case nua_r_shutdown:
        if (status < 200) break;
        srs->shut = true;
        su_root_break(srs->root);
        break;
    default:
        /* a request of its own that nua answered (OPTIONS, or 405, 501): nothing to keep */
        if (!session && handle && event < nua_r_set_params && event != nua_i_error)
            nua_handle_destroy(handle);
        break;
    }
}

/* ---- The thread --------------------------------------------------------------------------------------- */

static void on_stop_timer(struct srs *srs, su_timer_t *timer, void *arg)
{
    (void)timer;
    (void)arg;
    su_root_break(srs->root);
}

static void srs_hang_up(struct srs *srs)
{
    srs->draining = srs->stopping = true;
    for (uint64_t session = far_pool_next(&srs->calls, 0); session;
         session = far_pool_next(&srs->calls, session)) {
        struct call *call = far_pool_get(&srs->calls, session);
        if (!call->handle) continue;
        if (call->state == CALL_UP)
            nua_bye(call->handle, TAG_END());
        else
            nua_respond(call->handle, SIP_503_SERVICE_UNAVAILABLE, TAG_END());
        if (call->state == CALL_UP)
            receiver_end(srs->config.receiver, session); /* the second one is ignored */
    }
    nua_shutdown(srs->nua);
    (void)su_timer_set(srs->stop_timer, on_stop_timer, NULL);
}

static void note_take(struct srs *srs, const struct note *note)
{
    struct call *call = NULL;
    switch (note->kind) {
    case NOTE_OPENED:
        on_opened(srs, note);
        break;
    case NOTE_SILENT:
        call = far_pool_get(&srs->calls, note->session);
        if (!call || !call->handle || call->state != CALL_UP) break;
        FAR_WARN("session-silent", "recording=%s part=%u why=%s", call->part.recording_id, call->part.number,
                 "no RTP for rtp.silence_max: ended");
        nua_bye(call->handle, TAG_END());
        break;
    case NOTE_DRAIN:
        srs->draining = true;
        sessions_tell(srs);
        break;
    case NOTE_STOP:
        srs_hang_up(srs);
        break;
    }
}

static int on_mail(struct srs *srs, su_wait_t *wait, su_wakeup_arg_t *arg)
{
    (void)wait;
    (void)arg;
    for (struct mail *mail = mailbox_take(&srs->box), *next = NULL; mail; mail = next) {
        next = mail->next;
        note_take(srs, (const struct note *)(const void *)mail);
        free(mail);
    }
    return 0;
}

/* Sofia's own words, which it would print. */
static void on_stack_log(void *stream, const char *format, va_list args)
{
    char text[400];
    (void)stream;
    int len = vsnprintf(text, sizeof(text), format, args);
    if (len > 0) FAR_DEBUG("sip-stack", "text=%s", text);
}

static enum far_err srs_listen(struct srs *srs)
{
    char url[128];
    (void)snprintf(url, sizeof(url), "sip:%s", srs->listen);
    srs->root = su_root_create(srs);
    if (!srs->root) return FAR_ENOMEM;
    su_root_threading(srs->root, 0);
    srs->nua = nua_create(srs->root, on_event, srs, NUTAG_URL(url), NUTAG_MEDIA_ENABLE(0),
                          NUTAG_AUTOANSWER(0), NUTAG_AUTOALERT(0), NUTAG_APPL_METHOD("INVITE, UPDATE"),
                          NUTAG_ALLOW("INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE"),
                          NUTAG_SUPPORTED("siprec, timer"), SIPTAG_SUPPORTED_STR("siprec, timer"),
                          SIPTAG_ACCEPT_STR("multipart/mixed, application/sdp, application/rs-metadata+xml"),
                          NUTAG_SESSION_TIMER(SESSION_TIMER_S), NTATAG_MAXSIZE(MESSAGE_MAX),
                          SIPTAG_USER_AGENT_STR("Farseat-recording/" FARSEAT_VERSION), TAG_END());
    if (!srs->nua) {
        FAR_ERROR("sip-port-not-had", "listen=%s remedy=%s", srs->listen,
                  "the port may be taken: see sip.listen");
        return FAR_EIO;
    }
    srs->stop_timer = su_timer_create(su_root_task(srs->root), STOP_MS);
    su_wait_t wait[1] = {SU_WAIT_INIT};
    if (su_wait_create(wait, srs->box.fd, SU_WAIT_IN) != 0 ||
        su_root_register(srs->root, wait, on_mail, NULL, 0) < 0)
        return FAR_EIO;
    return FAR_OK;
}

static void *srs_run(void *arg)
{
    struct srs *srs = arg;
    su_init();
    su_log_redirect(NULL, on_stack_log, NULL);
    srs->start_err = srs_listen(srs);
    bool run = srs->start_err == FAR_OK;
    sem_post(&srs->ready);
    if (run) su_root_run(srs->root);
    if (srs->nua && !srs->shut && run) FAR_WARN("sip-not-shut", "why=%s", "a client did not answer our BYE");
    if (srs->nua && srs->shut) nua_destroy(srs->nua);
    if (srs->stop_timer) su_timer_destroy(srs->stop_timer);
    if (srs->root && (srs->shut || !srs->nua)) su_root_destroy(srs->root);
    su_deinit();
    return NULL;
}

enum far_err srs_create(const struct srs_config *config, struct srs **ret_srs)
{
    struct srs *srs = calloc(1, sizeof(*srs));
    if (!srs) return FAR_ENOMEM;
    srs->config = *config;
    enum far_err err = far_config_address(config->listen, srs->host, sizeof(srs->host), &srs->port);
    if (!far_str_copy(srs->listen, sizeof(srs->listen), config->listen) ||
        !far_str_copy(srs->media_address, sizeof(srs->media_address), config->media_address))
        err = FAR_EINVAL;
    (void)far_str_copy(srs->instance, sizeof(srs->instance), config->instance);
    if (err == FAR_OK) err = far_pool_init(&srs->calls, sizeof(struct call), config->sessions_max);
    if (err == FAR_OK) {
        err = mailbox_init(&srs->box, 16 * config->sessions_max);
        sem_init(&srs->ready, 0, 0);
        *ret_srs = srs; /* the writer's events may come as soon as the thread runs */
        if (err == FAR_OK && pthread_create(&srs->thread, NULL, srs_run, srs) != 0) err = FAR_EIO;
        if (err == FAR_OK) {
            while (sem_wait(&srs->ready) != 0)
                ;
            err = srs->start_err;
            if (err != FAR_OK) pthread_join(srs->thread, NULL);
        }
        if (err != FAR_OK) far_pool_done(&srs->calls);
    }
    if (err != FAR_OK) {
        *ret_srs = NULL;
        free(srs);
    }
    return err;
}

static void note_post(struct srs *srs, enum note_kind kind, uint64_t session, enum far_err err,
                      const struct part *part)
{
    struct note *note = calloc(1, sizeof(*note));
    if (!note) {
        FAR_ERROR("note-lost", "why=%s", "the heap is exhausted");
        return;
    }
    note->kind = kind;
    note->session = session;
    note->err = err;
    if (part) note->part = *part;
    mailbox_post_always(&srs->box, &note->mail);
}

void srs_stop(struct srs *srs)
{
    if (!srs) return;
    note_post(srs, NOTE_STOP, 0, FAR_OK, NULL);
    pthread_join(srs->thread, NULL);
}

struct srs *srs_destroy(struct srs *srs)
{
    if (!srs) return NULL;
    for (struct mail *mail = mailbox_take(&srs->box), *next = NULL; mail; mail = next) {
        next = mail->next;
        free(mail);
    }
    for (uint64_t session = far_pool_next(&srs->calls, 0); session;
         session = far_pool_next(&srs->calls, session)) {
        struct call *call = far_pool_get(&srs->calls, session);
        receiver_ports_close(&call->ports);
    }
    mailbox_done(&srs->box);
    sem_destroy(&srs->ready);
    far_pool_done(&srs->calls);
    free(srs);
    return NULL;
}

void srs_drain(struct srs *srs)
{
    note_post(srs, NOTE_DRAIN, 0, FAR_OK, NULL);
}
void srs_opened(struct srs *srs, uint64_t session, enum far_err err, const struct part *part)
{
    note_post(srs, NOTE_OPENED, session, err, part);
}
void srs_silent(struct srs *srs, uint64_t session)
{
    note_post(srs, NOTE_SILENT, session, FAR_OK, NULL);
}
