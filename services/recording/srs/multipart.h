/* SPDX-License-Identifier: Apache-2.0 */
/* multipart.h - a multipart/mixed body apart (RFC 2046 5.1), without copying. Pure. */
#pragma once
#include "far/err.h"
#include <stdbool.h>
#include <stddef.h>

#define MULTIPART_MAX          8u
#define MULTIPART_TYPE_SIZE    64
#define MULTIPART_BOUNDARY_MAX 70u

struct multipart_part {
    char type[MULTIPART_TYPE_SIZE]; /* "application/sdp", lower case, without parameters; "": none was said */
    const char *body;               /* into the whole body */
    size_t len;
};
/** boundary: the parameter's value, quoted or not. What comes before the first and after the last boundary is
 * skipped; a last boundary that is missing ends the last part with the body (clients that forget it exist).
 *  @return FAR_OK with at least one part; FAR_EINVAL: the boundary; FAR_EPROTO: no part, or one without its
 * empty line; FAR_EFULL: more than MULTIPART_MAX. */
FAR_MUST_CHECK enum far_err multipart_split(const char *boundary, const char *body, size_t len,
                                            struct multipart_part ret_parts[MULTIPART_MAX],
                                            size_t *ret_count);
/** The first part of this type, or NULL. */
const struct multipart_part *multipart_find(const struct multipart_part *parts, size_t count,
                                            const char *type);
