/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge.h"
#include "../api/centre.h"
#include "../api/session_watch.h"
#include "../auth/ended.h"
#include "doors.h"
#include "far/clock.h"
#include "far/index.h"
#include "far/log.h"
#include "far/str.h"
#include "line.h"
#include <stdlib.h>
#include <string.h>

#define TICKETS_KEPT 16384
#define LOOK_MS      500

struct bridge {
    struct api *api;
    struct bridge_limits limits;
    struct doors *doors;
    struct ended *used;          /* tickets, which are good once */
    struct far_index *by_socket; /* id -> place */
    struct line **lines;
    size_t lines_len;
    size_t turn;
    uint64_t timer;
};

static struct line *line_of(const struct bridge *bridge, uint64_t socket, size_t *ret_place)
{
    uint64_t place = 0;
    if (!far_index_get(bridge->by_socket, socket, &place)) return NULL;
    *ret_place = (size_t)place;
    return bridge->lines[place];
}

/* ---- who may ------------------------------------------------------------------------------------- */

static size_t lines_of(const struct bridge *bridge, const char *login)
{
    size_t count = 0;
    for (size_t i = 0; i < bridge->lines_len; i++)
        count += strcmp(line_owner(bridge->lines[i])->login, login) == 0;
    return count;
}

static enum far_err ticket_of(const struct bridge *bridge, const struct http_request *request,
                              struct ticket *ret_ticket)
{
    const struct api *api = bridge->api;
    if (!api->token_key_known) return FAR_EUNAVAILABLE;
    enum far_err err = ticket_read(api->token_key, request->ticket, TICKET_USE_SIP,
                                   far_clock_wall_us() / 1000000, ret_ticket);
    if (err == FAR_OK && session_watch_ended(api->watch, ret_ticket->identity.session_id)) err = FAR_EDENIED;
    return err;
}

static unsigned check(void *ctx, const struct http_request *request)
{
    struct bridge *bridge = ctx;
    struct ticket ticket;
    int64_t now_s = far_clock_wall_us() / 1000000;
    enum far_err err = ticket_of(bridge, request, &ticket);
    if (err != FAR_OK) return err == FAR_EDENIED ? 401 : 503;
    if (bridge->lines_len >= bridge->limits.lines_max) return 503;
    if (lines_of(bridge, ticket.identity.login) >= bridge->limits.person_max) return 429;
    return ended_add(bridge->used, ticket.id, now_s, now_s + SIP_TICKET_S) ? 0 : 401;
}

/* ---- lines --------------------------------------------------------------------------------------- */

static enum far_err next_door(void *ctx, const struct line_owner *owner, size_t attempt,
                              struct door_address *ret_door)
{
    struct bridge *bridge = ctx;
    return doors_pick(bridge->doors, owner->site, bridge->turn, attempt, ret_door);
}

static void opened(void *ctx, uint64_t id, const struct http_request *request)
{
    struct bridge *bridge = ctx;
    struct ticket ticket;
    struct line_owner owner = {.socket = id};
    struct line *line = NULL;
    bool good = ticket_of(bridge, request, &ticket) == FAR_OK && bridge->lines_len < bridge->limits.lines_max;
    if (good) {
        const Farseat__V1__Phone *phone = centre_phone(bridge->api->centre, ticket.about);
        (void)far_str_copy(owner.login, sizeof(owner.login), ticket.identity.login);
        (void)far_str_copy(owner.session_id, sizeof(owner.session_id), ticket.identity.session_id);
        (void)far_str_copy(owner.phone, sizeof(owner.phone), ticket.about);
        (void)far_str_copy(owner.site, sizeof(owner.site), phone ? phone->site : "");
        (void)snprintf(owner.client, sizeof(owner.client),
                       strchr(request->client, ':') ? "[%.45s]:%u" : "%.45s:%u", request->client,
                       (unsigned)request->client_port);
        bridge->turn++;
        good = far_index_put(bridge->by_socket, id, bridge->lines_len) == FAR_OK;
    }
    if (good) good = line_open(bridge->api, &owner, next_door, bridge, &line) == FAR_OK;
    if (!good) {
        (void)far_index_remove(bridge->by_socket, id);
        http_socket_close(bridge->api->http, id, 1013, "no phone line: try again");
        return;
    }
    bridge->lines[bridge->lines_len++] = line;
    FAR_INFO("browser-phone", "phone=%s login=%s client=%s", owner.phone, owner.login, owner.client);
}

