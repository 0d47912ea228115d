/* SPDX-License-Identifier: Apache-2.0 */
#include "live.h"
#include "day.h"
#include "far/clock.h"
#include "far/hash64.h"
#include "far/health.h"
#include "far/index.h"
#include "far/log.h"
#include "far/loop.h"
#include "far/str.h"
#include "far/stream.h"
#include "far/tables.h"
#include "farseat/v1/api_acd.pb-c.h"
#include "members.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define EACH_MS     1000 /* everything is asked for and told at least so often */
#define GAP_MS_MIN  10   /* between two rounds; longer when a round takes longer */
#define GAP_MS_MAX  200
#define ASK_MS      1500
#define SHOWN_MAX   40000
#define SUBJECT_MAX 128

enum part { PART_AGENTS, PART_QUEUES, PART_CONTACTS, PART_CONFIG, PART_COUNT };
static const struct {
    enum far_method method;
} parts[PART_COUNT] = {{FAR_METHOD_acd_AgentList},
                       {FAR_METHOD_acd_QueueList},
                       {FAR_METHOD_acd_ContactList},
                       {FAR_METHOD_acd_ConfigGet}};

struct live {
    struct far_bus *bus;
    void (*centre_changed)(void *ctx, const Farseat__V1__Centre *centre);
    void *ctx;
    struct far_log_reader *reader;
    struct day *day;
    int64_t day_begin_us;
    uint64_t timer; /* of the next round; 0: none is waited for */
    uint64_t asked_at_ms, gap_ms, published_all_at_ms;
    char log_incarnation[40]; /* of the newest fact: answers must have seen it */
    uint64_t log_position;
    struct members *members;             /* NULL: the configuration is not known */
    bool dirty, config_dirty, failed;    /* failed: a question of this round */
    unsigned open;                       /* questions under way of this round */
    ProtobufCMessage *views[PART_COUNT]; /* the ACD's last answers */
    struct far_index *shown;             /* subject -> hash of what was published last */
    struct far_index *alive;             /* contact -> the round in which it was last there */
    uint64_t round;
    struct question *questions;
};
/* A question holds its place so that its answer finds the part. */
struct question {
    struct live *live;
    enum part part;
};

/* ---- publishing ----------------------------------------------------------------------------------- */

static void publish(struct live *live, enum far_subject subject, const char *id,
                    const ProtobufCMessage *message, uint64_t hash, bool all)
{
    char name[SUBJECT_MAX];
    uint64_t before = 0;
    if (far_subject_write(subject, name, sizeof(name), id, NULL) != FAR_OK) return;
    if (!all && far_index_get_text(live->shown, name, &before) && before == hash) return;
    if (!far_index_get_text(live->shown, name, &before) && far_index_len(live->shown) >= SHOWN_MAX - 1)
        far_index_clear(
            live->shown); /* contacts come and go: begin anew, everything is then said once more */
    if (far_index_put_text(live->shown, name, hash) != FAR_OK) live->dirty = true;
    if (far_bus_publish(live->bus, name, message, NULL) != FAR_OK) live->dirty = true;
}

/* Hash of a message without its running times, so that a clock alone is no change. */
static uint64_t hash_of(const ProtobufCMessage *message)
{
    uint8_t packed[1024];
    size_t len = protobuf_c_message_get_packed_size(message);
    if (len > sizeof(packed)) return far_clock_mono_us();
    protobuf_c_message_pack(message, packed);
    return far_hash64(packed, len, 0);
}

static void fill_queue_counts(const struct live *live, Farseat__V1__LiveQueue *queue)
{
    struct kpi_queue_sums sums;
    struct kpi_queue_result result;
    day_queue(live->day, queue->queue_id, &sums);
    kpi_queue(&sums, queue->queue_id, &result);
    queue->offered = (uint32_t)sums.offered;
    queue->answered = (uint32_t)sums.answered;
    queue->abandoned = (uint32_t)sums.abandoned;
    queue->short_abandoned = (uint32_t)sums.short_abandoned;
    queue->overflowed = (uint32_t)sums.overflowed;
    queue->answered_within = (uint32_t)sums.answered_within;
    queue->service_level = result.kpi.sl_negative ? result.kpi.sl_negative->value : 0;
    queue->average_speed_of_answer_ms = result.kpi.asa_ms;
}

