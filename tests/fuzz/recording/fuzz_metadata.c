/* SPDX-License-Identifier: Apache-2.0 */
/* SIPREC metadata: whatever comes, bounded texts that are UTF-8, and a recording id that is one. */
#include "far/id.h"
#include "far/utf8.h"
#include "metadata.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct metadata metadata;
    char error[METADATA_ERROR_SIZE];
    struct far_id id;
    if (metadata_parse((const char *)data, size, &metadata, error) != FAR_OK) {
        if (memchr(error, '\0', sizeof(error)) == NULL) abort();
        return 0;
    }
    if (metadata.recording_id[0] && far_id_parse(metadata.recording_id, &id) != FAR_OK) abort();
    if (metadata.people_len > METADATA_PEOPLE_MAX || metadata.streams_len > METADATA_STREAMS_MAX) abort();
    for (size_t i = 0; i < metadata.people_len; i++)
        if (!far_utf8_valid(metadata.people[i].name, strlen(metadata.people[i].name))) abort();
    if (!far_utf8_valid(metadata.contact_id, strlen(metadata.contact_id))) abort();
    if (!far_utf8_valid(metadata.session_id, strlen(metadata.session_id))) abort();
    for (size_t i = 0; i < metadata.streams_len; i++)
        if (strlen(metadata_speaker(&metadata, metadata.streams[i].label)) >= METADATA_TEXT_SIZE) abort();
    return 0;
}
