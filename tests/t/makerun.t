#!/bin/sh
# The one-machine server: ots-server as `make run` calls it.
. "${0%/*}/lib.sh"

# server NAME [VAR=VALUE ...]: starts one in $tmp/NAME on any free port; waits
# until it is ready: $port, $server.
server()
{
	name=$1
	shift
	spawn env OTS_TCP_STREAMING_PORT=0 OTS_SSL_STREAMING_PORT=0 \
		OTS_STREAMING_INTERFACE=127.0.0.1 "$@" "$TOP/s6-services/ots-server" --bin "$BIN" \
		--data "$tmp/$name" >"$tmp/$name.out" 2>&1 </dev/null
	server=$spawned
	if ! wait_for grep -q 'clients (TCP)' "$tmp/$name.out"; then
		diag "$(cat "$tmp/$name.out" "$tmp/$name"/logs/*/current)"
		return 1
	fi
	port=$(sed -n 's/.*clients (TCP)  *127\.0\.0\.1:\([0-9]*\) .*/\1/p' \
		"$tmp/$name.out")
	[ -n "$port" ]
}

# person UID PORT: joins the server; what it is told goes to $tmp/UID.
person()
{
	spawn ots-cat --as "CS-$1" --uid "$1" --at 1,2 --wait 60 \
		"127.0.0.1:$2" >"$tmp/$1" 2>"$tmp/$1.err" </dev/null
}

sees()
{
	grep -q "uid=\"$2\"" "$tmp/$1"
}

pid_of()
{
	s6-svstat -o pid "$tmp/$1/service/$2"
}

new_pid()
{
	[ "$(s6-svstat -o ready "$tmp/$1/service/$2")" = true ] &&
		[ "$(pid_of "$1" "$2")" != "$3" ]
}

programs='ots-auth ots-listen ots-parse ots-store ots-route'
ok "a server starts on port 0" server one
one=$server port_one=$port
ok "a second one beside it" server two OTS_NODE_ID=second_node
two=$server port_two=$port
like "both say what to try next" "$(cat "$tmp/one.out")" 'ots-phone .*alice'
like "the first start shows the administrator's password" \
	"$(cat "$tmp/one.out")" '^administrator [a-z0-9-]{20,}$'
tls_one=$(sed -n 's/.*clients (TLS)  *127\.0\.0\.1:\([0-9]*\)$/\1/p' \
	"$tmp/one.out")
like "and the ports" "$(cat "$tmp/one.out")" "tls://127.0.0.1:$tls_one"
like "the name of a node can be given" "$(cat "$tmp"/two/logs/*/current)" \
	second_node

person ann "$port_one"
person bob "$port_one"
person eve "$port"
ok "ann sees bob" wait_for sees ann bob
ok "bob sees ann" wait_for sees bob ann
not_ok "servers are apart" sees eve ann
ots-phone --data "$tmp/one" --host "127.0.0.1:$tls_one" tess \
	>"$tmp/phone.out" 2>&1
is "a phone" $? 0 || diag "$(cat "$tmp/phone.out")"
# What ots-route is told is kept here just after.
ok "who is known" wait_for grep -q 'name:tess' "$tmp/one/db/users.rec"
spawn ots-cat --as CS-tess --uid tess --at 1,2 --wait 60 \
	--p12 "$tmp/one/ca/clients/tess/tess.p12" "tls://127.0.0.1:$tls_one" \
	>"$tmp/tess" 2>"$tmp/tess.err" </dev/null
ok "by TLS one sees who is on TCP" wait_for sees tess ann ||
	diag "$(cat "$tmp/tess.err")"
ok "and is seen" wait_for sees ann tess
ots-cat --format record "unix:$tmp/one/route.sock" >"$tmp/tap" \
	2>"$tmp/tap.err" </dev/null &
children="$children $!"
ok "a tap is greeted" wait_for grep -q '^ev:hello' "$tmp/tap"
person cid "$port_one"
ok "the tap shows events" wait_for grep -q 'uid:cid' "$tmp/tap"

for program in ots-parse ots-store ots-route ots-auth; do
	pid=$(pid_of one $program)
	kill -KILL "$pid"
	ok "$program is back after kill -9" wait_for new_pid one $program "$pid"
	person "after-$program" "$port_one"
	ok "and clients still hear of others" \
		wait_for sees ann "after-$program"
	ok "and newcomers of them" wait_for sees "after-$program" ann
done
is "nobody was disconnected" "$(grep -h 'ev=close' \
	"$tmp/one/logs/ots-listen/current")" ""
is "ots-listen has not seen an error" \
	"$(grep -hE ' error ev=|fatal:' "$tmp"/one/logs/*/current)" ""

"$TOP/s6-services/ots-server" --bin "$BIN" --data "$tmp/one" \
	>"$tmp/again.out" 2>&1
is "no two servers in one folder" $? 100
like "which is said" "$(cat "$tmp/again.out")" 'already running'

pids=$(for s in $programs; do pid_of one "$s"; done)
# Each program may take ten seconds before it is killed.
WAIT_SECONDS=45
kill -TERM "$one"
ok "SIGTERM ends it" wait_for gone "$one" ||
	diag "$(tail -n 5 "$tmp"/one/logs/*/current)"
