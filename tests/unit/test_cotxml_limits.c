/* What bounds the documents of strangers. */
#include "cotxml_fix.h"

/* The # of a piece is its number. */
static void
put_piece(struct buf *b, const char *piece, size_t i)
{
	const char *at = strchr(piece, '#');

	if (!at) {
		(void)buf_puts(b, piece);
		return;
	}
	(void)buf_append(b, piece, (size_t)(at - piece));
	(void)buf_put_u64(b, i);
	(void)buf_puts(b, at + 1);
}

/* HEAD POINT <detail>, n times `piece`, </detail></event>. */
static enum cot_why
many(const char *open, const char *piece, size_t n, const char *close)
{
	struct buf b = {.max = 16 << 20};
	enum cot_why why;
	size_t i;

	(void)buf_puts(&b, HEAD POINT "<detail>");
	(void)buf_puts(&b, open);
	for (i = 0; i < n; i++)
		put_piece(&b, piece, i);
	assert_int_equal(buf_puts(&b, close), 0);
	assert_int_equal(buf_puts(&b, "</detail></event>"), 0);
	why = cotxml_parse(xml, buf_slice(&b), NULL, &cot);
	buf_fini(&b);
	return why;
}

static enum cot_why
nested(size_t depth)
{
	struct buf b = {.max = 1 << 20};
	enum cot_why why;
	size_t i;

	(void)buf_puts(&b, HEAD POINT "<detail>");
	for (i = 2; i < depth; i++)
		(void)buf_puts(&b, "<a>");
	for (i = 2; i < depth; i++)
		(void)buf_puts(&b, "</a>");
	assert_int_equal(buf_puts(&b, "</detail></event>"), 0);
	why = cotxml_parse(xml, buf_slice(&b), NULL, &cot);
	buf_fini(&b);
	return why;
}

static void
test_cotxml_limits(void **state)
{
	(void)state;
	assert_int_equal(nested(COTXML_DEPTH_MAX), COT_OK);
	assert_int_equal(nested(COTXML_DEPTH_MAX + 1), COT_DEPTH);
	assert_int_equal(nested(20000), COT_DEPTH);
	assert_int_equal(many("<a ", "b#='' ", COTXML_ATTRS_MAX, "/>"), COT_OK);
	assert_int_equal(
	    many("<a ", "b#='' ", COTXML_ATTRS_MAX + 1, "/>"), COT_ATTRIBUTES);
	assert_int_equal(
	    many("<a ", "b#=\"'=\" ", 60000, "/>"), COT_ATTRIBUTES);
	/* Not attributes, so no reason to refuse. */
	assert_int_equal(many("<![CDATA[", "<a b='#' ", 2000, "]]>"), COT_OK);
	assert_int_equal(many("<!--", "<a b='#' ", 2000, "-->"), COT_OK);
	assert_int_equal(many("<?p ", "<a b='#' ", 2000, "?>"), COT_OK);
	assert_int_equal(many("", "<v lat='#'/>", 20000, ""), COT_OK);
	assert_int_equal(many("", "<v/>", COTXML_ELEMENTS_MAX - 3, ""), COT_OK);
	assert_int_equal(
	    many("", "<v/>", COTXML_ELEMENTS_MAX - 2, ""), COT_ELEMENTS);
	assert_int_equal(
	    many("", "<v#/>", COTXML_NAMES_MAX + 99, ""), COT_NAMES);
	assert_int_equal(
	    many("", "<v xmlns:a='u'/>", COTXML_NAMESPACES_MAX, ""), COT_OK);
	assert_int_equal(
	    many("", "<v xmlns:a='u'/>", COTXML_NAMESPACES_MAX + 1, ""),
	    COT_ATTRIBUTES);
	assert_int_equal(many("<", "a", COTXML_NAME_MAX - 1, "/>"), COT_OK);
	assert_int_equal(many("<", "a", COTXML_NAME_MAX, "/>"), COT_NAMES);
	assert_int_equal(
	    many("<a ", "b", COTXML_NAME_MAX, "='1'/>"), COT_NAMES);
	assert_int_equal(many("", "x", MAX, ""), COT_TOO_BIG);
	/* Small enough as it comes, too large in canonical form. */
	assert_int_equal(many("", "\"", MAX - 1000, ""), COT_TOO_BIG);
	assert_int_equal(
	    many("", "<marti/>", COT_MARTI_MAX + 1, ""), COT_DESTS);
	assert_int_equal(parse(HEAD POINT "</event>"), COT_OK);
}

/* Names of strangers must not stay for ever. */
static void
test_cotxml_names_forgotten(void **state)
{
	char doc[8192];
	unsigned i, k;
	int n;

	(void)state;
	for (i = 0; i < 3000; i++) {
		n = snprintf(doc, sizeof doc, HEAD POINT "<detail>");
		for (k = 0; k < 20; k++)
			n += snprintf(doc + n, sizeof doc - (size_t)n,
			    "<n%u-%u xmlns:p%u-%u='u'/>", i, k, i, k);
		(void)snprintf(
		    doc + n, sizeof doc - (size_t)n, "</detail></event>");
		assert_int_equal(parse(doc), COT_OK);
	}
}

static void
test_cotxml_sizes(void **state)
{
	struct cotxml *x;

	(void)state;
	assert_null(cotxml_new(COTXML_SIZE_MIN - 1));
	assert_null(cotxml_new(COTXML_SIZE_MAX + 1));
	x = cotxml_new(COTXML_SIZE_MIN);
	assert_non_null(x);
	assert_int_equal(
	    cotxml_parse(x, SLICE(HEAD POINT "</event>"), NULL, &cot), COT_OK);
	cotxml_free(&x);
	assert_null(x);
	cotxml_free(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cotxml_limits),
	    cmocka_unit_test(test_cotxml_names_forgotten),
	    cmocka_unit_test(test_cotxml_sizes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
