#!/bin/sh
# ots-replay: pauses, and what becomes of files.
. "${0%/*}/lib.sh"

# event UID SECOND [DETAIL]
event()
{
	t=2024-05-06T07:08:$2.000Z
	printf '<event version="2.0" time="%s" start="%s" stale="2024-05-06T08:00:00.000Z" type="a-f-G-U-C" uid="%s" how="m-g"><point lat="1" lon="2" hae="0" ce="1" le="1"/><detail>%s</detail></event>' \
		"$t" "$t" "$1" "${3-}"
}

# uids: which events come, in order.
uids()
{
	sed -n 's/.* uid="\([^"]*\)" how=.*/\1/p' "$1" | tr '\n' ' '
}

# between LOW HIGH VALUE
between()
{
	[ "$3" -ge "$1" ] && [ "$3" -lt "$2" ]
}

now_ms()
{
	echo $(($(date +%s%N) / 1000000))
}

event A 00 '<link uid="B"/>' >"$tmp/a"
event B 01 '<_flow-tags_ ots="x"/>' >"$tmp/b"
event C 59 >"$tmp/c"
cat "$tmp/a" "$tmp/b" "$tmp/c" >"$tmp/abc"

begin=$(now_ms)
timeout --foreground -k 5 30 ots-replay -s 2 -g 1 "$tmp/abc" >"$tmp/out"
is "it ends well" $? 0
ok "and takes its time" between 1000 5000 $(($(now_ms) - begin))
is "all events are there" "$(uids "$tmp/out")" "A B C "
is "one a line" "$(wc -l <"$tmp/out")" 3

is "without pauses" "$(timeout --foreground -k 5 10 ots-replay -s 0 "$tmp/abc" | tr -d '\n')" \
	"$(cat "$tmp/abc")"
timeout --foreground -k 5 10 ots-replay -s 0 <"$tmp/abc" >"$tmp/out"
is "from standard input" "$(uids "$tmp/out")" "A B C "
timeout --foreground -k 5 10 ots-replay -s 0 "$tmp/c" - "$tmp/a" <"$tmp/b" >"$tmp/out"
is "files follow each other" "$(uids "$tmp/out")" "C B A "
timeout --foreground -k 5 10 ots-replay -s 0 -l 3 "$tmp/a" >"$tmp/out"
is "again and again" "$(uids "$tmp/out")" "A A A "
is "for ever" "$(timeout --foreground -k 5 10 ots-replay -s 0 -l 0 "$tmp/a" | head -n 5000 |
	wc -l)" 5000
timeout --foreground -k 5 10 ots-replay -s 0 --from 2024-05-06T07:08:01Z --until +59 \
	"$tmp/abc" >"$tmp/out"
is "from and until" "$(uids "$tmp/out")" "B "

# The first line is there while the second one waits.
mkfifo "$tmp/fifo"
ots-replay "$tmp/abc" >"$tmp/fifo" &
replay=$!
exec 8<"$tmp/fifo"
read -r line <&8
is "what is due leaves at once" "$line" "$(cat "$tmp/a")"
kill -TERM "$replay"
wait "$replay"
is "SIGTERM ends a pause" $? 0
exec 8<&-

today=$(date -u +%Y-%m-%dT)
timeout --foreground -k 5 10 ots-replay -s 0 -N -p X- "$tmp/abc" >"$tmp/out"
is "a prefix, known ahead" "$(grep -o ' uid="[^"]*"' "$tmp/out" |
	tr -d '\n')" ' uid="X-A" uid="X-B" uid="X-B" uid="X-C"'
is "times move to now" "$(grep -c "time=\"$today.*Z\" start=\"$today" \
	"$tmp/out")" 3
unlike "flow tags go" "$(cat "$tmp/out")" flow-tags
like "other uids" "$(timeout --foreground -k 5 10 ots-replay -s 0 -u B=Q -u C=R "$tmp/abc" |
	tr -d '\n')" 'uid="A" .*link uid="Q".* uid="Q" .* uid="R" '

{
	printf '\nev:hello\tversion:1\tprogram:x\tnode:n\n'
	printf 'ev:open\tconn:n.1.1\tvia:tcp\tt:1714979280000000\n'
	printf 'ev:cot\tconn:n.1.1\tt:1714979280100000\tuid:A\ttime:x\tlink-uid:B\txml:%s\tpb:AAAA\n' \
		"$(cat "$tmp/a")"
	printf 'nonsense\nev:close\tconn:n.1.1\twhy:eof\tt:1714979280200000\n'
} >"$tmp/rec"
timeout --foreground -k 5 10 ots-replay -s 0 "$tmp/rec" >"$tmp/out" 2>"$tmp/err"
is "records come as they are" "$(sed 1,2d "$tmp/out")" \
	"$(sed '1,2d;/nonsense/d' "$tmp/rec")"
