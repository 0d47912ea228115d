/* SPDX-License-Identifier: Apache-2.0 */
/* offer.h - what a SIPREC client sends, understood: body apart, SDP and metadata read, streams given their
 * sides. Pure but for the XML parser; any thread. */
#pragma once
#include "align.h"
#include "far/media/sdp.h"
#include "metadata.h"
#include "part.h"

struct offer {
    bool has_sdp, has_metadata;
    struct far_sdp sdp;
    struct metadata metadata;
};
#define OFFER_ERROR_SIZE 192

/** Read a body: multipart/mixed, or one of its parts alone. type: Content-Type without parameters; boundary:
 * its parameter, "" when there is none.
 *  @return FAR_OK (both has_ flags may be false: an unknown type); FAR_EPROTO, FAR_EFULL, FAR_EINVAL: see
 * ret_error. */
FAR_MUST_CHECK enum far_err offer_read(const char *type, const char *boundary, const char *body, size_t len,
                                       struct offer *ret_offer, char ret_error[OFFER_ERROR_SIZE]);

/* The m-lines of an offer that are recorded, and how. */
struct offer_streams {
    size_t len;
    size_t media[ALIGN_SIDES];           /* index of the m-line */
    unsigned side[ALIGN_SIDES];          /* 0 left, 1 right */
    struct in_addr address[ALIGN_SIDES]; /* by stream: where its sound comes from */
    char label[ALIGN_SIDES][FAR_SDP_NAME_MAX];
    enum far_codec codec; /* of the first stream: what is stored */
};
/** The first two m-lines that far_sdp_choose() accepts: those are what far_sdp_answer() accepts. Label "1" is
 * left, "2" right; else the first one is left. @return FAR_OK; FAR_ENOTFOUND: none. */
FAR_MUST_CHECK enum far_err offer_streams(const struct far_sdp *sdp, struct offer_streams *ret_streams);
/** Put what the metadata name into part (ids, names of both sides, number when it is 0); what they do not
 * name stays. */
void offer_describe(const struct offer *offer, const struct offer_streams *streams, struct part *part);
