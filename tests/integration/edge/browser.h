/* SPDX-License-Identifier: Apache-2.0 */
/* browser.h - a browser's phone as the door of an edge sees it: the gateway's hello, frames, SIP. It has no
 * sound; what it says about it is text. */
#pragma once
#include "hello.h"
#include "rig.h"

#define BROWSER_TEXT_SIZE 16384

struct browser {
    int fd;
    char phone[32], tag[24], call_id[48];
    uint32_t cseq;
    uint8_t data[2 * BROWSER_TEXT_SIZE];
    size_t len;
    bool closed;                  /* the door has ended it */
    char text[BROWSER_TEXT_SIZE]; /* the last message */
};

/** Where the door is: the bucket's row, within RIG_WAIT_MS. */
struct browser_door {
    char ip[32];
    int port;
    uint8_t secret[HELLO_SECRET_BYTES];
};
void browser_door(struct rig *rig, const struct rig_edge *edge, struct browser_door *ret_door);
/** Whether the row is there now. */
bool browser_door_is(struct rig *rig, const struct rig_edge *edge);

/** A hello with a nonce of its own, at this time. */
void browser_hello(const char *phone, struct hello *ret_hello);
/** Connect and say it. @return the answer's line without its newline, "" when the door just closes. */
const char *browser_say(struct rig *rig, struct browser *browser, const struct browser_door *door,
                        const char *line);
/** Connect as a phone's browser; must be let in. */
void browser_open(struct rig *rig, struct browser *browser, const struct browser_door *door,
                  const char *phone);
void browser_close(struct browser *browser); /* without a word, as browsers do */
/** Its port towards the door. */
void browser_send(struct browser *browser, const char *message);
void browser_send_bytes(struct browser *browser, const void *data, size_t len); /* no frame is put around */
/** A request outside of dialogs, with a Via as JsSIP's; headers: further lines, each with "\r\n"; body may be
 * "". */
void browser_request(struct browser *browser, const char *method, const char *uri, const char *headers,
                     const char *body);
/** The next message that begins so ("SIP/2.0 200", "INVITE "), within RIG_WAIT_MS; others are passed over. */
const char *browser_message(struct rig *rig, struct browser *browser, const char *begins);
/** Whether the door ends it within RIG_WAIT_MS. */
bool browser_is_closed(struct rig *rig, struct browser *browser);
/** Answer the last message, a request; headers as above. */
void browser_answer(struct browser *browser, const char *status, const char *headers, const char *body);
/** A header's value of the last message, cut to size. */
void browser_header(const struct browser *browser, const char *name, char *ret_value, size_t size);
/** Register its phone; must be taken. */
void browser_register(struct rig *rig, struct browser *browser);
