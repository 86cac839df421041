#!/bin/sh
# ots-route as a program: wires, socket, taps, back pressure, signals.
. "${0%/*}/lib.sh"
cd "$tmp" || exit 1

T=2027-01-15T08:00:00.000Z
LATE=2099-01-15T08:00:00.000Z
tab=$(printf '\t')

# line FIELD ...: a record.
line()
{
	(
		IFS=$tab
		printf '%s\n' "$*"
	)
}

# event UID TYPE: canonical XML.
event()
{
	printf '<event version="2.0" time="%s" start="%s" stale="%s" ' \
		"$T" "$T" "$LATE"
	printf 'type="%s" uid="%s" how="m-g"><point lat="1" lon="2" ' "$2" "$1"
	printf 'hae="0" ce="9999999" le="9999999"/><detail/></event>'
}

# sa CONN UID CALLSIGN
sa()
{
	line ev:cot "conn:$1" "uid:$2" type:a-f-G how:m-g "stale:$LATE" \
		"callsign:$3" endpoint: "xml:$(event "$2" a-f-G)"
}

# has FILE TEXT: TEXT, with | for TAB, stands in FILE.
has()
{
	grep -qF "$(printf '%s' "$2" | tr '|' '\t')" "$1"
}

# lines_are FILE PATTERN N
lines_are()
{
	[ "$(grep -c "$2" "$1")" -eq "$3" ]
}

# many N PREFIX: as many events without a connection, 1.1 KB each.
many()
{
	awk -v n="$1" -v x="$(event P a-h-G)" -v p="$2" 'BEGIN {
		for (s = "p"; length(s) < 700; )
			s = s "padding"
		for (i = 0; i < n; i++)
			printf "ev:cot\tuid:%s%d\ttype:u-d\tpad:%s\txml:%s%s\n",
			    p, i, "", x, "<!-- " s " -->"
	}'
}

# all_of FILE: the 23000 events of `many` were seen or said to be lost.
all_of()
{
	awk -F '[\t:]' '
		$2 == "lost" { n += $4 }
		$2 == "cot" && /\tuid:[pq][0-9]/ { n++ }
		END { exit !(n >= 23000 && n < 23010) }' "$1"
}

# start NAME [ARG ...]: ots-route between the FIFO NAME.in, which descriptor 8
# holds open, and the file NAME.out; $spawned is its process.
start()
{
	name=$1
	shift
	mkfifo "$name.in"
	exec 8<>"$name.in" # both ways: does not wait for the other side
	# sh -c, since standard input of what & starts is /dev/null
	# shellcheck disable=SC2016 # for the inner shell
	spawn sh -c 'name=$1; shift; exec ots-route -d 3 "$@" <"$name.in"' \
		sh "$name" "$@" 3>"$name.ready" >"$name.out" 2>"$name.log" 8>&-
	wait_for test -s "$name.ready"
}

# --- options ---

ots-route -h >help 2>/dev/null
is "-h ends well" $? 0
sed -n 's/^  -\(.\), --\([a-z-]*\).*/\1 \2/p; s/^ *--\([a-z-]*\).*/\1/p' help |
	sort >help.options
sed -n 's/^\.It Fl \([a-zA-Z]\) , -\([a-z-]*\).*/\1 \2/p
	s/^\.It Fl -\([a-z-]*\).*/\1/p' "$TOP/man/ots-route.8" |
	sort >man.options
ok "-h and the manual have the same options" cmp help.options man.options
like "-V" "$(ots-route -V)" '^ots-route \(ots\) [0-9]'
for bad in "--socket-mode 999" "--socket-mode 8" "--node a.b" "extra" \
	"--latest-max x" "--alert-interval 1" "--nonsense"; do
	# shellcheck disable=SC2086 # words
	ots-route -n $bad </dev/null >/dev/null 2>&1
	is "usage: $bad" $? 100
done
ots-route -n --socket /nonexistent/x --node n1 --alert-interval 0
is "-n only checks" $? 0
ots-route --socket /nonexistent/x </dev/null >/dev/null 2>err
is "a socket that cannot be bound" $? 111
like "is explained" "$(cat err)" \
	'^ots-route: fatal: unable to listen on /nonexistent/x: No such'

# --- a file in, a file out ---

{
	line ev:open conn:n.1.1 via:tcp
	line ev:open conn:n.2.1 via:tcp
	sa n.1.1 A alpha
	sa n.2.1 B 'back\\slash'
	printf 'ev:cot\ttorn\n\nnonsense\n'
	line ev:auth conn:n.1.1 name:x secret:hush
	line ev:open conn:n.3.1 via:tcp
	line ev:cot conn:n.1.1 uid:m type:u-d dest-callsign:x "marti:7+8" \
		'xml:<event><marti/></event>' pb:UEI=
	line ev:close conn:n.1.1
} >in
ots-route --node me <in >out 2>log
is "the end of input is the end" $? 0
is "hello comes first, after a line feed" "$(sed -n '1p;2p' out |
	sed 's/round:[1-9][0-9]*$/round/' | tr '\t' '|')" \
	"$(printf '\nev:hello|version:1|program:ots-route|node:me|round')"
