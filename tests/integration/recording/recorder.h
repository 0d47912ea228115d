/* SPDX-License-Identifier: Apache-2.0 */
/* recorder.h - a farseat-recording of its own for a test, and asking it over the bus. Each function fails the
 * cmocka test when it cannot do what it says. */
#pragma once
#include "far/bus.h"
#include "far/loop.h"
#include "farseat/v1/api_recording.pb-c.h"
#include "nats.h"
#include "pg.h"
#include <sys/types.h>

struct recorder {
    char dir[64]; /* configuration, log, store, keys */
    uint16_t sip_port, http_port, rtp_first;
    pid_t pid; /* 0: not running */
    struct test_nats nats;
    struct test_pg pg;
    struct far_loop *loop;
    struct far_bus *bus;
};

/** Servers, recorder, and a connection to the bus. */
void recorder_begin(struct recorder *recorder);
void recorder_done(struct recorder *recorder);
/** Start it, and wait until /readyz says 200. */
void recorder_start(struct recorder *recorder);
void recorder_kill(struct recorder *recorder);
/** Wait for its end. @return its exit status. */
int recorder_wait(struct recorder *recorder);
/** Status of GET path of its HTTP port. */
int recorder_http(const struct recorder *recorder, const char *path);
/** Ask List by contact until the newest part has this state; free it by protobuf_c_message_free_unpacked().
 */
Farseat__V1__RecordingPart *recorder_part(struct recorder *recorder, const char *contact_id,
                                          const char *state);
/** Read the whole WAV by ranges of `step` bytes; free it. */
uint8_t *recorder_wav(struct recorder *recorder, const char *recording_id, uint32_t part, uint32_t step,
                      size_t *ret_len);
/** One question of Peaks; free the answer. NULL: *ret_err says why. */
Farseat__V1__RecordingPeaksReply *recorder_peaks(struct recorder *recorder, const char *recording_id,
                                                 uint32_t part, uint32_t points, enum far_err *ret_err);
/** One Read. @return the answer's error; ret_total may be NULL. */
enum far_err recorder_read(struct recorder *recorder, const char *recording_id, uint32_t part,
                           uint64_t offset, uint32_t length, uint64_t *ret_total);
