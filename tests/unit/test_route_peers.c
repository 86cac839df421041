/* Emergencies among strangers: whose gives way at a limit, and who does not
 * get his own back. */
#include "route_fix.h"

#define OLD "2020-01-01T00:00:00.000Z"
#define ALERT(uid)                                                             \
	"uid:" uid "|type:b-a-o-tbl|emergency:911 Alert|xml:" CANON(           \
	    OLD, OLD, "b-a-o-tbl", "x")

static void
enter(struct fix *f, const char *conn, const char *peer)
{
	put(f, "ev:open|conn:%s|via:tcp|peer:%s", conn, peer);
}

static void
leave(struct fix *f, const char *conn)
{
	put(f, "ev:close|conn:%s", conn);
}

static void
raise_one(struct fix *f, const char *conn, const char *uid)
{
	put(f, "ev:cot|conn:%s|" ALERT("%s"), conn, uid);
}

static struct alert *
find(const struct fix *f, const char *uid)
{
	struct alert *a;

	TAILQ_FOREACH(a, &f->r->alerts, link)
	{
		if (slice_is(a->uid, uid))
			return a;
	}
	return NULL;
}

static size_t
alerts(const struct fix *f)
{
	return route_gauges(f->r).alerts;
}

/* n connections of one peer, one after the other, that raise 16 each. */
static void
flood(struct fix *f, unsigned from, unsigned n, const char *peer, bool stay)
{
	char conn[32], at[64], uid[32];

	for (unsigned i = from; i < from + n; i++) {
		assert_true(str_fmt(conn, sizeof(conn), "s.%u.1", i) > 0);
		assert_true(str_fmt(at, sizeof(at), "%s:%u", peer, i) > 0);
		enter(f, conn, at);
		for (unsigned k = 0; k < 16; k++) {
			assert_true(
			    str_fmt(uid, sizeof(uid), "s%u-%u", i, k) > 0);
			raise_one(f, conn, uid);
		}
		if (!stay)
			leave(f, conn);
		forget(f);
	}
}

/* Whoever connects again and again has 32, and nobody else pays for it. */
static void
test_reconnecting(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	enter(f, "n.1.1", "10.0.0.1:5");
	raise_one(f, "n.1.1", "real");
	enter(f, "n.2.1", "10.0.0.2:5");
	raise_one(f, "n.2.1", "left");
	leave(f, "n.2.1");
	flood(f, 0, 200, "6.6.6.6", false);
	assert_int_equal(alerts(f), 2 + 32);
	assert_non_null(find(f, "real"));
	assert_non_null(find(f, "left"));
	/* its newest are the ones that stay */
	assert_non_null(find(f, "s199-15"));
	assert_null(find(f, "s197-15"));
	assert_int_equal(f->r->peers.n, 3);
	fix_free(f);
}

/* A user is a peer of his own at the same address. */
static void
test_user(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	put(f, "ev:open|conn:n.1.1|via:tls|peer:[::1]:5|user:u");
	put(f, "ev:open|conn:n.2.1|via:tls|peer:[::1]:6|user:u");
	put(f, "ev:open|conn:n.3.1|via:tls|peer:[::1]:6");
	put(f, "ev:open|conn:n.4.1|via:tls|peer:[::2]:6");
	put(f, "ev:open|conn:n.5.1|via:tls|peer:local");
	put(f, "ev:open|conn:n.6.1|via:tls|peer:[::2]");
	assert_int_equal(f->r->peers.n, 4);
	assert_ptr_equal(conn_find(f->r, SLICE("n.1.1"))->peer,
	    conn_find(f->r, SLICE("n.2.1"))->peer);
	assert_ptr_equal(conn_find(f->r, SLICE("n.4.1"))->peer,
	    conn_find(f->r, SLICE("n.6.1"))->peer);
	for (int i = 1; i <= 6; i++)
		put(f, "ev:close|conn:n.%d.1", i);
	assert_int_equal(f->r->peers.n, 0);
	fix_free(f);
}

/* What came before the open was heard of is of its peer afterwards. */
static void
test_open_comes_late(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	raise_one(f, "n.1.1", "a");
	raise_one(f, "n.2.1", "b");
	assert_int_equal(f->r->peers.n, 1);
	put(f, "ev:open|conn:n.1.1|again:1|peer:10.0.0.1:5");
	put(f, "ev:open|conn:n.1.1|again:1");
	assert_int_equal(f->r->peers.n, 2);
	assert_ptr_equal(
	    find(f, "a")->peer, conn_find(f->r, SLICE("n.1.1"))->peer);
	assert_int_equal(find(f, "a")->peer->alerts, 1);
	assert_int_equal(find(f, "b")->peer->alerts, 1);
	assert_int_equal(find(f, "b")->peer->n, 0);
	fix_free(f);
}

