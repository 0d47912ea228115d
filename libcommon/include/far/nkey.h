/* SPDX-License-Identifier: Apache-2.0 */
/* nkey.h - NATS' keys: Ed25519 seeds and public keys in base32 with a prefix and CRC-16
 * (github.com/nats-io/nkeys). Any thread. */
#pragma once
#include "far/err.h"

#define FAR_NKEY_SEED_SIZE   59 /* "SU..." and NUL */
#define FAR_NKEY_PUBLIC_SIZE 57 /* "U..." and NUL */

/** A new random user seed and its public key. @return FAR_OK; FAR_EIO: no randomness. */
FAR_MUST_CHECK enum far_err far_nkey_create(char ret_seed[FAR_NKEY_SEED_SIZE],
                                            char ret_public[FAR_NKEY_PUBLIC_SIZE]);
/** The public key of a user seed. @return FAR_OK; FAR_EINVAL: not a user seed, or its checksum is wrong. */
FAR_MUST_CHECK enum far_err far_nkey_public(const char *seed, char ret_public[FAR_NKEY_PUBLIC_SIZE]);
/** The same of a file that holds a seed alone or among other lines. Blocks. @return FAR_ENOTFOUND,
 * FAR_EDENIED, FAR_EINVAL: there is no user seed in it. */
FAR_MUST_CHECK enum far_err far_nkey_public_of_file(const char *path, char ret_public[FAR_NKEY_PUBLIC_SIZE]);
