/* Emergencies, local programs and their taps. */
#include "route_fix.h"

#include "../../cmd/ots-route/tap.h"

#define OLD "2020-01-01T00:00:00.000Z"
#define SENT(class, not, keep, time, stale)                                    \
	"ev:send|to:group:__ANON__|" not "uid:A-9-1-1|class:" class            \
	    "|" keep "xml:" CANON(time, stale, "b-a-o-tbl", "A-9-1-1") "\n"
#define LIVE(not )              SENT("chat", not, "keep:1|", OLD, OLD)
#define ALERT(not, time, stale) SENT("item", not, "", time, stale)
#define ONCE(not )              SENT("chat", not, "", OLD, OLD)
#define FORGET(conn)            "ev:forget|conn:" conn "|uid:A-9-1-1\n"
#define RAISE(conn)                                                            \
	"ev:cot|" conn "uid:A-9-1-1|type:b-a-o-tbl|emergency:911 "             \
	"Alert|link-uid:A|xml:" CANON(OLD, OLD, "b-a-o-tbl", "A-9-1-1")
#define CANCEL(conn)                                                           \
	"ev:cot|" conn                                                         \
	"uid:A-9-1-1|type:b-a-o-can|emergency-cancel:1|xml:<can/>"
#define CANCELLED(conn)                                                        \
	"ev:send|to:group:__ANON__|not:" conn                                  \
	"|uid:A-9-1-1|class:chat|xml:<can/>\n"

static void
tick(struct fix *f, uint64_t us)
{
	fix_pass(f, us);
	if (route_deadline(f->r) <= f->now.mono_us)
		route_tick(f->r, f->now);
}

static void
test_alert(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	client(f, "n.2.1", "B", "bravo");
	assert_true(route_deadline(f->r) == UINT64_MAX);
	put(f, RAISE("conn:n.1.1|"));
	expect(f, LIVE("not:n.1.1|"));
	assert_true(route_deadline(f->r) == f->now.mono_us + 10000000);
	tick(f, 9999999);
	expect(f, "");
	tick(f, 1);
	expect(f,
	    ALERT("not:n.1.1|", "2027-01-15T08:00:10.000Z",
		"2027-01-15T08:00:25.000Z"));
	tick(f, 10000000);
	expect(f,
	    ALERT("not:n.1.1|", "2027-01-15T08:00:20.000Z",
		"2027-01-15T08:00:35.000Z"));
	/* a newcomer need not wait for the next one: it may be its sender,
	 * but not once it says who it is */
	sync_now(f, "n");
	batch(f, "ev:open|conn:n.3.1|via:tcp");
	assert_null(slice_find(buf_slice(&f->out), SLICE("A-9-1-1")));
	forget(f);
	sa(f, "n.3.1", "C", "charlie");
	assert_non_null(slice_find(buf_slice(&f->out),
	    SLICE("to:conn:n.3.1\tuid:A-9-1-1\tclass:chat\txml:<event "
		  "version=\"2.0\" time=\"2027-01-15T08:00:20.000Z\"")));
	forget(f);
	/* its sender's end does not end it */
	put(f, "ev:close|conn:n.1.1");
	forget(f);
	tick(f, 10000000);
	expect(f,
	    ALERT("", "2027-01-15T08:00:30.000Z", "2027-01-15T08:00:45.000Z"));
	/* back under another connection, it does not get its own */
	client(f, "n.4.1", "A", "alpha");
	tick(f, 10000000);
	expect(f,
	    ALERT("not:n.4.1|", "2027-01-15T08:00:40.000Z",
		"2027-01-15T08:00:55.000Z"));
	/* nothing to be forgotten: what was kept went with its sender */
	put(f, CANCEL("conn:n.2.1|"));
	expect(f, CANCELLED("n.2.1"));
	assert_true(route_deadline(f->r) == UINT64_MAX);
	assert_int_equal(count(f, ROUTE_REPEATS), 4);
	fix_free(f);
}

