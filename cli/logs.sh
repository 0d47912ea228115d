# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# farseat logs [name] [-f]: the last lines of one log, or of all.

main() {
  local name='' follow=0 file
  local -a files=()
  while (($# > 0)); do
    case $1 in
      -f | --follow) follow=1 ;;
      -*) die "logs does not know $1" "./farseat logs [name] [-f]" ;;
      *) name=$1 ;;
    esac
    shift
  done
  if [[ -n $name ]]; then
    [[ -f $LOG/$name.log ]] || die "there is no log of '$name'" "one of: $(cd "$LOG" 2>/dev/null && printf '%s ' *.log | sed 's/\.log//g')"
    files=("$LOG/$name.log")
  else
    for file in "$LOG"/*.log; do [[ ! -f $file ]] || files+=("$file"); done
    ((${#files[@]} > 0)) || die "there are no logs in $LOG" "./farseat up"
  fi
  local -a options=(-n "$([[ -n $name ]] && echo 100 || echo 10)")
  ((!follow)) || options+=(-F)
  exec tail "${options[@]}" "${files[@]}"
}
