/* SPDX-License-Identifier: Apache-2.0 */
#include "sound.h"
#include "far/media/wav.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sound_cache {
    pthread_mutex_t lock;
    struct sound *first;
    size_t bytes;
    size_t bytes_max;
    uint64_t used;                 /* counts look-ups: a sound's age */
    uint64_t forgets;              /* counts sound_cache_forget(): what was being read then is not kept */
    char dir[4096], overlay[4096]; /* "": none */
};

bool sound_name_valid(const char *name)
{
    size_t len = strnlen(name, MEDIA_PATH_MAX);
    if (len == 0 || len == MEDIA_PATH_MAX || name[0] == '/') return false;
    for (const char *at = name; at; at = strchr(at, '/')) {
        if (*at == '/') at++;
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0')) return false;
        if (*at == '\0') break;
    }
    return true;
}

enum far_err sound_cache_create(const char *dir, size_t bytes_max, struct sound_cache **ret_cache)
{
    struct sound_cache *cache = calloc(1, sizeof(*cache));
    if (!cache) return FAR_ENOMEM;
    if (dir && snprintf(cache->dir, sizeof(cache->dir), "%s", dir) >= (int)sizeof(cache->dir)) {
        free(cache);
        return FAR_EINVAL;
    }
    (void)pthread_mutex_init(&cache->lock, NULL);
    cache->bytes_max = bytes_max;
    *ret_cache = cache;
    return FAR_OK;
}

enum far_err sound_cache_overlay(struct sound_cache *cache, const char *dir)
{
    bool fits = snprintf(cache->overlay, sizeof(cache->overlay), "%s", dir) < (int)sizeof(cache->overlay);
    return fits ? FAR_OK : FAR_EINVAL;
}

void sound_release(struct sound *sound)
{
    if (!sound || atomic_fetch_sub(&sound->references, 1) != 1) return;
    free(sound->pcma);
    free(sound->pcmu);
    free(sound);
}

struct sound_cache *sound_cache_destroy(struct sound_cache *cache)
{
    if (!cache) return NULL;
    while (cache->first) {
        struct sound *sound = cache->first;
        cache->first = sound->next;
        sound_release(sound);
    }
    (void)pthread_mutex_destroy(&cache->lock);
    free(cache);
    return NULL;
}

static size_t bytes_of(const struct sound *sound)
{
    return 2 * sound->len + sizeof(*sound);
}

static struct sound *find(struct sound_cache *cache, const char *name)
{
    for (struct sound *sound = cache->first; sound; sound = sound->next) {
        if (strcmp(sound->name, name) != 0) continue;
        sound->used = ++cache->used;
        (void)atomic_fetch_add(&sound->references, 1);
        return sound;
    }
    return NULL;
}

struct sound *sound_cached(struct sound_cache *cache, const char *name)
{
    (void)pthread_mutex_lock(&cache->lock);
    struct sound *sound = find(cache, name);
    (void)pthread_mutex_unlock(&cache->lock);
    return sound;
}

static void evict_oldest(struct sound_cache *cache)
{
    struct sound **oldest = &cache->first;
    for (struct sound **at = &cache->first; *at; at = &(*at)->next)
        if ((*at)->used < (*oldest)->used) oldest = at;
    struct sound *sound = *oldest;
    *oldest = sound->next;
    cache->bytes -= bytes_of(sound);
    sound_release(sound); /* those who play it keep it */
}

void sound_cache_forget(struct sound_cache *cache, const char *name)
{
    (void)pthread_mutex_lock(&cache->lock);
    cache->forgets++;
    for (struct sound **at = &cache->first; *at; at = &(*at)->next) {
        struct sound *sound = *at;
        if (strcmp(sound->name, name) != 0) continue;
        *at = sound->next;
        cache->bytes -= bytes_of(sound);
        sound_release(sound);
        break;
    }
    (void)pthread_mutex_unlock(&cache->lock);
}

static void insert(struct sound_cache *cache, struct sound *sound)
{
    while (cache->first && cache->bytes + bytes_of(sound) > cache->bytes_max)
        evict_oldest(cache);
    sound->used = ++cache->used;
    sound->next = cache->first;
    cache->first = sound;
    cache->bytes += bytes_of(sound);
    (void)atomic_fetch_add(&sound->references, 1);
}

