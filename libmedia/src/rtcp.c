/* SPDX-License-Identifier: Apache-2.0 */
#include "far/media/rtp.h"
#include "wire.h"
#include <string.h>

#define RTCP_SR         200
#define RTCP_RR         201
#define RTCP_SDES       202
#define RTCP_TYPE_LAST  204
#define SENDER_BYTES    20u
#define BLOCK_BYTES     24u
#define SDES_CNAME      1
#define CNAME_BYTES_MAX 16u

static void decode_block(const uint8_t *bytes, struct far_rtcp_report *report)
{
    uint32_t lost = wire_u32(bytes + 4) & 0xffffffu;
    report->block = true;
    report->about_ssrc = wire_u32(bytes);
    report->fraction_lost = bytes[4];
    report->lost = lost & 0x800000u ? (int32_t)lost - 0x1000000 : (int32_t)lost;
    report->highest = wire_u32(bytes + 8);
    report->jitter = wire_u32(bytes + 12);
    report->last_sr = wire_u32(bytes + 16);
    report->delay_since_sr = wire_u32(bytes + 20);
}

/* One packet of the compound: len is its own length, at least 8. */
static enum far_err decode_report(const uint8_t *bytes, size_t len, struct far_rtcp_report *ret_report)
{
    struct far_rtcp_report report = {.ssrc = wire_u32(bytes + 4), .sender = bytes[1] == RTCP_SR};
    size_t blocks = bytes[0] & 0x1fu;
    size_t at = 8 + (report.sender ? SENDER_BYTES : 0);
    if (len < at + blocks * BLOCK_BYTES) return FAR_EPROTO;
    if (report.sender) {
        report.ntp = (uint64_t)wire_u32(bytes + 8) << 32 | wire_u32(bytes + 12);
        report.timestamp = wire_u32(bytes + 16);
        report.packets = wire_u32(bytes + 20);
        report.octets = wire_u32(bytes + 24);
    }
    if (blocks > 0) decode_block(bytes + at, &report);
    *ret_report = report;
    return FAR_OK;
}

enum far_err far_rtcp_decode(const uint8_t *bytes, size_t len, struct far_rtcp_report *ret_report)
{
    if (len == 0 || len > FAR_RTP_BYTES_MAX) return FAR_EPROTO;
    for (size_t at = 0; at < len;) {
        if (len - at < 8 || bytes[at] >> 6 != 2) return FAR_EPROTO;
        uint8_t type = bytes[at + 1];
        if (type < RTCP_SR || type > RTCP_TYPE_LAST + 3) return FAR_EPROTO; /* 205..207: feedback, extended */
        size_t packet_len = 4u * (wire_u16(bytes + at + 2) + 1u);
        if (packet_len < 8 || packet_len > len - at) return FAR_EPROTO;
        if (type == RTCP_SR || type == RTCP_RR) return decode_report(bytes + at, packet_len, ret_report);
        at += packet_len;
    }
    return FAR_ENOTFOUND;
}

static size_t encode_block(const struct far_rtcp_report *report, uint8_t *bytes)
{
    wire_put_u32(bytes, report->about_ssrc);
    wire_put_u32(bytes + 4, (uint32_t)report->fraction_lost << 24 | ((uint32_t)report->lost & 0xffffffu));
    wire_put_u32(bytes + 8, report->highest);
    wire_put_u32(bytes + 12, report->jitter);
    wire_put_u32(bytes + 16, report->last_sr);
    wire_put_u32(bytes + 20, report->delay_since_sr);
    return BLOCK_BYTES;
}

static size_t encode_sdes(uint32_t ssrc, const char *cname, uint8_t *bytes)
{
    size_t name_len = strnlen(cname, CNAME_BYTES_MAX);
    size_t len = 8 + 2 + name_len + 1;
    len += (4 - len % 4) % 4;
    memset(bytes, 0, len); /* the end mark and what fills the word are zero */
    bytes[0] = 0x81;
    bytes[1] = RTCP_SDES;
    wire_put_u16(bytes + 2, (uint16_t)(len / 4 - 1));
    wire_put_u32(bytes + 4, ssrc);
    bytes[8] = SDES_CNAME;
    bytes[9] = (uint8_t)name_len;
    memcpy(bytes + 10, cname, name_len);
    return len;
}

size_t far_rtcp_encode(const struct far_rtcp_report *report, const char *cname,
                       uint8_t ret_bytes[FAR_RTCP_REPORT_MAX])
{
    size_t len = 8;
    ret_bytes[0] = report->block ? 0x81 : 0x80;
    ret_bytes[1] = report->sender ? RTCP_SR : RTCP_RR;
    wire_put_u32(ret_bytes + 4, report->ssrc);
    if (report->sender) {
        wire_put_u32(ret_bytes + 8, (uint32_t)(report->ntp >> 32));
        wire_put_u32(ret_bytes + 12, (uint32_t)report->ntp);
        wire_put_u32(ret_bytes + 16, report->timestamp);
        wire_put_u32(ret_bytes + 20, report->packets);
        wire_put_u32(ret_bytes + 24, report->octets);
        len += SENDER_BYTES;
    }
    if (report->block) len += encode_block(report, ret_bytes + len);
    wire_put_u16(ret_bytes + 2, (uint16_t)(len / 4 - 1));
    return len + encode_sdes(report->ssrc, cname, ret_bytes + len);
}
