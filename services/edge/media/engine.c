/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's birth and death, and its sums. */
#include "engine.h"
#include "far/index.h"
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define ENDPOINTS_DEFAULT 4096u
#define ENDPOINTS_LIMIT   65536u
#define CACHE_DEFAULT     ((size_t)64 << 20)
#define CACHE_LEAST       ((size_t)1 << 20)
#define COMMANDS_DEFAULT  8192u
#define COMMANDS_LEAST    256u
#define COMMANDS_LIMIT    (1u << 20)

static enum far_err refuse(char *text, enum far_err err, const char *why)
{
    (void)snprintf(text, MEDIA_TEXT_MAX, "%s", why);
    return err;
}

static unsigned threads_default(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors > 3 ? (unsigned)processors / 2 : 1;
}

static bool add_source(int epoll_fd, int fd, struct source *source)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = source};
    return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static enum far_err start_thread(struct media_engine *engine, struct media_thread *thread,
                                 uint32_t commands_max)
{
    const struct itimerspec every_tick = {.it_interval = {.tv_nsec = TICK_US * 1000},
                                          .it_value = {.tv_nsec = TICK_US * 1000}};
    thread->engine = engine;
    far_list_init(&thread->endpoints);
    far_list_init(&thread->ticking);
    thread->wake_source.kind = SOURCE_WAKE;
    thread->tick_source.kind = SOURCE_TICK;
    if (queue_init(&thread->queue, commands_max + ENGINE_QUEUE_RESERVE) != FAR_OK) return FAR_ENOMEM;
    thread->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    thread->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    thread->tick_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (thread->epoll_fd < 0 || thread->wake_fd < 0 || thread->tick_fd < 0 ||
        timerfd_settime(thread->tick_fd, 0, &every_tick, NULL) != 0 ||
        !add_source(thread->epoll_fd, thread->wake_fd, &thread->wake_source) ||
        !add_source(thread->epoll_fd, thread->tick_fd, &thread->tick_source) ||
        pthread_create(&thread->handle, NULL, thread_main, thread) != 0)
        return FAR_EIO;
    thread->running = true;
    char name[16];
    (void)snprintf(name, sizeof(name), "media-%u", thread->index % 1000u);
    (void)pthread_setname_np(thread->handle, name);
    return FAR_OK;
}

/* An endpoint needs two descriptors, and two more when it is recorded; the usual limit of 1024 is soon
 * reached. */
static void raise_file_limit(uint32_t endpoints_max)
{
    struct rlimit files;
    rlim_t wanted = (rlim_t)endpoints_max * 4 + 1024;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= wanted) return;
    files.rlim_cur = files.rlim_max < wanted ? files.rlim_max : wanted;
    (void)setrlimit(RLIMIT_NOFILE, &files); /* without it FAR_EIO comes sooner */
}

static enum far_err start_threads(struct media_engine *engine, const struct media_config *config)
{
    unsigned len = config->threads > 0 ? config->threads : threads_default();
    engine->threads = calloc(len, sizeof(*engine->threads));
    if (!engine->threads) return FAR_ENOMEM;
    engine->threads_len = len;
    for (unsigned i = 0; i < len; i++) {
        engine->threads[i].index = i;
        engine->threads[i].epoll_fd = engine->threads[i].wake_fd = engine->threads[i].tick_fd = -1;
    }
    for (unsigned i = 0; i < len; i++) {
        uint32_t commands_max = config->commands_max > 0 ? config->commands_max : COMMANDS_DEFAULT;
        enum far_err err = start_thread(engine, &engine->threads[i], commands_max);
        if (err != FAR_OK) return err;
    }
    return FAR_OK;
}

/* What is wrong with the numbers, or NULL. */
static const char *check(const struct media_config *config)
{
    if (!config->emit) return "emit is not set";
    if (config->threads > ENGINE_THREADS_MAX) return "threads is above 64";
    if (config->endpoints_max > ENDPOINTS_LIMIT) return "endpoints_max is above 65536";
    if (config->commands_max > 0 && config->commands_max < COMMANDS_LEAST) return "commands_max is below 256";
    if (config->commands_max > COMMANDS_LIMIT) return "commands_max is above 1048576";
    if (config->cache_bytes_max > 0 && config->cache_bytes_max < CACHE_LEAST)
        return "cache_bytes_max is below 1 MiB";
    if (config->music_file && !sound_name_valid(config->music_file))
        return "music_file is not a name inside prompt_dir";
    return NULL;
}

