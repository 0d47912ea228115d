/* SPDX-License-Identifier: Apache-2.0 */
#include "socket.h"
#include "far/buf.h"
#include "far/clock.h"
#include "far/index.h"
#include "far/json.h"
#include "far/log.h"
#include "far/str.h"
#include "farseat/v1/api_analytics.pb-c.h"
#include "farseat/v1/live.pb-c.h"
#include <stdlib.h>
#include <string.h>

#define CLIENTS_MAX 4096
#define SLOTS_MAX   32768 /* things that are shown: queues, agents, contacts, processes */
#define FRAME_BYTES (256 * 1024)
#define FLUSH_MS    100 /* changes are gathered so long: a frame a client, not one for each change */
#define LOGIN_MS    5000
#define LOOK_MS     1000

static const struct kind {
    const char *prefix, *name;
    const ProtobufCMessageDescriptor *type;
    enum permission permission; /* to see it */
} kinds[] = {
    {"far.live.queue.", "queues", &farseat__v1__live_queue__descriptor, PERMISSION_LIVE_READ},
    {"far.live.agent.", "agents", &farseat__v1__live_agent__descriptor, PERMISSION_LIVE_READ},
    {"far.live.contact.", "contacts", &farseat__v1__live_contact__descriptor, PERMISSION_LIVE_READ},
    {"far.live.service.", "services", &farseat__v1__live_service__descriptor, PERMISSION_SYSTEM_READ},
};

/* The newest state of one thing, as JSON. Slots are in the order of their last change: the list's end is the
 * newest. */
struct slot {
    char *text;
    uint64_t version;
    uint32_t before, after; /* place + 1; 0: none */
    uint8_t kind;
};
struct client {
    uint64_t id, opened_ms, seen; /* seen: every slot of this version or below was sent */
    bool known, asking, all_due;
    struct identity identity;
    char *all; /* LiveReply as JSON, when it has come */
};
struct live_sockets {
    struct api *api;
    struct far_bus_subscription *subscriptions[FAR_ARRAY_LEN(kinds)];
    struct far_index *places;  /* subject -> place in slots */
    struct far_index *clients; /* id -> place in client rows */
    struct slot slots[SLOTS_MAX];
    size_t slots_len;
    uint32_t oldest, newest;
    uint64_t version;
    struct client rows[CLIENTS_MAX]; /* clients_len of them, in no order */
    size_t clients_len;
    uint64_t timer, flush_timer;
    bool dirty; /* something changed since the last flush */
};

/* ---- the newest state ----------------------------------------------------------------------------- */

static void slot_unlink(struct live_sockets *sockets, struct slot *slot)
{
    if (slot->before)
        sockets->slots[slot->before - 1].after = slot->after;
    else if (sockets->oldest == (uint32_t)(slot - sockets->slots) + 1)
        sockets->oldest = slot->after;
    if (slot->after)
        sockets->slots[slot->after - 1].before = slot->before;
    else if (sockets->newest == (uint32_t)(slot - sockets->slots) + 1)
        sockets->newest = slot->before;
    slot->before = slot->after = 0;
}

static void slot_touch(struct live_sockets *sockets, struct slot *slot)
{
    uint32_t place = (uint32_t)(slot - sockets->slots) + 1;
    slot_unlink(sockets, slot);
    slot->version = ++sockets->version;
    slot->before = sockets->newest;
    if (sockets->newest)
        sockets->slots[sockets->newest - 1].after = place;
    else
        sockets->oldest = place;
    sockets->newest = place;
}

/* When the table is full it begins anew: clients then get the next change of everything. */
static struct slot *slot_of(struct live_sockets *sockets, const char *subject)
{
    uint64_t place = 0;
    if (far_index_get_text(sockets->places, subject, &place)) return &sockets->slots[place];
    if (sockets->slots_len == SLOTS_MAX) {
        for (size_t i = 0; i < SLOTS_MAX; i++)
            free(sockets->slots[i].text);
        memset(sockets->slots, 0, sizeof(sockets->slots));
        sockets->slots_len = 0;
        sockets->oldest = sockets->newest = 0;
        far_index_clear(sockets->places);
    }
    if (far_index_put_text(sockets->places, subject, sockets->slots_len) != FAR_OK) return NULL;
    return &sockets->slots[sockets->slots_len++];
}

static void flush(void *arg, uint64_t timer)
{
    (void)timer;
    struct live_sockets *sockets = arg;
    if (!sockets->dirty) return;
    sockets->dirty = false;
    for (size_t i = 0; i < sockets->clients_len; i++)
        if (sockets->rows[i].known && sockets->rows[i].seen < sockets->version)
            http_socket_want(sockets->api->http, sockets->rows[i].id);
}