static void count_agent(Farseat__V1__LiveQueue *queue, Farseat__V1__AgentState state)
{
    if (state != FARSEAT__V1__AGENT_STATE__AGENT_LOGGED_OUT) queue->agents_logged_in++;
    switch (state) {
    case FARSEAT__V1__AGENT_STATE__AGENT_READY:
        queue->agents_ready++;
        break;
    case FARSEAT__V1__AGENT_STATE__AGENT_TALKING:
    case FARSEAT__V1__AGENT_STATE__AGENT_HOLDING:
        queue->agents_talking++;
        break;
    case FARSEAT__V1__AGENT_STATE__AGENT_RESERVED:
    case FARSEAT__V1__AGENT_STATE__AGENT_RINGING:
        queue->agents_ringing++;
        break;
    case FARSEAT__V1__AGENT_STATE__AGENT_AFTER_CALL_WORK:
        queue->agents_after_call_work++;
        break;
    case FARSEAT__V1__AGENT_STATE__AGENT_NOT_READY:
        queue->agents_not_ready++;
        break;
    default:
        break;
    }
}

static void fill_queue_agents(const struct live *live, const char *queue_id, Farseat__V1__LiveQueue *queue)
{
    const Farseat__V1__AgentListReply *agents = (const Farseat__V1__AgentListReply *)live->views[PART_AGENTS];
    size_t place = 0;
    if (!agents || !live->members || !members_queue(live->members, queue_id, &place)) return;
    for (size_t i = 0; i < agents->n_agents; i++)
        if (members_serves(live->members, place, agents->agents[i]->agent_id))
            count_agent(queue, agents->agents[i]->state);
}

static void live_queue(const struct live *live, const Farseat__V1__QueueView *view,
                       Farseat__V1__LiveQueue *ret_queue)
{
    farseat__v1__live_queue__init(ret_queue);
    ret_queue->queue_id = view->queue_id;
    ret_queue->waiting = view->waiting;
    ret_queue->longest_wait_ms = view->longest_wait_ms;
    fill_queue_agents(live, view->queue_id, ret_queue);
    fill_queue_counts(live, ret_queue);
}

static const Farseat__V1__ContactView *contact_view(const struct live *live, const char *contact_id)
{
    const Farseat__V1__ContactListReply *list =
        (const Farseat__V1__ContactListReply *)live->views[PART_CONTACTS];
    for (size_t i = 0; list && contact_id[0] && i < list->n_contacts; i++)
        if (strcmp(list->contacts[i]->contact_id, contact_id) == 0) return list->contacts[i];
    return NULL;
}

static void live_agent(const struct live *live, const Farseat__V1__AgentView *view,
                       Farseat__V1__LiveAgent *ret_agent)
{
    farseat__v1__live_agent__init(ret_agent);
    ret_agent->agent_id = view->agent_id;
    ret_agent->name = view->name;
    ret_agent->state = view->state;
    ret_agent->reason = view->reason;
    ret_agent->since_us = view->since_us;
    ret_agent->contact_id = view->contact_id;
    ret_agent->queue_id = view->queue_id;
    ret_agent->site_id = view->site_id;
    ret_agent->phone_reachable = view->phone_reachable;
    ret_agent->handled_today = day_agent_handled(live->day, view->agent_id);
    ret_agent->phone_answer = view->phone_answer;
    ret_agent->muted = view->muted;
    ret_agent->next_reason = view->next_reason;
    ret_agent->team = view->team;
    ret_agent->after_call_work_ms =
        live->members ? members_after_call_work_ms(live->members, view->queue_id) : 0;
    const Farseat__V1__ContactView *contact = contact_view(live, view->contact_id);
    ret_agent->caller = contact ? contact->caller : NULL;
}

