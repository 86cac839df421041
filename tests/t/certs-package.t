#!/bin/sh
# ots-certs package: what is in the zips, judged by unzip, by an XML parser and
# by openssl.
. "${0%/*}/lib.sh"
umask 022 # the program has to see to it
ca=$tmp/ca
certs()
{
	timeout --foreground -k 5 60 ots-certs --ca "$ca" "$@"
}

# package.py ZIP: the facts of a package, one a line: entries, and what manifest
# and preferences say as an XML parser reads them.
cat >"$tmp/package.py" <<'END'
import io, sys, zipfile
import xml.etree.ElementTree as ET

def show(data, where):
    z = zipfile.ZipFile(io.BytesIO(data))
    for i in z.infolist():
        print(where + "entry", i.filename, oct(i.external_attr >> 16))
    for i in z.infolist():
        data = z.read(i)
        if i.filename.endswith("manifest.xml"):
            root = ET.fromstring(data)
            print(where + "root", root.tag, root.get("version"))
            for p in root.find("Configuration"):
                print(where + "config", p.get("name"), p.get("value"))
            for c in root.find("Contents"):
                print(where + "content", c.get("zipEntry"), c.get("ignore"))
        elif i.filename.endswith(".pref"):
            data.decode("ascii")
            for part in ET.fromstring(data):
                for e in part:
                    print(where + part.get("name"), part.get("version"),
                          e.get("key"), "|" + e.get("class") + "|", e.text)
        elif i.filename.endswith(".zip"):
            show(data, where + "in ")

show(open(sys.argv[1], "rb").read(), "")
END
facts()
{
	python3 "$tmp/package.py" "$1"
}

certs init --single --key p256 --client-key p256 --name 'Test CA' >/dev/null
certs server tak.example.org 127.0.0.1 >/dev/null
out=$(certs package alice)
is "packages of a user are made" $? 0
dir=$ca/clients/alice
atak=$dir/alice_tak.example.org-atak.zip
wintak=$dir/alice_tak.example.org-wintak.zip
itak=$dir/alice_tak.example.org-itak.zip
is "three of them, and what each is for" \
	"$(echo "$out" | sed 's/	\([A-Za-z]*\):.*/ \1/')" \
	"$atak ATAK
$wintak WinTAK
$itak iTAK"
for f in "$atak" "$wintak" "$itak"; do
	like "unzip takes ${f##*-}" "$(unzip -t "$f" 2>&1)" '^No errors'
	is "it is the user's alone" "$(stat -c %a "$f")" 600
done
is "and so is the folder" "$(stat -c %a "$dir")" 700

# The pref of two of them, up to the application's.
pref='cot_streams 1 count |class java.lang.Integer| 1
cot_streams 1 description0 |class java.lang.String| tak.example.org
cot_streams 1 enabled0 |class java.lang.Boolean| true
cot_streams 1 connectString0 |class java.lang.String| tak.example.org:8089:ssl
cot_streams 1 caLocation0 |class java.lang.String| cert/truststore-tak.example.org.p12
cot_streams 1 caPassword0 |class java.lang.String| atakatak
cot_streams 1 certificateLocation0 |class java.lang.String| cert/alice_tak.example.org.p12
cot_streams 1 clientPassword0 |class java.lang.String| atakatak
com.atakmap.app_preferences 1 displayServerConnectionWidget |class java.lang.Boolean| true
com.atakmap.app_preferences 1 deviceProfileEnableOnConnect |class java.lang.Boolean| true
com.atakmap.app_preferences 1 prefs_enable_channels |class java.lang.String| true
com.atakmap.app_preferences 1 prefs_enable_channels_host-tak.example.org |class java.lang.String| true'
uid='[0-9a-f]\{8\}-[0-9a-f-]\{27\}'
inner="entry MANIFEST/manifest.xml 0o100600
entry cert/tak.example.org.pref 0o100600
entry cert/truststore-tak.example.org.p12 0o100600
entry cert/alice_tak.example.org.p12 0o100600
root MissionPackageManifest 2
config uid UID
config name alice_tak.example.org
config onReceiveImport true
config onReceiveDelete true
content cert/tak.example.org.pref false
content cert/truststore-tak.example.org.p12 false
content cert/alice_tak.example.org.p12 false
$pref"
is "the package for ATAK" "$(facts "$atak" | sed "s/uid $uid/uid UID/")" \
	"$inner"
