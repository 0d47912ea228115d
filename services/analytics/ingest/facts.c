/* SPDX-License-Identifier: Apache-2.0 */
#include "facts.h"
#include "far/log.h"
#include "store.h"
#include <inttypes.h>

enum far_err facts_entry(struct far_pg_conn *conn, const struct far_pg_reader_entry *entry, void *ctx)
{
    (void)ctx;
    Farseat__V1__Fact *fact = farseat__v1__fact__unpack(NULL, entry->data_len, entry->data);
    if (!fact || fact->body_case != FARSEAT__V1__FACT__BODY_SITE_CALLS_REFUSED) {
        FAR_WARN("fact-skipped", "seq=%" PRIu64 " subject=%s why=%s", entry->seq, entry->subject,
                 "it is not what its subject says");
        if (fact) farseat__v1__fact__free_unpacked(fact, NULL);
        return FAR_OK;
    }
    enum far_err err = store_refused(conn, fact);
    farseat__v1__fact__free_unpacked(fact, NULL);
    return err;
}
