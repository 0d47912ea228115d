/* SPDX-License-Identifier: Apache-2.0 */
/* rig.h - a real edge under test: a private bus, farseat-edge as a process, this program in the place of the
 * ACD, sipp as phones and callers, and UDP sockets of our own as their ears and mouths. Each function fails
 * the cmocka test when it cannot do what it says. */
#pragma once
#include "far/bus.h"
#include "far/loop.h"
#include "farseat/v1/acd_log.pb-c.h"
#include "farseat/v1/edge.pb-c.h"
#include "nats.h"
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define RIG_EDGES_MAX  2
#define RIG_INPUTS_MAX 4096
#define RIG_LEGS_MAX   512
#define RIG_WAIT_MS    8000

struct rig_edge {
    char name[32], ip[32];
    int sip_port, http_port, rtp_first;
    pid_t pid;
    char incarnation[64];
    uint64_t number; /* of the last input seen */
};
struct rig {
    struct test_nats nats;
    struct far_loop *loop;
    struct far_bus *bus;
    struct far_log_reader *reader;
    struct rig_edge edges[RIG_EDGES_MAX];
    size_t edges_len;
    Farseat__V1__AcdInput *inputs[RIG_INPUTS_MAX];
    size_t inputs_len, inputs_read;
    struct {
        char leg_id[64];
        uint32_t number;
    } legs[RIG_LEGS_MAX];
    size_t legs_len;
    char cause[64];    /* of the last command's reply, "" accepted */
    bool done;         /* an answer came */
    uint64_t serial;   /* for ids */
    int rtp_first;     /* 200 ports that no other test of this machine is likely to use now */
    bool offer_sha256; /* of edges that are started from now on */
    char dir[64];
};

/** An ear and mouth: RTP of one phone. */
struct rig_sound {
    int fd, port;
    struct sockaddr_in remote; /* the edge's RTP port */
    uint16_t sequence;
    uint32_t timestamp, ssrc;
    uint32_t received; /* packets of sound */
    double heard_db;   /* of the asked tone in the last second listened to */
};

void rig_start(struct rig *rig);
void rig_stop(struct rig *rig);
/** Start edge-hq or edge-branch on 127.0.0.1 and wait for its EdgeStarted; grants it 100 legs. */
struct rig_edge *rig_edge(struct rig *rig, const char *name);
/** Start the process of one that was ended, and do not wait for it. */
void rig_edge_launch(struct rig *rig, struct rig_edge *edge);
/** End it: by SIGTERM (must exit 0) or kill -9. */
void rig_edge_end(struct rig *rig, struct rig_edge *edge, int signal);
/** A file of that text. */
void rig_write(const char *path, const char *text);
/** Any program; its output is in rig->dir/<name>.log. It dies with the test. */
pid_t rig_launch(struct rig *rig, const char *name, char *const argv[]);
/** Another service: its configuration is text. Waits until TCP port answers. */
pid_t rig_service(struct rig *rig, const char *name, const char *binary, const char *text, int port);
/** End a process. @return its exit status; -1: killed. */
int rig_end(struct rig *rig, pid_t pid, int signal);
/** A phone's secret, and a trunk for an address. */
void rig_user(struct rig *rig, const char *phone, const char *password);
void rig_trunk(struct rig *rig, const char *id, const char *address);
/** What another edge says of itself. */
void rig_edge_address(struct rig *rig, const char *name, const char *sip_uri, const char *secret);
void rig_turn(struct rig *rig, uint64_t ms);

/** A metric's value, from the edge's /metrics; -1: it is not there. */
long rig_metric(struct rig *rig, const struct rig_edge *edge, const char *name);

/** The next input of that kind, within RIG_WAIT_MS; others before it are passed over. */
const Farseat__V1__AcdInput *rig_input(struct rig *rig, Farseat__V1__AcdInput__BodyCase kind);
/** Whether one of that kind has come, or comes within ms; nothing is passed over. */
bool rig_comes(struct rig *rig, Farseat__V1__AcdInput__BodyCase kind, uint64_t ms);

/** Send a command about a leg, with its next number; "" is an edge's own. @return the cause, "" accepted. */
const char *rig_command(struct rig *rig, struct rig_edge *edge, const char *leg_id,
                        Farseat__V1__EdgeCommand__BodyCase body, void *message);
const char *rig_answer(struct rig *rig, struct rig_edge *edge, const char *leg_id);
const char *rig_hangup(struct rig *rig, struct rig_edge *edge, const char *leg_id);
const char *rig_play(struct rig *rig, struct rig_edge *edge, const char *leg_id, const char *prompt,
                     bool loop, bool barge_in);
const char *rig_dial(struct rig *rig, struct rig_edge *edge, const char *leg_id, const char *phone,
                     uint32_t ring_ms_max);
const char *rig_bridge(struct rig *rig, struct rig_edge *edge, const char *leg_id, const char *peer_leg_id,
                       const char *peer_edge);

/** Start sipp with a scenario of tests/integration/edge/sipp. NULL ends the further arguments.
 *  Its log is in rig->dir/<name>.log. */
pid_t rig_sipp(struct rig *rig, const char *name, const char *scenario, const struct rig_edge *edge,
               int local_port, ...);
/** Wait for its end. @return its exit status; -1: killed or too late. */
int rig_sipp_end(struct rig *rig, pid_t pid);
/** Register a phone at the edge with digest (sipp), and wait for PhoneBound. */
void rig_register(struct rig *rig, struct rig_edge *edge, const char *phone, const char *password,
                  int local_port);
/** A caller (scenario "caller...") whose leg has come in from trunk t1; not answered yet. */
pid_t rig_call_in(struct rig *rig, struct rig_edge *edge, const char *name, const char *scenario,
                  struct rig_sound *sound, char ret_leg_id[64]);
/** The same, answered, and his sound ready. */
pid_t rig_call_answered(struct rig *rig, struct rig_edge *edge, const char *name, const char *scenario,
                        struct rig_sound *sound, char ret_leg_id[64]);
/** A phone (scenario "agent...") on its registered port that is dialled as leg_id. */
pid_t rig_call_out(struct rig *rig, struct rig_edge *edge, const char *phone, const char *scenario,
                   int local_port, struct rig_sound *sound, const char *leg_id);
/** Where its sound goes, from what the scenario wrote. */
void rig_sound_ready(struct rig *rig, struct rig_edge *edge, const char *name, struct rig_sound *sound);
/** Three seconds of a tone as prompt <name>. */
void rig_prompt(struct rig *rig, const char *name, double hz);
/** The number that a scenario wrote into rig->dir/<file>, once it is there. */
int rig_number(struct rig *rig, const char *file);

void rig_sound_open(struct rig_sound *sound);
void rig_sound_close(struct rig_sound *sound);
void rig_sound_to(struct rig_sound *sound, const struct rig_edge *edge, int port);
/** For ms: each of the two sends its tone (0: silence is not sent at all) and listens for the other's. */
void rig_talk(struct rig *rig, struct rig_sound *a, double a_hz, struct rig_sound *b, double b_hz,
              uint64_t ms);
/** Listen for ms to a tone. @return its level [dB]; received counts packets. */
double rig_listen(struct rig *rig, struct rig_sound *sound, double hz, uint64_t ms);
/** Type a digit by RFC 4733 (payload type 101). */
void rig_type(struct rig *rig, struct rig_sound *sound, char digit);
