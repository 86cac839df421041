#!/bin/sh
# ots-parse as a program: streams, signals, exit codes, the sandbox.
. "${0%/*}/lib.sh"
: "${BUILD:=${BIN%/bin}}"
DATA=$TOP/tests/data/cot

hello='ev:hello	version:1	program:ots-parse	node:local'

# records: no hello, and the time of reading, which differs, left out.
records()
{
	grep '^ev:cot' | sed 's/	via:local	t:[0-9]*	/	/'
}

to_hex()
{
	od -An -v -tx1 | tr -d ' \n'
}

# What was logged; that a build for a checker has no sandbox is its own affair.
logged()
{
	grep -v ' ev=sandbox ' "$@"
}

# Streams ----------------------------------------------------------------------

is "it says hello behind an empty line" "$(ots-parse </dev/null)" "
$hello"
for v in 1 2 3 4 5 6 7; do
	ots-parse <"$DATA/v$v.cot" >"$tmp/out" 2>"$tmp/err"
	is "vector $v: the labels" "$(records <"$tmp/out")" \
		"$(cat "$DATA/v$v.rec")	pb:$(cat "$DATA/v$v.pb64")"
	is "vector $v: as protobuf" \
		"$(ots-parse --format pb <"$DATA/v$v.cot" | to_hex)" \
		"$(to_hex <"$DATA/v$v.pb")"
	is "vector $v: canonical" "$(ots-parse -f xml <"$DATA/v$v.cot")" \
		"$(cat "$DATA/v$v.xml")"
	is "vector $v: nothing is logged" "$(logged "$tmp/err")" ""
done
cat "$DATA"/v?.cot >"$tmp/all.cot"
cat "$DATA"/v?.pb >"$tmp/all.pb"
for v in 1 2 3 4 5 6 7; do
	printf '%s\tpb:%s\n' "$(cat "$DATA/v$v.rec")" "$(cat "$DATA/v$v.pb64")"
done >"$tmp/all.rec"
ots-parse <"$tmp/all.cot" | records >"$tmp/out"
ok "all in one stream" cmp "$tmp/out" "$tmp/all.rec"
# One byte per write.
ok "byte by byte" sh -c 'perl -e "\$| = 1; undef \$/; print for split //, <STDIN>" \
	<"$1" | ots-parse | grep "^ev:cot" |
	sed "s/	via:local	t:[0-9]*	/	/" | cmp - "$2"' \
	sh "$tmp/all.cot" "$tmp/all.rec"
ots-parse <"$tmp/all.cot" >"$tmp/day.rec"
is "a recording passes as it is" "$(ots-parse <"$tmp/day.rec" |
	sed 1,2d)" "$(sed 1d "$tmp/day.rec")"
is "a recording as XML" "$(ots-parse --format xml <"$tmp/day.rec")" \
	"$(cat "$DATA"/v?.xml)"
ots-parse --format pb <"$tmp/day.rec" >"$tmp/out"
ok "a recording as protobuf, with its destinations" \
	cmp "$tmp/out" "$tmp/all.pb"
is "three fields of it" "$(ots-parse <"$DATA/v2.cot" | cut -f 1,2,4 |
	tail -n 1)" 'ev:cot	uid:U-1	how:m-g'
ots-parse -f json <"$DATA/v4.cot" >"$tmp/json"
# shellcheck disable=SC2016 # for perl
is "JSON" "$(perl -CO -MJSON::PP -e '$o = decode_json(<STDIN>);
	print join "\n", @$o{qw(ev uid dest-callsign marti xml)}' <"$tmp/json")" \
	"cot
GeoChat.U-1.U-2.m1
BRAVO
599+39
$(cat "$DATA/v4.xml")"

is "which is without protobuf" "$(grep -c '"pb":' "$tmp/json")" 0

# Protobuf in ------------------------------------------------------------------

