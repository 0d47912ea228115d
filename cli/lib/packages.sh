# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Debian packages: installs those of cli/packages.txt that are missing, and nothing else.

readonly PACKAGES_FILE=$FARSEAT_TREE/cli/packages.txt

# packages_wanted [PURPOSE]: what everything needs, and what that purpose needs.
packages_wanted() {
  local name words word wanted
  while read -r name words; do
    [[ -n $name ]] || continue
    wanted=1
    for word in $words; do
      case $word in
        for=*) [[ ${word#for=} == "${1:-}" ]] || wanted=0 ;;
        unless=*) [[ -z $(command -v "${word#unless=}") ]] || wanted=0 ;;
        *) die "$PACKAGES_FILE: '$word' after $name is neither for=PURPOSE nor unless=PROGRAM" ;;
      esac
    done
    ((!wanted)) || printf '%s\n' "$name"
  done < <(sed 's/#.*//' "$PACKAGES_FILE")
}

packages_missing() {
  local -a wanted
  mapfile -t wanted < <(packages_wanted "${1:-}")
  dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
    awk '$1 == "installed" {print $2}' | sort -u | comm -13 - <(printf '%s\n' "${wanted[@]}" | sort -u)
}

packages_apt() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold "$@"
}

# Debian's packages start servers of their own at once; Farseat starts private ones. So PostgreSQL's first
# cluster is not made, and nats-server's unit is stopped, but only when it was us who brought them.
packages_keep_quiet() {
  local conf=/etc/postgresql-common/createcluster.conf
  if [[ $* == *postgresql* && ! -e $conf ]]; then
    as_root mkdir -p "$(dirname "$conf")"
    printf '# Farseat runs a private cluster (./farseat up); remove this line to have one made with the package.\ncreate_main_cluster = false\n' |
      as_root tee "$conf" >/dev/null
  fi
}

packages_stop_units() {
  [[ -d /run/systemd/system && $* == *nats-server* ]] || return 0
  as_root systemctl disable --now nats-server.service >/dev/null 2>&1 || true
}

# packages_install [PURPOSE]
packages_install() {
  local -a missing
  mapfile -t missing < <(packages_missing "${1:-}")
  ((${#missing[@]} > 0)) || return 0
  local by_hand="as root: apt-get update && apt-get install --no-install-recommends ${missing[*]}"
  command -v apt-get >/dev/null || die "this is no Debian: apt-get is not there" "install by your system's means: ${missing[*]}"
  if ((EUID != 0)); then
    command -v sudo >/dev/null || die "packages are missing and there is no sudo" "$by_hand"
    sudo -n true 2>/dev/null || sudo -v || die "packages are missing and sudo refuses" "$by_hand"
  fi
  packages_keep_quiet "${missing[@]}"
  say "==> ${#missing[@]} Debian packages are missing: ${missing[*]}"
  step "looking up packages" "$LOG/apt-update.log" packages_apt update -q ||
    warn "the package lists are not fresh; trying with those at hand"
  if ! step "installing packages" "$LOG/apt-install.log" packages_apt install -yq --no-install-recommends "${missing[@]}"; then
    local unknown
    unknown=$(sed -n "s/^E: Unable to locate package //p; s/^E: Package '\(.*\)' has no installation candidate/\1/p" "$LOG/apt-install.log" | tr '\n' ' ')
    [[ -z $unknown ]] || die "Debian has no package ${unknown% }" "look at /etc/apt/sources.list*: Debian 12 (bookworm), section main, is needed; then 'apt-get update'"
    die "Debian packages could not be installed" "check the network and the disk, then $by_hand"
  fi
  packages_stop_units "${missing[@]}"
}
