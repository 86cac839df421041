#!/bin/sh
# Each fuzz target takes its corpus without a fuzzer: what was found once.
. "${0%/*}/lib.sh"
: "${BUILD:=${BIN%/bin}}"

n=0
for source in "$TOP"/tests/fuzz/fuzz_*.c; do
	name=${source##*/fuzz_}
	name=${name%.c}
	ok "$name has a corpus" \
		test -n "$(find "$TOP/tests/fuzz/corpus/$name" -type f | head -n 1)"
	timeout --foreground -k 5 100 "$BUILD/fuzz/fuzz_$name" "$TOP/tests/fuzz/corpus/$name" \
		>"$tmp/out" 2>&1
	is "$name takes it" $? 0 || diag "$(tail -n 30 "$tmp/out")"
	n=$((n + 1))
done
ok "there are targets" test $n -ge 3
done_testing
