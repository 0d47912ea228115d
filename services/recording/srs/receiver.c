/* SPDX-License-Identifier: Apache-2.0 */
#include "receiver.h"
#include "far/clock.h"
#include "far/log.h"
#include "mailbox.h"
#include "measures.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define TICK_MS       50
#define EVENTS_MAX    64
#define READS_MAX     32 /* datagrams of one socket before the others have their turn */
#define LATCH_US      1000000u
#define QUIET_US      500000u
#define TAIL          ((int64_t)FAR_G711_RATE) /* frames of silence that a lost client's recording may end with */
#define HELD_MAX      240u /* chunks, 2 min: what sound that comes again has to wait for */
#define SOCKET_BUFFER 262144
#define KEY_RTCP      1u /* an event's key: slot << 8 | stream * KEY_STREAM | KEY_RTCP */
#define KEY_STREAM    2u

enum note_kind { NOTE_ADD, NOTE_PEERS, NOTE_END, NOTE_LOST, NOTE_STOP };
struct note {
    struct mail mail; /* first */
    enum note_kind kind;
    uint64_t at_us;
    struct receiver_session session; /* of the others only the id and peers */
};

struct stream {
    bool latched;
    struct sockaddr_in source;
    uint64_t heard_us;
};
struct live {
    uint64_t session; /* 0: free */
    struct receiver_session config;
    struct stream streams[ALIGN_SIDES];
    struct align align;
    uint64_t chunks;
    uint64_t held;     /* the last of these, silence that was not handed over: is the client still there? */
    uint64_t heard_us; /* any side */
    uint64_t quiet_us; /* when quiet() was said last */
    bool told_silent;
};
struct receiver {
    struct receiver_config config;
    struct mailbox box;
    pthread_t thread;
    int epoll;
    struct in_addr address;
    uint16_t port_next;
    struct live **lives; /* by slot */
    bool stopping;
};

static int64_t frames_at(const struct live *live, uint64_t now_us)
{
    return now_us > live->config.began_us
               ? (int64_t)((now_us - live->config.began_us) * FAR_G711_RATE / 1000000u)
               : 0;
}

/* ---- Ports ------------------------------------------------------------------------------------------- */

static int port_bind(struct in_addr address, uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = address};
    int size = SOCKET_BUFFER;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    if (bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0) return fd;
    close(fd);
    return -1;
}

static enum far_err ports_pair(struct receiver *receiver, struct receiver_ports *ports, size_t at)
{
    unsigned span = receiver->config.port_last - receiver->config.port_first + 1u;
    for (unsigned tries = 0; tries < span / 2; tries++) {
        uint16_t port = receiver->port_next;
        receiver->port_next = (uint16_t)(port + 2u);
        if (receiver->port_next + 1u > receiver->config.port_last || receiver->port_next < port)
            receiver->port_next = (uint16_t)((receiver->config.port_first + 1u) & ~1u);
        int rtp = port_bind(receiver->address, port);
        int rtcp = rtp >= 0 ? port_bind(receiver->address, (uint16_t)(port + 1u)) : -1;
        if (rtcp >= 0) {
            ports->rtp[at] = rtp;
            ports->rtcp[at] = rtcp;
            ports->port[at] = port;
            return FAR_OK;
        }
        int fault = errno;
        if (rtp >= 0) close(rtp);
        if (fault != EADDRINUSE) return FAR_EIO;
    }
    return FAR_EFULL;
}

enum far_err receiver_ports_open(struct receiver *receiver, size_t streams, struct receiver_ports *ret_ports)
{
    struct receiver_ports ports = {0};
    for (; ports.len < streams; ports.len++) {
        enum far_err err = ports_pair(receiver, &ports, ports.len);
        if (err == FAR_OK) continue;
        receiver_ports_close(&ports);
        return err;
    }
    *ret_ports = ports;
    return FAR_OK;
}

void receiver_ports_close(struct receiver_ports *ports)
{
    for (size_t i = 0; i < ports->len; i++) {
        close(ports->rtp[i]);
        close(ports->rtcp[i]);
    }
    ports->len = 0;
}

/* ---- Sessions ---------------------------------------------------------------------------------------- */

static struct live *live_of(struct receiver *receiver, uint64_t session, size_t *ret_slot)
{
    for (size_t i = 0; i < receiver->config.sessions_max; i++) {
        if (!receiver->lives[i] || receiver->lives[i]->session != session) continue;
        *ret_slot = i;
        return receiver->lives[i];
    }
    return NULL;
}

