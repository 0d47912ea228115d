/* SPDX-License-Identifier: Apache-2.0 */
/* First byte: which rule. The rest: what a trunk sent. Whatever it is, the canonical form is printable and
 * resolves to itself with the same kind. */
#include "far/number.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A plan made to contradict itself. */
static const struct far_number_pattern odd_plan[] = {
    {FAR_NUMBER_CLASS_EMERGENCY, "[1-2]1"  },
    {FAR_NUMBER_CLASS_SERVICE,   "0xx"     },
    {FAR_NUMBER_CLASS_TOLLFREE,  "1xxxxx"  },
    {FAR_NUMBER_CLASS_MOBILE,    "xxxxxx"  },
    {FAR_NUMBER_CLASS_LOCAL,     "xxx"     },
    {FAR_NUMBER_CLASS_LOCAL,     "[0-5]xxx"},
    {FAR_NUMBER_CLASS_AREA,      "1"       },
    {FAR_NUMBER_CLASS_AREA,      "1x"      },
    {FAR_NUMBER_CLASS_AREA,      "[0-9]"   },
};

static struct far_number_rule rule_of(uint8_t which)
{
    struct far_number_rule rule = {0};
    if (which % 4 == 0 && far_number_rule_china("020", &rule)) abort();
    if (which % 4 == 1 && far_number_rule_china("", &rule)) abort();
    if (which % 4 == 2)
        rule = (struct far_number_rule){.country_code = "1",
                                        .area_code = "01",
                                        .international_prefix = "0",
                                        .national_prefix = "1",
                                        .extension_len_min = 2,
                                        .extension_len_max = 4,
                                        .patterns = odd_plan,
                                        .pattern_count = FAR_ARRAY_LEN(odd_plan)};
    return rule;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *why;
    struct far_number number, again;
    if (size == 0) return 0;
    struct far_number_rule rule = rule_of(data[0]);
    if (far_number_rule_check(&rule, &why)) abort();
    far_number_parse(&rule, (const char *)data + 1, size - 1, &number);
    if (number.kind >= FAR_NUMBER_KIND_COUNT || !memchr(number.raw, 0, sizeof(number.raw))) abort();
    size_t len = strnlen(number.canonical, sizeof(number.canonical));
    if (len == 0 || len == sizeof(number.canonical)) abort();
    for (size_t i = 0; i < len; i++)
        if (number.canonical[i] < ' ' || number.canonical[i] > '~') abort();
    far_number_parse(&rule, number.canonical, len, &again);
    if (again.kind != number.kind || strcmp(again.canonical, number.canonical) != 0) abort();
    return 0;
}
