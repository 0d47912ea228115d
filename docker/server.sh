#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# server.sh nats|postgres|kafka [--check-health]: the servers that Farseat stands on, in the foreground, configured by
# setup.sh, with the data under /var/lib/farseat/NAME.
set -euo pipefail
FARSEAT_TREE=/usr/share/farseat
export FARSEAT_VAR=/var/lib/farseat
. "$FARSEAT_TREE/cli/lib/common.sh"
settings_load
for part in process services postgres nats kafka; do
  # shellcheck source=/dev/null
  . "$FARSEAT_TREE/cli/lib/$part.sh"
done

postgres_first() {
  local data=$1 bin
  bin=$(pg_bin)
  [[ -f $data/PG_VERSION ]] || {
    rm -rf "$data.part"
    "$bin/initdb" -D "$data.part" -U postgres --auth=scram-sha-256 --pwfile="$SECRETS/pg/postgres" -E UTF8 --locale=C.UTF-8
    mv "$data.part" "$data"
  }
  # Roles, before anybody outside can connect.
  "$bin/pg_ctl" -D "$data" -w -l /tmp/roles.log -o "-c listen_addresses='' -c unix_socket_directories=/tmp" start
  export PGPASSWORD
  PGPASSWORD=$(<"$SECRETS/pg/postgres")
  local -a psql=(psql -X -q -v ON_ERROR_STOP=1 -h /tmp -U postgres)
  [[ $("${psql[@]}" -d postgres -tAc "select 1 from pg_database where datname = 'farseat'") == 1 ]] ||
    "${psql[@]}" -d postgres -c 'create database farseat'
  pg_roles_sql | "${psql[@]}" -d farseat
  "$bin/pg_ctl" -D "$data" -w stop
  unset PGPASSWORD
}

postgres_run() {
  local data=$FARSEAT_VAR/postgres/data
  postgres_first "$data"
  exec "$(pg_bin)/postgres" -D "$data" -c port="$PG_PORT" -c listen_addresses=127.0.0.1 -c unix_socket_directories=/tmp \
    -c max_connections=100
}

kafka_run() {
  local properties=$FARSEAT_VAR/kafka/server.properties
  [[ -f $FARSEAT_VAR/kafka/data/meta.properties ]] ||
    "${KAFKA_JAVA[@]}" -Xmx256m kafka.tools.StorageTool format -t "$(head -c 16 /dev/urandom | base64 | tr '+/' 'AB' | tr -d '=')" -c "$properties"
  exec "${KAFKA_JAVA[@]}" -Xms64m -Xmx384m kafka.Kafka "$properties"
}

case "$1 ${2:-}" in
  'nats ') exec /usr/sbin/nats-server -c "$FARSEAT_VAR/nats/nats.conf" ;;
  'postgres ') postgres_run ;;
  'kafka ') kafka_run ;;
  'nats --check-health') nats_ready ;;
  'postgres --check-health') pg_ready farseat ;;
  'kafka --check-health') kafka_ready ;;
  *) die "server.sh $*: nats, postgres or kafka, with or without --check-health" ;;
esac
