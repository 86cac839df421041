#!/bin/sh
# Chat for who is away, and where devices were, with the real programs: what is
# said to be delivered has been taken by a client, and is not sent again.
TEST_SECONDS=240
. "${0%/*}/lib.sh"
. "${0%/*}/tlslib.sh"
: "${WAIT_SECONDS:=30}"
cd "$tmp" || exit 1

T=2024-05-06T07:08:09Z
LATE=2099-05-06T07:08:09Z

# event TYPE UID DETAIL
event()
{
	printf '<event version="2.0" uid="%s" type="%s" time="%s" start="%s" stale="%s" how="m-g"><point lat="1.0" lon="2.0" hae="0.0" ce="9999999" le="9999999"/><detail>%s</detail></event>' \
		"$2" "$1" "$T" "$T" "$LATE" "$3"
}

# canonical TYPE UID DETAIL: as ots-store has it.
canonical()
{
	event "$@" | ots-parse -f xml 2>/dev/null
}

# enter NAME: a client that stays and says who it is. Its uid is NAME, its
# callsign c-NAME; NAME.got is what it gets. Process $dialled, also in NAME.pid.
enter()
{
	rm -f "$1.in" "$1.got"
	mkfifo "$1.in"
	spawn perl "$TOP/tests/helper/raw.pl" "$port" "$1.in" "$1.got" 7>&- 8>&-
	dialled=$spawned
	echo "$dialled" >"$1.pid"
	wait_for test -e "$1.got" || diag "$1 does not connect"
	talk "$1" "$(event a-f-G-U-C "$1" \
		"<contact endpoint=\"*:-1:stcp\" callsign=\"c-$1\"/>")"
	wait_for seen "^ev:cot.*	uid:$1	type:a-f-G-U-C	"
	: >seen
}

# leave NAME
leave()
{
	kill "$(cat "$1.pid")"
	wait_for seen '^ev:close'
	: >seen
}

# chat NAME UID DEST TEXT: NAME sends it.
chat()
{
	talk "$1" "$(event b-t-f "$2" "<__chat id=\"c\" chatroom=\"c\"/><marti><dest $3/></marti><remarks>$4</remarks>")"
}

# What was said between ots-parse and ots-route since it was emptied.
seen()
{
	grep -E -q -e "$1" seen
}

count_seen()
{
	grep -E -c -e "$1" seen
}

got()
{
	grep -F -q -e "$2" "$1.got"
}

# ntimes NAME TEXT: how often it has got that.
ntimes()
{
	grep -F -o -e "$2" "$1.got" | grep -c .
}

# conn NAME: of its last position.
conn()
{
	sed -n "s/^ev:cot	.*conn:\([^	]*\)	.*/\1/p" seen | tail -n 1
}

say()
{
	printf '%s' "$1"
	shift
	for field; do
		printf '\t%s' "$field"
	done
	printf '\n'
}

# ---- by hand -----------------------------------------------------------------
# The test is ots-store: what it writes to 8 comes before ots-route.

mkfifo ring between
exec 8<>between
# shellcheck disable=SC2016 # for the inner shell
spawn sh -c 'ots-listen --tcp 127.0.0.1:0 --node n <ring 2>listen.log |
	ots-parse 2>parse.log | tee -a seen >between &
	exec ots-route --mailbox direct <between >ring 2>route.log' </dev/null
group=$spawned
: >seen
wait_for listen_port listen.log || diag "$(cat listen.log)"

enter a
enter b
enter c
chat a m1 'callsign="c-b"' 'one for you'
ok "a chat is delivered" wait_for got b 'one for you'
ok "which is said" wait_for seen \
	'^ev:delivered	conn:n\.1\.[0-9]+	receipt:n\.0\.[0-9]+/[0-9]+	t:[0-9]+$'
is "with the receipt that names it" "$(
	sed -n 's/^ev:delivered.*receipt:\([^	]*\).*/\1/p' seen)" "$(
	grep '	uid:m1	' seen | tr '\t' '\n' |
	sed -n 's/^conn://p; s/^t://p' | paste -s -d / -)"
talk a "$(event b-t-f m2 '<__chat id="All Chat Rooms"/><remarks>all</remarks>')"
ok "chat to all is delivered" wait_for got b 'uid="m2"'
: >seen
chat a m3 'uid="nobody"' 'nobody hears'
chat a m4 'uid="b"' 'two for you'
ok "what comes behind it" wait_for seen '^ev:delivered'
is "nobody has taken what nobody heard, nor asks who heard all" \
	"$(count_seen ^ev:delivered)" 1
not_ok "no chat has failed where there is a mailbox" got a 'b-t-f-s'

xml=$(canonical b-t-f m5 '<marti><dest uid="b"/></marti><remarks>kept</remarks>')
: >seen
talk b "$(event a-f-G-U-C b '<contact endpoint="" callsign="c-b"/>')"
wait_for seen '^ev:cot'
b=$(conn)
: >seen
{
	say ev:mail "conn:$b" receipt:old/0 group:Other uid:m6 "xml:$xml"
	say ev:mail conn:n.999.1 receipt:old/1 group:__ANON__ uid:m7 "xml:$xml"
	say ev:mail "conn:$b" receipt:old/2 group:__ANON__ uid:m5 "xml:$xml"
} >&8
ok "mail is delivered" wait_for got b 'kept</remarks>'
ok "and said to be" wait_for seen "^ev:delivered	conn:$b	receipt:old/2	"
is "what is not for it is not" "$(count_seen ^ev:delivered)" 1
is "it comes once, without its destinations" "$(ntimes b 'kept<'; grep -c \
	'kept.*marti\|marti.*kept' b.got)" '1
