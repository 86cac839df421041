/* Who is who: connections, identities, latest positions. */
#include "route_fix.h"

#define BIND(c)      "ev:bind|conn:" c "|key:group:__ANON__\n"
#define KEY(w, c, k) "ev:" w "|conn:" c "|key:" k "\n"
#define LIVE(c, u)                                                             \
	"ev:send|to:group:__ANON__|not:" c "|uid:" u                           \
	"|class:position|keep:1|xml:<" u "/>\n"
#define REPLAY(to, u) "ev:send|" to "|uid:" u "|class:position|xml:<" u "/>\n"

static void
test_open(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	batch(f, "ev:open|conn:n.1.1|via:tcp|peer:1.2.3.4:5");
	expect(f, BIND("n.1.1"));
	/* said twice: nothing new */
	batch(f, "ev:open|conn:n.1.1|via:tcp");
	expect(f, "");
	/* never identified: nobody is told that it goes */
	batch(f, "ev:close|conn:n.1.1|why:eof");
	expect(f, "");
	batch(f, "ev:close|conn:n.1.1|why:eof");
	expect(f, "");
	assert_int_equal(f->r->conns.n, 0);
	fix_free(f);
}

static void
test_bad_records(void **state)
{
	static const char *const bad[] = {
	    "ev:open",
	    "ev:open|conn:",
	    "ev:open|conn:x",
	    "ev:close",
	    "ev:open|conn:a\\\\.1.1",
	    "ev:cot|conn:n.1.1|uid:u|type:a|xml:",
	    "ev:cot|conn:n.1.1|type:a|xml:x",
	    "ev:cot|conn:n.1.1|uid:u|xml:x",
	    "ev:cot|conn:feed|uid:u|type:a|xml:x",
	    "ev:announced|node:n",
	    "ev:announced|round:1",
	};
	static const char *const ignored[] = {
	    "ev:auth|conn:n.1.1|name:x|secret:y",
	    "ev:frame|conn:n.1.1|xml:x",
	    "ev:send|to:group:__ANON__|xml:x",
	    "ev:future|x:y",
	    "ev:bind|conn:n.1.1|key:uid:x",
	    "ev:hangup|conn:n.1.1",
	};
	struct fix *f = fix_new();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		batch(f, "%s", bad[i]);
		assert_int_equal(count(f, ROUTE_BAD), i + 1);
	}
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		batch(f, "%s", ignored[i]);
	assert_int_equal(count(f, ROUTE_BAD), sizeof(bad) / sizeof(bad[0]));
	expect(f, "");
	fix_free(f);
}

/* The open was lost with a killed program: the event does as well. */
static void
test_event_opens(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	sync_now(f, "n");
	client(f, "n.1.1", "A", "alpha");
	sa(f, "n.2.1", "B", "bravo");
	expect(f,
	    BIND("n.2.1") KEY("bind", "n.2.1", "uid:B")
		KEY("bind", "n.2.1", "callsign:bravo") LIVE("n.2.1", "B")
		    REPLAY("to:conn:n.2.1", "A"));
	fix_free(f);
}

static void
test_not_an_identity(void **state)
{
	static const char *const labels[] = {
	    "uid:A|type:b-m-p|callsign:x|endpoint:",
	    "uid:A|type:a-f-G|callsign:x",
	    "uid:A|type:a-f-G|endpoint:*:-1:stcp",
	    "uid:A|type:a-f-G|callsign:|endpoint:*:-1:stcp",
	    "uid:A|type:a-f-G|callsign:x|endpoint:|ackresponse:1",
	    "uid:A-ping|type:a-f-G|callsign:x|endpoint:",
	};
	struct fix *f = fix_new();
	char name[400];

	(void)state;
	join(f, "n.1.1");
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		put(f, "ev:cot|conn:n.1.1|%s|stale:" FRESH "|xml:x", labels[i]);
	memset(name, 'x', 300);
	name[300] = '\0';
	put(f, "ev:cot|conn:n.1.1|uid:%s|type:a-f|callsign:c|endpoint:|xml:x",
	    name);
	put(f, "ev:cot|conn:n.1.1|uid:u|type:a-f|callsign:%s|endpoint:|xml:x",
	    name);
	assert_int_equal(route_gauges(f->r).uids, 0);
	assert_int_equal(f->r->latest_bytes, 0);
	fix_free(f);
}

