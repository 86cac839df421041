#!/bin/sh
# ots-cat --proto: protobuf with servers that speak it, and with those that do
# not keep to what was agreed.
. "${0%/*}/lib.sh"

# V1 of cot-streaming 8.1, as XML and as a TakMessage of 65 bytes.
t=2024-05-06T07:08:09.123Z
ping='<event version="2.0" time="'$t'" start="'$t'" stale="2024-05-06T07:08:19.123Z" type="t-x-c-t" uid="U-1-ping" how="m-g"><point lat="0.0" lon="0.0" hae="0.0" ce="9999999" le="9999999"/><detail/></event>'
# What becomes of it on the way back.
back='<event version="2.0" time="'$t'" start="'$t'" stale="2024-05-06T07:08:19.123Z" type="t-x-c-t" uid="U-1-ping" how="m-g" access="Undefined"><point lat="0.00000000" lon="0.00000000" hae="0.00000000" ce="9999999" le="9999999"/><detail/></event>'
hex=123f0a07742d782d632d742a08552d312d70696e6730a3f0ece5f43138a3f0ece5f43140b3beede5f4314a036d2d6769000000e0cf12634171000000e0cf126341
base64=Ej8KB3QteC1jLXQqCFUtMS1waW5nMKPw7OX0MTij8Ozl9DFAs77t5fQxSgNtLWdpAAAA4M8SY0FxAAAA4M8SY0E=
e1='<event uid="1"><point/></event>'

# unhex, tohex: between bytes and their text, on one line.
unhex()
{
	perl -0777 -ne 's/\s//g; print pack "H*", $_'
}
tohex()
{
	perl -0777 -ne 'print unpack("H*", $_), "\n"'
}

# control TYPE CHILD: an event of the link.
control()
{
	printf '<event version="2.0" uid="n-1" type="%s" time="%s" start="%s" stale="%s" how="m-g"><point lat="0.0" lon="0.0" hae="0.0" ce="999999" le="999999"/><detail><TakControl>%s</TakControl></detail></event>' \
		"$1" "$t" "$t" "$t" "$2"
}
control t-x-takp-v '<TakProtocolSupport version="1"/>' >"$tmp/offer"
control t-x-takp-r '<TakResponse status="true"/>' >"$tmp/yes"
control t-x-takp-r '<TakResponse status="false"/>' >"$tmp/no"
printf %s "$e1" >"$tmp/e1"
printf %s "$ping" >"$tmp/ping"
echo "bf41$hex" | unhex >"$tmp/frame"
: >"$tmp/none"
asked='t-x-takp-q.*</event>'

# dialog STEP ...: a server; $at is its address, $tmp/got what it got.
dialog()
{
	rm -f "$tmp/port" "$tmp/got"
	spawn perl "$TOP/tests/helper/dialog.pl" "$tmp/port" "$tmp/got" "$@"
	wait_for test -s "$tmp/port"
	at=127.0.0.1:$(cat "$tmp/port")
}

# cat_in FILE [ARG ...]: ots-cat with that input; $rc, $tmp/out, $tmp/err.
cat_in()
{
	file=$1
	shift
	timeout --foreground -k 5 20 ots-cat "$@" "$at" <"$file" \
		>"$tmp/out" 2>"$tmp/err"
	rc=$?
}

# behind: the bytes that came behind the request, in hex.
behind()
{
	perl -0777 -ne 's/^.*t-x-takp-q.*?<\/event>//s; print' "$tmp/got" | tohex
}

# A yes ------------------------------------------------------------------------

# Behind the answer, in the same bytes, come some that mean nothing.
{
	cat "$tmp/yes"
	printf '\r\nstray\000'
	cat "$tmp/frame"
	printf '\000'
	cat "$tmp/frame"
} >"$tmp/switch"
mkfifo "$tmp/in"
dialog await uid=\"1\" send "$tmp/offer" send "$tmp/e1" await "$asked" \
	touch "$tmp/asked" file "$tmp/written" quiet send "$tmp/switch"
timeout --foreground -k 5 20 ots-cat --proto auto -c 3 "$at" <"$tmp/in" \
	>"$tmp/out" 2>"$tmp/err" &
cat=$!
exec 7>"$tmp/in"
cat "$tmp/e1" >&7
ok "it asks" wait_for test -e "$tmp/asked"
cat "$tmp/ping" "$tmp/frame" >&7
: >"$tmp/written"
wait "$cat"
is "and is answered" $? 0
exec 7>&-
wait_for gone "$spawned"
is "before, there was XML" "$(head -c ${#e1} "$tmp/got")" "$e1"
like "the request has the uid of the offer" "$(cat "$tmp/got")" \
	"^$e1<event.* uid=\"n-1\".*<TakRequest version=\"1\"/>"
