/* ots-record(5): reading, writing, escapes, limits, lines. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "record.h"

static int
parse(struct rec *r, const char *line)
{
	return rec_parse(r, slice_of(line));
}

static void
test_parse(void **state)
{
	static struct rec r;
	struct slice v;
	struct buf scratch;
	size_t pos = 1;

	(void)state;
	buf_init(&scratch, 100);
	assert_int_equal(
	    parse(&r, "ev:cot\tuid:a\\tb\tto:x\tto:y:z\tempty:"), 1);
	assert_true(rec_is(&r, "cot"));
	assert_int_equal(r.n, 5);
	assert_true(rec_raw(&r, "uid", &v));
	assert_true(slice_is(v, "a\\tb"));
	assert_true(rec_value(&r, "uid", &scratch, &v));
	assert_true(slice_is(v, "a\tb"));
	assert_true(rec_raw(&r, "empty", &v));
	assert_int_equal(v.n, 0);
	assert_false(rec_raw(&r, "uidx", &v));
	assert_true(rec_next(&r, "to", &pos, &v) && slice_is(v, "x"));
	assert_true(rec_next(&r, "to", &pos, &v) && slice_is(v, "y:z"));
	assert_false(rec_next(&r, "to", &pos, &v));
	assert_int_equal(parse(&r, ""), 0);
	assert_int_equal(parse(&r, "\t"), 0);
	/* A line that was cut, and ended by a successor's TAB. */
	assert_int_equal(parse(&r, "ev:cot\tuid:1\txml:<even\t"), -1);
	assert_int_equal(parse(&r, "ev:cot\tuid:1\t\t"), -1);
	buf_fini(&scratch);
}

static void
test_parse_refuses(void **state)
{
	static struct rec r;
	static const char *const bad[] = {"cot", "ev", "ev:", "uid:x",
	    "ev:cot\t", "ev:cot\tuid", "ev:cot\t:x", "ev:cot\tUID:x",
	    "ev:cot\tuid:a\\x", "ev:cot\tuid:a\\", "ev:cot\t\tuid:a",
	    "ev:cot\tuid:a\rb", "\tev:cot", "ev:cot\ta b:c",
	    "ev:cot\tlabellabellabellabellabellabellabellabellabellabellabel"
	    "labellabel:x"};
	char *many = malloc(8 + (REC_FIELDS_MAX + 1) * 4);
	size_t i, n = 6;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(parse(&r, bad[i]), -1);
	assert_int_equal(rec_parse(&r, (struct slice){"ev:c\ta:\0", 8}), -1);
	assert_non_null(many);
	memcpy(many, "ev:cot", 6);
	for (i = 0; i < REC_FIELDS_MAX; i++, n += 4)
		memcpy(many + n, "\ta:b", 4);
	assert_int_equal(rec_parse(&r, (struct slice){many, n}), -1);
	assert_int_equal(errno, E2BIG);
	assert_int_equal(rec_parse(&r, (struct slice){many, n - 4}), 1);
	free(many);
}

static void
test_round_trip(void **state)
{
	static struct rec r;
	static char value[256], back_raw[600];
	struct rec_writer w;
	struct buf b, back;
	struct slice v;
	unsigned seed = 5, i, k, n;

	(void)state;
	buf_init(&b, 1 << 20);
	buf_init(&back, 1 << 20);
	for (i = 0; i < 5000; i++) {
		for (k = 0, n = i % 200; k < n; k++) {
			seed = seed * 1103515245 + 12345;
			value[k] = (seed >> 16) % 4
			    ? "\t\n\r\\abtnr: \x7f"[(seed >> 20) % 12]
			    : (char)((seed >> 8) % 255 + 1);
		}
		buf_clear(&b);
		buf_clear(&back);
		rec_begin(&w, &b, "x");
		rec_put(&w, "v", (struct slice){value, n});
		rec_put_u64(&w, "n", i);
		assert_int_equal(rec_end(&w), 0);
		/* one line */
		assert_ptr_equal(memchr(buf_data(&b), '\n', buf_size(&b)),
		    buf_data(&b) + buf_size(&b) - 1);
		assert_int_equal(
		    rec_parse(
			&r, (struct slice){buf_data(&b), buf_size(&b) - 1}),
		    1);
		assert_true(rec_value(&r, "v", &back, &v));
		assert_int_equal(v.n, n);
		assert_memory_equal(v.p, value, n);
		assert_true(rec_raw(&r, "v", &v));
		assert_int_equal(rec_unescape_into(back_raw, v), n);
		assert_memory_equal(back_raw, value, n);
	}
	buf_fini(&b);
	buf_fini(&back);
}

