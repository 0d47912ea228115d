/* SPDX-License-Identifier: Apache-2.0 */
/* methods.h - far.api.recording.List (out of PostgreSQL), far.api.recording.Read.<instance> and
 * Peaks.<instance> (out of our files). Loop thread; files are read on worker threads. */
#pragma once
#include "far/bus.h"
#include "far/loop.h"
#include "far/postgres.h"
#include "keys.h"

struct methods; /* opaque */

struct methods_config {
    struct far_loop *loop;
    struct far_bus *bus;
    struct far_pg *pg;
    struct keys *keys; /* outlives the loop's work */
    const char *root;
    const char *instance;
};
FAR_MUST_CHECK enum far_err methods_serve(const struct methods_config *config, struct methods **ret_methods);
/** Take no more questions; those under way are still answered. */
struct methods *methods_destroy(struct methods *methods);
/** Questions under way. */
size_t methods_open(const struct methods *methods);
