#!/bin/sh
# What the one-machine server remembers, on SQLite and on PostgreSQL: while its
# database is away, over a restart of the whole, and by the settings for it.
. "${0%/*}/lib.sh"
. "${0%/*}/pg.sh"

# begin NAME [VAR=VALUE ...]: the server of $tmp/NAME, until it is ready: $port.
begin()
{
	name=$1
	shift
	spawn env OTS_TCP_STREAMING_PORT=0 OTS_SSL_STREAMING_PORT=0 \
		OTS_STREAMING_INTERFACE=127.0.0.1 "$@" \
		"$TOP/s6-services/ots-server" --bin "$BIN" \
		--data "$tmp/$name" >"$tmp/$name.out" 2>&1 </dev/null
	server=$spawned
	wait_for grep -q 'clients (TCP)' "$tmp/$name.out" || {
		diag "$(cat "$tmp/$name.out" "$tmp/$name"/logs/*/current)"
		return 1
	}
	port=$(sed -n 's/.*clients (TCP)  *127\.0\.0\.1:\([0-9]*\) .*/\1/p' \
		"$tmp/$name.out")
}

end()
{
	kill -TERM "$server"
	wait_for gone "$server" && wait "$server"
}

# person UID: joins and stays; what it is told goes to $tmp/UID.
person()
{
	spawn ots-cat --as "CS-$1" --uid "$1" --at 1.25,2.5 --wait 60 \
		"127.0.0.1:$port" >"$tmp/$1" 2>"$tmp/$1.err" </dev/null
	eval "pid_$1=\$spawned"
}

leave()
{
	eval "pid=\$pid_$1"
	kill -TERM "$pid"
	wait_for gone "$pid"
}

# chat FROM TO N: a message by a sender that goes again.
chat()
{
	now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
	cat >"$tmp/chat.cot" <<-END
	<event version="2.0" uid="$1" type="a-f-G-U-C" how="m-g" time="$now" \
	start="$now" stale="2099-01-01T00:00:00Z"><point lat="1" lon="2" hae="0" \
	ce="1" le="1"/><detail><contact callsign="CS-$1" endpoint="*:-1:stcp"/>\
	</detail></event>
	<event version="2.0" uid="GeoChat.$1.$2.$3" type="b-t-f" how="h-g-i-g-o" \
	time="$now" start="$now" stale="2099-01-01T00:00:00Z"><point lat="1" \
	lon="2" hae="0" ce="1" le="1"/><detail><__chat id="$2" chatroom="CS-$2" \
	senderCallsign="CS-$1" messageId="m-$3"><chatgrp uid0="$1" uid1="$2" \
	id="$2"/></__chat><remarks>text $3</remarks><marti><dest \
	callsign="CS-$2"/></marti></detail></event>
	END
	ots-cat --wait 1 "127.0.0.1:$port" <"$tmp/chat.cot" >/dev/null \
		2>"$tmp/chat.err"
}

# remembers NAME QUERY...: more than nothing.
remembers()
{
	folder=$tmp/$1
	shift
	[ -n "$(ots-query --data "$folder" "$@" 2>"$tmp/query.err")" ]
}

# Events that are in the database more than once.
twice()
{
	ots-query --data "$tmp/$name" events -f cot | sort | uniq -d
}

# with ENGINE [VAR=VALUE]
with()
{
	e=$1
	ok "$e: a server" begin "$@"
	person ann
	person bob
	ok "$e: two see each other" wait_for grep -q 'uid="ann"' "$tmp/bob"
	ok "$e: who is connected" wait_for remembers "$e" devices -u bob
	leave bob
	ok "$e: bob is away" wait_for sh -c \
		'! ots-query --data "$1" devices -u bob -f json | grep -q \"conn\":' \
		sh "$tmp/$e"
	chat eve bob 1
	ok "$e: a chat to him is kept" wait_for remembers "$e" chat -u eve
	person bob
	ok "$e: he gets it when he is back" wait_for grep -q 'text 1<' "$tmp/bob"
	away "$e"
	person gus
	ok "$e: live traffic does not notice" wait_for grep -q 'uid="gus"' \
		"$tmp/ann"
	back "$e"
	ok "$e: and it is kept" wait_for remembers "$e" events -u gus
	ok "$e: it ends" end
	shift
	ok "$e: again" begin "$e" "$@"
	is "$e: nothing is there twice" "$(twice)" ""
	ok "$e: and everything once" remembers "$e" events -u gus
	person dan
	ok "$e: a newcomer is told who was there" wait_for grep -q 'uid="gus"' \
		"$tmp/dan"
	leave dan
	person bob
	ok "$e: bob is there" wait_for grep -q 'uid="gus"' "$tmp/bob"
	chat eve bob 2
	ok "$e: he gets a new chat" wait_for grep -q 'text 2<' "$tmp/bob"
	unlike "$e: the old one comes no more" "$(cat "$tmp/bob")" 'text 1<'
	ok "$e: the end" end
}

# The database goes away, and comes back.
away()
{
	case $1 in
	sqlite)
		# shellcheck disable=SC2016 # for python
		spawn python3 -c 'import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
db.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
time.sleep(60)' "$tmp/sqlite/db/ots.db" >"$tmp/locked" 2>&1
		locker=$spawned
		ok "sqlite: locked" wait_for grep -q locked "$tmp/locked"
		;;
	*) pg_kill ;;
	esac
}

back()
{
	case $1 in
	sqlite) kill -KILL "$locker" ;;
	*) ok "postgresql: is back" pg_up ;;
	esac
}

WAIT_SECONDS=45
with sqlite OTS_KEEP='events=30d positions=1y'
OTS_MAILBOX=some "$TOP/s6-services/ots-server" --bin "$BIN" \
	--data "$tmp/mailbox" -n >"$tmp/out" 2>&1
is "a mailbox that is none" $? 100
like "is named" "$(cat "$tmp/out")" OTS_MAILBOX
spawn env OTS_KEEP=everything OTS_TCP_STREAMING_PORT=0 \
	OTS_SSL_STREAMING_PORT=0 "$TOP/s6-services/ots-server" --bin "$BIN" \
	--data "$tmp/keep" >"$tmp/keep.out" 2>&1 </dev/null
wait_for gone "$spawned"
wait "$spawned"
is "an age that is none" $? 100
like "is named, too" "$(cat "$tmp/keep.out")" 'keep.*everything.*KIND=AGE'
if pg_start; then
	mkdir -p "$tmp/postgresql/env"
	echo "$pg_uri" >"$tmp/postgresql/env/OTS_DATABASE_URI"
	with postgresql
else
	diag "no PostgreSQL here: not tested with it"
fi
done_testing
