#!/bin/sh
# ots-listen and who may come in, while that changes: between the handshake and
# the password, when a CA goes, when the folder of the revocations goes and
# comes back; and that whoever comes in is told of at once.
. "${0%/*}/lib.sh"
. "${0%/*}/tlslib.sh"
cd "$tmp" || exit 1

make_ca
make_ca_named other
make_ca_named third
make_cert server server
make_cert alice client
make_cert bob client
make_cert nameless client /O=nobody
make_cert dave client /CN=dave other
make_cert unnamed client /O=somebody other
[ -s unnamed.pem ] || { diag "$(cat openssl)"; exit 1; }

# put FILE TEXT...: replaced at once
put()
{
	to=$1
	shift
	cat "$@" >"$to.new" && mv "$to.new" "$to"
}

# opens USER: how many times it was told of
opens()
{
	grep -c "^ev:open.*user:$1	" out
}

# Told of at once --------------------------------------------------------------

# Nobody says anything, so no other traffic can push it out.
start_listen
bad=0
for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
	case $n in
	*[02468]) dial alice -sess_in alice.session ;;
	*3 | *7) dial alice -tls1_2 ;;
	*) dial alice -sess_out alice.session ;;
	esac
	# shellcheck disable=SC2016 # for the inner shell
	WAIT_SECONDS=5 wait_for sh -c \
		'[ "$(grep -c "^ev:open.*user:alice" out)" -ge "$1" ]' sh "$n" ||
		bad=$((bad + 1))
	kill "$dialled"
	wait_for gone "$dialled"
done
is "who comes in and is silent is told of at once" "$bad" 0
stop_listen

# A full house -----------------------------------------------------------------

start_listen --max-clients 1
dial alice
wait_for recorded '^ev:open.*user:alice'
once bob
ok "who finds no room is named" wait_for logged \
	"^warn ev=refuse .*user=bob serial=$(serial bob) why=--max-clients"

# The end ----------------------------------------------------------------------

stop_listen
start_listen
dial alice -msg
wait_for recorded '^ev:open.*user:alice'
kill "$listen"
wait_for gone "$listen"
ok "at the end clients are told goodbye" wait_for grep -q close_notify alice.got

# Between the handshake and the password ---------------------------------------

perl "$TOP/tests/helper/authd.pl" auth.sock asked &
children="$children $!"
wait_for test -S auth.sock
doc='<auth><cot username="bob" password="right &amp; &lt;good&gt;"/></auth>'

# shaken N: so many handshakes were made
shaken()
{
	kill -USR1 "$listen"
	sleep 0.1
	logged "ev=counters .* handshakes=$1 "
}

# told_why WHY: the last one was refused for that
told_why()
{
	logged "^warn ev=refuse .*why=\"$1\""
}

put cas.pem ca.pem other.pem
start_listen --ca cas.pem --auth auth.sock --handshake-timeout 60
dial nameless
ok "a certificate without a name is let in so far" wait_for shaken 1
revoke nameless
crl crl.pem
wait_for logged ev=tls-read
talk nameless "$doc"
ok "but not if it was revoked meanwhile" wait_for told_why 'revoked certificate'
is "and is not told of" "$(opens bob)" 0

# A CA goes --------------------------------------------------------------------

dial unnamed
ok "a certificate of another CA is let in so far" wait_for shaken 2
dial alice
alice=$dialled
dial dave
dave=$dialled
wait_for recorded '^ev:open.*user:alice'
wait_for recorded '^ev:open.*user:dave'
reads=$(grep -c ev=tls-read log)

# read_more N: the files were read N times more
read_more()
{
	[ "$(grep -c ev=tls-read log)" -ge $((reads + $1)) ]
}

put cas.pem third.pem other.pem ca.pem
wait_for read_more 1
is "one CA more: nobody is dropped" "$(grep -c '^ev:close.*ca-changed' out)" 0
put cas.pem ca.pem third.pem
ok "one CA less: who came by it goes" wait_for gone "$dave"
ok "and all are told why" wait_for recorded \
	'^ev:close.*user:dave.*why:ca-changed'
like "the log says how many" "$(wait_for read_more 2; grep ev=tls-read log |
	tail -n 1)" 'untrusted=2'
before=$(opens dave)
once dave
ok "it does not come back" wait_for told_why 'unknown CA'
is "and is not told of" "$(opens dave)" "$before"
wait_for gone "$alice"
dial alice
# shellcheck disable=SC2016 # for the inner shell
ok "the others do" wait_for sh -c \
	'[ "$(grep -c "^ev:open.*user:alice" out)" = 2 ]'
talk unnamed "$doc"
ok "nor does who was on his way" wait_for told_why \
	'the CAs have changed meanwhile'
is "and is not told of either" "$(opens bob)" 0
stop_listen

# A folder that goes and comes back --------------------------------------------

mkdir certs
crl certs/crl.pem
start_listen --crl certs/crl.pem
dial alice
alice=$dialled
wait_for recorded '^ev:open.*user:alice'
mv certs away
ok "files that are gone are told of" wait_for logged \
	'^error ev=tls-bad why="certs/crl.pem'
mkdir certs
revoke alice
sleep 0.5 # what was noticed of the folder is dealt with
crl certs/crl.pem
ok "when they are back they count" wait_for gone "$alice"
ok "and it is told why" wait_for recorded '^ev:close.*user:alice.*why:revoked'
is "it was said once" "$(grep -c ev=tls-bad log)" 1
done_testing
