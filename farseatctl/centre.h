/* SPDX-License-Identifier: Apache-2.0 */
/* centre.h - centre.yaml into CentreConfig, with every fault told by file and line. */
#pragma once
#include "far/buf.h"
#include "farseat/v1/config.pb-c.h"

#define CENTRE_FILE_LEN_MAX (2u * 1024u * 1024u)
#define CENTRE_PHONES_MAX   20000u

/** A phone's secret as the file gives it; never part of CentreConfig. */
struct centre_secret {
    char phone[64];
    char secret[128]; /* "": the file gives none */
};
/** Where a field of the message stands in the file: "queues[2].skills[0].level" -> 41. */
struct centre_line {
    char *path;
    unsigned line;
};
struct centre_file {
    Farseat__V1__CentreConfig *config;
    struct centre_secret *secrets; /* one for each phone of config, in its order */
    size_t secrets_len;
    struct centre_line *lines;
    size_t lines_len;
    char *name; /* the file's, for messages */
};

/** Read a file. errors: a line for each fault, "file:line: what; how to mend".
 *  @return FAR_OK; FAR_EINVAL: see errors; FAR_ENOTFOUND, FAR_EDENIED, FAR_EFULL, FAR_EIO: told in errors
 * too; FAR_ENOMEM. Blocks. */
FAR_MUST_CHECK enum far_err centre_load(const char *path, struct centre_file *ret_file,
                                        struct far_buf *errors);
/** The same from text; secret_file keys are looked up beside folder. */
FAR_MUST_CHECK enum far_err centre_parse(const char *name, const char *folder, const char *text, size_t len,
                                         struct centre_file *ret_file, struct far_buf *errors);
void centre_done(struct centre_file *file);
/** The line of the field that a text begins with (as the ACD's verdicts do); of its nearest parent; 0: none.
 */
unsigned centre_line_of(const struct centre_file *file, const char *text);
