/* The vectors of cot-streaming 8.4, from the bytes of a client to labels and
 * canonical XML: whole, byte by byte and split at random they must give the
 * same. Also what large and many messages cost. */
#include "vectors_fix.h"

/* ---- 8.1: the events ---- */

/* Labels and canonical form of each, as stored beside it. */
static void
test_vectors_events(void **state)
{
	char name[64];
	int i;

	(void)state;
	for (i = 1; i <= 7; i++) {
		struct buf out = {.max = 65536}, want = {.max = 65536};

		assert_true(str_fmt(name, sizeof name, "tests/data/cot/v%d.rec",
				i) > 0);
		assert_int_equal(load(name, &want), 0);
		transcript(buf_slice(&v[i]), SIZE_MAX, &out);
		assert_int_equal(buf_size(&out), buf_size(&want));
		assert_memory_equal(
		    buf_data(&out), buf_data(&want), buf_size(&out));
		buf_fini(&out);
		buf_fini(&want);
	}
}

/* ---- 8.4: M1 to M17 ---- */

#define L1 "ev:cot\tuid:U-1-ping\n"
#define L2 "ev:cot\tuid:U-1\n"
#define L4 "ev:cot\tuid:GeoChat.U-1.U-2.m1\n"
#define LU "ev:cot\tuid:U\n"

static void
test_vectors_m1_to_m4(void **state)
{
	static const char *const m2[] = {"V1", "V2", "V4", NULL};
	static const char *const m3[] = {"V1", "\n\n", "V2", "\xEF\xBB\xBF",
	    "V1",
	    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\" ?>\n",
	    "V2", "<?xml version=\"1.0\"?>", "V1", "\r\n", "V1", NULL};
	static const char *const m4[] = {
	    "<?xml version=\"1.0\"?>\n<auth>"
	    "<cot username=\"alice\" password=\"s\" uid=\"A-1\"/></auth>",
	    "V2", NULL};
	struct buf in = {.max = 65536}, out = {.max = 65536};

	(void)state;
	check(buf_slice(&v[4]), L4, &out);
	assert_true(holds(&out, ">a &lt; b &amp; \xC3\xA9\xE2\x82\xAC</rem"));
	stream(&in, m2);
	check(buf_slice(&in), L1 L2 L4, NULL);
	stream(&in, m3);
	check(buf_slice(&in), L1 L2 L1 L2 L1 L1, NULL);
	stream(&in, m4);
	check(buf_slice(&in), "auth\n" L2, NULL);
	buf_fini(&in);
	buf_fini(&out);
}

static void
test_vectors_m5_to_m9(void **state)
{
	static const char *const m9[] = {
	    "<event uid=\"a\"><point </event>", "V2", NULL};
	struct buf in = {.max = 65536}, out = {.max = 65536};

	(void)state;
	check(SLICE(EVENT_WITH(POINT "<detail><remarks><![CDATA[</event>]]>"
				     "</remarks></detail>") SMALL),
	    LU LU, &out);
	assert_true(holds(&out, "<remarks>&lt;/event&gt;</remarks>"));
	check(SLICE("<event a='b'></event ><event a=\"/>\"/>" SMALL),
	    "dropped uid\ndropped uid\n" LU, NULL);
	check(SLICE("<event uid=\"U\" type=\"a\" time=\"" T "\" start=\"" T
		    "\" stale=\"" T "\"/>"),
	    "dropped point\n", NULL);
	check(SLICE("<!DOCTYPE event>" SMALL), "doctype\n", NULL);
	check(SLICE(SMALL "<?xml version='1.0'?>\n<!DOCTYPE event [<!ENTITY a "
			  "'b'>]>" SMALL),
	    LU "doctype\n", NULL);
	check(SLICE("garbage" SMALL), LU, NULL);
	stream(&in, m9);
	check(buf_slice(&in), "dropped xml\n" L2, NULL);
	buf_fini(&in);
	buf_fini(&out);
}

static void
test_vectors_m10_m11(void **state)
{
	struct buf out = {.max = 65536};

	(void)state;
	check(SLICE(EVENT_WITH("") EVENT_WITH("<point lat=\"abc\" lon=\"2\"/>")
		      EVENT_WITH("<point lat=\"91\" lon=\"2\"/>")
			  EVENT_WITH("<point lat=\"\" lon=\"2\"/>") SMALL),
	    "dropped point\ndropped lat\ndropped lat\ndropped lat\n" LU, NULL);
	check(SLICE("<event uid=\"U\" type=\"a\" time=\"yesterday\" start=\"" T
		    "\" stale=\"" T "\">" POINT "</event>"
		    "<event uid=\"U\" type=\"a\" time=\"" T "\" start=\"" T
		    "\" stale=\"2200-01-01T00:00:00Z\">" POINT "</event>"),
	    "dropped time\n" LU, &out);
	assert_true(holds(&out, "\tstale:2106-02-07T06:28:15.999Z\t"));
	assert_true(holds(&out, " stale=\"2106-02-07T06:28:15.999Z\" "));
	buf_fini(&out);
}

