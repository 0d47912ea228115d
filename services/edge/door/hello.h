/* SPDX-License-Identifier: Apache-2.0 */
/* hello.h - the first line of a browser's connection, by which the gateway says whose it is
 * (docs/architecture.md, "A browser's phone"):
 *
 *   FARSEAT/1 <phone> <client-address> <unix-seconds> <nonce, 32 hex> <HMAC-SHA-256, 64 hex>\n
 *
 * The HMAC is over "<phone> <client-address> <unix-seconds> <nonce>", keyed by the door's secret: who can
 * read the bucket `browser_doors` may open a door, nobody else. A nonce is good once. No I/O; one thread. */
#pragma once
#include "far/err.h"
#include <stddef.h>
#include <stdint.h>

#define HELLO_SECRET_BYTES 32
#define HELLO_LINE_MAX     320 /* bytes, with its newline */
#define HELLO_NAME_SIZE    64
#define HELLO_NONCE_HEX    32
#define HELLO_SKEW_S       60 /* both ways */

struct hello {
    char phone[HELLO_NAME_SIZE];
    char client[HELLO_NAME_SIZE]; /* the browser's own address, as the gateway sees it */
    int64_t at_s;
    char nonce[HELLO_NONCE_HEX + 1]; /* lower case */
};

/** Read a line without its newline and check its proof, in constant time.
 *  @return FAR_OK; FAR_EPROTO: not of this form; FAR_EDENIED: the proof is not ours. */
FAR_MUST_CHECK enum far_err hello_read(const char *line, size_t len, const uint8_t secret[HELLO_SECRET_BYTES],
                                       struct hello *ret_hello);
/** Write the line, with its newline and a NUL. @return FAR_OK; FAR_EINVAL: a field that hello_read() would
 * not take. */
FAR_MUST_CHECK enum far_err hello_write(const struct hello *hello, const uint8_t secret[HELLO_SECRET_BYTES],
                                        char ret_line[HELLO_LINE_MAX + 1]);

struct hello_nonces; /* opaque: those of the last two minutes */
FAR_MUST_CHECK enum far_err hello_nonces_create(size_t nonces_max, uint64_t seed,
                                                struct hello_nonces **ret_nonces);
struct hello_nonces *hello_nonces_destroy(struct hello_nonces *nonces);
/** Whether this hello, whose proof is good, comes in time and for the first time; it is remembered then.
 *  @return FAR_OK; FAR_ETIMEOUT: more than HELLO_SKEW_S off; FAR_EEXIST: it came before; FAR_EFULL: too many
 * in the last minutes. */
FAR_MUST_CHECK enum far_err hello_nonces_take(struct hello_nonces *nonces, const struct hello *hello,
                                              int64_t now_s);
