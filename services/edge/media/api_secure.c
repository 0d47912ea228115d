/* SPDX-License-Identifier: Apache-2.0 */
/* media.h's commands for browsers' endpoints. */
#include "directory.h"
#include <string.h>
#include <sys/random.h>

#define UFRAG_LEN   8u
#define PWD_LEN     24u
#define UFRAG_LEAST 4u
#define PWD_LEAST   22u

const char *media_secure_fingerprint(const struct media_engine *engine)
{
    return secure_dtls_fingerprint(engine->dtls);
}

/* 64 characters, so that each has six random bits. */
static enum far_err random_text(char *text, size_t len)
{
    static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t bytes[PWD_LEN];
    if (getrandom(bytes, len, 0) != (ssize_t)len) return FAR_EIO;
    for (size_t i = 0; i < len; i++)
        text[i] = chars[bytes[i] & 63u];
    text[len] = '\0';
    return FAR_OK;
}

enum far_err media_secure_local(struct media_secure *secure)
{
    enum far_err err = random_text(secure->local_ufrag, UFRAG_LEN);
    return err == FAR_OK ? random_text(secure->local_pwd, PWD_LEN) : err;
}

static bool fingerprint_valid(const char *text)
{
    static const char hash[] = "sha-256 ";
    if (strnlen(text, MEDIA_FINGERPRINT_MAX) != MEDIA_FINGERPRINT_MAX - 1 ||
        strncmp(text, hash, sizeof(hash) - 1) != 0)
        return false;
    text += sizeof(hash) - 1;
    for (size_t i = 0; text[i]; i++) {
        bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'A' && text[i] <= 'F');
        if (i % 3 == 2 ? text[i] != ':' : !hex) return false;
    }
    return true;
}

static bool name_valid(const char *text, size_t least)
{
    size_t len = strnlen(text, MEDIA_ICE_MAX);
    return len >= least && len < MEDIA_ICE_MAX;
}

static bool valid(const struct media_secure *secure)
{
    return name_valid(secure->local_ufrag, UFRAG_LEAST) && name_valid(secure->local_pwd, PWD_LEAST) &&
           name_valid(secure->remote_ufrag, 0) &&
           (secure->remote_fingerprint[0] == '\0' || fingerprint_valid(secure->remote_fingerprint));
}

enum far_err media_endpoint_secure(struct media_engine *engine, uint64_t endpoint_id,
                                   const struct media_secure *secure)
{
    if (!valid(secure)) return FAR_EINVAL;
    struct command command = {.kind = COMMAND_SECURE, .secure = secure_new(secure)};
    enum far_err err = FAR_ENOTFOUND;
    if (!command.secure) return FAR_ENOMEM;
    (void)pthread_mutex_lock(&engine->lock);
    command.endpoint = directory_find(engine, endpoint_id);
    if (command.endpoint)
        err = directory_dispatch(engine, &command, ENGINE_QUEUE_RESERVE) ? FAR_OK : FAR_EAGAIN;
    (void)pthread_mutex_unlock(&engine->lock);
    if (err != FAR_OK) command_discard(&command);
    return err;
}
