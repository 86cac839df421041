/* Messages that are made to cost memory or time: the bounds of documents hold,
 * and what protobuf-c takes for one message. */
#include "cotpb_bufs.h"

static void
test_bounds_sizes(void **state)
{
	struct cotpb *small = cotpb_new(1000);
	struct cotparts parts;
	const struct cotpb_source from = {.xml = SLICE(W_XML "</event>")};
	size_t i;

	(void)state;
	assert_non_null(small);
	/* Longer than it may be. */
	buf_clear(&a);
	for (i = 0; i < 1001; i++)
		(void)buf_putc(&a, '\0');
	assert_int_equal(
	    cotpb_decode(small, buf_slice(&a), &parts), COT_TOO_BIG);
	/* No room for the message: nothing is written. */
	out.max = 30;
	buf_clear(&out);
	(void)buf_puts(&out, "x");
	errno = 0;
	assert_int_equal(cotpb_encode(small, &from, &out), -1);
	assert_int_equal(errno, ENOBUFS);
	assert_int_equal(buf_size(&out), 1);
	out.max = FIX_MAX;
	buf_clear(&out);
	cotpb_free(&small);
	assert_null(small);
	assert_null(cotpb_new(0));
	assert_null(cotpb_new(SIZE_MAX));
	cotpb_free(&small);
}

/* n times the same few bytes, as TakMessage or in its event. */
static enum cot_why
many(struct slice bytes, size_t n, bool in_event)
{
	size_t i;

	buf_clear(&a);
	for (i = 0; i < n; i++)
		assert_int_equal(buf_put(&a, bytes), 0);
	if (in_event)
		w_event(&msg, buf_slice(&a));
	else
		w_event(&msg, SLICE(""));
	if (!in_event)
		assert_int_equal(buf_put(&msg, buf_slice(&a)), 0);
	return fix_decode(buf_slice(&msg));
}

static void
test_bounds_many_fields(void **state)
{
	const struct slice tiny = {"\x98\x06\x01", 3}, empty = {"\x12\x00", 2},
			   scalar = {"\x50\x01", 2}, detail = {"\x7a\x00", 2},
			   control = {"\x0a\x00", 2};
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(many(tiny, 300, i), COT_OK);
		assert_int_equal(many(tiny, 300000, i), COT_TOO_BIG);
	}
	/* What is repeated is brought together. */
	assert_int_equal(many(empty, 300000, false), COT_OK);
	assert_int_equal(many(detail, 300000, true), COT_OK);
	/* A wrong wire type. */
	assert_int_equal(many(scalar, 3, true), COT_PROTOBUF);
	assert_int_equal(many(control, 300000, false), COT_TOO_BIG);
	/* And then all is as before. */
	w_event(&msg, SLICE(""));
	assert_int_equal(fix_decode(buf_slice(&msg)), COT_OK);
}

/* xmlDetail of n elements of 12 bytes. */
static enum cot_why
large(size_t n)
{
	buf_clear(&b);
	while (n--)
		(void)buf_puts(&b, "<v>&#38;</v>");
	buf_clear(&a);
	w_bytes(&a, 1, buf_slice(&b));
	w_detail(&msg, buf_slice(&a));
	return fix_decode(buf_slice(&msg));
}

/* The same bounds as of a document; event, point and detail count. */
static void
test_bounds_large(void **state)
{
	(void)state;
	assert_int_equal(large(COTXML_ELEMENTS_MAX - 3), COT_OK);
	fix_encode(cot.xml, true, &out);
	assert_int_equal(buf_size(&out), buf_size(&msg));
	assert_int_equal(large(COTXML_ELEMENTS_MAX - 2), COT_ELEMENTS);
	assert_int_equal(large(FIX_MAX / 12 - 20), COT_ELEMENTS);
	assert_int_equal(large(1), COT_OK);
}

/* xmlDetail: open, n times `piece`, in which # is the number, and `close`. */
static enum cot_why
limit(const char *open, size_t n, const char *piece, const char *close)
{
	const char *p;
	size_t i;

	buf_clear(&b);
	(void)buf_puts(&b, open);
	for (i = 0; i < n; i++)
		for (p = piece; *p; p++)
			(void)(*p == '#' ? buf_put_u64(&b, i)
					 : buf_putc(&b, *p));
	(void)buf_puts(&b, close);
	buf_clear(&a);
	w_bytes(&a, 1, buf_slice(&b));
	w_detail(&msg, buf_slice(&a));
	return fix_decode(buf_slice(&msg));
}

/* n elements, each in the one before. */
static enum cot_why
deep(size_t n)
{
	struct buf close = {.max = 4096};
	enum cot_why why;
	size_t i;

	for (i = 0; i < n; i++)
		(void)buf_puts(&close, "</a>");
	assert_int_equal(buf_putc(&close, '\0'), 0);
	why = limit("", n, "<a>", buf_data(&close));
	buf_fini(&close);
	return why;
}

/* The bounds of documents hold, as deep in the event as they would be. */
static void
test_bounds_limits(void **state)
{
	const struct cotcanon_tag tag = {"T", "now", false};
	struct cotparts parts;

	(void)state;
	assert_int_equal(deep(COTXML_DEPTH_MAX - 2), COT_OK);
	assert_int_equal(deep(COTXML_DEPTH_MAX - 1), COT_DEPTH);
	assert_int_equal(limit("<a", COTXML_ATTRS_MAX, " a#=''", "/>"), COT_OK);
	assert_int_equal(
	    limit("<a", COTXML_ATTRS_MAX + 1, " a#=''", "/>"), COT_ATTRIBUTES);
	assert_int_equal(limit("<a", 100000, " a#=''", "/>"), COT_ATTRIBUTES);
	assert_int_equal(
	    limit("", COTXML_NAMES_MAX + 9, "<n#/>", ""), COT_NAMES);
	assert_int_equal(
	    limit("", COT_MARTI_MAX + 1, "<marti/>", ""), COT_DESTS);
	assert_int_equal(
	    limit("<a xmlns:b='u' b:c='' xmlns:d='u' d:c=''/>", 0, "", ""),
	    COT_NAMESPACE);
	/* Our tag is left, once. */
	assert_int_equal(limit("<a/>", 0, "", ""), COT_OK);
	assert_int_equal(cotpb_decode(pb, buf_slice(&msg), &parts), COT_OK);
	parts.has[PART_STATUS] = true;
	assert_int_equal(cotxml_parse_parts(xml, &parts, &tag, &cot), COT_OK);
	fix_same(cot.xml,
	    SLICE(W_XML "<detail><a/><status battery=\"0\"/>"
			"<_flow-tags_ T=\"now\"/></detail></event>"));
	parts.detail = SLICE("<_flow-tags_ T=\"then\"/>");
	assert_int_equal(cotxml_parse_parts(xml, &parts, &tag, &cot), COT_LOOP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bounds_sizes),
	    cmocka_unit_test(test_bounds_many_fields),
	    cmocka_unit_test(test_bounds_large),
	    cmocka_unit_test(test_bounds_limits),
	};

	return cmocka_run_group_tests(tests, bufs_setup, bufs_teardown);
}
