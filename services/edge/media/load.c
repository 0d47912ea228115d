/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RETRY_NS 5000000 /* a full queue is emptied within a few ms */

struct job {
    struct job *next;
    uint64_t endpoint_id;
    uint64_t play_serial;
    size_t names_len;
    char names[][MEDIA_PATH_MAX];
};

struct loader {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct job *first;
    struct job **last;
    size_t jobs_len;
    bool stop;
    pthread_t handle;
    struct sound_cache *cache;
    loader_deliver *deliver;
    void *context;
};

struct loaded *loaded_free(struct loaded *loaded)
{
    if (!loaded) return NULL;
    for (size_t i = 0; i < loaded->sounds_len; i++)
        sound_release(loaded->sounds[i]);
    free(loaded);
    return NULL;
}

static struct loaded *load(struct loader *loader, const struct job *job)
{
    struct loaded *loaded = calloc(1, sizeof(*loaded));
    if (!loaded) return NULL;
    loaded->play_serial = job->play_serial;
    for (size_t i = 0; i < job->names_len && loaded->err == FAR_OK; i++) {
        loaded->err = sound_load(loader->cache, job->names[i], &loaded->sounds[i], loaded->text);
        if (loaded->err == FAR_OK) loaded->sounds_len++;
    }
    return loaded;
}

/* The next job, or NULL when it is time to end. */
static struct job *take(struct loader *loader)
{
    (void)pthread_mutex_lock(&loader->lock);
    while (!loader->first && !loader->stop)
        (void)pthread_cond_wait(&loader->changed, &loader->lock);
    struct job *job = loader->stop ? NULL : loader->first;
    if (job) {
        loader->first = job->next;
        if (!loader->first) loader->last = &loader->first;
        loader->jobs_len--;
    }
    (void)pthread_mutex_unlock(&loader->lock);
    return job;
}

/* Wait a little, or until the end. @return false: the end. */
static bool pause_a_little(struct loader *loader)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += RETRY_NS;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    (void)pthread_mutex_lock(&loader->lock);
    if (!loader->stop) (void)pthread_cond_timedwait(&loader->changed, &loader->lock, &until);
    bool go_on = !loader->stop;
    (void)pthread_mutex_unlock(&loader->lock);
    return go_on;
}

static void *loader_main(void *context)
{
    struct loader *loader = context;
    for (struct job *job = take(loader); job; job = take(loader)) {
        struct loaded *loaded = load(loader, job);
        while (!loaded && pause_a_little(loader)) /* out of memory: others may give some back */
            loaded = load(loader, job);
        while (loaded && !loader->deliver(loader->context, job->endpoint_id, loaded)) {
            if (pause_a_little(loader)) continue;
            loaded = loaded_free(loaded);
        }
        free(job);
    }
    return NULL;
}

enum far_err loader_create(struct sound_cache *cache, loader_deliver *deliver, void *context,
                           struct loader **ret_loader)
{
    struct loader *loader = calloc(1, sizeof(*loader));
    if (!loader) return FAR_ENOMEM;
    loader->last = &loader->first;
    loader->cache = cache;
    loader->deliver = deliver;
    loader->context = context;
    (void)pthread_mutex_init(&loader->lock, NULL);
    (void)pthread_cond_init(&loader->changed, NULL);
    if (pthread_create(&loader->handle, NULL, loader_main, loader) != 0) {
        free(loader);
        return FAR_EIO;
    }
    (void)pthread_setname_np(loader->handle, "media-loader");
    *ret_loader = loader;
    return FAR_OK;
}

struct loader *loader_destroy(struct loader *loader)
{
    if (!loader) return NULL;
    (void)pthread_mutex_lock(&loader->lock);
    loader->stop = true;
    (void)pthread_cond_broadcast(&loader->changed);
    (void)pthread_mutex_unlock(&loader->lock);
    (void)pthread_join(loader->handle, NULL);
    while (loader->first) {
        struct job *job = loader->first;
        loader->first = job->next;
        free(job);
    }
    (void)pthread_cond_destroy(&loader->changed);
    (void)pthread_mutex_destroy(&loader->lock);
    free(loader);
    return NULL;
}

enum far_err loader_request(struct loader *loader, uint64_t endpoint_id, uint64_t play_serial,
                            const char *const *names, size_t names_len)
{
    struct job *job = calloc(1, sizeof(*job) + names_len * sizeof(job->names[0]));
    if (!job) return FAR_ENOMEM;
    job->endpoint_id = endpoint_id;
    job->play_serial = play_serial;
    job->names_len = names_len;
    for (size_t i = 0; i < names_len; i++)
        (void)snprintf(job->names[i], sizeof(job->names[i]), "%s", names[i]);
    (void)pthread_mutex_lock(&loader->lock);
    bool room = loader->jobs_len < LOADER_JOBS_MAX;
    if (room) {
        *loader->last = job;
        loader->last = &job->next;
        loader->jobs_len++;
        (void)pthread_cond_signal(&loader->changed);
    }
    (void)pthread_mutex_unlock(&loader->lock);
    if (!room) free(job);
    return room ? FAR_OK : FAR_EAGAIN;
}