static void state_came(void *ctx, const struct far_bus_msg *msg)
{
    struct live_sockets *sockets = ctx;
    size_t kind = 0;
    while (kind < FAR_ARRAY_LEN(kinds) && !far_str_starts(msg->subject, kinds[kind].prefix))
        kind++;
    ProtobufCMessage *message = NULL;
    char *text = NULL;
    if (kind == FAR_ARRAY_LEN(kinds) || far_bus_unpack(kinds[kind].type, msg, &message) != FAR_OK) return;
    struct slot *slot = slot_of(sockets, msg->subject);
    if (slot && far_json_print(message, FAR_JSON_DEFAULTS, &text) == FAR_OK) {
        bool same = slot->text && strcmp(slot->text, text) == 0;
        free(slot->text);
        slot->text = text;
        slot->kind = (uint8_t)kind;
        if (!same) slot_touch(sockets, slot);
    }
    protobuf_c_message_free_unpacked(message, NULL);
    sockets->dirty = true;
}

/* ---- clients -------------------------------------------------------------------------------------- */

static struct client *client_of(struct live_sockets *sockets, uint64_t id)
{
    uint64_t place = 0;
    return far_index_get(sockets->clients, id, &place) ? &sockets->rows[place] : NULL;
}

void live_socket_opened(void *ctx, uint64_t id, const struct http_request *request)
{
    (void)request;
    struct api *api = ctx;
    struct live_sockets *sockets = *api->sockets;
    if (!sockets || sockets->clients_len == CLIENTS_MAX ||
        far_index_put(sockets->clients, id, sockets->clients_len) != FAR_OK) {
        http_socket_close(api->http, id, 1013, "too many clients: try again later");
        return;
    }
    sockets->rows[sockets->clients_len++] = (struct client){.id = id, .opened_ms = far_clock_mono_ms()};
}

void live_socket_closed(void *ctx, uint64_t id)
{
    struct live_sockets *sockets = *((struct api *)ctx)->sockets;
    struct client *client = sockets ? client_of(sockets, id) : NULL;
    if (!client) return;
    free(client->all);
    (void)far_index_remove(sockets->clients, id);
    struct client *last = &sockets->rows[--sockets->clients_len];
    if (client != last) {
        *client = *last;
        /* there is room: one was just removed */
        if (far_index_put(sockets->clients, client->id, (uint64_t)(client - sockets->rows)) != FAR_OK)
            abort();
    }
    memset(last, 0, sizeof(*last));
}

/* A question of a client; the client may be gone when the answer comes. */
struct all_question {
    struct live_sockets *sockets;
    uint64_t id;
};

static void all_came(void *ctx, const struct far_bus_answer *answer)
{
    struct all_question *question = ctx;
    struct client *client = client_of(question->sockets, question->id);
    if (client) {
        client->asking = false;
        if (answer->err == FAR_OK &&
            far_json_print(answer->message, FAR_JSON_DEFAULTS, &client->all) == FAR_OK) {
            client->all_due = false;
            http_socket_want(question->sockets->api->http, client->id);
        } /* else the timer asks again */
    }
    free(question);
}

static void all_ask(struct live_sockets *sockets, struct client *client)
{
    const struct far_method_row *row = &far_method_rows[FAR_METHOD_analytics_LiveGet];
    struct all_question *asked = malloc(sizeof(*asked));
    if (!asked) return;
    *asked = (struct all_question){sockets, client->id};
    const struct far_bus_question question = {.subject = row->subject,
                                              .data = "",
                                              .data_len = 0,
                                              .reply_type = row->reply,
                                              .timeout_ms = 3000,
                                              .fn = all_came,
                                              .ctx = asked};
    client->asking = far_bus_ask(sockets->api->bus, &question, NULL) == FAR_OK;
    if (!client->asking) free(asked);
}

void live_socket_message(void *ctx, uint64_t id, const char *text, size_t len)
{
    struct live_sockets *sockets = *((struct api *)ctx)->sockets;
    struct client *client = sockets ? client_of(sockets, id) : NULL;
    if (!client) return; /* it is being closed */
    json_t *message = json_loadb(text, len, 0, NULL);
    const char *token = json_string_value(json_object_get(message, "token"));
    struct identity identity;
    if (!token || api_identify(sockets->api, token, &identity) != FAR_OK) {
        http_socket_close(sockets->api->http, id, 4401, "the first message is {\"token\": accessToken}");
    } else if (!permission_has(identity.permissions, PERMISSION_LIVE_READ)) {
        http_socket_close(sockets->api->http, id, 4403, "this needs the permission LIVE_READ");
    } else { /* also later: a renewed token prolongs the connection */
        bool first = !client->known;
        client->identity = identity;
        client->known = true;
        if (first) {
            client->seen = sockets->version;
            client->all_due = true;
            all_ask(sockets, client);
        }
    }
    json_decref(message);
}

