# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Processes and ports: start under the supervisor, find, stop; who holds a port.

# pid_runs PID TEXT: the process lives (a zombie does not) and its command line holds TEXT.
pid_runs() {
  local line
  [[ $1 =~ ^[0-9]+$ && -r /proc/$1/cmdline ]] || return 1
  line=$({ tr '\0' ' ' <"/proc/$1/cmdline"; } 2>/dev/null) || return 1
  [[ -n $line && $line == *"$2"* ]]
}

# supervisor_pid NAME, instance_pid NAME: print the pid, or nothing when it does not run.
supervisor_pid() {
  local pid
  pid=$(cat "$RUN/$1.supervisor.pid" 2>/dev/null) || return 0
  ! pid_runs "$pid" "supervise.sh $RUN $1 " || printf '%s' "$pid"
}

instance_pid() {
  local pid
  pid=$(cat "$RUN/$1.pid" 2>/dev/null) || return 0
  # A child of the supervisor is what it says; an orphan must show by its command line that it is ours.
  if [[ -n $(supervisor_pid "$1") ]]; then
    ! pid_runs "$pid" '' || printf '%s' "$pid"
  else
    ! pid_runs "$pid" "$(cat "$RUN/$1.mark" 2>/dev/null || printf '%s' "$FARSEAT_VAR")" || printf '%s' "$pid"
  fi
}

# spawn NAME STOP_SIGNAL MARK COMMAND...: starts COMMAND under a supervisor. MARK is a text of its command line
# that no other process has (its config file or data folder).
spawn() {
  local name=$1 signal=$2 mark=$3
  shift 3
  mkdir -p "$RUN" "$LOG"
  printf '%s' "$mark" >"$RUN/$name.mark"
  rm -f "$RUN/$name.pid" "$RUN/$name.exits"
  setsid bash "$FARSEAT_TREE/cli/lib/supervise.sh" "$RUN" "$name" "$LOG/$name.log" "$signal" \
    "$@" </dev/null >/dev/null 2>&1 7>&- 8>&- 9>&- &
  disown
  wait_until 5 test -s "$RUN/$name.pid" || die "$name did not start" "look at $LOG/$name.log"
}

instance_gone() { [[ -z $(supervisor_pid "$1") && -z $(instance_pid "$1") ]]; }

# instance_signal NAME: asks it to end. instance_end NAME SECONDS: waits, then ends it by force and says so.
instance_signal() {
  local pid
  pid=$(supervisor_pid "$1")
  [[ -n $pid ]] || pid=$(instance_pid "$1")
  [[ -z $pid ]] || kill -TERM "$pid" 2>/dev/null || true
}

instance_end() {
  local pid
  if ! wait_until "$2" instance_gone "$1"; then
    warn "$1 did not end within $2 s: killed"
    for pid in $(supervisor_pid "$1") $(cat "$RUN/$1.pid" 2>/dev/null); do
      kill -KILL "$pid" 2>/dev/null || true
    done
    wait_until 5 instance_gone "$1" || warn "$1 still runs"
  fi
  rm -f "$RUN/$1.pid" "$RUN/$1.supervisor.pid" "$RUN/$1.mark"
}

# tcp_inode PORT, udp_inode PORT: the socket that listens on a port of any address, as /proc/net shows it.
tcp_inode() { port_inode "$1" 0A /proc/net/tcp /proc/net/tcp6; }
udp_inode() { port_inode "$1" 07 /proc/net/udp /proc/net/udp6; }
port_inode() {
  local hex
  hex=$(printf '%04X' "$1")
  awk -v port=":$hex" -v state="$2" '$4 == state && substr($2, length($2) - 4) == port {print $10; exit}' "${@:3}" 2>/dev/null
}

# socket_holder INODE: "name (pid N)" of who holds a socket, as far as this user may see.
socket_holder() {
  local link
  for link in /proc/[0-9]*/fd/*; do
    if [[ $(readlink "$link" 2>/dev/null) == "socket:[$1]" ]]; then
      local pid=${link#/proc/}
      pid=${pid%%/*}
      printf '%s (pid %s)' "$(cat "/proc/$pid/comm" 2>/dev/null)" "$pid"
      return
    fi
  done
  printf 'a process of another user'
}

# port_need PORT PURPOSE [udp]: ends with a message when somebody holds the port.
port_need() {
  local inode
  inode=$(if [[ ${3:-tcp} == udp ]]; then udp_inode "$1"; else tcp_inode "$1"; fi)
  [[ -z $inode ]] || die "port $1 (${3:-tcp}), needed for $2, is taken by $(socket_holder "$inode")" \
    "end that process, or move all ports: FARSEAT_PORT_BASE=$((PORT_BASE + PORT_SPAN)) ./farseat up"
}

# http_status PORT PATH: the status code of a GET on 127.0.0.1, or 000.
http_status() { http_get "$1" "$2" | head -n 1 | awk '{print ($2 ~ /^[0-9]+$/) ? $2 : "000"; found = 1} END {if (!found) print "000"}'; }

# http_get PORT PATH: the whole response, at most 1 MB and two seconds; nothing when nobody answers.
http_get() {
  # shellcheck disable=SC2016
  timeout 2 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" && printf "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n" "$2" >&3 && head -c 1000000 <&3' \
    http_get "$1" "$2" 2>/dev/null || true
}
