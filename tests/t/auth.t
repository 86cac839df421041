#!/bin/sh
# ots-auth with real accounts in SQLite and in PostgreSQL: the list of users,
# passwords, limits, a ledger, and a database that goes away and comes back.
. "${0%/*}/lib.sh"
. "${0%/*}/pg.sh"
cd "$tmp" || exit 1
peer=$TOP/tests/helper/auth.pl

# begin [ARG ...]: ots-auth, ready; $auth is its process id.
begin()
{
	: >ready
	# shellcheck disable=SC2016 # for the inner shell
	spawn sh -c 'exec ots-auth --socket s -d 3 "$@" 2>>log 3>ready' sh "$@"
	auth=$spawned
	wait_for test -s ready || diag "not ready: $(cat log)"
}

# user ARG ...: ots-user
user()
{
	timeout --foreground -k 5 60 ots-user "$@" >user.out 2>&1 ||
		diag "ots-user $*: $(cat user.out)"
}

# watch FILE: a watcher that writes to it.
watch()
{
	rm -f "$1"
	# shellcheck disable=SC2016 # for the inner shell
	spawn sh -c 'exec perl "$1" s watch >"$2"' sh "$peer" "$1"
	watcher=$spawned
}

# ask NAME SECRET [COUNT [FROM]]: what is answered, in one line, without the
# time, which is in $tmp/ms.
ask()
{
	timeout --foreground -k 5 60 perl "$peer" s ask "$1" "$2" \
		"${address:-192.0.2.1:4000}" "${3:-1}" "${4:-0}" >answer 2>&1
	sed -n 's/ ms$//p' answer >ms
	grep -v ' ms$' answer | paste -s -d ' ' -
}

# has FILE TEXT: TEXT, with | for TAB, stands in FILE.
has()
{
	grep -qF "$(printf '%s' "$2" | tr '|' '\t')" "$1"
}

# lists FILE N: so many whole lists have come.
lists()
{
	[ "$(grep -c '^ev:users-end' "$1")" -ge "$2" ]
}

now_ms()
{
	perl -MTime::HiRes=time -e 'printf "%d\n", time * 1000'
}

# certs: serial, name and revocation of each row, on one line.
certs()
{
	q='SELECT serial, name, revoked FROM ots_certificates ORDER BY serial'
	case $OTS_DATABASE_URI in
	postgres*) pg_sql "$q" ;;
	*) python3 -c 'import sqlite3, sys
for r in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]):
	print("|".join(map(str, r)))' "$OTS_DATABASE_URI" "$q" ;;
	esac | paste -s -d ' ' -
}

certs_are()
{
	[ "$(certs)" = "$1" ]
}

# issued NAME SERIAL: a line of a ledger.
issued()
{
	printf 'ev:issued\tkind:client\tname:%s\tserial:%s\tsha256:%064d\tt:%s' \
		"$1" "$2" "$2" 1000000
	printf '\tnot-before:1\tnot-after:9\tder:MIIB\n'
}

accounts()
{
	user group add Blue
	user group add Red
	for u in alice bob carol; do
		echo "$u-s3cret" | user add --password-fd 0 "$u"
	done
	user add --no-password dave
	user join alice Blue
	user join bob Red in
	user disable carol
}

list_of_users()
{
	watch w
	ok "$1: a watcher gets the list" wait_for lists w 1
	is "$1: which is complete" \
		"$(sed '1,2d; s/revision:[0-9]*/revision:N/' w | tr '\t' '|')" \
		'ev:users|revision:N
ev:user|name:alice|in:Blue|out:Blue
ev:user|name:bob|in:Red
ev:user|name:carol|disabled:1|in:__ANON__|out:__ANON__
ev:user|name:dave|in:__ANON__|out:__ANON__
ev:users-end|revision:N|count:4'
	is "$1: it is kept" "$(sed 1,2d w)" "$(cat kept)"
	is "$1: for nobody else" "$(stat -c %a kept)" 600
	is "$1: the socket has its mode" "$(stat -c %a s)" 640
}

# Of three changes, how long the second slowest took.
changes()
{
	for i in 1 2 3; do
		before=$(grep -c '^ev:users-end' w)
		user join bob "Red" out
		start=$(now_ms)
		wait_for lists w $((before + 1)) || diag "no news of change $i"
		echo $(($(now_ms) - start))
		user leave bob "Red" out
		wait_for lists w $((before + 2)) || diag "no news of change $i"
	done | sort -n >took.ms
	took=$(sed -n 2p took.ms)
	ok "$1: a change is told within a second ($took ms)" test "$took" -lt 1000
	user channel --device ANDROID-1 alice Blue out off
	ok "$1: so is the choice of a device" wait_for has w \
		'ev:device|user:alice|uid:ANDROID-1|in:Blue'
}

