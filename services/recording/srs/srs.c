/* SPDX-License-Identifier: Apache-2.0 */
/* srs.c - the SIP thread: its life, Sofia's events, and what other threads tell it. */
#include "far/config.h"
#include "far/log.h"
#include "far/str.h"
#include "srs_private.h"
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/su.h>
#include <sofia-sip/su_log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX     (SESSION_BODY_MAX + 32768)
#define STOP_MS         3000
#define SESSION_TIMER_S 1800

static void on_state(struct srs *srs, nua_handle_t *handle, uint64_t session, tagi_t *tags)
{
    int state = nua_callstate_init;
    tl_gets(tags, NUTAG_CALLSTATE_REF(state), TAG_END());
    if (state != nua_callstate_terminated) return;
    if (session)
        session_end(srs, session);
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
            session_change(srs, nua, handle, session, sip, false);
        else
            session_invite(srs, nua, handle, sip);
        break;
    case nua_i_update:
        session_change(srs, nua, handle, session, sip, true);
        break;
    case nua_i_state:
        on_state(srs, handle, session, tags);
        break;
    case nua_r_options:
        session_answered(srs, session, status, !nta_sip_is_internal(sip));
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
    switch (note->kind) {
    case NOTE_OPENED:
        session_opened(srs, note);
        break;
    case NOTE_SILENT:
        session_lost(srs, note->session, "no RTP for rtp.silence_max");
        break;
    case NOTE_QUIET:
        session_quiet(srs, note->session);
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
void srs_quiet(struct srs *srs, uint64_t session)
{
    note_post(srs, NOTE_QUIET, session, FAR_OK, NULL);
}
