/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot.h"
#include "far/hash64.h"
#include "far/str.h"
#include <stdlib.h>
#include <string.h>

static enum far_err sink_write(void *context, const void *data, size_t len)
{
    struct snapshot_writer *writer = context;
    if (len > SNAPSHOT_LEN_MAX - writer->len) return FAR_EFULL;
    if (writer->len + len > writer->capacity) {
        size_t capacity = (writer->len + len) * 2;
        uint8_t *bytes = realloc(writer->bytes, capacity);
        if (!bytes) return FAR_ENOMEM;
        writer->bytes = bytes;
        writer->capacity = capacity;
    }
    memcpy(writer->bytes + writer->len, data, len);
    writer->len += len;
    return FAR_OK;
}

enum far_err snapshot_take(struct snapshot_writer *writer, const struct acd *acd)
{
    memset(writer, 0, sizeof(*writer));
    struct acd_sink sink = {.write = sink_write, .context = writer};
    enum far_err err = acd_snapshot_write(acd, &sink);
    if (err != FAR_OK) {
        snapshot_writer_done(writer);
        return err;
    }
    far_str_copy(writer->incarnation, sizeof(writer->incarnation), acd_incarnation(acd));
    writer->position = acd_position(acd);
    writer->state_hash = acd_hash(acd);
    writer->bytes_hash = far_hash64(writer->bytes, writer->len, 0);
    writer->pieces = (uint32_t)((writer->len + SNAPSHOT_PIECE_LEN_MAX - 1) / SNAPSHOT_PIECE_LEN_MAX);
    return FAR_OK;
}

enum far_err snapshot_pack_piece(const struct snapshot_writer *writer, uint32_t index, uint8_t **ret_data,
                                 size_t *ret_len)
{
    size_t offset = (size_t)index * SNAPSHOT_PIECE_LEN_MAX;
    size_t len =
        writer->len - offset < SNAPSHOT_PIECE_LEN_MAX ? writer->len - offset : SNAPSHOT_PIECE_LEN_MAX;
    Farseat__V1__SnapshotManifest manifest = FARSEAT__V1__SNAPSHOT_MANIFEST__INIT;
    manifest.snapshot_id = (char *)(uintptr_t)writer->id;
    manifest.replica = (char *)(uintptr_t)writer->replica;
    manifest.log_incarnation = (char *)(uintptr_t)writer->incarnation;
    manifest.log_created_ns = writer->log_created_ns;
    manifest.position = writer->position;
    manifest.state_hash = writer->state_hash;
    manifest.pieces = writer->pieces;
    manifest.bytes = writer->len;
    manifest.bytes_hash = writer->bytes_hash;
    Farseat__V1__SnapshotPiece piece = FARSEAT__V1__SNAPSHOT_PIECE__INIT;
    piece.manifest = &manifest;
    piece.index = index;
    piece.piece.data = writer->bytes + offset;
    piece.piece.len = len;
    piece.piece_hash = far_hash64(piece.piece.data, len, 0);
    size_t packed_len = farseat__v1__snapshot_piece__get_packed_size(&piece);
    uint8_t *packed = malloc(packed_len);
    if (!packed) return FAR_ENOMEM;
    *ret_len = farseat__v1__snapshot_piece__pack(&piece, packed);
    *ret_data = packed;
    return FAR_OK;
}

void snapshot_writer_done(struct snapshot_writer *writer)
{
    free(writer->bytes);
    memset(writer, 0, sizeof(*writer));
}

void snapshot_reader_init(struct snapshot_reader *reader)
{
    memset(reader, 0, sizeof(*reader));
}

static void snapshot_done(struct snapshot *snapshot)
{
    free(snapshot->bytes);
    snapshot->bytes = NULL;
}

void snapshot_reader_done(struct snapshot_reader *reader)
{
    for (uint32_t i = 0; i < reader->open_len; i++)
        snapshot_done(&reader->open[i]);
    for (uint32_t i = 0; i < reader->kept_len; i++)
        snapshot_done(&reader->kept[i]);
    memset(reader, 0, sizeof(*reader));
}

static void forget_open(struct snapshot_reader *reader, uint32_t at, bool free_bytes)
{
    if (free_bytes) snapshot_done(&reader->open[at]);
    reader->open_len--;
    memmove(&reader->open[at], &reader->open[at + 1], (reader->open_len - at) * sizeof(reader->open[0]));
}

static uint32_t find_open(const struct snapshot_reader *reader, const char *id)
{
    uint32_t at = 0;
    while (at < reader->open_len && strcmp(reader->open[at].id, id) != 0)
        at++;
    return at;
}

/* The oldest unfinished one makes room: whoever wrote it has died. */
static void begin(struct snapshot_reader *reader, const Farseat__V1__SnapshotManifest *manifest)
{
    if (reader->open_len == SNAPSHOT_OPEN_MAX) forget_open(reader, 0, true);
    struct snapshot *snapshot = &reader->open[reader->open_len++];
    memset(snapshot, 0, sizeof(*snapshot));
    far_str_copy(snapshot->id, sizeof(snapshot->id), manifest->snapshot_id);
    far_str_copy(snapshot->incarnation, sizeof(snapshot->incarnation), manifest->log_incarnation);
    snapshot->log_created_ns = manifest->log_created_ns;
    snapshot->position = manifest->position;
    snapshot->state_hash = manifest->state_hash;
    snapshot->pieces = manifest->pieces;
    snapshot->bytes_hash = manifest->bytes_hash;
    snapshot->len = manifest->bytes;
    snapshot->bytes = malloc(manifest->bytes > 0 ? (size_t)manifest->bytes : 1);
}

