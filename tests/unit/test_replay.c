/* The core of ots-replay: what comes out, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/ots-replay/replay.h"
#include "cotscan.h"

#define T0 "2024-05-06T07:00:00.000Z"
#define T1 "2024-05-06T07:00:01.000Z"
#define T9 "2024-05-06T07:00:09.500Z"

/* In canonical form. */
#define EVENT(uid, t, stale, detail)                                           \
	"<event version=\"2.0\" time=\"" t "\" start=\"" t "\" stale=\"" stale \
	"\" type=\"a-f-G\" uid=\"" uid "\" how=\"m-g\"><point lat=\"1\""       \
	" lon=\"2\" hae=\"0\" ce=\"1\" le=\"1\"/><detail>" detail              \
	"</detail></event>"
#define E0 EVENT("A", T0, T9, "")
#define E1 EVENT("B", T1, T9, "<link uid=\"A\"/>")
#define E9 EVENT("C", T9, T9, "")

#define HELLO "\nev:hello\tversion:1\tprogram:ots-replay\tnode:local\n"
#define WALL  UINT64_C(1800000000000000)

static const uint64_t seed[2] = {1, 2};

struct fixture {
	struct replay r;
	struct replay_item items[32];
	size_t n;
};

static struct replay_config
config(double speed)
{
	return (struct replay_config){
	    .speed = speed, .max_gap_us = REPLAY_NEVER, .start_wall_us = WALL};
}

static int
feed(struct fixture *f, const char *text, size_t step)
{
	size_t n = strlen(text), i;
	struct replay_item item;
	int got = 0;

	for (i = 0; i < n; i += step) {
		replay_feed(&f->r, text + i, n - i < step ? n - i : step);
		while ((got = replay_next(&f->r, WALL, &item)) > 0)
			if (f->n < 32)
				f->items[f->n++] = item;
		if (got < 0)
			return -1;
	}
	return 0;
}

static void
begin(struct fixture *f, struct replay_config cfg)
{
	memset(f, 0, sizeof *f);
	replay_init(&f->r, &cfg, seed);
}

static void
end(struct fixture *f)
{
	replay_fini(&f->r);
}

static void
expect(struct fixture *f, const char *want)
{
	assert_false(f->r.out.failed);
	if (buf_size(&f->r.out) != strlen(want))
		fprintf(stderr, "# %.*s# %s", (int)buf_size(&f->r.out),
		    buf_data(&f->r.out), want);
	assert_int_equal(buf_size(&f->r.out), strlen(want));
	assert_memory_equal(buf_data(&f->r.out), want, strlen(want));
	buf_clear(&f->r.out);
}

static const size_t steps[] = {1, 3, 64, 1000000};
#define FOR_STEPS(i) for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)

static void
test_pace_cot(void **state)
{
	struct fixture f;

	(void)state;
	FOR_STEPS(i)
	{
		begin(&f, config(1));
		assert_int_equal(feed(&f, E0 "\n" E1 E9, steps[i]), 0);
		expect(&f, E0 "\n" E1 "\n" E9 "\n");
		assert_int_equal(f.n, 3);
		assert_int_equal(f.items[0].due_us, 0);
		assert_int_equal(f.items[1].due_us, 1000000);
		assert_int_equal(f.items[2].due_us, 9500000);
		end(&f);
	}
	begin(&f, config(10));
	assert_int_equal(feed(&f, E0 E1 E9, 50), 0);
	assert_int_equal(f.items[2].due_us, 950000);
	end(&f);
	begin(&f, config(0));
	assert_int_equal(feed(&f, E0 E1 E9, 50), 0);
	assert_int_equal(f.items[2].due_us, 0);
	end(&f);
}

static void
test_pace_gaps(void **state)
{
	struct replay_config cfg = config(1);
	struct fixture f;

	(void)state;
	cfg.max_gap_us = 2000000;
	begin(&f, cfg);
	assert_int_equal(feed(&f, E0 E1 E9, 500), 0);
	assert_int_equal(f.items[2].due_us, 3000000);
	end(&f);
	/* A little back: no pause, and the latest time counts on. */
	begin(&f, config(1));
	assert_int_equal(feed(&f, E1 E0 E9, 500), 0);
	assert_int_equal(f.items[1].due_us, 0);
	assert_int_equal(f.items[2].due_us, 8500000);
	end(&f);
	/* Far back: a recording of another day. */
	begin(&f, config(1));
	assert_int_equal(
	    feed(&f, EVENT("Z", "2025-01-01T00:00:00.000Z", T9, "") E0 E1, 9),
	    0);
	assert_int_equal(f.items[1].due_us, 0);
	assert_int_equal(f.items[2].due_us, 1000000);
	end(&f);
	/* Without a time of its own: with the one before. */
	begin(&f, config(1));
	assert_int_equal(feed(&f, "<event uid=\"x\"/>" E0 "<event/>" E1, 9), 0);
	assert_int_equal(f.n, 4);
	assert_int_equal(f.items[2].due_us, 0);
	assert_int_equal(f.items[3].due_us, 1000000);
	end(&f);
}

