/* SPDX-License-Identifier: Apache-2.0 */
/* What arrives at a bridged, recorded endpoint: the media thread's own packet code on real sockets, without
 * its thread. Input: packets, each as one byte of length, one byte of waiting (ms), and its bytes. Whatever
 * comes, what goes out is RTP of one SSRC. */
#include "engine.h"
#include <assert.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PACKETS_MAX 64u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct media_thread thread;
static struct media_engine engine;
static struct endpoint ends[2]; /* what is fuzzed, and its peer */
static struct fork recorder;
static struct sockaddr_in sink_address, end_address;
static int sink = -1, sender = -1;
static unsigned digits;

static void emit(void *context, const struct media_event *event)
{
    (void)context;
    assert(event->endpoint_id == 1);
    if (event->kind == MEDIA_EV_DIGIT) {
        assert(far_dtmf_event(event->digit.digit) >= 0);
        digits++;
    }
}

static int bound(struct sockaddr_in *ret_address)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(*ret_address);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert(fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
    assert(getsockname(fd, (struct sockaddr *)ret_address, &len) == 0);
    return fd;
}

static void open_sockets(void)
{
    struct sockaddr_in unused;
    engine.emit = emit;
    thread.engine = &engine;
    sink = bound(&sink_address);
    sender = bound(&unused);
    ends[0].rtp_fd = bound(&end_address);
    ends[1].rtp_fd = bound(&unused);
    for (size_t side = 0; side < 2; side++) {
        recorder.streams[side].fd = bound(&unused);
        assert(connect(recorder.streams[side].fd, (const struct sockaddr *)&sink_address,
                       sizeof(sink_address)) == 0);
    }
}

/* As new, but with the sockets that are open already. */
static void reset(uint8_t flags)
{
    far_list_init(&thread.ticking);
    thread.now_us = 1000000;
    digits = 0;
    for (uint64_t i = 0; i < 2; i++) {
        int fd = ends[i].rtp_fd;
        ends[i] = (struct endpoint){.id = i + 1, .serial = i + 1, .rtp_fd = fd, .peer = &ends[1 - i]};
        far_list_init(&ends[i].tick_link);
        stream_init(&ends[i].tx, 1000, 65530, UINT32_MAX - 500, thread.now_us);
        const struct media_remote remote = {.address = sink_address,
                                            .codec = i == 0 ? FAR_CODEC_PCMA : FAR_CODEC_PCMU,
                                            .payload_type = i == 0 ? FAR_CODEC_PCMA : FAR_CODEC_PCMU,
                                            .dtmf_payload_type = flags & 1 && i == 1 ? MEDIA_PT_NONE : 101,
                                            .send = true,
                                            .receive = true};
        endpoint_set_remote(&thread, &ends[i], &remote);
    }
    recorder.id = 1;
    for (size_t side = 0; side < 2; side++) {
        stream_init(&recorder.streams[side].stream, 1000, 5, 5, thread.now_us);
        recorder.streams[side].on = true;
        recorder.streams[side].codec = flags & 2 ? FAR_CODEC_PCMU : FAR_CODEC_PCMA;
        recorder.streams[side].payload_type = (uint8_t)recorder.streams[side].codec;
    }
    ends[0].forks[0] = &recorder;
    ends[0].muted = (flags & 4) != 0;
    if (flags & 8) ends[0].peer = NULL;
    ends[0].echo = true;
}

static void drain_sink(void)
{
    uint8_t bytes[2048];
    struct far_rtp rtp;
    for (ssize_t len = recv(sink, bytes, sizeof(bytes), 0); len >= 0;
         len = recv(sink, bytes, sizeof(bytes), 0)) {
        assert(far_rtp_decode(bytes, (size_t)len, &rtp) == FAR_OK);
        assert(rtp.ssrc == 1000 && rtp.payload_offset == FAR_RTP_HEADER);
        assert(rtp.payload_type == 0 || rtp.payload_type == 8 || rtp.payload_type == 101);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned packets = 0;
    if (size < 1) return 0;
    if (sink < 0) open_sockets();
    reset(data[0]);
    for (size_t at = 1; size - at >= 2 && packets < PACKETS_MAX; packets++) {
        size_t len = data[at];
        thread.now_us += data[at + 1] * UINT64_C(1000);
        at += 2;
        if (len > size - at) len = size - at;
        assert(sendto(sender, data + at, len, 0, (const struct sockaddr *)&end_address,
                      sizeof(end_address)) == (ssize_t)len);
        packet_receive(&thread, &ends[0]);
        drain_sink();
        at += len;
    }
    assert(ends[0].stats.rx_packets + ends[0].stats.rx_dropped == packets);
    assert(digits <= packets);
    return 0;
}