is "behind a hello" "$(sed -n 1,2p "$tmp/out")" "
ev:hello	version:1	program:ots-replay	node:local"
like "what was bad is told" "$(cat "$tmp/err")" 'ev=counters events=1 .*bad=1'
timeout --foreground -k 5 10 ots-replay -s 0 -N -p X- "$tmp/rec" >"$tmp/out" 2>"$tmp/err"
like "labels follow" "$(cat "$tmp/out")" \
	"^ev:cot	conn:n.1.1	t:[0-9]{16}	uid:X-A	time:$today.*Z	link-uid:B	xml:<event .* uid=\"X-A\" "
unlike "the protobuf form does not stay" "$(cat "$tmp/out")" 'pb:'
is "nor a time of then" "$(grep -c 't:1714979' "$tmp/out")" 0

# Protobuf: a bare stream, and frames of a client that speaks it.
ots-parse --format pb <"$tmp/abc" >"$tmp/pb" 2>"$tmp/err"
timeout --foreground -k 5 10 ots-replay -s 0 "$tmp/pb" >"$tmp/out" 2>"$tmp/err"
is "a protobuf stream" "$(uids "$tmp/out")" "A B C "
is "nothing is left out" "$(cat "$tmp/err")" ""
timeout --foreground -k 5 10 ots-replay -s 0 -N -u A=Q "$tmp/pb" |
	ots-parse --format pb 2>"$tmp/err" | ots-parse 2>"$tmp/err" >"$tmp/out"
like "moved, and protobuf again" "$(cat "$tmp/out")" \
	"^ev:cot	uid:Q	.*	time:$today"
{
	printf 'ev:frame\tconn:n.1.1\tt:1714979280000000\tpb:%s\n' \
		"$(ots-parse <"$tmp/a" 2>"$tmp/err" | sed -n 's/.*	pb://p')"
	printf 'ev:frame\tconn:n.1.1\tt:1714979280000000\tpb:CgUaA1UtMQ==\n'
} >"$tmp/frames"
timeout --foreground -k 5 10 ots-replay -s 0 "$tmp/frames" >"$tmp/out" 2>"$tmp/err"
is "frames of protobuf as they are" "$(sed 1,2d "$tmp/out")" "$(cat "$tmp/frames")"
timeout --foreground -k 5 10 ots-replay -s 0 -N -p X- "$tmp/frames" >"$tmp/out" 2>"$tmp/err"
like "or as XML with new times and uids" "$(cat "$tmp/out")" \
	"^ev:frame	conn:n.1.1	t:[0-9]{16}	xml:<event .* time=\"$today.* uid=\"X-A\" "
is "but for what is no event" "$(tail -n 1 "$tmp/out" | sed 's/	t:[0-9]*//')" \
	'ev:frame	conn:n.1.1	pb:CgUaA1UtMQ=='
is "of which nothing is told" "$(cat "$tmp/err")" ""

timeout --foreground -k 5 10 ots-replay -s 0 "$tmp/rec" "$tmp/abc" >"$tmp/out" 2>"$tmp/err"
is "kinds do not mix" $? 100
like "which is said" "$(cat "$tmp/err")" "$tmp/abc: .*mix"
timeout --foreground -k 5 10 ots-replay -s 0 "$tmp/nothing" 2>"$tmp/err"
is "a file that is not there" $? 100
printf '<!DOCTYPE x>' >"$tmp/doctype"
timeout --foreground -k 5 10 ots-replay "$tmp/doctype" 2>"$tmp/err"
is "a file that is no recording" $? 100
: | timeout --foreground -k 5 10 ots-replay -l 2 2>"$tmp/err"
is "a pipe cannot be read twice" $? 100
(
	timeout --foreground -k 5 10 ots-replay -s 0 -l 0 "$tmp/abc" 2>"$tmp/err"
	echo $? >"$tmp/rc"
) | head -n 1 >"$tmp/out"
is "a closed output is 111" "$(cat "$tmp/rc")" 111
is "and quiet" "$(cat "$tmp/err")" ""
for bad in "-s -1" "-s x" "-g x" "-u A" "-u =B" "-u A=" "--from soon" \
	"--until +x" "-l -1"; do
	# shellcheck disable=SC2086 # these are several arguments
	timeout --foreground -k 5 10 ots-replay $bad "$tmp/a" >"$tmp/out" 2>"$tmp/err"
	is "wrong: ots-replay $bad" $? 100
done
ok "-n checks only" ots-replay -n "$tmp/nothing"
done_testing