static enum far_err set_up_sounds(struct media_engine *engine, const struct media_config *config, char *text)
{
    engine->cache_bytes_max = config->cache_bytes_max > 0 ? config->cache_bytes_max : CACHE_DEFAULT;
    enum far_err err = sound_cache_create(config->prompt_dir, engine->cache_bytes_max, &engine->cache);
    if (err == FAR_EINVAL) return refuse(text, err, "prompt_dir is too long");
    if (err == FAR_OK && config->prompt_cache) err = sound_cache_overlay(engine->cache, config->prompt_cache);
    if (err == FAR_EINVAL) return refuse(text, err, "prompt_cache is too long");
    if (err != FAR_OK) return err;
    if (config->music_file) {
        char why[MEDIA_TEXT_MAX] = "";
        (void)snprintf(engine->music_file, sizeof(engine->music_file), "%s", config->music_file);
        if (sound_load(engine->cache, engine->music_file, &engine->music, why) != FAR_OK) {
            (void)snprintf(text, MEDIA_TEXT_MAX, "music_file: %.140s", why);
            return FAR_EINVAL;
        }
    }
    return loader_create(engine->cache, directory_loaded, engine, &engine->loader);
}

void media_sound_changed(struct media_engine *engine, const char *file)
{
    sound_cache_forget(engine->cache, file);
}

static enum far_err set_up(struct media_engine *engine, const struct media_config *config, char *text)
{
    struct in_addr address;
    const char *wrong = check(config);
    if (wrong) return refuse(text, FAR_EINVAL, wrong);
    if (!config->listen_ip || inet_pton(AF_INET, config->listen_ip, &address) != 1)
        return refuse(text, FAR_EINVAL, "listen_ip is not an IPv4 address");
    enum far_err err = ports_init(&engine->ports, address, config->port_min, config->port_max);
    if (err == FAR_EINVAL)
        return refuse(text, err, "port_min and port_max hold no pair of an even and an odd port");
    if (err != FAR_OK) return err;
    engine->endpoints_max = config->endpoints_max > 0 ? config->endpoints_max : ENDPOINTS_DEFAULT;
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed)) return FAR_EIO;
    err = far_index_create(engine->endpoints_max, 0, seed, &engine->directory);
    if (err != FAR_OK) return err;
    raise_file_limit(engine->endpoints_max);
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main loop's */
    err = secure_dtls_context_create(&engine->dtls);
    if (err == FAR_OK) err = set_up_sounds(engine, config, text);
    if (err == FAR_OK) err = start_threads(engine, config);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return err;
}

enum far_err media_engine_create(const struct media_config *config, struct media_engine **ret_engine,
                                 char ret_text[MEDIA_TEXT_MAX])
{
    struct media_engine *engine = calloc(1, sizeof(*engine));
    ret_text[0] = '\0';
    if (!engine) return FAR_ENOMEM;
    (void)pthread_mutex_init(&engine->lock, NULL);
    far_list_init(&engine->endpoints);
    engine->emit = config->emit;
    engine->context = config->context;
    enum far_err err = set_up(engine, config, ret_text);
    if (err != FAR_OK) {
        if (ret_text[0] == '\0') (void)refuse(ret_text, err, far_err_text(err));
        (void)media_engine_destroy(engine);
        return err;
    }
    *ret_engine = engine;
    return FAR_OK;
}

static void stop_thread(struct media_thread *thread)
{
    const uint64_t one = 1;
    if (!thread->running) return;
    atomic_store(&thread->stop, true);
    (void)!write(thread->wake_fd, &one, sizeof(one));
    (void)pthread_join(thread->handle, NULL);
}

static void clean_thread(struct media_thread *thread)
{
    struct command command;
    while (thread->queue.ring && queue_pop(&thread->queue, &command))
        command_discard(&command);
    queue_done(&thread->queue);
    if (thread->epoll_fd >= 0) (void)close(thread->epoll_fd);
    if (thread->wake_fd >= 0) (void)close(thread->wake_fd);
    if (thread->tick_fd >= 0) (void)close(thread->tick_fd);
}

