#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# supervise.sh RUN NAME LOG STOP_SIGNAL COMMAND...: keeps one process running until it is told to end.
# RUN/NAME.pid is the process, RUN/NAME.supervisor.pid this one; each unexpected end is a line in RUN/NAME.exits.
# A process that ends is started again after 0.2 s; one that keeps ending soon, after up to 10 s.
set -uo pipefail
run=$1 name=$2 log=$3 signal=$4
shift 4

readonly backoff_first_ms=200 backoff_max_ms=10000 settled_s=10
child='' stopping=0 told=0 backoff_ms=$backoff_first_ms

put() { printf '%s' "$2" >"$1.part" && mv "$1.part" "$1"; }
line() { printf '%s supervisor: %s\n' "$(date -u +%FT%TZ)" "$*" >>"$log"; }

# A signal that comes before the child has become its program would be lost: the fork still holds our traps.
child_began() { ! cmp -s "/proc/$$/cmdline" "/proc/$child/cmdline"; }

stop() {
  stopping=1
  # Once only: a second signal means "at once" to a service.
  [[ -n $child && $told == 0 ]] || return
  told=1
  for _ in {1..100}; do
    ! child_began || break
    sleep 0.02
  done
  kill -s "$signal" "$child" 2>/dev/null
}
trap stop TERM INT
trap '' HUP

put "$run/$name.supervisor.pid" $$
while ((!stopping)); do
  began=$SECONDS
  told=0
  # What a shell starts in the background ignores SIGINT and SIGQUIT until told otherwise.
  env --default-signal=INT,QUIT "$@" </dev/null >>"$log" 2>&1 &
  child=$!
  put "$run/$name.pid" "$child"
  ((!stopping)) || stop # the word to end may have come before there was a child
  # A signal ends `wait` too, with the child alive; then it is waited for again.
  while :; do
    wait "$child"
    status=$?
    kill -0 "$child" 2>/dev/null || break
  done
  child=''
  ((!stopping)) || break
  printf '%s %s\n' "$(date -u +%FT%TZ)" "$status" >>"$run/$name.exits"
  ((SECONDS - began < settled_s)) || backoff_ms=$backoff_first_ms
  line "$name ended with status $status after $((SECONDS - began)) s; it starts again in $backoff_ms ms"
  sleep "$((backoff_ms / 1000)).$(printf '%03d' $((backoff_ms % 1000)))" &
  wait $! # so that the word to end is heard while waiting
  backoff_ms=$((backoff_ms * 2 > backoff_max_ms ? backoff_max_ms : backoff_ms * 2))
done
rm -f "$run/$name.pid" "$run/$name.supervisor.pid"
