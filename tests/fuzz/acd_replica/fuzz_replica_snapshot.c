/* SPDX-License-Identifier: Apache-2.0 */
/* A row of pieces, each with its length before it (two bytes, little-endian). */
#include "snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct snapshot_reader reader;
    snapshot_reader_init(&reader);
    while (size >= 2) {
        size_t len = (size_t)data[0] | (size_t)data[1] << 8;
        data += 2;
        size -= 2;
        if (len > size) len = size;
        snapshot_reader_add(&reader, data, len);
        data += len;
        size -= len;
    }
    const struct snapshot *snapshot = snapshot_reader_get(&reader, "", 0, 1, 0);
    if (snapshot && snapshot->bytes_len != snapshot->len) __builtin_trap();
    snapshot_reader_done(&reader);
    return 0;
}
