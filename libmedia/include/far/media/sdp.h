/* SPDX-License-Identifier: Apache-2.0 */
/* sdp.h - session descriptions of audio calls (RFC 4566, RFC 3264), as far as phones, trunks, recorders and
 * browsers need them: any number of m-lines is understood up to a limit, audio over RTP/AVP or, for browsers,
 * UDP/TLS/RTP/SAVPF with G.711 and telephone-event can be chosen. Everything has a fixed size and nothing is
 * allocated. Pure; any thread.
 *
 *   offer in:   far_sdp_parse(text) -> far_sdp_answer(offer, local) -> far_sdp_write(answer);
 * far_sdp_choose(offer media) offer out:  far_sdp_offer(local) -> far_sdp_write(offer);   far_sdp_parse(text)
 * -> far_sdp_choose(answer media)
 *
 * Browsers (RFC 8839 ICE, RFC 5763 DTLS-SRTP, RFC 5761 rtcp-mux, RFC 8843 BUNDLE): the same, with
 * local.secure set and the functions whose name ends in _secure. We are ICE-lite with one host candidate and
 * the DTLS server: our offers say setup:actpass, our answers setup:passive. Neither side's plain functions
 * ever take a secure m-line, nor the other way round.
 */
#pragma once
#include "far/err.h"
#include "far/media/g711.h"
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAR_SDP_BYTES_MAX       16384 /* a longer text is refused */
#define FAR_SDP_MEDIA_MAX       8     /* more m-lines are refused */
#define FAR_SDP_FORMATS_MAX     32    /* more formats of an m-line are left out */
#define FAR_SDP_NAME_MAX        32    /* a longer name is cut */
#define FAR_SDP_FMTP_MAX        64
#define FAR_SDP_ADDRESS_MAX     64
#define FAR_SDP_PT_NONE         0xffu
#define FAR_SDP_ERROR_MAX       96
#define FAR_SDP_ICE_MAX         257 /* a longer ice-ufrag or ice-pwd (RFC 8839 5.4) is as if absent */
#define FAR_SDP_FINGERPRINT_MAX 104 /* "sha-256 " and 32 bytes in hex with colons */

/** Seen from who wrote the description. */
enum far_sdp_direction { FAR_SDP_SENDRECV, FAR_SDP_SENDONLY, FAR_SDP_RECVONLY, FAR_SDP_INACTIVE };

/** Who opens the DTLS connection (RFC 4145). */
enum far_sdp_setup {
    FAR_SDP_SETUP_NONE, /* not said, or something unknown */
    FAR_SDP_SETUP_ACTPASS,
    FAR_SDP_SETUP_ACTIVE,
    FAR_SDP_SETUP_PASSIVE
};

/** What an m-line of a browser says besides. Of attributes that a session may have too, the m-line's own one
 * counts. All empty: a plain one. */
struct far_sdp_secure {
    char ice_ufrag[FAR_SDP_ICE_MAX];
    char ice_pwd[FAR_SDP_ICE_MAX];
    char fingerprint[FAR_SDP_FINGERPRINT_MAX]; /* "sha-256 AA:BB:...", in upper case; others are skipped */
    char mid[FAR_SDP_NAME_MAX];                /* a longer one is as if absent */
    enum far_sdp_setup setup;
    bool ice_lite;
    bool rtcp_mux;
    bool bundled; /* its mid is in the first group:BUNDLE */
};

struct far_sdp_format {
    uint8_t payload_type;        /* 0..127 */
    char name[FAR_SDP_NAME_MAX]; /* "PCMA", "telephone-event"; empty: dynamic without rtpmap */
    uint32_t rate;               /* [Hz]; 0: unknown */
    char fmtp[FAR_SDP_FMTP_MAX]; /* parameters after the type, empty: none */
};

struct far_sdp_media {
    char kind[FAR_SDP_NAME_MAX];       /* "audio" */
    uint16_t port;                     /* 0: refused or switched off */
    char protocol[FAR_SDP_NAME_MAX];   /* "RTP/AVP", "UDP/TLS/RTP/SAVPF" */
    char address[FAR_SDP_ADDRESS_MAX]; /* of its own c= or the session's; empty: none */
    enum far_sdp_direction direction;  /* its own, else the session's, else sendrecv */
    uint16_t ptime_ms;                 /* 0: not said */
    char label[FAR_SDP_NAME_MAX];      /* a=label (RFC 4574), which SIPREC refers to; empty: none */
    struct far_sdp_format formats[FAR_SDP_FORMATS_MAX];
    size_t formats_len;
    struct far_sdp_secure secure;
};

struct far_sdp {
    uint64_t session_id;
    uint64_t session_version;
    char address[FAR_SDP_ADDRESS_MAX]; /* of o=, as text */
    struct far_sdp_media media[FAR_SDP_MEDIA_MAX];
    size_t media_len;
};

/** Parse len bytes (CRLF or LF lines; no NUL needed). Unknown lines and attributes are skipped.
 *  @param ret_error on failure, what is wrong and in which line; may be NULL.
 *  @return FAR_OK; FAR_EPROTO: not a session description; FAR_EFULL: beyond a limit above. */
