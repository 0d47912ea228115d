#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# image.size.NAME: the bytes of each image of docker/, layers and all, beside the base system that it could have stood on.
# Measures what `./farseat test containers` has built; where no container can run, or none was built, there is no row.
set -euo pipefail
FARSEAT_TREE=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/..")
# shellcheck source=tests/containers/podman.sh
. "$FARSEAT_TREE/tests/containers/podman.sh"

cannot=$(containers_cannot)
[[ -z $cannot ]] || { echo "no images: $cannot" >&2; exit 0; }
command -v podman >/dev/null || { echo "no images: podman is not there; ./farseat test containers installs it and builds them" >&2; exit 0; }
containers_configure
size() { podman image inspect -f '{{.Size}}' "$1" 2>/dev/null; }
base=$(size "$BASE_IMAGE") || { echo "no images: ./farseat test containers builds them" >&2; exit 0; }
for name in "${IMAGES[@]}"; do
  bytes=$(size "localhost/farseat-$name:latest") || continue
  awk -v name="$name" -v bytes="$bytes" -v base="$base" 'BEGIN {
    printf "{\"name\": \"image.size.%s\", \"unit\": \"MB\", \"value\": %.1f, \"reference\": \"Debian base system (debootstrap minbase)\", \"reference_value\": %.1f, \"ratio\": %.2f, \"conditions\": \"uncompressed, all layers\"}\n",
      name, bytes / 1e6, base / 1e6, bytes / base }'
done
