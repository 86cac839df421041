#!/bin/sh
# ots-listen --udp, --udp-to and --mcast: events as datagrams, in and out.
. "${0%/*}/lib.sh"
. "${0%/*}/meshlib.sh"
cd "$tmp" || exit 1

# cot-streaming 8.1: V1 is a ping, V5 says that somebody has left.
v1=123f0a07742d782d632d742a08552d312d70696e6730a3f0ece5f43138a3f0ece5f43140b3beede5f4314a036d2d6769000000e0cf12634171000000e0cf126341
v5=12750a07742d782d642d642a03442d3130a8efece5f43138a8efece5f43140c88beee5f4314a09682d672d692d672d6f69000000e0cf12634171000000e0cf1263417a330a313c6c696e6b2072656c6174696f6e3d22702d7022207569643d22552d312220747970653d22612d662d472d552d43222f3e

# counted LOG NAME N: SIGUSR1 to $listen shows it.
counted()
{
	kill -USR1 "$listen"
	sleep 0.05
	grep ev=counters "$1" | tail -n 1 | grep -q " $2=$3\( \|\$\)"
}

# What goes in -----------------------------------------------------------------

six=
! ots-listen -n --udp '[::1]:0' </dev/null 2>no || six='--udp [::1]:0'
spawn sh -c "exec ots-listen --udp 127.0.0.1:0 $six --mesh-group m \
	--max-event 64000 </dev/null >in.rec 2>in.log"
listen=$spawned
ok "it starts without TCP" wait_for grep -q 'ev=listen via=udp addr=127' in.log
bound in.log 127.0.0.1
udp=$port
DEV=plain device plain 7 127.0.0.1 0
from=$port

frames() { grep -c '^ev:frame' in.rec; }
has() { [ "$(frames)" -ge "$1" ]; }

like "each socket is a connection, in its group" "$(cat in.rec)" \
	"^ev:open	conn:local.0.[0-9]+	via:udp	peer:127.0.0.1:$udp	group:m	t:[0-9]+$"
to 7 127.0.0.1 "$udp" "$(event A-1 | hex)"
wait_for has 1
like "an event comes as XML" "$(cat in.rec)" \
	"^ev:frame	conn:local.0.[0-9]+	via:udp	t:[0-9]+	peer:127.0.0.1:$from	xml:$(event A-1)$"
to 7 127.0.0.1 "$udp" "bf01bf$v5"
wait_for has 2
like "and as protobuf" "$(cat in.rec)" \
	"	peer:127.0.0.1:$from	pb:EnUKB3QteC1kLWQqA0QtM"
to 7 127.0.0.1 "$udp" "bf77${v5}00"
ok "in the frame of a stream, too" wait_for has 3

# Each says nothing to anybody; the last one is the proof that all were read.
for nothing in - "$(echo hello | hex)" "$(event P t-x-c-t | hex)" "bf01bf$v1" \
	"bf01bf0a051a03552d31" "$(event Q t-x-takp-q | hex)" "$v5" \
	"bf02bf$v5" "$(echo '<auth><cot password="secret-x"/></auth>' | hex)" \
	"$(printf '<event uid="cut"><poi' | hex)" \
	"$(head -c 64100 /dev/zero | tr '\0' a | hex)"; do
	to 7 127.0.0.1 "$udp" "$nothing"
done
to 7 127.0.0.1 "$udp" "$(event A-2 | hex)$(event A-3 | hex)"
wait_for grep -q A-2 in.rec
is "what is no event goes no further" "$(frames)" 4
unlike "a datagram has one event" "$(cat in.rec)" A-3
ok "what is no event is counted" wait_for counted in.log mesh_bad 6
ok "what is not for us, too" wait_for counted in.log mesh_ignored 4
ok "and what a device says of itself" wait_for counted in.log mesh_control 1
unlike "a password is not told" "$(cat in.rec in.log)" secret-x

event BIG b-m-p-s-m "<x>$(head -c 63000 /dev/zero | tr '\0' x)</x>" >big
to 7 127.0.0.1 "$udp" "$(hex <big)"
ok "a long one passes" wait_for grep -q "uid=\"BIG\".*x</x></detail></event>$" in.rec
if [ -n "$six" ]; then
	DEV=six device six 8 ::1 0
	bound in.log '\[::1\]'
	to 8 ::1 "$port" "$(event S-1 | hex)"
	wait_for grep -q S-1 in.rec
	like "IPv6 works as well" "$(cat in.rec)" 'peer:\[::1\]:[0-9]+	xml:.*S-1'