static void
test_callsign_change(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	join(f, "n.1.1");
	sa(f, "n.1.1", "A", "alpha");
	expect(f,
	    KEY("bind", "n.1.1", "uid:A") KEY("bind", "n.1.1", "callsign:alpha")
		LIVE("n.1.1", "A"));
	sa(f, "n.1.1", "A", "alpha");
	expect(f, LIVE("n.1.1", "A"));
	sa(f, "n.1.1", "A", "apex");
	expect(f,
	    KEY("unbind", "n.1.1", "callsign:alpha")
		KEY("bind", "n.1.1", "callsign:apex") LIVE("n.1.1", "A"));
	/* Another uid of the same connection has the callsign too. */
	sa(f, "n.1.1", "B", "apex");
	expect(f, KEY("bind", "n.1.1", "uid:B") LIVE("n.1.1", "B"));
	sa(f, "n.1.1", "A", "alpha");
	expect(f, KEY("bind", "n.1.1", "callsign:alpha") LIVE("n.1.1", "A"));
	sa(f, "n.1.1", "B", "bravo");
	expect(f,
	    KEY("unbind", "n.1.1", "callsign:apex")
		KEY("bind", "n.1.1", "callsign:bravo") LIVE("n.1.1", "B"));
	assert_int_equal(f->r->callsigns.n, 2);
	fix_free(f);
}

/* A relay with more stations than the limit: the longest silent one makes
 * room, but never the relay itself. */
static void
test_uid_limit(void **state)
{
	struct fix *f = fix_new();
	char uid[16];

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	for (int i = 1; i < IDENTS_MAX; i++) {
		assert_true(str_fmt(uid, sizeof(uid), "u%d", i) > 0);
		sa(f, "n.1.1", uid, uid);
	}
	sa(f, "n.1.1", "u1", "u1");
	forget(f);
	sa(f, "n.1.1", "new", "new");
	assert_memory_equal(buf_data(&f->out),
	    "ev:unbind\tconn:n.1.1\tkey:uid:u2\n",
	    strlen("ev:unbind\tconn:n.1.1\tkey:uid:u2\n"));
	assert_int_equal(route_gauges(f->r).uids, IDENTS_MAX);
	assert_int_equal(count(f, ROUTE_EVICTED), 1);
	fix_free(f);
}

static void
test_disconnect_notice(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	sa(f, "n.1.1", "A&\\\\", "two"); /* a relay's second station */
	forget(f);
	put(f, "ev:close|conn:n.1.1");
	expect(f, GONE("A", "a-f-G-U-C") GONE("A&amp;\\\\", "a-f-G-U-C"));
	assert_int_equal(route_gauges(f->r).uids, 0);
	assert_int_equal(f->r->latest_bytes, 0);
	assert_int_equal(f->r->uids.n + f->r->callsigns.n, 0);
	fix_free(f);
}

/* Reconnected before the old socket died: nobody is told that it left. */
static void
test_one_device_two_connections(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	batch(f, "ev:open|conn:n.2.1|via:tcp");
	forget(f);
	sa(f, "n.2.1", "A", "alpha");
	/* both hold the keys */
	expect(f,
	    KEY("bind", "n.2.1", "uid:A") KEY("bind", "n.2.1", "callsign:alpha")
		LIVE("n.2.1", "A"));
	put(f, "ev:close|conn:n.1.1");
	expect(f, "");
	put(f, "ev:close|conn:n.2.1");
	expect(f, GONE("A", "a-f-G-U-C"));
	fix_free(f);
}

/* It said so itself: not said again. */
static void
test_leaves_by_itself(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	client(f, "n.2.1", "B", "bravo");
	put(f, "ev:cot|conn:n.1.1|uid:x|type:t-x-d-d|link-uid:A|xml:<x/>");
	expect(f,
	    "ev:forget|conn:n.1.1|uid:A\n"
	    "ev:send|to:group:__ANON__|not:n.1.1|uid:x|class:control|"
	    "xml:<x/>\n");
	/* about another: forwarded, but what is known of it stays */
	put(f, "ev:cot|conn:n.1.1|uid:x|type:t-x-d-d|link-uid:B|xml:<x/>");
	expect(f,
	    "ev:send|to:group:__ANON__|not:n.1.1|uid:x|class:control|"
	    "xml:<x/>\n");
	put(f, "ev:close|conn:n.1.1");
	expect(f, "");
	put(f, "ev:close|conn:n.2.1");
	expect(f, GONE("B", "a-f-G-U-C"));
	fix_free(f);
}

/* Said to one, or to nobody, it is no leaving: the others still see it. */
static void
test_leaves_for_one(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	client(f, "n.2.1", "B", "bravo");
	put(f,
	    "ev:cot|conn:n.1.1|uid:x|type:t-x-d-d|link-uid:A|"
	    "dest-callsign:bravo|xml:<x/>");
	forget(f);
	put(f, "ev:close|conn:n.1.1");
	expect(f, GONE("A", "a-f-G-U-C"));
	fix_free(f);
}

