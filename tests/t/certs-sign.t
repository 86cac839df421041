#!/bin/sh
# ots-certs sign: the policy of marti-http 2.5, with requests of openssl(1).
. "${0%/*}/lib.sh"
OTS_CA_FOLDER=$tmp/ca
export OTS_CA_FOLDER
unset OTS_CA_NAME OTS_CA_ORGANIZATION OTS_CA_ORGANIZATIONAL_UNIT

ots-certs init --org Example --unit TAK --key p256 >/dev/null ||
	skip_all "no CA: ots-certs init fails"

# request SUBJECT [ARG ...]: $tmp/csr, with a key on P-256 or as the args say.
request()
{
	subject=$1
	shift
	[ $# -gt 0 ] || set -- -newkey ec -pkeyopt ec_paramgen_curve:P-256
	openssl req -new -nodes -keyout "$tmp/key" -subj "$subject" \
		-out "$tmp/csr" "$@" 2>"$tmp/openssl" || diag "$(cat "$tmp/openssl")"
}

# sign [ARG ...] <CSR: the chain in $tmp/chain.
sign()
{
	timeout --foreground -k 5 60 ots-certs sign "$@" >"$tmp/chain" \
		2>"$tmp/err"
}

# refused NAME REASON [ARG ...]: $tmp/csr is not signed.
refused()
{
	name=$1
	reason=$2
	shift 2
	before=$(cat "$OTS_CA_FOLDER/ledger")
	sign "$@" <"$tmp/csr"
	is "$name: refused" $? 1
	like "$name: why" "$(cat "$tmp/err")" "refused: .*$reason"
	is "$name: nothing is given out" "$(cat "$tmp/chain")" ""
	is "$name: nor recorded" "$(cat "$OTS_CA_FOLDER/ledger")" "$before"
}

subject_of()
{
	openssl x509 -in "$tmp/chain" -noout -subject -nameopt RFC2253
}

# As ATAK orders the names, as NT does, and a script's CN alone.
for subject in /CN=alice/O=Example/OU=TAK /O=Example/OU=TAK/CN=alice \
	/OU=tak/CN=alice/O=EXAMPLE /CN=alice; do
	request "$subject"
	ok "$subject is signed" sign --user alice <"$tmp/csr"
	is "$subject: the subject is ours" "$(subject_of)" \
		"subject=CN=alice,OU=TAK,O=Example"
	is "$subject: certificate, issuing CA and root" \
		"$(grep -c BEGIN "$tmp/chain")" 3
	ok "$subject: it verifies" openssl verify -purpose sslclient \
		-CAfile "$OTS_CA_FOLDER/ca.pem" "$tmp/chain" >"$tmp/out"
	is "$subject: it is of the key" \
		"$(openssl pkey -in "$tmp/key" -pubout)" \
		"$(openssl x509 -in "$tmp/chain" -noout -pubkey)"
done

# What the request asks for beyond its name and key counts for nothing.
request /CN=alice -newkey rsa:2048 \
	-addext 'basicConstraints=critical,CA:TRUE' \
	-addext 'subjectAltName=DNS:tak.example.org' \
	-addext 'extendedKeyUsage=serverAuth'
ok "a request with extensions is signed" sign --uid ANDROID-1 <"$tmp/csr"
text=$(openssl x509 -in "$tmp/chain" -noout -text)
unlike "without them" "$text" 'CA:TRUE|DNS:|Server Authentication'
like "with those of a client" "$text" 'Client Authentication, challengePassword'
like "and the device" "$text" 'email:ANDROID-1'
like "the ledger has it" "$(cat "$OTS_CA_FOLDER/ledger")" 'uid:ANDROID-1'
ok "sign --no-channels --days" sign --no-channels --days 7 <"$tmp/csr"
unlike "no channels" "$(openssl x509 -in "$tmp/chain" -noout -text)" \
	'challengePassword'
not_ok "a week" openssl x509 -in "$tmp/chain" -noout -checkend 608400 \
	>/dev/null

# The forms that clients send.
request /CN=alice/O=Example/OU=TAK
openssl req -in "$tmp/csr" -outform DER -out "$tmp/der"
ok "DER" sign <"$tmp/der"
grep -v -e --- "$tmp/csr" >"$tmp/bare"
ok "base64 without banners" sign <"$tmp/bare"
sed 's/$/\r/' "$tmp/csr" >"$tmp/crlf"
ok "CRLF" sign <"$tmp/crlf"
sed 's/BEGIN C/BEGIN NEW C/; s/END C/END NEW C/' "$tmp/csr" >"$tmp/new"
ok "NEW CERTIFICATE REQUEST" sign <"$tmp/new"
ok "the name as the account spells it" sign --user ALICE <"$tmp/csr"
is "is the certificate's" "$(subject_of)" \
	"subject=CN=ALICE,OU=TAK,O=Example"

like "and is revoked as any other of alice" "$(ots-certs revoke Alice)" \
	'^ALICE: .* is revoked$'

refused "another user" "another user" --user bob
request /CN=alice/O=Other/OU=TAK
refused "another O" "other names"
request /CN=alice/O=Example/OU=TAK/L=Here
refused "a name more" "other names"
request /CN=alice/O=Example/O=Example
refused "a name twice" "twice"
request /CN=alice/CN=bob
refused "two users" "more than one CN"
request /O=Example/OU=TAK
refused "no user" "no CN"
request '/CN=al\/ice'
refused "a name that is a path" "not a user name"
request "/CN=a b"
refused "a name with a blank" "not a user name"
request "/CN=..."
refused "a hidden name" "not a user name"
request /CN=alice -newkey rsa:1024
refused "a short key" "2048"
request /CN=alice -newkey ec -pkeyopt ec_paramgen_curve:secp256k1
refused "another curve" "P-256"
request /CN=alice -newkey ed25519
refused "another kind of key" "neither RSA"
request /CN=alice
openssl req -in "$tmp/csr" -outform DER 2>/dev/null >"$tmp/der"
# The last byte is the signature's.
size=$(wc -c <"$tmp/der")
last=$(tail -c 1 "$tmp/der" | od -An -tu1)
{
	head -c $((size - 1)) "$tmp/der"
	printf %b "\\0$(printf %o $(((last + 1) % 256)))"
} >"$tmp/csr"
refused "a changed signature" "signature"
echo hello >"$tmp/csr"
refused "no request" "."
: >"$tmp/csr"
refused "nothing" "."
head -c 200000 /dev/zero | tr '\0' A >"$tmp/csr"
refused "too much" "64 KiB"
sign --user ../x <"$tmp/csr"
is "--user is looked at, too" $? 100
done_testing