ok "the group is bound" has out 'ev:bind|conn:n.1.1|key:group:__ANON__'
ok "the callsign is bound, escaped" \
	has out 'ev:bind|conn:n.2.1|key:callsign:back\\slash'
ok "positions go to the group" \
	has out 'ev:send|to:group:__ANON__|not:n.1.1|uid:A|class:position|keep:1'
ok "newcomers are served" has out 'ev:send|to:conn:n.3.1|uid:B|class:position'
ok "what passes does so in both encodings" \
	has out '|not:n.1.1|uid:m|class:item|xml:<event></event>|pb:UEI='
is "what is made or was kept has xml only" "$(grep -c 'pb:' out)" 1
ok "who goes is announced" has out '<link relation="p-p" uid="A" type="a-f-G"/>'
is "secrets go nowhere" "$(cat out log | grep -c hush)" 0
like "torn records are counted" "$(cat log)" 'ev=counters .* torn=2 '

# --- a reader that waits ---

many 20000 p >big
mkfifo slow
ots-route <big >slow 2>/dev/null &
children="$children $!"
pid=$!
exec 7<slow
wait_for sh -c "grep -q 'State:.*S' /proc/$pid/status"
cat <&7 >slow.out
wait "$pid"
is "all is written before the end" $? 0
exec 7<&-
is "whatever the pipe holds" "$(grep -c '^ev:send' slow.out)" 20000

# --- the socket ---

start sock --socket "$tmp/s" --socket-mode 600 --node r1
route=$spawned
is "mode of the socket" "$(stat -c %a s)" 600
ots-cat "unix:$tmp/s" >tap1 2>/dev/null </dev/null &
tap1=$!
ots-cat "unix:$tmp/s" >tap2 2>/dev/null </dev/null &
tap2=$!
children="$children $tap1 $tap2"
ok "two taps join" wait_for lines_are sock.log 'ev=local what=joined' 2
{
	line ev:auth conn:n.1.1 name:x secret:hush
	line ev:open conn:n.1.1 via:tcp
	sa n.1.1 A alpha
} >&8
like "a tap gets hello first" "$(perl -MIO::Socket::UNIX -e '
	my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die;
	alarm 10; <$s>; print scalar <$s>' "$tmp/s")" \
	"^ev:hello${tab}version:1${tab}program:ots-route${tab}node:r1\$"
ok "and open" wait_for has tap1 'ev:open|conn:n.1.1|via:tcp'
ok "and events" wait_for has tap2 'ev:cot|conn:n.1.1|uid:A|type:a-f-G'
is "but no secrets" "$(cat tap1 tap2 | grep -c hush)" 0
{
	line ev:hangup conn:n.1.1
	line ev:cot conn:n.1.1 uid:F type:a-n-A how:m-g "stale:$LATE" \
		"xml:$(event F a-n-A)" pb:UEI=
} >feed
perl -MIO::Socket::UNIX -e '
	my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die;
	open my $f, "<", $ARGV[1] or die;
	print $s (<$f>);
	$s->flush; close $s' "$tmp/s" feed
ok "what a local program writes is routed" \
	wait_for has sock.out 'ev:send|to:group:__ANON__|uid:F|class:position'
ok "and seen by taps, under its own name" \
	wait_for grep -q '^ev:cot.conn:feed\.[0-9]*\.[0-9]*.via:local.uid:F' tap1
ok "whole" wait_for grep -q 'uid:F.*</event>.pb:UEI=$' tap1
is "what it may not write is not" "$(grep -c hangup sock.out)" 0
like "but logged" "$(cat sock.log)" 'ev=bad-record kind=hangup'
line ev:open conn:n.2.1 via:tcp >&8
ok "newcomers see the feed when it is gone" \
	wait_for has sock.out 'ev:send|to:conn:n.2.1|uid:F|class:position'

many 3000 q >feed
perl -MIO::Socket::UNIX -e '
	my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die;
	open my $f, "<", $ARGV[1] or die;
	print $s (<$f>);
	$s->flush; close $s' "$tmp/s" feed
ok "who writes and goes is read to the end" \
	wait_for lines_are sock.out 'uid:q[0-9]*.class:item' 3000

kill -STOP "$tap1"
cat big >&8
ok "a tap that does not read holds nobody up" \
	wait_for lines_are sock.out 'uid:p[0-9]*.class:item' 20000
ok "nor another tap, which gets it all or is told" wait_for all_of tap2
kill -CONT "$tap1"
ok "it is told what it missed" wait_for grep -q '^ev:lost.n:[1-9]' tap1
wait_for all_of tap1 # or the next may be among what it misses
line ev:close conn:n.2.1 >&8
ok "and goes on" wait_for has tap1 'ev:close|conn:n.2.1'
ok "lost and seen are all" all_of tap1
kill "$tap1" "$tap2"
ok "taps leave" wait_for lines_are sock.log 'ev=local what=left' 5

