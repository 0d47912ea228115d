# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# farseat down [name...]: lets live calls finish (until the services' own deadline), then stops everything.

for part in process services; do
  # shellcheck source=/dev/null
  . "$FARSEAT_TREE/cli/lib/$part.sh"
done

# Longer than service.drain_max of the services, which end what lives then.
readonly STOP_SECONDS=35

# stages: a line for each group that stops together: edges first, the servers that all need last.
stages() {
  services_rows | awk '{line[$2] = line[$2] " " $1; if (!seen[$2]++) order[++n] = $2}
    END {for (i = n; i > 0; i--) print line[order[i]]}'
  printf 'kafka\nnats\npostgres\n'
}

main() {
  local stage name stopped=0
  [[ -d $RUN ]] || { say "Nothing runs: there is no $FARSEAT_VAR."; return 0; }
  lock
  while read -r stage; do
    local -a live=()
    for name in $stage; do
      [[ $# -eq 0 || " $* " == *" $name "* ]] || continue
      [[ -z $(supervisor_pid "$name") && -z $(instance_pid "$name") ]] || live+=("$name")
    done
    for name in ${live[@]+"${live[@]}"}; do instance_signal "$name"; done
    for name in ${live[@]+"${live[@]}"}; do
      instance_end "$name" "$STOP_SECONDS"
      note "$name has ended"
      stopped=$((stopped + 1))
    done
  done < <(stages)
  if (($# == 0)); then
    instance_signal logkeeper
    instance_end logkeeper 5
  fi
  if ((stopped > 0)); then say "Stopped $stopped processes; what they stored stays in $FARSEAT_VAR."; else say "Nothing ran."; fi
}
