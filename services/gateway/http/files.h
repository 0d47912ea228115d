/* SPDX-License-Identifier: Apache-2.0 */
/* files.h - the console's files: read into memory, looked at again when index.html changes, and shown with
 * what a browser needs to hear about them. Pages of the console are paths without a dot: index.html is all of
 * them. Loop thread. */
#pragma once
#include "server.h"

#define FILES_MAX       2000
#define FILE_BYTES_MAX  (16u * 1024 * 1024)
#define FILES_BYTES_MAX (128u * 1024 * 1024)

struct files; /* opaque */
/** Reads the folder; when it is not there yet, a page says so until it is. @return FAR_OK; FAR_ENOMEM;
 * FAR_EFULL. */
FAR_MUST_CHECK enum far_err files_create(struct far_loop *loop, const char *dir, struct files **ret_files);
struct files *files_destroy(struct files *files);
/** Answer a request for anything that is not the API's. */
void files_request(struct files *files, struct http_server *server, const struct http_request *request);
