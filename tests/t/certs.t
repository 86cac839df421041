#!/bin/sh
# ots-certs: what it makes, seen by openssl(1) and keytool(1).
. "${0%/*}/lib.sh"
OTS_CA_FOLDER=$tmp/ca
export OTS_CA_FOLDER
unset OTS_DATA_FOLDER OTS_CA_NAME OTS_CA_ORGANIZATION
unset OTS_CA_ORGANIZATIONAL_UNIT OTS_CA_EXPIRATION_TIME

# certs [ARG ...]: ots-certs with its messages in $tmp/err.
certs()
{
	timeout --foreground -k 5 60 ots-certs "$@" 2>"$tmp/err" </dev/null
}

# quiet COMMAND [ARG ...]
quiet()
{
	"$@" >/dev/null
}

# text FILE: the extensions of a certificate, a line each: name | value.
text()
{
	openssl x509 -in "$1" -noout -text | awk '
		/X509v3 extensions:/ { on = 1; next }
		/^    Signature Algorithm/ { on = 0 }
		on && /^            [^ ]/ {
			name = $0; sub(/^ */, "", name); sub(/: *$/, "", name)
			sub(/: critical$/, " (critical)", name); next }
		on { v = $0; sub(/^ */, "", v); sub(/ *$/, "", v)
			print name " | " v }' | sed 's/Identifier | .*/Identifier/'
}

# serial FILE: as the ledger writes it.
serial()
{
	openssl x509 -in "$1" -noout -serial |
		sed 's/.*=//;s/^0*//' | tr A-F a-f
}

mode_of()
{
	stat -c %a "$1"
}

verify()
{
	openssl verify -CAfile "$OTS_CA_FOLDER/ca.pem" "$@" >"$tmp/verify" 2>&1
}

# --- a folder that is no CA ---
certs list
is "list without a CA is refused" $? 100
like "and says what to do" "$(cat "$tmp/err")" 'ots-certs init'
quiet certs client alice
is "client without a CA is refused" $? 100
not_ok "no folder was made" test -e "$OTS_CA_FOLDER"

# --- extensions, chains, purposes: all kinds of CA ---
want_server='X509v3 Basic Constraints | CA:FALSE
X509v3 Key Usage (critical) | Digital Signature, Key Encipherment
X509v3 Extended Key Usage | TLS Web Client Authentication, TLS Web Server Authentication
X509v3 Subject Key Identifier
X509v3 Authority Key Identifier
X509v3 Subject Alternative Name | DNS:tak.example.org, IP Address:192.0.2.1'
want_client='X509v3 Basic Constraints | CA:FALSE
X509v3 Key Usage (critical) | Digital Signature, Key Encipherment
X509v3 Extended Key Usage | TLS Web Client Authentication, challengePassword
X509v3 Subject Key Identifier
X509v3 Authority Key Identifier'
want_ca='X509v3 Basic Constraints (critical) | CA:TRUE
X509v3 Key Usage (critical) | Certificate Sign, CRL Sign
X509v3 Subject Key Identifier
X509v3 Authority Key Identifier'
want_issuing=$(printf '%s\n' "$want_ca" | sed 's/CA:TRUE/CA:TRUE, pathlen:0/')

# kind NAME KEY [ARG ...]: a CA made with these options, and what it issues.
kind()
{
	kind=$1
	key=$2
	shift 2
	OTS_CA_FOLDER=$tmp/$kind
	ok "$kind: init" quiet certs init --name Test --key "$key" \
		--client-key "$key" "$@"
	ok "$kind: server" quiet certs server tak.example.org 192.0.2.1
	ok "$kind: client" quiet certs client alice
	server=$OTS_CA_FOLDER/servers/tak.example.org/cert.pem
	client=$OTS_CA_FOLDER/clients/alice/cert.pem
	is "$kind: extensions of a server" "$(text "$server")" "$want_server"
	is "$kind: extensions of a client" "$(text "$client")" "$want_client"
	ok "$kind: the server verifies as one" \
		verify -untrusted "$server" -purpose sslserver \
		-verify_hostname tak.example.org "$server"
	ok "$kind: by its address, too" verify -verify_ip 192.0.2.1 "$server"
	not_ok "$kind: but not by another name" \
		verify -verify_hostname other.example.org "$server"
	ok "$kind: the client verifies as one" \
		verify -purpose sslclient "$client"
	not_ok "$kind: and not as a server" verify -purpose sslserver "$client"
	ok "$kind: nobody is revoked" \
		verify -crl_check_all -CRLfile "$OTS_CA_FOLDER/crl.pem" "$client"
	is "$kind: the keys fit" \
		"$(openssl pkey -in "$OTS_CA_FOLDER/clients/alice/key.pem" -pubout)" \
		"$(openssl x509 -in "$client" -noout -pubkey)"
	is "$kind: the subject" "$(openssl x509 -in "$client" -noout -subject \
		-nameopt RFC2253)" "subject=CN=alice,OU=TAK,O=ots"
}
kind two-rsa rsa2048
is "the issuing CA stands first" "$(openssl x509 -in "$tmp/two-rsa/ca.pem" \
	-noout -subject -nameopt RFC2253)" "subject=CN=Test issuing,OU=TAK,O=ots"
