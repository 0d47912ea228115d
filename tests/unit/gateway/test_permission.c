/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/permission.h"
#include "far/test.h"

static void agents_neither_listen_nor_change_routing(void **state)
{
    (void)state;
    uint64_t agent = permission_of_role("agent");
    assert_true(permission_has(agent, PERMISSION_AGENT_ACT));
    assert_false(permission_has(agent, PERMISSION_AGENT_ACT_ALL));
    assert_false(permission_has(agent, PERMISSION_RECORDING_PLAY));
    assert_false(permission_has(agent, PERMISSION_CONTACT_READ_ALL));
    assert_false(permission_has(agent, PERMISSION_CONFIG_WRITE));
    assert_false(permission_has(agent, PERMISSION_PEOPLE));
}

static void only_administrators_change_people_and_routing(void **state)
{
    (void)state;
    const char *others[] = {"agent", "supervisor", "quality"};
    for (size_t i = 0; i < 3; i++) {
        assert_false(permission_has(permission_of_role(others[i]), PERMISSION_CONFIG_WRITE));
        assert_false(permission_has(permission_of_role(others[i]), PERMISSION_PEOPLE));
        assert_false(permission_has(permission_of_role(others[i]), PERMISSION_AUDIT_READ));
    }
    assert_true(permission_has(permission_of_role("administrator"), PERMISSION_CONFIG_WRITE));
}

/* The routes ask for the narrower permission first. */
static void who_may_for_all_may_for_himself(void **state)
{
    (void)state;
    const char *roles[] = {"agent", "supervisor", "quality", "administrator"};
    for (size_t i = 0; i < 4; i++) {
        uint64_t role = permission_of_role(roles[i]);
        if (permission_has(role, PERMISSION_AGENT_ACT_ALL))
            assert_true(permission_has(role, PERMISSION_AGENT_ACT));
        if (permission_has(role, PERMISSION_CONTACT_READ_ALL))
            assert_true(permission_has(role, PERMISSION_CONTACT_READ));
    }
}

static void an_unknown_role_may_nothing(void **state)
{
    (void)state;
    assert_int_equal(permission_of_role("root"), 0);
    assert_int_equal(permission_of_role(""), 0);
    assert_int_equal(permission_of_role("agent,administrator"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agents_neither_listen_nor_change_routing),
        cmocka_unit_test(only_administrators_change_people_and_routing),
        cmocka_unit_test(who_may_for_all_may_for_himself),
        cmocka_unit_test(an_unknown_role_may_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
