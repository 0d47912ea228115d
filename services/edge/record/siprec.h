/* SPDX-License-Identifier: Apache-2.0 */
/* siprec.h - what a SIPREC client says to a recorder (RFC 7866, metadata RFC 7865) and what it reads of the
 * answer. Text only; services/recording/README.md has the same from the other side. Pure. */
#pragma once
#include "far/err.h"
#include "far/media/sdp.h"
#include <stddef.h>
#include <stdint.h>

#define SIPREC_BODY_SIZE    8192
#define SIPREC_CONTENT_TYPE "multipart/mixed;boundary=farseat-siprec"

struct siprec_offer {
    const char *recording_id, *contact_id, *leg_id, *segment_id; /* ids: texts of [A-Za-z0-9-] */
    const char *agent_id, *agent_name, *queue_id, *caller_number;
    const char *site; /* domain of the participants' addresses */
    uint32_t part;
    const char *address;            /* where the forks send from */
    uint16_t left_port, right_port; /* caller, agent */
    uint64_t session_id;
};
/** The body: SDP with labels 1 (caller) and 2 (agent), sendonly, and the metadata.
 *  @return FAR_OK; FAR_EFULL: it does not fit; FAR_EINVAL: SDP cannot be made of it. */
FAR_MUST_CHECK enum far_err siprec_offer_write(const struct siprec_offer *offer,
                                               char ret_body[SIPREC_BODY_SIZE], size_t *ret_len);

struct siprec_streams {
    struct far_sdp_choice left, right; /* address.sin_port 0: the recorder does not want it */
};
/** Read an answer: SDP alone or the first SDP part of a multipart.
 *  @param type Content-Type with its boundary parameter.
 *  @return FAR_OK; FAR_EPROTO: no SDP in it, or malformed; FAR_ENOTFOUND: it wants neither stream. */
FAR_MUST_CHECK enum far_err siprec_answer_read(const char *type, const char *body, size_t len,
                                               struct siprec_streams *ret_streams);
