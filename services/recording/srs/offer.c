/* SPDX-License-Identifier: Apache-2.0 */
#include "offer.h"
#include "far/str.h"
#include "multipart.h"
#include <stdio.h>
#include <string.h>

static const char *const metadata_types[] = {"application/rs-metadata+xml", "application/rs-metadata"};

static bool is_metadata(const char *type)
{
    for (size_t i = 0; i < FAR_ARRAY_LEN(metadata_types); i++)
        if (far_str_equal_nocase(type, metadata_types[i])) return true;
    return false;
}

static enum far_err part_read(const char *type, const char *body, size_t len, struct offer *offer,
                              char ret_error[OFFER_ERROR_SIZE])
{
    char fault[METADATA_ERROR_SIZE > FAR_SDP_ERROR_MAX ? METADATA_ERROR_SIZE : FAR_SDP_ERROR_MAX] = "";
    enum far_err err = FAR_OK;
    if (far_str_equal_nocase(type, "application/sdp") && !offer->has_sdp) {
        err = far_sdp_parse(body, len, &offer->sdp, fault);
        offer->has_sdp = err == FAR_OK;
    } else if (is_metadata(type) && !offer->has_metadata) {
        err = metadata_parse(body, len, &offer->metadata, fault);
        offer->has_metadata = err == FAR_OK;
    }
    if (err != FAR_OK)
        (void)snprintf(ret_error, OFFER_ERROR_SIZE, "%.24s: %s", is_metadata(type) ? "metadata" : "SDP",
                       fault);
    return err;
}

enum far_err offer_read(const char *type, const char *boundary, const char *body, size_t len,
                        struct offer *ret_offer, char ret_error[OFFER_ERROR_SIZE])
{
    memset(ret_offer, 0, sizeof(*ret_offer));
    ret_error[0] = '\0';
    if (!far_str_equal_nocase(type, "multipart/mixed"))
        return part_read(type, body, len, ret_offer, ret_error);
    struct multipart_part parts[MULTIPART_MAX];
    size_t count = 0;
    enum far_err err = multipart_split(boundary, body, len, parts, &count);
    if (err != FAR_OK) {
        (void)snprintf(ret_error, OFFER_ERROR_SIZE, "multipart body: %s", far_err_text(err));
        return err;
    }
    for (size_t i = 0; i < count && err == FAR_OK; i++)
        err = part_read(parts[i].type, parts[i].body, parts[i].len, ret_offer, ret_error);
    return err;
}

enum far_err offer_streams(const struct far_sdp *sdp, struct offer_streams *ret_streams)
{
    struct offer_streams streams = {.codec = FAR_CODEC_PCMA};
    for (size_t i = 0; i < sdp->media_len && streams.len < ALIGN_SIDES; i++) {
        struct far_sdp_choice choice;
        if (far_sdp_choose(&sdp->media[i], &choice) != FAR_OK) continue;
        if (streams.len == 0) streams.codec = choice.codec;
        streams.media[streams.len] = i;
        streams.side[streams.len] = (unsigned)streams.len;
        streams.address[streams.len] = choice.address.sin_addr;
        (void)far_str_copy(streams.label[streams.len], FAR_SDP_NAME_MAX, sdp->media[i].label);
        streams.len++;
    }
    if (streams.len == 0) return FAR_ENOTFOUND;
    if (strcmp(streams.label[0], "2") == 0 || strcmp(streams.label[1], "1") == 0) {
        streams.side[0] = 1;
        streams.side[1] = 0;
    }
    *ret_streams = streams;
    return FAR_OK;
}

static void describe(char *out, size_t size, const char *text)
{
    if (text[0]) (void)far_str_copy(out, size, text);
}

void offer_describe(const struct offer *offer, const struct offer_streams *streams, struct part *part)
{
    const struct metadata *metadata = &offer->metadata;
    if (!offer->has_metadata) return;
    describe(part->contact_id, sizeof(part->contact_id), metadata->contact_id);
    describe(part->segment_id, sizeof(part->segment_id), metadata->segment_id);
    describe(part->agent_id, sizeof(part->agent_id), metadata->agent_id);
    describe(part->queue_id, sizeof(part->queue_id), metadata->queue_id);
    describe(part->session_id, sizeof(part->session_id), metadata->session_id);
    if (part->number == 0) part->number = metadata->part;
    for (size_t i = 0; i < streams->len; i++) {
        const char *speaker = metadata_speaker(metadata, streams->label[i]);
        if (streams->side[i] == 0)
            describe(part->left, sizeof(part->left), speaker);
        else
            describe(part->right, sizeof(part->right), speaker);
    }
}
