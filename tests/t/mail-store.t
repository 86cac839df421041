#!/bin/sh
# Chat for who is away, with the real ots-store in the ring. Each program runs by
# itself between FIFOs that stay open, as services have it, so that each may be
# killed: what was kept comes once, at the next connection, to whom it is for.
TEST_SECONDS=240
. "${0%/*}/lib.sh"
. "${0%/*}/tlslib.sh"
. "${0%/*}/maillib.sh"
: "${WAIT_SECONDS:=30}"
cd "$tmp" || exit 1
unset SQLALCHEMY_DATABASE_URI OTS_DATA_FOLDER
OTS_DATABASE_URI=$tmp/store.db
export OTS_DATABASE_URI

# ---- the ring ----------------------------------------------------------------

# user ARG ...: ots-user
user()
{
	timeout --foreground -k 5 60 ots-user "$@" >user.out 2>&1 ||
		diag "ots-user $*: $(cat user.out)"
}

start_listener()
{
	: >log
	# shellcheck disable=SC2016 # for the inner shell
	spawn sh -c 'exec ots-listen --tcp 127.0.0.1:0 --tls 127.0.0.1:0 \
		--cert server.pem --key server.key --ca ca.pem --crl crl.pem \
		--node n <ring >frames 2>log'
	listen=$spawned
	wait_for listen_port log || diag "$(cat log)"
	tcp=$port
	tls_port
	tls=$port
	port=$tcp
}

start_parse()
{
	spawn sh -c 'exec ots-parse <frames >events 2>parse.log'
	parse=$spawned
}

# start_store [ARG ...]
start_store()
{
	# shellcheck disable=SC2016 # for the inner shell
	spawn sh -c 'exec ots-store --spool spool "$@" <events >stored \
		2>>store.log 3>store.ready' sh -d 3 "$@"
	store=$spawned
	wait_for test -s store.ready || diag "$(cat store.log)"
}

start_route()
{
	: >route.log
	spawn sh -c 'exec ots-route --mailbox direct --auth auth.sock <seen.fifo \
		>ring.fifo 2>route.log'
	route=$spawned
	wait_for grep -q 'ev=users' route.log || diag "$(cat route.log)"
}

# end PID ...: as a crash does it.
end()
{
	kill -KILL "$@"
	wait "$@" 2>/dev/null
}

make_ca
make_cert server server
for name in ann bob eve; do
	user add --no-password $name
	make_cert $name client
done
[ -s eve.pem ] || { diag "$(cat openssl)"; exit 1; }
for name in Red Blue Green; do
	user group add $name
done
user join ann Red
user join bob Red
user join eve Red

mkfifo frames events stored seen.fifo ring.fifo ring
exec 3<>frames 4<>events 5<>stored 7<>seen.fifo 8<>ring.fifo 9<>ring
: >seen
: >bound
spawn sh -c 'exec ots-auth --socket auth.sock -d 3 2>auth.log 3>auth.ready'
wait_for test -s auth.ready || diag "ots-auth: $(cat auth.log)"
spawn sh -c 'exec tee -a seen <stored >seen.fifo'
spawn sh -c 'exec tee -a bound <ring.fifo >ring'
start_listener
start_parse
start_store
start_route

# dial_in USER UID: over TLS. What it gets is in USER.got, its process $dialled,
# also in USER.pid.
dial_in()
{
	port=$tls
	dial "$1"
	port=$tcp
	echo "$dialled" >"$1.pid"
	talk "$1" "$(event a-f-G-U-C "$2" \
		"<contact endpoint=\"*:-1:stcp\" callsign=\"c-$2\"/>")"
	wait_for seen "^ev:cot.*	uid:$2	type:a-f-G-U-C	.*	user:$1	" ||
		diag "$1 is not seen: $(cat "$1.err")"
	: >seen
}

# kept UID: ots-store has the event.
kept()
{
	wait_for seen "^ev:cot.*	uid:$1	" || diag "$1 has not come so far"
}

# ---- who is away, and who is not ---------------------------------------------

for name in s d1 d2 d3 q; do
	enter $name
