/* SPDX-License-Identifier: Apache-2.0 */
/* A received packet's way: checked, latched, counted, copied to recorders, relayed. Nothing is allocated
 * here. */
#include "engine.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define PT_COMFORT_NOISE 13u

static void drop(struct media_thread *thread, struct endpoint *endpoint, enum media_drop why)
{
    endpoint->stats.rx_dropped++;
    counter_add(&thread->counters.dropped[why], 1);
}

/* Read one packet into the thread's buffer. @return its length; 0: there is none, or it is dropped. */
static size_t read_packet(struct media_thread *thread, struct endpoint *endpoint, int fd,
                          struct sockaddr_in *ret_from)
{
    socklen_t from_len = sizeof(*ret_from);
    ssize_t len = recvfrom(fd, thread->buffer, sizeof(thread->buffer), MSG_DONTWAIT,
                           (struct sockaddr *)ret_from, &from_len);
    if (len < 0) return 0; /* nothing there, or an ICMP error of an earlier packet: reading has cleared it */
    if ((size_t)len > FAR_RTP_BYTES_MAX) {
        drop(thread, endpoint, MEDIA_DROP_OVERSIZED);
        return 0;
    }
    if (len == 0) drop(thread, endpoint, MEDIA_DROP_NOT_RTP);
    return (size_t)len;
}

/* Streams that it fills begin a new stretch with its next packet. */
static void new_source(struct endpoint *endpoint)
{
    endpoint->epoch++;
    endpoint->source = endpoint->serial | (uint64_t)endpoint->epoch << 40;
}

/* The stream is another from here on: what was known about its numbers does not hold. */
static void begin_stream(struct media_thread *thread, struct endpoint *endpoint)
{
    struct far_dtmf_hit hit;
    far_rtp_track_restart(&endpoint->tracker);
    new_source(endpoint);
    if (far_dtmf_expire(&endpoint->digits, UINT64_MAX, &hit)) packet_digit_ended(thread, endpoint, &hit);
    endpoint->digits = (struct far_dtmf_rx){0};
    if (endpoint->secure || latch_same(&endpoint->to, &endpoint->latch.source)) return;
    endpoint_disconnect(endpoint);
    endpoint->to = endpoint->latch.source; /* symmetric RTP */
    endpoint->to_known = true;
}

static void count_received(struct media_thread *thread, struct endpoint *endpoint, size_t len)
{
    struct media_stats *stats = &endpoint->stats;
    if (stats->rx_packets == 0) stats->rx_first_at_us = thread->now_us;
    stats->rx_last_at_us = thread->now_us;
    stats->rx_packets++;
    stats->rx_bytes += len;
}

/* What a packet is, by its payload type. */
enum content { CONTENT_AUDIO, CONTENT_DIGIT, CONTENT_NOISE, CONTENT_UNKNOWN };

static enum content content_of(const struct endpoint *endpoint, uint8_t payload_type)
{
    if (payload_type == endpoint->remote.payload_type) return CONTENT_AUDIO;
    if (payload_type == endpoint->remote.dtmf_payload_type) return CONTENT_DIGIT;
    return payload_type == PT_COMFORT_NOISE ? CONTENT_NOISE : CONTENT_UNKNOWN;
}

void packet_digit_ended(struct media_thread *thread, struct endpoint *endpoint,
                        const struct far_dtmf_hit *hit)
{
    struct media_event event = {.kind = MEDIA_EV_DIGIT,
                                .digit = {.digit = hit->digit, .duration_ms = hit->duration_ms}};
    thread_emit(thread, endpoint, &event);
}

static void hear_digit(struct media_thread *thread, struct endpoint *endpoint, const struct far_rtp *rtp)
{
    bool begun;
    struct far_dtmf_hit hits[2];
    size_t count = far_dtmf_receive(&endpoint->digits, thread->buffer + rtp->payload_offset, rtp->payload_len,
                                    rtp->timestamp, thread->now_us, &begun, hits);
    for (size_t i = 0; i < count; i++)
        packet_digit_ended(thread, endpoint, &hits[i]);
    if (begun && endpoint->play && endpoint->play->barge_in) play_end(thread, endpoint, MEDIA_PLAY_DIGIT, "");
}

/* Send the packet in the buffer on to `to`, which may be where it came from (echo). */
static void relay(struct media_thread *thread, const struct endpoint *from, struct endpoint *to,
                  const struct far_rtp *rtp, enum content content)
{
    uint8_t payload_type = to->remote.payload_type;
    uint32_t samples = rtp->payload_len;
    struct stream_out out;
    if (!endpoint_can_send(to) || play_active(to)) return;
    if (content == CONTENT_DIGIT) {
        payload_type = to->remote.dtmf_payload_type;
        samples = 0;
    }
    if (content == CONTENT_NOISE || payload_type == MEDIA_PT_NONE) {
        stream_skip(&to->tx, from->source, rtp);
        return;
    }
    if (!stream_relay(&to->tx, from->source, rtp, samples, thread->now_us, &out)) return;
    uint8_t *packet =
        thread->buffer + rtp->payload_offset - FAR_RTP_HEADER; /* the new header fits before it */
    if (content == CONTENT_AUDIO)
        far_g711_transcode(from->remote.codec, to->remote.codec, packet + FAR_RTP_HEADER, rtp->payload_len);
    endpoint_send(thread, to, payload_type, &out, packet, rtp->payload_len);
}