static void
test_bounds(void **state)
{
	struct replay_config cfg = config(1);
	struct fixture f;

	(void)state;
	cfg.from = (struct replay_bound){true, true, 1000000};
	begin(&f, cfg);
	assert_int_equal(feed(&f, E0 E1 E9, 500), 0);
	assert_int_equal(f.n, 2);
	assert_int_equal(f.items[0].due_us, 0);
	assert_int_equal(f.items[1].due_us, 8500000);
	/* Again: the same, behind it. */
	replay_file_end(&f.r);
	replay_again(&f.r);
	assert_int_equal(feed(&f, E0 E1 E9, 500), 0);
	assert_int_equal(f.n, 4);
	assert_int_equal(f.items[2].due_us, 8500000);
	assert_int_equal(f.items[3].due_us, 17000000);
	end(&f);
	cfg.from.set = false;
	cfg.until =
	    (struct replay_bound){true, false, UINT64_C(1714978801000000)};
	begin(&f, cfg);
	assert_int_equal(feed(&f, E0 E1 E9, 500), 0);
	expect(&f, E0 "\n");
	end(&f);
}

static void
test_records_pass(void **state)
{
	static const char text[] = "\nev:hello\tversion:1\tprogram:x\tnode:n\n"
				   "ev:open\tconn:n.1.1\tt:1000000\n"
				   "ev:cot\tuid:A\txml:a\\tb\tt:3000000\n"
				   "ev:bind\tconn:n.1.1\tkey:uid:A\n\n"
				   "broken\nev:close\tconn:n.1.1\tt:4500000\n"
				   "ev:torn";
	struct fixture f;

	(void)state;
	FOR_STEPS(i)
	{
		begin(&f, config(1));
		assert_int_equal(feed(&f, text, steps[i]), 0);
		replay_file_end(&f.r);
		expect(&f,
		    HELLO "ev:open\tconn:n.1.1\tt:1000000\n"
			  "ev:cot\tuid:A\txml:a\\tb\tt:3000000\n"
			  "ev:bind\tconn:n.1.1\tkey:uid:A\n"
			  "ev:close\tconn:n.1.1\tt:4500000\n");
		assert_int_equal(f.items[1].due_us, 2000000);
		assert_int_equal(f.items[2].due_us, 2000000);
		assert_int_equal(f.items[3].due_us, 3500000);
		assert_int_equal(f.r.bad, 2);
		assert_int_equal(f.r.events, 1);
		end(&f);
	}
}

static void
test_no_mixing(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, config(0));
	assert_int_equal(feed(&f, E0, 500), 0);
	replay_file_end(&f.r);
	assert_int_equal(feed(&f, "ev:bind\tkey:a\n", 500), -1);
	assert_non_null(f.r.why);
	end(&f);
	begin(&f, config(0));
	assert_int_equal(feed(&f, E0 "<!DOCTYPE x>", 500), -1);
	assert_string_equal(f.r.why, "doctype");
	end(&f);
}

static void
attr_is(struct slice xml, const char *name, const char *want)
{
	struct slice v;

	assert_true(cotscan_attr(xml, name, &v));
	assert_int_equal(v.n, strlen(want));
	assert_memory_equal(v.p, want, v.n);
}

static void
test_now_cot(void **state)
{
	struct replay_config cfg = config(2);
	struct fixture f;
	struct slice out;
	const char *lf;

	(void)state;
	cfg.now = true;
	begin(&f, cfg);
	assert_int_equal(
	    feed(&f,
		EVENT("A", T0, T9,
		    "<a/><_flow-tags_ x=\"1\"/><b time=\"" T0
		    "\"/>") "<event\n stale='" T9 "' x='>' start = '" T0
			    "'\ntime='" T1
			    "'><_flow-tags_ a='1'>\n<z/></_flow-tags_ >"
			    "<point/></event>",
		7),
	    0);
	out = buf_slice(&f.r.out);
	lf = memchr(out.p, '\n', out.n);
	assert_non_null(lf);
	/* 1800000000 is 2027-01-15T08:00:00Z */
	attr_is(out, "time", "2027-01-15T08:00:00.000Z");
	attr_is(out, "start", "2027-01-15T08:00:00.000Z");
	attr_is(out, "stale", "2027-01-15T08:00:09.500Z");
	assert_non_null(slice_find(out, SLICE("<a/><b time=\"" T0 "\"/>")));
	out.n -= (size_t)(lf + 1 - out.p);
	out.p = lf + 1;
	assert_true(slice_is(out,
	    "<event  stale='2027-01-15T08:00:09.000Z' x='>'"
	    " start = '2027-01-15T07:59:59.500Z'"
	    " time='2027-01-15T08:00:00.500Z'><point/></event>\n"));
	end(&f);
}

