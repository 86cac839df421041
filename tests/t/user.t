#!/bin/sh
# ots-user: every command on SQLite and on a PostgreSQL of our own; what is
# killed, raced, newer, away; passwords that are asked for and never shown.
TEST_SECONDS=240
. "${0%/*}/lib.sh"
. "${0%/*}/pg.sh"

unset OTS_DATABASE_URI SQLALCHEMY_DATABASE_URI OTS_DATA_FOLDER
export HOME="$tmp/home" # nothing of ours ends in the real one
mkdir "$HOME"
: "${BUILD:=$TOP/build}"

# u ARG ...: standard output and 2 in $tmp/out and $tmp/err, the code in $code.
u()
{
	code=0
	timeout --foreground -k 5 60 ots-user "$@" >"$tmp/out" 2>"$tmp/err" ||
		code=$?
	return $code
}

# exits NAME CODE ARG ...
exits()
{
	name=$1 want=$2
	shift 2
	u "$@"
	is "$engine: $name" "$code" "$want" || diag "$(cat "$tmp/err")"
}

# says NAME ERE: on descriptor 2.
says()
{
	like "$engine: $1" "$(cat "$tmp/err")" "$2"
}

# prints NAME TEXT: on descriptor 1.
prints()
{
	is "$engine: $1" "$(cat "$tmp/out")" "$2"
}

# One line for each user: name:flags:group direction(-: inactive),...
summary()
{
	u list --json || return
	python3 -c '
import json, sys
for line in sys.stdin:
    u = json.loads(line)
    flags = "".join(k[0] for k in ("admin", "disabled", "password") if u[k])
    print(u["name"], flags, ",".join(
        g["name"] + " " + g["direction"] + ("" if g["active"] else "-")
        for g in u["groups"]), sep=":")' <"$tmp/out"
}

# Gone with all that is in it.
empty_database()
{
	if [ "$engine" = sqlite ]; then
		rm -rf "$tmp/db"
	else
		pg_sql 'DROP SCHEMA public CASCADE; CREATE SCHEMA public' \
			>/dev/null 2>&1
	fi
}

# sql TEXT: behind ots-user's back.
sql()
{
	if [ "$engine" = sqlite ]; then
		sqlite_sql "$tmp/db/ots.db" "$1"
	else
		pg_sql "$1"
	fi
}

users_and_passwords()
{
	exits "an empty list" 0 list
	prints "says so" "USER  ROLE   STATE     PASSWORD  IN  OUT"
	exits "first start" 0 first
	like "$engine: the administrator's password" "$(cat "$tmp/out")" \
		'^administrator [a-z2-9]{5}(-[a-z2-9]{5}){3}$'
	like "$engine: only its hash is kept" \
		"$(sql 'SELECT name, hash FROM ots_users')" \
		'^administrator\|\$argon2id\$v=19\$m=65536,t=3,p=1\$'
	exits "second start" 0 first
	prints "makes nobody" ""
	exits "users" 0 add alice bob@example.org C-3_p.o
	exits "the same again" 1 add alice
	says "exists" 'there is a user alice already'
	exits "in other letters" 1 add ALICE
	says "exists, too" 'there is a user alice already'
	exits "and one that is new beside it" 1 add alice dave
	exits "again, if missing" 0 add --if-missing alice dave erin
	for bad in '' 'a b' 'a/b' "a'b" ü; do
		exits "bad name $bad" 100 add "$bad"
	done
	exits "passwords from a descriptor" 0 add --password-fd 5 frank grace \
		5<<-END
			correct horse
			battery staple
		END
	exits "one line is missing" 100 add --password-fd 5 heidi ivan 5<<-END
		correct horse
	END
	says "which" 'no line for ivan'
	exits "a short one" 100 passwd --password-fd 0 alice <<-END
		1234567
	END
	says "says so" 'alice: a password has at least 8 characters'
	unlike "$engine: and not which" "$(cat "$tmp/err")" '1234567'
	exits "a closed descriptor" 100 passwd --password-fd 9 alice
	exits "two ways" 100 passwd -r --no-password alice
	exits "no terminal" 100 passwd alice </dev/null
	exits "a random one" 0 passwd -r alice
	like "$engine: is shown" "$(cat "$tmp/out")" '^alice [a-z2-9-]{23}$'
	exits "none any more" 0 passwd --no-password frank
	exits "nobody's" 1 passwd -r mallory
	says "who" 'no such user: mallory'
	is "$engine: so far" "$(summary)" "\
C-3_p.o::__ANON__ IN,__ANON__ OUT
administrator:ap:__ANON__ IN,__ANON__ OUT
alice:p:__ANON__ IN,__ANON__ OUT
bob@example.org::__ANON__ IN,__ANON__ OUT
dave::__ANON__ IN,__ANON__ OUT
erin::__ANON__ IN,__ANON__ OUT
frank::__ANON__ IN,__ANON__ OUT
grace:p:__ANON__ IN,__ANON__ OUT
heidi:p:__ANON__ IN,__ANON__ OUT"
	exits "remove" 0 del dave erin frank grace heidi
	exits "again" 1 del dave
}

