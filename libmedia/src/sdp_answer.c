/* SPDX-License-Identifier: Apache-2.0 */
/* Offer and answer (RFC 3264) over what sdp.c has parsed. */
#include "far/media/sdp.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DTMF_TYPE       101u
#define PTIME_MS        20u
#define DTMF_RANGE      "0-15"
#define ICE_UFRAG_LEAST 4u
#define ICE_PWD_LEAST   22u

static bool audio_rtp(const struct far_sdp_media *media)
{
    /* AVPF differs in feedback only, which nobody has to send. */
    return strcmp(media->kind, "audio") == 0 &&
           (strcmp(media->protocol, "RTP/AVP") == 0 || strcmp(media->protocol, "RTP/AVPF") == 0);
}

static bool secure_protocol(const struct far_sdp_media *media)
{
    static const char *const protocols[] = {"UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "RTP/SAVPF", "RTP/SAVP"};
    for (size_t i = 0; i < FAR_ARRAY_LEN(protocols); i++)
        if (strcmp(media->protocol, protocols[i]) == 0) return true;
    return false;
}

static bool audio_secure(const struct far_sdp_media *media)
{
    return strcmp(media->kind, "audio") == 0 && secure_protocol(media);
}

static bool receives(enum far_sdp_direction direction)
{
    return direction == FAR_SDP_SENDRECV || direction == FAR_SDP_RECVONLY;
}

static bool sends(enum far_sdp_direction direction)
{
    return direction == FAR_SDP_SENDRECV || direction == FAR_SDP_SENDONLY;
}

static enum far_sdp_direction direction_of(bool send, bool receive)
{
    if (send) return receive ? FAR_SDP_SENDRECV : FAR_SDP_SENDONLY;
    return receive ? FAR_SDP_RECVONLY : FAR_SDP_INACTIVE;
}

static bool g711(const struct far_sdp_format *format, enum far_codec *ret_codec)
{
    bool alaw = strcasecmp(format->name, "PCMA") == 0;
    if (format->rate != FAR_G711_RATE || (!alaw && strcasecmp(format->name, "PCMU") != 0)) return false;
    *ret_codec = alaw ? FAR_CODEC_PCMA : FAR_CODEC_PCMU;
    return true;
}

static const struct far_sdp_format *dtmf_of(const struct far_sdp_media *media)
{
    for (size_t i = 0; i < media->formats_len; i++)
        if (strcasecmp(media->formats[i].name, "telephone-event") == 0 &&
            media->formats[i].rate == FAR_G711_RATE)
            return &media->formats[i];
    return NULL;
}

static const struct far_sdp_format *codec_of(const struct far_sdp_media *media, enum far_codec *ret_codec)
{
    for (size_t i = 0; i < media->formats_len; i++)
        if (g711(&media->formats[i], ret_codec)) return &media->formats[i];
    return NULL;
}

/* All but the address. */
static enum far_err choose_formats(const struct far_sdp_media *media, struct far_sdp_choice *ret_choice)
{
    enum far_codec codec;
    const struct far_sdp_format *format = codec_of(media, &codec);
    if (!format) return FAR_ENOTFOUND;
    const struct far_sdp_format *dtmf = dtmf_of(media);
    *ret_choice = (struct far_sdp_choice){
        .address = {.sin_family = AF_INET},
        .codec = codec,
        .payload_type = format->payload_type,
        .dtmf_payload_type = dtmf ? dtmf->payload_type : FAR_SDP_PT_NONE,
        .peer_receives = receives(media->direction),
        .peer_sends = sends(media->direction),
    };
    return FAR_OK;
}

enum far_err far_sdp_choose(const struct far_sdp_media *media, struct far_sdp_choice *ret_choice)
{
    struct far_sdp_choice choice;
    struct in_addr address;
    if (!audio_rtp(media) || media->port == 0) return FAR_ENOTFOUND;
    enum far_err err = choose_formats(media, &choice);
    if (err != FAR_OK) return err;
    if (inet_pton(AF_INET, media->address, &address) != 1) return FAR_EPROTO;
    bool nowhere = address.s_addr == htonl(INADDR_ANY);
    choice.address.sin_addr = address;
    choice.address.sin_port = nowhere ? 0 : htons(media->port);
    choice.peer_receives = choice.peer_receives && !nowhere;
    *ret_choice = choice;
    return FAR_OK;
}

/* What a browser's m-line lacks, or NULL. */
static const char *missing(const struct far_sdp_secure *secure)
{
    if (strlen(secure->ice_ufrag) < ICE_UFRAG_LEAST) return "no ice-ufrag of 4 to 256 characters";
    if (strlen(secure->ice_pwd) < ICE_PWD_LEAST) return "no ice-pwd of 22 to 256 characters";
    if (!secure->fingerprint[0]) return "no fingerprint:sha-256";
    if (!secure->rtcp_mux) return "no rtcp-mux";
    if (secure->setup != FAR_SDP_SETUP_ACTPASS && secure->setup != FAR_SDP_SETUP_ACTIVE)
        return "its setup is neither actpass nor active: we are the DTLS server";
    return NULL;
}

enum far_err far_sdp_choose_secure(const struct far_sdp_media *media, struct far_sdp_choice *ret_choice,
                                   char ret_error[FAR_SDP_ERROR_MAX])
{
    struct far_sdp_choice choice;
    struct in_addr address;
    if (!audio_secure(media) || media->port == 0) return FAR_ENOTFOUND;
    enum far_err err = choose_formats(media, &choice);
    if (err != FAR_OK) return err;
    const char *what = missing(&media->secure);
    if (what) {
        if (ret_error) (void)snprintf(ret_error, FAR_SDP_ERROR_MAX, "%s", what);
        return FAR_EPROTO;
    }
    if (inet_pton(AF_INET, media->address, &address) == 1 && address.s_addr != htonl(INADDR_ANY)) {
        choice.address.sin_addr = address;
        choice.address.sin_port = htons(media->port);
    }
    *ret_choice = choice;
    return FAR_OK;
}

bool far_sdp_held(const struct far_sdp_media *media)
{
    bool nowhere = !secure_protocol(media) && strcmp(media->address, "0.0.0.0") == 0;
    return !receives(media->direction) || nowhere;
}

const struct far_sdp_media *far_sdp_audio(const struct far_sdp *sdp)
{
    for (size_t i = 0; i < sdp->media_len; i++)
        if (audio_rtp(&sdp->media[i]) && sdp->media[i].port != 0) return &sdp->media[i];
    return NULL;
}

const struct far_sdp_media *far_sdp_audio_secure(const struct far_sdp *sdp)
{
    for (size_t i = 0; i < sdp->media_len; i++)
        if (audio_secure(&sdp->media[i]) && sdp->media[i].port != 0) return &sdp->media[i];
    return NULL;
}

const struct far_sdp_media *far_sdp_labelled(const struct far_sdp *sdp, const char *label)
{
    for (size_t i = 0; i < sdp->media_len; i++)
        if (strcmp(sdp->media[i].label, label) == 0) return &sdp->media[i];
    return NULL;
}

/* RFC 8839 5.4: ice-char is a letter, a digit, + or /. */
static bool ice_text(const char *text, size_t least)
{
    static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = text ? strlen(text) : 0;
    return len >= least && len < FAR_SDP_ICE_MAX && strspn(text, chars) == len;
}

static bool local_secure_valid(const struct far_sdp_local_secure *secure)
{
    if (!secure) return true;
    return ice_text(secure->ice_ufrag, ICE_UFRAG_LEAST) && ice_text(secure->ice_pwd, ICE_PWD_LEAST) &&
           secure->fingerprint && strlen(secure->fingerprint) < FAR_SDP_FINGERPRINT_MAX;
}

static bool local_valid(const struct far_sdp_local *local)
{
    struct in_addr address;
    if (!local->address || inet_pton(AF_INET, local->address, &address) != 1) return false;
    if (local->ports_len < 1 || local->ports_len > FAR_SDP_MEDIA_MAX) return false;
    for (size_t i = 0; i < local->ports_len; i++)
        if (local->ports[i] == 0) return false;
    return local_secure_valid(local->secure) && local->direction >= FAR_SDP_SENDRECV &&
           local->direction <= FAR_SDP_INACTIVE;
}

static void set_text(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text);
}

