/* SPDX-License-Identifier: Apache-2.0 */
/* scan.h - what lies in live/ and pending/ (folder.h) after a crash, or after PostgreSQL was away. Blocks: on
 * a worker thread. */
#pragma once
#include "folder.h"
#include "keys.h"

#define SCAN_PENDING_MAX 500u /* parts of pending/ that one scan brings */

struct scan_name {
    char recording_id[37];
    uint32_t number;
};
struct scan_names {
    struct scan_name *rows;
    size_t len, capacity;
    enum far_err err;
};
/** What lies in live/ now. @return FAR_OK; FAR_EIO; FAR_ENOMEM; free it by scan_names_done(). */
FAR_MUST_CHECK enum far_err scan_live(const char *root, struct scan_names *ret_names);
void scan_names_done(struct scan_names *names);

struct scan_result {
    struct part *parts; /* finished ones, now in pending/ */
    size_t len, capacity;
    bool more; /* pending/ holds others */
};
/** Finish the files of `live` and move them to pending/, then read what lies in pending/. A file that cannot
 * be recovered stays where it is, and is logged. */
void scan_run(const char *root, struct keys *keys, const struct scan_names *live,
              struct scan_result *ret_result);
void scan_result_done(struct scan_result *result);