else
	skip 1 "no IPv6 here"
fi

# Behind one socket are many devices, which nothing slows down.
kill -STOP "$listen"
perl -MSocket -e 'socket(my $s, AF_INET, SOCK_DGRAM, 0) or die;
	my $to = pack_sockaddr_in($ARGV[0], inet_aton("127.0.0.1"));
	for (1 .. 200) {
		send($s, "<event uid=\"Z-$_\"></event>", 0, $to) or die }' "$udp"
kill -CONT "$listen"
wait_for grep -q 'uid="Z-200"' in.rec
# What is read in one turn is told apart by a microsecond.
is "what has come is read at once, up to 256" "$(grep 'uid="Z-' in.rec |
	sed 's/.*	t:\([0-9]*\).*/\1/' |
	awk 'NR == 1 { t = $1 } $1 == t + NR - 1 { n++ } END { print n }')" 200
kill -TERM "$listen"
ok "it ends when told" wait_for gone "$listen"
like "in order" "$(cat in.log)" 'ev=stop'

# While the next program is full nothing is read; the kernel then drops.
mkfifo slow
spawn sh -c 'exec ots-listen --udp 127.0.0.1:0 </dev/null >slow 2>slow.log'
listen=$spawned
exec 9<slow
wait_for bound slow.log 127.0.0.1
perl -MSocket -e 'socket(my $s, AF_INET, SOCK_DGRAM, 0) or die;
	my $to = pack_sockaddr_in($ARGV[0], inet_aton("127.0.0.1"));
	my $e = "<event uid=\"F-%d\"><x>" . "y" x 1000 . "</x></event>";
	for (1 .. 20000) { send($s, sprintf($e, $_), 0, $to) or die }' "$port"
