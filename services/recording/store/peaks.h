/* SPDX-License-Identifier: Apache-2.0 */
/* peaks.h - how loud a recording is, for drawing its wave: the loudest sample of each of equally long
 * stretches. Blocks: it decrypts and decodes the whole part, chunk by chunk. */
#pragma once
#include "file_read.h"

#define PEAKS_MAX     4000u
#define PEAKS_DEFAULT 1000u

/** The value of a sample's amplitude: 255 by the square root of its part of the loudest; quiet speech stays
 * visible. */
uint8_t peaks_value(uint32_t amplitude);
/** points (1..PEAKS_MAX) values a side over all frames that are there when it begins; zeros when there are
 * none.
 *  @return FAR_OK; FAR_EINVAL: points; or as file_read(). */
FAR_MUST_CHECK enum far_err peaks_make(struct file_reader *reader, uint32_t points, uint8_t *ret_left,
                                       uint8_t *ret_right);
