/* SPDX-License-Identifier: Apache-2.0 */
/* The door between a browser and somebody in Sofia's place: what waits, what is given up, what is remembered.
 */
#include "browser.h"
#include "door.h"
#include "far/str.h"
#include "far/test.h"
#include "turn.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct world {
    struct rig rig; /* its loop only */
    struct door *door;
    struct browser_door where;
    int listener, sofia; /* the place of Sofia, and the connection that came last */
    struct door_browser here, gone;
    char cause[32];
    unsigned opened, left;
};

static bool on_known(void *context, const char *phone)
{
    (void)context;
    return strcmp(phone, "a1") == 0;
}

static void on_open(void *context, const struct door_browser *browser)
{
    struct world *world = context;
    world->here = *browser;
    world->opened++;
}

static void on_gone(void *context, const struct door_browser *browser, const char *cause)
{
    struct world *world = context;
    world->gone = *browser;
    (void)far_str_copy(world->cause, sizeof(world->cause), cause);
    world->left++;
}

static int listen_somewhere(uint16_t *ret_port)
{
    struct sockaddr_in here = {.sin_family = AF_INET};
    socklen_t len = sizeof(here);
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&here, sizeof(here)), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&here, &len), 0);
    *ret_port = ntohs(here.sin_port);
    return fd;
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    uint16_t port = 0;
    assert_non_null(world);
    assert_int_equal(far_loop_create(NULL, &world->rig.loop), FAR_OK);
    world->listener = listen_somewhere(&port);
    world->sofia = -1;
    struct door_config config = {.loop = world->rig.loop,
                                 .listen_ip = "127.0.0.1",
                                 .sip_ip = "0.0.0.0",
                                 .sip_port = port,
                                 .browsers_max = 4,
                                 .known = on_known,
                                 .on_open = on_open,
                                 .on_gone = on_gone,
                                 .context = world};
    assert_int_equal(door_create(&config, &world->door), FAR_OK);
    assert_int_equal(sscanf(door_address(world->door), "%31[^:]:%d", world->where.ip, &world->where.port), 2);
    memcpy(world->where.secret, door_secret(world->door), HELLO_SECRET_BYTES);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    door_destroy(world->door);
    far_loop_destroy(world->rig.loop);
    if (world->sofia >= 0) (void)close(world->sofia);
    (void)close(world->listener);
    free(world);
    return 0;
}

