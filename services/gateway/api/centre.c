/* SPDX-License-Identifier: Apache-2.0 */
#include "centre.h"
#include "far/log.h"
#include "far/loop.h"
#include "far/stream.h"
#include "far/tables.h"
#include "farseat/v1/api_acd.pb-c.h"
#include "farseat/v1/fact.pb-c.h"
#include <stdlib.h>
#include <string.h>

#define ANSWER_MS 5000
#define RETRY_MS  500
#define FACTS     "far.evt.site.config"

struct centre {
    struct far_bus *bus;
    struct far_log_reader *facts;
    Farseat__V1__ConfigReply *reply;
    uint64_t wanted; /* the newest version that was heard of */
    uint64_t timer, question;
    bool due, asking, facts_lost;
    void (*watch_fn)(void *ctx);
    void *watch_ctx;
};

static void ask(struct centre *centre);

static void answered(void *ctx, const struct far_bus_answer *answer)
{
    struct centre *centre = ctx;
    centre->asking = false;
    if (answer->err != FAR_OK) return; /* the timer asks again */
    ProtobufCMessage *copy = NULL;
    if (far_bus_unpack(&farseat__v1__config_reply__descriptor, answer->msg, &copy) != FAR_OK) return;
    const Farseat__V1__ConfigReply *next = (const Farseat__V1__ConfigReply *)copy;
    bool another = !centre->reply || centre->reply->version != next->version ||
                   strcmp(centre->reply->hash, next->hash) != 0;
    if (centre->reply) farseat__v1__config_reply__free_unpacked(centre->reply, NULL);
    centre->reply = (Farseat__V1__ConfigReply *)copy;
    if (another && centre->watch_fn) centre->watch_fn(centre->watch_ctx);
    /* a replica that is behind answers with what was before: asked again by the timer */
    if (centre->reply->version >= centre->wanted) centre->due = false;
    FAR_DEBUG("centre-known", "version=%llu", (unsigned long long)centre->reply->version);
}

static void ask(struct centre *centre)
{
    if (centre->asking) return;
    const struct far_method_row *row = &far_method_rows[FAR_METHOD_acd_ConfigGet];
    const struct far_bus_question question = {.subject = row->subject,
                                              .data = "",
                                              .reply_type = row->reply,
                                              .timeout_ms = ANSWER_MS,
                                              .fn = answered,
                                              .ctx = centre};
    centre->asking = far_bus_ask(centre->bus, &question, &centre->question) == FAR_OK;
}

static void fact_came(void *ctx, const struct far_stream_entry *entry)
{
    struct centre *centre = ctx;
    Farseat__V1__Fact *fact = farseat__v1__fact__unpack(NULL, entry->data_len, entry->data);
    if (!fact) return;
    if (fact->body_case == FARSEAT__V1__FACT__BODY_CONFIG_APPLIED) {
        centre->wanted = fact->config_applied->version;
        centre->due = true;
        ask(centre);
    }
    farseat__v1__fact__free_unpacked(fact, NULL);
}

static void facts_event(void *ctx, enum far_log_event event, uint64_t seq)
{
    (void)seq;
    struct centre *centre = ctx;
    if (event == FAR_LOG_AHEAD) centre->facts_lost = true; /* the stream was made anew: so is the reader */
}

static void facts_read(struct centre *centre)
{
    const struct far_log_reader_config config = {.stream = FAR_STREAM_FACTS,
                                                 .filter = FACTS,
                                                 .start = FAR_LOG_FROM_END,
                                                 .entry_fn = fact_came,
                                                 .event_fn = facts_event,
                                                 .ctx = centre};
    centre->facts = far_log_reader_destroy(centre->facts);
    centre->facts_lost = far_log_reader_create(centre->bus, &config, &centre->facts) != FAR_OK;
}

static void bus_changed(void *ctx, enum far_bus_state state)
{
    struct centre *centre = ctx;
    if (state != FAR_BUS_CONNECTED) return;
    centre->wanted = 0; /* the log may be another one, which counts anew */
    centre->due = true;
    ask(centre);
}