static void
test_newcomer(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	sync_now(f, "n");
	client(f, "n.1.1", "A", "alpha");
	client(f, "n.2.1", "B", "bravo");
	put(f,
	    "ev:cot|conn:n.2.1|uid:old|type:a-f|callsign:o|endpoint:|"
	    "stale:" STALE "|xml:<old/>");
	put(f,
	    "ev:cot|conn:n.2.1|uid:marker|type:a-h-G|how:m-g|stale:" FRESH
	    "|xml:<m/>");
	/* Explicit positions are not for everybody. */
	put(f,
	    "ev:cot|conn:n.2.1|uid:own|type:a-f|callsign:x|endpoint:|"
	    "dest-uid:A|stale:" FRESH "|xml:<own/>");
	put(f,
	    "ev:cot|conn:n.2.1|uid:g|type:a-f|callsign:x|endpoint:|"
	    "dest-group:__ANON__|stale:" FRESH "|xml:<g/>");
	forget(f);
	/* Two at once, one send each; B spoke after they came. */
	put(f, "ev:open|conn:n.3.1|via:tcp\nev:open|conn:n.4.1|via:tcp");
	expect(f, BIND("n.3.1") BIND("n.4.1"));
	put(f,
	    "ev:cot|conn:n.2.1|uid:B|type:a-f-G-U-C|stale:" FRESH
	    "|callsign:bravo|endpoint:|xml:<B/>");
	expect(f, LIVE("n.2.1", "B"));
	route_batch_end(f->r, f->now);
	expect(f, REPLAY("to:conn:n.3.1|to:conn:n.4.1", "A"));
	route_batch_end(f->r, f->now);
	expect(f, "");
	assert_int_equal(count(f, ROUTE_NEWCOMERS), 4);
	fix_free(f);
}

/* Its own position from before, on a connection not yet dead. */
static void
test_newcomer_own(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	client(f, "n.2.1", "B", "bravo");
	put(f, "ev:open|conn:n.3.1|via:tcp");
	forget(f);
	sa(f, "n.3.1", "A", "alpha");
	expect(f,
	    KEY("bind", "n.3.1", "uid:A") KEY("bind", "n.3.1", "callsign:alpha")
		LIVE("n.3.1", "A") REPLAY("to:conn:n.3.1", "B"));
	fix_free(f);
}

/* More newcomers than one send has room for, and an output that fills up:
 * each gets each position once, however often it has to wait. */
static void
test_newcomers_wait_for_room(void **state)
{
	struct fix *f = fix_new();
	size_t sends = 0, to = 0;
	char conn[32], uid[16];
	struct slice line, raw;
	static struct rec rec;

	(void)state;
	sync_now(f, "n");
	for (int i = 0; i < 100; i++) {
		assert_true(str_fmt(conn, sizeof(conn), "n.%d.1", i) > 0);
		assert_true(str_fmt(uid, sizeof(uid), "U%d", i) > 0);
		client(f, conn, uid, uid);
	}
	for (int i = 0; i < 300; i++)
		put(f, "ev:open|conn:n.%d.2|via:tcp", i);
	f->r->cfg.out_high = 4096;
	forget(f);
	for (int turns = 0; route_pending(f->r); turns++) {
		struct rec_lines l;

		assert_true(turns < 1000);
		route_batch_end(f->r, f->now);
		assert_true(buf_size(&f->out) < 16384);
		rec_lines_init(&l, REC_LINE_MAX);
		rec_lines_feed(&l, buf_data(&f->out), buf_size(&f->out));
		while (rec_lines_next(&l, &line) == 1) {
			size_t pos = 0;

			assert_int_equal(rec_parse(&rec, line), 1);
			sends++;
			while (rec_next(&rec, "to", &pos, &raw))
				to++;
		}
		rec_lines_fini(&l);
		forget(f);
		/* meanwhile some move, and one goes */
		if (turns == 3)
			put(f, "ev:close|conn:n.5.2\nev:close|conn:n.299.2");
		forget(f);
	}
	assert_true(to > 100 * 298 && to <= 100 * 300);
	assert_true(sends >= 300);
	fix_free(f);
}

