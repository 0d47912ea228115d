/* SPDX-License-Identifier: Apache-2.0 */
#include "scan.h"
#include "far/log.h"
#include "far/str.h"
#include "file_read.h"
#include "file_write.h"
#include "measures.h"
#include <stdlib.h>
#include <string.h>

static void name_add(void *ctx, const char *path, const char *recording_id, uint32_t number)
{
    struct scan_names *names = ctx;
    (void)path;
    if (names->len == names->capacity) {
        size_t capacity = names->capacity ? 2 * names->capacity : 64;
        struct scan_name *rows = realloc(names->rows, capacity * sizeof(*rows));
        if (!rows) {
            names->err = FAR_ENOMEM;
            return;
        }
        names->rows = rows;
        names->capacity = capacity;
    }
    struct scan_name *name = &names->rows[names->len++];
    (void)far_str_copy(name->recording_id, sizeof(name->recording_id), recording_id);
    name->number = number;
}

enum far_err scan_live(const char *root, struct scan_names *ret_names)
{
    *ret_names = (struct scan_names){.err = FAR_OK};
    enum far_err err = folder_walk(root, FOLDER_LIVE, name_add, ret_names);
    if (err == FAR_OK) err = ret_names->err;
    if (err != FAR_OK) scan_names_done(ret_names);
    return err;
}

void scan_names_done(struct scan_names *names)
{
    free(names->rows);
    *names = (struct scan_names){.err = FAR_OK};
}

static void recover(const char *root, struct keys *keys, const struct scan_name *name)
{
    struct file_recovery recovery;
    char path[PATH_MAX];
    if (!folder_path(root, FOLDER_LIVE, name->recording_id, name->number, path)) return;
    enum far_err err = file_recover(path, keys, &recovery);
    if (err == FAR_OK) err = folder_move(root, name->recording_id, name->number, FOLDER_LIVE, FOLDER_PENDING);
    if (err != FAR_OK) {
        FAR_ERROR("recording-not-recovered", "file=%s error=%s", path, far_err_name(err));
        return;
    }
    far_metric_add(&measures[MEASURE_RECOVERED], 1);
    far_metric_add_at(&measures[MEASURE_ENDED], recovery.part.state, 1);
    FAR_WARN("recording-recovered",
             "recording=%s part=%u recorded_ms=%llu cut_bytes=%llu damaged_chunks=%llu", name->recording_id,
             name->number, (unsigned long long)part_recorded_ms(&recovery.part),
             (unsigned long long)recovery.cut_bytes, (unsigned long long)recovery.damaged_chunks);
}

/* folder_walk()'s argument while pending/ is read. */
struct pending {
    struct keys *keys;
    struct scan_result *result;
};

static void pending_add(void *ctx, const char *path, const char *recording_id, uint32_t number)
{
    struct pending *pending = ctx;
    struct scan_result *result = pending->result;
    struct file_reader *reader = NULL;
    if (result->len == result->capacity) {
        result->more = true;
        return;
    }
    enum far_err err = file_open(path, pending->keys, &reader);
    if (err == FAR_OK && !file_is_finished(reader)) err = FAR_EPROTO;
    if (err == FAR_OK)
        result->parts[result->len++] = *file_part(reader);
    else
        FAR_ERROR("recording-unreadable", "recording=%s part=%u file=%s error=%s", recording_id, number, path,
                  far_err_name(err));
    file_reader_close(reader);
}

void scan_run(const char *root, struct keys *keys, const struct scan_names *live,
              struct scan_result *ret_result)
{
    struct pending pending = {.keys = keys, .result = ret_result};
    *ret_result = (struct scan_result){.parts = NULL};
    for (size_t i = 0; i < live->len; i++)
        recover(root, keys, &live->rows[i]);
    ret_result->parts = calloc(SCAN_PENDING_MAX, sizeof(*ret_result->parts));
    ret_result->capacity = ret_result->parts ? SCAN_PENDING_MAX : 0;
    if (folder_walk(root, FOLDER_PENDING, pending_add, &pending) != FAR_OK)
        FAR_ERROR("folder-unreadable", "root=%s place=%s", root, "pending");
}

void scan_result_done(struct scan_result *result)
{
    free(result->parts);
    *result = (struct scan_result){.parts = NULL};
}
