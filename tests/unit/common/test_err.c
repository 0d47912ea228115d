/* SPDX-License-Identifier: Apache-2.0 */
#include "far/err.h"
#include "far/test.h"
#include <string.h>

static void every_code_has_a_name_and_a_text(void **state)
{
    (void)state;
    for (int i = 0; i < FAR_ERR_COUNT; i++) {
        assert_true(strlen(far_err_name((enum far_err)i)) >= 2);
        assert_true(strlen(far_err_text((enum far_err)i)) > 5);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(far_err_name((enum far_err)i), far_err_name((enum far_err)j));
    }
    assert_string_equal(far_err_name(FAR_OK), "OK");
    assert_string_equal(far_err_name(FAR_ECONFLICT), "ECONFLICT");
}

static void a_foreign_number_is_survived(void **state)
{
    (void)state;
    assert_string_equal(far_err_name((enum far_err)FAR_ERR_COUNT), "EUNKNOWN");
    assert_string_equal(far_err_name((enum far_err) - 1), "EUNKNOWN");
    assert_non_null(far_err_text((enum far_err)12345));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_a_name_and_a_text),
        cmocka_unit_test(a_foreign_number_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