is "extensions of the issuing CA" "$(text "$tmp/two-rsa/ca.pem")" "$want_issuing"
sed '1,/END/d' "$tmp/two-rsa/ca.pem" >"$tmp/root.pem"
is "extensions of the root" "$(text "$tmp/root.pem")" "$want_ca"
ok "the root alone is enough, with the chain of cert.pem" \
	openssl verify -CAfile "$tmp/root.pem" -untrusted "$server" "$server" \
	>/dev/null
kind single-p256 p256 --single
is "one certificate in ca.pem" "$(grep -c BEGIN "$tmp/single-p256/ca.pem")" 1
is "extensions of a single CA" "$(text "$tmp/single-p256/ca.pem")" "$want_ca"
like "on the curve" "$(openssl x509 -in "$client" -noout -text)" P-256

# --- times and serials ---
cert=$tmp/two-rsa/clients/alice/cert.pem
now=$(date +%s)
from=$(date -d "$(openssl x509 -in "$cert" -noout -startdate | sed 's/.*=//')" +%s)
until=$(date -d "$(openssl x509 -in "$cert" -noout -enddate | sed 's/.*=//')" +%s)
ok "valid from 12 hours ago" test $((now - from)) -ge 43200
ok "and not from much longer" test $((now - from)) -le 43500
is "for a year" $((until - from)) $((365 * 86400 + 43200))
like "a serial of 16 bytes" "$(serial "$cert")" '^[0-9a-f]{29,32}$'

# --- the folder ---
OTS_CA_FOLDER=$tmp/two-rsa
is "private" "$(mode_of "$OTS_CA_FOLDER/private")" 700
is "the CA's key" "$(mode_of "$OTS_CA_FOLDER/private/root.key")" 600
is "a client's folder" "$(mode_of "$OTS_CA_FOLDER/clients/alice")" 700
is "a server's key" \
	"$(mode_of "$OTS_CA_FOLDER/servers/tak.example.org/key.pem")" 600
for f in ca.pem crl.pem ledger settings servers/tak.example.org/cert.pem; do
	is "$f is public" "$(mode_of "$OTS_CA_FOLDER/$f")" 644
done
is "no file beside is left" "$(find "$OTS_CA_FOLDER" -name '.*.new')" ""

# --- again: nothing, or no ---
cp -R "$OTS_CA_FOLDER" "$tmp/before"
certs init
is "init refuses what is there" $? 100
ok "unless told that it may be" quiet certs init --if-missing
quiet certs server 192.0.2.1 TAK.example.org
is "a server's first name is its own" $? 0
ok "the same names again" quiet certs server tak.example.org 192.0.2.1
ok "in another order" quiet certs server tak.example.org 192.0.2.1 192.0.2.1
quiet certs server tak.example.org
is "other names are refused" $? 100
like "and said" "$(cat "$tmp/err")" '--renew'
ok "the same client again" quiet certs client alice
rm -rf "$OTS_CA_FOLDER/servers/192.0.2.1"
cp "$OTS_CA_FOLDER/ledger" "$tmp/before/ledger"
is "nothing has changed" "$(diff -r "$tmp/before" "$OTS_CA_FOLDER")" ""
for user in '' . -x 'a/b' '../x' 'a b' "$(printf 'a\nb')"; do
	certs client -- "$user"
	is "no user \"$(printf %s "$user" | tr '\n' ' ')\"" $? 100
