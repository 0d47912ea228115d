/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that must hold after every input. Tests, the simulator and acd_snapshot_read() call it. */
#include "state.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct check {
    const struct acd *acd;
    char *text;
    size_t size;
    bool bad;
};

static void FAR_PRINTF(3, 4) need(struct check *check, bool holds, const char *format, ...)
{
    if (holds || check->bad) return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(check->text, check->size, format, args);
    va_end(args);
    check->bad = true;
}

#define EACH(pool, id) for (uint64_t id = far_pool_next(&(pool), 0); id; id = far_pool_next(&(pool), id))

static bool in_call(uint32_t state)
{
    return state == AGENT_RESERVED || state == AGENT_RINGING || state == AGENT_TALKING ||
           state == AGENT_HOLDING;
}

static bool contact_matches(uint32_t agent, uint32_t contact)
{
    if (agent == AGENT_RESERVED || agent == AGENT_RINGING) return contact == CONTACT_RINGING;
    if (agent == AGENT_TALKING) return contact == CONTACT_TALKING;
    return agent == AGENT_HOLDING && contact == CONTACT_HELD;
}

static void check_agent(struct check *check, const struct agent *agent)
{
    const struct acd *acd = check->acd;
    const struct contact *contact = acd_contact_get(acd, agent->contact);
    const struct phone *phone = acd_phone_get(acd, agent->phone);
    const struct leg *leg = acd_leg_get(acd, agent->leg);
    const char *id = agent->id;
    bool working = agent->state == AGENT_AFTER_CALL_WORK;
    need(check, (in_call(agent->state) || working) == (contact != NULL), "agent %s: state %u, contact %d", id,
         agent->state, contact != NULL);
    need(check, agent->contact == 0 || contact, "agent %s: his contact is gone", id);
    need(check, (agent->state != AGENT_LOGGED_OUT) == (phone != NULL), "agent %s: state %u, phone %d", id,
         agent->state, phone != NULL);
    need(check, !phone || phone->agent == agent->self, "agent %s: phone %s is not his", id,
         phone ? phone->id : "");
    need(check, agent->leg == 0 || (leg && leg->agent == agent->self && leg->role == LEG_AGENT),
         "agent %s: leg", id);
    if (in_call(agent->state) && contact) {
        need(check, contact->agent == agent->self, "agent %s: contact %s is with another", id, contact->id);
        need(check, leg && contact->agent_leg == leg->self && leg->contact == contact->self,
             "agent %s: call's leg", id);
        need(check, contact_matches(agent->state, contact->state), "agent %s: state %u, contact's %u", id,
             agent->state, contact->state);
    }
    need(check, working == (agent->deadline_us > 0) && working == (agent->segment != 0),
         "agent %s: after-call work", id);
    if (working) {
        const struct segment *segment = acd_segment_get(acd, agent->segment);
        need(check,
             segment && segment->open && segment->contact == agent->contact &&
                 segment->kind == SEGMENT_AFTER_CALL_WORK,
             "agent %s: after-call work's segment", id);
    }
    need(check, !(agent->next_logout || agent->next_not_ready) || in_call(agent->state) || working,
         "agent %s: a wish without a call", id);
    need(check, !agent->muted || agent->state == AGENT_TALKING || agent->state == AGENT_HOLDING,
         "agent %s: muted in state %u", id, agent->state);
    need(check, agent->class == acd_agent_class(acd, agent), "agent %s: class %u is stale", id, agent->class);
    need(check, agent->listed == (agent->class == CLASS_READY), "agent %s: listed %d, class %u", id,
         agent->listed, agent->class);
    need(check, agent->reachable == acd_agent_reachable(acd, agent), "agent %s: reachable is stale", id);
    need(check, agent->configured || agent->state == AGENT_LOGGED_OUT || agent->next_logout || working,
         "agent %s: not configured and not leaving", id);
    need(check, agent->configured == (agent->config != NULL), "agent %s: configured", id);
}

static void check_ready_rows(struct check *check, const struct agent *agent)
{
    const struct acd *acd = check->acd;
    EACH(acd->queues, id)
    {
        struct queue *queue = acd_queue_get(acd, id);
        bool is = acd_order_rank(acd, &queue->ready, agent->self, acd_before_agent) > 0;
        bool should = agent->listed && acd_eligible(acd, agent->self, id);
        need(check, is == should, "queue %s: agent %s in its row %d, should %d", queue->id, agent->id, is,
             should);
    }
}

