/* The acceptance rules and the labels of an event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cot.h"

static struct cot cot;

/* An event that has what must be there, and no more. */
static void
minimal(void)
{
	cot_reset(&cot);
	cot.attr[COT_A_UID] = SLICE("U");
	cot.attr[COT_A_TYPE] = SLICE("a-f-G");
	cot.attr[COT_A_TIME] = SLICE("2024-05-06T07:08:09Z");
	cot.attr[COT_A_START] = SLICE("2024-05-06T07:08:09Z");
	cot.attr[COT_A_STALE] = SLICE("2024-05-06T07:08:19Z");
	cot.has_point = true;
	cot.point[COT_P_LAT] = SLICE("1");
	cot.point[COT_P_LON] = SLICE("2");
}

static void
test_cot_defaults(void **state)
{
	(void)state;
	minimal();
	assert_int_equal(cot_check(&cot), COT_OK);
	assert_true(slice_is(cot.attr[COT_A_HOW], "m-g"));
	assert_true(slice_is(cot.point[COT_P_HAE], "9999999"));
	assert_true(slice_is(cot.point[COT_P_CE], "9999999"));
	assert_true(slice_is(cot.point[COT_P_LE], "9999999"));
	assert_string_equal(cot.text[0], "2024-05-06T07:08:09.000Z");
	minimal();
	cot.attr[COT_A_HOW] = SLICE("");
	cot.point[COT_P_HAE] = SLICE("NaN");
	cot.point[COT_P_CE] = SLICE("");
	cot.point[COT_P_LE] = SLICE("-5.5e2");
	assert_int_equal(cot_check(&cot), COT_OK);
	assert_true(slice_is(cot.attr[COT_A_HOW], "m-g"));
	assert_true(slice_is(cot.point[COT_P_HAE], "9999999"));
	assert_true(slice_is(cot.point[COT_P_CE], "9999999"));
	assert_true(slice_is(cot.point[COT_P_LE], "-5.5e2"));
}

static void
test_cot_attributes(void **state)
{
	static const struct {
		enum cot_attr attr;
		const char *text; /* NULL: absent */
		enum cot_why why;
	} t[] = {
	    {COT_A_UID, NULL, COT_UID},
	    {COT_A_UID, "", COT_UID},
	    {COT_A_TYPE, NULL, COT_TYPE},
	    {COT_A_TYPE, "", COT_TYPE},
	    {COT_A_TIME, NULL, COT_TIME},
	    {COT_A_TIME, "yesterday", COT_TIME},
	    {COT_A_START, "", COT_START},
	    {COT_A_START, "2024-13-01T00:00:00Z", COT_START},
	    {COT_A_STALE, NULL, COT_STALE},
	    {COT_A_STALE, "2024-05-06T07:08:09", COT_STALE},
	    {COT_A_STALE, "2200-01-01T00:00:00Z", COT_OK},
	    {COT_A_TIME, "2024-05-06T09:08:09.1234567+02:00", COT_OK},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof t[0]; i++) {
		minimal();
		cot.attr[t[i].attr] =
		    t[i].text ? slice_of(t[i].text) : (struct slice){NULL, 0};
		assert_int_equal(cot_check(&cot), t[i].why);
	}
	assert_string_equal(cot.text[0], "2024-05-06T07:08:09.123Z");
}

static void
test_cot_stale_clamped(void **state)
{
	(void)state;
	minimal();
	cot.attr[COT_A_STALE] = SLICE("2200-01-01T00:00:00Z");
	cot.attr[COT_A_START] = SLICE("1950-01-01T00:00:00Z");
	assert_int_equal(cot_check(&cot), COT_OK);
	assert_string_equal(cot.text[2], "2106-02-07T06:28:15.999Z");
	assert_true(cot.ms[2] == TIMETEXT_MAX_MS);
	assert_string_equal(cot.text[1], "1970-01-01T00:00:00.000Z");
}

