/* SPDX-License-Identifier: Apache-2.0 */
/* media_rig.h - what the media engine's tests share: an engine with its events kept, and phones on loopback
 * sockets. */
#pragma once
#include "far/media/rtp.h"
#include "far/test.h"
#include "media.h"
#include <pthread.h>
#include <stdbool.h>

#define RIG_PORT_MIN 21200 /* the engine steps over ports that others hold */
#define RIG_PORT_MAX 21299
#define RIG_WAIT_MS  5000
#define RIG_EVENTS   4096

struct rig {
    struct media_engine *engine;
    char dir[64]; /* prompts; removed at the end */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct media_event events[RIG_EVENTS];
    size_t events_len;
    size_t events_read;
};

/** An engine of so many threads, with an empty folder of prompts. The rig is large: keep it static. */
void rig_start(struct rig *rig, unsigned threads);
void rig_stop(struct rig *rig);
/** Write a prompt: `frames` samples of one value, so that whoever hears it knows which it is. */
void rig_prompt(const struct rig *rig, const char *name, int16_t value, size_t frames);
/** The next event of the kind about the endpoint that was not yet taken; fails the test after RIG_WAIT_MS. */
struct media_event rig_wait(struct rig *rig, enum media_event_kind kind, uint64_t endpoint_id);
/** Whether such an event has come and was not taken; does not wait. */
bool rig_has(struct rig *rig, enum media_event_kind kind, uint64_t endpoint_id);
/** Ask for an endpoint's statistics and wait for them. */
struct media_stats rig_stats(struct rig *rig, uint64_t endpoint_id);
/** The same again and again until at least so many packets were dropped or accepted. */
struct media_stats rig_stats_dropped(struct rig *rig, uint64_t endpoint_id, uint64_t dropped);
struct media_stats rig_stats_received(struct rig *rig, uint64_t endpoint_id, uint64_t received);

struct phone {
    int fd;
    uint64_t endpoint_id;
    struct sockaddr_in address;
    struct sockaddr_in engine; /* where the endpoint listens */
    enum far_codec codec;
    uint32_t ssrc;
    uint16_t sequence;
    uint32_t timestamp;
};
struct heard {
    struct far_rtp rtp;
    uint8_t bytes[FAR_RTP_BYTES_MAX];
    size_t len;
};

/** A socket of its own, and an endpoint that knows it. dtmf 101, both directions. */
void phone_open(struct rig *rig, struct phone *phone, uint64_t endpoint_id, uint64_t group,
                enum far_codec codec);
/** Closes the socket only. */
void phone_done(struct phone *phone);
struct media_remote phone_remote(const struct phone *phone);
/** Send len bytes as they are. */
void phone_send_raw(const struct phone *phone, const void *bytes, size_t len);
/** Send a packet of 160 equal bytes with the phone's next number. */
void phone_say(struct phone *phone, uint8_t byte);
/** Send one telephone-event payload with the phone's next number. */
void phone_event(struct phone *phone, const uint8_t payload[4], uint32_t timestamp, bool marker);
/** Wait for a packet. @return false: none within RIG_WAIT_MS. */
bool phone_hear(const struct phone *phone, struct heard *ret_heard);
/** Wait for a packet whose payload begins with the byte, skipping others. */
void phone_expect(const struct phone *phone, uint8_t byte, struct heard *ret_heard);
/** Whether a packet is there now. */
bool phone_silent(const struct phone *phone);
int socket_on_loopback(struct sockaddr_in *ret_address);
