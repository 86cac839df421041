#!/bin/sh
# ots-store as a filter, its database away all the time: what goes in comes out
# and is in the spool, whatever is done to it. What is in the spool is the bytes
# of its segments without NUL, as none is used again.
. "${0%/*}/lib.sh"
cd "$tmp" || exit 1

AWAY='postgresql://nobody@127.0.0.1:1/none?connect_timeout=1'

# records FROM TO SIZE: numbered at both ends, of SIZE bytes or less.
records()
{
	# shellcheck disable=SC2016 # perl
	perl -e '($a, $b, $m) = @ARGV; $x = "padding " x ($m / 8 + 1); srand 1;
		for ($a .. $b) { print "ev:cot\tn:$_\tpad:",
			substr($x, 0, int rand($m - 60)), "\tend:$_\n" }' \
		"$1" "$2" "$3"
}

# numbers: of whole records on standard input; what is torn as "torn".
numbers()
{
	# shellcheck disable=SC2016 # perl
	perl -ne 'next if /^\t?$/ || /^ev:hello\t/;
		print /^ev:cot\tn:(\d+)\tpad:[a-z ]*\tend:(\d+)$/ && $1 == $2
			? "$1\n" : "torn\n"'
}

spooled()
{
	cat spool/*.rec | tr -d '\0'
}

# begin [OPTION ...]: $pid is one between the FIFOs, with its spool.
begin()
{
	: >ready
	# shellcheck disable=SC2016 # for the inner shell
	spawn sh -c 'exec ots-store -d 3 --spool spool --database "$@" \
		<in >out 2>>log 3>ready' sh "$AWAY" "$@" 7>&- 8>&-
	pid=$spawned
	wait_for test -s ready
}

# The wires are held open, as by a supervisor; who reads is $reader.
wires()
{
	rm -rf in out got log spool
	mkfifo in out
	exec 7<>in 8<>out
	: >log
	spawn sh -c 'exec cat <out >got' 7>&- 8>&-
	reader=$spawned
}

unwire()
{
	exec 7>&- 8>&-
	wait "$reader"
}

# came BYTES: that many are out, without our own lines.
came()
{
	[ "$(grep -v -e '^$' -e '^ev:hello' got | wc -c)" -ge "$1" ]
}

# status NAME: a number of the file.
status()
{
	sed -n "s/^ev:status.*	$1:\([^	]*\).*/\1/p" spool/status
}

# logged ERE
logged()
{
	grep -Eq "$1" log
}

# counted NAME VALUE, in the last counters
counted()
{
	grep ' ev=counters ' log | tail -n 1 | grep -q " $1=$2\( \|\$\)"
}

# The end of an input while the database is away; looked at at the end.
mkdir eof
records 1 1000 300 >eof/in
printf 'ev:cot\tn:1001\tpad:' >>eof/in
# shellcheck disable=SC2016 # for the inner shell
spawn sh -c 'cd eof && ots-store --spool spool -D "$1" <in >got 2>log
	echo $? >code' sh "$AWAY"

# Bytes ------------------------------------------------------------------------

wires
records 1 200000 500 >all
size=$(wc -c <all)
begin --node edge-1
is "it says hello behind an empty line" "$(wait_for grep -q hello got
	cat got)" "
ev:hello	version:1	program:ots-store	node:edge-1"
perl -e 'srand 2; binmode STDIN; while (read STDIN, $b, 1 + int rand 90000) {
	syswrite STDOUT, $b }' <all >&7
WAIT_SECONDS=60 ok "200,000 records go through" wait_for came "$size"
ok "as they came" sh -c 'tail -n +3 got | cmp - all'
ok "and are in the spool" sh -c 'cat spool/*.rec | tr -d "\0" | cmp - all'
kill -USR1 $pid
ok "USR1 logs the counters" wait_for logged ' ev=counters .*database='
ok "all wait for the database" counted waiting-bytes "$size"
ok "the file says the same" sh -c 'for i in $(seq 100); do
	grep -q "	waiting-bytes:$1	" spool/status && exit; sleep 0.1; done
	exit 1' sh "$size"