passwords()
{
	is "$1: right" "$(ask alice alice-s3cret)" '1 ok'
	is "$1: wrong" "$(ask alice bob-s3cret)" '1 wrong name or password'
	wrong=$(cat ms)
	is "$1: unknown" "$(ask nobody alice-s3cret)" \
		'1 wrong name or password'
	unknown=$(cat ms)
	ok "$1: one takes as long as the other ($unknown, $wrong ms)" \
		test "$unknown" -gt 20 -a "$wrong" -gt 20
	is "$1: disabled" "$(ask carol carol-s3cret)" '1 wrong name or password'
	is "$1: without a password" "$(ask dave dave-s3cret)" \
		'1 wrong name or password'
	# Checked one by one it would take 20 s and more.
	is "$1: 200 at once" "$(ask alice alice-s3cret 200 0)" '200 ok'
	ok "$1: are quick ($(cat ms) ms)" test "$(cat ms)" -lt 5000
	is "$1: and again" "$(ask alice alice-s3cret 200 1000)" '200 ok'
	echo new-s3cret | user passwd --password-fd 0 alice
	is "$1: a new password ends the old one" "$(ask alice alice-s3cret)" \
		'1 wrong name or password'
	is "$1: and is right" "$(ask alice new-s3cret)" '1 ok'
	user disable alice
	is "$1: who is disabled is out at once" "$(ask alice new-s3cret)" \
		'1 wrong name or password'
	user enable alice
	is "$1: and back" "$(ask alice new-s3cret)" '1 ok'
}

limits()
{
	address=192.0.2.77:1
	i=0
	while [ $i -lt 5 ]; do
		i=$((i + 1))
		ask bob "guess-$i"
	done >guesses
	is "$1: five guesses" "$(sort -u guesses)" '1 wrong name or password'
	is "$1: and no sixth" "$(ask bob bob-s3cret)" '1 too many attempts'
	is "$1: others are not touched" "$(ask alice new-s3cret)" '1 ok'
	ok "$1: a second later it is right" wait_for bob_is_in
	unset address
}

bob_is_in()
{
	[ "$(ask bob bob-s3cret)" = '1 ok' ]
}

ledger()
{
	rm -f ca
	{
		issued anna 1
		issued bert 2
		printf 'ev:issued\tkind:cl'
	} >ca
	ok "$1: the ledger is mirrored" wait_for certs_are '1|anna|0 2|bert|0'
	printf 'ient\n\nnonsense\nev:revoked\tserial:1\tsha256:%064d\tt:%s%s' \
		1 7000000 '	reason:0
' >>ca
	ok "$1: so are revocations" wait_for certs_are '1|anna|7 2|bert|0'
	{
		issued anna 1
		issued cleo 3
	} >ca.new
	mv ca.new ca
	ok "$1: another file is read from its beginning" \
		wait_for certs_are '1|anna|0 2|bert|0 3|cleo|0'
}

hostile()
{
	{
		printf 'ev:auth\nev:auth\tid:1\nev:auth\tid:1\tname:a\n'
		printf 'ev:zork\nno record\nev:auth\tid:2\tname:a\tsecret:\n'
		head -c 100000 /dev/zero | tr '\0' x
		printf '\nev:auth\tid:3\tname:a\\nb\tsecret:x\\ty\n'
		head -c 2000 /dev/urandom
		printf '\nev:watch\nev:watch\n'
	} >garbage
	# shellcheck disable=SC2016 # for the inner shell
	spawn sh -c 'exec perl "$1" s raw garbage >raw.out' sh "$peer"
	ok "$1: garbage costs nobody else" wait_for lists raw.out 1
	ok "$1: what can be answered is" wait_for has raw.out 'ev:verdict|id:3'
	ok "$1: it is counted" wait_for grep -q 'ev=bad-record' log
	kill "$spawned"
	# shellcheck disable=SC2016 # for perl
	timeout --foreground -k 5 60 perl -MIO::Socket::UNIX -e '
		my @s = map { IO::Socket::UNIX->new("s") or die } 1 .. 80;
		my $open = 0;
		for (@s) { my $line; $open++ if sysread $_, $line, 1; }
		print "$open\n"' >open 2>&1
	open=$(cat open)
	ok "$1: no more than 64 clients ($open)" \
		test "$open" -le 64 -a "$open" -gt 50
	ok "$1: the others go on" wait_for ask_works
}

