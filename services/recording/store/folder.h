/* SPDX-License-Identifier: Apache-2.0 */
/* folder.h - where a recorder's files lie. A file's place says what is still to be done with it:
 *
 *   live/<recording id>.<part>.rec          is being written; found at start: its writer was killed
 *   pending/<recording id>.<part>.rec       whole; PostgreSQL does not know it yet
 *   kept/<xx>/<recording id>.<part>.rec     whole and known; xx: the last two digits of the recording id
 *
 * So what is to be done after a crash, or after PostgreSQL was away, is what lies in live/ and pending/, and
 * a recording is found by its ids alone. Moves are renames within one file system. Blocks; any thread. */
#pragma once
#include "part.h"
#include <limits.h>
#include <stdbool.h>

enum folder_place { FOLDER_LIVE, FOLDER_PENDING, FOLDER_KEPT };

/** Make the folders (mode 0700). @return FAR_OK; FAR_EDENIED; FAR_EIO; FAR_EINVAL: root is too long (logged).
 */
FAR_MUST_CHECK enum far_err folder_prepare(const char *root);
/** A part's path in a place. @return false: too long. */
bool folder_path(const char *root, enum folder_place place, const char *recording_id, uint32_t number,
                 char ret_path[PATH_MAX]);
/** Find a part wherever it is. @return FAR_OK; FAR_ENOTFOUND; FAR_EINVAL: recording_id is no UUID. */
FAR_MUST_CHECK enum far_err folder_find(const char *root, const char *recording_id, uint32_t number,
                                        char ret_path[PATH_MAX]);
/** The least number that no part of this recording has here, from `from` on. @return 0: more than 9999. */
uint32_t folder_free_number(const char *root, const char *recording_id, uint32_t from);
/** Move a part; to the place where it is already: FAR_OK. @return FAR_OK; FAR_ENOTFOUND; FAR_EIO. */
FAR_MUST_CHECK enum far_err folder_move(const char *root, const char *recording_id, uint32_t number,
                                        enum folder_place from, enum folder_place to);
/** Call fn for each recording in live/ or pending/; what is not named like one is skipped and logged.
 *  @return FAR_OK; FAR_EIO. */
typedef void folder_fn(void *ctx, const char *path, const char *recording_id, uint32_t number);
FAR_MUST_CHECK enum far_err folder_walk(const char *root, enum folder_place place, folder_fn *fn, void *ctx);
/** Bytes that an ordinary user may still write there; 0 when it cannot be told. */
uint64_t folder_free_bytes(const char *root);
