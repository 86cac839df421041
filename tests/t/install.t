#!/bin/sh
# make install with PREFIX and DESTDIR, the installed server, make uninstall.
. "${0%/*}/lib.sh"

# With the programs that are already there: a build here would be another one.
m()
{
	make -s -C "$TOP" ${BUILD:+B="$BUILD"} DESTDIR="$tmp/dest" PREFIX=/opt/ots "$@" \
		>"$tmp/make.log" 2>&1 || { diag "$(cat "$tmp/make.log")"; return 1; }
}

ok "make install" m install
dest=$tmp/dest/opt/ots
for p in ots-auth ots-cat ots-certs ots-listen ots-parse ots-phone ots-query \
	ots-replay ots-route ots-server ots-store ots-user; do
	ok "$p is there" test -x "$dest/bin/$p"
	ok "and its manual" test -e "$(echo "$dest"/share/man/man?/$p.?)"
done
ok "ots-server runs from there" env OTS_NODE_ID=there \
	"$dest/bin/ots-server" --check --data "$tmp/data"
ok "make uninstall" m uninstall
is "nothing is left" "$(find "$tmp/dest" ! -type d)" ""
done_testing
