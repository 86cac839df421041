#!/bin/sh
# ots-log(5) lists the events of lib/log_events.h, all of them, as they are.
. "${0%/*}/lib.sh"
cd "$TOP" || exit 1

# Both become lines of name|level|limited|help.
sed -n 's/^X([A-Z_]*, "\([a-z-]*\)", \([A-Z]*\), \([01]\), "\(.*\)")$/\1|\2|\3|\4/p' \
	lib/log_events.h | while IFS='|' read -r name level limited help; do
	printf '%s|%s|%s|%s\n' "$name" "$(echo "$level" | tr '[:upper:]' '[:lower:]')" \
		"$limited" "$help"
done >"$tmp/header"
awk '
	function show() { if (name) print name "|" level "|" limited "|" help }
	/^\.Ss Events/ { on = 1; next }
	!on { next }
	/^\.El/ { show(); exit }
	/^\.It Cm/ {
		show()
		name = $3; level = $5; limited = $6 == "limited"; help = ""
		sub(",", "", level)
		next
	}
	{ help = help (help == "" ? "" : " ") $0 }
' man/ots-log.5 >"$tmp/page"
is "every line of the table is understood" "$(wc -l <"$tmp/header")" \
	"$(grep -c '^X(' lib/log_events.h)"
is "the page says the same" "$(diff "$tmp/header" "$tmp/page")" ""
done_testing
