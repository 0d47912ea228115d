/* SPDX-License-Identifier: Apache-2.0 */
/* admin.h - begins and ends what administration needs beside the routes: the watch over all processes, the
 * history of configurations, the prompts. Loop thread. */
#pragma once
#include "prompts.h"

/** After centre_create(). What was begun before an error is ended by admin_end(). */
FAR_MUST_CHECK enum far_err admin_begin(struct api *api, const struct prompts_config *prompts,
                                        const char *instance);
/** Before centre_destroy(), far_pg_destroy() and the HTTP server's end. */
void admin_stop(struct api *api);
/** After far_pg_destroy(). */
void admin_end(struct api *api);