is "what came is shown, but nothing about the link" "$(cat "$tmp/out")" "$e1
$back
$back"
is "nobody complains" "$(cat "$tmp/err")" ""

# What was to be sent in the meantime waits, whatever becomes of it.
dialog send "$tmp/offer" await "$asked" quiet send "$tmp/switch"
cat "$tmp/ping" "$tmp/frame" >"$tmp/both"
cat_in "$tmp/both" --proto protobuf -w 1
is "protobuf is sent" $rc 0
wait_for gone "$spawned"
is "nothing goes before the answer, then in protobuf" "$(behind)" \
	"bf41${hex}bf41$hex"
is "and nothing before the request" "$(head -c 6 "$tmp/got")" "<event"

dialog send "$tmp/offer" await "$asked" send "$tmp/switch"
cat_in "$tmp/none" --proto protobuf -f record -c 2
like "as records, messages stay as they are" "$(cat "$tmp/out")" \
	"^ev:frame	t:[0-9]{16}	via:tcp	peer:$at	pb:$base64\$"
is "these alone" "$(grep -c . "$tmp/out")" 3

dialog send "$tmp/offer" await "$asked" send "$tmp/switch"
cat_in "$tmp/none" --proto auto -f raw -c 2
cat "$tmp/offer" "$tmp/switch" >"$tmp/raw"
ok "raw bytes are bytes" cmp "$tmp/out" "$tmp/raw"

dialog send "$tmp/offer" await "$asked" quiet send "$tmp/yes"
timeout --foreground -k 5 20 ots-cat --proto protobuf -a Al -u U-1 -i 0.05 "$at" \
	<"$tmp/none" >"$tmp/out" &
cat=$!
said()
{
	[ "$(behind | grep -o 2a03552d31 | wc -l)" -ge 2 ]
}
ok "a person is one in protobuf, too" wait_for said
like "from the first byte" "$(behind)" '^bf[0-9a-f]{4}12'
kill -TERM "$cat"
wait "$cat"

# A no, and silence ------------------------------------------------------------

dialog send "$tmp/offer" await "$asked" touch "$tmp/asked-2" send "$tmp/no" \
	await t-x-c-t
{
	wait_for test -e "$tmp/asked-2"
	cat "$tmp/frame"
} | timeout --foreground -k 5 20 ots-cat --proto auto -w 0 "$at"
is "after a no it goes on" $? 0
wait_for gone "$spawned"
is "in XML" "$(behind | unhex)" "$back"

dialog send "$tmp/offer" await "$asked" send "$tmp/no"
cat_in "$tmp/ping" --proto protobuf -w 1
is "or not, if it must be protobuf" $rc 1
like "with the remedy" "$(cat "$tmp/err")" "^ots-cat: warning: $at has refused .*--proto auto"
wait_for gone "$spawned"
is "and sends no event" "$(behind)" ""

dialog
cat_in "$tmp/ping" --proto protobuf -t 0.5
is "no offer" $rc 1
like "is said" "$(cat "$tmp/err")" "timeout: $at has not offered .*--proto auto"
wait_for gone "$spawned"
is "and nothing is sent" "$(cat "$tmp/got")" ""

dialog await t-x-c-t
cat_in "$tmp/frame" --proto auto -w 0
is "who may speak XML does not wait for an offer" $rc 0

dialog send "$tmp/offer"
cat_in "$tmp/none" --proto auto -t 0.5
is "no answer" $rc 1
like "is said, too" "$(cat "$tmp/err")" "timeout: $at has not answered .*--proto xml"

dialog send "$tmp/offer" await "$asked" close
cat_in "$tmp/none" --proto auto
is "nor is a closed connection one" $rc 1
like "that one, too" "$(cat "$tmp/err")" "$at closed .* before protobuf"

dialog send "$tmp/offer" send "$tmp/e1" close
cat_in "$tmp/none"
is "who does not ask, does not see the offer" "$(cat "$tmp/out")" "$e1"
is "and asks nothing" "$(cat "$tmp/got")" ""

# Input ------------------------------------------------------------------------

{
	printf '\nev:hello\tversion:1\tprogram:x\tnode:x\n'
	printf 'ev:frame\tpb:%s\nev:cot\txml:%s\tpb:%s\n' "$base64" "$e1" "$base64"
} >"$tmp/rec"
dialog await uid=\"1\"
cat_in "$tmp/rec" -w 1
wait_for gone "$spawned"
is "a message becomes XML where XML goes" "$(cat "$tmp/got")" "$back$e1"

