/* SPDX-License-Identifier: Apache-2.0 */
/* http.h - the operators' HTTP server of every process, on a thread of its own (libmicrohttpd): GET and HEAD
 * of /healthz  200 while the loop turns (within the last 5 s), else 503 /readyz   200 while no health check
 * is FAILED, else 503; JSON (health.h) /metrics  Prometheus text (metrics.h) At most 64 connections, 10 s
 * idle. No secrets in it, but bind it to loopback or to an operators' network. */
#pragma once
#include "far/err.h"
#include "far/loop.h"
#include <stddef.h>
#include <stdint.h>

struct far_http;

struct far_http_config {
    const char *listen; /* "127.0.0.1:9101"; port 0: a free one */
    const char *service;
    const char *instance;
    const char *version;
    const struct far_loop *loop; /* whose life /healthz shows; NULL: none */
};

/** Strings are copied. @return FAR_OK; FAR_EINVAL: listen; FAR_EIO: the port is taken or not permitted
 * (logged). */
FAR_MUST_CHECK enum far_err far_http_create(const struct far_http_config *config, struct far_http **ret_http);
/** Before the loop is destroyed. NULL is allowed. */
struct far_http *far_http_destroy(struct far_http *http);
uint16_t far_http_port(const struct far_http *http);
/** Asks the process that listens there (http.listen) for /readyz; blocks up to about 3 s, so not on a loop.
 * @param ret_body what it said, cut to size. @return FAR_OK: it answered, see ret_status; FAR_ENOTFOUND:
 * nobody listens there, or no such address; FAR_EIO: what answered is no HTTP server, or said nothing. */
FAR_MUST_CHECK enum far_err far_http_check(const char *listen, int *ret_status, char *ret_body, size_t size);
