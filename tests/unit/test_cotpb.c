/* TAK protocol messages: the vectors of cot-streaming 8.1 byte for byte, the
 * table of 8.2, and of 8.4 the part that frames do not decide. */
#include "cotpb_fix.h"

#include <math.h>

/* ---- 8.1 ---- */

static void
vector_out(int i)
{
	struct buf doc = {.max = 65536}, canon = {.max = 65536},
		   want = {.max = 65536}, msg = {.max = 65536};
	char name[64], head[FRAME_HEAD_MAX];
	size_t n;

	assert_true(
	    str_fmt(name, sizeof name, "tests/data/cot/v%d.cot", i) > 0);
	fix_load(name, &doc);
	assert_true(str_fmt(name, sizeof name, "tests/data/cot/v%d.pb", i) > 0);
	fix_load(name, &want);
	fix_canon(buf_slice(&doc), &canon);
	fix_encode(buf_slice(&canon), false, &msg);
	n = frame_head(head, buf_size(&msg));
	assert_int_equal(buf_size(&want), n + buf_size(&msg));
	assert_memory_equal(buf_data(&want), head, n);
	buf_consume(&want, n);
	assert_memory_equal(buf_data(&want), buf_data(&msg), buf_size(&msg));
	/* And back, to the very same. */
	assert_int_equal(fix_decode(buf_slice(&msg)), COT_OK);
	fix_encode(cot.xml, true, &msg);
	fix_same(buf_slice(&msg), buf_slice(&want));
	buf_fini(&doc);
	buf_fini(&canon);
	buf_fini(&want);
	buf_fini(&msg);
}

static void
test_cotpb_vectors(void **state)
{
	int i;

	(void)state;
	for (i = 1; i <= 7; i++)
		vector_out(i);
}

/* A vector's file, without the frame. */
static void
load_payload(const char *name, size_t head, struct buf *b)
{
	buf_clear(b);
	fix_load(name, b);
	buf_consume(b, head);
}

/* What another server has added is taken, and passed on. */
static void
test_cotpb_vector_of_another_server(void **state)
{
	struct buf plain = {.max = 4096}, other = {.max = 4096},
		   event = {.max = 4096};

	(void)state;
	load_payload("tests/data/cot/v5.pb", 2, &plain);
	load_payload("tests/data/cot/v5-ts.pb", 3, &other);
	assert_int_equal(buf_size(&other), 133);
	assert_int_equal(fix_decode(buf_slice(&plain)), COT_OK);
	assert_int_equal(buf_put(&event, cot.xml), 0);
	assert_int_equal(fix_decode(buf_slice(&other)), COT_OK);
	fix_same(cot.xml, buf_slice(&event));
	buf_clear(&event);
	fix_encode(cot.xml, true, &event);
	fix_same(buf_slice(&event), buf_slice(&other));
	/* The same event from elsewhere has nothing of it. */
	fix_encode(cot.xml, false, &event);
	assert_true(buf_size(&event) < buf_size(&other));
	buf_fini(&plain);
	buf_fini(&other);
	buf_fini(&event);
}

static void
test_cotpb_vectors_of_the_mesh(void **state)
{
	struct buf mesh = {.max = 4096}, plain = {.max = 4096},
		   event = {.max = 4096};

	(void)state;
	load_payload("tests/data/cot/mesh-control.pb", 3, &mesh);
	assert_int_equal(fix_decode(buf_slice(&mesh)), COT_EMPTY);
	load_payload("tests/data/cot/mesh-v1.pb", 3, &mesh);
	load_payload("tests/data/cot/v1.pb", 2, &plain);
	assert_int_equal(fix_decode(buf_slice(&plain)), COT_OK);
	assert_int_equal(buf_put(&event, cot.xml), 0);
	assert_int_equal(fix_decode(buf_slice(&mesh)), COT_OK);
	fix_same(cot.xml, buf_slice(&event));
	/* takControl is for the mesh only. */
	fix_encode(cot.xml, true, &event);
	fix_same(buf_slice(&event), buf_slice(&plain));
	buf_fini(&mesh);
	buf_fini(&plain);
	buf_fini(&event);
}

