/* SPDX-License-Identifier: Apache-2.0 */
/* protobuf <-> JSON: examples of each rule, of each error with its path, and round trips of every message
 * type. */
#include "contract.h"
#include "far/json.h"
#include "far/test.h"
#include "farseat/v1/acd_log.pb-c.h"
#include "farseat/v1/api_analytics.pb-c.h"
#include "farseat/v1/config.pb-c.h"
#include "farseat/v1/record.pb-c.h"
#include "random_message.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect_text(const ProtobufCMessage *message, unsigned flags, const char *expected)
{
    char *text = NULL;
    assert_int_equal(far_json_print(message, flags, &text), FAR_OK);
    assert_string_equal(text, expected);
    free(text);
}

static void expect_error(const ProtobufCMessageDescriptor *type, const char *text, const char *path,
                         const char *words)
{
    struct far_json_error error;
    ProtobufCMessage *message = NULL;
    assert_int_not_equal(far_json_parse(type, text, strlen(text), &error, &message), FAR_OK);
    assert_null(message);
    assert_string_equal(error.path, path);
    if (!strstr(error.text, words)) fail_msg("\"%s\" does not say \"%s\"", error.text, words);
    assert_int_not_equal(far_json_parse(type, text, strlen(text), NULL, &message), FAR_OK);
}

static ProtobufCMessage *parse(const ProtobufCMessageDescriptor *type, const char *text)
{
    struct far_json_error error;
    ProtobufCMessage *message = NULL;
    if (far_json_parse(type, text, strlen(text), &error, &message) != FAR_OK)
        fail_msg("%s: %s", error.path, error.text);
    return message;
}

static void names_numbers_enums_and_bytes_follow_the_mapping(void **state)
{
    (void)state;
    Farseat__V1__TelephoneNumber caller = FARSEAT__V1__TELEPHONE_NUMBER__INIT;
    Farseat__V1__LegIncoming incoming = FARSEAT__V1__LEG_INCOMING__INIT;
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    caller.raw = (char *)(uintptr_t) "13800138000";
    caller.kind = FARSEAT__V1__NUMBER_KIND__NUMBER_MOBILE;
    incoming.leg_id = (char *)(uintptr_t) "leg\"1";
    incoming.caller = &caller;
    input.number = UINT64_MAX;
    input.sent_at_us = -5;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_LEG_INCOMING;
    input.leg_incoming = &incoming;
    expect_text(
        &input.base, 0,
        "{\"number\":\"18446744073709551615\",\"sentAtUs\":\"-5\",\"legIncoming\":{\"legId\":\"leg\\\"1\","
        "\"caller\":{\"raw\":\"13800138000\",\"kind\":\"NUMBER_MOBILE\"}}}");
    expect_text(&caller.base, FAR_JSON_DEFAULTS,
                "{\"raw\":\"13800138000\",\"canonical\":\"\",\"kind\":\"NUMBER_MOBILE\"}");
    expect_text(&incoming.base, FAR_JSON_PROTO_NAMES,
                "{\"leg_id\":\"leg\\\"1\",\"caller\":{\"raw\":\"13800138000\",\"kind\":\"NUMBER_MOBILE\"}}");
    caller.kind = 4711; /* of a newer version */
    caller.raw = (char *)(uintptr_t) "";
    expect_text(&caller.base, 0, "{\"kind\":4711}");

    Farseat__V1__ConfigPut put = FARSEAT__V1__CONFIG_PUT__INIT;
    put.piece = (ProtobufCBinaryData){.len = 4, .data = (uint8_t *)(uintptr_t) "\xff\xfe\x00\x01"};
    put.index = 7;
    expect_text(&put.base, 0, "{\"index\":7,\"piece\":\"//4AAQ==\"}");
    caller.raw = (char *)(uintptr_t) "\xff";
    char *text = NULL;
    assert_int_equal(far_json_print(&caller.base, 0, &text), FAR_EPROTO);
}

