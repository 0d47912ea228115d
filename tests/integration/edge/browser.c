/* SPDX-License-Identifier: Apache-2.0 */
#include "browser.h"
#include "far/clock.h"
#include "far/id.h"
#include "far/kv.h"
#include "far/str.h"
#include "far/tables.h"
#include "far/test.h"
#include "turn.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the bucket ------------------------------------------------------------------------------------------
 */

struct asked {
    bool done, found;
    struct browser_door door;
};

static void on_got(void *ctx, enum far_err err, const struct far_kv_entry *entry)
{
    struct asked *asked = ctx;
    asked->done = true;
    if (err != FAR_OK) return;
    Farseat__V1__BrowserDoor *row = farseat__v1__browser_door__unpack(NULL, entry->data_len, entry->data);
    assert_non_null(row);
    assert_int_equal(row->secret.len, HELLO_SECRET_BYTES);
    memcpy(asked->door.secret, row->secret.data, HELLO_SECRET_BYTES);
    assert_int_equal(sscanf(row->address, "%31[^:]:%d", asked->door.ip, &asked->door.port), 2);
    asked->found = true;
    farseat__v1__browser_door__free_unpacked(row, NULL);
}

static bool is_asked(void *ctx)
{
    return ((struct asked *)ctx)->done;
}

static bool ask(struct rig *rig, const struct rig_edge *edge, struct browser_door *ret_door)
{
    struct asked asked = {.done = false};
    if (far_kv_get(rig->bus, FAR_BUCKET_BROWSER_DOORS, edge->name, on_got, &asked) != FAR_OK) return false;
    assert_true(test_turn_until(rig->loop, is_asked, &asked, RIG_WAIT_MS));
    if (asked.found && ret_door) *ret_door = asked.door;
    return asked.found;
}

bool browser_door_is(struct rig *rig, const struct rig_edge *edge)
{
    return ask(rig, edge, NULL);
}

void browser_door(struct rig *rig, const struct rig_edge *edge, struct browser_door *ret_door)
{
    for (int i = 0; i < RIG_WAIT_MS / 50; i++) {
        if (ask(rig, edge, ret_door)) return;
        rig_turn(rig, 50);
    }
    fail_msg("%s has announced no door", edge->name);
}

/* ---- the connection --------------------------------------------------------------------------------------
 */

void browser_hello(const char *phone, struct hello *ret_hello)
{
    char id[FAR_ID_TEXT_SIZE];
    size_t len = 0;
    *ret_hello = (struct hello){.at_s = far_clock_wall_us() / 1000000};
    far_id_new_text(id);
    for (const char *c = id; *c; c++)
        if (*c != '-' && len < HELLO_NONCE_HEX) ret_hello->nonce[len++] = *c;
    (void)far_str_copy(ret_hello->phone, sizeof(ret_hello->phone), phone);
    (void)far_str_copy(ret_hello->client, sizeof(ret_hello->client), "203.0.113.9:51000");
}

static void take_in(struct browser *browser)
{
    while (browser->len < sizeof(browser->data)) {
        ssize_t got = recv(browser->fd, browser->data + browser->len, sizeof(browser->data) - browser->len,
                           MSG_DONTWAIT);
        if (got > 0) {
            browser->len += (size_t)got;
            continue;
        }
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) browser->closed = true;
        return;
    }
}

static void drop(struct browser *browser, size_t len)
{
    browser->len -= len;
    memmove(browser->data, browser->data + len, browser->len);
}