static void live_add(struct receiver *receiver, struct note *note)
{
    size_t slot = 0;
    while (slot < receiver->config.sessions_max && receiver->lives[slot])
        slot++;
    struct live *live = slot < receiver->config.sessions_max ? calloc(1, sizeof(*live)) : NULL;
    if (!live) { /* the SIP side admits no more than there is room for */
        FAR_ERROR("session-not-received", "session=%llu", (unsigned long long)note->session.session);
        receiver_ports_close(&note->session.ports);
        writer_discard(receiver->config.writer, note->session.session);
        return;
    }
    live->session = note->session.session;
    live->config = note->session;
    live->heard_us = note->session.began_us;
    align_init(&live->align, note->session.codec);
    receiver->lives[slot] = live;
    for (size_t i = 0; i < live->config.ports.len; i++) {
        uint64_t key = (uint64_t)slot << 8 | i * KEY_STREAM;
        struct epoll_event rtp = {.events = EPOLLIN, .data.u64 = key};
        struct epoll_event rtcp = {.events = EPOLLIN, .data.u64 = key | KEY_RTCP};
        if (epoll_ctl(receiver->epoll, EPOLL_CTL_ADD, live->config.ports.rtp[i], &rtp) != 0 ||
            epoll_ctl(receiver->epoll, EPOLL_CTL_ADD, live->config.ports.rtcp[i], &rtcp) != 0)
            FAR_ERROR("socket-not-watched", "port=%u error=%s", live->config.ports.port[i], strerror(errno));
    }
}

/* Hand over the oldest `count` chunks of what is held. */
static void live_release(struct receiver *receiver, struct live *live, uint64_t count)
{
    if (count == 0) return;
    writer_silence(receiver->config.writer, live->session, live->chunks - live->held, count);
    live->held -= count;
}

/* A chunk that the queue refuses is missed by its number: a marked gap. */
static void live_chunk(struct receiver *receiver, struct live *live, const uint8_t *chunk)
{
    live_release(receiver, live, live->held);
    enum far_err err = writer_chunk(receiver->config.writer, live->session, live->chunks, chunk);
    if (err != FAR_OK)
        FAR_ERROR("chunk-not-queued", "session=%llu error=%s", (unsigned long long)live->session,
                  far_err_name(err));
    live->chunks++;
}

/* Hand over what is old enough, but hold what would be cut off if the client proves to be lost. */
static void live_advance(struct receiver *receiver, struct live *live, uint64_t now_us)
{
    uint8_t chunk[ALIGN_CHUNK_BYTES];
    for (;;) {
        int64_t tail_to = align_sound_to(&live->align) + TAIL;
        bool hold = live->align.written + (int64_t)ALIGN_CHUNK > tail_to;
        if (!align_take(&live->align, frames_at(live, now_us), chunk)) return;
        if (!hold) {
            live_chunk(receiver, live, chunk);
            continue;
        }
        live->chunks++;
        live->held++;
        if (live->held > HELD_MAX) live_release(receiver, live, 1);
    }
}

/* The client is lost: what is held is no part of the recording. @return where it ends. */
static int64_t live_cut(struct live *live, int64_t end_at)
{
    int64_t tail_to = align_sound_to(&live->align) + TAIL;
    if (align_sound_to(&live->align) > live->align.written - (int64_t)(live->held * ALIGN_CHUNK))
        return end_at; /* it came back at the last moment */
    align_trim(&live->align, (int64_t)(live->held * ALIGN_CHUNK));
    live->chunks -= live->held;
    live->held = 0;
    return end_at < tail_to ? end_at : tail_to;
}

static void live_end(struct receiver *receiver, size_t slot, uint64_t at_us, bool lost)
{
    struct live *live = receiver->lives[slot];
    uint8_t chunk[ALIGN_CHUNK_BYTES];
    int64_t over_at = frames_at(live, at_us), end_at = lost ? live_cut(live, over_at) : over_at;
    if (end_at < live->align.written) end_at = live->align.written; /* after HELD_MAX more was handed over */
    struct writer_ending ending = {.ended_at_us = far_clock_wall_us() -
                                                  (over_at - end_at) * 1000000 / (int64_t)FAR_G711_RATE,
                                   .sound = chunk};
    live_release(receiver, live, live->held);
    for (;;) {
        size_t frames = align_rest(&live->align, end_at, chunk);
        if (frames < ALIGN_CHUNK) {
            ending.frames = frames;
            break;
        }
        live_chunk(receiver, live, chunk);
    }
    ending.chunks = live->chunks;
    for (unsigned i = 0; i < ALIGN_SIDES; i++)
        align_figures(&live->align, i, &ending.quality[i]);
    writer_end(receiver->config.writer, live->session, &ending);
    receiver_ports_close(&live->config.ports); /* closing takes them out of the epoll */
    free(live);
    receiver->lives[slot] = NULL;
}

