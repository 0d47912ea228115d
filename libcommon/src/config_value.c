/* SPDX-License-Identifier: Apache-2.0 */
/* From text to typed values, with messages that say how to mend what is wrong. */
#include "config_private.h"
#include "far/str.h"
#include "far/utf8.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct unit {
    const char *suffix;
    int64_t factor;
};
static const struct unit duration_units[] = {
    {"ms", 1       },
    {"s",  1000    },
    {"m",  60000   },
    {"h",  3600000 },
    {"d",  86400000},
    {"",   1       }
};
static const struct unit size_units[] = {
    {"k", 1 << 10},
    {"M", 1 << 20},
    {"G", 1 << 30},
    {"",  1      }
};

static bool has_limits(const struct far_config_row *row)
{
    return row->min || row->max;
}

static void describe_amount(struct far_buf *out, enum far_config_type type, int64_t amount)
{
    const struct unit *units = type == FAR_CONFIG_DURATION_MS ? duration_units : size_units;
    size_t count = type == FAR_CONFIG_DURATION_MS ? FAR_ARRAY_LEN(duration_units) : FAR_ARRAY_LEN(size_units);
    const struct unit *best = &units[count - 1];
    for (size_t i = 0; type != FAR_CONFIG_INT && amount && i < count; i++)
        if (amount % units[i].factor == 0 && units[i].factor >= best->factor && units[i].suffix[0])
            best = &units[i];
    far_buf_addf(out, "%" PRId64 "%s", amount / best->factor, best->suffix);
}

static void describe_limits(const struct far_config_row *row, struct far_buf *out)
{
    if (!has_limits(row)) return;
    far_buf_add_text(out, " from ");
    describe_amount(out, row->type, row->min);
    far_buf_add_text(out, " to ");
    describe_amount(out, row->type, row->max);
}

void config_describe(const struct far_config_row *row, struct far_buf *out)
{
    static const char *const names[FAR_CONFIG_TYPE_COUNT] = {
        [FAR_CONFIG_STRING] = "text",
        [FAR_CONFIG_INT] = "a whole number",
        [FAR_CONFIG_BOOL] = "true or false",
        [FAR_CONFIG_DURATION_MS] = "a time such as 250ms, 3s or 2m",
        [FAR_CONFIG_SIZE] = "a size such as 4096, 64k or 10M",
        [FAR_CONFIG_SECRET] = "the path of a file with the secret",
        [FAR_CONFIG_STRING_LIST] = "a list of texts",
        [FAR_CONFIG_TABLE] = "a list of maps",
    };
    if (row->choices) {
        far_buf_add_text(out, "one of ");
        for (const char *at = row->choices; *at; at++)
            far_buf_add_text(out, *at == '|' ? ", " : (const char[]){*at, '\0'});
        return;
    }
    far_buf_add_text(out, names[row->type]);
    if (row->type == FAR_CONFIG_INT || row->type == FAR_CONFIG_DURATION_MS || row->type == FAR_CONFIG_SIZE)
        describe_limits(row, out);
    else if (row->max > 0)
        far_buf_addf(out, ", %" PRId64 " to %" PRId64 " %s", row->min, row->max,
                     row->type == FAR_CONFIG_STRING ? "characters" : "items");
}

static void fault_wrong(struct far_buf *errors, const struct config_place *place,
                        const struct far_config_row *row, const char *text)
{
    struct far_buf wanted;
    far_buf_init(&wanted, 1024);
    config_describe(row, &wanted);
    config_fault(errors, place, "\"%.60s\" does not fit; write %s", text, wanted.data);
    far_buf_done(&wanted);
}

static bool parse_amount(const char *text, const struct unit *units, size_t count, int64_t *ret_amount)
{
    char digits[24];
    size_t len = strspn(text, "0123456789");
    if (len == 0 || !far_str_copy_len(digits, sizeof(digits), text, len)) return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text + len, units[i].suffix) != 0) continue;
        int64_t amount;
        if (far_str_i64(digits, 0, INT64_MAX / units[i].factor, &amount)) return false;
        *ret_amount = amount * units[i].factor;
        return true;
    }
    return false;
}

static bool parse_number(const struct far_config_row *row, const char *text, int64_t *ret_value)
{
    int64_t value = 0;
    bool read = row->type == FAR_CONFIG_INT ? far_str_i64(text, INT64_MIN, INT64_MAX, &value) == FAR_OK
                : row->type == FAR_CONFIG_SIZE
                    ? parse_amount(text, size_units, FAR_ARRAY_LEN(size_units), &value)
                    : parse_amount(text, duration_units, FAR_ARRAY_LEN(duration_units), &value);
    if (!read || (has_limits(row) && (value < row->min || value > row->max))) return false;
    *ret_value = value;
    return true;
}