is "the package for WinTAK" "$(facts "$wintak" | sed "s/uid $uid/uid UID/")" \
	"entry MANIFEST/manifest.xml 0o100600
entry package/alice_tak.example.org.zip 0o100600
root MissionPackageManifest 2
config uid UID
config name alice_tak.example.org_package
config onReceiveImport true
config onReceiveDelete true
content package/alice_tak.example.org.zip false
$(echo "$inner" | sed 's/^/in /')"
is "the package for iTAK" "$(facts "$itak")" \
	"entry config.pref 0o100600
entry truststore-tak.example.org.p12 0o100600
entry alice_tak.example.org.p12 0o100600
$pref
com.atakmap.app_preferences 1 caLocation |class java.lang.String| cert/truststore-tak.example.org.p12
com.atakmap.app_preferences 1 caPassword |class java.lang.String| atakatak
com.atakmap.app_preferences 1 certificateLocation |class java.lang.String| cert/alice_tak.example.org.p12
com.atakmap.app_preferences 1 clientPassword |class java.lang.String| atakatak"

# The p12 files, by openssl.
unzip -q -d "$tmp/x" "$atak"
p12=$tmp/x/cert/alice_tak.example.org.p12
trust=$tmp/x/cert/truststore-tak.example.org.p12
like "the key is protected as ATAK reads it" \
	"$(openssl pkcs12 -in "$p12" -passin pass:atakatak -info -noout 2>&1)" \
	'pbeWithSHA1And3-KeyTripleDES-CBC'
openssl pkcs12 -in "$p12" -passin pass:atakatak -nodes -nocerts \
	2>/dev/null >"$tmp/key.pem"
openssl pkcs12 -in "$p12" -passin pass:atakatak -nokeys -clcerts \
	2>/dev/null >"$tmp/cert.pem"
openssl pkcs12 -in "$trust" -passin pass:atakatak -nokeys \
	2>/dev/null >"$tmp/trust.pem"
is "it is alice's key" "$(openssl pkey -in "$tmp/key.pem" -pubout)" \
	"$(openssl x509 -in "$tmp/cert.pem" -noout -pubkey)"
like "of alice's certificate" "$(openssl x509 -in "$tmp/cert.pem" -noout \
	-subject -nameopt RFC2253)" 'CN=alice(,|$)'
like "which the truststore verifies" "$(openssl verify \
	-CAfile "$tmp/trust.pem" "$tmp/cert.pem" 2>&1)" ': OK$'
unlike "the truststore holds no key" "$(openssl pkcs12 -in "$trust" \
	-passin pass:atakatak -nodes 2>&1)" 'PRIVATE KEY'

# Again: the same certificate, new zips.
certs package --for atak alice >/dev/null
openssl pkcs12 -in "$p12" -passin pass:atakatak -nokeys -clcerts \
	2>/dev/null >"$tmp/again.pem"
is "a second time, the certificate is the same" "$(cat "$tmp/again.pem")" \
	"$(cat "$tmp/cert.pem")"
is "and only one was issued" \
	"$(certs list --json | grep -c '"name":"alice"')" 1

# Two servers on one device.
certs package --host other.example.net alice >/dev/null 2>&1
certs package --host tak.example.org:8090 alice >/dev/null
names()
{
	zipinfo -1 "$1" | grep -v MANIFEST | sort
}
names "$atak" >"$tmp/a"
names "$dir/alice_other.example.net-atak.zip" >"$tmp/b"
names "$dir/alice_tak.example.org_8090-atak.zip" >"$tmp/c"
is "servers share no name of a file" \
	"$(sort "$tmp/a" "$tmp/b" "$tmp/c" | uniq -d)" ""
is "each has three" "$(cat "$tmp/a" "$tmp/b" "$tmp/c" | wc -l)" 9
like "a port that is another" \
	"$(facts "$dir/alice_tak.example.org_8090-atak.zip")" \
	'connectString0 .* tak\.example\.org:8090:ssl$'
