# A PostgreSQL of our own for the tests: in a temporary directory, on loopback, without durability, gone afterwards.
#
#     start_postgres   exports FORGEHAND_TEST_POSTGRES; leaves one alone that is already named there
#     stop_postgres    stops the server that was started, by its process id, and removes its directory
#
# PostgreSQL refuses to run as root. As root it therefore runs as `postgres`, or as `nobody` where there is no such user.

postgres_pid=""
postgres_directory=""

start_postgres() {
    [ -z "${FORGEHAND_TEST_POSTGRES:-}" ] || return 0
    local programs as_user=() password attempt port
    programs=$(dirname "$(readlink -f "$(find_program initdb)")") || return 1
    postgres_directory=$(mktemp -d "${TMPDIR:-/tmp}/forgehand-postgres.XXXXXX") || return 1
    password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    printf '%s\n' "$password" >"$postgres_directory/password"
    if [ "$(id -u)" = 0 ]; then
        local user=postgres
        id -u postgres >/dev/null 2>&1 || user=nobody
        chown -R "$user" "$postgres_directory"
        as_user=(setpriv --reuid "$(id -u "$user")" --regid "$(id -g "$user")" --clear-groups)
    fi
    chmod 700 "$postgres_directory"
    local quiet_environment=(env -i "PATH=$programs:/usr/bin:/bin" LC_ALL=C.UTF-8 "HOME=$postgres_directory")
    (cd / && "${as_user[@]}" "${quiet_environment[@]}" "$programs/initdb" --pgdata="$postgres_directory/data" \
        --username=forgehand --pwfile="$postgres_directory/password" --auth=scram-sha-256 --encoding=UTF8 \
        --locale=C.UTF-8 --no-sync) || return 1

    for attempt in 1 2 3 4 5; do
        port=$((20000 + RANDOM % 20000))
        (cd / && exec "${as_user[@]}" "${quiet_environment[@]}" "$programs/postgres" -D "$postgres_directory/data" \
            -k "$postgres_directory" -c listen_addresses=127.0.0.1 -p "$port" -F -c synchronous_commit=off \
            -c full_page_writes=off -c max_connections=400 -c max_locks_per_transaction=256 -c shared_buffers=128MB) \
            >"$postgres_directory.log" 2>&1 &
        postgres_pid=$!
        # It answers on its socket once it is ready; a port that somebody else holds makes it end at once.
        while kill -0 "$postgres_pid" 2>/dev/null; do
            if [ -S "$postgres_directory/.s.PGSQL.$port" ] && "$programs/pg_isready" -q -h "$postgres_directory" -p "$port"; then
                export FORGEHAND_TEST_POSTGRES="postgres://forgehand:$password@127.0.0.1:$port/postgres"
                return 0
            fi
            sleep 0.1
        done
        postgres_pid=""
    done
    cat "$postgres_directory.log" >&2
    echo "Cannot start PostgreSQL for the tests: it ended at once, five times" >&2
    return 1
}

stop_postgres() {
    if [ -n "$postgres_pid" ]; then
        kill -INT "$postgres_pid" 2>/dev/null || true
        wait "$postgres_pid" 2>/dev/null || true
        postgres_pid=""
    fi
    [ -z "$postgres_directory" ] || rm -rf "$postgres_directory" "$postgres_directory.log"
}
