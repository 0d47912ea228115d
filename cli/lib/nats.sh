# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# nats-server: one account FAR, every client with an nkey of its own and only the subjects it needs.

# nats_users: every client: each instance of cli/services.txt, the operator's tool, and an observer who only reads.
nats_users() {
  services_names
  printf 'farseatctl
observer
'
}

# nats_permissions USER: its allow-lists, from the table in libcommon/include/far/tables.h.
nats_permissions() {
  "$BIN/far-tables" nats-permissions "$1" || die "far-tables knows no permissions for the bus user $1" "give its role a row in libcommon's tables"
}

nats_users_conf() {
  local user public permissions
  printf '# Written by ./farseat up: one user for each client of the bus.\nusers: [\n'
  for user in $(nats_users); do
    public=$("$BIN/far-nkey" "$NATS_CREDS/$user.nk")
    permissions=$(nats_permissions "$user")
    printf '# %s\n{ nkey: %s, permissions: %s }\n' "$user" "${public##* }" "$permissions"
  done
  printf ']\n'
}

# nats_conf: writes the keys and the configuration; NATS_CONF_CHANGED says what a running server must do: '', reload, restart.
nats_conf() {
  local changed=''
  [[ -x $BIN/far-nkey && -x $BIN/far-tables ]] || die "far-nkey and far-tables are not in $BIN" "build them: cmake --build ${BIN%/bin} --target far-nkey far-tables"
  mkdir -p "$FARSEAT_VAR/nats"
  (umask 077 && mkdir -p "$NATS_CREDS")
  local text
  text=$(nats_users_conf)
  file_put "$FARSEAT_VAR/nats/users.conf" "$text" 0600
  ((!FILE_CHANGED)) || changed=reload
  services_values_common
  text=$(render "$FARSEAT_TREE/cli/nats/nats.conf.in")
  file_put "$FARSEAT_VAR/nats/nats.conf" "$text"
  ((!FILE_CHANGED)) || changed=restart
  NATS_CONF_CHANGED=$changed
}

nats_start() {
  nats_conf
  if [[ -n $(supervisor_pid nats) ]]; then
    case $NATS_CONF_CHANGED in
      reload) kill -HUP "$(instance_pid nats)" ;;
      restart)
        instance_signal nats
        instance_end nats 15
        ;;
    esac
  fi
  [[ -z $(supervisor_pid nats) ]] || return 0
  spawn nats TERM "$FARSEAT_VAR/nats/nats.conf" env -i PATH="$PATH" /usr/sbin/nats-server -c "$FARSEAT_VAR/nats/nats.conf"
}

# nats_ready: one's own says that JetStream is well; a foreign one greets its clients with INFO.
nats_ready() {
  if ((NATS_OWN)); then
    [[ $(http_status "$NATS_MONITOR_PORT" '/healthz') == 200 ]]
    return
  fi
  local first=${NATS_URL%%,*}
  first=${first##*@}
  first=${first##*//}
  # shellcheck disable=SC2016
  timeout 2 bash -c 'exec 3<>"/dev/tcp/$1/$2" && IFS= read -r line <&3 && [[ $line == INFO* ]]' nats "${first%:*}" "${first##*:}" 2>/dev/null
}

# nats_streams: streams and buckets as the table has them; services would make them too, one after the other.
nats_streams() {
  "$BIN/far-tables" ensure farseatctl "$NATS_URL" "$NATS_CREDS/farseatctl.nk" >"$LOG/nats-streams.log" 2>&1 || {
    sed 's/^/    | /' "$LOG/nats-streams.log" >&2
    die "streams and buckets could not be made at $NATS_URL" "is JetStream on there, and var/nats/users.conf part of its configuration?"
  }
}
