# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A private deployment for tests and measurements: its own folder and ports, so that what runs is not disturbed.
# Usable by itself:  FARSEAT_TREE=... ; . "$FARSEAT_TREE/cli/lib/stack.sh" ; stack_up [name...] ; ... ; stack_down
# While it is up, the variables of `farseat env` point at it; STACK_VAR is its folder (pids: $STACK_VAR/run/NAME.pid).

readonly STACK_PORT_BASES=(20000 24000 28000 12000 8000 4000)
STACK_VAR='' STACK_PORT_BASE=''

# stack_farseat ARGS...: ./farseat for the private deployment, without what the shell has set for another one.
stack_farseat() {
  env -u FARSEAT_NATS_URL -u FARSEAT_NATS_CREDS -u FARSEAT_KAFKA -u FARSEAT_PG -u FARSEAT_ADDRESS \
    -u FARSEAT_TLS_CERTIFICATE -u FARSEAT_TLS_KEY -u FARSEAT_CA \
    FARSEAT_VAR="$STACK_VAR" FARSEAT_PORT_BASE="$STACK_PORT_BASE" "$FARSEAT_TREE/farseat" "$@"
}

# The first port base whose servers' ports are free and which no other stack has claimed (descriptor 7 holds the
# claim). Of the RTP ports above them the media engines skip those that are taken.
stack_port_base() {
  local base
  for base in "${STACK_PORT_BASES[@]}"; do
    exec 7>"${TMPDIR:-/tmp}/farseat-ports-$base.$EUID.lock"
    flock -n 7 || continue
    if ! awk -v first="$base" '
      function hex(text,   i, n) { for (i = 1; i <= length(text); i++) n = n * 16 + index("0123456789ABCDEF", substr(text, i, 1)) - 1; return n }
      $4 == "0A" || $4 == "07" { port = hex(substr($2, length($2) - 3)); if (port >= first && port < first + 100) taken = 1 }
      END { exit !taken }' /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6 2>/dev/null; then
      STACK_PORT_BASE=$base
      return 0
    fi
  done
  exec 7>&-
  echo "no port base of ${STACK_PORT_BASES[*]} is free: end what listens there" >&2
  return 1
}

# stack_up [name...]: starts everything, or only what is named (nats, postgres, kafka, acd-1, ...).
stack_up() {
  stack_port_base || return 1
  STACK_VAR=$(mktemp -d "${TMPDIR:-/tmp}/farseat-stack.XXXXXX")
  chmod 0755 "$STACK_VAR"
  echo "==> starting a private deployment in $STACK_VAR"
  if ! stack_farseat up "$@" >"$STACK_VAR/up.log" 2>&1; then
    sed 's/^/    | /' "$STACK_VAR/up.log" >&2
    return 1
  fi
  eval "$(stack_farseat env)"
}

# stack_down [FOLDER]: stops it, keeps its logs in FOLDER if that is given, and removes its data.
stack_down() {
  [[ -n $STACK_VAR ]] || return 0
  stack_farseat down >/dev/null || true
  if [[ -n ${1:-} ]]; then
    rm -rf "$1"
    mkdir -p "$1"
    cp "$STACK_VAR"/log/* "$STACK_VAR"/etc/* "$1" 2>/dev/null || true
  fi
  local home
  home=$(readlink -f "$STACK_VAR/postgres" 2>/dev/null) || home=''
  # The cluster's data may lie elsewhere (cli/lib/postgres.sh, pg_home).
  [[ $home != /var/lib/farseat/*/postgres ]] || rm -rf "$(dirname "$home")"
  rm -rf "$STACK_VAR"
  STACK_VAR=''
  exec 7>&-
}