roles()
{
	exits "the last administrator" 1 del administrator
	says "stays" 'administrator is the last enabled administrator'
	exits "enabled" 1 disable administrator
	exits "with his role" 1 admin administrator off
	exits "another" 0 admin alice on
	exits "once more" 0 admin alice on
	exits "neither" 100 admin alice maybe
	exits "now it may go" 0 del administrator
	exits "for ever" 0 first
	prints "not again" ""
	is "$engine: nor behind the scenes" "$(summary | grep -c administrator)" 0
	exits "disable" 0 disable bob@example.org
	exits "twice" 0 disable bob@example.org
	exits "nobody" 1 disable mallory
	like "$engine: is seen" "$(u list; cat "$tmp/out")" \
		'^bob@example.org +user +disabled +no +__ANON__ +__ANON__$'
	exits "enable" 0 enable bob@example.org
}

groups()
{
	exits "groups" 0 group add Blue --description 'the "blue" ones'
	exits "with blanks" 0 group add 'Red, Ümlaut'
	exits "twice" 1 group add Blue
	exits "if missing" 0 group add --if-missing Blue
	exits "bad name" 100 group add ' x'
	exits "for a while" 0 group add Gone
	exits "removed" 0 group del Gone
	exits "again" 1 group del Gone
	exits "that of all" 1 group del __ANON__
	exits "a later one" 0 group add Later
	exits "list" 0 group list
	prints "bits are not used again" "\
GROUP        BITPOS  DESCRIPTION
Blue         3       the \"blue\" ones
Later        6       
Red, Ümlaut  4       
__ANON__     2       "
	u group list --json
	is "$engine: as JSON" "$(python3 -c '
import json, sys
for line in list(sys.stdin)[:2]:
    g = json.loads(line)
    print(g["name"], g["bitpos"], g["description"], g["created"][:2], sep="|")
' <"$tmp/out")" 'Blue|3|the "blue" ones|20
Later|6||20'
	exits "join" 0 join alice Blue
	exits "one way" 0 join alice 'Red, Ümlaut' out
	exits "again" 0 join alice 'Red, Ümlaut' OUT
	exits "no group" 1 join alice Green
	says "which" 'no such group: Green'
	exits "no user" 1 join mallory Blue
	exits "no direction" 100 join alice Blue sideways
	exits "leave" 0 leave alice Blue out
	exits "once more" 0 leave alice Blue out
	is "$engine: alice" "$(summary | grep alice)" \
		'alice:ap:Blue IN,Red, Ümlaut OUT'
	exits "channel off" 0 channel alice Blue off
	exits "not hers" 1 channel alice Later off
	exits "not in that direction" 1 channel alice Blue out off
	is "$engine: switched" "$(summary | grep alice)" \
		'alice:ap:Blue IN-,Red, Ümlaut OUT'
	exits "one device" 0 channel alice --device ANDROID-1 Blue in on
	exits "show" 0 show alice
	like "$engine: state" "$(cat "$tmp/out")" '^in        \(Blue\)$'
	like "$engine: device" "$(cat "$tmp/out")" \
		'^device    ANDROID-1  in: Blue  out: Red, Ümlaut$'
	exits "show as JSON" 0 show --json alice
	is "$engine: devices" "$(python3 -c '
import json, sys
print(json.load(sys.stdin)["devices"])' <"$tmp/out")" \
		"[{'uid': 'ANDROID-1', 'in': ['Blue'], 'out': ['Red, Ümlaut']}]"
	exits "show nobody" 1 show mallory
	exits "the group goes" 0 group del Blue
	exits "leave the last" 0 leave alice 'Red, Ümlaut'
	says "what it means" 'alice is in __ANON__'
	is "$engine: back" "$(summary | grep alice)" \
		'alice:ap:__ANON__ IN,__ANON__ OUT'
}

