/* Groups change while clients are connected (cot-streaming 7.10). */
#include "route_fix.h"

#include <time.h>

#define OPEN(c, u)   "ev:open|conn:" c "|via:tls|peer:1.2.3.4:5|user:" u
#define KEY(w, c, k) "ev:" w "|conn:" c "|key:group:" k "\n"
#define SHOW(to, not, u)                                                       \
	"ev:send|" to "|not:" not "|uid:" u "|class:position|keep:1|xml:<" u   \
				  "/>\n"
#define TOLD(to, u)                                                            \
	"ev:send|to:conn:" to "|uid:" u "|class:position|xml:<" u "/>\n"
#define LEFT(to, u) GONE_TO("to:conn:" to, "", u, "a-f-G-U-C")
#define CAROL       "ev:user|name:carol|in:Blue|in:Red|out:Blue|out:Red\n"

/* alice on two devices, bob, carol who is in both groups */
static struct fix *
four(const char *text)
{
	struct fix *f = fix_new_auth();

	users(f, text);
	sync_now(f, "n");
	batch(f,
	    OPEN("n.1.1", "alice") "\n" OPEN("n.2.1", "alice") "\n" OPEN(
		"n.3.1", "bob") "\n" OPEN("n.4.1", "carol"));
	sa(f, "n.1.1", "A1", "alpha");
	sa(f, "n.2.1", "A2", "apex");
	sa(f, "n.3.1", "B", "bravo");
	sa(f, "n.4.1", "C", "charlie");
	forget(f);
	return f;
}

/* A user moves from one group to another: everything, in its order. */
static void
test_moves(void **state)
{
	struct fix *f = four("ev:user|name:alice|in:Blue|out:Blue\n"
			     "ev:user|name:bob|in:Red|out:Red\n" CAROL);

	(void)state;
	users(f,
	    "ev:user|name:alice|in:Red|out:Red|by:A2\n"
	    "ev:user|name:bob|in:Red|out:Red\n" CAROL);
	expect(f,
	    KEY("unbind", "n.2.1", "Blue") KEY("bind", "n.2.1", "Red")
		KEY("unbind", "n.1.1", "Blue") KEY("bind", "n.1.1", "Red")
	    /* nobody has lost sight of anybody: carol is in both, and the
	     * devices of alice moved together */
	    SHOW("to:group:Red", "n.2.1", "A2") SHOW("to:group:Red", "n.1.1",
		"A1") "ev:send|to:conn:n.2.1|to:conn:n.1.1|uid:B|class:"
		      "position|"
		      "xml:<B/>\n" NOTICE("n.1.1", ".A2"));
	/* and bob on his own, away from the others */
	users(f,
	    "ev:user|name:alice|in:Red|out:Red|by:A2\n"
	    "ev:user|name:bob|in:Green|out:Green\n" CAROL);
	expect(f,
	    KEY("unbind", "n.3.1", "Red") KEY("bind", "n.3.1", "Green")
		GONE_TO("to:conn:n.1.1|to:conn:n.2.1|to:conn:n.4.1", "", "B",
		    "a-f-G-U-C") LEFT("n.3.1", "A1") LEFT("n.3.1", "A2")
		    LEFT("n.3.1", "C") SHOW("to:group:Green", "n.3.1", "B")
			NOTICE("n.3.1", ""));
	/* what changes nothing is not told */
	users(f,
	    "ev:user|name:alice|out:Red|in:Red|by:A1\n"
	    "ev:user|name:bob|in:Green|out:Green\n" CAROL);
	expect(f, "");
	assert_int_equal(count(f, ROUTE_NOTICES), 2);
	fix_free(f);
}

