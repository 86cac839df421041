/* The scanner of canonical events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "cotwalk.h"

/* The tokens as letters: S name, T text, E, then D or B. */
static void
expect(const char *xml, const char *want)
{
	struct buf out = {.max = 65536};
	struct cotwalk w;
	enum cotwalk_token t;

	cotwalk_init(&w, slice_of(xml));
	do {
		t = cotwalk_next(&w);
		(void)buf_putc(&out, "BSTED"[t]);
		if (t == COTWALK_START || t == COTWALK_END)
			(void)buf_put(&out, w.name);
		if (t == COTWALK_TEXT)
			(void)buf_put(&out, w.text);
		(void)buf_fmt(&out, "%u ", w.depth);
	} while (t != COTWALK_BAD && t != COTWALK_DONE);
	assert_int_equal(cotwalk_next(&w), t); /* it stays so */
	(void)buf_putc(&out, '\0');
	assert_string_equal(buf_data(&out), want);
	buf_fini(&out);
}

static void
test_cotwalk_tokens(void **state)
{
	(void)state;
	expect("<a/>", "Sa1 Ea0 D0 ");
	expect("<a>x<b c=\"d\"/>y<b>z</b></a>",
	    "Sa1 Tx1 Sb2 Eb1 Ty1 Sb2 Tz2 Eb1 Ea0 D0 ");
}

static void
test_cotwalk_attrs(void **state)
{
	struct cotwalk w;

	(void)state;
	cotwalk_init(&w, SLICE("<a b=\"1\" b=\"2\" c=\"\"><d/></a>"));
	assert_int_equal(cotwalk_next(&w), COTWALK_START);
	assert_int_equal(w.n_attr, 3);
	assert_true(slice_is(cotwalk_attr(&w, "b"), "1"));
	assert_non_null(cotwalk_attr(&w, "c").p);
	assert_int_equal(cotwalk_attr(&w, "c").n, 0);
	assert_null(cotwalk_attr(&w, "d").p);
	assert_int_equal(cotwalk_next(&w), COTWALK_START);
	assert_int_equal(w.n_attr, 0);
}

static void
test_cotwalk_not_canonical(void **state)
{
	static const char *const texts[] = {"", "x", "<", "<>", "</a>", "<a",
	    "<a/>x", "<a/><b/>", "<a></b>", "<a><b></a></b>", "<a",
	    "<a b=\"x/>", "<a b='x'/>", "<a  b=\"x\"/>", "<a b=\"x\" />",
	    "<a b/>", "<a =\"x\"/>", "<a>x>y</a>", "<a b=\"<\"/>", "<a>",
	    "<a>x", "<a b=\"x\"c=\"y\"/>", "<a\tb=\"x\"/>", " <a/>"};
	struct cotwalk w;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		cotwalk_init(&w, slice_of(texts[i]));
		while (cotwalk_next(&w) != COTWALK_BAD)
			assert_int_not_equal(w.token, COTWALK_DONE);
	}
}

static void
test_cotwalk_skip(void **state)
{
	struct cotwalk w;

	(void)state;
	cotwalk_init(&w, SLICE("<a><b><b/>t<c><b></b></c></b><d/></a>"));
	assert_int_equal(cotwalk_next(&w), COTWALK_START);
	assert_int_equal(cotwalk_next(&w), COTWALK_START);
	assert_true(cotwalk_skip(&w));
	assert_true(slice_is(w.name, "b"));
	assert_int_equal(w.depth, 1);
	assert_int_equal(cotwalk_next(&w), COTWALK_START);
	assert_true(slice_is(w.name, "d"));
	assert_true(cotwalk_skip(&w));
	assert_int_equal(cotwalk_next(&w), COTWALK_END);
	assert_int_equal(cotwalk_next(&w), COTWALK_DONE);
	cotwalk_init(&w, SLICE("<a><b></a></b>"));
	assert_int_equal(cotwalk_next(&w), COTWALK_START);
	assert_false(cotwalk_skip(&w));
}

static void
nest(unsigned depth, enum cotwalk_token want)
{
	struct buf xml = {.max = 65536};
	struct cotwalk w;
	unsigned i;

	for (i = 0; i < depth; i++)
		(void)buf_puts(&xml, "<a>");
	for (i = 0; i < depth; i++)
		(void)buf_puts(&xml, "</a>");
	cotwalk_init(&w, buf_slice(&xml));
	while (cotwalk_next(&w) != COTWALK_BAD && w.token != COTWALK_DONE)
		;
	assert_int_equal(w.token, want);
	buf_fini(&xml);
}

static void
attrs(unsigned n, enum cotwalk_token want)
{
	struct buf xml = {.max = 65536};
	struct cotwalk w;
	unsigned i;

	(void)buf_puts(&xml, "<a");
	for (i = 0; i < n; i++)
		(void)buf_fmt(&xml, " b%u=\"%u\"", i, i);
	(void)buf_puts(&xml, "/>");
	cotwalk_init(&w, buf_slice(&xml));
	assert_int_equal(cotwalk_next(&w), want);
	buf_fini(&xml);
}

static void
test_cotwalk_limits(void **state)
{
	(void)state;
	nest(COTWALK_DEPTH_MAX, COTWALK_DONE);
	nest(COTWALK_DEPTH_MAX + 1, COTWALK_BAD);
	attrs(COTWALK_ATTRS_MAX, COTWALK_START);
	attrs(COTWALK_ATTRS_MAX + 1, COTWALK_BAD);
}

static void
undone(const char *raw, const char *want)
{
	char to[256];
	size_t n = cotwalk_undo(to, slice_of(raw));

	assert_int_equal(n, strlen(want));
	assert_memory_equal(to, want, n);
}

static void
test_cotwalk_undo(void **state)
{
	(void)state;
	undone("", "");
	undone("plain", "plain");
	undone("&amp;&lt;&gt;&quot;&apos;&#9;&#10;&#13;", "&<>\"'\t\n\r");
	undone("a&amp;amp;b", "a&amp;b");
	undone("&", "&");
	undone("&am", "&am");
	undone("&#65;&foo;", "&#65;&foo;");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cotwalk_tokens),
	    cmocka_unit_test(test_cotwalk_attrs),
	    cmocka_unit_test(test_cotwalk_not_canonical),
	    cmocka_unit_test(test_cotwalk_skip),
	    cmocka_unit_test(test_cotwalk_limits),
	    cmocka_unit_test(test_cotwalk_undo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
