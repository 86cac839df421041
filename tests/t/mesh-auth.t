#!/bin/sh
# The mesh and accounts: who is in its group sees it and is seen there, nobody
# else; with the programs by hand, and under ots-server.
. "${0%/*}/lib.sh"
. "${0%/*}/tlslib.sh"
. "${0%/*}/meshlib.sh"
cd "$tmp" || exit 1
free_group 239.255.86.77 || skip_all "no multicast here: $(cat no)"

# user ARG ...: ots-user
user()
{
	timeout --foreground -k 5 60 ots-user "$@" >user.out 2>&1 ||
		diag "ots-user $*: $(cat user.out)"
}

# got NAME UID: that client was told it.
got()
{
	grep -q "uid=\"$2\"" "$1.got"
}

# uids NAME: of all that it was told, but for pongs.
uids()
{
	grep -o '<event [^>]*>' "$1.got" |
		sed 's/.* uid="\([^"]*\)".*/\1/' | paste -s -d ' ' -
}

# sa UID [MORE]: it says where it is.
sa()
{
	event "$1" a-f-G-U-C "<contact callsign=\"CS-$1\" endpoint=\"*:-1:stcp\"/>${2-}"
}

# By hand ----------------------------------------------------------------------

OTS_DATABASE_URI=$tmp/a.db
export OTS_DATABASE_URI
user group add mesh
for name in alice bob; do
	user add --no-password $name
done
user join alice mesh
make_ca
make_cert server server
make_cert alice client
make_cert bob client
[ -s bob.pem ] || { diag "$(cat openssl)"; exit 1; }

mkfifo ring silent
# shellcheck disable=SC2016 # for the inner shell
spawn sh -c 'exec ots-auth --socket auth.sock -d 3 2>auth.log 3>auth.ready'
wait_for test -s auth.ready || diag "ots-auth: $(cat auth.log)"
# shellcheck disable=SC2016 # for the inner shell
spawn sh -c 'ots-listen --tls 127.0.0.1:0 --cert server.pem --key server.key \
	--ca ca.pem --crl crl.pem --tcp 127.0.0.1:0 --mcast "$1%lo" \
		<ring 2>log |
	ots-parse --flow-tag here 2>parse.log |
	ots-route --auth auth.sock >ring 2>route.log' sh "$group:$mport"
room=$spawned
wait_for listen_port log || diag "$(cat log)"
tcp=$port
wait_for grep -q 'ev=users' route.log
DEV=mc device mc 9 127.0.0.1 "$mport" "$group" lo
tls_port
dial alice
dial bob
in_all() { [ "$(grep -c 'ev=accept .*user=' log)" = 2 ]; }
wait_for in_all
talk alice "$(sa ALICE)"
talk bob "$(sa BOB)"
spawn sh -c "exec ots-cat 127.0.0.1:$tcp <silent >tcp.got 2>tcp.err"
exec 8>silent
sa TCP >&8
ok "the others see each other" wait_for got bob TCP
ok "the mesh sees who is in its group" wait_for heard mc ALICE

said 9 "$(sa M-1 | hex)"
ok "who is in it sees the mesh" wait_for got alice M-1
# To one who is not, by name, and to all with a group that is not its own.
said 9 "$(event M-2 b-m-p-s-m '<marti><dest callsign="CS-BOB"/></marti>' | hex)"
said 9 "$(event M-3 b-m-p-s-m '<marti><dest uid="BOB"/></marti>' | hex)"
said 9 "$(event M-4 b-m-p-s-m '<marti><dest group="__ANON__"/></marti>' | hex)"
said 9 "$(event M-5 b-m-p-s-m '<marti><dest uid="ALICE"/></marti>' | hex)"
ok "by name, too" wait_for got alice M-5
event END-1 >&8
ok "what came behind it is there" wait_for got bob END-1
is "who is not has seen the offer, and the others" "$(uids bob)" \
	'takp TCP END-1'
unlike "nor has one on TCP" "$(uids tcp)" 'M-|ALICE'
unlike "nobody else is seen on the mesh" "$(sed 1d mc.out)" \
	"$(printf 'uid="BOB"' | hex)|$(printf 'uid="TCP"' | hex)|$(printf END- | hex)"
