/* SPDX-License-Identifier: Apache-2.0 */
/* session.c - recording sessions: admitted, answered, changed, ended. */
#include "far/clock.h"
#include "far/id.h"
#include "far/log.h"
#include "far/str.h"
#include "measures.h"
#include "srs_private.h"
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <stdio.h>
#include <string.h>

#define RETRY_AFTER  "5"
#define WARNING_SIZE 256
#define ASK_US       5000000u /* how often a client that sends nothing is asked */
#define ANSWER_US    4000000u /* how long it may take to answer */
#define QUIET_US     1500000u /* the receiver says each half second that nothing comes */

/* ---- Calls -------------------------------------------------------------------------------------------- */

static void *magic_of(uint64_t session)
{
    return (void *)(uintptr_t)session;
}

void sessions_tell(struct srs *srs)
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

void session_end(struct srs *srs, uint64_t session)
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

void session_lost(struct srs *srs, uint64_t session, const char *why)
{
    struct call *call = far_pool_get(&srs->calls, session);
    if (!call || !call->handle || call->state != CALL_UP) return;
    FAR_WARN("session-lost", "recording=%s part=%u contact=%s why=%s", call->part.recording_id,
             call->part.number, call->part.contact_id, why);
    receiver_lost(srs->config.receiver, session); /* a receiver_end() that follows is ignored */
    nua_bye(call->handle, TAG_END());
}

void session_quiet(struct srs *srs, uint64_t session)
{
    struct call *call = far_pool_get(&srs->calls, session);
    uint64_t now_us = far_clock_mono_us();
    if (!call || !call->handle || call->state != CALL_UP) return;
    bool anew = now_us - call->quiet_us > QUIET_US; /* sound came since: an older question is void */
    call->quiet_us = now_us;
    if (call->asking && !anew) {
        if (now_us - call->asked_us > ANSWER_US) {
            call->asking = false;
            session_lost(srs, session, "no RTP, and OPTIONS is not answered");
        }
        return;
    }
    if (!anew && now_us - call->asked_us < ASK_US) return;
    call->asking = true;
    call->asked_us = now_us;
    nua_options(call->handle, TAG_END());
}

void session_answered(struct srs *srs, uint64_t session, int status, bool by_client)
{
    struct call *call = far_pool_get(&srs->calls, session);
    if (!call || status < 200) return;
    bool quiet = far_clock_mono_us() - call->quiet_us <= QUIET_US;
    call->asking = false;
    if (quiet && (status == 481 || !by_client))
        session_lost(srs, session,
                     by_client ? "no RTP, and the client does not know the session"
                               : "no RTP, and the client is not reached");
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
    if (len > SESSION_BODY_MAX) {
        (void)snprintf(ret_error, OFFER_ERROR_SIZE, "the body is longer than %u bytes",
                       (unsigned)SESSION_BODY_MAX);
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

void session_invite(struct srs *srs, nua_t *nua, nua_handle_t *handle, const sip_t *sip)
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

void session_opened(struct srs *srs, const struct note *note)
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

void session_change(struct srs *srs, nua_t *nua, nua_handle_t *handle, uint64_t session, const sip_t *sip,
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
