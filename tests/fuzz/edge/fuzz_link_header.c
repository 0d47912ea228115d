/* SPDX-License-Identifier: Apache-2.0 */
/* X-Farseat-Link: nothing that was not written with the secret is ever believed. */
#include "link_proof.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t secret[LINK_SECRET_BYTES] = {7};
    struct link_header header;
    char written[LINK_HEADER_SIZE];
    char *text = malloc(size + 1);
    if (!text) return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (link_header_read(text, secret, 1000000, &header) == FAR_OK) {
        /* Then it is what we write ourselves. */
        assert(link_header_write(&header, secret, written) == FAR_OK);
        assert(strcmp(written, text) == 0);
    }
    free(text);
    return 0;
}
