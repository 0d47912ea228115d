/* SPDX-License-Identifier: Apache-2.0 */
/* RTP, RTCP and telephone-event from one packet; what is decoded stays inside the packet and comes back. */
#include "far/media/dtmf.h"
#include "far/media/rtp.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_rtp(const uint8_t *data, size_t size)
{
    struct far_rtp rtp, back;
    struct far_rtp_tracker tracker = {0};
    struct far_dtmf_rx rx = {0};
    struct far_dtmf_hit hits[2];
    bool begun;
    if (far_rtp_decode(data, size, &rtp) != FAR_OK) return;
    assert((size_t)rtp.payload_offset + rtp.payload_len <= size);
    uint8_t header[FAR_RTP_HEADER];
    far_rtp_encode(&rtp, header);
    assert(far_rtp_decode(header, sizeof(header), &back) == FAR_OK);
    assert(back.sequence == rtp.sequence && back.timestamp == rtp.timestamp && back.ssrc == rtp.ssrc);
    assert(back.payload_type == rtp.payload_type && back.marker == rtp.marker);
    const uint8_t *payload = data + rtp.payload_offset;
    size_t count = far_dtmf_receive(&rx, payload, rtp.payload_len, rtp.timestamp, 0, &begun, hits);
    count += far_dtmf_receive(&rx, payload, rtp.payload_len, rtp.timestamp, 0, &begun, hits);
    assert(count <= 1);                                 /* the same packet twice is one digit at most */
    for (size_t i = 0; i + 1 < rtp.payload_len; i += 2) /* the payload as a walk of sequence numbers */
        (void)far_rtp_track(&tracker, (uint16_t)(payload[i] << 8 | payload[i + 1]), rtp.timestamp, rtp.ssrc);
    assert(tracker.received + tracker.duplicates == rtp.payload_len / 2u);
}

static void check_rtcp(const uint8_t *data, size_t size)
{
    struct far_rtcp_report report, back;
    uint8_t bytes[FAR_RTCP_REPORT_MAX];
    if (far_rtcp_decode(data, size, &report) != FAR_OK) return;
    size_t len = far_rtcp_encode(&report, "fuzz", bytes);
    assert(len <= sizeof(bytes));
    assert(far_rtcp_decode(bytes, len, &back) == FAR_OK);
    assert(back.ssrc == report.ssrc && back.ntp == report.ntp && back.lost == report.lost);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_rtp(data, size);
    check_rtcp(data, size);
    return 0;
}
