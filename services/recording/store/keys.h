/* SPDX-License-Identifier: Apache-2.0 */
/* keys.h - the master keys that wrap each file's own key: a folder of files <id>.key, 64 hex digits each,
 * mode 0600. The greatest id is the newest and wraps new files; older ones stay for reading until no file
 * needs them. Ids are UTC stamps (20261124-054500), so order is age. Blocks on files: not on a loop. Any
 * thread. */
#pragma once
#include "far/err.h"
#include "seal.h"
#include <stdbool.h>

#define KEYS_MAX     64
#define KEYS_ID_SIZE 32 /* with its NUL */

struct keys; /* opaque */

/** Read the folder. With make_first an empty folder (made if missing) gets its first key.
 *  @return FAR_OK; FAR_ENOTFOUND: no key; FAR_EDENIED: a file is readable by others; FAR_EINVAL: a file is
 * not a key; FAR_EFULL: more than KEYS_MAX; FAR_EIO; FAR_ENOMEM. What and how to mend is logged. */
FAR_MUST_CHECK enum far_err keys_open(const char *folder, bool make_first, struct keys **ret_keys);
/** Wipes them. NULL is allowed. */
struct keys *keys_close(struct keys *keys);
/** The newest key; looks into the folder first, so that a rotation needs no restart. */
FAR_MUST_CHECK enum far_err keys_newest(struct keys *keys, char ret_id[KEYS_ID_SIZE],
                                        uint8_t ret_key[SEAL_KEY_BYTES]);
/** The key of this id. @return FAR_OK; FAR_ENOTFOUND: it is not in the folder. */
FAR_MUST_CHECK enum far_err keys_find(struct keys *keys, const char *id, uint8_t ret_key[SEAL_KEY_BYTES]);
/** Make a new random key file, newer than all others. @return FAR_OK with its id; FAR_EIO. */
FAR_MUST_CHECK enum far_err keys_make(const char *folder, char ret_id[KEYS_ID_SIZE]);