static void look(void *arg, uint64_t timer)
{
    (void)timer;
    struct centre *centre = arg;
    if (centre->facts_lost) {
        facts_read(centre);
        centre->wanted = 0;
        centre->due = true;
    }
    if (centre->due) ask(centre);
}

enum far_err centre_create(struct far_bus *bus, struct centre **ret_centre)
{
    struct centre *centre = calloc(1, sizeof(*centre));
    if (!centre) return FAR_ENOMEM;
    centre->bus = bus;
    centre->due = true;
    enum far_err err = far_bus_add_state_fn(bus, bus_changed, centre);
    if (err == FAR_OK)
        err = far_timer_start(far_bus_loop(bus), RETRY_MS, RETRY_MS, look, centre, &centre->timer);
    if (err != FAR_OK) {
        centre_destroy(centre);
        return err;
    }
    facts_read(centre);
    ask(centre);
    *ret_centre = centre;
    return FAR_OK;
}

struct centre *centre_destroy(struct centre *centre)
{
    if (!centre) return NULL;
    far_bus_remove_state_fn(centre->bus, bus_changed, centre);
    far_timer_stop(far_bus_loop(centre->bus), centre->timer);
    if (centre->asking) far_bus_forget(centre->bus, centre->question);
    centre->facts = far_log_reader_destroy(centre->facts);
    if (centre->reply) farseat__v1__config_reply__free_unpacked(centre->reply, NULL);
    free(centre);
    return NULL;
}

const Farseat__V1__CentreConfig *centre_config(const struct centre *centre)
{
    return centre && centre->reply ? centre->reply->config : NULL;
}

uint64_t centre_version(const struct centre *centre)
{
    return centre && centre->reply ? centre->reply->version : 0;
}

const char *centre_hash(const struct centre *centre)
{
    return centre && centre->reply ? centre->reply->hash : "";
}

void centre_watch(struct centre *centre, void (*fn)(void *ctx), void *ctx)
{
    centre->watch_fn = fn;
    centre->watch_ctx = ctx;
}

const Farseat__V1__Agent *centre_agent(const struct centre *centre, const char *id)
{
    const Farseat__V1__CentreConfig *config = centre_config(centre);
    for (size_t i = 0; config && i < config->n_agents; i++)
        if (strcmp(config->agents[i]->id, id) == 0) return config->agents[i];
    return NULL;
}

const Farseat__V1__Phone *centre_phone(const struct centre *centre, const char *id)
{
    const Farseat__V1__CentreConfig *config = centre_config(centre);
    for (size_t i = 0; config && i < config->n_phones; i++)
        if (strcmp(config->phones[i]->id, id) == 0) return config->phones[i];
    return NULL;
}

const Farseat__V1__Site *centre_site(const struct centre *centre, const char *id)
{
    const Farseat__V1__CentreConfig *config = centre_config(centre);
    for (size_t i = 0; config && i < config->n_sites; i++)
        if (strcmp(config->sites[i]->id, id) == 0) return config->sites[i];
    return NULL;
}

static bool begins_with_echo(const Farseat__V1__CentreConfig *config, const char *flow_id)
{
    for (size_t i = 0; i < config->n_flows; i++) {
        const Farseat__V1__Flow *flow = config->flows[i];
        if (strcmp(flow->id, flow_id) != 0) continue;
        for (size_t j = 0; j < flow->n_nodes; j++)
            if (strcmp(flow->nodes[j]->id, flow->start) == 0)
                return flow->nodes[j]->kind_case == FARSEAT__V1__FLOW_NODE__KIND_ECHO;
    }
    return false;
}

const char *centre_echo_number(const struct centre *centre)
{
    const Farseat__V1__CentreConfig *config = centre_config(centre);
    for (size_t i = 0; config && i < config->n_numbers; i++)
        if (begins_with_echo(config, config->numbers[i]->flow)) return config->numbers[i]->number;
    return "";
}
