/* SPDX-License-Identifier: Apache-2.0 */
/* token.h - access tokens: JWT (RFC 7519), HS256 and nothing else, short-lived. */
#pragma once
#include "far/err.h"
#include "permission.h"

#define TOKEN_KEY_LEN   32
#define TOKEN_LIFE_S    900
#define TOKEN_TEXT_SIZE 1024

/* Who asks. */
struct identity {
    char login[64], agent_id[64], session_id[40], name[128], language[16];
    char roles[128]; /* separated by commas */
    uint64_t permissions;
};
/** Fill identity->permissions out of its roles. */
void identity_permit(struct identity *identity);
/** @return FAR_OK; FAR_ENOMEM; FAR_EFULL. now_s: Unix time. */
FAR_MUST_CHECK enum far_err token_write(const uint8_t key[TOKEN_KEY_LEN], const struct identity *identity,
                                        int64_t now_s, char ret_text[TOKEN_TEXT_SIZE]);
/** @return FAR_OK; FAR_EDENIED: not ours, altered, of another algorithm, or expired. */
FAR_MUST_CHECK enum far_err token_read(const uint8_t key[TOKEN_KEY_LEN], const char *text, int64_t now_s,
                                       struct identity *ret_identity);
