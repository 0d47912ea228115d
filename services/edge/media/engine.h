/* SPDX-License-Identifier: Apache-2.0 */
/* engine.h - the media engine inside. Who may touch what:
 *
 *   engine.lock   the directory (who is on which thread), the ports, the backlog; held by callers of media.h,
 * by the loader and, for an endpoint's birth, move and death, by its thread; never for a packet media thread
 * all else of its endpoints, by commands from queue.h
 *
 *   media.h --directory.c--> queue --thread.c--> packet.c (received)  play.c (each 20 ms)  fork.c (copies)
 *                                         \--> endpoint.c (what is sent; birth, death)  secure.c (browsers)
 */
#pragma once
#include "far/list.h"
#include "far/media/dtmf.h"
#include "far/media/rtp.h"
#include "latch.h"
#include "load.h"
#include "media.h"
#include "ports.h"
#include "queue.h"
#include "secure.h"
#include "sound.h"
#include "stream.h"
#include <pthread.h>
#include <stdatomic.h>

#define ENGINE_THREADS_MAX   64u
#define ENGINE_BACKLOG_MAX   1024u
#define ENGINE_QUEUE_RESERVE 64u /* places of a queue that only moves and the loader may take */
#define TICK_US              20000u
#define PACKET_ROOM          2048u

struct far_index;
struct media_thread;

/* Written by one thread, read by any. */
struct counters {
    _Atomic uint64_t packets_in, packets_out, bytes_in, bytes_out;
    _Atomic uint64_t dropped[MEDIA_DROP_COUNT];
    _Atomic uint64_t tx_errors, fork_packets_out, fork_errors, ticks_late;
    _Atomic uint64_t handshakes, handshakes_failed;
    _Atomic uint32_t players, forks, bridges, handshaking;
};
static inline void counter_add(_Atomic uint64_t *counter, uint64_t count)
{
    /* One writer: no locked instruction is needed in the packet path. */
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + count,
                          memory_order_relaxed);
}
static inline void gauge_add(_Atomic uint32_t *gauge, int count)
{
    uint32_t value = atomic_load_explicit(gauge, memory_order_relaxed);
    atomic_store_explicit(gauge, value + (uint32_t)count, memory_order_relaxed);
}

/* What an epoll event points at. */
enum source_kind { SOURCE_WAKE, SOURCE_TICK, SOURCE_RTP, SOURCE_RTCP };
struct source {
    enum source_kind kind;
    struct endpoint *endpoint; /* RTP, RTCP */
};

struct play {
    uint64_t id;
    uint64_t serial; /* names it as a source of its stream, and to the loader */
    bool loop;
    bool barge_in;
    bool ready; /* the sounds are here */
    struct sound *sounds[MEDIA_PLAY_FILES_MAX];
    size_t sounds_len;
    size_t index; /* the sound that is played */
    size_t offset;
    uint64_t frames; /* sent */
    uint64_t sent_at_us;
};

struct fork_stream {
    int fd;
    uint16_t port; /* ours */
    bool on;
    enum far_codec codec;
    uint8_t payload_type;
    struct stream stream;
};
struct fork {
    uint64_t id;
    bool started; /* the clock runs */
    bool refused_told;
    struct fork_stream streams[2]; /* left, right */
};

struct endpoint {
    /* the directory's, under engine.lock */
    uint64_t id;
    uint64_t serial;
    unsigned thread_index;
    bool moving;      /* COMMAND_LEAVE is on its way */
    bool blocked;     /* while the backlog is walked */
    unsigned backlog; /* commands in it that name this endpoint */
    uint64_t fork_ids[MEDIA_FORKS_MAX];
    struct far_list directory_link;
    uint16_t port;
    /* its thread's */
    struct source rtp_source, rtcp_source;
    struct far_list link;      /* of the thread's endpoints */
    struct far_list tick_link; /* of those that have something to send each tick */
    int rtp_fd, rtcp_fd;
    bool remote_set;
    bool to_known;
    bool connected; /* the kernel keeps others away, and sending is cheaper */
    bool muted, echo;
    struct media_remote remote;
    struct sockaddr_in to; /* where its sound is sent */
    struct latch latch;
    struct secure *secure; /* NULL: plain RTP */
    struct far_rtp_tracker tracker;
    uint64_t source; /* names what it says from its stream's beginning on, as a source of others' streams */
    uint16_t epoch;
    struct far_dtmf_rx digits;
    struct stream tx;
    struct endpoint *peer;
    struct play *play;
    bool digit_on;
    struct far_dtmf_tx digit;
    uint32_t digit_ts;
    struct fork *forks[MEDIA_FORKS_MAX];
    uint64_t rtcp_due_us;
    uint32_t tx_octets;
    uint64_t reported_expected, reported_received; /* at the last RTCP report */
    struct media_stats stats;
};

struct media_thread {
    struct media_engine *engine;
    unsigned index;
    pthread_t handle;
    bool running;
    int epoll_fd, wake_fd, tick_fd;
    struct source wake_source, tick_source;
    _Atomic bool stop;
    struct queue queue;
    struct far_list endpoints;
    struct far_list ticking;
    size_t endpoints_len;
    uint64_t now_us; /* read once a wake-up */
    struct counters counters;
    uint8_t buffer[PACKET_ROOM];  /* the packet that is handled */
    uint8_t scratch[PACKET_ROOM]; /* its payload in the other law, or a packet of our own */
};

