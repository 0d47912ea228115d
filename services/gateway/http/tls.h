/* SPDX-License-Identifier: Apache-2.0 */
/* tls.h - the server's certificate: two PEM files, read again when they change.
 * Connections that stand keep theirs, new ones get the new one; a pair that
 * does not fit is not taken. Loop thread. The health check "certificate" says
 * when it ends soon, or when new files cannot be used. */
#pragma once
#include "far/err.h"
#include "far/loop.h"
#include <openssl/ssl.h>
#include <stdint.h>

#define TLS_LOOK_MS      2000
#define TLS_DAYS_WARNING 14

struct tls; /* opaque */
/** Reads the files. @return FAR_OK; FAR_EINVAL: they cannot be used (logged
 * with the remedy); FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err tls_create(struct far_loop *loop, const char *certificate, const char *key,
                                       struct tls **ret_tls);
struct tls *tls_destroy(struct tls *tls);
/** Make a context that is about to be used: TLS 1.2 and newer, and whatever
 * certificate is the present one. */
void tls_setup(struct tls *tls, SSL_CTX *context);
/** Until when it is good, Unix time. */
int64_t tls_until_s(const struct tls *tls);