FAR_MUST_CHECK enum far_err far_sdp_parse(const char *text, size_t len, struct far_sdp *ret_sdp,
                                          char ret_error[FAR_SDP_ERROR_MAX]);
/** Write a description with CRLF lines and a NUL. Each m-line has its own c=.
 *  @return FAR_OK; FAR_EFULL: size is too small (4096 is enough for what this module makes); FAR_EINVAL: a
 * text field holds a line break. */
FAR_MUST_CHECK enum far_err far_sdp_write(const struct far_sdp *sdp, char *ret_text, size_t size,
                                          size_t *ret_len);

/** What two sides have in common on one m-line, in the media engine's terms. */
struct far_sdp_choice {
    struct sockaddr_in address; /* where the writer listens; port 0 when it is on hold with 0.0.0.0 */
    enum far_codec codec;
    uint8_t payload_type;
    uint8_t dtmf_payload_type; /* telephone-event/8000, or FAR_SDP_PT_NONE */
    bool peer_receives;        /* the writer wants our sound: sendrecv, recvonly, and not 0.0.0.0 */
    bool peer_sends;           /* the writer sends sound: sendrecv, sendonly */
};
/** Choose the first G.711 codec of the m-line, in its writer's order of preference.
 *  @return FAR_OK; FAR_ENOTFOUND: not audio over RTP/AVP, switched off (port 0), or no G.711;
 *  FAR_EPROTO: its address is not IPv4. */
FAR_MUST_CHECK enum far_err far_sdp_choose(const struct far_sdp_media *media,
                                           struct far_sdp_choice *ret_choice);
/** On hold, as RFC 3264 8.4 and old phones (0.0.0.0) say it: the writer does not want to hear us. A browser's
 * 0.0.0.0 only says that ICE will find it. */
bool far_sdp_held(const struct far_sdp_media *media);
/** The first audio m-line over plain RTP that is not switched off; NULL: none. */
const struct far_sdp_media *far_sdp_audio(const struct far_sdp *sdp);

/** The first audio m-line over UDP/TLS/RTP/SAVP(F) or RTP/SAVP(F) that is not switched off; NULL: none. */
const struct far_sdp_media *far_sdp_audio_secure(const struct far_sdp *sdp);
/** far_sdp_choose() for a browser's m-line. ret_choice->address is where it says that it listens, or port 0
 * when that says nothing (mDNS, IPv6, 0.0.0.0): where it really is the STUN checks tell.
 *  @param ret_error what is missing, when FAR_EPROTO; may be NULL.
 *  @return FAR_OK; FAR_ENOTFOUND: not audio over one of the protocols above, switched off, or no G.711;
 *  FAR_EPROTO: it lacks what DTLS-SRTP over ICE needs (ice-ufrag of 4 and ice-pwd of 22 characters, a SHA-256
 *  fingerprint, rtcp-mux, a setup under which we can be the DTLS server). */
FAR_MUST_CHECK enum far_err far_sdp_choose_secure(const struct far_sdp_media *media,
                                                  struct far_sdp_choice *ret_choice,
                                                  char ret_error[FAR_SDP_ERROR_MAX]);
/** The m-line with this a=label; NULL: none. */
const struct far_sdp_media *far_sdp_labelled(const struct far_sdp *sdp, const char *label);

/** Our side of a browser's leg. */
struct far_sdp_local_secure {
    const char *ice_ufrag;   /* 4..256 letters and digits */
    const char *ice_pwd;     /* 22..256 of them */
    const char *fingerprint; /* "sha-256 AA:BB:..." of our DTLS certificate */
};

/** Our side of an offer or answer. */
struct far_sdp_local {
    const char *address;               /* IPv4 as text */
    uint16_t ports[FAR_SDP_MEDIA_MAX]; /* one for each audio m-line that we offer, or are ready to accept */
    size_t ports_len;
    const char *labels[FAR_SDP_MEDIA_MAX]; /* offers only: a=label of each, or NULL */
    enum far_codec codecs[2];              /* offers only: in order of preference */
    size_t codecs_len;
    bool dtmf;                        /* offers only: also telephone-event, as type 101 */
    enum far_sdp_direction direction; /* what we want; an answer is narrowed by the offer (RFC 3264 6.1) */
    uint64_t session_id;
    uint64_t session_version; /* one more for each description that differs (RFC 3264 8) */
    const struct far_sdp_local_secure
        *secure; /* NULL: plain RTP. Else nothing but secure is offered or taken */
};
/** Make an offer: one audio m-line a port, ptime 20. @return FAR_OK; FAR_EINVAL: a field of local. */
FAR_MUST_CHECK enum far_err far_sdp_offer(const struct far_sdp_local *local, struct far_sdp *ret_offer);
/** Answer an offer: as many m-lines, in its order; the first ports_len acceptable ones get our ports with the
 * one codec that far_sdp_choose() (far_sdp_choose_secure()) names and its telephone-event; the others are
 * refused by port 0.
 *  @return FAR_OK; FAR_ENOTFOUND: nothing of it is acceptable (answer 488); FAR_EINVAL: a field of local. */
FAR_MUST_CHECK enum far_err far_sdp_answer(const struct far_sdp *offer, const struct far_sdp_local *local,
                                           struct far_sdp *ret_answer);