ots-store --spool spool -D "$AWAY" </dev/null >/dev/null 2>second
is "a second one for this spool is refused, for now" $? 111
like "and told why" "$(cat second)" \
	'spool spool: another ots-store has it'
kill -TERM $pid
wait $pid
is "TERM ends it with 0" $? 0
unwire

# Killed -----------------------------------------------------------------------

LAST=120000
wires
records 1 $LAST 1400 >all
size=$(wc -c <all)
# In bursts, so that it takes a while, and wires are full most of the time.
# shellcheck disable=SC2016 # perl
perl -e 'while (read STDIN, $b, 2 << 20) { print $b;
	select undef, undef, undef, 0.04 }' <all >&7 &
children="$children $!"
kills=0
while :; do
	begin
	[ $kills -lt 15 ] || ! grep -q "	end:$LAST\$" got || break
	perl -e 'select undef, undef, undef, 0.02 + rand 0.12'
	kill -KILL $pid
	wait $pid 2>/dev/null
	kills=$((kills + 1))
	[ $kills -lt 300 ] || break
done
ok "after $kills times kill -9 the last one arrives" wait_for \
	grep -q "	end:$LAST\$" got
kill -TERM $pid
wait $pid
unwire
numbers <got >came
torn=$(grep -c torn came)
grep -v torn came | sort -n | uniq >once
seq 1 $LAST >wanted
ok "every record has gone on" cmp once wanted
dup=$(($(grep -vc torn came) - LAST))
ok "$dup came twice, $torn torn: at most 25 and 1 for each kill" \
	test $dup -le $((25 * kills)) -a "$torn" -le $kills
ok "the spool has each once, as it came" \
	sh -c 'cat spool/*.rec | tr -d "\0" | cmp - all'
unlike "nothing is amiss" "$(grep -v 'found=' log)" 'ev=(spool|system|bad)'

# Ended ------------------------------------------------------------------------

LAST=3000
wires
records 1 $LAST 1400 >all
# shellcheck disable=SC2016 # perl
perl -e 'while (sysread STDIN, $b, 700) { syswrite STDOUT, $b;
	select undef, undef, undef, 0.0003 }' <all >&7 &
children="$children $!"
turns=0
bad=0
while :; do
	begin
	turns=$((turns + 1))
	! grep -q "	end:$LAST\$" got || [ $turns -lt 8 ] || break
	kill -TERM $pid
	wait $pid || bad=$((bad + 1))
done
is "every end under load is 0" $bad 0
ok "the last one arrives" wait_for grep -q "	end:$LAST\$" got
numbers <got >came
seq 1 $LAST >wanted
ok "all came once, whole and in order, after $turns starts" cmp came wanted
printf 'ev:half\t' >&7
ok "half a record is taken" wait_for sh -c \
	'cat spool/*.rec | tr -d "\0" | tail -n 1 | grep -q ^ev:half'
kill -TERM $pid
ok "its rest is not waited for long" wait $pid
printf 'a:b\n' >&7
begin
ok "with its rest it goes on" wait_for grep -q '^ev:half	a:b$' got
is "it came once" "$(grep -c half got)" 1
is "it is in the spool once" "$(spooled | grep -c half)" 1
kill -TERM $pid
wait $pid
unwire

# Slow -------------------------------------------------------------------------

rm -rf in out got spool
mkfifo in out
exec 7<>in 8<>out
records 1 30000 900 >all
size=$(wc -c <all)
begin
cat all >&7 &
feeder=$!
children="$children $feeder"
ok "nobody reads: it stops reading" sh -c 'last=x
	for i in $(seq 100); do
		kill -USR1 "$1"; sleep 0.2
		now=$(grep -o " written=[0-9]*" log | tail -n 1)
		[ "$now" != "$last" ] || exit 0
		last=$now
	done; exit 1' sh $pid
