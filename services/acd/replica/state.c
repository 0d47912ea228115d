/* SPDX-License-Identifier: Apache-2.0 */
/* state.c - the state as a whole: hashes that replicas compare, and snapshots. */
#include "far/str.h"
#include "replica_impl.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct own_hash *own_hash_at(const struct replica *replica, uint64_t position)
{
    for (uint32_t i = 0; i < replica->hashes_len; i++)
        if (replica->hashes[i].position == position) return &replica->hashes[i];
    return NULL;
}

static void keep_hash(struct replica *replica, uint64_t position)
{
    if (replica->hashes_len == REPLICA_HASHES_KEPT) {
        replica->hashes_len--;
        memmove(&replica->hashes[0], &replica->hashes[1], replica->hashes_len * sizeof(replica->hashes[0]));
    }
    replica->hashes[replica->hashes_len++] =
        (struct own_hash){.position = position, .hash = acd_hash(replica->acd)};
    if (replica->role == REPLICA_LEADER) replica->hash_to_tell = position;
}

static void compare_hash(struct replica *replica, const Farseat__V1__StateHash *told)
{
    const struct own_hash *own = own_hash_at(replica, told->position);
    if (!own) return;
    replica->stats.hashes_compared++;
    if (own->hash == told->hash) return;
    char reason[160];
    snprintf(reason, sizeof(reason), "the state after position %llu differs from that of %s",
             (unsigned long long)told->position, told->replica);
    replica_halt(replica, reason);
}

void state_applied(struct replica *replica, uint64_t now_ms, const Farseat__V1__AcdInput *input)
{
    (void)now_ms;
    uint64_t position = acd_position(replica->acd);
    if (position % replica->config.hash_every == 0) keep_hash(replica, position);
    if (input->body_case == FARSEAT__V1__ACD_INPUT__BODY_STATE_HASH) compare_hash(replica, input->state_hash);
}

static void tell_hash(struct replica *replica, uint64_t now_ms)
{
    if (replica->role != REPLICA_LEADER || replica->hash_to_tell == 0) return;
    const struct own_hash *own = own_hash_at(replica, replica->hash_to_tell);
    Farseat__V1__StateHash body = FARSEAT__V1__STATE_HASH__INIT;
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    uint64_t number;
    if (own) {
        body.position = own->position;
        body.hash = own->hash;
        body.replica = replica->name;
        input.body_case = FARSEAT__V1__ACD_INPUT__BODY_STATE_HASH;
        input.state_hash = &body;
        if (inputs_push(replica, now_ms, &input, &number) != FAR_OK) return;
    }
    replica->hash_to_tell = 0;
}

static bool snapshot_is_due(const struct replica *replica, uint64_t now_ms)
{
    if (!replica->caught_up || replica->pieces_out) return false;
    uint64_t passed = acd_position(replica->acd) - replica->snapshot_at;
    if (passed >= replica->config.snapshot_every) return true;
    return passed >= SNAPSHOT_MIN && now_ms >= replica->snapshot_ms + replica->config.snapshot_every_ms;
}

static void begin_snapshot(struct replica *replica, uint64_t now_ms)
{
    struct snapshot_writer *writer = &replica->snapshot;
    struct far_id process, id;
    replica->snapshot_at = acd_position(replica->acd);
    replica->snapshot_ms = now_ms;
    if (far_id_parse(replica->incarnation, &process) != FAR_OK ||
        snapshot_take(writer, replica->acd) != FAR_OK)
        return;
    id = far_id_derive(&process, writer->position, 0);
    far_id_format(&id, writer->id);
    far_str_copy(writer->replica, sizeof(writer->replica), replica->name);
    writer->log_created_ns = replica->config.log_created_ns;
    struct far_appender_core_config config = {.first_number = 0,
                                              .count_max = writer->pieces,
                                              .window = 1,
                                              .ack_timeout_ms = replica->config.ack_timeout_ms * 2,
                                              .retry_ms = replica->config.retry_ms};
    uint64_t number;
    if (far_appender_core_create(&config, &replica->pieces_out) != FAR_OK) {
        snapshot_writer_done(writer);
        return;
    }
    for (uint32_t i = 0; i < writer->pieces; i++)
        if (far_appender_core_push(replica->pieces_out, &number) != FAR_OK) break;
    far_appender_core_connected(replica->pieces_out, replica->connected);
    replica->piece_seq_first = 0;
}

void state_run(struct replica *replica, uint64_t now_ms)
{
    tell_hash(replica, now_ms);
    if (snapshot_is_due(replica, now_ms)) begin_snapshot(replica, now_ms);
}

bool state_next(struct replica *replica, uint64_t now_ms, struct replica_effect *effect)
{
    uint64_t number, epoch;
    if (replica->purge_below != 0) {
        effect->kind = REPLICA_PURGE;
        effect->number = replica->purge_below;
        replica->purge_below = 0;
        return true;
    }
    if (!replica->pieces_out) return false;
    far_appender_core_tick(replica->pieces_out, now_ms);
    if (!far_appender_core_next(replica->pieces_out, now_ms, &number, &epoch)) return false;
    free(replica->piece);
    replica->piece = NULL;
    size_t len = 0;
    if (snapshot_pack_piece(&replica->snapshot, (uint32_t)number, &replica->piece, &len) != FAR_OK) {
        far_appender_core_failed(replica->pieces_out, number, epoch, now_ms);
        return false;
    }
    effect->kind = REPLICA_PIECE;
    effect->number = number;
    effect->epoch = epoch;
    effect->data = replica->piece;
    effect->len = len;
    effect->timeout_ms = replica->config.ack_timeout_ms * 2;
    snprintf(effect->msg_id, sizeof(effect->msg_id), "%s.%llu", replica->snapshot.id,
             (unsigned long long)number);
    return true;
}

void state_piece_done(struct replica *replica, uint64_t now_ms, uint64_t number, uint64_t epoch,
                      enum far_err err, uint64_t sequence)
{
    if (!replica->pieces_out) return;
    if (err != FAR_OK) {
        far_appender_core_failed(replica->pieces_out, number, epoch, now_ms);
        return;
    }
    uint32_t released = far_appender_core_acked(replica->pieces_out, number, epoch, now_ms);
    if (released > 0 && number == 0) replica->piece_seq_first = sequence;
    if (far_appender_core_first(replica->pieces_out) < replica->snapshot.pieces) return;
    replica->pieces_out = far_appender_core_destroy(replica->pieces_out);
    /* It is whole: the one before it and it are kept, what is older goes. */
    replica->purge_below = replica->snapshot_seq_before;
    replica->snapshot_seq_before = replica->piece_seq_first;
    replica->stats.snapshots++;
    replica->stats.snapshot_position = replica->snapshot.position;
    snapshot_writer_done(&replica->snapshot);
}