static void an_empty_choice_is_still_a_choice(void **state)
{
    (void)state;
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__Tick tick = FARSEAT__V1__TICK__INIT;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_TICK;
    input.tick = &tick;
    expect_text(&input.base, 0, "{\"tick\":{}}");
    Farseat__V1__AcdInput *back =
        (Farseat__V1__AcdInput *)(void *)parse(&farseat__v1__acd_input__descriptor, "{\"tick\":{}}");
    assert_int_equal(back->body_case, FARSEAT__V1__ACD_INPUT__BODY_TICK);
    farseat__v1__acd_input__free_unpacked(back, NULL);
}

static void reading_accepts_what_the_mapping_allows(void **state)
{
    (void)state;
    static const char *const same[] = {
        "{\"sentAtUs\":\"12\",\"producerIncarnation\":\"x\"}",
        "{\"sent_at_us\":12,\"producer_incarnation\":\"x\",\"tick\":null,\"producer\":null}",
        "{\"sentAtUs\":1.2e1,\"producer_incarnation\":\"x\"}",
    };
    for (size_t i = 0; i < 3; i++) {
        Farseat__V1__AcdInput *input =
            (Farseat__V1__AcdInput *)(void *)parse(&farseat__v1__acd_input__descriptor, same[i]);
        assert_int_equal(input->sent_at_us, 12);
        assert_string_equal(input->producer_incarnation, "x");
        assert_string_equal(input->producer, "");
        assert_int_equal(input->body_case, 0);
        farseat__v1__acd_input__free_unpacked(input, NULL);
    }
    static const char *const pieces[] = {"{\"piece\":\"//4AAQ==\"}", "{\"piece\":\"__4AAQ\"}",
                                         "{\"piece\":\"//4AAQ\"}"};
    for (size_t i = 0; i < 3; i++) {
        Farseat__V1__ConfigPut *put =
            (Farseat__V1__ConfigPut *)(void *)parse(&farseat__v1__config_put__descriptor, pieces[i]);
        assert_int_equal(put->piece.len, 4);
        assert_memory_equal(put->piece.data, "\xff\xfe\x00\x01", 4);
        farseat__v1__config_put__free_unpacked(put, NULL);
    }
    Farseat__V1__Ratio *ratio = (Farseat__V1__Ratio *)(void *)parse(
        &farseat__v1__ratio__descriptor, "{\"value\":\"-Infinity\",\"numerator\":18446744073709549568.0}");
    assert_true(ratio->value < -1e308);
    assert_true(ratio->numerator == 18446744073709549568u);
    farseat__v1__ratio__free_unpacked(ratio, NULL);
    Farseat__V1__TelephoneNumber *number = (Farseat__V1__TelephoneNumber *)(void *)parse(
        &farseat__v1__telephone_number__descriptor, "{\"kind\":2}");
    assert_int_equal(number->kind, FARSEAT__V1__NUMBER_KIND__NUMBER_LANDLINE);
    farseat__v1__telephone_number__free_unpacked(number, NULL);
}

