/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/token.h"
#include "far/test.h"
#include <string.h>

#define NOW 1800000000

static const uint8_t key[TOKEN_KEY_LEN] = {1, 2, 3};
static const uint8_t other_key[TOKEN_KEY_LEN] = {3, 2, 1};

static struct identity somebody(void)
{
    return (struct identity){.login = "li.wei",
                             .agent_id = "a1",
                             .session_id = "019f0000-0000-7000-8000-000000000001",
                             .name = "李伟",
                             .language = "zh",
                             .roles = "agent,quality"};
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    char text[TOKEN_TEXT_SIZE];
    struct identity identity = somebody(), read;
    assert_int_equal(token_write(key, &identity, NOW, text), FAR_OK);
    assert_int_equal(token_read(key, text, NOW, &read), FAR_OK);
    assert_string_equal(read.login, "li.wei");
    assert_string_equal(read.agent_id, "a1");
    assert_string_equal(read.name, "李伟");
    assert_true(permission_has(read.permissions, PERMISSION_AGENT_ACT));
    assert_true(permission_has(read.permissions, PERMISSION_RECORDING_PLAY));
    assert_false(permission_has(read.permissions, PERMISSION_PEOPLE));
}

static void expired_and_foreign_tokens_are_denied(void **state)
{
    (void)state;
    char text[TOKEN_TEXT_SIZE];
    struct identity identity = somebody(), read;
    assert_int_equal(token_write(key, &identity, NOW, text), FAR_OK);
    assert_int_equal(token_read(key, text, NOW + TOKEN_LIFE_S - 1, &read), FAR_OK);
    assert_int_equal(read.until_s, NOW + TOKEN_LIFE_S); /* its own end, whenever it is read */
    assert_int_equal(token_read(key, text, NOW + TOKEN_LIFE_S, &read), FAR_EDENIED);
    assert_int_equal(token_read(other_key, text, NOW, &read), FAR_EDENIED);
}

static void altered_tokens_are_denied(void **state)
{
    (void)state;
    char text[TOKEN_TEXT_SIZE];
    struct identity identity = somebody(), read;
    assert_int_equal(token_write(key, &identity, NOW, text), FAR_OK);
    char *claims = strchr(text, '.') + 1;
    for (size_t i = 0; claims[i] != '.' && claims[i] != '\0'; i++) {
        char kept = claims[i];
        claims[i] = kept == 'A' ? 'B' : 'A';
        assert_int_equal(token_read(key, text, NOW, &read), FAR_EDENIED);
        claims[i] = kept;
    }
    assert_int_equal(token_read(key, text, NOW, &read), FAR_OK);
}

static void garbage_and_alg_none_are_denied(void **state)
{
    (void)state;
    struct identity read;
    /* {"alg":"none"} . {"iss":"farseat","sub":"admin","roles":"administrator","exp":9999999999} . */
    const char *none =
        "eyJhbGciOiJub25lIn0.eyJpc3MiOiJmYXJzZWF0Iiwic3ViIjoiYWRtaW4iLCJyb2xlcyI6ImFkbWluaXN0cmF0b3IiL"
        "CJleHAiOjk5OTk5OTk5OTl9.";
    assert_int_equal(token_read(key, none, NOW, &read), FAR_EDENIED);
    assert_int_equal(token_read(key, "", NOW, &read), FAR_EDENIED);
    assert_int_equal(token_read(key, "a.b.c", NOW, &read), FAR_EDENIED);
    char long_text[2 * TOKEN_TEXT_SIZE];
    memset(long_text, 'a', sizeof(long_text));
    long_text[sizeof(long_text) - 1] = '\0';
    assert_int_equal(token_read(key, long_text, NOW, &read), FAR_EDENIED);
}

static void a_ticket_is_good_for_its_use_only(void **state)
{
    (void)state;
    char text[TOKEN_TEXT_SIZE], again[TOKEN_TEXT_SIZE], access[TOKEN_TEXT_SIZE];
    struct ticket made = {.identity = somebody(), .use = TICKET_USE_SIP, .about = "8001"}, read;
    struct identity identity;
    assert_int_equal(ticket_write(key, &made, NOW, 60, text), FAR_OK);
    assert_int_equal(ticket_read(key, text, TICKET_USE_SIP, NOW + 59, &read), FAR_OK);
    assert_string_equal(read.about, "8001");
    assert_string_equal(read.id, made.id);
    assert_string_equal(read.identity.session_id, made.identity.session_id);
    assert_int_equal(ticket_read(key, text, TICKET_USE_SIP, NOW + 60, &read), FAR_EDENIED);
    assert_int_equal(ticket_read(key, text, TICKET_USE_AUDIO, NOW, &read), FAR_EDENIED);
    assert_int_equal(ticket_read(other_key, text, TICKET_USE_SIP, NOW, &read), FAR_EDENIED);
    assert_int_equal(token_read(key, text, NOW, &identity), FAR_EDENIED); /* it logs nobody in */
    assert_int_equal(token_write(key, &made.identity, NOW, access), FAR_OK);
    assert_int_equal(ticket_read(key, access, TICKET_USE_SIP, NOW, &read), FAR_EDENIED);
    assert_int_equal(ticket_write(key, &made, NOW, 60, again), FAR_OK);
    assert_string_not_equal(text, again); /* each has an id of its own */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(expired_and_foreign_tokens_are_denied),
        cmocka_unit_test(altered_tokens_are_denied),
        cmocka_unit_test(garbage_and_alg_none_are_denied),
        cmocka_unit_test(a_ticket_is_good_for_its_use_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
