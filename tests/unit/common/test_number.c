/* SPDX-License-Identifier: Apache-2.0 */
#include "far/number.h"
#include "far/rand.h"
#include "far/test.h"
#include <stdio.h>
#include <string.h>

static struct far_number_rule guangzhou(void)
{
    struct far_number_rule rule;
    assert_int_equal(far_number_rule_china("020", &rule), FAR_OK);
    return rule;
}

static struct far_number parse(const struct far_number_rule *rule, const char *raw)
{
    struct far_number number;
    far_number_parse(rule, raw, strlen(raw), &number);
    return number;
}

static const struct {
    const char *raw;
    enum far_number_kind kind;
    const char *canonical;
} numbers[] = {
    {"13800138000",           FAR_NUMBER_MOBILE,        "+8613800138000"       },
    {"013800138000",          FAR_NUMBER_MOBILE,        "+8613800138000"       },
    {"8613800138000",         FAR_NUMBER_MOBILE,        "+8613800138000"       },
    {"008613800138000",       FAR_NUMBER_MOBILE,        "+8613800138000"       },
    {"+8613800138000",        FAR_NUMBER_MOBILE,        "+8613800138000"       },
    {"+86 138-0013-8000",     FAR_NUMBER_MOBILE,        "+8613800138000"       },
    {"+86013800138000",       FAR_NUMBER_MOBILE,        "+8613800138000"       },
    {"19912345678",           FAR_NUMBER_MOBILE,        "+8619912345678"       },
    {"88888888",              FAR_NUMBER_LANDLINE,      "+862088888888"        },
    {"02088888888",           FAR_NUMBER_LANDLINE,      "+862088888888"        },
    {"862088888888",          FAR_NUMBER_LANDLINE,      "+862088888888"        },
    {"+862088888888",         FAR_NUMBER_LANDLINE,      "+862088888888"        },
    {"+86 (0)20 8888 8888",   FAR_NUMBER_LANDLINE,      "+862088888888"        },
    {"(020) 8888.8888",       FAR_NUMBER_LANDLINE,      "+862088888888"        },
    {"01062345678",           FAR_NUMBER_LANDLINE,      "+861062345678"        },
    {"07552345678",           FAR_NUMBER_LANDLINE,      "+867552345678"        },
    {"075523456789",          FAR_NUMBER_LANDLINE,      "+8675523456789"       },
    {"95588",                 FAR_NUMBER_SERVICE,       "95588"                },
    {"02095588",              FAR_NUMBER_SERVICE,       "95588"                },
    {"+8695588",              FAR_NUMBER_SERVICE,       "95588"                },
    {"+862095588",            FAR_NUMBER_SERVICE,       "95588"                },
    {"10086",                 FAR_NUMBER_SERVICE,       "10086"                },
    {"12345",                 FAR_NUMBER_SERVICE,       "12345"                },
    {"96110",                 FAR_NUMBER_SERVICE,       "96110"                },
    {"95013579",              FAR_NUMBER_SERVICE,       "95013579"             },
    {"4008001234",            FAR_NUMBER_TOLLFREE,      "4008001234"           },
    {"8008101234",            FAR_NUMBER_TOLLFREE,      "8008101234"           },
    {"+864008001234",         FAR_NUMBER_TOLLFREE,      "4008001234"           },
    {"864008001234",          FAR_NUMBER_TOLLFREE,      "4008001234"           },
    {"110",                   FAR_NUMBER_EMERGENCY,     "110"                  },
    {"119",                   FAR_NUMBER_EMERGENCY,     "119"                  },
    {"120",                   FAR_NUMBER_EMERGENCY,     "120"                  },
    {"122",                   FAR_NUMBER_EMERGENCY,     "122"                  },
    {"+86110",                FAR_NUMBER_EMERGENCY,     "110"                  },
    {"020110",                FAR_NUMBER_EMERGENCY,     "110"                  }, /* though six digits could be internal */
    {"020111",                FAR_NUMBER_EXTENSION,     "020111"               },
    {"8001",                  FAR_NUMBER_EXTENSION,     "8001"                 },
    {"800123",                FAR_NUMBER_EXTENSION,     "800123"               },
    {"anonymous",             FAR_NUMBER_ANONYMOUS,     "anonymous"            },
    {"Anonymous ",            FAR_NUMBER_ANONYMOUS,     "anonymous"            },
    {"",                      FAR_NUMBER_ANONYMOUS,     "anonymous"            },
    {"  ",                    FAR_NUMBER_ANONYMOUS,     "anonymous"            },
    {"Restricted",            FAR_NUMBER_ANONYMOUS,     "anonymous"            },
    {"+1 (212) 555-0100",     FAR_NUMBER_INTERNATIONAL, "+12125550100"         },
    {"0012125550100",         FAR_NUMBER_INTERNATIONAL, "+12125550100"         },
    {"+852 2345 6789",        FAR_NUMBER_INTERNATIONAL, "+85223456789"         },
    {"+123456",               FAR_NUMBER_UNKNOWN,       "+123456"              },
    {"+1234567890123456",     FAR_NUMBER_UNKNOWN,       "+1234567890123456"    },
    {"+8612",                 FAR_NUMBER_UNKNOWN,       "+8612"                },
    {"00",                    FAR_NUMBER_UNKNOWN,       "00"                   },
    {"+",                     FAR_NUMBER_UNKNOWN,       "+"                    },
    {"-",                     FAR_NUMBER_UNKNOWN,       "-"                    },
    {"12",                    FAR_NUMBER_UNKNOWN,       "12"                   },
    {"*12#",                  FAR_NUMBER_UNKNOWN,       "*12#"                 },
    {"12+34",                 FAR_NUMBER_UNKNOWN,       "12+34"                },
    {"alice",                 FAR_NUMBER_UNKNOWN,       "alice"                },
    {"138001380001380013800", FAR_NUMBER_UNKNOWN,       "138001380001380013800"},
    {"13800138\x01"
     "000",              FAR_NUMBER_UNKNOWN,       "13800138?000"         },
    {"\xe6\x8e\xa5",          FAR_NUMBER_UNKNOWN,       "???"                  },
};

