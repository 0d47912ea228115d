/* SPDX-License-Identifier: Apache-2.0 */
/* peaks_method.h - far.api.recording.Peaks.<instance>: files are read on worker threads, the newest answers
 * about finished parts are kept. Loop thread. */
#pragma once
#include "methods.h"

struct peaks_method; /* opaque */
FAR_MUST_CHECK enum far_err peaks_method_serve(const struct methods_config *config,
                                               struct peaks_method **ret_method);
/** Take no more questions; those under way are still answered. NULL is allowed. @return NULL. */
struct peaks_method *peaks_method_destroy(struct peaks_method *method);
/** Questions under way. */
size_t peaks_method_open(const struct peaks_method *method);
