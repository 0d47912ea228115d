/* SPDX-License-Identifier: Apache-2.0 */
/* A number goes through three steps: tidy (bytes -> printable text -> digits), resolve (digits -> kind and
 * canonical form by the rule), and a check that the canonical form resolves to itself, whatever plan somebody
 * wrote. */
#include "far/number.h"
#include "far/str.h"
#include <stdbool.h>
#include <string.h>

#define E164_LEN_MAX 15
#define E164_LEN_MIN 7

const struct far_number_pattern far_number_plan_china[] = {
    {FAR_NUMBER_CLASS_EMERGENCY, "110"            },
    {FAR_NUMBER_CLASS_EMERGENCY, "119"            },
    {FAR_NUMBER_CLASS_EMERGENCY, "120"            },
    {FAR_NUMBER_CLASS_EMERGENCY, "122"            },
    {FAR_NUMBER_CLASS_SERVICE,   "114"            },
    {FAR_NUMBER_CLASS_SERVICE,   "117"            },
    {FAR_NUMBER_CLASS_SERVICE,   "10[0-1]xx"      },
    {FAR_NUMBER_CLASS_SERVICE,   "1010xxxx"       },
    {FAR_NUMBER_CLASS_SERVICE,   "116114"         },
    {FAR_NUMBER_CLASS_SERVICE,   "118114"         },
    {FAR_NUMBER_CLASS_SERVICE,   "12xxx"          },
    {FAR_NUMBER_CLASS_SERVICE,   "95xxx"          },
    {FAR_NUMBER_CLASS_SERVICE,   "95xxxx"         },
    {FAR_NUMBER_CLASS_SERVICE,   "95xxxxxx"       },
    {FAR_NUMBER_CLASS_SERVICE,   "96xxx"          },
    {FAR_NUMBER_CLASS_SERVICE,   "96xxxx"         },
    {FAR_NUMBER_CLASS_TOLLFREE,  "400xxxxxxx"     },
    {FAR_NUMBER_CLASS_TOLLFREE,  "800xxxxxxx"     },
    {FAR_NUMBER_CLASS_MOBILE,    "1[3-9]xxxxxxxxx"},
    {FAR_NUMBER_CLASS_LOCAL,     "[2-8]xxxxxxx"   },
    {FAR_NUMBER_CLASS_LOCAL,     "[2-8]xxxxxx"    },
    {FAR_NUMBER_CLASS_AREA,      "10"             },
    {FAR_NUMBER_CLASS_AREA,      "2x"             },
    {FAR_NUMBER_CLASS_AREA,      "[3-9]xx"        },
};
const size_t far_number_plan_china_len = FAR_ARRAY_LEN(far_number_plan_china);

static const char *const anonymous_words[] = {"anonymous", "restricted",  "private",
                                              "withheld",  "unavailable", "unknown"};

