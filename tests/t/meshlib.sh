# meshlib.sh - devices that speak datagrams, for tests of the mesh. Use it behind
# lib.sh, in $tmp:
#
#	event UID [TYPE [DETAIL]]	one, canonical; | hex
#	DEV=NAME device NAME FD ARG ...	a device: $port
#	said FD HEX			to its group; to FD ADDR PORT HEX
#	heard NAME UID [N]		it has heard that, N times at least
#	free_group ADDR			$group and $mport, on the interface lo
# shellcheck shell=sh disable=SC2154 # what lib.sh sets

hex()
{
	od -An -v -tx1 | tr -d ' \n'
}

# event UID [TYPE [DETAIL]]: canonical
event()
{
	event_t=2026-05-06T07:08:09.000Z
	printf '<event version="2.0" time="%s" start="%s" stale="2036-05-06T07:08:10.000Z" type="%s" uid="%s" how="h-e"><point lat="1.0" lon="2.0" hae="3.0" ce="4.0" le="5.0"/><detail>%s</detail></event>' \
		$event_t $event_t "${2:-a-f-G}" "$1" "${3:-<x/>}"
}

# device NAME FD ARG ...: descriptor FD is its input, NAME.out what it hears;
# $port is what it is bound to.
device()
{
	dev=$1 dev_fd=$2
	shift 2
	mkfifo "$dev.in"
	: >"$dev.out"
	# shellcheck disable=SC2016 # for the inner shell
	spawn sh -c 'exec "$0" "$@" <"$DEV.in" >"$DEV.out" 2>"$DEV.err"' \
		"$TOP/tests/helper/datagrams.py" "$@"
	eval "exec $dev_fd>\"\$dev.in\""
	wait_for test -s "$dev.out"
	# shellcheck disable=SC2034
	port=$(head -n 1 "$dev.out")
}
export DEV

# said FD HEX: the device sends it. to FD ADDR PORT HEX
said() { echo "$2" >&"$1"; }
to() { echo "$2 $3 $4" >&"$1"; }

# The port of the socket that log $1 says is bound at address $2.
bound()
{
	port=$(sed -n "s/.* ev=listen via=udp addr=$2:\([0-9]*\).*/\1/p" "$1" |
		tail -n 1)
	[ -n "$port" ]
}

# heard NAME UID [N]: the device has heard that uid so often.
heard()
{
	[ "$(grep -c "$(printf 'uid="%s"' "$2" | hex)" "$1.out")" -ge "${3:-1}" ]
}

# free_group ADDR: $group and $mport, a port of this test's own, if ots-listen
# can join it by lo; 1: it cannot, $tmp/no says why.
free_group()
{
	group=$1
	mport=$((20000 + $$ % 10000))
	ots-listen -n --mcast "$group:$mport%lo" </dev/null 2>"$tmp/no"
}
