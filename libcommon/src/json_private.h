/* SPDX-License-Identifier: Apache-2.0 */
/* json_private.h - what json.c and json_read.c share. */
#pragma once
#include <protobuf-c/protobuf-c.h>
#include <stddef.h>

/** Bytes of one value of a type in protobuf-c's structs; of messages and texts: of the pointer. */
size_t json_value_size(ProtobufCType type);
