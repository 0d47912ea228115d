/* SPDX-License-Identifier: Apache-2.0 */
#include "prompt_files.h"
#include "far/buf.h"
#include "far/str.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ASIDE     ".writing" /* what a killed process may leave: written over by the next */
#define BYTES_MAX (1024u * 1024u)
#define DEEP_MAX  8

static enum far_err err_of(int number)
{
    return number == ENOSPC || number == EDQUOT ? FAR_EFULL : FAR_EIO;
}

bool prompt_files_name_ok(const char *name)
{
    size_t len = strlen(name);
    return len > 0 && len < PROMPT_FILES_NAME_SIZE && name[0] != '/' && name[len - 1] != '/' &&
           !strstr(name, "//") && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_/") == len;
}

static bool path_of(const char *dir, const char *name, const char *ending, char path[PATH_MAX])
{
    return snprintf(path, PATH_MAX, "%s/%s%s", dir, name, ending) < PATH_MAX;
}

/* ---- the folder ----------------------------------------------------------------------------------- */

static enum far_err make_folders(const char *path, size_t from)
{
    char part[PATH_MAX];
    for (size_t i = from; path[i]; i++) {
        if (path[i] != '/' || i == 0) continue;
        if (!far_str_copy_len(part, sizeof(part), path, i)) return FAR_EINVAL;
        if (mkdir(part, 0750) != 0 && errno != EEXIST) return err_of(errno);
    }
    return FAR_OK;
}

static bool is_empty(const char *dir)
{
    DIR *folder = opendir(dir);
    bool empty = folder != NULL;
    for (const struct dirent *entry; empty && (entry = readdir(folder));)
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    if (folder) (void)closedir(folder);
    return empty;
}

enum far_err prompt_files_prepare(const char *dir, char ret_text[PROMPT_FILES_TEXT_SIZE])
{
    char mark[PATH_MAX], within[PATH_MAX];
    struct stat status;
    if (!path_of(dir, PROMPT_FILES_MARK, "", mark) || !path_of(dir, "", "", within)) return FAR_EINVAL;
    enum far_err err = make_folders(within, 0);
    if (err == FAR_OK && stat(mark, &status) == 0) return FAR_OK;
    if (err == FAR_OK && !is_empty(dir)) {
        (void)snprintf(
            ret_text, PROMPT_FILES_TEXT_SIZE,
            "%.120s holds other things: name a folder that is the edge's alone (media.prompt_cache)", dir);
        return FAR_ESTATE;
    }
    int fd = err == FAR_OK ? open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0640) : -1;
    if (fd >= 0) {
        (void)close(fd);
        return FAR_OK;
    }
    (void)snprintf(ret_text, PROMPT_FILES_TEXT_SIZE, "%.120s cannot be made or written (media.prompt_cache)",
                   dir);
    return FAR_EIO;
}

/* ---- one file ------------------------------------------------------------------------------------- */

static void hash_of(const void *bytes, size_t len, char ret_hex[65])
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, bytes, len);
    far_str_hex(hash, sizeof(hash), ret_hex);
}

static bool is_there(const char *path, const char *sha256)
{
    struct far_buf buf;
    char hex[65] = "";
    far_buf_init(&buf, BYTES_MAX);
    if (far_buf_add_file(&buf, path) == FAR_OK) hash_of(buf.data, buf.len, hex);
    far_buf_done(&buf);
    return strcmp(hex, sha256) == 0;
}

static enum far_err write_all(int fd, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t wrote = write(fd, bytes, len);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return err_of(errno);
        bytes += wrote;
        len -= (size_t)wrote;
    }
    return fsync(fd) == 0 ? FAR_OK : err_of(errno);
}

/* So that the name stands after a power cut too. */
static void sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (!slash || !far_str_copy_len(folder, sizeof(folder), path, (size_t)(slash - path))) return;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    (void)fsync(fd);
    (void)close(fd);
}

enum far_err prompt_files_put(const char *dir, const char *name, const uint8_t *wav, size_t len,
                              const char *sha256, bool *ret_changed)
{
    char path[PATH_MAX], aside[PATH_MAX], hex[65];
    *ret_changed = false;
    if (!prompt_files_name_ok(name) || !path_of(dir, name, ".wav", path) || !path_of(dir, ASIDE, "", aside))
        return FAR_EINVAL;
    hash_of(wav, len, hex);
    if (strcmp(hex, sha256) != 0) return FAR_EPROTO;
    if (is_there(path, sha256)) return FAR_OK;
    enum far_err err = make_folders(path, strlen(dir) + 1);
    if (err != FAR_OK) return err;
    int fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0) return err_of(errno);
    err = write_all(fd, wav, len);
    if (close(fd) != 0 && err == FAR_OK) err = err_of(errno);
    if (err == FAR_OK && rename(aside, path) != 0) err = err_of(errno);
    if (err != FAR_OK) {
        (void)unlink(aside);
        return err;
    }
    sync_folder(path);
    *ret_changed = true;
    return FAR_OK;
}

enum far_err prompt_files_remove(const char *dir, const char *name, bool *ret_changed)
{
    char path[PATH_MAX];
    *ret_changed = false;
    if (!prompt_files_name_ok(name) || !path_of(dir, name, ".wav", path)) return FAR_EINVAL;
    if (unlink(path) != 0) return errno == ENOENT ? FAR_OK : err_of(errno);
    sync_folder(path);
    *ret_changed = true;
    return FAR_OK;
}

/* ---- all of them ---------------------------------------------------------------------------------- */

struct keep {
    const char *dir;
    char *const *names;
    size_t names_len;
    void (*fn)(void *ctx, const char *name);
    void *ctx;
};

static int by_text(const void *a, const void *b)
{
    const char *const *one = a, *const *other = b;
    return strcmp(*one, *other);
}

static void look(const struct keep *keep, char *name)
{
    if (!prompt_files_name_ok(name)) return;
    if (keep->names_len > 0 && bsearch(&name, keep->names, keep->names_len, sizeof(name), by_text)) return;
    bool removed = false;
    if (prompt_files_remove(keep->dir, name, &removed) == FAR_OK && removed) keep->fn(keep->ctx, name);
}

static void walk(const struct keep *keep, const char *below, unsigned deep)
{
    char path[PATH_MAX];
    if (!path_of(keep->dir, below, "", path)) return;
    DIR *folder = opendir(path);
    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        char name[PROMPT_FILES_NAME_SIZE + 8], full[PATH_MAX];
        struct stat status;
        if (entry->d_name[0] == '.' ||
            (size_t)snprintf(name, sizeof(name), "%s%s", below, entry->d_name) >= sizeof(name) - 1 ||
            !path_of(keep->dir, name, "", full) || lstat(full, &status) != 0)
            continue;
        size_t len = strlen(name);
        if (S_ISDIR(status.st_mode) && deep > 1) {
            memcpy(name + len, "/", 2);
            walk(keep, name, deep - 1);
        } else if (S_ISREG(status.st_mode) && len > 4 && strcmp(name + len - 4, ".wav") == 0) {
            name[len - 4] = '\0';
            look(keep, name);
        }
    }
    if (folder) (void)closedir(folder);
}

void prompt_files_keep(const char *dir, char *const *names, size_t names_len,
                       void (*fn)(void *ctx, const char *name), void *ctx)
{
    const struct keep keep = {dir, names, names_len, fn, ctx};
    walk(&keep, "", DEEP_MAX);
}