/* The slots above `seen`, oldest change first, up to a frame's size. */
static void changes_write(struct live_sockets *sockets, struct client *client, struct far_buf *out)
{
    struct far_buf parts[FAR_ARRAY_LEN(kinds)];
    for (size_t i = 0; i < FAR_ARRAY_LEN(kinds); i++)
        far_buf_init(&parts[i], 2 * FRAME_BYTES);
    uint32_t place = sockets->newest;
    while (place && sockets->slots[place - 1].before &&
           sockets->slots[sockets->slots[place - 1].before - 1].version > client->seen)
        place = sockets->slots[place - 1].before;
    size_t bytes = 0;
    for (; place && bytes < FRAME_BYTES; place = sockets->slots[place - 1].after) {
        const struct slot *slot = &sockets->slots[place - 1];
        if (slot->version <= client->seen) continue;
        client->seen = slot->version;
        if (!permission_has(client->identity.permissions, kinds[slot->kind].permission)) continue;
        struct far_buf *part = &parts[slot->kind];
        if (part->len > 0) far_buf_add_text(part, ",");
        far_buf_add_text(part, slot->text);
        bytes += strlen(slot->text);
    }
    far_buf_add_text(out, "{");
    for (size_t i = 0; i < FAR_ARRAY_LEN(kinds); i++) {
        if (parts[i].len > 0)
            far_buf_addf(out, "%s\"%s\":[%s]", out->len > 1 ? "," : "", kinds[i].name, parts[i].data);
        far_buf_done(&parts[i]);
    }
    far_buf_add_text(out, "}");
}

void live_socket_writable(void *ctx, uint64_t id)
{
    struct live_sockets *sockets = *((struct api *)ctx)->sockets;
    struct client *client = sockets ? client_of(sockets, id) : NULL;
    if (!client || !client->known || client->all_due) return;
    struct far_buf out;
    far_buf_init(&out, 8 * 1024 * 1024);
    if (client->all) {
        far_buf_addf(&out, "{\"all\":%s}", client->all);
        free(client->all);
        client->all = NULL;
    } else if (client->seen < sockets->version) {
        changes_write(sockets, client, &out);
    }
    if (out.len > 2 && out.err == FAR_OK) http_socket_send(sockets->api->http, id, out.data, out.len);
    if (client->seen < sockets->version) http_socket_want(sockets->api->http, id);
    far_buf_done(&out);
}

void live_sockets_end(struct live_sockets *sockets, const char *session_id)
{
    for (size_t i = 0; i < sockets->clients_len; i++)
        if (sockets->rows[i].known && strcmp(sockets->rows[i].identity.session_id, session_id) == 0)
            http_socket_close(sockets->api->http, sockets->rows[i].id, 4401,
                              "the session has ended: log in again");
}

/* Clients that never logged in, or whose token has run out, are closed. */
static void look(void *arg, uint64_t timer)
{
    (void)timer;
    struct live_sockets *sockets = arg;
    uint64_t now_ms = far_clock_mono_ms();
    int64_t now_s = far_clock_wall_us() / 1000000;
    for (size_t i = 0; i < sockets->clients_len; i++) {
        struct client *client = &sockets->rows[i];
        if (!client->known && now_ms - client->opened_ms > LOGIN_MS)
            http_socket_close(sockets->api->http, client->id, 4401, "no token came: log in first");
        else if (client->known && client->identity.until_s <= now_s)
            http_socket_close(sockets->api->http, client->id, 4401,
                              "the token has expired: send a new one in time");
        else if (client->known && client->all_due && !client->asking)
            all_ask(sockets, client);
    }
}

enum far_err live_sockets_create(struct api *api, struct live_sockets **ret_sockets)
{
    struct live_sockets *sockets = calloc(1, sizeof(*sockets));
    if (!sockets) return FAR_ENOMEM;
    sockets->api = api;
    enum far_err err =
        far_index_create(SLOTS_MAX, FAR_BUS_SUBJECT_LEN_MAX, far_clock_mono_us(), &sockets->places);
    if (err == FAR_OK) err = far_index_create(CLIENTS_MAX, 0, far_clock_mono_us(), &sockets->clients);
    for (size_t i = 0; i < FAR_ARRAY_LEN(kinds) && err == FAR_OK; i++) {
        char subject[64];
        (void)snprintf(subject, sizeof(subject), "%s*", kinds[i].prefix);
        err = far_bus_subscribe(api->bus, subject, NULL, state_came, sockets, &sockets->subscriptions[i]);
    }
    if (err == FAR_OK)
        err = far_timer_start(far_bus_loop(api->bus), LOOK_MS, LOOK_MS, look, sockets, &sockets->timer);
    if (err == FAR_OK)
        err = far_timer_start(far_bus_loop(api->bus), FLUSH_MS, FLUSH_MS, flush, sockets,
                              &sockets->flush_timer);
    if (err != FAR_OK)
        live_sockets_destroy(sockets);
    else
        *ret_sockets = sockets;
    return err;
}

struct live_sockets *live_sockets_destroy(struct live_sockets *sockets)
{
    if (!sockets) return NULL;
    far_timer_stop(far_bus_loop(sockets->api->bus), sockets->timer);
    far_timer_stop(far_bus_loop(sockets->api->bus), sockets->flush_timer);
    for (size_t i = 0; i < FAR_ARRAY_LEN(kinds); i++)
        sockets->subscriptions[i] = far_bus_unsubscribe(sockets->subscriptions[i]);
    for (size_t i = 0; i < sockets->slots_len; i++)
        free(sockets->slots[i].text);
    for (size_t i = 0; i < sockets->clients_len; i++)
        free(sockets->rows[i].all);
    far_index_destroy(sockets->places);
    far_index_destroy(sockets->clients);
    free(sockets);
    return NULL;
}
