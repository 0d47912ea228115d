/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server beside what well-behaved clients send: a client on its own thread, with bare sockets. */
#include "far/loop.h"
#include "far/test.h"
#include "http/server.h"
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PATIENCE_S 20

struct world {
    struct far_loop *loop;
    struct http_server *http;
    uint16_t port;
    const char *first; /* what the client sends at first; then it asks GET /go on another connection */
    char answer[512];  /* to the first */
    uint64_t kept;     /* the POST that is answered when the GET comes */
    unsigned posts;
    size_t body_len; /* of the POST */
};

static int dial(const struct world *world)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(world->port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct timeval patience = {.tv_sec = PATIENCE_S};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 ? fd : -1;
}

static void say(int fd, const char *text)
{
    (void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static void hear(int fd, char *out, size_t size)
{
    ssize_t len = recv(fd, out, size - 1, 0);
    out[len > 0 ? len : 0] = '\0';
}

static void stop(void *arg)
{
    far_loop_stop(arg);
}

static void *client(void *arg)
{
    struct world *world = arg;
    char unused[512];
    int first = dial(world);
    say(first, world->first);
    int second = dial(world);
    say(second, "GET /go HTTP/1.1\r\nHost: x\r\n\r\n");
    hear(second, unused, sizeof(unused));
    hear(first, world->answer, sizeof(world->answer));
    (void)close(first);
    (void)close(second);
    if (far_loop_post(world->loop, stop, world->loop) != FAR_OK) far_loop_stop(world->loop);
    return NULL;
}

static void requested(void *ctx, const struct http_request *request)
{
    struct world *world = ctx;
    static const struct http_answer good = {.status = 200, .body = "{}", .body_len = 2};
    if (request->method == HTTP_POST) {
        world->kept = request->id;
        world->posts++;
        world->body_len = request->body_len;
        return;
    }
    http_reply(world->http, world->kept, &good);
    http_reply(world->http, request->id, &good);
}

static unsigned limit(void *ctx, const struct http_request *request, size_t *ret_limit)
{
    (void)ctx;
    if (strcmp(request->path, "/large") == 0) *ret_limit = 131072;
    return strcmp(request->authorization, "Bearer good") == 0 ? 0 : 401;
}

static void ask(struct world *world, const char *first)
{
    pthread_t thread;
    struct http_server_config config = {.listen_host = "127.0.0.1",
                                        .connections_max = 16,
                                        .body_max = 65536,
                                        .body_limit = limit,
                                        .request = requested,
                                        .ctx = world};
    size_t requests = 0, sockets = 0;
    *world = (struct world){.first = first};
    assert_int_equal(far_loop_create(NULL, &world->loop), FAR_OK);
    assert_int_equal(http_server_create(world->loop, &config, &world->http), FAR_OK);
    world->port = http_server_port(world->http);
    assert_int_equal(pthread_create(&thread, NULL, client, world), 0);
    far_loop_run(world->loop);
    (void)pthread_join(thread, NULL);
    http_server_counts(world->http, &requests, &sockets);
    assert_int_equal(requests, 0); /* else this process could never be drained */
    world->http = http_server_destroy(world->http);
    world->loop = far_loop_destroy(world->loop);
}

static void what_follows_a_request_without_length_is_not_its_body(void **state)
{
    static char text[4096];
    struct world world;
    (void)state;
    (void)snprintf(text, sizeof(text), "POST /x HTTP/1.1\r\nHost: x\r\n\r\n%3000d", 0);
    ask(&world, text);
    assert_int_equal(world.posts, 1);
    assert_int_equal(world.body_len, 0);
    assert_non_null(strstr(world.answer, "HTTP/1.1 200"));
}

static void chunked_bodies_are_refused(void **state)
{
    struct world world;
    (void)state;
    ask(&world, "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
                "0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(world.posts, 0);
    assert_non_null(strstr(world.answer, "HTTP/1.1 411"));
    assert_non_null(strstr(world.answer, "connection: close"));
}

static void post(struct world *world, const char *path, const char *authorization, int body_len)
{
    static char text[200000];
    (void)snprintf(text, sizeof(text), "POST %s HTTP/1.1\r\nHost: x\r\n%sContent-Length: %d\r\n\r\n%0*d",
                   path, authorization, body_len, body_len, 0);
    ask(world, text);
}

static void strangers_send_small_bodies_only(void **state)
{
    struct world world;
    (void)state;
    post(&world, "/x", "", HTTP_BODY_FREE);
    assert_int_equal(world.body_len, HTTP_BODY_FREE);
    post(&world, "/x", "Authorization: Bearer bad\r\n", HTTP_BODY_FREE + 1);
    assert_int_equal(world.posts, 0);
    assert_non_null(strstr(world.answer, "HTTP/1.1 401"));
    assert_null(strstr(world.answer, "connection: close")); /* the body has passed */
    post(&world, "/large", "", 100000);
    assert_int_equal(world.posts, 0);
    assert_non_null(strstr(world.answer, "HTTP/1.1 401"));
    post(&world, "/x", "", 100000);
    assert_non_null(strstr(world.answer, "HTTP/1.1 413"));
}

static void who_is_known_sends_larger_ones(void **state)
{
    struct world world;
    (void)state;
    post(&world, "/x", "Authorization: Bearer good\r\n", 65536);
    assert_int_equal(world.body_len, 65536);
    post(&world, "/large", "Authorization: Bearer good\r\n", 131072);
    assert_int_equal(world.body_len, 131072);
    post(&world, "/x", "Authorization: Bearer good\r\n", 65537);
    assert_non_null(strstr(world.answer, "HTTP/1.1 413"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_follows_a_request_without_length_is_not_its_body),
        cmocka_unit_test(chunked_bodies_are_refused),
        cmocka_unit_test(strangers_send_small_bodies_only),
        cmocka_unit_test(who_is_known_sends_larger_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
