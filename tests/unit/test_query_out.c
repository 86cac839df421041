/* What options of ots-query say, and its formats. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../cmd/ots-query/args.h"
#include "../../cmd/ots-query/column.h"
#include "../../cmd/ots-query/eventout.h"
#include "../../cmd/ots-query/geo.h"
#include "record.h"
#include "store.h"

/* Options -------------------------------------------------------------------*/

#define NOW INT64_C(1714979289123456) /* 2024-05-06T07:08:09.123456Z */
#define SEC INT64_C(1000000)

static void
test_times(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
	} good[] = {{"now", NOW}, {"0s", NOW}, {"90s", NOW - 90 * SEC},
	    {"15m", NOW - 900 * SEC}, {"2h", NOW - 7200 * SEC},
	    {"1d", NOW - 86400 * SEC}, {"2w", NOW - 14 * 86400 * SEC},
	    {"today", INT64_C(1714953600) * SEC},
	    {"2024-05-06", INT64_C(1714953600) * SEC},
	    {"yesterday", INT64_C(1714867200) * SEC},
	    {"2024-05-06T07:08:09Z", INT64_C(1714979289) * SEC},
	    {"2024-05-06T07:08:09", INT64_C(1714979289) * SEC},
	    {"2024-05-06 07:08", INT64_C(1714979280) * SEC},
	    {"2024-05-06T07:08Z", INT64_C(1714979280) * SEC},
	    {"2024-05-06T09:08+02:00", INT64_C(1714979280) * SEC},
	    {"1y", NOW - 365 * 86400 * SEC},
	    {"2024-05-06T09:08:09.5+02:00",
		INT64_C(1714979289) * SEC + SEC / 2}};
	static const char *const bad[] = {"", "s", "1", "-1h", "1.5h", "2024",
	    "2024-13-01", "2024-05-06T07", "2024-05-06x07:08", "tomorrow",
	    "1h ", "2024-05-06 07:08.5Z", "2024-05-06T07:08:09 ",
	    "2024-05-06T25:00", "2024-05-06-02:00", "2024-05-06T",
	    "2024-05-06 07:08:09.5", "99999999999999999999s", "999999999w",
	    "2024-05-0\xff"};
	struct args a;
	int64_t us;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof *good; i++) {
		if (args_time(good[i].text, NOW, &us) < 0)
			fail_msg("%s", good[i].text);
		assert_int_equal(us, good[i].us);
	}
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		if (args_time(bad[i], NOW, &us) == 0)
			fail_msg("%s", bad[i]);
	args_init(&a, NOW);
	assert_int_equal(a.q.since, 0);
	assert_int_equal(a.q.until, INT64_MAX);
	assert_null(args_since(&a, "1h"));
	assert_null(args_until(&a, "now"));
	assert_int_equal(a.q.until - a.q.since, 3600 * SEC);
	assert_non_null(strstr(args_since(&a, "soon"), "2024-"));
	assert_non_null(args_until(&a, "soon"));
}

static void
test_bbox(void **state)
{
	static const char *const bad[] = {"", "1,2,3", "1,2,3,4,5", "1,2,3,",
	    ",1,2,3", "1,2,3,x", "91,0,92,0", "-91,0,0,0", "0,181,1,0",
	    "0,0,1,-181", "2,0,1,0", "1,2,3,nan", "1 ,2,3,4", "1,2,3,4 "};
	struct args a;
	size_t i;

	(void)state;
	args_init(&a, NOW);
	assert_null(a.q.box);
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		if (!args_bbox(&a, bad[i]))
			fail_msg("%s", bad[i]);
	assert_null(a.q.box);
	assert_null(args_bbox(&a, "-18,179.5,-17.25,-179"));
	assert_ptr_equal(a.q.box, &a.box);
	assert_true(a.box.south == -18 && a.box.west == 179.5 &&
	    a.box.north == -17.25 && a.box.east == -179);
	assert_null(args_uid(&a, "x' OR 1=1"));
	assert_string_equal(a.q.uid, "x' OR 1=1");
	assert_non_null(args_type(&a, "\xff"));
	assert_null(a.q.type);
	assert_null(args_group(&a, ""));
	assert_null(args_user(&a, "\xC3\xA9"));
}

/* Formats -------------------------------------------------------------------*/

struct row {
	const char *text, *groups;
	int64_t time, count;
	double real;
};

#define C(name, type, member, width)                                           \
	{                                                                      \
		(name), COLUMN_##type, offsetof(struct row, member), (width)   \
	}
static const struct column columns_of_row[] = {
    C("text", TEXT, text, 6),
    C("groups", GROUPS, groups, 4),
    C("time", TIME, time, 0),
    C("count", COUNT, count, 3),
    C("real", REAL, real, 1),
    {0},
};

