#!/bin/sh
# The examples of README.md, as they stand there but for the ports, host names
# and the path of the socket.
. "${0%/*}/lib.sh"

# block NAME: the example of that name, with places of this test.
block()
{
	awk -v head="\`\`\`sh test $1" '$0 == head { on = 1; next }
		/^```/ { on = 0 } on' "$TOP/README.md" |
		sed -e "s/--tcp :8088/--tcp 127.0.0.1:0/" \
			-e "s/tak\.example\.org:8088/127.0.0.1:${other:-0}/" \
			-e "s/127\.0\.0\.1:8088/127.0.0.1:${port:-0}/" \
			-e "s,unix:run/,unix:$tmp/line/," \
			-e "s/127\.0\.0\.1:8089/127.0.0.1:${tls:-0}/" \
			-e "s/127\.0\.0\.1\$/127.0.0.1:${tls:-0}/"
}

# here NAME: the example, as typed where `make run` was: its output is NAME.out.
here()
{
	block "$1" >"$tmp/home/$1.sh"
	(cd "$tmp/home" && timeout --foreground -k 5 60 sh "$1.sh" \
		>"$1.out" 2>&1 </dev/null) ||
		{ diag "$(cat "$tmp/home/$1.out")"; return 1; }
}

# start NAME FOLDER: the example in the background: its output is FOLDER/out.
start()
{
	mkdir -p "$tmp/$2"
	block "$1" >"$tmp/$2/example"
	spawn sh -c 'cd "$1" && . ./example' sh "$tmp/$2" \
		</dev/null >"$tmp/$2/out" 2>"$tmp/$2/err"
}

event()
{
	now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
	cat <<-END
	<event version="2.0" uid="$1" type="$2" how="m-g" time="$now" start="$now" \
	stale="2099-01-01T00:00:00Z"><point lat="1.5" lon="2.5" hae="0" ce="1" le="1"/>\
	<detail><contact callsign="cs-$1"/></detail></event>
	END
}

is "every example is tested" "$(sed -n 's/^```sh test //p' "$TOP/README.md" |
	sort | tr '\n' ' ')" "bridge check groups json mesh person phone query record \
replay revoke server tap tuesday two where "
is "and every shell example is marked" \
	"$(grep -c '^```sh$' "$TOP/README.md")" 0

start_line --node readme
start tap tap
ok "the tap is greeted" wait_for grep -q '^ev:hello' "$tmp/tap/out"
start person alpha
ok "the tap shows a person" \
	wait_for grep -q 'callsign:Alpha' "$tmp/tap/out"
spawn ots-cat --as Bravo --uid bravo "127.0.0.1:$port" >"$tmp/b" 2>"$tmp/b.err" \
	</dev/null
ok "the person sees another" wait_for grep -q 'uid="bravo"' "$tmp/alpha/out"

other=$port
start server server
ok "the server of one line" wait_for listen_port "$tmp/server/err"
spawn ots-cat --as Carol --uid carol "127.0.0.1:$port" >"$tmp/c" 2>"$tmp/c.err" \
	</dev/null
start bridge bridge
spawn ots-cat --as Dave --uid dave "127.0.0.1:$port" >"$tmp/d" 2>"$tmp/d.err" \
	</dev/null
ok "clients see each other" wait_for grep -q 'uid="carol"' "$tmp/d"
# The bridge is a client of the first server once it is told of others.
spawn sh -c 'while :; do cat "$1"; sleep 0.2; done |
	ots-cat 127.0.0.1:"$2" >/dev/null' sh "$tmp/events" "$other" \
	2>"$tmp/feed.err" </dev/null
event foe a-h-G >"$tmp/events"
event friend a-f-G >>"$tmp/events"
ok "what is hostile crosses the bridge" wait_for grep -q 'uid="foe"' "$tmp/c"
not_ok "what is not does not" grep -q 'uid="friend"' "$tmp/c"

start record record
ok "the server that records" wait_for listen_port "$tmp/record/err"
spawn ots-cat --as Eve --uid eve --at 3.25,4.5 "127.0.0.1:$port" \
	>"$tmp/e" 2>"$tmp/e.err" </dev/null