/* One direction only. */
static void
test_directions(void **state)
{
	struct fix *f = fix_new_auth();

	(void)state;
	users(f,
	    "ev:user|name:alice|in:Blue|out:Blue\n"
	    "ev:user|name:bob|in:Blue|out:Blue\n");
	sync_now(f, "n");
	batch(f, OPEN("n.1.1", "alice") "\n" OPEN("n.2.1", "bob"));
	sa(f, "n.1.1", "A", "alpha");
	sa(f, "n.2.1", "B", "bravo");
	forget(f);
	/* she is not to be seen any more, and still sees */
	users(f,
	    "ev:user|name:alice|out:Blue\n"
	    "ev:user|name:bob|in:Blue|out:Blue\n");
	expect(f, LEFT("n.2.1", "A") NOTICE("n.1.1", ""));
	sa(f, "n.1.1", "A", "alpha");
	batch(f,
	    "ev:cot|conn:n.1.1|uid:c|type:b-t-f|dest-uid:B|"
	    "xml:" CANON(NOW_TEXT, FRESH, "b-t-f", "c"));
	assert_null(slice_find(buf_slice(&f->out), SLICE("to:uid:B")));
	assert_non_null(slice_find(buf_slice(&f->out), SLICE("b-t-f-s")));
	forget(f);
	/* when she goes nobody is told: nobody saw her */
	/* she is seen, and does not see */
	users(f,
	    "ev:user|name:alice|in:Blue\n"
	    "ev:user|name:bob|in:Blue|out:Blue\n");
	expect(f,
	    KEY("unbind", "n.1.1", "Blue") LEFT("n.1.1", "B")
		SHOW("to:group:Blue", "n.1.1", "A") NOTICE("n.1.1", ""));
	/* all off */
	users(f,
	    "ev:user|name:alice\n"
	    "ev:user|name:bob|in:Blue|out:Blue\n");
	expect(f, LEFT("n.2.1", "A") NOTICE("n.1.1", ""));
	put(f, "ev:close|conn:n.1.1");
	expect(f, "");
	fix_free(f);
}

/* A device has made its own choice, known by its first position: which is
 * delivered by that choice already. */
static void
test_device(void **state)
{
	static const char before[] =
	    "ev:user|name:alice|in:Blue|out:Blue\n"
	    "ev:device|user:alice|uid:A2|in:Red|out:Red\n"
	    "ev:user|name:bob|in:Red|out:Red\n" CAROL;
	struct fix *f = four(before);

	(void)state;
	batch(f, OPEN("n.5.1", "alice"));
	expect(f,
	    KEY("bind", "n.5.1", "Blue") TOLD("n.5.1", "A1")
		TOLD("n.5.1", "C"));
	sa(f, "n.5.1", "A2", "apex");
	expect(f,
	    KEY("unbind", "n.5.1", "Blue") KEY("bind", "n.5.1", "Red") LEFT(
		"n.5.1", "A1") "ev:bind|conn:n.5.1|key:uid:A2\n"
			       "ev:bind|conn:n.5.1|key:callsign:apex\n" SHOW(
				   "to:group:Red", "n.5.1", "A2")
				   TOLD("n.5.1", "B"));
	/* the uid of bob's device gives him nothing of hers */
	batch(f, OPEN("n.6.1", "bob"));
	forget(f);
	sa(f, "n.6.1", "A1", "x");
	assert_null(slice_find(buf_slice(&f->out), SLICE("Blue")));
	put(f, "ev:close|conn:n.6.1");
	forget(f);
	/* only the device that chose otherwise is told, unless it asked */
	users(f,
	    "ev:user|name:alice|in:Blue|out:Blue\n"
	    "ev:device|user:alice|uid:A2|by:A2\n"
	    "ev:user|name:bob|in:Red|out:Red\n" CAROL);
	assert_null(slice_find(buf_slice(&f->out), SLICE("t-x-g-c")));
	forget(f);
	/* no choice of its own any more */
	users(f,
	    "ev:user|name:alice|in:Blue|out:Blue\n"
	    "ev:user|name:bob|in:Red|out:Red\n" CAROL);
	assert_int_equal(count(f, ROUTE_NOTICES), 2);
	fix_free(f);
}