/* ---- Packets ----------------------------------------------------------------------------------------- */

/* Whether a stream takes what comes from `from`. */
static bool stream_admits(struct live *live, size_t at, const struct sockaddr_in *from, uint64_t now_us)
{
    struct stream *stream = &live->streams[at];
    const struct receiver_peers *peers = &live->config.peers;
    bool same = stream->latched && stream->source.sin_addr.s_addr == from->sin_addr.s_addr &&
                stream->source.sin_port == from->sin_port;
    if (!same) {
        struct in_addr media = peers->media[live->config.side[at]];
        if (from->sin_addr.s_addr != media.s_addr && from->sin_addr.s_addr != peers->signalling.s_addr)
            return false;
        if (stream->latched && now_us - stream->heard_us < LATCH_US) return false;
        stream->latched = true;
        stream->source = *from;
    }
    stream->heard_us = now_us;
    return true;
}

static void live_packet(struct live *live, size_t at, const uint8_t *bytes, size_t len,
                        const struct sockaddr_in *from, uint64_t now_us)
{
    struct far_rtp rtp;
    if (far_rtp_decode(bytes, len, &rtp) != FAR_OK) {
        far_metric_add_at(&measures[MEASURE_PACKETS_DROPPED], DROP_MALFORMED, 1);
        return;
    }
    if (!stream_admits(live, at, from, now_us)) {
        far_metric_add_at(&measures[MEASURE_PACKETS_DROPPED], DROP_SOURCE, 1);
        return;
    }
    if (rtp.payload_type != FAR_CODEC_PCMA && rtp.payload_type != FAR_CODEC_PCMU)
        far_metric_add_at(&measures[MEASURE_PACKETS_DROPPED], DROP_NOT_SOUND, 1);
    far_metric_add(&measures[MEASURE_PACKETS], 1);
    live->heard_us = now_us;
    align_push(&live->align, live->config.side[at], &rtp, bytes + rtp.payload_offset,
               frames_at(live, now_us));
}

static void socket_read(struct receiver *receiver, uint64_t key, uint64_t now_us)
{
    size_t slot = (size_t)(key >> 8);
    bool rtcp = key & KEY_RTCP;
    size_t at = (key & 0xff) / KEY_STREAM;
    struct live *live = slot < receiver->config.sessions_max ? receiver->lives[slot] : NULL;
    if (!live || at >= live->config.ports.len) return;
    int fd = rtcp ? live->config.ports.rtcp[at] : live->config.ports.rtp[at];
    for (int i = 0; i < READS_MAX; i++) {
        uint8_t bytes[FAR_RTP_BYTES_MAX + 1];
        struct sockaddr_in from = {0};
        socklen_t from_len = sizeof(from);
        ssize_t got = recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &from_len);
        if (got < 0) return;
        if (!rtcp) live_packet(live, at, bytes, (size_t)got, &from, now_us);
    }
}

/* ---- The thread -------------------------------------------------------------------------------------- */

static void receiver_take(struct receiver *receiver, struct note *note)
{
    size_t slot = 0;
    struct live *live = note->kind == NOTE_ADD || note->kind == NOTE_STOP
                            ? NULL
                            : live_of(receiver, note->session.session, &slot);
    if (note->kind == NOTE_ADD) live_add(receiver, note);
    if (note->kind == NOTE_STOP) receiver->stopping = true;
    if (live && note->kind == NOTE_PEERS) live->config.peers = note->session.peers;
    if (live && (note->kind == NOTE_END || note->kind == NOTE_LOST))
        live_end(receiver, slot, note->at_us, note->kind == NOTE_LOST);
}

static void receiver_tick(struct receiver *receiver, uint64_t now_us)
{
    for (size_t i = 0; i < receiver->config.sessions_max; i++) {
        struct live *live = receiver->lives[i];
        if (!live) continue;
        live_advance(receiver, live, now_us);
        if (now_us > live->heard_us &&
            now_us - live->heard_us > (uint64_t)receiver->config.quiet_ms * 1000u &&
            now_us - live->quiet_us >= QUIET_US) {
            live->quiet_us = now_us;
            receiver->config.quiet(receiver->config.ctx, live->session);
        }
        if (!live->told_silent && now_us > live->heard_us &&
            now_us - live->heard_us > (uint64_t)receiver->config.silence_ms * 1000u) {
            live->told_silent = true;
            receiver->config.silent(receiver->config.ctx, live->session);
        }
    }
}

