/* SPDX-License-Identifier: Apache-2.0 */
/* seal.h - AES-256-GCM by OpenSSL. Every seal has a random nonce of its own, so nothing that is written again
 * after a crash or a full disk can meet an old nonce. Any thread. */
#pragma once
#include "far/err.h"
#include <stddef.h>
#include <stdint.h>

#define SEAL_KEY_BYTES   32u
#define SEAL_NONCE_BYTES 12u
#define SEAL_TAG_BYTES   16u

/* What is authenticated but not hidden. */
struct seal_aad {
    const void *data;
    size_t len;
};

/** Fill with random bytes. @return FAR_OK; FAR_EIO: the system has none. */
FAR_MUST_CHECK enum far_err seal_random(void *out, size_t len);
/** Encrypt len bytes (out may be plain itself) under a new nonce. @return FAR_OK; FAR_EIO: OpenSSL failed. */
FAR_MUST_CHECK enum far_err seal_close(const uint8_t key[SEAL_KEY_BYTES], struct seal_aad aad,
                                       const uint8_t *plain, size_t len, uint8_t ret_nonce[SEAL_NONCE_BYTES],
                                       uint8_t *out, uint8_t ret_tag[SEAL_TAG_BYTES]);
/** Decrypt and check. @return FAR_OK; FAR_EPROTO: changed, or another key (out is wiped); FAR_EIO. */
FAR_MUST_CHECK enum far_err seal_open(const uint8_t key[SEAL_KEY_BYTES], struct seal_aad aad,
                                      const uint8_t nonce[SEAL_NONCE_BYTES], const uint8_t *sealed,
                                      size_t len, const uint8_t tag[SEAL_TAG_BYTES], uint8_t *out);
