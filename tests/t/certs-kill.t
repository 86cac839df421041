#!/bin/sh
# ots-certs killed at any moment: the CA stays one that can be read and used.
# OTS_FULL=1: 500 operations at random moments, else 60.
TEST_SECONDS=600
. "${0%/*}/lib.sh"
OTS_CA_FOLDER=$tmp/ca
export OTS_CA_FOLDER
rounds=60
[ -z "${OTS_FULL-}" ] || rounds=500

# random N: from 0 to N - 1.
random()
{
	echo $(($(od -An -N4 -tu4 /dev/urandom) % $1))
}

# operation N: one of those that write, as words in $op.
operation()
{
	user=u$(random 8)
	case $1 in
	0 | 1) op="client new$round" ;;
	2) op="client $user" ;;
	3) op=sign ;;
	4) op="revoke $user" ;;
	5) op="server --renew tak.example.org 192.0.2.1" ;;
	6) op="renew --rekey tak.example.org" ;;
	7) op="p12 $user" ;;
	8) op=crl ;;
	*) op="renew $user" ;;
	esac
}

# No state but a whole one is there for others to see.
readable()
{
	ots-certs list --all --json >"$tmp/list" 2>"$tmp/err" &&
		! grep -q 'not a record' "$tmp/err"
}

serials_once()
{
	sed 's/.*"serial":"\([0-9a-f]*\)".*/\1/' "$tmp/list" | sort >"$tmp/serials"
	sort -u "$tmp/serials" | cmp -s - "$tmp/serials"
}

# Each certificate that somebody could have seen is in the ledger.
all_recorded()
{
	for f in "$OTS_CA_FOLDER"/servers/*/cert.pem \
		"$OTS_CA_FOLDER"/clients/*/cert.pem; do
		[ -e "$f" ] || continue
		s=$(openssl x509 -in "$f" -noout -serial | sed 's/.*=//;s/^0*//' |
			tr A-F a-f)
		grep -qx "$s" "$tmp/serials" || { diag "$f: $s"; return 1; }
	done
}

pairs_fit()
{
	for d in "$OTS_CA_FOLDER"/servers/*/ "$OTS_CA_FOLDER"/clients/*/; do
		[ -e "$d/cert.pem" ] || continue
		[ "$(openssl pkey -in "$d/key.pem" -pubout)" = \
			"$(openssl x509 -in "$d/cert.pem" -noout -pubkey)" ] ||
			{ diag "$d does not fit"; return 1; }
	done
}

# Who is revoked in the ledger is so in the list that is served.
crl_is_whole()
{
	openssl crl -in "$OTS_CA_FOLDER/crl.pem" -noout -text |
		sed -n 's/.*Serial Number: 0*//p' | tr A-F a-f |
		sort >"$tmp/in-crl"
	sed -n '/"state":"revoked"/s/.*"serial":"\([0-9a-f]*\)".*/\1/p' \
		"$tmp/list" | sort -u | cmp - "$tmp/in-crl"
}

# --- init, ended at each of its steps ---
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	-keyout /dev/null -subj /CN=signed -out "$tmp/csr" 2>/dev/null
init="init --key p256 --client-key p256"

# killed_at CALL N COMMAND...: SIGKILL at the N-th such system call; 0 if that
# came to be. What strace finds is the moment, not the result.
killed_at()
{
	call=$1
	n=$2
	shift 2
	timeout --foreground -k 5 60 strace -qq -o /dev/null -e trace="$call" \
		-e inject="$call:signal=KILL:when=$n" "$@" \
		<"$tmp/csr" >/dev/null 2>"$tmp/out"
	[ $? = 137 ]
}

