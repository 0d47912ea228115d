/* SPDX-License-Identifier: Apache-2.0 */
#include "keys.h"
#include "far/log.h"
#include "far/str.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HEX_LEN (2u * SEAL_KEY_BYTES)

struct key {
    char id[KEYS_ID_SIZE];
    uint8_t bytes[SEAL_KEY_BYTES];
};
struct keys {
    pthread_mutex_t lock;
    char folder[PATH_MAX];
    struct key rows[KEYS_MAX]; /* by id, rising */
    size_t len;
};

static enum far_err key_read(const char *path, struct key *key)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat info;
    char text[HEX_LEN + 2] = {0};
    enum far_err err = FAR_OK;
    if (fd < 0 || fstat(fd, &info) != 0) {
        err = FAR_EIO;
    } else if (info.st_mode & (S_IRWXG | S_IRWXO)) {
        FAR_ERROR("key-open-to-others", "file=%s remedy=%s", path, "chmod 600");
        err = FAR_EDENIED;
    } else {
        ssize_t got = read(fd, text, HEX_LEN + 1);
        if (got == (ssize_t)HEX_LEN + 1 && text[HEX_LEN] == '\n') text[HEX_LEN] = '\0';
        if (got < (ssize_t)HEX_LEN || far_str_unhex(text, key->bytes, SEAL_KEY_BYTES) != FAR_OK) {
            FAR_ERROR("key-malformed", "file=%s remedy=%s", path, "64 hex digits in one line");
            err = FAR_EINVAL;
        }
    }
    if (fd >= 0) close(fd);
    OPENSSL_cleanse(text, sizeof(text));
    return err;
}

/* "20261124-054500.key" -> its id; false for other names. */
static bool key_id_of(const char *name, char ret_id[KEYS_ID_SIZE])
{
    size_t len = strlen(name);
    if (len < 5 || len - 4 >= KEYS_ID_SIZE || strcmp(name + len - 4, ".key") != 0 || name[0] == '.')
        return false;
    return far_str_copy_len(ret_id, KEYS_ID_SIZE, name, len - 4);
}

static int key_compare(const void *a, const void *b)
{
    return strcmp(((const struct key *)a)->id, ((const struct key *)b)->id);
}

static bool keys_has(const struct keys *keys, const char *id, size_t *ret_at)
{
    for (size_t i = 0; i < keys->len; i++) {
        if (strcmp(keys->rows[i].id, id) != 0) continue;
        *ret_at = i;
        return true;
    }
    return false;
}

/* Read what is new in the folder; keys that are known stay as they are. */
static enum far_err keys_look(struct keys *keys)
{
    DIR *dir = opendir(keys->folder);
    if (!dir) return errno == ENOENT ? FAR_ENOTFOUND : FAR_EIO;
    enum far_err err = FAR_OK;
    for (struct dirent *entry = readdir(dir); entry && err == FAR_OK; entry = readdir(dir)) {
        struct key key = {0};
        size_t at = 0;
        char path[PATH_MAX];
        if (!key_id_of(entry->d_name, key.id) || keys_has(keys, key.id, &at)) continue;
        if (keys->len == KEYS_MAX) {
            FAR_ERROR("keys-too-many", "folder=%s max=%d", keys->folder, KEYS_MAX);
            err = FAR_EFULL;
            break;
        }
        if (snprintf(path, sizeof(path), "%s/%s", keys->folder, entry->d_name) >= (int)sizeof(path))
            err = FAR_EINVAL;
        if (err == FAR_OK) err = key_read(path, &key);
        if (err == FAR_OK) keys->rows[keys->len++] = key;
        OPENSSL_cleanse(&key, sizeof(key));
    }
    closedir(dir);
    if (keys->len > 0) qsort(keys->rows, keys->len, sizeof(keys->rows[0]), key_compare);
    return err;
}

