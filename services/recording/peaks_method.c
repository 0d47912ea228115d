/* SPDX-License-Identifier: Apache-2.0 */
#include "peaks_method.h"
#include "far/log.h"
#include "far/media/g711.h"
#include "far/str.h"
#include "far/tables.h"
#include "farseat/v1/api_recording.pb-c.h"
#include "folder.h"
#include "peaks.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPEN_MAX  4u  /* each reads a whole file */
#define CACHE_MAX 32u /* answers, at most 25 kB each */

struct answer {
    char recording_id[37];
    uint32_t part, points;
    uint64_t used; /* when it was asked for last; 0: free */
    uint8_t *packed;
    size_t len;
};
struct peaks_method {
    struct methods_config config;
    struct far_bus_subscription *serving;
    struct answer cache[CACHE_MAX];
    uint64_t uses;
    size_t open;
    bool orphan; /* destroyed; the last job under way frees it */
};
struct job {
    struct peaks_method *method;
    struct far_bus_request *request;
    struct keys *keys;
    char root[PATH_MAX], recording_id[37];
    uint32_t part, points;
    uint64_t recorded_ms;
    bool finished;
    uint8_t left[PEAKS_MAX], right[PEAKS_MAX];
    enum far_err err;
    const char *why;
};

static void method_free(struct peaks_method *method)
{
    for (size_t i = 0; i < CACHE_MAX; i++)
        free(method->cache[i].packed);
    free(method);
}

static struct answer *cache_find(struct peaks_method *method, const char *recording_id, uint32_t part,
                                 uint32_t points)
{
    for (size_t i = 0; i < CACHE_MAX; i++) {
        struct answer *answer = &method->cache[i];
        if (answer->used && answer->part == part && answer->points == points &&
            strcmp(answer->recording_id, recording_id) == 0)
            return answer;
    }
    return NULL;
}

/* Into the place that was asked for longest ago. */
static void cache_put(struct peaks_method *method, const struct job *job, uint8_t *packed, size_t len)
{
    struct answer *oldest = &method->cache[0];
    for (size_t i = 1; i < CACHE_MAX; i++)
        if (method->cache[i].used < oldest->used) oldest = &method->cache[i];
    free(oldest->packed);
    *oldest = (struct answer){
        .part = job->part, .points = job->points, .used = ++method->uses, .packed = packed, .len = len};
    (void)far_str_copy(oldest->recording_id, sizeof(oldest->recording_id), job->recording_id);
}

static void peaks_work(void *arg)
{
    struct job *job = arg;
    struct file_reader *reader = NULL;
    char path[PATH_MAX];
    job->why = "there is no such part at this recorder: List names the instance that has it";
    job->err = folder_find(job->root, job->recording_id, job->part, path);
    if (job->err == FAR_OK) job->err = file_open(path, job->keys, &reader);
    if (job->err == FAR_OK) {
        job->finished = file_is_finished(reader);
        job->recorded_ms = file_frames(reader) * 1000 / FAR_G711_RATE;
        job->err = peaks_make(reader, job->points, job->left, job->right);
    }
    if (job->err == FAR_EPROTO)
        job->why = "the file is damaged or was changed: farseat-recording --verify tells more";
    else if (job->err != FAR_ENOTFOUND)
        job->why = NULL;
    file_reader_close(reader);
}

static void reply(struct job *job)
{
    Farseat__V1__RecordingPeaksReply message = FARSEAT__V1__RECORDING_PEAKS_REPLY__INIT;
    uint32_t left[PEAKS_MAX], right[PEAKS_MAX];
    for (size_t i = 0; i < job->points; i++) {
        left[i] = job->left[i];
        right[i] = job->right[i];
    }
    message.recorded_ms = job->recorded_ms;
    message.left = left;
    message.right = right;
    message.n_left = message.n_right = job->points;
    size_t len = farseat__v1__recording_peaks_reply__get_packed_size(&message);
    uint8_t *packed = malloc(len + 1);
    if (!packed) {
        far_bus_reply_error(job->request, FAR_ENOMEM, NULL);
        return;
    }
    farseat__v1__recording_peaks_reply__pack(&message, packed);
    far_bus_reply_bytes(job->request, packed, len);
    if (job->finished)
        cache_put(job->method, job, packed, len);
    else
        free(packed); /* it grows still */
}

