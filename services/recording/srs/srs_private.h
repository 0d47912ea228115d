/* SPDX-License-Identifier: Apache-2.0 */
/* srs_private.h - what srs.c (the thread and its life) and session.c (the sessions) share. SIP thread only.
 */
#pragma once
#include "far/pool.h"
#include "mailbox.h"
#include "offer.h"
#include "srs.h"
#include <arpa/inet.h>
#include <semaphore.h>

/* Sofia's magics are ours to name; both are opaque to it. */
#define NUA_MAGIC_T     struct srs
#define NUA_HMAGIC_T    void
#define SU_ROOT_MAGIC_T struct srs
#include <sofia-sip/nua.h>
#include <sofia-sip/su_wait.h>

#define SESSION_BODY_MAX (METADATA_BYTES_MAX + FAR_SDP_BYTES_MAX)
#define SDP_SIZE         4096

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
    uint64_t quiet_us; /* when the receiver last said that nothing comes */
    uint64_t asked_us; /* OPTIONS was sent, to see whether the client is there */
    bool asking;       /* and is not answered */
    char sdp[SDP_SIZE];
    char contact[96];
};

enum note_kind { NOTE_OPENED, NOTE_SILENT, NOTE_QUIET, NOTE_DRAIN, NOTE_STOP };
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

/** An INVITE outside of any dialog: admit it and ask the writer for a file, or refuse it. */
void session_invite(struct srs *srs, nua_t *nua, nua_handle_t *handle, const sip_t *sip);
/** The file is there, or not: answer. */
void session_opened(struct srs *srs, const struct note *note);
/** A re-INVITE or UPDATE within a session. */
void session_change(struct srs *srs, nua_t *nua, nua_handle_t *handle, uint64_t session, const sip_t *sip,
                    bool update);
/** Neither side sent anything for a while: ask the client whether it is there; end what nobody answers for.
 */
void session_quiet(struct srs *srs, uint64_t session);
/** What came of the question. */
void session_answered(struct srs *srs, uint64_t session, int status, bool by_client);
/** The client is gone: end the recording now, for a BYE may stay unanswered for long. */
void session_lost(struct srs *srs, uint64_t session, const char *why);
/** The dialog is over. */
void session_end(struct srs *srs, uint64_t session);
/** Tell how many there are. */
void sessions_tell(struct srs *srs);
