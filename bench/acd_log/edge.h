/* SPDX-License-Identifier: Apache-2.0 */
/* edge.h - an edge that exists on the bus only: it appends what an edge would say of callers who come, wait
 * and give up, takes every command, and beats. One thread, its loop runs inside these functions. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define EDGE_NAME      "edge-hq"
#define INPUTS_OF_CALL 3u /* incoming, answered, ended */
#define EDGE_WINDOW    256u

struct edge; /* opaque */
struct edge *edge_open(const char *url, const char *nkey_file);
struct edge *edge_close(struct edge *edge);
/** So many calls, at_once of them alive at a time; returns when the ACD has applied the last input. Ends the
 *  program when that takes more than 30 s. @return how long it took [us]. */
uint64_t edge_calls(struct edge *edge, size_t calls, size_t at_once);
/** Wait until the ACD's records are all stored (at most 20 s), keeping the pulse up. */
void edge_rest(struct edge *edge);

/** Bytes of all inputs so far, and how many commands came. */
size_t edge_bytes(const struct edge *edge);
size_t edge_inputs(const struct edge *edge);
size_t edge_commands(const struct edge *edge);

/** The floor: messages of `len` bytes to a stream of their own on the same server by bare nats.c, with the
 * same number on their way at once. @return how long until the last was acknowledged [us]. */
uint64_t floor_append(const char *url, const char *nkey_file, size_t count, size_t len);
