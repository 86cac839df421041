#!/bin/sh
# ots-store and its database, SQLite and a PostgreSQL of our own: each event is
# there once, whatever is killed, stopped or locked meanwhile; what clients send
# to hurt is kept; mail and last positions come back into the stream.
TEST_SECONDS=500
. "${0%/*}/lib.sh"
. "${0%/*}/pg.sh"
: "${WAIT_SECONDS:=60}"

unset OTS_DATABASE_URI SQLALCHEMY_DATABASE_URI OTS_DATA_FOLDER
export HOME="$tmp/home"
mkdir "$HOME"

gen()
{
	python3 "$TOP/tests/t/storegen.py" "$@"
}

# sql TEXT: rows without headings, columns with |.
sql()
{
	if [ "$engine" = sqlite ]; then
		sqlite_sql db.sqlite "$1"
	else
		pg_sql "$1"
	fi
}

# Until this query says that.
says()
{
	[ "$(sql "$1" 2>/dev/null)" = "$2" ]
}

# now_is NAME QUERY TEXT
now_is()
{
	wait_for says "$2" "$3"
	is "$engine: $1" "$(sql "$2")" "$3"
}

# begin [OPTION ...]: $pid is one that reads the FIFO `in`, which stays open.
begin()
{
	: >ready
	# shellcheck disable=SC2016 # for the inner shell
	spawn sh -c 'exec ots-store -d 3 --spool spool --database "$@" \
		<in >>out 2>>log 3>ready' sh "$uri" "$@" 7>&-
	pid=$spawned
	wait_for test -s ready
}

# The writer, when it is there.
writer()
{
	pgrep -P "$pid" | head -n 1
}

has_writer()
{
	[ -n "$(writer)" ]
}

# end: as it is asked to; its code in $code.
end()
{
	kill -TERM "$pid"
	code=0
	wait "$pid" || code=$?
}

feed()
{
	cat >&7
}

frames()
{
	gen "$@" | ots-parse 2>>parse.log
}

logged()
{
	grep -Eq "$1" log
}

out_has()
{
	grep -q "$1" out
}

# rec LABEL:VALUE ...: a record.
rec()
{
	printf '%s' "$1"
	shift
	for field; do
		printf '\t%s' "$field"
	done
	printf '\n'
}

us()
{
	date +%s%6N
}

# --- tests ---

everyday()
{
	begin
	frames positions 1 500 | feed
	now_is 'events are stored' \
		'SELECT count(*), count(DISTINCT uid) FROM ots_events' '500|500'
	now_is 'so are their tracks' \
		'SELECT count(*), sum(battery) FROM ots_positions' '500|24750'
	is "$engine: and all goes on" "$(grep -c '^ev:cot' out)" 500
	end
	is "$engine: SIGTERM ends it well" "$code" 0
	frames positions 501 550 | feed
	begin
	now_is 'it goes on where it was' \
		'SELECT count(*), count(DISTINCT uid) FROM ots_events' '550|550'
}

nasty()
{
	frames hostile | feed
	now_is 'hostile events are stored, each' \
		"SELECT count(*), count(DISTINCT uid) FROM ots_events
		WHERE uid LIKE 'hostile-%'" '21|20'
	is "$engine: and delivered" "$(grep -c '	uid:hostile-' out)" 21
	is "$engine: a chat of 300,000 characters" "$(sql "SELECT length(text)
		FROM ots_chats WHERE uid = 'hostile-3'")" 300000
	is "$engine: an unknown team" "$(sql "SELECT team, role
		FROM ots_devices WHERE uid = 'hostile-1'")" 'Plaid|Jester'
	is "$engine: a callsign of two" "$(sql "SELECT count(*)
		FROM ots_devices WHERE callsign IN ('A', 'B')")" 2
	is "$engine: nanoseconds and an offset" "$(sql "SELECT time
		FROM ots_events WHERE uid = 'hostile-4'")" 1714972089123000
	is "$engine: the year 9999 ends with the clients' time" "$(sql \
		"SELECT stale FROM ots_events WHERE uid = 'hostile-5'")" \
		4294967295999000
	cat >want <<-'END'
		x'); DROP TABLE ots_events; --\"$1 %s\N 💣
	END
	sql "SELECT callsign FROM ots_devices
		WHERE uid LIKE 'hostile-7%'" >got
	ok "$engine: SQL is text in a callsign" cmp -s want got
	sql "SELECT text FROM ots_chats WHERE uid = 'hostile-8'" >got
	ok "$engine: in a chat" cmp -s want got
	for t in casevacs videos fileshares alerts stats; do
		is "$engine: in $t" "$(sql "SELECT count(*) FROM ots_$t")" 1
	done
	is "$engine: a route without a place" "$(sql "SELECT kind
		FROM ots_items WHERE uid = 'hostile-15'")" route
	unlike "$engine: nothing was refused" "$(cat log)" ev=not-stored
}

