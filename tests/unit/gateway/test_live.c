/* SPDX-License-Identifier: Apache-2.0 */
/* Who may stay on the live socket, and how long: the HTTP server and the bus are stood in for. */
#include "api/api.h"
#include "far/clock.h"
#include "far/loop.h"
#include "far/test.h"
#include "live/socket.h"
#include <string.h>

#define CLIENTS 4096

static struct {
    struct api api;
    struct live_sockets *sockets;
    struct far_loop *loop;
    uint64_t closed; /* who was closed last */
    uint16_t code;
    size_t closes;
} world;

struct far_loop *far_bus_loop(const struct far_bus *bus)
{
    (void)bus;
    return world.loop;
}

enum far_err far_bus_subscribe(struct far_bus *bus, const char *subject, const char *group,
                               far_bus_msg_fn *fn, void *ctx, struct far_bus_subscription **ret_subscription)
{
    (void)bus, (void)subject, (void)group, (void)fn, (void)ctx;
    *ret_subscription = NULL;
    return FAR_OK;
}

struct far_bus_subscription *far_bus_unsubscribe(struct far_bus_subscription *subscription)
{
    (void)subscription;
    return NULL;
}

enum far_err far_bus_ask(struct far_bus *bus, const struct far_bus_question *question, uint64_t *ret_id)
{
    (void)bus, (void)question, (void)ret_id;
    return FAR_EUNAVAILABLE;
}

enum far_err far_bus_unpack(const ProtobufCMessageDescriptor *type, const struct far_bus_msg *msg,
                            ProtobufCMessage **ret_message)
{
    (void)type, (void)msg, (void)ret_message;
    return FAR_EPROTO;
}

/* "expired": it was good until a moment ago; anything else: for a long time. */
enum far_err api_identify(const struct api *api, const char *token, struct identity *ret_identity)
{
    (void)api;
    int64_t now_s = far_clock_wall_us() / 1000000;
    *ret_identity = (struct identity){
        .roles = "supervisor", .until_s = strcmp(token, "expired") == 0 ? now_s : now_s + TOKEN_LIFE_S};
    identity_permit(ret_identity);
    return FAR_OK;
}

void http_socket_want(struct http_server *server, uint64_t id)
{
    (void)server, (void)id;
}

void http_socket_send(struct http_server *server, uint64_t id, const char *data, size_t len)
{
    (void)server, (void)id, (void)data, (void)len;
}

void http_socket_close(struct http_server *server, uint64_t id, uint16_t code, const char *reason)
{
    (void)server, (void)reason;
    world.closed = id;
    world.code = code;
    world.closes++;
    far_loop_stop(world.loop);
}

static int setup(void **state)
{
    (void)state;
    memset(&world, 0, sizeof(world));
    world.api.sockets = &world.sockets;
    assert_int_equal(far_loop_create(NULL, &world.loop), FAR_OK);
    assert_int_equal(live_sockets_create(&world.api, &world.sockets), FAR_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world.sockets = live_sockets_destroy(world.sockets);
    world.loop = far_loop_destroy(world.loop);
    return 0;
}

static void one_too_many_is_closed_at_once(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= CLIENTS; id++)
        live_socket_opened(&world.api, id, NULL);
    assert_int_equal(world.closes, 0);
    live_socket_opened(&world.api, CLIENTS + 1, NULL);
    assert_int_equal(world.closes, 1);
    assert_int_equal(world.closed, CLIENTS + 1);
    assert_int_equal(world.code, 1013);
    live_socket_closed(&world.api, CLIENTS + 1); /* it was never there */
    live_socket_closed(&world.api, 1);
    live_socket_opened(&world.api, CLIENTS + 2, NULL);
    assert_int_equal(world.closes, 1);
}

static void a_tokens_own_end_counts(void **state)
{
    (void)state;
    static const char good[] = "{\"token\":\"good\"}", expired[] = "{\"token\":\"expired\"}";
    for (uint64_t id = 1; id <= 3; id++) {
        live_socket_opened(&world.api, id, NULL);
        live_socket_message(&world.api, id, id == 2 ? good : expired,
                            id == 2 ? strlen(good) : strlen(expired));
    }
    live_socket_message(&world.api, 3, good, strlen(good)); /* a newer one prolongs */
    far_loop_run(world.loop);
    assert_int_equal(world.closes, 1);
    assert_int_equal(world.closed, 1);
    assert_int_equal(world.code, 4401);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_too_many_is_closed_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_tokens_own_end_counts, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
