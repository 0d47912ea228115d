/* SPDX-License-Identifier: Apache-2.0 */
/* random_message.h - a random message of any type, built by its descriptor; for property tests. */
#pragma once
#include "far/rand.h"
#include <protobuf-c/protobuf-c.h>

/** The caller frees it by protobuf_c_message_free_unpacked(m, NULL). */
ProtobufCMessage *random_message(struct far_rand *rand, const ProtobufCMessageDescriptor *type,
                                 unsigned depth);
