/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"
#include "far/id.h"
#include "far/log.h"
#include "far/str.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define SUFFIX     ".rec"
#define NUMBER_MAX 9999u
#define ID_LEN     36u

static const char *const places[] = {
    [FOLDER_LIVE] = "live", [FOLDER_PENDING] = "pending", [FOLDER_KEPT] = "kept"};

static enum far_err folder_make(const char *path)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST) return FAR_OK;
    FAR_ERROR("folder-not-made", "path=%s error=%s remedy=%s", path, strerror(errno),
              "store.path must be writable by this user");
    return errno == EACCES || errno == EPERM || errno == EROFS ? FAR_EDENIED : FAR_EIO;
}

enum far_err folder_prepare(const char *root)
{
    char path[PATH_MAX];
    if (strlen(root) + 64 > sizeof(path)) return FAR_EINVAL;
    enum far_err err = folder_make(root);
    for (size_t i = 0; i < FAR_ARRAY_LEN(places) && err == FAR_OK; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", root, places[i]);
        err = folder_make(path);
    }
    for (unsigned i = 0; i < 256 && err == FAR_OK; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s/%02x", root, places[FOLDER_KEPT], i);
        err = folder_make(path);
    }
    return err;
}

bool folder_path(const char *root, enum folder_place place, const char *recording_id, uint32_t number,
                 char ret_path[PATH_MAX])
{
    const char *shard = place == FOLDER_KEPT ? recording_id + strlen(recording_id) - 2 : "";
    int len = snprintf(ret_path, PATH_MAX, "%s/%s/%s%s%s.%u" SUFFIX, root, places[place], shard,
                       place == FOLDER_KEPT ? "/" : "", recording_id, number);
    return len > 0 && len < PATH_MAX;
}

enum far_err folder_find(const char *root, const char *recording_id, uint32_t number, char ret_path[PATH_MAX])
{
    struct far_id id;
    char text[FAR_ID_TEXT_SIZE];
    if (far_id_parse(recording_id, &id) != FAR_OK) return FAR_EINVAL;
    far_id_format(&id, text);
    for (int round = 0; round < 2; round++) /* it may move on while it is looked for */
        for (enum folder_place place = FOLDER_LIVE; place <= FOLDER_KEPT; place++)
            if (folder_path(root, place, text, number, ret_path) && access(ret_path, F_OK) == 0)
                return FAR_OK;
    return FAR_ENOTFOUND;
}

uint32_t folder_free_number(const char *root, const char *recording_id, uint32_t from)
{
    char path[PATH_MAX];
    for (uint32_t number = from > 0 ? from : 1; number <= NUMBER_MAX; number++)
        if (folder_find(root, recording_id, number, path) == FAR_ENOTFOUND) return number;
    return 0;
}

enum far_err folder_move(const char *root, const char *recording_id, uint32_t number, enum folder_place from,
                         enum folder_place to)
{
    char old_path[PATH_MAX], new_path[PATH_MAX];
    if (!folder_path(root, from, recording_id, number, old_path) ||
        !folder_path(root, to, recording_id, number, new_path))
        return FAR_EIO;
    if (rename(old_path, new_path) == 0) return FAR_OK;
    if (errno == ENOENT) return access(new_path, F_OK) == 0 ? FAR_OK : FAR_ENOTFOUND;
    return FAR_EIO;
}

/* "<uuid>.<number>.rec" apart. */
static bool folder_name(const char *name, char ret_id[FAR_ID_TEXT_SIZE], uint32_t *ret_number)
{
    struct far_id id;
    uint64_t number = 0;
    char digits[8];
    size_t len = strlen(name);
    size_t suffix = strlen(SUFFIX);
    if (len < ID_LEN + 2 + suffix || name[ID_LEN] != '.' || strcmp(name + len - suffix, SUFFIX) != 0)
        return false;
    if (!far_str_copy_len(ret_id, FAR_ID_TEXT_SIZE, name, ID_LEN) || far_id_parse(ret_id, &id) != FAR_OK)
        return false;
    if (!far_str_copy_len(digits, sizeof(digits), name + ID_LEN + 1, len - suffix - ID_LEN - 1)) return false;
    if (far_str_u64(digits, NUMBER_MAX, &number) != FAR_OK || number == 0) return false;
    *ret_number = (uint32_t)number;
    return true;
}

enum far_err folder_walk(const char *root, enum folder_place place, folder_fn *fn, void *ctx)
{
    char path[PATH_MAX], id[FAR_ID_TEXT_SIZE];
    uint32_t number = 0;
    if (snprintf(path, sizeof(path), "%s/%s", root, places[place]) >= (int)sizeof(path)) return FAR_EIO;
    DIR *dir = opendir(path);
    if (!dir) return FAR_EIO;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (entry->d_name[0] == '.') continue;
        if (folder_name(entry->d_name, id, &number) && folder_path(root, place, id, number, path))
            fn(ctx, path, id, number);
        else
            FAR_WARN("file-unknown", "folder=%s name=%s", places[place], entry->d_name);
    }
    closedir(dir);
    return FAR_OK;
}

uint64_t folder_free_bytes(const char *root)
{
    struct statvfs info;
    return statvfs(root, &info) == 0 ? (uint64_t)info.f_bavail * info.f_frsize : 0;
}