ok "with less than three wires in hand" test \
	"$(grep -o ' written=[0-9]*' log | tail -n 1 | cut -d = -f 2)" -lt 3500000
kill -KILL $pid
wait $pid 2>/dev/null
begin
kill -TERM $pid
wait $pid
is "TERM ends it also while nobody reads" $? 0
begin
# shellcheck disable=SC2016 # for the inner shell
spawn sh -c 'exec perl -e "while (sysread STDIN, \$b, 20000) {
	syswrite STDOUT, \$b; select undef, undef, undef, 0.001 }" <out >got' \
	7>&- 8>&-
reader=$spawned
ok "then all arrives" wait_for grep -q '	end:30000$' got
kill -TERM $pid
wait $pid
unwire
numbers <got | grep -v torn | sort -n | uniq >once
seq 1 30000 >wanted
ok "nothing is lost" cmp once wanted
ok "the spool has it all" sh -c 'cat spool/*.rec | tr -d "\0" | cmp - all'

# Full -------------------------------------------------------------------------

# gone_round NAME LAST: all came; and what was kept is whole and in order.
gone_round()
{
	WAIT_SECONDS=60 ok "$1: all goes on" wait_for came "$size"
	kill -USR1 $pid
	ok "$1: it says how many were not kept" \
		wait_for logged ' ev=counters .* missed=[1-9]'
	ok "$1: what came is as it was" sh -c 'tail -n +3 got | cmp - all'
	spooled | numbers >kept
	missed=$(grep -o ' missed=[0-9]*' log | tail -n 1 | cut -d = -f 2)
	is "$1: kept and missed are all" \
		$(($(grep -vc torn kept) + missed)) "$2"
	ok "$1: in their order" sh -c \
		'grep -v torn kept | sort -n -c && ! grep -v torn kept |
		uniq -d | grep -q .'
}

wires
records 1 60000 3000 >all
size=$(wc -c <all)
begin --spool-max 64M
cat all >&7 &
children="$children $!"
gone_round "spool-max" 60000
like "it is told" "$(cat log)" \
	'^error ev=spool-full path=spool why=spool-max records='
is "it is no larger" "$(cat spool/*.rec | wc -c)" 67108864
kill -TERM $pid
wait $pid
unwire

wires
cat all >&7 &
feeder=$!
children="$children $feeder"
begin --spool-max 64M --wait
ok "--wait: it is full" wait_for logged found=new
ok "--wait: nothing goes by" sh -c 'sleep 1; kill -USR1 "$1"
	for i in $(seq 100); do
		grep -q " ev=counters .* missed=0 " log && exit; sleep 0.1
	done; exit 1' sh $pid
not_ok "--wait: and nothing is told" logged spool-full
kill -TERM $pid
wait $pid
kill $feeder
unwire

# A file that may not be so large is a full disk.
wires
records 1 20000 1400 >all
size=$(wc -c <all)
: >ready
# shellcheck disable=SC2016 # for the inner shell
spawn sh -c 'ulimit -f 2000; exec ots-store -d 3 --spool spool --database "$1" \
	<in >out 2>>log 3>ready' sh "$AWAY" 7>&- 8>&-
pid=$spawned
wait_for test -s ready
cat all >&7 &
children="$children $!"
WAIT_SECONDS=30 ok "a disk without room: all goes on" wait_for came "$size"
ok "as it came" sh -c 'tail -n +3 got | cmp - all'
like "it is told" "$(cat log)" \
	'^error ev=spool-full path=spool error="File too large" '
kill -USR1 $pid
ok "and counted" wait_for counted missed 20000
kill -TERM $pid
wait $pid
is "it ends with 0" $? 0
unwire

