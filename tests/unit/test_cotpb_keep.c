/* What a message has beyond its event's XML: parts that are repeated
 * (cot-streaming 8.4, P7), fields that we do not know (P6, 5.4), and the whole
 * precision of numbers. */
#include "cotpb_bufs.h"

/* ---- P7 ---- */

static void
test_keep_last_scalar(void **state)
{
	(void)state;
	buf_clear(&a);
	w_text(&a, 5, "V");
	w_text(&a, 9, "h-e");
	w_double(&a, 10, 1);
	w_text(&a, 5, "W");
	w_text(&a, 9, ""); /* empty again: the default */
	w_double(&a, 10, -2);
	w_uint(&a, 6, 0);
	w_event(&msg, buf_slice(&a));
	assert_int_equal(fix_decode(buf_slice(&msg)), COT_OK);
	fix_same(cot.attr[COT_A_UID], SLICE("W"));
	fix_same(cot.attr[COT_A_HOW], SLICE("m-g"));
	fix_same(cot.point[COT_P_LAT], SLICE("-2.00000000"));
	assert_int_equal(cot.ms[0], 0);
	assert_int_equal(cot.ms[1], 1714979289000);
}

/* The two halves of the detail in the next test. */
static void
first_half(struct buf *d)
{
	buf_clear(d);
	buf_clear(&a);
	w_text(&a, 1, "one");
	w_uint(&a, 99, 5);
	w_bytes(d, 6, buf_slice(&a)); /* takv: device, an unknown field */
	buf_clear(&a);
	w_double(&a, 1, 1.25);
	w_bytes(d, 7, buf_slice(&a)); /* track: speed */
	w_text(d, 1, "<gone/>");
	w_uint(d, 98, 6);
}

static void
second_half(struct buf *d)
{
	buf_clear(d);
	buf_clear(&a);
	w_text(&a, 4, "four");
	w_bytes(d, 6, buf_slice(&a)); /* takv: version */
	buf_clear(&a);
	w_double(&a, 2, 90);
	w_bytes(d, 7, buf_slice(&a)); /* track: course */
	w_text(d, 1, "<kept/>");
}

static bool
out_has(uint32_t field, uint64_t v)
{
	struct buf want = {.max = 64};
	bool has;

	w_uint(&want, field, v);
	has = slice_find(buf_slice(&out), buf_slice(&want)) != NULL;
	buf_fini(&want);
	return has;
}

/* Three events, the second with a detail in two pieces, the last empty. */
static void
test_keep_merged_submessages(void **state)
{
	struct buf d = {.max = 4096};

	(void)state;
	first_half(&d);
	buf_clear(&b);
	w_bytes(&b, 15, buf_slice(&d));
	w_event(&msg, buf_slice(&b));
	w_uint(&msg, 3, 7);
	buf_clear(&b);
	w_text(&b, 5, "later");
	w_bytes(&b, 15, SLICE(""));
	second_half(&d);
	w_bytes(&b, 15, buf_slice(&d));
	w_bytes(&msg, 2, buf_slice(&b));
	w_bytes(&msg, 2, SLICE(""));
	assert_int_equal(fix_decode(buf_slice(&msg)), COT_OK);
	fix_same(cot.attr[COT_A_UID], SLICE("later"));
	fix_same(cot.point[COT_P_LON], SLICE("11.00000000"));
	assert_non_null(slice_find(cot.xml,
	    SLICE("<detail><kept/><takv device=\"one\" platform=\"\" os=\"\""
		  " version=\"four\"/><track speed=\"1.25000000\""
		  " course=\"90.00000000\"/></detail>")));
	fix_encode(cot.xml, true, &out);
	assert_true(out_has(99, 5));
	assert_true(out_has(98, 6));
	assert_true(out_has(3, 7));
	buf_fini(&d);
}

