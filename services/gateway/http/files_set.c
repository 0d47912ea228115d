/* SPDX-License-Identifier: Apache-2.0 */
#include "files_set.h"
#include "far/hash64.h"
#include "far/log.h"
#include "far/str.h"
#include "files.h"
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MAX 8

static struct files_stamp stamp_of(const struct stat *found)
{
    struct files_stamp stamp;
    memset(&stamp, 0, sizeof(stamp));
    stamp.modified_ns = (int64_t)found->st_mtim.tv_sec * 1000000000 + (int64_t)found->st_mtim.tv_nsec;
    stamp.size = (int64_t)found->st_size;
    stamp.inode = (uint64_t)found->st_ino;
    return stamp;
}

bool files_stamp_read(const char *dir, struct files_stamp *ret_stamp)
{
    char path[1024];
    struct stat found;
    int len = snprintf(path, sizeof(path), "%s/index.html", dir);
    if (len < 0 || (size_t)len >= sizeof(path) || stat(path, &found) != 0) return false;
    *ret_stamp = stamp_of(&found);
    return true;
}

static bool name_ok(const char *name)
{
    return name[0] != '.' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == strlen(name);
}

/* Takes fd. */
static void add(struct files_set *set, const char *path, int fd)
{
    struct stat found;
    bool fits = fstat(fd, &found) == 0 && S_ISREG(found.st_mode) && set->len < FILES_MAX &&
                (uint64_t)found.st_size <= FILE_BYTES_MAX &&
                set->bytes + (uint64_t)found.st_size <= FILES_BYTES_MAX;
    struct file file = {.path = fits ? strdup(path) : NULL,
                        .data = fits ? malloc((size_t)found.st_size + 1) : NULL};
    while (file.data && file.len < (size_t)found.st_size) {
        ssize_t got = read(fd, file.data + file.len, (size_t)found.st_size - file.len);
        if (got <= 0) break;
        file.len += (size_t)got;
    }
    close(fd);
    if (!file.path || !file.data) {
        FAR_WARN("console-file-left-out", "path=%s why=\"%s\"", path,
                 "it is too large, or there are too many");
        free(file.path);
        free(file.data);
        return;
    }
    (void)snprintf(file.tag, sizeof(file.tag), "\"%016" PRIx64 "\"",
                   far_hash64(file.data, file.len, file.len));
    set->rows[set->len++] = file;
    set->bytes += file.len;
}

/* Takes fd. */
static void walk(struct files_set *set, int fd, const char *prefix, int depth)
{
    DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return;
    }
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        char path[HTTP_PATH_MAX];
        int len = snprintf(path, sizeof(path), "%s/%s", prefix, entry->d_name);
        if (!name_ok(entry->d_name) || len < 0 || (size_t)len >= sizeof(path)) continue;
        int child = openat(dirfd(dir), entry->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
        struct stat found;
        if (child < 0) continue;
        if (fstat(child, &found) == 0 && S_ISDIR(found.st_mode) && depth < DEPTH_MAX)
            walk(set, child, path, depth + 1);
        else if (S_ISREG(found.st_mode))
            add(set, path, child);
        else
            close(child);
    }
    closedir(dir);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

enum far_err files_set_read(const char *dir, struct files_set **ret_set)
{
    struct files_set *set = calloc(1, sizeof(*set));
    if (set) set->rows = calloc(FILES_MAX, sizeof(set->rows[0]));
    if (!set || !set->rows) {
        free(set);
        return FAR_ENOMEM;
    }
    set->refs = 1;
    int fd = files_stamp_read(dir, &set->stamp) ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd >= 0) walk(set, fd, "", 0);
    qsort(set->rows, set->len, sizeof(set->rows[0]), by_path);
    if (!files_set_find(set, "/index.html")) {
        files_set_drop(set);
        return FAR_ENOTFOUND;
    }
    *ret_set = set;
    return FAR_OK;
}

const struct file *files_set_find(const struct files_set *set, const char *path)
{
    const struct file key = {.path = (char *)(uintptr_t)path};
    return bsearch(&key, set->rows, set->len, sizeof(set->rows[0]), by_path);
}

struct files_set *files_set_drop(struct files_set *set)
{
    if (!set || --set->refs > 0) return NULL;
    for (size_t i = 0; i < set->len; i++) {
        free(set->rows[i].path);
        free(set->rows[i].data);
    }
    free(set->rows);
    free(set);
    return NULL;
}