static void message(void *ctx, uint64_t id, const char *data, size_t len)
{
    size_t place = 0;
    struct line *line = line_of(ctx, id, &place);
    if (line) line_send(line, data, len);
}

static void writable(void *ctx, uint64_t id)
{
    size_t place = 0;
    struct line *line = line_of(ctx, id, &place);
    if (line) line_writable(line);
}

static void closed(void *ctx, uint64_t id)
{
    struct bridge *bridge = ctx;
    size_t place = 0;
    struct line *line = line_of(bridge, id, &place);
    if (!line) return;
    FAR_INFO("browser-phone-gone", "phone=%s login=%s", line_owner(line)->phone, line_owner(line)->login);
    (void)far_index_remove(bridge->by_socket, id);
    struct line *last = bridge->lines[--bridge->lines_len];
    bridge->lines[place] = last;
    /* there is room: one was just removed */
    if (last != line && far_index_put(bridge->by_socket, line_owner(last)->socket, place) != FAR_OK) abort();
    line_close(line);
}

struct http_socket_kind bridge_kind(struct bridge *bridge)
{
    return (struct http_socket_kind){.path = "/sip",
                                     .protocol = "sip",
                                     .message_max = SIP_MESSAGE_MAX,
                                     .silence_ms = SIP_SILENCE_MS,
                                     .binary = true,
                                     .ctx = bridge,
                                     .check = check,
                                     .opened = opened,
                                     .message = message,
                                     .closed = closed,
                                     .writable = writable};
}

void bridge_session_gone(struct bridge *bridge, const char *session_id)
{
    for (size_t i = 0; bridge && i < bridge->lines_len; i++)
        if (strcmp(line_owner(bridge->lines[i])->session_id, session_id) == 0)
            http_socket_close(bridge->api->http, line_owner(bridge->lines[i])->socket, 4401,
                              "the session has ended");
}

size_t bridge_lines(const struct bridge *bridge)
{
    return bridge->lines_len;
}

/* ---- begin and end ------------------------------------------------------------------------------- */

static void look(void *arg, uint64_t timer)
{
    (void)timer;
    struct bridge *bridge = arg;
    uint64_t now_ms = far_clock_mono_ms();
    for (size_t i = 0; i < bridge->lines_len; i++)
        line_look(bridge->lines[i], now_ms);
}

enum far_err bridge_create(struct api *api, const struct bridge_limits *limits, struct bridge **ret_bridge)
{
    struct bridge *bridge = calloc(1, sizeof(*bridge));
    if (!bridge) return FAR_ENOMEM;
    bridge->api = api;
    bridge->limits = *limits;
    bridge->lines = calloc(limits->lines_max, sizeof(struct line *));
    enum far_err err = bridge->lines ? FAR_OK : FAR_ENOMEM;
    if (err == FAR_OK) err = ended_create(TICKETS_KEPT, far_clock_mono_us(), &bridge->used);
    if (err == FAR_OK)
        err = far_index_create(limits->lines_max + 1, 0, far_clock_mono_us(), &bridge->by_socket);
    if (err == FAR_OK) err = far_timer_start(api->loop, LOOK_MS, LOOK_MS, look, bridge, &bridge->timer);
    if (err != FAR_OK)
        bridge_destroy(bridge);
    else
        *ret_bridge = bridge;
    return err;
}

struct bridge *bridge_destroy(struct bridge *bridge)
{
    if (!bridge) return NULL;
    far_timer_stop(bridge->api->loop, bridge->timer);
    bridge_end(bridge);
    ended_destroy(bridge->used);
    far_index_destroy(bridge->by_socket);
    free(bridge->lines);
    free(bridge);
    return NULL;
}

enum far_err bridge_begin(struct bridge *bridge)
{
    return doors_create(bridge->api->bus, &bridge->doors);
}

void bridge_end(struct bridge *bridge)
{
    if (bridge) bridge->doors = doors_destroy(bridge->doors);
}
