#!/bin/sh
# ots-cat against peers of all kinds.
. "${0%/*}/lib.sh"

e1='<event uid="1"><point/></event>'
e2='<event uid="2"><point/></event>'
printf '%s%s' "$e1" "$e2" >"$tmp/two"
: >"$tmp/none"
rec()
{
	printf '\nev:hello\tversion:1\tprogram:%s\tnode:local\n' "$1"
	printf 'ev:cot\tuid:1\txml:%s\nev:lost\tn:2\n' "$e1"
}
rec ots-parse >"$tmp/rec"

# peer SEND_FILE [close]: a server; $at is its address, $tmp/got what it got.
peer()
{
	rm -f "$tmp/port" "$tmp/got"
	spawn perl "$TOP/tests/helper/peer.pl" "$tmp/port" "$1" "$tmp/got" \
		${2+"$2"}
	wait_for test -s "$tmp/port"
	at=127.0.0.1:$(cat "$tmp/port")
}

# Connections ------------------------------------------------------------------

peer "$tmp/two"
is "events go out, others come in" "$(timeout --foreground -k 5 20 ots-cat -c 2 "$at" \
	<"$TOP/tests/data/hello.cot")" "$e1
$e2"
wait_for gone "$spawned"
like "the event was sent" "$(cat "$tmp/got")" '^<event version="2.0" uid="hello-1"'
like "to its last byte" "$(tail -n 1 "$tmp/got")" '^</event>$'

peer "$tmp/none"
timeout --foreground -k 5 20 ots-cat -w 0 "tcp://localhost:${at#*:}" <"$tmp/rec"
is "-w 0 ends when all is sent" $? 0
wait_for gone "$spawned"
is "of records the events are sent" "$(cat "$tmp/got")" "$e1"

peer "$tmp/two" close
timeout --foreground -k 5 20 ots-cat "$at" <"$tmp/none" >"$tmp/out"
is "a server that closes after the end is no failure" $? 0
is "its events are all there" "$(wc -l <"$tmp/out")" 2

peer "$tmp/two" close
timeout --foreground -k 5 20 ots-cat -c 3 "$at" <"$tmp/none" >"$tmp/out" 2>"$tmp/err"
is "a server that closes too early is one" $? 1
like "and it is said" "$(cat "$tmp/err")" 'closed the connection'

peer "$tmp/two"
timeout --foreground -k 5 20 ots-cat -c 3 -t 0.2 "$at" <"$tmp/none" >"$tmp/out" 2>"$tmp/err"
is "a timeout fails" $? 1

peer "$tmp/two"
timeout --foreground -k 5 20 ots-cat -f raw -c 2 "$at" <"$tmp/none" >"$tmp/out"
ok "raw is what was sent" cmp "$tmp/out" "$tmp/two"

peer "$tmp/two"
timeout --foreground -k 5 20 ots-cat -f record -c 2 "$at" <"$tmp/none" >"$tmp/out"
is "a record stream says hello" "$(sed -n 1,2p "$tmp/out")" "
ev:hello	version:1	program:ots-cat	node:local"
like "and has frames" "$(cat "$tmp/out")" \
	"^ev:frame	t:[0-9]{16}	via:tcp	peer:$at	xml:<event uid=\"2\">"

printf '<!DOCTYPE x>' >"$tmp/doctype"
peer "$tmp/doctype"
timeout --foreground -k 5 20 ots-cat "$at" <"$tmp/none" >"$tmp/out" 2>"$tmp/err"
is "a server with a DOCTYPE is left" $? 1

peer "$tmp/none"
timeout --foreground -k 5 20 ots-cat "$at" <"$tmp/doctype" 2>"$tmp/err"
is "so is an input with one" $? 100

# Nobody reads our output any more.
yes "$e1" | head -n 100000 >"$tmp/many"
peer "$tmp/many"
(
	timeout --foreground -k 5 20 ots-cat "$at" <"$tmp/none" 2>"$tmp/err"
	echo $? >"$tmp/rc"
) | head -n 1 >"$tmp/out"
is "the first line reached its reader" "$(cat "$tmp/out")" "$e1"
is "a closed output is 111" "$(cat "$tmp/rc")" 111
is "and quiet" "$(cat "$tmp/err")" ""

# Much in both directions: nothing is lost, nothing blocks.
peer "$tmp/many"
timeout --foreground -k 5 60 ots-cat -c 100000 "$at" <"$tmp/many" >"$tmp/out"
ok "100,000 events came" cmp "$tmp/out" "$tmp/many"

peer "$tmp/none"
timeout --foreground -k 5 60 ots-cat -w 0 "$at" <"$tmp/many"
wait_for gone "$spawned"
is "100,000 events went" "$(sed 's/<event/\n&/g' "$tmp/got" |
	grep -c '^<event')" 100000

# A person.
peer "$tmp/none"
timeout --foreground -k 5 20 ots-cat -a 'Al & "Bo"' -u U-1 --at 48.5,2.25 -i 0.05 "$at" \
	<"$tmp/none" >"$tmp/out" &
