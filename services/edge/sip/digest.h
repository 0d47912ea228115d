/* SPDX-License-Identifier: Apache-2.0 */
/* digest.h - HTTP digest for SIP (RFC 3261 22, RFC 8760): challenges with MD5 and SHA-256, and their answers.
 *
 * A nonce says when it was made and by whom, sealed with the key of this object: nothing is kept for one that
 * nobody has used. A used one has an entry with its highest nonce count, so that no answer counts twice.
 * One thread. */
#pragma once
#include "far/err.h"
#include <stdbool.h>
#include <stdint.h>

#define DIGEST_TEXT_SIZE      128
#define DIGEST_URI_SIZE       256
#define DIGEST_NONCE_SIZE     65 /* hex, with its NUL */
#define DIGEST_CHALLENGE_SIZE 256

enum digest_algorithm { DIGEST_MD5, DIGEST_SHA256, DIGEST_UNKNOWN };

/** What an Authorization header says; texts without quotes, "" when absent. */
struct digest_credentials {
    enum digest_algorithm algorithm; /* absent: MD5 */
    char username[DIGEST_TEXT_SIZE], realm[DIGEST_TEXT_SIZE], nonce[DIGEST_TEXT_SIZE];
    char uri[DIGEST_URI_SIZE], response[DIGEST_TEXT_SIZE], qop[DIGEST_TEXT_SIZE];
    char nc[DIGEST_TEXT_SIZE], cnonce[DIGEST_TEXT_SIZE];
};
/** HA1 values in hex; "": this algorithm cannot be used. */
struct digest_secret {
    const char *ha1_md5, *ha1_sha256;
};

struct digest; /* opaque */

/** @param realm copied, at most 63 bytes. @param nonce_ms how long a nonce is good.
 *  @param used_max nonces in use that are remembered. @return FAR_OK, FAR_EINVAL, FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err digest_create(const char *realm, uint32_t nonce_ms, uint32_t used_max,
                                          struct digest **ret_digest);
struct digest *digest_destroy(struct digest *digest);
/** The value of one WWW-Authenticate header. Send one for each algorithm.
 *  @param stale the last answer was right but for its nonce. */
void digest_challenge(const struct digest *digest, uint64_t now_ms, enum digest_algorithm algorithm,
                      bool stale, char ret_text[DIGEST_CHALLENGE_SIZE]);

enum digest_result {
    DIGEST_GOOD,
    DIGEST_STALE, /* right, but the nonce is too old, not ours, or was used in this way before: challenge
                     again */
    DIGEST_WRONG
};
/** Check an answer. secret NULL: nobody knows that user; as much work as for a known one. */
enum digest_result digest_check(struct digest *digest, uint64_t now_ms, const char *method,
                                const struct digest_credentials *credentials,
                                const struct digest_secret *secret);
