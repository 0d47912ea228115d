/* SPDX-License-Identifier: Apache-2.0 */
#include "day.h"
#include "far/index.h"
#include "far/pool.h"
#include <stdlib.h>
#include <string.h>

#define ID_LEN_MAX 63
#define LOGS_MAX   4

struct day_queue_row {
    struct kpi_queue_sums sums;
    uint32_t service_level_ms, short_abandon_ms;
};
/* A contact that lives: what was counted for it already. */
struct day_contact {
    uint32_t queue;     /* its first one: place + 1 in queues; 0: in none yet */
    bool left;          /* counted as answered, abandoned or overflowed */
    uint64_t waited_ms; /* in all queues so far */
};
struct log_mark {
    char incarnation[ID_LEN_MAX + 1];
    uint64_t position;
    uint32_t index;
};
struct day {
    int64_t begin_us;
    struct far_index *queue_places, *agent_places, *contact_ids;
    struct day_queue_row queues[DAY_QUEUES_MAX];
    size_t queues_len;
    uint32_t agents_handled[DAY_AGENTS_MAX];
    size_t agents_len;
    struct far_pool contacts;
    Farseat__V1__Funnel funnel;
    struct log_mark marks[LOGS_MAX];
    size_t marks_len;
};

enum far_err day_create(struct day **ret_day)
{
    struct day *day = calloc(1, sizeof(*day));
    if (!day) return FAR_ENOMEM;
    farseat__v1__funnel__init(&day->funnel);
    enum far_err err = far_index_create(DAY_QUEUES_MAX, ID_LEN_MAX, 1, &day->queue_places);
    if (err == FAR_OK) err = far_index_create(DAY_AGENTS_MAX, ID_LEN_MAX, 2, &day->agent_places);
    if (err == FAR_OK) err = far_index_create(DAY_CONTACTS_MAX, ID_LEN_MAX, 3, &day->contact_ids);
    if (err == FAR_OK) err = far_pool_init(&day->contacts, sizeof(struct day_contact), DAY_CONTACTS_MAX);
    if (err != FAR_OK) {
        day_destroy(day);
        return err;
    }
    *ret_day = day;
    return FAR_OK;
}

struct day *day_destroy(struct day *day)
{
    if (!day) return NULL;
    far_index_destroy(day->queue_places);
    far_index_destroy(day->agent_places);
    far_index_destroy(day->contact_ids);
    far_pool_done(&day->contacts);
    free(day);
    return NULL;
}

void day_begin(struct day *day, int64_t begin_us)
{
    day->begin_us = begin_us;
    for (size_t i = 0; i < day->queues_len; i++)
        memset(&day->queues[i].sums, 0, sizeof(day->queues[i].sums));
    memset(day->agents_handled, 0, sizeof(day->agents_handled));
    farseat__v1__funnel__init(&day->funnel);
}

/* Place of a name in a table that only grows; SIZE_MAX: the table is full. */
static size_t place_of(struct far_index *places, const char *id, size_t *len, size_t len_max)
{
    uint64_t place = 0;
    if (far_index_get_text(places, id, &place)) return (size_t)place;
    if (*len >= len_max || far_index_put_text(places, id, *len) != FAR_OK) return SIZE_MAX;
    return (*len)++;
}

static struct day_queue_row *queue_row(struct day *day, const char *queue_id)
{
    size_t place = place_of(day->queue_places, queue_id, &day->queues_len, DAY_QUEUES_MAX);
    return place == SIZE_MAX ? NULL : &day->queues[place];
}

void day_queue_limits(struct day *day, const char *queue_id, uint32_t service_level_ms,
                      uint32_t short_abandon_ms)
{
    struct day_queue_row *row = queue_row(day, queue_id);
    if (!row) return;
    row->service_level_ms = service_level_ms;
    row->short_abandon_ms = short_abandon_ms;
}

static struct day_contact *contact_find(struct day *day, const char *contact_id)
{
    uint64_t id = 0;
    return far_index_get_text(day->contact_ids, contact_id, &id) ? far_pool_get(&day->contacts, id) : NULL;
}

