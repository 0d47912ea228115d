# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# farseat demo [options]: brings the centre up and runs the demonstration (tests/demo/run), which checks every figure.

main() {
  local program=$FARSEAT_TREE/tests/demo/run variables
  local -a here=(--var "$FARSEAT_VAR" --port-base "$PORT_BASE")
  "$FARSEAT_TREE/farseat" "${here[@]}" up
  variables=$("$FARSEAT_TREE/farseat" "${here[@]}" env)
  eval "$variables"
  exec "$program" "$@"
}