done
for name in '' 'a b' '../x' 'a,DNS:b' '*.x.org'; do
	certs server -- "$name"
	is "no server \"$name\"" $? 100
done

# --- p12 ---
p12=$OTS_CA_FOLDER/clients/alice/alice.p12
is "p12 says where" "$(certs p12 alice)" "$p12"
info=$(openssl pkcs12 -in "$p12" -passin pass:atakatak -info -nokeys 2>&1)
like "a SHA-1 MAC" "$info" '^MAC: sha1, Iteration 2048$'
like "certificates by SHA1-3DES" "$info" \
	'Encrypted data: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048'
like "the key, too" "$info" \
	'Keybag: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048'
unlike "and nothing else" "$info" 'PBES2|RC2|sha256'
is "the certificate of the user is in it" "$(openssl pkcs12 -in "$p12" \
	-passin pass:atakatak -clcerts -nokeys 2>/dev/null |
	openssl x509 -noout -serial)" "$(openssl x509 -in "$cert" -noout -serial)"
like "by name" "$info" 'friendlyName: alice'
trust=$OTS_CA_FOLDER/clients/alice/truststore-root.p12
info=$(openssl pkcs12 -in "$trust" -passin pass:atakatak -info 2>&1)
like "the truststore has the root" "$info" 'friendlyName: Test$'
like "and the issuing CA" "$info" 'friendlyName: Test issuing$'
unlike "and no key" "$info" 'Keybag'
printf 'other\n' >"$tmp/password"
is "p12 --out" "$(certs p12 --out "$tmp/x.p12" --password-fd 3 alice \
	3<"$tmp/password")" "$tmp/x.p12"
ok "with another password" openssl pkcs12 -in "$tmp/x.p12" \
	-passin pass:other -noout
is "only for its owner" "$(mode_of "$tmp/x.p12")" 600
quiet certs p12 --password-fd 3 alice 3</dev/null
is "an empty password is refused" $? 100
if command -v keytool >/dev/null 2>&1; then
	like "keytool reads the key" "$(keytool -list -storetype PKCS12 \
		-keystore "$p12" -storepass atakatak 2>&1)" \
		'^alice, .*PrivateKeyEntry'
	is "keytool trusts both CAs" "$(keytool -list -storetype PKCS12 \
		-keystore "$trust" -storepass atakatak 2>&1 |
		grep -c trustedCertEntry)" 2
else
	skip 2 "no keytool"
fi

# --- list and show ---
ok "another client" quiet certs client --uid ANDROID-1 --no-channels --key p256 bob
list=$(certs list)
like "list: a heading" "$list" '^NAME +KIND +SERIAL +EXPIRES +DAYS +STATE$'
like "list: alice" "$list" "^alice +client +$(serial "$cert") .* 36[45] +valid$"
is "list: the CA only with --all" "$(certs list --all | grep -c ' Test')" 0
is "with --all it is there" "$(certs list --all | grep -c '^Test')" 2
is "list --json is JSON" "$(certs list --json | python3 -c '
import json, sys
print(*[json.loads(l)["name"] for l in sys.stdin])')" \
	"tak.example.org alice 192.0.2.1 bob"
ok "list --expiring finds" quiet certs list --expiring 365
quiet certs list --expiring 300
is "or does not" $? 1
show=$(certs show bob)
like "show: the key" "$show" '^key: +P-256$'
like "show: the device" "$show" '^device: +ANDROID-1$'
like "show: no channels" "$show" '^channels: +no$'
is "no challengePassword" "$(text "$OTS_CA_FOLDER/clients/bob/cert.pem" |
	grep Extended)" \
	"X509v3 Extended Key Usage | TLS Web Client Authentication"
is "show --pem by serial" "$(certs show --pem "$(openssl x509 -in "$cert" \
	-noout -serial | sed 's/.*=//')" | openssl x509 -noout -fingerprint)" \
	"$(openssl x509 -in "$cert" -noout -fingerprint)"
is "show --json" "$(certs show --json bob |
	python3 -c 'import json, sys; print(json.load(sys.stdin)["san"])')" \
	"email:ANDROID-1"
quiet certs show nobody
is "show of nobody" $? 1