/* Disabled or deleted while connected. */
static void
test_disabled(void **state)
{
	struct fix *f = four("ev:user|name:alice|in:Blue|out:Blue\n"
			     "ev:user|name:bob|in:Red|out:Red\n" CAROL);

	(void)state;
	users(f,
	    "ev:user|name:alice|in:Blue|out:Blue\n"
	    "ev:user|name:bob|disabled:1|in:Red|out:Red\n" CAROL);
	expect(f,
	    "ev:hangup|conn:n.3.1|why:disabled user\n" GONE_TO(
		"to:group:Red", "", "B", "a-f-G-U-C"));
	/* nothing more of it, nor about it */
	sa(f, "n.3.1", "B", "bravo");
	batch(f, "ev:cot|conn:n.4.1|uid:m|type:u-d|dest-uid:B|xml:<x/>");
	expect(f,
	    "ev:send|to:uid:B|only:group:Blue|only:group:Red|not:n.4.1|"
	    "uid:m|class:item|xml:<x/>\n");
	assert_int_equal(conn_find(f->r, SLICE("n.3.1"))->n_idents, 0);
	batch(f, "ev:close|conn:n.3.1");
	expect(f, "");
	/* deleted: both devices, and the last who sees the other is gone */
	users(f, CAROL);
	expect(f,
	    "ev:hangup|conn:n.2.1|why:unknown user\n" GONE_TO("to:group:Blue",
		"", "A2", "a-f-G-U-C") "ev:hangup|conn:n.1.1|why:unknown "
				       "user\n" GONE_TO("to:group:Blue", "",
					   "A1", "a-f-G-U-C"));
	fix_free(f);
}

/* --- emergencies --- */

#define XML             CANON(NOW_TEXT, FRESH, "b-a-o-tbl", "X")
#define AGAIN           CANON(NOW_TEXT, "2027-01-15T08:00:15.000Z", "b-a-o-tbl", "X")
#define RAISE           "ev:cot|conn:n.1.1|uid:X|type:b-a-o-tbl|emergency:911|xml:" XML
#define XLEFT(to)       GONE_TO("to:conn:" to, "", "X", "b-a-o-tbl")
#define TWO(alice, bob) "ev:user|name:alice" alice "\nev:user|name:bob" bob "\n"

static struct fix *
distress(void)
{
	struct fix *f = fix_new_auth();

	users(f, TWO("|in:Blue|out:Blue", "|out:Blue"));
	sync_now(f, "n");
	batch(f, OPEN("n.1.1", "alice") "\n" OPEN("n.2.1", "bob"));
	sa(f, "n.1.1", "A", "alpha");
	sa(f, "n.2.1", "B", "bravo");
	batch(f, RAISE);
	forget(f);
	return f;
}

static bool
said(const struct fix *f, const char *text)
{
	char *line = slice_dup(slice_of(text));
	bool found;

	assert_non_null(line);
	for (char *p = line; *p != '\0'; p++)
		*p = *p == '|' ? '\t' : *p;
	found = slice_find(buf_slice(&f->out), slice_of(line)) != NULL;
	free(line);
	return found;
}

static void
test_alert_follows(void **state)
{
	struct fix *f = distress();

	(void)state;
	/* all off: nobody sees it, and nothing is repeated */
	users(f, TWO("", "|out:Blue"));
	assert_true(said(f, XLEFT("n.2.1")));
	forget(f);
	fix_pass(f, 10000000);
	route_tick(f->r, f->now);
	expect(f, "");
	f->now.wall_us = WALL_US;
	/* on again, elsewhere */
	users(f, TWO("|in:Red|out:Red", "|out:Blue"));
	assert_true(said(
	    f, "ev:send|to:group:Red|not:n.1.1|uid:X|class:chat|xml:" AGAIN));
	forget(f);
	/* who comes to see her sees it */
	users(f, TWO("|in:Red|out:Red", "|out:Blue|out:Red"));
	assert_true(said(f, "ev:send|to:conn:n.2.1|uid:X|class:chat|xml:"));
	assert_true(said(f, TOLD("n.2.1", "A")));
	forget(f);
	/* and who no longer may, does not */
	users(f, TWO("|in:Red|out:Red", "|out:Blue"));
	assert_true(said(f, XLEFT("n.2.1")));
	forget(f);
	/* also when she has gone */
	put(f, "ev:close|conn:n.1.1");
	forget(f);
	users(f, TWO("|in:Blue|out:Red", "|out:Blue"));
	expect(f, "ev:send|to:group:Blue|uid:X|class:chat|xml:" AGAIN "\n");
	/* bob may cancel it no more than before: he sends into no group */
	put(f, "ev:cot|conn:n.2.1|uid:X|type:b-a-o-can|xml:<x/>");
	assert_int_equal(route_gauges(f->r).alerts, 1);
	fix_free(f);
}

