/* SPDX-License-Identifier: Apache-2.0 */
#include "seal.h"
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdbool.h>

enum far_err seal_random(void *out, size_t len)
{
    return len <= INT_MAX && RAND_bytes(out, (int)len) == 1 ? FAR_OK : FAR_EIO;
}

enum far_err seal_close(const uint8_t key[SEAL_KEY_BYTES], struct seal_aad aad, const uint8_t *plain,
                        size_t len, uint8_t ret_nonce[SEAL_NONCE_BYTES], uint8_t *out,
                        uint8_t ret_tag[SEAL_TAG_BYTES])
{
    if (len > INT_MAX || aad.len > INT_MAX) return FAR_EIO;
    enum far_err err = seal_random(ret_nonce, SEAL_NONCE_BYTES);
    if (err != FAR_OK) return err;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int done = 0, rest = 0;
    uint8_t none[1] = {0};
    bool ok = ctx && EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, ret_nonce) == 1 &&
              EVP_EncryptUpdate(ctx, NULL, &done, aad.data, (int)aad.len) == 1 &&
              (len == 0 || EVP_EncryptUpdate(ctx, out, &done, plain, (int)len) == 1) &&
              EVP_EncryptFinal_ex(ctx, none, &rest) == 1 &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, (int)SEAL_TAG_BYTES, ret_tag) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return ok ? FAR_OK : FAR_EIO;
}

enum far_err seal_open(const uint8_t key[SEAL_KEY_BYTES], struct seal_aad aad,
                       const uint8_t nonce[SEAL_NONCE_BYTES], const uint8_t *sealed, size_t len,
                       const uint8_t tag[SEAL_TAG_BYTES], uint8_t *out)
{
    if (len > INT_MAX || aad.len > INT_MAX) return FAR_EIO;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int done = 0, rest = 0;
    uint8_t none[1] = {0};
    bool ready =
        ctx && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
        EVP_DecryptUpdate(ctx, NULL, &done, aad.data, (int)aad.len) == 1 &&
        (len == 0 || EVP_DecryptUpdate(ctx, out, &done, sealed, (int)len) == 1) &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, (int)SEAL_TAG_BYTES, (void *)(uintptr_t)tag) == 1;
    bool good = ready && EVP_DecryptFinal_ex(ctx, none, &rest) == 1;
    EVP_CIPHER_CTX_free(ctx);
    if (good) return FAR_OK;
    if (len > 0) OPENSSL_cleanse(out, len);
    return ready ? FAR_EPROTO : FAR_EIO;
}
