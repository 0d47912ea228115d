/* SPDX-License-Identifier: Apache-2.0 */
/* The one function, who may say what, and the memory that is reserved for all of it. */
#include "acd.h"
#include "state.h"
#include <stdlib.h>
#include <string.h>

#define STEP_US_MAX 1000000 /* time that one input can add */

/* --- memory --- */

enum far_err acd_limits_check(const struct acd_limits *limits, const char **ret_text)
{
    const char *text = NULL;
    if (limits->agents_max < 1 || limits->agents_max > 100000) text = "agents_max must be 1 to 100000";
    if (limits->contacts_max < 1 || limits->contacts_max > 100000) text = "contacts_max must be 1 to 100000";
    if (limits->queues_max < 1 || limits->queues_max > 1000) text = "queues_max must be 1 to 1000";
    if (limits->legs_max < 2 || limits->legs_max > 200000) text = "legs_max must be 2 to 200000";
    if (limits->records_max < 64 || limits->records_max > 1000000) text = "records_max must be 64 to 1000000";
    if (!text) return FAR_OK;
    *ret_text = text;
    return FAR_EINVAL;
}

void acd_limits_from(const Farseat__V1__LogCreated *created, struct acd_limits *ret_limits)
{
    ret_limits->agents_max = created->agents_max ? created->agents_max : 1000;
    ret_limits->contacts_max = created->contacts_max ? created->contacts_max : 1000;
    ret_limits->queues_max = created->queues_max ? created->queues_max : 100;
    ret_limits->legs_max = created->legs_max ? created->legs_max : 3000;
    ret_limits->records_max = created->records_max ? created->records_max : 20000;
}

static enum far_err create_pools(struct acd *acd)
{
    const struct acd_limits *limits = &acd->limits;
    size_t phones = (size_t)limits->agents_max * 2 + 256,
           contacts = (size_t)limits->contacts_max + ACD_CLOSED_MAX + 1;
    size_t segments = ((size_t)limits->contacts_max + 1) * SEGMENTS_MAX;
    const struct {
        struct far_pool *pool;
        size_t size, capacity;
    } rows[] = {
        {&acd->producers, sizeof(struct producer), ACD_PRODUCERS_MAX},
        {&acd->edges, sizeof(struct edge), ACD_EDGES_MAX},
        {&acd->phones, sizeof(struct phone), phones},
        {&acd->agents, sizeof(struct agent), (size_t)limits->agents_max + 1024},
        {&acd->queues, sizeof(struct queue), limits->queues_max},
        {&acd->legs, sizeof(struct leg), limits->legs_max},
        {&acd->contacts, sizeof(struct contact), contacts},
        {&acd->segments, sizeof(struct segment), segments},
        {&acd->commands, sizeof(struct command), (size_t)limits->legs_max * 8 + 1024},
    };
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++) {
        enum far_err err = far_pool_init(rows[i].pool, rows[i].size, rows[i].capacity);
        if (err != FAR_OK) return err;
    }
    return FAR_OK;
}

static enum far_err create_indexes(struct acd *acd)
{
    const struct {
        struct far_index **index;
        size_t capacity, text_max;
    } rows[] = {
        {&acd->producer_index, acd->producers.capacity, ACD_ID_TEXT_MAX},
        {&acd->edge_index, acd->edges.capacity, ACD_ID_TEXT_MAX},
        {&acd->phone_index, acd->phones.capacity, ACD_ID_TEXT_MAX},
        {&acd->agent_index, acd->agents.capacity, ACD_ID_TEXT_MAX},
        {&acd->queue_index, acd->queues.capacity, ACD_ID_TEXT_MAX},
        {&acd->leg_index, acd->legs.capacity, UUID_SIZE - 1},
        {&acd->contact_index, acd->contacts.capacity, UUID_SIZE - 1},
        {&acd->command_index, acd->commands.capacity, 0},
    };
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++) {
        enum far_err err =
            far_index_create(rows[i].capacity, rows[i].text_max, 0x6661727365617400, rows[i].index);
        if (err != FAR_OK) return err;
    }
    return FAR_OK;
}

