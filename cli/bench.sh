# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# farseat bench [name...] [--json FILE]: runs the measuring programs of bench/ and shows their rows.
# A program is build/release/bin/bench_X or bench/X.sh; it prints rows on standard output, one JSON object a line:
#   {"name", "unit", "value", "reference", "reference_value", "ratio", "conditions"}
# Its name is the beginning of its rows' names, dots written as underscores: bench_edge prints edge.call.cpu, ...

for part in process packages build services kafka stack; do
  # shellcheck source=/dev/null
  . "$FARSEAT_TREE/cli/lib/$part.sh"
done

bench_programs() {
  local program
  for program in "$BIN"/bench_* "$FARSEAT_TREE"/bench/*.sh; do
    [[ ! -x $program || -d $program ]] || printf '%s\n' "$program"
  done
}

# bench_noun PROGRAM: what its rows' names begin with.
bench_noun() {
  local noun=${1##*/}
  noun=${noun#bench_}
  printf '%s' "${noun%.sh}"
}

# bench_wanted PROGRAM NAME...: whether it prints one of the named rows (or all are wanted).
bench_wanted() {
  local noun name
  noun=$(bench_noun "$1")
  shift
  (($# > 0)) || return 0
  for name in "$@"; do
    name=${name//./_}
    [[ $name != "$noun"* && $noun != "$name"* ]] || return 0
  done
  return 1
}

row_field() { sed -n "s/.*\"$2\": *\(\"\([^\"\\\\]\|\\\\.\)*\"\|[^,}]*\).*/\1/p" <<<"$1" | sed 's/^"//; s/"$//'; }

row_show() {
  printf '%-24s %12s %-14s %14s %8s  %s\n' "$(row_field "$1" name)" "$(row_field "$1" value)" "$(row_field "$1" unit)" \
    "$(row_field "$1" reference_value)" "$(row_field "$1" ratio)" "$(row_field "$1" reference)"
}

main() {
  local json='' program row name failed=0
  local -a names=() rows=() programs=()
  while (($# > 0)); do
    case $1 in
      --json) json=${2:?"--json needs a file"} && shift ;;
      -*) die "bench does not know $1" "./farseat bench [name...] [--json FILE]" ;;
      *) names+=("$1") ;;
    esac
    shift
  done
  mkdir -p "$LOG"
  packages_install
  build_preset release
  while read -r program; do
    ! bench_wanted "$program" ${names[@]+"${names[@]}"} || programs+=("$program")
  done < <(bench_programs)
  ((${#programs[@]} > 0)) || die "no program measures ${names[*]:-anything}" "there are: $(bench_programs | while read -r program; do printf '%s ' "$(bench_noun "$program")"; done)"

  trap 'stack_down "$LOG/bench"' EXIT
  stack_up || die "the private deployment did not start" "its message stands above"
  for program in "${programs[@]}"; do
    say "==> $(bench_noun "$program")"
    if ! "$program" >"$LOG/bench.rows" 2>"$LOG/bench-$(bench_noun "$program").log" </dev/null; then
      tail -n 15 "$LOG/bench-$(bench_noun "$program").log" | sed 's/^/    | /' >&2
      warn "$(bench_noun "$program") failed"
      failed=1
    fi
    while read -r row; do
      [[ $row == '{'*'}' ]] || continue
      name=$(row_field "$row" name)
      [[ ${#names[@]} -eq 0 || " ${names[*]} " == *" $name "* || " ${names[*]} " == *" $(bench_noun "$program" | tr _ .) "* ]] || continue
      rows+=("$row")
    done <"$LOG/bench.rows"
  done
  trap - EXIT
  stack_down "$LOG/bench"

  printf '\n%-24s %12s %-14s %14s %8s  %s\n' name value unit 'reference' ratio 'reference is'
  for row in ${rows[@]+"${rows[@]}"}; do row_show "$row"; done
  if [[ -n $json ]]; then
    { printf '[\n' && (IFS=$'\n' && printf '%s' "${rows[*]}" | sed '$!s/$/,/') && printf '\n]\n'; } >"$json"
    say "written: $json"
  fi
  ((failed == 0))
}
