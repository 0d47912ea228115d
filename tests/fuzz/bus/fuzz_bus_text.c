/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that come with messages: traceparent, delivery subjects, times, acknowledgements. */
#include "bus/js.h"
#include "far/tables.h"
#include "far/trace.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_same_trace(const char *text)
{
    struct far_trace trace;
    struct far_trace again;
    char written[FAR_TRACE_TEXT_LEN + 1];
    if (far_trace_parse(text, &trace) != FAR_OK) return;
    far_trace_format(&trace, written);
    if (far_trace_parse(written, &again) != FAR_OK || memcmp(&trace, &again, sizeof(trace)) != 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct js_delivery delivery;
    struct far_stream_info info;
    unsigned code = 0;
    const char *words = NULL;
    char *text = malloc(size + 1);
    if (!text) return 0;
    memcpy(text, data, size);
    text[size] = 0;
    expect_same_trace(text);
    if (js_delivery_of(text, &delivery) == FAR_OK && strlen(delivery.consumer) > JS_NAME_LEN_MAX) abort();
    (void)js_time_ns(text);
    if (far_subject_token_ok(text) && !bus_subject_ok(text, false)) abort();
    json_t *json = json_loadb(text, size, 0, NULL);
    if (js_error(json, &code, &words) == FAR_OK) js_info_of(json, &info);
    json_decref(json);
    free(text);
    return 0;
}
