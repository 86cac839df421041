#!/bin/sh
# ots-phone: account, certificate and data packages for a user's devices, in one
# command. See ots-phone(1).
set -eu
umask 077

die()
{
	code=$1
	shift
	echo "ots-phone: fatal: $*" >&2
	exit "$code"
}

usage()
{
	cat <<-'END'
	usage: ots-phone [-hnV] [--data DIR] [--host NAME[:PORT]] [--group GROUP] USER ...
	Make the account of each USER if there is none, and its data packages.
	  --data DIR              data folder (OTS_DATA_FOLDER, else ~/ots)
	  --host NAME[:PORT]      what the devices call the server (as its certificate)
	  --group GROUP           put the users into it, too; may be repeated
	  -h, --help              this text
	  -V, --version           the version
	  -n, --check             check the options and exit
	END
}

# The programs beside this one go before those of PATH.
self=$(readlink -f "$0")
# ots-cat as one would type it: the one beside this, unless PATH has the same.
cat=${0%/*}/ots-cat
[ -x "$cat" ] && [ "$(command -v ots-cat || :)" != "$cat" ] || cat=ots-cat
here=${self%/*}
sister()
{
	if [ -x "$here/$1" ]; then
		echo "$here/$1"
	else
		command -v "$1" || die 100 "$1 is missing: neither in $here nor in PATH"
	fi
}

# One group a line: a name may hold blanks.
groups=
host=
check=no
while [ $# -gt 0 ]; do
	case $1 in
	--data | --host | --group)
		[ $# -gt 1 ] || die 100 "$1 needs an argument"
		[ -n "$2" ] || die 100 "$1: the argument is empty"
		case $1 in
		--data)
			OTS_DATA_FOLDER=$2
			export OTS_DATA_FOLDER
			;;
		--host) host=$2 ;;
		--group) groups="$groups$2
" ;;
		esac
		shift
		;;
	-h | --help) usage; exit 0 ;;
	-n | --check) check=yes ;;
	-V | --version) exec "$(sister ots-certs)" -V ;;
	--) shift; break ;;
	-*) usage >&2; exit 100 ;;
	*) break ;;
	esac
	shift
done
[ $# -gt 0 ] || die 100 "the name of a USER is missing; see ots-phone -h"
for user; do
	case $user in
	-*) die 100 "$user: options go before the users; see ots-phone -h" ;;
	esac
done
certs=$(sister ots-certs)
account=$(sister ots-user)
[ $check = no ] || exit 0

# A bad name is refused here, before anything is issued.
for user; do
	"$account" add --if-missing --no-password "$user" >/dev/null
	printf %s "$groups" | while IFS= read -r group; do
		"$account" join "$user" "$group" both >/dev/null </dev/null || {
			code=$?
			die $code "$user is not in the group $group, see above;" \
				"a new group is made by: ots-user group add"
		}
	done
done
# The packages are called USER_HOST-KIND.zip, or USER_HOST_PORT-KIND.zip.
address()
{
	name=${2##*/}
	name=${name#"$1"_}
	name=${name%-atak.zip}
	case $name in
	*_*) echo "${name%_*}:${name##*_}" ;;
	*) echo "$name:8089" ;;
	esac
}

for user; do
	packages=$("$certs" package ${host:+--host "$host"} "$user")
	p12=$("$certs" p12 "$user")
	first=${packages%%	*}
	echo "$user:"
	echo "$packages" | while IFS='	' read -r path what; do
		printf '  %s\n      %s\n' "$what" "$path"
	done
	printf '  ots-cat: a person on the map\n      %s\n' \
		"$cat --p12 $p12 --as $user tls://$(address "$user" "$first")"
done
