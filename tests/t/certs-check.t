#!/bin/sh
# ots-certs check: servers of openssl with one fault each, and what is said.
. "${0%/*}/lib.sh"
umask 077
cd "$tmp" || exit 1
none=$tmp/no-ca

# --- a CA, certificates good and bad, all by openssl ---
cat >cnf <<'END'
[ca]
default_ca = own
[own]
database = index
new_certs_dir = .
serial = serial
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[ca_ext]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[good]
extendedKeyUsage = serverAuth,clientAuth
subjectAltName = DNS:localhost,IP:127.0.0.1
[other]
extendedKeyUsage = serverAuth
subjectAltName = DNS:other.example.org
[client]
extendedKeyUsage = clientAuth
subjectAltName = DNS:localhost,IP:127.0.0.1
END
: >index
echo 1000 >serial
mkdir enroll
date_at()
{
	date -u -d "$1" +%Y%m%d%H%M%SZ
}
key()
{
	openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
}
root()
{
	key "$1"
	openssl req -x509 -new -key "$1.key" -subj "/CN=$2" -days 3650 \
		-config cnf -extensions ca_ext -out "$1.pem" 2>/dev/null ||
		openssl req -x509 -new -key "$1.key" -subj "/CN=$2" -days 3650 \
			-out "$1.pem"
}
# issue NAME CN EXTENSIONS CA FROM UNTIL [KEY]
issue()
{
	[ -s "$1.key" ] || key "$1"
	openssl req -new -key "$1.key" -subj "/CN=$2" -out "$1.csr"
	openssl ca -batch -notext -config cnf -extensions "$3" -cert "$4.pem" \
		-keyfile "$4.key" -startdate "$(date_at "$5")" \
		-enddate "$(date_at "$6")" -in "$1.csr" -out "$1.pem" 2>>ca.log
}
root ca 'Our CA'
root alien 'Another CA'
issue good good good ca '2 days ago' '100 days'
issue soon soon good ca '2 days ago' '6 days 12 hours'
issue expired expired good ca '20 days ago' '3 days ago'
issue early early good ca '5 days' '100 days'
issue other other other ca '2 days ago' '100 days'
issue foreign foreign good alien '2 days ago' '100 days'
issue use use client ca '2 days ago' '100 days'
openssl genrsa -out weak.key 1024 2>/dev/null
issue weak weak good ca '2 days ago' '100 days'
issue alice alice client ca '2 days ago' '100 days'
issue mallory alice client alien '2 days ago' '100 days'
p12()
{
	openssl pkcs12 -export -inkey "$1.key" -in "$1.pem" -certfile ca.pem \
		-passout pass:atakatak -out "$2" -certpbe "$3" -keypbe "$3" \
		-macalg "$4"
}
p12 alice alice.p12 PBE-SHA1-3DES sha1
p12 alice new.p12 AES-256-CBC sha256
p12 mallory mallory.p12 PBE-SHA1-3DES sha1

# serve NAME [ARG ...]: a server with that certificate; sets $port.
bound()
{
	port=$(sed -n 's/^ACCEPT.*:\([0-9]*\)$/\1/p' "$1")
	[ -n "$port" ]
}
serve()
{
	name=$1
	shift
	: >"$name.log"
	spawn openssl s_server -accept 127.0.0.1:0 -cert "$name.pem" \
		-key "$name.key" "$@" </dev/null >"$name.log" 2>&1
	wait_for bound "$name.log" || diag "no server: $(cat "$name.log")"
}
# The same with clients: it asks for their certificates and, as a TAK server,
# speaks first.
serve_clients()
{
	name=$1
	shift
	: >"$name.log"
	# shellcheck disable=SC2016 # for the inner shell
	spawn sh -c 'name=$1; shift
		while echo x; do sleep 0.1; done |
		openssl s_server -accept 127.0.0.1:0 -cert "$name.pem" \
			-key "$name.key" -Verify 3 -verify_return_error "$@"' \
		sh "$name" "$@" </dev/null >"$name.log" 2>&1
	wait_for bound "$name.log" || diag "no server: $(cat "$name.log")"
}
check()
{
	timeout --foreground -k 5 60 ots-certs check --timeout 10 "$@"
}
# judge NAME CODE ARG ...: what check says of 127.0.0.1:$port, in $out.
judge()
{
	name=$1
	want=$2
	shift 2
	out=$(check --enroll-port 0 "$@" "127.0.0.1:$port" 2>&1)
	is "$name" $? "$want" || diag "$out"
}