# all_well FILE: each line is 0.
all_well()
{
	! grep -v '^0$' "$1"
}

# in_parallel N SCRIPT: with $1 from 1 to N; codes in $tmp/codes.
in_parallel()
{
	pids=
	i=0
	while [ $i -lt "$1" ]; do
		i=$((i + 1))
		timeout --foreground -k 5 90 sh -c "$2" sh $i \
			>"$tmp/par.$i" 2>&1 &
		pids="$pids $!"
	done
	: >"$tmp/codes"
	for pid in $pids; do
		pid_code=0
		wait "$pid" || pid_code=$?
		echo $pid_code >>"$tmp/codes"
	done
}

races()
{
	empty_database
	in_parallel 6 'ots-user list'
	ok "$engine: six begin with an empty database" all_well "$tmp/codes" ||
		diag "$(cat "$tmp"/par.*)"
	in_parallel 4 'ots-user first'
	ok "$engine: four first starts" all_well "$tmp/codes" ||
		diag "$(cat "$tmp"/par.*)"
	is "$engine: one administrator" "$(summary)" \
		'administrator:ap:__ANON__ IN,__ANON__ OUT'
	rm -f "$tmp"/par.*
	in_parallel 4 'set -e
		for n in 1 2 3 4 5; do
			ots-user add "u$1-$n"
			ots-user group add "g$1-$n"
			ots-user join "u$1-$n" "g$1-$n" in
		done'
	ok "$engine: four who write" all_well "$tmp/codes" ||
		diag "$(cat "$tmp"/par.*)"
	is "$engine: all is there" "$(summary | grep -c ':g.-. IN$')" 20
	is "$engine: each bit once" \
		"$(u group list; sed 1d "$tmp/out" | awk '{ print $2 }' | sort -n |
			tr '\n' ' ')" "$(seq -s ' ' 2 22) "
}

killed()
{
	empty_database
	u add root --admin
	for n in 1 2 3 4 5 6 7 8 9; do
		# shellcheck disable=SC2046 # words
		ots-user add $(seq -f "k$n-%g" 300) >/dev/null 2>&1 &
		victim=$!
		sleep "0.0$n"
		kill -KILL "$victim" 2>/dev/null
		wait "$victim" 2>/dev/null
	done
	# However fast the machine is, this one is in the middle.
	# shellcheck disable=SC2046 # words
	ots-user add $(seq -f "middle-%g" 4000) >/dev/null 2>&1 &
	victim=$!
	ok "$engine: it adds users" wait_for u show middle-1
	kill -KILL "$victim"
	wait "$victim" 2>/dev/null
	exits "after kill -9: list" 0 list
	like "$engine: some were made" "$(cat "$tmp/out")" '^middle-1 '
	unlike "$engine: some were not" "$(cat "$tmp/out")" '^middle-4000 '
	is "$engine: the counter is right" \
		"$(sql "SELECT value FROM ots_counters WHERE name = 'users'")" \
		"$(grep -c '^[kmr]' "$tmp/out")"
	# shellcheck disable=SC2046 # words
	exits "what is missing" 0 add --if-missing $(seq -f 'k9-%g' 80)
	u list
	like "$engine: is there now" "$(cat "$tmp/out")" '^k9-80 '
}

