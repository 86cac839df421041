#!/bin/sh
# The manual: well-formed, complete, and of one mind with the programs' -h.
. "${0%/*}/lib.sh"
cd "$TOP" || exit 1

# commands PROGRAM: one a line; none for most programs.
commands()
{
	"$1" -h | sed -n '/^commands:/,/^$/s/^  \([a-z][a-z0-9-]*\( [a-z0-9-]\{1,\}\)*\).*/\1/p'
}

# in_help PROGRAM: -x and --name, one a line, those of its commands, too.
in_help()
{
	{
		"$1" -h
		commands "$1" | while read -r words; do
			# shellcheck disable=SC2086 # two words may be one command
			"$1" $words -h </dev/null
		done
	} | sed -n 's/^  \(-.\),  *\(--[a-z0-9-]*\).*/\1 \2/p
		s/^  *\(--[a-z0-9-]*\) .*/\1/p' | tr ' ' '\n' | sort -u
}

# in_page FILE: the options that have a paragraph.
in_page()
{
	awk '$1 == ".It" && $2 == "Fl" {
		for (i = 3; i <= NF; i++) {
			if ($i == "," || $i == "Fl")
				continue
			if ($i ~ /^(Ar|Op|Ns|Cm)$/)
				break
			print "-" $i
		}
	}' "$1" | sort -u
}

# in_synopsis FILE: the letters.
in_synopsis()
{
	awk '/^\.Sh/ { on = $2 == "SYNOPSIS" }
	on && $1 == ".Op" && $2 == "Fl" && $3 !~ /^-/ {
		for (i = 1; i <= length($3); i++)
			print "-" substr($3, i, 1)
	}' "$1" | sort
}

for page in man/*.[1-9]; do
	is "$page is well-formed" "$(mandoc -Tlint -W warning "$page" 2>&1)" ""
done

for page in man/*.[1-9]; do
	missing=
	for link in $(sed -n 's/^\.Xr \(ots[a-z-]*\) \([1-9]\).*/\1.\2/p' \
		"$page"); do
		[ -e "man/$link" ] || missing="$missing $link"
	done
	is "$page refers to what there is" "$missing" ""
done

for program in $(make -s --no-print-directory libs | tr ' ' '\n' |
	sed 's/=.*//'); do
	page=$(ls man/"$program".[1-9] 2>/dev/null)
	if [ -z "$page" ]; then
		fail "$program has a page"
		continue
	fi
	in_help "$program" >"$tmp/help"
	ok "$program has options" test -s "$tmp/help"
	bad=
	for words in $(commands "$program" | tr ' ' _); do
		grep -q "^\.It Cm $(echo "$words" | tr _ ' ')\( \|\$\)" "$page" ||
			bad="$bad $words"
	done
	is "$page has its commands" "$bad" ""
	in_page "$page" >"$tmp/page"
	is "$page has the options of -h" "$(diff "$tmp/help" "$tmp/page")" ""
	# Where there are too many, the synopsis just says so.
	grep -q '^\.Op Ar options' "$page" && continue
	grep -v '^--' "$tmp/help" >"$tmp/letters"
	in_synopsis "$page" >"$tmp/synopsis"
	is "its synopsis, too" "$(diff "$tmp/letters" "$tmp/synopsis")" ""
done

ots-store --keep kinds 2>"$tmp/kinds"
kinds=$(sed -n 's/.*the kinds: //p' "$tmp/kinds")
like "ots-store says what it can forget" "$kinds" '^events .* mail$'
missing=
for kind in $kinds; do
	sed -n '/^\.Ss Retention/,/^\.Ss Proc/s/^\.It//p' man/ots-store.8 |
		grep -qw "$kind" || missing="$missing $kind"
done
is "its page has all of that" "$missing" ""
done_testing