static enum far_err create_rows(struct acd *acd)
{
    size_t agents = acd->agents.capacity, contacts = acd->contacts.capacity, queues = acd->queues.capacity;
    size_t sortable = agents > acd->commands.capacity ? agents : acd->commands.capacity;
    if (sortable < contacts) sortable = contacts;
    acd->queue_words = (uint32_t)((queues + 63) / 64);
    acd->timers = calloc(agents + contacts + acd->legs.capacity, sizeof(*acd->timers));
    acd->eligible = calloc(agents * acd->queue_words, sizeof(*acd->eligible));
    acd->dirty = calloc(acd->queue_words, sizeof(*acd->dirty));
    acd->order_ids = calloc(queues * (2 * contacts + agents), sizeof(*acd->order_ids));
    acd->sorted = calloc(sortable, 16);
    acd->scratch = malloc(RECORD_BYTES_MAX);
    bool good = acd->timers && acd->eligible && acd->dirty && acd->order_ids && acd->sorted && acd->scratch;
    return good ? acd_outbox_init(&acd->outbox, acd->limits.records_max) : FAR_ENOMEM;
}

static enum far_err create_configs(struct acd *acd)
{
    acd->config_bytes_max =
        ((size_t)256 << 10) + (size_t)acd->limits.agents_max * 768 + (size_t)acd->limits.queues_max * 2048;
    acd->config_now = CONFIG_SLOTS;
    acd->staging.bytes = malloc(acd->config_bytes_max);
    if (!acd->staging.bytes) return FAR_ENOMEM;
    for (size_t i = 0; i < CONFIG_SLOTS; i++) {
        acd->configs[i].bytes = malloc(acd->config_bytes_max);
        if (!acd->configs[i].bytes) return FAR_ENOMEM;
        enum far_err err = far_arena_init(&acd->configs[i].arena, acd->config_bytes_max * 8);
        if (err != FAR_OK) return err;
    }
    return FAR_OK;
}

enum far_err acd_create(const struct acd_limits *limits, struct acd **ret_acd)
{
    const char *text;
    if (acd_limits_check(limits, &text) != FAR_OK) return FAR_EINVAL;
    struct acd *acd = calloc(1, sizeof(*acd));
    if (!acd) return FAR_ENOMEM;
    acd->limits = *limits;
    acd->core_version = 1;
    enum far_err err = create_pools(acd);
    if (err == FAR_OK) err = create_indexes(acd);
    if (err == FAR_OK) err = create_rows(acd);
    if (err == FAR_OK) err = create_configs(acd);
    if (err != FAR_OK) {
        acd_destroy(acd);
        return err;
    }
    *ret_acd = acd;
    return FAR_OK;
}

struct acd *acd_destroy(struct acd *acd)
{
    if (!acd) return NULL;
    struct far_pool *pools[] = {&acd->producers, &acd->edges,    &acd->phones,   &acd->agents,  &acd->queues,
                                &acd->legs,      &acd->contacts, &acd->segments, &acd->commands};
    struct far_index *indexes[] = {acd->producer_index, acd->edge_index,   acd->phone_index,
                                   acd->agent_index,    acd->queue_index,  acd->leg_index,
                                   acd->contact_index,  acd->command_index};
    for (size_t i = 0; i < FAR_ARRAY_LEN(pools); i++)
        far_pool_done(pools[i]);
    for (size_t i = 0; i < FAR_ARRAY_LEN(indexes); i++)
        if (indexes[i]) far_index_destroy(indexes[i]);
    for (size_t i = 0; i < CONFIG_SLOTS; i++) {
        free(acd->configs[i].bytes);
        far_arena_done(&acd->configs[i].arena);
    }
    acd_outbox_done(&acd->outbox);
    free(acd->staging.bytes);
    free(acd->timers);
    free(acd->eligible);
    free(acd->dirty);
    free(acd->order_ids);
    free(acd->sorted);
    free(acd->scratch);
    free(acd);
    return NULL;
}

/* --- who says what --- */

static void leader_started(struct acd *acd, const Farseat__V1__AcdInput *input)
{
    acd->leader_position = acd->position;
    COPY(acd->leader, input->leader_started->replica);
}

static void core_version(struct acd *acd, const Farseat__V1__AcdInput *input)
{
    if (input->core_version->version >= acd->core_version)
        acd->core_version = input->core_version->version;
    else
        acd_fail(acd, FAR_ESTATE, "core version %u is in force: there is no way back", acd->core_version);
}