/* Whoever saw the alert sees its end, whatever the cancel says. */
static void
test_cancel_goes_to_all(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	put(f, RAISE("conn:n.1.1|"));
	forget(f);
	put(f, CANCEL("conn:n.1.1|dest-callsign:bravo|"));
	expect(f, FORGET("n.1.1") CANCELLED("n.1.1"));
	/* one that ends nothing is an event like others */
	put(f, CANCEL("conn:n.1.1|dest-callsign:bravo|"));
	expect(f,
	    "ev:send|to:callsign:bravo|only:group:__ANON__|not:n.1.1|"
	    "uid:A-9-1-1|class:chat|xml:<can/>\n");
	fix_free(f);
}

/* How many forget records were written? */
static size_t
forgets(const struct fix *f)
{
	static const struct slice begin = {"ev:forget\t", 10};
	struct slice s = buf_slice(&f->out);
	const char *at;
	size_t n = 0;

	while ((at = slice_find(s, begin)) != NULL) {
		s.n -= (size_t)(at + begin.n - s.p);
		s.p = at + begin.n;
		n++;
	}
	return n;
}

/* What is kept of an alert is kept once, and no longer than the alert. */
static void
test_replaced(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	client(f, "n.2.1", "A", "alpha");
	put(f, RAISE("conn:n.1.1|"));
	expect(f, LIVE("not:n.1.1|"));
	put(f, RAISE("conn:n.2.1|"));
	expect(f, LIVE("not:n.2.1|") FORGET("n.1.1"));
	/* one for a part of the groups is not kept */
	put(f, RAISE("conn:n.2.1|dest-group:__ANON__|"));
	expect(f, ONCE("not:n.2.1|") FORGET("n.2.1"));
	assert_int_equal(route_gauges(f->r).alerts, 1);
	fix_free(f);
}

static void
test_alert_bounds(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	/* the same again is one alert */
	put(f, RAISE("conn:n.1.1|"));
	put(f, RAISE("conn:n.1.1|"));
	expect(f, LIVE("not:n.1.1|") LIVE("not:n.1.1|"));
	assert_int_equal(route_gauges(f->r).alerts, 1);
	for (int i = 0; i < 100; i++)
		put(f,
		    "ev:cot|conn:n.1.1|uid:x%d|type:b-a-g|emergency:g|"
		    "xml:" CANON(OLD, OLD, "b-a-g", "x"),
		    i);
	assert_int_equal(route_gauges(f->r).alerts, 16);
	assert_int_equal(forgets(f), 85);
	forget(f);
	for (int i = 0; i < 1100; i++)
		put(f,
		    "ev:open|conn:n.%d.1|via:tcp|peer:10.0.%d.%d:9\n"
		    "ev:cot|conn:n.%d.1|uid:y%d|type:b-a-g|emergency:g|"
		    "xml:" CANON(OLD, OLD, "b-a-g", "x"),
		    i, i / 256, i % 256, i, i);
	assert_int_equal(route_gauges(f->r).alerts, 1000);
	/* One for each that gave way, to one of its own or to those of others:
	 * each connection keeps one. And one for each that came too late. */
	assert_int_equal(forgets(f), 16 + 1100 - 1000);
	assert_int_equal(conn_find(f->r, SLICE("n.1.1"))->alerts, 1);
	assert_int_equal(conn_find(f->r, SLICE("n.999.1"))->alerts, 1);
	assert_int_equal(conn_find(f->r, SLICE("n.1000.1"))->alerts, 0);
	forget(f);
	/* a full output: none is queued behind the others */
	f->r->cfg.out_high = 1000;
	tick(f, 10000000);
	assert_true(buf_size(&f->out) < 2000);
	/* not for ever */
	f->r->cfg.out_high = 1 << 20;
	forget(f);
	tick(f, 3600000000u);
	assert_int_equal(forgets(f), 1000);
	assert_null(slice_find(buf_slice(&f->out), SLICE("ev:send")));
	assert_int_equal(route_gauges(f->r).alerts, 0);
	fix_free(f);
}

