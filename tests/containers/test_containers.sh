#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds every image, brings docker/compose.yaml up and takes a call through it; then everything goes down again. Where no
# container can run it says why and is skipped (77).
set -euo pipefail
FARSEAT_TREE=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/../..")
# shellcheck source=tests/containers/podman.sh
. "$FARSEAT_TREE/tests/containers/podman.sh"
# shellcheck source=cli/lib/stack.sh
. "$FARSEAT_TREE/cli/lib/stack.sh"
story=$1 # the compiled story

cannot=$(containers_cannot)
[[ -z $cannot ]] || { echo "SKIP: $cannot"; exit 77; }
containers_configure
work=$(mktemp -d "${TMPDIR:-/tmp}/farseat-containers.XXXXXX")
project=farseat-test-$$ service_pid=''

compose() {
  DOCKER_HOST=unix://$work/podman.sock COMPOSE_DOCKER_CLI_BUILD=0 COMPOSE_HTTP_TIMEOUT=120 FARSEAT_PORT_BASE=$STACK_PORT_BASE \
    docker-compose -p "$project" -f "$FARSEAT_TREE/docker/compose.yaml" "$@"
}
containers() { podman ps -a --filter "label=com.docker.compose.project=$project" --format '{{.Names}} {{.State}} {{.Status}}'; }

down() {
  local status=$?
  trap - EXIT
  if ((status != 0)) && [[ -n $service_pid ]]; then
    containers
    local name
    for name in $(containers | awk '{print $1}'); do
      printf -- '--- %s\n' "$name"
      podman logs --tail 15 "$name" 2>&1 | cut -c1-300 || true
    done
  fi
  if [[ -n $service_pid ]]; then
    compose down -v -t 20 >"$work/down.log" 2>&1 || cat "$work/down.log"
    [[ -z $(containers) ]] || { echo "containers are left: $(containers)"; status=1; }
    kill "$service_pid" 2>/dev/null || true
  fi
  rm -rf "$work"
  exit "$status"
}
trap down EXIT

# Podman's own timer for health checks is systemd's; here there may be none.
ask_health() {
  local name
  for name in $(podman ps --filter "label=com.docker.compose.project=$project" --format '{{.Names}}'); do
    timeout 20 podman healthcheck run "$name" >/dev/null 2>&1 || true
  done
}
unhealthy() {
  podman ps -a --filter "label=com.docker.compose.project=$project" --format '{{.Names}} {{.Status}}' |
    grep -v -e '(healthy)' -e '_setup_1 Exited (0)' -e '_streams_1 Exited (0)' || true
}

echo "--- images"
containers_base >"$work/base.log" 2>&1 || { tail -n 30 "$work/base.log"; exit 1; }
containers_build >"$work/build.log" 2>&1 || { tail -n 40 "$work/build.log" | cut -c1-400; exit 1; }
for name in "${IMAGES[@]}"; do
  podman image inspect -f "$name: {{.Size}} bytes, user {{.User}}" "localhost/farseat-$name:latest"
done
for name in edge acd recording ticketing analytics gateway; do
  [[ $(podman image inspect -f '{{.User}}' "localhost/farseat-$name:latest") == 10001:10001 ]] || { echo "$name runs as root"; exit 1; }
  (($(podman image inspect -f '{{.Size}}' "localhost/farseat-$name:latest") < 64000000)) || { echo "$name is larger than 64 MB"; exit 1; }
  ! podman run --rm --network none --entrypoint /bin/sh "localhost/farseat-$name:latest" -c true 2>/dev/null || { echo "$name has a shell"; exit 1; }
done

echo "--- the system"
stack_port_base
podman system service --time 0 "unix://$work/podman.sock" >"$work/service.log" 2>&1 7>&- &
service_pid=$!
for ((i = 0; i < 100; i++)); do [[ ! -S $work/podman.sock ]] || break; sleep 0.1; done
compose up -d --no-build >"$work/up.log" 2>&1 7>&- &
up_pid=$!
deadline=$((SECONDS + 180))
while kill -0 "$up_pid" 2>/dev/null || [[ -n $(unhealthy) ]]; do
  if ((SECONDS > deadline)); then
    echo "not healthy in time: $(unhealthy)"
    tail -n 5 "$work/up.log"
    kill "$up_pid" 2>/dev/null || true
    exit 1
  fi
  ask_health
  sleep 0.5
done
wait "$up_pid" || { tail -n 20 "$work/up.log"; exit 1; }
containers

echo "--- a call"
var=$(podman volume inspect -f '{{.Mountpoint}}' "${project}_config")
mkdir "$work/bin"
# The operator's tool comes out of its image, too.
cat >"$work/bin/farseatctl" <<TOOL
#!/bin/sh
exec podman run --rm --network host -v "$var:$var:ro" -e FARSEAT_NATS_URL -e FARSEAT_NATS_CREDS localhost/farseat-farseatctl:latest "\$@"
TOOL
chmod +x "$work/bin/farseatctl"
variables=$("$FARSEAT_TREE/farseat" --var "$var" env)
eval "$variables"
PATH=$work/bin:$PATH node "$story"
