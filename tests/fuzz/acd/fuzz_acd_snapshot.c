/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that claim to be a snapshot. Their last eight are made the right hash first, so that what comes
 * before is really read. What is taken must write the same bytes again and live on. */
#include "acd.h"
#include "far/hash64.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct acd_limits LIMITS = {
    .agents_max = 4, .contacts_max = 4, .queues_max = 2, .legs_max = 10, .records_max = 64};

struct bytes {
    uint8_t *data;
    size_t len, at;
};

static enum far_err get(void *context, void *data, size_t len)
{
    struct bytes *bytes = context;
    if (len > bytes->len - bytes->at) return FAR_EPROTO;
    memcpy(data, bytes->data + bytes->at, len);
    bytes->at += len;
    return FAR_OK;
}

static enum far_err compare(void *context, const void *data, size_t len)
{
    struct bytes *bytes = context;
    const uint8_t *written = data;
    for (size_t i = 0; i < len; i++)
        if (bytes->at + i >= bytes->len || written[i] != bytes->data[bytes->at + i]) {
            fprintf(stderr, "byte %zu is written differently\n", bytes->at + i);
            abort();
        }
    bytes->at += len;
    return FAR_OK;
}

static void live_on(struct acd *acd)
{
    struct acd_output out;
    char text[256], producer[] = "acd-9", incarnation[] = "00000000-0000-4000-8000-000000009999";
    if (acd_output_init(&out, &LIMITS) != FAR_OK) abort();
    for (int i = 1; i <= 60; i++) {
        Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
        Farseat__V1__Tick tick = FARSEAT__V1__TICK__INIT;
        input.producer = producer;
        input.producer_incarnation = incarnation;
        input.number = (uint64_t)i;
        input.body_case = FARSEAT__V1__ACD_INPUT__BODY_TICK;
        input.tick = &tick;
        int64_t stamp_us = acd_stamp_us(acd) + 1000000;
        if (acd_position(acd) == 0 || acd_position(acd) > UINT64_MAX - 100 ||
            acd_time_us(acd) > INT64_MAX / 2)
            break;
        if (acd_apply(acd, &input, acd_position(acd) + 1, stamp_us, &out) != FAR_OK) break;
        if (acd_check(acd, text, sizeof(text)) != FAR_OK && !strstr(text, "dropped")) {
            fprintf(stderr, "%s\n", text);
            abort();
        }
    }
    acd_output_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 16) return 0;
    struct bytes bytes = {.data = malloc(size), .len = size};
    if (!bytes.data) abort();
    memcpy(bytes.data, data, size);
    uint64_t hash = far_hash64(bytes.data, size - 8, 0);
    for (size_t i = 0; i < 8; i++)
        bytes.data[size - 8 + i] = (uint8_t)(hash >> (8 * i));
    struct acd *acd = NULL;
    if (acd_snapshot_read(&LIMITS, &(struct acd_source){.read = get, .context = &bytes}, &acd) == FAR_OK) {
        bytes.at = 0;
        if (acd_snapshot_write(acd, &(struct acd_sink){.write = compare, .context = &bytes}) != FAR_OK)
            abort();
        live_on(acd);
        acd_destroy(acd);
    }
    free(bytes.data);
    return 0;
}
