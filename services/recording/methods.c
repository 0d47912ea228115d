/* SPDX-License-Identifier: Apache-2.0 */
#include "methods.h"
#include "far/log.h"
#include "far/pg_method.h"
#include "far/str.h"
#include "far/tables.h"
#include "folder.h"
#include "parts_sql.h"
#include "peaks_method.h"
#include "playback.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READS_MAX 64u

/* Counts the reads under way; the last one frees it when the methods are gone. */
struct reads {
    size_t open;
    bool orphan;
};
struct methods {
    struct methods_config config;
    struct far_pg_methods *listing;
    struct far_bus_subscription *reading;
    struct reads *reads;
    struct peaks_method *peaks;
};
struct read_job {
    struct far_bus_request *request;
    struct reads *reads;
    struct keys *keys;
    char root[PATH_MAX], recording_id[37];
    uint32_t number;
    uint64_t offset, total;
    size_t length, len;
    uint8_t *bytes;
    char etag[80];
    enum far_err err;
    const char *why;
};

static enum far_err list_work(struct far_pg_conn *conn, const ProtobufCMessage *message, void *ctx,
                              struct far_pg_answer *ret_answer)
{
    Farseat__V1__RecordingListReply *reply = NULL;
    (void)ctx;
    enum far_err err =
        parts_list(conn, (const Farseat__V1__RecordingListRequest *)(const void *)message, &reply);
    if (err == FAR_OK) ret_answer->message = &reply->base;
    if (err == FAR_EINVAL)
        (void)far_str_copy(ret_answer->text, sizeof(ret_answer->text), "recording_id must be a UUID");
    return err;
}

static const struct far_pg_method list_methods[] = {
    {.method = FAR_METHOD_recording_List, .transaction = false, .work = list_work},
};

static void read_work(void *arg)
{
    struct read_job *job = arg;
    struct file_reader *reader = NULL;
    char path[PATH_MAX];
    job->why = "there is no such part at this recorder: List names the instance that has it";
    job->err = folder_find(job->root, job->recording_id, job->number, path);
    if (job->err == FAR_OK) job->err = file_open(path, job->keys, &reader);
    if (job->err == FAR_OK && !file_is_finished(reader) && !strstr(path, "/live/")) job->err = FAR_EPROTO;
    if (job->err == FAR_OK) {
        job->total = playback_total(reader);
        (void)snprintf(job->etag, sizeof(job->etag), "%s-%u-%llu%s", job->recording_id, job->number,
                       (unsigned long long)job->total, file_is_finished(reader) ? "" : "-live");
        job->bytes = malloc(job->length + 1);
        job->err =
            job->bytes ? playback_read(reader, job->offset, job->length, job->bytes, &job->len) : FAR_ENOMEM;
    }
    if (job->err == FAR_EPROTO)
        job->why = "the file is damaged or was changed: farseat-recording --verify tells more";
    else if (job->err != FAR_ENOTFOUND)
        job->why = NULL;
    file_reader_close(reader);
}

static void read_done(void *arg)
{
    struct read_job *job = arg;
    if (job->err == FAR_OK) {
        Farseat__V1__RecordingReadReply reply = FARSEAT__V1__RECORDING_READ_REPLY__INIT;
        reply.data.data = job->bytes;
        reply.data.len = job->len;
        reply.total = job->total;
        reply.content_type = (char *)(uintptr_t)PLAYBACK_TYPE;
        reply.etag = job->etag;
        far_bus_reply(job->request, &reply.base);
    } else {
        if (job->err != FAR_ENOTFOUND)
            FAR_ERROR("read-failed", "recording=%s part=%u error=%s", job->recording_id, job->number,
                      far_err_name(job->err));
        far_bus_reply_error(job->request, job->err, job->why);
    }
    job->reads->open--;
    if (job->reads->orphan && job->reads->open == 0) free(job->reads);
    free(job->bytes);
    free(job);
}

static void on_read(void *ctx, struct far_bus_request *request, const ProtobufCMessage *message)
{
    struct methods *methods = ctx;
    const Farseat__V1__RecordingReadRequest *read =
        (const Farseat__V1__RecordingReadRequest *)(const void *)message;
    if (read->length > PLAYBACK_READ_MAX || strlen(read->recording_id) != 36) {
        far_bus_reply_error(request, FAR_EINVAL, "recording_id must be a UUID, length at most 524288");
        return;
    }
    struct read_job *job = methods->reads->open < READS_MAX ? calloc(1, sizeof(*job)) : NULL;
    if (!job) {
        far_bus_reply_error(request, FAR_EAGAIN, "too many reads at once: try again");
        return;
    }
    job->request = request;
    job->reads = methods->reads;
    job->keys = methods->config.keys;
    job->number = read->part ? read->part : 1;
    job->offset = read->offset;
    job->length = read->length ? read->length : PLAYBACK_READ_MAX;
    (void)far_str_copy(job->root, sizeof(job->root), methods->config.root);
    (void)far_str_copy(job->recording_id, sizeof(job->recording_id), read->recording_id);
    methods->reads->open++;
    enum far_err err = far_loop_work(methods->config.loop, read_work, read_done, job);
    if (err == FAR_OK) return;
    methods->reads->open--;
    far_bus_reply_error(request, err, NULL);
    free(job);
}

enum far_err methods_serve(const struct methods_config *config, struct methods **ret_methods)
{
    struct methods *methods = calloc(1, sizeof(*methods));
    if (!methods) return FAR_ENOMEM;
    methods->config = *config;
    methods->reads = calloc(1, sizeof(*methods->reads));
    char subject[FAR_BUS_SUBJECT_LEN_MAX + 1];
    enum far_err err = methods->reads ? far_subject_write(FAR_SUBJECT_API_RECORDING_READ, subject,
                                                          sizeof(subject), config->instance, NULL)
                                      : FAR_ENOMEM;
    struct far_bus_service service = {.subject = subject,
                                      .request_type = &farseat__v1__recording_read_request__descriptor,
                                      .fn = on_read,
                                      .ctx = methods};
    if (err == FAR_OK) err = far_bus_serve(config->bus, &service, &methods->reading);
    if (err == FAR_OK) err = peaks_method_serve(config, &methods->peaks);
    if (err == FAR_OK)
        err = far_pg_methods_serve(config->bus, config->pg, list_methods, FAR_ARRAY_LEN(list_methods),
                                   methods, &methods->listing);
    if (err != FAR_OK) {
        methods_destroy(methods);
        return err;
    }
    *ret_methods = methods;
    return FAR_OK;
}

struct methods *methods_destroy(struct methods *methods)
{
    if (!methods) return NULL;
    methods->reading = far_bus_unsubscribe(methods->reading);
    methods->peaks = peaks_method_destroy(methods->peaks);
    methods->listing = far_pg_methods_destroy(methods->listing);
    if (methods->reads && methods->reads->open == 0)
        free(methods->reads);
    else if (methods->reads)
        methods->reads->orphan = true;
    free(methods);
    return NULL;
}

size_t methods_open(const struct methods *methods)
{
    return methods->reads->open + peaks_method_open(methods->peaks) +
           (methods->listing ? far_pg_methods_open(methods->listing) : 0);
}
