#!/bin/sh
# TAK protocol version 1 with the real programs: XML and protobuf clients in one
# room, and who may change to what (cot-streaming 4.2, 8.3).
. "${0%/*}/lib.sh"
. "${0%/*}/tlslib.sh"
cd "$tmp" || exit 1
data=$TOP/tests/data/cot

# client NAME: a client that stays; `talk NAME TEXT` sends, NAME.got is what it
# gets.
client()
{
	rm -f "$1.in"
	mkfifo "$1.in"
	spawn perl "$TOP/tests/helper/raw.pl" "$port" "$1.in" "$1.got" 7>&-
	dialled=$spawned
	wait_for test -e "$1.got"
}

# got NAME REGEX: it has got that, over line ends.
got()
{
	perl -0777 -ne 'BEGIN { $re = shift } exit !/$re/s' "$2" "$1.got"
}

# frames NAME: what came behind the answer, which must be whole frames and
# nothing else, as records.
frames()
{
	perl -0777 -ne 's/^.*?status="true".*?<\/event>//s or exit 1;
		$all = $_;
		while (s/^\xbf([\x80-\xff]*[\x00-\x7f])//) {
			($n, $shift) = (0, 0);
			$n += (ord($_) & 127) << $shift, $shift += 7
				for split //, $1;
			exit 1 if length() < $n;
			substr $_, 0, $n, "";
		}
		exit 1 if length;
		print $all' "$1.got" >"$1.frames" &&
		ots-parse <"$1.frames" 2>"$1.log"
}

# framed NAME ERE: such a record is among them.
framed()
{
	frames "$1" >"$1.records" && grep -E -q -e "$2" "$1.records"
}

T=2024-05-06T07:08:09Z
LATE=2099-05-06T07:08:09Z

# event TYPE UID DETAIL
event()
{
	printf '<?xml version="1.0"?>\n<event version="2.0" uid="%s" type="%s" time="%s" start="%s" stale="%s" how="m-g"><point lat="1.0" lon="2.0" hae="0.0" ce="9999999" le="9999999"/><detail>%s</detail></event>' \
		"$2" "$1" "$T" "$T" "$LATE" "$3"
}

# request VERSION
request()
{
	event t-x-takp-q takp \
		"<TakControl><TakRequest version=\"$1\"/></TakControl>"
}

offer='^<event [^>]*type="t-x-takp-v"[^>]*>.*<TakProtocolSupport version="1"/>.*</event>'
yes='type="t-x-takp-r".*<TakResponse status="true"/></TakControl></detail></event>'
no='type="t-x-takp-r".*<TakResponse status="false"/>'

# One room ---------------------------------------------------------------------

start_line
client x
client p
client raw
for c in x p raw; do
	ok "$c is offered it first" wait_for got $c "$offer"
done

talk p "$(request 2)"
ok "another version is denied" wait_for got p "$no"
talk p "$(event a-f-G P '<contact callsign="Papa"/>')"
ok "it goes on as XML" wait_for got x 'uid="P"'
talk p "$(request 1)"
ok "version 1 is granted" wait_for got p "$yes"

talk x "$(event a-f-G X '<contact callsign="X-ray"/><x y="&lt;&#233;"/>')"
ok "who reads protobuf gets frames of it" wait_for framed p \
	'uid:X	.*callsign:X-ray	.*<x y="&lt;é"/>'
ok "who has not asked gets XML" wait_for got raw 'uid="X"'
cat "$data/v2.pb" >p.in
ok "its frames are XML to the others" wait_for got x \
	'<event [^>]*uid="U-1".*callsign="ALPHA"'
ok "... to both of them" wait_for got raw 'uid="U-1"'
cat "$data/v6.pb" >raw.in
ok "frames come from who has not asked, too" wait_for got x \
	'uid="U-1-9-1-1"'
ok "... and are frames where they were asked for" wait_for framed p \
	'type:b-a-o-tbl	'
{
	cat "$data/v1.pb"
	printf '\000' # as goatak does
	cat "$data/v1.pb"
} >p.in
ok "a ping in a frame gets its answer in one" wait_for framed p \
	'uid:takPong	type:t-x-c-t-r	'
cat "$data/v1.pb" >raw.in
ok "... or in XML" wait_for got raw 'uid="takPong"'

client y
talk y "$(event a-f-G Y '<contact endpoint="*:-1:stcp" callsign="Yankee"/>')"
ok "one more comes" wait_for framed p 'uid:Y	'
ok "... to all" wait_for got x 'uid="Y"'
not_ok "no ping goes further" grep -q U-1-ping x.got
not_ok "neither does what was negotiated" grep -q t-x-takp-[qr] x.got
kill "$dialled"
ok "what the server itself says is in frames" wait_for framed p \
	'type:t-x-d-d	.*link-uid:Y	'
kill -USR1 "$(pgrep -g "$line" -x ots-listen)"
ok "it is counted" wait_for grep -q ' offers=4 granted=1 denied=1 ' \
	line/listen.log
like "encoded here is only what comes as XML alone" \
	"$(cat line/listen.log)" ' encoded=[1-9] unencodable=0 '
printf '<event uid="no"/>' >p.in
head -c 70000 /dev/zero | tr '\0' ' ' >p.in
ok "XML behind the change is garbage, and too much of it is the end" \
	wait_for grep -q 'ev=bad-client .*why=garbage' line/listen.log
kill -- "-$line"
wait_for gone "$line"

# Switched off -----------------------------------------------------------------

rm -rf line
start_line --no-protobuf
client q
talk q "$(request 1)"
ok "switched off: denied" wait_for got q "$no"
not_ok "and not offered" grep -q t-x-takp-v q.got
kill -- "-$line"

# TLS --------------------------------------------------------------------------

make_ca
make_cert server server /CN=tak.example
make_cert alice client
crl crl.pem
start_listen --tcp 127.0.0.1:0
dial alice
ok "TLS: offered" wait_for got alice "$offer"
{
	request 1
	cat "$data/v2.pb"
} >alice.in
ok "granted" wait_for got alice "$yes"
ok "and frames at once" wait_for grep -q '^ev:frame.*	user:alice	.*	pb:' out
conn=$(sed -n 's/^ev:frame.conn:\([^	]*\).*/\1/p' out)
printf 'ev:send\tto:conn:%s\tpb:%s\txml:<event/>\n' "$conn" \
	"$(cat "$data/v5.pb64")" >&7
ok "both ways" wait_for framed alice 'type:t-x-d-d	'
ok "byte for byte" cmp alice.frames "$data/v5.pb"

done_testing
