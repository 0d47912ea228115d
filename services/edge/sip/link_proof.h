/* SPDX-License-Identifier: Apache-2.0 */
/* link_proof.h - the header X-Farseat-Link with which one edge calls another: which leg and bridge it is
 * about, and a proof that the caller can read the called edge's secret in bucket `edges`.
 *
 *   X-Farseat-Link: leg=ID;bridge=ID;edge=NAME;time=UNIX_MS;proof=64 hex digits
 *
 * The proof is HMAC-SHA-512-256 of what stands before ";proof=", keyed by the secret. */
#pragma once
#include "far/err.h"
#include <stdint.h>

#define LINK_NAME_SIZE    64
#define LINK_SECRET_BYTES 32
#define LINK_HEADER_SIZE  320
#define LINK_SKEW_MS      60000 /* clocks of two sites, and the way of the INVITE */

struct link_header {
    char leg_id[LINK_NAME_SIZE]; /* of the called edge */
    char bridge_id[LINK_NAME_SIZE];
    char edge[LINK_NAME_SIZE]; /* who calls */
    int64_t time_ms;
};
/** Write the header's value. @return FAR_OK; FAR_EINVAL: a name is empty, too long or holds ';'. */
FAR_MUST_CHECK enum far_err link_header_write(const struct link_header *header,
                                              const uint8_t secret[LINK_SECRET_BYTES],
                                              char ret_text[LINK_HEADER_SIZE]);
/** Read a value and check its proof. @return FAR_OK; FAR_EPROTO: malformed; FAR_EDENIED: proof or time. */
FAR_MUST_CHECK enum far_err link_header_read(const char *text, const uint8_t secret[LINK_SECRET_BYTES],
                                             int64_t now_ms, struct link_header *ret_header);
