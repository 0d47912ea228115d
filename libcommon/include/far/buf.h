/* SPDX-License-Identifier: Apache-2.0 */
/* buf.h - bytes that grow up to a limit. The first failure sticks: append freely, look at `err` once at the
 * end. data is always terminated by a NUL that len does not count. One thread. */
#pragma once
#include "far/err.h"
#include <stdarg.h>
#include <stddef.h>

struct far_buf {
    char *data; /* never NULL after init */
    size_t len;
    size_t capacity;
    size_t len_max;
    enum far_err err; /* FAR_OK; FAR_EFULL: len_max reached; FAR_ENOMEM. What did not fit is not there. */
};

/** len_max > 0 [bytes]. Cannot fail. */
void far_buf_init(struct far_buf *buf, size_t len_max);
void far_buf_done(struct far_buf *buf);
/** Empty it, keeping its memory; clears err. */
void far_buf_clear(struct far_buf *buf);
void far_buf_add(struct far_buf *buf, const void *data, size_t len);
void far_buf_add_text(struct far_buf *buf, const char *text);
void far_buf_addf(struct far_buf *buf, const char *format, ...) FAR_PRINTF(2, 3);
void far_buf_vaddf(struct far_buf *buf, const char *format, va_list args) FAR_PRINTF(2, 0);
/** Hand the bytes over: the caller frees them by free(); the buffer is empty again. NULL: err is set. */
char *far_buf_take(struct far_buf *buf);
/** Append a whole file. @return FAR_OK; FAR_ENOTFOUND; FAR_EDENIED; FAR_EFULL: larger than the room; FAR_EIO.
 *  Blocks: not on a loop. */
FAR_MUST_CHECK enum far_err far_buf_add_file(struct far_buf *buf, const char *path);
