/* SPDX-License-Identifier: Apache-2.0 */
/* media.h's commands for forks. The directory keeps their ids, so that a wrong one is told at once. */
#include "directory.h"
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

static enum far_err make_fork(uint64_t fork_id, struct fork **ret_fork)
{
    struct fork *fork = calloc(1, sizeof(*fork));
    struct {
        uint32_t ssrc[2];
        uint32_t timestamp;
        uint16_t sequence[2];
    } start = {0};
    if (!fork) return FAR_ENOMEM;
    if (getrandom(&start, sizeof(start), 0) != (ssize_t)sizeof(start)) {
        free(fork);
        return FAR_EIO;
    }
    fork->id = fork_id;
    for (size_t side = 0; side < 2; side++) {
        fork->streams[side].fd = -1;
        /* One clock for both sides: what was said at the same time has the same time stamp. */
        stream_init(&fork->streams[side].stream, start.ssrc[side], start.sequence[side], start.timestamp, 0);
    }
    *ret_fork = fork;
    return FAR_OK;
}

/* The place of the fork in the endpoint's list; 0 finds a free one. NULL: there is none. */
static uint64_t *place_of(struct endpoint *endpoint, uint64_t fork_id)
{
    for (size_t i = 0; i < MEDIA_FORKS_MAX; i++)
        if (endpoint->fork_ids[i] == fork_id) return &endpoint->fork_ids[i];
    return NULL;
}

static enum far_err bind_fork(struct media_engine *engine, struct fork *fork)
{
    struct fork_stream *left = &fork->streams[0], *right = &fork->streams[1];
    enum far_err err = ports_bind(&engine->ports, &left->port, &left->fd, NULL);
    if (err == FAR_OK) err = ports_bind(&engine->ports, &right->port, &right->fd, NULL);
    return err;
}

static void unbind_fork(struct media_engine *engine, struct fork *fork)
{
    for (size_t side = 0; side < 2; side++) {
        struct fork_stream *stream = &fork->streams[side];
        if (stream->fd < 0) continue;
        (void)close(stream->fd);
        stream->fd = -1;
        ports_free(&engine->ports, stream->port);
    }
}

/* Under the lock. */
static enum far_err enter_fork(struct media_engine *engine, uint64_t endpoint_id, struct fork *fork)
{
    struct command command = {
        .kind = COMMAND_FORK_ADD, .endpoint = directory_find(engine, endpoint_id), .fork = fork};
    if (!command.endpoint) return FAR_ENOTFOUND;
    if (place_of(command.endpoint, fork->id)) return FAR_EEXIST;
    uint64_t *place = place_of(command.endpoint, 0);
    if (!place) return FAR_EFULL;
    enum far_err err = bind_fork(engine, fork);
    if (err == FAR_OK && !directory_dispatch(engine, &command, ENGINE_QUEUE_RESERVE)) err = FAR_EAGAIN;
    if (err == FAR_OK)
        *place = fork->id;
    else
        unbind_fork(engine, fork);
    return err;
}

enum far_err media_fork_open(struct media_engine *engine, uint64_t endpoint_id, uint64_t fork_id,
                             struct media_fork_local *ret_local)
{
    struct fork *fork = NULL;
    if (fork_id == 0) return FAR_EINVAL;
    enum far_err err = make_fork(fork_id, &fork);
    if (err != FAR_OK) return err;
    (void)pthread_mutex_lock(&engine->lock);
    struct media_fork_local local = {0};
    err = enter_fork(engine, endpoint_id, fork);
    if (err == FAR_OK) { /* the thread owns it, but its ports stay, and the lock keeps it alive */
        local.left = (struct sockaddr_in){.sin_family = AF_INET,
                                          .sin_addr = engine->ports.address,
                                          .sin_port = htons(fork->streams[0].port)};
        local.right = local.left;
        local.right.sin_port = htons(fork->streams[1].port);
        *ret_local = local;
    }
    (void)pthread_mutex_unlock(&engine->lock);
    if (err != FAR_OK) (void)fork_free(fork);
    return err;
}

static bool stream_valid(const struct media_fork_stream *stream)
{
    if (stream->address.sin_port == 0) return true;
    return stream->address.sin_family == AF_INET && stream->payload_type <= 127 &&
           (stream->codec == FAR_CODEC_PCMA || stream->codec == FAR_CODEC_PCMU);
}

/* Look endpoint and fork up and send. */
static enum far_err send_fork(struct media_engine *engine, uint64_t endpoint_id, struct command *command)
{
    enum far_err err = FAR_ENOTFOUND;
    uint64_t fork_id = command->fork_start.id;
    (void)pthread_mutex_lock(&engine->lock);
    command->endpoint = directory_find(engine, endpoint_id);
    uint64_t *place = command->endpoint && fork_id != 0 ? place_of(command->endpoint, fork_id) : NULL;
    if (place) {
        err = directory_dispatch(engine, command, ENGINE_QUEUE_RESERVE) ? FAR_OK : FAR_EAGAIN;
        if (err == FAR_OK && command->kind == COMMAND_FORK_DROP) *place = 0;
    }
    (void)pthread_mutex_unlock(&engine->lock);
    return err;
}

enum far_err media_fork(struct media_engine *engine, uint64_t endpoint_id, uint64_t fork_id,
                        const struct media_fork_stream *left, const struct media_fork_stream *right)
{
    if (!stream_valid(left) || !stream_valid(right)) return FAR_EINVAL;
    struct command command = {.kind = COMMAND_FORK_START,
                              .fork_start = {.id = fork_id, .streams = {*left, *right}}};
    return send_fork(engine, endpoint_id, &command);
}

enum far_err media_fork_pause(struct media_engine *engine, uint64_t endpoint_id, uint64_t fork_id)
{
    struct command command = {.kind = COMMAND_FORK_PAUSE, .fork_start = {.id = fork_id}};
    return send_fork(engine, endpoint_id, &command);
}

enum far_err media_unfork(struct media_engine *engine, uint64_t endpoint_id, uint64_t fork_id)
{
    struct command command = {.kind = COMMAND_FORK_DROP, .fork_start = {.id = fork_id}};
    return send_fork(engine, endpoint_id, &command);
}
