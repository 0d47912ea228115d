# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Building a preset of CMakePresets.json into build/PRESET.

# Two builds at a time in one folder would break each other (descriptor 8 holds the lock).
build_lock() {
  mkdir -p "$FARSEAT_TREE/build"
  exec 8>"$FARSEAT_TREE/build/$1.lock"
  flock -w 1800 8 || die "another build of the $1 preset does not end" "look for it with 'ps'"
}

build_configure() {
  if [[ -f $FARSEAT_TREE/build/$1/build.ninja ]]; then # new targets are known only after it was made anew
    ninja -C "$FARSEAT_TREE/build/$1" build.ninja >"$LOG/configure-$1.log" 2>&1 && return 0
  fi
  step "configuring the $1 build" "$LOG/configure-$1.log" cmake -S "$FARSEAT_TREE" --preset "$1" ||
    die "CMake could not configure the $1 build" "the message above names what is missing"
}

# build_preset PRESET [TARGET...]: configures once, then builds; takes a second when nothing changed.
build_preset() {
  local preset=$1 dir=$FARSEAT_TREE/build/$1
  shift
  build_lock "$preset"
  build_configure "$preset"
  local -a targets=()
  (($# == 0)) || targets=(--target "$@")
  step "building the $preset preset" "$LOG/build-$preset.log" \
    cmake --build "$dir" "${targets[@]}" || die "the $preset build failed" "the compiler's message stands above"
  exec 8>&-
}

# The targets that a running system needs. A build of one's own (FARSEAT_BUILD) is taken as it is.
build_runtime() {
  local -a targets
  [[ -z ${FARSEAT_BUILD:-} ]] || return 0
  mapfile -t targets < <(services_binaries)
  build_preset release far-nkey far-tables far-tones farseatctl "${targets[@]}"
}
