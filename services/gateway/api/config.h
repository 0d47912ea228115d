/* SPDX-License-Identifier: Apache-2.0 */
/* config.h - PUT /config: the ACD's verdict, and beside it what will not work though it is allowed: prompts
 * that are nowhere, phones without a secret. Warnings are lines of the verdict's text that begin with
 * "warning: ". Loop thread. */
#pragma once
#include "api.h"
#include "farseat/v1/config.pb-c.h"

void config_put(struct exchange *exchange);
/** Call fn for each prompt's name in a configuration, with where it stands; a name may come again. */
void config_prompts(const Farseat__V1__CentreConfig *config,
                    void (*fn)(void *ctx, const char *prompt, const char *where), void *ctx);
