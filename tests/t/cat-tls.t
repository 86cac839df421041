#!/bin/sh
# ots-cat over TLS, against openssl(1) in the part of a TAK server.
. "${0%/*}/lib.sh"

e1='<event uid="1"><point/></event>'
e2='<event uid="2"><point/></event>'
cd "$tmp" || exit 1
printf '%s%s' "$e1" "$e2" >two
: >none

# Certificates -----------------------------------------------------------------

{
	# make_ca NAME, make_cert NAME CA CN EXTENSIONS...
	make_ca()
	{
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
			-keyout "$1.key" -out "$1.pem" -days 2 -subj "/CN=$1" \
			-addext basicConstraints=critical,CA:TRUE
	}
	make_cert()
	{
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
			-keyout "$1.key" -out "$1.csr" -subj "/CN=$3"
		printf '%s\n' "$4" >"$1.ext"
		openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" \
			-CAcreateserial -days 2 -out "$1.pem" -extfile "$1.ext"
	}
	make_ca ca
	make_ca other
	make_cert server ca tak.example subjectAltName=IP:127.0.0.1
	make_cert elsewhere ca else.example subjectAltName=DNS:else.example
	make_cert alice ca alice extendedKeyUsage=clientAuth
	make_cert eve other eve extendedKeyUsage=clientAuth
	for who in alice eve; do
		openssl pkcs12 -export -in $who.pem -inkey $who.key -certfile ca.pem \
			-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1 \
			-passout pass:atakatak -out $who.p12
	done
	openssl pkcs12 -export -in alice.pem -inkey alice.key -certfile ca.pem \
		-passout pass:secret -out secret.p12
	openssl pkcs12 -export -legacy -in alice.pem -inkey alice.key \
		-certfile ca.pem -passout pass:atakatak -out old.p12 || :
} >"$tmp/openssl" 2>&1
[ -s secret.p12 ] || { diag "$(cat openssl)"; exit 1; }

# A server ---------------------------------------------------------------------

bound_port()
{
	port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' "$tmp/got")
	[ -n "$port" ]
}

# serve [ARG ...]: for one connection. What is written to descriptor 7 goes to
# the client, and when that is closed the connection is; $at is the address,
# $tmp/got what came, among what openssl says.
serve()
{
	exec 7>&-
	rm -f got fifo
	mkfifo fifo
	exec 7<>fifo
	# shellcheck disable=SC2016 # for the inner shell
	spawn sh -c 'exec openssl s_server "$@" <fifo' sh -accept 127.0.0.1:0 \
		-naccept 1 -CAfile ca.pem -cert server.pem -key server.key \
		-Verify 4 -verify_return_error "$@" >got 2>serve 7>&-
	wait_for bound_port || diag "$(cat serve)"
	at=127.0.0.1:$port
}

# cat_tls [ARG ...]: ots-cat at $at; $tmp/out, $tmp/err, $rc.
cat_tls()
{
	timeout --foreground -k 5 30 ots-cat "$@" "tls://$at" >out 2>err 7>&-
	rc=$?
}

# got TEXT: the server has got it.
got()
{
	wait_for grep -qF -e "$1" "$tmp/got"
}

# Both ways --------------------------------------------------------------------

for version in tls1_2 tls1_3; do
	serve -$version
	cat two >&7
	cat_tls --p12 alice.p12 -c 2 <"$TOP/tests/data/hello.cot"
	is "$version: events come" "$(cat out)" "$e1
$e2"
	is "$version: that is the end" "$rc" 0 || diag "$(cat err)"
	ok "$version: events go" got '<event version="2.0" uid="hello-1"'
	ok "$version: to their last byte" got '</event>'
done

serve
cat two >&7
cat_tls --cert alice.pem --key alice.key --ca ca.pem -f record -c 2 <none
is "with PEM files" "$rc" 0 || diag "$(cat err)"
like "records say how they came" "$(cat out)" \
	"^ev:frame	t:[0-9]{16}	via:tls	peer:$at	xml:<event uid=\"2\">"

serve
cat_tls --p12 alice.p12 -v -w 0 <two
is "-w 0 ends when all is sent" "$rc" 0 || diag "$(cat err)"
ok "which it is" got "$e1$e2"
like "-v tells of the server" "$(cat err)" 'ev=debug tls=TLSv1.3 cipher=TLS_[A-Z0-9_]+ server=tak.example serial=[0-9a-f]+ until=20[0-9T:.-]+Z$'

serve
cat two >&7
timeout --foreground -k 5 30 ots-cat --p12 alice.p12 -c 2 "$at:ssl" <none \
	>out 7>&-
