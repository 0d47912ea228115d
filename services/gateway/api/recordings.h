/* SPDX-License-Identifier: Apache-2.0 */
/* recordings.h - routes of recordings beside their sound (audio.c): the wave, and links that browsers may
 * play. */
#pragma once
struct exchange;

#define RECORDINGS_TICKET_S 300

void recordings_peaks(struct exchange *exchange);
void recordings_ticket(struct exchange *exchange);