static void live_contact(const Farseat__V1__ContactView *view, int64_t at_us,
                         Farseat__V1__LiveContact *ret_contact)
{
    farseat__v1__live_contact__init(ret_contact);
    ret_contact->contact_id = view->contact_id;
    ret_contact->state = view->state;
    ret_contact->queue_id = view->queue_id;
    ret_contact->agent_id = view->agent_id;
    ret_contact->caller = view->caller;
    ret_contact->started_at_us = view->started_at_us;
    ret_contact->state_since_us = at_us - (int64_t)view->state_ms * 1000;
    ret_contact->position = view->position;
    if (view->state == FARSEAT__V1__CONTACT_STATE__CONTACT_QUEUED ||
        view->state == FARSEAT__V1__CONTACT_STATE__CONTACT_RINGING)
        ret_contact->queued_at_us = at_us - (int64_t)view->wait_ms * 1000;
    ret_contact->published = view->published;
    ret_contact->caller_name = view->caller_name;
    ret_contact->site_id = view->site_id;
}

static void publish_queues(struct live *live, bool all)
{
    const Farseat__V1__QueueListReply *list = (const Farseat__V1__QueueListReply *)live->views[PART_QUEUES];
    for (size_t i = 0; i < list->n_queues; i++) {
        Farseat__V1__LiveQueue queue;
        live_queue(live, list->queues[i], &queue);
        uint64_t longest_wait_ms = queue.longest_wait_ms;
        queue.longest_wait_ms = 0;
        uint64_t hash = hash_of(&queue.base);
        queue.longest_wait_ms = longest_wait_ms;
        queue.at_us = list->at_us;
        publish(live, FAR_SUBJECT_LIVE_QUEUE, queue.queue_id, &queue.base, hash, all);
    }
}

static void publish_agents(struct live *live, bool all)
{
    const Farseat__V1__AgentListReply *list = (const Farseat__V1__AgentListReply *)live->views[PART_AGENTS];
    for (size_t i = 0; i < list->n_agents; i++) {
        Farseat__V1__LiveAgent agent;
        live_agent(live, list->agents[i], &agent);
        bool logged_in = agent.state != FARSEAT__V1__AGENT_STATE__AGENT_LOGGED_OUT;
        publish(live, FAR_SUBJECT_LIVE_AGENT, agent.agent_id, &agent.base, hash_of(&agent.base),
                all && logged_in);
    }
}

static void publish_contacts(struct live *live)
{
    const Farseat__V1__ContactListReply *list =
        (const Farseat__V1__ContactListReply *)live->views[PART_CONTACTS];
    for (size_t i = 0; i < list->n_contacts; i++) {
        Farseat__V1__LiveContact contact;
        live_contact(list->contacts[i], list->at_us, &contact);
        int64_t since_us = contact.state_since_us, queued_us = contact.queued_at_us;
        contact.state_since_us = contact.queued_at_us = 0;
        uint64_t hash = hash_of(&contact.base);
        contact.state_since_us = since_us;
        contact.queued_at_us = queued_us;
        publish(live, FAR_SUBJECT_LIVE_CONTACT, contact.contact_id, &contact.base, hash, false);
    }
}

/* Contacts that were in the former list and are not in this one have ended: said once. */
static void publish_ended(struct live *live, const Farseat__V1__ContactListReply *before,
                          const Farseat__V1__ContactListReply *now)
{
    live->round++;
    for (size_t i = 0; i < now->n_contacts; i++)
        if (far_index_put_text(live->alive, now->contacts[i]->contact_id, live->round) != FAR_OK) return;
    for (size_t i = 0; before && i < before->n_contacts; i++) {
        uint64_t round = 0;
        const char *contact_id = before->contacts[i]->contact_id;
        if (far_index_get_text(live->alive, contact_id, &round) && round == live->round) continue;
        (void)far_index_remove_text(live->alive, contact_id);
        Farseat__V1__LiveContact contact;
        live_contact(before->contacts[i], now->at_us, &contact);
        contact.state = FARSEAT__V1__CONTACT_STATE__CONTACT_ENDED;
        contact.state_since_us = now->at_us;
        publish(live, FAR_SUBJECT_LIVE_CONTACT, contact_id, &contact.base, far_clock_mono_us(), true);
    }
}

