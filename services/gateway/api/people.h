/* SPDX-License-Identifier: Apache-2.0 */
/* people.h - far.api.gateway.PersonDelete and AuditList. */
#pragma once
#include "far/pg_method.h"

extern const struct far_pg_method people_admin_methods[];
extern const size_t people_admin_methods_len;