static struct sound *encode(const char *name, const struct far_wav *wav)
{
    struct sound *sound = calloc(1, sizeof(*sound));
    if (!sound) return NULL;
    sound->pcma = malloc(wav->frames);
    sound->pcmu = malloc(wav->frames);
    sound->len = wav->frames;
    atomic_init(&sound->references, 1);
    (void)snprintf(sound->name, sizeof(sound->name), "%s", name);
    if (!sound->pcma || !sound->pcmu) {
        sound_release(sound);
        return NULL;
    }
    far_g711_encode(FAR_CODEC_PCMA, wav->pcm, wav->frames, sound->pcma);
    far_g711_encode(FAR_CODEC_PCMU, wav->pcm, wav->frames, sound->pcmu);
    return sound;
}

static enum far_err read_sound(const struct sound_cache *cache, const char *dir, const char *name,
                               struct sound **ret_sound, char *text)
{
    char path[sizeof(cache->dir) + 1 + MEDIA_PATH_MAX];
    char error[FAR_WAV_ERROR_MAX] = "";
    struct far_wav wav = {0};
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    enum far_err err = far_wav_load(path, &wav, error);
    if (err == FAR_OK) err = far_wav_convert(&wav, FAR_G711_RATE);
    if (err == FAR_OK && wav.frames == 0) {
        (void)snprintf(error, sizeof(error), "%s: it has no sound in it", name);
        err = FAR_EPROTO;
    } else if (err == FAR_OK && 2 * wav.frames > cache->bytes_max / 4) {
        (void)snprintf(error, sizeof(error), "%s: it needs more than a quarter of the prompt cache; cut it",
                       name);
        err = FAR_EFULL;
    }
    struct sound *sound = err == FAR_OK ? encode(name, &wav) : NULL;
    far_wav_done(&wav);
    if (sound) {
        *ret_sound = sound;
        return FAR_OK;
    }
    size_t path_len = strlen(path);
    bool begins_with_path =
        strncmp(error, path, path_len) == 0; /* who asked knows the name, not the folder */
    if (begins_with_path)
        (void)snprintf(text, MEDIA_TEXT_MAX, "%.80s%.75s", name, error + path_len);
    else
        (void)snprintf(text, MEDIA_TEXT_MAX, "%.150s", error[0] ? error : "out of memory");
    return err != FAR_OK ? err : FAR_ENOMEM;
}

/* A file of the overlay that is there but cannot be used does not silence the other one. */
static enum far_err read_either(const struct sound_cache *cache, const char *name, struct sound **ret_sound,
                                char *text)
{
    char other[MEDIA_TEXT_MAX] = "";
    enum far_err err = FAR_ENOTFOUND;
    if (cache->overlay[0]) err = read_sound(cache, cache->overlay, name, ret_sound, text);
    if (err == FAR_OK || !cache->dir[0]) return err;
    enum far_err second = read_sound(cache, cache->dir, name, ret_sound, other);
    if (second == FAR_OK || err == FAR_ENOTFOUND) {
        memcpy(text, other, sizeof(other));
        err = second;
    }
    return err;
}

enum far_err sound_load(struct sound_cache *cache, const char *name, struct sound **ret_sound,
                        char ret_text[MEDIA_TEXT_MAX])
{
    struct sound *sound = sound_cached(cache, name);
    if (!sound) {
        if (cache->dir[0] == '\0' && cache->overlay[0] == '\0') {
            (void)snprintf(ret_text, MEDIA_TEXT_MAX, "%.100s: there is no folder of prompts; set prompt_dir",
                           name);
            return FAR_ENOTFOUND;
        }
        (void)pthread_mutex_lock(&cache->lock);
        uint64_t forgets = cache->forgets;
        (void)pthread_mutex_unlock(&cache->lock);
        enum far_err err = read_either(cache, name, &sound, ret_text);
        if (err != FAR_OK) return err;
        (void)pthread_mutex_lock(&cache->lock);
        if (forgets == cache->forgets) insert(cache, sound); /* else it may be the file of before */
        (void)pthread_mutex_unlock(&cache->lock);
    }
    *ret_sound = sound;
    return FAR_OK;
}

size_t sound_cache_bytes(struct sound_cache *cache)
{
    (void)pthread_mutex_lock(&cache->lock);
    size_t bytes = cache->bytes;
    (void)pthread_mutex_unlock(&cache->lock);
    return bytes;
}