/* ---- 8.2 ---- */

static void
test_cotpb_v2_as_xml(void **state)
{
	struct buf msg = {.max = 4096};

	(void)state;
	load_payload("tests/data/cot/v2.pb", 3, &msg);
	assert_int_equal(fix_decode(buf_slice(&msg)), COT_OK);
	fix_same(cot.xml,
	    SLICE("<event version=\"2.0\" time=\"2024-05-06T07:08:09.000Z\""
		  " start=\"2024-05-06T07:08:09.000Z\""
		  " stale=\"2024-05-06T07:14:24.000Z\" type=\"a-f-G-U-C\""
		  " uid=\"U-1\" how=\"m-g\" access=\"Undefined\">"
		  "<point lat=\"48.50000000\" lon=\"-122.25000000\""
		  " hae=\"30.00000000\" ce=\"5.00000000\" le=\"9999999\"/>"
		  "<detail><uid Droid=\"ALPHA\"/>"
		  "<contact endpoint=\"*:-1:stcp\" callsign=\"ALPHA\"/>"
		  "<__group name=\"Cyan\" role=\"Team Member\"/>"
		  "<precisionlocation geopointsrc=\"GPS\" altsrc=\"GPS\"/>"
		  "<status battery=\"87\"/>"
		  "<takv device=\"PIXEL\" platform=\"ATAK-CIV\" os=\"34\""
		  " version=\"5.5.0\"/>"
		  "<track speed=\"1.50000000\" course=\"270.00000000\"/>"
		  "</detail></event>"));
	/* Its facts are known, as of an XML client. */
	fix_same(cot.fact[COT_F_CALLSIGN], SLICE("ALPHA"));
	fix_same(cot.fact[COT_F_ENDPOINT], SLICE("*:-1:stcp"));
	fix_same(cot.fact[COT_F_TEAM], SLICE("Cyan"));
	fix_same(cot.fact[COT_F_VERSION], SLICE("5.5.0"));
	buf_fini(&msg);
}

static void
test_cotpb_details_as_xml(void **state)
{
	struct buf d = {.max = 4096}, one = {.max = 4096};

	(void)state;
	/* Empty sub-messages are there. */
	w_text(&d, 1, "<a/> x <b/>");
	w_text(&d, 7, "");
	fix_detail(buf_slice(&d),
	    "<a/> x <b/><track speed=\"0.00000000\" course=\"0.00000000\"/>");
	buf_clear(&d);
	w_text(&d, 2, "");
	w_text(&d, 3, "");
	w_text(&d, 4, "");
	w_text(&d, 5, "");
	w_text(&d, 6, "");
	fix_detail(buf_slice(&d),
	    "<contact callsign=\"\"/><__group name=\"\" role=\"\"/>"
	    "<precisionlocation geopointsrc=\"\" altsrc=\"\"/>"
	    "<status battery=\"0\"/>"
	    "<takv device=\"\" platform=\"\" os=\"\" version=\"\"/>");
	/* xmlDetail wins: the typed element does not count. */
	buf_clear(&d);
	w_text(&d, 1, "<status battery=\"7\" readiness=\"true\"/>");
	w_uint(&one, 1, 50);
	w_bytes(&d, 5, buf_slice(&one));
	fix_detail(buf_slice(&d), "<status battery=\"7\" readiness=\"true\"/>");
	/* Not so an element of that name further down, or with a prefix. */
	buf_clear(&d);
	w_text(&d, 1, "<x><status battery=\"7\"/></x><y:status/>");
	w_bytes(&d, 5, buf_slice(&one));
	fix_detail(buf_slice(&d),
	    "<x><status battery=\"7\"/></x><y:status/>"
	    "<status battery=\"50\"/>");
	buf_clear(&d);
	buf_clear(&one);
	w_text(&one, 2, "A");
	w_bytes(&d, 2, buf_slice(&one));
	fix_detail(buf_slice(&d), "<contact callsign=\"A\"/>");
	w_text(&one, 1, "*:-1:stcp");
	w_text(&one, 3, "x:1:tcp");
	buf_clear(&d);
	w_bytes(&d, 2, buf_slice(&one));
	fix_detail(buf_slice(&d),
	    "<contact endpoint=\"*:-1:stcp\" callsign=\"A\""
	    " altendpoints=\"x:1:tcp\"/>");
	fix_detail(SLICE(""), "");
	buf_fini(&d);
	buf_fini(&one);
}

