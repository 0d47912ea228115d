# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Podman as the tests and ./farseat bench use it: storage of its own under build/containers, runc, no systemd, and a base
# image made by debootstrap, so that no registry of images is needed. FARSEAT_TREE must be set.

readonly CONTAINERS=$FARSEAT_TREE/build/containers
readonly IMAGES=(edge acd recording ticketing analytics gateway farseatctl setup nats postgres kafka)
readonly BASE_IMAGE=localhost/farseat-base:bookworm

# containers_cannot: says why this machine runs no containers, or nothing.
containers_cannot() {
  if ((EUID != 0)); then
    echo "not root"
  elif ! awk '$5 == "/" {found = 1} END {exit !found}' /proc/self/mountinfo; then
    echo "the root is no mount point (a chroot): no process could get a root of its own"
  elif ! unshare --mount --pid --uts --ipc --net --fork true 2>/dev/null; then
    echo "the kernel gives no namespaces"
  elif [[ ! -w /sys/fs/cgroup ]]; then
    echo "/sys/fs/cgroup is not writable"
  fi
}

containers_configure() {
  mkdir -p "$CONTAINERS"
  cat >"$CONTAINERS/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=$(ulimit -Hn):$(ulimit -Hn)", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
CONF
  cat >"$CONTAINERS/storage.conf" <<CONF
[storage]
driver = "overlay"
graphroot = "$CONTAINERS/storage"
runroot = "$CONTAINERS/run"
CONF
  export CONTAINERS_CONF=$CONTAINERS/containers.conf CONTAINERS_STORAGE_CONF=$CONTAINERS/storage.conf
  export BUILDAH_RUNTIME=runc BUILDAH_ISOLATION=oci
}

# containers_base: Debian's base system as an image, with what this machine's apt, npm and Maven need to reach their registries.
containers_base() {
  ! podman image exists "$BASE_IMAGE" || return 0
  local root mirror file
  mirror=$(awk '/^URIs:/ && $2 !~ /security/ {print $2; exit}' /etc/apt/sources.list.d/debian.sources 2>/dev/null || true)
  [[ -n $mirror ]] || mirror=$(awk '$1 == "deb" && $3 == "bookworm" {print $2; exit}' /etc/apt/sources.list)
  root=$(mktemp -d "$CONTAINERS/root.XXXXXX")
  debootstrap --variant=minbase --include=ca-certificates bookworm "$root" "$mirror"
  rm -f "$root"/etc/apt/sources.list "$root"/var/cache/apt/archives/*.deb
  cp /etc/apt/sources.list "$root/etc/apt/" 2>/dev/null || true
  cp /etc/apt/sources.list.d/debian.sources "$root/etc/apt/sources.list.d/" 2>/dev/null || true
  for file in /etc/apt/apt.conf.d/99* /usr/local/share/ca-certificates/*.crt /root/.npmrc /root/.m2/settings.xml; do
    [[ ! -e $file ]] || { mkdir -p "$root$(dirname "$file")" && cp -L "$file" "$root$file"; }
  done
  [[ -s $root/etc/apt/sources.list || -s $root/etc/apt/sources.list.d/debian.sources ]] || echo "deb $mirror bookworm main" >"$root/etc/apt/sources.list"
  chroot "$root" update-ca-certificates
  tar -C "$root" -c . | podman import - "$BASE_IMAGE"
  rm -rf --one-file-system "$root"
}

# containers_build: every image; unchanged stages come from the cache.
containers_build() {
  local name variable
  local -a passed=()
  for variable in NODE_EXTRA_CA_CERTS http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY npm_config_registry MAVEN_OPTS; do
    [[ -z ${!variable:-} || ! -e ${!variable} && $variable == NODE_EXTRA_CA_CERTS ]] || passed+=(--env "$variable=${!variable}")
  done
  for name in "${IMAGES[@]}"; do
    buildah bud --layers --format docker --network host --ignorefile "$FARSEAT_TREE/docker/Dockerfile.dockerignore" \
      --build-arg "BASE=$BASE_IMAGE" "${passed[@]}" --target "$name" -t "localhost/farseat-$name:latest" \
      -f "$FARSEAT_TREE/docker/Dockerfile" "$FARSEAT_TREE"
  done
}