# Lines that are no records, and a uid that is longer than an index takes; only
# local programs can write such.
junk()
{
	long=$(od -An -tx1 -N 4000 /dev/urandom | tr -d ' \n')
	{
		echo 'torn'
		printf 'ev:cot\tuid:bad-utf8\ttype:a\txml:\377\n'
		rec ev:cot uid:no-xml type:a
		echo
		for i in 1 2 3 4 5; do
			rec ev:cot "uid:junk-$i" type:a-f-G 'xml:<a/>'
			[ $i = 3 ] && rec ev:cot "uid:$long" type:a-f-G \
				'xml:<a/>'
		done
	} | feed
	now_is 'what is around junk is stored' "SELECT count(*)
		FROM ots_events WHERE uid LIKE 'junk-%'" 5
	ok "$engine: and goes on, as does junk" wait_for out_has junk-5
	is "$engine: unchanged" "$(grep -c -e '^torn$' -e "uid:$long" out)" 2
	ok "$engine: what is refused is told" \
		wait_for logged 'ev=not-stored kept=nothing'
}

# What the database refuses itself: an event, and what another one says.
poison()
{
	if [ "$engine" = sqlite ]; then
		sql "CREATE TRIGGER no_event BEFORE INSERT ON ots_events WHEN
			new.uid LIKE 'poison-%' BEGIN
			SELECT raise(ABORT, 'no poison'); END"
		sql "CREATE TRIGGER no_chat BEFORE INSERT ON ots_chats WHEN
			new.text = 'poison' BEGIN
			SELECT raise(ABORT, 'no poison'); END"
	else
		sql "ALTER TABLE ots_events ADD CONSTRAINT no_poison
			CHECK (uid NOT LIKE 'poison-%') NOT VALID"
		sql "ALTER TABLE ots_chats ADD CONSTRAINT no_poison
			CHECK (text <> 'poison') NOT VALID"
	fi
	: >log
	for i in $(seq 1 300); do
		rec ev:cot "uid:around-$i" type:b-m-p-s-m 'xml:<a/>'
		[ "$((i % 100))" = 7 ] &&
			rec ev:cot "uid:poison-$i" type:a-f-G 'xml:<a/>'
		[ "$((i % 100))" = 9 ] && rec ev:cot "uid:chat-$i" type:b-t-f \
			'xml:<event><detail><__chat id="r"/><remarks>poison</remarks></detail></event>'
	done | feed
	now_is 'what is around poison is stored' "SELECT count(*)
		FROM ots_events WHERE uid LIKE 'around-%'" 300
	is "$engine: with what it says" "$(sql "SELECT count(*)
		FROM ots_items WHERE uid LIKE 'around-%'")" 300
	now_is 'of another the event' "SELECT count(*) FROM ots_events
		WHERE uid LIKE 'chat-%' OR uid LIKE 'poison-%'" 3
	is "$engine: each is told" "$(grep -c 'kept=event why=.*poison' log
		grep -c 'kept=nothing why=.*poison' log)" "$(printf '3\n3')"
	if [ "$engine" = sqlite ]; then
		sql 'DROP TRIGGER no_event'
		sql 'DROP TRIGGER no_chat'
	fi
}