unlike "one in its group only does not see the others" "$(uids alice)" \
	'BOB|TCP|END'

user join bob mesh
ok "who joins it sees who is there" wait_for got bob M-1
ok "and is seen" wait_for heard mc BOB
user leave alice mesh
lost() { grep -q 't-x-d-d.*<link [^>]*uid="M-1"' alice.got; }
ok "who leaves it loses who is there" wait_for lost
said 9 "$(event M-6 | hex)"
ok "the others do not" wait_for got bob M-6
event END-2 >&8
ok "what came behind that is there" wait_for got alice END-2
not_ok "and one who left hears no more" got alice M-6
kill -TERM "-$room"
exec 8>&- 9>&-

# Under ots-server -------------------------------------------------------------

unset OTS_DATABASE_URI
mkdir -p run/env
groups="$group:$mport%lo"
! ots-listen -n --mcast "[ff15::1]:$mport%lo" </dev/null 2>no ||
	groups="$groups [ff15::1]:$mport%lo"
echo "$groups" >run/env/OTS_MULTICAST_GROUPS
: >"run/f:$mport%lo" # which would match it, were it a pattern
spawn env OTS_TCP_STREAMING_PORT=0 OTS_SSL_STREAMING_PORT=0 OTS_UDP_PORT=0 \
	OTS_STREAMING_INTERFACE=127.0.0.1 "$TOP/s6-services/ots-server" \
	--bin "$BIN" --data run >server.out 2>&1 </dev/null
server=$spawned
WAIT_SECONDS=40
ok "ots-server starts" wait_for grep -q 'clients (TCP)' server.out ||
	diag "$(cat server.out)"
unset WAIT_SECONDS
log=run/logs/ots-listen/current
like "it has joined the group" "$(cat $log)" "via=udp addr=$group:$mport%lo\$"
ok "and serves UDP" bound $log 127.0.0.1
udp=$port
tls=$(sed -n 's/.*clients (TLS)  *\(127.0.0.1:[0-9]*\)$/\1/p' server.out)
user --data run group add mesh
timeout --foreground -k 5 60 ots-phone --data run --host "$tls" --group mesh \
	alice >phone.out 2>&1 || diag "$(cat phone.out)"
alice_is_known() { grep -q 'name:alice.*mesh' run/db/users.rec; }
wait_for alice_is_known
DEV=dev device dev 9 127.0.0.1 "$mport" "$group" lo
spawn ots-cat --as A --uid ALICE-2 --at 1,2 --wait 60 \
	--p12 run/ca/clients/alice/alice.p12 "tls://$tls" \
	>phone.got 2>phone.err </dev/null
ok "the mesh sees a user" wait_for heard dev ALICE-2 ||
	diag "$(cat phone.err)"
said 9 "$(sa S-1 | hex)"
ok "who sees the mesh" wait_for got phone S-1
to 9 127.0.0.1 "$udp" "$(sa S-2 | hex)"
ok "and who comes by UDP" wait_for got phone S-2
ok "as the mesh does" wait_for heard dev S-2
is "each once" "$(grep -c 'uid="S-[12]"' phone.got)" 2
not_ok "and none comes back" heard dev S-1
kill -KILL "$(s6-svstat -o pid run/service/ots-route)"
said 9 "$(event S-3 | hex)"
ok "a new ots-route knows what the mesh is" wait_for got phone S-3
for wrong in OTS_UDP_PORT=x OTS_MULTICAST_GROUPS='239.2.3.1:6969;x'; do
	timeout --foreground -k 5 60 env "$wrong" \
		"$TOP/s6-services/ots-server" --bin "$BIN" --data wrong -n \
		>wrong.out 2>&1
	is "wrong: $wrong" $? 100
	like "is named" "$(cat wrong.out)" "fatal: ${wrong%%=*}"
done
kill -TERM "$server"
WAIT_SECONDS=45
ok "it ends" wait_for gone "$server"
done_testing