/* She cancels it herself while all her groups are off. */
static void
test_alert_cancelled_unseen(void **state)
{
	struct fix *f = distress();

	(void)state;
	users(f, TWO("", "|out:Blue"));
	forget(f);
	put(f, "ev:cot|conn:n.2.1|uid:X|type:b-a-o-can|xml:<x/>");
	assert_int_equal(route_gauges(f->r).alerts, 1);
	put(f, "ev:cot|conn:n.1.1|uid:X|type:b-a-o-can|xml:<x/>");
	expect(f, "ev:forget|conn:n.1.1|uid:X\n");
	assert_int_equal(route_gauges(f->r).alerts, 0);
	fix_free(f);
}

/* One for a part of her groups stays within that part. */
static void
test_alert_part(void **state)
{
	struct fix *f = distress();

	(void)state;
	users(f, TWO("|in:Blue|in:Red|out:Blue", "|out:Blue"));
	batch(f,
	    "ev:cot|conn:n.1.1|uid:X|type:b-a-o-tbl|emergency:911|"
	    "dest-group:Red|xml:" XML);
	users(f, TWO("|in:Blue|out:Blue", "|out:Blue"));
	forget(f);
	fix_pass(f, 10000000);
	route_tick(f->r, f->now);
	expect(f, "");
	users(f, TWO("|in:Blue|in:Red|out:Blue", "|out:Blue"));
	assert_true(said(f, "ev:send|to:group:Red|not:n.1.1|uid:X|"));
	assert_false(said(f, "to:group:Blue|not:n.1.1|uid:X|"));
	fix_free(f);
}

static void
test_alert_of_disabled(void **state)
{
	struct fix *f = distress();

	(void)state;
	put(f, "ev:close|conn:n.1.1");
	forget(f);
	users(f, TWO("|disabled:1|in:Blue", "|out:Blue"));
	assert_true(said(f, "ev:send|to:group:Blue|uid:X|class:chat|xml:"));
	assert_true(said(f, "b-a-o-can"));
	assert_int_equal(route_gauges(f->r).alerts, 0);
	fix_free(f);
}

/* Another user who takes the uid of the one who left does not take the alert
 * along into his groups, and gets it like others. */
static void
test_alert_not_adopted(void **state)
{
	struct fix *f = distress();

	(void)state;
	put(f, "ev:close|conn:n.1.1");
	users(f, TWO("|in:Blue|out:Blue", "|in:Blue|in:Red|out:Blue"));
	batch(f, OPEN("n.3.1", "bob"));
	sa(f, "n.3.1", "A", "alpha");
	forget(f);
	fix_pass(f, 10000000);
	route_tick(f->r, f->now);
	assert_true(said(f, "ev:send|to:group:Blue|uid:X|class:item|"));
	fix_free(f);
}

/* --- order and size --- */

