/* SPDX-License-Identifier: Apache-2.0 */
/* prompts_private.h - shared by prompts.c and prompts_make.c. */
#pragma once
#include "far/kv.h"
#include "farseat/v1/api_gateway.pb-c.h"
#include "prompts.h"
#include "prompts_builtin.h"

struct prompts {
    struct api *api;
    const struct prompts_config *config;
    struct far_kv_watch *watch;
    Farseat__V1__Prompt *rows[PROMPTS_MAX]; /* sorted by name, without their sound */
    size_t len;
    bool known; /* the bucket was read */
    struct builtins builtins, scanned;
    uint64_t timer;
    bool scanning, gone; /* gone: freed when the scan has come back */
    size_t works;
};

/** @return NULL: replied and ended. */
struct prompts *prompts_of(struct exchange *exchange);
/** The path's name. @return NULL: it cannot be one; replied and ended. */
const char *prompts_name(struct exchange *exchange);
void prompts_audit(const struct exchange *exchange, const char *action, const char *outcome);
