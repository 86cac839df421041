#!/bin/sh
# ots-certs import: the CA folder of an OpenTAKServer, made here as that server
# makes it, with openssl(1).
. "${0%/*}/lib.sh"
OTS_CA_FOLDER=$tmp/ca
export OTS_CA_FOLDER
old=$tmp/old
mkdir -p "$old/certs"

cat >"$old/ca_config.cfg" <<'END'
[ ca ]
default_ca = CA_default
[ CA_default ]
dir = .
database = $dir/crl_index.txt
default_md = default
[ req ]
distinguished_name = req_distinguished_name
x509_extensions = v3_ca
[ req_distinguished_name ]
countryName_min = 2
[ v3_ca ]
basicConstraints=critical,CA:TRUE
keyUsage=critical, cRLSign, keyCertSign
[ client ]
basicConstraints=critical,CA:FALSE
keyUsage=critical, digitalSignature, keyEncipherment
extendedKeyUsage = critical, clientAuth
[ server ]
basicConstraints=critical,CA:FALSE
keyUsage=critical, digitalSignature, keyEncipherment
extendedKeyUsage = critical, clientAuth, serverAuth
subjectAltName = DNS:opentakserver
END
names=/C=WW/ST=XX/L=YY/O=ZZ/OU=OpenTAKServer

openssl_quiet()
{
	openssl "$@" >"$tmp/out" 2>&1 || diag "openssl $1: $(cat "$tmp/out")"
}

# old_ca PASSWORD
old_ca()
{
	openssl_quiet req -new -sha256 -x509 -days 3650 -newkey rsa:2048 \
		-extensions v3_ca -keyout "$old/ca-do-not-share.key" \
		-out "$old/ca.pem" -passout "pass:$1" \
		-config "$old/ca_config.cfg" -subj "$names/CN=OpenTAKServer-CA"
}

# old_cert NAME client|server SERIAL
old_cert()
{
	d=$old/certs/$1
	mkdir -p "$d"
	openssl_quiet req -new -newkey rsa:2048 -keyout "$d/$1.key" \
		-passout pass:atakatak -out "$d/$1.csr" -subj "$names/CN=$1" \
		-config "$old/ca_config.cfg"
	openssl_quiet x509 -sha256 -req -days 3650 -in "$d/$1.csr" \
		-CA "$old/ca.pem" -CAkey "$old/ca-do-not-share.key" \
		-passin pass:atakatak -set_serial "$3" -out "$d/$1.pem" \
		-extensions "$2" -extfile "$old/ca_config.cfg"
}

old_ca atakatak
old_cert opentakserver server 11111
old_cert alice client 22222
old_cert bob client 33333
old_cert carol client 44444
old_cert twin client 22222
openssl_quiet rsa -in "$old/certs/alice/alice.key" -passin pass:atakatak \
	-out "$old/certs/alice/alice.nopass.key"
# Enrolled: the key never was here.
rm "$old/certs/carol/carol.key"
# A name that is no folder's, a file that is no certificate, a stranger's one.
old_cert 'd e' client 55555
mkdir "$old/certs/empty" "$old/certs/broken" "$old/certs/stranger"
echo nothing >"$old/certs/broken/broken.pem"
openssl_quiet req -new -x509 -newkey rsa:2048 -nodes -keyout "$tmp/x" \
	-subj /CN=stranger -out "$old/certs/stranger/stranger.pem"
# Revoked by hand with openssl ca: bob, and one whose file is gone.
printf 'R\t351120000000Z\t251101000000Z,keyCompromise\t%X\tunknown\t/CN=bob\n' \
	33333 >"$old/crl_index.txt"
printf 'R\t351120000000Z\t251101000000Z\t%X\tunknown\t/CN=gone\n' 12345 \
	>>"$old/crl_index.txt"
printf 'V\t351120000000Z\t\t%X\tunknown\t/CN=alice\n' 22222 \
	>>"$old/crl_index.txt"
(cd "$old" && openssl_quiet ca -config ca_config.cfg -gencrl -crldays 730 \
	-keyfile ca-do-not-share.key -passin pass:atakatak -cert ca.pem \
	-out ca.crl)
cp -R "$old" "$tmp/untouched"

out=$(timeout --foreground -k 5 60 ots-certs import "$old" 2>"$tmp/err")
is "import" $? 0 || diag "$(cat "$tmp/err")"
like "says what it found" "$out" \
	'"OpenTAKServer-CA", 1 servers and 5 clients \(4 with their keys\), 2 revoked$'