static void
test_cotpb_no_detail(void **state)
{
	struct buf msg = {.max = 4096};

	(void)state;
	w_event(&msg, SLICE(""));
	assert_int_equal(fix_decode(buf_slice(&msg)), COT_OK);
	fix_same(cot.xml, SLICE(W_XML "<detail/></event>"));
	buf_fini(&msg);
}

static enum cot_why
xml_detail(const char *text)
{
	struct buf msg = {.max = 4096}, d = {.max = 4096};
	enum cot_why why;

	w_text(&d, 1, text);
	w_detail(&msg, buf_slice(&d));
	why = fix_decode(buf_slice(&msg));
	buf_fini(&msg);
	buf_fini(&d);
	return why;
}

/* xmlDetail is well-formed by itself, or the message is dropped. */
static void
test_cotpb_xml_detail_is_closed(void **state)
{
	static const char *const bad[] = {"<a>", "</detail>",
	    "</detail><detail>", "</detail><point lat=\"1\"/><detail>",
	    "</detail></event><event>", "<a></b>", "<", "&", "&x;", "a & b",
	    "<![CDATA[", "<!--", "]]>", "<?xml version=\"1.0\"?><a/>",
	    "<!DOCTYPE a><a/>", "<a b=\"1\" b=\"2\"/>", "<a b=\"<\"/>", "<a",
	    "\x01", "<a b=\"\x02\"/>", "&#0;", "\xEF\xBF\xBE", "<a/></detail>",
	    "</detail><!--", "</detail><?x", "</detail> <!-- a --><detail a='",
	    "</detail>\n"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (xml_detail(bad[i]) != COT_XML)
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(xml_detail("\xFF"), COT_UTF8);
	assert_int_equal(
	    xml_detail("<a/><!-- c --> <![CDATA[<]]><?p i?>&#65;"), COT_OK);
	fix_same(cot.xml, SLICE(W_XML "<detail><a/> &lt;A</detail></event>"));
}

/* ---- 8.4 ---- */

static void
test_cotpb_p4_malformed(void **state)
{
	static const struct slice bad[] = {{"\x12\x7f\x00", 3}, {"\x12", 1},
	    {"\x12\x80", 2}, {"\x00", 1}, {"\x05", 1}, {"\x1a\x01", 2},
	    {"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12},
	    {"\x12\x02\x0a\x05", 4}, {"\x13\x14", 2}, {"\x10\x01", 2},
	    {"\x12\x03\x7a\x05\x0a", 5}, {"\x12\xff\xff\xff\xff\x0f", 6}};
	/* Field numbers that there are not, and a tag of six bytes. */
	static const struct slice numbers[] = {{"\x80\x00\x01", 3},
	    {"\x82\x00\x01x", 4}, {"\x80\x80\x80\x80\x10\x01", 6},
	    {"\x80\x80\x80\x80\x80\x01\x01", 7}};
	struct buf msg = {.max = 4096}, one = {.max = 4096};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(fix_decode(bad[i]), COT_PROTOBUF);
	for (i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		w_event(&msg, numbers[i]);
		assert_int_equal(fix_decode(buf_slice(&msg)), COT_PROTOBUF);
		w_detail(&msg, numbers[i]);
		assert_int_equal(fix_decode(buf_slice(&msg)), COT_PROTOBUF);
		w_event(&msg, SLICE(""));
		assert_int_equal(buf_put(&msg, numbers[i]), 0);
		assert_int_equal(fix_decode(buf_slice(&msg)), COT_PROTOBUF);
		w_bytes(&one, 7, numbers[i]);
		w_detail(&msg, buf_slice(&one));
		assert_int_equal(fix_decode(buf_slice(&msg)), COT_PROTOBUF);
		buf_clear(&one);
	}
	buf_fini(&msg);
	buf_fini(&one);
	assert_int_equal(fix_decode(SLICE("")), COT_EMPTY);
	assert_int_equal(fix_decode(SLICE("\x0a\x00")), COT_EMPTY);
	assert_int_equal(fix_decode(SLICE("\x18\x01")), COT_EMPTY);
	assert_int_equal(fix_decode(SLICE("\x12\x00")), COT_UID);
}

/* Each text: field of CotEvent, or of a typed element of its detail. */
static void
test_cotpb_p5_texts(void **state)
{
	static const struct {
		const char *text;
		enum cot_why why;
	} cases[] = {{"\xFF", COT_UTF8}, {"\xC3", COT_UTF8},
	    {"\xED\xA0\x80", COT_UTF8}, {"a\x80", COT_UTF8}, {"\x01", COT_XML},
	    {"a\x1f", COT_XML}, {"\xEF\xBF\xBE", COT_XML},
	    {"a\xEF\xBF\xBF", COT_XML}, {"\xC3\xA9 \t\r\n&<>\"'", COT_OK},
	    {"\xEF\xBF\xBD\xF0\x9F\x98\x80\x7F", COT_OK}};
	static const uint32_t texts[] = {1, 2, 3, 4, 5, 9, 16, 17},
			      typed[][2] = {{2, 1}, {2, 2}, {2, 3}, {3, 1},
				  {3, 2}, {4, 1}, {4, 2}, {6, 1}, {6, 2},
				  {6, 3}, {6, 4}};
	struct buf b = {.max = 4096}, d = {.max = 4096}, msg = {.max = 4096};
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		for (k = 0; k < sizeof texts / sizeof texts[0]; k++) {
			buf_clear(&b);
			w_text(&b, texts[k], cases[i].text);
			w_event(&msg, buf_slice(&b));
			assert_int_equal(
			    fix_decode(buf_slice(&msg)), cases[i].why);
		}
		for (k = 0; k < sizeof typed / sizeof typed[0]; k++) {
			buf_clear(&b);
			buf_clear(&d);
			w_text(&b, typed[k][1], cases[i].text);
			w_bytes(&d, typed[k][0], buf_slice(&b));
			w_detail(&msg, buf_slice(&d));
			assert_int_equal(
			    fix_decode(buf_slice(&msg)), cases[i].why);
		}
	}
	/* A NUL hides nothing. */
	buf_clear(&b);
	w_bytes(&b, 5, (struct slice){"U\0V", 3});
	w_event(&msg, buf_slice(&b));
	assert_int_equal(fix_decode(buf_slice(&msg)), COT_UTF8);
	buf_fini(&b);
	buf_fini(&d);
	buf_fini(&msg);
}

/* What is written in XML comes back as it was, references undone. */
static void
test_cotpb_texts_escaped(void **state)
{
	static const char text[] = "\xC3\xA9 \t\r\n&amp;<>\"'";
	struct buf b = {.max = 4096}, msg = {.max = 4096}, out = {.max = 4096};

	(void)state;
	w_text(&b, 5, text);
	w_event(&msg, buf_slice(&b));
	assert_int_equal(fix_decode(buf_slice(&msg)), COT_OK);
	fix_same(cot.attr[COT_A_UID], slice_of(text));
	assert_non_null(slice_find(cot.xml,
	    SLICE(" uid=\"\xC3\xA9 "
		  "&#9;&#13;&#10;&amp;amp;&lt;&gt;&quot;&apos;\"")));
	fix_encode(cot.xml, false, &out);
	assert_non_null(slice_find(buf_slice(&out), slice_of(text)));
	buf_fini(&b);
	buf_fini(&msg);
	buf_fini(&out);
}

/* A number of the event, and what becomes of it. */
static enum cot_why
number(uint32_t field, double v, struct slice *text)
{
	struct buf b = {.max = 4096}, msg = {.max = 4096};
	enum cot_why why;

	w_double(&b, field, v);
	w_event(&msg, buf_slice(&b));
	why = fix_decode(buf_slice(&msg));
	*text = cot.point[field - 10];
	buf_fini(&b);
	buf_fini(&msg);
	return why;
}

static void
test_cotpb_p9_numbers(void **state)
{
	static const double no[] = {NAN, INFINITY, -INFINITY};
	struct slice text;
	size_t i;
	uint32_t k;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(number(10, no[i], &text), COT_LAT);
		assert_int_equal(number(11, no[i], &text), COT_LON);
		/* As of an XML client: unknown. */
		for (k = 12; k <= 14; k++) {
			assert_int_equal(number(k, no[i], &text), COT_OK);
			fix_same(text, SLICE("9999999"));
		}
	}
	assert_int_equal(number(10, 90.00001, &text), COT_LAT);
	assert_int_equal(number(11, -180.00001, &text), COT_LON);
	assert_int_equal(number(10, -90, &text), COT_OK);
	fix_same(text, SLICE("-90.00000000"));
	assert_int_equal(number(10, -0.0, &text), COT_OK);
	fix_same(text, SLICE("0.00000000"));
	assert_int_equal(number(11, 1.0 / 3, &text), COT_OK);
	fix_same(text, SLICE("0.33333333"));
	assert_int_equal(number(12, 999999, &text), COT_OK);
	fix_same(text, SLICE("999999.00000000"));
	assert_int_equal(number(12, 1e300, &text), COT_OK);
	fix_same(text, SLICE("1.0000000000000001e+300"));
}