struct media_engine {
    pthread_mutex_t lock;
    struct far_index *directory; /* endpoint id -> struct endpoint */
    struct far_list endpoints;
    uint32_t endpoints_len, endpoints_max;
    struct ports ports;
    struct command backlog[ENGINE_BACKLOG_MAX];
    size_t backlog_len;
    _Atomic bool backlog_waits;
    uint64_t serial;
    uint64_t moves;
    _Atomic uint64_t commands_refused;
    struct media_thread *threads;
    unsigned threads_len;
    struct sound_cache *cache;
    struct sound *music; /* kept, so that it never leaves the cache's memory */
    size_t cache_bytes_max;
    struct loader *loader;
    struct secure_dtls_context *dtls;
    char music_file[MEDIA_PATH_MAX];
    void (*emit)(void *context, const struct media_event *event);
    void *context;
};

/* directory.c */
/** The endpoint has left its thread: it goes to thread `target`. @return false: that one's queue is full,
 * stay. */
bool directory_moved(struct media_engine *engine, struct endpoint *endpoint, unsigned target);
/** Send on what waited for a move or for room. */
void directory_retry(struct media_engine *engine);
/** The loader's result for a play; takes it over. @return false: no room, try again. */
bool directory_loaded(void *context, uint64_t endpoint_id, struct loaded *loaded);
/** An endpoint has died on its thread: free its ports and its place. */
void directory_bury(struct media_engine *engine, struct endpoint *endpoint);
void directory_fork_ports(struct media_engine *engine, const struct fork *fork);
/** Free what a command carries that nobody will execute. */
void command_discard(struct command *command);

/* thread.c */
void *thread_main(void *context);
void thread_emit(struct media_thread *thread, struct endpoint *endpoint, struct media_event *event);

/* endpoint.c */
void endpoint_attach(struct media_thread *thread, struct endpoint *endpoint);
void endpoint_detach(struct media_thread *thread, struct endpoint *endpoint);
void endpoint_set_remote(struct media_thread *thread, struct endpoint *endpoint,
                         const struct media_remote *remote);
/** Take the kernel's filter away: packets from any source are seen again. */
void endpoint_disconnect(struct endpoint *endpoint);
void endpoint_bridge(struct media_thread *thread, struct endpoint *a, struct endpoint *b);
void endpoint_unbridge(struct media_thread *thread, struct endpoint *endpoint);
/** Send payload_len bytes that lie at packet + FAR_RTP_HEADER; the header is written here. */
void endpoint_send(struct media_thread *thread, struct endpoint *endpoint, uint8_t payload_type,
                   const struct stream_out *out, uint8_t *packet, size_t payload_len);
bool endpoint_can_send(const struct endpoint *endpoint);
void endpoint_stats(const struct endpoint *endpoint, struct media_stats *ret_stats);
void endpoint_close(struct media_thread *thread, struct endpoint *endpoint);
/** Close its descriptors and free it and what it owns; it is in no list. */
void endpoint_free(struct endpoint *endpoint);
/** What has to be looked at now and then: digits that stopped, the kernel's filter, RTCP. */
void endpoint_housekeep(struct media_thread *thread, struct endpoint *endpoint);

/* packet.c */
void packet_receive(struct media_thread *thread, struct endpoint *endpoint);
void packet_receive_rtcp(struct media_thread *thread, struct endpoint *endpoint);
/** RTCP of len bytes is in the buffer. */
void packet_heard_rtcp(struct media_thread *thread, struct endpoint *endpoint, const struct sockaddr_in *from,
                       size_t len);
void packet_digit_ended(struct media_thread *thread, struct endpoint *endpoint,
                        const struct far_dtmf_hit *hit);

/* play.c */
struct play *play_free(struct play *play);
void play_begin(struct media_thread *thread, struct endpoint *endpoint, struct play *play);
void play_loaded(struct media_thread *thread, struct endpoint *endpoint, struct loaded *loaded);
void play_end(struct media_thread *thread, struct endpoint *endpoint, enum media_play_cause cause,
              const char *text);
void play_digit(struct media_thread *thread, struct endpoint *endpoint, char digit, uint32_t duration_ms);
/** Send what is due after `ticks` ticks (more than 1: some were missed). */
void play_tick(struct media_thread *thread, struct endpoint *endpoint, unsigned ticks);
/** Whether something of our own goes out now, so that the peer's sound must not. */
bool play_active(const struct endpoint *endpoint);

/* fork.c */
struct fork *fork_free(struct fork *fork);
void fork_add(struct media_thread *thread, struct endpoint *endpoint, struct fork *fork);
void fork_start(struct media_thread *thread, struct endpoint *endpoint, uint64_t fork_id,
                const struct media_fork_stream streams[2]);
void fork_pause(struct media_thread *thread, struct endpoint *endpoint, uint64_t fork_id);
void fork_drop(struct media_thread *thread, struct endpoint *endpoint, uint64_t fork_id);
/** Copy one audio packet to the left (side 0) or right (1) streams of the endpoint's forks. packet is the
 * received one; its payload stays, the 12 bytes before it may be overwritten.
 *  @param source names who said it. */
void fork_copy(struct media_thread *thread, struct endpoint *endpoint, unsigned side, uint64_t source,
               enum far_codec codec, const struct far_rtp *rtp, uint8_t *packet);