kill -USR1 "$route"
ok "SIGUSR1: counters" wait_for grep -q 'ev=counters records=' sock.log
kill -TERM "$route"
wait "$route"
is "SIGTERM: 0" $? 0
not_ok "the socket is removed" test -e s
exec 8>&-

# --- alerts ---

start alert --alert-interval 200
line ev:cot conn:n.1.1 uid:A-9-1-1 type:b-a-o-tbl emergency:911 \
	"xml:$(event A-9-1-1 b-a-o-tbl)" >&8
ok "an emergency is repeated" sh -c '
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ "$(grep -c uid:A-9-1-1 alert.out)" -ge 4 ] && exit 0
		sleep 0.2
	done
	exit 1'
line ev:cot conn:n.2.1 uid:A-9-1-1 type:b-a-o-can emergency-cancel:1 \
	"xml:$(event A-9-1-1 b-a-o-can)" >&8
ok "and cancelled" wait_for grep -q 'what=cancelled' alert.log
ok "it was to be kept" has alert.out \
	'ev:send|to:group:__ANON__|not:n.1.1|uid:A-9-1-1|class:chat|keep:1|xml:'
is "only as its sender sent it" "$(grep -c keep:1 alert.out)" 1
ok "until its end" \
	wait_for lines_are alert.out '^ev:forget.conn:n\.1\.1.uid:A-9-1-1$' 1
kill -INT "$spawned"
wait "$spawned"
is "SIGINT: 0" $? 0
exec 8>&-

# told by ots-listen to an ots-route that knows nothing yet
start again --alert-interval 200
line ev:cot conn:n.1.1 again:1 uid:A-9-1-1 type:b-a-o-tbl emergency:911 \
	"xml:$(event A-9-1-1 b-a-o-tbl)" >&8
ok "one told again is repeated" \
	wait_for grep -q '^ev:send.*uid:A-9-1-1' again.out
is "and not kept anew" "$(grep -c keep:1 again.out)" 0
kill -INT "$spawned"
wait "$spawned"
exec 8>&-

# --- users ---

# ots-auth is not there: nothing is read for three seconds, then those without
# a user are served.
start away --auth "$tmp/none.sock"
line ev:open conn:n.1.1 via:tcp >&8
line ev:open conn:n.2.1 via:tls user:alice >&8
line ev:cot conn:n.2.1 uid:m type:u-d "xml:$(event m u-d)" >&8
line ev:open conn:n.5.1 via:udp peer:239.2.3.1:6969 group:mesh >&8
line ev:open conn:n.6.1 via:tls user:bob group:mesh >&8
sa n.5.1 M mike >&8
not_ok "at first nothing is read" grep -q ev:bind away.out
ok "then who has no user is served" \
	wait_for has away.out 'ev:bind|conn:n.1.1|key:group:__ANON__'
ok "who has one waits" wait_for grep -q 'ev=waiting conn=n.2.1 user=alice' \
	away.log
is "and is in no group" "$(grep -c 'conn:n.2.1\|uid:m' away.out)" 0
ok "the mesh is in the group that it names" \
	wait_for has away.out 'ev:bind|conn:n.5.1|key:group:mesh'
ok "and sends into it" \
	wait_for has away.out 'ev:send|to:group:mesh|not:n.5.1|uid:M|'
is "a user is not" "$(grep -c n.6.1 away.out)" 0
like "that ots-auth is not there, is said" "$(cat away.log)" 'ev=auth-away'
kill -INT "$spawned"
wait "$spawned"
is "SIGINT: 0" $? 0
exec 8>&-

start early --auth "$tmp/none.sock"
line ev:open conn:n.1.1 via:tcp >&8
kill -TERM "$spawned"
wait "$spawned"
is "SIGTERM while nothing is read: 0" $? 0
is "and what was not read is left to the successor" \
	"$(grep -c ev:bind early.out)" 0
exec 8>&-

# --- asked to stop, but nobody reads ---

mkfifo stuck.in stuck.out
spawn sh -c 'exec ots-route <stuck.in >stuck.out 2>stuck.log'
exec 8>stuck.in 7<stuck.out
cat big >&8 &
children="$children $!"
ok "a full output is no reason to spin" wait_for sh -c '
	a=$(cut -d " " -f 14,15 /proc/$1/stat)
	sleep 0.3
	[ "$a" = "$(cut -d " " -f 14,15 /proc/$1/stat)" ] &&
		grep -q ev=start stuck.log' sh "$spawned"
kill -TERM "$spawned"
ok "the first SIGTERM drains" wait_for grep -q ev=drain stuck.log
kill -TERM "$spawned"
wait "$spawned"
is "the second ends it" $? 0
exec 8>&- 7<&-

done_testing
