#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
# shellcheck source=tests/unit/cli/lib.sh
. "$(dirname "$0")/lib.sh"
. "$FARSEAT_TREE/cli/lib/common.sh"
supervise=$FARSEAT_TREE/cli/lib/supervise.sh

# What ends at once is started again, each time later.
bash "$supervise" "$work" fails "$work/fails.log" TERM bash -c 'echo began; exit 3' &
supervisor=$!
three_lines() { [[ -f $work/fails.exits && $(wc -l <"$work/fails.exits") -ge 3 ]]; }
expect_true "it starts again and again" wait_until 5 three_lines
kill -TERM "$supervisor"
wait "$supervisor"
expect "status is noted" 3 "$(head -n 1 "$work/fails.exits" | cut -d' ' -f2)"
expect "the waits double" "200 400 800" "$(sed -n 's/.*again in \([0-9]*\) ms/\1/p' "$work/fails.log" | head -n 3 | xargs)"
expect "no pid stays" '' "$(pid_files "$work")"

# The word to end reaches the process as the signal that it wants, and its own end is waited for.
bash "$supervise" "$work" drains "$work/drains.log" INT bash -c 'trap "echo draining; echo drained; exit 0" INT; echo ready; while :; do sleep 0.1; done' &
supervisor=$!
expect_true "it starts" wait_until 5 grep -qs ready "$work/drains.log"
kill -TERM "$supervisor"
wait "$supervisor"
expect "it drained" $'ready\ndraining\ndrained' "$(cat "$work/drains.log")"
expect_true "an expected end is not noted" test ! -e "$work/drains.exits"

# The word to end is heard at any moment, also right after a start.
for i in {1..20}; do
  bash "$supervise" "$work" quick "$work/quick.log" TERM sleep 100 &
  supervisor=$!
  expect_true "it starts" wait_until 5 test -s "$work/quick.pid"
  kill -TERM "$supervisor"
  wait "$supervisor"
  expect "nothing is left the ${i}th time" '' "$(pid_files "$work")"
done

# A long log is cut, one older part stays.
mkdir "$work/logs"
head -c 70000000 /dev/zero >"$work/logs/long.log"
echo short >"$work/logs/short.log"
bash "$FARSEAT_TREE/cli/lib/logkeeper.sh" "$work/logs" >"$work/keeper.out" 2>&1 &
cut() { [[ $(stat -c %s "$work/logs/long.log") == 0 ]]; }
expect_true "it is cut" wait_until 10 cut
expect "its older part" 70000000 "$(stat -c %s "$work/logs/long.log.1")"
expect "a short one stays" short "$(cat "$work/logs/short.log")"
