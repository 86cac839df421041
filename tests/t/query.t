#!/bin/sh
# ots-query: what ots-store has kept, from SQLite and from a PostgreSQL of our
# own, in each format; and last Tuesday once more.
TEST_SECONDS=300
. "${0%/*}/lib.sh"
# shellcheck source=tests/t/pg.sh
. "${0%/*}/pg.sh"

unset OTS_DATABASE_URI SQLALCHEMY_DATABASE_URI OTS_DATA_FOLDER
export HOME="$tmp/home"
mkdir "$HOME"
tab=$(printf '\t')

# event UID TYPE SECOND LAT LON [DETAIL]: a frame of that second, in May 2024.
event()
{
	day=2024-05-06T07:08
	printf 'ev:frame\tconn:n.%s.1\tvia:tls\tuser:%s\t' "${user#user}" "$user"
	printf 't:%s\t' $((1714979280 + $3))000000
	printf 'xml:<event version="2.0" uid="%s" type="%s" how="m-g" ' "$1" "$2"
	printf 'time="%s:%02dZ" start="%s:%02dZ" ' "$day" "$3" "$day" "$3"
	printf 'stale="2024-05-06T08:00:00Z"><point lat="%s" lon="%s" ' "$4" "$5"
	printf 'hae="12.5" ce="1" le="1"/><detail>%s</detail></event>\n' "${6-}"
}

# who CALLSIGN: the detail of a device.
who()
{
	printf '<contact callsign="%s" endpoint="*:-1:stcp"/>' "$1"
	printf '<takv platform="ATAK" version="5"/><__group name="Cyan" role="HQ"/>'
	printf '<track speed="1.5" course="90"/><status battery="77"/>'
}

odd='x&quot;,&apos;); DROP TABLE ots_events; --&lt;b&gt; $1 %s 💣'
day()
{
	user=user1
	event A a-f-G-U-C 1 51.5 -0.25 "$(who ALPHA)"
	user=user2
	event B a-f-G-U-C 2 -17.5 179.5 "$(who "$odd")"
	user=user1
	event A a-f-G-U-C 3 51.75 -0.5 "$(who ALPHA)"
	event M b-m-p-s-m 4 10 20
	event chat1 b-t-f 5 51.5 -0.25 "<__chat id=\"All Chat Rooms\" \
chatroom=\"All Chat Rooms\" senderCallsign=\"ALPHA\"><chatgrp uid0=\"A\" \
uid1=\"All Chat Rooms\"/></__chat><link uid=\"A\" type=\"a-f-G-U-C\" \
relation=\"p-p\"/><remarks source=\"A\">one, &quot;two&quot;&#10;$odd</remarks>"
	user=user2
	event B a-f-G-U-C 6 -17.5 -179.5 "$(who "$odd")"
	event B-9-1-1 b-a-o-tbl 7 -17.5 -179.5 \
		"<emergency type=\"911 Alert\">$odd</emergency>"
}

# q COMMAND [OPTION ...]
q()
{
	timeout --foreground -k 5 60 ots-query --database "$uri" "$@"
}

# uids: of records or CoT.
uids()
{
	grep -o "${tab}uid:[^$tab]*\|^<event.* uid=\"[^\"]*\"" |
		sed 's/.*uid[:=]//;s/"//g' | tr '\n' ' '
}

# csv N: the column of that name of CSV, by a reader that is not ours.
csv()
{
	python3 -c 'import csv, io, sys
t = io.TextIOWrapper(sys.stdin.buffer, "utf-8", newline="")
for r in csv.DictReader(t, strict=True):
	print(repr(r[sys.argv[1]]))' "$1"
}

# json EXPRESSION: of each line, r.
json()
{
	python3 -c 'import json, sys
for line in sys.stdin:
	r = json.loads(line)
	print(eval(sys.argv[1]))' "$1"
}

# xml PATH: texts or attributes of elements, by a reader that is not ours.
xml()
{
	python3 -c 'import sys, xml.etree.ElementTree as x
for e in x.parse(sys.stdin).iter("{%s}%s" % tuple(sys.argv[1:3])):
	print((e.text or "").strip() or sorted(e.attrib.items()))' "$1" "$2"
}

store()
{
	day >frames
	ots-parse <frames 2>parse.log >events
	timeout --foreground -k 5 60 ots-store -w --spool spool --database \
		"$uri" <events >/dev/null 2>store.log
	is "$engine: events are stored" $? 0 || diag "$(cat store.log)"
}

