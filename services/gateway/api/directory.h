/* SPDX-License-Identifier: Apache-2.0 */
/* directory.h - GET /directory: names of what is configured, for everybody who sees live figures. */
#pragma once
#include "api.h"

void directory_get(struct exchange *exchange);
