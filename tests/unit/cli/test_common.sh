#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
# shellcheck source=tests/unit/cli/lib.sh
. "$(dirname "$0")/lib.sh"
unset FARSEAT_PORT_BASE FARSEAT_ADDRESS FARSEAT_NATS_URL FARSEAT_KAFKA FARSEAT_PG FARSEAT_NATS_CREDS FARSEAT_BUILD
export FARSEAT_VAR=$work/var
mkdir -p "$FARSEAT_VAR"
# shellcheck source=cli/lib/common.sh
. "$FARSEAT_TREE/cli/lib/common.sh"

# Settings: defaults, then what the last up saved, then the environment.
settings_load
expect "default port base" "$PORT_BASE_DEFAULT" "$PORT_BASE"
expect "default address" 127.0.0.1 "$ADDRESS"
expect "own servers" "1 1 1" "$NATS_OWN $KAFKA_OWN $PG_OWN"
PORT_BASE=24000 ADDRESS=127.0.0.2
settings_save
settings_load
expect "saved settings" "24000 127.0.0.2 nats://127.0.0.1:24001" "$PORT_BASE $ADDRESS $NATS_URL"
FARSEAT_PORT_BASE=30000
settings_load
expect "the environment wins" 30000 "$PORT_BASE"

# What `farseat env` prints is no foreign server; anything else is.
FARSEAT_NATS_URL=nats://127.0.0.1:30001 FARSEAT_KAFKA=127.0.0.1:30003 FARSEAT_PG=postgresql://operator:x@127.0.0.1:30005/farseat
settings_load
expect "own servers by name" "1 1 1" "$NATS_OWN $KAFKA_OWN $PG_OWN"
FARSEAT_NATS_URL=nats://bus:4222 FARSEAT_KAFKA=kafka:9092 FARSEAT_PG=postgresql://u@db/farseat
settings_load
expect "foreign servers" "0 0 0" "$NATS_OWN $KAFKA_OWN $PG_OWN"

for wrong in 0 80 abc 65000 1e4; do
  FARSEAT_PORT_BASE=$wrong
  refuses settings_load
  expect_true "the message names the setting" grep -q 'FARSEAT_PORT_BASE' <<<"$REFUSAL"
done
FARSEAT_PORT_BASE=30000 FARSEAT_ADDRESS=localhost
refuses settings_load
FARSEAT_ADDRESS=127.0.0.1 FARSEAT_VAR="$work/a b"
refuses settings_load
FARSEAT_VAR=$work/var
settings_load

# Files are written only when they change, and secrets once.
file_put "$work/file" $'one\ntwo'
expect "a new file is a change" 1 "$FILE_CHANGED"
expect "its lines" $'one\ntwo' "$(cat "$work/file")"
file_put "$work/file" $'one\ntwo'
expect "the same is none" 0 "$FILE_CHANGED"
file_put "$work/file" three 0600
expect "mode" 600 "$(stat -c %a "$work/file")"
first=$(cat "$(secret deep/er)")
expect "a secret's length" 40 "${#first}"
expect "it stays" "$first" "$(cat "$(secret deep/er)")"
expect "for its owner only" "600 700" "$(stat -c %a "$SECRETS/deep/er" "$SECRETS/deep" | xargs)"
expect_true "two differ" test "$first" != "$(cat "$(secret other)")"

# Templates: every key replaced, the unknown refused.
printf 'a: @ONE@/@TWO.X@\nb: user@host & \\1\n' >"$work/template"
# shellcheck disable=SC2016 # a dollar sign must come out as it is
VALUES=([ONE]='1&1' [TWO.X]='$HOME')
# shellcheck disable=SC2016
expect "rendered" $'a: 1&1/$HOME\nb: user@host & \\1' "$(render "$work/template")"
printf 'a: @MISSING@\n' >"$work/template"
refuses render "$work/template"
expect_true "the key is named" grep -q '@MISSING@' <<<"$REFUSAL"

# step hands on the status and shows the end of the log only after a failure.
expect "quiet success" '' "$(step title "$work/log" echo hello)"
expect "its log" hello "$(cat "$work/log")"
refuses step title "$work/log" bash -c 'echo broken; exit 3'
expect_true "the log is shown" grep -q broken <<<"$REFUSAL"
