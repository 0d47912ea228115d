/* SPDX-License-Identifier: Apache-2.0 */
/* records.h - finished records as the ACD would write them, put into stream REC. */
#pragma once
#include <stddef.h>

#define RECORDS_OF_CONTACT 8u /* one contact, four segments, three agent activities */

struct records; /* opaque: a connection to the bus, and a producer's numbers */

/** Connect as acd-1. Ends the program when that fails. */
struct records *records_open(void);
struct records *records_close(struct records *records);
/** Store so many contacts' records; returns when the stream has them all. */
void records_put(struct records *records, size_t contacts);