static void add_codec(struct far_sdp_media *media, enum far_codec codec, uint8_t payload_type)
{
    struct far_sdp_format *format = &media->formats[media->formats_len++];
    *format = (struct far_sdp_format){.payload_type = payload_type, .rate = FAR_G711_RATE};
    set_text(format->name, sizeof(format->name), far_codec_name(codec));
}

static void add_dtmf(struct far_sdp_media *media, uint8_t payload_type)
{
    struct far_sdp_format *format = &media->formats[media->formats_len++];
    *format = (struct far_sdp_format){.payload_type = payload_type, .rate = FAR_G711_RATE};
    set_text(format->name, sizeof(format->name), "telephone-event");
    set_text(format->fmtp, sizeof(format->fmtp), DTMF_RANGE);
}

static void begin(const struct far_sdp_local *local, struct far_sdp *sdp)
{
    *sdp = (struct far_sdp){.session_id = local->session_id, .session_version = local->session_version};
    set_text(sdp->address, sizeof(sdp->address), local->address);
}

static struct far_sdp_media *add_media(const struct far_sdp_local *local, struct far_sdp *sdp, uint16_t port)
{
    struct far_sdp_media *media = &sdp->media[sdp->media_len++];
    *media = (struct far_sdp_media){.port = port, .ptime_ms = PTIME_MS, .direction = local->direction};
    set_text(media->kind, sizeof(media->kind), "audio");
    set_text(media->protocol, sizeof(media->protocol), "RTP/AVP");
    set_text(media->address, sizeof(media->address), local->address);
    return media;
}

