#!/bin/sh
# Functions that we do not use, and words that a finished file does not have.
. "${0%/*}/lib.sh"
cd "$TOP" || exit 1

functions='gets strcpy strcat strncpy strncat stpcpy sprintf vsprintf strtok
atoi atol atoll atof sscanf vsscanf alloca system popen rand srand
setlocale mktemp tmpnam gethostbyname'
# shellcheck disable=SC2086 # words
pattern=$(echo $functions | tr ' ' '|')

# Comments and strings are no calls.
code()
{
	sed -e 's/"\(\\.\|[^"\\]\)*"/""/g' -e 's,/\*.*\*/,,' -e 's,//.*,,' \
		-e '/^[ 	]*\/\*/,/\*\//d' -e '/^ \* /d' "$1"
}

found=
for f in $(find lib cmd tests -name '*.[ch]'); do
	hits=$(code "$f" | grep -oE "(^|[^A-Za-z0-9_>.])($pattern)[ ]*\(" |
		tr -dc 'a-z_\n' | sort -u | tr '\n' ' ')
	[ -z "$hits" ] || found="$found $f: $hits;"
done
is "no banned function" "$found" ""

printf 'int\nmain(void)\n{\n\treturn atoi("1"); /* x */\n}\n' >"$tmp/x.c"
like "the test sees one" "$(code "$tmp/x.c")" "(^|[^A-Za-z0-9_])($pattern)\("

# In two parts, so that this file has none of them.
words='TO''DO|FIX''ME|XX''X|HA''CK|not impl''emented'
is "nothing is left to be done" "$(grep -rnIE "\\b($words)\\b" lib cmd man \
	s6-services tests tools Makefile README.md NEWS.md .ci 2>/dev/null |
	grep -v 'mktemp\|tests/data/\|tests/fuzz/corpus/')" ""
done_testing
