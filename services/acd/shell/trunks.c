/* SPDX-License-Identifier: Apache-2.0 */
/* trunks.c - the leader writes the configuration's trunks where edges read them: bucket trunks. */
#include "far/log.h"
#include "far/str.h"
#include "shell.h"
#include <stdlib.h>
#include <string.h>

#define KEYS_MAX   1024u
#define RETRY_MS   1000u
#define TRUNK_SIZE 65536u

struct trunks {
    struct far_kv_watch *watch; /* to learn which keys are there */
    char keys[KEYS_MAX][ACD_ID_TEXT_MAX + 1];
    size_t keys_len;
    uint64_t timer;
};

static bool is_leader(const struct shell *shell)
{
    return replica_role(shell->replica) == REPLICA_LEADER;
}

static void on_retry(void *arg, uint64_t timer)
{
    (void)timer;
    struct shell *shell = arg;
    shell->trunks->timer = 0;
    if (is_leader(shell)) trunks_project(shell);
}

static void retry(struct shell *shell)
{
    if (shell->trunks->timer != 0) return;
    if (far_timer_start(far_service_loop(shell->service), RETRY_MS, 0, on_retry, shell,
                        &shell->trunks->timer) != FAR_OK)
        FAR_ERROR("trunks-not-written", "why=%s", "no timer is free");
}

static void on_written(void *ctx, enum far_err err, uint64_t revision)
{
    (void)revision;
    if (err == FAR_OK) return;
    FAR_WARN("trunks-not-written", "why=%s", far_err_text(err));
    retry(ctx);
}

static void write_key(struct shell *shell, enum far_kv_mode mode, const char *key, const void *data,
                      size_t len)
{
    struct far_kv_write write = {.bucket = FAR_BUCKET_TRUNKS,
                                 .key = key,
                                 .mode = mode,
                                 .data = data,
                                 .data_len = len,
                                 .fn = on_written,
                                 .ctx = shell};
    if (far_kv_write(shell->bus, &write) != FAR_OK) retry(shell);
}

static void put_trunk(struct shell *shell, const Farseat__V1__CentreConfig *config,
                      const Farseat__V1__Trunk *trunk)
{
    static uint8_t packed[TRUNK_SIZE];
    Farseat__V1__Trunk full = *trunk;
    if (!full.number_rule && config->centre) full.number_rule = config->centre->number_rule;
    if (farseat__v1__trunk__get_packed_size(&full) > sizeof(packed)) {
        FAR_ERROR("trunk-too-large", "trunk=%s", trunk->id);
        return;
    }
    write_key(shell, FAR_KV_PUT, trunk->id, packed, farseat__v1__trunk__pack(&full, packed));
}

static bool is_configured(const Farseat__V1__CentreConfig *config, const char *id)
{
    for (size_t i = 0; i < config->n_trunks; i++)
        if (strcmp(config->trunks[i]->id, id) == 0) return true;
    return false;
}

static void write_all(struct shell *shell)
{
    const Farseat__V1__CentreConfig *config = acd_config(replica_acd(shell->replica));
    if (!is_leader(shell) || !config) return;
    for (size_t i = 0; i < config->n_trunks; i++)
        put_trunk(shell, config, config->trunks[i]);
    for (size_t i = 0; i < shell->trunks->keys_len; i++)
        if (!is_configured(config, shell->trunks->keys[i]))
            write_key(shell, FAR_KV_DELETE, shell->trunks->keys[i], NULL, 0);
    FAR_INFO("trunks-written", "count=%zu version=%llu", config->n_trunks,
             (unsigned long long)acd_config_version(replica_acd(shell->replica)));
}

static void on_key(void *ctx, enum far_kv_event event, const struct far_kv_entry *entry)
{
    struct shell *shell = ctx;
    struct trunks *trunks = shell->trunks;
    if (event == FAR_KV_RESET) {
        trunks->keys_len = 0;
    } else if (event == FAR_KV_VALUE && !entry->deleted && trunks->keys_len < KEYS_MAX) {
        if (far_str_copy(trunks->keys[trunks->keys_len], sizeof(trunks->keys[0]), entry->key))
            trunks->keys_len++;
    } else if (event == FAR_KV_CURRENT) {
        trunks->watch = far_kv_unwatch(trunks->watch);
        write_all(shell);
    }
}

void trunks_project(struct shell *shell)
{
    if (!shell->trunks) shell->trunks = calloc(1, sizeof(*shell->trunks));
    if (!shell->trunks) return;
    shell->trunks->watch = far_kv_unwatch(shell->trunks->watch);
    shell->trunks->keys_len = 0;
    if (far_kv_watch(shell->bus, FAR_BUCKET_TRUNKS, ">", on_key, shell, &shell->trunks->watch) != FAR_OK)
        retry(shell);
}

void trunks_stop(struct shell *shell)
{
    if (!shell->trunks) return;
    far_timer_stop(far_service_loop(shell->service), shell->trunks->timer);
    shell->trunks->watch = far_kv_unwatch(shell->trunks->watch);
    free(shell->trunks);
    shell->trunks = NULL;
}