# A question that fails when an event is in the batch already.
once()
{
	sql 'ALTER TABLE ots_mail RENAME COLUMN state TO was_state'
	{
		for i in 1 2; do
			rec ev:cot "uid:once-$i" type:a-f-G-U-C "t:$(us)" \
				"callsign:o$i" endpoint: "conn:n.8$i.1" \
				'xml:<a/>'
		done
		rec ev:cot uid:once-chat type:b-t-f conn:n.81.1 "t:$(us)" \
			dest-uid:once-2 \
			'xml:<event><detail><__chat id="r"/></detail></event>'
		rec ev:cot uid:once-last type:a-f-G 'xml:<a/>'
	} | feed
	now_is 'what follows is stored' "SELECT count(*)
		FROM ots_events WHERE uid = 'once-last'" 1
	is "$engine: the event itself once" "$(sql "SELECT count(*)
		FROM ots_events WHERE uid = 'once-chat'")" 1
	sql 'ALTER TABLE ots_mail RENAME COLUMN was_state TO state'
}

# More is to come, in pieces, while something is done.
trickle()
{
	for first in $(seq "$1" 200 "$2"); do
		frames positions "$first" $((first + 199))
	done >&7 &
	trickle=$!
}

killed()
{
	trickle 2001 5000
	for i in 1 2 3; do
		wait_for has_writer
		kill -KILL "$(writer)"
		sleep 0.3
		kill -KILL "$pid"
		wait "$pid" 2>/dev/null
		begin
	done
	wait "$trickle"
	now_is 'killed again and again: each event once' \
		"SELECT count(*), count(DISTINCT uid) FROM ots_events
		WHERE uid LIKE 'uid-%' AND uid >= 'uid-2' AND length(uid) = 8
		AND uid < 'uid-6'" \
		'3000|3000'
	now_is 'and each of its positions' \
		"SELECT count(*), count(DISTINCT uid) FROM ots_positions
		WHERE uid LIKE 'uid-%' AND length(uid) = 8" \
		'3000|3000'
}

take_away()
{
	if [ "$engine" = sqlite ]; then
		spawn python3 -c 'import sqlite3, sys, time
c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)
c.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
time.sleep(100)' db.sqlite >lock.out
		lock=$spawned
		wait_for grep -q locked lock.out
	else
		pg_kill
	fi
}

give_back()
{
	if [ "$engine" = sqlite ]; then
		kill "$lock"
	else
		pg_up
	fi
}

away()
{
	trickle 10001 12000
	take_away
	frames positions 12001 12400 | feed
	wait "$trickle"
	ok "$engine: the database is away: all goes on" \
		wait_for out_has 'uid:uid-12400	'
	ok "$engine: and it is told" wait_for logged 'ev=database-away'
	give_back
	now_is 'it is back: each event once' \
		"SELECT count(*), count(DISTINCT uid) FROM ots_events
		WHERE length(uid) = 9 AND uid LIKE 'uid-1%'" \
		'2400|2400'
	ok "$engine: and that is told" wait_for logged 'ev=database away-sec'
}

# client CONN UID CALLSIGN: says who it is.
client()
{
	rec ev:open "conn:$1" via:tcp "t:$(us)"
	rec ev:cot "uid:$2" type:a-f-G-U-C "callsign:$3" 'endpoint:*:-1:stcp' \
		'stale:2100-01-01T00:00:00.000Z' lat:1 lon:2 "conn:$1" \
		"t:$(us)" "xml:<event uid=\"$2\" type=\"a-f-G-U-C\" how=\"m-g\"
stale=\"2100-01-01T00:00:00.000Z\"><point lat=\"1\" lon=\"2\"/><detail><contact
callsign=\"$3\" endpoint=\"\"/></detail></event>" |
		tr '\n' ' ' | sed 's/ $//'
	echo
}

# write CONN UID T DEST: a chat.
write()
{
	rec ev:cot "uid:$2" type:b-t-f "$4" "conn:$1" "t:$3" \
		"xml:<event><detail><__chat id=\"r\"/></detail></event>"
}