# tidy: XML as it is after protobuf has had it: access is always there, numbers
# have 8 digits, the six known elements stand last.
# shellcheck disable=SC2016 # for perl
tidy()
{
	perl -pe 's/( how="[^"]*")/$1 access="Undefined"/ if !/ access="/;
		s/(lat|lon|hae|ce|le|speed|course)="([-0-9.]+)"/sprintf("%s=\"%s\"",
		$1, $2 == 9999999 && $1 !~ m{^l[ao]} ? 9999999 :
		sprintf("%.8f", $2))/ge'
}
# words: what elements there are, in any order.
words()
{
	sed 's/></>\n</g' | sort
}
ots-parse --format xml <"$tmp/all.pb" >"$tmp/out" 2>"$tmp/err"
is "all vectors from protobuf" "$(wc -l <"$tmp/out")" 7
is "nothing is logged" "$(logged "$tmp/err")" ""
for v in 1 2 4 5 6 7; do
	is "vector $v says the same" "$(sed "${v}q;d" "$tmp/out" | words)" \
		"$(tidy <"$DATA/v$v.xml" | sed 's/ access="X" caveat="C" \(releasableTo="R"\) qos="1-r-c" opex="e"/ access="X" qos="1-r-c" opex="e" caveat="C" \1/' | words)"
done
like "a track of zeros is there" "$(sed '3q;d' "$tmp/out")" \
	'<track speed="0.0+" course="0.0+"/>'
is "to protobuf and back and again" "$(ots-parse -f pb <"$tmp/all.pb" |
	ots-parse -f pb | ots-parse -f xml)" "$(cat "$tmp/out")"
ok "byte by byte" sh -c 'perl -e "\$| = 1; undef \$/; print for split //, <STDIN>" \
	<"$1" | ots-parse -f xml | cmp - "$2"' sh "$tmp/all.pb" "$tmp/out"

# An XML client that became a protobuf client, and what does not belong there:
# a stray 00, garbage, a frame that says nothing, one that is no message.
{
	cat "$DATA/v2.cot"
	cat "$DATA/v1.pb"
	printf '\000'
	cat "$DATA/v6.pb"
	printf 'garbage\277\000'
	cat "$DATA/v1.cot"
	printf '\277\002\022\177'
	printf '\277\007\012\005\032\003U-1'
	cat "$DATA/v5.pb"
} >"$tmp/mixed"
ots-parse <"$tmp/mixed" >"$tmp/out" 2>"$tmp/err"
is "exit code" "$?" 0
is "XML and protobuf in one stream" "$(records <"$tmp/out" | cut -f 2 |
	tr '\n' ' ')" 'uid:U-1 uid:U-1-ping uid:U-1-9-1-1 uid:U-1-ping uid:D-1 '
is "each has both encodings, protobuf last" \
	"$(records <"$tmp/out" | grep -c '	xml:<event [^	]*	pb:[^	]*$')" 5
is "what was dropped is logged" "$(logged "$tmp/err")" \
	'warn ev=bad-message why=protobuf'
printf '\277\377\377\377\377\377\377\377\377\377\001' |
	ots-parse >"$tmp/out" 2>"$tmp/err"
is "a length that cannot be ends it" "$?" 100
like "and it says so" "$(cat "$tmp/err")" 'cannot go on: length$'

# Records ----------------------------------------------------------------------

frame()
{
	printf 'ev:frame\tconn:n.1.%s\tuser:alice\tnew:x\\ty\txml:%s\n' "$1" "$2"
}
xml=$(cat "$DATA/v1.cot")
{
	printf 'orn:record\n\nev:hello\tversion:1\tprogram:ots-listen\tnode:n\n'
	printf 'ev:open\tconn:n.1.1\tvia:tcp\n'
	frame 1 "$xml"
	printf 'ev:news\tfrom:tomorrow\n'
	frame 2 '<event/>'
	printf 'ev:frame\tconn:n.1.3\tpb:AAAA\n'
	printf 'ev:close\tconn:n.1.1\n'
} >"$tmp/in"
ots-parse <"$tmp/in" >"$tmp/out" 2>"$tmp/err"
is "exit code" "$?" 0
is "what is not a frame passes in its place" \
	"$(cut -f 1 "$tmp/out" | tr '\n' ' ')" \
	' ev:hello ev:hello ev:open ev:cot ev:news ev:close '
like "the labels of a frame follow those of the event" "$(cat "$tmp/out")" \
	'	le:9999999	conn:n\.1\.1	user:alice	new:x\\ty	xml:<event '
