/* SPDX-License-Identifier: Apache-2.0 */
#include "far/test.h"
#include "registrar.h"
#include <stdio.h>
#include <string.h>

#define S INT64_C(1000000)

static struct registrar *registrar;

static int setup(void **state)
{
    (void)state;
    return registrar_create(4, &registrar) == FAR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    registrar = registrar_destroy(registrar);
    return 0;
}

static uint32_t put(const char *phone, const char *uri, const char *source, const char *call_id,
                    uint32_t cseq, int64_t expires_s, int64_t now_us, enum registrar_change *change)
{
    struct registrar_request request = {.phone = phone,
                                        .source = source,
                                        .call_id = call_id,
                                        .user_agent = "ua",
                                        .cseq = cseq,
                                        .contacts = {{.uri = uri, .expires_s = -1}},
                                        .contacts_len = uri ? 1 : 0,
                                        .expires_s = expires_s};
    return registrar_register(registrar, &request, now_us, change);
}

static void changes_are_told_and_refreshes_are_not(void **state)
{
    enum registrar_change change;
    (void)state;
    assert_int_equal(put("a1", "sip:a1@x", "udp:1.1.1.1:5060", "c1", 1, 300, 0, &change), 200);
    assert_int_equal(change, REGISTRAR_BOUND);
    assert_int_equal(put("a1", "sip:a1@x", "udp:1.1.1.1:5060", "c1", 2, 300, 100 * S, &change), 200);
    assert_int_equal(change, REGISTRAR_REFRESHED);
    assert_true(registrar_find(registrar, "a1")->bindings[0].expires_at_us == 400 * S);
    assert_int_equal(put("a1", "sip:a1@x", "udp:1.1.1.1:6060", "c1", 3, 300, 100 * S, &change), 200);
    assert_int_equal(change, REGISTRAR_BOUND); /* its NAT gave it another port */
    assert_int_equal(put("a1", NULL, "udp:9.9.9.9:1", "c9", 1, -1, 0, &change), 200); /* only asks */
    assert_int_equal(change, REGISTRAR_SAME);
    assert_int_equal(put("a1", "sip:a1@x", "udp:1.1.1.1:6060", "c1", 4, 0, 100 * S, &change), 200);
    assert_int_equal(change, REGISTRAR_GONE);
    assert_null(registrar_find(registrar, "a1"));
    assert_int_equal(put("a1", "sip:a1@x", "udp:1.1.1.1:6060", "c1", 5, 0, 100 * S, &change), 200);
    assert_int_equal(change, REGISTRAR_SAME); /* was not there */
}

static void limits_are_kept(void **state)
{
    enum registrar_change change;
    (void)state;
    assert_int_equal(put("a1", "sip:a1@x", "s", "c1", 1, 59, 0, &change), 423);
    assert_int_equal(put("a1", "sip:a1@x", "s", "c1", 1, 60, 0, &change), 200);
    assert_int_equal(put("a1", "sip:a1@x", "s", "c1", 1, 60, 0, &change),
                     500); /* not newer than what is known */
    assert_int_equal(put("a1", "sip:a1@x", "s", "c1", 2, 999999, 0, &change), 200);
    assert_true(registrar_find(registrar, "a1")->bindings[0].expires_at_us == 3600 * S);
    for (uint32_t i = 0; i < 20; i++) {
        char uri[32], source[32];
        (void)snprintf(uri, sizeof(uri), "sip:a1@x%u", i);
        (void)snprintf(source, sizeof(source), "udp:1.1.1.1:%u", 1000 + i);
        assert_int_equal(put("a1", uri, source, "c2", i + 1, 60, 0, &change), 200);
    }
    assert_int_equal(registrar_find(registrar, "a1")->len, REGISTRAR_CONTACTS_MAX);
    assert_string_equal(registrar_find(registrar, "a1")->bindings[0].contact_uri,
                        "sip:a1@x19"); /* newest first */
    for (char i = '2'; i < '5'; i++)
        assert_int_equal(put((char[]){'a', i, 0}, "sip:x", "s", "c", 1, 60, 0, &change), 200);
    assert_int_equal(put("a5", "sip:x", "s", "c", 1, 60, 0, &change), 503);
    assert_int_equal(registrar_len(registrar), 4);
}

static void a_phone_that_was_started_anew_replaces_itself(void **state)
{
    enum registrar_change change;
    (void)state;
    assert_int_equal(put("a1", "sip:a1-old@x", "udp:1.1.1.1:5060", "c1", 1, 300, 0, &change), 200);
    assert_int_equal(put("a1", "sip:a1-new@x", "udp:1.1.1.1:5060", "c2", 1, 300, 0, &change), 200);
    assert_int_equal(registrar_find(registrar, "a1")->len, 1);
    assert_string_equal(registrar_find(registrar, "a1")->bindings[0].contact_uri, "sip:a1-new@x");
}

