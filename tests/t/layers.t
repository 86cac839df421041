#!/bin/sh
# Layers of the library, and who includes whom: DESIGN 8.
. "${0%/*}/lib.sh"
cd "$TOP" || exit 1

# "file header" for each #include "..." of the files given.
includes()
{
	sed -n 's/^[ 	]*#[ 	]*include[ 	]*"\([^"]*\)".*/\1/p' "$1"
}
external()
{
	sed -n 's/^[ 	]*#[ 	]*include[ 	]*<\([^>]*\)>.*/\1/p' "$1"
}
layer_of()
{
	awk -v m="$1" '$1 ~ /^[0-9]+$/ && $2 == m { print $1; n++ }
		END { exit n != 1 }' lib/LAYERS
}

bad=
for f in lib/*.c lib/*.h; do
	m=${f##*/}
	m=${m%.[ch]}
	[ "$m" != log_events ] || continue
	layer_of "$m" >/dev/null || bad="$bad $f"
done
is "each module of lib has one layer in lib/LAYERS" "$bad" ""

bad=
for m in $(awk '$1 ~ /^[0-9]+$/ { print $2 }' lib/LAYERS); do
	[ -e "lib/$m.h" ] || bad="$bad $m"
done
is "lib/LAYERS names only what exists" "$bad" ""

up=
beyond=
for f in lib/*.c lib/*.h; do
	m=${f##*/}
	m=${m%.[ch]}
	[ "$m" != log_events ] || m=log
	mine=$(layer_of "$m") || continue
	for h in $(includes "$f"); do
		n=${h%.h}
		[ "$n" != log_events ] || n=log
		if [ ! -e "lib/$h" ]; then
			beyond="$beyond $f:$h"
		elif [ "$(layer_of "$n")" -gt "$mine" ]; then
			up="$up $f:$h"
		fi
	done
done
is "no layer reaches upwards" "$up" ""
is "lib includes only lib" "$beyond" ""

bad=
for f in lib/*.c lib/*.h; do
	m=${f##*/}
	[ "$(layer_of "${m%.[ch]}")" = 0 ] || continue
	for h in $(external "$f"); do
		case $h in
		sys/queue.h | sys/types.h | sys/param.h) ;;
		sys/* | net*/* | arpa/* | unistd.h | fcntl.h | poll.h | signal.h | \
			netdb.h) bad="$bad $f:$h" ;;
		esac
	done
done
is "layer 0 makes no system calls" "$bad" ""

bad=
for f in cmd/*/*.c cmd/*/*.h; do
	d=${f%/*}
	for h in $(includes "$f"); do
		case $h in
		*/*) bad="$bad $f:$h" ;;
		*) [ -e "$d/$h" ] || [ -e "lib/$h" ] || bad="$bad $f:$h" ;;
		esac
	done
done
is "a program includes its own headers and those of lib only" "$bad" ""

bad=
for d in cmd/*/; do
	for f in "$d"*.h; do
		[ ! -e "lib/${f##*/}" ] || bad="$bad $f"
	done
done
is "no program's header hides one of lib" "$bad" ""

# What is not of the C library or the kernel is an external library's.
bad=
for h in $(for f in lib/*.[ch] cmd/*/*.[ch]; do external "$f"; done | sort -u); do
	case $h in
	sys/* | linux/* | net/* | netinet/* | arpa/*) continue ;;
	libxml/*) lib=libxml ;;
	*/*) lib=${h%%/*} ;;
	*)
		[ "$(dpkg-query -S "/usr/include/$h" 2>/dev/null |
			sed 's/:.*//')" != libc6-dev ] || continue
		case $(gcc -print-file-name="include/$h") in
		/*) continue ;;
		esac
		lib=$h
		;;
	esac
	echo "$lib $h"
done >"$tmp/external"
for lib in $(cut -d ' ' -f 1 "$tmp/external" | sort -u); do
	users=$(for h in $(sed -n "s|^$lib ||p" "$tmp/external"); do
		grep -l "include[ 	]*<$h>" lib/*.[ch] cmd/*/*.[ch]
	done | sort -u)
	case $users in
	lib/*.c) [ "$(echo "$users" | wc -l)" = 1 ] || bad="$bad $lib:$users" ;;
	*) bad="$bad $lib:$users" ;;
	esac
done
is "each external library is included by one .c of lib" "$bad" ""
like "libxml2 and libseccomp are seen as external" \
	"$(cut -d ' ' -f 1 "$tmp/external" | sort -u | tr '\n' ' ')" \
	'^libxml seccomp\.h $'
done_testing