static void
test_not_repeated(void **state)
{
	static const char *const labels[] = {
	    "type:b-a-o-tbl",             /* no emergency */
	    "type:b-a-o-can|emergency:x", /* an end */
	    "type:b-a-g|emergency:x|emergency-cancel:1",
	    "type:a-f-G|emergency:x",
	    "type:b-a-g|emergency:x|dest-callsign:b", /* not for all */
	};
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		put(f,
		    "ev:cot|conn:n.1.1|uid:x|%s|xml:" CANON(
			OLD, OLD, "b-a-g", "x"),
		    labels[i]);
		assert_int_equal(route_gauges(f->r).alerts, 0);
	}
	/* too long for the queues of slow clients */
	put(f,
	    "ev:cot|conn:n.1.1|uid:x|type:b-a-g|emergency:x|xml:" CANON(
		OLD, OLD, "b-a-g", "x") "%4000s",
	    "");
	assert_int_equal(route_gauges(f->r).alerts, 0);
	f->r->cfg.alert_every = 0;
	forget(f);
	put(f, RAISE("conn:n.1.1|"));
	expect(f, ONCE("not:n.1.1|")); /* nor kept */
	assert_int_equal(route_gauges(f->r).alerts, 0);
	fix_free(f);
}

/* --- local programs --- */

static int
inject(struct fix *f, struct buf *tap, const char *text)
{
	static struct rec rec;
	char *line = slice_dup(slice_of(text));
	int got;

	assert_non_null(line);
	for (char *p = line; *p != '\0'; p++)
		*p = *p == '|' ? '\t' : *p;
	assert_int_equal(rec_parse(&rec, slice_of(line)), 1);
	got = route_inject(f->r, &rec, SLICE("feed.3.9"), tap, f->now);
	route_batch_end(f->r, f->now);
	free(line);
	return got;
}

#define PLANE CANON(OLD, FRESH, "a-n-A", "P")

static void
test_inject(void **state)
{
	struct fix *f = fix_new();
	struct buf tap;

	(void)state;
	buf_init(&tap, 1 << 20);
	sync_now(f, "n");
	client(f, "n.1.1", "A", "alpha");
	assert_int_equal(
	    inject(f, &tap,
		"ev:cot|conn:n.1.1|user:root|via:tls|again:1|uid:P|type:a-n-A|"
		"how:m-g|stale:" FRESH "|xml:" PLANE),
	    0);
	expect(f,
	    "ev:send|to:group:__ANON__|uid:P|class:position|xml:" PLANE "\n");
	/* Whatever it says of a connection is not believed. */
	assert_int_equal(f->r->conns.n, 1);
	assert_non_null(slice_find(buf_slice(&tap),
	    SLICE("ev:cot\tconn:feed.3.9\tvia:local\tuid:P\ttype:a-n-A\t")));
	assert_null(slice_find(buf_slice(&tap), SLICE("root")));
	assert_null(slice_find(buf_slice(&tap), SLICE("again")));
	/* newcomers see it */
	batch(f, "ev:open|conn:n.2.1|via:tcp");
	assert_non_null(slice_find(
	    buf_slice(&f->out), SLICE("to:conn:n.2.1\tuid:P\tclass:position")));
	forget(f);
	/* until it is stale */
	fix_pass(f, 3600000000u);
	batch(f, "ev:open|conn:n.3.1|via:tcp");
	expect(f, "ev:bind|conn:n.3.1|key:group:__ANON__\n");
	assert_int_equal(route_gauges(f->r).uids, 1);
	buf_fini(&tap);
	fix_free(f);
}

