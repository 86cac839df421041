/* Who gets an event: classes, destinations, chat, control types. */
#include "route_fix.h"

static void
test_hello(void **state)
{
	struct fix *f = fix_new();
	char want[128];

	(void)state;
	route_free(&f->r);
	f->r = route_new(&f->cfg, f->now);
	assert_true(str_fmt(want, sizeof(want),
			"\nev:hello|version:1|program:ots-route|node:r1|"
			"round:%llu\n",
			(unsigned long long)WALL_US) > 0);
	expect(f, want);
	fix_free(f);
}

static void
test_broadcast(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	put(f, "ev:cot|conn:n.1.1|uid:m|type:b-m-p-s-m|xml:<x/>");
	expect(f,
	    "ev:send|to:group:__ANON__|not:n.1.1|uid:m|class:item|xml:<x/>\n");
	sa(f, "n.1.1", "A", "alpha");
	expect(f,
	    "ev:send|to:group:__ANON__|not:n.1.1|uid:A|class:position|keep:1|"
	    "xml:<A/>\n");
	/* What is escaped travels as it stands. */
	put(f, "ev:cot|conn:n.1.1|uid:a\\\\b|type:u-d-f|xml:<x>\\\\\\t</x>");
	expect(f,
	    "ev:send|to:group:__ANON__|not:n.1.1|uid:a\\\\b|class:item|"
	    "xml:<x>\\\\\\t</x>\n");
	fix_free(f);
}

static void
test_class(void **state)
{
	static const struct {
		const char *labels, *class;
	} t[] = {
	    {"type:a-f-G-U-C|callsign:x|endpoint:*:-1:stcp", "position"},
	    {"type:a-f-G-U-C|callsign:x|endpoint:", "position"},
	    {"type:a-h-G|how:m-g", "position"},
	    {"type:a-h-G|how:h-g-i-g-o", "item"},
	    {"type:a-f-G|callsign:x", "item"},
	    {"type:a-f-G|callsign:x|endpoint:|ackresponse:1", "item"},
	    {"type:b-m-p-w", "item"},
	    {"type:u-d-f", "item"},
	    {"type:b-i-v", "item"},
	    {"type:b-t-f", "chat"},
	    {"type:b-t-f-d", "chat"},
	    {"type:b-f-t-r", "chat"},
	    {"type:b-a-o-tbl|emergency:911 Alert", "chat"},
	    {"type:b-a-o-can|emergency-cancel:1", "chat"},
	    {"type:b-r-f-h-c", "chat"},
	    {"type:t-x-d-d", "control"},
	    {"type:t-x-other", "control"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		static struct rec rec;
		struct event e;
		char line[256];

		assert_true(
		    str_fmt(line, sizeof(line),
			"ev:cot|conn:n.1.1|uid:u|%s|xml:x", t[i].labels) > 0);
		for (char *p = line; *p != '\0'; p++)
			*p = *p == '|' ? '\t' : *p;
		assert_int_equal(rec_parse(&rec, slice_of(line)), 1);
		assert_int_equal(event_read(&e, &rec), 0);
		assert_string_equal(event_class(&e), t[i].class);
	}
}

#define TO(keys)                                                               \
	"ev:send|" keys "|only:group:__ANON__|not:n.1.1|uid:m|class:item|"     \
	"xml:<x/>\n"
#define ALL "ev:send|to:group:__ANON__|not:n.1.1|uid:m|class:item|xml:<x/>\n"

static void
test_destinations(void **state)
{
	static const struct {
		const char *labels, *want;
	} t[] = {
	    {"dest-callsign:bravo", TO("to:callsign:bravo")},
	    {"dest-uid:B", TO("to:uid:B")},
	    {"dest-callsign:bravo|dest-uid:C|dest-callsign:delta",
		TO("to:callsign:bravo|to:uid:C|to:callsign:delta")},
	    /* exactly: neither case nor blanks are touched */
	    {"dest-callsign: Bravo ", TO("to:callsign: Bravo ")},
	    {"dest-callsign:All Streaming", ALL},
	    {"dest-callsign:bravo|dest-callsign:All Streaming", ALL},
	    /* empty ones count for nothing */
	    {"dest-callsign:", ALL},
	    {"dest-uid:|dest-callsign:bravo", TO("to:callsign:bravo")},
	    /* server only */
	    {"dest-callsign:ffffffff-ffff-ffff-ffff-ffffffffffff", ""},
	    {"dest-callsign:ffffffff-ffff-ffff-ffff-ffffffffffff|dest-uid:B",
		TO("to:uid:B")},
	    {"dest-mission:M", ""},
	    {"dest-mission-guid:G", ""},
	    {"dest-mission:M|dest-uid:B", TO("to:uid:B")},
	    {"dest-publish:p", ""},
	    {"dest-group:__ANON__", ALL},
	    {"dest-group:red", ""},
	    {"dest-group:red|dest-uid:B", ""},
	    {"dest-group:red|dest-group:__ANON__", ALL},
	    {"dest-group:__ANON__|dest-uid:B", TO("to:uid:B")},
	    {"dest-group:__ANON__|dest-mission:M", ""},
	    /* to itself only: ots-listen's `not` makes that nobody */
	    {"dest-uid:A", TO("to:uid:A")},
	};
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		put(f, "ev:cot|conn:n.1.1|uid:m|type:b-m-p-s-m|%s|xml:<x/>",
		    t[i].labels);
		expect(f, t[i].want);
	}
	assert_int_equal(count(f, ROUTE_MISSION), 3);
	assert_int_equal(count(f, ROUTE_NO_GROUP), 2);
	assert_int_equal(count(f, ROUTE_NOBODY), 2);
	fix_free(f);
}

