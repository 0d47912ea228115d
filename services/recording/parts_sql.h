/* SPDX-License-Identifier: Apache-2.0 */
/* parts_sql.h - the table recording.parts: its statements. On a database thread, inside a job. */
#pragma once
#include "far/postgres.h"
#include "part.h"

/** Store a part; a row that has ended is never made "recording" again. @return as far_pg_query(). */
FAR_MUST_CHECK enum far_err parts_store(struct far_pg_conn *conn, const struct part *part);
/** Rows of this instance that began before began_at_us and never ended have no file any more: failed.
 *  @param ret_count how many. */
FAR_MUST_CHECK enum far_err parts_fail_lost(struct far_pg_conn *conn, const char *instance,
                                            int64_t began_at_us, int64_t *ret_count);
/** Parts that match every field of the request that is set, newest first, at most limit (0: 100; 1000 at
 * most). The caller frees the reply by protobuf_c_message_free_unpacked().
 *  @return FAR_OK; FAR_EINVAL: recording_id is no UUID; FAR_ENOMEM; as far_pg_query(). */
FAR_MUST_CHECK enum far_err parts_list(struct far_pg_conn *conn,
                                       const Farseat__V1__RecordingListRequest *request,
                                       Farseat__V1__RecordingListReply **ret_reply);
/** The statement that a request runs: for the test that explains it. */
const char *parts_list_sql(const Farseat__V1__RecordingListRequest *request);
