/* SPDX-License-Identifier: Apache-2.0 */
/* reports_file.h - what the two exports share: the wishes in the query, a bounded number of exports at once,
 * and the file, which is written on a worker thread. */
#pragma once
#include "api.h"
#include "farseat/v1/common.pb-c.h"
#include "reports_sheet.h"

#define EXPORT_SHEETS_MAX 5
#define EXPORT_BYTES_MAX  (32u * 1024u * 1024u)

struct export_file {
    struct exchange *exchange;
    bool xlsx, zh, cut;
    struct sheet *sheets[EXPORT_SHEETS_MAX];
    size_t sheets_len;
    char name[80]; /* of the file, without its ending */
    const char *action;
    char target[200]; /* of the audit log */
    struct far_buf out;
    enum far_err err;
};
/** Takes format and lang out of the exchange's parameters; what is left is the route's request, which the
 * caller frees (protobuf_c_message_free_unpacked). NULL: replied already. */
struct export_file *export_begin(struct exchange *exchange, const char *action,
                                 ProtobufCMessage **ret_request);
/** The text in the language of the export. */
const char *export_word(const struct export_file *file, const char *zh, const char *en);
const char *export_label(const struct export_file *file, const Farseat__V1__Label *label,
                         const char *otherwise);
/** One more sheet; NULL: no memory. */
struct sheet *export_sheet(struct export_file *file, const char *zh, const char *en);
/** Write it on a worker, then answer with it; CSV is the first sheet alone. Ends the exchange and the file.
 */
void export_write(struct export_file *file);
/** Answer with an error; ends the exchange and the file. */
void export_fail(struct export_file *file, enum far_err err, const char *text);
