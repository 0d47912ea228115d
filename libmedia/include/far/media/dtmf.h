/* SPDX-License-Identifier: Apache-2.0 */
/* dtmf.h - digits as telephone-event (RFC 4733): from packets to digits and back. Pure; one thread an object.
 */
#pragma once
#include "far/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAR_DTMF_PAYLOAD 4u /* bytes of one event block */

/** @return 0..15 for 0-9 * # A-D (a-d too), or -1. */
int far_dtmf_event(char digit);
/** @return the digit of event 0..15, or 0. */
char far_dtmf_digit(unsigned event);

/** A receiver of one stream; zero-initialise. An event is known by its time stamp: repeated packets and
 * repeated ends of it count once; when all its ends were lost it ends by the next event or by
 * far_dtmf_expire(). */
struct far_dtmf_rx {
    bool open;  /* an event runs */
    bool known; /* last_timestamp holds */
    uint8_t event;
    uint16_t duration;       /* so far, in units of the time stamp (1/8000 s) */
    uint32_t last_timestamp; /* of the event that runs, or that ended last */
    uint64_t heard_at_us;
};
struct far_dtmf_hit {
    char digit;
    uint32_t duration_ms;
};
/** Enter one payload.
 *  @param ret_begun whether this packet is the first of a new digit.
 *  @return how many digits it ended (0..2: a lost end of the one before, and its own), in ret_hits. Malformed
 * or not a digit: 0. */
size_t far_dtmf_receive(struct far_dtmf_rx *rx, const uint8_t *payload, size_t len, uint32_t timestamp,
                        uint64_t now_us, bool *ret_begun, struct far_dtmf_hit ret_hits[2]);
/** End an event whose packets stopped coming 200 ms ago or earlier. @return whether one ended, in ret_hit. */
bool far_dtmf_expire(struct far_dtmf_rx *rx, uint64_t now_us, struct far_dtmf_hit *ret_hit);

/** A sender of one digit: a packet each 20 ms, the last one three times. */
struct far_dtmf_tx {
    uint8_t event;
    uint16_t duration; /* so far, in units of the time stamp */
    uint16_t duration_total;
    uint8_t ends_left;
    bool first;
};
/** Begin. @return FAR_OK; FAR_EINVAL: not a digit, or duration_ms is not 40..5000. */
FAR_MUST_CHECK enum far_err far_dtmf_start(struct far_dtmf_tx *tx, char digit, uint32_t duration_ms);
/** The next packet's payload; all packets of a digit carry the time stamp of its beginning.
 *  @param ret_marker whether the RTP marker is due. @return false: the digit is done, nothing was written. */
bool far_dtmf_next(struct far_dtmf_tx *tx, uint8_t ret_payload[FAR_DTMF_PAYLOAD], bool *ret_marker);