static void the_plan_of_china(void **state)
{
    struct far_number_rule rule = guangzhou();
    (void)state;
    for (size_t i = 0; i < FAR_ARRAY_LEN(numbers); i++) {
        struct far_number number = parse(&rule, numbers[i].raw);
        if (number.kind != numbers[i].kind || strcmp(number.canonical, numbers[i].canonical) != 0)
            fail_msg("%s: %s %s", numbers[i].raw, far_number_kind_name(number.kind), number.canonical);
    }
    struct far_number number = parse(&rule, "+86 138-0013-8000");
    assert_string_equal(number.raw, "+86 138-0013-8000");
}

static void rules_differ(void **state)
{
    static const struct far_number_pattern plan[] = {
        {FAR_NUMBER_CLASS_EMERGENCY, "999"         },
        {FAR_NUMBER_CLASS_MOBILE,    "7xxxxxxxxx"  },
        {FAR_NUMBER_CLASS_AREA,      "2x"          },
        {FAR_NUMBER_CLASS_LOCAL,     "[2-9]xxxxxxx"},
    };
    struct far_number_rule rule = {.country_code = "44",
                                   .area_code = "20",
                                   .international_prefix = "00",
                                   .national_prefix = "0",
                                   .patterns = plan,
                                   .pattern_count = FAR_ARRAY_LEN(plan)};
    const char *why = NULL;
    (void)state;
    assert_int_equal(far_number_rule_check(&rule, &why), FAR_OK);
    assert_string_equal(parse(&rule, "07911123456").canonical, "+447911123456");
    assert_string_equal(parse(&rule, "71234567").canonical, "+442071234567");
    assert_string_equal(parse(&rule, "02071234567").canonical, "+442071234567");
    assert_int_equal(parse(&rule, "999").kind, FAR_NUMBER_EMERGENCY);
    assert_int_equal(parse(&rule, "8001").kind, FAR_NUMBER_UNKNOWN); /* no extensions here */
    struct far_number_rule bare = {0};
    assert_int_equal(far_number_rule_check(&bare, &why), FAR_OK);
    assert_int_equal(parse(&bare, "+442071234567").kind, FAR_NUMBER_INTERNATIONAL);
    assert_int_equal(parse(&bare, "88888888").kind, FAR_NUMBER_UNKNOWN);
}

