/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"
#include "anchor.h"
#include "far/log.h"
#include "far/str.h"
#include "files_set.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_MS 2000

struct files {
    struct far_loop *loop;
    char *dir;
    struct files_set *set; /* NULL: the folder is not there */
    struct anchor *anchor;
    uint64_t timer;
    bool looking;
};

/* ---- looking whether they changed ----------------------------------------------------------------- */

struct look {
    struct anchor *files;
    char *dir;
    struct files_stamp before;
    struct files_set *found;
};

/* On a worker thread. A folder that is just being replaced is read at the next look. */
static void look_work(void *arg)
{
    struct look *look = arg;
    struct files_stamp stamp, after;
    if (!files_stamp_read(look->dir, &stamp) || memcmp(&stamp, &look->before, sizeof(stamp)) == 0 ||
        files_set_read(look->dir, &look->found) != FAR_OK)
        return;
    if (!files_stamp_read(look->dir, &after) || memcmp(&after, &look->found->stamp, sizeof(after)) != 0)
        look->found = files_set_drop(look->found);
}

static void look_done(void *arg)
{
    struct look *look = arg;
    struct files *files = look->files->target;
    if (files) files->looking = false;
    if (files && look->found) {
        FAR_INFO("console-read", "dir=%s files=%zu bytes=%zu", files->dir, look->found->len,
                 look->found->bytes);
        files_set_drop(files->set);
        files->set = look->found;
        look->found = NULL;
    }
    files_set_drop(look->found);
    (void)anchor_drop(look->files);
    free(look->dir);
    free(look);
}

static void look_begin(void *arg, uint64_t timer)
{
    (void)timer;
    struct files *files = arg;
    struct look *look = files->looking ? NULL : calloc(1, sizeof(*look));
    if (!look) return;
    look->files = anchor_hold(files->anchor);
    look->dir = strdup(files->dir);
    if (files->set) look->before = files->set->stamp;
    files->looking = look->dir && far_loop_work(files->loop, look_work, look_done, look) == FAR_OK;
    if (files->looking) return;
    (void)anchor_drop(look->files);
    free(look->dir);
    free(look);
}

/* ---- answers -------------------------------------------------------------------------------------- */