enum far_err keys_make(const char *folder, char ret_id[KEYS_ID_SIZE])
{
    char id[KEYS_ID_SIZE], path[PATH_MAX], line[HEX_LEN + 1];
    uint8_t bytes[SEAL_KEY_BYTES];
    time_t now = time(NULL);
    struct tm utc;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) return FAR_EIO;
    gmtime_r(&now, &utc);
    enum far_err err = seal_random(bytes, sizeof(bytes));
    if (err != FAR_OK) return err;
    far_str_hex(bytes, sizeof(bytes), line);
    line[HEX_LEN] = '\n';
    int fd = -1;
    for (int tries = 0; fd < 0 && tries < 100; tries++) { /* several in one second count up */
        (void)snprintf(id, sizeof(id), "%04d%02d%02d-%02d%02d%02d%02d", (utc.tm_year + 1900) % 10000,
                       utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, tries);
        if (snprintf(path, sizeof(path), "%s/%s.key", folder, id) >= (int)sizeof(path)) break;
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0 && errno != EEXIST) break;
    }
    bool ok = fd >= 0 && write(fd, line, sizeof(line)) == (ssize_t)sizeof(line) && fsync(fd) == 0;
    if (fd >= 0) close(fd);
    if (fd >= 0 && !ok) unlink(path);
    OPENSSL_cleanse(bytes, sizeof(bytes));
    OPENSSL_cleanse(line, sizeof(line));
    if (!ok) return FAR_EIO;
    memcpy(ret_id, id, sizeof(id));
    return FAR_OK;
}

enum far_err keys_open(const char *folder, bool make_first, struct keys **ret_keys)
{
    struct keys *keys = calloc(1, sizeof(*keys));
    if (!keys) return FAR_ENOMEM;
    char id[KEYS_ID_SIZE];
    enum far_err err =
        far_str_copy(keys->folder, sizeof(keys->folder), folder) ? keys_look(keys) : FAR_EINVAL;
    if (make_first && (err == FAR_ENOTFOUND || (err == FAR_OK && keys->len == 0))) {
        err = keys_make(folder, id);
        if (err == FAR_OK) {
            FAR_INFO("key-made", "folder=%s key=%s", folder, id);
            err = keys_look(keys);
        }
    }
    if (err == FAR_OK && keys->len == 0) err = FAR_ENOTFOUND;
    if (err != FAR_OK) {
        FAR_ERROR("keys-unusable", "folder=%s error=%s remedy=%s", folder, far_err_name(err),
                  "store.keys must name a folder of key files that this user may read");
        OPENSSL_cleanse(keys, sizeof(*keys));
        free(keys);
        return err;
    }
    pthread_mutex_init(&keys->lock, NULL);
    *ret_keys = keys;
    return FAR_OK;
}

struct keys *keys_close(struct keys *keys)
{
    if (!keys) return NULL;
    pthread_mutex_destroy(&keys->lock);
    OPENSSL_cleanse(keys, sizeof(*keys));
    free(keys);
    return NULL;
}

enum far_err keys_newest(struct keys *keys, char ret_id[KEYS_ID_SIZE], uint8_t ret_key[SEAL_KEY_BYTES])
{
    pthread_mutex_lock(&keys->lock);
    enum far_err err = keys_look(keys);
    if (err != FAR_OK) FAR_WARN("keys-not-read", "folder=%s error=%s", keys->folder, far_err_name(err));
    const struct key *key = &keys->rows[keys->len - 1]; /* keys_open() saw to it that there is one */
    memcpy(ret_id, key->id, KEYS_ID_SIZE);
    memcpy(ret_key, key->bytes, SEAL_KEY_BYTES);
    pthread_mutex_unlock(&keys->lock);
    return FAR_OK;
}

enum far_err keys_find(struct keys *keys, const char *id, uint8_t ret_key[SEAL_KEY_BYTES])
{
    size_t at = 0;
    pthread_mutex_lock(&keys->lock);
    bool there = keys_has(keys, id, &at);
    if (!there) there = keys_look(keys) == FAR_OK && keys_has(keys, id, &at);
    if (there) memcpy(ret_key, keys->rows[at].bytes, SEAL_KEY_BYTES);
    pthread_mutex_unlock(&keys->lock);
    return there ? FAR_OK : FAR_ENOTFOUND;
}