count_of()
{
	grep -c "$1" out
}

mail()
{
	t=$(us)
	{
		client n.60.1 SND sender
		client n.61.1 RCV receiver
	} | feed
	now_is 'devices are known' "SELECT count(*) FROM ots_devices
		WHERE uid IN ('SND', 'RCV') AND conn <> ''" 2
	{
		write n.60.1 here-1 "$t" dest-callsign:receiver
		rec ev:delivered conn:n.61.1 "receipt:n.60.1/$t" "t:$(us)"
		rec ev:close conn:n.61.1 why:test "t:$(us)"
		write n.60.1 away-1 $((t + 1)) dest-callsign:receiver
		write n.60.1 away-2 $((t + 2)) dest-uid:RCV
		write n.60.1 nobody $((t + 5)) dest-uid:none
		write n.60.1 self $((t + 3)) dest-uid:SND
	} | feed
	now_is 'chat is kept for a device' "SELECT count(*) FROM ots_mail
		WHERE receiver IN ('RCV', 'SND')" 3
	client n.62.1 RCV receiver | feed
	ok "$engine: and sent to it when it comes" \
		wait_for out_has "^ev:mail.*	uid:away-2	"
	is "$engine: in the order of arrival, what was not delivered" "$(
		grep ^ev:mail out | cut -f 2,3,4,5)" "$(
		rec conn:n.62.1 "receipt:n.60.1/$((t + 1))" group:__ANON__ \
			uid:away-1
		rec conn:n.62.1 "receipt:n.60.1/$((t + 2))" group:__ANON__ \
			uid:away-2)"
	{
		rec ev:delivered conn:n.62.1 "receipt:n.60.1/$((t + 1))"
		rec ev:delivered conn:n.62.1 "receipt:n.60.1/$((t + 2))"
		rec ev:close conn:n.62.1 why:test "t:$(us)"
	} | feed
	now_is 'what is delivered is marked' "SELECT count(*) FROM ots_mail
		WHERE receiver = 'RCV' AND state = 2" 3
	{
		write n.60.1 away-3 $((t + 4)) dest-uid:RCV
		client n.63.1 RCV receiver
	} | feed
	ok "$engine: later there is new mail only" \
		wait_for out_has "^ev:mail.*	uid:away-3	"
	is "$engine: and never the same again" "$(count_of ^ev:mail)" 3
}

latest()
{
	rec ev:hello version:1 program:ots-listen node:n | feed
	ok "$engine: a new ots-listen is told where all were" \
		wait_for out_has '^ev:latest	uid:RCV	'
	like "$engine: with the labels of the event" \
		"$(grep '^ev:latest	uid:RCV	' out)" \
		'	type:a-f-G-U-C	.*stale:2100-.*	lat:1	.*callsign:receiver	endpoint:	group:__ANON__	xml:'
	is "$engine: and not of those who are stale" \
		"$(count_of '^ev:latest	uid:uid-')" 0
	now_is 'all have gone with the old one' "SELECT count(*)
		FROM ots_devices WHERE conn <> ''" 0
}

forgets()
{
	end
	begin --keep events=1s --keep positions=ever
	now_is 'old events are forgotten' 'SELECT count(*) FROM ots_events' 0
	is "$engine: tracks are not" "$(sql "SELECT count(*)
		FROM ots_positions WHERE uid = 'uid-1'")" 1
	end
	is "$engine: it ends well" "$code" 0
}

both()
{
	mkdir "$tmp/$1"
	cd "$tmp/$1" || exit 1
	mkfifo in
	exec 7<>in
	everyday
	nasty
	junk
	poison
	once
	killed
	away
	mail
	latest
	forgets
	exec 7>&-
}

engine=sqlite uri=sqlite:db.sqlite
both sqlite
engine=postgresql uri=$pg_uri
if pg_start; then
	both postgresql
else
	skip 1 'no PostgreSQL'
fi
done_testing