static void *receiver_run(void *arg)
{
    struct receiver *receiver = arg;
    uint64_t ticked_us = 0;
    while (!receiver->stopping) {
        struct epoll_event events[EVENTS_MAX];
        int count = epoll_wait(receiver->epoll, events, EVENTS_MAX, TICK_MS);
        uint64_t now_us = far_clock_mono_us();
        for (int i = 0; i < count; i++)
            if (events[i].data.u64 != UINT64_MAX) socket_read(receiver, events[i].data.u64, now_us);
        for (struct mail *mail = mailbox_take(&receiver->box), *next = NULL; mail; mail = next) {
            next = mail->next;
            receiver_take(receiver, (struct note *)(void *)mail);
            free(mail);
        }
        if (now_us - ticked_us < TICK_MS * 1000u) continue;
        ticked_us = now_us;
        receiver_tick(receiver, now_us);
    }
    for (size_t i = 0; i < receiver->config.sessions_max; i++)
        if (receiver->lives[i]) live_end(receiver, i, far_clock_mono_us(), false);
    return NULL;
}

enum far_err receiver_create(const struct receiver_config *config, struct receiver **ret_receiver)
{
    struct receiver *receiver = calloc(1, sizeof(*receiver));
    if (!receiver) return FAR_ENOMEM;
    receiver->config = *config;
    receiver->port_next = (uint16_t)((config->port_first + 1u) & ~1u);
    receiver->lives = calloc(config->sessions_max, sizeof(*receiver->lives));
    receiver->epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = UINT64_MAX};
    enum far_err err = receiver->lives ? FAR_OK : FAR_ENOMEM;
    if (err == FAR_OK &&
        (receiver->epoll < 0 || inet_pton(AF_INET, config->address, &receiver->address) != 1))
        err = FAR_EINVAL;
    if (err == FAR_OK) err = mailbox_init(&receiver->box, 16 * config->sessions_max);
    if (err == FAR_OK && (epoll_ctl(receiver->epoll, EPOLL_CTL_ADD, receiver->box.fd, &event) != 0 ||
                          pthread_create(&receiver->thread, NULL, receiver_run, receiver) != 0)) {
        mailbox_done(&receiver->box);
        err = FAR_EIO;
    }
    if (err != FAR_OK) {
        if (receiver->epoll >= 0) close(receiver->epoll);
        free(receiver->lives);
        free(receiver);
        return err;
    }
    *ret_receiver = receiver;
    return FAR_OK;
}

static struct note *note_new(enum note_kind kind, uint64_t session)
{
    struct note *note = calloc(1, sizeof(*note));
    if (!note) {
        FAR_ERROR("note-lost", "why=%s", "the heap is exhausted");
        return NULL;
    }
    note->kind = kind;
    note->session.session = session;
    note->at_us = far_clock_mono_us();
    return note;
}

struct receiver *receiver_destroy(struct receiver *receiver)
{
    if (!receiver) return NULL;
    struct note *stop = note_new(NOTE_STOP, 0);
    if (!stop) abort(); /* nothing is left to end the thread with */
    mailbox_post_always(&receiver->box, &stop->mail);
    pthread_join(receiver->thread, NULL);
    for (struct mail *mail = mailbox_take(&receiver->box), *next = NULL; mail; mail = next) {
        next = mail->next;
        struct note *note = (struct note *)(void *)mail;
        if (note->kind == NOTE_ADD) receiver_ports_close(&note->session.ports);
        free(note);
    }
    mailbox_done(&receiver->box);
    close(receiver->epoll);
    free(receiver->lives);
    free(receiver);
    return NULL;
}

enum far_err receiver_add(struct receiver *receiver, const struct receiver_session *session)
{
    struct note *note = note_new(NOTE_ADD, session->session);
    if (!note) return FAR_ENOMEM;
    note->session = *session;
    mailbox_post_always(&receiver->box, &note->mail);
    return FAR_OK;
}

void receiver_peers(struct receiver *receiver, uint64_t session, const struct receiver_peers *peers)
{
    struct note *note = note_new(NOTE_PEERS, session);
    if (!note) return;
    note->session.peers = *peers;
    mailbox_post_always(&receiver->box, &note->mail);
}

void receiver_end(struct receiver *receiver, uint64_t session)
{
    struct note *note = note_new(NOTE_END, session);
    if (note) mailbox_post_always(&receiver->box, &note->mail);
}

void receiver_lost(struct receiver *receiver, uint64_t session)
{
    struct note *note = note_new(NOTE_LOST, session);
    if (note) mailbox_post_always(&receiver->box, &note->mail);
}
