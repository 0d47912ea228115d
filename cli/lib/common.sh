# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034 # the variables set here are read by the other files
# What every verb uses: messages, settings, secrets, templates, waiting. Sourced by ./farseat, which sets FARSEAT_TREE.

# One deployment owns the ports [base, base + PORT_SPAN): servers, health ports, SIP, then RTP from base + 1000.
readonly PORT_SPAN=4000
readonly PORT_BASE_DEFAULT=16000

say() { printf '%s\n' "$*"; }
note() { printf '    %s\n' "$*"; }
warn() { printf 'farseat: %s\n' "$*" >&2; }

# die WHAT [REMEDY]: ends the command; the remedy stands on its own line so that it is seen.
die() {
  warn "$1"
  [[ -z ${2:-} ]] || printf '  remedy: %s\n' "$2" >&2
  exit 1
}

# Settings come from options or the environment; what the last `up` used is remembered in var/settings,
# so that status, env and down need no options.
settings_load() {
  FARSEAT_VAR=$(readlink -m "${FARSEAT_VAR:-$FARSEAT_TREE/var}")
  [[ $FARSEAT_VAR =~ ^[A-Za-z0-9/._+-]+$ ]] ||
    die "the folder '$FARSEAT_VAR' has characters that config files cannot carry" "choose another with --var DIR"
  local saved_port_base='' saved_address=''
  if [[ -r $FARSEAT_VAR/settings ]]; then
    local key value
    while IFS='=' read -r key value; do
      case $key in
        port_base) saved_port_base=$value ;;
        address) saved_address=$value ;;
      esac
    done <"$FARSEAT_VAR/settings"
  fi
  PORT_BASE=${FARSEAT_PORT_BASE:-${saved_port_base:-$PORT_BASE_DEFAULT}}
  ADDRESS=${FARSEAT_ADDRESS:-${saved_address:-127.0.0.1}}
  [[ $PORT_BASE =~ ^[1-9][0-9]{3,4}$ && $PORT_BASE -ge 1024 && $PORT_BASE -le $((65536 - PORT_SPAN)) ]] ||
    die "the port base '$PORT_BASE' is not a number from 1024 to $((65536 - PORT_SPAN))" "set FARSEAT_PORT_BASE or --port-base"
  [[ $ADDRESS =~ ^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$ ]] ||
    die "FARSEAT_ADDRESS '$ADDRESS' is not an IPv4 address" "give an address of this machine, for example 127.0.0.1"

  RUN=$FARSEAT_VAR/run LOG=$FARSEAT_VAR/log ETC=$FARSEAT_VAR/etc SECRETS=$FARSEAT_VAR/secrets
  # Another build (an instrumented one, say) can be run by FARSEAT_BUILD; it is then not built here.
  BIN=$(readlink -m "${FARSEAT_BUILD:-$FARSEAT_TREE/build/release}")/bin
  GATEWAY_PORT=$PORT_BASE NATS_PORT=$((PORT_BASE + 1)) NATS_MONITOR_PORT=$((PORT_BASE + 2))
  KAFKA_PORT=$((PORT_BASE + 3)) KAFKA_CONTROLLER_PORT=$((PORT_BASE + 4)) PG_PORT=$((PORT_BASE + 5))
  local own_nats="nats://127.0.0.1:$NATS_PORT" own_kafka="127.0.0.1:$KAFKA_PORT"
  # What `farseat env` printed is one's own server, not a foreign one.
  NATS_URL=${FARSEAT_NATS_URL:-$own_nats} KAFKA=${FARSEAT_KAFKA:-$own_kafka}
  NATS_OWN=0 KAFKA_OWN=0 PG_OWN=0
  [[ $NATS_URL != "$own_nats" ]] || NATS_OWN=1
  [[ $KAFKA != "$own_kafka" ]] || KAFKA_OWN=1
  [[ -n ${FARSEAT_PG:-} && ${FARSEAT_PG:-} != *"@127.0.0.1:$PG_PORT/"* ]] || PG_OWN=1
  NATS_CREDS=$SECRETS/nats
  ((NATS_OWN)) || NATS_CREDS=${FARSEAT_NATS_CREDS:-$NATS_CREDS}
}

