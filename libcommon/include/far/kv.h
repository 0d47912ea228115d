/* SPDX-License-Identifier: Apache-2.0 */
/* kv.h - key-value buckets (JetStream's, ADR-8): get, put, compare-and-set, watch. Threads as in far/bus.h.
 * A key is 1..200 of [A-Za-z0-9_=/.-], without a dot at an end or two in a row. */
#pragma once
#include "far/bus.h"

struct far_kv_watch; /* opaque */

struct far_kv_entry {
    const char *bucket;
    const char *key;
    const uint8_t *data;
    size_t data_len;
    uint64_t revision; /* the stream's sequence: grows with every write to the bucket */
    int64_t stamp_ns;  /* when it was written: Unix time [ns] */
    bool deleted;      /* a tombstone; only watches see those */
};
/** The end of a write: revision is the new one. */
typedef void far_kv_write_fn(void *ctx, enum far_err err, uint64_t revision);
/** The end of a read; entry is NULL unless FAR_OK. */
typedef void far_kv_get_fn(void *ctx, enum far_err err, const struct far_kv_entry *entry);

enum far_kv_mode {
    FAR_KV_PUT,    /* whatever is there */
    FAR_KV_CREATE, /* FAR_ECONFLICT when the key has a value */
    FAR_KV_UPDATE, /* FAR_ECONFLICT when revision is not the key's last */
    FAR_KV_DELETE, /* like PUT when revision is 0, else like UPDATE; leaves a tombstone */
};
struct far_kv_write {
    const char *bucket;
    const char *key;
    enum far_kv_mode mode;
    const void *data; /* ignored by DELETE */
    size_t data_len;
    uint64_t revision;
    uint32_t timeout_ms; /* 0: 2000 */
    far_kv_write_fn *fn; /* may be NULL */
    void *ctx;
};
/** @return FAR_OK: fn will be called with FAR_OK, FAR_ECONFLICT, FAR_EFULL, FAR_EUNAVAILABLE (no such bucket,
 * or the connection broke: written or not) or FAR_ETIMEOUT (written or not); else as far_bus_publish(). */
FAR_MUST_CHECK enum far_err far_kv_write(struct far_bus *bus, const struct far_kv_write *write);
/** Read the latest value. FAR_ENOTFOUND: no such key, or it was deleted. FAR_EUNAVAILABLE: no such bucket. */
FAR_MUST_CHECK enum far_err far_kv_get(struct far_bus *bus, const char *bucket, const char *key,
                                       far_kv_get_fn *fn, void *ctx);

enum far_kv_event {
    FAR_KV_VALUE,   /* entry: a value or a tombstone */
    FAR_KV_CURRENT, /* all values that were there have been told; entry NULL; once after each RESET or start
                     */
    FAR_KV_RESET,   /* the bucket was made anew: forget everything; what it holds follows; entry NULL */
};
typedef void far_kv_watch_fn(void *ctx, enum far_kv_event event, const struct far_kv_entry *entry);
/** Watch the keys that match (NATS wildcards; ">": all): present values first, then changes, through any
 *  break of connection. Of quick changes of one key only the last may be told. */
FAR_MUST_CHECK enum far_err far_kv_watch(struct far_bus *bus, const char *bucket, const char *keys,
                                         far_kv_watch_fn *fn, void *ctx, struct far_kv_watch **ret_watch);
struct far_kv_watch *far_kv_unwatch(struct far_kv_watch *watch);
