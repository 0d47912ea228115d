#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# logkeeper.sh FOLDER [SECONDS]: once a minute cuts each log in FOLDER that has grown past 64 MB; one older part is kept.
# Who writes a log appends to it, so cutting it short under its writer is safe.
set -euo pipefail
folder=$1 every_s=${2:-60}
readonly log_max_bytes=67108864

while :; do
  for log in "$folder"/*.log; do
    [[ -f $log ]] || continue
    if (($(stat -c %s "$log") > log_max_bytes)); then
      cp "$log" "$log.1"
      : >"$log"
    fi
  done
  sleep "$every_s"
done