const char *browser_say(struct rig *rig, struct browser *browser, const struct browser_door *door,
                        const char *line)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)door->port)};
    memset(browser, 0, sizeof(*browser));
    assert_int_equal(inet_pton(AF_INET, door->ip, &address.sin_addr), 1);
    browser->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(browser->fd >= 0);
    assert_int_equal(connect(browser->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    browser_send_bytes(browser, line, strlen(line));
    for (int i = 0; i < RIG_WAIT_MS / 10; i++) {
        take_in(browser);
        uint8_t *newline = memchr(browser->data, '\n', browser->len);
        if (newline) {
            size_t len = (size_t)(newline - browser->data);
            assert_true(far_str_copy_len(browser->text, sizeof(browser->text), (char *)browser->data, len));
            drop(browser, len + 1);
            return browser->text;
        }
        if (browser->closed) return "";
        rig_turn(rig, 10);
    }
    fail_msg("the door does not answer");
    return "";
}

void browser_open(struct rig *rig, struct browser *browser, const struct browser_door *door,
                  const char *phone)
{
    struct hello hello;
    char line[HELLO_LINE_MAX + 1];
    browser_hello(phone, &hello);
    assert_int_equal(hello_write(&hello, door->secret, line), FAR_OK);
    assert_string_equal(browser_say(rig, browser, door, line), "OK");
    (void)far_str_copy(browser->phone, sizeof(browser->phone), phone);
    (void)far_str_copy(browser->call_id, sizeof(browser->call_id), hello.nonce);
    (void)snprintf(browser->tag, sizeof(browser->tag), "%.12s", hello.nonce + 20);
}

void browser_close(struct browser *browser)
{
    if (browser->fd > 0) (void)close(browser->fd);
    browser->fd = 0;
}

void browser_send_bytes(struct browser *browser, const void *data, size_t len)
{
    assert_int_equal(send(browser->fd, data, len, MSG_NOSIGNAL), (ssize_t)len);
}

void browser_send(struct browser *browser, const char *message)
{
    size_t len = strlen(message);
    uint8_t head[4] = {(uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len};
    browser_send_bytes(browser, head, 4);
    browser_send_bytes(browser, message, len);
}

/* ---- SIP -------------------------------------------------------------------------------------------------
 */

void browser_request(struct browser *browser, const char *method, const char *uri, const char *headers,
                     const char *body)
{
    char message[BROWSER_TEXT_SIZE];
    browser->cseq++;
    (void)snprintf(message, sizeof(message),
                   "%s %s SIP/2.0\r\nVia: SIP/2.0/WSS abc123.invalid;branch=z9hG4bK%s%u\r\n"
                   "Max-Forwards: 69\r\nFrom: <sip:%s@farseat>;tag=%s\r\nCall-ID: %s-%s\r\nCSeq: %u %s\r\n"
                   "User-Agent: rig\r\n%sContent-Length: %zu\r\n\r\n%s",
                   method, uri, browser->tag, browser->cseq, browser->phone, browser->tag, browser->call_id,
                   method, browser->cseq, method, headers, strlen(body), body);
    browser_send(browser, message);
}

static bool next_frame(struct browser *browser)
{
    take_in(browser);
    if (browser->len < 4) return false;
    size_t len = (size_t)browser->data[2] << 8 | browser->data[3];
    assert_true(browser->data[0] == 0 && browser->data[1] == 0 && len > 0 && len < sizeof(browser->text));
    if (browser->len < 4 + len) return false;
    memcpy(browser->text, browser->data + 4, len);
    browser->text[len] = '\0';
    drop(browser, 4 + len);
    if (getenv("RIG_VERBOSE")) fprintf(stderr, "browser %s: %.60s\n", browser->phone, browser->text);
    return true;
}

const char *browser_message(struct rig *rig, struct browser *browser, const char *begins)
{
    for (int i = 0; i < RIG_WAIT_MS / 10; i++) {
        while (next_frame(browser))
            if (strncmp(browser->text, begins, strlen(begins)) == 0) return browser->text;
        rig_turn(rig, 10);
    }
    fail_msg("browser %s got no \"%s\"", browser->phone, begins);
    return "";
}

bool browser_is_closed(struct rig *rig, struct browser *browser)
{
    for (int i = 0; i < RIG_WAIT_MS / 10 && !browser->closed; i++) {
        while (next_frame(browser)) {
        }
        rig_turn(rig, 10);
    }
    return browser->closed;
}

void browser_header(const struct browser *browser, const char *name, char *ret_value, size_t size)
{
    char mark[64];
    (void)snprintf(mark, sizeof(mark), "\r\n%s: ", name);
    const char *at = strstr(browser->text, mark);
    assert_non_null(at);
    at += strlen(mark);
    (void)far_str_copy_len(ret_value, size, at, strcspn(at, "\r"));
}

void browser_answer(struct browser *browser, const char *status, const char *headers, const char *body)
{
    char message[BROWSER_TEXT_SIZE], via[512], from[256], to[256], call_id[128], cseq[64];
    browser_header(browser, "Via", via, sizeof(via));
    browser_header(browser, "From", from, sizeof(from));
    browser_header(browser, "To", to, sizeof(to));
    browser_header(browser, "Call-ID", call_id, sizeof(call_id));
    browser_header(browser, "CSeq", cseq, sizeof(cseq));
    const char *tag = strstr(to, ";tag=") ? "" : ";tag=answer";
    (void)snprintf(message, sizeof(message),
                   "SIP/2.0 %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s%s\r\nCall-ID: %s\r\nCSeq: %s\r\n"
                   "Contact: <sip:%s@abc123.invalid;transport=ws>\r\n%sContent-Length: %zu\r\n\r\n%s",
                   status, via, from, to, tag, call_id, cseq, browser->phone, headers, strlen(body), body);
    browser_send(browser, message);
}

void browser_register(struct rig *rig, struct browser *browser)
{
    char headers[256];
    (void)snprintf(headers, sizeof(headers),
                   "To: <sip:%s@farseat>\r\nContact: <sip:%s@abc123.invalid;transport=ws>;expires=300\r\n",
                   browser->phone, browser->phone);
    browser_request(browser, "REGISTER", "sip:farseat", headers, "");
    (void)browser_message(rig, browser, "SIP/2.0 200");
    assert_non_null(strstr(browser->text, "SIP/2.0/WSS abc123.invalid")); /* its own Via is back */
}