cat=$!
seen()
{
	[ "$(grep -o 'uid="U-1"' "$tmp/got" | wc -l)" -ge 3 ]
}
ok "a position is repeated" wait_for seen
kill -TERM "$cat"
wait "$cat"
is "SIGTERM ends it cleanly" $? 0
like "the position is that of a contact" "$(cat "$tmp/got")" \
	'type="a-f-G-U-C" uid="U-1" how=.* lat="48.5" lon="2.25" .*<contact callsign="Al &amp; &quot;Bo&quot;" endpoint="\*:-1:stcp"/>'

# The socket -------------------------------------------------------------------

spawn perl "$TOP/tests/helper/peer.pl" "unix:$tmp/s" "$tmp/rec" "$tmp/got"
wait_for test -S "$tmp/s"
timeout --foreground -k 5 20 ots-cat -c 1 "unix:$tmp/s" <"$tmp/rec" >"$tmp/out"
is "records come as they are" "$(sed 1,2d "$tmp/out")" \
	"ev:cot	uid:1	xml:$e1"
wait_for gone "$spawned"
is "events go as they are" "$(cat "$tmp/got")" "
ev:hello	version:1	program:ots-cat	node:local
ev:cot	uid:1	xml:$e1"
rm "$tmp/s"
spawn perl "$TOP/tests/helper/peer.pl" "unix:$tmp/s" "$tmp/rec" "$tmp/got"
wait_for test -S "$tmp/s"
timeout --foreground -k 5 20 ots-cat "unix:$tmp/s" <"$tmp/two" 2>"$tmp/err" >"$tmp/out"
is "bare CoT for the socket is refused" $? 100
like "with the remedy" "$(cat "$tmp/err")" 'ots-parse \|'
rm "$tmp/s"
spawn perl "$TOP/tests/helper/peer.pl" "unix:$tmp/s" "$tmp/rec" "$tmp/got" close
wait_for test -S "$tmp/s"
timeout --foreground -k 5 20 ots-cat "unix:$tmp/s" <"$tmp/none" >"$tmp/out" 2>"$tmp/err"
is "what was sent before a close is read" "$(sed 1,2d "$tmp/out")" \
	"$(tail -n 2 "$tmp/rec")"

# Datagrams --------------------------------------------------------------------

bound()
{
	udp=$(sed -n 's/.* ev=listen via=udp addr=.*:\([0-9]*\)$/\1/p' \
		"$tmp/err")
	[ -n "$udp" ]
}
: >"$tmp/err"
timeout --foreground -k 5 20 ots-cat -l -c 2 udp://127.0.0.1:0 >"$tmp/out" 2>"$tmp/err" &
cat=$!
ok "the bound port is told" wait_for bound
ok "events go as datagrams" timeout --foreground -k 5 20 \
	ots-cat -w 0 "udp://127.0.0.1:$udp" <"$tmp/two"
wait "$cat"
is "they arrive" "$(cat "$tmp/out")" "$e1
$e2"
: >"$tmp/err"
timeout --foreground -k 5 20 ots-cat -l -f record -c 1 udp://127.0.0.1:0 >"$tmp/out" \
	2>"$tmp/err" &
cat=$!
wait_for bound
printf %s "$e1" | timeout --foreground -k 5 20 ots-cat -w 0 "udp://127.0.0.1:$udp"
wait "$cat"
like "as records too" "$(cat "$tmp/out")" \
	"^ev:frame	t:[0-9]{16}	via:udp	peer:127.0.0.1:[0-9]+	xml:$e1"

# Every interface can do this one, the loopback too.
group=239.255.86.75:$udp
if timeout --foreground -k 5 10 ots-cat --interface 127.0.0.1 -w 0 "mcast://$group" \
	<"$tmp/none" 2>"$tmp/err"; then
	: >"$tmp/ready"
	exec 8>"$tmp/ready"
	timeout --foreground -k 5 20 ots-cat --interface 127.0.0.1 -c 1 -d 8 "mcast://$group" \
		<"$tmp/none" >"$tmp/out" &
	cat=$!
	wait_for test -s "$tmp/ready"
	timeout --foreground -k 5 10 ots-cat --interface 127.0.0.1 -w 0 "mcast://$group" \
		<"$tmp/two"
	wait "$cat"
	is "a group hears what is sent to it" "$(cat "$tmp/out")" "$e1"
else
	skip 1 "no multicast here: $(cat "$tmp/err")"
fi

# What does not work -----------------------------------------------------------

peer "$tmp/none" close
timeout --foreground -k 5 20 ots-cat "$at" <"$tmp/none"
wait_for gone "$spawned"
timeout --foreground -k 5 20 ots-cat "$at" <"$tmp/none" 2>"$tmp/err"
is "no server is temporary" $? 111
like "and says where and why" "$(cat "$tmp/err")" "unable to connect to $at: Connection refused"
timeout --foreground -k 5 20 ots-cat "unix:$tmp/nothing" <"$tmp/none" 2>"$tmp/err"
is "no socket is, too" $? 111
for bad in "host" "host:0" "-f yaml host:1" "-l host:1" \
	"--at 91,0 host:1" "-w x host:1" "-a X unix:/s" "a:1 b:2" "" \
	"--interface lo h:1" "mcast://127.0.0.1:1"; do
	# shellcheck disable=SC2086 # these are several arguments
	timeout --foreground -k 5 20 ots-cat $bad <"$tmp/none" 2>"$tmp/err"
	is "wrong: ots-cat $bad" $? 100
done
ok "-n checks only" ots-cat -n host:1
done_testing
