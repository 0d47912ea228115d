/* SPDX-License-Identifier: Apache-2.0 */
/* secrets.h - phones' secrets: given in the file, kept in a folder, or generated there; sent as HA1 only. */
#pragma once
#include "centre.h"
#include "farseat/v1/api_acd.pb-c.h"

#define SECRETS_REALM "farseat"

struct secrets {
    Farseat__V1__PhoneSecrets message;
    size_t generated;
    size_t missing; /* phones that have none, and no folder to put one in */
};

/** Fill in what has to be sent for the phones of file: those with a secret, or with one in folder, or (folder
 *  not NULL) with one that is generated and written there, mode 0600. before: what is in force, for phones
 *  that went; may be NULL. Faults are appended to errors. @return FAR_OK; FAR_EIO; FAR_ENOMEM. Blocks. */
FAR_MUST_CHECK enum far_err secrets_collect(const struct centre_file *file,
                                            const Farseat__V1__CentreConfig *before, const char *folder,
                                            struct secrets *ret_secrets, struct far_buf *errors);
void secrets_done(struct secrets *secrets);
/** HA1 = H(phone:realm:secret), lower-case hex (RFC 8760). ret_md5 has 33, ret_sha256 65 bytes. */
FAR_MUST_CHECK enum far_err secrets_ha1(const char *phone, const char *realm, const char *secret,
                                        char *ret_md5, char *ret_sha256);