ask_works()
{
	[ "$(ask alice new-s3cret)" = '1 ok' ]
}

# Nothing secret is anywhere, and the counters add up.
quiet()
{
	kill -USR1 "$auth"
	ok "$1: counters" wait_for grep -q 'ev=counters asked=[1-9]' log
	unlike "$1: no password is logged" "$(cat log)" 's3cret|guess-|argon'
	unlike "$1: none is kept" "$(cat kept)" 's3cret|guess-|argon'
}

deaf_watcher()
{
	# shellcheck disable=SC2016 # for the inner shell
	spawn sh -c 'exec perl "$1" s deaf 60' sh "$peer"
	deaf=$spawned
	before=$(grep -c '^ev:users-end' w)
	user join dave Blue
	ok "$1: one that does not read keeps nobody waiting" \
		wait_for lists w $((before + 1))
	user leave dave Blue
	wait_for lists w $((before + 2))
	kill "$deaf"
}

killed()
{
	# shellcheck disable=SC2046 # one word each
	set -- "$1" $(pgrep -P "$auth")
	is "$1: it has two processes beside" $# 3
	kill -KILL "$2"
	ok "$1: one that dies is started anew" wait_for ask_works
	is "$1: and watchers have not noticed" "$(kill -0 "$watcher" && echo yes)" \
		yes
	# shellcheck disable=SC2046 # one word each
	set -- "$1" $(pgrep -P "$auth")
	kill -KILL "$auth"
	ok "$1: all die with the first" wait_for gone "$2"
	ok "$1: all" wait_for gone "${3:-$2}"
	begin
	is "$1: killed and started again" "$(ask alice new-s3cret)" '1 ok'
}

# engine NAME: everything, with the database of OTS_DATABASE_URI.
engine()
{
	rm -f log kept ca
	accounts
	begin --snapshot kept --ledger ca --socket-mode 640
	list_of_users "$1"
	changes "$1"
	passwords "$1"
	limits "$1"
	ledger "$1"
	hostile "$1"
	deaf_watcher "$1"
	quiet "$1"
}

# Somebody writes for a long time: the ledger waits for that, and nobody else.
locked()
{
	spawn python3 -c 'import sqlite3, sys, time
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
time.sleep(60)' "$OTS_DATABASE_URI" >lock.out
	lock=$spawned
	wait_for grep -q locked lock.out
	issued emil 9 >>ca
	for i in 1 2 3 4; do
		ask "nobody-$i" "no-$i"
	done >answers
	is "$1: passwords are checked while another writes" \
		"$(sort -u answers)" '1 wrong name or password'
	kill "$lock"
	ok "$1: then the ledger is mirrored" wait_for emil_is_there
}

emil_is_there()
{
	certs | grep -q emil
}

# The list that is kept tells of dora.
kept_dora()
{
	has kept 'ev:user|name:dora'
}

# Another file in the place of the database, and a disk that takes nothing for
# a while.
replaced()
{
	mkdir -p kept.new/full
	user --database other.db add dora --admin
	touch -d '1 minute ago' other.db
	mv "$OTS_DATABASE_URI" gone.db
	before=$(grep -c '^ev:users-end' w)
	mv other.db "$OTS_DATABASE_URI"
	ok "$1: another file is noticed" \
		wait_for lists w $((before + 1))
	ok "$1: and told" has w 'ev:user|name:dora'
	ok "$1: a list that cannot be kept is logged" \
		wait_for grep -q 'call=write path=kept' log
	not_ok "$1: then it is not" kept_dora
	rm -r kept.new
	WAIT_SECONDS=20
	ok "$1: but later" wait_for kept_dora
	unset WAIT_SECONDS
}

# The process that has the database: $keeper, another one than $1.
keeper_is_there()
{
	for keeper in $(pgrep -P "$auth"); do
		[ "$(cat "/proc/$keeper/comm")" != auth-database ] ||
			[ "$keeper" = "$1" ] || return 0
	done
	return 1
}

# A database that once was there and is refused while its process begins anew is
# no reason to end.
refused_later()
{
	keeper_is_there none
	mv "$OTS_DATABASE_URI" gone.db
	mkdir "$OTS_DATABASE_URI"
	kill -KILL "$keeper"
	ok "$1: its process begins anew" wait_for keeper_is_there "$keeper"
	sleep 1 # it cannot be seen that it has tried
	: >log
	rmdir "$OTS_DATABASE_URI"
	mv gone.db "$OTS_DATABASE_URI"
	ok "$1: and waits until it is no longer refused" \
		wait_for grep -q 'ev=database$' log
}

