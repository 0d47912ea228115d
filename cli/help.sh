# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# farseat help: what the verbs are and which settings there are.

main() {
  cat <<TEXT
Farseat: a contact centre. Usage: ./farseat VERB [options]

  up [name...]           install what is missing, build, start the servers and services; again: changes nothing
  down [name...]         let calls finish, then stop everything (or only what is named)
  status                 each process: its state, health, version and address
  logs [name] [-f]       the last log lines of everything or of one process; -f goes on as they come
  env                    shell variables for what runs:  eval "\$(./farseat env)"
  demo [--json FILE] [--no-kill] [--calls N] [--replace]
                         a centre with callers and agents on real SIP, every figure checked; --replace: also where
                         another centre's configuration is in force
  test [section...]      unit sim fuzz tsan integration e2e containers chaos; all of
                         them when none is named
  bench [name...] [--json FILE]
                         measure, beside a reference taken in the same run

Options of every verb (or the variable in brackets)
  --var DIR              where all state lies [FARSEAT_VAR], now $FARSEAT_VAR
  --port-base N          first of the $PORT_SPAN ports used [FARSEAT_PORT_BASE], now $PORT_BASE
Further settings
  FARSEAT_ADDRESS        address for phones, trunks and browsers, now $ADDRESS (servers stay on 127.0.0.1)
  FARSEAT_NATS_URL, FARSEAT_NATS_CREDS, FARSEAT_KAFKA, FARSEAT_PG
                         use these servers instead of starting one's own (docs/operating.md)
  FARSEAT_CONSOLE=no     do not build the web console
TEXT
}
