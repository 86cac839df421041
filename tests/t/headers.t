#!/bin/sh
# Each header compiles alone.
. "${0%/*}/lib.sh"

ok "make headers" make -s -C "$TOP" headers
done_testing
