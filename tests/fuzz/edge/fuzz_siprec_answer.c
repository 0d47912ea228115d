/* SPDX-License-Identifier: Apache-2.0 */
/* A recorder's answer: Content-Type up to the first line break, then the body. */
#include "siprec.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct siprec_streams streams;
    const uint8_t *end = memchr(data, '\n', size);
    size_t len = end ? (size_t)(end - data) : size;
    char *type = malloc(len + 1);
    if (!type) return 0;
    memcpy(type, data, len);
    type[len] = '\0';
    const char *body = end ? (const char *)end + 1 : "";
    size_t body_len = end ? size - len - 1 : 0;
    if (siprec_answer_read(type, body, body_len, &streams) == FAR_OK)
        assert(streams.left.address.sin_port != 0 || streams.right.address.sin_port != 0 ||
               !streams.left.peer_receives || !streams.right.peer_receives);
    free(type);
    return 0;
}
