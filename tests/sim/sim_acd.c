/* SPDX-License-Identifier: Apache-2.0 */
/* sim_acd.c - runs the simulator over seeds; a failing seed is printed with the command that replays it. */
#include "far/hash64.h"
#include "far/str.h"
#include "sim.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PIECE_LEN 1000u /* of ConfigPut: small, so that there are several */

/* Both begin the log before anybody else may write: as the shell does. */
static void append_first(struct world *world, const char *producer, Farseat__V1__AcdInput *input,
                         uint64_t number)
{
    char incarnation[] = "00000000-0000-7000-8000-000000000001", name[16];
    far_str_copy(name, sizeof(name), producer);
    input->producer = name;
    input->producer_incarnation = incarnation;
    input->number = number;
    size_t len = farseat__v1__acd_input__get_packed_size(input);
    struct publication *publication = calloc(1, sizeof(*publication) + len);
    if (!publication) abort();
    farseat__v1__acd_input__pack(input, publication->data);
    publication->len = len;
    struct stream *log = &world->streams[STREAM_LOG];
    log->entries = realloc(log->entries, (log->len + 1) * sizeof(*log->entries));
    if (!log->entries) abort();
    struct stored *stored = &log->entries[log->len++];
    log->capacity = log->len;
    *stored = (struct stored){.stamp_us = sim_stamp_us(world), .data = malloc(len), .len = len};
    if (!stored->data) abort();
    memcpy(stored->data, publication->data, len);
    far_str_copy(stored->producer, sizeof(stored->producer), producer);
    free(publication);
}

static void begin_log(struct world *world)
{
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__LogCreated created = FARSEAT__V1__LOG_CREATED__INIT;
    char incarnation[FAR_ID_TEXT_SIZE];
    sim_new_id(world, incarnation);
    created.incarnation = incarnation;
    created.agents_max = 32;
    created.contacts_max = 100;
    created.queues_max = 8;
    created.legs_max = 400;
    created.records_max = 4000;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_LOG_CREATED;
    input.log_created = &created;
    append_first(world, "log", &input, 1);
}

static void put_config(struct world *world)
{
    char config_id[] = "config-1", by[] = "sim";
    size_t len = farseat__v1__centre_config__get_packed_size(world->config);
    uint8_t *bytes = malloc(len);
    if (!bytes) abort();
    farseat__v1__centre_config__pack(world->config, bytes);
    uint32_t index = 0;
    for (size_t at = 0; at < len; at += PIECE_LEN, index++) {
        Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
        Farseat__V1__ConfigPut put = FARSEAT__V1__CONFIG_PUT__INIT;
        put.config_id = config_id;
        put.index = index;
        put.piece.data = bytes + at;
        put.piece.len = len - at < PIECE_LEN ? len - at : PIECE_LEN;
        input.body_case = FARSEAT__V1__ACD_INPUT__BODY_CONFIG_PUT;
        input.config_put = &put;
        append_first(world, "acd-0", &input, index + 1);
    }
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__ConfigCommit commit = FARSEAT__V1__CONFIG_COMMIT__INIT;
    commit.config_id = config_id;
    commit.count = index;
    commit.hash = far_hash64(bytes, len, 0);
    commit.by = by;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_CONFIG_COMMIT;
    input.config_commit = &commit;
    append_first(world, "acd-0", &input, index + 1);
    free(bytes);
}

static struct world *world_create(const struct sim_options *options)
{
    struct world *world = calloc(1, sizeof(*world));
    if (!world) abort();
    world->options = *options;
    far_rand_init(&world->rand, options->seed);
    world->wall_us = 1764000000000000LL;
    world->faults = !options->calm;
    world->arrivals = true;
    for (int i = 0; i < STREAM_KINDS; i++)
        if (stream_init(&world->streams[i]) != FAR_OK) abort();
    if (far_index_create(1u << 16, 0, 0, &world->hashes) != FAR_OK) abort();
    if (far_arena_init(&world->arena, 4u << 20) != FAR_OK) abort();
    world->config = people_config();
    if (!world->config) abort();
    return world;
}

