/* SPDX-License-Identifier: Apache-2.0 */
/* reports.h - routes of reports that are more than a question to analytics: one's own figures, and files. */
#pragma once
struct exchange;

#define REPORTS_FILES "text/csv application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

void reports_mine(struct exchange *exchange);
void reports_export(struct exchange *exchange);
void reports_contacts(struct exchange *exchange);
