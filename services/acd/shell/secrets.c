/* SPDX-License-Identifier: Apache-2.0 */
/* secrets.c - phones' digest secrets into bucket sip_users. They never enter the log. */
#include "far/log.h"
#include "far/str.h"
#include "shell.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW     64u
#define USERS_MAX  20000u
#define MD5_LEN    32u
#define SHA256_LEN 64u

/* One request: its writes go out a window at a time; the first failure is told. */
struct put {
    struct shell *shell;
    struct far_bus_request *request;
    Farseat__V1__PhoneSecrets *message;
    size_t next, done, total;
    enum far_err err;
};

static bool is_hex(const char *text, size_t len)
{
    return strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}

static const char *fault_of(const Farseat__V1__PhoneSecrets *message)
{
    if (message->n_users + message->n_removed > USERS_MAX)
        return "more than 20000 phones at once; send them in parts";
    for (size_t i = 0; i < message->n_users; i++) {
        const Farseat__V1__SipUser *user = message->users[i];
        if (!far_subject_token_ok(user->phone) || strlen(user->phone) > ACD_ID_TEXT_MAX)
            return "users.phone is no phone's id";
        if (*user->realm == 0) return "users.realm is empty; it is farseat";
        if (!is_hex(user->ha1_md5, MD5_LEN) || !is_hex(user->ha1_sha256, SHA256_LEN))
            return "users.ha1_md5 and ha1_sha256 must be 32 and 64 lower-case hex digits";
    }
    for (size_t i = 0; i < message->n_removed; i++)
        if (!far_subject_token_ok(message->removed[i])) return "removed has something that is no phone's id";
    return NULL;
}

static void reply(struct far_bus_request *request, enum far_err err, const char *text)
{
    Farseat__V1__Verdict verdict = FARSEAT__V1__VERDICT__INIT;
    verdict.ok = err == FAR_OK;
    verdict.code = (char *)(uintptr_t)(err == FAR_OK ? "" : far_err_name(err));
    verdict.text = (char *)(uintptr_t)text;
    far_bus_reply(request, &verdict.base);
}

static void pump(struct put *put);

static void on_written(void *ctx, enum far_err err, uint64_t revision)
{
    struct put *put = ctx;
    (void)revision;
    put->done++;
    if (err != FAR_OK && put->err == FAR_OK) put->err = err;
    pump(put);
}

static enum far_err write_one(struct put *put, size_t at)
{
    const Farseat__V1__PhoneSecrets *message = put->message;
    struct far_kv_write write = {.bucket = FAR_BUCKET_SIP_USERS, .fn = on_written, .ctx = put};
    uint8_t packed[512];
    if (at >= message->n_users) {
        write.mode = FAR_KV_DELETE;
        write.key = message->removed[at - message->n_users];
        return far_kv_write(put->shell->bus, &write);
    }
    const Farseat__V1__SipUser *user = message->users[at];
    if (farseat__v1__sip_user__get_packed_size(user) > sizeof(packed)) return FAR_EINVAL;
    write.mode = FAR_KV_PUT;
    write.key = user->phone;
    write.data = packed;
    write.data_len = farseat__v1__sip_user__pack(user, packed);
    enum far_err err = far_kv_write(put->shell->bus, &write);
    explicit_bzero(packed, sizeof(packed));
    return err;
}

static void pump(struct put *put)
{
    while (put->err == FAR_OK && put->next < put->total && put->next - put->done < WINDOW) {
        put->err = write_one(put, put->next);
        if (put->err == FAR_OK) put->next++;
    }
    if (put->done < put->next || (put->err == FAR_OK && put->done < put->total)) return;
    if (put->err == FAR_OK)
        FAR_INFO("phone-secrets", "put=%zu removed=%zu", put->message->n_users, put->message->n_removed);
    reply(put->request, put->err,
          put->err == FAR_OK ? "" : "not all secrets could be stored; send them again, it does no harm");
    farseat__v1__phone_secrets__free_unpacked(put->message, NULL);
    free(put);
}

void secrets_put(struct shell *shell, struct far_bus_request *request,
                 const Farseat__V1__PhoneSecrets *message)
{
    const char *fault = fault_of(message);
    if (fault || message->n_users + message->n_removed == 0) {
        reply(request, fault ? FAR_EINVAL : FAR_OK, fault ? fault : "");
        return;
    }
    /* The message dies with the call back: a copy of our own. */
    const struct far_bus_msg *msg = far_bus_request_msg(request);
    struct put *put = calloc(1, sizeof(*put));
    if (put) put->message = farseat__v1__phone_secrets__unpack(NULL, msg->data_len, msg->data);
    if (!put || !put->message) {
        free(put);
        far_bus_reply_error(request, FAR_ENOMEM, far_err_text(FAR_ENOMEM));
        return;
    }
    put->shell = shell;
    put->request = request;
    put->total = put->message->n_users + put->message->n_removed;
    pump(put);
}
