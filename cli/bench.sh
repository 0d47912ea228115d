# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# farseat bench [name...] [--json FILE]: runs the measuring programs of bench/ and shows their rows.
# A program is build/release/bin/bench_X or bench/X.sh; it prints rows on standard output, one JSON object a line:
#   {"name", "unit", "value", "reference", "reference_value", "ratio", "conditions"}
# Its name is the beginning of its rows' names, dots written as underscores: bench_edge prints edge.call.cpu, ...

readonly BENCH_SECONDS_MAX=120

for part in process packages build console browser services kafka stack; do
  # shellcheck source=/dev/null
  . "$FARSEAT_TREE/cli/lib/$part.sh"
done

# bench_row NOUN: what bench/programs.txt says of it.
bench_row() { sed 's/#.*//' "$FARSEAT_TREE/bench/programs.txt" | awk -v noun="$1" '$1 == noun {print NR, $2}'; }

# In the order of bench/programs.txt.
bench_programs() {
  local program place
  for program in "$BIN"/bench_* "$FARSEAT_TREE"/bench/*.sh; do
    [[ -x $program && ! -d $program ]] || continue
    read -r place _ < <(bench_row "$(bench_noun "$program")") || place=999
    printf '%s %s\n' "$place" "$program"
  done | sort -n | cut -d ' ' -f 2-
}

# bench_needs_deployment PROGRAM: what is not known gets one.
bench_needs_deployment() {
  [[ $(bench_row "$(bench_noun "$1")") != *' alone' ]]
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

# bench_row_wanted ROW_NAME PROGRAM NAME...: named itself, or by what it begins with (memory.idle, call, edge).
bench_row_wanted() {
  local row=$1 noun name
  noun=$(bench_noun "$2")
  shift 2
  (($# > 0)) || return 0
  for name in "$@"; do
    [[ $row != "$name" && $row != "$name".* && ${noun//_/.} != "$name" ]] || return 0
  done
  return 1
}

row_field() { sed -n "s/.*\"$2\": *\(\"\([^\"\\\\]\|\\\\.\)*\"\|[^,}]*\).*/\1/p" <<<"$1" | sed 's/^"//; s/"$//'; }

row_show() {
  printf '%-24s %12s %-14s %14s %8s  %s\n' "$(row_field "$1" name)" "$(row_field "$1" value)" "$(row_field "$1" unit)" \
    "$(row_field "$1" reference_value)" "$(row_field "$1" ratio)" "$(row_field "$1" reference)"
}

# bench_run PROGRAM NAME...: adds its wanted rows to ROWS; says so when it fails.
ROWS=() FAILED=0
bench_run() {
  local program=$1 noun row
  noun=$(bench_noun "$program")
  shift
  say "==> $noun"
  # FARSEAT_BENCH tells it that what is in force may be replaced.
  if ! FARSEAT_BENCH=private timeout -k 5 "$BENCH_SECONDS_MAX" "$program" >"$LOG/bench.rows" 2>"$LOG/bench-$noun.log" </dev/null; then
    tail -n 15 "$LOG/bench-$noun.log" | sed 's/^/    | /' >&2
    warn "$noun failed"
    FAILED=1
  fi
  while read -r row; do
    [[ $row == '{'*'}' ]] || continue
    ! bench_row_wanted "$(row_field "$row" name)" "$program" "$@" || ROWS+=("$row")
  done <"$LOG/bench.rows"
}

main() {
  local json='' program row name known
  local -a names=() programs=()
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
  browser_modules # what the console's benches are compiled with
  ! bench_wanted console ${names[@]+"${names[@]}"} || browser_prepare
  # Another build can be measured by FARSEAT_BUILD, as everywhere.
  [[ -n ${FARSEAT_BUILD:-} ]] || build_preset release benches
  while read -r program; do
    ! bench_wanted "$program" ${names[@]+"${names[@]}"} || programs+=("$program")
  done < <(bench_programs)
  for name in ${names[@]+"${names[@]}"}; do
    known=0
    for program in ${programs[@]+"${programs[@]}"}; do ! bench_wanted "$program" "$name" || known=1; done
    ((known)) || die "no program measures $name" "there are: $(bench_programs | while read -r program; do printf '%s ' "$(bench_noun "$program")"; done)"
  done
  ((${#programs[@]} > 0)) || die "nothing measures: $BIN has no bench_ programs" "./farseat bench builds them; or unset FARSEAT_BUILD"

  trap 'stack_down "$LOG/bench"' EXIT
  # What is alone does not wait for a deployment, nor is it disturbed by one.
  for program in "${programs[@]}"; do
    bench_needs_deployment "$program" || bench_run "$program" ${names[@]+"${names[@]}"}
  done
  for program in "${programs[@]}"; do
    bench_needs_deployment "$program" || continue
    if [[ -z $STACK_VAR ]] && ! stack_up; then # what was measured before is shown all the same
      warn "the private deployment did not start, its message stands above: nothing was measured on it"
      FAILED=1
      break
    fi
    bench_run "$program" ${names[@]+"${names[@]}"}
  done
  trap - EXIT
  stack_down "$LOG/bench"

  printf '\n%-24s %12s %-14s %14s %8s  %s\n' name value unit 'reference' ratio 'reference is'
  for row in ${ROWS[@]+"${ROWS[@]}"}; do row_show "$row"; done
  if [[ -n $json ]]; then
    { printf '[\n' && (IFS=$'\n' && printf '%s' "${ROWS[*]}" | sed '$!s/$/,/') && printf '\n]\n'; } >"$json"
    say "written: $json"
  fi
  ((FAILED == 0))
}
