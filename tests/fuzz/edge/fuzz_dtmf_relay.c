/* SPDX-License-Identifier: Apache-2.0 */
/* The body of an INFO; the first byte chooses its type. */
#include "dtmf_relay.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char digit = '\0';
    uint32_t duration_ms = 0;
    if (size == 0) return 0;
    const char *type = (data[0] & 1) ? "application/dtmf" : "application/dtmf-relay";
    enum far_err err = dtmf_relay_parse(type, (const char *)data + 1, size - 1, &digit, &duration_ms);
    if (err != FAR_OK) return 0;
    assert(strchr("0123456789*#ABCD", digit) && digit != '\0');
    assert(duration_ms >= 40 && duration_ms <= 5000);
    return 0;
}