static void hand_on(struct media_thread *thread, struct endpoint *endpoint, const struct far_rtp *rtp,
                    enum content content)
{
    struct endpoint *peer = endpoint->peer;
    uint8_t *packet = thread->buffer + rtp->payload_offset - FAR_RTP_HEADER;
    bool audio = content == CONTENT_AUDIO;
    if (audio) fork_copy(thread, endpoint, 0, endpoint->source, endpoint->remote.codec, rtp, packet);
    if (audio && peer) fork_copy(thread, peer, 1, endpoint->source, endpoint->remote.codec, rtp, packet);
    if (peer)
        relay(thread, endpoint, peer, rtp, content);
    else if (endpoint->echo && audio)
        relay(thread, endpoint, endpoint, rtp, content);
    else if (endpoint->echo)
        stream_skip(&endpoint->tx, endpoint->source, rtp); /* a digit is not echoed, nor seems it lost */
    else if (audio)
        counter_add(&thread->counters.dropped[MEDIA_DROP_UNBRIDGED],
                    1); /* expected, so not the endpoint's fault */
}

static enum latch_verdict judge(const struct media_thread *thread, struct endpoint *endpoint,
                                const struct sockaddr_in *from, const struct far_rtp *rtp)
{
    if (endpoint->secure) return latch_trust(&endpoint->latch, from, rtp->ssrc, thread->now_us);
    return latch_check(&endpoint->latch, from, rtp->ssrc, rtp->sequence, thread->now_us);
}

void packet_receive(struct media_thread *thread, struct endpoint *endpoint)
{
    struct sockaddr_in from;
    struct far_rtp rtp;
    size_t len = read_packet(thread, endpoint, endpoint->rtp_fd, &from);
    if (len == 0) return;
    if (endpoint->secure) len = secure_receive(thread, endpoint, &from, len);
    if (len == 0) return;
    if (far_rtp_decode(thread->buffer, len, &rtp) != FAR_OK) {
        drop(thread, endpoint, MEDIA_DROP_NOT_RTP);
        return;
    }
    if (!endpoint->remote_set || !endpoint->remote.receive) {
        drop(thread, endpoint, MEDIA_DROP_UNWANTED);
        return;
    }
    enum content content = content_of(endpoint, rtp.payload_type);
    if (content == CONTENT_UNKNOWN) {
        drop(thread, endpoint, MEDIA_DROP_TYPE);
        return;
    }
    enum latch_verdict verdict = judge(thread, endpoint, &from, &rtp);
    if (verdict == LATCH_STRAY) {
        drop(thread, endpoint, MEDIA_DROP_STRAY);
        return;
    }
    if (verdict == LATCH_ACCEPT_NEW) begin_stream(thread, endpoint);
    count_received(thread, endpoint, len);
    counter_add(&thread->counters.packets_in, 1);
    counter_add(&thread->counters.bytes_in, len);
    uint32_t arrived_ts = (uint32_t)(thread->now_us * 8 / 1000);
    enum far_rtp_arrival arrival = far_rtp_track(&endpoint->tracker, rtp.sequence, rtp.timestamp, arrived_ts);
    if (arrival == FAR_RTP_RESTART) new_source(endpoint);
    if (content == CONTENT_DIGIT) hear_digit(thread, endpoint, &rtp); /* knows repetitions itself */
    if (!endpoint->muted && arrival != FAR_RTP_DUPLICATE) hand_on(thread, endpoint, &rtp, content);
}

void packet_receive_rtcp(struct media_thread *thread, struct endpoint *endpoint)
{
    struct sockaddr_in from;
    size_t len = read_packet(thread, endpoint, endpoint->rtcp_fd, &from);
    if (len == 0) return;
    if (endpoint->secure)
        drop(thread, endpoint, MEDIA_DROP_UNSECURED); /* theirs comes with the sound, encrypted */
    else
        packet_heard_rtcp(thread, endpoint, &from, len);
}

void packet_heard_rtcp(struct media_thread *thread, struct endpoint *endpoint, const struct sockaddr_in *from,
                       size_t len)
{
    struct far_rtcp_report report;
    enum far_err err = far_rtcp_decode(thread->buffer, len, &report);
    if (err == FAR_EPROTO) drop(thread, endpoint, MEDIA_DROP_NOT_RTP);
    if (err == FAR_OK && endpoint->to_known && from->sin_addr.s_addr == endpoint->to.sin_addr.s_addr)
        endpoint->stats.rtcp_last_at_us = thread->now_us;
    if (err != FAR_OK || !report.block || report.about_ssrc != endpoint->tx.ssrc) return;
    endpoint->stats.remote_lost = report.lost > 0 ? (uint64_t)report.lost : 0;
    endpoint->stats.remote_jitter_us = (uint64_t)report.jitter * 125;
}
