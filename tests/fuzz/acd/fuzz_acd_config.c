/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that claim to be a CentreConfig. What is taken must carry calls; what is refused must leave the
 * former one in force and say why. */
#include "world.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct acd_limits LIMITS = {
    .agents_max = 8, .contacts_max = 8, .queues_max = 4, .legs_max = 20, .records_max = 600};

static void call_everybody(struct world *world)
{
    const Farseat__V1__CentreConfig *config = acd_config(world->acd);
    for (size_t i = 0; i < config->n_agents && i < 8; i++) {
        if (config->agents[i]->phone[0] == '\0') continue;
        world_phone(world, 0, config->agents[i]->phone, true);
        world_run(world);
        if (world_login(world, config->agents[i]->id, "")) (void)world_ready(world, config->agents[i]->id);
    }
    for (size_t i = 0; i < config->n_numbers && i < 6; i++)
        (void)world_call(world, 0, config->numbers[i]->number);
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < world->legs_top; i++) {
            struct world_leg *leg = &world->legs[i];
            if (leg->state == WORLD_FREE) continue;
            if (leg->state == WORLD_DIALLING)
                world_answer(world, leg);
            else if (leg->collect[0])
                world_digits(world, leg, round % 3 ? "1" : "");
            else
                world_play_ends(world, leg);
        }
        world_run(world);
        world_pass(world, 2000);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[4096];
    Farseat__V1__CentreConfig *config = farseat__v1__centre_config__unpack(NULL, size, data);
    if (!config) return 0;
    struct world *world = world_create(&LIMITS, 3);
    world->keep_no_records = true;
    uint64_t version = acd_config_version(world->acd);
    bool good = acd_config_check(world->acd, config, text, sizeof(text)) == FAR_OK;
    if (good != (text[0] == '\0')) abort();
    bool taken = world_configure(world, config);
    if (!taken && acd_config_version(world->acd) != version) abort();
    if (!taken && world->out.verdict.text[0] == '\0') abort();
    if (taken && !good) abort();
    if (taken) call_everybody(world);
    world_destroy(world);
    farseat__v1__centre_config__free_unpacked(config, NULL);
    return 0;
}
