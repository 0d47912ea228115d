/* SPDX-License-Identifier: Apache-2.0 */
/* fixture.h - a real nats-server, real farseat-acd processes, and one edge that this test plays: it appends
 * inputs and accepts commands. Everything aborts the test when it cannot do what it says. */
#pragma once
#include "far/bus.h"
#include "far/loop.h"
#include "far/stream.h"
#include "far/tables.h"
#include "farseat/v1/acd_log.pb-c.h"
#include "farseat/v1/api_acd.pb-c.h"
#include "farseat/v1/edge.pb-c.h"
#include "nats.h"
#include "turn.h"

#define ACD_MAX      2
#define COMMANDS_MAX 4096
#define EDGE         "edge-hq"

struct acd_process {
    pid_t pid; /* 0: not running */
    int http_port;
    char config[96], log[96];
};
struct fixture {
    struct test_nats nats;
    struct far_loop *loop;
    struct far_bus *bus;      /* as the tool */
    struct far_bus *edge_bus; /* as the edge */
    struct far_bus_subscription *commands_served;
    struct acd_process acds[ACD_MAX];
    struct far_appender *appender;
    char edge_incarnation[40];
    uint64_t pulse_timer, pulse_number;
    bool mute; /* the edge accepts nothing */
    Farseat__V1__EdgeCommand *commands[COMMANDS_MAX];
    size_t commands_len;
};

void fixture_start(struct fixture *fixture);
void fixture_stop(struct fixture *fixture);
/** Start acd-<index + 1> and wait until it is ready. */
void acd_start(struct fixture *fixture, int index);
/** Send a signal; wait until it has ended when it should. @return its exit status, or -signal. */
int acd_end(struct fixture *fixture, int index, int signal_number);
/** Which one leads, by its metrics; -1: none. */
int acd_leader_index(struct fixture *fixture);
/** Wait for a leader other than `not`. @return how long it took [ms]. */
uint64_t acd_wait_leader(struct fixture *fixture, int not, uint64_t timeout_ms);
/** A gauge of a process' /metrics; -1: not there. */
double acd_metric(struct fixture *fixture, int index, const char *name);

/** Ask and wait; the caller frees the reply. NULL: see *ret_err. */
ProtobufCMessage *ask(struct fixture *fixture, enum far_method method, const ProtobufCMessage *request,
                      enum far_err *ret_err);
/** The same where only a verdict counts. @return its position; 0: it was refused. */
uint64_t act_agent(struct fixture *fixture, const char *agent, Farseat__V1__AgentAction__ActionCase what);
Farseat__V1__AcdStatusReply *status(struct fixture *fixture);
/** Apply the test's configuration (two agents, one queue); returns its position. */
uint64_t apply_config(struct fixture *fixture);

/** EdgeStarted and PhoneBound of both phones; from then on it pulses. */
void edge_begin(struct fixture *fixture);
/** What an edge does when it is told to: another incarnation. */
void edge_begin_anew(struct fixture *fixture);
void edge_say(struct fixture *fixture, Farseat__V1__AcdInput *input);
/** A caller: LegIncoming. The core answers; the test answers for the edge. leg_id has 40 bytes. */
void edge_call(struct fixture *fixture, char *leg_id, const char *number);
/** LegAnswered, LegEnded of a leg. */
void edge_answered(struct fixture *fixture, const char *leg_id);
void edge_ended(struct fixture *fixture, const char *leg_id);
/** Wait for a command of a kind about a leg ("": any), from *cursor on, which moves behind it. NULL: it did
 * not come. */
const Farseat__V1__EdgeCommand *edge_expect(struct fixture *fixture, size_t *cursor,
                                            Farseat__V1__EdgeCommand__BodyCase what, const char *leg_id,
                                            uint64_t timeout_ms);
