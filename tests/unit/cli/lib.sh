# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034 # what is set here is read by the tests
# For the shell tests: a folder that goes away, and checks that say where they failed.

FARSEAT_TREE=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/../../..")
work=$(mktemp -d)
trap 'jobs -p | xargs -r kill 2>/dev/null; rm -rf "$work"' EXIT

# expect WHAT EXPECTED SEEN
expect() {
  if [[ $2 != "$3" ]]; then
    printf 'line %s: %s: expected "%s", saw "%s"\n' "${BASH_LINENO[0]}" "$1" "$2" "$3" >&2
    exit 1
  fi
}

# expect_true WHAT COMMAND...
expect_true() {
  local what=$1
  shift
  "$@" || {
    printf 'line %s: %s: %s\n' "${BASH_LINENO[0]}" "$what" "$*" >&2
    exit 1
  }
}

# refuses COMMAND...: it ends with an error; what it says is in REFUSAL.
refuses() {
  if REFUSAL=$("$@" 2>&1); then
    printf 'line %s: was not refused: %s\n' "${BASH_LINENO[0]}" "$*" >&2
    exit 1
  fi
}

# pid_files FOLDER: the names of the pid files in it.
pid_files() {
  local file
  for file in "$1"/*pid; do [[ ! -e $file ]] || printf '%s ' "${file##*/}"; done
}
