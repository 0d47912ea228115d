/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in the headers that anybody can write: a cookie, X-Forwarded-For, Origin, Accept-Encoding. What
 * comes out is terminated, and an address is one. */
#include "http/forwarded.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const texts[] = {"10.0.0.0/8", "::/0"};
    const struct far_config_list list = {2, texts};
    struct http_proxies proxies;
    const char *wrong = NULL;
    char *text = malloc(size + 1), value[32], client[64];
    uint8_t address[16];
    if (!text || http_proxies_read(&list, &proxies, &wrong) != FAR_OK) abort();
    memcpy(text, data, size);
    text[size] = '\0';
    if (http_cookie(text, "farseat_refresh", value, sizeof(value)) && strpbrk(value, "; \t")) abort();
    http_client_address(&proxies, "10.1.2.3", text, client, sizeof(client));
    if (inet_pton(AF_INET, client, address) != 1 && inet_pton(AF_INET6, client, address) != 1) abort();
    (void)http_origin_is(text, "https", "host");
    if (http_accepts(text, "br") && !strpbrk(text, "bB")) abort();
    (void)http_proxies_have(&proxies, text);
    const char *one[] = {text};
    const struct far_config_list strange = {1, one};
    if (http_proxies_read(&strange, &proxies, &wrong) != FAR_OK && wrong != text) abort();
    free(text);
    return 0;
}