wires
mkdir spool
if mount -t tmpfs -o size=40m none spool 2>/dev/null; then
	records 1 60000 3000 >all
	size=$(wc -c <all)
	begin
	cat all >&7 &
	children="$children $!"
	gone_round "a small disk" 60000
	like "a small disk: it is told" "$(cat log)" \
		'^error ev=spool-full .*error="No space left on device" '
	mount -o remount,size=200m spool
	printf 'ev:cot\tn:60001\tpad:\tend:60001\n' >&7
	sleep 0.2
	printf 'ev:cot\tn:60002\tpad:\tend:60002\n' >&7
	ok "a small disk: there is room again" \
		wait_for logged '^info ev=spool-room path=spool records='
	printf 'ev:cot\tn:60003\tpad:\tend:60003\n' >&7
	ok "a small disk: and it is used" wait_for sh -c \
		'cat spool/*.rec | tr -d "\0" | grep -q end:60003'
	kill -TERM $pid
	wait $pid
	umount spool
else
	skip 8 "no right to mount"
fi
unwire

# Its writer -------------------------------------------------------------------

wires
begin
writer=$(pgrep -P $pid)
ok "the writer is a process of its own" test -n "$writer"
kill -KILL "$writer"
ok "its death is told" wait_for logged '^error ev=child what=writer why=Killed'
ok "and another one started" wait_for sh -c \
	'[ "$(pgrep -P "$1" || echo "$2")" != "$2" ]' sh $pid "$writer"
writer=$(pgrep -P $pid)
kill -KILL $pid
ok "it dies with the filter" wait_for gone "$writer"
wait $pid 2>/dev/null
unwire

# Whoever ignores the death of children hands that on to what it starts.
wires
: >ready
# shellcheck disable=SC2016 # perl
spawn perl -e '$SIG{CHLD} = "IGNORE"; open STDIN, "<", "in";
	open STDOUT, ">", "out"; open STDERR, ">>", "log"; exec @ARGV' \
	ots-store --spool spool --database "$AWAY" 7>&- 8>&-
pid=$spawned
wait_for sh -c 'pgrep -P "$1" >/dev/null' sh $pid
kill -KILL "$(pgrep -P $pid)"
ok "the writer's death is seen by a child of who ignores such" \
	wait_for logged '^error ev=child what=writer why=Killed'
kill -TERM $pid
wait $pid
unwire

# Ends -------------------------------------------------------------------------

{ records 1 20000 900 | ots-store --spool s1 -D "$AWAY" 2>err; echo $? >code; } |
	head -n 3 >/dev/null
is "no reader: 111" "$(cat code)" 111
like "and it says so" "$(cat err)" 'standard output'
for bad in '' '--spool' '--spool x --spool-max 63M' '--spool x --node a.b' \
	'--spool x file'; do
	# shellcheck disable=SC2086 # words
	ots-store $bad --database x.db </dev/null >/dev/null 2>&1
	is "'$bad': wrong usage" $? 100
done
ots-store --spool /nowhere/spool -D x.db </dev/null >/dev/null 2>err
is "a folder that cannot be made: 100" $? 100
like "it is named" "$(cat err)" 'open the spool /nowhere/spool: '
ots-store --spool s2 -D "$AWAY" >/dev/null 2>err <&-
is "no standard input: 100" $? 100
like "and it says so" "$(cat err)" 'descriptor 0 is closed'
err=$(
	ulimit -f 0
	exec ots-store --spool s2 -D "$AWAY" </dev/null 2>&1
)
is "no room for its state: 111" $? 111
like "and it says so" "$err" 'use the spool s2: File too large'
is "-n only checks" "$(ots-store -n --spool nothing -D x.db
	echo $?
	test -e nothing
	echo $?)" "0
1"

WAIT_SECONDS=30 wait_for test -s eof/code
is "the input ends, the database is away: 111" "$(cat eof/code)" 111
like "it says what waits" "$(cat eof/log)" 'bytes wait in the spool spool'
like "and that the last one is torn" "$(cat eof/log)" 'ev=bad-record why=torn'
ok "all that is whole went on" \
	sh -c 'head -n 1000 eof/in >eof/all; tail -n +3 eof/got | cmp - eof/all'
is "what is torn stays none" "$(cat eof/spool/*.rec | tr -d '\0' | tail -n 1)" \
	"ev:cot	n:1001	pad:	"
done_testing
