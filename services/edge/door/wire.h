/* SPDX-License-Identifier: Apache-2.0 */
/* wire.h - a browser's SIP messages on their way to and from Sofia, which knows UDP and TCP only. One token
 * is all that is rewritten: the transport of the top Via, WS or WSS towards the browser, TCP towards Sofia;
 * and a Content-Length is written where there is none (RFC 7118 lets it out, a stream needs it). Pure. */
#pragma once
#include "far/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_MESSAGE_MAX 65535u /* bytes; of a frame's length, which has 16 bits to spare */
#define WIRE_FRAME_MAX   (WIRE_MESSAGE_MAX + 4u)
#define WIRE_GROWTH_MAX  32u /* bytes that a message can gain */

enum wire_via {
    WIRE_VIA_NONE, /* there is none, or its top one is of another transport: nothing is rewritten */
    WIRE_VIA_TCP,
    WIRE_VIA_WS,
    WIRE_VIA_WSS
};

/** What matters of one message, which is whole. */
struct wire_look {
    bool response;
    size_t head_len; /* with the empty line */
    bool has_length; /* a Content-Length was there: the body's length is as it says */
    enum wire_via via;
    size_t via_at, via_len; /* of the token */
};
/** Look at a message that fills its frame: a first line, header lines, an empty line, a body.
 *  @return FAR_OK; FAR_EPROTO: it is not SIP, its head does not end, has a NUL, or names another length than
 * its body has. */
FAR_MUST_CHECK enum far_err wire_look(const char *message, size_t len, struct wire_look *ret_look);

/** A message from a browser, as Sofia takes it. out has room for len + WIRE_GROWTH_MAX.
 *  @param ret_via how the browser calls its transport, for the way back: left as it is when the message is a
 * response. @return FAR_OK, FAR_EPROTO: as wire_look(). */
FAR_MUST_CHECK enum far_err wire_to_sofia(const char *message, size_t len, char *out, size_t *ret_len,
                                          enum wire_via *ret_via);
/** A message from Sofia, as the browser takes it: the top Via of a response is the browser's again. */
FAR_MUST_CHECK enum far_err wire_to_browser(const char *message, size_t len, enum wire_via via, char *out,
                                            size_t *ret_len);

/** How long the first message of a stream is, behind blank lines that may come before it (keep-alives).
 *  @param ret_skip bytes to leave out first. @param ret_len 0: it is not whole yet.
 *  @return FAR_OK; FAR_EPROTO: no SIP, or no Content-Length; FAR_EFULL: longer than WIRE_MESSAGE_MAX. */
FAR_MUST_CHECK enum far_err wire_split(const char *stream, size_t len, size_t *ret_skip, size_t *ret_len);
/** The message in the frame that data begins with: four bytes of its length, big-endian, then itself.
 *  @param ret_len of the message, which lies 4 bytes on; 0: it is not whole yet.
 *  @return FAR_OK; FAR_EPROTO: the length is 0 or above WIRE_MESSAGE_MAX. */
FAR_MUST_CHECK enum far_err wire_frame(const char *data, size_t len, size_t *ret_len);
/** Write a frame's head. */
void wire_frame_head(size_t len, char ret_head[4]);
/** Nothing but line ends: a keep-alive (RFC 5626). */
bool wire_is_blank(const char *data, size_t len);
