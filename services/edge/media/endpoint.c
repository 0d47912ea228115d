/* SPDX-License-Identifier: Apache-2.0 */
/* One endpoint on its thread: birth, remote, bridge, what it sends, reports, death. */
#include "engine.h"
#include "far/clock.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define SILENT_US                                                                                            \
    1000000u              /* then the kernel's filter is taken away, so that a moved phone is heard again    \
                           */
#define CONNECT_AFTER 10u /* packets of the latched source before the filter is set */
#define RTCP_US       5000000u
#define NTP_UNIX_S    UINT64_C(2208988800)

static void watch(const struct media_thread *thread, int fd, struct source *source)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = source};
    /* It fails only for lack of kernel memory; the endpoint is then deaf, and its counts say so. */
    (void)epoll_ctl(thread->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

void endpoint_attach(struct media_thread *thread, struct endpoint *endpoint)
{
    far_list_append(&thread->endpoints, &endpoint->link);
    thread->endpoints_len++;
    if (endpoint->play) gauge_add(&thread->counters.players, 1);
    if (endpoint->secure && endpoint->secure->handshaking) gauge_add(&thread->counters.handshaking, 1);
    for (size_t i = 0; i < MEDIA_FORKS_MAX; i++)
        if (endpoint->forks[i]) gauge_add(&thread->counters.forks, 1);
    if (play_active(endpoint)) far_list_append(&thread->ticking, &endpoint->tick_link);
    watch(thread, endpoint->rtp_fd, &endpoint->rtp_source);
    watch(thread, endpoint->rtcp_fd, &endpoint->rtcp_source);
}

void endpoint_detach(struct media_thread *thread, struct endpoint *endpoint)
{
    endpoint_unbridge(thread, endpoint);
    (void)epoll_ctl(thread->epoll_fd, EPOLL_CTL_DEL, endpoint->rtp_fd, NULL);
    (void)epoll_ctl(thread->epoll_fd, EPOLL_CTL_DEL, endpoint->rtcp_fd, NULL);
    far_list_remove(&endpoint->tick_link);
    far_list_remove(&endpoint->link);
    thread->endpoints_len--;
    if (endpoint->play) gauge_add(&thread->counters.players, -1);
    if (endpoint->secure && endpoint->secure->handshaking) gauge_add(&thread->counters.handshaking, -1);
    for (size_t i = 0; i < MEDIA_FORKS_MAX; i++)
        if (endpoint->forks[i]) gauge_add(&thread->counters.forks, -1);
}

void endpoint_disconnect(struct endpoint *endpoint)
{
    const struct sockaddr none = {.sa_family = AF_UNSPEC};
    if (!endpoint->connected) return;
    (void)connect(endpoint->rtp_fd, &none, sizeof(none));
    endpoint->connected = false;
}

void endpoint_set_remote(struct media_thread *thread, struct endpoint *endpoint,
                         const struct media_remote *remote)
{
    /* Where a browser is its STUN checks say. */
    if (!endpoint->secure && latch_signal(&endpoint->latch, &remote->address, thread->now_us)) {
        endpoint_disconnect(endpoint);
        endpoint->to = remote->address;
        endpoint->to_known = true;
    }
    endpoint->remote = *remote;
    endpoint->remote_set = true;
}

void endpoint_bridge(struct media_thread *thread, struct endpoint *a, struct endpoint *b)
{
    if (a->peer == b) return;
    endpoint_unbridge(thread, a);
    endpoint_unbridge(thread, b);
    a->peer = b;
    b->peer = a;
    gauge_add(&thread->counters.bridges, 1);
}

void endpoint_unbridge(struct media_thread *thread, struct endpoint *endpoint)
{
    if (!endpoint->peer) return;
    endpoint->peer->peer = NULL;
    endpoint->peer = NULL;
    gauge_add(&thread->counters.bridges, -1);
}

bool endpoint_can_send(const struct endpoint *endpoint)
{
    return endpoint->to_known && endpoint->remote.send;
}

static void count_tx_error(struct media_thread *thread, struct endpoint *endpoint)
{
    endpoint->stats.tx_errors++;
    counter_add(&thread->counters.tx_errors, 1);
}

static void count_sent(struct media_thread *thread, struct endpoint *endpoint, size_t len, size_t payload_len)
{
    struct media_stats *stats = &endpoint->stats;
    counter_add(&thread->counters.packets_out, 1);
    counter_add(&thread->counters.bytes_out, len);
    if (stats->tx_packets > 0) {
        uint64_t gap_us = thread->now_us - stats->tx_last_at_us;
        if (gap_us > stats->tx_gap_us_max) stats->tx_gap_us_max = gap_us;
    } else {
        stats->tx_first_at_us = thread->now_us;
    }
    stats->tx_last_at_us = thread->now_us;
    stats->tx_packets++;
    stats->tx_bytes += len;
    endpoint->tx_octets += (uint32_t)payload_len;
}

void endpoint_send(struct media_thread *thread, struct endpoint *endpoint, uint8_t payload_type,
                   const struct stream_out *out, uint8_t *packet, size_t payload_len)
{
    const struct far_rtp header = {.payload_type = payload_type,
                                   .marker = out->marker,
                                   .sequence = out->sequence,
                                   .timestamp = out->timestamp,
                                   .ssrc = endpoint->tx.ssrc};
    size_t len = FAR_RTP_HEADER + payload_len;
    far_rtp_encode(&header, packet);
    if (endpoint->secure && !secure_seal_rtp(endpoint, packet, &len)) {
        count_tx_error(thread, endpoint);
        return;
    }
    ssize_t sent = endpoint->connected ? send(endpoint->rtp_fd, packet, len, MSG_DONTWAIT | MSG_NOSIGNAL)
                                       : sendto(endpoint->rtp_fd, packet, len, MSG_DONTWAIT | MSG_NOSIGNAL,
                                                (const struct sockaddr *)&endpoint->to, sizeof(endpoint->to));
    if (sent == (ssize_t)len) {
        count_sent(thread, endpoint, len, payload_len);
        return;
    }
    /* A full buffer or the echo of a closed port; a late packet is worth nothing, so it is not tried again.
     */
    count_tx_error(thread, endpoint);
}

void endpoint_stats(const struct endpoint *endpoint, struct media_stats *ret_stats)
{
    *ret_stats = endpoint->stats;
    ret_stats->rx_lost = far_rtp_lost(&endpoint->tracker);
    ret_stats->rx_late = endpoint->tracker.late;
    ret_stats->rx_duplicate = endpoint->tracker.duplicates;
    ret_stats->rx_jitter_us = (uint64_t)(endpoint->tracker.jitter_q4 >> 4) * 125;
    ret_stats->remote = endpoint->to;
}

void endpoint_close(struct media_thread *thread, struct endpoint *endpoint)
{
    struct far_dtmf_hit hit;
    if (far_dtmf_expire(&endpoint->digits, UINT64_MAX, &hit)) packet_digit_ended(thread, endpoint, &hit);
    if (endpoint->play) play_end(thread, endpoint, MEDIA_PLAY_STOPPED, "");
    endpoint_detach(thread, endpoint);
    struct media_event event = {.kind = MEDIA_EV_CLOSED};
    endpoint_stats(endpoint, &event.stats.stats);
    /* Descriptors first: the ports are given to others as soon as they are buried. */
    (void)close(endpoint->rtp_fd);
    (void)close(endpoint->rtcp_fd);
    endpoint->rtp_fd = endpoint->rtcp_fd = -1;
    for (size_t i = 0; i < MEDIA_FORKS_MAX; i++)
        for (size_t side = 0; side < 2 && endpoint->forks[i]; side++) {
            (void)close(endpoint->forks[i]->streams[side].fd);
            endpoint->forks[i]->streams[side].fd = -1;
        }
    directory_bury(thread->engine, endpoint);
    thread_emit(thread, endpoint, &event); /* who hears of it finds the place free */
    endpoint_free(endpoint);
}

void endpoint_free(struct endpoint *endpoint)
{
    if (endpoint->rtp_fd >= 0) (void)close(endpoint->rtp_fd);
    if (endpoint->rtcp_fd >= 0) (void)close(endpoint->rtcp_fd);
    (void)play_free(endpoint->play);
    endpoint->secure = secure_free(endpoint->secure);
    for (size_t i = 0; i < MEDIA_FORKS_MAX; i++)
        (void)fork_free(endpoint->forks[i]);
    free(endpoint);
}

static uint64_t ntp_now(void)
{
    uint64_t wall_us = (uint64_t)far_clock_wall_us();
    return (wall_us / 1000000 + NTP_UNIX_S) << 32 | ((wall_us % 1000000) << 32) / 1000000;
}

static void report_received(struct endpoint *endpoint, struct far_rtcp_report *report)
{
    struct far_rtp_tracker *tracker = &endpoint->tracker;
    uint64_t expected = tracker->expected - endpoint->reported_expected;
    uint64_t received = tracker->received - endpoint->reported_received;
    endpoint->reported_expected = tracker->expected;
    endpoint->reported_received = tracker->received;
    uint64_t lost = far_rtp_lost(tracker);
    report->block = true;
    report->about_ssrc = endpoint->latch.ssrc;
    uint64_t fraction = expected > received ? (expected - received) * 255 / expected : 0;
    report->fraction_lost = (uint8_t)fraction;
    report->lost = lost < 0x7fffff ? (int32_t)lost : 0x7fffff;
    report->highest = tracker->highest;
    report->jitter = tracker->jitter_q4 >> 4;
}

/* Sender or receiver report (RFC 3550 6.4) each five seconds: phones and trunks show quality by it. */
static void send_report(struct media_thread *thread, struct endpoint *endpoint)
{
    uint8_t bytes[FAR_RTCP_REPORT_MAX + SECURE_SRTCP_GROWTH];
    struct sockaddr_in to = endpoint->to;
    uint64_t since_us = thread->now_us - endpoint->tx.origin_us;
    struct far_rtcp_report report = {
        .ssrc = endpoint->tx.ssrc,
        .sender = thread->now_us - endpoint->stats.tx_last_at_us < RTCP_US,
        .ntp = ntp_now(),
        .timestamp = endpoint->tx.origin_ts + (uint32_t)(since_us * 8 / 1000),
        .packets = (uint32_t)endpoint->stats.tx_packets,
        .octets = endpoint->tx_octets,
    };
    if (endpoint->latch.locked && endpoint->tracker.started) report_received(endpoint, &report);
    size_t len = far_rtcp_encode(&report, "farseat", bytes);
    int fd = endpoint->rtcp_fd;
    if (endpoint->secure) { /* rtcp-mux */
        fd = endpoint->rtp_fd;
        if (!secure_seal_rtcp(endpoint, bytes, &len)) return;
    } else {
        to.sin_port = htons((uint16_t)(ntohs(to.sin_port) + 1));
    }
    (void)sendto(fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&to, sizeof(to));
}

/* Once the source is settled the kernel keeps others away; a silent one may have moved. */
static void filter(const struct media_thread *thread, struct endpoint *endpoint)
{
    bool silent = thread->now_us > endpoint->latch.heard_at_us + SILENT_US;
    if (silent) {
        endpoint_disconnect(endpoint);
        endpoint->latch.packets = 0;
    } else if (!endpoint->connected && endpoint->latch.locked && endpoint->latch.packets >= CONNECT_AFTER) {
        endpoint->connected = connect(endpoint->rtp_fd, (const struct sockaddr *)&endpoint->latch.source,
                                      sizeof(endpoint->latch.source)) == 0;
    }
}

void endpoint_housekeep(struct media_thread *thread, struct endpoint *endpoint)
{
    struct far_dtmf_hit hit;
    uint64_t now_us = thread->now_us;
    if (far_dtmf_expire(&endpoint->digits, now_us, &hit)) packet_digit_ended(thread, endpoint, &hit);
    if (endpoint->secure)
        secure_housekeep(thread, endpoint);
    else
        filter(thread, endpoint);
    if (endpoint->to_known && now_us >= endpoint->rtcp_due_us) {
        if (endpoint->rtcp_due_us > 0)
            send_report(thread, endpoint); /* not at once: there is nothing to say yet */
        endpoint->rtcp_due_us = now_us + RTCP_US;
    }
}