static void
test_inject_dests_groups(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	inject(f, NULL, "ev:cot|uid:P|type:u-d|dest-uid:A|xml:" PLANE);
	expect(f,
	    "ev:send|to:uid:A|only:group:__ANON__|uid:P|class:item|xml:" PLANE
	    "\n");
	for (int i = 0; i < 2; i++) {
		inject(f, NULL,
		    "ev:cot|uid:P|type:u-d|group:red|group:blue|xml:" PLANE);
		expect(f,
		    "ev:send|to:group:red|to:group:blue|uid:P|class:item|"
		    "xml:" PLANE "\n");
	}
	/* It is a server's program: it may speak as the server. */
	inject(f, NULL, "ev:cot|uid:P|type:t-x-m-c|dest-uid:A|xml:" PLANE);
	expect(f,
	    "ev:send|to:uid:A|only:group:__ANON__|uid:P|class:control|"
	    "xml:" PLANE "\n");
	/* what went to red is not replayed to those outside */
	inject(f, NULL,
	    "ev:cot|uid:P|type:a-f|group:red|how:m-g|stale:" FRESH
	    "|xml:" PLANE);
	forget(f);
	batch(f, "ev:open|conn:n.2.1|via:tcp");
	expect(f, "ev:bind|conn:n.2.1|key:group:__ANON__\n");
	/* on standard input the same, without a conn */
	put(f, "ev:cot|uid:P|type:u-d|group:red|xml:<x/>");
	expect(f, "ev:send|to:group:red|uid:P|class:item|xml:<x/>\n");
	fix_free(f);
}

static void
test_inject_refused(void **state)
{
	static const char *const bad[] = {
	    "ev:open|conn:n.9.9",
	    "ev:close|conn:n.1.1",
	    "ev:bind|conn:n.1.1|key:group:x",
	    "ev:send|to:conn:n.1.1|xml:x",
	    "ev:hangup|conn:n.1.1",
	    "ev:announced|node:n|round:1",
	    "ev:auth|conn:n.1.1",
	    "ev:future",
	    "ev:cot|uid:x|type:a|xml:<x/>",
	    "ev:cot|uid:x|xml:" PLANE,
	};
	struct fix *f = fix_new();
	struct buf tap;

	(void)state;
	buf_init(&tap, 1 << 20);
	client(f, "n.1.1", "A", "alpha");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(inject(f, &tap, bad[i]), -1);
		assert_int_equal(count(f, ROUTE_BAD), i + 1);
	}
	assert_int_equal(
	    inject(f, &tap, "ev:hello|version:1|program:ots-listen|node:n"), 0);
	expect(f, "");
	assert_int_equal(buf_size(&tap), 0);
	assert_int_equal(f->r->conns.n, 1);
	buf_fini(&tap);
	fix_free(f);
}

static void
test_tap(void **state)
{
	struct buf q;
	struct tap t = {.q = &q, .max = 100};
	static struct rec rec;
	char line[61];

	(void)state;
	buf_init(&q, 10000);
	memset(line, 'x', 60);
	line[60] = '\0';
	assert_false(tap_put(&t, slice_of(line)));
	assert_true(tap_put(&t, slice_of(line)));
	/* once something was lost, nothing small slips through */
	assert_false(tap_put(&t, SLICE("a")));
	assert_int_equal(t.lost, 2);
	assert_int_equal(buf_size(&q), 61);
	tap_room(&t);
	assert_int_equal(buf_size(&q), 61);
	buf_consume(&q, 20);
	assert_false(tap_put(&t, SLICE("b")));
	assert_int_equal(t.lost_all, 2);
	buf_consume(&q, 41);
	assert_int_equal(buf_size(&q), strlen("ev:lost\tn:2\nb\n"));
	assert_memory_equal(buf_data(&q), "ev:lost\tn:2\nb\n", buf_size(&q));
	/* one record of any size passes through an empty queue */
	buf_clear(&q);
	t.max = 10;
	assert_false(tap_put(&t, slice_of(line)));
	assert_int_equal(buf_size(&q), 61);
	buf_fini(&q);
	assert_int_equal(rec_parse(&rec, SLICE("ev:auth\tname:x")), 1);
	assert_false(tap_wants(&rec));
	assert_int_equal(rec_parse(&rec, SLICE("ev:cot\tuid:x")), 1);
	assert_true(tap_wants(&rec));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_alert),
	    cmocka_unit_test(test_cancel_goes_to_all),
	    cmocka_unit_test(test_replaced),
	    cmocka_unit_test(test_alert_bounds),
	    cmocka_unit_test(test_not_repeated),
	    cmocka_unit_test(test_inject),
	    cmocka_unit_test(test_inject_dests_groups),
	    cmocka_unit_test(test_inject_refused),
	    cmocka_unit_test(test_tap),
	};

	return cmocka_run_group_tests_name("route-alert", tests, NULL, NULL);
}