wait "$one"
is "with status 0" $? 0
left=
for pid in $pids; do gone "$pid" || left="$left $pid"; done
is "no program is left" "$left" ""
is "no wire is left" "$(find "$tmp/one/wires" "$tmp/one/socket" \
	! -type d)" ""

# Again, with programs in a folder that only their owner may enter, settings in
# the env folder, and Ctrl-C, which a terminal sends to the whole group.
is "what it was told is in the database" "$(ots-query --data "$tmp/one" \
	events -u cid -f csv | grep -c ,cid,)" 1
like "the spool is empty" "$(tr '\t' '\n' <"$tmp/one/spool/main/status")" \
	'^waiting-bytes:0$'
node=$(cat "$tmp/one/node-id")
echo 127.0.0.1 >"$tmp/one/env/OTS_STREAMING_INTERFACE"
echo 0 >"$tmp/one/env/OTS_TCP_STREAMING_PORT"
echo 0 >"$tmp/one/env/OTS_SSL_STREAMING_PORT"
echo secret >"$tmp/secret"
owner=$(stat -c %u "$tmp/secret")
ln "$tmp/secret" "$tmp/one/logs/ots-parse/link"
mkdir -m 0700 "$tmp/bin"
cp "$BIN"/ots-* "$tmp/bin"
spawn perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' \
	"$TOP/s6-services/ots-server" --bin "$tmp/bin" --data "$tmp/one" \
	>"$tmp/third.out" 2>&1 </dev/null
one=$spawned
ok "settings come from the env folder too" \
	wait_for grep -q '(TCP)  *127.0.0.1:' "$tmp/third.out"
unlike "no second administrator" "$(cat "$tmp/third.out")" administrator
is "a link in a user's folder does not give a file away" \
	"$(stat -c %u "$tmp/secret")" "$owner"
is "the name of the node stays" "$(cat "$tmp/one/node-id")" "$node"
pids=$(for s in $programs; do pid_of one "$s"; done)
kill -INT "-$one"
ok "Ctrl-C ends it" wait_for gone "$one"
wait "$one"
is "with status 0 again" $? 0
left=
for pid in $pids; do gone "$pid" || left="$left $pid"; done
is "no program is left again" "$left" ""

# Prepared only; the database's name is read from the env folder and holds a
# password, and neither another folder nor another name of it is asked.
mkdir -p "$tmp/a b/env"
echo 'sqlite:db/s3cret.db' >"$tmp/a b/env/OTS_DATABASE_URI"
OTS_SERVER_NAMES='  ots.test  *.ots.test ' "$TOP/s6-services/ots-server" \
	--bin "$BIN" --data "$tmp/a b" -n >"$tmp/check.out" 2>&1
is "a check of a folder with a blank" $? 0 || diag "$(cat "$tmp/check.out")"
like "shows the password of the administrator that it made" \
	"$(cat "$tmp/check.out")" '^administrator [a-z0-9-]{20,}$'
is "the names are kept" "$(cat "$tmp/a b/server-names")" \
	'ots.test *.ots.test'
is "ots-user finds the same database" \
	"$(ots-user --data "$tmp/a b" list | grep -c '^administrator')" 1
for names in 'a/../../b' '-x' 'a *'; do
	OTS_SERVER_NAMES="$names" "$TOP/s6-services/ots-server" --bin "$BIN" \
		--data "$tmp/names" -n >"$tmp/names.out" 2>&1
	is "names that are none: $names" $? 100
done
ok "it starts" server 'a b' OTS_SERVER_NAMES=ots.test
like "and names its folder as a shell takes it" "$(cat "$tmp/a b.out")" \
	"--data '[^']*/a b' "
leaks=
for s in ots-listen ots-parse ots-route; do
	tr '\0' '\n' <"/proc/$(pid_of 'a b' $s)/environ" |
		grep -q s3cret && leaks="$leaks $s"
done
is "only ots-auth and ots-store are told the name of the database" "$leaks" ""
kill -TERM "$server"
ok "it ends" wait_for gone "$server"

spawn env OTS_TCP_STREAMING_PORT="$port_two" OTS_SSL_STREAMING_PORT=0 \
	OTS_STREAMING_INTERFACE=127.0.0.1 \
	"$TOP/s6-services/ots-server" --bin "$BIN" --data "$tmp/taken" \
	>"$tmp/taken.out" 2>&1 </dev/null
taken=$spawned
ok "a port that is taken ends the start" wait_for gone "$taken"
not_ok "with an error" wait "$taken"
like "which is said" "$(cat "$tmp/taken.out")" \
	"fatal: .*127\.0\.0\.1:$port_two.*in use"
like "after the administrator's password, which nobody can tell again" \
	"$(cat "$tmp/taken.out")" '^administrator [a-z0-9-]{20,}$'

spawn env OTS_TCP_STREAMING_PORT=nonsense "$TOP/s6-services/ots-server" \
	--bin "$BIN" --data "$tmp/bad" >"$tmp/bad.out" 2>&1 </dev/null
wait_for gone "$spawned"
wait "$spawned"
is "a bad port: status 100" $? 100

kill -TERM "$two"
ok "the second server ends" wait_for gone "$two"
done_testing
