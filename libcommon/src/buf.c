/* SPDX-License-Identifier: Apache-2.0 */
#include "far/buf.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char empty[1]; /* data of a buffer that holds nothing yet; never written */

void far_buf_init(struct far_buf *buf, size_t len_max)
{
    assert(len_max > 0 && len_max < (size_t)1 << 40);
    *buf = (struct far_buf){.data = empty, .len_max = len_max};
}

void far_buf_done(struct far_buf *buf)
{
    if (buf->data != empty) free(buf->data);
    *buf = (struct far_buf){.data = empty, .len_max = buf->len_max};
}

void far_buf_clear(struct far_buf *buf)
{
    buf->len = 0;
    buf->err = FAR_OK;
    if (buf->data != empty) buf->data[0] = '\0';
}

/* Make room for len more bytes and the NUL. */
static int reserve(struct far_buf *buf, size_t len)
{
    if (buf->err) return 0;
    if (len > buf->len_max - buf->len) {
        buf->err = FAR_EFULL;
        return 0;
    }
    size_t needed = buf->len + len + 1;
    if (needed <= buf->capacity) return 1;
    size_t capacity = buf->capacity ? buf->capacity : 256;
    while (capacity < needed)
        capacity *= 2;
    char *data = realloc(buf->data == empty ? NULL : buf->data, capacity);
    if (!data) {
        buf->err = FAR_ENOMEM;
        return 0;
    }
    buf->data = data;
    buf->capacity = capacity;
    return 1;
}

void far_buf_add(struct far_buf *buf, const void *data, size_t len)
{
    if (!reserve(buf, len)) return;
    if (len) memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void far_buf_add_text(struct far_buf *buf, const char *text)
{
    far_buf_add(buf, text, strlen(text));
}

void far_buf_vaddf(struct far_buf *buf, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    if (len < 0) {
        if (!buf->err) buf->err = FAR_EINVAL;
    } else if (reserve(buf, (size_t)len)) {
        (void)vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
}

void far_buf_addf(struct far_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    far_buf_vaddf(buf, format, args);
    va_end(args);
}

char *far_buf_take(struct far_buf *buf)
{
    if (buf->err || !reserve(buf, 0)) return NULL;
    char *data = buf->data;
    data[buf->len] = '\0';
    far_buf_init(buf, buf->len_max);
    return data;
}

static enum far_err from_errno(int code)
{
    if (code == ENOENT || code == ENOTDIR) return FAR_ENOTFOUND;
    return code == EACCES || code == EPERM ? FAR_EDENIED : FAR_EIO;
}

enum far_err far_buf_add_file(struct far_buf *buf, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return from_errno(errno);
    char piece[4096];
    ssize_t len;
    do {
        len = read(fd, piece, sizeof(piece));
        if (len > 0) far_buf_add(buf, piece, (size_t)len);
    } while ((len > 0 && !buf->err) || (len < 0 && errno == EINTR));
    enum far_err err = len < 0 ? from_errno(errno) : buf->err;
    close(fd);
    return err;
}