done
dial_in ann A
dial_in bob B
for name in d1 d2 q bob; do
	leave $name
done
chat s m1 'uid="d1"' 'by uid'
chat s m2 'callsign="c-d2"' 'by callsign'
chat s m3 'uid="d3"' 'there'
chat s m4 'uid="q"' 'quick'
chat ann m5 'uid="B"' 'secret'
ok "chat to who is there arrives" wait_for got d3 'there<'
kept m5
user leave bob Red
user join bob Blue
user join ann Green
ok "its groups change" wait_for grep -q '^ev:bind.*	key:group:Green' bound

end "$store"
chat s m6 'uid="d1"' 'nobody keeps it yet'
start_store
kept m6
# Another user with that uid; one that comes, goes and comes.
dial_in eve B
enter q
leave q
mv q.got q.first
enter d1
enter d2
enter q
ok "chat to who was away arrives" wait_for got d1 'by uid<'
ok "... by callsign, too" wait_for got d2 'by callsign<'
ok "... also what was written while ots-store was killed" \
	wait_for got d1 'nobody keeps it yet<'
ok "who comes, goes and comes gets it" wait_for got q 'quick<'
is "each once, and in order" "$(ntimes d1 'by uid<')$(ntimes d2 'by callsign<'
	)$(ntimes q 'quick<')$(grep -c quick q.first
	) $(grep -o '"m[16]"' d1.got | paste -s -d ' ' -)" '1110 "m1" "m6"'
is "what arrived at once does not come again" "$(ntimes d3 'there<')" 1
is "another user with the same uid gets nothing" "$(ntimes eve 'secret<')" 0
is "the sender hears of no failure" "$(ntimes s b-t-f-s)" 0

# ---- who may no longer read it -----------------------------------------------

leave eve
dial_in bob B
leave d1
chat s m7 'uid="d1"' 'again'
kept m7
enter d1
ok "there is new mail at the next connection" wait_for got d1 'again<'
# Nobody knows yet that it was sent.
end "$store"
start_store
not_ok "none of what had arrived" got d1 'by uid<'
is "who may no longer read it, does not" "$(ntimes bob 'secret<')" 0
leave bob
user join bob Red
user leave ann Green
ok "its groups change again" wait_for grep -q '^ev:unbind.*	key:group:Green' \
	bound
dial_in bob B
ok "when it may again, it gets it" wait_for got bob 'secret<'
is "once, and not told twice: who was sent mail when ots-store was killed" \
	"$(ntimes bob 'secret<')$(ntimes d1 'again<')$(ntimes d3 'there<')" 111

# ---- all is started anew -----------------------------------------------------

leave d1
chat s m8 'uid="d1"' 'over night'
kept m8
end "$listen" "$parse" "$store" "$route"
start_listener
start_parse
start_store
start_route
enter s
enter d1
ok "what was kept over a restart of all comes" wait_for got d1 'over night<'
is "once, and nothing else" "$(grep -o '"m[0-9]*"' d1.got)" '"m8"'

# ---- limits ------------------------------------------------------------------

# letter UID: there is mail of that event in the database.
letter()
{
	python3 -c 'import sqlite3, sys
c = sqlite3.connect(sys.argv[1], timeout=20)
sys.exit(not c.execute("SELECT 1 FROM ots_letters WHERE uid = ?",
	sys.argv[2:]).fetchone())' store.db "$1"
}

# restart_store [ARG ...]
restart_store()
{
	kill -TERM "$store"
	wait "$store"
	start_store "$@"
}

restart_store --mail-age 1
enter d5
leave d5
chat s m9 'uid="d5"' 'soon too old'
ok "mail is written for who is away" wait_for letter m9
restart_store --mail-max 2
enter d4
leave d4
for i in 1 2 3; do
	chat s "l$i" 'uid="d4"' "letter $i"
done
kept l3
enter d5
enter d4
ok "so many are kept" wait_for got d4 'letter 2<'
is "and no more" "$(grep -o '"l[0-9]"' d4.got | paste -s -d ' ' -)" '"l1" "l2"'
is "nor what is too old" "$(ntimes d5 'soon too old')" 0

done_testing
