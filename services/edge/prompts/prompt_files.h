/* SPDX-License-Identifier: Apache-2.0 */
/* prompt_files.h - the edge's own copies of the prompts of the bus, below a folder that is its alone:
 * NAME.wav. A file is whole or not there: written aside, synced, renamed. All functions block: worker
 * threads. One at a time for a folder. */
#pragma once
#include "far/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROMPT_FILES_NAME_SIZE 128
#define PROMPT_FILES_TEXT_SIZE 256
#define PROMPT_FILES_MARK      ".farseat-prompts" /* in a folder that is ours to clear */

/** Make the folder, and mark it as ours. ret_text says what is wrong.
 *  @return FAR_OK; FAR_ESTATE: it holds other things; FAR_EIO. */
FAR_MUST_CHECK enum far_err prompt_files_prepare(const char *dir, char ret_text[PROMPT_FILES_TEXT_SIZE]);
/** Parts of a-z, 0-9, - and _ that slashes separate: the way that a file's name cannot leave the folder. */
bool prompt_files_name_ok(const char *name);
/** Keep a prompt, unless the same is there already.
 *  @param sha256 what its bytes must have, as hex. ret_changed: the file is another one now.
 *  @return FAR_OK; FAR_EPROTO: the bytes are not those; FAR_EINVAL: the name; FAR_EFULL: no room on the disk;
 *  FAR_EIO. */
FAR_MUST_CHECK enum far_err prompt_files_put(const char *dir, const char *name, const uint8_t *wav,
                                             size_t len, const char *sha256, bool *ret_changed);
/** Forget one; gone already is fine, and no change. */
FAR_MUST_CHECK enum far_err prompt_files_remove(const char *dir, const char *name, bool *ret_changed);
/** Forget all but these (sorted by strcmp). fn is told the name of each that went. */
void prompt_files_keep(const char *dir, char *const *names, size_t names_len,
                       void (*fn)(void *ctx, const char *name), void *ctx);