/* A name too long for a key is nobody's; very many are split over records. */
static void
test_destinations_bounds(void **state)
{
	struct fix *f = fix_new();
	char text[8192], key[400];
	size_t n = 0;
	struct slice s, raw;
	struct rec_lines lines;
	static struct rec rec;
	size_t records = 0, to = 0;

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	memset(key, 'x', 300);
	key[300] = '\0';
	put(f, "ev:cot|conn:n.1.1|uid:m|type:u-d|dest-uid:%s|xml:<x/>", key);
	expect(f, "");
	for (int i = 0; i < 200; i++)
		n += (size_t)snprintf(
		    text + n, sizeof(text) - n, "|dest-uid:u%d", i);
	put(f, "ev:cot|conn:n.1.1|uid:m|type:u-d%s|xml:<x/>", text);
	rec_lines_init(&lines, REC_LINE_MAX);
	rec_lines_feed(&lines, buf_data(&f->out), buf_size(&f->out));
	while (rec_lines_next(&lines, &s) == 1) {
		size_t pos = 0;

		assert_int_equal(rec_parse(&rec, s), 1);
		records++;
		while (rec_next(&rec, "to", &pos, &raw))
			to++;
		assert_true(rec_raw(&rec, "only", &raw));
	}
	rec_lines_fini(&lines);
	assert_int_equal(records, 2);
	assert_int_equal(to, 200);
	fix_free(f);
}

static void
test_marti_cut(void **state)
{
	static const struct {
		const char *marti, *xml, *want;
	} t[] = {
	    {"3+8", "<d><marti/></d>", "<d></d>"},
	    {"3+8|marti:12+8", "<d><marti/>-<marti/></d>", "<d>-</d>"},
	    /* offsets count bytes of the plain text */
	    {"5+8", "<d>\\\\\\t<marti/></d>", "<d>\\\\\\t</d>"},
	    {"3+10", "<d><m>\\\\\\\\\\t</m></d>", "<d></d>"},
	    {"0+15", "<d><marti/></d>", ""},
	};
	static const char *const bad[] = {
	    "",
	    "3",
	    "3+",
	    "+8",
	    "3+99",
	    "99+1",
	    "3+8|marti:4+2",
	    "-1+3",
	    "18446744073709551615+2",
	};
	struct fix *f = fix_new();
	char want[256];

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		put(f,
		    "ev:cot|conn:n.1.1|uid:m|type:u-d|dest-uid:B|marti:%s|"
		    "xml:%s",
		    t[i].marti, t[i].xml);
		assert_true(str_fmt(want, sizeof(want),
				"ev:send|to:uid:B|only:group:__ANON__|"
				"not:n.1.1|uid:m|class:item|xml:%s\n",
				t[i].want) > 0);
		expect(f, want);
	}
	/* an empty marti is a broadcast, and is cut too */
	put(f,
	    "ev:cot|conn:n.1.1|uid:m|type:u-d|marti:3+8|"
	    "xml:<d><marti/></d>");
	expect(f,
	    "ev:send|to:group:__ANON__|not:n.1.1|uid:m|class:item|"
	    "xml:<d></d>\n");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put(f,
		    "ev:cot|conn:n.1.1|uid:m|type:u-d|dest-uid:B|marti:%s|"
		    "xml:<d><marti/></d>",
		    bad[i]);
		expect(f, "");
		assert_int_equal(count(f, ROUTE_BAD), i + 1);
	}
	fix_free(f);
}

