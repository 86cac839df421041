#!/bin/sh
# Files that one can read: all .c below 500 lines, main.c at most 150.
. "${0%/*}/lib.sh"
cd "$TOP" || exit 1

is "each .c has less than 500 lines" "$(find lib cmd tests -name '*.c' |
	xargs wc -l | awk '$2 != "total" && $1 >= 500')" ""
is "each main.c has at most 150 lines" "$(wc -l cmd/*/main.c |
	awk '$2 != "total" && $1 > 150')" ""
done_testing
