#!/bin/sh
# After a restart of the whole server nobody is forgotten: who comes is shown
# who was there when it ended. Also when only one of its programs is new.
TEST_SECONDS=240
. "${0%/*}/lib.sh"
: "${WAIT_SECONDS:=30}"
cd "$tmp" || exit 1
unset OTS_DATABASE_URI SQLALCHEMY_DATABASE_URI OTS_DATA_FOLDER

# As a supervisor has them: FIFOs that are held open, both ways.
mkfifo frames events stored ring
exec 4<>frames 5<>events 7<>stored 8<>ring

# run PROGRAM: its process is in PROGRAM.pid, its log is PROGRAM.log.
run()
{
	: >"$1.ready"
	case $1 in
	ots-listen)
		: >ots-listen.log
		set -- "$1" ring frames --tcp 127.0.0.1:0 --node n
		;;
	ots-parse) set -- "$1" frames events ;;
	ots-store)
		set -- "$1" events stored --spool spool --database store.db
		;;
	*) set -- "$1" stored ring --mailbox direct ;;
	esac
	# shellcheck disable=SC2016 # for the inner shell
	spawn sh -c 'program=$1 in=$2 out=$3; shift 3; exec "$program" -d 3 "$@" \
		<"$in" >"$out" 2>>"$program.log" 3>"$program.ready"' sh "$@" \
		4>&- 5>&- 7>&- 8>&-
	echo "$spawned" >"$1.pid"
	wait_for test -s "$1.ready" || diag "$1: $(cat "$1.log")"
}

# halt SIGNAL PROGRAM ...
halt()
{
	signal=$1
	shift
	for program; do
		pid=$(cat "$program.pid")
		kill "-$signal" "$pid"
		wait "$pid" 2>/dev/null
	done
}

ALL='ots-listen ots-parse ots-store ots-route'

up()
{
	for program in ots-route ots-store ots-parse ots-listen; do
		run "$program"
	done
	wait_for listen_port ots-listen.log || diag "$(cat ots-listen.log)"
}

# ---- clients -----------------------------------------------------------------

T=2024-05-06T07:08:09Z

# event TYPE UID DETAIL [STALE]
event()
{
	printf '<event version="2.0" uid="%s" type="%s" time="%s" start="%s" stale="%s" how="m-g"><point lat="1.0" lon="2.0" hae="0.0" ce="9999999" le="9999999"/><detail>%s</detail></event>' \
		"$2" "$1" "$T" "$T" "${4:-2099-05-06T07:08:09Z}" "$3"
}

# position UID [MARK [STALE]]
position()
{
	event a-f-G-U-C "$1" "<contact endpoint=\"*:-1:stcp\" callsign=\"c-$1\"/><mark m=\"${2:-first}\"/>" \
		"${3:-2099-05-06T07:08:09Z}"
}

talk()
{
	printf '%s' "$2" >"$1.in"
}

# come NAME: a client that stays; NAME.got is what it gets.
come()
{
	rm -f "$1.in" "$1.got"
	mkfifo "$1.in"
	spawn perl "$TOP/tests/helper/raw.pl" "$port" "$1.in" "$1.got" \
		4>&- 5>&- 7>&- 8>&-
	echo "$spawned" >"$1.pid"
	wait_for test -e "$1.got" || diag "$1 does not connect"
}

# enter NAME [MARK [STALE]]: ... and says where it is; its uid is NAME.
enter()
{
	come "$1"
	talk "$1" "$(position "$@")"
}

leave()
{
	kill "$(cat "$1.pid")"
}

# sees NAME UID [MARK]
sees()
{
	grep -q "uid=\"$2\" how=\"m-g\"><point [^>]*><detail><contact [^>]*><mark m=\"${3:-}" \
		"$1.got"
}

# ntimes NAME UID: so often it was shown that position.
ntimes()
{
	grep -o " uid=\"$2\" how=\"m-g\"" "$1.got" | grep -c .
}

is_told()
{
	grep -q "<link relation=\"p-p\" uid=\"$2\"" "$1.got"
}

# seen NAME: uids, in their order.
seen()
{
	grep -o 'type="a-f-G-U-C" uid="[^"]*"' "$1.got" |
		sed 's/.* uid="\([^"]*\)"/\1/' | sort -u | tr '\n' ' '
}