is "as TAK clients write it" $? 0
serve
cat two >&7
timeout --foreground -k 5 30 ots-cat --p12 alice.p12 -c 2 \
	"ssl://localhost:$port" <none >out 7>&-
is "or others" $? 0

serve
timeout --foreground -k 5 20 ots-cat --p12 alice.p12 -a Bert -u U-1 -i 0.05 \
	"tls://$at" <none >out 2>err 7>&- &
cat=$!
seen()
{
	[ "$(grep -o 'uid="U-1"' "$tmp/got" | wc -l)" -ge 3 ]
}
ok "a person is on the map" wait_for seen
kill -TERM "$cat"
wait "$cat"
is "until SIGTERM" $? 0

# Much in both directions at once.
yes "$e1" | head -n 100000 >many
serve
cat many >&7 &
writer=$!
cat_tls --p12 alice.p12 -c 100000 <many
wait "$writer"
ok "100,000 events came" cmp -s out many || diag "$(cat err)"
serve
cat_tls --p12 alice.p12 -w 0 <many
wait_for gone "$spawned"
is "100,000 events went" "$(sed 's/<event/\n&/g' got | grep -c '^<event')" 100000

# Ends -------------------------------------------------------------------------

# shaken_hands: openssl must not have anything to send before.
shaken_hands()
{
	wait_for grep -q 'CIPHER is' "$tmp/got"
}

serve
timeout --foreground -k 5 30 ots-cat --p12 alice.p12 "tls://$at" <none >out \
	2>err 7>&- &
waiter=$!
shaken_hands
cat two >&7
ok "what was sent before a close" wait_for grep -q 'uid="2"' out
exec 7>&-
wait "$waiter"
is "a server that closes after the end is no failure" $? 0 || diag "$(cat err)"
serve
timeout --foreground -k 5 30 ots-cat --p12 alice.p12 -c 3 "tls://$at" <none >out \
	2>err 7>&- &
waiter=$!
shaken_hands
exec 7>&-
wait "$waiter"
is "one that closes too early is" $? 1
like "and it is said" "$(cat err)" "$at closed the connection"

# Passwords --------------------------------------------------------------------

echo secret >secret
serve
cat_tls --p12 secret.p12 --password-fd 8 -w 0 <two 8<secret
is "another password of the file" "$rc" 0 || diag "$(cat err)"
cat_tls --p12 secret.p12 <none
is "a wrong one is for a human" "$rc" 100
like "who is told" "$(cat err)" 'secret.p12: wrong password'
cat_tls --p12 ca.pem <none
like "what is no such file" "$(cat err)" 'ca.pem: not a PKCS#12 file'
cat_tls --p12 nothing.p12 <none
like "what is not there" "$(cat err)" 'nothing.p12: No such file'
if [ -s old.p12 ]; then
	serve
	cat_tls --p12 old.p12 -w 0 <two
	is "a file with old ciphers" "$rc" 0 || diag "$(cat err)"
else
	skip 1 "OpenSSL has no old ciphers here"
fi

# Two secrets on one descriptor.
printf 'secret\np<w&d\n' >secret
serve
cat_tls --p12 secret.p12 --password-fd 8 --user 'al"ice' --login-fd 8 -u U-7 \
	-w 0 <two 8<secret
is "with a login" "$rc" 0 || diag "$(cat err)"
ok "it is said first, and escaped" got "<auth><cot username=\"al&quot;ice\" password=\"p&lt;w&amp;d\" uid=\"U-7\"/></auth>$e1"

# Trust ------------------------------------------------------------------------

serve
cat_tls --p12 alice.p12 --ca other.pem <none
is "a server of another CA" "$rc" 100
like "is not trusted" "$(cat err)" "$at: .*unknown CA"
serve
cat_tls --p12 alice.p12 --ca other.pem --no-verify -w 0 <two
is "unless nobody cares" "$rc" 0 || diag "$(cat err)"
serve -cert elsewhere.pem -key elsewhere.key
cat_tls --p12 alice.p12 -w 0 <two
is "names are not checked" "$rc" 0 || diag "$(cat err)"
serve -cert elsewhere.pem -key elsewhere.key
cat_tls --p12 alice.p12 --check-name <none
is "unless asked for" "$rc" 100
like "and it is said" "$(cat err)" 'wrong name'
serve
cat_tls --p12 alice.p12 --check-name -w 0 <two
is "an address is a name, too" "$rc" 0 || diag "$(cat err)"