static void a_star_ends_everything(void **state)
{
    enum registrar_change change;
    (void)state;
    struct registrar_request star = {.phone = "a1",
                                     .source = "s",
                                     .call_id = "c9",
                                     .user_agent = "",
                                     .cseq = 9,
                                     .star = true,
                                     .expires_s = 0};
    assert_int_equal(put("a1", "sip:a1@x", "udp:1.1.1.1:1", "c1", 1, 300, 0, &change), 200);
    assert_int_equal(put("a1", "sip:a1@y", "udp:1.1.1.1:2", "c2", 1, 300, 0, &change), 200);
    star.expires_s = 60;
    assert_int_equal(registrar_register(registrar, &star, 0, &change), 400);
    star.expires_s = 0;
    assert_int_equal(registrar_register(registrar, &star, 0, &change), 200);
    assert_int_equal(change, REGISTRAR_GONE);
}

static unsigned told;
static void on_changed(void *context, const char *phone, enum registrar_change change)
{
    (void)context;
    assert_string_equal(phone, "a1");
    assert_int_equal(change, told++ == 0 ? REGISTRAR_BOUND : REGISTRAR_GONE);
}

static void what_expires_is_told(void **state)
{
    enum registrar_change change;
    (void)state;
    told = 0;
    assert_int_equal(put("a1", "sip:a1@x", "udp:1.1.1.1:1", "c1", 1, 60, 0, &change), 200);
    assert_int_equal(put("a1", "sip:a1@y", "udp:1.1.1.1:2", "c2", 1, 120, 0, &change), 200);
    registrar_expire(registrar, 59 * S, on_changed, NULL);
    assert_int_equal(told, 0);
    registrar_expire(registrar, 60 * S, on_changed, NULL);
    assert_int_equal(told, 1);
    registrar_expire(registrar, 120 * S, on_changed, NULL);
    assert_int_equal(told, 2);
    assert_int_equal(registrar_len(registrar), 0);
}

static void on_each(void *context, const struct registrar_phone *phone)
{
    unsigned *len = context;
    assert_true(phone->len > 0);
    (*len)++;
}

static void each_phone_is_met_once(void **state)
{
    enum registrar_change change;
    unsigned len = 0;
    (void)state;
    for (char i = '1'; i < '4'; i++)
        assert_int_equal(put((char[]){'a', i, 0}, "sip:x", "s", "c", 1, 60, 0, &change), 200);
    registrar_each(registrar, on_each, &len);
    assert_int_equal(len, 3);
}

static void stored_bindings_come_back_unless_expired(void **state)
{
    (void)state;
    Farseat__V1__RegistrationBinding rows[2], *bindings[] = {&rows[0], &rows[1]};
    Farseat__V1__Registration stored = FARSEAT__V1__REGISTRATION__INIT;
    for (int i = 0; i < 2; i++) {
        farseat__v1__registration_binding__init(&rows[i]);
        rows[i].contact_uri = (char *)(i ? "sip:b" : "sip:a");
        rows[i].source = (char *)"udp:1.1.1.1:5060";
        rows[i].expires_at_us = i ? 100 * S : 50 * S;
    }
    stored.phone = (char *)"a1";
    stored.bindings = bindings;
    stored.n_bindings = 2;
    assert_false(registrar_restore(registrar, &stored, 100 * S));
    assert_true(registrar_restore(registrar, &stored, 60 * S));
    assert_int_equal(registrar_find(registrar, "a1")->len, 1);
    assert_false(registrar_restore(registrar, &stored, 60 * S)); /* what is known is newer */
    stored.phone = (char *)"a2";                                 /* another account of the same softphone */
    assert_true(registrar_restore(registrar, &stored, 60 * S));
    assert_true(registrar_has_source(registrar, "a1", "udp:1.1.1.1:5060"));
    assert_true(registrar_has_source(registrar, "a2", "udp:1.1.1.1:5060"));
    assert_false(registrar_has_source(registrar, "a1", "udp:1.1.1.1:5061"));
    assert_false(registrar_has_source(registrar, "zz", "udp:1.1.1.1:5060"));
    assert_true(registrar_drop(registrar, "a1", ""));
    assert_false(registrar_drop(registrar, "a1", ""));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(changes_are_told_and_refreshes_are_not),
        CASE(limits_are_kept),
        CASE(a_phone_that_was_started_anew_replaces_itself),
        CASE(a_star_ends_everything),
        CASE(what_expires_is_told),
        CASE(each_phone_is_met_once),
        CASE(stored_bindings_come_back_unless_expired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
