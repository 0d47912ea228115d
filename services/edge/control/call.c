/* SPDX-License-Identifier: Apache-2.0 */
#include "edge.h"
#include "far/hash64.h"
#include "far/log.h"
#include "far/str.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define SDP_SIZE 4096

struct edge_call *call_find(const struct edge *edge, uint64_t call)
{
    uint64_t at = 0;
    return far_index_get(edge->calls, call, &at) ? (struct edge_call *)(uintptr_t)at : NULL;
}

struct edge_call *call_new(struct edge *edge, uint64_t id, enum call_kind kind)
{
    struct edge_call *call = calloc(1, sizeof(*call));
    if (!call) return NULL;
    call->call = id;
    call->kind = kind;
    call->session_id = id & 0x7fffffff;
    call->codec = FAR_CODEC_PCMA;
    if (far_index_put(edge->calls, id, (uint64_t)(uintptr_t)call) == FAR_OK) {
        far_list_append(&edge->calls_list, &call->link);
        return call;
    }
    free(call);
    return NULL;
}

void call_free(struct edge *edge, struct edge_call *call)
{
    if (!call) return;
    (void)far_index_remove(edge->calls, call->call);
    far_list_remove(&call->link);
    free(call->offer);
    free(call->sdp);
    free(call->sdp_secure);
    free(call);
}

void call_free_all(struct edge *edge)
{
    while (!far_list_empty(&edge->calls_list))
        call_free(edge, FAR_LIST_ITEM(edge->calls_list.next, struct edge_call, link));
}

enum far_err call_open_media(struct edge *edge, struct edge_call *call, const char *contact_id)
{
    if (call->media_open) return FAR_OK;
    bool known = contact_id && contact_id[0];
    uint64_t group = known ? far_hash64(contact_id, strlen(contact_id), 0) : call->call;
    enum far_err err = media_endpoint_open(edge->media, call->call, group, &call->local);
    if (err == FAR_OK)
        call->media_open = true;
    else
        FAR_WARN("media-not-opened", "call=%lu why=%s", call->call, far_err_name(err));
    return err;
}

/* The endpoint becomes a browser's, or learns what the browser has said. Another ice-ufrag is a new beginning
 * of ICE (RFC 8839 4.4.1.1.1): then ours are new as well. */
static enum far_err secure(struct edge *edge, struct edge_call *call, const struct far_sdp_secure *theirs)
{
    struct media_secure ice = call->ice;
    bool known = theirs && ice.remote_ufrag[0];
    bool restart = known && strcmp(ice.remote_ufrag, theirs->ice_ufrag) != 0;
    if (known && !restart && strcmp(ice.remote_fingerprint, theirs->fingerprint) == 0) return FAR_OK;
    enum far_err err = ice.local_ufrag[0] && !restart ? FAR_OK : media_secure_local(&ice);
    if (theirs) {
        (void)far_str_copy(ice.remote_ufrag, sizeof(ice.remote_ufrag), theirs->ice_ufrag);
        (void)far_str_copy(ice.remote_fingerprint, sizeof(ice.remote_fingerprint), theirs->fingerprint);
    }
    if (err == FAR_OK) err = media_endpoint_secure(edge->media, call->call, &ice);
    if (err != FAR_OK) return err;
    call->ice = ice;
    call->secure = true;
    return FAR_OK;
}

static struct far_sdp_local local_of(const struct edge *edge, const struct edge_call *call)
{
    struct far_sdp_local local = {.address = edge->advertised_ip,
                                  .ports = {ntohs(call->local.sin_port)},
                                  .ports_len = 1,
                                  .codecs = {FAR_CODEC_PCMA, FAR_CODEC_PCMU},
                                  .codecs_len = 2,
                                  .dtmf = true,
                                  .direction = FAR_SDP_SENDRECV,
                                  .session_id = call->session_id,
                                  .session_version = call->session_version ? call->session_version : 1};
    return local;
}

static struct far_sdp_local_secure secure_of(const struct edge *edge, const struct edge_call *call)
{
    return (struct far_sdp_local_secure){.ice_ufrag = call->ice.local_ufrag,
                                         .ice_pwd = call->ice.local_pwd,
                                         .fingerprint = media_secure_fingerprint(edge->media)};
}

/* Written again with the next version when it differs from what was said last (RFC 3264 8). */
static enum far_err keep(struct edge_call *call, struct far_sdp *sdp)
{
    char text[SDP_SIZE];
    size_t len = 0;
    enum far_err err = far_sdp_write(sdp, text, sizeof(text), &len);
    if (err == FAR_OK && call->sdp && strcmp(call->sdp, text) != 0) {
        sdp->session_version = ++call->session_version;
        err = far_sdp_write(sdp, text, sizeof(text), &len);
    }
    if (err != FAR_OK) return err;
    if (call->session_version == 0) call->session_version = 1;
    char *copy = strdup(text);
    if (!copy) return FAR_ENOMEM;
    free(call->sdp);
    call->sdp = copy;
    return FAR_OK;
}

