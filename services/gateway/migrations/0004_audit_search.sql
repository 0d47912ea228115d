-- SPDX-License-Identifier: Apache-2.0
-- The audit log is searched by who and what, newest first, page after page.
create index audit_by_login on audit (login, place desc);
create index audit_by_action on audit (action text_pattern_ops, place desc);
