# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A browser that is driven: Debian's Chromium, and what drives it out of tests/e2e's own lockfile, beside the build.
# Needs cli/lib/packages.sh and console.sh (npm_install).

browser_modules() {
  local folder=$FARSEAT_TREE/build/e2e lock
  lock=$(cat "$FARSEAT_TREE"/tests/e2e/{package.json,package-lock.json,.npmrc} | sha256sum | cut -c1-64)
  [[ $lock != "$(cat "$folder/stamp" 2>/dev/null)" || ! -d $folder/node_modules ]] || return 0
  mkdir -p "$folder"
  cp "$FARSEAT_TREE"/tests/e2e/{package.json,package-lock.json,.npmrc} "$folder"
  npm_install "$folder" "$LOG/e2e-packages.log" "fetching what drives a browser from npm"
  file_put "$folder/stamp" "$lock"
}

browser_prepare() {
  packages_install e2e
  browser_modules
}