is "what was dropped is logged" "$(logged "$tmp/err")" \
	'warn ev=bad-record why=malformed
warn ev=bad-message why=uid conn=n.1.2
warn ev=bad-message why=protobuf conn=n.1.3'
pb()
{
	printf 'ev:frame\tconn:n.2.%s\tvia:udp\tpeer:192.0.2.1:6969\tpb:%s\n' \
		"$1" "$2"
}
{
	pb 1 "$(cat "$DATA/v2.pb64")"
	pb 2 CgUaA1UtMQ==
	pb 3 ''
	for bad in A AAA ==== E= 'E\tgA=' 'Eg A' "$(cat "$DATA/v2.pb64")="; do
		pb 4 "$bad"
	done
	printf 'ev:frame\tconn:n.2.5\n'
	pb 6 "$(cat "$DATA/v4.pb64")"
} >"$tmp/in"
ots-parse <"$tmp/in" >"$tmp/out" 2>"$tmp/err"
is "frames of protobuf" "$(records <"$tmp/out" |
	grep -c '	conn:n\.2\.[16]	via:udp	peer:192\.0\.2\.1:6969	xml:<event .*	pb:')" 2
is "and nothing else comes" "$(grep -c '^ev:cot' "$tmp/out")" 2
is "base64 of strangers" "$(logged "$tmp/err" | sort | uniq -c |
	sed 's/^ *//')" '1 warn ev=bad-message why=empty conn=n.2.5
7 warn ev=bad-message why=protobuf conn=n.2.4'
is "a chat is all there" "$(sed -n 's/.*<remarks [^>]*>\([^<]*\)<.*/\1/p' \
	"$tmp/out")" 'a &lt; b &amp; é€'
frame 1 "$xml" | ots-parse --format xml --flow-tag OTS-x >"$tmp/tagged"
like "a flow tag" "$(cat "$tmp/tagged")" \
	'<detail><_flow-tags_ OTS-x="20[0-9T:.-]*Z"/></detail></event>$'
is "what has it has come back" "$(frame 1 "$(cat "$tmp/tagged")" |
	ots-parse --format xml --flow-tag OTS-x 2>&1 | logged)" \
	'warn ev=bad-message why=loop conn=n.1.1'
is "in protobuf, too" "$(frame 1 "$(cat "$tmp/tagged")" |
	ots-parse --format pb | ots-parse --format xml --flow-tag OTS-x 2>&1 |
	logged)" 'warn ev=bad-message why=loop'
is "a cut record at the start, in front of others" \
	"$(printf '<event uid="x"/>\nev:x\n' | ots-parse -i record 2>/dev/null |
		tail -n 1)" 'ev:x'

# Hostile ----------------------------------------------------------------------

is "a bare stream with a DTD ends it" "$(printf \
	'%s<!DOCTYPE event [<!ENTITY a "b">]>%s' "$xml" "$xml" |
	ots-parse -f xml 2>"$tmp/err"; echo $?)" "$(cat "$DATA/v1.xml")
100"
like "and it says why" "$(cat "$tmp/err")" \
	'^ots-parse: fatal: .*cannot go on: doctype$'
is "a text cannot make fields or records" "$(frame 1 "$(sed \
	's/U-1-ping/a\&#9;ev:x\&#10;ev:y\\\\t/' "$DATA/v1.cot")" | ots-parse |
	sed 1,2d | cut -f 1,2,3)" 'ev:cot	uid:a\tev:x\nev:y\\t	type:t-x-c-t'
# An encoding that iconv would have to load, entities that would be files.
for enc in EBCDIC-US UTF-16 ISO-2022-JP nonsense; do
	printf '<?xml version="1.0" encoding="%s"?>%s' "$enc" "$xml" >"$tmp/e"
	is "encoding $enc is not believed" "$(ots-parse -f xml <"$tmp/e")" \
		"$(cat "$DATA/v1.xml")"
	is "nor in a frame" "$(frame 1 "$(cat "$tmp/e")" | ots-parse -f xml)" \
		"$(cat "$DATA/v1.xml")"
done

# Signals and ends -------------------------------------------------------------

