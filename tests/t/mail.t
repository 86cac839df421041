#!/bin/sh
# Chat for who is away, and where devices were, with the real programs: what is
# said to be delivered has been taken by a client, and is not sent again.
. "${0%/*}/lib.sh"
. "${0%/*}/tlslib.sh"
. "${0%/*}/maillib.sh"
: "${WAIT_SECONDS:=30}"
cd "$tmp" || exit 1

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

# What the ring still has when it is told to stop is delivered, and that it was is
# said.
start_listen
dial slow
wait_for grep -q ^ev:open out
spawn perl -e '$| = 1; while (1) { print "ev:noise\n"; select undef, undef, undef, 0.02; }' \
	>&7
noise=$spawned
kill -TERM "$listen"
wait_for grep -q ev=drain log
many 1 3
ok "to one that stops it is delivered" wait_for all_delivered 3
kill "$noise"
ok "told to stop, it stops" wait_for gone "$listen"
is "who is sent something in that moment gets it" \
	"$(grep -o '<event>[0-9]*' slow.got | paste -s -d ' ' -)" \
	'<event>1 <event>2 <event>3'
cd .. || exit 1

done_testing