# stop NAME: as s6 does.
stop()
{
	kill -TERM "$auth"
	wait "$auth"
	is "$1: TERM ends it with 0" $? 0
	not_ok "$1: its socket is gone" test -e s
}

# While the database is away.
without()
{
	watch w2
	ok "$1: who comes anew gets the list" wait_for lists w2 1
	kill "$watcher"
	is "$1: who is remembered comes in" "$(ask alice new-s3cret)" '1 ok'
	is "$1: others are told why" "$(ask bob guess)" \
		'1 the database is away'
	ok "$1: soon ($(cat ms) ms)" test "$(cat ms)" -lt 8000
}

back()
{
	user "$2" dave Blue
	if [ "$2" = join ]; then
		ok "$1: then changes are told again" wait_for has kept \
			'ev:user|name:dave|in:Blue|out:Blue'
	else
		ok "$1: then changes are told again" wait_for has kept \
			'ev:user|name:dave|in:__ANON__'
	fi
	ok "$1: and passwords are checked" wait_for bob_is_in
}

outage()
{
	is "hangs: bob comes in" "$(ask bob bob-s3cret)" '1 ok'
	before=$(grep -c '^ev:users-end' w)
	echo bob-s3cret | user passwd --password-fd 0 bob
	ok "hangs: a new password is news" wait_for lists w $((before + 1))
	is "hangs: before" "$(ask alice new-s3cret)" '1 ok'
	# shellcheck disable=SC2046 # one word each
	kill -STOP "$pg_pid" $(pgrep -P "$pg_pid")
	without "hangs"
	is "hangs: what was right before the new password counts no more" \
		"$(ask bob bob-s3cret)" '1 the database is away'
	ok "hangs: it is logged" wait_for grep -q 'ev=database-away' log
	# shellcheck disable=SC2046 # one word each
	kill -CONT "$pg_pid" $(pgrep -P "$pg_pid")
	back "hangs" join
	is "killed: before" "$(ask alice new-s3cret)" '1 ok'
	pg_kill
	wait_for grep -q 'ev=database$' log
	without "killed"
	kill -KILL "$auth"
	wait "$auth" 2>/dev/null # as long as it lives, the socket is taken
	: >log
	begin --snapshot kept
	ok "killed: a start without it is ready" test -s ready
	ok "killed: from the file" grep -q 'ev=users.* from=file' log
	watch w3
	ok "killed: which watchers get" wait_for lists w3 1
	is "killed: as it was" "$(sed 1,2d w3)" "$(cat kept)"
	is "killed: nobody is remembered" "$(ask alice new-s3cret)" \
		'1 the database is away'
	pg_up
	WAIT_SECONDS=30 wait_for grep -q 'ev=database$' log
	back "killed" leave
	ok "killed: to the watchers, too" wait_for lists w3 2
}

is "nothing to listen on is an error" "$(ots-auth 2>&1 -D x; echo $?)" \
	'ots-auth: fatal: --socket is needed: where to listen
100'
: >none
timeout --foreground -k 5 30 ots-auth --socket s -D none/x 2>bad.log
is "a database that cannot be is for a human" $? 100
like "and is named" "$(cat bad.log)" 'fatal: .*none/x'

OTS_DATABASE_URI=$tmp/a.db
export OTS_DATABASE_URI
engine SQLite
killed SQLite
stop SQLite
begin --snapshot kept --ledger ca
watch w
wait_for lists w 1
locked SQLite
replaced SQLite
refused_later SQLite
stop SQLite

# A core would hold what is in memory.
core()
{
	perl -e 'use POSIX; my $p = fork; if (!$p) { exec @ARGV } sleep 1;
		kill "SEGV", $p; waitpid $p, 0; print $? & 128 ? "core" : "none"' \
		"$@" 2>/dev/null
}
# shellcheck disable=SC3045 # where there is none, no core is written
ulimit -c unlimited 2>/dev/null
if [ -z "${SAN-}" ] && [ "$(core sleep 60)" = core ]; then
	is "no core" "$(core ots-auth --socket s)" none
else
	skip 1 "no core is written here anyway"
fi
rm -f core core.* s

if pg_start; then
	OTS_DATABASE_URI=$pg_uri
	engine PostgreSQL
	outage
	stop PostgreSQL
	unlike "the database's password is in no log" "$(cat log)" "$pg_password"
else
	skip 1 "no PostgreSQL here"
fi
done_testing
