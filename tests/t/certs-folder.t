#!/bin/sh
# ots-certs and its folder: who may read what, full disks, killed commands, and
# others who want to write.
. "${0%/*}/lib.sh"
unset OTS_CA_FOLDER OTS_DATA_FOLDER OTS_CA_NAME OTS_CA_ORGANIZATION
unset OTS_CA_ORGANIZATIONAL_UNIT OTS_CA_EXPIRATION_TIME
init="init --key p256 --client-key p256"
cd "$tmp" || exit 1
umask 022

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

modes()
{
	stat -c '%a %n' "$@" | sed "s, $tmp/, ,"
}

# --- a folder that is shared with a group, and the CA in it ---
mkdir -m 2775 shared
ca=shared/ca
# shellcheck disable=SC2086 # words
quiet certs --ca $ca $init
quiet certs --ca $ca p12 alice
printf 'secret\n' >token
quiet certs --ca $ca qr --host h.example.org --token-fd 3 \
	--out shared/code.png alice 3<token
is "keys of the CA and of users are their owner's" "$(modes $ca $ca/lock \
	$ca/private $ca/private/*.key $ca/clients/alice \
	$ca/clients/alice/key.pem $ca/clients/alice/*.p12 shared/code.png)" \
	"755 $ca
600 $ca/lock
700 $ca/private
600 $ca/private/issuing.key
600 $ca/private/root.key
700 $ca/clients/alice
600 $ca/clients/alice/key.pem
600 $ca/clients/alice/alice.p12
600 $ca/clients/alice/truststore-root.p12
600 shared/code.png"
quiet certs --ca $ca server own.example.org
is "so is a server's" "$(modes $ca/servers/own.example.org/key.pem)" \
	"600 $ca/servers/own.example.org/key.pem"
chmod 2750 $ca/servers
s=$ca/servers/tak.example.org
quiet certs --ca $ca server tak.example.org
want="2755 $s
640 $s/key.pem
644 $s/cert.pem"
is "unless its folder is told to share" \
	"$(modes $s $s/key.pem $s/cert.pem)" "$want"
quiet certs --ca $ca renew --rekey tak.example.org
is "as after a new key" "$(modes $s $s/key.pem $s/cert.pem)" "$want"

# As if the one that made it had been killed before it gave it its mode.
s=$ca/servers/late.example.org
mkdir -m 0700 $s
quiet certs --ca $ca server late.example.org
is "a folder that was not finished is" "$(modes $s)" "2755 $s"
chmod 0700 $s
quiet certs --ca $ca renew late.example.org
is "one that is in use stays" "$(modes $s | tail -c +2)" "700 $s"

# --- a lock that is a second name of something else ---
cp -R $ca linked
echo precious >precious
chmod 0640 precious
ln -f precious linked/lock
certs --ca linked crl >/dev/null
is "a lock with two names is refused" $? 100
like "which is said" "$(cat err)" 'linked/lock is no file of its own'
is "and the other stays as it is" "$(modes precious)" "640 precious"

# --- a disk that is full: files end at so many KiB ---
size=$(stat -c %s $ca/ledger)
full()
{
	sh -c 'trap "" XFSZ; ulimit -f "$1"; shift; exec "$@"' sh "$@" \
		2>"$tmp/err" </dev/null >/dev/null
}
cp $ca/ledger ledger.before
blocks=$((size / 512))
full $blocks ots-certs --ca $ca client bob
is "no room for a line of the ledger" $? 111
like "is said" "$(cat err)" 'unable to write .*ledger'
ok "no part of it is left" cmp $ca/ledger ledger.before
unlike "nobody has the certificate" "$(ls $ca/clients/bob)" 'cert'
full 1 ots-certs --ca $ca crl
is "no room for a file" $? 111
like "is said, too" "$(cat err)" 'unable to write'
is "and nothing stays beside" "$(find $ca -name '.*.new')" ""
ok "with room it goes on" quiet certs --ca $ca client bob
is "and uses the key that was made" "$(grep -c name:bob $ca/ledger)" 1

# --- a path that is no file's ---
for out in . shared/ .. "" nowhere/x shared; do
	certs --ca $ca p12 bob --out "$out" >/dev/null
	is "--out \"$out\" is refused" $? 100
done
certs qr --host h.example.org --itak --out shared/ >/dev/null
is "of a code, too" $? 100
is "and nothing stays there" "$(find . -name '*.new')" ""
certs --ca none import nowhere >/dev/null
is "an import from nowhere" $? 100
not_ok "makes nothing" test -e none

# --- many at once, and one who wants his ---
quiet certs --ca many init --single --key p256
(
	# shellcheck disable=SC2046 # words
	ots-certs --ca many client $(seq -f u%g 400) >many.out 2>&1
	echo $? >many.rc
) &
bulk=$!
ok "others have begun" wait_for test -s many.out
ok "one more user" quiet certs --ca many client bob
not_ok "does not wait for all of them" test -s many.rc
kill "$bulk" 2>/dev/null
pkill_children=$(pgrep -P "$bulk")
# shellcheck disable=SC2086 # words
[ -z "$pkill_children" ] || kill $pkill_children 2>/dev/null
wait "$bulk" 2>/dev/null

# --- a user who is called like the CA ---
quiet certs --ca tak init --name tak --single --key p256
quiet certs --ca tak client tak
ok "a user may be called like the CA" quiet certs --ca tak revoke TAK
like "and is revoked" "$(certs --ca tak list --all)" '^tak  *client .*revoked$'
quiet certs --ca tak revoke other
is "nobody else is" $? 100
quiet certs --ca tak2 init --name tak --single --key p256
quiet certs --ca tak2 revoke tak
is "the CA itself is not" $? 100

# --- a revoke that died before its list ---
quiet certs --ca $ca client carol
cp $ca/crl.pem old.crl
quiet certs --ca $ca revoke carol
cp old.crl $ca/crl.pem
ok "init --if-missing" quiet certs --ca $ca init --if-missing
quiet certs --ca $ca list
is "completes a revoke" "$(cat err)" ""

# --- what ends with the CA ---
quiet certs --ca short init --days 20 --key p256
quiet certs --ca short server tak.example.org
quiet certs --ca short renew
is "is not renewed each day" $? 1
like "but warned of" "$(cat err)" 'ends on .* with the CA: make a new CA'
ok "and is renewed if somebody says so" \
	quiet certs --ca short renew tak.example.org

# --- a passphrase that is not typed after all ---
if command -v python3 >/dev/null; then
	is "Ctrl-C leaves a terminal with echo" "$(timeout --foreground -k 5 30 \
		python3 - "$BIN/ots-certs" "$tmp/ask" <<-'END'
		import os, pty, signal, sys, termios, time
		pid, tty = pty.fork()
		if pid == 0:
		    os.execv(sys.argv[1], ["ots-certs", "--ca", sys.argv[2],
		        "init", "--encrypt"])
		def echo():
		    return bool(termios.tcgetattr(tty)[3] & termios.ECHO)
		said = b""
		while not said.endswith(b": "):
		    said += os.read(tty, 1000)
		asked = echo()
		os.write(tty, b"\x03")
		for i in range(1000):
		    if echo():
		        break
		    time.sleep(0.01)
		print(asked, echo(), os.WTERMSIG(os.waitpid(pid, 0)[1]))
	END
	)" "False True 2"
else
	skip 1 "no python3"
fi
done_testing
