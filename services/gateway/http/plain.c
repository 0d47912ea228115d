/* SPDX-License-Identifier: Apache-2.0 */
/* plain.c - what is answered without TLS: a certificate authority's question
 * (RFC 8555 8.3), and the way to https. */
#include "far/str.h"
#include "private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACME_PATH     "/.well-known/acme-challenge/"
#define ACME_LEN_MAX  4096
#define TOKEN_LEN_MAX 128

struct challenge {
    struct anchor *server;
    uint64_t id;
    char path[1024];
    struct far_buf text;
    enum far_err err;
};

/* On a worker thread. */
static void challenge_read(void *arg)
{
    struct challenge *challenge = arg;
    challenge->err = far_buf_add_file(&challenge->text, challenge->path);
}

static void challenge_done(void *arg)
{
    struct challenge *challenge = arg;
    struct http_server *server = challenge->server->target;
    const struct http_answer answer = {.status = 200,
                                       .content_type = "text/plain; charset=utf-8",
                                       .body = challenge->text.data,
                                       .body_len = challenge->text.len};
    if (server && challenge->err == FAR_OK)
        http_reply(server, challenge->id, &answer);
    else if (server)
        http_reply_error(server, challenge->id, 404, "ENOTFOUND", "no such challenge");
    (void)anchor_drop(challenge->server);
    far_buf_done(&challenge->text);
    free(challenge);
}

static bool token_ok(const char *token)
{
    size_t len = strlen(token);
    return len > 0 && len <= TOKEN_LEN_MAX &&
           strspn(token, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ012"
                         "3456789-_") == len;
}

bool acme_request(struct http_server *server, const struct http_request *request)
{
    const char *dir = server->config.acme_dir;
    if (!far_str_starts(request->path, ACME_PATH) || !dir || !dir[0]) return false;
    const char *token = request->path + strlen(ACME_PATH);
    struct challenge *challenge = token_ok(token) ? calloc(1, sizeof(*challenge)) : NULL;
    if (!challenge) {
        http_reply_error(server, request->id, 404, "ENOTFOUND", "no such challenge");
        return true;
    }
    challenge->server = anchor_hold(server->anchor);
    challenge->id = request->id;
    far_buf_init(&challenge->text, ACME_LEN_MAX);
    /* as certbot --webroot -w DIR writes them */
    int len = snprintf(challenge->path, sizeof(challenge->path), "%s%s%s", dir, ACME_PATH, token);
    challenge->err = FAR_EINVAL; /* until the worker says more: from then on it is his */
    if (len <= 0 || (size_t)len >= sizeof(challenge->path) ||
        far_loop_work(server->loop, challenge_read, challenge_done, challenge) != FAR_OK)
        challenge_done(challenge);
    return true;
}

/* A host and port, and no more: it goes into a header. */
static bool host_ok(const char *host)
{
    return host[0] && strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRS"
                                   "TUVWXYZ0123456789.-:[]_") == strlen(host);
}

/* A path that needs no escapes; another one is not kept. */
static const char *path_kept(const char *path)
{
    bool plain = path[0] == '/' && path[1] != '/' &&
                 strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX"
                              "YZ0123456789.-_~/") == strlen(path);
    return plain ? path : "/";
}

void plain_request(struct http_server *server, const struct http_request *request)
{
    char location[HTTP_PATH_MAX + 300];
    if (!host_ok(request->host) || (request->method != HTTP_GET && request->method != HTTP_HEAD)) {
        http_reply_error(server, request->id, 403, "EDENIED", "this port speaks HTTPS: ask https://");
        return;
    }
    (void)snprintf(location, sizeof(location), "https://%s%s", request->host, path_kept(request->path));
    static const char text[] = "This port speaks HTTPS.\n";
    const struct http_answer answer = {.status = 301,
                                       .content_type = "text/plain; charset=utf-8",
                                       .body = text,
                                       .body_len = strlen(text),
                                       .headers = {{"location:", location}}};
    http_reply(server, request->id, &answer);
}
