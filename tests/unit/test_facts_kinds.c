/* What ots-store makes of events: items, alerts and the other kinds. */
#include "facts_fix.h"

/* ---- items ---- */

static void
kind(const char *type, const char *detail, const char *want)
{
	struct buf doc = {.max = 8192};
	const struct facts *f;

	(void)buf_fmt(&doc, EVENT("%s", "i1", "%s"), type, detail);
	f = of(buf_slice(&doc), "\tconn:n.1.1", "DEV");
	assert_int_equal((f->says & SAYS_ITEM) != 0, want != NULL);
	if (want)
		assert_string_equal(f->item.kind, want);
	buf_fini(&doc);
}

static void
test_facts_items(void **state)
{
	(void)state;
	kind("a-h-G", "<contact callsign=\"H\"/>", "marker");
	kind("a-o-A-M;x", "", "marker");
	kind("a-h-G", "<contact callsign=\"H\" endpoint=\"\"/>", NULL);
	kind("a-h-G", "<takv os=\"1\"/>", NULL);
	kind("b-m-p-s-m", "", "marker");
	kind("b-m-p-s-p-loc", "", NULL);
	kind("b-m-p-w-GOTO", "", "marker");
	kind("b-m-r", "", "route");
	kind("b-m-rx", "", NULL);
	kind("u-d-f-m", "", "drawing");
	kind("u-rb-a", "", "line");
	kind("u-r-b-c-c", "", "line");
	kind("t-x-c-t", "", NULL);
	kind("b-t-f", "", NULL);
}

static void
test_facts_item_parts(void **state)
{
	const struct facts *f = say(EVENT("b-m-r", "r1",
	    "<contact callsign=\"Route 1\"/>"
	    "<link uid=\"w1\" relation=\"c\" point=\"1,2\"/>"
	    "<link uid=\"A\" type=\"a-f-G\" relation=\"p-p\"/>"
	    "<creator uid=\"C\"/><remarks>no &quot;way&quot;</remarks>"
	    "<strokeColor value=\"-1\"/><color argb=\"-65536\"/>"
	    "<usericon iconsetPath=\"a/b.png\"/>"));

	(void)state;
	is(f->item.callsign, "Route 1");
	is(f->item.remarks, "no \"way\"");
	is(f->item.color, "-65536");
	is(f->item.iconset, "a/b.png");
	is(f->item.parent, "A");
	f = say(EVENT("u-d-f", "d1",
	    "<creator uid=\"C\"/><strokeColor value=\"-1\"/>"
	    "<color value=\"7\"/><link uid=\"w1\" relation=\"c\"/>"));
	is(f->item.parent, "C");
	is(f->item.color, "7");
	is(f->item.remarks, NULL);
	/* Its own position is no marker, whatever it lacks. */
	assert_int_equal(say(EVENT("a-f-G", "DEV", ""))->says, 0);
}

/* ---- alerts ---- */

static void
test_facts_alert(void **state)
{
	const struct facts *f;

	(void)state;
	f = say(EVENT("b-a-o-tbl", "DEV-9-1-1",
	    "<link uid=\"DEV\" relation=\"p-p\"/>"
	    "<contact callsign=\"AL-Alert\"/>"
	    "<emergency type=\"911 Alert\"> AL\n</emergency>"));
	assert_int_equal(f->says, SAYS_ALERT);
	is(f->alert.type, "911 Alert");
	is(f->alert.callsign, "AL");
	assert_false(f->alert.cancel);
	f = say(EVENT("b-a-o-can", "DEV-9-1-1",
	    "<emergency cancel=\"true\">AL</emergency>"));
	assert_int_equal(f->says, SAYS_ALERT);
	assert_true(f->alert.cancel);
	is(f->alert.callsign, "AL");
	f = say(EVENT("b-a-o-pan", "x", "<contact callsign=\"B-Alert\"/>"));
	assert_int_equal(f->says, SAYS_ALERT);
	is(f->alert.type, "Ring The Bell");
	is(f->alert.callsign, "B");
	f = say(EVENT("b-a-z", "x", ""));
	is(f->alert.type, "b-a-z");
	is(f->alert.callsign, NULL);
	f = say(EVENT("b-a-o-tbl", "x",
	    "<emergency type=\"911 Alert\" cancel=\"true\"/>"));
	assert_true(f->alert.cancel);
}