static const struct row plain = {"abc", "Blue\tA\\tB", NOW, 42, -0.25},
			unknown = {NULL, "", STORE_UNKNOWN, STORE_UNKNOWN,
			    (double)NAN},
			nasty = {"a\"b,\r\n\t\x1b[0m\x7f\xC2\x9b\\ \xC3\xA9",
			    "\"x\"", 0, INT64_MAX, 1e300};

#define PUTS(fn, row, want)                                                    \
	do {                                                                   \
		buf_clear(&b);                                                 \
		fn(&b, columns_of_row, row);                                   \
		buf_putc(&b, '\0');                                            \
		assert_string_equal(buf_data(&b), want);                       \
	} while (0)

static void
test_rows(void **state)
{
	struct buf b = {.max = 4096};

	(void)state;
	PUTS(column_json, &plain,
	    "{\"text\":\"abc\",\"groups\":[\"Blue\",\"A\\u0009B\"],"
	    "\"time\":\"2024-05-06T07:08:09.123Z\",\"count\":42,"
	    "\"real\":-0.25}\n");
	PUTS(column_json, &unknown, "{\"groups\":[]}\n");
	PUTS(column_csv, &plain,
	    "abc,Blue\tA\\tB,2024-05-06T07:08:09.123Z,42,-0.25\r\n");
	PUTS(column_csv, &unknown, ",,,,\r\n");
	PUTS(column_table, &plain, "abc     Blue, A\\tB  42   -0.25\n");
	PUTS(column_table, &unknown, "-             -    -\n");
	buf_clear(&b);
	column_csv_names(&b, columns_of_row);
	column_table_names(&b, columns_of_row);
	buf_putc(&b, '\0');
	assert_string_equal(buf_data(&b),
	    "text,groups,time,count,real\r\nTEXT    GROUPS  COUNT  REAL\n");
	buf_fini(&b);
}

static void
test_hostile_rows(void **state)
{
	struct buf b = {.max = 4096};

	(void)state;
	PUTS(column_json, &nasty,
	    "{\"text\":\"a\\\"b,\\u000d\\u000a\\u0009\\u001b[0m\\u007f"
	    "\xC2\x9b\\\\ \xC3\xA9\",\"groups\":[\"\\\"x\\\"\"],"
	    "\"time\":\"1970-01-01T00:00:00.000Z\","
	    "\"count\":9223372036854775807,\"real\":1.0000000000000001e+300}"
	    "\n");
	PUTS(column_csv, &nasty,
	    "\"a\"\"b,\r\n\t\x1b[0m\x7f\xC2\x9b\\ \xC3\xA9\",\"\"\"x\"\"\","
	    "1970-01-01T00:00:00.000Z,9223372036854775807,"
	    "1.0000000000000001e+300\r\n");
	PUTS(column_table, &nasty,
	    "a\"b,\\x0d\\n\\t\\x1b[0m\\x7f\\x9b\\ \xC3\xA9  \"x\"   "
	    "9223372036854775807  1.0000000000000001e+300\n");
	PUTS(column_csv, (&(struct row){" x", "y ", 0, 0, 0}),
	    "\" x\",\"y \",1970-01-01T00:00:00.000Z,0,0\r\n");
	buf_fini(&b);
}

static void
test_real(void **state)
{
	static const struct {
		double v;
		const char *text;
	} t[] = {{0, "0"}, {-0.0, "0"}, {1, "1"}, {100, "100"}, {0.5, "0.5"},
	    {-179.99999999, "-179.99999999"}, {9999999, "9999999"},
	    {1e-12, "0"}, {1e22, "10000000000000000000000"}};
	struct buf b = {.max = 100};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		buf_clear(&b);
		column_real(&b, t[i].v);
		buf_putc(&b, '\0');
		assert_string_equal(buf_data(&b), t[i].text);
	}
	buf_fini(&b);
}

static void
test_record(void **state)
{
	struct store_event_row e = {.id = NOW,
	    .stale = NOW,
	    .uid = "u\t1",
	    .type = "a-f",
	    .how = "m-g",
	    .groups = "Blue\tA\\tB",
	    .xml = "<event\\/>",
	    .lat = 1.5,
	    .hae = 9999999,
	    .user = "bob"};
	struct buf b = {.max = 4096};
	char *groups = malloc(100001);
	size_t i;

	(void)state;
	assert_int_equal(event_record(&b, &e), 0);
	buf_putc(&b, '\0');
	assert_string_equal(buf_data(&b),
	    "ev:cot\tuid:u\\t1\ttype:a-f\thow:m-g\t"
	    "time:1970-01-01T00:00:00.000Z\tstart:1970-01-01T00:00:00.000Z\t"
	    "stale:2024-05-06T07:08:09.123Z\tlat:1.5\tlon:0\thae:9999999\t"
	    "ce:0\tle:0\tuser:bob\tgroup:Blue\tgroup:A\\tB\t"
	    "t:1714979289123456\txml:<event\\\\/>\n");
	/* More groups than a record has room for. */
	assert_non_null(groups);
	for (i = 0; i < 100000; i++)
		groups[i] = i % 2 ? '\t' : 'x';
	groups[100000] = '\0';
	e.groups = groups;
	buf_clear(&b);
	assert_int_equal(event_record(&b, &e), 0);
	{
		static struct rec r;
		struct slice line = buf_slice(&b);

		line.n--;
		assert_int_equal(rec_parse(&r, line), 1);
	}
	/* Too long: nothing. */
	b.max = 100;
	buf_fini(&b);
	buf_init(&b, 100);
	assert_int_equal(event_record(&b, &e), -1);
	assert_int_equal(buf_size(&b), 0);
	buf_fini(&b);
	free(groups);
}

