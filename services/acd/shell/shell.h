/* SPDX-License-Identifier: Apache-2.0 */
/* shell.h - the ACD's contact with the world: one struct, one file a concern. Loop thread only.
 *
 *   boot.c     streams, the log's first message, snapshots; then the replica exists
 *   run.c      the log's entries in, the replica's effects out, the lease, the pulses
 *   api.c      far.api.acd.*: reads, and people's writes
 *   secrets.c  PhoneSecretsPut into bucket sip_users; PhoneSecretsList out of it
 *   trunks.c   the configuration's trunks into bucket trunks
 *   figures.c  metrics and health */
#pragma once
#include "far/bus.h"
#include "far/kv.h"
#include "far/lease.h"
#include "far/list.h"
#include "far/metrics.h"
#include "far/service.h"
#include "far/stream.h"
#include "far/tables.h"
#include "replica.h"
#include "snapshot.h"

#define SHELL_METHODS_MAX 16

struct shell_config {
    const char *bus_url, *nkey_file;
    int64_t agents_max, contacts_max, queues_max, legs_max, records_max; /* of a log that is created */
    int64_t lease_ms, snapshot_every, snapshot_every_ms, drain_ms;
};
extern const struct far_config_row shell_config_rows[];
extern const size_t shell_config_rows_len;
extern struct far_metric shell_metrics[];
extern const size_t shell_metrics_len;
extern const struct far_service_load shell_load[];
extern const size_t shell_load_len;

enum shell_state { SHELL_BOOTING, SHELL_READING, SHELL_SERVING, SHELL_DRAINING, SHELL_HALTED };

struct shell {
    struct far_service *service;
    const struct shell_config *config;
    struct far_bus *bus;
    enum shell_state state;
    char incarnation[FAR_ID_TEXT_SIZE];

    /* boot */
    uint64_t boot_timer;
    bool booting; /* an operation is under way */
    struct far_stream_info log_info;
    char log_incarnation[FAR_ID_TEXT_SIZE];
    struct far_log_reader *snapshot_stream;
    struct snapshot_reader snapshots;
    uint8_t *carried; /* configuration of a log that was lost, packed */
    size_t carried_len;

    /* run */
    struct replica *replica;
    struct far_log_reader *log;
    struct far_lease *lease;
    struct far_bus_subscription *pulses;
    uint64_t timer, timer_at_ms;
    struct far_list asks; /* questions and appends under way */
    bool running;
    uint64_t pending; /* entries that the log has beyond ours, as last heard */
    enum replica_role role_told;

    /* api */
    struct far_bus_subscription *methods[SHELL_METHODS_MAX];
    size_t methods_len;
    struct far_arena arena;
    struct far_list writes, reads;
    struct secrets *secrets;
    struct trunks *trunks;
    uint64_t figures_timer, drain_timer;
    uint64_t drain_until_ms;
};

/** Start; goes on by itself. @return FAR_OK; or what was wrong, logged. */
FAR_MUST_CHECK enum far_err shell_start(struct shell *shell, struct far_service *service,
                                        const struct shell_config *config);
/** Give up the lease at once, answer what waits, then far_service_drained(). */
void shell_drain(struct shell *shell);
void shell_stop(struct shell *shell);

/* boot.c */
void boot_step(struct shell *shell);
void boot_stop(struct shell *shell);
/* run.c */
void run_begin(struct shell *shell, struct acd *acd);
void run_turn(struct shell *shell);
void run_stop(struct shell *shell);
uint64_t run_now_ms(const struct shell *shell);
/** Append the pieces and the commit of a configuration; the verdict of the commit goes to token. */
FAR_MUST_CHECK enum far_err run_put_config(struct shell *shell, const uint8_t *bytes, size_t len,
                                           const Farseat__V1__ConfigApplyRequest *request, uint64_t token);
/* api.c */
FAR_MUST_CHECK enum far_err api_begin(struct shell *shell);
void api_applied(struct shell *shell);
void api_verdict(struct shell *shell, uint64_t token, const Farseat__V1__Verdict *verdict);
/** Take nothing new. */
void api_stop(struct shell *shell);
/** Whoever still waits for a verdict learns that there will be none. */
void api_abandon(struct shell *shell);
/* secrets.c */
void secrets_put(struct shell *shell, struct far_bus_request *request,
                 const Farseat__V1__PhoneSecrets *message);
/** Which phones have a secret (PhoneSecretsListReply): names only. */
void secrets_list(struct shell *shell, struct far_bus_request *request);
/** Ends what is under way; before far_bus_destroy(). */
void secrets_stop(struct shell *shell);
/* trunks.c */
void trunks_project(struct shell *shell);
void trunks_stop(struct shell *shell);
/* figures.c */
void figures_start(struct shell *shell);
void figures_role(struct shell *shell, enum replica_role role);
void figures_applied(const struct shell *shell);
void figures_stop(struct shell *shell);
