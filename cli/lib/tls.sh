# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2153
# The gateway's certificate: of a local authority under var/secrets/tls, unless FARSEAT_TLS_CERTIFICATE and
# FARSEAT_TLS_KEY name PEM files of one's own. The gateway reads them again when they change; nothing restarts.

readonly TLS_DIR=$SECRETS/tls
readonly TLS_CA_DAYS=3650 TLS_DAYS=365 TLS_RENEW_SECONDS=$((30 * 86400))
TLS_CERTIFICATE=${FARSEAT_TLS_CERTIFICATE:-$TLS_DIR/server.pem}
TLS_KEY=${FARSEAT_TLS_KEY:-$TLS_DIR/server.key}
# Who vouches for it: for programs that ask the gateway.
TLS_CA=${FARSEAT_CA:-}
if [[ -z ${FARSEAT_TLS_CERTIFICATE:-} ]]; then TLS_CA=$TLS_DIR/ca.pem; elif [[ -z $TLS_CA ]]; then TLS_CA=/etc/ssl/certs/ca-certificates.crt; fi

# tls_names: what the certificate is for, one subjectAltName.
tls_names() {
  local names="IP:127.0.0.1,DNS:localhost" host
  [[ $ADDRESS == 127.0.0.1 ]] || names="IP:$ADDRESS,$names"
  host=$(hostname 2>/dev/null) || host=''
  [[ ! $host =~ ^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$ || $host == localhost ]] || names+=",DNS:$host"
  printf '%s' "$names"
}

# tls_openssl ARGS...: says what went wrong only when something does.
tls_openssl() {
  local said
  said=$(openssl "$@" 2>&1) || {
    printf '%s\n' "$said" | sed 's/^/    | /' >&2
    die "openssl $1 failed" "remove $TLS_DIR to make everything in it anew"
  }
}

tls_key_make() { tls_openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }

tls_authority_make() {
  tls_key_make "$TLS_DIR/ca.key.part"
  tls_openssl req -x509 -new -key "$TLS_DIR/ca.key.part" -sha256 -days "$TLS_CA_DAYS" \
    -subj "/O=Farseat/CN=Farseat local authority, $(date -u +%Y-%m-%d)" -config <(printf '%s\n' \
      '[req]' 'distinguished_name = dn' 'x509_extensions = authority' '[dn]' '[authority]' \
      'basicConstraints = critical, CA:TRUE, pathlen:0' 'keyUsage = critical, keyCertSign, cRLSign' \
      'subjectKeyIdentifier = hash') -out "$TLS_DIR/ca.pem.part"
  mv "$TLS_DIR/ca.key.part" "$TLS_DIR/ca.key"
  mv "$TLS_DIR/ca.pem.part" "$TLS_DIR/ca.pem"
  rm -f "$TLS_DIR/server.names" "$TLS_DIR/told"
}

# The pair is made apart and then moved: the gateway takes it when both are there.
tls_certificate_make() {
  local names=$1
  tls_key_make "$TLS_DIR/server.key.part"
  tls_openssl req -new -key "$TLS_DIR/server.key.part" -subj "/O=Farseat/CN=${names##*:}" -config <(printf '%s\n' \
    '[req]' 'distinguished_name = dn' '[dn]') -out "$TLS_DIR/server.csr"
  tls_openssl x509 -req -in "$TLS_DIR/server.csr" -CA "$TLS_DIR/ca.pem" -CAkey "$TLS_DIR/ca.key" -sha256 \
    -days "$TLS_DAYS" -set_serial "0x$(head -c 15 /dev/urandom | od -An -v -tx1 | tr -d ' \n')" -extfile <(printf '%s\n' \
      'basicConstraints = critical, CA:FALSE' 'keyUsage = critical, digitalSignature' 'extendedKeyUsage = serverAuth' \
      'authorityKeyIdentifier = keyid' 'subjectKeyIdentifier = hash' "subjectAltName = $names") -out "$TLS_DIR/server.pem.part"
  mv "$TLS_DIR/server.key.part" "$TLS_DIR/server.key"
  mv "$TLS_DIR/server.pem.part" "$TLS_DIR/server.pem"
  rm -f "$TLS_DIR/server.csr"
  file_put "$TLS_DIR/server.names" "$names" 0600
}

# tls_make: what is missing, ends within 30 days, or is for other names.
tls_make() {
  [[ -z ${FARSEAT_TLS_CERTIFICATE:-} ]] || {
    [[ -r $TLS_CERTIFICATE && -r $TLS_KEY ]] ||
      die "FARSEAT_TLS_CERTIFICATE or FARSEAT_TLS_KEY cannot be read" "both name PEM files; without both a local authority makes them"
    return 0
  }
  local names
  names=$(tls_names)
  (umask 077 && mkdir -p "$TLS_DIR")
  local before
  before=$(umask)
  umask 077
  if [[ ! -s $TLS_DIR/ca.key ]] || ! openssl x509 -in "$TLS_DIR/ca.pem" -noout -checkend $((TLS_DAYS * 86400)) >/dev/null 2>&1; then
    tls_authority_make
  fi
  if [[ ! -s $TLS_DIR/server.key || $(cat "$TLS_DIR/server.names" 2>/dev/null) != "$names" ]] ||
    ! openssl x509 -in "$TLS_DIR/server.pem" -noout -checkend "$TLS_RENEW_SECONDS" >/dev/null 2>&1; then
    tls_certificate_make "$names"
  fi
  umask "$before"
}

# tls_tell: once, when the authority is new.
tls_tell() {
  [[ -f $TLS_DIR/ca.pem && ! -f $TLS_DIR/told ]] || return 0
  touch "$TLS_DIR/told"
  note "certificate        of a local authority, $TLS_DIR/ca.pem. Browsers trust it when it is added to theirs:"
  note "                   Firefox: Settings, Certificates, Authorities, Import; Chrome: chrome://certificate-manager;"
  note "                   this machine: cp it to /usr/local/share/ca-certificates/farseat.crt, update-ca-certificates."
  note "                   A certificate of one's own, or Let's Encrypt's: docs/operating.md, \"The certificate\""
}
