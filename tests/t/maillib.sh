# maillib.sh - clients of raw.pl that chat, for tests of the mailbox. Use it
# behind lib.sh, in $tmp, with $port and, in the ring, a tee -a to the file seen:
#
#	enter NAME, leave NAME		its uid is NAME, its callsign c-NAME
#	chat NAME UID DEST TEXT		DEST: attributes of a dest
# shellcheck shell=sh disable=SC2154 # what lib.sh and the test set

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
