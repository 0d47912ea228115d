/* SPDX-License-Identifier: Apache-2.0 */
/* catalogue.h - what PostgreSQL knows about parts. Parts are put here as they change and written in batches;
 * while PostgreSQL is away they wait: final ones as files in pending/, from where a scan brings them back.
 * Loop thread. */
#pragma once
#include "far/loop.h"
#include "far/postgres.h"
#include "keys.h"
#include "part.h"

struct catalogue; /* opaque */

struct catalogue_config {
    struct far_loop *loop;
    struct far_pg *pg;
    struct keys *keys;
    const char *root;
    const char *instance;
    int64_t
        began_at_us; /* rows of before that are still "recording" after the first scan have lost their file */
    void (*recovered)(void *ctx, const struct part *part); /* a scan found it: finished, or finished by it */
    void *ctx;
};
/** Looks for what a former process left behind (the names at once, the files in the background). Call it
 * before anything is recorded. @return FAR_OK; FAR_EIO; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err catalogue_create(const struct catalogue_config *config,
                                             struct catalogue **ret_catalogue);
/** After far_pg_destroy(). What is not stored is in pending/. */
struct catalogue *catalogue_destroy(struct catalogue *catalogue);
/** The part is new, further on, or ended (then its file lies in pending/). Copied. */
void catalogue_put(struct catalogue *catalogue, const struct part *part);
/** Parts that wait; what a scan has under way counts as one. */
size_t catalogue_waiting(const struct catalogue *catalogue);
