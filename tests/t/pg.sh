# pg.sh - a PostgreSQL server of a test's own, in $tmp/pg. Use:
#
#	. "${0%/*}/lib.sh"
#	. "${0%/*}/pg.sh"
#	pg_start || skip_all "no PostgreSQL"
#	... "$pg_uri" ...
#
# It listens on a Unix socket only and wants the password of $pg_uri. It runs as
# another user when the test is root, because PostgreSQL refuses root.
# shellcheck shell=sh

pg_bin=$(find /usr/lib/postgresql/*/bin -name initdb 2>/dev/null | sort -V |
	tail -n 1)
pg_bin=${pg_bin%/initdb}
# shellcheck disable=SC2154 # of lib.sh
pg_dir=$tmp/pg
pg_password='pg-s3cret'
# shellcheck disable=SC2034 # for the test
pg_uri="postgresql+psycopg://ots:$pg_password@/ots?host=$pg_dir"

# as_pg COMMAND [ARG ...]: as the user of the server.
as_pg()
{
	if [ "$(id -u)" != 0 ]; then
		"$@"
		return
	fi
	pg_user=postgres
	id postgres >/dev/null 2>&1 || pg_user=nobody
	(cd / && as_user "$pg_user" "$@")
}

pg_log()
{
	sed 's/^/# /' "$pg_dir/log" >&2
}

# Start it again, after pg_stop or pg_kill.
pg_up()
{
	as_pg "$pg_bin/pg_ctl" -s -w -t 60 -D "$pg_dir/data" -l "$pg_dir/log" \
		start >/dev/null 2>&1 || {
		pg_log
		return 1
	}
	pg_pid=$(head -n 1 "$pg_dir/data/postmaster.pid")
	children="$children $pg_pid"
}

pg_stop()
{
	as_pg "$pg_bin/pg_ctl" -s -w -t 60 -D "$pg_dir/data" -m fast stop
}

# As if the power had failed.
pg_kill()
{
	kill -KILL "-$pg_pid" 2>/dev/null
	wait_for gone "$pg_pid"
}

# pg_sql SQL: as the administrator; rows without headings.
pg_sql()
{
	PGPASSWORD=$pg_password psql -X -q -A -t -h "$pg_dir" -U ots -d ots \
		-v ON_ERROR_STOP=1 -c "$1"
}

# A new server with the empty database ots; 1: there is no PostgreSQL.
pg_start()
{
	[ -n "$pg_bin" ] && [ -z "$user_caps" ] || return 1
	mkdir "$pg_dir" || return 1
	echo "$pg_password" >"$pg_dir/password"
	if [ "$(id -u)" = 0 ]; then
		chmod 711 "$tmp"
		as_pg true && chown -R "$pg_user" "$pg_dir"
	fi
	as_pg "$pg_bin/initdb" -D "$pg_dir/data" -U ots -E UTF8 --no-locale -N \
		-A scram-sha-256 --pwfile="$pg_dir/password" \
		>"$tmp/initdb.log" 2>&1 || {
		sed 's/^/# /' "$tmp/initdb.log" >&2
		return 1
	}
	cat >>"$pg_dir/data/postgresql.conf" <<-END
		listen_addresses = ''
		unix_socket_directories = '$pg_dir'
		fsync = off
		max_connections = 50
		shared_buffers = 16MB
	END
	pg_up && PGPASSWORD=$pg_password psql -X -q -h "$pg_dir" -U ots \
		-d postgres -c 'CREATE DATABASE ots'
}
