#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# collect.sh BIN OUT: for each image the files it is made of, under OUT/NAME: the program, the shared libraries that the
# loader would find for it, its migrations, certificates, time zones, and the copyright notices of what is copied.
set -eu
bin=$1 out=$2

# copy ROOT FILE...: to the same place under ROOT, what links point at included.
copy() {
  root=$1
  shift
  for file in "$@"; do
    mkdir -p "$root$(dirname "$file")"
    cp -a "$file" "$root$file"
    real=$(readlink -f "$file")
    [ "$real" = "$file" ] || [ -e "$root$real" ] || copy "$root" "$real"
  done
}

# libraries FILE: as the loader resolves them; one that is missing ends the build.
libraries() {
  if ldd "$1" | grep 'not found' >&2; then exit 1; fi
  ldd "$1" | awk '/=> \// {print $3} /^[[:space:]]*\/lib.*ld-linux/ {print $1}'
}

notices() {
  for file in $2; do
    package=$(dpkg -S "$file" "$(readlink -f "$file")" "${file#/usr}" 2>/dev/null | head -n 1 | cut -d: -f1)
    [ -z "$package" ] || [ ! -e "/usr/share/doc/$package/copyright" ] || copy "$1" "/usr/share/doc/$package/copyright"
  done
}

# image NAME PROGRAM...: a root of its own.
image() {
  name=$1 root=$out/$1
  shift
  mkdir -p "$root/usr/bin" "$root/etc" "$root/var/lib/farseat" "$root/tmp"
  # What merged /usr links to: the loader is asked for by its old name.
  for link in /lib /lib64; do [ ! -L "$link" ] || cp -a "$link" "$root$link"; done
  chmod 1777 "$root/tmp"
  echo 'farseat:x:10001:10001::/var/lib/farseat:/usr/sbin/nologin' >"$root/etc/passwd"
  echo 'farseat:x:10001:' >"$root/etc/group"
  echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
  for program in "$@"; do
    cp "$bin/$program" "$root/usr/bin/$program"
    strip --strip-debug "$root/usr/bin/$program"
    list=$(libraries "$bin/$program")
    for file in $list; do copy "$root" "$(readlink -f "$(dirname "$file")")/$(basename "$file")"; done
    notices "$root" "$list"
  done
  [ ! -d "services/$name/migrations" ] || {
    mkdir -p "$root/usr/share/farseat/services/$name"
    cp -r "services/$name/migrations" "$root/usr/share/farseat/services/$name/"
  }
  copy "$root" /etc/ssl/certs/ca-certificates.crt
  [ ! -d /usr/share/zoneinfo ] || copy "$root" /usr/share/zoneinfo
}

for service in edge acd recording ticketing analytics; do image "$service" "farseat-$service"; done
image gateway farseat-gateway
# A plug-in that no table of the program names.
for file in /usr/lib/*/libwebsockets-evlib_uv.so; do copy "$out/gateway" "$file"; done
# It has prompts spoken that administrators write, in the two languages of cli/prompts.
for file in /usr/bin/espeak-ng $(libraries /usr/bin/espeak-ng); do
  copy "$out/gateway" "$(readlink -f "$(dirname "$file")")/$(basename "$file")"
done
for file in phondata phonindex phontab intonations en_dict cmn_dict lang/gmw/en-US lang/sit/cmn; do
  copy "$out/gateway" /usr/lib/*/espeak-ng-data/$file
done
notices "$out/gateway" "/usr/bin/espeak-ng $(libraries /usr/bin/espeak-ng)"
image farseatctl farseatctl

# Prompts are spoken here once, so that no image needs a voice.
mkdir -p "$out/setup/usr/share/farseat"
cp -r cli docker "$out/setup/usr/share/farseat/"
FARSEAT_TREE=$PWD FARSEAT_VAR=$out/setup/usr/share/farseat FARSEAT_BUILD=build/release bash -eu -c '
  . cli/lib/common.sh; settings_load; . cli/lib/prompts.sh; prompts_make'
# farseatctl, far-nkey and far-tables with libraries apart from the base system's own, which the loader would not mix.
mkdir -p "$out/setup/usr/lib/farseat" "$out/setup/usr/share/farseat/bin"
for program in far-nkey far-tables farseatctl; do
  mkdir -p "$out/setup/usr/share/farseat/bin"
  cp "$bin/$program" "$out/setup/usr/share/farseat/bin/"
  strip --strip-debug "$out/setup/usr/share/farseat/bin/$program"
  for file in $(libraries "$bin/$program"); do
    case $file in */ld-linux* | */libc.so* | */libm.so* | */libpthread.so* | */libdl.so* | */librt.so* | */libresolv.so*) continue ;; esac
    cp -L "$file" "$out/setup/usr/lib/farseat/"
  done
done