static void
test_prefix_cot(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, config(0));
	f.r.names.prefix = SLICE("X&");
	/* B is known from the first round, before its own event. */
	replay_learn(&f.r);
	assert_int_equal(feed(&f, E0 E1, 50), 0);
	assert_int_equal(f.n, 0);
	replay_file_end(&f.r);
	replay_again(&f.r);
	assert_int_equal(
	    feed(&f,
		EVENT("GeoChat.A.B.m", T0, T9,
		    "<__chat id=\"B\" chatroom=\"B\"><chatgrp uid0=\"A\""
		    " uid1='B' id=\"B\"/></__chat><link uid=\"A\"/>"
		    "<remarks source=\"BAO.F.ATAK.A\" to=\"B\">A B</remarks>"
		    "<a uid=\"unknown\" course=\"A\" senderUid=\"A-ping\"/>"
		    "<!-- <link uid=\"A\"/> --><![CDATA[<a uid=\"A\"]]>")
		    EVENT("A-9-1-1", T0, T9, ""),
		50),
	    0);
	expect(&f,
	    EVENT("GeoChat.X&amp;A.X&amp;B.m", T0, T9,
		"<__chat id=\"X&amp;B\" chatroom=\"B\"><chatgrp"
		" uid0=\"X&amp;A\" uid1='X&amp;B' id=\"X&amp;B\"/></__chat>"
		"<link uid=\"X&amp;A\"/><remarks source=\"BAO.F.ATAK.X&amp;A\""
		" to=\"X&amp;B\">A B</remarks>"
		"<a uid=\"unknown\" course=\"A\" senderUid=\"X&amp;A-ping\"/>"
		"<!-- <link uid=\"A\"/> --><![CDATA[<a uid=\"A\"]]>") "\n" EVENT("X&amp;A-9-1-1",
		T0, T9, "") "\n");
	end(&f);
}

static void
test_rename_record(void **state)
{
	static const char in[] =
	    "ev:cot\tconn:n.1.1\tt:5\tuid:A&B\ttime:" T0 "\tstart:" T0
	    "\tstale:" T9 "\tlink-uid:C\tdest-uid:D\\\\E\tchat-id:none\t"
	    "marti:190+12\tmarti:202+9\txml:" EVENT("A&amp;B", T0, T9,
		"<link uid=\"C\"/><marti>A</><marti/>") "\tpb:AAAA\n"
							"ev:send\tto:uid:C\tto:"
							"callsign:C\tonly:uid:"
							"none\tnot:n.1.1\n";
	struct replay_config cfg = config(1);
	struct fixture f;
	struct rec rec;
	struct slice v, line;
	const char *p;

	(void)state;
	cfg.now = true;
	begin(&f, cfg);
	assert_int_equal(
	    rename_add(&f.r.names, SLICE("A&B"), SLICE("LONG")), 0);
	assert_int_equal(rename_add(&f.r.names, SLICE("C"), SLICE("\\\t")), 0);
	assert_int_equal(rename_add(&f.r.names, SLICE("D\\E"), SLICE("E")), 0);
	assert_int_equal(feed(&f, in, 11), 0);
	p = buf_data(&f.r.out) + strlen(HELLO);
	line = (struct slice){p, (size_t)(strchr(p, '\n') - p)};
	assert_int_equal(rec_parse(&rec, line), 1);
	assert_true(rec_raw(&rec, "uid", &v) && slice_is(v, "LONG"));
	assert_true(rec_raw(&rec, "t", &v) && slice_is(v, "1800000000000000"));
	assert_true(rec_raw(&rec, "time", &v) &&
	    slice_is(v, "2027-01-15T08:00:00.000Z"));
	assert_true(rec_raw(&rec, "stale", &v) &&
	    slice_is(v, "2027-01-15T08:00:09.500Z"));
	assert_true(rec_raw(&rec, "link-uid", &v) && slice_is(v, "\\\\\\t"));
	assert_true(rec_raw(&rec, "dest-uid", &v) && slice_is(v, "E"));
	assert_true(rec_raw(&rec, "conn", &v) && slice_is(v, "n.1.1"));
	assert_false(rec_raw(&rec, "pb", &v));
	p = line.p + line.n + 1;
	assert_true(
	    slice_is((struct slice){p,
			 buf_size(&f.r.out) - (size_t)(p - buf_data(&f.r.out))},
		"ev:send\tto:uid:\\\\\\t\tto:callsign:C\tonly:uid:none"
		"\tnot:n.1.1\n"));
	end(&f);
}

