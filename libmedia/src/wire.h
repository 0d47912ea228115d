/* SPDX-License-Identifier: Apache-2.0 */
/* wire.h - numbers in network order and, for WAV, in little-endian order. Whoever calls has checked the room.
 */
#pragma once
#include <stdint.h>

static inline uint16_t wire_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}
static inline uint32_t wire_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}
static inline void wire_put_u16(uint8_t *bytes, uint16_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}
static inline void wire_put_u32(uint8_t *bytes, uint32_t value)
{
    wire_put_u16(bytes, (uint16_t)(value >> 16));
    wire_put_u16(bytes + 2, (uint16_t)value);
}
static inline uint16_t wire_le_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[1] << 8 | bytes[0]);
}
static inline uint32_t wire_le_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0];
}
static inline void wire_put_le_u16(uint8_t *bytes, uint16_t value)
{
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
}
static inline void wire_put_le_u32(uint8_t *bytes, uint32_t value)
{
    wire_put_le_u16(bytes, (uint16_t)value);
    wire_put_le_u16(bytes + 2, (uint16_t)(value >> 16));
}
