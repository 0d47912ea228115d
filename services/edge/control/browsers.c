/* SPDX-License-Identifier: Apache-2.0 */
/* Browsers: the door that they come in by, what is theirs, and what happens when one goes. */
#include "edge.h"
#include "far/log.h"
#include "far/str.h"
#include "far/tables.h"
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define ANNOUNCE_S 15u /* the bucket may have been made anew */

static bool on_known(void *context, const char *phone)
{
    const struct edge *edge = context;
    return phones_known(edge, phone);
}

static void on_open(void *context, const struct door_browser *browser)
{
    (void)context; /* it has still to register, or only calls */
    (void)browser;
}

/* A dialled call loses one of those who rang. @return whether it was the last one. */
static bool lose_target(struct edge_call *call, uint64_t browser)
{
    bool found = false;
    for (size_t i = 0; i < call->browsers_len; i++) {
        if (call->browsers[i] != browser) continue;
        call->browsers[i] = 0;
        call->targets_len--;
        found = true;
    }
    return found && call->targets_len == 0;
}

static struct edge_call *call_to_end(struct edge *edge, uint64_t browser)
{
    for (struct far_list *at = edge->calls_list.next; at != &edge->calls_list; at = at->next) {
        struct edge_call *call = FAR_LIST_ITEM(at, struct edge_call, link);
        if (call->ended) continue;
        if (call->browser == browser || lose_target(call, browser)) return call;
    }
    return NULL;
}

/* Nobody is there to say goodbye to: the leg ends at once, and Sofia gets over it by itself. */
static void end_call(struct edge *edge, struct edge_call *call)
{
    struct edge_end end = {.cause = "browser-gone"};
    uint64_t id = call->call;
    bool open = call->media_open;
    call->browser = 0;
    call->ended = true;
    sip_hangup(edge->sip, id, 0, "browser-gone");
    edge_core_ended(edge->core, edge_now_ms(edge), id, &end);
    if (!open && call_find(edge, id)) call_free(edge, call);
}

static void on_gone(void *context, const struct door_browser *browser, const char *cause)
{
    struct edge *edge = context;
    (void)cause; /* the door has told it */
    phones_browser_gone(edge, browser);
    for (struct edge_call *call; (call = call_to_end(edge, browser->id)) != NULL;)
        end_call(edge, call);
    edge_touched(edge);
}

enum far_err browsers_start(struct edge *edge)
{
    char host[64];
    uint16_t port = 0;
    if (!edge->config->door_listen[0]) return FAR_OK;
    enum far_err err = far_config_address(edge->config->door_listen, host, sizeof(host), &port);
    if (err != FAR_OK) return err;
    struct door_config config = {.loop = edge->loop,
                                 .listen_ip = host,
                                 .listen_port = port,
                                 .sip_ip = edge->sip_ip,
                                 .sip_port = edge->sip_port,
                                 .browsers_max = (uint32_t)edge->config->browsers_max,
                                 .known = on_known,
                                 .on_open = on_open,
                                 .on_gone = on_gone,
                                 .context = edge};
    return door_create(&config, &edge->door);
}

void browsers_stop(struct edge *edge)
{
    edge->door = door_destroy(edge->door);
}

void browsers_announce(struct edge *edge)
{
    Farseat__V1__BrowserDoor door = FARSEAT__V1__BROWSER_DOOR__INIT;
    uint8_t data[512];
    if (!edge->door || far_service_is_draining(edge->service)) return;
    door.edge = (char *)edge->name;
    door.site = (char *)edge->config->site;
    door.incarnation = edge->incarnation;
    door.address = (char *)door_address(edge->door);
    door.secret.data = (uint8_t *)door_secret(edge->door);
    door.secret.len = HELLO_SECRET_BYTES;
    size_t len = farseat__v1__browser_door__get_packed_size(&door);
    if (len > sizeof(data)) return;
    farseat__v1__browser_door__pack(&door, data);
    struct far_kv_write write = {.bucket = FAR_BUCKET_BROWSER_DOORS,
                                 .key = edge->name,
                                 .mode = FAR_KV_PUT,
                                 .data = data,
                                 .data_len = len};
    enum far_err err = far_kv_write(edge->bus, &write);
    if (err != FAR_OK) FAR_WARN("door-not-announced", "why=%s", far_err_name(err));
    sodium_memzero(data, sizeof(data));
}

void browsers_retract(struct edge *edge)
{
    struct far_kv_write write = {
        .bucket = FAR_BUCKET_BROWSER_DOORS, .key = edge->name, .mode = FAR_KV_DELETE};
    if (!edge->door) return;
    enum far_err err = far_kv_write(edge->bus, &write);
    if (err != FAR_OK) FAR_WARN("door-not-retracted", "why=%s", far_err_name(err));
}

/* ICE or DTLS that comes to nothing is seen here, whatever the reason. */
static void look_for_sound(struct edge *edge)
{
    uint64_t now_ms = edge_now_ms(edge), failed[16];
    size_t failed_len = 0;
    for (struct far_list *at = edge->calls_list.next; at != &edge->calls_list; at = at->next) {
        const struct edge_call *call = FAR_LIST_ITEM(at, struct edge_call, link);
        bool waits = call->secure && !call->secure_up && call->answered_ms > 0 && !call->ended;
        if (waits && now_ms - call->answered_ms >= EDGE_SECURE_MS && failed_len < FAR_ARRAY_LEN(failed))
            failed[failed_len++] = call->call;
    }
    for (size_t i = 0; i < failed_len; i++) /* more than fit are seen in a second */
        browsers_sound_failed(edge, failed[i], "no secure sound in time");
}

void browsers_second(struct edge *edge)
{
    look_for_sound(edge);
    if (edge->seconds % ANNOUNCE_S == 0 && far_bus_state(edge->bus) == FAR_BUS_CONNECTED)
        browsers_announce(edge);
}

void browsers_sound(struct edge *edge, const struct media_event *event)
{
    struct edge_call *call = call_find(edge, event->endpoint_id);
    if (!event->secure.up)
        browsers_sound_failed(edge, event->endpoint_id, event->secure.text);
    else if (call)
        call->secure_up = true;
}

void browsers_sound_failed(struct edge *edge, uint64_t id, const char *why)
{
    struct edge_call *call = call_find(edge, id);
    if (!call || call->ended) return;
    call->answered_ms = 0; /* once */
    FAR_WARN("browser-without-sound", "call=%lu why=%s", id, why);
    edge_count(EDGE_M_SOUND_FAILED);
    edge_core_media_failed(edge->core, edge_now_ms(edge), id);
}

const struct door_browser *browsers_find(const struct edge *edge, const char *source)
{
    return edge->door ? door_find(edge->door, source) : NULL;
}

bool browsers_is_ghost(const struct edge *edge, const char *source)
{
    return edge->door && door_is_ghost(edge->door, source);
}

void browsers_address(const struct edge *edge, const char *source, char *ret_address, size_t size)
{
    const struct door_browser *browser = browsers_find(edge, source);
    if (browser)
        (void)snprintf(ret_address, size, "wss:%s", browser->client);
    else
        (void)far_str_copy(ret_address, size, source);
}
