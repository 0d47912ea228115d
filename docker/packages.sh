#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# packages.sh build|setup: those of cli/packages.txt that compile the tree, or that make what a deployment begins with.
set -eu
case $1 in
  build) wanted='^(lib.*-dev|libwebsockets-evlib-uv|build-essential|cmake|ninja-build|pkg-config|protobuf-compiler|protobuf-c-compiler|nodejs|npm|espeak-ng|sox)$' ;;
  setup) wanted='^(openssl)$' ;;
  *) exit 2 ;;
esac
sed 's/#.*//' "${PACKAGES:-cli/packages.txt}" | grep -v 'for=' | awk '{print $1}' | grep -E "$wanted"
