/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h - the gateway's own rows of configuration. */
#pragma once
#include "far/config.h"
#include "http/forwarded.h"

struct settings {
    const char *listen, *certificate, *key, *acme_dir, *console_dir;
    int64_t phones_max, phones_person_max;
    int64_t connections_max, body_max, audio_max, hsts_ms;
    struct far_config_list origins, proxies;
    const char *admin_login, *admin_password;
    struct http_proxies proxies_read; /* by settings_check() */
};
extern const struct far_config_row settings_rows[];
extern const size_t settings_rows_len;
/** Rules between rows; reads the proxies. @return FAR_OK; FAR_EINVAL: said in errors. */
FAR_MUST_CHECK enum far_err settings_check(struct settings *settings, struct far_buf *errors);