# --- revoke ---
ok "bob again, on a second device" sh -c 'openssl req -new -newkey rsa:2048 \
	-nodes -keyout /dev/null -subj /CN=bob 2>/dev/null |
	ots-certs sign >"$1/bob2.pem"' sh "$tmp"
like "revoke says whom" "$(certs revoke --reason keyCompromise bob |
	sed 's/: .* is/ is/' | uniq -c)" '^ *2 bob is revoked$'
for f in "$OTS_CA_FOLDER/clients/bob/cert.pem" "$tmp/bob2.pem"; do
	not_ok "$f is refused" verify -crl_check_all \
		-CRLfile "$OTS_CA_FOLDER/crl.pem" "$f"
	like "since it is revoked" "$(cat "$tmp/verify")" 'certificate revoked'
done
ok "alice is not" verify -crl_check_all -CRLfile "$OTS_CA_FOLDER/crl.pem" \
	"$cert"
crl=$(openssl crl -in "$OTS_CA_FOLDER/crl.pem" -noout -text)
like "the reason" "$crl" 'Key Compromise'
number=$(openssl crl -in "$OTS_CA_FOLDER/crl.pem" -noout -crlnumber)
ok "revoke again does no harm" quiet certs revoke bob
is "and nothing else" "$number" \
	"$(openssl crl -in "$OTS_CA_FOLDER/crl.pem" -noout -crlnumber)"
quiet certs revoke nobody
is "revoke of nobody" $? 100
quiet certs revoke --reason because alice
is "no such reason" $? 100
quiet certs revoke "$(serial "$OTS_CA_FOLDER/ca.pem")"
is "the CA itself is not revoked" $? 100
like "list --all tells" "$(certs list --all)" '^bob .* revoked$'
unlike "list does not" "$(certs list)" '^bob '
ok "crl signs anew" quiet certs crl --days 3
isnt=$(openssl crl -in "$OTS_CA_FOLDER/crl.pem" -noout -crlnumber)
not_ok "with a new number" test "$number" = "$isnt"
# As if revoke had died before it wrote the list.
certs client carol >/dev/null
cp "$OTS_CA_FOLDER/crl.pem" "$tmp/old.crl"
certs revoke carol >/dev/null
cp "$tmp/old.crl" "$OTS_CA_FOLDER/crl.pem"
certs list >/dev/null
like "list misses the revocation" "$(cat "$tmp/err")" 'lacks a revocation'
ok "revoke again" quiet certs revoke carol
not_ok "puts it right" verify -crl_check_all \
	-CRLfile "$OTS_CA_FOLDER/crl.pem" "$OTS_CA_FOLDER/clients/carol/cert.pem"
old=$(openssl pkey -in "$OTS_CA_FOLDER/clients/carol/key.pem" -pubout)
ok "carol gets a new certificate" quiet certs client carol
not_ok "and a new key" test "$old" = \
	"$(openssl pkey -in "$OTS_CA_FOLDER/clients/carol/key.pem" -pubout)"
ok "which is good" verify -crl_check_all \
	-CRLfile "$OTS_CA_FOLDER/crl.pem" "$OTS_CA_FOLDER/clients/carol/cert.pem"

# --- renew ---
server=$OTS_CA_FOLDER/servers/tak.example.org
certs renew
is "nothing is to be renewed" $? 1
key=$(cat "$server/key.pem")
ok "renew what ends soon" quiet certs renew --within 3000 tak.example.org
is "keeps the key" "$(cat "$server/key.pem")" "$key"
is "and the names" "$(text "$server/cert.pem")" "$want_server"
first=$(serial "$server/cert.pem")
ok "renew with a new key" quiet certs renew --rekey tak.example.org
not_ok "it is new" test "$(cat "$server/key.pem")" = "$key"
not_ok "and so is the certificate" test "$(serial "$server/cert.pem")" = "$first"
is "they fit" "$(openssl pkey -in "$server/key.pem" -pubout)" \
	"$(openssl x509 -in "$server/cert.pem" -noout -pubkey)"
ok "server --renew changes the names" quiet certs server --renew tak.example.org
is "to these" "$(text "$server/cert.pem" | grep DNS)" \
	"X509v3 Subject Alternative Name | DNS:tak.example.org"
ok "a short life" quiet certs server --renew --days 20 tak.example.org
ok "is seen by renew" quiet certs renew
ok "for long" test "$(date -d "$(openssl x509 -in "$server/cert.pem" -noout \
	-enddate | sed 's/.*=//')" +%s)" -gt $((now + 700 * 86400))