static void check_order(struct check *check, const struct queue *queue, const struct order *order,
                        acd_before *before, const char *name)
{
    const struct acd *acd = check->acd;
    need(check, order->begin + order->len <= order->capacity, "queue %s: %s beyond its room", queue->id,
         name);
    for (uint32_t i = 0; i < order->len && !check->bad; i++) {
        uint64_t id = acd_order_at(order, i);
        bool alive =
            before == acd_before_contact ? acd_contact_get(acd, id) != NULL : acd_agent_get(acd, id) != NULL;
        need(check, alive, "queue %s: somebody gone in %s", queue->id, name);
        if (alive && i > 0)
            need(check, before(acd, acd_order_at(order, i - 1), id), "queue %s: %s not in order", queue->id,
                 name);
    }
}

static void check_queue(struct check *check, struct queue *queue)
{
    const struct acd *acd = check->acd;
    uint32_t sum = 0, classes[CLASS_COUNT] = {0};
    need(check, queue->config != NULL, "queue %s: not in the configuration", queue->id);
    check_order(check, queue, &queue->waiting, acd_before_contact, "waiting");
    check_order(check, queue, &queue->open, acd_before_contact, "open");
    check_order(check, queue, &queue->ready, acd_before_agent, "ready");
    EACH(acd->agents, id)
    {
        if (!acd_eligible(acd, id, queue->self)) continue;
        sum++;
        classes[acd_agent_get(acd, id)->class]++;
    }
    need(check, sum == queue->eligible, "queue %s: eligible %u, counted %u", queue->id, queue->eligible, sum);
    need(check, memcmp(classes, queue->classes, sizeof(classes)) == 0, "queue %s: classes are stale",
         queue->id);
    need(check, queue->ready.len == classes[CLASS_READY], "queue %s: ready", queue->id);
    bool legs_left = acd->legs.len < acd->legs.capacity;
    need(check, !legs_left || queue->open.len == 0 || queue->ready.len == 0,
         "queue %s: a contact and an agent wait for "
         "each other",
         queue->id);
}

static void check_leg(struct check *check, const struct leg *leg)
{
    const struct acd *acd = check->acd;
    const struct contact *contact = acd_contact_get(acd, leg->contact);
    const struct agent *agent = acd_agent_get(acd, leg->agent);
    const char *id = leg->id;
    need(check, leg->state != LEG_GONE && leg->command_next >= 1, "leg %s: state", id);
    need(check, acd_edge_get(acd, leg->edge) != NULL, "leg %s: edge", id);
    need(check, leg->contact == 0 || contact, "leg %s: contact is gone", id);
    if (leg->role == LEG_CALLER) {
        need(check, leg->agent == 0, "leg %s: a caller's with an agent", id);
        need(check, !contact || contact->leg == leg->self, "leg %s: not its contact's", id);
        need(check, contact || leg->state == LEG_ENDING, "leg %s: alive without a contact", id);
    } else {
        need(check, !contact || contact->agent_leg == leg->self, "leg %s: not its contact's", id);
        need(check, !agent || agent->leg == leg->self, "leg %s: not its agent's", id);
        need(check, (contact && agent) || leg->state == LEG_ENDING, "leg %s: alive without contact and agent",
             id);
    }
    need(check, leg->state == LEG_UP || leg->deadline_us > 0, "leg %s: state %u without a deadline", id,
         leg->state);
    uint32_t number = 0;
    for (uint64_t at = leg->command_first; at && !check->bad;) {
        const struct command *command = far_pool_get(&acd->commands, at);
        need(check,
             command && command->leg == leg->self && command->number > number &&
                 command->number < leg->command_next,
             "leg %s: its commands", id);
        if (!command) break;
        number = command->number;
        at = command->leg_next;
    }
}

static void check_contact_flow(struct check *check, const struct contact *contact)
{
    const struct acd *acd = check->acd;
    const Farseat__V1__FlowNode *node = acd_contact_node(acd, contact);
    uint32_t kind = node ? node->kind_case : 0;
    uint32_t phase = contact->phase;
    const char *id = contact->id;
    bool flow = contact->state == CONTACT_IN_FLOW, survey = contact->state == CONTACT_IN_SURVEY;
    bool queued = contact->state == CONTACT_QUEUED || contact->state == CONTACT_RINGING;
    bool gone = contact->state == CONTACT_WRAPPING_UP || contact->state == CONTACT_ENDED;
    need(check, gone == (contact->config_slot == CONFIG_SLOTS), "contact %s: configuration", id);
    if (phase == PHASE_ANSWER || phase == PHASE_ENDING) need(check, flow, "contact %s: phase %u", id, phase);
    if (phase == PHASE_PLAY)
        need(check, flow && kind == FARSEAT__V1__FLOW_NODE__KIND_PLAY, "contact %s: play", id);
    if (phase == PHASE_BYE)
        need(check, flow && kind == FARSEAT__V1__FLOW_NODE__KIND_HANGUP, "contact %s: bye", id);
    if (phase == PHASE_ECHO)
        need(check, flow && kind == FARSEAT__V1__FLOW_NODE__KIND_ECHO, "contact %s: echo", id);
    if (phase == PHASE_THANKS)
        need(check, survey && kind == FARSEAT__V1__FLOW_NODE__KIND_SURVEY, "contact %s: thanks", id);
    if (phase == PHASE_COLLECT)
        need(check,
             (flow && kind == FARSEAT__V1__FLOW_NODE__KIND_MENU) ||
                 (survey && kind == FARSEAT__V1__FLOW_NODE__KIND_SURVEY),
             "contact %s: collect", id);
    if (survey)
        need(check, phase == PHASE_THANKS || phase == PHASE_COLLECT, "contact %s: survey, phase %u", id,
             phase);
    if (flow) need(check, phase != PHASE_NONE, "contact %s: in the flow, which waits for nothing", id);
    need(check, queued == (phase == PHASE_GREETING || phase == PHASE_MUSIC), "contact %s: state %u, phase %u",
         id, contact->state, phase);
}

