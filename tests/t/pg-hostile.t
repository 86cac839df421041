#!/bin/sh
# A PostgreSQL server that means ill can refuse and lie, but neither crash nor
# hold those who ask it.
. "${0%/*}/lib.sh"
unset OTS_DATABASE_URI SQLALCHEMY_DATABASE_URI OTS_DATA_FOLDER

# asks HOW COMMAND ...: the exit code of ots-user.
asks()
{
	how=$1
	shift
	mkdir "$tmp/$how" || return
	spawn perl "$TOP/tests/helper/pgd.pl" "$tmp/$how/.s.PGSQL.5432" "$how"
	wait_for test -S "$tmp/$how/.s.PGSQL.5432" || return
	timeout --foreground -k 5 20 ots-user --database \
		"postgresql://u:hidden@/x?host=$tmp/$how" "$@" \
		>"$tmp/$how/out" 2>&1
}

asks copy list
is "a COPY instead of an answer" $? 111
like "is said" "$(cat "$tmp/copy/out")" 'makes no sense'
asks narrow list
is "rows without columns" $? 0
asks null show x
is "nulls for all" $? 0
unlike "the password is not shown" "$(cat "$tmp"/*/out)" hidden
done_testing
