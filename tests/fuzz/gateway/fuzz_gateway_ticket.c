/* SPDX-License-Identifier: Apache-2.0 */
/* Access tokens and tickets as strangers write them: none is taken. */
#include "auth/token.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[TOKEN_KEY_LEN] = {0x5a, 1, 2, 3};
    struct identity identity;
    struct ticket ticket;
    char *text = malloc(size + 1);
    if (!text) abort();
    memcpy(text, data, size);
    text[size] = '\0';
    if (token_read(key, text, 1800000000, &identity) == FAR_OK) abort();
    if (ticket_read(key, text, TICKET_USE_SIP, 1800000000, &ticket) == FAR_OK) abort();
    free(text);
    return 0;
}