static void
test_latest_limit(void **state)
{
	struct fix *f = fix_new();
	char xml[2001];

	(void)state;
	f->r->cfg.latest_max = 10000;
	memset(xml, 'x', sizeof(xml) - 1);
	xml[sizeof(xml) - 1] = '\0';
	for (int i = 0; i < 20; i++) {
		put(f,
		    "ev:cot|conn:n.%d.1|uid:U%d|type:a-f|callsign:c|"
		    "endpoint:|stale:" FRESH "|xml:%s",
		    i, i, xml);
		assert_true(f->r->latest_bytes <= 10000);
	}
	assert_true(f->r->latest_bytes > 6000);
	assert_true(count(f, ROUTE_EVICTED) >= 15);
	/* a smaller one keeps its place, a later bigger one grows it */
	sa(f, "n.19.1", "U19", "c");
	assert_true(f->r->latest_bytes <= 10000);
	fix_free(f);
}

/* What is said to one client says nothing of its sender. */
static void
test_identity_is_broadcast(void **state)
{
	static const char *const dests[] = {
	    "dest-uid:B",
	    "dest-callsign:bravo",
	    "dest-mission:M",
	    "dest-callsign:ffffffff-ffff-ffff-ffff-ffffffffffff",
	};
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	for (size_t i = 0; i < sizeof(dests) / sizeof(dests[0]); i++) {
		put(f,
		    "ev:cot|conn:n.1.1|uid:B|type:a-f-G|callsign:bravo|"
		    "endpoint:|stale:" FRESH "|%s|xml:<B/>",
		    dests[i]);
		assert_null(slice_find(buf_slice(&f->out), SLICE("bind")));
		assert_int_equal(route_gauges(f->r).uids, 1);
		forget(f);
	}
	/* an empty one counts for nothing, a group is to all in it */
	put(f,
	    "ev:cot|conn:n.1.1|uid:B|type:a-f-G|callsign:b|endpoint:|"
	    "stale:" FRESH "|dest-uid:|xml:<B/>");
	put(f,
	    "ev:cot|conn:n.1.1|uid:C|type:a-f-G|callsign:c|endpoint:|"
	    "stale:" FRESH "|dest-group:__ANON__|xml:<C/>");
	assert_int_equal(route_gauges(f->r).uids, 3);
	/* who is incognito is still known */
	put(f, "ev:cot|conn:n.1.1|uid:i|type:t-x-c-i-e|xml:<x/>");
	forget(f);
	sa(f, "n.1.1", "D", "delta");
	expect(f,
	    KEY("bind", "n.1.1", "uid:D")
		KEY("bind", "n.1.1", "callsign:delta"));
	fix_free(f);
}

/* Its position had to make room: that it goes is told all the same. */
static void
test_notice_after_eviction(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	client(f, "n.2.1", "B", "bravo");
	f->r->cfg.latest_max = 1;
	sa(f, "n.1.1", "A", "alpha");
	assert_int_equal(f->r->latest_bytes, 0);
	forget(f);
	put(f, "ev:close|conn:n.1.1");
	expect(f, GONE("A", "a-f-G-U-C"));
	/* unless it said so itself */
	put(f, "ev:cot|conn:n.2.1|uid:x|type:t-x-d-d|link-uid:B|xml:<x/>");
	forget(f);
	put(f, "ev:close|conn:n.2.1");
	expect(f, "");
	assert_int_equal(f->r->groups.names.n, 1);
	/* one without a position that could be kept was shown, too */
	join(f, "n.3.1");
	put(f,
	    "ev:cot|conn:n.3.1|uid:C|type:a-f|callsign:c|endpoint:|stale:bad|"
	    "xml:<C/>");
	forget(f);
	put(f, "ev:close|conn:n.3.1");
	expect(f, GONE("C", "a-f"));
	fix_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_open),
	    cmocka_unit_test(test_bad_records),
	    cmocka_unit_test(test_event_opens),
	    cmocka_unit_test(test_not_an_identity),
	    cmocka_unit_test(test_callsign_change),
	    cmocka_unit_test(test_uid_limit),
	    cmocka_unit_test(test_disconnect_notice),
	    cmocka_unit_test(test_one_device_two_connections),
	    cmocka_unit_test(test_leaves_by_itself),
	    cmocka_unit_test(test_leaves_for_one),
	    cmocka_unit_test(test_newcomer),
	    cmocka_unit_test(test_newcomer_own),
	    cmocka_unit_test(test_newcomers_wait_for_room),
	    cmocka_unit_test(test_latest_limit),
	    cmocka_unit_test(test_identity_is_broadcast),
	    cmocka_unit_test(test_notice_after_eviction),
	};

	return cmocka_run_group_tests_name("route-state", tests, NULL, NULL);
}