newer()
{
	before=$(summary)
	sql "INSERT INTO ots_schema VALUES ('accounts', 999, 0)"
	exits "a newer database" 100 add zoe
	says "what to do" 'version 999 .* knows [0-9]+: use the newer program'
	sql "DELETE FROM ots_schema WHERE version = 999"
	is "$engine: nothing was changed" "$(summary)" "$before"
}

all_cases()
{
	users_and_passwords
	roles
	groups
	killed
	newer
	races
}

# Usage ----------------------------------------------------------------------

engine=usage
export OTS_DATABASE_URI="sqlite:$tmp/none/ots.db"
exits "no command" 100
exits "no such command" 100 frobnicate
exits "half a command" 100 group
exits "an argument is missing" 100 join alice
exits "too many" 100 list alice
exits "an option of another command" 100 list --admin
exits "check only" 0 -n add alice
exits "check only, behind" 0 add -n alice
exits "not a number" 100 add --password-fd x alice
not_ok "none of these made a database" test -e "$tmp/none"

# SQLite ---------------------------------------------------------------------

engine=sqlite
export OTS_DATABASE_URI="sqlite:$tmp/db/ots.db"
all_cases
is "sqlite: for the owner only" "$(stat -c %a "$tmp/db" "$tmp/db/ots.db" |
	tr '\n' ' ')" '700 600 '
unset OTS_DATABASE_URI
exits "data folder" 0 --data "$tmp/data" add alice
ok "sqlite: its place" test -f "$tmp/data/db/ots.db"
exits "by environment" 0 --database "$tmp/data/db/ots.db" list
like "sqlite: the same" "$(cat "$tmp/out")" '^alice '
exits "home" 0 list
ok "sqlite: its place, too" test -f "$HOME/ots/db/ots.db"
mkdir "$tmp/data/env"
echo "sqlite:$tmp/other.db" >"$tmp/data/env/OTS_DATABASE_URI"
exits "what the server obeys" 0 add zoe --data "$tmp/data"
exits "is where it says" 0 show zoe --database "$tmp/other.db"
echo nonsense >"$tmp/junk.db"
exits "no database" 100 --database "$tmp/junk.db" list
says "which" 'junk.db: .*not a database'
exits "an unknown engine" 100 --database 'mysql://u:hidden@h/x' list
unlike "sqlite: nothing of its password" "$(cat "$tmp/err")" hidden

# as_service FOLDER COMMAND ...: in that folder, which it cannot reach by name.
as_service()
{
	(cd "$1" && shift && as_user nobody "$@" >/dev/null)
}

if [ "$(id -u)" = 0 ]; then
	# Root works as the owner of the folder, below one that is closed to him.
	chmod 711 "$tmp"
	mkdir -p "$tmp/closed/data/db"
	chown nobody: "$tmp/closed/data/db"
	chmod 700 "$tmp/closed" "$tmp/closed/data/db"
	exits "root, for the service" 0 --data "$tmp/closed/data" add alice
	exits "again" 0 --data "$tmp/closed/data" add bob
	is "sqlite: all belongs to it" \
		"$(stat -c %U "$tmp"/closed/data/db/* | sort -u)" nobody
	ln -s "$tmp/trap" "$tmp/closed/data/db/other.db"
	exits "a trap" 100 --database "$tmp/closed/data/db/other.db" list
	not_ok "sqlite: root made nothing there" test -e "$tmp/trap"
	ok "sqlite: the service uses it" as_service "$tmp/closed/data" \
		"$(command -v ots-user)" --database db/ots.db list
else
	skip 6 "only root can work for others"
fi

# The terminal ---------------------------------------------------------------

cat >"$tmp/terminal.py" <<'END'
import os, pty, signal, sys, termios, time

