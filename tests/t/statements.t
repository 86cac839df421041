#!/bin/sh
# Every SQL statement stands in a list that a test prepares on both engines: the
# lists are lib/NAME_sql.h, the test is test_statements.
. "${0%/*}/lib.sh"
# shellcheck source=tests/t/pg.sh
. "${0%/*}/pg.sh"
: "${BUILD:=$TOP/build}"
cd "$TOP" || exit 1

# Of the engines (db_*), tables (NAME_ddl.c) and lists.
words='SELECT |INSERT INTO|UPDATE [a-z_]+ SET|DELETE FROM|PRAGMA |VACUUM'
words="$words|(CREATE|ALTER|DROP) (TABLE|INDEX)"
is "no SQL stands anywhere else" "$(grep -rnE "\"[^\"]*($words)" \
	--include='*.[ch]' --exclude='*_sql.h' --exclude='*_ddl.c' \
	--exclude='db*.[ch]' lib cmd)" ""
for list in $(find lib cmd -name '*_sql.h'); do
	name=${list##*/}
	ok "test_statements has $name" \
		grep -q "${name%.h}\[\]" tests/unit/test_statements.c
	is "and all of it: what its parts define is in the whole of $name" "$(
		grep -oE '#define [A-Z]+_SQL_[A-Z]+\(X\)' "$list" |
			sed 's/#define //' | while read -r part; do
			[ "$(grep -cF "$part" "$list")" -gt 1 ] || echo "$part"
		done)" ""
done
is "each schema is one of them" "$(grep -hoE '^const struct db_schema [a-z]+' \
	lib/*.c cmd/*/*.c | sed 's/.* //;s/_schema//' | while read -r schema; do
	grep -q "LIST([a-z_]*, $schema)" tests/unit/test_statements.c ||
		echo "$schema"
done)" ""
timeout -k 5 60 "$BUILD/unit/test_statements" >"$tmp/unit" 2>&1
is "all prepare on SQLite" $? 0 || diag "$(grep -v '^ok' "$tmp/unit")"
if pg_start; then
	env OTS_TEST_PG="$pg_uri" timeout -k 5 60 \
		"$BUILD/unit/test_statements" >"$tmp/unit" 2>&1
	is "and on PostgreSQL" $? 0 || diag "$(grep -v '^ok' "$tmp/unit")"
else
	skip 1 "no PostgreSQL"
fi
done_testing
