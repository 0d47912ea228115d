/* SPDX-License-Identifier: Apache-2.0 */
/* config.h - one YAML file, overridden by the environment, into structs by tables of rows.
 *
 *   struct sip_config { const char *listen; int64_t calls_max; };
 *   static const struct far_config_row sip_rows[] = {
 *     {.path = "sip.listen", .type = FAR_CONFIG_STRING, .offset = offsetof(struct sip_config, listen),
 *      .default_text = "0.0.0.0:5060", .help = "Address and port of SIP over UDP and TCP"},
 *     {.path = "sip.calls_max", .type = FAR_CONFIG_INT, .min = 1, .max = 100000,
 *      .offset = offsetof(struct sip_config, calls_max),
 *      .default_text = "500", .help = "Calls at once; beyond: 503"}};
 *
 * The file: `sip:\n  listen: 127.0.0.1:5060`. The environment: FARSEAT_SIP_LISTEN ('.' and '-' become '_',
 * upper case) overrides the file's value; lists are separated by commas there. Unknown keys, keys given
 * twice, wrong types, missing values and values out of range are all reported at once, each as "file:line:
 * key: what; how to mend". */
#pragma once
#include "far/buf.h"
#include "far/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The field's C type, and how the value is written. */
enum far_config_type {
    /* const char *; min..max: its length when max > 0; choices: "a|b|c". */
    FAR_CONFIG_STRING,
    FAR_CONFIG_INT,  /* int64_t */
    FAR_CONFIG_BOOL, /* bool; true/false, yes/no, on/off */
    /* int64_t [ms]; 250ms, 3s, 2m, 1h, 7d; a plain number is ms. */
    FAR_CONFIG_DURATION_MS,
    /* int64_t [bytes]; 4096, 64k, 10M, 2G (powers of 1024). */
    FAR_CONFIG_SIZE,
    /* const char *; the key is <path>_file: a file whose first line is the value, and that is not readable by
     * all; the value itself is refused in the file. */
    FAR_CONFIG_SECRET,
    /* struct far_config_list; min..max: its length when max > 0. */
    FAR_CONFIG_STRING_LIST,
    /* struct far_config_table: a list of maps by `rows`; min..max as above; not by environment. */
    FAR_CONFIG_TABLE,
    FAR_CONFIG_TYPE_COUNT
};

struct far_config_list {
    size_t len;
    const char *const *items;
};
struct far_config_table {
    size_t len;
    void *rows; /* an array of len structs of row_size bytes */
};

struct far_config_row {
    const char *path; /* "section.key"; inside a table just "key" */
    enum far_config_type type;
    size_t offset;
    const char *default_text; /* as one would write it; NULL: required. "" for lists and tables: empty */
    int64_t min, max;         /* both 0: any (numbers), up to 4096 bytes (strings), 256 items (lists) */
    const char *choices;      /* strings only; NULL: any */
    const char *help;         /* one sentence for the reference */
    const struct far_config_row *rows; /* tables only */
    size_t row_count;
    size_t row_size;
};

/* Rows and the struct that they fill. */
struct far_config_group {
    const struct far_config_row *rows;
    size_t row_count;
    void *target;
};
#define FAR_CONFIG_GROUP(rows_, target_)                                                                     \
    {                                                                                                        \
        .rows = (rows_), .row_count = FAR_ARRAY_LEN(rows_), .target = (target_)                              \
    }

struct far_config; /* owns every string, list and table that was filled in */

/** Read path (NULL: environment and defaults only) into all groups. errors: one line a fault is appended.
 *  @return FAR_OK; FAR_EINVAL: something is wrong, said in errors; FAR_ENOMEM. The targets are valid only
 * after FAR_OK and until far_config_destroy(). Blocks on the file. */
FAR_MUST_CHECK enum far_err far_config_load(const char *path, const struct far_config_group *groups,
                                            size_t group_count, struct far_buf *errors,
                                            struct far_config **ret_config);
/** The same from memory, without files and environment: name stands for the file in errors. Secrets are
 * looked up all the same, unless there is no such key. */
FAR_MUST_CHECK enum far_err far_config_parse(const char *name, const char *text, size_t text_len,
                                             const struct far_config_group *groups, size_t group_count,
                                             struct far_buf *errors, struct far_config **ret_config);
/** Wipes secrets. NULL is allowed. */
struct far_config *far_config_destroy(struct far_config *config);
/** The reference page: a Markdown table of every row. */
void far_config_reference(const struct far_config_group *groups, size_t group_count, struct far_buf *out);

/** "host:port" or "[v6]:port" -> host and port. @return FAR_OK; FAR_EINVAL. host_size >= 1. */
FAR_MUST_CHECK enum far_err far_config_address(const char *text, char *ret_host, size_t host_size,
                                               uint16_t *ret_port);
