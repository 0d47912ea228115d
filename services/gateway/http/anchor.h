/* SPDX-License-Identifier: Apache-2.0 */
/* anchor.h - what a piece of work holds while a worker thread does it: its
 * owner may be gone when it is done. Loop thread. */
#pragma once
#include <stddef.h>
#include <stdlib.h>

struct anchor {
    void *target; /* NULL: gone */
    size_t refs;
};
static inline struct anchor *anchor_make(void *target)
{
    struct anchor *anchor = calloc(1, sizeof(*anchor));
    if (!anchor) return NULL;
    anchor->target = target;
    anchor->refs = 1;
    return anchor;
}
static inline struct anchor *anchor_hold(struct anchor *anchor)
{
    anchor->refs++;
    return anchor;
}
static inline struct anchor *anchor_drop(struct anchor *anchor)
{
    if (anchor && --anchor->refs == 0) free(anchor);
    return NULL;
}
/* The owner goes. */
static inline struct anchor *anchor_weigh(struct anchor *anchor)
{
    if (anchor) anchor->target = NULL;
    return anchor_drop(anchor);
}