static const char *
map_of(bool kml, struct buf *b)
{
	struct geo_writer w = {.kml = kml};
	struct store_track t = {.uid = "u<1>",
	    .callsign = "A\xEF\xBF\xBD&\"\x01\xEF\xBF\xBF",
	    .type = "a-f"};
	struct store_point p = {
	    .track = &t, .id = NOW, .lat = 1.5, .lon = 180, .hae = 12.5};

	t.first = t.last = NOW;
	geo_begin(&w, b);
	geo_track(&w, b, &t);
	geo_point(&w, b, &p);
	p.hae = 9999999;
	p.lon = -0.25;
	p.gap = true;
	geo_point(&w, b, &p);
	p.gap = false;
	p.lon = -0.5;
	geo_point(&w, b, &p);
	t.callsign = NULL;
	geo_track(&w, b, &t);
	p.lon = 1;
	geo_point(&w, b, &p);
	geo_end(&w, b);
	buf_putc(b, '\0');
	return buf_data(b);
}

static void
test_maps(void **state)
{
	struct buf b = {.max = 8192};

	(void)state;
	assert_string_equal(map_of(false, &b),
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<gpx version=\"1.1\" creator=\"ots-query\" "
	    "xmlns=\"http://www.topografix.com/GPX/1/1\">\n"
	    "<trk><name>A\xEF\xBF\xBD&amp;&quot;\xEF\xBF\xBD</name>"
	    "<desc>u&lt;1&gt;</desc><type>a-f</type>\n"
	    "<trkseg>\n"
	    "<trkpt lat=\"1.5\" lon=\"-180\"><ele>12.5</ele>"
	    "<time>2024-05-06T07:08:09.123Z</time></trkpt>\n"
	    "</trkseg>\n<trkseg>\n"
	    "<trkpt lat=\"1.5\" lon=\"-0.25\">"
	    "<time>2024-05-06T07:08:09.123Z</time></trkpt>\n"
	    "<trkpt lat=\"1.5\" lon=\"-0.5\">"
	    "<time>2024-05-06T07:08:09.123Z</time></trkpt>\n"
	    "</trkseg>\n</trk>\n"
	    "<trk><name>u&lt;1&gt;</name><desc>u&lt;1&gt;</desc>"
	    "<type>a-f</type>\n<trkseg>\n"
	    "<trkpt lat=\"1.5\" lon=\"1\">"
	    "<time>2024-05-06T07:08:09.123Z</time></trkpt>\n"
	    "</trkseg>\n</trk>\n</gpx>\n");
	buf_clear(&b);
	assert_string_equal(map_of(true, &b),
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<kml xmlns=\"http://www.opengis.net/kml/2.2\">\n<Document>\n"
	    "<Placemark><name>A\xEF\xBF\xBD&amp;&quot;\xEF\xBF\xBD</name>"
	    "<description>u&lt;1&gt;</description>"
	    "<TimeSpan><begin>2024-05-06T07:08:09.123Z</begin>"
	    "<end>2024-05-06T07:08:09.123Z</end></TimeSpan><MultiGeometry>\n"
	    "<LineString><tessellate>1</tessellate><coordinates>\n"
	    "180,1.5,12.5\n180,1.5,12.5\n</coordinates></LineString>\n"
	    "<LineString><tessellate>1</tessellate><coordinates>\n"
	    "-0.25,1.5\n-0.5,1.5\n</coordinates></LineString>\n"
	    "</MultiGeometry></Placemark>\n"
	    "<Placemark><name>u&lt;1&gt;</name>"
	    "<description>u&lt;1&gt;</description>"
	    "<TimeSpan><begin>2024-05-06T07:08:09.123Z</begin>"
	    "<end>2024-05-06T07:08:09.123Z</end></TimeSpan><MultiGeometry>\n"
	    "<LineString><tessellate>1</tessellate><coordinates>\n"
	    "1,1.5\n1,1.5\n</coordinates></LineString>\n"
	    "</MultiGeometry></Placemark>\n"
	    "</Document>\n</kml>\n");
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_bbox),
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_hostile_rows),
	    cmocka_unit_test(test_real),
	    cmocka_unit_test(test_record),
	    cmocka_unit_test(test_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
