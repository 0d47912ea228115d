/* SPDX-License-Identifier: Apache-2.0 */
/* centre.yaml: whatever a file holds, it is taken or refused with a text. */
#include "centre.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct centre_file file;
    struct far_buf errors;
    if (size > 65536) return 0;
    far_buf_init(&errors, 65536);
    enum far_err err = centre_parse("f", "/nonexistent", (const char *)data, size, &file, &errors);
    if (err == FAR_OK)
        centre_done(&file);
    else if (errors.len == 0 && err != FAR_ENOMEM && err != FAR_EFULL)
        __builtin_trap();
    far_buf_done(&errors);
    return 0;
}
