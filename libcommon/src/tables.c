/* SPDX-License-Identifier: Apache-2.0 */
#include "far/tables.h"
#include "farseat/v1/acd_log.pb-c.h"
#include "farseat/v1/api_acd.pb-c.h"
#include "farseat/v1/api_analytics.pb-c.h"
#include "farseat/v1/api_gateway.pb-c.h"
#include "farseat/v1/api_recording.pb-c.h"
#include "farseat/v1/api_ticketing.pb-c.h"
#include "farseat/v1/edge.pb-c.h"
#include "farseat/v1/fact.pb-c.h"
#include "farseat/v1/live.pb-c.h"
#include "farseat/v1/record.pb-c.h"
#include <stdarg.h>
#include <string.h>

/* A row's type may be `none`: its address is then NULL. */
#define farseat__v1__none__descriptor (*(const ProtobufCMessageDescriptor *)NULL)

#define X(row_name, row_pattern, row_kind, row_type, row_reply, row_text)                                    \
    {.name = #row_name,                                                                                      \
     .pattern = row_pattern,                                                                                 \
     .kind = FAR_SUBJECT_##row_kind,                                                                         \
     .type = &farseat__v1__##row_type##__descriptor,                                                         \
     .reply = &farseat__v1__##row_reply##__descriptor,                                                       \
     .text = row_text},
const struct far_subject_row far_subject_rows[FAR_SUBJECT_COUNT] = {FAR_SUBJECT_MAP(X)};
#undef X

#define X(row_service, row_method, row_request, row_reply, row_text)                                         \
    {.service = #row_service,                                                                                \
     .method = #row_method,                                                                                  \
     .subject = "far.api." #row_service "." #row_method,                                                     \
     .request = &farseat__v1__##row_request##__descriptor,                                                   \
     .reply = &farseat__v1__##row_reply##__descriptor,                                                       \
     .text = row_text},
const struct far_method_row far_method_rows[FAR_METHOD_COUNT] = {FAR_METHOD_MAP(X)};
#undef X

#define X(row_name, row_subjects, row_discard, age, size, msg, row_text)                                     \
    {.name = #row_name,                                                                                      \
     .subjects = row_subjects,                                                                               \
     .discard = FAR_DISCARD_##row_discard,                                                                   \
     .age_h_max = age,                                                                                       \
     .size_mib_max = size,                                                                                   \
     .msg_kib_max = msg,                                                                                     \
     .text = row_text},
#define BUCKET(row_name, size, msg, row_text)                                                                \
    {.name = "KV_" #row_name,                                                                                \
     .subjects = "$KV." #row_name ".>",                                                                      \
     .discard = FAR_DISCARD_NEW,                                                                             \
     .bucket = true,                                                                                         \
     .size_mib_max = size,                                                                                   \
     .msg_kib_max = msg,                                                                                     \
     .text = row_text},
const struct far_stream_row far_stream_rows[FAR_STREAM_COUNT] = {FAR_STREAM_MAP(X) FAR_BUCKET_MAP(BUCKET)};
#undef BUCKET
#undef X

#define X(row_name, row_topic, row_kind, row_key, row_type, row_compacted, row_partitions, row_text)         \
    {.topic = row_topic,                                                                                     \
     .kind = row_kind,                                                                                       \
     .key = row_key,                                                                                         \
     .type = &farseat__v1__##row_type##__descriptor,                                                         \
     .compacted = row_compacted,                                                                             \
     .partitions = row_partitions,                                                                           \
     .text = row_text},
const struct far_topic_row far_topic_rows[FAR_TOPIC_COUNT] = {FAR_TOPIC_MAP(X)};
#undef X

bool far_subject_token_ok(const char *text)
{
    size_t len = 0;
    for (; text[len]; len++) {
        unsigned char c = (unsigned char)text[len];
        if (c <= ' ' || c == 0x7f || c == '.' || c == '*' || c == '>') return false;
    }
    return len > 0 && len <= 128;
}

enum far_err far_subject_write(enum far_subject subject, char *out, size_t out_size, ...)
{
    char text[256];
    size_t len = 0;
    enum far_err err = FAR_OK;
    va_list words;
    va_start(words, out_size);
    for (const char *at = far_subject_rows[subject].pattern; err == FAR_OK && *at;) {
        const char *piece = at;
        size_t piece_len = *at == '<' ? 0 : strcspn(at, "<");
        if (piece_len == 0) {
            piece = va_arg(words, const char *);
            if (!piece || !far_subject_token_ok(piece)) {
                err = FAR_EINVAL;
                break;
            }
            piece_len = strlen(piece);
            at = strchr(at, '>') + 1;
        } else {
            at += piece_len;
        }
        if (len + piece_len >= sizeof(text) || len + piece_len >= out_size) {
            err = FAR_EINVAL;
            break;
        }
        memcpy(text + len, piece, piece_len);
        len += piece_len;
    }
    if (err == FAR_OK && va_arg(words, const char *) != NULL) err = FAR_EINVAL;
    va_end(words);
    if (err != FAR_OK) return err;
    memcpy(out, text, len);
    out[len] = 0;
    return FAR_OK;
}