/* The lowest position makes room. */
static void keep(struct snapshot_reader *reader, struct snapshot *snapshot)
{
    uint32_t at = 0;
    while (at < reader->kept_len && reader->kept[at].position >= snapshot->position)
        at++;
    if (at == SNAPSHOT_KEPT_MAX) {
        snapshot_done(snapshot);
        return;
    }
    if (reader->kept_len == SNAPSHOT_KEPT_MAX) snapshot_done(&reader->kept[--reader->kept_len]);
    memmove(&reader->kept[at + 1], &reader->kept[at], (reader->kept_len - at) * sizeof(reader->kept[0]));
    reader->kept[at] = *snapshot;
    reader->kept_len++;
}

static bool piece_is_sound(const Farseat__V1__SnapshotPiece *piece)
{
    const Farseat__V1__SnapshotManifest *manifest = piece->manifest;
    return manifest && manifest->pieces > 0 && piece->index < manifest->pieces &&
           manifest->bytes <= SNAPSHOT_LEN_MAX && piece->piece.len <= SNAPSHOT_PIECE_LEN_MAX &&
           strlen(manifest->snapshot_id) < sizeof(((struct snapshot *)0)->id) &&
           strlen(manifest->log_incarnation) < sizeof(((struct snapshot *)0)->incarnation) &&
           far_hash64(piece->piece.data, piece->piece.len, 0) == piece->piece_hash;
}

static bool is_kept(const struct snapshot_reader *reader, const char *id)
{
    for (uint32_t i = 0; i < reader->kept_len; i++)
        if (strcmp(reader->kept[i].id, id) == 0) return true;
    return false;
}

static void add_piece(struct snapshot_reader *reader, const Farseat__V1__SnapshotPiece *piece)
{
    uint32_t at = find_open(reader, piece->manifest->snapshot_id);
    if (at == reader->open_len) {
        /* What does not begin here was cut by a purge, or repeats one that is complete. */
        if (piece->index != 0 || is_kept(reader, piece->manifest->snapshot_id)) return;
        begin(reader, piece->manifest);
        at = reader->open_len - 1;
    }
    struct snapshot *snapshot = &reader->open[at];
    if (piece->index < snapshot->next) return;
    if (piece->index > snapshot->next || !snapshot->bytes ||
        piece->piece.len > snapshot->len - snapshot->bytes_len) {
        reader->refused++;
        forget_open(reader, at, true);
        return;
    }
    memcpy(snapshot->bytes + snapshot->bytes_len, piece->piece.data, piece->piece.len);
    snapshot->bytes_len += piece->piece.len;
    if (++snapshot->next < snapshot->pieces) return;
    bool sound = snapshot->bytes_len == snapshot->len &&
                 far_hash64(snapshot->bytes, snapshot->bytes_len, 0) == snapshot->bytes_hash;
    if (sound)
        keep(reader, snapshot);
    else
        reader->refused++;
    forget_open(reader, at, !sound);
}

void snapshot_reader_add(struct snapshot_reader *reader, const void *data, size_t len)
{
    Farseat__V1__SnapshotPiece *piece = farseat__v1__snapshot_piece__unpack(NULL, len, data);
    if (piece && piece_is_sound(piece))
        add_piece(reader, piece);
    else
        reader->refused++;
    if (piece) farseat__v1__snapshot_piece__free_unpacked(piece, NULL);
}

static bool is_of(const struct snapshot *snapshot, const char *incarnation, int64_t log_created_ns,
                  uint64_t first_position)
{
    return (*incarnation == 0 || strcmp(snapshot->incarnation, incarnation) == 0) &&
           (log_created_ns == 0 || snapshot->log_created_ns == log_created_ns) &&
           snapshot->position >= first_position;
}

const struct snapshot *snapshot_reader_get(const struct snapshot_reader *reader, const char *incarnation,
                                           int64_t log_created_ns, uint64_t first_position, uint32_t rank)
{
    const struct snapshot *fit[SNAPSHOT_KEPT_MAX];
    uint32_t len = 0, first = 0;
    for (uint32_t i = 0; i < reader->kept_len; i++)
        if (is_of(&reader->kept[i], incarnation, log_created_ns, first_position))
            fit[len++] = &reader->kept[i];
    while (first < len && fit[first]->position + SNAPSHOT_BACK > fit[0]->position)
        first++;
    /* While the log has its beginning, that is far enough back too. */
    if (first == len && first_position == 0) return NULL;
    /* Behind the first choice the others follow, the highest first. */
    if (first == len) return rank < len ? fit[rank] : NULL;
    if (rank == 0) return fit[first];
    return rank < len ? fit[rank <= first ? rank - 1 : rank] : NULL;
}

struct source {
    const struct snapshot *snapshot;
    size_t offset;
};

static enum far_err source_read(void *context, void *data, size_t len)
{
    struct source *source = context;
    if (len > source->snapshot->bytes_len - source->offset) return FAR_EPROTO;
    memcpy(data, source->snapshot->bytes + source->offset, len);
    source->offset += len;
    return FAR_OK;
}

enum far_err snapshot_restore(const struct snapshot *snapshot, struct acd **ret_acd)
{
    struct source source = {.snapshot = snapshot};
    struct acd_source reads = {.read = source_read, .context = &source};
    struct acd *acd = NULL;
    enum far_err err = acd_snapshot_read(NULL, &reads, &acd);
    if (err != FAR_OK) return err;
    if (acd_hash(acd) != snapshot->state_hash || acd_position(acd) != snapshot->position) {
        acd_destroy(acd);
        return FAR_EPROTO;
    }
    *ret_acd = acd;
    return FAR_OK;
}
