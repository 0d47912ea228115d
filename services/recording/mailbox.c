/* SPDX-License-Identifier: Apache-2.0 */
#include "mailbox.h"
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum far_err mailbox_init(struct mailbox *box, size_t len_max)
{
    box->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (box->fd < 0) return FAR_EIO;
    pthread_mutex_init(&box->lock, NULL);
    box->first = NULL;
    box->last = &box->first;
    box->len = 0;
    box->len_max = len_max;
    return FAR_OK;
}

void mailbox_done(struct mailbox *box)
{
    assert(!box->first);
    close(box->fd);
    pthread_mutex_destroy(&box->lock);
}

static enum far_err post(struct mailbox *box, struct mail *mail, bool always)
{
    uint64_t one = 1;
    mail->next = NULL;
    pthread_mutex_lock(&box->lock);
    bool room = always || box->len < box->len_max;
    if (room) {
        *box->last = mail;
        box->last = &mail->next;
        box->len++;
    }
    pthread_mutex_unlock(&box->lock);
    if (!room) return FAR_EAGAIN;
    ssize_t put = write(box->fd, &one, sizeof(one)); /* it can only fail when it is readable anyway */
    (void)put;
    return FAR_OK;
}

enum far_err mailbox_post(struct mailbox *box, struct mail *mail)
{
    return post(box, mail, false);
}

void mailbox_post_always(struct mailbox *box, struct mail *mail)
{
    enum far_err err = post(box, mail, true);
    assert(err == FAR_OK);
    (void)err;
}

struct mail *mailbox_take(struct mailbox *box)
{
    uint64_t count = 0;
    ssize_t got = read(box->fd, &count, sizeof(count));
    (void)got;
    pthread_mutex_lock(&box->lock);
    struct mail *mail = box->first;
    box->first = NULL;
    box->last = &box->first;
    box->len = 0;
    pthread_mutex_unlock(&box->lock);
    return mail;
}

size_t mailbox_len(struct mailbox *box)
{
    pthread_mutex_lock(&box->lock);
    size_t len = box->len;
    pthread_mutex_unlock(&box->lock);
    return len;
}
