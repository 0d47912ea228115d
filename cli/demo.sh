# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# farseat demo [--json FILE] [--no-kill] [--calls N] [--replace]: brings the centre up and runs the demonstration
# (tests/demo/README.md), which checks every figure. Exit status 1: something differs.

main() {
  local program=$FARSEAT_TREE/tests/demo/run variables
  local -a here=(--var "$FARSEAT_VAR" --port-base "$PORT_BASE")
  "$FARSEAT_TREE/farseat" "${here[@]}" up
  variables=$("$FARSEAT_TREE/farseat" "${here[@]}" env)
  eval "$variables"
  exec "$program" "$@"
}