cat "$tmp/e1" "$tmp/ping" >"$tmp/both"
dialog send "$tmp/offer" await "$asked" send "$tmp/yes"
cat_in "$tmp/both" --proto protobuf -w 0
wait_for gone "$spawned"
is "what is no event cannot become one" "$(behind)" "bf41$hex"
like "and that is said" "$(cat "$tmp/err")" \
	'^warn ev=bad-message why=type from="standard input"'
like "and counted" "$(cat "$tmp/err")" 'sent=1 .*bad=1'

# Datagrams --------------------------------------------------------------------

bound()
{
	udp=$(sed -n 's/.* ev=listen via=udp addr=.*:\([0-9]*\)$/\1/p' \
		"$tmp/heard.err")
	[ -n "$udp" ]
}
# hear [ARG ...]: in the background, one event.
hear()
{
	: >"$tmp/heard.err"
	timeout --foreground -k 5 20 ots-cat -l -c 1 "$@" udp://127.0.0.1:0 \
		>"$tmp/heard" 2>"$tmp/heard.err" &
	cat=$!
	wait_for bound
	at=udp://127.0.0.1:$udp
}
hear -f raw
cat_in "$tmp/ping" --proto protobuf -w 0
wait "$cat"
is "a datagram of a device" "$(tohex <"$tmp/heard")" "bf01bf0a00$hex"
hear
cat_in "$tmp/ping" --proto protobuf -w 0
wait "$cat"
is "is understood without a word" "$(cat "$tmp/heard")" "$back"
hear -f raw
cat_in "$tmp/frame" --proto auto -w 0
wait "$cat"
is "XML goes to who has said nothing yet" "$(cat "$tmp/heard")" "$back"

# The real server --------------------------------------------------------------

now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
# marker UID: an event that all get.
marker()
{
	printf '<event version="2.0" uid="%s" type="b-m-p-s-m" how="h-e" time="%s" start="%s" stale="2099-01-01T00:00:00Z"><point lat="1.5" lon="2.5" hae="0" ce="1" le="1"/><detail><contact callsign="%s"/><remarks>to &lt;all&gt;</remarks></detail></event>' \
		"$1" "$now" "$now" "$1"
}
# client NAME [ARG ...]: in the background; $tmp/NAME.in is what it sends.
client()
{
	name=$1
	shift
	: >"$tmp/$name"
	# shellcheck disable=SC2016 # for the inner shell
	spawn sh -c 'exec <"$1"; shift; exec ots-cat "$@"' sh "$tmp/$name.in" \
		-v "$@" -u "$name" -a "$name" "127.0.0.1:$port" \
		>"$tmp/$name" 2>"$tmp/$name.err"
}
# all_see UID: each of the others does.
all_see()
{
	for who in binary either plain; do
		[ "$who" = "$1" ] ||
			grep -q "uid=\"m-$1\".*to &lt;all&gt;" "$tmp/$who" ||
			return 1
	done
}
# shellcheck disable=SC2119 # no arguments
start_line || { fail "the server starts" && done_testing; }
for who in plain binary either; do
	mkfifo "$tmp/$who.in"
done
# For reading, too, so that it does not wait for a reader.
exec 7<>"$tmp/plain.in" 8<>"$tmp/binary.in" 9<>"$tmp/either.in"
client plain
client binary --proto protobuf
client either --proto auto
ok "a client that must have protobuf has it" \
	wait_for grep -q 'proto=protobuf' "$tmp/binary.err"
ok "so has one that may" wait_for grep -q 'proto=protobuf' "$tmp/either.err"
for who in binary either; do
	ok "$who is on the map of who speaks XML" \
		wait_for grep -q " callsign=\"$who\"" "$tmp/plain"
	ok "and sees that one" \
		wait_for grep -q ' callsign="plain"' "$tmp/$who"
done
marker m-plain >&7
marker m-binary >&8
marker m-either >&9
for who in plain binary either; do
	ok "what $who sends, all others get" wait_for all_see "$who" ||
		diag "$(tail -n 3 "$tmp/plain" "$tmp/binary" "$tmp/either")"
done
unlike "none is shown what was said about the link" \
	"$(cat "$tmp/plain" "$tmp/binary" "$tmp/either")" 't-x-takp'
at=127.0.0.1:$port
cat_in "$tmp/none" --proto protobuf -w 0
is "-w 0 tells whether a server speaks it" $rc 0

# Usage ------------------------------------------------------------------------

for bad in "--proto 1 host:1" "--proto auto unix:/s"; do
	# shellcheck disable=SC2086 # these are several arguments
	timeout --foreground -k 5 20 ots-cat $bad <"$tmp/none" 2>"$tmp/err"
	is "wrong: ots-cat $bad" $? 100
done
done_testing