0'
not_ok "nobody else gets it" got c kept

xml=$(canonical a-f-G-U-C far '<contact endpoint="" callsign="c-far"/>')
: >seen
say ev:latest uid:far type:a-f-G-U-C "stale:2099-05-06T07:08:09.000Z" \
	group:__ANON__ "xml:$xml" >&8
ok "a position of the store is shown" wait_for got a 'uid="far"'
enter d
ok "also to who comes later" wait_for got d 'uid="far"'
leave d
enter far
kill "$(cat far.pid)"
ok "when it comes and goes, that is told" wait_for got c \
	'<link relation="p-p" uid="far"'
enter e
ok "its new position is seen" wait_for got e 'uid="a"'
not_ok "and what was known of it has gone with it" got e 'uid="far"'
kill -TERM "-$group"
wait "$group"
exec 8>&-

# ---- who does not read -------------------------------------------------------

# many FROM TO: chats of 60 KB with receipts, for whoever is n.0.
many()
{
	perl -e '($conn, $i, $to) = @ARGV; $pad = "x" x 60000;
		for (; $i <= $to; $i++) {
			print "ev:send\tto:conn:$conn\tclass:chat\treceipt:r$i",
				"\txml:<event>$i$pad</event>\n";
		}' "$(sed -n 's/^ev:open	conn:\([^	]*\).*/\1/p' out | tail -n 1)" \
		"$1" "$2" >&7
}

delivered()
{
	grep -c '^ev:delivered' out
}

all_delivered()
{
	[ "$(delivered)" = "$1" ]
}

# settled N: so many deliveries have been read, and written as far as it goes.
has_read()
{
	kill -USR1 "$listen"
	grep -q "ev=counters.* sends=$1 " log
}

settled()
{
	wait_for has_read "$1" || diag "not all is read"
}

mkdir slow && cd slow || exit 1
make_ca
make_cert server server /CN=server
make_cert slow client
start_listen --queue-max 256M --queue-burst 256M --queue-total 512M \
	--dead-after 3600
dial slow
wait_for grep -q ^ev:open out
many 1 1
ok "over TLS a chat is delivered" wait_for all_delivered 1
kill -STOP "$dialled"
many 2 400
settled 400
taken=$(delivered)
ok "to one that does not read not all is ($taken)" [ "$taken" -lt 400 ]
ok "... but what its socket takes" [ "$taken" -gt 1 ]
kill -CONT "$dialled"
ok "all is when it reads" wait_for all_delivered 400
is "each in its order" "$(sed -n 's/.*receipt:r\([0-9]*\).*/\1/p' out |
	sort -n -c 2>&1; sed -n 's/.*receipt:r\([0-9]*\).*/\1/p' out |
	sort -u | wc -l)" 400
kill -STOP "$dialled"
many 401 800
settled 800
kill -KILL "$dialled"
ok "it goes away" wait_for grep -q ^ev:close out
ok "what had not been taken never will be ($(delivered))" \
	[ "$(delivered)" -lt 800 ]
is "nothing is delivered behind the end" \
	"$(sed '1,/^ev:close/d' out | grep -c ^ev:delivered)" 0
stop_listen
cd .. || exit 1

# ---- with ots-store ----------------------------------------------------------

# server: all of it; $group is its process group.
server()
{
	: >listen.log
	# shellcheck disable=SC2016 # for the inner shell
	spawn sh -c 'ots-listen --tcp 127.0.0.1:0 --node n <ring 2>listen.log |
		ots-parse 2>parse.log |
		ots-store --spool spool --database store.db 2>>store.log |
		tee -a seen |
		ots-route --mailbox direct >ring 2>route.log' </dev/null 7>&- 8>&-
	group=$spawned
	wait_for listen_port listen.log || diag "$(cat listen.log)"
}

# known UID: ots-store knows that device.
known()
{
	python3 -c 'import sqlite3, sys
c = sqlite3.connect(sys.argv[1], timeout=20)
sys.exit(not c.execute("SELECT 1 FROM ots_devices WHERE uid = ?",
	sys.argv[2:]).fetchone())' store.db "$1"
}

unset OTS_DATABASE_URI SQLALCHEMY_DATABASE_URI OTS_DATA_FOLDER
: >seen
server
enter s
enter r
wait_for known r
chat s w1 'uid="r"' 'while there'
ok "chat to who is there arrives" wait_for got r 'while there'
ok "and is known to" wait_for seen ^ev:delivered
leave r
chat s w2 'uid="r"' 'while away'
chat s w3 'callsign="c-r"' 'still away'
wait_for seen 'uid:w3	'
enter r
ok "chat to who was away arrives" wait_for got r 'while away'
ok "... by callsign, too" wait_for got r 'still away'
wait_for seen '^ev:delivered.*'
not_ok "but not what had arrived before" got r 'while there'
is "each once" "$(ntimes r 'while away')$(ntimes r 'still away')" 11
is "its sender hears of no failure" "$(ntimes s b-t-f-s)" 0
leave r
chat s w4 'uid="r"' 'away again'
wait_for seen 'uid:w4	'
enter r
ok "at the next connection there is new mail" wait_for got r 'away again'
not_ok "and no old one" got r 'while away'
wait_for seen '^ev:delivered.*'

kill -KILL "-$group"
wait "$group" 2>/dev/null
: >seen
server
enter n
ok "when the server starts anew, who comes sees who was there" \
	wait_for got n 'uid="r"'
ok "... all of them" wait_for got n 'uid="s"'
kill -TERM "-$group"

done_testing
