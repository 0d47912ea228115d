/* SPDX-License-Identifier: Apache-2.0 */
#include "directory.h"
#include "centre.h"
#include "farseat/v1/api_gateway.pb-c.h"
#include <stdio.h>
#include <stdlib.h>

/* A list of things with an id and a name, as Named ones that point into the configuration. */
#define NAMED(list, id_field)                                                                                \
    static bool list##_take(const Farseat__V1__CentreConfig *config, Farseat__V1__DirectoryReply *reply)     \
    {                                                                                                        \
        size_t count = config->n_##list;                                                                     \
        Farseat__V1__Named *rows = count ? calloc(count, sizeof(*rows)) : NULL;                              \
        reply->list = count ? calloc(count, sizeof(reply->list[0])) : NULL;                                  \
        if (count && (!rows || !reply->list)) {                                                              \
            free(rows);                                                                                      \
            free(reply->list);                                                                               \
            reply->list = NULL;                                                                              \
            return false;                                                                                    \
        }                                                                                                    \
        for (size_t i = 0; i < count; i++) {                                                                 \
            farseat__v1__named__init(&rows[i]);                                                              \
            rows[i].id = config->list[i]->id_field;                                                          \
            rows[i].name = config->list[i]->name;                                                            \
            reply->list[i] = &rows[i];                                                                       \
        }                                                                                                    \
        reply->n_##list = count;                                                                             \
        return true;                                                                                         \
    }
NAMED(queues, id)
NAMED(reasons, id)
NAMED(dispositions, id)
NAMED(sites, id)
NAMED(business_types, id)
NAMED(teams, id)
NAMED(numbers, number)
NAMED(flows, id)

static bool agents_take(const Farseat__V1__CentreConfig *config, Farseat__V1__DirectoryReply *reply)
{
    size_t count = config->n_agents;
    Farseat__V1__DirectoryAgent *rows = count ? calloc(count, sizeof(*rows)) : NULL;
    reply->agents = count ? calloc(count, sizeof(reply->agents[0])) : NULL;
    if (count && (!rows || !reply->agents)) {
        free(rows);
        free(reply->agents);
        reply->agents = NULL;
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const Farseat__V1__Agent *agent = config->agents[i];
        farseat__v1__directory_agent__init(&rows[i]);
        rows[i].id = agent->id;
        rows[i].name = agent->name;
        rows[i].team = agent->team;
        rows[i].site = agent->site;
        rows[i].phone = agent->phone;
        rows[i].queues = agent->queues;
        rows[i].n_queues = agent->n_queues;
        reply->agents[i] = &rows[i];
    }
    reply->n_agents = count;
    return true;
}

/* The rows of a list are one piece: its first one's. */
#define LIST_FREE(list)                                                                                      \
    do {                                                                                                     \
        if (reply->n_##list) free(reply->list[0]);                                                           \
        free(reply->list);                                                                                   \
    } while (0)

static void reply_free(Farseat__V1__DirectoryReply *reply)
{
    LIST_FREE(queues);
    LIST_FREE(agents);
    LIST_FREE(reasons);
    LIST_FREE(dispositions);
    LIST_FREE(sites);
    LIST_FREE(business_types);
    LIST_FREE(teams);
    LIST_FREE(numbers);
    LIST_FREE(flows);
}

void directory_get(struct exchange *exchange)
{
    static const Farseat__V1__CentreConfig none = FARSEAT__V1__CENTRE_CONFIG__INIT;
    const struct centre *centre = exchange->api->centre;
    const Farseat__V1__CentreConfig *config = centre_config(centre);
    Farseat__V1__DirectoryReply reply = FARSEAT__V1__DIRECTORY_REPLY__INIT;
    char tag[64];
    if (!config && centre_hash(centre)[0] == '\0') {
        exchange_fail(exchange, FAR_EUNAVAILABLE, "the ACD has not answered yet: try again in a moment");
        return;
    }
    if (!config) config = &none;
    reply.version = centre_version(centre);
    if (config->centre) {
        reply.centre = config->centre->name;
        reply.time_zone = config->centre->time_zone;
    }
    bool good = queues_take(config, &reply) && agents_take(config, &reply) && reasons_take(config, &reply) &&
                dispositions_take(config, &reply) && sites_take(config, &reply) &&
                business_types_take(config, &reply) && teams_take(config, &reply) &&
                numbers_take(config, &reply) && flows_take(config, &reply);
    reply.queue_settings = config->queues;
    reply.n_queue_settings = config->n_queues;
    reply.targets = config->targets;
    reply.n_targets = config->n_targets;
    (void)snprintf(tag, sizeof(tag), "\"%llu-%.20s\"", (unsigned long long)reply.version,
                   centre_hash(centre));
    if (good)
        exchange_reply_tagged(exchange, &reply.base, tag);
    else
        exchange_fail(exchange, FAR_ENOMEM, NULL);
    reply_free(&reply);
}