static void add_secure(const struct far_sdp_local *local, enum far_sdp_setup setup, const char *mid,
                       bool bundled, struct far_sdp_media *media)
{
    struct far_sdp_secure *secure = &media->secure;
    set_text(secure->ice_ufrag, sizeof(secure->ice_ufrag), local->secure->ice_ufrag);
    set_text(secure->ice_pwd, sizeof(secure->ice_pwd), local->secure->ice_pwd);
    set_text(secure->fingerprint, sizeof(secure->fingerprint), local->secure->fingerprint);
    set_text(secure->mid, sizeof(secure->mid), mid);
    secure->setup = setup;
    secure->ice_lite = secure->rtcp_mux = true;
    secure->bundled = bundled;
}

enum far_err far_sdp_offer(const struct far_sdp_local *local, struct far_sdp *ret_offer)
{
    if (!local_valid(local) || local->codecs_len < 1 || local->codecs_len > 2) return FAR_EINVAL;
    begin(local, ret_offer);
    for (size_t i = 0; i < local->ports_len; i++) {
        struct far_sdp_media *media = add_media(local, ret_offer, local->ports[i]);
        for (size_t k = 0; k < local->codecs_len; k++)
            add_codec(media, local->codecs[k], (uint8_t)local->codecs[k]);
        if (local->dtmf) add_dtmf(media, DTMF_TYPE);
        if (local->labels[i]) set_text(media->label, sizeof(media->label), local->labels[i]);
        if (local->secure) {
            char mid[FAR_SDP_NAME_MAX];
            (void)snprintf(mid, sizeof(mid), "%zu", i);
            set_text(media->protocol, sizeof(media->protocol), "UDP/TLS/RTP/SAVPF");
            add_secure(local, FAR_SDP_SETUP_ACTPASS, mid, true, media);
        }
    }
    return FAR_OK;
}

/* RFC 3264 6: a refused m-line keeps its kind, protocol and formats, with port 0. */
static void refuse_media(const struct far_sdp_media *offered, struct far_sdp *answer)
{
    struct far_sdp_media *media = &answer->media[answer->media_len++];
    *media = *offered;
    media->port = 0;
    media->address[0] = '\0';
    media->label[0] = '\0';
    media->secure = (struct far_sdp_secure){0};
    /* Browsers match m-lines by mid, refused ones too. */
    if (secure_protocol(offered)) memcpy(media->secure.mid, offered->secure.mid, sizeof(media->secure.mid));
}

static void accept_media(const struct far_sdp_media *offered, const struct far_sdp_choice *choice,
                         const struct far_sdp_local *local, uint16_t port, struct far_sdp *answer)
{
    struct far_sdp_media *media = add_media(local, answer, port);
    memcpy(media->protocol, offered->protocol, sizeof(media->protocol));
    memcpy(media->label, offered->label, sizeof(media->label));
    add_codec(media, choice->codec, choice->payload_type);
    if (choice->dtmf_payload_type != FAR_SDP_PT_NONE) add_dtmf(media, choice->dtmf_payload_type);
    media->direction = direction_of(sends(local->direction) && receives(offered->direction),
                                    receives(local->direction) && sends(offered->direction));
    if (local->secure)
        add_secure(local, FAR_SDP_SETUP_PASSIVE, offered->secure.mid, offered->secure.bundled, media);
}

static enum far_err choose_for(const struct far_sdp_local *local, const struct far_sdp_media *offered,
                               struct far_sdp_choice *ret_choice)
{
    return local->secure ? far_sdp_choose_secure(offered, ret_choice, NULL)
                         : far_sdp_choose(offered, ret_choice);
}

enum far_err far_sdp_answer(const struct far_sdp *offer, const struct far_sdp_local *local,
                            struct far_sdp *ret_answer)
{
    if (!local_valid(local)) return FAR_EINVAL;
    struct far_sdp answer;
    size_t used = 0;
    begin(local, &answer);
    for (size_t i = 0; i < offer->media_len; i++) {
        struct far_sdp_choice choice;
        const struct far_sdp_media *offered = &offer->media[i];
        if (used < local->ports_len && choose_for(local, offered, &choice) == FAR_OK)
            accept_media(offered, &choice, local, local->ports[used++], &answer);
        else
            refuse_media(offered, &answer);
    }
    if (used == 0) return FAR_ENOTFOUND;
    *ret_answer = answer;
    return FAR_OK;
}
