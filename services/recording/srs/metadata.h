/* SPDX-License-Identifier: Apache-2.0 */
/* metadata.h - SIPREC metadata (RFC 7865) and our extension of it (README.md): who speaks on which stream,
 * and which contact it belongs to. Bounded; a document type declaration is refused, so no entity is ever
 * expanded. Any thread. */
#pragma once
#include "far/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define METADATA_BYTES_MAX    65536u
#define METADATA_DEPTH_MAX    16u
#define METADATA_ELEMENTS_MAX 2048u
#define METADATA_STREAMS_MAX  8u
#define METADATA_PEOPLE_MAX   8u
#define METADATA_ID_SIZE      65
#define METADATA_TEXT_SIZE    129
#define METADATA_NAMESPACE    "urn:ietf:params:xml:ns:recording:1"
#define METADATA_EXTENSION    "urn:farseat:recording:1"
#define METADATA_ERROR_SIZE   160

struct metadata_stream {
    char id[METADATA_ID_SIZE];
    char label[METADATA_ID_SIZE];
};
struct metadata_person {
    char id[METADATA_ID_SIZE];
    char name[METADATA_TEXT_SIZE];                      /* the name, or else the address of record */
    char sends[METADATA_STREAMS_MAX][METADATA_ID_SIZE]; /* ids of streams */
    size_t sends_len;
};
struct metadata {
    char recording_id[37];               /* UUID made of session_id; "": none was given */
    char session_id[METADATA_TEXT_SIZE]; /* as given, when it is no UUID; else "" */
    struct metadata_stream streams[METADATA_STREAMS_MAX];
    size_t streams_len;
    struct metadata_person people[METADATA_PEOPLE_MAX];
    size_t people_len;
    char contact_id[64], segment_id[64], agent_id[64], queue_id[64];
    uint32_t part; /* 0: not said */
};

/** Parse. More streams or people than fit are left out; texts that are too long are cut.
 *  @param ret_error on failure: what and where; may be NULL.
 *  @return FAR_OK; FAR_EPROTO: no well-formed recording metadata; FAR_EFULL: beyond a limit; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err metadata_parse(const char *text, size_t len, struct metadata *ret_metadata,
                                           char ret_error[METADATA_ERROR_SIZE]);
/** Who speaks on the stream with this label; "" when that is not said. */
const char *metadata_speaker(const struct metadata *metadata, const char *label);