static void errors_say_where_and_what(void **state)
{
    (void)state;
    const ProtobufCMessageDescriptor *centre = &farseat__v1__centre_config__descriptor;
    const ProtobufCMessageDescriptor *input = &farseat__v1__acd_input__descriptor;
    expect_error(centre, "{\"agents\":[{\"id\":\"a\"},{\"skills\":[{\"levl\":3}]}]}",
                 "agents[1].skills[0].levl", "is not a field of SkillLevel");
    expect_error(centre, "{\"agents\":{}}", "agents", "must be a list");
    expect_error(centre, "{\"agents\":[7]}", "agents[0]", "must be an object (Agent)");
    expect_error(centre, "{\"queues\":[{\"record\":\"yes\"}]}", "queues[0].record", "true or false");
    expect_error(centre, "{\"queues\":[{\"ringMsMax\":4294967296}]}", "queues[0].ringMsMax", "4294967295");
    expect_error(centre, "{\"queues\":[{\"ringMsMax\":-1}]}", "queues[0].ringMsMax", "from 0");
    expect_error(centre, "{\"queues\":[{\"ringMsMax\":1.5}]}", "queues[0].ringMsMax", "whole number");
    expect_error(centre, "{\"queues\":[{\"ringMsMax\":\"5x\"}]}", "queues[0].ringMsMax", "whole number");
    expect_error(centre, "{\"queues\":[{\"ringMsMax\":\"\"}]}", "queues[0].ringMsMax", "whole number");
    expect_error(centre, "{\"sites\":[{\"edges\":[null]}]}", "sites[0].edges[0]", "must be a text");
    expect_error(centre, "{\"queues\":[{\"ringMsMax\":1,\"ring_ms_max\":2}]}", "queues[0].ring_ms_max",
                 "twice");
    expect_error(centre, "{\"centre\":{\"name\":\"a\\u0000b\"}}", "centre.name", "u0000");
    expect_error(input, "{\"tick\":{},\"legEnded\":{}}", "legEnded", "another choice");
    expect_error(input, "{\"number\":\"18446744073709551616\"}", "number", "18446744073709551615");
    expect_error(input, "{\"sentAtUs\":9223372036854775808.0}", "sentAtUs", "9223372036854775807");
    expect_error(&farseat__v1__config_put__descriptor, "{\"piece\":\"!\"}", "piece", "base64");
    expect_error(&farseat__v1__telephone_number__descriptor, "{\"kind\":\"NUMBER_X\"}", "kind",
                 "NUMBER_UNKNOWN");
    expect_error(&farseat__v1__ratio__descriptor, "{\"value\":\"1e999\"}", "value", "a number");
    expect_error(input, "[]", "", "must be an object");
    expect_error(input, "{\"number\":1", "", "line 1");
    expect_error(input, "{\"number\":1,\"number\":2}", "", "duplicate");
}

static void sizes_are_bounded(void **state)
{
    (void)state;
    struct far_json_error error;
    ProtobufCMessage *message = NULL;
    char *text = malloc(FAR_JSON_LEN_MAX + 2);
    assert_non_null(text);
    memset(text, ' ', FAR_JSON_LEN_MAX + 1);
    assert_int_equal(
        far_json_parse(&farseat__v1__tick__descriptor, text, FAR_JSON_LEN_MAX + 1, &error, &message),
        FAR_EFULL);
    size_t len = (size_t)sprintf(text, "{\"agentIds\":[");
    for (unsigned i = 0; i <= FAR_JSON_ELEMENTS_MAX; i++)
        len += (size_t)sprintf(text + len, "%s\"\"", i ? "," : "");
    len += (size_t)sprintf(text + len, "]}");
    assert_int_equal(far_json_parse(&farseat__v1__contact_record__descriptor, text, len, &error, &message),
                     FAR_EFULL);
    assert_string_equal(error.path, "agentIds");
    free(text);
}

static size_t pack(const ProtobufCMessage *message, uint8_t **ret_bytes)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    *ret_bytes = malloc(len + 1);
    assert_non_null(*ret_bytes);
    return protobuf_c_message_pack(message, *ret_bytes);
}

static void every_type_comes_back_as_it_went(void **state)
{
    (void)state;
    struct far_rand rand;
    far_rand_init(&rand, 42);
    assert_true(contract_types_len > 100);
    for (size_t i = 0; i < contract_types_len * 25; i++) {
        const ProtobufCMessageDescriptor *type = contract_types[i % contract_types_len];
        unsigned flags = (unsigned)far_rand_below(&rand, 8);
        ProtobufCMessage *message = random_message(&rand, type, 0);
        char *text = NULL;
        uint8_t *before = NULL;
        uint8_t *after = NULL;
        assert_int_equal(far_json_print(message, flags, &text), FAR_OK);
        ProtobufCMessage *back = parse(type, text);
        size_t before_len = pack(message, &before);
        assert_int_equal(pack(back, &after), before_len);
        assert_memory_equal(before, after, before_len);
        protobuf_c_message_free_unpacked(message, NULL);
        protobuf_c_message_free_unpacked(back, NULL);
        free(before);
        free(after);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_numbers_enums_and_bytes_follow_the_mapping),
        cmocka_unit_test(an_empty_choice_is_still_a_choice),
        cmocka_unit_test(reading_accepts_what_the_mapping_allows),
        cmocka_unit_test(errors_say_where_and_what),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(every_type_comes_back_as_it_went),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