ok "a recording" wait_for grep -q 'callsign:Eve' "$tmp/record/day.rec"

port=$other
mkdir "$tmp/play"
cp "$tmp/record/day.rec" "$tmp/play/day.rec"
start replay play
ok "is played" wait_for grep -q 'uid="eve"' "$tmp/b"

cp "$tmp/record/day.rec" "$tmp/tap/day.rec"
(cd "$tmp/tap" && block where | sh >"$tmp/who")
like "who was where" "$(cat "$tmp/who")" '^Eve 3\.25[0-9]* 4\.50*$'

cp "$tmp/events" "$tmp/tap/capture.cot"
(cd "$tmp/tap" && block json | sh 2>json.err)
is "a capture as JSON" "$(python3 -c 'import json, sys
print(*(json.loads(line)["uid"] for line in sys.stdin))' \
	<"$tmp/tap/capture.json")" "foe friend"

# Its time of arrival is told by the recording.
sed 's/	t:[0-9]*/	t:1715079600000000/' "$tmp/record/day.rec" >"$tmp/tuesday.rec"
ots-store --spool "$tmp/spool" -D "$tmp/tuesday.db" <"$tmp/tuesday.rec" \
	>/dev/null 2>"$tmp/store.err"
cp "$tmp/b" "$tmp/b.old"
export OTS_DATABASE_URI="$tmp/tuesday.db"
start tuesday tuesday
unset OTS_DATABASE_URI
ok "last Tuesday is played" wait_for sh -c \
	'[ "$(grep -c uid=.eve "$1")" -gt "$(grep -c uid=.eve "$2")" ]' \
	sh "$tmp/b" "$tmp/b.old" || diag "$(cat "$tmp/tuesday/err" "$tmp/store.err")"

# What is typed beside `make run`.
mkdir -p "$tmp/home/build"
ln -s "$BIN" "$tmp/home/build/bin"
spawn env OTS_SSL_STREAMING_PORT=0 OTS_TCP_STREAMING_PORT=0 \
	OTS_STREAMING_INTERFACE=127.0.0.1 sh -c \
	'cd "$1" && exec "$2/s6-services/ots-server" --bin "$3" --data "$1/run"' \
	sh "$tmp/home" "$TOP" "$BIN" >"$tmp/home/server.out" 2>&1 </dev/null
server=$spawned
WAIT_SECONDS=45
ok "make run" wait_for grep -q 'clients (TLS)' "$tmp/home/server.out" ||
	diag "$(cat "$tmp/home/server.out")"
tls=$(sed -n 's/.*clients (TLS)  *127\.0\.0\.1:\([0-9]*\)$/\1/p' \
	"$tmp/home/server.out")
ok "a package for each of two phones" here phone
for who in alice bob; do
	ok "$who has a package" wait_for sh -c "ls $tmp/home/run/ca/clients/$who/*.zip"
done
start_two()
{
	block two >"$tmp/home/two.sh"
	spawn sh -c 'cd "$1" && . ./two.sh' sh "$tmp/home" >"$tmp/home/two.out" \
		2>"$tmp/home/two.err" </dev/null
	two=$spawned
}
start_two
ok "alice is told of bob" wait_for grep -q 'callsign="bob"' "$tmp/home/two.out" ||
	diag "$(cat "$tmp/home/two.err")"
ok "bob is told of alice" wait_for grep -q 'callsign="alice"' "$tmp/home/two.out"
ok "check says that alice can connect" here check
tracked()
{
	here query && grep -q '<name>alice</name>' "$tmp/home/tracks.kml"
}
ok "a track of alice" wait_for tracked || diag "$(cat "$tmp/home/tracks.kml")"
ok "groups" here groups
ok "the mesh" here mesh
ok "and bob is revoked" here revoke
ok "which closes his connection" wait_for grep -q 'ev=close.*why=revoked' \
	"$tmp/home/run/logs/ots-listen/current"
kill -TERM "-$two"
start_two
ok "and he cannot come back" wait_for grep -q 'ev=refuse.*why=.*revoked' \
	"$tmp/home/run/logs/ots-listen/current"
kill -TERM "-$two" "$server"
ok "the end" wait_for gone "$server"
done_testing
