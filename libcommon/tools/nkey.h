/* SPDX-License-Identifier: Apache-2.0 */
/* The text form of NATS keys: base32(prefix bytes | 32 bytes | CRC-16), as nats-server and nats.c read it.
 * Used by the set-up tool only; services hand the seed's file to nats.c. Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NKEY_RAW_LEN = 32, NKEY_SEED_TEXT_LEN = 58, NKEY_PUBLIC_TEXT_LEN = 56 };

/* Writes a user's seed as text with its closing NUL. */
void nkey_seed_text(const uint8_t seed[NKEY_RAW_LEN], char ret_text[NKEY_SEED_TEXT_LEN + 1]);

/* Writes a user's public key as text with its closing NUL. */
void nkey_public_text(const uint8_t public_key[NKEY_RAW_LEN], char ret_text[NKEY_PUBLIC_TEXT_LEN + 1]);

/* Reads a user's seed from exactly `len` characters. False, and nothing written, when they are no user seed:
 * wrong length, a character outside base32, another kind of key, or a wrong check sum. */
bool nkey_seed_parse(const char *text, size_t len, uint8_t ret_seed[NKEY_RAW_LEN]);