/* What is new waits for room; t-x-g-c comes behind it. */
static void
test_waits_for_room(void **state)
{
	struct fix *f = fix_new_auth();
	const char *last, *notice;
	char conn[32], uid[16];

	(void)state;
	users(f, "ev:user|name:alice|in:Blue|out:Blue\n");
	sync_now(f, "n");
	for (int i = 0; i < 50; i++) {
		assert_true(str_fmt(conn, sizeof(conn), "t.%d.1", i) > 0);
		assert_true(str_fmt(uid, sizeof(uid), "U%d", i) > 0);
		client(f, conn, uid, uid);
	}
	batch(f, OPEN("n.1.1", "alice"));
	sa(f, "n.1.1", "A", "alpha");
	forget(f);
	f->r->cfg.out_high = 500;
	users(f, "ev:user|name:alice|in:Blue|out:Blue|out:__ANON__\n");
	assert_true(route_pending(f->r));
	assert_false(said(f, "t-x-g-c"));
	/* a second change before the first was told all */
	f->r->cfg.out_high = 1 << 20;
	users(f, "ev:user|name:alice|in:Red|out:Blue|out:__ANON__\n");
	notice = slice_find(buf_slice(&f->out), SLICE("t-x-g-c"));
	last = slice_find(buf_slice(&f->out), SLICE("xml:<U49/>"));
	assert_non_null(notice);
	assert_non_null(last);
	assert_true(last < notice);
	assert_false(route_pending(f->r));
	assert_int_equal(count(f, ROUTE_NOTICES), 1);
	fix_free(f);
}

static uint64_t
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static char *
big_table(unsigned n, unsigned moved, const char *in)
{
	size_t size = (size_t)n * 600, len = 0;
	char *text = malloc(size);

	assert_non_null(text);
	for (unsigned i = 0; i < n; i++) {
		len += (size_t)snprintf(
		    text + len, size - len, "ev:user|name:u%u", i);
		for (unsigned g = 0; g < 16; g++)
			len += (size_t)snprintf(text + len, size - len,
			    "|in:g%u|out:g%u", (i + g) % 24, (i + g) % 24);
		if (i < moved)
			len += (size_t)snprintf(
			    text + len, size - len, "|in:%s|out:%s", in, in);
		len += (size_t)snprintf(text + len, size - len, "\n");
	}
	return text;
}

static void
change(struct fix *f, unsigned n, unsigned moved, const char *in)
{
	char *text = big_table(n, moved, in);
	uint64_t begun;

	forget(f);
	begun = now_us();
	users(f, text);
	print_message("%u of %u users change: %u us with the table, "
		      "%zu bytes\n",
	    moved, n, (unsigned)(now_us() - begun), buf_size(&f->out));
	free(text);
}

/* Many users: one changes, then all at once. */
static void
test_many(void **state)
{
	unsigned n = getenv("ROUTE_USERS") != NULL ? 10000 : 300;
	struct fix *f = fix_new_auth();
	char *text = big_table(n, 0, "");
	char conn[32], uid[32];

	(void)state;
	f->r->cfg.latest_max = (uint64_t)1 << 30;
	users(f, text);
	free(text);
	sync_now(f, "n");
	for (unsigned i = 0; i < n; i++) {
		assert_true(str_fmt(conn, sizeof(conn), "n.%u.1", i) > 0);
		assert_true(str_fmt(uid, sizeof(uid), "U%u", i) > 0);
		put(f, "ev:open|conn:%s|via:tls|user:u%u", conn, i);
		sa(f, conn, uid, uid);
		forget(f);
	}
	if (n < 1000)
		f->r->exact_max = 50000;
	change(f, n, 0, "");
	change(f, n, 1, "one");
	assert_int_equal(count(f, ROUTE_NOTICES), 1);
	change(f, n, 0, "one");
	assert_int_equal(count(f, ROUTE_NOTICES), 2);
	change(f, n, 100, "some");
	assert_int_equal(count(f, ROUTE_NOTICES), 102);
	change(f, n, n, "all");
	while (route_pending(f->r)) {
		forget(f);
		route_batch_end(f->r, f->now);
	}
	assert_int_equal(count(f, ROUTE_NOTICES), 102 + n);
	change(f, n, 0, "all");
	fix_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_moves),
	    cmocka_unit_test(test_directions),
	    cmocka_unit_test(test_device),
	    cmocka_unit_test(test_disabled),
	    cmocka_unit_test(test_alert_follows),
	    cmocka_unit_test(test_alert_cancelled_unseen),
	    cmocka_unit_test(test_alert_part),
	    cmocka_unit_test(test_alert_of_disabled),
	    cmocka_unit_test(test_alert_not_adopted),
	    cmocka_unit_test(test_waits_for_room),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests_name("route-regroup", tests, NULL, NULL);
}