static void
test_whole_or_absent(void **state)
{
	struct rec_writer w;
	struct buf b;

	(void)state;
	buf_init(&b, 40);
	rec_begin(&w, &b, "a");
	assert_int_equal(rec_end(&w), 0);
	assert_int_equal(buf_size(&b), 5);
	/* A NUL. */
	rec_begin(&w, &b, "b");
	rec_put(&w, "v", (struct slice){"x\0y", 3});
	rec_puts(&w, "w", "z");
	assert_int_equal(rec_end(&w), -1);
	assert_int_equal(errno, EILSEQ);
	assert_int_equal(buf_size(&b), 5);
	/* A label that is none. */
	rec_begin(&w, &b, "b");
	rec_puts(&w, "V", "z");
	assert_int_equal(rec_end(&w), -1);
	assert_int_equal(buf_size(&b), 5);
	/* Too long for the buffer; the next one goes in again. */
	rec_begin(&w, &b, "b");
	rec_puts(&w, "v", "0123456789012345678901234567890123456789");
	assert_int_equal(rec_end(&w), -1);
	rec_begin(&w, &b, "c");
	assert_int_equal(rec_end(&w), 0);
	assert_true(slice_is(buf_slice(&b), "ev:a\nev:c\n"));
	buf_fini(&b);
}

static void
test_put_fields(void **state)
{
	static const char *const skip[] = {"xml", "uid", NULL};
	static struct rec r;
	struct rec_writer w;
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(parse(&r, "ev:frame\tconn:c\txml:<\\n>\tz:\\\\"), 1);
	rec_begin(&w, &b, "cot");
	rec_put_fields(&w, &r, skip);
	assert_int_equal(rec_end(&w), 0);
	assert_true(slice_is(buf_slice(&b), "ev:cot\tconn:c\tz:\\\\\n"));
	buf_fini(&b);
}

/* A buffer that had failed before takes no record, whatever errno was. */
static void
test_failed_before(void **state)
{
	struct rec_writer w;
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	assert_int_equal(buf_puts(&b, "12345"), -1);
	errno = 0;
	rec_begin(&w, &b, "x");
	assert_int_equal(rec_end(&w), -1);
	assert_int_equal(errno, ENOBUFS);
	buf_fini(&b);
}

static void
test_hello(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(rec_hello(&b, "ots-x", "n", 7, 0), 0);
	assert_true(slice_is(buf_slice(&b),
	    "\nev:hello\tversion:1\tprogram:ots-x\tnode:n\tround:7\n"));
	buf_fini(&b);
}

/* The same lines, whatever the reads. */
static void
test_lines(void **state)
{
	static const char text[] =
	    "\nab\ncde\n\nthis line is too long\nf\nthis one as well, rather\n"
	    "ghij\nend";
	static const char *const want[] = {"", "ab", "cde", "", "f", "ghij"};
	size_t step, at, n, total = sizeof text - 1, got;
	struct rec_lines l;
	struct slice line;

	(void)state;
	for (step = 1; step <= total; step++) {
		rec_lines_init(&l, 10);
		got = 0;
		for (at = 0; at < total; at += n) {
			n = total - at < step ? total - at : step;
			rec_lines_feed(&l, text + at, n);
			while (rec_lines_next(&l, &line)) {
				assert_true(got < 6);
				assert_true(slice_is(line, want[got]));
				got++;
			}
		}
		assert_int_equal(got, 6);
		assert_int_equal(l.dropped, 2);
		assert_int_equal(rec_lines_end(&l), 1);
		rec_lines_fini(&l);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_parse_refuses),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_whole_or_absent),
	    cmocka_unit_test(test_put_fields),
	    cmocka_unit_test(test_failed_before),
	    cmocka_unit_test(test_hello),
	    cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