static const struct {
    const char *ending, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json; charset=utf-8"},
    {".webmanifest", "application/manifest+json; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".webp", "image/webp"},
    {".woff2", "font/woff2"},
    {".wav", "audio/wav"},
    {".mp3", "audio/mpeg"},
    {".ogg", "audio/ogg"},
    {".txt", "text/plain; charset=utf-8"},
    {".wasm", "application/wasm"},
};

static const char *type_of(const char *path)
{
    const char *ending = strrchr(path, '.');
    for (size_t i = 0; ending && i < FAR_ARRAY_LEN(types); i++)
        if (strcmp(types[i].ending, ending) == 0) return types[i].type;
    return "application/octet-stream";
}

/* Scripts of ours only; Mantine writes styles into the page; sound and pictures that the page makes itself.
 */
static const char policy[] =
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; media-src 'self' blob:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";
static const char permissions[] =
    "microphone=(self), speaker-selection=(self), autoplay=(self), fullscreen=(self), "
    "screen-wake-lock=(self), "
    "camera=(), geolocation=(), display-capture=(), payment=(), usb=(), serial=(), bluetooth=()";

static const struct file *encoded(const struct files_set *set, const char *path, const char *accepted,
                                  const char **ret_coding)
{
    static const char *const codings[][2] = {{"br", ".br"}, {"gzip", ".gz"}};
    for (size_t i = 0; i < FAR_ARRAY_LEN(codings); i++) {
        char sibling[HTTP_PATH_MAX + 8];
        (void)snprintf(sibling, sizeof(sibling), "%s%s", path, codings[i][1]);
        const struct file *file = http_accepts(accepted, codings[i][0]) ? files_set_find(set, sibling) : NULL;
        if (!file) continue;
        *ret_coding = codings[i][0];
        return file;
    }
    return NULL;
}

static void release(void *owner)
{
    files_set_drop(owner);
}

static void show(struct files_set *set, struct http_server *server, const struct http_request *request,
                 const struct file *file)
{
    const char *coding = NULL;
    const struct file *sent = encoded(set, file->path, request->accept_encoding, &coding);
    if (!sent) sent = file;
    bool kept = far_str_starts(file->path, "/assets/"); /* their names are hashes of what they hold */
    bool known = strstr(request->if_none_match, sent->tag) != NULL;
    struct http_answer answer = {
        .status = known ? 304 : 200,
        .content_type = type_of(file->path),
        .body = sent->data,
        .body_len = known ? 0 : sent->len,
        .headers = {{"cache-control:", kept ? "public, max-age=31536000, immutable" : "no-cache"},
                    {"etag:", sent->tag},
                    {"vary:", "accept-encoding"},
                    {"content-security-policy:", policy},
                    {"permissions-policy:", permissions},
                    {coding ? "content-encoding:" : NULL, coding}},
        .release = release,
        .owner = set};
    set->refs++;
    http_reply(server, request->id, &answer);
}

static void show_missing(const struct files *files, struct http_server *server,
                         const struct http_request *request)
{
    char page[1024];
    (void)snprintf(
        page, sizeof(page),
        "<!doctype html><html lang=\"en\"><title>Farseat</title><h1>The console is not built</h1>"
        "<p>The gateway looks for it in <code>%s</code>. <code>./farseat up</code> builds it, unless "
        "FARSEAT_CONSOLE=no; it is shown as soon as it is there.</p><p>The API is there: "
        "<a href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a></p></html>\n",
        strpbrk(files->dir, "<>&\"") ? "http.console_dir" : files->dir);
    const struct http_answer answer = {
        .status = 503, .content_type = "text/html; charset=utf-8", .body = page, .body_len = strlen(page)};
    http_reply(server, request->id, &answer);
}

void files_request(struct files *files, struct http_server *server, const struct http_request *request)
{
    if (request->method != HTTP_GET && request->method != HTTP_HEAD) {
        http_reply_error(server, request->id, 405, "EINVAL", "pages are read only: see /api/v1/openapi.json");
        return;
    }
    const char *name = strrchr(request->path, '/');
    bool is_page = name && !strchr(name, '.');
    if (!files->set && (is_page || strcmp(request->path, "/index.html") == 0)) {
        show_missing(files, server, request);
        return;
    }
    const struct file *file = files->set ? files_set_find(files->set, request->path) : NULL;
    if (!file && files->set && is_page) file = files_set_find(files->set, "/index.html");
    if (file)
        show(files->set, server, request, file);
    else
        http_reply_error(server, request->id, 404, "ENOTFOUND", "no such path: see /api/v1/openapi.json");
}

enum far_err files_create(struct far_loop *loop, const char *dir, struct files **ret_files)
{
    struct files *files = calloc(1, sizeof(*files));
    if (!files) return FAR_ENOMEM;
    files->loop = loop;
    files->dir = strdup(dir);
    files->anchor = anchor_make(files);
    enum far_err err = files->dir && files->anchor ? FAR_OK : FAR_ENOMEM;
    if (err == FAR_OK && files_set_read(dir, &files->set) != FAR_OK)
        FAR_WARN("console-missing", "dir=%s mend=\"%s\"", dir,
                 "./farseat up builds it; it is shown when it is there");
    if (err == FAR_OK) err = far_timer_start(loop, LOOK_MS, LOOK_MS, look_begin, files, &files->timer);
    if (err != FAR_OK)
        files_destroy(files);
    else
        *ret_files = files;
    return err;
}

struct files *files_destroy(struct files *files)
{
    if (!files) return NULL;
    far_timer_stop(files->loop, files->timer);
    files->anchor = anchor_weigh(files->anchor);
    files_set_drop(files->set);
    free(files->dir);
    free(files);
    return NULL;
}
