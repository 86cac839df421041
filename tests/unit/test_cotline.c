/* One event on one line: what a parser sees stays the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cotline.h"

static void
expect(const char *in, const char *want)
{
	struct buf out;

	buf_init(&out, 65536);
	assert_int_equal(cotline_put(&out, slice_of(in)), 0);
	assert_int_equal(buf_size(&out), strlen(want));
	assert_memory_equal(buf_data(&out), want, strlen(want));
	buf_fini(&out);
}

static void
test_cotline_nothing_to_do(void **state)
{
	(void)state;
	expect("<event a=\"&#10;\"><a/>\tx</event>",
	    "<event a=\"&#10;\"><a/>\tx</event>");
}

static void
test_cotline_tags(void **state)
{
	(void)state;
	expect(
	    "<event\n a=\"x\ny\"\r\nb='>\n'/>", "<event  a=\"x y\" b='> '/>");
}

static void
test_cotline_text(void **state)
{
	(void)state;
	expect(
	    "<a>one\ntwo\r\n\rthree</a>", "<a>one&#10;two&#10;&#10;three</a>");
	expect("<a>\n  <b/>\n</a>", "<a>   <b/> </a>");
	expect("<a>\n x</a>", "<a>&#10; x</a>");
}

static void
test_cotline_other_markup(void **state)
{
	(void)state;
	expect("<a><![CDATA[x\n<b>\n]]>\n</a>",
	    "<a><![CDATA[x]]>&#10;<![CDATA[<b>]]>&#10;<![CDATA[]]> </a>");
	expect("<a><!-- it's\n>\n--><?p '\n?>t\n</a>",
	    "<a><!-- it's > --><?p ' ?>t&#10;</a>");
	expect("<!-->\n--><a>\"\n\"</a>", "<!--> --><a>\"&#10;\"</a>");
}

static void
test_cotline_maximum(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 8);
	assert_int_equal(cotline_put(&out, SLICE("<a>a\nb</a>")), -1);
	buf_fini(&out);
}

/* Twice the size takes about twice the time; quadratic would not end. */
static void
test_cotline_linear(void **state)
{
	size_t n = (size_t)4 << 20, i;
	char *p = malloc(n);
	struct buf out;

	(void)state;
	assert_non_null(p);
	for (i = 0; i < n; i++)
		p[i] = i % 2 ? '\n' : '>';
	buf_init(&out, 8 * n);
	assert_int_equal(cotline_put(&out, (struct slice){p, n}), 0);
	memset(p, '\n', n);
	buf_clear(&out);
	assert_int_equal(cotline_put(&out, (struct slice){p, n}), 0);
	buf_fini(&out);
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cotline_nothing_to_do),
	    cmocka_unit_test(test_cotline_tags),
	    cmocka_unit_test(test_cotline_text),
	    cmocka_unit_test(test_cotline_other_markup),
	    cmocka_unit_test(test_cotline_maximum),
	    cmocka_unit_test(test_cotline_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
