/* SPDX-License-Identifier: Apache-2.0 */
/* forwarded.h - what stands in headers that others write: cookies, and the
 * client's own address behind proxies that we know. Pure. */
#pragma once
#include "far/config.h"
#include "far/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_PROXIES_MAX 32
/* Addresses and networks (CIDR), IPv4 and IPv6. */
struct http_proxies {
    struct {
        uint8_t family_len; /* 4 or 16 */
        uint8_t bits;
        uint8_t address[16];
    } rows[HTTP_PROXIES_MAX];
    size_t len;
};
/** @return FAR_OK; FAR_EINVAL: more than HTTP_PROXIES_MAX, or *ret_wrong is
 * none. */
FAR_MUST_CHECK enum far_err http_proxies_read(const struct far_config_list *texts,
                                              struct http_proxies *ret_proxies, const char **ret_wrong);
bool http_proxies_have(const struct http_proxies *proxies, const char *address);
/** The client's address: the peer's; when that is a proxy's, the last one of
 * X-Forwarded-For that is none's. What is no address ends the search: the last
 * proxy is the client then. */
void http_client_address(const struct http_proxies *proxies, const char *peer, const char *forwarded_for,
                         char *ret_client, size_t size);
/** A cookie's value out of the header (RFC 6265 4.2.1). @return false: it is
 * not there, or does not fit. */
bool http_cookie(const char *header, const char *name, char *ret_value, size_t size);
/** Whether origin is scheme://host (RFC 6454, ASCII form), without regard to
 * case. */
bool http_origin_is(const char *origin, const char *scheme, const char *host);
/** Whether the header Accept-Encoding takes that coding, by name, with a weight
 * above 0. */
bool http_accepts(const char *accept_encoding, const char *coding);