# terminal.py ANSWERS|INT COMMAND...: on a terminal of its own.
answers, command = sys.argv[1], sys.argv[2:]
master, slave = pty.openpty()
before = termios.tcgetattr(slave)
pid = os.fork()
if pid == 0:
    os.setsid()
    os.close(master)
    os.close(os.open(os.ttyname(slave), os.O_RDWR))  # our terminal
    for fd in range(3):
        os.dup2(slave, fd)
    os.execvp(command[0], command)
seen = b""

def until(text):
    global seen
    while text not in seen:
        seen += os.read(master, 1000)

def echo():
    return bool(termios.tcgetattr(slave)[3] & termios.ECHO)

for n, answer in enumerate(answers.split(",")):
    until((b"New password for", b"Once more")[n] )
    until(b": ")
    seen_at = len(seen)
    assert not echo(), "echo is on"
    os.write(master, b"\x03" if answer == "INT" else answer.encode() + b"\n")
    if answer == "INT":
        break
_, status = os.waitpid(pid, 0)
os.set_blocking(master, False)
try:
    seen += os.read(master, 10000)
except BlockingIOError:
    pass
print(seen.decode())
print("echo", "on" if echo() else "off")
print("status", os.waitstatus_to_exitcode(status))
END

engine=terminal
export OTS_DATABASE_URI="sqlite:$tmp/db/ots.db"
u add tina
ask()
{
	timeout -k 5 60 python3 "$tmp/terminal.py" "$@" 2>&1
}
got=$(ask 'correct horse,correct horse' ots-user passwd tina)
like "a password is asked for" "$got" '^status 0'
like "the echo is back" "$got" '^echo on'
unlike "it is not shown" "$got" 'horse'
like "it is there" "$(u show tina; cat "$tmp/out")" '^password  yes$'
got=$(ask 'correct horse,correct house' ots-user passwd tina)
like "two that differ" "$got" '^status 100'
like "say so" "$got" 'the two passwords differ'
got=$(ask 'correct horse,INT' ots-user passwd tina)
like "Ctrl-C ends it" "$got" '^status -2'
like "and leaves the echo on" "$got" '^echo on'
got=$(ask 'correct horse,correct horse' ots-user add -p theo)
like "for a new user" "$got" '^status 0'

# PostgreSQL -----------------------------------------------------------------

engine=postgresql
if [ -n "$user_caps" ]; then
	# initdb asks access(2), which does not count the right to search.
	skip 1 "PostgreSQL cannot run where others cannot search /"
	done_testing
elif ! pg_start; then
	fail "PostgreSQL starts"
	done_testing
fi
export OTS_DATABASE_URI="$pg_uri"
all_cases
exits "a name" 0 add --if-missing alice
pg_stop
exits "PostgreSQL is away" 111 list
says "what is away" 'database: postgresql: connection to server on socket'
unlike "postgresql: no password" "$(cat "$tmp/err")" "$pg_password"
pg_up
exits "PostgreSQL is back" 0 list
like "postgresql: with all" "$(cat "$tmp/out")" '^alice '
exits "the last thing" 0 add zoe
pg_kill
exits "PostgreSQL was killed" 111 list
pg_up
exits "PostgreSQL has recovered" 0 list
exits "the wrong password" 100 --database \
	"postgresql://ots:wr0ng@/ots?host=$pg_dir" list
says "is refused" 'password authentication failed'
unlike "postgresql: and not shown" "$(cat "$tmp/err")" 'wr0ng'
exits "no such database" 100 --database \
	"postgresql://ots:$pg_password@/nil?host=$pg_dir" list
for test in db db_pg accounts accounts_groups; do
	[ -x "$BUILD/unit/test_$test" ] || continue
	env OTS_TEST_PG="$pg_uri" timeout -k 5 100 \
		"$BUILD/unit/test_$test" >"$tmp/unit" 2>&1
	is "test_$test on PostgreSQL" $? 0 ||
		diag "$(grep -v '^ok' "$tmp/unit")"
done
done_testing
