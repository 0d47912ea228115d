#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make.sh BIN [OUT]: writes the reference pages that the programs in BIN print themselves, into OUT (default: here).
# make.sh --check BIN: fails when the pages here are not what the programs say.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
check=
if [ "${1:-}" = --check ]; then check=1; shift; fi
bin=${1:?usage: make.sh [--check] BIN [OUT]}
out=${2:-$here}
[ -z "$check" ] || { out=$(mktemp -d); trap 'rm -rf "$out"' EXIT; }

for service in edge acd recording ticketing analytics gateway; do
  "$bin/farseat-$service" --config-reference
  echo
done >"$out/configuration.md"
for service in edge acd recording ticketing analytics gateway; do
  "$bin/farseat-$service" --metrics-reference
  echo
done >"$out/metrics.md"
{
  echo "# State machines"
  echo
  echo "A pair of state and event that is not drawn is refused, and counted or reported as an error."
  for service in acd edge; do
    echo
    "$bin/farseat-$service" --states-reference
  done
} >"$out/states.md"
"$bin/farseat-gateway" --openapi >"$out/openapi.json"
"$bin/farseat-gateway" --faults-reference >"$out/faults.md"

[ -n "$check" ] || exit 0
differ=0
for page in configuration.md metrics.md states.md openapi.json faults.md; do
  diff -u "$here/$page" "$out/$page" || differ=1
done
[ "$differ" = 0 ] || { echo "docs/reference is not what the programs say: run docs/reference/make.sh BIN" >&2; exit 1; }
