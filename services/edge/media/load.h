/* SPDX-License-Identifier: Apache-2.0 */
/* load.h - the thread that reads prompts from files, so that no media thread and no caller waits for a disk.
 */
#pragma once
#include "far/err.h"
#include "media.h"
#include "sound.h"
#include <stdbool.h>
#include <stdint.h>

#define LOADER_JOBS_MAX 1024u

/** What became of one request: the sounds in order, or why not. */
struct loaded {
    uint64_t play_serial;
    enum far_err err;
    char text[MEDIA_TEXT_MAX];
    struct sound *sounds[MEDIA_PLAY_FILES_MAX];
    size_t sounds_len;
};
/** Free it and give its sounds back. @return NULL. */
struct loaded *loaded_free(struct loaded *loaded);

struct loader; /* opaque; any thread */
/** deliver is called on the loader's thread and takes `loaded` over; false: no room, it is called again soon.
 */
typedef bool loader_deliver(void *context, uint64_t endpoint_id, struct loaded *loaded);

/** @return FAR_OK, FAR_ENOMEM, FAR_EIO: no thread. */
FAR_MUST_CHECK enum far_err loader_create(struct sound_cache *cache, loader_deliver *deliver, void *context,
                                          struct loader **ret_loader);
/** Ends the thread after the file that it is reading; what waits is forgotten. @return NULL. */
struct loader *loader_destroy(struct loader *loader);
/** @return FAR_OK; FAR_EAGAIN: LOADER_JOBS_MAX wait; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err loader_request(struct loader *loader, uint64_t endpoint_id, uint64_t play_serial,
                                           const char *const *names, size_t names_len);
