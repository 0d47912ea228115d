/* SPDX-License-Identifier: Apache-2.0 */
#include "file_key.h"
#include "far/log.h"
#include "far/str.h"
#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>
#include <unistd.h>

enum far_err file_pread(int fd, void *out, size_t len, uint64_t offset)
{
    for (size_t done = 0; done < len;) {
        ssize_t got = pread(fd, (uint8_t *)out + done, len - done, (off_t)(offset + done));
        if (got == 0) return FAR_EPROTO;
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return FAR_EIO;
        done += (size_t)got;
    }
    return FAR_OK;
}

enum far_err file_pwrite(int fd, const void *bytes, size_t len, uint64_t offset)
{
    for (size_t done = 0; done < len;) {
        ssize_t put = pwrite(fd, (const uint8_t *)bytes + done, len - done, (off_t)(offset + done));
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? FAR_EFULL : FAR_EIO;
        done += (size_t)put;
    }
    return FAR_OK;
}

enum far_err file_header_read(int fd, const char *path, struct keys *keys, struct file_header *ret_header)
{
    struct file_header *header = ret_header;
    memset(header, 0, sizeof(*header));
    enum far_err err = file_pread(fd, header->bytes, FORMAT_HEADER, 0);
    if (err == FAR_OK) err = format_fixed_read(header->bytes, &header->fixed);
    if (err != FAR_OK) return err;
    err = FAR_EPROTO;
    for (unsigned i = 0; i < FORMAT_SLOTS && err != FAR_OK; i++) {
        const uint8_t *slot = header->bytes + FORMAT_WRAP_AT + i * FORMAT_WRAP;
        uint8_t master[SEAL_KEY_BYTES];
        char id[KEYS_ID_SIZE];
        format_wrap_id(slot, id);
        if (id[0] == '\0') continue;
        err = keys_find(keys, id, master);
        if (err == FAR_OK)
            err = format_unwrap(header->bytes, slot, master, header->key);
        else
            FAR_WARN("key-missing", "file=%s key=%s remedy=%s", path, id,
                     "put its file back into store.keys");
        OPENSSL_cleanse(master, sizeof(master));
        memcpy(header->master_id, id, sizeof(id));
    }
    if (err == FAR_OK) err = format_meta_read(header->bytes, header->key, &header->generation, &header->part);
    if (err != FAR_OK) OPENSSL_cleanse(header->key, sizeof(header->key));
    return err;
}

enum far_err file_sum_init(struct file_sum *sum)
{
    sum->md = EVP_MD_CTX_new();
    if (!sum->md) return FAR_ENOMEM;
    return EVP_DigestInit_ex(sum->md, EVP_sha256(), NULL) == 1 ? FAR_OK : FAR_EIO;
}

enum far_err file_sum_add(struct file_sum *sum, enum far_codec codec, const uint8_t *bytes, size_t len)
{
    int16_t pcm[ALIGN_CHUNK_BYTES];
    uint8_t played[2 * ALIGN_CHUNK_BYTES]; /* WAV is little-endian whatever we are */
    if (len > ALIGN_CHUNK_BYTES) return FAR_EINVAL;
    far_g711_decode(codec, bytes, len, pcm);
    for (size_t i = 0; i < len; i++) {
        played[2 * i] = (uint8_t)((uint16_t)pcm[i] & 0xff);
        played[2 * i + 1] = (uint8_t)((uint16_t)pcm[i] >> 8);
    }
    return EVP_DigestUpdate(sum->md, played, 2 * len) == 1 ? FAR_OK : FAR_EIO;
}

enum far_err file_sum_text(const struct file_sum *sum, char ret_sha256[65])
{
    uint8_t digest[32];
    unsigned len = 0;
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    bool ok = copy && EVP_MD_CTX_copy_ex(copy, sum->md) == 1 && EVP_DigestFinal_ex(copy, digest, &len) == 1;
    EVP_MD_CTX_free(copy);
    if (!ok) return FAR_EIO;
    far_str_hex(digest, sizeof(digest), ret_sha256);
    return FAR_OK;
}

void file_sum_done(struct file_sum *sum)
{
    EVP_MD_CTX_free(sum->md);
    sum->md = NULL;
}
