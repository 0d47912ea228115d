/* SPDX-License-Identifier: Apache-2.0 */
/* Which endpoint is on which thread, and how commands get there in order, also while an endpoint changes
 * threads. */
#include "directory.h"
#include "far/index.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct endpoint *directory_find(const struct media_engine *engine, uint64_t id)
{
    uint64_t value;
    return far_index_get(engine->directory, id, &value) ? (struct endpoint *)(uintptr_t)value : NULL;
}

static void wake(const struct media_thread *thread)
{
    const uint64_t one = 1;
    (void)!write(thread->wake_fd, &one, sizeof(one)); /* full means that it is awake anyway */
}

static bool push(struct media_engine *engine, unsigned index, const struct command *command, uint32_t reserve)
{
    if (!queue_push(&engine->threads[index].queue, command, reserve)) return false;
    wake(&engine->threads[index]);
    return true;
}

static struct endpoint *peer_of(const struct command *command)
{
    return command->kind == COMMAND_BRIDGE ? command->peer : NULL;
}

static bool backlog_add(struct media_engine *engine, const struct command *command)
{
    struct endpoint *peer = peer_of(command);
    if (engine->backlog_len == ENGINE_BACKLOG_MAX) return false;
    engine->backlog[engine->backlog_len++] = *command;
    command->endpoint->backlog++;
    if (peer) peer->backlog++;
    atomic_store(&engine->backlog_waits, true);
    return true;
}

/* Bring the peer to the endpoint's thread. */
static bool start_move(struct media_engine *engine, const struct command *bridge, uint32_t reserve)
{
    struct command leave = {
        .kind = COMMAND_LEAVE, .endpoint = bridge->peer, .thread = bridge->endpoint->thread_index};
    if (!push(engine, bridge->peer->thread_index, &leave, reserve)) return false;
    bridge->peer->moving = true;
    return true;
}

static bool held(const struct endpoint *endpoint)
{
    return endpoint && (endpoint->moving || endpoint->backlog > 0);
}

bool directory_dispatch(struct media_engine *engine, const struct command *command, uint32_t reserve)
{
    struct endpoint *peer = peer_of(command);
    bool done;
    if (held(command->endpoint) || held(peer)) {
        done = backlog_add(engine, command);
    } else if (peer && peer->thread_index != command->endpoint->thread_index) {
        done = engine->backlog_len < ENGINE_BACKLOG_MAX && start_move(engine, command, reserve) &&
               backlog_add(engine, command);
    } else {
        done = push(engine, command->endpoint->thread_index, command, reserve);
    }
    if (!done) atomic_fetch_add(&engine->commands_refused, 1);
    return done;
}

/* One command of the backlog. @return whether it is gone. */
static bool retry_one(struct media_engine *engine, const struct command *command)
{
    struct endpoint *endpoint = command->endpoint, *peer = peer_of(command);
    bool waits = endpoint->moving || endpoint->blocked || (peer && (peer->moving || peer->blocked));
    if (!waits && peer && peer->thread_index != endpoint->thread_index) {
        (void)start_move(engine, command, 0);
        waits = true;
    }
    if (!waits && push(engine, endpoint->thread_index, command, 0)) {
        /* A pushed COMMAND_CLOSE ends the endpoint, but not before the lock that we hold is free. */
        endpoint->backlog--;
        if (peer) peer->backlog--;
        return true;
    }
    endpoint->blocked = true; /* later commands about either must not overtake this one */
    if (peer) peer->blocked = true;
    return false;
}

static void retry_locked(struct media_engine *engine)
{
    size_t kept = 0;
    for (size_t i = 0; i < engine->backlog_len; i++) {
        struct command command = engine->backlog[i];
        if (!retry_one(engine, &command)) engine->backlog[kept++] = command;
    }
    engine->backlog_len = kept;
    for (size_t i = 0; i < kept; i++) {
        struct endpoint *peer = peer_of(&engine->backlog[i]);
        engine->backlog[i].endpoint->blocked = false;
        if (peer) peer->blocked = false;
    }
    atomic_store(&engine->backlog_waits, kept > 0);
}

void directory_retry(struct media_engine *engine)
{
    (void)pthread_mutex_lock(&engine->lock);
    retry_locked(engine);
    (void)pthread_mutex_unlock(&engine->lock);
}

bool directory_moved(struct media_engine *engine, struct endpoint *endpoint, unsigned target)
{
    const struct command add = {.kind = COMMAND_ADD, .endpoint = endpoint};
    (void)pthread_mutex_lock(&engine->lock);
    endpoint->moving = false;
    bool moved = push(engine, target, &add, 0);
    if (moved) {
        endpoint->thread_index = target;
        engine->moves++;
        retry_locked(engine);
    }
    (void)pthread_mutex_unlock(&engine->lock);
    return moved;
}

bool directory_loaded(void *context, uint64_t endpoint_id, struct loaded *loaded)
{
    struct media_engine *engine = context;
    (void)pthread_mutex_lock(&engine->lock);
    struct endpoint *endpoint = directory_find(engine, endpoint_id);
    bool done = true;
    if (!endpoint) {
        (void)loaded_free(loaded);
    } else {
        const struct command command = {.kind = COMMAND_LOADED, .endpoint = endpoint, .loaded = loaded};
        done = directory_dispatch(engine, &command, 0);
    }
    (void)pthread_mutex_unlock(&engine->lock);
    return done;
}

static void free_fork_ports(struct media_engine *engine, const struct fork *fork)
{
    for (size_t side = 0; side < 2; side++)
        ports_free(&engine->ports, fork->streams[side].port);
}

void directory_bury(struct media_engine *engine, struct endpoint *endpoint)
{
    (void)pthread_mutex_lock(&engine->lock);
    far_list_remove(&endpoint->directory_link);
    engine->endpoints_len--;
    ports_free(&engine->ports, endpoint->port);
    for (size_t i = 0; i < MEDIA_FORKS_MAX; i++)
        if (endpoint->forks[i]) free_fork_ports(engine, endpoint->forks[i]);
    (void)pthread_mutex_unlock(&engine->lock);
}

void directory_fork_ports(struct media_engine *engine, const struct fork *fork)
{
    (void)pthread_mutex_lock(&engine->lock);
    free_fork_ports(engine, fork);
    (void)pthread_mutex_unlock(&engine->lock);
}

void command_discard(struct command *command)
{
    if (command->kind == COMMAND_PLAY) command->play = play_free(command->play);
    if (command->kind == COMMAND_LOADED) command->loaded = loaded_free(command->loaded);
    if (command->kind == COMMAND_SECURE) command->secure = secure_free(command->secure);
    if (command->kind == COMMAND_FORK_ADD) command->fork = fork_free(command->fork);
}