traced=no
if strace -qq -o /dev/null -e trace=fsync true 2>/dev/null; then
	traced=yes
	bad=
	steps=0
	for call in fsync renameat; do
		n=1
		# shellcheck disable=SC2086 # words
		while killed_at $call $n ots-certs $init; do
			steps=$((steps + 1))
			ots-certs list >/dev/null 2>&1
			case $? in
			0 | 100) ;;
			*) bad="$bad $call:$n" ;;
			esac
			[ ! -e "$OTS_CA_FOLDER/ca.pem" ] || rm -rf "$OTS_CA_FOLDER"
			n=$((n + 1))
		done
		ok "init $call $n is its end, and it made a CA" readable
		rm -rf "$OTS_CA_FOLDER"
	done
	ok "init was killed at $steps steps" test $steps -gt 15
	is "each left no CA, or one" "$bad" ""
else
	skip 4 "no strace here"
fi

# shellcheck disable=SC2086 # words
ots-certs $init >"$tmp/out" || skip_all "no CA: $(cat "$tmp/out")"
ots-certs server tak.example.org 192.0.2.1 >/dev/null
ots-certs client u0 u1 u2 u3 u4 u5 u6 u7 >/dev/null

# --- each command, ended at each of its steps ---
if [ $traced = yes ]; then
	round=0
	for command in "client kill" "revoke u2" \
		"renew --rekey tak.example.org" "renew u3" sign \
		"server --renew tak.example.org 192.0.2.1" "p12 u4" crl; do
		bad=
		steps=0
		for call in fsync renameat; do
			n=1
			while [ $n -lt 30 ]; do
				# New names: what is done is not done again.
				round=$((round + 1))
				case $command in
				client\ kill) words="client kill$round" ;;
				revoke*) words="revoke r$round"
					ots-certs client r$round >/dev/null ;;
				*) words=$command ;;
				esac
				# shellcheck disable=SC2086
				killed_at $call $n ots-certs $words || break
				steps=$((steps + 1))
				readable && serials_once ||
					bad="$bad $call:$n"
				# shellcheck disable=SC2086
				ots-certs $words <"$tmp/csr" >/dev/null \
					2>"$tmp/err" ||
					bad="$bad $call:$n:again"
				n=$((n + 1))
			done
		done
		is "$command, killed at $steps steps" "$bad" ""
	done
	readable
	ok "afterwards every cert.pem is in the ledger" all_recorded
	ok "all pairs fit" pairs_fit
	ok "and the CRL is whole" crl_is_whole
else
	skip 11 "no strace here"
fi

# --- at random moments ---
# How long one takes, in ms, so that the moments are within: the quickest of
# some, since other work only ever makes it longer.
ms=1000
for n in 1 2 3 4 5 6; do
	start=$(date +%s%N)
	ots-certs client first$n >/dev/null
	took=$((($(date +%s%N) - start) / 1000000 + 2))
	[ $took -ge $ms ] || ms=$took
done
round=0
killed=0
bad=
while [ $round -lt $rounds ]; do
	round=$((round + 1))
	operation "$(random 10)"
	us=$(random $((ms * 3000)))
	# shellcheck disable=SC2086
	timeout --foreground -s KILL "$(printf '%d.%06d' $((us / 1000000)) \
		$((us % 1000000 + 1)))" ots-certs $op <"$tmp/csr" \
		>/dev/null 2>"$tmp/out"
	[ $? != 137 ] || killed=$((killed + 1))
	readable || { bad="$bad $round:$op"; diag "$(cat "$tmp/err")"; }
done
is "after each of $rounds operations the CA can be read" "$bad" ""
ok "some of them were killed ($killed)" test $killed -gt $((rounds / 10))
ok "no serial was used twice" serials_once
ok "every cert.pem is in the ledger" all_recorded
ots-certs renew >/dev/null 2>&1
ok "the daily renew" test $? -le 1
for d in "$OTS_CA_FOLDER"/clients/*/; do
	basename "$d"
done | xargs ots-certs client >/dev/null
is "every client can be had" $? 0
readable
ok "all pairs fit" pairs_fit
ok "the CRL is whole" crl_is_whole
is "nothing is left beside the files but by the dead" \
	"$(find "$OTS_CA_FOLDER" -name '.*.new' | wc -l | awk '$1 > 8')" ""
done_testing
