# lib.sh - shell functions for tests that print TAP. Use:
#
#	. "${0%/*}/lib.sh"
#	start_line			# the server of one shell line: $port
#	wait_for grep -q pattern file || ...
#	ok "name" command arguments...
#	is "name" "$got" "$expected"
#	like "name" "$got" 'extended regular expression'
#	done_testing
#
# Each returns 1 if it fails: is "x" "$got" y || diag "$(cat log)".
# Each test has a directory of its own, $tmp, removed at the end; what it
# started with `spawn` or `start_line` is ended then. BIN is the folder of the
# programs. A test that takes longer than TEST_SECONDS is ended. Descriptor 2 of
# what is started goes to a file: prove shows only what a test says.
# shellcheck shell=sh

set -u
: "${TOP:=$(cd "${0%/*}/../.." && pwd)}"
: "${BIN:=$TOP/build/bin}"
export BIN TOP
PATH=$BIN:$PATH
export PATH
# What the test says goes to 6, so that the output of `ok NAME COMMAND` can be
# sent elsewhere.
exec 6>&1
tests_run=0
tests_bad=0
children=
tmp=$(mktemp -d) || exit 1

cleanup()
{
	trap '' EXIT INT TERM HUP
	kill "$guard" 2>/dev/null
	for pid in $children; do
		kill -TERM "-$pid" 2>/dev/null || kill -TERM "$pid" 2>/dev/null
	done
	# A supervisor takes its services down itself; give it the time.
	turns=100
	for pid in $children; do
		while [ $turns -gt 0 ] && kill -0 "-$pid" 2>/dev/null; do
			turns=$((turns - 1))
			sleep 0.05
		done
		kill -KILL "-$pid" 2>/dev/null
	done
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'echo "# ended by a signal" >&2; exit 1' INT TERM HUP

# as_user USER COMMAND [ARG ...]: root runs it as that user. Where others cannot
# search / (a private chroot), they keep the right to, as under ots-server; and
# there a program that gives root up cannot look for leaks in itself.
as_user()
{
	as_name=$1
	shift
	# shellcheck disable=SC2086 # words
	setpriv --reuid "$as_name" --regid "$(id -g "$as_name")" \
		--clear-groups $user_caps "$@"
}
user_caps=
if [ "$(id -u)" = 0 ] && ! (cd / && as_user nobody true) 2>/dev/null; then
	for caps in inh-caps ambient-caps bounding-set; do
		user_caps="$user_caps --$caps=-all,+dac_read_search"
	done
	ASAN_OPTIONS=detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}
	export ASAN_OPTIONS
fi

# The time limit, for this shell and for what it waits for. Whoever kills the
# shell must not have to wait for this: it looks whether that is still there.
(
	trap - EXIT
	exec setsid sh -c 'n=0
		while [ $n -lt "$1" ]; do
			sleep 1 &
			trap "kill $! 2>/dev/null; exit" TERM
			wait
			n=$((n + 1))
			kill -0 "$3" 2>/dev/null || exit 0
		done
		echo "# $2 has run for $1 s" >&2
		kids=$(pgrep -P "$3")
		kill -TERM "$3" $kids; sleep 5; kill -KILL $kids' \
		sh "${TEST_SECONDS:-120}" "$0" $$
) >/dev/null &
guard=$!

diag()
{
	printf '%s\n' "$*" | sed 's/^/# /' >&2
}

pass()
{
	tests_run=$((tests_run + 1))
	echo "ok $tests_run - $*" >&6
}

fail()
{
	tests_run=$((tests_run + 1))
	tests_bad=$((tests_bad + 1))
	echo "not ok $tests_run - $*" >&6
	return 1
}

# ok NAME COMMAND [ARG ...]: the command succeeds.
ok()
{
	ok_name=$1
	shift
	if "$@"; then pass "$ok_name"; else fail "$ok_name"; fi
}

# not_ok NAME COMMAND [ARG ...]: the command fails.
not_ok()
{
	ok_name=$1
	shift
	if "$@"; then fail "$ok_name"; else pass "$ok_name"; fi
}

# is NAME GOT EXPECTED
is()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1"
		diag "got:      $2"
		diag "expected: $3"
		return 1
	fi
}

# like NAME GOT ERE: some line of GOT matches.
like()
{
	if printf '%s\n' "$2" | grep -E -q -e "$3"; then
		pass "$1"
	else
		fail "$1"
		diag "got:        $2"
		diag "not like:   $3"
		return 1
	fi
}

# unlike NAME GOT ERE: no line of GOT matches.
unlike()
{
	if printf '%s\n' "$2" | grep -E -q -e "$3"; then
		fail "$1"
		diag "got:  $2"
		diag "like: $3"
		return 1
	else
		pass "$1"
	fi
}

# skip N WHY: count N tests as skipped.
skip()
{
	skip_n=$1
	shift
	while [ "$skip_n" -gt 0 ]; do
		skip_n=$((skip_n - 1))
		tests_run=$((tests_run + 1))
		echo "ok $tests_run # SKIP $*"
	done
}

skip_all()
{
	echo "1..0 # SKIP $*"
	exit 0
}

done_testing()
{
	echo "1..$tests_run" >&6
	[ $tests_bad = 0 ]
	exit
}

# wait_for COMMAND [ARG ...]: until it succeeds; 1 after WAIT_SECONDS (10).
wait_for()
{
	wait_turns=$((${WAIT_SECONDS:-10} * 20))
	until "$@" >/dev/null 2>&1; do
		wait_turns=$((wait_turns - 1))
		[ $wait_turns -gt 0 ] || return 1
		sleep 0.05
	done
}

# sqlite_sql FILE SQL: rows without headings, columns with |, as pg_sql of pg.sh.
sqlite_sql()
{
	python3 -c 'import sqlite3, sys
c = sqlite3.connect(sys.argv[1], timeout=20, isolation_level=None)
for r in c.execute(sys.argv[2]):
	print(*("" if v is None else v for v in r), sep="|")' "$1" "$2"
}

# gone PID: no such process.
gone()
{
	! kill -0 "$1" 2>/dev/null
}

# spawn COMMAND [ARG ...]: in the background, a group of its own, ended with the
# test; $spawned is its process id.
spawn()
{
	setsid "$@" 6>&- &
	spawned=$!
	children="$children $spawned"
}

# listen_port FILE: the port in the last listen event of a log; 1 if none.
listen_port()
{
	port=$(sed -n 's/.* ev=listen via=tcp addr=.*:\([0-9]*\)$/\1/p' "$1" |
		tail -n 1)
	[ -n "$port" ]
}

# start_line [ARG ...]: the server of one shell line, in $tmp/line, with extra
# arguments for ots-listen. Sets $port and $line, the process group. The logs
# are $tmp/line/{listen,parse,route}.log.
start_line()
{
	mkdir "$tmp/line"
	mkfifo "$tmp/line/ring"
	# shellcheck disable=SC2016 # for the inner shell
	spawn sh -c 'cd "$1" && shift
		ots-listen --tcp 127.0.0.1:0 "$@" <ring 2>listen.log |
		ots-parse 2>parse.log |
		ots-route --socket route.sock >ring 2>route.log' \
		sh "$tmp/line" "$@" </dev/null >/dev/null
	# shellcheck disable=SC2034 # for the test
	line=$spawned
	if ! wait_for listen_port "$tmp/line/listen.log"; then
		diag "ots-listen does not start: $(cat "$tmp/line/listen.log")"
		return 1
	fi
	wait_for test -S "$tmp/line/route.sock"
}
