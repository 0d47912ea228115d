/* SPDX-License-Identifier: Apache-2.0 */
/* sound.h - prompts and music in memory, encoded once in both laws and shared by all who hear them, and the
 * cache that holds them. A sound never changes; who has a reference may read it on any thread. */
#pragma once
#include "far/err.h"
#include "media.h"
#include <stddef.h>
#include <stdint.h>

struct sound {
    uint8_t *pcma; /* len bytes */
    uint8_t *pcmu; /* len bytes */
    size_t len;    /* samples, > 0 */
    /* for sound.c only */
    _Atomic uint32_t references;
    struct sound *next;
    uint64_t used;
    char name[MEDIA_PATH_MAX];
};

struct sound_cache; /* opaque; any thread */

/** @param dir is copied; NULL: there are no sounds. @return FAR_OK, FAR_ENOMEM, FAR_EINVAL: dir is too long.
 */
FAR_MUST_CHECK enum far_err sound_cache_create(const char *dir, size_t bytes_max,
                                               struct sound_cache **ret_cache);
/** Another folder, looked into before the first one; before the first load. @return FAR_OK; FAR_EINVAL: too
 * long. */
FAR_MUST_CHECK enum far_err sound_cache_overlay(struct sound_cache *cache, const char *dir);
/** Read it anew when it is asked for next; who has it keeps it. */
void sound_cache_forget(struct sound_cache *cache, const char *name);
struct sound_cache *sound_cache_destroy(struct sound_cache *cache);
/** A name below the folder: not empty, not absolute, no ".." part, not too long. */
bool sound_name_valid(const char *name);
/** @return a reference, or NULL: it is not in memory. Does not block on files. */
struct sound *sound_cached(struct sound_cache *cache, const char *name);
/** Read the file when it is not in memory: blocks. One thread at a time. The least recently used sounds leave
 * to make room.
 *  @param ret_text on failure, which file and why.
 *  @return FAR_OK with a reference; FAR_ENOTFOUND, FAR_EDENIED, FAR_EIO, FAR_EPROTO, FAR_EFULL, FAR_ENOMEM.
 */
FAR_MUST_CHECK enum far_err sound_load(struct sound_cache *cache, const char *name, struct sound **ret_sound,
                                       char ret_text[MEDIA_TEXT_MAX]);
/** Give a reference back; NULL is allowed. */
void sound_release(struct sound *sound);
size_t sound_cache_bytes(struct sound_cache *cache);
