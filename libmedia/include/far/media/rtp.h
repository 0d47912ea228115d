/* SPDX-License-Identifier: Apache-2.0 */
/* rtp.h - RTP packets (RFC 3550), the tracker of a received stream's sequence numbers, and RTCP's reports as
 * far as a relay needs them. Pure; any thread. */
#pragma once
#include "far/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAR_RTP_HEADER    12u   /* bytes, without CSRC and extension */
#define FAR_RTP_BYTES_MAX 1500u /* larger packets are not RTP of ours */

struct far_rtp {
    uint8_t payload_type; /* 0..127 */
    bool marker;
    uint16_t sequence;
    uint32_t timestamp;
    uint32_t ssrc;
    uint16_t payload_offset; /* in the packet, after CSRCs and extension */
    uint16_t payload_len;    /* without padding; 0 is allowed */
};

/** Decode one packet. Never reads beyond len.
 *  @return FAR_OK; FAR_EPROTO: version is not 2, or lengths do not fit; FAR_EFULL: len > FAR_RTP_BYTES_MAX.
 */
FAR_MUST_CHECK enum far_err far_rtp_decode(const uint8_t *bytes, size_t len, struct far_rtp *ret_rtp);
/** Write the 12 bytes of a header without CSRC, extension and padding; offset and len of rtp are not used. */
void far_rtp_encode(const struct far_rtp *rtp, uint8_t ret_bytes[FAR_RTP_HEADER]);

/* What became of one packet in its stream. */
enum far_rtp_arrival {
    FAR_RTP_IN_ORDER,
    FAR_RTP_GAP,       /* newer than expected: those between are missing, so far */
    FAR_RTP_LATE,      /* older, and fills a gap */
    FAR_RTP_DUPLICATE, /* seen already, within the last 64 */
    FAR_RTP_RESTART    /* a jump beyond reason, or old numbers in a row: a new stream from here on */
};

/** Zero-initialise. The counts go on through restarts. */
struct far_rtp_tracker {
    bool started;
    uint16_t highest;  /* sequence number */
    uint64_t seen;     /* bit n: highest - n came */
    uint64_t received; /* packets without duplicates */
    uint64_t expected; /* by sequence numbers */
    uint64_t duplicates;
    uint64_t late;
    uint32_t restarts;
    uint16_t old_next; /* the number after the last old one */
    uint16_t old_run;  /* old ones in a row, each one higher than the one before */
    uint32_t transit;  /* for the jitter, in units of the time stamp */
    bool transit_known;
    uint32_t jitter_q4; /* RFC 3550 A.8: 16 times the jitter, in units of the time stamp */
};
/** Enter one packet.
 *  @param arrived_ts its arrival on the receiver's clock, in units of the time stamp (us * 8 / 1000 for
 * G.711). */
enum far_rtp_arrival far_rtp_track(struct far_rtp_tracker *tracker, uint16_t sequence, uint32_t timestamp,
                                   uint32_t arrived_ts);
/** Forget the stream (its SSRC changed) but keep the counts. */
void far_rtp_track_restart(struct far_rtp_tracker *tracker);
/** expected - received, never below 0. */
uint64_t far_rtp_lost(const struct far_rtp_tracker *tracker);

/** A sender report or receiver report with at most one report block (RFC 3550 6.4). */
struct far_rtcp_report {
    uint32_t ssrc; /* who reports */
    bool sender;   /* SR: the four below hold */
    uint64_t ntp;  /* 32.32 fixed point since 1900 */
    uint32_t timestamp;
    uint32_t packets;
    uint32_t octets;
    bool block; /* a report block: the rest holds */
    uint32_t about_ssrc;
    uint8_t fraction_lost; /* of 256 */
    int32_t lost;          /* cumulative, 24 bits */
    uint32_t highest;      /* extended highest sequence */
    uint32_t jitter;       /* in units of the time stamp */
    uint32_t last_sr, delay_since_sr;
};
#define FAR_RTCP_REPORT_MAX 80u /* bytes of what far_rtcp_encode() writes */
/** Decode the first SR or RR of a compound packet; further blocks are skipped.
 *  @return FAR_OK; FAR_EPROTO: not RTCP, or lengths do not fit; FAR_ENOTFOUND: valid, but without a report.
 */
FAR_MUST_CHECK enum far_err far_rtcp_decode(const uint8_t *bytes, size_t len,
                                            struct far_rtcp_report *ret_report);
/** Write the report and an SDES packet with the CNAME (1..16 bytes, more is cut), as RFC 3550 6.1 wants.
 *  @return bytes written. */
size_t far_rtcp_encode(const struct far_rtcp_report *report, const char *cname,
                       uint8_t ret_bytes[FAR_RTCP_REPORT_MAX]);
