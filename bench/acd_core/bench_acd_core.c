/* SPDX-License-Identifier: Apache-2.0 */
/* How many inputs a second the ACD's core takes: a log of whole calls (1000 agents, 10 queues) is made by
 * running a centre, then applied again from its bytes. The reference is the same loop without the core:
 * reading each input from its bytes. */
#include "row.h"
#include "world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AGENTS  1000
#define QUEUES  10
#define CALLS   20000
#define AT_ONCE 300
#define ROUNDS  3

struct log {
    uint8_t *bytes;
    size_t len, capacity;
    size_t count;
};
struct entry { /* followed by its bytes */
    int64_t stamp_us;
    uint64_t position, len;
};

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void note_input(struct world *world, const Farseat__V1__AcdInput *input)
{
    struct log *log = world->context;
    struct entry entry = {.stamp_us = world->now_us, .position = world->position};
    entry.len = farseat__v1__acd_input__get_packed_size(input);
    size_t need = sizeof(entry) + entry.len;
    if (log->len + need > log->capacity) {
        log->capacity = (log->capacity + need) * 2;
        log->bytes = realloc(log->bytes, log->capacity);
        if (!log->bytes) bench_die("no memory for the log");
    }
    memcpy(log->bytes + log->len, &entry, sizeof(entry));
    (void)farseat__v1__acd_input__pack(input, log->bytes + log->len + sizeof(entry));
    log->len += need;
    log->count++;
}

/* Nine more queues, each with a number and a flow; every agent is eligible for two to six of them. */
static void add_queues(Farseat__V1__CentreConfig *config)
{
    static char queue_ids[QUEUES][16], numbers[QUEUES][16], flow_ids[QUEUES][16];
    static Farseat__V1__Queue queues[QUEUES];
    static Farseat__V1__SkillLevel needs[QUEUES], *need_rows[QUEUES];
    static Farseat__V1__Flow flows[QUEUES];
    static Farseat__V1__FlowNode nodes[QUEUES], *node_rows[QUEUES];
    static Farseat__V1__FlowQueue bodies[QUEUES];
    static Farseat__V1__DialledNumber rows[QUEUES];
    static Farseat__V1__Queue *queue_rows[QUEUES + 2];
    static Farseat__V1__Flow *flow_rows[QUEUES + 3];
    static Farseat__V1__DialledNumber *number_rows[QUEUES + 3];
    memcpy(queue_rows, config->queues, config->n_queues * sizeof(*queue_rows));
    memcpy(flow_rows, config->flows, config->n_flows * sizeof(*flow_rows));
    memcpy(number_rows, config->numbers, config->n_numbers * sizeof(*number_rows));
    for (int i = 0; i < QUEUES - 2; i++) {
        (void)snprintf(queue_ids[i], 16, "queue-%d", i);
        (void)snprintf(flow_ids[i], 16, "flow-%d", i);
        (void)snprintf(numbers[i], 16, "2000%d", i);
        queues[i] = *config->queues[0];
        farseat__v1__skill_level__init(&needs[i]);
        needs[i].skill = config->skills[i % 2]->id, needs[i].level = 1 + (uint32_t)i / 2;
        need_rows[i] = &needs[i];
        queues[i].id = queue_ids[i], queues[i].skills = &need_rows[i], queues[i].n_skills = 1;
        farseat__v1__flow_queue__init(&bodies[i]);
        farseat__v1__flow_node__init(&nodes[i]);
        farseat__v1__flow__init(&flows[i]);
        farseat__v1__dialled_number__init(&rows[i]);
        bodies[i].queue = queue_ids[i];
        nodes[i].id = queue_ids[i], nodes[i].queue = &bodies[i];
        nodes[i].kind_case = FARSEAT__V1__FLOW_NODE__KIND_QUEUE;
        node_rows[i] = &nodes[i];
        flows[i].id = flow_ids[i], flows[i].start = queue_ids[i], flows[i].nodes = &node_rows[i],
        flows[i].n_nodes = 1;
        rows[i].number = numbers[i], rows[i].flow = flow_ids[i];
        queue_rows[config->n_queues + (size_t)i] = &queues[i];
        flow_rows[config->n_flows + (size_t)i] = &flows[i];
        number_rows[config->n_numbers + (size_t)i] = &rows[i];
    }
    config->queues = queue_rows, config->n_queues += QUEUES - 2;
    config->flows = flow_rows, config->n_flows += QUEUES - 2;
    config->numbers = number_rows, config->n_numbers += QUEUES - 2;
}

