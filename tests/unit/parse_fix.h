/* parse_fix.h - a struct parse for tests: what goes in, what was dropped. */
#ifndef OTS_PARSE_FIX_H
#define OTS_PARSE_FIX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../cmd/ots-parse/parse.h"

#define NOW ((uint64_t)1714979289123456)

static struct parse p;
static char told[4096]; /* what was dropped, one line each */

static inline void
tell(const char *what, const char *why, struct slice conn)
{
	size_t n = strlen(told);

	assert_true(str_fmt(told + n, sizeof told - n, "%s %s %.*s\n", what,
			why, (int)conn.n, conn.n ? conn.p : "") > 0);
}

static inline void
on_bad_message(void *arg, const char *why, struct slice conn)
{
	(void)arg;
	tell("message", why, conn);
}

static inline void
on_bad_record(void *arg, const char *why)
{
	(void)arg;
	tell("record", why, (struct slice){"", 0});
}

/* Of conf, what is not told here. */
static inline void
fix_begin(struct parse_conf conf)
{
	conf.node = "n1";
	conf.on_bad_message = on_bad_message;
	conf.on_bad_record = on_bad_record;
	told[0] = '\0';
	assert_int_equal(parse_init(&p, &conf), 0);
}

/* All of it, in pieces of `piece` bytes, to the end of the stream. */
static inline void
feed(struct slice in, size_t piece)
{
	size_t n;

	while (in.n) {
		n = in.n < piece ? in.n : piece;
		parse_feed(&p, in.p, n, NOW);
		while (parse_next(&p))
			;
		in.p += n;
		in.n -= n;
	}
	parse_end(&p);
}

static inline bool
out_is(struct slice want)
{
	return slice_eq(buf_slice(&p.out), want);
}

/* The first record of the output. */
static inline struct rec *
first(void)
{
	static struct rec r;
	struct slice out = buf_slice(&p.out);
	const char *lf = memchr(out.p, '\n', out.n);

	assert_non_null(lf);
	out.n = (size_t)(lf - out.p);
	assert_int_equal(rec_parse(&r, out), 1);
	return &r;
}

static inline bool
label_is(const char *label, struct slice want)
{
	struct slice got;

	return rec_raw(first(), label, &got) && slice_eq(got, want);
}

#endif