like "a name that the server's certificate lacks is told" \
	"$(certs package --host other.example.net alice 2>&1 >/dev/null)" \
	'warning: .*DNS:tak\.example\.org.* not for other\.example\.net'

# Enrollment: no key in it.
certs package --enroll --out "$tmp/new" bob >/dev/null
is "who enrolls gets packages" "$(cd "$tmp/new" && echo *)" \
	"bob_tak.example.org-enroll-atak.zip bob_tak.example.org-enroll-wintak.zip"
got=$(facts "$tmp/new/bob_tak.example.org-enroll-atak.zip")
is "without a certificate" "$(echo "$got" | grep '^entry' | cut -d ' ' -f 2)" \
	"MANIFEST/manifest.xml
cert/tak.example.org.pref
cert/truststore-tak.example.org.p12"
like "in which the device is told to enroll" "$got" \
	'^cot_streams 1 enrollForCertificateWithTrust0 .class java.lang.Boolean. true'
like "with name and password" "$got" \
	'^cot_streams 1 useAuth0 .class java.lang.Boolean. true'
unlike "and nothing is issued" "$(certs list --json)" '"name":"bob"'

# What people type, and what attackers do.
printf 'p<&"\303\251' >"$tmp/pw"
out=$(certs package --for atak --host 127.0.0.1 --password-fd 3 \
	--description '<x>"&amp;	' alice 3<"$tmp/pw" 2>&1)
like "control characters are refused" "$out" 'fatal: --description: '
out=$(certs package --for atak --host 127.0.0.1 --password-fd 3 \
	--description "</entry><x>\"'& Überall" --callsign 'Fox "1" <&>' \
	--team 'dark blue' --role hq alice 3<"$tmp/pw" 2>&1)
got=$(facts "$dir/alice_127.0.0.1-atak.zip")
like "a description stays text" "$got" \
	"description0 .class java.lang.String. </entry><x>\"'& Überall\$"
like "so does a callsign" "$got" \
	'locationCallsign .class java.lang.String. Fox "1" <&>$'
like "a team is written as ATAK does" "$got" 'locationTeam .* Dark Blue$'
like "and a role" "$got" 'atakRoleType .* HQ$'
like "and a password" "$got" 'clientPassword0 .class java.lang.String. p<&"é$'
unlike "which is not printed" "$out" 'p<&'
like "unless it is asked for" "$(certs package --for atak --show-password \
	--password-fd 3 alice 3<"$tmp/pw")" '^p<&"é	'
unzip -qo -d "$tmp/y" "$dir/alice_127.0.0.1-atak.zip"
ok "and opens the key" openssl pkcs12 -noout \
	-in "$tmp/y/cert/alice_127.0.0.1.p12" -passin "file:$tmp/pw"

refused()
{
	name=$1
	want=$2
	shift 2
	out=$(certs package "$@" 2>&1)
	is "$name: refused" $? 100
	like "$name: why" "$out" "$want"
}
refused "a user that climbs" 'no user name' ../../etc
refused "a user with a quote" 'no user name' 'a"b'
refused "a host that climbs" 'not a DNS name' --host ../../x alice
refused "a host with a quote" 'not a DNS name' --host 'x"/><y' alice
refused "an IPv6 address" 'IPv6' --host '[::1]:8089' alice
refused "a port of letters" 'port' --host tak.example.org:ssl alice
refused "a team that there is not" 'White, .*Brown' --team pink alice
refused "a role that there is not" 'Team Member' --role boss alice
refused "a device that there is not" 'not atak, wintak' --for symbian alice
refused "one callsign for two" 'one USER' --callsign x alice bob
refused "iTAK by a package" 'qr --itak' --enroll --for itak alice
refused "no user" 'argument is missing' --for atak
printf '\n' >"$tmp/empty"
refused "an empty password" 'password' --password-fd 3 alice 3<"$tmp/empty"
is "nothing is beside the CA" "$(cd "$tmp" && echo ca*)" ca

# A CA that does not know what it is called.
ca=$tmp/ca2
certs init --single --key p256 --client-key p256 >/dev/null
refused "no name of a server" '--host' alice
like "then --host says it" "$(certs package --host h.example.org --for itak \
	alice)" '/alice_h\.example\.org-itak\.zip	iTAK: '
done_testing