static void
test_cot_point(void **state)
{
	static const struct {
		const char *lat, *lon;
		enum cot_why why;
	} t[] = {
	    {"90", "180", COT_OK},
	    {"-90", "-180", COT_OK},
	    {"1.0E-5", "+7.", COT_OK},
	    {"90.0000001", "0", COT_LAT},
	    {"91", "0", COT_LAT},
	    {"abc", "0", COT_LAT},
	    {"", "0", COT_LAT},
	    {" 1", "0", COT_LAT},
	    {"0x10", "0", COT_LAT},
	    {"nan", "0", COT_LAT},
	    {"1e999", "0", COT_LAT},
	    {"0", "180.1", COT_LON},
	    {"0", "inf", COT_LON},
	    {"0", "1,5", COT_LON},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof t[0]; i++) {
		minimal();
		cot.point[COT_P_LAT] = slice_of(t[i].lat);
		cot.point[COT_P_LON] = slice_of(t[i].lon);
		assert_int_equal(cot_check(&cot), t[i].why);
	}
	minimal();
	cot.has_point = false;
	assert_int_equal(cot_check(&cot), COT_POINT);
	minimal();
	cot.point[COT_P_LON] = (struct slice){NULL, 0};
	assert_int_equal(cot_check(&cot), COT_LON);
}

static void
test_cot_too_long(void **state)
{
	static char text[COT_TEXT_MAX + 1];
	struct slice longest = {text, COT_TEXT_MAX}, over = {text, sizeof text};
	int e;

	(void)state;
	memset(text, 'x', sizeof text);
	minimal();
	cot.attr[COT_A_UID] = longest;
	assert_int_equal(cot_check(&cot), COT_OK);
	minimal();
	cot.attr[COT_A_UID] = over;
	assert_int_equal(cot_check(&cot), COT_TOO_LONG);
	minimal();
	cot.attr[COT_A_TYPE] = (struct slice){text, COT_TYPE_MAX + 1};
	assert_int_equal(cot_check(&cot), COT_TOO_LONG);
	minimal();
	e = cot_element(&cot, SLICE("contact"));
	assert_int_equal(cot_fact(&cot, e, SLICE("callsign"), longest), COT_OK);
	assert_int_equal(
	    cot_fact(&cot, e, SLICE("callsign"), over), COT_TOO_LONG);
	assert_int_equal(cot_fact(&cot, e, SLICE("other"), over), COT_OK);
	/* A destination that was cut off would make a broadcast. */
	assert_int_equal(cot_dest(&cot, SLICE("uid"), over), COT_TOO_LONG);
}

static void
fact(const char *element, const char *name, const char *value)
{
	int e = cot_element(&cot, slice_of(element));

	assert_int_equal(
	    cot_fact(&cot, e, slice_of(name), slice_of(value)), COT_OK);
	cot_element_end(&cot, e);
}

static void
test_cot_first_element_counts(void **state)
{
	(void)state;
	minimal();
	fact("contact", "endpoint", "");
	fact("contact", "callsign", "SECOND");
	assert_non_null(cot.fact[COT_F_ENDPOINT].p);
	assert_null(cot.fact[COT_F_CALLSIGN].p);
	/* Of links the first with a uid, and nothing of one without. */
	fact("link", "type", "a-x");
	fact("link", "uid", "");
	assert_null(cot.fact[COT_F_LINK_TYPE].p);
	fact("link", "uid", "L");
	fact("link", "uid", "M");
	assert_true(slice_is(cot.fact[COT_F_LINK_UID], "L"));
	fact("emergency", "cancel", "false");
	assert_false(cot.emergency_cancel);
	minimal();
	fact("emergency", "cancel", "true");
	assert_true(cot.emergency_cancel);
	fact("nothing", "callsign", "X");
	assert_null(cot.fact[COT_F_CALLSIGN].p);
	assert_false(cot.ackresponse);
	fact("ackresponse", "uid", "X");
	assert_true(cot.ackresponse);
}

