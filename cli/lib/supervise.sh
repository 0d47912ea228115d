#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# supervise.sh RUN NAME LOG STOP_SIGNAL COMMAND...: keeps one process running until it is told to end.
# RUN/NAME.pid is the process, RUN/NAME.supervisor.pid this one; each unexpected end is a line in RUN/NAME.exits.
# A process that ends is started again after 0.2 s; one that keeps ending soon, after up to 10 s.
set -uo pipefail
run=$1 name=$2 log=$3 signal=$4
shift 4

readonly backoff_first_ms=200 backoff_max_ms=10000 settled_s=10 log_max_bytes=67108864 log_look_s=60
child='' stopping=0 backoff_ms=$backoff_first_ms

put() { printf '%s' "$2" >"$1.part" && mv "$1.part" "$1"; }
line() { printf '%s supervisor: %s\n' "$(date -u +%FT%TZ)" "$*" >>"$log"; }

stop() {
  stopping=1
  [[ -z $child ]] || kill -s "$signal" "$child" 2>/dev/null
}
trap stop TERM INT
trap '' HUP

# The process appends, so cutting its file short here is safe; one older file is kept.
log_keep_small() {
  local size
  size=$(stat -c %s "$log" 2>/dev/null || echo 0)
  if ((size > log_max_bytes)); then
    cp "$log" "$log.1" && : >"$log"
  fi
}

put "$run/$name.supervisor.pid" $$
while ((!stopping)); do
  log_keep_small
  began=$SECONDS
  "$@" </dev/null >>"$log" 2>&1 &
  child=$!
  put "$run/$name.pid" "$child"
  ((!stopping)) || stop # the word to end may have come before there was a child
  status=0
  while kill -0 "$child" 2>/dev/null; do
    sleep "$log_look_s" &
    tick=$!
    wait -n "$child" "$tick" 2>/dev/null
    status=$?
    kill "$tick" 2>/dev/null
    wait "$tick" 2>/dev/null
    log_keep_small
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
