# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# farseat env: shell variables that point sipp, nats, kcat, psql and curl at what runs.

for part in process services postgres tls; do
  # shellcheck source=/dev/null
  . "$FARSEAT_TREE/cli/lib/$part.sh"
done

main() {
  [[ -f $FARSEAT_VAR/settings ]] || die "nothing was set up in $FARSEAT_VAR" "./farseat up"
  local name edges=''
  while read -r name; do
    edges+="${edges:+,}$(service_setting "$name" SITE)=$ADDRESS:$(service_setting "$name" SIP_PORT)"
  done < <(services_rows | awk '$2 == "farseat-edge" {print $1}')
  printf 'export %s=%q\n' \
    FARSEAT_VAR "$FARSEAT_VAR" \
    FARSEAT_PORT_BASE "$PORT_BASE" \
    FARSEAT_NATS_URL "$NATS_URL" \
    FARSEAT_NATS_CREDS "$NATS_CREDS" \
    FARSEAT_KAFKA "$KAFKA" \
    FARSEAT_PG "$(pg_operator_url)" \
    FARSEAT_API "https://$ADDRESS:$GATEWAY_PORT" \
    FARSEAT_CA "$TLS_CA" \
    FARSEAT_ADMIN_PASSWORD_FILE "$SECRETS/admin-password" \
    FARSEAT_EDGES "$edges"
  # farseatctl and the services' programs; once is enough.
  # shellcheck disable=SC2016 # the shell that reads this has a PATH of its own
  [[ :$PATH: == *":$BIN:"* ]] || printf 'export PATH=%q:"$PATH"\n' "$BIN"
}
