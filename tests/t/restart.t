#!/bin/sh
# A filter between FIFOs that are held open is asked to stop and started anew,
# as by s6-svc -r: no record is lost, none comes twice.
. "${0%/*}/lib.sh"
cd "$tmp" || exit 1

LAST=2000

# records FROM TO: of 1.1 KB each, so that reads end in the middle of one.
records()
{
	awk -v from="$1" -v to="$2" 'BEGIN {
		for (pad = "p"; length(pad) < 700; )
			pad = pad "padding"
		t = "2027-01-15T08:00:00.000Z"
		late = "2099-01-15T08:00:00.000Z"
		for (i = from; i <= to; i++) {
			printf "ev:cot\tuid:u%d\ttype:u-d\tstale:%s\txml:", i, late
			printf "<event version=\"2.0\" time=\"%s\" start=\"%s\" ", t, t
			printf "stale=\"%s\" type=\"u-d\" uid=\"u%d\" ", late, i
			printf "how=\"m-g\"><point lat=\"1\" lon=\"2\" hae=\"0\" "
			printf "ce=\"9999999\" le=\"9999999\"/><!-- %s --></event>\n", pad
		}
	}'
}

# begin PROGRAM: $pid is one between the FIFOs.
begin()
{
	: >ready
	options=
	[ "$1" != ots-store ] || options='--spool spool --database one.db'
	# shellcheck disable=SC2016,SC2086 # for the inner shell; words
	spawn sh -c 'exec "$@" -d 3 <in >out 2>>log 3>ready' sh "$1" $options \
		7>&- 8>&-
	pid=$spawned
	wait_for test -s ready
}

# stop: $pid with SIGTERM; its exit code.
stop()
{
	kill -TERM "$pid"
	wait "$pid"
}

# uids: what arrived, in its order.
uids()
{
	grep '^ev:\(cot\|send\)	' got | sed 's/.*	uid:u\([0-9]*\)	.*/\1/'
}

# got UID
got()
{
	grep -q "	uid:u$1	" got
}

# the_half PROGRAM: it has read half a record, and the rest comes.
the_half()
{
	begin "$1"
	records 1 2 >two
	head -c 1600 two >&7
	ok "$1: it has read half a record" wait_for got 1
	kill -TERM "$pid"
	ok "$1: and waits for its rest" sh -c 'sleep 0.2; kill -0 "$1"' sh "$pid"
	{ tail -c +1601 two; records 3 3; } >&7
	wait "$pid"
	is "$1: TERM ends it with 0" $? 0
	begin "$1"
	ok "$1: the successor has what follows" wait_for got 3
	is "$1: each came once" "$(uids | tr '\n' ' ')" '1 2 3 '
	printf 'ev:half\t' >&7
	ok "$1: a rest that does not come is not waited for long" stop
	echo >&7
}

# what_is_there PROGRAM: TERM comes before what lies in the pipe is read.
what_is_there()
{
	begin "$1"
	kill -STOP "$pid"
	records 11 40 >&7
	kill -TERM "$pid"
	kill -CONT "$pid"
	wait "$pid"
	is "$1: TERM ends it with 0, with a full pipe" $? 0
	ok "$1: what was there is read to the end" wait_for got 40
}

# in_pieces: standard input flows, in pieces that are no whole records.
in_pieces()
{
	perl -e 'while (sysread STDIN, $b, 700) {
		syswrite STDOUT, $b; select undef, undef, undef, 0.0003 }'
}

# load PROGRAM: again and again while records flow.
load()
{
	: >got
	records 1 $LAST | in_pieces >&7 &
	children="$children $!"
	turns=0
	bad=0
	while :; do
		begin "$1"
		turns=$((turns + 1))
		! got $LAST || [ $turns -lt 8 ] || break
		stop || bad=$((bad + 1))
	done
	is "$1: every end under load is 0" "$bad" 0
	ok "$1: the last one arrives" wait_for got $LAST
	uids >arrived
	seq 1 $LAST >wanted
	ok "$1: all arrive once and in order, after $turns starts" \
		cmp arrived wanted
	stop
}

for program in ots-parse ots-store ots-route; do
	mkfifo in out
	exec 7<>in 8<>out # both ways, as a supervisor holds them
	spawn sh -c 'exec cat <out >>got' 7>&- 8>&-
	reader=$spawned
	: >log
	the_half $program
	[ $program = ots-route ] || what_is_there $program
	load $program
	unlike "$program: nothing is torn" "$(cat log)" 'why=torn'
	exec 7>&- 8>&-
	wait "$reader"
	rm -f in out got
done

done_testing
