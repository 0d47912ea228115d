#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# setup.sh [streams]: runs once before everything else: keys, certificates and each process's configuration into the volumes, by
# the same files as ./farseat up. A second run keeps what is there. FARSEAT_ADDRESS, FARSEAT_PORT_BASE: as everywhere.
# streams: once the bus is up, its streams and buckets.
set -euo pipefail
FARSEAT_TREE=/usr/share/farseat
export FARSEAT_VAR=/var/lib/farseat FARSEAT_BUILD=$FARSEAT_TREE LD_LIBRARY_PATH=/usr/lib/farseat
. "$FARSEAT_TREE/cli/lib/common.sh"
settings_load
for part in process services postgres nats kafka tls; do
  # shellcheck source=/dev/null
  . "$FARSEAT_TREE/cli/lib/$part.sh"
done
readonly OWNER=10001:10001 # who runs in every image

if [[ ${1:-} == streams ]]; then
  nats_streams
  exit 0
fi
mkdir -p "$FARSEAT_VAR"/{etc,log,run,secrets,prompts,prompt-cache,nats,kafka,postgres,recordings,prompt-cache,acme}
for name in admin-password pg/postgres; do secret "$name" >/dev/null; done
for name in $(pg_role_names); do secret "pg/$name" >/dev/null; done
mkdir -p "$SECRETS/recording"
tls_make
nats_conf
services_values_common
file_put "$FARSEAT_VAR/kafka/server.properties" "$(render "$FARSEAT_TREE/cli/kafka/server.properties.in")"
services_values
for name in $(services_names); do service_configure "$name"; done
# Prompts of one's own stay.
cp -r "$FARSEAT_TREE/prompts/." "$FARSEAT_VAR/prompts"
settings_save
chown -R "$OWNER" "$FARSEAT_VAR"
say "configured for $ADDRESS, ports from $PORT_BASE"