static void world_destroy(struct world *world)
{
    world->faults = false;
    for (uint32_t i = 0; i < SIM_REPLICAS; i++)
        process_kill(world, i);
    for (uint32_t i = 0; i < SIM_EDGES; i++)
        edge_kill(world, i);
    for (size_t i = 0; i < world->heap_len; i++) {
        free(world->heap[i]->data);
        free(world->heap[i]);
    }
    free(world->heap);
    free(world->asks);
    for (int i = 0; i < STREAM_KINDS; i++)
        stream_done(&world->streams[i]);
    far_index_destroy(world->hashes);
    far_arena_done(&world->arena);
    farseat__v1__centre_config__free_unpacked(world->config, NULL);
    free(world);
}

static void heal(struct world *world)
{
    world->faults = false;
    world->arrivals = false;
    for (uint32_t i = 0; i < world->options.replicas; i++)
        if (!world->processes[i].alive) process_start(world, i);
    for (uint32_t i = 0; i < SIM_EDGES; i++)
        if (!world->edges[i].alive) edge_start(world, i);
}

static bool run_seed(const struct sim_options *options, struct sim_counts *total)
{
    struct world *world = world_create(options);
    begin_log(world);
    put_config(world);
    for (uint32_t i = 0; i < options->replicas; i++)
        process_start(world, i);
    for (uint32_t i = 0; i < SIM_EDGES; i++)
        edge_start(world, i);
    people_start(world);
    exporter_start(world);
    if (!options->calm) faults_start(world);
    while (world->now_ms < (uint64_t)options->minutes * 60000 && sim_step(world))
        ;
    heal(world);
    check_end(world);
    bool ok = !world->failed;
    const uint64_t *from = (const uint64_t *)&world->counts;
    uint64_t *to = (uint64_t *)total;
    for (size_t i = 0; i < sizeof(*total) / sizeof(uint64_t); i++)
        to[i] += from[i];
    if (!ok)
        printf("seed %llu FAILED %s\n  replay: sim_acd --seed %llu --minutes %u --replicas %u%s --verbose\n",
               (unsigned long long)options->seed, world->failure, (unsigned long long)options->seed,
               options->minutes, options->replicas, options->calm ? " --calm" : "");
    world_destroy(world);
    return ok;
}

static int usage(void)
{
    fprintf(stderr,
            "usage: sim_acd [--seed N | --seeds COUNT [--from N]] [--minutes M] [--replicas 1..3] [--calm] "
            "[--verbose]\n");
    return 2;
}

int main(int argc, char **argv)
{
    struct sim_options options = {.seed = 1, .minutes = 4, .replicas = 3};
    uint64_t count = 1, value;
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        if (strcmp(name, "--verbose") == 0) {
            options.verbose = true;
            continue;
        }
        if (strcmp(name, "--calm") == 0) {
            options.calm = true;
            continue;
        }
        if (i + 1 >= argc || far_str_u64(argv[++i], UINT64_MAX, &value) != FAR_OK) return usage();
        if (strcmp(name, "--seed") == 0 || strcmp(name, "--from") == 0)
            options.seed = value;
        else if (strcmp(name, "--seeds") == 0)
            count = value;
        else if (strcmp(name, "--minutes") == 0 && value > 0 && value <= 600)
            options.minutes = (uint32_t)value;
        else if (strcmp(name, "--replicas") == 0 && value > 0 && value <= SIM_REPLICAS)
            options.replicas = (uint32_t)value;
        else
            return usage();
    }
    struct sim_counts total = {0};
    uint64_t failed = 0;
    clock_t began = clock();
    for (uint64_t i = 0; i < count && failed < 5; i++, options.seed++)
        failed += !run_seed(&options, &total);
    double seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
    printf("%llu seeds, %llu failed: %llu steps, %llu inputs, %llu calls, %llu commands, %llu facts, %llu "
           "acts, %llu kills, "
           "%llu stalls, %llu cuts, %llu restores in %.1f s\n",
           (unsigned long long)count, (unsigned long long)failed, (unsigned long long)total.steps,
           (unsigned long long)total.inputs, (unsigned long long)total.calls,
           (unsigned long long)total.commands, (unsigned long long)total.facts,
           (unsigned long long)total.acts, (unsigned long long)total.kills, (unsigned long long)total.stalls,
           (unsigned long long)total.cuts, (unsigned long long)total.restores, seconds);
    return failed ? 1 : 0;
}
