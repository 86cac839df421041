/* certs_fix.h - what tests of texts that ots-certs makes share. */
#ifndef OTS_CERTS_FIX_H
#define OTS_CERTS_FIX_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "buf.h"

#define MAX ((size_t)4 << 20)

/* That and nothing else is in the buffer, which is empty then. */
static inline void
assert_text(struct buf *b, const char *want)
{
	assert_int_equal(buf_putc(b, '\0'), 0);
	assert_string_equal(buf_data(b), want);
	buf_clear(b);
}

#endif
