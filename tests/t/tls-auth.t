#!/bin/sh
# ots-listen and passwords: <auth> behind the TLS handshake, against a stand-in
# for ots-auth.
. "${0%/*}/lib.sh"
. "${0%/*}/tlslib.sh"
cd "$tmp" || exit 1

make_ca
make_cert server server
make_cert alice client
make_cert nameless client /O=nobody
[ -s nameless.pem ] || { diag "$(cat openssl)"; exit 1; }

right='right &amp; &lt;good&gt;'
event='<event uid="1"><point/></event>'

# doc USER PASSWORD
doc()
{
	printf '<?xml version="1.0"?>\n<auth><cot username="%s" password="%s" uid="A"/></auth>' \
		"$1" "$2"
}

start_auth()
{
	: >asked
	spawn perl "$TOP/tests/helper/authd.pl" auth.sock asked
	authd=$spawned
	wait_for test -S auth.sock
}

# says NAME TEXT [ARG ...]: connects, says it and stays: $dialled.
says()
{
	says_name=$1 text=$2
	shift 2
	dial "$says_name" "$@"
	talk "$says_name" "$text"
}

# What the log says of the client that `refused` was about. The end of one before
# it may be told behind it.
refusal()
{
	grep '^warn ev=refuse' log | sed -n "$((refusals + 1))p"
}

# refused NAME WHY WHO TEXT: hung up for that reason, and never told of
refused()
{
	name=$1 why=$2 who=$3 text=$4
	opens=$(grep -c '^ev:open' out)
	refusals=$(grep -c '^warn ev=refuse' log)
	says "$who" "$text"
	ok "$name: hung up" wait_for gone "$dialled"
	like "$name: the log says why" "$(refusal)" " why=\"?$why"
	is "$name: not told of" "$(grep -c '^ev:open' out)" "$opens"
}

# forgets PATTERN: the memory of ots-listen has it no more. A checker keeps copies
# of its own.
forgets()
{
	if [ -n "${SAN:-}" ] || ! head -c 0 "/proc/$listen/mem" 2>/dev/null; then
		skip 1 "the memory cannot be read"
		return
	fi
	perl -e 'open my $maps, "<", "/proc/$ARGV[0]/maps" or exit 2;
		open my $mem, "<", "/proc/$ARGV[0]/mem" or exit 2;
		binmode $mem;
		while (<$maps>) {
			my ($from, $to) = /^([0-9a-f]+)-([0-9a-f]+) rw/ or next;
			sysseek $mem, hex $from, 0 or next;
			my $n = hex($to) - hex($from);
			sysread($mem, my $b, $n) or next;
			exit 1 if $b =~ /$ARGV[1]/;
		}' "$listen" "$1"
	is "the memory does not keep $1" $? 0
}

# As needed --------------------------------------------------------------------

start_auth
start_listen --auth auth.sock --handshake-timeout 8
ok "it calls ots-auth" wait_for grep -q connected asked
says nameless "$(doc bob "$right")$event"
ok "name and password for a certificate without a name" \
	wait_for recorded '^ev:open.*user:bob'
like "the name is the user" "$(grep '^ev:open' out)" \
	"	user:bob	serial:$(serial nameless)	"
ok "what follows at once is not lost" wait_for recorded \
	'^ev:frame	conn:[^	]*	user:bob	.*	xml:<event uid="1">'
like "the peer is told" "$(cat asked)" '^name=bob peer=127\.0\.0\.1:[0-9]*$'
kill "$dialled"

dial nameless
for part in '<auth><cot username="ca' "rol\" password=\"$right\"/>" \
	"</auth>$event"; do
	talk nameless "$part"
	sleep 0.1
done
ok "in pieces" wait_for recorded '^ev:frame.*user:carol.*xml:<event uid="1">'
kill "$dialled"

says alice "$(doc alice SESAME-1)$event"
ok "a certificate with a name needs no password" \
	wait_for recorded '^ev:frame.*user:alice'
unlike "and its password is not asked about" "$(cat asked)" alice
kill "$dialled"

refused "a wrong password" 'wrong password' nameless "$(doc bob SESAME-2)$event"
like "and who it claims to be" "$(refusal)" ' claims=bob '
refused "something else" 'no password given' nameless "$event"
refused "no name in it" 'no password given' nameless \
	'<auth><cot password="SESAME-3"/></auth>'
refused "bytes below 0x20" '' nameless "$(doc 'a&#10;b' "$right")"

forgets 'SESAME|right &'

# Away -------------------------------------------------------------------------

kill "$authd"
wait_for logged '^warn ev=auth-away'
says nameless "$(doc dora "$right")$event"
not_ok "while ots-auth is away nobody comes in" \
	env WAIT_SECONDS=1 sh -c 'sleep 0.5; grep -q user:dora "$1"' sh out
start_auth
ok "when it is back they do" wait_for recorded '^ev:open.*user:dora'
ok "with what they said" wait_for recorded '^ev:frame.*user:dora'
kill "$dialled"
says nameless "$(doc die "$right")$event"
wait_for gone "$authd"
start_auth
ok "a question that it died of is asked again" wait_for grep -q name=die asked
kill "$dialled"
stop_listen

start_auth
start_listen --auth auth.sock --handshake-timeout 0.5
wait_for grep -q connected asked
refused "no answer in time" 'no answer of ots-auth in time' nameless \
	"$(doc slow SESAME-4)"
refused "no password in time" 'no password in time' nameless '<auth>'
stop_listen

# Always, never ----------------------------------------------------------------

start_auth
start_listen --auth auth.sock --password always
says alice "$(doc alice "$right")$event"
ok "always: with certificate and password" wait_for recorded '^ev:open.*user:alice'
kill "$dialled"
refused "always: another's name" 'name and certificate differ' alice \
	"$(doc bob "$right")$event"
refused "always: a wrong password" 'wrong password' alice "$(doc alice SESAME-5)"
refused "always: none" 'no password given' alice "$event"
stop_listen
start_listen --auth auth.sock --password never
opens=$(grep -c '^ev:open' out)
dial nameless
ok "never: a certificate without a name is refused" wait_for gone "$dialled"
says alice "$(doc bob SESAME-6)$event"
ok "never: one with a name is not asked" wait_for recorded '^ev:frame.*user:alice'
cat out log asked >>all

# Secrets ----------------------------------------------------------------------

forgets SESAME
unlike "no password is in a record or in a log" "$(cat all out log asked)" \
	'SESAME|right &'
done_testing