settings_save() {
  file_put "$FARSEAT_VAR/settings" "port_base=$PORT_BASE"$'\n'"address=$ADDRESS"
}

# file_put PATH TEXT [MODE]: writes the text as lines, whole or not at all; FILE_CHANGED says whether that changed the file.
file_put() {
  local path=$1 part=$1.part.$$
  FILE_CHANGED=0
  if [[ -f $path && $(<"$path") == "$2" ]]; then return 0; fi
  (umask 077 && printf '%s\n' "$2" >"$part")
  chmod "${3:-0644}" "$part"
  mv "$part" "$path"
  FILE_CHANGED=1
}

# secret NAME: the path of a secret under var/secrets, made of 160 random bits when it is not there.
secret() {
  local path=$SECRETS/$1
  if [[ ! -s $path ]]; then
    (umask 077 && mkdir -p "$(dirname "$path")")
    file_put "$path" "$(head -c 20 /dev/urandom | od -An -v -tx1 | tr -d ' \n')" 0600
  fi
  printf '%s' "$path"
}

# render TEMPLATE: prints it with each @KEY@ replaced from the associative array VALUES; an unknown key is an error.
declare -A VALUES=()
render() {
  local text key
  text=$(<"$1")
  for key in "${!VALUES[@]}"; do
    text=${text//"@$key@"/"${VALUES[$key]}"}
  done
  if [[ $text =~ @([A-Z0-9_.]+)@ ]]; then
    die "$1 asks for @${BASH_REMATCH[1]}@, which nothing sets" "set it in cli/services.txt, or see services_values in cli/lib/services.sh"
  fi
  printf '%s\n' "$text"
}

# wait_until SECONDS COMMAND...: true as soon as the command is; it is asked five times a second.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.2
  done
}

# step TITLE LOG COMMAND...: runs a long command with its output in LOG and shows how far it is. What ends within
# a second shows nothing.
step() {
  local title=$1 log=$2 began=$SECONDS shown=-1 every=10 line rc=0
  shift 2
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 </dev/null &
  local pid=$!
  [[ ! -t 1 ]] || every=1
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.1
    if ((shown < 0 && SECONDS - began >= 2)); then
      shown=$SECONDS
      say "==> $title"
    elif ((shown >= 0 && SECONDS - shown >= every)); then
      shown=$SECONDS
      line=$(tail -n 1 "$log" 2>/dev/null | tr -d '\r' | cut -c1-100)
      if [[ -t 1 ]]; then printf '\r\033[K    %3d s  %s' "$((SECONDS - began))" "$line"; else note "$((SECONDS - began)) s  $line"; fi
    fi
  done
  wait "$pid" || rc=$?
  [[ ! -t 1 || $shown -lt 0 ]] || printf '\r\033[K'
  if ((rc != 0)); then
    step_tell "$log" | sed 's/^/    | /' >&2
    warn "failed: $title (all of it: $log)"
  fi
  return "$rc"
}

# step_tell LOG: the lines that say what went wrong: a build's from its first failure on, else the last ones.
step_tell() {
  if grep -q '^FAILED: ' "$1"; then
    sed -n '/^FAILED: /,$p' "$1" | grep -vE '^(/usr/bin/|: && |\[[0-9]+/[0-9]+\] )' | cut -c1-300 | head -n 25
  else
    tail -n 25 "$1"
  fi
}

# as_root COMMAND...: as root, by sudo where needed.
as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# lock: one up or down at a time for each var; kept till the shell ends (descriptor 9).
lock() {
  mkdir -p "$RUN"
  exec 9>"$RUN/lock"
  flock -w "${1:-120}" 9 || die "another ./farseat works on $FARSEAT_VAR" "wait for it, or look for it with 'ps'"
}
