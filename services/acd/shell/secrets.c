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

/* ---- which phones have one ------------------------------------------------------------------------ */

#define ASKED_MAX 64u

/* One look through the bucket; who asks meanwhile gets its answer too. */
struct secrets {
    struct far_kv_watch *watch;
    struct far_bus_request *asked[ASKED_MAX];
    size_t asked_len;
    char **phones;
    size_t phones_len, phones_max;
    bool failed;
};

static void phones_clear(struct secrets *secrets)
{
    for (size_t i = 0; i < secrets->phones_len; i++)
        free(secrets->phones[i]);
    free(secrets->phones);
    secrets->phones = NULL;
    secrets->phones_len = secrets->phones_max = 0;
    secrets->failed = false;
}

static void list_end(struct shell *shell, enum far_err err)
{
    struct secrets *secrets = shell->secrets;
    Farseat__V1__PhoneSecretsListReply list = FARSEAT__V1__PHONE_SECRETS_LIST_REPLY__INIT;
    list.phones = secrets->phones;
    list.n_phones = secrets->phones_len;
    for (size_t i = 0; i < secrets->asked_len; i++)
        if (err == FAR_OK)
            far_bus_reply(secrets->asked[i], &list.base);
        else
            far_bus_reply_error(secrets->asked[i], err, far_err_text(err));
    secrets->asked_len = 0;
    secrets->watch = far_kv_unwatch(secrets->watch);
    phones_clear(secrets);
}

static void phone_add(struct secrets *secrets, const char *phone)
{
    if (secrets->phones_len == secrets->phones_max) {
        size_t max = secrets->phones_max ? 2 * secrets->phones_max : 256;
        char **phones = realloc(secrets->phones, max * sizeof(*phones));
        if (!phones) {
            secrets->failed = true;
            return;
        }
        secrets->phones = phones;
        secrets->phones_max = max;
    }
    secrets->phones[secrets->phones_len] = strdup(phone);
    if (secrets->phones[secrets->phones_len])
        secrets->phones_len++;
    else
        secrets->failed = true;
}

static void phone_remove(struct secrets *secrets, const char *phone)
{
    for (size_t i = 0; i < secrets->phones_len; i++) {
        if (strcmp(secrets->phones[i], phone) != 0) continue;
        free(secrets->phones[i]);
        secrets->phones[i] = secrets->phones[--secrets->phones_len];
        return;
    }
}

/* A key is told once, unless it changes while we look. */
static void on_secret(void *ctx, enum far_kv_event event, const struct far_kv_entry *entry)
{
    struct shell *shell = ctx;
    struct secrets *secrets = shell->secrets;
    if (event == FAR_KV_CURRENT) {
        list_end(shell, secrets->failed ? FAR_ENOMEM : FAR_OK);
    } else if (event == FAR_KV_RESET) {
        phones_clear(secrets);
    } else if (entry->deleted) {
        phone_remove(secrets, entry->key);
    } else {
        phone_add(secrets, entry->key);
    }
}

void secrets_list(struct shell *shell, struct far_bus_request *request)
{
    if (!shell->secrets) shell->secrets = calloc(1, sizeof(*shell->secrets));
    struct secrets *secrets = shell->secrets;
    if (!secrets || secrets->asked_len == ASKED_MAX) {
        far_bus_reply_error(request, secrets ? FAR_EFULL : FAR_ENOMEM, "too many ask for this: try again");
        return;
    }
    secrets->asked[secrets->asked_len++] = request;
    if (secrets->watch) return;
    enum far_err err = far_kv_watch(shell->bus, FAR_BUCKET_SIP_USERS, ">", on_secret, shell, &secrets->watch);
    if (err != FAR_OK) list_end(shell, err);
}

void secrets_stop(struct shell *shell)
{
    if (!shell->secrets) return;
    list_end(shell, FAR_EUNAVAILABLE);
    free(shell->secrets);
    shell->secrets = NULL;
}