static void
test_cot_labels(void **state)
{
	static const char want[] =
	    "ev:cot\tuid:U\ttype:a-f-G\thow:m-g\t"
	    "time:2024-05-06T07:08:09.000Z\tstart:2024-05-06T07:08:09.000Z\t"
	    "stale:2024-05-06T07:08:19.000Z\tlat:1\tlon:2\thae:9999999\t"
	    "ce:9999999\tle:9999999\tcallsign:A\\tB\tendpoint:\tphone:5\t"
	    "team:Cyan\trole:HQ\ttakv-device:d\ttakv-platform:p\ttakv-os:o\t"
	    "takv-version:v\tdest-callsign:C\tdest-uid:D\tmarti:3+4\t"
	    "marti:10+11\tchat-id:i\tchat-room:r\tchat-parent:pa\t"
	    "chat-sender:s\tlink-uid:lu\tlink-type:lt\tlink-relation:lr\t"
	    "emergency:911\temergency-cancel:1\tackresponse:1\n";
	static const char *const values[COT_F_COUNT] = {"A\tB", "", "5", "Cyan",
	    "HQ", "d", "p", "o", "v", "i", "r", "pa", "s", "lu", "lt", "lr",
	    "911"};
	struct buf b = {.max = 4096};
	struct rec_writer w;
	int i;

	(void)state;
	minimal();
	for (i = 0; i < COT_F_COUNT; i++)
		cot.fact[i] = slice_of(values[i]);
	assert_int_equal(cot_dest(&cot, SLICE("callsign"), SLICE("C")), 0);
	assert_int_equal(cot_dest(&cot, SLICE("uid"), SLICE("")), 0);
	assert_int_equal(cot_dest(&cot, SLICE("path"), SLICE("x")), 0);
	assert_int_equal(cot_dest(&cot, SLICE("uid"), SLICE("D")), 0);
	cot.marti[0] = (struct cot_range){3, 4};
	cot.marti[1] = (struct cot_range){10, 11};
	cot.n_marti = 2;
	cot.emergency_cancel = cot.ackresponse = true;
	assert_int_equal(cot_check(&cot), COT_OK);
	rec_begin(&w, &b, "cot");
	cot_put(&w, &cot);
	assert_int_equal(rec_end(&w), 0);
	assert_int_equal(buf_size(&b), sizeof want - 1);
	assert_memory_equal(buf_data(&b), want, sizeof want - 1);
	/* 35 labels above, and xml. */
	assert_int_equal(cot_fields(&cot), 36);
	buf_fini(&b);
}

static void
test_cot_dests_bounded(void **state)
{
	int i;

	(void)state;
	minimal();
	for (i = 0; i < COT_DEST_MAX; i++)
		assert_int_equal(
		    cot_dest(&cot, SLICE("uid"), SLICE("x")), COT_OK);
	assert_int_equal(cot_dest(&cot, SLICE("uid"), SLICE("x")), COT_DESTS);
	assert_int_equal(cot_dest(&cot, SLICE("uid"), SLICE("")), COT_OK);
}

static void
test_cot_why_names(void **state)
{
	int i, k;

	(void)state;
	for (i = 0; i < COT_WHY_COUNT; i++) {
		for (k = 0; k < i; k++)
			assert_string_not_equal(cot_why_name((enum cot_why)i),
			    cot_why_name((enum cot_why)k));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cot_defaults),
	    cmocka_unit_test(test_cot_attributes),
	    cmocka_unit_test(test_cot_stale_clamped),
	    cmocka_unit_test(test_cot_point),
	    cmocka_unit_test(test_cot_too_long),
	    cmocka_unit_test(test_cot_first_element_counts),
	    cmocka_unit_test(test_cot_labels),
	    cmocka_unit_test(test_cot_dests_bounded),
	    cmocka_unit_test(test_cot_why_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