# The CAs of the system sign for everybody: then the name is all that counts.
public()
{
	SSL_CERT_FILE=$tmp/ca.pem
	export SSL_CERT_FILE
	cat_tls --cert alice.pem --key alice.key "$@"
	unset SSL_CERT_FILE
}
serve
public -w 0 <two
is "a publicly trusted server" "$rc" 0 || diag "$(cat err)"
serve -cert elsewhere.pem -key elsewhere.key
public <none
is "that of another host" "$rc" 100
like "is not ours" "$(cat err)" 'wrong name.*--ca'
serve -cert elsewhere.pem -key elsewhere.key
public --ca ca.pem -w 0 <two
is "unless we know the CA ourselves" "$rc" 0 || diag "$(cat err)"

for version in tls1_2 tls1_3; do
	serve -$version
	cat_tls --p12 eve.p12 -w 0 <two
	is "$version: who is not let in" "$rc" 100
	like "$version: hears why" "$(cat err)" \
		"$at did not accept our certificate: unknown CA"
	serve -$version
	cat_tls --ca ca.pem <two
	is "$version: nor is a nobody" "$rc" 100
	like "$version: who hears it, too" "$(cat err)" \
		"$at did not accept us without a certificate"
done

# What is no TLS ---------------------------------------------------------------

# peer SEND_FILE [close]: plain TCP.
peer()
{
	rm -f port
	spawn perl "$TOP/tests/helper/peer.pl" "$tmp/port" "$1" "$tmp/plain" \
		${2+"$2"}
	wait_for test -s port
	at=127.0.0.1:$(cat port)
}
peer two
cat_tls --p12 alice.p12 <none
is "a plain port" "$rc" 100
like "is seen" "$(cat err)" "$at does not speak TLS"
peer none close
cat_tls --p12 alice.p12 <none
is "a port that closes is temporary" "$rc" 111
peer none
cat_tls --p12 alice.p12 -t 0.2 <none
is "a silent one, until the timeout" "$rc" 1

# A server of ours -------------------------------------------------------------

ots-certs --ca ourca init --key p256 --client-key p256 >certs 2>&1 &&
	ots-certs --ca ourca server localhost >>certs 2>&1 &&
	ots-certs --ca ourca client ann bob >>certs 2>&1 &&
	ots-certs --ca ourca p12 --out ann.p12 ann >>certs 2>&1 &&
	ots-certs --ca ourca p12 --out bob.p12 bob >>certs 2>&1
is "ots-certs makes certificates" $? 0 || diag "$(cat certs)"
start_line --tls 127.0.0.1:0 --cert "$tmp/ourca/servers/localhost/cert.pem" \
	--key "$tmp/ourca/servers/localhost/key.pem" --ca "$tmp/ourca/ca.pem" \
	--crl "$tmp/ourca/crl.pem"
at=localhost:$(sed -n 's/.* ev=listen via=tls addr=.*:\([0-9]*\)$/\1/p' \
	line/listen.log)
: >ready
exec 8>ready
timeout --foreground -k 5 30 ots-cat --p12 ann.p12 --check-name -c 1 -d 8 \
	-t 20 "tls://$at" <none >ann 2>ann.err 7>&- &
ann=$!
ok "Ann is there" wait_for test -s ready
exec 8>&-
# Her connection is known to the route when the event of Bob comes behind it.
wait_for grep -q 'ev=accept .* user=ann ' line/listen.log
cat_tls --p12 bob.p12 -w 0 <"$TOP/tests/data/hello.cot"
is "Bob says something" "$rc" 0 || diag "$(cat err)"
wait "$ann"
is "Ann gets it" $? 0 || diag "$(cat ann.err line/listen.log)"
like "all of it" "$(cat ann)" '^<event .*uid="hello-1".*</event>$'

ots-certs --ca ourca revoke ann >>certs 2>&1
is "Ann is revoked" $? 0 || diag "$(cat certs)"
wait_for grep -q 'ev=tls-read' line/listen.log
cat_tls --p12 ann.p12 -w 0 <two
is "and hears it" "$rc" 100
like "with the reason" "$(cat err)" \
	'did not accept our certificate: revoked certificate'

# Usage ------------------------------------------------------------------------

at=127.0.0.1:1
for bad in "--cert alice.pem" "--key alice.key" "--user u" "--login-fd 8" \
	"--p12 alice.p12 --cert alice.pem --key alice.key" "--password-fd 8" \
	"--check-name --no-verify" "--ca nothing.pem" \
	"--cert alice.pem --key server.key" "--p12 alice.p12 -l"; do
	# shellcheck disable=SC2086 # several arguments
	cat_tls $bad <none
	is "wrong: ots-cat $bad" "$rc" 100
done
timeout --foreground -k 5 30 ots-cat --ca ca.pem tcp://127.0.0.1:1 <none 2>err
is "TLS options are for TLS" $? 100
cat_tls --p12 alice.p12 -n </dev/null
is "-n reads the files, and connects to nobody" "$rc" 0
done_testing
