/* SPDX-License-Identifier: Apache-2.0 */
/* files_set.h - a folder's files in memory, as they were at once. It is read on any thread, and held by each
 * answer that shows one of them. */
#pragma once
#include "far/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct file {
    char *path; /* "/assets/index-1a2b.js" */
    char *data;
    size_t len;
    char tag[20]; /* of its content: "0123456789abcdef", with its quotes */
};
struct files_stamp {
    int64_t modified_ns, size;
    uint64_t inode;
};
struct files_set {
    struct file *rows; /* by path */
    size_t len, bytes, refs;
    struct files_stamp stamp; /* of index.html, before it was read */
};
/** Which index.html is there. @return false: none. */
bool files_stamp_read(const char *dir, struct files_stamp *ret_stamp);
/** All regular files below dir, by names of letters, digits and ._-; links are not followed, and what exceeds
 * a limit is left out and logged. One reference is the caller's. @return FAR_OK; FAR_ENOTFOUND: no
 * index.html. */
FAR_MUST_CHECK enum far_err files_set_read(const char *dir, struct files_set **ret_set);
const struct file *files_set_find(const struct files_set *set, const char *path);
/** One reference less (loop thread, or before others know it). NULL is allowed. */
struct files_set *files_set_drop(struct files_set *set);