/* A contact is in exactly one place. */
static void check_contact(struct check *check, const struct contact *contact)
{
    const struct acd *acd = check->acd;
    const struct queue *queue = acd_queue_get(acd, contact->queue);
    const struct agent *agent = acd_agent_get(acd, contact->agent);
    const struct leg *leg = acd_leg_get(acd, contact->leg);
    const struct segment *segment = acd_segment_get(acd, contact->main_segment);
    const struct segment *ring = acd_segment_get(acd, contact->ring_segment);
    const char *id = contact->id;
    bool queued = contact->state == CONTACT_QUEUED || contact->state == CONTACT_RINGING;
    bool ringing = contact->state == CONTACT_RINGING;
    bool with_agent = contact->state == CONTACT_TALKING || contact->state == CONTACT_HELD;
    bool gone = contact->state == CONTACT_WRAPPING_UP || contact->state == CONTACT_ENDED;
    need(check, contact->state >= CONTACT_IN_FLOW && contact->state <= CONTACT_ENDED, "contact %s: state",
         id);
    need(check, queued == (queue != NULL), "contact %s: state %u, queue %d", id, contact->state,
         queue != NULL);
    need(check, (ringing || with_agent) == (agent != NULL), "contact %s: state %u, agent %d", id,
         contact->state, agent != NULL);
    need(check, !agent || agent->contact == contact->self, "contact %s: its agent has another", id);
    need(check, (agent != NULL) == (contact->agent_leg != 0), "contact %s: agent's leg", id);
    need(check, gone == (leg == NULL), "contact %s: state %u, leg %d", id, contact->state, leg != NULL);
    need(check, !leg || (leg->contact == contact->self && leg->role == LEG_CALLER), "contact %s: leg", id);
    need(check, !ringing || (ring && ring->open), "contact %s: rings without a segment", id);
    need(check, !segment || (segment->open && segment->contact == contact->self), "contact %s: main segment",
         id);
    need(check, !gone || !segment, "contact %s: gone, with an open segment", id);
    need(check, gone || segment || contact->phase == PHASE_ENDING, "contact %s: without a segment", id);
    need(check, !with_agent || contact->part_count > 0, "contact %s: talks without a part", id);
    need(check, contact->state != CONTACT_ENDED || contact->segment_count == 0,
         "contact %s: closed, with segments", id);
    need(check, (contact->state == CONTACT_WRAPPING_UP) == (gone && contact->after_call_works > 0),
         "contact %s: state %u, %u at after-call work", id, contact->state, contact->after_call_works);
    if (queue) {
        struct queue *row = acd_queue_get(acd, contact->queue);
        bool open = acd_order_rank(acd, &row->open, contact->self, acd_before_contact) > 0;
        need(check, acd_order_rank(acd, &row->waiting, contact->self, acd_before_contact) > 0,
             "contact %s: not in "
             "its row",
             id);
        need(check, open == acd_contact_open(acd, contact), "contact %s: open %d", id, open);
    }
    check_contact_flow(check, contact);
}

static void check_works(struct check *check)
{
    const struct acd *acd = check->acd;
    uint32_t works = 0, counted = 0;
    EACH(acd->agents, id) works += acd_agent_get(acd, id)->state == AGENT_AFTER_CALL_WORK;
    EACH(acd->contacts, id) counted += acd_contact_get(acd, id)->after_call_works;
    need(check, works == counted, "%u at after-call work, contacts count %u", works, counted);
}