#define CHAT(dest)                                                             \
	"ev:cot|conn:n.1.1|uid:c|type:b-t-f|" dest                             \
	"|xml:" CANON(NOW_TEXT, FRESH, "b-t-f", "c")
#define CHAT_SENT(keys)                                                        \
	"ev:send|" keys                                                        \
	"|only:group:__ANON__|not:n.1.1|uid:c|class:chat|xml:" CANON(          \
	    NOW_TEXT, FRESH, "b-t-f", "c") "\n"
#define CHAT_BACK                                                              \
	"ev:send|to:conn:n.1.1|uid:c|class:chat|xml:" CANON(                   \
	    NOW_TEXT, FRESH, "b-t-f-s", "c") "\n"

static void
test_chat_failed(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	client(f, "n.2.1", "B", "bravo");
	/* Before all connections are told, an unknown name proves nothing. */
	put(f, CHAT("dest-callsign:nobody"));
	expect(f, CHAT_SENT("to:callsign:nobody"));
	sync_now(f, "n");
	assert_int_equal(f->r->conns.n, 2);
	put(f, CHAT("dest-callsign:nobody"));
	expect(f, CHAT_SENT("to:callsign:nobody") CHAT_BACK);
	put(f, CHAT("dest-callsign:nobody|dest-uid:none"));
	expect(f, CHAT_SENT("to:callsign:nobody|to:uid:none") CHAT_BACK);
	put(f, CHAT("dest-callsign:nobody|dest-callsign:bravo"));
	expect(f, CHAT_SENT("to:callsign:nobody|to:callsign:bravo"));
	put(f, CHAT("dest-uid:B"));
	expect(f, CHAT_SENT("to:uid:B"));
	/* a callsign is no uid */
	put(f, CHAT("dest-uid:bravo"));
	expect(f, CHAT_SENT("to:uid:bravo") CHAT_BACK);
	/* to itself: silence */
	put(f, CHAT("dest-uid:A"));
	expect(f, CHAT_SENT("to:uid:A"));
	/* other things than chat do not come back */
	put(f, "ev:cot|conn:n.1.1|uid:c|type:b-t-f-d|dest-uid:none|xml:<x/>");
	expect(f,
	    "ev:send|to:uid:none|only:group:__ANON__|not:n.1.1|uid:c|"
	    "class:chat|xml:<x/>\n");
	assert_int_equal(count(f, ROUTE_CHAT_FAILED), 3);
	/* who left is not known any more */
	put(f, "ev:close|conn:n.2.1");
	forget(f);
	put(f, CHAT("dest-uid:B"));
	expect(f, CHAT_SENT("to:uid:B") CHAT_BACK);
	fix_free(f);
}

/* Where nobody answers hello, five seconds are enough. */
static void
test_chat_failed_alone(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	fix_pass(f, 5000000);
	put(f, CHAT("dest-uid:none"));
	expect(f, CHAT_SENT("to:uid:none") CHAT_BACK);
	fix_free(f);
}

/* Team chat: n events with one uid are n deliveries. */
static void
test_no_deduplication(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	for (int i = 0; i < 3; i++) {
		put(f, CHAT("dest-uid:B"));
		expect(f, CHAT_SENT("to:uid:B"));
	}
	fix_free(f);
}