static void
test_vectors_m12(void **state)
{
	struct buf in = {.max = 2 * MAX}, out = {.max = 65536};
	size_t i;

	(void)state;
	(void)buf_puts(&in, SMALL "<event><detail>");
	for (i = 0; i < MAX / 16; i++)
		(void)buf_puts(&in, "0123456789abcdef");
	assert_int_equal(buf_puts(&in, "</detail></event>" SMALL), 0);
	check(buf_slice(&in), LU "too-big\n", NULL);
	buf_fini(&in);
	buf_fini(&out);
}

static void
test_vectors_m13_to_m17(void **state)
{
	struct buf out = {.max = 65536};

	(void)state;
	check(SLICE("<event uid=\"takPing\" type=\"t-x-d-d\" time=\"" T
		    "\" start=\"" T "\" stale=\"" T "\">" POINT "</event>"),
	    "ev:cot\tuid:takPing\n", NULL);
	check(
	    SLICE("<event type=\"a\" time=\"" T "\" start=\"" T "\" stale=\"" T
		  "\">" POINT "</event><event uid=\"U\" type=\"\" time=\"" T
		  "\" start=\"" T "\" stale=\"" T "\">" POINT "</event>"),
	    "dropped uid\ndropped type\n", NULL);
	check(SLICE(EVENT_WITH(POINT "<detail a=\"\xFF\"/>")
		      EVENT_WITH(POINT "<detail a=\"\x80\"/>") SMALL),
	    "dropped utf8\ndropped utf8\n" LU, NULL);
	check(
	    SLICE(EVENT_WITH(
		"<point lat=\"1.0E-5\" lon=\"2\" hae=\"0\" ce=\"0\" le=\"0\"/>"
		"<detail><status battery=\"87%\"/></detail>")),
	    LU, &out);
	assert_true(holds(&out, "\tlat:1.0E-5\t"));
	assert_true(holds(&out, "<status battery=\"87%\"/>"));
	check(SLICE("<events>x</events><foo>bar</foo>" SMALL), LU, NULL);
	buf_fini(&out);
}

/* ---- 8.4: P1 to P9 ---- */

/* V1 as a frame. */
#define PING                                                                   \
	"\xbf\x41\x12\x3f\x0a\x07t-x-c-t\x2a\x08U-1-ping\x30\xa3\xf0\xec\xe5"  \
	"\xf4\x31\x38\xa3\xf0\xec\xe5\xf4\x31\x40\xb3\xbe\xed\xe5\xf4\x31\x4a" \
	"\x03m-gi\x00\x00\x00\xe0\xcf\x12\x63\x41q\x00\x00\x00\xe0\xcf\x12"    \
	"\x63\x41"
/* A frame of 62 bytes, and more: an event without point and access. */
#define FRAME(n, m, more)                                                      \
	"\xbf" n "\x12" m "\x0a\x07t-x-c-t\x2a\x08U-1-ping\x30\xa3\xf0\xec"    \
	"\xe5\xf4\x31\x38\xa3\xf0\xec\xe5\xf4\x31\x40\xb3\xbe\xed\xe5\xf4"     \
	"\x31\x4a\x03m-g" more

