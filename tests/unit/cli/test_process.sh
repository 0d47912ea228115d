#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
# shellcheck source=tests/unit/cli/lib.sh
. "$(dirname "$0")/lib.sh"
unset FARSEAT_PORT_BASE FARSEAT_NATS_URL FARSEAT_KAFKA FARSEAT_PG
export FARSEAT_VAR=$work/var
. "$FARSEAT_TREE/cli/lib/common.sh"
. "$FARSEAT_TREE/cli/lib/process.sh"
settings_load

# A process under its supervisor: found, killed and back, ended.
spawn sleeper TERM "$work/mark" bash -c 'while :; do sleep 1; done' "$work/mark"
expect_true "it runs" test -n "$(instance_pid sleeper)"
first=$(instance_pid sleeper)
kill -KILL "$first"
came_back() { [[ -n $(instance_pid sleeper) && $(instance_pid sleeper) != "$first" ]]; }
expect_true "it comes back within 2 s" wait_until 2 came_back
expect "the end is noted" 137 "$(cut -d' ' -f2 "$RUN/sleeper.exits")"
instance_signal sleeper
instance_end sleeper 5
expect "nothing is left" '' "$(instance_pid sleeper)$(supervisor_pid sleeper)$(pid_files "$RUN")"

# An orphan is still found, by its command line, and ended.
spawn orphan TERM "$work/mark" bash -c 'while :; do sleep 1; done' "$work/mark"
kill -KILL "$(supervisor_pid orphan)"
expect_true "the supervisor is gone" wait_until 2 test -z "$(supervisor_pid orphan)"
expect_true "the orphan is known" test -n "$(instance_pid orphan)"
instance_signal orphan
instance_end orphan 5
expect "it has ended" '' "$(instance_pid orphan)"

# A pid that another process took is not ours.
printf '%s' $$ >"$RUN/stranger.pid"
printf '%s' "$work/no-such-mark" >"$RUN/stranger.mark"
expect "a stranger's pid" '' "$(instance_pid stranger)"

# Who does not end in time is killed.
spawn deaf TERM "$work/mark" bash -c 'trap "" TERM; while :; do sleep 1; done' "$work/mark"
instance_signal deaf
refused=$(instance_end deaf 1 2>&1)
expect_true "that is said" grep -q 'did not end within 1 s' <<<"$refused"
expect "it is gone" '' "$(instance_pid deaf)$(supervisor_pid deaf)"

# Ports: a free one passes, a taken one names its holder and the setting. NATS is a listener that is at hand.
port=$((PORT_BASE_DEFAULT + PORT_SPAN + $$ % 4000))
port_need "$port" nothing
nats-server -a 127.0.0.1 -p "$port" >"$work/nats.log" 2>&1 &
listener=$!
expect_true "it listens" wait_until 5 test -n "$(wait_until 5 grep -q 'Server is ready' "$work/nats.log" && tcp_inode "$port")"
refuses port_need "$port" something
expect_true "holder, port and setting are named" grep -q "port $port (tcp), needed for something, is taken by nats-server (pid $listener)" <<<"$REFUSAL"
expect_true "the setting too" grep -q FARSEAT_PORT_BASE <<<"$REFUSAL"
expect "nobody answers HTTP there" 000 "$(http_status "$port" /)"