static void peaks_done(void *arg)
{
    struct job *job = arg;
    struct peaks_method *method = job->method;
    if (job->err == FAR_OK) {
        reply(job);
    } else {
        if (job->err != FAR_ENOTFOUND)
            FAR_ERROR("peaks-failed", "recording=%s part=%u error=%s", job->recording_id, job->part,
                      far_err_name(job->err));
        far_bus_reply_error(job->request, job->err, job->why);
    }
    method->open--;
    if (method->orphan && method->open == 0) method_free(method);
    free(job);
}

static void begin(struct peaks_method *method, struct far_bus_request *request,
                  const Farseat__V1__RecordingPeaksRequest *asked, uint32_t part, uint32_t points)
{
    struct job *job = method->open < OPEN_MAX ? calloc(1, sizeof(*job)) : NULL;
    if (!job) {
        far_bus_reply_error(request, FAR_EAGAIN, "too many recordings are being looked at: try again");
        return;
    }
    job->method = method;
    job->request = request;
    job->keys = method->config.keys;
    job->part = part;
    job->points = points;
    (void)far_str_copy(job->root, sizeof(job->root), method->config.root);
    (void)far_str_copy(job->recording_id, sizeof(job->recording_id), asked->recording_id);
    method->open++;
    enum far_err err = far_loop_work(method->config.loop, peaks_work, peaks_done, job);
    if (err == FAR_OK) return;
    method->open--;
    far_bus_reply_error(request, err, NULL);
    free(job);
}

static void on_peaks(void *ctx, struct far_bus_request *request, const ProtobufCMessage *message)
{
    struct peaks_method *method = ctx;
    const Farseat__V1__RecordingPeaksRequest *asked =
        (const Farseat__V1__RecordingPeaksRequest *)(const void *)message;
    uint32_t part = asked->part ? asked->part : 1, points = asked->points ? asked->points : PEAKS_DEFAULT;
    if (points > PEAKS_MAX || strlen(asked->recording_id) != 36) {
        far_bus_reply_error(request, FAR_EINVAL, "recording_id must be a UUID, points at most 4000");
        return;
    }
    struct answer *known = cache_find(method, asked->recording_id, part, points);
    if (known) {
        known->used = ++method->uses;
        far_bus_reply_bytes(request, known->packed, known->len);
        return;
    }
    begin(method, request, asked, part, points);
}

enum far_err peaks_method_serve(const struct methods_config *config, struct peaks_method **ret_method)
{
    struct peaks_method *method = calloc(1, sizeof(*method));
    char subject[FAR_BUS_SUBJECT_LEN_MAX + 1];
    if (!method) return FAR_ENOMEM;
    method->config = *config;
    enum far_err err =
        far_subject_write(FAR_SUBJECT_API_RECORDING_PEAKS, subject, sizeof(subject), config->instance, NULL);
    struct far_bus_service service = {.subject = subject,
                                      .request_type = &farseat__v1__recording_peaks_request__descriptor,
                                      .fn = on_peaks,
                                      .ctx = method};
    if (err == FAR_OK) err = far_bus_serve(config->bus, &service, &method->serving);
    if (err != FAR_OK) {
        method_free(method);
        return err;
    }
    *ret_method = method;
    return FAR_OK;
}

struct peaks_method *peaks_method_destroy(struct peaks_method *method)
{
    if (!method) return NULL;
    method->serving = far_bus_unsubscribe(method->serving);
    method->orphan = true;
    if (method->open == 0) method_free(method);
    return NULL;
}

size_t peaks_method_open(const struct peaks_method *method)
{
    return method ? method->open : 0;
}