# --- the stream ---
serve good -www
judge "a good server is good" 0 --ca ca.pem
is "each step is told" "$(echo "$out" | sed 's/: .*//; s/ [0-9][0-9]* / PORT /')" \
	"ok   resolve
ok   PORT connect
ok   PORT tls
ok   PORT dates
ok   ca-dates
ok   PORT key
ok   PORT name
ok   PORT chain
ok   PORT verify
note PORT client"
good=$port
out=$(check --enroll-port 0 --ca ca.pem "localhost:$port" 2>&1)
is "by name, too" $? 0 || diag "$out"
judge "a number of days" 1 --ca ca.pem --days 120
like "what expires within them is told" "$out" \
	'^warn [0-9]+ dates: .* expires in (99|100) days'

# fault NAME EXTRA PATTERN: a server with that certificate, what is said.
fault()
{
	serve "$1" -www
	judge "a server with a fault fails: $1" 1 --ca ca.pem
	like "it is named: $1" "$out" "$2"
	is "and no other: $1" "$(echo "$out" | grep -c '^FAIL\|^warn')" 1 ||
		diag "$out"
}
fault expired '^FAIL [0-9]+ dates: expired: .* ended [23] days ago.*all clients'
fault early '^FAIL [0-9]+ dates: .* not valid yet: it begins in 1[12][0-9] hours'
fault soon '^warn [0-9]+ dates: the server.s certificate expires in 6 days'
fault other '^FAIL [0-9]+ name: wrong name: .*DNS:other\.example\.org, not for 127\.0\.0\.1.*\[clients that check names\]'
fault foreign '^FAIL [0-9]+ chain: unknown CA: .*Another CA.*all clients'
fault use '^FAIL [0-9]+ use: .*not for servers'
# A server that has had enough after the first two connections.
serve good -www -naccept 2
judge "a server that stops" 1 --ca ca.pem
like "nothing that was not shown is accepted" "$out" \
	'FAIL [0-9]* verify: no second connection: '
serve weak -www -cipher DEFAULT@SECLEVEL=0
judge "a server with a fault fails: weak" 1 --ca ca.pem
like "it is named: weak" "$out" '^FAIL [0-9]+ key: weak key: RSA 1024'

# No server at all, and one that is none.
port=1
judge "nobody listens" 1 --ca ca.pem
like "it is named" "$out" '^FAIL 1 connect: 127\.0\.0\.1:1: Connection refused'
out=$(check --enroll-port 0 no-such-name.invalid 2>&1)
is "a name that there is not" $? 1
like "it is named" "$out" '^FAIL resolve: no-such-name\.invalid: .*\[all clients\]'
# silent.py FILE [TEXT]: takes connections, says TEXT and nothing more.
cat >silent.py <<'END'
import socket, sys
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(8)
print("ACCEPT 127.0.0.1:%d" % s.getsockname()[1], flush=True)
keep = []
while True:
    c = s.accept()[0]
    c.sendall(sys.argv[1].encode())
    keep.append(c)
END
spawn python3 silent.py '' </dev/null >silent.log 2>&1
wait_for bound silent.log
before=$(date +%s)
judge "a server that is silent" 1 --ca ca.pem --timeout 1
like "it is named" "$out" '^FAIL [0-9]+ tls: no handshake: no answer in time'
ok "and no step waits longer" test $(($(date +%s) - before)) -lt 20
spawn python3 silent.py '<event version="2.0"/>' </dev/null >tcp.log 2>&1
wait_for bound tcp.log
judge "a port for TCP" 1 --ca ca.pem
like "it is named" "$out" '^FAIL [0-9]+ tls: what answers does not speak TLS: is it the port for TCP'

# --- clients ---
serve_clients good -CAfile ca.pem
judge "a client is let in" 0 --ca ca.pem --p12 alice.p12
like "it is told" "$out" '^ok   [0-9]+ client: the server lets alice in'
like "as is its file" "$out" '^ok   p12: alice\.p12: every client can read it'
judge "a client without --ca trusts whom its file names" 0 --p12 alice.p12
like "it is told" "$out" '^ok   [0-9]+ chain: '
judge "a client of another CA is refused" 1 --ca ca.pem --p12 mallory.p12
like "it is named" "$out" '^FAIL [0-9]+ client: the server refuses the certificate of alice: alert: '
judge "a file that ATAK cannot read" 1 --ca ca.pem --p12 new.p12
like "it is named" "$out" '^FAIL p12: new\.p12: .*PBES2.*ATAK'
printf 'wrong\n' >pw
judge "a wrong password" 100 --ca ca.pem --p12 alice.p12 --password-fd 3 3<pw
serve_clients other -CAfile ca.pem -tls1_2
judge "TLS 1.2: a client of another CA is refused" 1 --ca ca.pem \
	--p12 mallory.p12
