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
    struct far_sdp_local local = local_of(edge, call);
    if (call->sdp) { /* what goes on keeps its codec */
        local.codecs[0] = call->codec;
        local.codecs[1] = call->codec == FAR_CODEC_PCMA ? FAR_CODEC_PCMU : FAR_CODEC_PCMA;
    }
    enum far_err err = far_sdp_offer(&local, &offer);
    return err == FAR_OK ? keep(call, &offer) : err;
}

static enum far_err set_remote(struct edge *edge, struct edge_call *call, const struct far_sdp_media *theirs,
                               bool *ret_held)
{
    struct far_sdp_choice choice;
    enum far_err err = far_sdp_choose(theirs, &choice);
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

enum far_err call_answer(struct edge *edge, struct edge_call *call, const char *offer, size_t len,
                         bool *ret_held)
{
    struct far_sdp theirs, ours;
    struct far_sdp_local local = local_of(edge, call);
    enum far_err err = far_sdp_parse(offer, len, &theirs, NULL);
    if (err != FAR_OK) return FAR_EPROTO;
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

enum far_err call_accept(struct edge *edge, struct edge_call *call, const char *answer, size_t len,
                         bool *ret_held)
{
    struct far_sdp theirs;
    if (!answer || far_sdp_parse(answer, len, &theirs, NULL) != FAR_OK) return FAR_EPROTO;
    const struct far_sdp_media *audio = far_sdp_audio(&theirs);
    return audio ? set_remote(edge, call, audio, ret_held) : FAR_ENOTFOUND;
}
