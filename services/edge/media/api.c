/* SPDX-License-Identifier: Apache-2.0 */
/* media.h's commands: the arguments are checked, the endpoint is looked up, the command is on its way. */
#include "directory.h"
#include "far/clock.h"
#include "far/index.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* Look the endpoint up and send. */
static enum far_err send_command(struct media_engine *engine, uint64_t endpoint_id, struct command *command)
{
    enum far_err err = FAR_ENOTFOUND;
    (void)pthread_mutex_lock(&engine->lock);
    command->endpoint = directory_find(engine, endpoint_id);
    if (command->endpoint)
        err = directory_dispatch(engine, command, ENGINE_QUEUE_RESERVE) ? FAR_OK : FAR_EAGAIN;
    (void)pthread_mutex_unlock(&engine->lock);
    return err;
}

static enum far_err begin_stream(struct stream *stream)
{
    struct {
        uint32_t ssrc;
        uint32_t timestamp;
        uint16_t sequence;
    } start = {0};
    if (getrandom(&start, sizeof(start), 0) != (ssize_t)sizeof(start)) return FAR_EIO;
    stream_init(stream, start.ssrc, start.sequence, start.timestamp, far_clock_mono_us());
    return FAR_OK;
}

static enum far_err make_endpoint(uint64_t endpoint_id, struct endpoint **ret_endpoint)
{
    struct endpoint *endpoint = calloc(1, sizeof(*endpoint));
    if (!endpoint) return FAR_ENOMEM;
    endpoint->id = endpoint_id;
    endpoint->rtp_fd = endpoint->rtcp_fd = -1;
    endpoint->rtp_source = (struct source){.kind = SOURCE_RTP, .endpoint = endpoint};
    endpoint->rtcp_source = (struct source){.kind = SOURCE_RTCP, .endpoint = endpoint};
    endpoint->remote.dtmf_payload_type = MEDIA_PT_NONE;
    far_list_init(&endpoint->link);
    far_list_init(&endpoint->tick_link);
    enum far_err err = begin_stream(&endpoint->tx);
    endpoint->stats.opened_at_us = endpoint->tx.origin_us;
    if (err == FAR_OK)
        *ret_endpoint = endpoint;
    else
        free(endpoint);
    return err;
}

/* Under the lock: ports, place in the directory, and off to its thread. */
static enum far_err enter(struct media_engine *engine, struct endpoint *endpoint, uint64_t group)
{
    const struct command add = {.kind = COMMAND_ADD, .endpoint = endpoint};
    if (directory_find(engine, endpoint->id)) return FAR_EEXIST;
    if (engine->endpoints_len == engine->endpoints_max) return FAR_EFULL;
    enum far_err err = ports_bind(&engine->ports, &endpoint->port, &endpoint->rtp_fd, &endpoint->rtcp_fd);
    if (err != FAR_OK) return err;
    endpoint->serial = ++engine->serial;
    endpoint->thread_index = (unsigned)(group % engine->threads_len);
    err = far_index_put(engine->directory, endpoint->id, (uint64_t)(uintptr_t)endpoint);
    if (err == FAR_OK && !directory_dispatch(engine, &add, ENGINE_QUEUE_RESERVE)) {
        (void)far_index_remove(engine->directory, endpoint->id);
        err = FAR_EAGAIN;
    }
    if (err != FAR_OK) {
        ports_free(&engine->ports, endpoint->port); /* nobody else can bind them before the lock is free */
        return err;
    }
    far_list_append(&engine->endpoints, &endpoint->directory_link);
    engine->endpoints_len++;
    return FAR_OK;
}

static struct sockaddr_in local_address(const struct media_engine *engine, uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_addr = engine->ports.address, .sin_port = htons(port)};
}

enum far_err media_endpoint_open(struct media_engine *engine, uint64_t endpoint_id, uint64_t group,
                                 struct sockaddr_in *ret_local)
{
    struct endpoint *endpoint = NULL;
    if (endpoint_id == 0) return FAR_EINVAL;
    enum far_err err = make_endpoint(endpoint_id, &endpoint);
    if (err != FAR_OK) return err;
    (void)pthread_mutex_lock(&engine->lock);
    err = enter(engine, endpoint, group);
    if (err == FAR_OK)
        *ret_local = local_address(engine, endpoint->port);
    else
        endpoint_free(endpoint);
    (void)pthread_mutex_unlock(&engine->lock);
    return err;
}

static bool codec_valid(enum far_codec codec, uint8_t payload_type)
{
    return (codec == FAR_CODEC_PCMA || codec == FAR_CODEC_PCMU) && payload_type <= 127;
}

enum far_err media_endpoint_set_remote(struct media_engine *engine, uint64_t endpoint_id,
                                       const struct media_remote *remote)
{
    bool dtmf_valid = remote->dtmf_payload_type == MEDIA_PT_NONE ||
                      (remote->dtmf_payload_type <= 127 && remote->dtmf_payload_type != remote->payload_type);
    if (!codec_valid(remote->codec, remote->payload_type) || !dtmf_valid) return FAR_EINVAL;
    if (remote->address.sin_family != AF_INET && remote->address.sin_port != 0) return FAR_EINVAL;
    struct command command = {.kind = COMMAND_REMOTE, .remote = *remote};
    return send_command(engine, endpoint_id, &command);
}

