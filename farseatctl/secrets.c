/* SPDX-License-Identifier: Apache-2.0 */
#include "secrets.h"
#include "far/str.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_LEN 24

static enum far_err digest(const EVP_MD *type, const char *text, char *ret_hex)
{
    unsigned char value[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (EVP_Digest(text, strlen(text), value, &len, type, NULL) != 1) return FAR_EIO;
    far_str_hex(value, len, ret_hex);
    return FAR_OK;
}

enum far_err secrets_ha1(const char *phone, const char *realm, const char *secret, char *ret_md5,
                         char *ret_sha256)
{
    char text[512];
    if ((size_t)snprintf(text, sizeof(text), "%s:%s:%s", phone, realm, secret) >= sizeof(text))
        return FAR_EINVAL;
    enum far_err err = digest(EVP_md5(), text, ret_md5);
    if (err == FAR_OK) err = digest(EVP_sha256(), text, ret_sha256);
    explicit_bzero(text, sizeof(text));
    return err;
}

/* Without letters and digits that look alike: people type it into phones. */
static void generate(char out[SECRET_LEN + 1])
{
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
    for (int i = 0; i < SECRET_LEN; i++)
        out[i] = letters[randombytes_uniform(sizeof(letters) - 1)];
    out[SECRET_LEN] = 0;
}

static bool read_kept(const char *path, char *out, size_t size)
{
    FILE *in = fopen(path, "re");
    bool ok = in && fgets(out, (int)size, in);
    if (in) fclose(in);
    if (!ok) return false;
    out[strcspn(out, "\r\n")] = 0;
    return *out != 0;
}

static enum far_err keep(const char *path, const char *secret, struct far_buf *errors)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    char line[200];
    int len = snprintf(line, sizeof(line), "%s\n", secret);
    bool ok = fd >= 0 && write(fd, line, (size_t)len) == len;
    int error = errno;
    if (fd >= 0 && close(fd) != 0) ok = false;
    explicit_bzero(line, sizeof(line));
    if (ok) return FAR_OK;
    far_buf_addf(errors, "%s: cannot be written: %s; choose another --secrets-out\n", path, strerror(error));
    return FAR_EIO;
}

/* From the file, else from the folder, else a new one in the folder. */
static enum far_err secret_of(const struct centre_secret *given, const char *folder, struct secrets *secrets,
                              char *ret_secret, size_t size, struct far_buf *errors)
{
    char path[PATH_MAX];
    if (*given->secret) {
        far_str_copy(ret_secret, size, given->secret);
        return FAR_OK;
    }
    *ret_secret = 0;
    if (!folder) {
        secrets->missing++;
        return FAR_OK;
    }
    snprintf(path, sizeof(path), "%s/%s", folder, given->phone);
    if (read_kept(path, ret_secret, size)) return FAR_OK;
    generate(ret_secret);
    secrets->generated++;
    return keep(path, ret_secret, errors);
}

static enum far_err add_user(struct secrets *secrets, const char *phone, const char *secret)
{
    Farseat__V1__SipUser *user = calloc(1, sizeof(*user));
    char md5[33], sha256[65];
    if (!user) return FAR_ENOMEM;
    farseat__v1__sip_user__init(user);
    secrets->message.users[secrets->message.n_users++] = user;
    enum far_err err = secrets_ha1(phone, SECRETS_REALM, secret, md5, sha256);
    if (err != FAR_OK) return err;
    user->phone = strdup(phone);
    user->realm = strdup(SECRETS_REALM);
    user->ha1_md5 = strdup(md5);
    user->ha1_sha256 = strdup(sha256);
    return user->phone && user->realm && user->ha1_md5 && user->ha1_sha256 ? FAR_OK : FAR_ENOMEM;
}

static bool has_phone(const struct centre_file *file, const char *phone)
{
    for (size_t i = 0; i < file->secrets_len; i++)
        if (strcmp(file->secrets[i].phone, phone) == 0) return true;
    return false;
}

static enum far_err add_removed(struct secrets *secrets, const struct centre_file *file,
                                const Farseat__V1__CentreConfig *before)
{
    secrets->message.removed = calloc(before->n_phones + 1, sizeof(char *));
    if (!secrets->message.removed) return FAR_ENOMEM;
    for (size_t i = 0; i < before->n_phones; i++) {
        if (has_phone(file, before->phones[i]->id)) continue;
        char *copy = strdup(before->phones[i]->id);
        if (!copy) return FAR_ENOMEM;
        secrets->message.removed[secrets->message.n_removed++] = copy;
    }
    return FAR_OK;
}

enum far_err secrets_collect(const struct centre_file *file, const Farseat__V1__CentreConfig *before,
                             const char *folder, struct secrets *ret_secrets, struct far_buf *errors)
{
    struct secrets secrets = {0};
    char secret[256];
    enum far_err err = FAR_ENOMEM;
    farseat__v1__phone_secrets__init(&secrets.message);
    secrets.message.users = calloc(file->secrets_len + 1, sizeof(Farseat__V1__SipUser *));
    if (folder && mkdir(folder, 0700) != 0 && errno != EEXIST) {
        far_buf_addf(errors, "%s: cannot be made: %s; choose another --secrets-out\n", folder,
                     strerror(errno));
        err = FAR_EIO;
    } else if (secrets.message.users) {
        err = FAR_OK;
    }
    for (size_t i = 0; i < file->secrets_len && err == FAR_OK; i++) {
        err = secret_of(&file->secrets[i], folder, &secrets, secret, sizeof(secret), errors);
        if (err == FAR_OK && *secret) err = add_user(&secrets, file->secrets[i].phone, secret);
    }
    explicit_bzero(secret, sizeof(secret));
    if (err == FAR_OK && before) err = add_removed(&secrets, file, before);
    if (err != FAR_OK)
        secrets_done(&secrets);
    else
        *ret_secrets = secrets;
    return err;
}

void secrets_done(struct secrets *secrets)
{
    Farseat__V1__PhoneSecrets *message = &secrets->message;
    for (size_t i = 0; i < message->n_users; i++)
        farseat__v1__sip_user__free_unpacked(message->users[i], NULL);
    for (size_t i = 0; i < message->n_removed; i++)
        free(message->removed[i]);
    free(message->users);
    free(message->removed);
    memset(secrets, 0, sizeof(*secrets));
}
