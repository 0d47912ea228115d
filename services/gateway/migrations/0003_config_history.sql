-- SPDX-License-Identifier: Apache-2.0
-- Every configuration that was in force.
-- A log that was lost counts its versions anew: the newest row of a version is the one that is meant.
create table config_version (
  place bigserial primary key,
  version bigint not null,
  log_incarnation text not null default '', -- of the fact that told it; '' until it came
  at_us bigint not null,
  by_login text not null default '',
  note text not null default '',
  hash text not null default '', -- '' until the configuration itself was read
  config bytea                   -- farseat.v1.CentreConfig; null: replaced before it was read
);
create index config_version_by_version on config_version (version desc, place desc);
