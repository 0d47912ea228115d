/* SPDX-License-Identifier: Apache-2.0 */
/* Segments: the stretches of a contact, by the caller's clock. One "main" segment is open at a time (IVR,
 * queue, talk, hold, survey); rings lie within queue segments, after-call work comes beside or behind. The
 * last SEGMENTS_MAX of a contact are kept for its timeline; all go into records when they close. */
#include "state.h"
#include <string.h>

/* Room for one more: the oldest closed one leaves the timeline. */
static void make_room(struct acd *acd, struct contact *contact)
{
    if (contact->segment_count < SEGMENTS_MAX) return;
    uint32_t at = 0;
    while (at < SEGMENTS_MAX - 1 && acd_segment_get(acd, contact->segments[at])->open)
        at++;
    far_pool_free(&acd->segments, contact->segments[at]);
    memmove(contact->segments + at, contact->segments + at + 1,
            (SEGMENTS_MAX - at - 1) * sizeof(contact->segments[0]));
    contact->segment_count--;
}

struct segment *acd_segment_open(struct acd *acd, struct contact *contact, uint32_t kind, uint64_t at_ms)
{
    uint64_t self = 0;
    make_room(acd, contact);
    struct segment *segment = far_pool_new(&acd->segments, &self);
    assert(segment); /* the pool has SEGMENTS_MAX for each contact */
    segment->self = self;
    acd_new_id(acd, segment->id);
    segment->contact = contact->self;
    segment->index = ++contact->segment_index;
    segment->kind = kind;
    segment->open = true;
    segment->started_stamp_us = acd->stamp_us;
    segment->started_us = acd->now_us;
    segment->offset_ms = at_ms;
    COPY(segment->site, contact->site);
    if (kind == SEGMENT_IVR || kind == SEGMENT_SURVEY) COPY(segment->flow, contact->flow_id);
    contact->segments[contact->segment_count++] = self;
    return segment;
}

static void add_to_sums(struct contact *contact, const struct segment *segment)
{
    struct part *part = contact->part_count ? &contact->parts[contact->part_count - 1] : NULL;
    switch (segment->kind) {
    case SEGMENT_IVR:
        contact->ivr_ms += segment->duration_ms;
        break;
    case SEGMENT_QUEUE:
        if (!contact->answered) contact->wait_ms += segment->duration_ms;
        break;
    case SEGMENT_TALK:
        contact->talk_ms += segment->duration_ms;
        if (part) part->talk_ms += segment->duration_ms;
        break;
    case SEGMENT_HOLD:
        contact->hold_ms += segment->duration_ms;
        if (part) part->hold_ms += segment->duration_ms;
        break;
    case SEGMENT_SURVEY:
        contact->survey_ms += segment->duration_ms;
        break;
    default:
        break; /* rings and after-call work are counted by who knows them */
    }
}

void acd_segment_close(struct acd *acd, struct segment *segment, uint64_t at_ms, const char *outcome)
{
    struct contact *contact = acd_contact_get(acd, segment->contact);
    segment->open = false;
    segment->duration_ms = at_ms > segment->offset_ms ? at_ms - segment->offset_ms : 0;
    COPY(segment->outcome, outcome);
    add_to_sums(contact, segment);
    acd_record_segment(acd, segment);
}

struct segment *acd_segment_main(struct acd *acd, struct contact *contact, uint32_t kind, uint64_t at_ms,
                                 const char *outcome)
{
    struct segment *now = acd_segment_get(acd, contact->main_segment);
    if (now) {
        if (at_ms < now->offset_ms) at_ms = now->offset_ms;
        acd_segment_close(acd, now, at_ms, outcome);
    }
    contact->main_segment = 0;
    if (!kind) return NULL;
    struct segment *segment = acd_segment_open(acd, contact, kind, at_ms);
    contact->main_segment = segment->self;
    return segment;
}

void acd_segments_free(struct acd *acd, struct contact *contact)
{
    for (uint32_t i = 0; i < contact->segment_count; i++)
        far_pool_free(&acd->segments, contact->segments[i]);
    contact->segment_count = 0;
}