static void wrong_rules_are_refused(void **state)
{
    static const char *const patterns[] = {"", "12a", "[3-", "[9-3]x", "[3-9", "xxxxxxxxxxxxxxxx", NULL};
    const char *why;
    struct far_number_rule rule;
    (void)state;
    assert_int_equal(far_number_rule_china("02a", &rule), FAR_EINVAL);
    assert_int_equal(far_number_rule_china("020202020", &rule), FAR_EINVAL);
    for (size_t i = 0; i < FAR_ARRAY_LEN(patterns); i++) {
        struct far_number_pattern row = {FAR_NUMBER_CLASS_MOBILE, patterns[i]};
        rule = guangzhou();
        rule.patterns = &row;
        rule.pattern_count = 1;
        why = NULL;
        assert_int_equal(far_number_rule_check(&rule, &why), FAR_EINVAL);
        assert_non_null(why);
    }
    rule = guangzhou();
    rule.extension_len_min = 7;
    assert_int_equal(far_number_rule_check(&rule, &why), FAR_EINVAL);
    rule = guangzhou();
    memset(rule.country_code, '8', sizeof(rule.country_code)); /* not terminated */
    assert_int_equal(far_number_rule_check(&rule, &why), FAR_EINVAL);
    rule = guangzhou();
    (void)strcpy(rule.national_prefix, "x");
    assert_int_equal(far_number_rule_check(&rule, &why), FAR_EINVAL);
}

static void canonical_is_idempotent(void **state)
{
    static const char alphabet[] = "0123456789001386820+*#-() ax?\x01\xff";
    struct far_number_rule rule = guangzhou();
    struct far_rand rand;
    (void)state;
    far_rand_init(&rand, 20);
    for (int i = 0; i < 200000; i++) {
        char raw[80];
        size_t len = (size_t)far_rand_below(&rand, i % 10 ? 16 : sizeof(raw));
        for (size_t at = 0; at < len; at++)
            raw[at] = alphabet[far_rand_below(&rand, i % 3 ? 19 : sizeof(alphabet))];
        struct far_number number, again;
        far_number_parse(&rule, raw, len, &number);
        far_number_parse(&rule, number.canonical, strlen(number.canonical), &again);
        assert_int_equal(number.kind, again.kind);
        assert_string_equal(number.canonical, again.canonical);
    }
}

static void long_text_is_cut(void **state)
{
    struct far_number_rule rule = guangzhou();
    char raw[200];
    (void)state;
    memset(raw, '1', sizeof(raw));
    struct far_number number;
    far_number_parse(&rule, raw, sizeof(raw), &number);
    assert_int_equal(strlen(number.raw), FAR_NUMBER_TEXT_SIZE - 1);
    assert_int_equal(number.kind, FAR_NUMBER_UNKNOWN);
    assert_int_equal(number.canonical[FAR_NUMBER_TEXT_SIZE - 2], '?');
    for (int kind = 0; kind < FAR_NUMBER_KIND_COUNT; kind++)
        assert_non_null(far_number_kind_name((enum far_number_kind)kind));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_plan_of_china),       cmocka_unit_test(rules_differ),
        cmocka_unit_test(wrong_rules_are_refused), cmocka_unit_test(canonical_is_idempotent),
        cmocka_unit_test(long_text_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
