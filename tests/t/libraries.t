#!/bin/sh
# What each program links is what the Makefile says, and libc.
. "${0%/*}/lib.sh"

LIBS=$(make -s -C "$TOP" --no-print-directory libs)
ok "the list is there" test -n "$LIBS"
for entry in $LIBS; do
	p=${entry%%=*}
	want=$(printf '%s\n' "${entry#*=}" libc | tr ',' '\n' |
		sed 's/^-l/lib/;/^$/d' | sort | tr '\n' ' ')
	got=$(readelf -d "$BIN/$p" |
		sed -n 's/.*(NEEDED).*\[\(.*\)\.so.*/\1/p' |
		grep -v '^ld-linux' | sort | tr '\n' ' ')
	is "$p" "$got" "$want"
done
done_testing