/* Wherever a marti element lands, its label says so. */
static void
test_marti_follows(void **state)
{
	static const char marti[] = "<marti><dest uid=\"A\"/></marti>";
	static const char after[] = "<marti><dest uid=\"AA\"/></marti>";
	char in[1024], xml[1024];
	struct replay_config cfg = config(1);
	struct fixture f;
	struct rec rec;
	struct slice v, ranges[2];
	size_t at, pos = 1;
	const char *p;
	int i;

	(void)state;
	cfg.now = true;
	assert_true(str_fmt(xml, sizeof xml, "%s",
			EVENT("A", T0, T9,
			    "<link uid=\"A\"/><_flow-tags_ a=\"\"/>"
			    "<marti><dest uid=\"A\"/></marti><x/>"
			    "<marti><dest uid=\"A\"/></marti>")) > 0);
	at = (size_t)(strstr(xml, marti) - xml);
	assert_true(
	    str_fmt(in, sizeof in,
		"ev:cot\tmarti:%zu+%zu\tmarti:%zu+%zu\txml:%s\n", at,
		strlen(marti), at + strlen(marti) + 4, strlen(marti), xml) > 0);
	begin(&f, cfg);
	assert_int_equal(rename_add(&f.r.names, SLICE("A"), SLICE("AA")), 0);
	assert_int_equal(feed(&f, in, 13), 0);
	p = buf_data(&f.r.out) + strlen(HELLO);
	assert_int_equal(
	    rec_parse(&rec, (struct slice){p, (size_t)(strchr(p, '\n') - p)}),
	    1);
	assert_true(rec_raw(&rec, "xml", &v));
	for (i = 0; i < 2; i++)
		assert_true(rec_next(&rec, "marti", &pos, &ranges[i]));
	for (i = 0; i < 2; i++) {
		at = strtoul(ranges[i].p, NULL, 10);
		assert_true(at + strlen(after) <= v.n);
		assert_memory_equal(v.p + at, after, strlen(after));
		p = memchr(ranges[i].p, '+', ranges[i].n);
		assert_int_equal(strtoul(p + 1, NULL, 10), strlen(after));
	}
	end(&f);
	/* Nonsense is left out, not believed. */
	begin(&f, cfg);
	assert_int_equal(feed(&f,
			     "ev:cot\tmarti:5+1\tmarti:4+1\txml:<event/>\n"
			     "ev:cot\tmarti:5+99999999\txml:<event/>\n"
			     "ev:cot\tmarti:+\tmarti:\txml:<event/>\n",
			     13),
	    0);
	expect(&f,
	    HELLO "ev:cot\txml:<event/>\nev:cot\txml:<event/>\n"
		  "ev:cot\txml:<event/>\n");
	end(&f);
}

/* What is not well-formed passes, and costs no more than its size. */
static void
test_hostile(void **state)
{
	static const char *const bad[] = {"<event", "<event uid",
	    "<event uid=", "<event uid=\"", "<event uid=\"A\"><_flow-tags_>",
	    "<event><!--", "<event><![CDATA[", "<event><?", "<event></",
	    "<event><a uid=\"A", "<event uid=\"&#x110000;&#0;&;&amp\"/>", "<",
	    "", "</a><b"};
	size_t n = (size_t)1 << 20, i;
	struct rewrite w = {0};
	struct rewrite_times times = {INT64_MAX, INT64_MIN, -1};
	struct rename names;
	struct buf out;
	char *big = malloc(n);

	(void)state;
	assert_non_null(big);
	rename_init(&names, seed);
	names.prefix = SLICE("P");
	buf_init(&w.plain, 16384);
	buf_init(&w.fresh, 16384);
	buf_init(&out, 8 * n);
	w.times = &times;
	w.names = &names;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(
		    rewrite_event(&w, slice_of(bad[i]), NULL, 0, &out), 0);
		assert_true(buf_size(&out) >= strlen(bad[i]));
		buf_clear(&out);
	}
	for (i = 0; i < n; i++)
		big[i] = "<_flow-tags_>"[i % 13];
	assert_int_equal(
	    rewrite_event(&w, (struct slice){big, n}, NULL, 0, &out), 0);
	for (i = 0; i < n; i++)
		big[i] = "<a uid=\"....\""[i % 13];
	buf_clear(&out);
	assert_int_equal(
	    rewrite_event(&w, (struct slice){big, n}, NULL, 0, &out), 0);
	buf_fini(&out);
	buf_fini(&w.plain);
	buf_fini(&w.fresh);
	rename_fini(&names);
	free(big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pace_cot),
	    cmocka_unit_test(test_pace_gaps),
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_records_pass),
	    cmocka_unit_test(test_no_mixing),
	    cmocka_unit_test(test_now_cot),
	    cmocka_unit_test(test_prefix_cot),
	    cmocka_unit_test(test_rename_record),
	    cmocka_unit_test(test_marti_follows),
	    cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
