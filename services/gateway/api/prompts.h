/* SPDX-License-Identifier: Apache-2.0 */
/* prompts.h - what callers hear: the prompts of bucket `prompts`, and the built-in ones that lie in a folder.
 * A prompt of the bucket hides the built-in one of its name. Loop thread. */
#pragma once
#include "api.h"
#include "far/config.h"

#define PROMPTS_MAX 2000 /* in the bucket; more are not known */

struct prompts_config {
    const char *built_in_dir, *synthesiser;
};
extern const struct far_config_row prompts_config_rows[];
extern const size_t prompts_config_rows_len;

/** config must live as long. */
FAR_MUST_CHECK enum far_err prompts_create(struct api *api, const struct prompts_config *config,
                                           struct prompts **ret_prompts);
struct prompts *prompts_destroy(struct prompts *prompts); /* NULL is allowed; before far_bus_destroy() */
/** Whether callers can hear it. True as well while nobody can know: the bucket was not read yet. */
bool prompts_has(const struct prompts *prompts, const char *name);

void prompts_list(struct exchange *exchange);
void prompts_put(struct exchange *exchange);
void prompts_synthesise(struct exchange *exchange);
void prompts_audio(struct exchange *exchange);
void prompts_remove(struct exchange *exchange);
