/* SPDX-License-Identifier: Apache-2.0 */
/* The first line of a browser's connection: what is believed is what the secret's owner wrote, byte for byte.
 */
#include "hello.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t secret[HELLO_SECRET_BYTES] = {7};
    struct hello hello;
    char written[HELLO_LINE_MAX + 1];
    if (hello_read((const char *)data, size, secret, &hello) == FAR_OK) {
        assert(hello_write(&hello, secret, written) == FAR_OK);
        assert(strlen(written) == size + 1 && memcmp(written, data, size) == 0);
    }
    return 0;
}
