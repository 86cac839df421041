#!/bin/sh
# ots-listen and its files: certificates and revocations change under it, and
# nobody is dropped but those whom it is about.
. "${0%/*}/lib.sh"
. "${0%/*}/tlslib.sh"
cd "$tmp" || exit 1

make_ca
DAYS=5 make_cert server server /CN=first
DAYS=100 make_cert second server /CN=second
for who in alice bob carol; do
	make_cert $who client
done
[ -s carol.pem ] || { diag "$(cat openssl)"; exit 1; }

# put FROM TO: replaced at once, as by a careful writer.
put()
{
	cp "$1" "$2.new" && mv "$2.new" "$2"
}

# shown: the subject of the certificate that is served now.
shown()
{
	openssl s_client -connect "127.0.0.1:$port" -cert alice.pem -key alice.key \
		-CAfile ca.pem </dev/null 2>/dev/null |
		sed -n 's/^subject=CN = //p'
}

# live NAME: what it says arrives.
live()
{
	talk "$1" "<event uid=\"live-$1\"/>"
	wait_for recorded "user:$1	.*uid=\"live-$1\""
}

reads()
{
	grep -c '^info ev=tls-read' log
}

# read_again N: the files were read N times.
read_again()
{
	[ "$(reads)" -ge "$1" ]
}

start_listen --tcp 127.0.0.1:0
like "an end that is near is told" "$(cat log)" \
	'^warn ev=cert-ends path=server\.pem days=[45]'
for who in alice bob carol; do
	dial $who -sess_out $who.session
	eval "$who=\$dialled"
	wait_for recorded "^ev:open.*user:$who"
done
bob_conn=$(sed -n 's/^ev:open	conn:\([^	]*\)	.*user:bob.*/\1/p' out)

# The server's certificate -----------------------------------------------------

is "the first certificate is served" "$(shown)" first
put second.key server.key
put second.pem server.pem
ok "a new one is read by itself" wait_for read_again 1
is "and served" "$(shown)" second
unlike "it says nothing of an end that is far" "$(tail -n 2 log)" cert-ends
echo garbage >garbage
put garbage server.pem
ok "garbage is refused by name" wait_for logged '^error ev=tls-bad why="server\.pem'
is "the old one is still served" "$(shown)" second
put second.pem server.pem
wait_for read_again 2
n=$(reads)
kill -HUP "$listen"
ok "SIGHUP reads them again" wait_for read_again $((n + 1))
for who in alice bob carol; do
	ok "$who is still there" live $who
done
is "nobody was dropped" \
	"$(grep -c '^ev:close.*user:\(bob\|carol\)' out)" 0

# Revocation -------------------------------------------------------------------

now_ms()
{
	date +%s%3N
}

revoke bob
start=$(now_ms)
crl crl.pem
# shellcheck disable=SC2154 # by eval
ok "the live session of a revoked certificate is hung up" \
	wait_for gone "$bob"
took=$(($(now_ms) - start))
ok "within a second ($took ms)" test $took -lt 1000
ok "and it is told why" wait_for recorded \
	"^ev:close	conn:$bob_conn	user:bob	serial:$(serial bob)	why:revoked	"
for who in alice carol; do
	talk $who '<event uid="after"/>'
	ok "$who is still there" wait_for recorded "user:$who	.*uid=\"after\""
done
like "the log says how many" "$(grep ev=tls-read log | tail -n 1)" 'revoked=1'

# not_in NAME ARG ...: it tries and is refused.
not_in()
{
	who=$1
	shift
	opens=$(grep -c "^ev:open.*user:$who" out)
	once "$who" "$@" && grep -q 'why="revoked certificate"' log &&
		[ "$(grep -c "^ev:open.*user:$who" out)" = "$opens" ]
}

ok "it does not come back" not_in bob
ok "not by its ticket either" not_in bob -sess_in bob.session
ok "not by TLS 1.2" not_in bob -tls1_2
kill "$carol"
dial carol -sess_in carol.session
ok "another's ticket still counts" wait_for logged 'user=carol .*resumed=1'
carol=$dialled
stop_listen
start_listen --tcp 127.0.0.1:0
ok "it does not come back after kill -9 and a start" not_in bob
dial carol
carol=$dialled
ok "others do" wait_for recorded '^ev:open.*user:carol'

revoke carol
crl_dir=$PWD/later
mkdir "$crl_dir"
crl "$crl_dir/crl.pem"
ln -s "$crl_dir/crl.pem" crl.link
mv crl.link crl.pem
ok "a list behind a link is read, too" wait_for gone "$carol"

# Lists that are late ----------------------------------------------------------

crl "$crl_dir/crl.pem" -crl_lastupdate 20250101000000Z \
	-crl_nextupdate 20250201000000Z
ok "a list past its next update is told of" wait_for logged '^warn ev=crl-old'
ok "and counts" not_in bob
dial alice
alice=$dialled
ok "others come in" wait_for recorded '^ev:open.*user:alice'

# Certificates that end --------------------------------------------------------

END=$(date -u -d '+4 seconds' +%Y%m%d%H%M%SZ) make_cert brief client
dial brief
brief=$dialled
ok "a certificate that ends soon comes in" wait_for recorded '^ev:open.*user:brief'
ok "and goes when it ends" wait_for gone "$brief"
ok "and it is told why" wait_for recorded '^ev:close.*user:brief.*why:expired'
not_ok "others stay" gone "$alice"
done_testing
