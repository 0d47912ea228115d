# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# farseat status: a line for each process. The exit status is 0 when everything is healthy.

for part in process services postgres nats kafka; do
  # shellcheck source=/dev/null
  . "$FARSEAT_TREE/cli/lib/$part.sh"
done

row() { printf '%-12s %-9s %-10s %8s %9s %8s  %-12s %s\n' "$@"; }

# address NAME: where it is reached by others.
address() {
  local name=$1 sip
  case $name in
    postgres) if ((PG_OWN)); then printf '127.0.0.1:%s' "$PG_PORT"; else printf 'FARSEAT_PG'; fi ;;
    nats) printf '%s' "$NATS_URL" ;;
    kafka) printf '%s' "$KAFKA" ;;
    *)
      sip=$(service_setting "$name" SIP_PORT)
      [[ -z $sip ]] || printf 'sip:%s:%s ' "$([[ $(service_setting "$name" SITE) ]] && printf '%s' "$ADDRESS" || printf 127.0.0.1)" "$sip"
      [[ $name != gateway ]] || printf 'https://%s:%s ' "$ADDRESS" "$GATEWAY_PORT"
      printf 'health 127.0.0.1:%s' "$(service_setting "$name" HTTP_PORT)"
      ;;
  esac
}

# version NAME: of the process that runs, where it can be asked.
version() {
  case $1 in
    postgres) "$(pg_bin)/postgres" --version 2>/dev/null | awk '{print $3}' ;;
    nats) nats-server --version 2>/dev/null | awk '{sub(/^v/, "", $2); print $2}' ;;
    kafka) sed -n '/<artifactId>kafka_/{n;s/.*<version>\([0-9.]*\)<.*/\1/p}' "$FARSEAT_TREE/cli/kafka/pom.xml" ;;
    *) http_get "$(service_setting "$1" HTTP_PORT)" /readyz | sed -n 's/.*"version": *"\([^"]*\)".*/\1/p' ;;
  esac
}

# complaints NAME: the checks of /readyz that are not ok, as "name: text".
complaints() {
  http_get "$(service_setting "$1" HTTP_PORT)" /readyz | sed '1,/^\r*$/d' | tr '{' '\n' |
    sed -n '/"state": *"ok"/!s/.*"name": *"\([^"]*\)".*"text": *"\(\([^"\\]\|\\.\)*\)".*/\1: \2/p' | sed 's/\\"/"/g'
}

uptime_of() {
  local ticks hz up
  ticks=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '{print $20}')
  hz=$(getconf CLK_TCK)
  up=$(awk -v t="${ticks:-0}" -v hz="$hz" '{print int($1 - t / hz)}' /proc/uptime)
  if ((up >= 86400)); then printf '%dd%02dh' $((up / 86400)) $((up % 86400 / 3600)); elif ((up >= 3600)); then printf '%dh%02dm' $((up / 3600)) $((up % 3600 / 60)); else printf '%dm%02ds' $((up / 60)) $((up % 60)); fi
}

main() {
  local name pid state health exits own foreign bad=0
  row process state health pid uptime restarts version address
  for name in "${SERVERS[@]}" $(services_names); do
    own=${name^^}_OWN
    foreign=0
    if [[ -v $own ]] && ((${!own} == 0)); then foreign=1; fi
    [[ $name != postgres ]] || foreign=$((1 - PG_OWN))
    pid=$(instance_pid "$name")
    state=down health=-
    if ((foreign)); then
      state=foreign
    elif [[ -n $pid ]]; then
      state=running
      [[ -n $(supervisor_pid "$name") ]] || state=orphan
    elif [[ -n $(supervisor_pid "$name") ]]; then
      state=restarts
    fi
    if [[ $state == running || $state == foreign ]]; then
      if instance_ready "$name"; then health=ready; else health=not-ready; fi
    fi
    [[ $health == ready ]] || bad=1
    exits=$(instance_exits "$name")
    row "$name" "$state" "$health" "${pid:--}" "$([[ -n $pid ]] && uptime_of "$pid" || printf -- -)" "$exits" \
      "$([[ $state == running ]] && version "$name" || printf -- -)" "$(address "$name")"
    if [[ $state == running && -n $(service_row "$name") ]]; then complaints "$name" | awk '{print "             " $0}'; fi
  done
  return "$bad"
}
