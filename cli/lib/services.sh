# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2153
# The services of cli/services.txt: their configuration, start, health.

readonly SERVICES_FILE=$FARSEAT_TREE/cli/services.txt
readonly SERVERS=(postgres nats kafka)

services_rows() { sed 's/#.*//' "$SERVICES_FILE" | awk 'NF >= 3'; }
services_names() { services_rows | awk '{print $1}'; }
services_binaries() { services_rows | awk '!seen[$2]++ {print $2}'; }
services_pg_roles() { services_rows | sed -n 's/.* PG_ROLE=\([a-z_]*\).*/\1/p' | sort -u; }
service_row() { services_rows | awk -v name="$1" '$1 == name'; }
service_binary() { service_row "$1" | awk '{print $2}'; }
service_config() { printf '%s' "$ETC/$1.yaml"; }

# service_setting NAME KEY: a value of its row, counted from the port base where it begins with +.
service_setting() {
  local value
  value=$(service_row "$1" | tr -s ' ' '\n' | sed -n "s/^$2=//p")
  if [[ $value == +* ]]; then printf '%s' $((PORT_BASE + ${value#+})); else printf '%s' "$value"; fi
}

# services_values_common: what every template may name.
services_values_common() {
  VALUES=([VAR]=$FARSEAT_VAR [TREE]=$FARSEAT_TREE [SECRETS]=$SECRETS [ADDRESS]=$ADDRESS
    [NATS_URL]=$NATS_URL [KAFKA]=$KAFKA [TLS_CERTIFICATE]=${TLS_CERTIFICATE:-} [TLS_KEY]=${TLS_KEY:-}
    [NATS_PORT]=$NATS_PORT [NATS_MONITOR_PORT]=$NATS_MONITOR_PORT
    [KAFKA_PORT]=$KAFKA_PORT [KAFKA_CONTROLLER_PORT]=$KAFKA_CONTROLLER_PORT)
}

# services_values: the above, and each setting of each row as @INSTANCE.KEY@ (edge-hq: @EDGE_HQ.SIP_PORT@).
services_values() {
  services_values_common
  local name rest word key value
  while read -r name _ _ rest; do
    for word in $rest; do
      key=${word%%=*} value=${word#*=}
      [[ $value != +* ]] || value=$((PORT_BASE + ${value#+}))
      key=${name//-/_}.$key
      VALUES[${key^^}]=$value
    done
  done < <(services_rows)
}

# service_configure NAME: writes var/etc/NAME.yaml. services_values must have been called.
service_configure() {
  local name=$1 template rest key prefix
  read -r _ _ template rest < <(service_row "$name")
  [[ -f $FARSEAT_TREE/cli/etc/$template ]] || die "cli/etc/$template, named in cli/services.txt, is not there" "write it; --config-reference of the program prints its keys"
  VALUES[NAME]=$name VALUES[NKEY_FILE]=$NATS_CREDS/$name.nk
  prefix=${name//-/_}.
  prefix=${prefix^^}
  local -a own=()
  for key in "${!VALUES[@]}"; do
    [[ $key != "$prefix"* ]] || own+=("${key#"$prefix"}")
  done
  # shellcheck disable=SC2004 # an associative array: its keys are texts
  for key in "${own[@]}"; do VALUES[$key]=${VALUES["$prefix$key"]}; done
  if [[ -n ${VALUES[PG_ROLE]:-} ]]; then
    VALUES[PG_URL]=$(pg_service_url "${VALUES[PG_ROLE]}")
    VALUES[PG_PASSWORD_FILE]=$(secret "pg/${VALUES[PG_ROLE]}")
  fi
  mkdir -p "$ETC"
  local text
  text=$(render "$FARSEAT_TREE/cli/etc/$template")
  file_put "$(service_config "$name")" "$text" 0600
  for key in "${own[@]}" PG_URL PG_PASSWORD_FILE; do unset "VALUES[$key]"; done
}

service_built() { [[ -x $BIN/$(service_binary "$1") ]]; }

# The program and configuration that a running service was started with; another one means a restart.
service_stamp() { cat "$BIN/$(service_binary "$1")" "$(service_config "$1")" | sha256sum | cut -c1-64; }

service_start() {
  local name=$1 config binary
  config=$(service_config "$name")
  binary=$BIN/$(service_binary "$name")
  if [[ -n $(instance_pid "$name") && -n $(supervisor_pid "$name") ]]; then
    [[ $(cat "$RUN/$name.stamp" 2>/dev/null) != "$(service_stamp "$name")" ]] || return 0
    note "$name: its program or configuration changed, so it starts again"
    instance_signal "$name"
    instance_end "$name" "$STOP_SECONDS"
  elif [[ -n $(instance_pid "$name")$(supervisor_pid "$name") ]]; then
    # A supervisor that waits after a failure, or a process whose supervisor was killed: begin anew.
    instance_signal "$name"
    instance_end "$name" "$STOP_SECONDS"
  fi
  local answer
  answer=$(env -i PATH="$PATH" LANG=C.UTF-8 "$binary" --check --config "$config" 2>&1) || {
    printf '%s\n' "$answer" | sed 's/^/    | /' >&2
    die "the configuration of $name is wrong" "mend cli/etc/ (its template), then './farseat up' again"
  }
  file_put "$RUN/$name.stamp" "$(service_stamp "$name")"
  # Nothing but this reaches a service by its environment: FARSEAT_* would override its file.
  spawn "$name" TERM "$config" env -i PATH="$PATH" LANG=C.UTF-8 HOME="$FARSEAT_VAR" \
    ${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS"} ${TSAN_OPTIONS:+TSAN_OPTIONS="$TSAN_OPTIONS"} \
    "$binary" --config "$config"
}

service_ready() { [[ $(http_status "$(service_setting "$1" HTTP_PORT)" /readyz) == 200 ]]; }

# instance_ready NAME: of a service or a server.
instance_ready() {
  case $1 in
    postgres) pg_ready ;;
    nats) nats_ready ;;
    kafka) kafka_ready ;;
    *) service_ready "$1" ;;
  esac
}

# Ready, or seen to end again and again: then waiting is in vain.
instance_settled() {
  instance_ready "$1" || (($(instance_exits "$1") >= $2 + 4))
}

instance_exits() { if [[ -f $RUN/$1.exits ]]; then wc -l <"$RUN/$1.exits"; else printf 0; fi; }

# instance_await NAME SECONDS EXITS: waits until it is ready, or says why not and what its log says. EXITS is how
# often it had ended when the waiting for all of them began.
instance_await() {
  local name=$1 began=$SECONDS
  if wait_until "$2" instance_settled "$name" "$3" && instance_ready "$name"; then
    ((SECONDS - began < 2)) || note "$name is ready after $((SECONDS - began)) s"
    return 0
  fi
  tail -n 15 "$LOG/$name.log" 2>/dev/null | sed 's/^/    | /' >&2
  if [[ -n $(service_row "$name") ]]; then
    local body
    body=$(http_get "$(service_setting "$name" HTTP_PORT)" /readyz | sed '1,/^\r*$/d')
    [[ -z $body ]] || printf '    readyz: %s\n' "$body" >&2
  fi
  die "$name is not ready after $((SECONDS - began)) s" "its last words stand above; all of them: ./farseat logs $name"
}
