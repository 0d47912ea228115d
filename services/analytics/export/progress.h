/* SPDX-License-Identifier: Apache-2.0 */
/* progress.h - how far the exporter is, as a record in Kafka: topic farseat.export-progress.v1, key = stream.
 * Blocking: on worker threads. */
#pragma once
#include "export_core.h"
#include "kafka.h"

/** The last committed one; zeroed when there is none. @return FAR_OK; FAR_EIO with ret_text. */
FAR_MUST_CHECK enum far_err progress_read(const struct kafka_config *config,
                                          struct export_progress *ret_progress,
                                          char ret_text[KAFKA_TEXT_SIZE]);
/** Into the producer's open transaction. */
FAR_MUST_CHECK enum far_err progress_produce(rd_kafka_t *producer, const struct export_progress *progress,
                                             char ret_text[KAFKA_TEXT_SIZE]);
/** JSON text of ExportProgress to progress. @return FAR_OK; FAR_EPROTO. */
FAR_MUST_CHECK enum far_err progress_parse(const char *text, size_t len,
                                           struct export_progress *ret_progress);