static void publish_round(struct live *live)
{
    if (!live->views[PART_AGENTS] || !live->views[PART_QUEUES] || !live->views[PART_CONTACTS]) return;
    uint64_t now_ms = far_clock_mono_ms();
    bool all = now_ms - live->published_all_at_ms >= EACH_MS - GAP_MS_MAX / 2;
    if (all) live->published_all_at_ms = now_ms;
    publish_queues(live, all);
    publish_agents(live, all);
    publish_contacts(live);
}

static void wake(struct live *live);

/* ---- asking the ACD ------------------------------------------------------------------------------- */

/* What the day counts by: told to each day before it counts. */
static void limits_known(struct live *live, const Farseat__V1__CentreConfig *config)
{
    for (size_t i = 0; config && i < config->n_queues; i++) {
        const Farseat__V1__Queue *queue = config->queues[i];
        day_queue_limits(live->day, queue->id, queue->service_level_ms ? queue->service_level_ms : 20000,
                         queue->short_abandon_ms ? queue->short_abandon_ms : 5000);
    }
}

static const Farseat__V1__CentreConfig *config_of(const struct live *live)
{
    const Farseat__V1__ConfigReply *reply = (const Farseat__V1__ConfigReply *)live->views[PART_CONFIG];
    return reply ? reply->config : NULL;
}

static void config_known(struct live *live)
{
    const Farseat__V1__CentreConfig *config = config_of(live);
    live->members = members_destroy(live->members);
    if (!config) return;
    if (members_create(config, &live->members) != FAR_OK) live->config_dirty = true;
    limits_known(live, config);
    if (config->centre) live->centre_changed(live->ctx, config->centre);
}

/* All answers are there: tell what they say. What comes next waits in proportion to what this took. */
static void round_end(struct live *live)
{
    publish_round(live);
    uint64_t gap_ms = 2 * (far_clock_mono_ms() - live->asked_at_ms);
    live->gap_ms = gap_ms < GAP_MS_MIN                   ? GAP_MS_MIN
                   : gap_ms > GAP_MS_MAX || live->failed ? GAP_MS_MAX
                                                         : gap_ms;
    wake(live);
}

static void answered(void *ctx, const struct far_bus_answer *answer)
{
    struct question *question = ctx;
    struct live *live = question->live;
    enum part part = question->part;
    live->open--;
    if (answer->err == FAR_OK) {
        ProtobufCMessage *copy = NULL;
        if (far_bus_unpack(far_method_rows[parts[part].method].reply, answer->msg, &copy) == FAR_OK) {
            if (part == PART_CONTACTS)
                publish_ended(live, (const Farseat__V1__ContactListReply *)live->views[part],
                              (const Farseat__V1__ContactListReply *)copy);
            if (live->views[part]) protobuf_c_message_free_unpacked(live->views[part], NULL);
            live->views[part] = copy;
            if (part == PART_CONFIG) config_known(live);
        }
        far_health_set("acd", FAR_HEALTH_OK, "%s", "");
    } else {
        far_health_set("acd", FAR_HEALTH_DEGRADED, "live figures stand still: the ACD does not answer (%s)",
                       answer->error_text);
        live->dirty = live->failed = true;
        live->log_position = 0; /* of a log that is no more, perhaps: then nothing will ever have seen it */
        if (part == PART_CONFIG) live->config_dirty = true;
    }
    if (live->open == 0) round_end(live);
}

static void ask(struct live *live, enum part part)
{
    Farseat__V1__ReadRequest request = FARSEAT__V1__READ_REQUEST__INIT;
    const struct far_method_row *row = &far_method_rows[parts[part].method];
    request.min_position = live->log_position;
    const struct far_bus_question question = {.subject = row->subject,
                                              .message = &request.base,
                                              .reply_type = row->reply,
                                              .timeout_ms = ASK_MS,
                                              .fn = answered,
                                              .ctx = &live->questions[part]};
    if (far_bus_ask(live->bus, &question, NULL) == FAR_OK)
        live->open++;
    else
        live->dirty = true;
}

