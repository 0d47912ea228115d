/* SPDX-License-Identifier: Apache-2.0 */
/* definitions.h - the table of figures as docs/kpi.md shows it. */
#pragma once
struct far_buf;
/** As a Markdown table. */
void definitions_reference(struct far_buf *out);
