/* SPDX-License-Identifier: Apache-2.0 */
/* Phones: where each is bound, who is logged in with it, and whether it is in use by itself. Phones that the
 * configuration does not name (yet) are kept as well: they may bind before it comes. */
#include "state.h"
#include <string.h>

static void phone_free(struct acd *acd, struct phone *phone)
{
    (void)far_index_remove_text(acd->phone_index, phone->id);
    far_pool_free(&acd->phones, phone->self);
}

static bool phone_idle(const struct phone *phone)
{
    return !phone->edge && !phone->agent && !phone->calls;
}

#define X(name, text) text,
static const char *const answer_texts[ANSWER_COUNT] = {PHONE_ANSWER_MAP(X)};
#undef X

const char *acd_phone_answer(const struct phone *phone)
{
    return phone && phone->edge ? answer_texts[phone->answer] : "";
}

static uint32_t answer_of(const char *text)
{
    for (uint32_t i = 0; i < ANSWER_COUNT; i++)
        if (strcmp(answer_texts[i], text) == 0) return i;
    return ANSWER_MANUAL;
}

/* Tells it, unless refreshing him has told it already. */
static void agent_refresh(struct acd *acd, const struct phone *phone, bool answer_changed)
{
    struct agent *agent = acd_agent_get(acd, phone->agent);
    if (!agent) return;
    bool was = agent->reachable;
    acd_agent_refresh(acd, agent);
    if (answer_changed && agent->reachable == was) acd_agent_tell(acd, agent);
}

void acd_phone_unbind(struct acd *acd, struct phone *phone)
{
    bool changed = phone->answer != ANSWER_MANUAL;
    phone->edge = 0;
    phone->answer = ANSWER_MANUAL;
    phone->address[0] = '\0';
    agent_refresh(acd, phone, changed);
}

void acd_phone_manual(struct acd *acd, struct phone *phone)
{
    if (phone->answer == ANSWER_MANUAL) return;
    phone->answer = ANSWER_MANUAL;
    agent_refresh(acd, phone, true);
}

struct phone *acd_phone_ensure(struct acd *acd, const char *id)
{
    struct phone *phone = acd_phone_find(acd, id);
    if (phone || !acd_id_valid(id)) return phone;
    if (acd->phones.len == acd->phones.capacity) {
        uint64_t at = far_pool_next(&acd->phones, 0);
        while (at && !phone_idle(acd_phone_get(acd, at)))
            at = far_pool_next(&acd->phones, at);
        if (!at) return NULL;
        phone_free(acd, acd_phone_get(acd, at));
    }
    uint64_t self = 0;
    phone = far_pool_new(&acd->phones, &self);
    phone->self = self;
    COPY(phone->id, id);
    acd_index_put(acd->phone_index, phone->id, self);
    return phone;
}

void acd_phone_bound(struct acd *acd, const Farseat__V1__AcdInput *input)
{
    const Farseat__V1__PhoneBound *bound = input->phone_bound;
    const struct edge *edge = acd_edge_find(acd, input->producer);
    struct phone *phone = acd_phone_ensure(acd, bound->phone);
    if (!phone) {
        acd_fail(acd, FAR_EFULL, "no room for phone %.63s", bound->phone);
        return;
    }
    uint32_t answer = answer_of(bound->answer);
    bool changed = phone->answer != answer;
    phone->edge = edge->self;
    phone->answer = answer;
    COPY(phone->address, bound->address);
    agent_refresh(acd, phone, changed);
}

void acd_phone_gone(struct acd *acd, const Farseat__V1__AcdInput *input)
{
    const struct edge *edge = acd_edge_find(acd, input->producer);
    struct phone *phone = acd_phone_find(acd, input->phone_gone->phone);
    if (!phone || phone->edge != edge->self) return; /* it has bound elsewhere since */
    acd_phone_unbind(acd, phone);
    if (phone_idle(phone)) phone_free(acd, phone);
}