certs renew
is "once" $? 1
ok "a user" quiet certs renew alice
quiet certs renew nobody
is "nobody" $? 100
# As if a renewal with a new key had died between its two files.
cp "$server/cert.pem" "$tmp/old-cert.pem"
certs renew --rekey tak.example.org >/dev/null
cp "$tmp/old-cert.pem" "$server/cert.pem"
ok "init --if-missing" quiet certs init --if-missing
is "puts the pair right" "$(openssl pkey -in "$server/key.pem" -pubout)" \
	"$(openssl x509 -in "$server/cert.pem" -noout -pubkey)"

# --- a writer that died in the middle of a line ---
printf 'ev:issued\tkind:client\tname:torn\tserial:1' >>"$OTS_CA_FOLDER/ledger"
ok "list reads a torn ledger" quiet certs list
is "without a word" "$(cat "$tmp/err")" ""
ok "the next writer" quiet certs client frank
is "cuts it off" "$(grep -c name:torn "$OTS_CA_FOLDER/ledger")" 0
like "and goes on" "$(certs list)" '^frank '
echo 'not a record' >>"$OTS_CA_FOLDER/ledger"
ok "a line that is none" quiet certs list
like "is warned of" "$(cat "$tmp/err")" 'ignored: "not a record'
sed -i '$d' "$OTS_CA_FOLDER/ledger"

# --- lock ---
(
	flock 9
	timeout --foreground -k 5 1 ots-certs client dave 2>/dev/null
	echo $? >"$tmp/locked"
	ots-certs list >/dev/null && echo read >>"$tmp/locked"
) 9>>"$OTS_CA_FOLDER/lock"
is "a writer waits, a reader does not" "$(tr '\n' ' ' <"$tmp/locked")" \
	"124 read "

# --- the root's key kept elsewhere ---
mv "$OTS_CA_FOLDER/private/root.key" "$tmp/root.key"
ok "without the root's key: issue" quiet certs client gina
ok "and revoke" quiet certs revoke gina
not_ok "which counts" verify -crl_check_all \
	-CRLfile "$OTS_CA_FOLDER/crl.pem" "$OTS_CA_FOLDER/clients/gina/cert.pem"
like "as such" "$(cat "$tmp/verify")" 'certificate revoked'
ok "and the others stay good" verify -crl_check_all \
	-CRLfile "$OTS_CA_FOLDER/crl.pem" "$OTS_CA_FOLDER/clients/alice/cert.pem"
is "the root's own list lives as long as the root" \
	"$(awk '/BEGIN/ { n++ } n == 2' "$OTS_CA_FOLDER/crl.pem" |
		openssl crl -noout -nextupdate | sed 's/.*\(20[0-9]*\).*/\1/')" \
	"$(openssl x509 -in "$tmp/root.pem" -noout -enddate |
		sed 's/.*\(20[0-9]*\).*/\1/')"

# --- an encrypted CA ---
OTS_CA_FOLDER=$tmp/secret
printf 'open sesame\n' >"$tmp/passphrase"
ok "init with a passphrase" quiet certs init --key p256 --client-key p256 \
	--passphrase-fd 3 3<"$tmp/passphrase"
for k in root issuing; do
	like "$k.key is encrypted" "$(cat "$OTS_CA_FOLDER/private/$k.key")" \
		'BEGIN ENCRYPTED PRIVATE KEY'
done
setsid timeout --foreground -k 5 60 ots-certs client alice 2>"$tmp/err" \
	</dev/null >/dev/null
is "no certificate without it" $? 100
like "which is said" "$(cat "$tmp/err")" 'passphrase'
quiet certs client --passphrase-fd 3 alice 3<"$tmp/password"
is "nor with a wrong one" $? 100
unlike "which is not repeated" "$(cat "$tmp/err")" 'other'
ok "but with the right one" quiet certs --passphrase-fd 3 client alice \
	3<"$tmp/passphrase"
ok "revoke needs it, too" quiet certs revoke alice --passphrase-fd 3 \
	3<"$tmp/passphrase"
ok "list does not" quiet certs list
is "the passphrase is in no file" \
	"$(grep -rl 'open sesame' "$OTS_CA_FOLDER")" ""
done_testing