static void configure(struct world *world)
{
    Farseat__V1__CentreConfig *config = world_config(AGENTS);
    void *lists[3] = {config->queues, config->flows, config->numbers};
    size_t counts[3] = {config->n_queues, config->n_flows, config->n_numbers};
    add_queues(config);
    if (!world_configure(world, config))
        bench_die("the configuration is refused: %s", world->out.verdict.text);
    config->queues = lists[0], config->n_queues = counts[0];
    config->flows = lists[1], config->n_flows = counts[1];
    config->numbers = lists[2], config->n_numbers = counts[2];
    farseat__v1__centre_config__free_unpacked(config, NULL);
}

/* The agent's leg rings, is answered, the bridge comes up. */
static void connect_caller(struct world *world, struct world_leg *caller)
{
    struct world_leg *phone = NULL;
    for (size_t i = 0; i < world->legs_top && !phone; i++) {
        struct world_leg *leg = &world->legs[i];
        if (leg->state == WORLD_DIALLING && strcmp(leg->contact, caller->contact) == 0) phone = leg;
    }
    if (!phone) bench_die("nobody was free");
    world_ring(world, phone);
    world_run(world);
    world->now_us += 2000;
    world_answer(world, phone);
    world_run(world);
}

static void finish(struct world *world, struct world_leg *caller)
{
    char agent[64] = "";
    for (size_t i = 0; i < world->legs_top; i++)
        if (world->legs[i].state == WORLD_UP && strcmp(world->legs[i].id, caller->peer) == 0)
            memcpy(agent, world->legs[i].agent, sizeof(agent));
    world_end(world, caller, "hangup", true);
    world_run(world);
    if (!world_end_work(world, agent)) bench_die("%s has no after-call work", agent);
}

static enum far_err put(void *context, const void *data, size_t len)
{
    struct log *snapshot = context;
    if (snapshot->len + len > snapshot->capacity) {
        snapshot->capacity = (snapshot->capacity + len) * 2;
        snapshot->bytes = realloc(snapshot->bytes, snapshot->capacity);
        if (!snapshot->bytes) return FAR_ENOMEM;
    }
    memcpy(snapshot->bytes + snapshot->len, data, len);
    snapshot->len += len;
    return FAR_OK;
}

static enum far_err get(void *context, void *data, size_t len)
{
    struct log *snapshot = context; /* count: how far it was read */
    if (len > snapshot->len - snapshot->count) return FAR_EPROTO;
    memcpy(data, snapshot->bytes + snapshot->count, len);
    snapshot->count += len;
    return FAR_OK;
}

static void everybody_ready(struct world *world)
{
    for (uint32_t i = 0; i < AGENTS; i++) {
        char agent[32], phone[16];
        (void)snprintf(agent, sizeof(agent), "agent-%u", i + 1);
        (void)snprintf(phone, sizeof(phone), "%u", 8001 + i);
        world_phone(world, (int)(i % 2), phone, true);
        world_run(world);
        if (!world_login(world, agent, "") || !world_ready(world, agent))
            bench_die("%s cannot log in", agent);
    }
}

