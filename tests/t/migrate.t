#!/bin/sh
# Databases of older servers (tests/data/schema, made by tools/schema-dump) under
# the programs of today: nothing of what is in them is lost, what is new is added
# to them, and they become what a new one is. One of a newer server is refused.
TEST_SECONDS=240
. "${0%/*}/lib.sh"
# shellcheck source=tests/t/pg.sh
. "${0%/*}/pg.sh"
: "${WAIT_SECONDS:=30}"

unset OTS_DATABASE_URI SQLALCHEMY_DATABASE_URI OTS_DATA_FOLDER
export HOME="$tmp/home"
mkdir "$HOME" && cd "$tmp" || exit 1
dumps=$TOP/tests/data/schema

# sql TEXT: rows without headings, columns with |.
sql()
{
	if [ "$engine" = sqlite ]; then
		sqlite_sql db "$1"
	else
		pg_sql "$1"
	fi
}

# load DUMP: the database is what that file says.
load()
{
	empty
	if [ "$engine" = sqlite ]; then
		python3 -c 'import sqlite3, sys
c = sqlite3.connect("db")
c.executescript(open(sys.argv[1], encoding="utf-8").read())' \
			"$dumps/$1.sqlite.sql"
	else
		PGPASSWORD=$pg_password psql -X -q -h "$pg_dir" -U ots -d ots \
			-v ON_ERROR_STOP=1 -f "$dumps/$1.pg.sql" >/dev/null
	fi
}

empty()
{
	rm -rf db db-wal db-shm spool
	[ "$engine" = sqlite ] ||
		pg_sql 'DROP SCHEMA public CASCADE; CREATE SCHEMA public' \
			>/dev/null 2>&1
}

# TABLE|COLUMN for each, in their order.
columns()
{
	if [ "$engine" = sqlite ]; then
		sql "SELECT t.name, c.name FROM sqlite_master t,
			pragma_table_info(t.name) c WHERE t.type = 'table'
			ORDER BY t.name, c.cid"
	else
		sql "SELECT table_name, column_name
			FROM information_schema.columns
			WHERE table_schema = 'public'
			ORDER BY table_name, ordinal_position"
	fi
}

# rows FILE: all rows of the tables and columns that are in that file.
rows()
{
	awk -F '|' '$1 != t { printf "%s%s ", t ? "\n" : "", $1 }
		{ printf "%s\"%s\"", $1 == t ? ", " : "", $2; t = $1 }
		END { print "" }' "$1" | while read -r table names; do
		sql "SELECT '$table', $names FROM $table"
	done | LC_ALL=C sort
}

# All that defines the tables and their indexes.
schema()
{
	if [ "$engine" = sqlite ]; then
		sql 'SELECT type, name, tbl_name, sql FROM sqlite_master
			ORDER BY name'
		return
	fi
	sql "SELECT table_name, column_name, data_type, is_nullable,
		column_default, collation_name
		FROM information_schema.columns WHERE table_schema = 'public'
		ORDER BY table_name, ordinal_position"
	sql "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
		ORDER BY 1"
	sql "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
		FROM pg_constraint WHERE connamespace = 'public'::regnamespace
		ORDER BY 1, 2"
	sql "SELECT relname, reloptions FROM pg_class
		WHERE relnamespace = 'public'::regnamespace
		AND reloptions IS NOT NULL ORDER BY 1"
}

user()
{
	timeout --foreground -k 5 60 ots-user --database "$uri" "$@"
}

query()
{
	timeout --foreground -k 5 60 ots-query --database "$uri" "$@"
}

# store: what comes on standard input.
store()
{
	timeout --foreground -k 5 60 ots-store -w --spool spool \
		--keep events=ever --keep positions=ever --database "$uri" \
		>/dev/null 2>store.log || diag "$(cat store.log)"
}

frames()
{
	python3 "$TOP/tests/t/storegen.py" "$@" | ots-parse 2>>parse.log
}

versions()
{
	sql 'SELECT module, max(version) FROM ots_schema GROUP BY module
		ORDER BY module'
}

# --- tests ---

# What a database is that today's programs have made.
fresh()
{
	empty
	user list >/dev/null
	store </dev/null
	schema >fresh
	versions >fresh-versions
}

# older RELEASE
older()
{
	what="$engine: a database of $1"
	load "$1" || fail "$what is there"
	columns >names
	rows names >before
	ok "$what has something" test -s before
	is "$what has its users" "$(user list --json | grep -o '"name":"[^"]*"' |
		sort -u | paste -s -d ' ')" \
		'"name":"Blue" "name":"Red, Ümlaut" "name":"__ANON__" "name":"alice" "name":"bob" "name":"eve@example.org"'
	store </dev/null
	is "$what is one of today" "$(versions)" "$(cat fresh-versions)"
	schema >now
	ok "$what has the tables and indexes of a new one" cmp fresh now ||
		diag "$(diff fresh now | head -n 20)"
	rows names >after
	is "$what keeps all that it had" "$(LC_ALL=C comm -23 before after)" ''
	[ "$1" = 0.3 ] || is "$what can be asked" "$(query events -f cot |
		grep -c 'hostile-')" "$(grep -c '^ots_events|.*hostile-' before)"
	frames positions 901 910 | store
	is "$what gets what is new" \
		"$(query events --since 1h -f cot | grep -c 'uid="uid-9[01]')" 10
	user join eve@example.org 'Red, Ümlaut'
	like "$what goes on" "$(user list)" '^eve@example.org .*Red, Ümlaut'
}

# What an older program would find: all ask for the newer one, change nothing,
# and live traffic goes on.
newer()
{
	empty
	user add alice
	frames positions 1 5 | store
	now=$(sql "SELECT max(version) FROM ots_schema WHERE module = 'store'")
	sql "UPDATE ots_schema SET version = 99 WHERE module = 'store'"
	why='version 99 of .*store.* use the newer program'
	query events >out 2>err
	is "$engine: a newer database is not read" $? 100
	like "$engine: why" "$(cat err)" "$why"
	ok "$engine: what is not newer in it is" user add bob
	mkfifo in
	spawn sh -c 'exec ots-store --spool spool --database "$1" <in >out \
		2>log' sh "$uri"
	exec 7>in
	frames positions 6 10 >&7
	ok "$engine: nor written" wait_for grep -q "$why" log || diag "$(cat log)"
	ok "$engine: while all goes on" wait_for grep -q uid:uid-10 out
	kill -KILL "-$spawned"
	wait "$spawned" 2>/dev/null
	exec 7>&-
	sql "UPDATE ots_schema SET version = $now WHERE module = 'store'"
	store </dev/null
	is "$engine: the newer program finds all of it" \
		"$(sql 'SELECT count(*), count(DISTINCT uid) FROM ots_events')" \
		'10|10'
	sql "UPDATE ots_schema SET version = 99 WHERE module = 'accounts'"
	user list >out 2>err
	is "$engine: newer accounts are not read" $? 100
	like "$engine: why" "$(cat err)" 'version 99 of "accounts"'
	is "$engine: and nothing of it has changed" "$(sql 'SELECT name
		FROM ots_users ORDER BY name')" 'alice
bob'
}

both()
{
	mkdir "$tmp/$engine" && cd "$tmp/$engine" || exit 1
	fresh
	for dump in "$dumps"/*.pg.sql; do
		dump=${dump##*/}
		older "${dump%.pg.sql}"
	done
	newer
}

engine=sqlite uri=sqlite:db
both
engine=postgresql uri=$pg_uri
if pg_start; then
	both
else
	skip 1 'no PostgreSQL'
fi
done_testing