struct media_engine *media_engine_destroy(struct media_engine *engine)
{
    if (!engine) return NULL;
    for (unsigned i = 0; i < engine->threads_len; i++)
        stop_thread(&engine->threads[i]);
    engine->loader = loader_destroy(engine->loader);
    for (unsigned i = 0; i < engine->threads_len; i++)
        clean_thread(&engine->threads[i]);
    for (size_t i = 0; i < engine->backlog_len; i++)
        command_discard(&engine->backlog[i]);
    while (!far_list_empty(&engine->endpoints)) {
        struct endpoint *endpoint = FAR_LIST_ITEM(engine->endpoints.next, struct endpoint, directory_link);
        far_list_remove(&endpoint->directory_link);
        endpoint_free(endpoint);
    }
    free(engine->threads);
    sound_release(engine->music);
    engine->cache = sound_cache_destroy(engine->cache);
    engine->directory = far_index_destroy(engine->directory);
    engine->dtls = secure_dtls_context_destroy(engine->dtls);
    ports_done(&engine->ports);
    (void)pthread_mutex_destroy(&engine->lock);
    free(engine);
    return NULL;
}

const char *media_drop_name(enum media_drop drop)
{
    static const char *const names[MEDIA_DROP_COUNT] = {
        [MEDIA_DROP_NOT_RTP] = "not_rtp",   [MEDIA_DROP_OVERSIZED] = "oversized",
        [MEDIA_DROP_STRAY] = "stray",       [MEDIA_DROP_TYPE] = "type",
        [MEDIA_DROP_UNWANTED] = "unwanted", [MEDIA_DROP_UNBRIDGED] = "unbridged",
        [MEDIA_DROP_STUN] = "stun",         [MEDIA_DROP_DTLS] = "dtls",
        [MEDIA_DROP_SRTP] = "srtp",         [MEDIA_DROP_UNSECURED] = "unsecured",
    };
    return names[drop];
}

static void add_counters(const struct counters *counters, struct media_metrics *metrics)
{
    metrics->packets_in += atomic_load_explicit(&counters->packets_in, memory_order_relaxed);
    metrics->packets_out += atomic_load_explicit(&counters->packets_out, memory_order_relaxed);
    metrics->bytes_in += atomic_load_explicit(&counters->bytes_in, memory_order_relaxed);
    metrics->bytes_out += atomic_load_explicit(&counters->bytes_out, memory_order_relaxed);
    for (size_t i = 0; i < MEDIA_DROP_COUNT; i++)
        metrics->dropped[i] += atomic_load_explicit(&counters->dropped[i], memory_order_relaxed);
    metrics->tx_errors += atomic_load_explicit(&counters->tx_errors, memory_order_relaxed);
    metrics->fork_packets_out += atomic_load_explicit(&counters->fork_packets_out, memory_order_relaxed);
    metrics->fork_errors += atomic_load_explicit(&counters->fork_errors, memory_order_relaxed);
    metrics->ticks_late += atomic_load_explicit(&counters->ticks_late, memory_order_relaxed);
    metrics->handshakes += atomic_load_explicit(&counters->handshakes, memory_order_relaxed);
    metrics->handshakes_failed += atomic_load_explicit(&counters->handshakes_failed, memory_order_relaxed);
    metrics->handshaking += atomic_load_explicit(&counters->handshaking, memory_order_relaxed);
    metrics->players += atomic_load_explicit(&counters->players, memory_order_relaxed);
    metrics->forks += atomic_load_explicit(&counters->forks, memory_order_relaxed);
    metrics->bridges += atomic_load_explicit(&counters->bridges, memory_order_relaxed);
}

void media_engine_metrics(struct media_engine *engine, struct media_metrics *ret_metrics)
{
    *ret_metrics = (struct media_metrics){
        .commands_refused = atomic_load(&engine->commands_refused),
        .endpoints_max = engine->endpoints_max,
        .cache_bytes = sound_cache_bytes(engine->cache),
        .cache_bytes_max = engine->cache_bytes_max,
        .threads = engine->threads_len,
    };
    for (unsigned i = 0; i < engine->threads_len; i++)
        add_counters(&engine->threads[i].counters, ret_metrics);
    (void)pthread_mutex_lock(&engine->lock);
    ret_metrics->endpoints = engine->endpoints_len;
    ret_metrics->moves = engine->moves;
    (void)pthread_mutex_unlock(&engine->lock);
}