static void nothing(struct acd *acd, const Farseat__V1__AcdInput *input)
{
    (void)acd; /* a tick moves time, which is done already; a state hash is the shell's to compare */
    (void)input;
}

static void records_stored(struct acd *acd, const Farseat__V1__AcdInput *input)
{
    acd_outbox_stored(&acd->outbox, input->records_stored->number);
}

static void command_failed(struct acd *acd, const Farseat__V1__AcdInput *input)
{
    acd_command_failed(acd, input->command_failed);
}

enum from { FROM_ACD, FROM_EDGE };
#define BODY(name) FARSEAT__V1__ACD_INPUT__BODY_##name
static const struct {
    Farseat__V1__AcdInput__BodyCase body;
    enum from from;
    void (*handle)(struct acd *acd, const Farseat__V1__AcdInput *input);
} rows[] = {
    {BODY(LEADER_STARTED), FROM_ACD, leader_started},
    {BODY(CORE_VERSION), FROM_ACD, core_version},
    {BODY(TICK), FROM_ACD, nothing},
    {BODY(STATE_HASH), FROM_ACD, nothing},
    {BODY(RECORDS_STORED), FROM_ACD, records_stored},
    {BODY(COMMAND_FAILED), FROM_ACD, command_failed},
    {BODY(CONFIG_PUT), FROM_ACD, acd_config_put},
    {BODY(CONFIG_COMMIT), FROM_ACD, acd_config_commit},
    {BODY(EDGE_UNREACHABLE), FROM_ACD, acd_edge_unreachable},
    {BODY(EDGE_REACHABLE), FROM_ACD, acd_edge_reachable},
    {BODY(EDGE_LOST), FROM_ACD, acd_edge_lost},
    {BODY(AGENT_ACTION), FROM_ACD, acd_agent_action},
    {BODY(CONTACT_ACTION), FROM_ACD, acd_contact_action},
    {BODY(EDGE_STARTED), FROM_EDGE, acd_edge_started},
    {BODY(EDGE_DRAINING), FROM_EDGE, acd_edge_draining},
    {BODY(CALLS_REFUSED), FROM_EDGE, acd_calls_refused},
    {BODY(PHONE_BOUND), FROM_EDGE, acd_phone_bound},
    {BODY(PHONE_GONE), FROM_EDGE, acd_phone_gone},
    {BODY(LEG_INCOMING), FROM_EDGE, acd_leg_incoming},
    {BODY(LEG_RINGING), FROM_EDGE, acd_leg_input},
    {BODY(LEG_ANSWERED), FROM_EDGE, acd_leg_input},
    {BODY(LEG_ENDED), FROM_EDGE, acd_leg_input},
    {BODY(LEG_HOLD), FROM_EDGE, acd_leg_input},
    {BODY(LEG_REFERRED), FROM_EDGE, acd_leg_input},
    {BODY(PLAY_DONE), FROM_EDGE, acd_leg_input},
    {BODY(DIGITS_COLLECTED), FROM_EDGE, acd_leg_input},
    {BODY(BRIDGE_UP), FROM_EDGE, acd_leg_input},
    {BODY(BRIDGE_FAILED), FROM_EDGE, acd_leg_input},
    {BODY(BRIDGE_DOWN), FROM_EDGE, acd_leg_input},
    {BODY(RECORDING_STARTED), FROM_EDGE, acd_leg_input},
    {BODY(RECORDING_STOPPED), FROM_EDGE, acd_leg_input},
    {BODY(RECORDING_FAILED), FROM_EDGE, acd_leg_input},
};

static void refuse(struct acd *acd, const char *text)
{
    acd->out->outcome = ACD_REFUSED;
    acd->count.refused++;
    acd_fail(acd, FAR_EDENIED, "%s", text);
}

/* An edge speaks in its own name, begins each life with EdgeStarted, and only its present life is listened
 * to. */
static bool edge_may(struct acd *acd, const Farseat__V1__AcdInput *input)
{
    struct edge *edge = acd_edge_find(acd, input->producer);
    if (input->body_case == BODY(EDGE_STARTED)) {
        if (input->number == 1 && strcmp(input->edge_started->edge, input->producer) == 0) return true;
        refuse(acd, "EdgeStarted must be the first of an incarnation, and in the edge's own name");
        return false;
    }
    if (!edge || strcmp(edge->incarnation, input->producer_incarnation) != 0) {
        refuse(acd, "the edge has not said EdgeStarted");
        return false;
    }
    acd_edge_alive_if_lost(acd, edge);
    return true;
}

