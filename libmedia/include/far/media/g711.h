/* SPDX-License-Identifier: Apache-2.0 */
/* g711.h - ITU-T G.711 A-law and mu-law: linear PCM16 <-> one byte a sample, and one law to the other.
 * Pure; any thread. Tables are constants built by the compiler or by hand, never at run time. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/** The codecs of the tree. The value is the codec's static RTP payload type (RFC 3551). */
enum far_codec { FAR_CODEC_PCMU = 0, FAR_CODEC_PCMA = 8 };

#define FAR_G711_RATE         8000u /* samples a second */
#define FAR_G711_FRAME        160u  /* samples of a 20 ms packet */
#define FAR_G711_SILENCE_PCMA 0xd5u
#define FAR_G711_SILENCE_PCMU 0xffu

/** @return "PCMA" or "PCMU", as SDP names them. */
const char *far_codec_name(enum far_codec codec);
/** @return the byte that is digital silence in the codec. */
uint8_t far_codec_silence(enum far_codec codec);

uint8_t far_alaw_encode(int16_t sample);
uint8_t far_ulaw_encode(int16_t sample);
int16_t far_alaw_decode(uint8_t code);
int16_t far_ulaw_decode(uint8_t code);

/** Encode len samples to len bytes; decode len bytes to len samples. Buffers must not overlap. */
void far_g711_encode(enum far_codec codec, const int16_t *pcm, size_t len, uint8_t *ret_bytes);
void far_g711_decode(enum far_codec codec, const uint8_t *bytes, size_t len, int16_t *ret_pcm);
/** Change len bytes in place from one law to the other by table; the
 *  same law on both sides leaves them untouched. */
void far_g711_transcode(enum far_codec from, enum far_codec to, uint8_t *bytes, size_t len);
