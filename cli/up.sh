# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2153
# farseat up [name...]: from a bare Debian to a running centre; changes nothing where that stands already.

for part in process packages build console services postgres nats kafka prompts tls; do
  # shellcheck source=/dev/null
  . "$FARSEAT_TREE/cli/lib/$part.sh"
done

readonly DISK_MIN_MB=3072 DISK_RUN_MB=512 READY_SECONDS=60 STOP_SECONDS=35

# The first set-up needs room for packages, artifacts and objects; later only what runs grows.
disk_need() {
  local free_mb need=$DISK_MIN_MB
  [[ ! -f $FARSEAT_VAR/settings ]] || need=$DISK_RUN_MB
  free_mb=$(df -Pk "$FARSEAT_VAR" | awk 'NR == 2 {print int($4 / 1024)}')
  ((free_mb >= need)) || die "only $free_mb MB are free where $FARSEAT_VAR lies; $need MB are needed" \
    "make room, or choose another place with --var DIR"
}

# Every port of what is about to start must be free.
ports_need() {
  local name key
  for name in "$@"; do
    [[ -z $(supervisor_pid "$name") && -z $(instance_pid "$name") ]] || continue
    case $name in
      postgres) port_need "$PG_PORT" PostgreSQL ;;
      nats)
        port_need "$NATS_PORT" nats-server
        port_need "$NATS_MONITOR_PORT" "nats-server's health"
        ;;
      kafka)
        port_need "$KAFKA_PORT" Kafka
        port_need "$KAFKA_CONTROLLER_PORT" "Kafka's controller"
        ;;
      *)
        for key in HTTP_PORT GATEWAY_PORT SIP_PORT; do
          [[ -z $(service_setting "$name" "$key") ]] || port_need "$(service_setting "$name" "$key")" "$name ($key)"
        done
        [[ -z $(service_setting "$name" SIP_PORT) ]] || port_need "$(service_setting "$name" SIP_PORT)" "$name (SIP)" udp
        ;;
    esac
  done
}

# What runs was started with other ports: nothing would find it.
settings_unchanged() {
  local saved name
  saved=$(cat "$FARSEAT_VAR/settings" 2>/dev/null) || return 0
  [[ $saved != "$(printf 'port_base=%s\naddress=%s' "$PORT_BASE" "$ADDRESS")" ]] || return 0
  for name in "${SERVERS[@]}" $(services_names); do
    [[ -z $(supervisor_pid "$name") ]] || die "$name runs with other settings (${saved//$'\n'/, })" "./farseat down first, then up with the new ones"
  done
}

servers_own() {
  if ((PG_OWN)); then printf 'postgres '; fi
  if ((NATS_OWN)); then printf 'nats '; fi
  if ((KAFKA_OWN)); then printf 'kafka '; fi
}

# servers_start NAME...: all at once, as they do not need each other.
servers_start() {
  local name
  for name in "$@"; do
    case $name in
      postgres) pg_start ;;
      nats) nats_start ;;
      kafka) kafka_start ;;
    esac
  done
  instances_await "$@"
}

instances_await() {
  local name
  local -A exits=()
  for name in "$@"; do exits[$name]=$(instance_exits "$name"); done
  for name in "$@"; do instance_await "$name" "$READY_SECONDS" "${exits[$name]}"; done
}

services_start() {
  local name
  services_values
  for name in "$@"; do service_built "$name" || die "$BIN/$(service_binary "$name") is not there" "build it: cmake --build ${BIN%/bin} --target $(service_binary "$name")"; done
  for name in "$@"; do service_configure "$name"; done
  for name in "$@"; do service_start "$name"; done
  instances_await "$@"
}

summary() {
  say "Farseat is up."
  note "browsers and API   https://$ADDRESS:$GATEWAY_PORT"
  note "phones and trunks  $(services_rows | awk '$2 == "farseat-edge" {print $1}' | while read -r name; do
    printf '%s %s:%s  ' "$(service_setting "$name" SITE)" "$ADDRESS" "$(service_setting "$name" SIP_PORT)"
  done)(SIP over UDP and TCP)"
  note "bus                $NATS_URL (keys in $NATS_CREDS)"
  note "Kafka              $KAFKA"
  if ((PG_OWN)); then note "PostgreSQL         127.0.0.1:$PG_PORT, database farseat"; else note "PostgreSQL         as FARSEAT_PG says"; fi
  tls_tell
  note "administrator      user admin, password in $SECRETS/admin-password"
  note "next               ./farseat status, ./farseat logs, eval \"\$(./farseat env)\""
}

main() {
  local name
  local -a servers=() services=()
  for name in "$@"; do
    [[ " ${SERVERS[*]} " == *" $name "* || -n $(service_row "$name") ]] || die "there is no process '$name'" "./farseat status lists them"
  done
  mkdir -p "$FARSEAT_VAR" "$RUN" "$LOG" || die "$FARSEAT_VAR cannot be written" "choose another place with --var DIR"
  chmod 0755 "$FARSEAT_VAR"
  disk_need
  lock
  settings_unchanged
  for name in $(servers_own); do [[ $# -gt 0 && " $* " != *" $name "* ]] || servers+=("$name"); done
  for name in $(services_names); do [[ $# -gt 0 && " $* " != *" $name "* ]] || services+=("$name"); done

  packages_install
  ports_need "${servers[@]}" "${services[@]}"
  [[ " ${servers[*]} " != *" kafka "* ]] || kafka_fetch
  build_runtime
  [[ $# -gt 0 && " $* " != *" gateway "* ]] || console_runtime
  prompts_make
  (umask 077 && mkdir -p "$SECRETS" "$FARSEAT_VAR/recordings")
  secret admin-password >/dev/null
  tls_make
  settings_save

  [[ -n $(supervisor_pid logkeeper) ]] ||
    spawn logkeeper TERM "logkeeper.sh $LOG" bash "$FARSEAT_TREE/cli/lib/logkeeper.sh" "$LOG"
  servers_start ${servers[@]+"${servers[@]}"}
  # Roles and keys are also made for foreign servers.
  [[ $# -gt 0 && " $* " != *" postgres "* ]] || pg_roles
  if ((!NATS_OWN)); then nats_conf; fi
  [[ $# -gt 0 && " $* " != *" nats "* ]] || nats_streams
  services_start ${services[@]+"${services[@]}"}
  (($# > 0)) || summary
}