static void
test_control(void **state)
{
	static const struct {
		const char *type;
		enum route_counter counted;
	} t[] = {
	    {"t-x-c-t", ROUTE_CONSUMED},
	    {"t-x-c-t-r", ROUTE_CONSUMED},
	    {"t-x-c-t;x", ROUTE_CONSUMED},
	    {"t-x-takp-v", ROUTE_CONSUMED},
	    {"t-x-takp-q", ROUTE_CONSUMED},
	    {"t-x-takp-r", ROUTE_CONSUMED},
	    {"t-b", ROUTE_CONSUMED},
	    {"t-b-a", ROUTE_CONSUMED},
	    {"t-b-c", ROUTE_CONSUMED},
	    {"t-b-q", ROUTE_CONSUMED},
	    {"t-x-c-m", ROUTE_CONSUMED},
	    {"t-x-c-f", ROUTE_CONSUMED},
	    {"t-x-c-i-d", ROUTE_CONSUMED},
	    {"t-x-g-c", ROUTE_FORBIDDEN},
	    {"t-x-g-c;x", ROUTE_FORBIDDEN},
	    {"t-x-m-c", ROUTE_FORBIDDEN},
	    {"t-x-m-n", ROUTE_FORBIDDEN},
	    {"t-x-m-c-k-u", ROUTE_FORBIDDEN},
	    {"t-x-d-d", ROUTE_BROADCAST},
	    {"t-b-other", ROUTE_BROADCAST},
	    {"t-x-c-tx", ROUTE_BROADCAST},
	};
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		uint64_t before = count(f, t[i].counted);

		/* nor does a destination help */
		put(f, "ev:cot|conn:n.1.1|uid:m|type:%s|%s|xml:<x/>", t[i].type,
		    t[i].counted == ROUTE_BROADCAST ? "how:h" : "dest-uid:B");
		assert_int_equal(count(f, t[i].counted), before + 1);
		if (t[i].counted != ROUTE_BROADCAST)
			expect(f, "");
		forget(f);
	}
	fix_free(f);
}

static void
test_incognito(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	put(f, "ev:cot|conn:n.1.1|uid:i|type:t-x-c-i-e|xml:<x/>");
	expect(f,
	    "ev:bind|conn:n.1.1|key:incognito:1\n"
	    "ev:forget|conn:n.1.1|uid:A\n" GONE_BUT(
		"not:n.1.1|", "A", "a-f-G-U-C"));
	sa(f, "n.1.1", "A", "alpha");
	put(f, "ev:cot|conn:n.1.1|uid:m|type:b-m-p-w|xml:<x/>");
	put(f,
	    "ev:cot|conn:n.1.1|uid:m|type:b-m-p-w|"
	    "dest-callsign:All Streaming|xml:<x/>");
	expect(f, "");
	assert_int_equal(count(f, ROUTE_HIDDEN), 3);
	put(f, "ev:cot|conn:n.1.1|uid:m|type:b-m-p-w|dest-callsign:b|xml:<x/>");
	expect(f, TO("to:callsign:b"));
	/* newcomers are not told */
	batch(f, "ev:open|conn:n.2.1|via:tcp");
	expect(f, "ev:bind|conn:n.2.1|key:group:__ANON__\n");
	/* but who is in distress is heard */
	put(f,
	    "ev:cot|conn:n.1.1|uid:A-9-1-1|type:b-a-o-tbl|emergency:911|"
	    "xml:" CANON(FRESH, FRESH, "b-a-o-tbl", "A-9-1-1"));
	expect(f,
	    "ev:send|to:group:__ANON__|not:n.1.1|uid:A-9-1-1|class:chat|"
	    "keep:1|xml:" CANON(FRESH, FRESH, "b-a-o-tbl", "A-9-1-1") "\n");
	put(f, "ev:cot|conn:n.1.1|uid:i|type:t-x-c-i-d|xml:<x/>");
	expect(f, "ev:unbind|conn:n.1.1|key:incognito:1\n");
	sa(f, "n.1.1", "A", "alpha");
	expect(f,
	    "ev:send|to:group:__ANON__|not:n.1.1|uid:A|class:position|keep:1|"
	    "xml:<A/>\n");
	/* a restarted ots-route learns of it from the keys */
	batch(f,
	    "ev:open|conn:n.3.1|again:1|key:group:__ANON__|"
	    "key:incognito:1|key:uid:C|key:callsign:charlie");
	put(f,
	    "ev:cot|conn:n.3.1|again:1|uid:C|type:a-f|callsign:charlie|"
	    "endpoint:|stale:" FRESH "|xml:<C/>");
	sa(f, "n.3.1", "C", "charlie");
	expect(f, "");
	fix_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hello),
	    cmocka_unit_test(test_broadcast),
	    cmocka_unit_test(test_class),
	    cmocka_unit_test(test_destinations),
	    cmocka_unit_test(test_destinations_bounds),
	    cmocka_unit_test(test_marti_cut),
	    cmocka_unit_test(test_chat_failed),
	    cmocka_unit_test(test_chat_failed_alone),
	    cmocka_unit_test(test_no_deduplication),
	    cmocka_unit_test(test_control),
	    cmocka_unit_test(test_incognito),
	};

	return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