static void
test_vectors_p1_to_p4(void **state)
{
	(void)state;
	check(SLICE("\xbf\x00"), "dropped empty\n", NULL);
	check(SLICE(PING "\0" PING "\0"), L1 L1, NULL);
	check(SLICE("\xbf\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "length\n",
	    NULL);
	check(SLICE("\xbf\xff\xff\xff\x7f"), "length\n", NULL);
	check(
	    SLICE("\xbf\x03\x12\x7f\x00" PING), "dropped protobuf\n" L1, NULL);
	check(SLICE(SMALL "\r\n" PING SMALL), LU L1 LU, NULL);
}

static void
test_vectors_p5_to_p9(void **state)
{
	struct buf out = {.max = 65536};

	(void)state;
	check(SLICE(FRAME("\x2f", "\x2d", "")), L1, NULL);
	/* P5: releasableTo, a byte that is not UTF-8. */
	check(SLICE(FRAME("\x33", "\x31", "\x8a\x01\x01\xff") PING),
	    "dropped utf8\n" L1, NULL);
	/* P6: field 99. */
	check(SLICE(FRAME("\x32", "\x30", "\x98\x06\x01")), L1, NULL);
	/* P7: another uid. */
	check(SLICE(FRAME("\x32", "\x30", "\x2a\x01U")), LU, NULL);
	/* P9: lat, NaN and infinite. */
	check(SLICE(FRAME("\x38", "\x36", "\x51\0\0\0\0\0\0\xf8\x7f")
		      FRAME("\x38", "\x36", "\x51\0\0\0\0\0\0\xf0\xff")),
	    "dropped lat\ndropped lat\n", NULL);
	check(
	    SLICE(FRAME("\x38", "\x36", "\x51\0\0\0\0\0\0\xf0\x3f")), L1, &out);
	assert_true(holds(&out, "\tlat:1.00000000\tlon:0.00000000\t"));
	buf_fini(&out);
}

/* ---- many and large ---- */

static void
test_vectors_thousand_events(void **state)
{
	struct buf in = {.max = 1 << 20}, out = {.max = 4 << 20};
	static const char rest[] = "\xC3\xA9</remarks></detail></event>\n";
	char event[512], pad[780];
	size_t i, lines = 0;
	int n;

	(void)state;
	memset(pad, 'x', sizeof pad);
	for (i = 0; i < 1000; i++) {
		n = snprintf(event, sizeof event,
		    "<event uid=\"U-%03zu\" type=\"a-x\" how=\"m-g\" time=\"" T
		    "\" start=\"" T "\" stale=\"" T "\">" POINT
		    "<detail><remarks>",
		    i);
		assert_int_equal(buf_append(&in, event, (size_t)n), 0);
		(void)buf_append(&in, pad, 780 - (size_t)n - strlen(rest));
		(void)buf_puts(&in, rest);
	}
	assert_int_equal(buf_size(&in), 780000);
	transcript(buf_slice(&in), 1448, &out);
	for (i = 0; i < buf_size(&out); i++)
		lines += buf_data(&out)[i] == '\n';
	assert_int_equal(lines, 1000);
	assert_false(holds(&out, "dropped"));
	assert_true(holds(&out, "ev:cot\tuid:U-999\t"));
	buf_fini(&in);
	buf_fini(&out);
}

/* One event of `size` bytes in reads of `piece`: microseconds. */
static uint64_t
cost_of(size_t size, size_t piece)
{
	struct buf in = {.max = 2 * MAX}, out = {.max = 8 * MAX};
	uint64_t t;

	(void)buf_puts(&in, SMALL);
	buf_truncate(&in, buf_size(&in) - strlen("</event>"));
	(void)buf_puts(&in, "<detail>");
	while (buf_size(&in) < size - 64)
		(void)buf_puts(
		    &in, "<vertex lat=\"1\" lon=\"2\"> text </vertex>");
	assert_int_equal(buf_puts(&in, "</detail></event>"), 0);
	t = clock_mono_us();
	transcript(buf_slice(&in), piece, &out);
	t = clock_mono_us() - t;
	assert_true(slice_starts(buf_slice(&out), "ev:cot\tuid:U\t"));
	assert_null(memchr(buf_data(&out), '\n', buf_size(&out) - 1));
	buf_fini(&in);
	buf_fini(&out);
	return t;
}

/* It completes; what it took is told, not judged: other programs run. */
static void
test_vectors_large_event(void **state)
{
	size_t size;

	(void)state;
	for (size = MAX / 8; size <= MAX; size *= 2)
		printf("# %zu bytes: whole %llu us, by 100 bytes %llu us\n",
		    size, (unsigned long long)cost_of(size, SIZE_MAX),
		    (unsigned long long)cost_of(size, 100));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vectors_events),
	    cmocka_unit_test(test_vectors_m1_to_m4),
	    cmocka_unit_test(test_vectors_m5_to_m9),
	    cmocka_unit_test(test_vectors_m10_m11),
	    cmocka_unit_test(test_vectors_m12),
	    cmocka_unit_test(test_vectors_m13_to_m17),
	    cmocka_unit_test(test_vectors_p1_to_p4),
	    cmocka_unit_test(test_vectors_p5_to_p9),
	    cmocka_unit_test(test_vectors_thousand_events),
	    cmocka_unit_test(test_vectors_large_event),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