static void open_browser(struct world *world, struct browser *browser)
{
    if (world->sofia >= 0) (void)close(world->sofia);
    browser_open(&world->rig, browser, &world->where, "a1");
    world->sofia = accept4(world->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    assert_true(world->sofia >= 0);
}

static void who_comes_and_goes_is_told(void **state)
{
    struct world *world = *state;
    static struct browser browser;
    char source[HELLO_NAME_SIZE];
    open_browser(world, &browser);
    assert_int_equal(world->opened, 1);
    assert_string_equal(world->here.phone, "a1");
    assert_string_equal(world->here.client, "203.0.113.9:51000");
    (void)far_str_copy(source, sizeof(source), world->here.source);
    assert_int_equal(door_find(world->door, source)->id, world->here.id);
    assert_false(door_is_ghost(world->door, source));
    browser_close(&browser);
    for (int i = 0; i < 100 && world->left == 0; i++)
        rig_turn(&world->rig, 10);
    assert_int_equal(world->left, 1);
    assert_string_equal(world->cause, "closed");
    assert_null(door_find(world->door, source));
    assert_true(door_is_ghost(world->door, source)); /* nobody is believed from there */
    char byte;
    assert_int_equal(recv(world->sofia, &byte, 1, 0), 0); /* Sofia's side is closed as well */
    open_browser(world, &browser);
    assert_string_not_equal(world->here.source, source);
    assert_false(door_is_ghost(world->door, world->here.source));
    assert_false(door_is_ghost(world->door, "tcp:127.0.0.2:5060"));
    assert_false(door_is_ghost(world->door, source + 4));
    assert_null(door_find(world->door, "tcp:127.0.0.1:"));
    door_close_phone(world->door, "a2", "revoked");
    assert_int_equal(world->left, 1);
    door_close_phone(world->door, "a1", "revoked");
    assert_int_equal(world->left, 2);
    assert_string_equal(world->cause, "revoked");
    assert_true(browser_is_closed(&world->rig, &browser));
    browser_close(&browser);
}

static void what_sofia_closes_or_garbles_ends(void **state)
{
    struct world *world = *state;
    static struct browser browser;
    open_browser(world, &browser);
    (void)close(world->sofia);
    world->sofia = -1;
    assert_true(browser_is_closed(&world->rig, &browser));
    assert_string_equal(world->cause, "sip-closed");
    browser_close(&browser);
    open_browser(world, &browser);
    assert_true(send(world->sofia, "hello\r\n\r\n", 9, MSG_NOSIGNAL) == 9);
    assert_true(browser_is_closed(&world->rig, &browser));
    assert_string_equal(world->cause, "sip-unreadable");
    browser_close(&browser);
}

static size_t message(char *out, size_t size, unsigned number)
{
    return (size_t)snprintf(out, size,
                            "INFO sip:a1@abc.invalid SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1\r\n"
                            "CSeq: %u INFO\r\nSubject: %0*d\r\nContent-Length: 0\r\n\r\n",
                            number, 3000, 0);
}

/* A browser that does not read: the door takes no more than it may keep, and later all comes, in order. */
static void who_does_not_read_makes_sofia_wait(void **state)
{
    struct world *world = *state;
    static struct browser browser;
    static char text[8192];
    unsigned sent = 0, got = 0;
    size_t len = 0, at = 0;
    bool waits = false;
    open_browser(world, &browser);
    while (!waits) {
        if (at == len) {
            len = message(text, sizeof(text), ++sent);
            at = 0;
        }
        ssize_t wrote = send(world->sofia, text + at, len - at, MSG_NOSIGNAL);
        if (wrote > 0) {
            at += (size_t)wrote;
            continue;
        }
        assert_int_equal(errno, EAGAIN);
        rig_turn(&world->rig, 20);
        struct pollfd ready = {.fd = world->sofia, .events = POLLOUT};
        waits = poll(&ready, 1, 100) == 0; /* it is full, and stays so */
        assert_true(sent < 20000);         /* 60 MB: it is not kept */
    }
    for (; got < sent; got++) {
        char expected[32];
        if (at < len) { /* what was cut */
            ssize_t wrote = send(world->sofia, text + at, len - at, MSG_NOSIGNAL);
            if (wrote > 0) at += (size_t)wrote;
        }
        (void)browser_message(&world->rig, &browser, "INFO ");
        (void)snprintf(expected, sizeof(expected), "CSeq: %u INFO", got + 1);
        assert_non_null(strstr(browser.text, expected));
    }
    print_message("%u messages of 3 kB waited\n", sent);
    browser_close(&browser);
}

static void the_last_ones_are_refused(void **state)
{
    struct world *world = *state;
    static struct browser browsers[4], late;
    struct hello hello;
    char line[HELLO_LINE_MAX + 1];
    int sofia[FAR_ARRAY_LEN(browsers)];
    for (size_t i = 0; i < FAR_ARRAY_LEN(browsers); i++) {
        open_browser(world, &browsers[i]);
        sofia[i] = world->sofia;
        world->sofia = -1;
    }
    browser_hello("a1", &hello);
    assert_int_equal(hello_write(&hello, world->where.secret, line), FAR_OK);
    assert_int_equal(strncmp(browser_say(&world->rig, &late, &world->where, line), "NO busy ", 8), 0);
    browser_close(&late);
    struct door_counts counts;
    door_counts(world->door, &counts);
    assert_int_equal(counts.browsers, 4);
    assert_int_equal(counts.refused, 1);
    door_destroy(world->door); /* while they are here: nobody is told any more */
    world->door = NULL;
    assert_int_equal(world->left, 0);
    for (size_t i = 0; i < FAR_ARRAY_LEN(browsers); i++) {
        assert_true(browser_is_closed(&world->rig, &browsers[i]));
        browser_close(&browsers[i]);
        (void)close(sofia[i]);
    }
}

static void who_says_nothing_is_not_waited_for(void **state)
{
    struct world *world = *state;
    static struct browser browser;
    assert_string_equal(browser_say(&world->rig, &browser, &world->where, "FARSEAT/1 "), "");
    assert_int_equal(world->opened, 0);
    browser_close(&browser);
}

/* They count for themselves, and who waited longest goes: a browser is let in at any time. */
static void strangers_keep_no_browser_out(void **state)
{
    struct world *world = *state;
    static struct browser browser;
    static int strangers[2 * DOOR_STRANGERS_MAX];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)world->where.port)};
    char byte;
    assert_int_equal(inet_pton(AF_INET, world->where.ip, &to.sin_addr), 1);
    for (size_t i = 0; i < FAR_ARRAY_LEN(strangers); i++) {
        strangers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void)connect(strangers[i], (const struct sockaddr *)&to, sizeof(to));
        rig_turn(&world->rig, 1);
    }
    open_browser(world, &browser);
    assert_int_equal(world->opened, 1);
    assert_int_equal(recv(strangers[0], &byte, 1, 0), 0);
    assert_int_equal(recv(strangers[FAR_ARRAY_LEN(strangers) - 1], &byte, 1, 0), -1); /* it has its time */
    assert_int_equal(errno, EAGAIN);
    for (size_t i = 0; i < FAR_ARRAY_LEN(strangers); i++)
        (void)close(strangers[i]);
    assert_int_equal(world->left, 0);
    browser_close(&browser);
}

static void without_sofia_nobody_is_let_in(void **state)
{
    struct world *world = *state;
    static struct browser browser;
    struct hello hello;
    char line[HELLO_LINE_MAX + 1];
    (void)close(world->listener);
    browser_hello("a1", &hello);
    assert_int_equal(hello_write(&hello, world->where.secret, line), FAR_OK);
    assert_int_equal(
        strncmp(browser_say(&world->rig, &browser, &world->where, line), "NO sip-unavailable ", 19), 0);
    browser_close(&browser);
    uint16_t port = 0;
    world->listener = listen_somewhere(&port); /* for the teardown */
}

#define DOOR_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DOOR_TEST(who_comes_and_goes_is_told),         DOOR_TEST(what_sofia_closes_or_garbles_ends),
        DOOR_TEST(who_does_not_read_makes_sofia_wait), DOOR_TEST(the_last_ones_are_refused),
        DOOR_TEST(who_says_nothing_is_not_waited_for), DOOR_TEST(strangers_keep_no_browser_out),
        DOOR_TEST(without_sofia_nobody_is_let_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
