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
# The module of a file of lib: its line in lib/LAYERS, or that of its family.
module_of()
{
	m=${1##*/}
	m=${m%.[ch]}
	while ! grep -Eq "^[0-9]+ $m( |\$)" lib/LAYERS; do
		case $m in
		log_events) m=log ;;
		*_*) m=${m%_*} ;;
		*) return 1 ;;
		esac
	done
	echo "$m"
}
layer_of()
{
	m=$(module_of "$1") || return 1
	awk -v m="$m" '$1 ~ /^[0-9]+$/ && $2 == m { print $1; n++ }
		END { exit n != 1 }' lib/LAYERS
}

bad=
for f in lib/*.c lib/*.h; do
	layer_of "$f" >/dev/null || bad="$bad $f"
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
	mine=$(layer_of "$f") || continue
	for h in $(includes "$f"); do
		if [ ! -e "lib/$h" ]; then
			beyond="$beyond $f:$h"
		elif [ "$(layer_of "$h")" -gt "$mine" ]; then
			up="$up $f:$h"
		fi
	done
done
is "no layer reaches upwards" "$up" ""
is "lib includes only lib" "$beyond" ""

bad=
for f in lib/*.c lib/*.h; do
	[ "$(layer_of "$f")" = 0 ] || continue
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
	*.pb-c.h) lib=protobuf-c ;;
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
wraps() # MODULE LIBRARY
{
	awk -v m="$1" -v l="$2" '$1 ~ /^[0-9]+$/ && $2 == m {
		for (i = 3; i <= NF; i++) if ($i == l) n++ }
		END { exit !n }' lib/LAYERS
}
while read -r lib h; do
	for f in $(grep -l "include[ 	]*<$h>" lib/*.[ch] cmd/*/*.[ch]); do
		case $f in
		lib/*) wraps "$(module_of "$f")" "$lib" && continue ;;
		esac
		bad="$bad $f:$h"
	done
done <"$tmp/external"
is "an external library is included by its adapters only" "$bad" ""
bad=
for lib in $(sed -n 's/^[0-9]* [^ ]* //p' lib/LAYERS); do
	grep -q "^$lib " "$tmp/external" || bad="$bad $lib"
done
is "lib/LAYERS names only libraries that are used" "$bad" ""
done_testing
