/* SPDX-License-Identifier: Apache-2.0 */
/* file_key.h - what reader and writer share: a file's header, its key, its sum. */
#pragma once
#include "format.h"
#include <openssl/evp.h>

struct file_header {
    uint8_t bytes[FORMAT_HEADER];
    struct format_fixed fixed;
    uint8_t key[SEAL_KEY_BYTES]; /* wipe it */
    uint32_t generation;
    struct part part;
    char master_id[KEYS_ID_SIZE];
};
/** Read and open the header of an open file. path is for the log. */
FAR_MUST_CHECK enum far_err file_header_read(int fd, const char *path, struct keys *keys,
                                             struct file_header *ret_header);
/** read or write all of len at offset. @return FAR_OK; FAR_EPROTO: the file ends before; FAR_EFULL; FAR_EIO.
 */
FAR_MUST_CHECK enum far_err file_pread(int fd, void *out, size_t len, uint64_t offset);
FAR_MUST_CHECK enum far_err file_pwrite(int fd, const void *bytes, size_t len, uint64_t offset);

/** SHA-256 over samples as they are played back. */
struct file_sum {
    EVP_MD_CTX *md;
};
FAR_MUST_CHECK enum far_err file_sum_init(struct file_sum *sum);
/** Add bytes as stored, decoding them. */
FAR_MUST_CHECK enum far_err file_sum_add(struct file_sum *sum, enum far_codec codec, const uint8_t *bytes,
                                         size_t len);
/** The sum so far; adding may go on. */
FAR_MUST_CHECK enum far_err file_sum_text(const struct file_sum *sum, char ret_sha256[65]);
void file_sum_done(struct file_sum *sum);