/* Repeated, and malformed: dropped. */
static void
test_keep_merge_malformed(void **state)
{
	(void)state;
	w_event(&msg, SLICE(""));
	w_bytes(&msg, 2, SLICE("\x0a\x05x"));
	assert_int_equal(fix_decode(buf_slice(&msg)), COT_PROTOBUF);
	w_event(&msg, SLICE(""));
	w_uint(&msg, 2, 1);
	assert_int_equal(fix_decode(buf_slice(&msg)), COT_PROTOBUF);
	w_event(&msg, SLICE("\x7a\x00\x7a\x02\x12\x05"));
	assert_int_equal(fix_decode(buf_slice(&msg)), COT_PROTOBUF);
	w_event(&msg, SLICE("\x7a\x00\x7a\x00"));
	assert_int_equal(fix_decode(buf_slice(&msg)), COT_OK);
	w_event(&msg, SLICE(""));
	w_bytes(&msg, 2, SLICE(""));
	(void)buf_putc(&msg, '\x12');
	assert_int_equal(fix_decode(buf_slice(&msg)), COT_PROTOBUF);
}

/* ---- P6 ---- */

/* One unknown field of each wire type. */
static void
unknown(struct buf *to, uint32_t field)
{
	w_uint(to, field, UINT64_MAX);
	w_double(to, field, 2.5);
	w_text(to, field, "text\xFF");
	w_varint(to, (field << 3) | 5);
	assert_int_equal(buf_append(to, "four", 4), 0);
}

static void
test_keep_unknown_fields(void **state)
{
	struct buf d = {.max = 4096}, one = {.max = 4096};
	uint32_t i;

	(void)state;
	/* In the order of fields, unknown ones last, as we write it. */
	w_text(&d, 1, "<a/>");
	for (i = 2; i <= 7; i++) {
		buf_clear(&one);
		if (i == 5)
			w_uint(&one, 1, 50);
		else if (i == 7)
			w_double(&one, 1, 0.1 + 0.2);
		else
			w_text(&one, 1, "x");
		unknown(&one, 20 + i);
		w_bytes(&d, i, buf_slice(&one));
	}
	unknown(&d, 8);
	unknown(&d, 100000);
	buf_clear(&a);
	w_bytes(&a, 15, buf_slice(&d));
	unknown(&a, 18);
	w_event(&msg, buf_slice(&a));
	w_uint(&msg, 3, 1);
	w_uint(&msg, 4, 2);
	unknown(&msg, 99);
	unknown(&msg, 5);
	assert_int_equal(fix_decode(buf_slice(&msg)), COT_OK);
	buf_clear(&a);
	assert_int_equal(buf_put(&a, cot.xml), 0);
	fix_encode(buf_slice(&a), true, &out);
	assert_int_equal(buf_size(&out), buf_size(&msg));
	fix_same(buf_slice(&out), buf_slice(&msg));
	/* Of an event that is not the last one decoded: nothing. */
	fix_encode(buf_slice(&a), false, &out);
	assert_null(slice_find(buf_slice(&out), SLICE("text\xFF")));
	buf_fini(&d);
	buf_fini(&one);
}

/* An element that is not typed any more takes its unknown fields with it. */
static void
test_keep_unknown_of_typed_only(void **state)
{
	struct buf d = {.max = 4096}, one = {.max = 4096};

	(void)state;
	w_uint(&one, 1, 50);
	unknown(&one, 20);
	w_text(&d, 1, "<status battery=\"7\" readiness=\"true\"/>");
	w_bytes(&d, 5, buf_slice(&one));
	w_detail(&msg, buf_slice(&d));
	assert_int_equal(fix_decode(buf_slice(&msg)), COT_OK);
	fix_encode(cot.xml, true, &out);
	assert_null(slice_find(buf_slice(&out), SLICE("text\xFF")));
	assert_non_null(slice_find(buf_slice(&out), SLICE("readiness")));
	/* A detail with unknown fields only is there. */
	buf_clear(&d);
	unknown(&d, 20);
	w_detail(&msg, buf_slice(&d));
	assert_int_equal(fix_decode(buf_slice(&msg)), COT_OK);
	fix_encode(cot.xml, true, &out);
	fix_same(buf_slice(&out), buf_slice(&msg));
	buf_fini(&d);
	buf_fini(&one);
}

