/* SPDX-License-Identifier: Apache-2.0 */
/* number.h - telephone numbers: from what a trunk delivers or a person dials to one canonical form. Pure.
 *
 * By the rule {country 86, area 020, international 00, national 0} with China's plan:
 *   13800138000  013800138000  8613800138000  008613800138000  +86 138-0013-8000    MOBILE  +8613800138000
 *   88888888     02088888888   862088888888   +862088888888    (020) 8888 8888      LANDLINE  +862088888888
 *   +1 212 555 0100, 0012125550100    INTERNATIONAL  +12125550100
 * What is no subscriber's number keeps its short form:
 *   95588  +8695588  02095588    SERVICE  95588              4008001234    TOLLFREE  4008001234
 *   110    EMERGENCY  110        8001    EXTENSION  8001     anonymous, nothing    ANONYMOUS  anonymous
 * Everything else is UNKNOWN: digits without their separators, other text with '?' for what is not
 * printable ASCII. To dial, use the raw form: 020110 is another city's 110.
 *
 * Order: anonymous words; then, on the digits, emergency, service, toll-free; the same and subscribers'
 * numbers after the national prefix; the extension's length; mobile; local number; the same after the
 * international prefix or '+' and the country code. canonical is idempotent: parsing it by the same rule
 * gives it again, with the same kind. */
#pragma once
#include "far/err.h"
#include <stddef.h>
#include <stdint.h>

enum far_number_kind {
    FAR_NUMBER_UNKNOWN,
    FAR_NUMBER_MOBILE,
    FAR_NUMBER_LANDLINE,
    FAR_NUMBER_SERVICE,
    FAR_NUMBER_TOLLFREE,
    FAR_NUMBER_EMERGENCY,
    FAR_NUMBER_EXTENSION,
    FAR_NUMBER_ANONYMOUS,
    FAR_NUMBER_INTERNATIONAL,
    FAR_NUMBER_KIND_COUNT
};

#define FAR_NUMBER_TEXT_SIZE 64

/* One row of a numbering plan. Patterns: a digit stands for itself, x for any digit, [3-9] for a range; the
 * whole number must match. */
enum far_number_class {
    FAR_NUMBER_CLASS_EMERGENCY,
    FAR_NUMBER_CLASS_SERVICE,
    FAR_NUMBER_CLASS_TOLLFREE,
    FAR_NUMBER_CLASS_MOBILE, /* national form without the national prefix */
    FAR_NUMBER_CLASS_LOCAL,  /* landline without the area code */
    FAR_NUMBER_CLASS_AREA,   /* area codes without the national prefix */
};
struct far_number_pattern {
    enum far_number_class class;
    const char *pattern;
};

/* A trunk's (or a site's) rule. A zeroed field means: none. */
struct far_number_rule {
    char country_code[4];         /* "86" */
    char area_code[8];            /* "020" or "20": where local numbers belong */
    char international_prefix[8]; /* "00" */
    char national_prefix[4];      /* "0" */
    uint8_t extension_len_min;    /* internal numbers; 0: there are none */
    uint8_t extension_len_max;
    const struct far_number_pattern *patterns; /* NULL: far_number_plan_china */
    size_t pattern_count;
};

struct far_number {
    enum far_number_kind kind;
    char raw[FAR_NUMBER_TEXT_SIZE]; /* as it came, cut to fit; bytes that are not printable ASCII are '?' */
    char canonical[FAR_NUMBER_TEXT_SIZE]; /* "+8613800138000", "95588", "anonymous", ... */
};

extern const struct far_number_pattern far_number_plan_china[];
extern const size_t far_number_plan_china_len;

/** 86, 00, 0, extensions of 3 to 6 digits, China's plan; area_code e.g. "020", "" for none.
 *  @return FAR_OK; FAR_EINVAL: area_code is no digits or too long. */
FAR_MUST_CHECK enum far_err far_number_rule_china(const char *area_code, struct far_number_rule *ret_rule);
/** Whether a rule from outside can be used: digits only, lengths, patterns well formed.
 *  @return FAR_OK; FAR_EINVAL, with *ret_why a static text. */
FAR_MUST_CHECK enum far_err far_number_rule_check(const struct far_number_rule *rule, const char **ret_why);
/** Any bytes are allowed, NUL among them; never fails. rule must have passed far_number_rule_check(). */
void far_number_parse(const struct far_number_rule *rule, const char *raw, size_t raw_len,
                      struct far_number *ret_number);
/** "mobile", "landline", ... */
const char *far_number_kind_name(enum far_number_kind kind);
