/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"
#include <stddef.h>

#define ROW(path_, type_, field_, default_, help_)                                                           \
    .path = path_, .type = FAR_CONFIG_##type_, .offset = offsetof(struct settings, field_),                  \
    .default_text = default_, .help = help_

const struct far_config_row settings_rows[] = {
    {ROW("api.listen", STRING, listen, "127.0.0.1:8080", "Address and port of console, API and WebSockets")},
    {ROW("api.connections_max", INT, connections_max, "8192", "Connections at once; beyond they are closed"),
     .min = 16, .max = 100000},
    {ROW("api.body_max", SIZE, body_max, "512k", "Largest body of a request"), .min = 1024, .max = 1048576},
    {ROW("api.audio_max", SIZE, audio_max, "64M", "Largest recording that is sent without ranges"),
     .min = 65536, .max = 1073741824},
    {ROW("http.tls_certificate", STRING, certificate, "",
         "PEM file of the certificate and its chain; read again when it changes. Empty: plain HTTP, for a "
         "TLS proxy in front")},
    {ROW("http.tls_key", STRING, key, "", "PEM file of its key")},
    {ROW("http.hsts", DURATION_MS, hsts_ms, "0",
         "Strict-Transport-Security: browsers ask by HTTPS only for so long; 0 while the certificate is of "
         "an authority of one's own")},
    {ROW("http.acme_dir", STRING, acme_dir, "",
         "Folder whose .well-known/acme-challenge/ is shown, also without TLS, to a certificate authority "
         "(certbot --webroot -w)")},
    {ROW("http.console_dir", STRING, console_dir, "build/console/dist", "Folder of the console's files")},
    {ROW("http.origins", STRING_LIST, origins, "",
         "Further origins (https://host:port) whose pages may use cookies and WebSockets; the server's own "
         "always may")},
    {ROW("http.proxies", STRING_LIST, proxies, "",
         "Addresses and networks of proxies in front, whose X-Forwarded-For and X-Forwarded-Proto are "
         "believed"),
     .max = HTTP_PROXIES_MAX},
    {ROW("sip.phones_max", INT, phones_max, "4000", "Browsers' phones at once"), .min = 1, .max = 100000},
    {ROW("sip.person_max", INT, phones_person_max, "4", "Browsers' phones of one person at once: tabs"),
     .min = 1, .max = 64},
    {ROW("admin.login", STRING, admin_login, "admin",
         "Login of the administrator who is made when nobody is there yet")},
    {ROW("admin.password", SECRET, admin_password, "", "His first password")},
};
const size_t settings_rows_len = FAR_ARRAY_LEN(settings_rows);

enum far_err settings_check(struct settings *settings, struct far_buf *errors)
{
    const char *wrong = "";
    enum far_err err = http_proxies_read(&settings->proxies, &settings->proxies_read, &wrong);
    if (err != FAR_OK)
        far_buf_addf(errors, "http.proxies: '%s' is no address or network; write 10.0.0.1 or 10.0.0.0/8\n",
                     wrong);
    if ((settings->certificate[0] == '\0') != (settings->key[0] == '\0')) {
        far_buf_add_text(errors, "http.tls_certificate and http.tls_key: name both, or neither\n");
        err = FAR_EINVAL;
    }
    return err;
}
