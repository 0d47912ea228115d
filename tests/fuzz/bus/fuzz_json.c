/* SPDX-License-Identifier: Apache-2.0 */
/* JSON and protobuf from outside, of any type of the contract. The first byte chooses the form, the second
 * the type; what is accepted must come back the same. */
#include "contract.h"
#include "far/json.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_same(const ProtobufCMessage *message)
{
    char *text = NULL;
    char *again = NULL;
    ProtobufCMessage *back = NULL;
    if (far_json_print(message, FAR_JSON_DEFAULTS, &text) != FAR_OK)
        return; /* protobuf may hold bad UTF-8, or nest too deep */
    if (far_json_parse(message->descriptor, text, strlen(text), NULL, &back) != FAR_OK) {
        if (strlen(text) <= FAR_JSON_LEN_MAX && !strstr(text, "\\u0000")) abort();
        free(text);
        return;
    }
    if (far_json_print(back, FAR_JSON_DEFAULTS, &again) != FAR_OK || strcmp(text, again) != 0) abort();
    protobuf_c_message_free_unpacked(back, NULL);
    free(text);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ProtobufCMessage *message = NULL;
    struct far_json_error error;
    if (size < 2) return 0;
    const ProtobufCMessageDescriptor *type = contract_types[data[1] % contract_types_len];
    if (data[0] & 1)
        message = protobuf_c_message_unpack(type, NULL, size - 2, data + 2);
    else if (far_json_parse(type, (const char *)data + 2, size - 2, &error, &message) != FAR_OK)
        message = NULL;
    if (!message) return 0;
    expect_same(message);
    protobuf_c_message_free_unpacked(message, NULL);
    return 0;
}
