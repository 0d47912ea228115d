/* SPDX-License-Identifier: Apache-2.0 */
/* queue.h - commands on their way into a media thread: a bounded ring with one reader, whose writers the
 * engine's lock puts in a row, so that the reader needs no lock. */
#pragma once
#include "far/err.h"
#include "media.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct endpoint;
struct play;
struct fork;
struct secure;

enum command_kind {
    COMMAND_ADD,   /* an endpoint, new or moved here, is this thread's from now on */
    COMMAND_LEAVE, /* it is to go to another thread */
    COMMAND_CLOSE,
    COMMAND_REMOTE,
    COMMAND_SECURE,
    COMMAND_QUERY,
    COMMAND_BRIDGE,
    COMMAND_UNBRIDGE,
    COMMAND_MUTE,
    COMMAND_ECHO,
    COMMAND_PLAY,
    COMMAND_PLAY_STOP,
    COMMAND_LOADED, /* the loader has the sounds of a play, or knows why not */
    COMMAND_DIGIT,
    COMMAND_FORK_ADD,
    COMMAND_FORK_START,
    COMMAND_FORK_PAUSE,
    COMMAND_FORK_DROP
};

struct loaded; /* load.h */

/* Endpoints are named by pointer: the engine has looked the id up, and COMMAND_CLOSE is the last to name one.
 */
struct command {
    enum command_kind kind;
    struct endpoint *endpoint;
    union {
        struct endpoint *peer;      /* BRIDGE */
        unsigned thread;            /* LEAVE: where to */
        struct media_remote remote; /* REMOTE */
        struct secure *secure;      /* SECURE: handed over */
        uint64_t cookie;            /* QUERY */
        bool on;                    /* MUTE, ECHO */
        struct play *play;          /* PLAY: handed over */
        uint64_t play_id;           /* PLAY_STOP */
        struct loaded *loaded;      /* LOADED: handed over */
        struct {
            char digit;
            uint32_t duration_ms;
        } digit;           /* DIGIT */
        struct fork *fork; /* FORK_ADD: handed over */
        struct {
            uint64_t id;
            struct media_fork_stream streams[2];
        } fork_start; /* FORK_START; only id for FORK_PAUSE, FORK_DROP */
    };
};

struct queue {
    struct command *ring;
    uint32_t mask;
    _Atomic uint32_t head; /* the next to read */
    _Atomic uint32_t tail; /* the next to write */
};

/** Room for at least len commands, len <= 2^20. @return FAR_OK, FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err queue_init(struct queue *queue, uint32_t len);
void queue_done(struct queue *queue);
/** Writers only, one at a time. reserve: leave so many places free. @return false: full. */
bool queue_push(struct queue *queue, const struct command *command, uint32_t reserve);
/** The reader only. @return false: empty. */
bool queue_pop(struct queue *queue, struct command *ret_command);