static bool parse_bool(const char *text, bool *ret_value)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};
    for (size_t i = 0; i < FAR_ARRAY_LEN(words); i++) {
        if (!far_str_equal_nocase(text, words[i])) continue;
        *ret_value = i % 2 == 1;
        return true;
    }
    return false;
}

static bool is_choice(const char *choices, const char *text)
{
    size_t len = strlen(text);
    for (const char *at = choices; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
        if (len && strncmp(at, text, len) == 0 && (at[len] == '|' || at[len] == '\0')) return true;
    return false;
}

static bool text_fits(const struct far_config_row *row, const char *text, size_t len)
{
    if (row->choices) return is_choice(row->choices, text);
    if (row->max > 0) return (int64_t)len >= row->min && (int64_t)len <= row->max;
    return len <= CONFIG_STRING_MAX;
}

static const char *keep_text(struct far_config *config, const char *text, size_t len, bool secret)
{
    char *copy = config_alloc(config, len + 1, secret);
    if (copy && len) memcpy(copy, text, len);
    return copy;
}

/* The first line of a secret's file into line[CONFIG_STRING_MAX + 1]; what is wrong, or NULL. */
static const char *read_secret(const char *path, char *line)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe by mistake must not hang the start */
    if (fd < 0)
        return errno == ENOENT ? "does not exist; create it" : "cannot be opened; check its owner and mode";
    const char *fault = NULL;
    ssize_t len = 0;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        fault = "is not a file";
    else if (info.st_mode & S_IROTH)
        fault = "can be read by everybody; run chmod o-r on it";
    else if ((len = read(fd, line, CONFIG_STRING_MAX)) <= 0)
        fault = "is empty; write the secret into its first line";
    close(fd);
    if (fault) return fault;
    line[len] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    return *line ? NULL : "has an empty first line; write the secret there";
}

static bool set_secret(struct far_config *config, struct far_buf *errors, const struct config_place *place,
                       const char *path, const char **field)
{
    char line[CONFIG_STRING_MAX + 1];
    if (!*path) { /* a default: no secret is needed */
        *field = keep_text(config, "", 0, false);
        return *field != NULL;
    }
    const char *fault = read_secret(path, line);
    if (fault)
        config_fault(errors, place, "file \"%.200s\" %s", path, fault);
    else
        *field = keep_text(config, line, strlen(line), true);
    sodium_memzero(line, sizeof(line));
    return fault || *field;
}

bool config_set_text(struct far_config *config, struct far_buf *errors, const struct config_place *place,
                     const struct far_config_row *row, const char *text, size_t len, void *target)
{
    char *field = (char *)target + row->offset;
    int64_t number;
    bool truth;
    if (memchr(text, '\0', len) || !far_utf8_valid(text, len)) {
        config_fault(errors, place, "the value holds bytes that are no text; write it again");
        return true;
    }
    switch (row->type) {
    case FAR_CONFIG_STRING:
        if (text_fits(row, text, len)) {
            const char *copy = keep_text(config, text, len, false);
            memcpy(field, &copy, sizeof(copy));
            return copy != NULL;
        }
        break;
    case FAR_CONFIG_BOOL:
        if (parse_bool(text, &truth)) {
            memcpy(field, &truth, sizeof(truth));
            return true;
        }
        break;
    case FAR_CONFIG_SECRET: {
        const char *secret = NULL;
        bool kept = set_secret(config, errors, place, text, &secret);
        memcpy(field, &secret, sizeof(secret));
        return kept;
    }
    default:
        if (parse_number(row, text, &number)) {
            memcpy(field, &number, sizeof(number));
            return true;
        }
        break;
    }
    fault_wrong(errors, place, row, text);
    return true;
}

bool config_count_fits(struct far_buf *errors, const struct config_place *place,
                       const struct far_config_row *row, size_t count)
{
    int64_t min = row->max > 0 ? row->min : 0, max = row->max > 0 ? row->max : CONFIG_LIST_MAX;
    if ((int64_t)count >= min && (int64_t)count <= max) return true;
    config_fault(errors, place, "%zu items; from %" PRId64 " to %" PRId64 " are allowed", count, min, max);
    return false;
}

bool config_set_commas(struct far_config *config, struct far_buf *errors, const struct config_place *place,
                       const struct far_config_row *row, const char *text, void *target)
{
    struct far_config_list list = {0};
    size_t count = *text ? 1 : 0;
    for (const char *at = text; *at; at++)
        count += *at == ',';
    if (!config_count_fits(errors, place, row, count)) return true;
    const char **items = config_alloc(config, (count + 1) * sizeof(*items), false);
    if (!items) return false;
    while (list.len < count) {
        size_t len = strcspn(text, ",");
        items[list.len] = keep_text(config, text, len, false);
        if (!items[list.len++]) return false;
        text += len + (text[len] == ',');
    }
    list.items = items;
    memcpy((char *)target + row->offset, &list, sizeof(list));
    return true;
}
