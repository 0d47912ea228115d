# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# farseat test [section...]: sets up what the tests need, runs them, and ends with one line "N passed, N failed".
#   unit sim fuzz        under the address and undefined-behaviour sanitizers (fuzz: the kept seeds)
#   tsan                 tests of threads, under the thread sanitizer
#   integration e2e chaos  the release build on servers and ports of its own; e2e: the console in a browser
#   containers           the images of docker/, where this machine can run containers

for part in process packages build console browser services kafka stack; do
  # shellcheck source=/dev/null
  . "$FARSEAT_TREE/cli/lib/$part.sh"
done

readonly SECTIONS=(unit sim fuzz tsan integration e2e containers chaos)
readonly TEST_LOGS=$FARSEAT_TREE/build/test-logs
passed=0 failed=0 skipped=0

# section_run SECTION PRESET [CTEST OPTION...]: runs the tests with that label and adds up what came of them.
section_run() {
  local section=$1 dir=$FARSEAT_TREE/build/$2 junit=$TEST_LOGS/$1.xml began=$SECONDS total bad off
  shift 2
  rm -f "$junit"
  # What ctest sums up is left out: the one line at the end counts everything.
  ctest --test-dir "$dir" -L "^$section\$" --output-on-failure --no-tests=ignore --output-junit "$junit" "$@" 2>&1 |
    grep --line-buffered -vE '^( +Start |Internal ctest|Test project|Label Time Summary|Total Test time|[0-9]+% tests passed|Errors while running|Output from these|Use "--rerun|No tests were found)|^$|^[a-z0-9]+ += +[0-9.]+ sec' || true
  total=0 bad=0 off=0
  if [[ -s $junit ]]; then
    total=$(junit_count tests "$junit")
    # A test that says so itself is skipped; one that could not be run (its program is not there) has failed.
    off=$(grep -c '<skipped message="SKIP_' "$junit" || true)
    bad=$(($(junit_count failures "$junit") + $(junit_count skipped "$junit") + $(junit_count disabled "$junit") - off))
  fi
  passed=$((passed + total - bad - off)) failed=$((failed + bad)) skipped=$((skipped + off))
  say "--- $section: $((total - bad - off)) of $total tests in $((SECONDS - began)) s"
}

# junit_count ATTRIBUTE FILE: of the test suite as a whole.
junit_count() {
  local count
  count=$(tr '\n' ' ' <"$2" | grep -o '<testsuite [^>]*>' | sed -n "s/.*[[:space:]]$1=\"\([0-9]*\)\".*/\1/p")
  printf '%s' "${count:-0}"
}

section_has_tests() {
  local list
  list=$(ctest --test-dir "$FARSEAT_TREE/build/$2" -L "^$1\$" -N 2>/dev/null)
  [[ $list == *'Test #'* || $list == *'Test  #'* ]]
}

# Where no container can run, nothing is fetched for it: the test says so and is skipped.
containers_prepare() {
  local cannot
  # shellcheck source=/dev/null
  cannot=$(. "$FARSEAT_TREE/tests/containers/podman.sh" && containers_cannot)
  if [[ -n $cannot ]]; then note "no containers here: $cannot"; else packages_install containers; fi
}

# Integration, e2e and chaos get a deployment of their own, new for each: chaos leaves nothing whole.
section_on_stack() {
  section_has_tests "$1" release || { say "--- $1: no tests"; return 0; }
  if stack_up; then
    # Promises are times in seconds, on machines that others use too: what fails once is tried once more, and both
    # tries are shown. What is wrong fails twice.
    section_run "$1" release --repeat until-pass:2
  else
    warn "$1: the private deployment did not start"
    failed=$((failed + 1))
  fi
  stack_down "$TEST_LOGS/$1-stack"
}

main() {
  local section
  local -a wanted=("$@")
  ((${#wanted[@]} > 0)) || wanted=("${SECTIONS[@]}")
  for section in "${wanted[@]}"; do
    [[ " ${SECTIONS[*]} " == *" $section "* ]] || die "there is no section '$section'" "one or more of: ${SECTIONS[*]}"
  done
  mkdir -p "$TEST_LOGS" "$LOG"
  packages_install
  export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=second_deadlock_stack=1
  trap 'stack_down "$TEST_LOGS/interrupted"' EXIT

  for section in "${wanted[@]}"; do
    case $section in
      unit | sim | fuzz)
        # All of it: some tests run the programs that they are about.
        build_preset asan
        section_run "$section" asan -j "$(nproc)"
        ;;
      tsan)
        build_preset tsan tests_tsan
        section_run tsan tsan -j "$(nproc)"
        ;;
      e2e)
        browser_prepare
        rm -rf "$TEST_LOGS/e2e"
        build_preset release
        build_preset release tests_e2e
        section_on_stack e2e
        ;;
      containers)
        containers_prepare
        build_preset release tests_containers
        section_run containers release
        ;;
      *)
        build_preset release
        section_on_stack "$section"
        ;;
    esac
  done
  trap - EXIT
  ((passed + failed > 0)) || die "no test ran" "name other sections: ${SECTIONS[*]}"
  if ((skipped > 0)); then say "$passed passed, $failed failed, $skipped skipped"; else say "$passed passed, $failed failed"; fi
  ((failed == 0))
}