static void dispatch(struct acd *acd, const Farseat__V1__AcdInput *input)
{
    bool from_acd = strncmp(input->producer, "acd-", 4) == 0;
    size_t i = 0;
    while (i < FAR_ARRAY_LEN(rows) && rows[i].body != input->body_case)
        i++;
    if (i == FAR_ARRAY_LEN(rows)) {
        refuse(acd, "an input of this kind is not known here");
        return;
    }
    if ((rows[i].from == FROM_ACD) != from_acd) {
        refuse(acd, from_acd ? "only an edge may say this" : "only an ACD process may say this");
        return;
    }
    if (!from_acd && !edge_may(acd, input)) return;
    rows[i].handle(acd, input);
}

/* --- numbers --- */

static uint64_t incarnation_hash(const char *text)
{
    return far_hash64(text, strlen(text), 0);
}

static bool is_former(const struct producer *producer, const char *incarnation)
{
    uint64_t hash = incarnation_hash(incarnation);
    for (size_t i = 0; i < INCARNATIONS_MAX; i++)
        if (producer->former[i] == hash) return true;
    return false;
}

static struct producer *producer_new(struct acd *acd, const char *name)
{
    uint64_t self = 0;
    struct producer *producer = far_pool_new(&acd->producers, &self);
    if (!producer) return NULL;
    producer->self = self;
    COPY(producer->name, name);
    acd_index_put(acd->producer_index, producer->name, self);
    return producer;
}

static struct producer *producer_find(const struct acd *acd, const char *name)
{
    return acd_by_text(acd->producer_index, &acd->producers, name);
}

/* Whether the input is its producer's next. A new incarnation begins with 1 and ends the one before. */
static enum acd_outcome number_taken(struct acd *acd, const Farseat__V1__AcdInput *input)
{
    struct producer *producer = producer_find(acd, input->producer);
    if (!acd_id_valid(input->producer) || !acd_uuid_valid(input->producer_incarnation)) return ACD_REFUSED;
    if (producer && strcmp(producer->incarnation, input->producer_incarnation) == 0) {
        if (input->number <= producer->number) return ACD_DUPLICATE;
        if (input->number > producer->number + 1) return ACD_GAP;
        producer->number++;
        return ACD_APPLIED;
    }
    if (producer && is_former(producer, input->producer_incarnation)) return ACD_DUPLICATE;
    if (input->number != 1) return ACD_GAP;
    if (!producer) producer = producer_new(acd, input->producer);
    if (!producer) return ACD_REFUSED;
    if (producer->incarnation[0]) {
        producer->former[producer->former_next] = incarnation_hash(producer->incarnation);
        producer->former_next = (producer->former_next + 1) % INCARNATIONS_MAX;
    }
    COPY(producer->incarnation, input->producer_incarnation);
    producer->number = 1;
    return ACD_APPLIED;
}

uint64_t acd_producer_number(const struct acd *acd, const char *name, const char **ret_incarnation)
{
    const struct producer *producer = producer_find(acd, name);
    if (ret_incarnation) *ret_incarnation = producer ? producer->incarnation : "";
    return producer ? producer->number : 0;
}

/* --- applying --- */

static void count_outcome(struct acd *acd, enum acd_outcome outcome)
{
    acd->out->outcome = outcome;
    if (outcome == ACD_DUPLICATE) {
        acd->count.duplicates++;
        acd_fail(acd, FAR_EEXIST, "this input was taken before, or its incarnation is a former one");
    } else if (outcome == ACD_GAP) {
        acd->count.gaps++;
        acd_fail(acd, FAR_ECONFLICT, "an input before this one is missing");
    } else {
        refuse(acd, "producer or producer_incarnation is malformed, or there are too many producers");
    }
}

static void advance(struct acd *acd, uint64_t position, int64_t stamp_us)
{
    int64_t step_us = acd->position ? stamp_us - acd->stamp_us : 0;
    if (step_us < 0) step_us = 0;
    if (step_us > STEP_US_MAX) step_us = STEP_US_MAX;
    acd->now_us += step_us;
    acd->stamp_us = stamp_us;
    acd->position = position;
    acd->count.inputs++;
}

