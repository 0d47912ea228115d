/* SPDX-License-Identifier: Apache-2.0 */
/* token.h - access tokens, and tickets, which are good for one use: JWT (RFC 7519), HS256 and nothing else,
 * short-lived. One kind is never taken for another. */
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
    int64_t until_s; /* Unix time until which the token that says so is good */
};
/** Fill identity->permissions out of its roles. */
void identity_permit(struct identity *identity);
/** @return FAR_OK; FAR_ENOMEM; FAR_EFULL. now_s: Unix time. */
FAR_MUST_CHECK enum far_err token_write(const uint8_t key[TOKEN_KEY_LEN], const struct identity *identity,
                                        int64_t now_s, char ret_text[TOKEN_TEXT_SIZE]);
/** @return FAR_OK; FAR_EDENIED: not ours, altered, of another algorithm, or expired. */
FAR_MUST_CHECK enum far_err token_read(const uint8_t key[TOKEN_KEY_LEN], const char *text, int64_t now_s,
                                       struct identity *ret_identity);

#define TICKET_USE_SIP   "sip"
#define TICKET_USE_AUDIO "audio"
/* What a ticket lets its bearer do without an access token. */
struct ticket {
    struct identity identity; /* who got it */
    char use[16];             /* TICKET_USE_... */
    char about[64];           /* which phone, which recording */
    char id[40];              /* for those that are good once; ticket_write() makes it */
};
/** identity, use and about are read, id is made. @return FAR_OK; FAR_ENOMEM; FAR_EFULL. */
FAR_MUST_CHECK enum far_err ticket_write(const uint8_t key[TOKEN_KEY_LEN], struct ticket *ticket,
                                         int64_t now_s, int64_t life_s, char ret_text[TOKEN_TEXT_SIZE]);
/** @return FAR_OK; FAR_EDENIED: no ticket of ours, for another use, or expired. */
FAR_MUST_CHECK enum far_err ticket_read(const uint8_t key[TOKEN_KEY_LEN], const char *text, const char *use,
                                        int64_t now_s, struct ticket *ret_ticket);