like "it is named" "$out" '^FAIL [0-9]+ client: the server refuses .*alert: '

# A folder of our own CA: CRL and --user.
own=$tmp/own
mine()
{
	timeout --foreground -k 5 60 ots-certs --ca "$own" "$@"
}
mine init --key p256 --client-key p256 >/dev/null
mine server localhost 127.0.0.1 >/dev/null
mine client bob carol >/dev/null
cp "$own/servers/localhost/cert.pem" own.pem
cp "$own/servers/localhost/key.pem" own.key
serve_clients own -cert_chain own.pem -CAfile "$own/ca.pem"
judge "a user of the CA's folder" 0 --ca "$own" --user bob
like "is let in" "$out" '^ok   [0-9]+ client: the server lets bob in'
like "is not revoked" "$out" '^ok   crl: 0 revoked, the client.s certificate is not'
like "root and issuing CA are found" "$out" '^ok   [0-9]+ chain: '
mine revoke carol >/dev/null 2>&1
judge "a user who is revoked" 1 --ca "$own" --user carol
like "it is named" "$out" '^FAIL crl: .* is revoked'
judge "a user of another CA" 1 --ca "$own" --p12 alice.p12
like "it is named" "$out" '^FAIL crl: .* another CA'
judge "a user without a certificate" 100 --ca "$own" --user dave
like "how to get one" "$out" 'ots-certs client dave'

# --- enrollment ---
# The port that enrolls, by files of openssl's own small server.
mkdir -p Marti/api/tls
echo '<ns2:certificateConfig xmlns:ns2="com.bbn.marti.config"/>' \
	>Marti/api/tls/config
cp good.pem e1.pem
cp good.key e1.key
serve e1 -WWW
enroll=$port
out=$(check --ca ca.pem --enroll-port "$enroll" "127.0.0.1:$good" 2>&1)
is "enrollment with an own CA fails for some" $? 1
like "it says for whom" "$out" \
	"^FAIL $enroll chain: own CA: .*\\[ATAK, iTAK, CloudTAK\\]"
like "the rest of it is good: name" "$out" "^ok   $enroll name: "
like "the rest of it is good: answer" "$out" "^ok   $enroll enroll: the server answers"
# A system that trusts this CA: then it is publicly trusted.
out=$(SSL_CERT_FILE=$tmp/ca.pem check --ca ca.pem --enroll-port "$enroll" \
	"127.0.0.1:$good" 2>&1)
is "enrollment with a public certificate" $? 0 || diag "$out"
like "it is told" "$out" "^ok   $enroll chain: the certificate is publicly"
cp other.pem e2.pem
cp other.key e2.key
serve e2 -WWW
out=$(SSL_CERT_FILE=$tmp/ca.pem check --ca ca.pem --enroll-port "$port" \
	"127.0.0.1:$good" 2>&1)
is "enrollment by another name fails" $? 1
like "it says for whom" "$out" \
	"^FAIL $port name: wrong name.*\\[ATAK, iTAK, CloudTAK\\]"
cp good.pem e3.pem
cp good.key e3.key
serve e3 -www
out=$(SSL_CERT_FILE=$tmp/ca.pem check --ca ca.pem --enroll-port "$port" \
	"127.0.0.1:$good" 2>&1)
is "another page fails" $? 1
like "it is named" "$out" "^FAIL $port enroll: .*ns2:certificateConfig"
out=$(check --ca ca.pem --enroll-port 1 "127.0.0.1:$good" 2>&1)
is "no enrollment is a warning" $? 0
like "which says who needs it" "$out" '^warn 1 connect: .*QR code.*iTAK'

# --- JSON ---
out=$(check --ca ca.pem --json --enroll-port 1 "127.0.0.1:$good" 2>&1)
is "JSON: one object a step" "$(echo "$out" | python3 -c '
import json, sys
rows = [json.loads(l) for l in sys.stdin]
assert all(set(r) >= {"step", "level", "text", "clients"} for r in rows)
print(len(rows), rows[0]["step"], rows[-1]["level"], rows[-1]["port"],
      *rows[-1]["clients"])')" "11 resolve warn 1 ATAK iTAK CloudTAK"

for bad in '' ':8089' 'h:0' 'h:x' '[::1' '[::1]x' 'a b'; do
	check --ca ca.pem "$bad" >/dev/null 2>&1
	is "not a target: \"$bad\"" $? 100
done
out=$(ots-certs --ca "$none" check --enroll-port 0 127.0.0.1:1 2>&1)
is "a CA that is not there" $? 100
done_testing