/* `decoded` of a message that was none changes nothing. */
static void
test_keep_nothing_decoded(void **state)
{
	struct buf plain = {.max = 4096};

	(void)state;
	w_event(&msg, SLICE(""));
	assert_int_equal(fix_decode(buf_slice(&msg)), COT_OK);
	buf_clear(&a);
	assert_int_equal(buf_put(&a, cot.xml), 0);
	fix_encode(buf_slice(&a), false, &plain);
	assert_int_equal(fix_decode(SLICE("\x18\x05")), COT_EMPTY);
	fix_encode(buf_slice(&a), true, &out);
	fix_same(buf_slice(&out), buf_slice(&plain));
	assert_int_equal(fix_decode(SLICE("\x18")), COT_PROTOBUF);
	fix_encode(buf_slice(&a), true, &out);
	fix_same(buf_slice(&out), buf_slice(&plain));
	buf_fini(&plain);
}

/* ---- numbers ---- */

static void
test_keep_precision(void **state)
{
	static const double v[] = {1.0 / 3, -1e-12, 0.1 + 0.2,
	    12345.678901234567, 89.99999999999999, 1e-300};
	struct buf d = {.max = 4096}, one = {.max = 4096};
	char text[32];
	size_t i;
	uint32_t k;

	(void)state;
	for (i = 0; i < sizeof v / sizeof v[0]; i++) {
		buf_clear(&a);
		buf_clear(&d);
		buf_clear(&one);
		w_double(&one, 1, v[i]);
		w_double(&one, 2, v[i] * 3);
		w_bytes(&d, 7, buf_slice(&one));
		buf_clear(&msg);
		w_text(&a, 1, "a-f-G");
		w_text(&a, 5, "U");
		w_text(&a, 9, "m-g");
		for (k = 10; k <= 14; k++)
			w_double(&a, k, k < 12 ? v[i] / 1000 : v[i]);
		w_bytes(&a, 15, buf_slice(&d));
		w_bytes(&msg, 2, buf_slice(&a));
		assert_int_equal(fix_decode(buf_slice(&msg)), COT_OK);
		assert_true(str_fmt(text, sizeof text, "%.8f", v[i]) > 0);
		fix_same(cot.point[COT_P_HAE],
		    slice_of(strcmp(text, "-0.00000000") ? text : text + 1));
		fix_encode(cot.xml, true, &out);
		fix_same(buf_slice(&out), buf_slice(&msg));
	}
	buf_fini(&d);
	buf_fini(&one);
}

/* Another number, or time, in the XML counts. */
static void
test_keep_only_what_is_the_same(void **state)
{
	static const char was[] = "lat=\"0.33333333\"",
			  now[] = "lat=\"0.33333335\"";
	const char *at;

	(void)state;
	buf_clear(&a);
	w_double(&a, 10, 1.0 / 3);
	w_event(&msg, buf_slice(&a));
	assert_int_equal(fix_decode(buf_slice(&msg)), COT_OK);
	buf_clear(&b);
	assert_int_equal(buf_put(&b, cot.xml), 0);
	at = slice_find(buf_slice(&b), slice_of(was));
	assert_non_null(at);
	memcpy(b.p + (at - b.p), now, sizeof now - 1);
	fix_encode(buf_slice(&b), true, &out);
	buf_clear(&a);
	w_double(&a, 10, 0.33333335);
	assert_non_null(slice_find(buf_slice(&out), buf_slice(&a)));
	buf_clear(&a);
	w_double(&a, 10, 1.0 / 3);
	assert_null(slice_find(buf_slice(&out), buf_slice(&a)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keep_last_scalar),
	    cmocka_unit_test(test_keep_merged_submessages),
	    cmocka_unit_test(test_keep_merge_malformed),
	    cmocka_unit_test(test_keep_unknown_fields),
	    cmocka_unit_test(test_keep_unknown_of_typed_only),
	    cmocka_unit_test(test_keep_nothing_decoded),
	    cmocka_unit_test(test_keep_precision),
	    cmocka_unit_test(test_keep_only_what_is_the_same),
	};

	return cmocka_run_group_tests(tests, bufs_setup, bufs_teardown);
}
