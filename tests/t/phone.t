#!/bin/sh
# ots-phone: account, groups, certificate and packages in one command.
. "${0%/*}/lib.sh"
cd "$tmp" || exit 1
phone()
{
	timeout --foreground -k 5 60 ots-phone --data run "$@"
}
ots-certs --data run init --single --key p256 --client-key p256 >/dev/null
ots-certs --data run server tak.example.org >/dev/null

out=$(phone alice bob 2>&1)
is "phones of two users" $? 0 || diag "$out"
dir=run/ca/clients/alice
is "what it says about one" "$(echo "$out" | sed -n '/^alice:/,/^bob:/p')" \
	"alice:
  ATAK: copy to the phone, then Import Manager, Local SD
      $dir/alice_tak.example.org-atak.zip
  WinTAK: drag it onto the map
      $dir/alice_tak.example.org-wintak.zip
  iTAK: Settings, Network, Servers, +, Upload Server Package
      $dir/alice_tak.example.org-itak.zip
  ots-cat: a person on the map
      ots-cat --p12 $dir/alice.p12 --as alice tls://tak.example.org:8089
bob:"
for f in alice_tak.example.org-atak.zip alice_tak.example.org-wintak.zip \
	alice_tak.example.org-itak.zip alice.p12; do
	ok "there is $f" test -s "$dir/$f"
done
users()
{
	ots-user --data run list | tr -s ' '
}
like "alice has an account" "$(users)" '^alice user enabled no '
like "bob has one" "$(users)" '^bob user enabled no '
before=$(users)
certs=$(ots-certs --data run list --json | wc -l)
phone alice >again.log 2>&1
is "again" $? 0 || diag "$(cat again.log)"
is "does not make another account" "$(users)" "$before"
is "or another certificate" "$(ots-certs --data run list --json | wc -l)" \
	"$certs"

ots-user --data run group add 'Blue Team' >/dev/null
ots-user --data run group add Red >/dev/null
out=$(phone --group 'Blue Team' --group Red --host other.example.net:8090 \
	carol 2>&1)
is "groups, and another host" $? 0 || diag "$out"
got=$(users)
like "it is in the one" "$got" '^carol .*Blue Team'
like "and in the other" "$got" '^carol .*Red'
like "the address of ots-cat follows" "$out" \
	' --as carol tls://other\.example\.net:8090$'
out=$(phone --group Green dave 2>&1)
is "a group that there is not: refused" $? 1
like "it is named" "$out" 'dave is not in the group Green'
not_ok "and no package is made" test -e run/ca/clients/dave

refused()
{
	name=$1
	want=$2
	shift 2
	out=$(phone "$@" 2>&1)
	is "$name: refused" $? 100
	like "$name: why" "$out" "$want"
}
refused "no user" 'USER'
refused "a name that climbs" '1 to 64' ../x
refused "an option behind a user" 'before the users' alice --group Red
refused "an option that there is not" '^usage: ' --colour red alice
refused "an option without argument" '--group needs an argument' --group
not_ok "a bad name leaves nothing" test -e run/ca/x
is "-n does nothing" "$(phone -n erin 2>&1)" ""
unlike "no account of it" "$(users)" '^erin '

# The programs beside it go before those of PATH; without them, PATH.
mkdir own
cp "$(command -v ots-phone)" own/ots-phone
for p in ots-user ots-certs ots-cat; do
	printf '#!/bin/sh\necho "%s $*" >>"%s/own.log"\necho out\n' "$p" "$tmp" \
		>"own/$p"
	chmod +x "own/$p"
done
out=$(own/ots-phone --data run frank)
is "beside it" "$(cat own.log)" "ots-user add --if-missing --no-password frank
ots-certs package frank
ots-certs p12 frank"
like "the ots-cat beside it, too" "$out" '^ *own/ots-cat --p12 '
rm own/ots-user own/ots-certs
own/ots-phone --data run frank >path.log 2>&1
is "in PATH" $? 0 || diag "$(cat path.log)"
like "an account of it" "$(users)" '^frank '

# What -h says is in the manual.
if [ -e "$TOP/man/ots-phone.1" ]; then
	for o in $(ots-phone -h | sed -n 's/^  *\(-.\), \(--[a-z]*\).*/\1 \2/p
		s/^  *\(--[a-z]*\) .*/\1/p'); do
		ok "the manual has $o" grep -q -e "^\.It Fl.* ${o#-}" \
			"$TOP/man/ots-phone.1"
	done
fi
done_testing