static void round_begin(void *arg, uint64_t timer)
{
    (void)timer;
    struct live *live = arg;
    live->timer = 0;
    live->asked_at_ms = far_clock_mono_ms();
    live->dirty = live->failed = false;
    if (live->config_dirty) {
        live->config_dirty = false;
        ask(live, PART_CONFIG);
    }
    ask(live, PART_AGENTS);
    ask(live, PART_QUEUES);
    ask(live, PART_CONTACTS);
    if (live->open == 0) { /* the bus takes nothing now */
        live->gap_ms = GAP_MS_MAX;
        wake(live);
    }
}

/* The next round: at once when something changed and the last one is long enough ago. While one is under way
 * nothing is waited for: its end looks again. */
static void wake(struct live *live)
{
    if (live->open > 0) return;
    uint64_t since_ms = far_clock_mono_ms() - live->asked_at_ms,
             wait_ms = live->dirty ? live->gap_ms : EACH_MS;
    far_timer_stop(far_bus_loop(live->bus), live->timer);
    live->timer = 0;
    if (far_timer_start(far_bus_loop(live->bus), since_ms < wait_ms ? wait_ms - since_ms : 0, 0, round_begin,
                        live, &live->timer) != FAR_OK)
        FAR_ERROR("live-stopped", "why=%s", "no timer");
}

/* ---- facts ---------------------------------------------------------------------------------------- */

static void fact_read(void *ctx, const struct far_stream_entry *entry)
{
    struct live *live = ctx;
    Farseat__V1__Fact *fact = farseat__v1__fact__unpack(NULL, entry->data_len, entry->data);
    if (!fact) {
        FAR_WARN("fact-skipped", "seq=%" PRIu64 " subject=%s why=%s", entry->seq, entry->subject,
                 "it does not decode");
        return;
    }
    day_apply(live->day, fact);
    if (fact->body_case == FARSEAT__V1__FACT__BODY_CONFIG_APPLIED) live->config_dirty = true;
    if (fact->log_position > 0) {
        if (strcmp(live->log_incarnation, fact->log_incarnation) != 0) live->log_position = 0;
        (void)far_str_copy(live->log_incarnation, sizeof(live->log_incarnation), fact->log_incarnation);
        if (fact->log_position > live->log_position) live->log_position = fact->log_position;
    }
    farseat__v1__fact__free_unpacked(fact, NULL);
    if (live->dirty) return; /* a round is on its way already */
    live->dirty = true;
    wake(live);
}

static void read_from_start(struct live *live);

static void reader_event(void *ctx, enum far_log_event event, uint64_t seq)
{
    (void)seq;
    struct live *live = ctx;
    if (event == FAR_LOG_AHEAD) read_from_start(live);
}

/* The stream holds two days of facts: today's counts are made anew from it at every start. */
static void read_from_start(struct live *live)
{
    const struct far_log_reader_config config = {.stream = FAR_STREAM_FACTS,
                                                 .start = FAR_LOG_FROM_SEQ,
                                                 .start_seq = 1,
                                                 .entry_fn = fact_read,
                                                 .event_fn = reader_event,
                                                 .ctx = live};
    live->reader = far_log_reader_destroy(live->reader);
    live->day = day_destroy(live->day);
    if (day_create(&live->day) != FAR_OK ||
        far_log_reader_create(live->bus, &config, &live->reader) != FAR_OK)
        FAR_ERROR("live-counts-stopped", "why=%s", "no memory");
    else {
        day_begin(live->day, live->day_begin_us);
        limits_known(live, config_of(live));
    }
    live->config_dirty = live->dirty = true;
    wake(live);
}

void live_day(struct live *live, int64_t begin_us)
{
    if (begin_us == live->day_begin_us) return;
    bool later = live->day_begin_us != 0 && begin_us > live->day_begin_us;
    live->day_begin_us = begin_us;
    if (later)
        day_begin(live->day, begin_us);
    else
        read_from_start(live); /* what was counted from another instant on cannot be taken apart */
}

