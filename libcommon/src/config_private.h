/* SPDX-License-Identifier: Apache-2.0 */
/* config_private.h - shared by config*.c: finding (config.c), values (config_value.c), pages
 * (config_reference.c). */
#pragma once
#include "far/config.h"

#define CONFIG_PATH_SIZE     128
#define CONFIG_STRING_MAX    4096
#define CONFIG_LIST_MAX      256
#define CONFIG_FILE_SIZE_MAX ((size_t)1 << 20)

/* Where a value was written, for messages. */
struct config_place {
    const char *source; /* the file's name, or "environment" */
    size_t line;        /* 0: none */
    const char *key;    /* as the reader knows it */
};

/** Memory that lives as long as the config; wiped at its end when it is secret. NULL: out of memory (noted).
 */
void *config_alloc(struct far_config *config, size_t size, bool secret);
void config_fault(struct far_buf *errors, const struct config_place *place, const char *format, ...)
    FAR_PRINTF(3, 4);

/** Convert one text into the field of a row that is neither list nor table; faults are reported.
 *  @return false: out of memory only. */
bool config_set_text(struct far_config *config, struct far_buf *errors, const struct config_place *place,
                     const struct far_config_row *row, const char *text, size_t len, void *target);
/** The same for a list of strings that is written with commas. */
bool config_set_commas(struct far_config *config, struct far_buf *errors, const struct config_place *place,
                       const struct far_config_row *row, const char *text, void *target);
/** Whether count items are allowed; a fault is reported. */
bool config_count_fits(struct far_buf *errors, const struct config_place *place,
                       const struct far_config_row *row, size_t count);
/** How a value of the row is written: "a whole number from 1 to 9", for messages and the reference. */
void config_describe(const struct far_config_row *row, struct far_buf *out);
/** "sip.listen" -> "FARSEAT_SIP_LISTEN"; secrets with _FILE. */
void config_env_name(const struct far_config_row *row, char out[CONFIG_PATH_SIZE + 16]);
/** The key in the file: the path, for secrets with "_file". */
void config_key(const struct far_config_row *row, char out[CONFIG_PATH_SIZE]);