static enum cot_why
moment(uint32_t field, uint64_t ms)
{
	struct buf b = {.max = 4096}, msg = {.max = 4096};
	enum cot_why why;

	w_uint(&b, field, ms);
	w_event(&msg, buf_slice(&b));
	why = fix_decode(buf_slice(&msg));
	buf_fini(&b);
	buf_fini(&msg);
	return why;
}

static void
test_cotpb_times(void **state)
{
	(void)state;
	assert_int_equal(moment(6, UINT64_MAX), COT_TIME);
	assert_int_equal(moment(7, (uint64_t)1 << 63), COT_START);
	assert_int_equal(moment(8, UINT64_C(253402300800000)), COT_STALE);
	/* As in XML, 8.4 M11: a year that text can have is cut to 2106. */
	assert_int_equal(moment(8, UINT64_C(253402300799999)), COT_OK);
	assert_int_equal(cot.ms[2], TIMETEXT_MAX_MS);
	assert_int_equal(moment(8, 0), COT_OK);
	assert_string_equal(cot.text[2], "1970-01-01T00:00:00.000Z");
}

static void
test_cotpb_battery(void **state)
{
	static const struct {
		uint64_t v;
		const char *text;
	} cases[] = {{0, "0"}, {100, "100"}, {2147483647, "2147483647"},
	    {2147483648, "2147483647"}, {UINT32_MAX, "2147483647"}};
	struct buf b = {.max = 4096}, d = {.max = 4096};
	char want[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		buf_clear(&b);
		buf_clear(&d);
		w_uint(&b, 1, cases[i].v);
		w_bytes(&d, 5, buf_slice(&b));
		assert_true(str_fmt(want, sizeof want,
				"<status battery=\"%s\"/>", cases[i].text) > 0);
		fix_detail(buf_slice(&d), want);
	}
	buf_fini(&b);
	buf_fini(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cotpb_vectors),
	    cmocka_unit_test(test_cotpb_vector_of_another_server),
	    cmocka_unit_test(test_cotpb_vectors_of_the_mesh),
	    cmocka_unit_test(test_cotpb_v2_as_xml),
	    cmocka_unit_test(test_cotpb_details_as_xml),
	    cmocka_unit_test(test_cotpb_no_detail),
	    cmocka_unit_test(test_cotpb_xml_detail_is_closed),
	    cmocka_unit_test(test_cotpb_p4_malformed),
	    cmocka_unit_test(test_cotpb_p5_texts),
	    cmocka_unit_test(test_cotpb_texts_escaped),
	    cmocka_unit_test(test_cotpb_p9_numbers),
	    cmocka_unit_test(test_cotpb_times),
	    cmocka_unit_test(test_cotpb_battery),
	};

	return cmocka_run_group_tests(tests, fix_setup, fix_teardown);
}
