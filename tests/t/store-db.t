#!/bin/sh
# What stores events, on a real PostgreSQL; the unit tests run on SQLite by
# themselves.
. "${0%/*}/lib.sh"
# shellcheck source=tests/t/pg.sh
. "${0%/*}/pg.sh"
pg_start || skip_all "no PostgreSQL"

for test in db_load store store_facts store_hostile store_retain \
	store_fault query query_many query_plan store_latest latest \
	store_mail rows mail mail_once; do
	[ -x "$BUILD/unit/test_$test" ] || continue
	env OTS_TEST_PG="$pg_uri" timeout -k 5 120 \
		"$BUILD/unit/test_$test" >"$tmp/unit" 2>&1
	is "test_$test on PostgreSQL" $? 0 ||
		diag "$(grep -v '^ok' "$tmp/unit")"
done
done_testing