static enum far_err log_created(struct acd *acd, const Farseat__V1__AcdInput *input, uint64_t position,
                                int64_t stamp_us)
{
    struct acd_limits limits;
    if (acd->position || input->body_case != BODY(LOG_CREATED)) return FAR_EINVAL;
    acd_limits_from(input->log_created, &limits);
    if (memcmp(&limits, &acd->limits, sizeof(limits)) != 0) return FAR_ECONFLICT;
    if (far_id_parse(input->log_created->incarnation, &acd->incarnation) != FAR_OK) return FAR_EINVAL;
    far_id_format(&acd->incarnation, acd->incarnation_text);
    advance(acd, position, stamp_us);
    if (number_taken(acd, input) != ACD_APPLIED) count_outcome(acd, ACD_REFUSED);
    return FAR_OK;
}

enum far_err acd_apply(struct acd *acd, const Farseat__V1__AcdInput *input, uint64_t position,
                       int64_t stamp_us, struct acd_output *out)
{
    acd_output_reset(out);
    if (position <= acd->position || stamp_us < 0 || stamp_us > INT64_MAX / 2) return FAR_EINVAL;
    acd->out = out;
    enum far_err err = FAR_OK;
    if (acd->position == 0 || input->body_case == BODY(LOG_CREATED)) {
        err = log_created(acd, input, position, stamp_us);
    } else if (input->body_case == BODY(CORE_VERSION) && input->core_version->version > ACD_CORE_VERSION) {
        err = FAR_ESTATE;
    } else {
        advance(acd, position, stamp_us);
        enum acd_outcome outcome = number_taken(acd, input);
        if (outcome == ACD_APPLIED)
            dispatch(acd, input);
        else
            count_outcome(acd, outcome);
        acd_timers_run(acd);
        acd_commands_expire(acd);
        acd_match(acd);
        acd_agent_told_last(acd);
    }
    out->verdict.position = position;
    acd->out = NULL;
    return err;
}

/* --- what the shell asks --- */

uint64_t acd_position(const struct acd *acd)
{
    return acd->position;
}

const struct acd_limits *acd_limits(const struct acd *acd)
{
    return &acd->limits;
}

const char *acd_incarnation(const struct acd *acd)
{
    return acd->incarnation_text;
}

int64_t acd_time_us(const struct acd *acd)
{
    return acd->now_us;
}

int64_t acd_stamp_us(const struct acd *acd)
{
    return acd->stamp_us;
}

int64_t acd_next_deadline_us(const struct acd *acd)
{
    int64_t first_us = acd_timer_first_us(acd);
    if (first_us == INT64_MAX && acd->contacts_live == 0 && acd->commands.len == 0) return INT64_MAX;
    int64_t beat_us = acd->now_us + HEARTBEAT_US;
    return first_us < beat_us ? first_us : beat_us;
}

uint64_t acd_leader_position(const struct acd *acd)
{
    return acd->leader_position;
}

const char *acd_leader(const struct acd *acd)
{
    return acd->leader;
}

void acd_stats(const struct acd *acd, struct acd_stats *ret_stats)
{
    const struct counters *count = &acd->count;
    *ret_stats = (struct acd_stats){
        .contacts = acd->contacts_live,
        .legs = (uint32_t)acd->legs.len,
        .agents = (uint32_t)acd->agents.len,
        .queues = (uint32_t)acd->queues.len,
        .commands = (uint32_t)acd->commands.len,
        .records_unstored = acd->outbox.last + 1 - acd->outbox.first,
        .records_dropped = acd->outbox.dropped,
        .inputs = count->inputs,
        .duplicates = count->duplicates,
        .gaps = count->gaps,
        .refused = count->refused,
        .arrived = count->arrived,
        .calls_refused = count->calls_refused,
        .ivr_served = count->ivr_served,
        .ivr_abandoned = count->ivr_abandoned,
        .offered = count->offered,
        .answered = count->answered,
        .abandoned = count->abandoned,
        .overflowed = count->overflowed,
        .waiting = count->offered - count->answered - count->abandoned - count->overflowed,
        .core_version = acd->core_version,
    };
    for (uint64_t id = far_pool_next(&acd->agents, 0); id; id = far_pool_next(&acd->agents, id))
        if (acd_agent_get(acd, id)->state != AGENT_LOGGED_OUT) ret_stats->agents_logged_in++;
}
