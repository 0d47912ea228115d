/* SPDX-License-Identifier: Apache-2.0 */
/* contract.h - every message type of proto/farseat/v1; contract.c is made from the .proto files. */
#pragma once
#include <protobuf-c/protobuf-c.h>
#include <stddef.h>

extern const ProtobufCMessageDescriptor *const contract_types[];
extern const size_t contract_types_len;
