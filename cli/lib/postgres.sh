# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The private PostgreSQL cluster: one database `farseat`, a role for each service that owns the schema of its name.

readonly PG_SYSTEM_USER=farseat

pg_bin() {
  local dir
  for dir in /usr/lib/postgresql/*/bin; do :; done
  [[ -x $dir/postgres ]] || die "PostgreSQL's programs are not there" "install the package postgresql, or run './farseat up'"
  printf '%s' "$dir"
}

# PostgreSQL refuses to run as root; root runs it as a system user of its own.
pg_as() {
  if ((EUID == 0)); then
    setpriv --reuid="$PG_SYSTEM_USER" --regid="$PG_SYSTEM_USER" --clear-groups --inh-caps=-all -- "$@"
  else
    "$@"
  fi
}

# pg_home: the folder of the cluster, made when missing. Where PG_SYSTEM_USER may not enter var (a tree in
# /root, say), the data lies in /var/lib/farseat and var/postgres is a link to it.
pg_home() {
  local link=$FARSEAT_VAR/postgres home
  if ((EUID == 0)) && ! id "$PG_SYSTEM_USER" >/dev/null 2>&1; then
    useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$PG_SYSTEM_USER" ||
      die "the system user $PG_SYSTEM_USER could not be made" "make it by hand: useradd --system --user-group $PG_SYSTEM_USER"
  fi
  if [[ ! -e $link ]]; then
    home=$link
    mkdir -p "$FARSEAT_VAR"
    if ((EUID == 0)); then
      if ! pg_as test -x "$FARSEAT_VAR"; then
        home=/var/lib/farseat/$(printf '%s' "$FARSEAT_VAR" | sha256sum | cut -c1-16)/postgres
        mkdir -p "$(dirname "$home")"
        # Data of a var that was removed does not belong to the new one.
        if [[ -d $home/data ]]; then
          mv "$home" "$home.$(date +%Y%m%d-%H%M%S)"
          warn "an older cluster without its var lay in $home: kept beside it"
        fi
      fi
      install -d -m 0700 -o "$PG_SYSTEM_USER" -g "$PG_SYSTEM_USER" "$home"
    else
      install -d -m 0700 "$home"
    fi
    [[ $home == "$link" ]] || ln -sfn "$home" "$link"
  fi
  readlink -f "$link"
}

pg_init() {
  local home=$1 password
  [[ ! -f $home/data/PG_VERSION ]] || return 0
  password=$(mktemp "$home/password.XXXXXX")
  cat "$(secret pg/postgres)" >"$password"
  ((EUID != 0)) || chown "$PG_SYSTEM_USER:" "$password"
  # A cluster appears whole or not at all: it is made aside.
  rm -rf "$home/data.part"
  if ! (cd / && step "making the PostgreSQL cluster" "$LOG/initdb.log" pg_as "$(pg_bin)/initdb" -D "$home/data.part" \
    -U postgres --auth=scram-sha-256 --pwfile="$password" -E UTF8 --locale=C.UTF-8); then
    rm -f "$password"
    die "initdb failed" "its message stands above"
  fi
  rm -f "$password"
  mv "$home/data.part" "$home/data"
  file_put "$FARSEAT_VAR/postgres.stamp" "$(pg_password_stamp)"
}

pg_password_stamp() { sha256sum <"$(secret pg/postgres)"; }

# The superuser's password follows var/secrets, also when that was lost: only a stopped cluster can be told so.
pg_password_follow() {
  local home=$1 stamp
  stamp=$(pg_password_stamp)
  [[ $(cat "$FARSEAT_VAR/postgres.stamp" 2>/dev/null) != "$stamp" ]] || return 0
  (cd / && printf "alter role postgres password '%s';\n" "$(<"$(secret pg/postgres)")" |
    pg_as "$(pg_bin)/postgres" --single -D "$home/data" postgres >"$LOG/postgres-password.log" 2>&1) ||
    die "the cluster's password could not be set" "look at $LOG/postgres-password.log"
  file_put "$FARSEAT_VAR/postgres.stamp" "$stamp"
}

pg_start() {
  [[ -z $(supervisor_pid postgres) ]] || return 0
  local home socket
  home=$(pg_home)
  pg_init "$home"
  pg_password_follow "$home"
  # A socket's path has room for 107 bytes; deep folders do without.
  socket=$home
  ((${#socket} < 80)) || socket=''
  local -a as=()
  ((EUID != 0)) || as=(setpriv --reuid="$PG_SYSTEM_USER" --regid="$PG_SYSTEM_USER" --clear-groups --inh-caps=-all --)
  (cd / && spawn postgres INT "$home/data" env -i PATH="$PATH" LANG=C.UTF-8 "${as[@]}" "$(pg_bin)/postgres" -D "$home/data" \
    -c port="$PG_PORT" -c listen_addresses=127.0.0.1 -c unix_socket_directories="$socket" \
    -c max_connections=100 -c logging_collector=off -c log_line_prefix='%m [%p] %q%u@%d ')
}

# pg_service_url ROLE: what a service connects with; its password stands in a file of its own.
pg_service_url() {
  if ((PG_OWN)); then
    printf 'postgresql://%s@127.0.0.1:%s/farseat' "$1" "$PG_PORT"
  elif [[ $FARSEAT_PG =~ ^(postgres(ql)?://)([^/@]*@)?(.*)$ ]]; then
    printf '%s%s@%s' "${BASH_REMATCH[1]}" "$1" "${BASH_REMATCH[4]}"
  else
    printf '%s user=%s' "$FARSEAT_PG" "$1"
  fi
}

# pg_operator_url: what people connect with (`farseat env`).
pg_operator_url() {
  if ((PG_OWN)); then
    printf 'postgresql://operator:%s@127.0.0.1:%s/farseat' "$(<"$(secret pg/operator)")" "$PG_PORT"
  else
    printf '%s' "$FARSEAT_PG"
  fi
}

pg_admin() {
  if ((PG_OWN)); then
    PGPASSWORD=$(<"$(secret pg/postgres)") psql -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$PG_PORT" -U postgres "$@"
  else
    psql -X -q -v ON_ERROR_STOP=1 "$@" -d "$FARSEAT_PG"
  fi
}

pg_ready() { PGCONNECT_TIMEOUT=2 pg_admin ${1:+-d "$1"} -c 'select 1' >/dev/null 2>&1; }

# Who logs in: each service with a schema, and on one's own cluster the operator, who reads everything and writes nothing.
pg_role_names() {
  services_pg_roles
  ((!PG_OWN)) || printf 'operator\n'
}

# The SQL that makes roles and schemas; it may run any number of times.
pg_roles_sql() {
  local role
  for role in $(pg_role_names); do
    printf "select format('create role %%I login', '%s') where not exists (select from pg_roles where rolname = '%s') \\\\gexec\n" "$role" "$role"
    printf "alter role %s password '%s';\n" "$role" "$(<"$(secret "pg/$role")")"
    # shellcheck disable=SC1003
    [[ $role == operator ]] || printf 'grant %s to current_user;\ncreate schema if not exists %s authorization %s;\nalter role %s set search_path = %s;\n' \
      "$role" "$role" "$role" "$role" "$role"
  done
  ((PG_OWN)) || return 0
  printf 'grant pg_read_all_data to operator;\n'
  printf "alter role operator set search_path = %s;\n" "$(services_pg_roles | paste -sd,)"
  printf 'revoke create on schema public from public;\n'
}

# pg_roles: brings the database and its roles up to what cli/services.txt names.
pg_roles() {
  local role stamp
  for role in $(pg_role_names); do secret "pg/$role" >/dev/null; done
  stamp=$(pg_roles_sql | sha256sum | cut -c1-64)$(if ((!PG_OWN)); then printf '%s' "$FARSEAT_PG" | sha256sum; fi)
  [[ $stamp != "$(cat "$FARSEAT_VAR/postgres-roles.stamp" 2>/dev/null)" ]] || return 0
  local database=()
  if ((PG_OWN)); then
    database=(-d farseat)
    pg_admin -d postgres -tAc "select 1 from pg_database where datname = 'farseat'" | grep -q 1 ||
      pg_admin -d postgres -c 'create database farseat'
  fi
  pg_roles_sql | pg_admin "${database[@]}" >"$LOG/postgres-roles.log" 2>&1 || {
    sed 's/^/    | /' "$LOG/postgres-roles.log" >&2
    die "the roles could not be made in PostgreSQL" "FARSEAT_PG must name a user that may create roles and schemas"
  }
  file_put "$FARSEAT_VAR/postgres-roles.stamp" "$stamp"
}
