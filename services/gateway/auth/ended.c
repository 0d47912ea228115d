/* SPDX-License-Identifier: Apache-2.0 */
#include "ended.h"
#include "far/index.h"
#include "far/str.h"
#include <stdlib.h>

#define ID_SIZE 40

struct ended {
    struct far_index *index; /* id -> place */
    size_t capacity, first, len;
    struct row {
        char id[ID_SIZE];
        int64_t until_s;
    } rows[]; /* a ring, by when they were added */
};

enum far_err ended_create(size_t capacity, uint64_t seed, struct ended **ret_ended)
{
    struct ended *ended = calloc(1, sizeof(*ended) + capacity * sizeof(struct row));
    if (!ended) return FAR_ENOMEM;
    ended->capacity = capacity;
    enum far_err err = far_index_create(capacity, ID_SIZE, seed, &ended->index);
    if (err != FAR_OK)
        free(ended);
    else
        *ret_ended = ended;
    return err;
}

struct ended *ended_destroy(struct ended *ended)
{
    if (!ended) return NULL;
    far_index_destroy(ended->index);
    free(ended);
    return NULL;
}

static void forget_first(struct ended *ended)
{
    (void)far_index_remove_text(ended->index, ended->rows[ended->first].id);
    ended->first = (ended->first + 1) % ended->capacity;
    ended->len--;
}

bool ended_add(struct ended *ended, const char *session_id, int64_t now_s, int64_t until_s)
{
    uint64_t place = 0;
    while (ended->len > 0 && ended->rows[ended->first].until_s <= now_s)
        forget_first(ended);
    if (far_index_get_text(ended->index, session_id, &place)) return false;
    if (ended->len == ended->capacity) forget_first(ended);
    size_t at = (ended->first + ended->len) % ended->capacity;
    if (!far_str_copy(ended->rows[at].id, ID_SIZE, session_id) ||
        far_index_put_text(ended->index, session_id, at) != FAR_OK)
        return false;
    ended->rows[at].until_s = until_s;
    ended->len++;
    return true;
}

bool ended_has(const struct ended *ended, const char *session_id)
{
    uint64_t place = 0;
    return far_index_get_text(ended->index, session_id, &place);
}

size_t ended_len(const struct ended *ended)
{
    return ended->len;
}
