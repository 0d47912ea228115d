/* SPDX-License-Identifier: Apache-2.0 */
/* door.h - where the gateway hands browsers over (docs/architecture.md, "A browser's phone"): a listener, and
 * for each browser a TCP connection of its own to Sofia, so that Sofia sees each browser as one TCP peer.
 *
 *   gateway --- hello line, then frames (4 bytes of length, one SIP message) ---> door --- SIP over TCP --->
 * Sofia
 *
 * A browser is there from its good hello until either connection ends; the control side is told both at once.
 * Its *source* ("tcp:127.0.0.1:40001") is what Sofia says about whatever came by it. A source that was a
 * browser's is nobody's for DOOR_GHOST_MS: neither a late request nor Sofia's late answer can meet another.
 *
 * Everything on the loop's thread; nothing blocks. Callbacks may call door_close_phone(). */
#pragma once
#include "far/err.h"
#include "far/loop.h"
#include "hello.h"
#include "wire.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DOOR_GHOST_MS      70000u /* Sofia's transactions linger for 32 s; twice that */
#define DOOR_HELLO_MS      5000u
#define DOOR_QUEUE_MAX     262144u /* bytes waiting towards one side: the other is not read meanwhile */
#define DOOR_STUCK_MS      30000u  /* and when they wait so long it is given up */
#define DOOR_STRANGERS_MAX 128u    /* connections without a good hello: the oldest makes room */
#define DOOR_PHONE_MAX     8u      /* browsers of one phone: tabs, and those whose end has not come */
#define DOOR_MESSAGES_MAX  50u     /* of one browser in a second; the rest waits */
#define DOOR_BYTES_MAX                                                                                       \
    40960u /* likewise: Sofia gives up a peer who is further ahead of it (NTATAG_MAXSIZE) */

struct door_browser {
    uint64_t id; /* never 0, never again */
    char phone[HELLO_NAME_SIZE], client[HELLO_NAME_SIZE], source[HELLO_NAME_SIZE];
};

struct door_config {
    struct far_loop *loop;
    const char *listen_ip; /* IPv4 */
    uint16_t listen_port;  /* 0: any that is free */
    const char *sip_ip;    /* where Sofia listens; 0.0.0.0: 127.0.0.1 */
    uint16_t sip_port;
    uint32_t browsers_max;
    bool (*known)(void *context, const char *phone); /* whether there is such a phone */
    void (*on_open)(void *context, const struct door_browser *browser);
    /* cause: closed, malformed, stuck, sip-closed, revoked, ...; static */
    void (*on_gone)(void *context, const struct door_browser *browser, const char *cause);
    void *context;
};
struct door; /* opaque */

/** @return FAR_OK; FAR_EIO: the address cannot be bound (logged); FAR_EINVAL; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err door_create(const struct door_config *config, struct door **ret_door);
/** No callback comes afterwards. Its memory goes when the loop has closed its handles. */
struct door *door_destroy(struct door *door);
/** "host:port" where it listens. */
const char *door_address(const struct door *door);
const uint8_t *door_secret(const struct door *door); /* HELLO_SECRET_BYTES, random for each door */
/** The browser whose messages come from there; NULL: none. Good until the loop goes on. */
const struct door_browser *door_find(const struct door *door, const char *source);
/** It was a browser's until a moment ago: nobody is to be believed from there. */
bool door_is_ghost(const struct door *door, const char *source);
void door_close_phone(struct door *door, const char *phone, const char *cause);

struct door_counts {
    uint32_t browsers;
    uint64_t opened, refused;  /* refused: hellos */
    uint64_t malformed;        /* browsers given up for what they sent */
    uint64_t to_sip, from_sip; /* messages */
};
void door_counts(const struct door *door, struct door_counts *ret_counts);