events()
{
	is "$engine: events" "$(q events | uids)" 'A B A M chat1 B B-9-1-1 '
	is "$engine: of a uid" "$(q events --uid A | uids)" 'A A '
	is "$engine: of a type" "$(q events -t a- --uid B | uids)" 'B B '
	is "$engine: of types" "$(q events --type b- | uids)" \
		'M chat1 B-9-1-1 '
	is "$engine: in a box over the date line" \
		"$(q events --bbox -18,179,-17,-179 -t a | uids)" 'B B '
	is "$engine: of a group" "$(q events --group __ANON__ --limit 2 |
		uids)" 'A B '
	is "$engine: of no group" "$(q events --group none | uids)" ''
	is "$engine: of a user" "$(q events --user user2 | uids)" \
		'B B B-9-1-1 '
	is "$engine: of a time" "$(q events --since 2024-05-06T07:08:02Z \
		--until 2024-05-06T07:08:05Z | uids)" 'B A M '
	is "$engine: of today" "$(q events --since 1d | uids)" ''
	is "$engine: hostile texts find nothing" "$(q events \
		--uid "' OR '1'='1" --type '%' --group "x\\" | uids)" ''
	is "$engine: the CoT is what came" "$(q events -f cot)" \
		"$(ots-parse --format xml <frames 2>/dev/null)"
	q events >records
	is "$engine: records are records" "$(ots-parse --format xml <records \
		2>/dev/null)" "$(q events -f cot)"
	like "$engine: with their labels" "$(grep "uid:A$tab" records)" \
		"^ev:cot${tab}uid:A${tab}type:a-f-G-U-C${tab}how:m-g${tab}.*${tab}lat:51.5${tab}lon:-0.25${tab}hae:12.5${tab}ce:1${tab}le:1${tab}callsign:ALPHA${tab}user:user1${tab}.*t:1714979281000000${tab}xml:<event "
	is "$engine: JSON" "$(q events -f json --uid B | json \
		'(r["t"], r["lon"], r["callsign"] == chr(120) + chr(34) + ",'"'"'); DROP TABLE ots_events; --<b> $1 %s 💣", r["xml"][:6])' )" \
		"('2024-05-06T07:08:02.000Z', 179.5, True, '<event')
('2024-05-06T07:08:06.000Z', -179.5, True, '<event')"
	is "$engine: CSV" "$(q events -f csv --uid A | csv lat)" \
		"'51.5'
'51.75'"
}

others()
{
	is "$engine: chat as CSV" "$(q chat -f csv --uid A | csv text)" \
		"'one, \"two\"\\nx\",\\'); DROP TABLE ots_events; --<b> \$1 %s 💣'"
	is "$engine: as a table, on one line" "$(q chat | wc -l)" 2
	is "$engine: devices" "$(q devices -f json --bbox 51,-1,52,0 | json \
		'(r["uid"], r["callsign"], r["team"], r["battery"], r["lat"])')" \
		"('A', 'ALPHA', 'Cyan', 77, 51.75)"
	like "$engine: as a table" "$(q devices)" \
		'^A +ALPHA +user1 +Cyan +ATAK '
	is "$engine: alerts" "$(q alerts -f json --user user2 | json \
		'(r["uid"], r["type"], r["started"], "cancelled" in r)')" \
		"('B-9-1-1', '911 Alert', '2024-05-06T07:08:07.000Z', False)"
	is "$engine: tracks as CSV" "$(q tracks -f csv --uid B | csv lon)" \
		"'179.5'
'-179.5'"
	is "$engine: as JSON" "$(q tracks -f json --uid A --since \
		2024-05-06T07:08:02Z | json '(r["speed"], r["course"])')" \
		'(1.5, 90)'
}

maps()
{
	gpx=http://www.topografix.com/GPX/1/1
	kml=http://www.opengis.net/kml/2.2
	q tracks -f gpx >gpx.xml
	is "$engine: GPX" "$(xml $gpx name <gpx.xml)" \
		"ALPHA
x\",'); DROP TABLE ots_events; --<b> \$1 %s 💣"
	is "$engine: its points" "$(xml $gpx trkpt <gpx.xml | sed -n 1p)" \
		"[('lat', '51.5'), ('lon', '-0.25')]"
	is "$engine: their times" "$(xml $gpx time <gpx.xml | tail -n 1)" \
		2024-05-06T07:08:06.000Z
	q tracks -f kml --group __ANON__ >kml.xml
	is "$engine: KML" "$(xml $kml coordinates <kml.xml)" \
		'-0.25,51.5,12.5
-0.5,51.75,12.5
179.5,-17.5,12.5
-179.5,-17.5,12.5'
	is "$engine: an empty map is one" "$(q tracks -f gpx --uid none |
		xml $gpx gpx)" "[('creator', 'ots-query'), ('version', '1.1')]"
}

