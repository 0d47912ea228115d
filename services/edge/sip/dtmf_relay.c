/* SPDX-License-Identifier: Apache-2.0 */
#include "dtmf_relay.h"
#include "far/str.h"
#include <stdbool.h>
#include <string.h>

#define BODY_MAX 256

static bool digit_of(const char *text, char *ret_digit)
{
    char c = text[0];
    if (c >= 'a' && c <= 'd') c = (char)(c - 'a' + 'A');
    bool one = text[0] != '\0' && text[1] == '\0';
    if (strcmp(text, "10") == 0) c = '*', one = true; /* events by number, as some phones write them */
    if (strcmp(text, "11") == 0) c = '#', one = true;
    bool known = (c >= '0' && c <= '9') || c == '*' || c == '#' || (c >= 'A' && c <= 'D');
    if (!one || !known) return false;
    *ret_digit = c;
    return true;
}

/* One "Name = value" line, blanks cut off. */
static void split(char *line, char **ret_name, char **ret_value)
{
    char *equals = strchr(line, '=');
    *ret_name = line;
    *ret_value = line;
    if (equals) {
        *equals = '\0';
        *ret_value = equals + 1;
    }
    for (size_t len = strlen(*ret_name); len > 0 && (*ret_name)[len - 1] == ' '; len--)
        (*ret_name)[len - 1] = '\0';
    while (**ret_value == ' ')
        (*ret_value)++;
    for (size_t len = strlen(*ret_value); len > 0 && (*ret_value)[len - 1] == ' '; len--)
        (*ret_value)[len - 1] = '\0';
}

enum far_err dtmf_relay_parse(const char *type, const char *body, size_t len, char *ret_digit,
                              uint32_t *ret_duration_ms)
{
    bool relay = far_str_equal_nocase(type, "application/dtmf-relay");
    if (!relay && !far_str_equal_nocase(type, "application/dtmf")) return FAR_ENOTFOUND;
    char text[BODY_MAX];
    if (!far_str_copy_len(text, sizeof(text), body, len)) return FAR_EPROTO;
    char digit = '\0', *rest = text;
    int64_t duration_ms = 160;
    for (char *line = strsep(&rest, "\r\n"); line; line = strsep(&rest, "\r\n")) {
        char *name = NULL, *value = NULL;
        if (*line == '\0') continue;
        split(line, &name, &value);
        if (!relay || far_str_equal_nocase(name, "Signal")) {
            if (!digit_of(value, &digit)) return FAR_EPROTO;
        } else if (far_str_equal_nocase(name, "Duration")) {
            if (far_str_i64(value, 0, 100000, &duration_ms) != FAR_OK) return FAR_EPROTO;
        }
    }
    if (digit == '\0') return FAR_EPROTO;
    *ret_digit = digit;
    *ret_duration_ms = (uint32_t)(duration_ms < 40 ? 40 : duration_ms > 5000 ? 5000 : duration_ms);
    return FAR_OK;
}
