# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The console: built by npm out of console/ into build/console/dist, which the gateway serves. Nothing is written into
# console/ itself: who works there keeps their own node_modules. FARSEAT_CONSOLE=no leaves it out.

readonly CONSOLE_WORK=$FARSEAT_TREE/build/console
readonly CONSOLE_DIST=$CONSOLE_WORK/dist
readonly NPM_TRIES=3

# npm_install FOLDER LOG TITLE: what FOLDER's lockfile names, and nothing else. Which registry that is says npm's own configuration.
# Packages' own scripts are not run: none of ours needs one.
npm_install() {
  local folder=$1 log=$2 title=$3 try refused='code (EUSAGE|EINTEGRITY|EBADENGINE|ENOSPC)'
  command -v npm >/dev/null || die "npm is not there" "./farseat up installs it; or by hand: apt-get install --no-install-recommends npm"
  mkdir -p "$(dirname "$log")"
  for ((try = 1; try <= NPM_TRIES; try++)); do
    if step "$title" "$log" env -C "$folder" npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --no-progress 2>"$log.tell"; then
      rm -f "$log.tell"
      return 0
    fi
    ! grep -qE "$refused" "$log" || break # another try would be refused, too
    ((try == NPM_TRIES)) || note "npm failed; try $((try + 1)) of $NPM_TRIES"
  done
  cat "$log.tell" >&2
  ! grep -qE "$refused" "$log" || die "npm refuses what $folder/package-lock.json names" "its message stands above: the lockfile, the disk or the version of Node.js"
  die "npm could not fetch packages" \
    "check the network and npm's settings ('npm config get registry', 'npm ping', proxy and certificates in ~/.npmrc), then the same command again; FARSEAT_CONSOLE=no leaves the console out"
}

# What the build reads: its own files, and the API's description.
console_files() {
  find "$FARSEAT_TREE/console" -path "$FARSEAT_TREE/console/node_modules" -prune -o -path "$FARSEAT_TREE/console/dist" -prune -o -type f -print | sort
  printf '%s\n' "$FARSEAT_TREE/docs/reference/openapi.json" "$FARSEAT_TREE/cli/lib/console.sh" "$FARSEAT_TREE/cli/lib/compress.mjs"
}

console_stamp() { console_files | xargs -d '\n' sha256sum | sha256sum | cut -c1-64; }

# console_copy WORK: its sources as they are now, beside the packages that are there already.
console_copy() {
  local work=$1
  mkdir -p "$work/console"
  find "$work/console" -mindepth 1 -maxdepth 1 ! -name node_modules -exec rm -rf {} +
  tar -C "$FARSEAT_TREE/console" --exclude=./node_modules --exclude=./dist -cf - . | tar -C "$work/console" -xf -
  ln -sfn "$FARSEAT_TREE/docs" "$work/docs" # the API's description lies beside it, as in the tree
}

# console_build: does nothing when nothing changed. A dist appears whole or not at all.
console_build() {
  local stamp lock work=$CONSOLE_WORK/work
  [[ ${FARSEAT_CONSOLE:-yes} != no && -f $FARSEAT_TREE/console/src/main.tsx ]] || return 0
  stamp=$(console_stamp)
  [[ $stamp != "$(cat "$CONSOLE_WORK/stamp" 2>/dev/null)" || ! -f $CONSOLE_DIST/index.html ]] || return 0
  build_lock console
  # Another one may have built it while this one waited.
  [[ $stamp != "$(cat "$CONSOLE_WORK/stamp" 2>/dev/null)" || ! -f $CONSOLE_DIST/index.html ]] || { exec 8>&-; return 0; }
  mkdir -p "$work"
  console_copy "$work"
  lock=$(cat "$work/console/package.json" "$work/console/package-lock.json" "$work/console/.npmrc" 2>/dev/null | sha256sum | cut -c1-64)
  if [[ $lock != "$(cat "$work/lock.stamp" 2>/dev/null)" || ! -d $work/console/node_modules ]]; then
    rm -f "$work/lock.stamp"
    npm_install "$work/console" "$LOG/console-packages.log" "fetching the console's packages from npm"
    file_put "$work/lock.stamp" "$lock"
  fi
  step "building the console" "$LOG/console-build.log" env -C "$work/console" NO_UPDATE_NOTIFIER=1 npm run build ||
    die "the console could not be built" "the message above says where; FARSEAT_CONSOLE=no leaves the console out"
  step "compressing the console" "$LOG/console-compress.log" node "$FARSEAT_TREE/cli/lib/compress.mjs" "$work/console/dist" ||
    die "the console's files could not be compressed" "its message stands above"
  rm -rf "$CONSOLE_WORK/dist.old"
  [[ ! -d $CONSOLE_DIST ]] || mv "$CONSOLE_DIST" "$CONSOLE_WORK/dist.old"
  mv "$work/console/dist" "$CONSOLE_DIST"
  rm -rf "$CONSOLE_WORK/dist.old"
  file_put "$CONSOLE_WORK/stamp" "$stamp"
  exec 8>&-
}

# A build of one's own (FARSEAT_BUILD) is taken as it is, and the console with it.
console_runtime() {
  [[ -n ${FARSEAT_BUILD:-} ]] || console_build
}