enum far_err media_endpoint_close(struct media_engine *engine, uint64_t endpoint_id)
{
    enum far_err err = FAR_ENOTFOUND;
    struct command command = {.kind = COMMAND_CLOSE};
    (void)pthread_mutex_lock(&engine->lock);
    command.endpoint = directory_find(engine, endpoint_id);
    if (command.endpoint) {
        err = directory_dispatch(engine, &command, ENGINE_QUEUE_RESERVE) ? FAR_OK : FAR_EAGAIN;
        if (err == FAR_OK) (void)far_index_remove(engine->directory, endpoint_id);
    }
    (void)pthread_mutex_unlock(&engine->lock);
    return err;
}

enum far_err media_endpoint_query(struct media_engine *engine, uint64_t endpoint_id, uint64_t cookie)
{
    struct command command = {.kind = COMMAND_QUERY, .cookie = cookie};
    return send_command(engine, endpoint_id, &command);
}

enum far_err media_bridge(struct media_engine *engine, uint64_t a_id, uint64_t b_id)
{
    enum far_err err = FAR_ENOTFOUND;
    struct command command = {.kind = COMMAND_BRIDGE};
    if (a_id == b_id) return FAR_EINVAL;
    (void)pthread_mutex_lock(&engine->lock);
    command.endpoint = directory_find(engine, a_id);
    command.peer = directory_find(engine, b_id);
    if (command.endpoint && command.peer)
        err = directory_dispatch(engine, &command, ENGINE_QUEUE_RESERVE) ? FAR_OK : FAR_EAGAIN;
    (void)pthread_mutex_unlock(&engine->lock);
    return err;
}

enum far_err media_unbridge(struct media_engine *engine, uint64_t endpoint_id)
{
    struct command command = {.kind = COMMAND_UNBRIDGE};
    return send_command(engine, endpoint_id, &command);
}

enum far_err media_mute(struct media_engine *engine, uint64_t endpoint_id, bool on)
{
    struct command command = {.kind = COMMAND_MUTE, .on = on};
    return send_command(engine, endpoint_id, &command);
}

enum far_err media_echo(struct media_engine *engine, uint64_t endpoint_id, bool on)
{
    struct command command = {.kind = COMMAND_ECHO, .on = on};
    return send_command(engine, endpoint_id, &command);
}

/* Check the names and put the music's own in its place. */
static enum far_err names_of(const struct media_engine *engine, const struct media_play *play,
                             const char *names[MEDIA_PLAY_FILES_MAX])
{
    if (play->play_id == 0 || play->files_len == 0 || play->files_len > MEDIA_PLAY_FILES_MAX)
        return FAR_EINVAL;
    for (size_t i = 0; i < play->files_len; i++) {
        names[i] = play->files[i];
        if (!names[i]) return FAR_EINVAL;
        if (strcmp(names[i], MEDIA_MUSIC) == 0) names[i] = engine->music_file; /* "" is not valid */
        if (!sound_name_valid(names[i])) return FAR_EINVAL;
    }
    return FAR_OK;
}

/* All sounds are in memory already: the play can begin at once. */
static void take_cached(struct media_engine *engine, struct play *play, const char *const *names, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        struct sound *sound = sound_cached(engine->cache, names[i]);
        if (!sound) break;
        play->sounds[play->sounds_len++] = sound;
    }
    play->ready = play->sounds_len == len;
    while (!play->ready && play->sounds_len > 0)
        sound_release(play->sounds[--play->sounds_len]);
}

static enum far_err send_play(struct media_engine *engine, uint64_t endpoint_id, struct play *play,
                              const char *const *names, size_t names_len)
{
    enum far_err err = FAR_OK;
    (void)pthread_mutex_lock(&engine->lock);
    struct command command = {
        .kind = COMMAND_PLAY, .endpoint = directory_find(engine, endpoint_id), .play = play};
    play->serial = ++engine->serial;
    if (!command.endpoint) err = FAR_ENOTFOUND;
    /* The loader answers through the directory, so not before the play itself is on its way. */
    if (err == FAR_OK && !play->ready)
        err = loader_request(engine->loader, endpoint_id, play->serial, names, names_len);
    if (err == FAR_OK && !directory_dispatch(engine, &command, ENGINE_QUEUE_RESERVE)) err = FAR_EAGAIN;
    (void)pthread_mutex_unlock(&engine->lock);
    return err;
}

enum far_err media_play(struct media_engine *engine, uint64_t endpoint_id, const struct media_play *play)
{
    const char *names[MEDIA_PLAY_FILES_MAX];
    enum far_err err = names_of(engine, play, names);
    if (err != FAR_OK) return err;
    struct play *own = calloc(1, sizeof(*own));
    if (!own) return FAR_ENOMEM;
    own->id = play->play_id;
    own->loop = play->loop;
    own->barge_in = play->barge_in;
    take_cached(engine, own, names, play->files_len);
    err = send_play(engine, endpoint_id, own, names, play->files_len);
    if (err != FAR_OK) (void)play_free(own);
    return err;
}

enum far_err media_play_stop(struct media_engine *engine, uint64_t endpoint_id, uint64_t play_id)
{
    struct command command = {.kind = COMMAND_PLAY_STOP, .play_id = play_id};
    return send_command(engine, endpoint_id, &command);
}

enum far_err media_digit_send(struct media_engine *engine, uint64_t endpoint_id, char digit,
                              uint32_t duration_ms)
{
    struct far_dtmf_tx unused;
    enum far_err err = far_dtmf_start(&unused, digit, duration_ms);
    if (err != FAR_OK) return err;
    struct command command = {.kind = COMMAND_DIGIT, .digit = {.digit = digit, .duration_ms = duration_ms}};
    return send_command(engine, endpoint_id, &command);
}
