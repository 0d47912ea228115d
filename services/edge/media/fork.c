/* SPDX-License-Identifier: Apache-2.0 */
/* Copies for a recorder (SIPREC): two streams, each with a clock that began with the fork. What becomes of
 * them is nobody's concern here: errors are counted, a refusal is told once. */
#include "engine.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct fork *fork_free(struct fork *fork)
{
    if (!fork) return NULL;
    for (size_t side = 0; side < 2; side++)
        if (fork->streams[side].fd >= 0) (void)close(fork->streams[side].fd);
    free(fork);
    return NULL;
}

static struct fork **find(struct endpoint *endpoint, uint64_t fork_id)
{
    for (size_t i = 0; i < MEDIA_FORKS_MAX; i++)
        if (endpoint->forks[i] && endpoint->forks[i]->id == fork_id) return &endpoint->forks[i];
    return NULL;
}

void fork_add(struct media_thread *thread, struct endpoint *endpoint, struct fork *fork)
{
    for (size_t i = 0; i < MEDIA_FORKS_MAX; i++) {
        if (endpoint->forks[i]) continue;
        endpoint->forks[i] = fork;
        gauge_add(&thread->counters.forks, 1);
        return;
    }
    directory_fork_ports(thread->engine, fork); /* not reached: the directory counts them */
    (void)fork_free(fork);
}

void fork_start(struct media_thread *thread, struct endpoint *endpoint, uint64_t fork_id,
                const struct media_fork_stream streams[2])
{
    struct fork **place = find(endpoint, fork_id);
    if (!place) return;
    struct fork *fork = *place;
    for (size_t side = 0; side < 2; side++) {
        struct fork_stream *stream = &fork->streams[side];
        const struct sockaddr_in *address = &streams[side].address;
        if (!fork->started)
            stream_init(&stream->stream, stream->stream.ssrc, stream->stream.sequence,
                        stream->stream.origin_ts, thread->now_us);
        stream->codec = streams[side].codec;
        stream->payload_type = streams[side].payload_type;
        stream->on = address->sin_port != 0 &&
                     connect(stream->fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
    }
    fork->started = true;
    fork->refused_told = false;
}

void fork_pause(struct media_thread *thread, struct endpoint *endpoint, uint64_t fork_id)
{
    struct fork **place = find(endpoint, fork_id);
    (void)thread;
    for (size_t side = 0; side < 2 && place; side++)
        (*place)->streams[side].on = false;
}

void fork_drop(struct media_thread *thread, struct endpoint *endpoint, uint64_t fork_id)
{
    struct fork **place = find(endpoint, fork_id);
    if (!place) return;
    struct fork *fork = *place;
    *place = NULL;
    gauge_add(&thread->counters.forks, -1);
    for (size_t side = 0; side < 2; side++) {
        (void)close(fork->streams[side].fd);
        fork->streams[side].fd = -1;
    }
    directory_fork_ports(thread->engine, fork);
    (void)fork_free(fork);
}

static void tell_refusal(struct media_thread *thread, struct endpoint *endpoint, struct fork *fork)
{
    if (fork->refused_told) return;
    fork->refused_told = true;
    struct media_event event = {.kind = MEDIA_EV_FORK_REFUSED, .fork = {.fork_id = fork->id}};
    thread_emit(thread, endpoint, &event);
}

static void send_copy(struct media_thread *thread, struct endpoint *endpoint, struct fork *fork,
                      unsigned side, const struct stream_out *out, uint8_t *packet, size_t payload_len)
{
    struct fork_stream *stream = &fork->streams[side];
    const struct far_rtp header = {.payload_type = stream->payload_type,
                                   .marker = out->marker,
                                   .sequence = out->sequence,
                                   .timestamp = out->timestamp,
                                   .ssrc = stream->stream.ssrc};
    size_t len = FAR_RTP_HEADER + payload_len;
    far_rtp_encode(&header, packet);
    ssize_t sent = send(stream->fd, packet, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    /* An ICMP error of the packet before is reported instead of sending this one: it goes out all the same.
     */
    if (sent < 0 && errno == ECONNREFUSED) {
        tell_refusal(thread, endpoint, fork);
        sent = send(stream->fd, packet, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    bool good = sent == (ssize_t)len;
    *(good ? &endpoint->stats.fork_tx_packets : &endpoint->stats.fork_tx_errors) += 1;
    counter_add(good ? &thread->counters.fork_packets_out : &thread->counters.fork_errors, 1);
}

void fork_copy(struct media_thread *thread, struct endpoint *endpoint, unsigned side, uint64_t source,
               enum far_codec codec, const struct far_rtp *rtp, uint8_t *packet)
{
    for (size_t i = 0; i < MEDIA_FORKS_MAX; i++) {
        struct fork *fork = endpoint->forks[i];
        struct stream_out out;
        if (!fork || !fork->streams[side].on) continue;
        struct fork_stream *stream = &fork->streams[side];
        if (!stream_relay(&stream->stream, source, rtp, rtp->payload_len, thread->now_us, &out)) continue;
        uint8_t *copy = packet;
        if (stream->codec != codec) {
            copy = thread->scratch;
            memcpy(copy + FAR_RTP_HEADER, packet + FAR_RTP_HEADER, rtp->payload_len);
            far_g711_transcode(codec, stream->codec, copy + FAR_RTP_HEADER, rtp->payload_len);
        }
        send_copy(thread, endpoint, fork, side, &out, copy, rtp->payload_len);
    }
}
