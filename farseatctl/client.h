/* SPDX-License-Identifier: Apache-2.0 */
/* client.h - the tool's one connection: questions asked one after the other, and a loop for what is watched.
 */
#pragma once
#include "far/bus.h"
#include "far/loop.h"
#include "far/tables.h"

#define CLIENT_TIMEOUT_MS 5000u

enum ctl_exit {
    CTL_OK = 0,
    CTL_REFUSED = 1,     /* the service said no, or nothing was found */
    CTL_USAGE = 2,       /* wrong arguments or a faulty file */
    CTL_UNAVAILABLE = 3, /* the bus or the service is not there */
    CTL_DIFFERENT = 4,   /* diff: the file and what is in force differ */
};

struct client {
    struct far_loop *loop;
    struct far_bus *bus;
};

/** Connect by FARSEAT_NATS_URL and FARSEAT_NATS_CREDS; waits at most 5 s. Says on stderr what is wrong.
 *  @return CTL_OK, CTL_USAGE or CTL_UNAVAILABLE. */
int client_open(struct client *ret_client);
void client_close(struct client *client);
/** Ask and wait. The reply's type is the method's; free it by protobuf_c_message_free_unpacked(m, NULL).
 *  Errors are said on stderr. @return CTL_OK, CTL_REFUSED or CTL_UNAVAILABLE. */
int client_ask(struct client *client, enum far_method method, const ProtobufCMessage *request,
               ProtobufCMessage **ret_reply);
/** The same quietly, for what asks again anyway. */
enum far_err client_try(struct client *client, enum far_method method, const ProtobufCMessage *request,
                        uint32_t timeout_ms, ProtobufCMessage **ret_reply);
/** Let the loop turn for ms. */
void client_run(struct client *client, uint64_t ms);