ok "what is too much is pressure" wait_for grep -q 'ev=pressure$' slow.log
spawn sh -c 'exec cat <&9 >slow.rec'
exec 9<&-
ok "which ends" wait_for grep -q 'ev=pressure-end' slow.log
all_counted()
{
	to 7 127.0.0.1 "$port" "$(event L-1 | hex)"
	kill -USR1 "$listen"
	sleep 0.1
	set -- "$(sed -n 's/.*ev=counters.* mesh_read=\([0-9]*\).* mesh_lost=\([0-9]*\).*/\1 \2/p' \
		slow.log | tail -n 1)"
	total=$((${1% *} + ${1#* }))
	[ "${1#* }" -gt 0 ] && [ "$total" -gt 20000 ] && [ "$total" -lt 21000 ]
}
ok "and everything was read, or counted as lost" wait_for all_counted
kill -TERM "$listen"
wait_for gone "$listen"

# What goes out ----------------------------------------------------------------

DEV=one device one 8 127.0.0.1 0
one=$port
xml=$(event O-1)
rec_send()
{
	printf 'ev:send\tto:k\tuid:%s\tclass:%s\txml:%s%s\n' "$1" control "$2" \
		"${3:+	pb:$3}"
}
pb64() { printf %s "$1" | perl -e 'print pack("H*", <STDIN>)' | base64 -w 0; }
# out NAME ARG ...: ots-listen that writes what records on 9 say.
out()
{
	name=$1
	shift
	mkfifo "$name.ring"
	# shellcheck disable=SC2016 # for the inner shell
	NAME=$name spawn sh -c 'exec ots-listen "$@" <"$NAME.ring" >"$NAME.rec" \
		2>"$NAME.log"' sh "$@"
	listen=$spawned
	exec 9>"$name.ring"
	wait_for grep -q '^ev:open' "$name.rec"
	sed -n 's/^ev:open	conn:\([^	]*\).*/ev:bind	conn:\1	key:k/p' \
		"$name.rec" >&9
}
out xml --udp-to "127.0.0.1:$one"
{
	rec_send O-1 "$xml" "$(pb64 "$v5")"
	rec_send BIG "<event uid=\"BIG\">$(head -c 65500 /dev/zero | tr '\0' x)</event>"
	rec_send O-2 "$(event O-2)"
} >&9
wait_for heard one O-2
is "XML goes out as it is, what is too long does not" \
	"$(sed 1d one.out | cut -d ' ' -f 3)" "$(printf %s "$xml" | hex)
$(event O-2 | hex)"
ok "that is counted" wait_for counted xml.log mesh_too_long 1
kill -TERM "$listen"
wait_for gone "$listen"
exec 9>&-

out pb --udp-to "127.0.0.1:$one" --mesh-proto protobuf
{
	rec_send O-3 "$xml" "$(pb64 "$v5")"
	rec_send O-4 "$xml" "$(pb64 "$v1")"
} >&9
wait_for grep -q "$v1" one.out
is "protobuf goes out as on the mesh, with a TakControl" \
	"$(tail -n 2 one.out | cut -d ' ' -f 3)" "bf01bf0a00$v5
bf01bf0a00$v1"
for i in 1 2 3 4 5 6 7 8 9 10; do
	for k in 1 2 3 4 5 6 7 8 9 10; do
		rec_send "N-$i" "$(event "N-$i-$k")"
	done
done >many
cat many many many many many >&9
ok "a burst goes out" wait_for counted pb.log mesh_sent 502
kill -TERM "$listen"
wait_for gone "$listen"
exec 9>&-
is "to its last datagram" "$(grep -c 'bf01bf0a0012' one.out)" 502

out two --udp-to '127.0.0.3:9' --udp-to "127.0.0.1:$one"
rec_send W-1 "$(event W-1)" >&9
ok "what one is sent does not depend on another" wait_for heard one W-1
sed -n 's/^ev:open	conn:\([^	]*\).*/ev:hangup	conn:\1/p' two.rec |
	sed -n 2p >&9
again() { [ "$(grep -c "^ev:open.*peer:127.0.0.1:$one" two.rec)" = 2 ]; }
ok "a socket that is hung up joins anew" wait_for again
kill -TERM "$listen"
wait_for gone "$listen"
exec 9>&-

# A room -----------------------------------------------------------------------

mkfifo seat
DEV=peer device peer 8 127.0.0.2 0
peer=$port
if ! free_group 239.255.86.76; then
	skip 1 "no multicast here: $(cat no 2>&1)"
	done_testing
fi
DEV=mc device mc 9 127.0.0.1 "$mport" "$group" lo
start_line --udp 127.0.0.1:0 --udp-to "127.0.0.2:$peer" \
	--mcast "$group:$mport%lo"
log=line/listen.log
tcp=$port
listen=$(pgrep -g "$line" -x ots-listen)
bound $log 127.0.0.1
udp=$port
spawn sh -c "exec ots-cat 127.0.0.1:$tcp <seat >seat.out 2>seat.err"
exec 5>seat
said_seat() { grep -c "uid=\"$1\"" seat.out; }
seat() { [ "$(said_seat "$1")" -ge 1 ]; }
all_in() { [ "$(grep -c ev=accept "$log")" = 4 ]; }
wait_for all_in

said 9 "$(event M-1 a-f-G '<contact callsign="M" endpoint="*:-1:stcp"/>' | hex)"
ok "a client sees who is on the mesh" wait_for seat M-1
ok "who is sent to by UDP does, too" wait_for heard peer M-1
to 7 127.0.0.1 "$udp" "bf01bf0a00$v5"
to 7 127.0.0.1 "$udp" "$(event B-1 | hex)"
ok "the mesh sees who comes by UDP" wait_for heard mc B-1
ok "so do clients" wait_for seat B-1
event T-1 >&5
ok "the mesh sees a client" wait_for heard mc T-1
ok "so does who is sent to" wait_for heard peer T-1
to 8 127.0.0.1 "$udp" "$(event R-1 | hex)"
ok "who is sent to is heard" wait_for heard mc R-1
event T-2 >&5
wait_for heard peer T-2
not_ok "and not told what it said itself" heard peer R-1
not_ok "the mesh is not told what it said itself" heard mc M-1
kill -USR1 "$listen"
unlike "a client is told once" "$(for u in M-1 B-1 R-1; do said_seat $u; done)" '[^1]'
own() { counted "$log" mesh_own '[1-9][0-9]*'; }
ok "what we sent comes back, and is left out" wait_for own
is "nothing that we sent became a frame" "$(said_seat T-1)" 0

# Which encoding goes by what is heard.
like "it says what it reads" "$(cat mc.out)" ' bf01bf0a071a056c6f63616c$'
unlike "as long as XML is heard XML is written" "$(sed 1d mc.out)" ' bf01bf0a00'
kill -TERM -"$line"
wait_for gone "$listen"
rm -rf line
start_line --mcast "$group:$mport%lo" --mcast-ttl 1
listen=$(pgrep -g "$line" -x ots-listen)
spawn sh -c "exec ots-cat 127.0.0.1:$port <seat >seat.out 2>seat.err"
exec 5>seat
wait_for grep -q 'peer=127.0.0.1:' $log
event T-3 >&5
ok "on a silent mesh XML is written" wait_for heard mc T-3
said 9 "bf01bf0a051a03552d31"
ok "where all read protobuf" wait_for grep -q 'ev=mesh .*writes=protobuf heard=1 protobuf=1' $log
event T-4 b-m-p-s-m >&5
ok "it is protobuf" wait_for grep -q " bf01bf0a0012.*$(printf T-4 | hex)" mc.out
not_ok "and not XML" heard mc T-4
LINGER=0 "$TOP/tests/helper/datagrams.py" 127.0.0.1 "$mport" "$group" lo <<-END >old.out
	$(event X-1 | hex)
END
ok "one who does not" wait_for grep -q 'ev=mesh .*writes=xml heard=2 protobuf=1' $log
event T-5 >&5
ok "makes it XML" wait_for heard mc T-5
kill -TERM -"$line"
wait_for gone "$listen"

# What does not work -----------------------------------------------------------

wrong()
{
	code=$1 want=$2
	shift 2
	timeout --foreground -k 5 20 ots-listen "$@" </dev/null >no.rec 2>no
	is "wrong: $*" "$?" "$code"
	like "that is said" "$(cat no)" "$want"
}
wrong 100 'nothing to listen on'
wrong 100 'not a multicast address' --mcast 127.0.0.1:6969
wrong 100 'not GROUP:PORT' --mcast 239.2.3.1
wrong 100 'not GROUP:PORT' --mcast 239.2.3.1%lo:6969
wrong 100 'a port is wanted' --mcast 239.2.3.1:0
wrong 100 'no interface has such a name: "ip link"' --mcast 239.2.3.1:6969%
wrong 100 'joined twice' --mcast "$group:$mport%lo" --mcast "$group:$mport%127.0.0.1"
wrong 100 'name its interface' --mcast '[ff02::1]:6969'
wrong 100 'joined twice' --mcast 239.2.3.1:6969 --mcast 239.2.3.1:6969%lo
wrong 100 'use --mcast' --udp 239.2.3.1:6969
wrong 100 'use --mcast' --udp-to 239.2.3.1:6969
wrong 100 'a port is wanted' --udp-to 127.0.0.1:0
wrong 100 'an address to send to is wanted' --udp-to :6969
wrong 100 'numeric address' --udp localhost:6969
wrong 100 'write it as one' --udp-to '[::ffff:127.0.0.1]:6969'
wrong 100 'unable to bind --udp 198.51.100.77:1' --udp 198.51.100.77:1
wrong 100 'its port is taken, by --udp' --udp "0.0.0.0:$((mport - 10000))" \
	--mcast "$group:$((mport - 10000))%lo"
wrong 100 'no room beside the 1 of --udp' --max-clients 1 --udp 127.0.0.1:0
wrong 100 'not the name of a group' --udp 127.0.0.1:0 --mesh-group ''
wrong 100 'not auto, xml or protobuf' --udp 127.0.0.1:0 --mesh-proto json
ok "-n checks only" ots-listen -n --udp 127.0.0.1:0 --mcast "$group:$mport%lo"
# A radio that is not plugged in keeps nobody out.
rm -rf line
start_line --mcast 239.2.3.1:6969%nothere0 --mcast 239.2.3.1:6969%198.51.100.77
listen=$(pgrep -g "$line" -x ots-listen)
for name in nothere0 198.51.100.77; do
	ok "$name is waited for" wait_for grep -q \
		"ev=system .*addr=239.2.3.1:6969%$name .*no such interface yet" $log
done
spawn ots-cat --as Eve --uid eve "127.0.0.1:$port" >eve.out 2>eve.err </dev/null
spawn ots-cat --as Fay --uid fay "127.0.0.1:$port" >fay.out 2>fay.err </dev/null
ok "and TCP is served" wait_for grep -q 'uid="fay"' eve.out
kill -TERM -"$line"
wait_for gone "$listen"
done_testing