/* ---- the others ---- */

static void
test_facts_casevac(void **state)
{
	const struct facts *f = say(EVENT("b-r-f-h-c", "m",
	    "<_medevac_ title=\"MED \\&quot;1\" urgent=\"2\" casevac=\"true\" "
	    "zMist=\"own\"><zMistsMap><zMist z=\"1\" i=\"&#10;\"/>"
	    "<zMist z=\"x\"/></zMistsMap></_medevac_>"));

	(void)state;
	assert_int_equal(f->says, SAYS_CASEVAC);
	is(f->casevac.title, "MED \\\"1");
	is(f->casevac.json,
	    "{\"title\":\"MED \\\\\\\"1\",\"urgent\":\"2\","
	    "\"casevac\":\"true\",\"zMist\":[{\"z\":\"1\",\"i\":\"\\u000a\"},"
	    "{\"z\":\"x\"}]}");
	f = say(EVENT("b-r-f-h-c", "m", "<_medevac_><zMist/></_medevac_>"));
	is(f->casevac.title, NULL);
	is(f->casevac.json, "{\"zMist\":[{}]}");
	f = say(EVENT("b-r-f-h-c", "m", "<_medevac_/>"));
	is(f->casevac.json, "{}");
}

static void
test_facts_video(void **state)
{
	const struct facts *f = say(EVENT("a-f-G", "DEV",
	    "<__video url=\"rtsp://a/b\"><ConnectionEntry alias=\"Cam\" "
	    "path=\"/b\" port=\"x\"/></__video>"));

	(void)state;
	assert_int_equal(f->says, SAYS_VIDEO);
	is(f->video.title, "Cam");
	is(f->video.json,
	    "{\"url\":\"rtsp://a/b\",\"ConnectionEntry\":[{\"alias\":\"Cam\","
	    "\"path\":\"/b\",\"port\":\"x\"}]}");
	f = say(EVENT("a-f-G", "DEV", "<__video url=\"u\"/>"));
	is(f->video.title, "u");
	is(f->video.json, "{\"url\":\"u\"}");
}

static void
test_facts_share_and_stats(void **state)
{
	const struct facts *f;

	(void)state;
	f = say(EVENT("b-f-t-r", "s",
	    "<fileshare name=\"n\" filename=\"f.zip\" sizeInBytes=\"many\"/>"));
	assert_int_equal(f->says, SAYS_SHARE);
	is(f->share.title, "f.zip");
	is(f->share.json,
	    "{\"name\":\"n\",\"filename\":\"f.zip\",\"sizeInBytes\":\"many\"}");
	f = say(EVENT("t-x-c-m", "s", "<stats battery=\"87%\"/>"));
	assert_int_equal(f->says, SAYS_STATS);
	is(f->stats.json, "{\"battery\":\"87%\"}");
}

static void
test_facts_deletion(void **state)
{
	const struct facts *f;

	(void)state;
	f = say(EVENT("t-x-d-d", "d",
	    "<link uid=\"m2\" relation=\"none\" type=\"none\"/>"
	    "<link uid=\"m1\" relation=\"p-p\"/><link uid=\"m2\"/><link/>"
	    "<link uid=\"DEV\"/>"));
	assert_int_equal(f->n_deleted, 2);
	is(f->deleted[0], "m1");
	is(f->deleted[1], "m2");
	f = say(EVENT("t-x-d-d", "d", "<link uid=\"DEV\" type=\"a-f-G\"/>"));
	assert_int_equal(f->n_deleted, 0);
	f = say(EVENT("t-x-d-d", "takPing", ""));
	assert_int_equal(f->n_deleted, 0);
	f = say(EVENT("b-m-r", "d", "<link uid=\"m1\"/>"));
	assert_int_equal(f->n_deleted, 0);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_facts_items),
	    T(test_facts_item_parts),
	    T(test_facts_alert),
	    T(test_facts_casevac),
	    T(test_facts_video),
	    T(test_facts_share_and_stats),
	    T(test_facts_deletion),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