mkfifo "$tmp/fifo"
# shellcheck disable=SC2016 # for the inner shell
spawn sh -c 'cd "$1" && exec ots-parse <fifo >out 2>err' sh "$tmp"
pid=$spawned
exec 3>"$tmp/fifo"
ok "it is up" wait_for grep -q '^ev:hello' "$tmp/out"
frame 1 "$xml" >&3
printf 'ev:half\t' >&3
ok "a record is out as soon as its line is whole" \
	wait_for grep -q 'conn:n.1.1' "$tmp/out"
kill -USR1 "$pid"
ok "USR1 logs the counters" wait_for grep -q 'ev=counters' "$tmp/err"
if [ -z "${SAN:-}" ]; then
	is "it is in the sandbox" \
		"$(awk '/^Seccomp:|^NoNewPrivs:/ { print $2 }' \
			"/proc/$pid/status" | tr '\n' ' ')" '1 2 '
else
	skip 1 "no sandbox in this build"
fi
printf 'a:b\n' >&3
frame 2 "$xml" >&3
printf 'ev:half\t' >&3
ok "and it goes on" wait_for grep -q 'conn:n.1.2' "$tmp/out"
kill -TERM "$pid"
wait "$pid"
is "TERM ends it with 0" "$?" 0
exec 3>&-
is "a half record is no fault then" "$(grep -c torn "$tmp/err")" 0

# shellcheck disable=SC2016 # for the inner shell
spawn sh -c 'cd "$1" && exec ots-parse </dev/zero >zero 2>err' sh "$tmp"
ok "it eats what has no end" wait_for grep -q '^ev:hello' "$tmp/zero"
kill -TERM "$spawned"
wait "$spawned"
is "TERM ends that, too" "$?" 0

printf 'ev:x\ta:b' | ots-parse >"$tmp/out" 2>"$tmp/err"
is "a torn last record is dropped and logged" "$(logged "$tmp/err")" \
	'warn ev=bad-record why=torn'
{ ots-parse <"$tmp/all.cot" 2>"$tmp/err"; echo $? >"$tmp/code"; } |
	true
if [ "$(cat "$tmp/code")" = 0 ]; then
	skip 2 "the reader was gone too late"
else
	is "no reader: 111" "$(cat "$tmp/code")" 111
	like "and it says so" "$(cat "$tmp/err")" 'write to standard output'
fi
ots-parse </dev/null >/dev/full 2>/dev/null
is "a full disk: 111" "$?" 111
ots-parse <"$tmp" >/dev/null 2>&1
is "an input that cannot be read: 111" "$?" 111

# Options ----------------------------------------------------------------------

for bad in '--format yaml' '--input tcp' '--flow-tag 1a' '--node a.b' \
	'--max-event 9M' '--max-event 1' 'file'; do
	# shellcheck disable=SC2086 # words
	ots-parse $bad </dev/null >/dev/null 2>&1
	is "$bad: wrong usage" "$?" 100
done
is "-n only checks" "$(ots-parse -n --format xml; echo $?)" 0
is "--node" "$(ots-parse --node edge-1 </dev/null | tail -n 1)" \
	"${hello%local}edge-1"
is "readiness" "$(ots-parse -d 4 4>&1 >/dev/null </dev/null | wc -l)" 1
head -c 2000 /dev/zero | tr '\0' x >"$tmp/x"
is "--max-event" "$(frame 1 "<event>$(cat "$tmp/x")</event>" |
	ots-parse --max-event 1K 2>&1 >/dev/null | logged)" \
	'warn ev=bad-message why=too-big conn=n.1.1'

# The sandbox ------------------------------------------------------------------

"$BUILD/helper/sandbox_probe" </dev/null >"$tmp/probe"
if [ $? = 77 ]; then
	skip 2 "no sandbox in this build"
else
	is "what a filter can do" \
		"$(sed -n 's/ done$//p' "$tmp/probe" | tr '\n' ' ')" \
		'nothing read-0 write-1 write-2 memory wait clock '
	is "what kills it" \
		"$(sed -n 's/ killed$//p' "$tmp/probe" | tr '\n' ' ')" \
		'read-other write-other write-0 open socket fork exec kill map-exec map-file protect dup '
fi
done_testing
