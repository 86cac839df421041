#!/bin/sh
# ots-listen over TLS: who is let in, who is not and why, and what is told of
# them. Certificates and clients by openssl(1).
. "${0%/*}/lib.sh"
. "${0%/*}/tlslib.sh"
cd "$tmp" || exit 1

make_ca
make_ca_named other
make_cert server server /CN=tak.example
make_cert alice client
make_cert bob client
make_cert backslash client '/CN=dom\\alice'
make_cert nameless client /O=nobody
make_cert two client '/CN=one/CN=two'
make_cert stranger client /CN=stranger other
make_cert serveronly server /CN=serveronly
END=20200102000000Z make_cert expired client
[ -s expired.pem ] || { diag "$(cat openssl)"; exit 1; }

event='<event uid="1"><point/></event>'

# Usage ------------------------------------------------------------------------

# says NAME CODE ERE ARG ...: ots-listen -n
says()
{
	name=$1 code=$2 ere=$3
	shift 3
	timeout --foreground -k 5 20 ots-listen -n "$@" >said 2>&1 </dev/null
	is "$name: $code" $? "$code"
	like "$name: in words" "$(cat said)" "$ere"
}

files='--cert server.pem --key server.key --ca ca.pem'
says "no certificate" 100 '^ots-listen: fatal: --tls needs --cert, --key' \
	--tls 127.0.0.1:0
# shellcheck disable=SC2086 # words
{
	timeout --foreground 20 ots-listen -n --tls 127.0.0.1:0 $files </dev/null
	is "all is well: 0" $? 0
	says "a CRL that is not there" 100 'none\.pem.*No such file' \
		--tls 127.0.0.1:0 $files --crl none.pem
	says "a password, and nobody to ask" 100 'needs --auth' \
		--tls 127.0.0.1:0 $files --password always
	says "a rule that is none" 100 'not as-needed, always or never' \
		--tls 127.0.0.1:0 $files --password sometimes
}
echo garbage >garbage.pem
says "a certificate that is none" 100 'garbage\.pem' --tls 127.0.0.1:0 \
	--cert garbage.pem --key server.key --ca ca.pem
says "another's key" 100 'alice\.key' --tls 127.0.0.1:0 \
	--cert server.pem --key alice.key --ca ca.pem

# Who is let in ----------------------------------------------------------------

start_listen --tcp 127.0.0.1:0
dial alice -tls1_3
conn=$(wait_for recorded 'user:alice' && sed -n \
	's/^ev:open.conn:\([^	]*\).*/\1/p' out)
like "TLS 1.3: the certificate says who it is" "$(grep '^ev:open' out)" \
	"^ev:open	conn:n\.0\.[0-9]*	via:tls	peer:127\.0\.0\.1:[0-9]*	user:alice	serial:$(serial alice)	t:[0-9]*\$"
talk alice "$event"
ok "it speaks" wait_for recorded '^ev:frame'
like "its frames say who it is" "$(grep '^ev:frame' out)" \
	"^ev:frame	conn:$conn	user:alice	serial:$(serial alice)	via:tls	t:[0-9]*	xml:<event uid=\"1\">"
printf 'ev:send\tto:conn:%s\txml:<event uid="2"/>\n' "$conn" >&7
ok "and is spoken to" wait_for grep -q '<event uid="2"/>' alice.got
kill "$dialled"
ok "its end is told with who it was" wait_for recorded \
	"^ev:close	conn:$conn	user:alice	serial:$(serial alice)	why:[a-z]*	t:"
dial bob -tls1_2
ok "TLS 1.2" wait_for recorded '^ev:open.*	user:bob	'
like "the log says what it was" "$(cat log)" \
	'^info ev=accept .* user=bob serial=[0-9a-f]* version=TLSv1\.2 resumed=0$'
dial backslash
ok "a name with a backslash is escaped" wait_for recorded \
	'^ev:open.*	user:dom\\\\alice	'
unlike "not older than 1.2" "$(openssl s_client -connect "127.0.0.1:$port" \
	-tls1_1 -cipher ALL:@SECLEVEL=0 -cert alice.pem -key alice.key \
	</dev/null 2>&1)" 'Cipher is [A-Z]*-'

# Who is not, and why ----------------------------------------------------------

before=$(grep -c '^ev:open' out)