static void make_log(const struct acd_limits *limits, struct log *snapshot, struct log *log)
{
    struct world_leg *callers[AT_ONCE] = {NULL};
    struct world *world = world_create(limits, 3);
    uint64_t first, last;
    world->unchecked = world->keep_no_records = true;
    configure(world);
    everybody_ready(world);
    if (acd_snapshot_write(world->acd, &(struct acd_sink){.write = put, .context = snapshot}) != FAR_OK)
        bench_die("no snapshot");
    world->after = note_input;
    world->context = log;
    for (uint32_t i = 0; i < CALLS; i++) {
        char number[16];
        (void)snprintf(number, sizeof(number), "2000%u", i * 7 % (QUEUES - 2));
        if (callers[i % AT_ONCE]) finish(world, callers[i % AT_ONCE]);
        world->now_us += 10000;
        callers[i % AT_ONCE] = world_call(world, (int)(i % 2), number);
        connect_caller(world, callers[i % AT_ONCE]);
        acd_record_range(world->acd, &first, &last);
        if (last - first > 200) (void)world_stored(world, last);
    }
    world_destroy(world);
}

/* acd: NULL: only reading the bytes. @return seconds. */
static double apply_all(const struct log *log, struct acd *acd, struct acd_output *out)
{
    double began_s = now_s();
    for (size_t at = 0; at < log->len;) {
        struct entry entry;
        memcpy(&entry, log->bytes + at, sizeof(entry));
        Farseat__V1__AcdInput *input =
            farseat__v1__acd_input__unpack(NULL, entry.len, log->bytes + at + sizeof(entry));
        if (!input) bench_die("an input does not unpack");
        if (acd && acd_apply(acd, input, entry.position, entry.stamp_us, out) != FAR_OK)
            bench_die("not applied");
        farseat__v1__acd_input__free_unpacked(input, NULL);
        at += sizeof(entry) + entry.len;
    }
    return now_s() - began_s;
}

int main(void)
{
    static const struct acd_limits limits = {.agents_max = AGENTS,
                                             .contacts_max = 1000,
                                             .queues_max = QUEUES,
                                             .legs_max = 3000,
                                             .records_max = 20000};
    struct log snapshot = {0}, log = {0};
    struct acd_output out;
    struct acd_stats stats;
    double core_s[ROUNDS], parse_s[ROUNDS];
    char conditions[256];
    if (acd_output_init(&out, &limits) != FAR_OK) bench_die("no memory");
    make_log(&limits, &snapshot, &log);
    for (int round = 0; round < ROUNDS; round++) {
        struct acd *acd = NULL;
        snapshot.count = 0;
        if (acd_snapshot_read(&limits, &(struct acd_source){.read = get, .context = &snapshot}, &acd) !=
            FAR_OK)
            bench_die("the snapshot is refused");
        core_s[round] = apply_all(&log, acd, &out);
        acd_stats(acd, &stats);
        if (stats.answered != CALLS || stats.duplicates || stats.refused)
            bench_die("the calls went otherwise");
        acd_destroy(acd);
        parse_s[round] = apply_all(&log, NULL, NULL);
    }
    (void)snprintf(conditions, sizeof(conditions),
                   "%d agents, %d queues, %d whole calls, %d at once, %zu inputs, one thread, by its CPU time, median of %d, %.0f to %.0f",
                   AGENTS, QUEUES, CALLS, AT_ONCE, log.count, ROUNDS,
                   (double)log.count / bench_quantile(core_s, ROUNDS, 1),
                   (double)log.count / bench_quantile(core_s, ROUNDS, 0));
    bench_row_print(&(struct bench_row){.name = "acd.core.inputs",
                                        .unit = "1/s",
                                        .value = (double)log.count / bench_median(core_s, ROUNDS),
                                        .reference = "reading the same inputs from their bytes",
                                        .reference_value = (double)log.count / bench_median(parse_s, ROUNDS),
                                        .conditions = conditions});
    acd_output_done(&out);
    free(snapshot.bytes);
    free(log.bytes);
    return 0;
}
