# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# farseat demo [options]: brings the centre up and runs the demonstration (tests/demo/run), which checks every figure.

main() {
  local program=$FARSEAT_TREE/tests/demo/run
  [[ -x $program ]] || die "$program is not there" "this tree has no demo"
  "$FARSEAT_TREE/farseat" --var "$FARSEAT_VAR" --port-base "$PORT_BASE" up
  eval "$("$FARSEAT_TREE/farseat" --var "$FARSEAT_VAR" env)"
  exec "$program" "$@"
}