struct result {
    enum far_number_kind kind;
    char canonical[FAR_NUMBER_TEXT_SIZE];
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool all_digits(const char *text)
{
    for (; *text; text++)
        if (!is_digit(*text)) return false;
    return true;
}

/* One position of a pattern: the next position, or NULL when it is malformed. */
static const char *pattern_step(const char *at, char *ret_low, char *ret_high)
{
    *ret_low = *at == 'x' ? '0' : *at;
    *ret_high = *at == 'x' ? '9' : *at;
    if (*at == 'x' || is_digit(*at)) return at + 1;
    if (at[0] != '[' || !is_digit(at[1]) || at[2] != '-' || !is_digit(at[3]) || at[4] != ']') return NULL;
    *ret_low = at[1];
    *ret_high = at[3];
    return at[1] <= at[3] ? at + 5 : NULL;
}

/* How many digits at the beginning of text the pattern takes; 0: it does not match. */
static size_t match(const char *pattern, const char *text)
{
    size_t count = 0;
    while (*pattern) {
        char low, high;
        pattern = pattern_step(pattern, &low, &high);
        if (!pattern || text[count] < low || text[count] > high) return 0;
        count++;
    }
    return count;
}

static bool is_class(const struct far_number_rule *rule, enum far_number_class class, const char *digits)
{
    const struct far_number_pattern *rows = rule->patterns ? rule->patterns : far_number_plan_china;
    size_t count = rule->patterns ? rule->pattern_count : far_number_plan_china_len;
    size_t len = strlen(digits);
    for (size_t i = 0; len && i < count; i++)
        if (rows[i].class == class && match(rows[i].pattern, digits) == len) return true;
    return false;
}

/* What follows the area code at the beginning of digits; NULL: none is there. Walks on by `*at`. */
static const char *after_area(const struct far_number_rule *rule, const char *digits, size_t *at)
{
    const struct far_number_pattern *rows = rule->patterns ? rule->patterns : far_number_plan_china;
    size_t count = rule->patterns ? rule->pattern_count : far_number_plan_china_len;
    while (*at < count) {
        const struct far_number_pattern *row = &rows[(*at)++];
        size_t taken = row->class == FAR_NUMBER_CLASS_AREA ? match(row->pattern, digits) : 0;
        if (taken) return digits + taken;
    }
    return NULL;
}

/* Numbers that are short for everybody. */
static bool resolve_short(const struct far_number_rule *rule, const char *digits, struct result *result)
{
    if (is_class(rule, FAR_NUMBER_CLASS_EMERGENCY, digits))
        result->kind = FAR_NUMBER_EMERGENCY;
    else if (is_class(rule, FAR_NUMBER_CLASS_SERVICE, digits))
        result->kind = FAR_NUMBER_SERVICE;
    else if (is_class(rule, FAR_NUMBER_CLASS_TOLLFREE, digits))
        result->kind = FAR_NUMBER_TOLLFREE;
    else
        return false;
    return far_str_copy(result->canonical, sizeof(result->canonical), digits);
}

static bool subscriber(const struct far_number_rule *rule, enum far_number_kind kind, const char *area,
                       const char *digits, struct result *result)
{
    const char *parts[] = {"+", rule->country_code, area, digits};
    size_t len = 0;
    for (size_t i = 0; i < FAR_ARRAY_LEN(parts); i++) {
        if (!far_str_copy(result->canonical + len, sizeof(result->canonical) - len, parts[i])) return false;
        len += strlen(parts[i]);
    }
    result->kind = kind;
    return rule->country_code[0] != '\0' && len <= E164_LEN_MAX + 1;
}

/* A number as the country writes it, without the national prefix. */
static bool resolve_national(const struct far_number_rule *rule, const char *digits, bool shorts,
                             struct result *result)
{
    if (shorts && resolve_short(rule, digits, result)) return true;
    if (is_class(rule, FAR_NUMBER_CLASS_TOLLFREE, digits)) return resolve_short(rule, digits, result);
    if (is_class(rule, FAR_NUMBER_CLASS_MOBILE, digits))
        return subscriber(rule, FAR_NUMBER_MOBILE, "", digits, result);
    size_t at = 0;
    for (const char *rest = after_area(rule, digits, &at); rest; rest = after_area(rule, digits, &at)) {
        if (is_class(rule, FAR_NUMBER_CLASS_LOCAL, rest))
            return subscriber(rule, FAR_NUMBER_LANDLINE, "", digits, result);
        if (shorts && resolve_short(rule, rest, result)) return true;
    }
    return false;
}

/* The rest after a prefix that is not empty; NULL: it is not there. */
static const char *after(const char *digits, const char *prefix)
{
    return *prefix && far_str_starts(digits, prefix) ? digits + strlen(prefix) : NULL;
}

/* A number that begins with a country code. */
static bool resolve_worldwide(const struct far_number_rule *rule, const char *digits, struct result *result)
{
    const char *rest = after(digits, rule->country_code);
    if (rest) {
        if (resolve_national(rule, rest, true, result)) return true;
        rest = after(rest, rule->national_prefix); /* +86 (0)20 ... */
        return rest && resolve_national(rule, rest, true, result);
    }
    size_t len = strlen(digits);
    if (len < E164_LEN_MIN || len > E164_LEN_MAX || digits[0] == '0') return false;
    result->kind = FAR_NUMBER_INTERNATIONAL;
    result->canonical[0] = '+';
    return far_str_copy(result->canonical + 1, sizeof(result->canonical) - 1, digits);
}

static bool resolve_local(const struct far_number_rule *rule, const char *digits, struct result *result)
{
    const char *area = after(rule->area_code, rule->national_prefix);
    if (!area) area = rule->area_code;
    if (!*area || !is_class(rule, FAR_NUMBER_CLASS_LOCAL, digits)) return false;
    return subscriber(rule, FAR_NUMBER_LANDLINE, area, digits, result);
}

static bool resolve(const struct far_number_rule *rule, const char *digits, struct result *result)
{
    size_t len = strlen(digits);
    if (digits[0] == '+') return all_digits(digits + 1) && resolve_worldwide(rule, digits + 1, result);
    if (!all_digits(digits)) return false;
    if (resolve_short(rule, digits, result)) return true;
    const char *rest = after(digits, rule->national_prefix); /* before extensions: 020110 is an emergency */
    if (rest && resolve_national(rule, rest, true, result)) return true;
    if (rule->extension_len_min && len >= rule->extension_len_min && len <= rule->extension_len_max) {
        result->kind = FAR_NUMBER_EXTENSION;
        return far_str_copy(result->canonical, sizeof(result->canonical), digits);
    }
    if (is_class(rule, FAR_NUMBER_CLASS_MOBILE, digits))
        return subscriber(rule, FAR_NUMBER_MOBILE, "", digits, result);
    if (resolve_local(rule, digits, result)) return true;
    rest = after(digits, rule->international_prefix);
    if (rest) return resolve_worldwide(rule, rest, result);
    rest = after(digits, rule->country_code); /* without '+': only what is too long to mean anything else */
    return rest && resolve_national(rule, rest, false, result);
}

/* Text without blanks around it, made printable; too long: cut, with '?' at its end. */
static void tidy_text(const char *raw, size_t raw_len, char out[FAR_NUMBER_TEXT_SIZE])
{
    while (raw_len && (*raw == ' ' || *raw == '\t')) {
        raw++;
        raw_len--;
    }
    while (raw_len && (raw[raw_len - 1] == ' ' || raw[raw_len - 1] == '\t'))
        raw_len--;
    size_t len = raw_len < FAR_NUMBER_TEXT_SIZE ? raw_len : FAR_NUMBER_TEXT_SIZE - 1;
    for (size_t i = 0; i < len; i++)
        out[i] = raw[i] >= ' ' && raw[i] <= '~' ? raw[i] : '?';
    if (len < raw_len) out[len - 1] = '?';
    out[len] = '\0';
}

/* The digits of a text, with a '+' before them where there is one; false: it is no number. */
static bool tidy_digits(const char *text, char out[FAR_NUMBER_TEXT_SIZE])
{
    size_t len = 0;
    for (; *text; text++) {
        if (strchr(" -().", *text)) continue;
        if (!is_digit(*text) && *text != '*' && *text != '#' && (*text != '+' || len)) return false;
        out[len++] = *text;
    }
    out[len] = '\0';
    return len > 0 && strcmp(out, "+") != 0;
}

void far_number_parse(const struct far_number_rule *rule, const char *raw, size_t raw_len,
                      struct far_number *ret_number)
{
    char digits[FAR_NUMBER_TEXT_SIZE];
    struct result first = {0}, again = {0};
    struct far_number *number = ret_number;
    *number = (struct far_number){.kind = FAR_NUMBER_UNKNOWN};
    for (size_t i = 0; i < raw_len && i < FAR_NUMBER_TEXT_SIZE - 1; i++)
        number->raw[i] = raw[i] >= ' ' && raw[i] <= '~' ? raw[i] : '?';
    tidy_text(raw, raw_len, number->canonical);
    bool anonymous = number->canonical[0] == '\0';
    for (size_t i = 0; !anonymous && i < FAR_ARRAY_LEN(anonymous_words); i++)
        anonymous = far_str_equal_nocase(number->canonical, anonymous_words[i]);
    if (anonymous) {
        number->kind = FAR_NUMBER_ANONYMOUS;
        (void)far_str_copy(number->canonical, sizeof(number->canonical), "anonymous");
        return;
    }
    if (!tidy_digits(number->canonical, digits)) return;
    (void)far_str_copy(number->canonical, sizeof(number->canonical), digits);
    if (!resolve(rule, digits, &first)) return;
    if (!resolve(rule, first.canonical, &again)) return;
    if (again.kind != first.kind || strcmp(again.canonical, first.canonical) != 0) return;
    number->kind = first.kind;
    (void)far_str_copy(number->canonical, sizeof(number->canonical), first.canonical);
}

enum far_err far_number_rule_china(const char *area_code, struct far_number_rule *ret_rule)
{
    struct far_number_rule rule = {.country_code = "86",
                                   .international_prefix = "00",
                                   .national_prefix = "0",
                                   .extension_len_min = 3,
                                   .extension_len_max = 6};
    if (!far_str_copy(rule.area_code, sizeof(rule.area_code), area_code) || !all_digits(rule.area_code))
        return FAR_EINVAL;
    *ret_rule = rule;
    return FAR_OK;
}

static bool is_prefix(const char *field, size_t size)
{
    return memchr(field, '\0', size) && all_digits(field);
}

static const char *rule_fault(const struct far_number_rule *rule)
{
    if (!is_prefix(rule->country_code, sizeof(rule->country_code)))
        return "country_code: 1 to 3 digits, or none";
    if (!is_prefix(rule->area_code, sizeof(rule->area_code))) return "area_code: up to 7 digits";
    if (!is_prefix(rule->international_prefix, sizeof(rule->international_prefix)))
        return "international_prefix: up to 7 digits";
    if (!is_prefix(rule->national_prefix, sizeof(rule->national_prefix)))
        return "national_prefix: up to 3 digits";
    if (rule->extension_len_min > rule->extension_len_max || rule->extension_len_max > E164_LEN_MAX)
        return "extension_len_min..max: 0..15 digits, the smaller first";
    for (size_t i = 0; rule->patterns && i < rule->pattern_count; i++) {
        const char *at = rule->patterns[i].pattern;
        size_t len = 0;
        char low, high;
        for (; at && *at; len++)
            at = pattern_step(at, &low, &high);
        if (!at || len == 0 || len > E164_LEN_MAX) return "pattern: 1 to 15 of: a digit, x, [3-9]";
        if ((unsigned)rule->patterns[i].class > FAR_NUMBER_CLASS_AREA) return "pattern: no such class";
    }
    return NULL;
}

enum far_err far_number_rule_check(const struct far_number_rule *rule, const char **ret_why)
{
    const char *why = rule_fault(rule);
    if (!why) return FAR_OK;
    *ret_why = why;
    return FAR_EINVAL;
}

const char *far_number_kind_name(enum far_number_kind kind)
{
    static const char *const names[] = {
        [FAR_NUMBER_UNKNOWN] = "unknown",
        [FAR_NUMBER_MOBILE] = "mobile",
        [FAR_NUMBER_LANDLINE] = "landline",
        [FAR_NUMBER_SERVICE] = "service",
        [FAR_NUMBER_TOLLFREE] = "tollfree",
        [FAR_NUMBER_EMERGENCY] = "emergency",
        [FAR_NUMBER_EXTENSION] = "extension",
        [FAR_NUMBER_ANONYMOUS] = "anonymous",
        [FAR_NUMBER_INTERNATIONAL] = "international",
    };
    return (unsigned)kind < FAR_NUMBER_KIND_COUNT ? names[kind] : "unknown";
}