static struct day_contact *contact_make(struct day *day, const char *contact_id)
{
    uint64_t id = 0;
    struct day_contact *contact = contact_find(day, contact_id);
    if (contact) return contact;
    contact = far_pool_new(&day->contacts, &id);
    if (contact && far_index_put_text(day->contact_ids, contact_id, id) != FAR_OK) {
        far_pool_free(&day->contacts, id);
        return NULL;
    }
    return contact;
}

static void contact_drop(struct day *day, const char *contact_id)
{
    uint64_t id = 0;
    if (!far_index_get_text(day->contact_ids, contact_id, &id)) return;
    far_pool_free(&day->contacts, id);
    (void)far_index_remove_text(day->contact_ids, contact_id);
}

static bool is_repeat(struct day *day, const Farseat__V1__Fact *fact)
{
    if (fact->log_incarnation[0] == '\0') return false;
    struct log_mark *mark = NULL;
    for (size_t i = 0; i < day->marks_len && !mark; i++)
        if (strcmp(day->marks[i].incarnation, fact->log_incarnation) == 0) mark = &day->marks[i];
    if (!mark) {
        if (day->marks_len == LOGS_MAX) {
            memmove(&day->marks[0], &day->marks[1], (LOGS_MAX - 1) * sizeof(day->marks[0]));
            day->marks_len--;
        }
        mark = &day->marks[day->marks_len++];
        memset(mark, 0, sizeof(*mark));
        strncpy(mark->incarnation, fact->log_incarnation, ID_LEN_MAX);
    } else if (fact->log_position < mark->position ||
               (fact->log_position == mark->position && fact->log_index <= mark->index)) {
        return true;
    }
    mark->position = fact->log_position;
    mark->index = fact->log_index;
    return false;
}

/* Counts only the first queue that a contact enters, as reports do. */
static void queued(struct day *day, const Farseat__V1__Fact *fact)
{
    struct day_contact *contact = contact_make(day, fact->contact_id);
    struct day_queue_row *row = queue_row(day, fact->queue_id);
    if (!contact || !row || contact->queue != 0) return;
    contact->queue = (uint32_t)(row - day->queues) + 1;
    if (fact->at_us < day->begin_us) return;
    row->sums.offered++;
    day->funnel.queued++;
}

static void answered(struct day_queue_row *row, uint64_t waited_ms)
{
    row->sums.answered++;
    row->sums.wait_ms_answered += waited_ms;
    if (waited_ms <= row->service_level_ms) row->sums.answered_within++;
}

static void abandoned(struct day_queue_row *row, uint64_t waited_ms)
{
    row->sums.abandoned++;
    row->sums.wait_ms_abandoned += waited_ms;
    if (waited_ms <= row->service_level_ms) row->sums.abandoned_within++;
    if (waited_ms <= row->short_abandon_ms) row->sums.short_abandoned++;
}

static void overflowed(struct day *day, struct day_contact *contact)
{
    struct day_queue_row *row = &day->queues[contact->queue - 1];
    contact->left = true;
    row->sums.overflowed++;
    if (contact->waited_ms > row->sums.wait_ms_max) row->sums.wait_ms_max = contact->waited_ms;
}

/* Who overflows may be answered elsewhere, or give up there: only the end tells. */
static void left_queue(struct day *day, const Farseat__V1__Fact *fact)
{
    struct day_contact *contact = contact_find(day, fact->contact_id);
    if (!contact || contact->queue == 0 || contact->left) return;
    const Farseat__V1__ContactLeftQueue *body = fact->contact_left_queue;
    contact->waited_ms += body->waited_ms;
    bool by_answer = strcmp(body->cause, "answered") == 0;
    if (!by_answer && strcmp(body->cause, "abandoned") != 0) return;
    contact->left = true;
    if (fact->at_us < day->begin_us) return;
    struct day_queue_row *row = &day->queues[contact->queue - 1];
    if (by_answer)
        answered(row, contact->waited_ms);
    else
        abandoned(row, contact->waited_ms);
    if (contact->waited_ms > row->sums.wait_ms_max) row->sums.wait_ms_max = contact->waited_ms;
}