like "warns of a stranger" "$(cat "$tmp/err")" 'stranger.pem was not issued'
like "and of no certificate" "$(cat "$tmp/err")" 'broken.pem is no cert'
like "and of a name" "$(cat "$tmp/err")" '"d e" is no name for a folder'
is "the old folder is as it was" "$(diff -r "$old" "$tmp/untouched")" ""
is "the CA is the same" "$(openssl x509 -in "$OTS_CA_FOLDER/ca.pem" -noout \
	-fingerprint)" "$(openssl x509 -in "$old/ca.pem" -noout -fingerprint)"
for pair in servers/opentakserver:opentakserver clients/alice:alice \
	clients/bob:bob; do
	new=$OTS_CA_FOLDER/${pair%:*}
	name=${pair#*:}
	is "$name: the certificate" \
		"$(openssl x509 -in "$new/cert.pem" -noout -fingerprint)" \
		"$(openssl x509 -in "$old/certs/$name/$name.pem" -noout -fingerprint)"
	is "$name: the key, without its password" \
		"$(openssl pkey -in "$new/key.pem" -pubout -passin pass:)" \
		"$(openssl x509 -in "$new/cert.pem" -noout -pubkey)"
done
not_ok "carol has no key here" test -e "$OTS_CA_FOLDER/clients/carol"
list=$(ots-certs list --all)
like "the server is listed" "$list" '^opentakserver +server +2b67 .* valid$'
like "alice is" "$list" '^alice +client +56ce .* valid$'
like "carol is" "$list" '^carol +client +ad9c .* valid$'
like "bob is revoked" "$list" '^bob +client +8235 .* revoked$'
like "a strange name can be revoked" "$(ots-certs revoke 'd e')" \
	'^d e: d903 is revoked$'
crl=$(openssl crl -in "$OTS_CA_FOLDER/crl.pem" -noout -text)
for serial in 8235 3039 D903; do
	like "$serial is on the list" "$crl" "Serial Number: $serial\$"
done
unlike "alice is not" "$crl" "Serial Number: 56CE\$"

# Phones that are enrolled go on, and so does enrolling.
ok "the old client verifies" openssl verify -purpose sslclient \
	-CAfile "$OTS_CA_FOLDER/ca.pem" -crl_check \
	-CRLfile "$OTS_CA_FOLDER/crl.pem" "$old/certs/alice/alice.pem" \
	>"$tmp/out"
ots-certs server tak.example.org >/dev/null
ok "a new server's certificate, seen with the old CA" openssl verify \
	-purpose sslserver -CAfile "$old/ca.pem" \
	"$OTS_CA_FOLDER/servers/tak.example.org/cert.pem" >"$tmp/out"
ots-certs renew --rekey opentakserver >"$tmp/out"
is "the server of the old CA is renewed" $? 0
ok "as one" openssl verify -purpose sslserver -CAfile "$old/ca.pem" \
	-verify_hostname opentakserver \
	"$OTS_CA_FOLDER/servers/opentakserver/cert.pem" >"$tmp/out"
openssl_quiet req -new -newkey rsa:2048 -nodes -keyout "$tmp/key" \
	-subj "/CN=erin/O=ZZ/OU=OpenTAKServer" -out "$tmp/csr"
ok "a request with the old names" sh -c 'ots-certs sign --user erin <"$1" |
	openssl x509 -noout' sh "$tmp/csr"
is "alice's p12 is of the old certificate" "$(ots-certs p12 alice >/dev/null &&
	openssl pkcs12 -in "$OTS_CA_FOLDER/clients/alice/alice.p12" -clcerts \
	-nokeys -passin pass:atakatak 2>/dev/null | openssl x509 -noout -serial)" \
	"serial=56CE"

# Once only; and with the right password only.
ots-certs import "$old" 2>/dev/null
is "a second import is refused" $? 100
OTS_CA_FOLDER=$tmp/ca2
old_ca secret7
ots-certs import "$old" 2>"$tmp/err"
is "another password is refused" $? 100
like "with a hint" "$(cat "$tmp/err")" '--password-fd'
not_ok "and no CA is made" test -e "$OTS_CA_FOLDER/ca.pem"
rm -r "$old/certs"
ok "unless given" sh -c 'echo secret7 | ots-certs import --password-fd 0 \
	--passphrase-fd 3 "$1" 3<"$2" >/dev/null' sh "$old" "$old/ca_config.cfg"
like "the CA's key is encrypted if asked for" \
	"$(cat "$OTS_CA_FOLDER/private/root.key")" 'ENCRYPTED'
ots-certs import "$tmp" 2>"$tmp/err"
is "a folder that is none" $? 100
done_testing
