/* SPDX-License-Identifier: Apache-2.0 */
/* The loop of a media thread: packets first, then the tick, then commands (which may free what packets point
 * at). */
#include "engine.h"
#include "far/clock.h"
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS_MAX      256
#define HOUSEKEEP_TICKS 10u /* every endpoint is looked at once in so many ticks (200 ms) */
#define TICKS_CAUGHT_UP 5u  /* missed ticks that are made good by sending more at once */

void thread_emit(struct media_thread *thread, struct endpoint *endpoint, struct media_event *event)
{
    event->endpoint_id = endpoint->id;
    event->at_us = thread->now_us;
    thread->engine->emit(thread->engine->context, event);
}

static void query(struct media_thread *thread, struct endpoint *endpoint, uint64_t cookie)
{
    struct media_event event = {.kind = MEDIA_EV_STATS, .stats = {.cookie = cookie}};
    endpoint_stats(endpoint, &event.stats.stats);
    thread_emit(thread, endpoint, &event);
}

static void leave(struct media_thread *thread, struct endpoint *endpoint, unsigned target)
{
    endpoint_detach(thread, endpoint);
    /* No room there: the bridge is tried again later. */
    if (!directory_moved(thread->engine, endpoint, target)) endpoint_attach(thread, endpoint);
}

static void execute_fork(struct media_thread *thread, const struct command *command)
{
    struct endpoint *endpoint = command->endpoint;
    if (command->kind == COMMAND_FORK_ADD) fork_add(thread, endpoint, command->fork);
    if (command->kind == COMMAND_FORK_START)
        fork_start(thread, endpoint, command->fork_start.id, command->fork_start.streams);
    if (command->kind == COMMAND_FORK_PAUSE) fork_pause(thread, endpoint, command->fork_start.id);
    if (command->kind == COMMAND_FORK_DROP) fork_drop(thread, endpoint, command->fork_start.id);
}

static void execute_play(struct media_thread *thread, const struct command *command)
{
    struct endpoint *endpoint = command->endpoint;
    if (command->kind == COMMAND_PLAY) play_begin(thread, endpoint, command->play);
    if (command->kind == COMMAND_LOADED) play_loaded(thread, endpoint, command->loaded);
    if (command->kind == COMMAND_DIGIT)
        play_digit(thread, endpoint, command->digit.digit, command->digit.duration_ms);
    if (command->kind == COMMAND_PLAY_STOP && endpoint->play &&
        (command->play_id == 0 || command->play_id == endpoint->play->id))
        play_end(thread, endpoint, MEDIA_PLAY_STOPPED, "");
}

static void execute(struct media_thread *thread, const struct command *command)
{
    struct endpoint *endpoint = command->endpoint;
    switch (command->kind) {
    case COMMAND_ADD:
        endpoint_attach(thread, endpoint);
        break;
    case COMMAND_LEAVE:
        leave(thread, endpoint, command->thread);
        break;
    case COMMAND_CLOSE:
        endpoint_close(thread, endpoint);
        break;
    case COMMAND_REMOTE:
        endpoint_set_remote(thread, endpoint, &command->remote);
        break;
    case COMMAND_SECURE:
        secure_set(thread, endpoint, command->secure);
        break;
    case COMMAND_QUERY:
        query(thread, endpoint, command->cookie);
        break;
    case COMMAND_BRIDGE:
        endpoint_bridge(thread, endpoint, command->peer);
        break;
    case COMMAND_UNBRIDGE:
        endpoint_unbridge(thread, endpoint);
        break;
    case COMMAND_MUTE:
        endpoint->muted = command->on;
        break;
    case COMMAND_ECHO:
        endpoint->echo = command->on;
        break;
    case COMMAND_PLAY:
    case COMMAND_PLAY_STOP:
    case COMMAND_LOADED:
    case COMMAND_DIGIT:
        execute_play(thread, command);
        break;
    case COMMAND_FORK_ADD:
    case COMMAND_FORK_START:
    case COMMAND_FORK_PAUSE:
    case COMMAND_FORK_DROP:
        execute_fork(thread, command);
        break;
    }
}

static void execute_all(struct media_thread *thread)
{
    struct command command;
    uint64_t count;
    (void)!read(thread->wake_fd, &count, sizeof(count));
    for (uint32_t i = 0; i <= thread->queue.mask && queue_pop(&thread->queue, &command); i++)
        execute(thread, &command);
}

static void housekeep(struct media_thread *thread)
{
    size_t due = (thread->endpoints_len + HOUSEKEEP_TICKS - 1) / HOUSEKEEP_TICKS;
    for (size_t i = 0; i < due && !far_list_empty(&thread->endpoints); i++) {
        struct far_list *link = thread->endpoints.next;
        far_list_remove(link);
        far_list_append(&thread->endpoints, link);
        endpoint_housekeep(thread, FAR_LIST_ITEM(link, struct endpoint, link));
    }
    if (atomic_load_explicit(&thread->engine->backlog_waits, memory_order_relaxed))
        directory_retry(thread->engine);
}

static void tick(struct media_thread *thread)
{
    uint64_t expired = 0;
    if (read(thread->tick_fd, &expired, sizeof(expired)) != (ssize_t)sizeof(expired) || expired == 0) return;
    if (expired > 1) counter_add(&thread->counters.ticks_late, expired - 1);
    unsigned ticks = expired < TICKS_CAUGHT_UP ? (unsigned)expired : TICKS_CAUGHT_UP;
    for (struct far_list *at = thread->ticking.next; at != &thread->ticking;) {
        struct endpoint *endpoint = FAR_LIST_ITEM(at, struct endpoint, tick_link);
        at = at->next; /* the play may end, and leave the list */
        play_tick(thread, endpoint, ticks);
    }
    housekeep(thread);
}

void *thread_main(void *context)
{
    struct media_thread *thread = context;
    struct epoll_event events[EVENTS_MAX];
    while (!atomic_load_explicit(&thread->stop, memory_order_relaxed)) {
        bool woken = false, ticked = false;
        int count = epoll_wait(thread->epoll_fd, events, EVENTS_MAX, -1);
        thread->now_us = far_clock_mono_us();
        for (int i = 0; i < count; i++) {
            struct source *source = events[i].data.ptr;
            if (source->kind == SOURCE_RTP)
                packet_receive(thread, source->endpoint);
            else if (source->kind == SOURCE_RTCP)
                packet_receive_rtcp(thread, source->endpoint);
            else if (source->kind == SOURCE_TICK)
                ticked = true;
            else
                woken = true;
        }
        if (ticked) tick(thread);
        if (woken) execute_all(thread);
    }
    return NULL;
}