enum far_err call_offer(struct edge *edge, struct edge_call *call)
{
    struct far_sdp offer;
    enum far_err err = call->secure ? secure(edge, call, NULL) : FAR_OK;
    struct far_sdp_local local = local_of(edge, call);
    struct far_sdp_local_secure ice = secure_of(edge, call);
    if (call->secure) local.secure = &ice;
    if (call->sdp) { /* what goes on keeps its codec */
        local.codecs[0] = call->codec;
        local.codecs[1] = call->codec == FAR_CODEC_PCMA ? FAR_CODEC_PCMU : FAR_CODEC_PCMA;
    }
    if (err == FAR_OK) err = far_sdp_offer(&local, &offer);
    return err == FAR_OK ? keep(call, &offer) : err;
}

/* Of phones and browsers that ring together one answers: only then the endpoint is a browser's, or not. */
enum far_err call_offers(struct edge *edge, struct edge_call *call, size_t plain, size_t browsers)
{
    char text[SDP_SIZE];
    struct far_sdp offer;
    size_t len = 0;
    call->secure = plain == 0;
    enum far_err err = call_offer(edge, call);
    if (err != FAR_OK || call->secure || browsers == 0) return err;
    err = media_secure_local(&call->ice);
    struct far_sdp_local local = local_of(edge, call);
    struct far_sdp_local_secure ice = secure_of(edge, call);
    local.secure = &ice;
    if (err == FAR_OK) err = far_sdp_offer(&local, &offer);
    if (err == FAR_OK) err = far_sdp_write(&offer, text, sizeof(text), &len);
    if (err != FAR_OK) return err;
    call->sdp_secure = strdup(text);
    return call->sdp_secure ? FAR_OK : FAR_ENOMEM;
}

static enum far_err set_remote(struct edge *edge, struct edge_call *call, const struct far_sdp_media *theirs,
                               bool *ret_held)
{
    struct far_sdp_choice choice;
    char why[FAR_SDP_ERROR_MAX] = "";
    enum far_err err =
        call->secure ? far_sdp_choose_secure(theirs, &choice, why) : far_sdp_choose(theirs, &choice);
    if (err == FAR_OK && call->secure) err = secure(edge, call, &theirs->secure);
    if (why[0]) FAR_WARN("sdp-not-secure", "call=%lu why=%s", call->call, why);
    if (err != FAR_OK) return err;
    struct media_remote remote = {.address = choice.address,
                                  .codec = choice.codec,
                                  .payload_type = choice.payload_type,
                                  .dtmf_payload_type = choice.dtmf_payload_type,
                                  .send = choice.peer_receives,
                                  .receive = choice.peer_sends};
    call->codec = choice.codec;
    if (ret_held) *ret_held = far_sdp_held(theirs);
    return media_endpoint_set_remote(edge->media, call->call, &remote);
}

/* The one that far_sdp_answer() will take; NULL: none. */
static const struct far_sdp_media *first_secure(const struct far_sdp *theirs)
{
    struct far_sdp_choice unused;
    for (size_t i = 0; i < theirs->media_len; i++)
        if (far_sdp_choose_secure(&theirs->media[i], &unused, NULL) == FAR_OK) return &theirs->media[i];
    return NULL;
}

enum far_err call_answer(struct edge *edge, struct edge_call *call, const char *offer, size_t len,
                         bool *ret_held)
{
    struct far_sdp theirs, ours;
    enum far_err err = far_sdp_parse(offer, len, &theirs, NULL);
    if (err != FAR_OK) return FAR_EPROTO;
    const struct far_sdp_media *browser = first_secure(&theirs);
    if (!call->sdp && !far_sdp_audio(&theirs) && far_sdp_audio_secure(&theirs)) call->secure = true;
    if (call->secure) { /* our names and passwords must be there before they are written */
        err = browser ? secure(edge, call, &browser->secure) : FAR_ENOTFOUND;
        if (err != FAR_OK) return err;
    }
    struct far_sdp_local local = local_of(edge, call);
    struct far_sdp_local_secure ice = secure_of(edge, call);
    if (call->secure) local.secure = &ice;
    err = far_sdp_answer(&theirs, &local, &ours);
    if (err != FAR_OK) return err;
    /* The one m-line that was taken is the first that can be: the same that set_remote() chooses from. */
    const struct far_sdp_media *taken = NULL;
    for (size_t i = 0; i < ours.media_len && !taken; i++)
        if (ours.media[i].port != 0) taken = &theirs.media[i];
    if (!taken) return FAR_ENOTFOUND;
    err = set_remote(edge, call, taken, ret_held);
    return err == FAR_OK ? keep(call, &ours) : err;
}

/* Who answered first was a browser: what it was offered is what stands. */
static void take_secure_offer(struct edge_call *call)
{
    free(call->sdp);
    call->sdp = call->sdp_secure;
    call->sdp_secure = NULL;
    call->secure = true;
}

enum far_err call_accept(struct edge *edge, struct edge_call *call, const char *answer, size_t len,
                         bool *ret_held)
{
    struct far_sdp theirs;
    if (!answer || far_sdp_parse(answer, len, &theirs, NULL) != FAR_OK) return FAR_EPROTO;
    if (call->sdp_secure && far_sdp_audio_secure(&theirs)) take_secure_offer(call);
    const struct far_sdp_media *audio = call->secure ? far_sdp_audio_secure(&theirs) : far_sdp_audio(&theirs);
    return audio ? set_remote(edge, call, audio, ret_held) : FAR_ENOTFOUND;
}