static void check_sums(struct check *check)
{
    const struct acd *acd = check->acd;
    const struct counters *count = &acd->count;
    uint64_t waiting = 0, live = 0, rows = 0, queued = 0, unqueued = 0;
    EACH(acd->contacts, id)
    {
        const struct contact *contact = acd_contact_get(acd, id);
        bool gone = contact->state == CONTACT_WRAPPING_UP || contact->state == CONTACT_ENDED;
        live += contact->state != CONTACT_ENDED;
        queued += contact->queue != 0;
        waiting += !gone && contact->queued && !contact->answered;
        unqueued += !gone && !contact->queued;
    }
    EACH(acd->queues, id) rows += acd_queue_get(acd, id)->waiting.len;
    need(check, count->offered == count->answered + count->abandoned + count->overflowed + waiting,
         "offered %llu is not answered %llu + abandoned %llu + overflowed %llu + waiting %llu",
         (unsigned long long)count->offered, (unsigned long long)count->answered,
         (unsigned long long)count->abandoned, (unsigned long long)count->overflowed,
         (unsigned long long)waiting);
    uint64_t known = count->offered + count->ivr_served + count->ivr_abandoned + unqueued;
    uint64_t uncounted = count->arrived - known; /* refused ones that were recorded */
    need(check, known <= count->arrived && uncounted <= count->calls_refused, "arrived %llu, known %llu",
         (unsigned long long)count->arrived, (unsigned long long)known);
    need(check, rows == queued, "%llu in rows, %llu queued", (unsigned long long)rows,
         (unsigned long long)queued);
    need(check, live == acd->contacts_live, "%llu contacts live, counted %u", (unsigned long long)live,
         acd->contacts_live);
    need(check, acd->closed_count + live == acd->contacts.len, "closed contacts");
    need(check, acd->outbox.dropped == 0, "records were dropped");
}

static void check_timers(struct check *check)
{
    const struct acd *acd = check->acd;
    uint32_t count = 0;
    EACH(acd->agents, id) count += acd_agent_get(acd, id)->deadline_us > 0;
    EACH(acd->contacts, id) count += acd_contact_get(acd, id)->deadline_us > 0;
    EACH(acd->legs, id) count += acd_leg_get(acd, id)->deadline_us > 0;
    need(check, count == acd->timer_len, "%u deadlines, %u timers", count, acd->timer_len);
    for (uint32_t i = 1; i < acd->timer_len; i++)
        need(check, acd->timers[(i - 1) / 2].deadline_us <= acd->timers[i].deadline_us,
             "timers are not a heap");
}

static void check_indexes(struct check *check)
{
    const struct acd *acd = check->acd;
    need(check, far_index_len(acd->leg_index) == acd->legs.len, "index of legs");
    need(check, far_index_len(acd->contact_index) == acd->contacts.len, "index of contacts");
    need(check, far_index_len(acd->agent_index) == acd->agents.len, "index of agents");
    need(check, far_index_len(acd->phone_index) == acd->phones.len, "index of phones");
    need(check, far_index_len(acd->queue_index) == acd->queues.len, "index of queues");
    need(check, far_index_len(acd->command_index) == acd->commands.len, "index of commands");
    size_t commands = 0, segments = 0;
    for (uint64_t at = acd->command_first; at && commands <= acd->commands.len; commands++)
        at = ((struct command *)far_pool_get(&acd->commands, at))->next;
    need(check, commands == acd->commands.len, "list of commands");
    EACH(acd->contacts, id) segments += acd_contact_get(acd, id)->segment_count;
    need(check, segments == acd->segments.len, "%zu segments in contacts, %zu in all", segments,
         acd->segments.len);
}

static void check_phones(struct check *check)
{
    const struct acd *acd = check->acd;
    EACH(acd->phones, id)
    {
        const struct phone *phone = acd_phone_get(acd, id);
        const struct agent *agent = acd_agent_get(acd, phone->agent);
        uint32_t calls = 0;
        EACH(acd->legs, leg)
        calls += acd_leg_get(acd, leg)->role == LEG_CALLER && acd_leg_get(acd, leg)->phone == id;
        need(check, phone->agent == 0 || (agent && agent->phone == id), "phone %s: agent", phone->id);
        need(check, calls == phone->calls, "phone %s: %u calls, counted %u", phone->id, phone->calls, calls);
    }
}

enum far_err acd_check(const struct acd *acd, char *text, size_t text_size)
{
    struct check check = {.acd = acd, .text = text, .size = text_size};
    if (text_size > 0) text[0] = '\0';
    EACH(acd->agents, id)
    {
        check_agent(&check, acd_agent_get(acd, id));
        check_ready_rows(&check, acd_agent_get(acd, id));
    }
    EACH(acd->queues, id) check_queue(&check, acd_queue_get(acd, id));
    EACH(acd->legs, id) check_leg(&check, acd_leg_get(acd, id));
    EACH(acd->contacts, id) check_contact(&check, acd_contact_get(acd, id));
    check_phones(&check);
    check_works(&check);
    check_sums(&check);
    check_timers(&check);
    check_indexes(&check);
    return check.bad ? FAR_ESTATE : FAR_OK;
}