/* Many behind one address: those that are there are not ended for another. */
static void
test_one_address(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	for (int i = 0; i < 32; i++)
		put(f,
		    "ev:open|conn:n.%d.1|peer:10.0.0.1:%d\n"
		    "ev:cot|conn:n.%d.1|uid:u%d|type:b-a-g|emergency:g|"
		    "xml:" CANON(OLD, OLD, "b-a-g", "x"),
		    i, i, i, i);
	enter(f, "n.99.1", "10.0.0.1:99");
	forget(f);
	raise_one(f, "n.99.1", "late");
	/* it is sent, but not repeated, so it need not be kept */
	expect(f,
	    "ev:send|to:group:__ANON__|not:n.99.1|uid:late|class:chat|keep:1|"
	    "xml:" CANON(OLD, OLD, "b-a-o-tbl",
		"x") "\nev:forget|conn:n.99.1|uid:late\n");
	assert_int_equal(alerts(f), 32);
	/* another address is not concerned */
	enter(f, "n.98.1", "10.0.0.2:98");
	raise_one(f, "n.98.1", "other");
	assert_int_equal(alerts(f), 33);
	/* one's own may be replaced; another gives way to those who left */
	raise_one(f, "n.3.1", "u3");
	assert_int_equal(alerts(f), 33);
	leave(f, "n.7.1");
	raise_one(f, "n.99.1", "late");
	assert_non_null(find(f, "late"));
	assert_null(find(f, "u7"));
	assert_int_equal(alerts(f), 33);
	/* or to the second one of a connection */
	leave(f, "n.8.1");
	raise_one(f, "n.9.1", "second");
	assert_null(find(f, "u8"));
	enter(f, "n.97.1", "10.0.0.1:97");
	raise_one(f, "n.97.1", "third");
	assert_non_null(find(f, "third"));
	assert_null(find(f, "u9"));
	assert_non_null(find(f, "second"));
	fix_free(f);
}

/* Full: first those who left most, then those who have most. */
static void
test_full(void **state)
{
	struct fix *f = fix_new();
	char peer[32];

	(void)state;
	enter(f, "n.1.1", "10.0.0.1:5");
	raise_one(f, "n.1.1", "real");
	enter(f, "n.2.1", "10.0.0.2:5");
	raise_one(f, "n.2.1", "left");
	leave(f, "n.2.1");
	for (unsigned i = 0; i < 40; i++) {
		fix_pass(f, 1000);
		assert_true(str_fmt(peer, sizeof(peer), "6.6.6.%u", i) > 0);
		flood(f, 2 * i, 2, peer, i >= 20);
	}
	assert_int_equal(alerts(f), 1000);
	assert_non_null(find(f, "left"));
	for (unsigned i = 40; i < 80; i++) {
		fix_pass(f, 1000);
		assert_true(str_fmt(peer, sizeof(peer), "6.6.6.%u", i) > 0);
		flood(f, 2 * i, 2, peer, true);
	}
	assert_int_equal(alerts(f), 1000);
	assert_non_null(find(f, "real"));
	fix_free(f);
}

#define REPEAT(not )                                                           \
	"ev:send|to:group:__ANON__|" not "uid:X|class:item|xml:" CANON(        \
	    "2027-01-15T08:00:10.000Z", "2027-01-15T08:00:25.000Z",            \
	    "b-a-o-tbl", "x") "\n"

static void
expect_repeat(struct fix *f, const char *want)
{
	struct route_now then = f->now;

	forget(f);
	fix_pass(f, 10000000);
	route_tick(f->r, f->now);
	expect(f, want);
	f->now = then;
	TAILQ_FIRST(&f->r->alerts)->next = then.mono_us + 10000000;
}

