// SPDX-License-Identifier: Apache-2.0
// What the agent writes, over what the ticket has. Pure.
export interface TicketForm {
  /** The ticket's own values are in the fields; before, "" leaves a field to the ticket. */
  seeded: boolean;
  subject: string;
  businessType: string;
  status: string;
  disposition: string;
  note: string;
  customerId: string;
  /** What the list of unfinished notes shows. */
  caller: string;
  at: number;
}
type Shared = 'subject' | 'businessType' | 'disposition' | 'note';
/** The form over the ticket: what a save would write. Pure. */
export function formOver(form: TicketForm, ticket: Readonly<Record<Shared, string>> | undefined): TicketForm {
  if (form.seeded || !ticket) return form;
  const pick = (field: Shared): string => form[field] || ticket[field];
  return { ...form, seeded: true, subject: pick('subject'), businessType: pick('businessType'), disposition: pick('disposition'), note: pick('note') };
}
/** The longest beginning of a text that has so many bytes in UTF-8, without half a character. Pure. */
export function cutBytes(text: string, bytes: number): string {
  const encoder = new TextEncoder();
  if (encoder.encode(text).length <= bytes) return text;
  let out = '';
  let used = 0;
  for (const character of text) {
    used += encoder.encode(character).length;
    if (used > bytes) break;
    out += character;
  }
  return out;
}
