/* SPDX-License-Identifier: Apache-2.0 */
/* mailbox.h - a bounded queue of messages into a thread, and the descriptor that wakes it. Any thread posts,
 * one takes. Messages begin with a struct mail; who takes them frees them. */
#pragma once
#include "far/err.h"
#include <pthread.h>
#include <stddef.h>

struct mail {
    struct mail *next;
};
struct mailbox {
    pthread_mutex_t lock;
    struct mail *first;
    struct mail **last;
    size_t len, len_max;
    int fd; /* readable while there may be something */
};

/** @return FAR_OK; FAR_EIO: no descriptor. */
FAR_MUST_CHECK enum far_err mailbox_init(struct mailbox *box, size_t len_max);
/** It must be empty. */
void mailbox_done(struct mailbox *box);
/** @return FAR_OK: the mail is the taker's; FAR_EAGAIN: full. */
FAR_MUST_CHECK enum far_err mailbox_post(struct mailbox *box, struct mail *mail);
/** Post even when full: for messages whose number is bounded by something else. */
void mailbox_post_always(struct mailbox *box, struct mail *mail);
/** All that is there, oldest first; NULL: nothing. */
struct mail *mailbox_take(struct mailbox *box);
size_t mailbox_len(struct mailbox *box);