/* The sender comes back: nothing of his own, from the first record on. */
static void
test_back(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	sync_now(f, "n");
	client(f, "n.1.1", "A", "alpha");
	raise_one(f, "n.1.1", "X");
	leave(f, "n.1.1");
	expect_repeat(f, REPEAT(""));
	batch(f, "ev:open|conn:n.2.1|via:tcp");
	expect(f, "ev:bind|conn:n.2.1|key:group:__ANON__\n");
	sa(f, "n.2.1", "A", "alpha");
	assert_null(slice_find(buf_slice(&f->out), SLICE("uid:X")));
	expect_repeat(f, REPEAT("not:n.2.1|"));
	/* who claims the name later does not take it */
	client(f, "n.3.1", "A", "alpha");
	expect_repeat(f, REPEAT("not:n.2.1|"));
	leave(f, "n.2.1");
	expect_repeat(f, REPEAT("not:n.3.1|"));
	/* nothing to be forgotten: it is not kept under n.3.1 */
	put(f, "ev:cot|conn:n.3.1|uid:X|type:b-a-o-can|xml:<c/>");
	expect(f,
	    "ev:send|to:group:__ANON__|not:n.3.1|uid:X|class:chat|"
	    "xml:<c/>\n");
	assert_int_equal(alerts(f), 0);
	fix_free(f);
}

/* Back before the old connection is dead. */
static void
test_back_early(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	sync_now(f, "n");
	client(f, "n.1.1", "A", "alpha");
	raise_one(f, "n.1.1", "X");
	join(f, "n.2.1");
	sa(f, "n.2.1", "A", "alpha");
	assert_null(slice_find(buf_slice(&f->out), SLICE("uid:X")));
	leave(f, "n.1.1");
	expect_repeat(f, REPEAT("not:n.2.1|"));
	fix_free(f);
}

/* Whoever claims a name in another group stops nothing. */
static void
test_back_elsewhere(void **state)
{
	static const struct slice red = {"red", 3};
	struct fix *f = fix_new();
	struct gset *in;
	struct conn *c;

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	raise_one(f, "n.1.1", "X");
	leave(f, "n.1.1");
	join(f, "n.2.1");
	c = conn_find(f->r, SLICE("n.2.1"));
	in = gset_make(&f->r->groups, &red, 1);
	assert_non_null(in);
	conn_set_groups(f->r, c, in, c->out);
	gset_unref(&f->r->groups, in);
	sa(f, "n.2.1", "A", "alpha");
	expect_repeat(f, REPEAT(""));
	fix_free(f);
}

/* An alert said to be of a victim does not count as the victim's. */
static void
test_foisted(void **state)
{
	struct fix *f = fix_new();
	struct conn *c;
	char uid[16];

	(void)state;
	enter(f, "s.1.1", "6.6.6.6:1");
	for (int i = 0; i < 16; i++)
		put(f, "ev:cot|conn:s.1.1|link-uid:A|" ALERT("s%d"), i);
	leave(f, "s.1.1");
	enter(f, "n.1.1", "10.0.0.1:5");
	sa(f, "n.1.1", "A", "alpha");
	c = conn_find(f->r, SLICE("n.1.1"));
	assert_ptr_equal(find(f, "s3")->from, c);
	assert_int_equal(c->alerts, 0);
	for (int i = 0; i < 16; i++) {
		assert_true(str_fmt(uid, sizeof(uid), "r%d", i) > 0);
		raise_one(f, "n.1.1", uid);
	}
	assert_non_null(find(f, "r0"));
	assert_non_null(find(f, "s0"));
	assert_int_equal(c->alerts, 16);
	fix_free(f);
}

/* Who never says who he is waits for the repeat. */
static void
test_unknown_newcomer(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	sync_now(f, "n");
	client(f, "n.1.1", "A", "alpha");
	raise_one(f, "n.1.1", "X");
	join(f, "n.2.1");
	put(f, "ev:cot|conn:n.2.1|uid:m|type:u-d|xml:<x/>");
	forget(f);
	assert_false(route_pending(f->r));
	route_batch_end(f->r, f->now);
	expect(f, "");
	/* known, but gone before it was served */
	put(f,
	    "ev:cot|conn:n.2.1|uid:B|type:a-f|callsign:b|endpoint:|"
	    "stale:" FRESH "|xml:<B/>");
	assert_true(route_pending(f->r));
	leave(f, "n.2.1");
	assert_false(route_pending(f->r));
	fix_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reconnecting),
	    cmocka_unit_test(test_user),
	    cmocka_unit_test(test_open_comes_late),
	    cmocka_unit_test(test_one_address),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_back),
	    cmocka_unit_test(test_back_early),
	    cmocka_unit_test(test_back_elsewhere),
	    cmocka_unit_test(test_foisted),
	    cmocka_unit_test(test_unknown_newcomer),
	};

	return cmocka_run_group_tests_name("route-peers", tests, NULL, NULL);
}