static void ended(struct day *day, const Farseat__V1__Fact *fact)
{
    struct day_contact *contact = contact_find(day, fact->contact_id);
    bool over = fact->contact_ended->result == FARSEAT__V1__CONTACT_RESULT__RESULT_OVERFLOWED;
    if (over && contact && contact->queue != 0 && !contact->left && fact->at_us >= day->begin_us)
        overflowed(day, contact);
    contact_drop(day, fact->contact_id);
    if (fact->at_us < day->begin_us) return;
    switch (fact->contact_ended->result) {
    case FARSEAT__V1__CONTACT_RESULT__RESULT_REFUSED:
        day->funnel.refused++;
        break;
    case FARSEAT__V1__CONTACT_RESULT__RESULT_IVR_SERVED:
        day->funnel.ivr_served++;
        break;
    case FARSEAT__V1__CONTACT_RESULT__RESULT_ANSWERED:
        day->funnel.answered++;
        break;
    case FARSEAT__V1__CONTACT_RESULT__RESULT_ABANDONED:
        day->funnel.abandoned++;
        break;
    case FARSEAT__V1__CONTACT_RESULT__RESULT_OVERFLOWED:
        day->funnel.overflowed++;
        break;
    default:
        day->funnel.ivr_abandoned++;
        break;
    }
}

static void agent_answered(struct day *day, const Farseat__V1__Fact *fact)
{
    size_t place = place_of(day->agent_places, fact->agent_id, &day->agents_len, DAY_AGENTS_MAX);
    if (place != SIZE_MAX && fact->at_us >= day->begin_us) day->agents_handled[place]++;
}

void day_apply(struct day *day, const Farseat__V1__Fact *fact)
{
    if (is_repeat(day, fact)) return;
    switch (fact->body_case) {
    case FARSEAT__V1__FACT__BODY_CONTACT_CREATED:
        (void)contact_make(day, fact->contact_id);
        if (fact->at_us >= day->begin_us) day->funnel.arrived++;
        break;
    case FARSEAT__V1__FACT__BODY_CONTACT_QUEUED:
        queued(day, fact);
        break;
    case FARSEAT__V1__FACT__BODY_CONTACT_LEFT_QUEUE:
        left_queue(day, fact);
        break;
    case FARSEAT__V1__FACT__BODY_CONTACT_ANSWERED:
        agent_answered(day, fact);
        break;
    case FARSEAT__V1__FACT__BODY_CONTACT_ENDED:
        ended(day, fact);
        break;
    case FARSEAT__V1__FACT__BODY_SITE_CALLS_REFUSED:
        if (fact->at_us >= day->begin_us) {
            day->funnel.arrived += fact->site_calls_refused->count;
            day->funnel.refused += fact->site_calls_refused->count;
        }
        break;
    default:
        break;
    }
}

void day_queue(const struct day *day, const char *queue_id, struct kpi_queue_sums *ret_sums)
{
    uint64_t place = 0;
    if (far_index_get_text(day->queue_places, queue_id, &place))
        *ret_sums = day->queues[place].sums;
    else
        memset(ret_sums, 0, sizeof(*ret_sums));
}

uint32_t day_agent_handled(const struct day *day, const char *agent_id)
{
    uint64_t place = 0;
    return far_index_get_text(day->agent_places, agent_id, &place) ? day->agents_handled[place] : 0;
}

void day_funnel(const struct day *day, Farseat__V1__Funnel *ret_funnel)
{
    *ret_funnel = day->funnel;
    uint64_t closed = day->funnel.refused + day->funnel.ivr_served + day->funnel.ivr_abandoned +
                      day->funnel.answered + day->funnel.abandoned + day->funnel.overflowed;
    ret_funnel->open = day->funnel.arrived > closed ? day->funnel.arrived - closed : 0;
}