# Last Tuesday once more, through a server to who watches it.
again()
{
	spawn ots-cat "unix:$tmp/line/route.sock" </dev/null >seen 2>watch.log
	watcher=$spawned
	taps=$((taps + 1))
	wait_for joined $taps
	q events --type a- | ots-replay -s 0 --now |
		timeout --foreground -k 5 60 ots-cat -w 1 \
			"tcp://127.0.0.1:$port" >/dev/null 2>cat.log
	ok "$engine: replayed" wait_for is_seen 'A B A B ' || diag "$(cut -c 1-200 seen; cat cat.log)"
	like "$engine: as if it were now" "$(cat seen)" \
		"time:$(date -u +%Y)-.*uid=\"A\""
	kill "$watcher"
}

joined()
{
	[ "$(grep -c 'ev=local what=joined' "$tmp/line/route.log")" -ge "$1" ]
}

is_seen()
{
	# What is told again when a client goes is no event.
	[ "$(grep "^ev:cot" seen | grep -v "	again:1" | uids)" = "$1" ]
}

failures()
{
	q events --bbox 1,2 2>err
	is 'a bad box is refused' $? 100
	like 'and told' "$(cat err)" 'LAT1,LON1,LAT2,LON2'
	q tracks --format cot 2>err
	is 'as is a format that makes no sense' $? 100
	like 'with those that do' "$(cat err)" 'gpx or kml'
	q chat --bbox 1,2,3,4 2>err
	is 'or an option' $? 100
	q events --since Tuesday 2>err
	is 'or a time' $? 100
	like 'with how to write it' "$(cat err)" '2h, 7d'
	timeout --foreground -k 5 60 ots-query --data "$tmp/none" events 2>err
	is 'no database' $? 100
	like 'is told, and where' "$(cat err)" "$tmp/none/db/ots.db"
	not_ok 'and not made' test -e "$tmp/none"
	echo precious >"$tmp/none.db"
	q events -D "$tmp/none.db/x" 2>err
	is 'nor is one in what is no folder' $? 100
	q events -D "$tmp/none.db" 2>err
	is 'what is no database' $? 100
	is 'stays as it is' "$(cat "$tmp/none.db")" precious
	timeout --foreground -k 5 60 ots-query \
		-D 'postgresql://u:pw-secret@127.0.0.1:1/x' events 2>err
	is 'one that is away is for later' $? 111
	unlike 'and its password no secret lost' "$(cat err)" pw-secret
}

# Root asks as the owner of the folder, below one that is closed to him.
as_owner()
{
	if [ "$(id -u)" != 0 ]; then
		skip 3 'only root can work for others'
		return
	fi
	chmod 711 "$tmp"
	mkdir -p "$tmp/closed/db"
	cp "$tmp/sqlite/db.sqlite" "$tmp/closed/db/ots.db"
	echo precious >"$tmp/trap"
	ln -s "$tmp/trap" "$tmp/closed/db/trap.db"
	chown -R -h nobody: "$tmp/closed/db"
	chmod 700 "$tmp/closed" "$tmp/closed/db" "$tmp/trap"
	is 'root, for the service' "$(timeout --foreground -k 5 60 ots-query \
		-D "$tmp/closed/db/ots.db" events | uids)" 'A B A M chat1 B B-9-1-1 '
	is 'all belongs to it' "$(stat -c %U "$tmp"/closed/db/* | sort -u)" \
		nobody
	timeout --foreground -k 5 60 ots-query -D "$tmp/closed/db/trap.db" \
		events 2>err
	is 'and a link to what is not its own is refused' $? 100
}

both()
{
	mkdir "$tmp/$1"
	cd "$tmp/$1" || exit 1
	store
	events
	others
	maps
	again
}

# shellcheck disable=SC2119 # no arguments
start_line || exit 1
taps=0
engine=sqlite uri=sqlite:db.sqlite
both sqlite
failures
as_owner
engine=postgresql uri=$pg_uri
if pg_start; then
	both postgresql
else
	skip 1 'no PostgreSQL'
fi
done_testing