# The last refusal in the log: the end of a client before it may be told behind
# it.
refusal()
{
	grep '^warn ev=refuse' log | tail -n 1
}

# refused NAME WHY ARG ...: of `once`
refused()
{
	name=$1 why=$2
	shift 2
	lines=$(grep -c '^warn ev=refuse' log)
	ok "$name: hung up" once "$@"
	ok "$name: logged" wait_for sh -c \
		'[ "$(grep -c "^warn ev=refuse" log)" -gt "$1" ]' sh "$lines"
	like "$name: the log says why" "$(refusal)" "why=\"?$why"
}

refused "wrong CA" 'unknown CA' stranger
like "and who it claims to be" "$(refusal)" ' claims=stranger '
refused "expired" 'expired certificate' expired
refused "a certificate of a server" '.' serveronly
refused "no name" 'no user name' nameless
refused "two names" 'no certificate, or a name' two
refused "wrong CA, TLS 1.2" 'unknown CA' stranger -tls1_2

# bytes TEXT: to the port, until it hangs up
bytes()
{
	perl -MIO::Socket::INET -e 'alarm 10;
		my $s = IO::Socket::INET->new("127.0.0.1:$ARGV[0]") or die;
		$s->print($ARGV[1]); $s->flush; 1 while $s->sysread(my $b, 4096)' \
		"$port" "$1"
}

# gibberish NAME WHY TEXT
gibberish()
{
	lines=$(grep -c '^warn ev=refuse' log)
	ok "$1: hung up" bytes "$3"
	like "$1: the log says why" "$(wait_for sh -c \
		'[ "$(grep -c "^warn ev=refuse" log)" -gt "$1" ]' sh "$lines"
		refusal)" "why=\"?$2"
}

gibberish "not TLS" 'not TLS' "$event"
gibberish "plain HTTP" 'not TLS' 'GET / HTTP/1.1

'
openssl s_client -connect "127.0.0.1:$port" -CAfile ca.pem -tls1_2 \
	</dev/null >bare 2>&1
like "no certificate: refused" "$(cat bare)" 'alert'
like "no certificate: the log says so" "$(cat log)" 'why="no certificate"'
is "none of them was told of" "$(grep -c '^ev:open' out)" "$before"
kill -USR1 "$listen"
wait_for logged ev=counters
like "they are counted" "$(grep ev=counters log)" ' refused=(9|10) .*'

# Strangers who cost time ------------------------------------------------------

stop_listen
start_listen --handshake-timeout 0.3 --unfinished-max 3
ok "who says nothing is hung up" bytes ''
like "and the log says so" "$(cat log)" \
	'ev=refuse via=tls peer=127\.0\.0\.1:[0-9]* why="no handshake in time"'
stop_listen
start_listen --unfinished-max 3
# shellcheck disable=SC2016 # perl
spawn perl -MIO::Socket::INET -e '$| = 1; my @s;
	push @s, IO::Socket::INET->new("127.0.0.1:$ARGV[0]") for 1 .. 4;
	$s[0]->sysread(my $b, 1); print "first\n"; sleep 60' "$port" >which
ok "of too many the one that has waited longest goes" \
	wait_for grep -q first which
like "and the log says so" "$(cat log)" \
	'why="the slowest of too many unfinished ones"'
dial alice
ok "who speaks comes in beside them" wait_for recorded 'user:alice'

# Sessions of one user ---------------------------------------------------------

stop_listen
start_listen --per-user 2
for i in 1 2; do
	cp alice.pem "a$i.pem"
	cp alice.key "a$i.key"
	dial "a$i"
	eval "pid$i=$dialled"
	wait_for sh -c "[ \$(grep -c '^ev:open' out) = $i ]"
done
dial bob
wait_for recorded 'user:bob'
dial alice
# shellcheck disable=SC2154 # by eval
ok "the newest stay, the oldest goes" wait_for gone "$pid1"
ok "and it is told why" wait_for recorded \
	'^ev:close	conn:n\.0\.[0-9]*	user:alice	.*	why:superseded	'
# shellcheck disable=SC2154
not_ok "the second stays" gone "$pid2"
is "nobody else goes" "$(grep -c '^ev:close' out)" 1

# No secrets -------------------------------------------------------------------

like "no core is written" "$(grep 'core file' "/proc/$listen/limits")" \
	'^Max core file size  *0  *0 '
done_testing
