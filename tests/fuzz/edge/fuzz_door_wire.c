/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway's frames, one message from a browser, one from Sofia, and Sofia's stream in pieces. */
#include "wire.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What goes on to Sofia is whole for a reader of streams too: nothing can hide behind it. */
static void from_browser(const char *data, size_t size)
{
    enum wire_via via = WIRE_VIA_NONE;
    struct wire_look look;
    size_t len = 0, skip, first;
    char *out = malloc(size + WIRE_GROWTH_MAX);
    if (!out) return;
    if (wire_to_sofia(data, size, out, &len, &via) == FAR_OK) {
        assert(len <= size + WIRE_GROWTH_MAX);
        assert(wire_look(out, len, &look) == FAR_OK && look.has_length);
        assert(look.via != WIRE_VIA_WS && look.via != WIRE_VIA_WSS);
        if (len <= WIRE_MESSAGE_MAX) {
            assert(wire_split(out, len, &skip, &first) == FAR_OK);
            assert(skip == 0 && first == len);
        }
    }
    free(out);
}

static void from_sofia(const char *data, size_t size)
{
    size_t at = 0, skip, len, written;
    char *out = malloc(size + WIRE_GROWTH_MAX);
    if (!out) return;
    while (at < size && wire_split(data + at, size - at, &skip, &len) == FAR_OK) {
        assert(skip + len <= size - at);
        if (len == 0) break;
        at += skip;
        assert(wire_to_browser(data + at, len, WIRE_VIA_WS, out, &written) == FAR_OK);
        assert(written <= len);
        at += len;
    }
    free(out);
}

/* What the gateway sends: frames, each with one message. */
static void frames(const char *data, size_t size)
{
    char head[4];
    size_t at = 0, len = 0;
    while (wire_frame(data + at, size - at, &len) == FAR_OK && len > 0) {
        assert(len <= WIRE_MESSAGE_MAX && at + 4 + len <= size);
        wire_frame_head(len, head);
        assert(memcmp(head, data + at, 4) == 0);
        from_browser(data + at + 4, len);
        at += 4 + len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > WIRE_MESSAGE_MAX) return 0;
    /* of their own size, so that a byte beyond is seen */
    char *copy = malloc(size ? size : 1);
    if (!copy) return 0;
    memcpy(copy, data, size);
    frames(copy, size);
    from_browser(copy, size);
    from_sofia(copy, size);
    free(copy);
    return 0;
}
