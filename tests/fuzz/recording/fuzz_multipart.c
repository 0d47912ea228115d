/* SPDX-License-Identifier: Apache-2.0 */
/* A whole SIPREC body: the first line is the boundary, the rest the body. Parts lie within it. */
#include "multipart.h"
#include "offer.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct offer offer;
    char boundary[128], error[OFFER_ERROR_SIZE];
    struct multipart_part parts[MULTIPART_MAX];
    size_t count = 0;
    const uint8_t *end = memchr(data, '\n', size);
    size_t len = end ? (size_t)(end - data) : 0;
    if (!end || len >= sizeof(boundary)) return 0;
    memcpy(boundary, data, len);
    boundary[len] = '\0';
    const char *body = (const char *)end + 1;
    size_t body_len = size - len - 1;
    if (multipart_split(boundary, body, body_len, parts, &count) == FAR_OK) {
        if (count == 0 || count > MULTIPART_MAX) abort();
        for (size_t i = 0; i < count; i++)
            if (parts[i].body < body || parts[i].len > (size_t)(body + body_len - parts[i].body)) abort();
    }
    if (offer_read("multipart/mixed", boundary, body, body_len, &offer, error) == FAR_OK && offer.has_sdp) {
        struct offer_streams streams;
        struct part part = {.number = 0};
        if (offer_streams(&offer.sdp, &streams) != FAR_OK) return 0;
        if (streams.len == 0 || streams.len > ALIGN_SIDES || streams.side[0] > 1 || streams.side[1] > 1) abort();
        offer_describe(&offer, &streams, &part);
    }
    return 0;
}