# is_over SECOND
is_over()
{
	[ "$(date +%s)" -gt "$1" ]
}

# knows QUERY: it is true in the database.
knows()
{
	python3 -c 'import sqlite3, sys
c = sqlite3.connect("store.db", timeout=20)
sys.exit(not c.execute("SELECT " + sys.argv[1]).fetchone()[0])' "$1"
}

# ---- all of it is killed -----------------------------------------------------
# The last in the order of uids, zz, is told last.

up
enter watch
for name in a b gone left hid back zz; do
	enter $name
	wait_for sees watch $name || diag "$name is not seen"
done
stale=$(($(date +%s) + 3))
enter old first "$(date -u -d "@$stale" +%Y-%m-%dT%H:%M:%SZ)"
enter stays
wait_for sees watch stays
talk watch "$(event b-m-p-s-m marker '<contact callsign="m"/><mark m=""/>')"
wait_for sees a marker
leave gone
talk left "$(event t-x-d-d x '<link relation="p-p" uid="left" type="a-f"/>')"
talk hid "$(event t-x-c-i-e hid '')"
ok "who leaves, or goes incognito, is taken from the maps" \
	wait_for is_told watch gone
wait_for is_told watch left
wait_for is_told watch hid
talk hid "$(position hid hidden)"
enter last
wait_for sees watch last
# shellcheck disable=SC2086 # words
halt KILL $ALL
wait_for is_over $stale
up
come n1
ok "who comes sees who was there when the server was killed" \
	wait_for sees n1 zz
is "... all of them, but who had left, is incognito or stale; no markers" \
	"$(seen n1)" 'a b back last stays watch zz '
is "... each once" "$(ntimes n1 a)" 1

# ---- their own word ----------------------------------------------------------

enter back second
ok "who is back is seen where it is now" wait_for sees n1 back second
talk n1 "$(position n1)"
come n2
ok "by those who come, too" wait_for sees n2 back second
wait_for sees n2 zz
is "... and not where it was" "$(ntimes n2 back)" 1
enter b second
wait_for sees n2 b second
leave b
ok "who is back and leaves, leaves" wait_for is_told n2 b

# ---- ots-route is killed -----------------------------------------------------

wait_for knows "count(*) = 1 FROM ots_devices WHERE uid = 'b' AND shown = 0
	AND conn = '' AND disconnected_at > connected_at"
: >n1.before
cp n1.got n1.before
halt KILL ots-route
run ots-route
come n3
ok "a new ots-route shows who is connected and silent" \
	wait_for sees n3 back second
ok "... and who is not back yet" wait_for sees n3 zz
wait_for sees n3 n1
is "... all of them, and nobody else" "$(seen n3)" \
	'a back last n1 stays watch zz '
is "... each once" "$(ntimes n3 back)$(ntimes n3 a)" 11

# ---- ots-store is killed -----------------------------------------------------

cp n3.got n3.before
halt KILL ots-store
run ots-store
enter after
ok "with a new ots-store it goes on" wait_for sees n3 after
ok "... with who is not back yet" wait_for sees after zz
wait_for sees after back second
is "... and with who is" "$(seen after)" 'a back last n1 stays watch zz '
wait_for grep -q 'ev=latest' ots-store.log
is "what was seen is not shown again" "$(ntimes n3 a)$(ntimes n3 zz)" 11

# ---- all of it is asked to stop ----------------------------------------------
# As a server stops: in the order of the stream. Its clients were there.

talk back "$(position back third)"
wait_for sees n3 back third
# shellcheck disable=SC2086 # words
halt TERM $ALL
up
come n4
ok "after a stop in good order it is the same" wait_for sees n4 n1
wait_for sees n4 zz
is "... those who were there, those who had not been back yet" "$(seen n4)" \
	'a after back last n1 stays watch zz '
ok "... with what they said last" sees n4 back third

# ---- ots-listen is killed ----------------------------------------------------

enter back fourth
wait_for sees n4 back fourth
halt KILL ots-listen
run ots-listen
wait_for listen_port ots-listen.log
come n5
ok "when ots-listen is killed it is the same" wait_for sees n5 zz
ok "... with what they said last" wait_for sees n5 back fourth
is "... each once" "$(ntimes n5 back)" 1
unlike "no program complains" "$(cat ots-*.log)" \
	'ev=(bad-record|not-stored|child|database-away)'

done_testing