enum far_err live_create(struct far_bus *bus,
                         void (*centre_changed)(void *ctx, const Farseat__V1__Centre *centre), void *ctx,
                         struct live **ret_live)
{
    struct live *live = calloc(1, sizeof(*live));
    struct question *questions = calloc(PART_COUNT, sizeof(*questions));
    if (!live || !questions) {
        free(live);
        free(questions);
        return FAR_ENOMEM;
    }
    live->bus = bus;
    live->centre_changed = centre_changed;
    live->ctx = ctx;
    live->questions = questions;
    for (size_t i = 0; i < PART_COUNT; i++)
        questions[i] = (struct question){live, (enum part)i};
    enum far_err err = far_index_create(SHOWN_MAX, SUBJECT_MAX, far_clock_mono_us(), &live->shown);
    if (err == FAR_OK) err = far_index_create(DAY_CONTACTS_MAX, 63, far_clock_mono_us(), &live->alive);
    if (err == FAR_OK) err = day_create(&live->day);
    if (err != FAR_OK) {
        live_destroy(live);
        return err;
    }
    read_from_start(live);
    *ret_live = live;
    return FAR_OK;
}

uint8_t *live_pack(const struct live *live, size_t *ret_len)
{
    const Farseat__V1__QueueListReply *queues = (const Farseat__V1__QueueListReply *)live->views[PART_QUEUES];
    const Farseat__V1__AgentListReply *agents = (const Farseat__V1__AgentListReply *)live->views[PART_AGENTS];
    const Farseat__V1__ContactListReply *contacts =
        (const Farseat__V1__ContactListReply *)live->views[PART_CONTACTS];
    if (!queues || !agents || !contacts) return NULL;
    size_t count = queues->n_queues + agents->n_agents + contacts->n_contacts + 1;
    Farseat__V1__LiveQueue *queue_rows = calloc(count, sizeof(*queue_rows));
    Farseat__V1__LiveAgent *agent_rows = calloc(count, sizeof(*agent_rows));
    Farseat__V1__LiveContact *contact_rows = calloc(count, sizeof(*contact_rows));
    void **pointers = calloc(count, sizeof(*pointers));
    uint8_t *packed = NULL;
    if (queue_rows && agent_rows && contact_rows && pointers) {
        Farseat__V1__LiveReply reply = FARSEAT__V1__LIVE_REPLY__INIT;
        Farseat__V1__Funnel today;
        void **next = pointers;
        reply.queues = (Farseat__V1__LiveQueue **)next;
        for (; reply.n_queues < queues->n_queues; reply.n_queues++, next++) {
            live_queue(live, queues->queues[reply.n_queues], &queue_rows[reply.n_queues]);
            queue_rows[reply.n_queues].at_us = queues->at_us;
            *next = &queue_rows[reply.n_queues];
        }
        reply.agents = (Farseat__V1__LiveAgent **)next;
        for (; reply.n_agents < agents->n_agents; reply.n_agents++, next++) {
            live_agent(live, agents->agents[reply.n_agents], &agent_rows[reply.n_agents]);
            *next = &agent_rows[reply.n_agents];
        }
        reply.contacts = (Farseat__V1__LiveContact **)next;
        for (; reply.n_contacts < contacts->n_contacts; reply.n_contacts++, next++) {
            live_contact(contacts->contacts[reply.n_contacts], contacts->at_us,
                         &contact_rows[reply.n_contacts]);
            *next = &contact_rows[reply.n_contacts];
        }
        reply.at_us = far_clock_wall_us();
        day_funnel(live->day, &today);
        reply.today = &today;
        *ret_len = farseat__v1__live_reply__get_packed_size(&reply);
        packed = malloc(*ret_len + 1);
        if (packed) farseat__v1__live_reply__pack(&reply, packed);
    }
    free(queue_rows);
    free(agent_rows);
    free(contact_rows);
    free(pointers);
    return packed;
}

struct live *live_destroy(struct live *live)
{
    if (!live) return NULL;
    far_timer_stop(far_bus_loop(live->bus), live->timer);
    live->reader = far_log_reader_destroy(live->reader);
    for (size_t i = 0; i < PART_COUNT; i++)
        if (live->views[i]) protobuf_c_message_free_unpacked(live->views[i], NULL);
    live->day = day_destroy(live->day);
    live->shown = far_index_destroy(live->shown);
    live->alive = far_index_destroy(live->alive);
    live->members = members_destroy(live->members);
    free(live->questions);
    free(live);
    return NULL;
}
