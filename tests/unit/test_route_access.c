/* Who takes part: users of ots-auth, those without one, those whom nobody
 * knows (yet), and what a restart makes of them. */
#include "route_fix.h"

#define OPEN(c, u)    "ev:open|conn:" c "|via:tls|peer:1.2.3.4:5|user:" u
#define BIND(c, k)    "ev:bind|conn:" c "|key:" k "\n"
#define UNBIND(c, k)  "ev:unbind|conn:" c "|key:" k "\n"
#define REFUSED(c, w) "ev:hangup|conn:" c "|why:" w "\n"
#define EVENT(c)      "ev:cot|conn:" c "|uid:m|type:u-d|xml:<x/>"
#define SENT(c, to)   "ev:send|" to "|not:" c "|uid:m|class:item|xml:<x/>\n"
#define ALICE         "ev:user|name:alice|in:Blue|out:Blue|out:Red\n"
#define BOB           "ev:user|name:bob|in:Red\n"
#define CAROL         "ev:user|name:carol|disabled:1|in:Blue|out:Blue\n"

static struct fix *
with_users(void)
{
	struct fix *f = fix_new_auth();

	users(f, ALICE BOB CAROL);
	sync_now(f, "n");
	return f;
}

/* The shell line: all are equal. */
static void
test_without_auth(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	assert_true(route_ready(f->r));
	batch(f, OPEN("n.1.1", "alice"));
	expect(f, BIND("n.1.1", "group:__ANON__"));
	batch(f, EVENT("n.1.1"));
	expect(f, SENT("n.1.1", "to:group:__ANON__"));
	fix_free(f);
}

static void
test_groups_of_users(void **state)
{
	struct fix *f = with_users();

	(void)state;
	batch(f, OPEN("n.1.1", "alice"));
	expect(f, BIND("n.1.1", "group:Blue|key:group:Red"));
	batch(f, OPEN("n.2.1", "bob"));
	expect(f, "");
	batch(f, "ev:open|conn:n.3.1|via:tcp|peer:1.2.3.4:5");
	expect(f, BIND("n.3.1", "group:__ANON__"));
	batch(f, EVENT("n.1.1"));
	expect(f, SENT("n.1.1", "to:group:Blue"));
	batch(f, EVENT("n.2.1"));
	expect(f, SENT("n.2.1", "to:group:Red"));
	batch(f, EVENT("n.3.1"));
	expect(f, SENT("n.3.1", "to:group:__ANON__"));
	/* a dest group that is not among those that it may send into */
	batch(f, EVENT("n.1.1") "|dest-group:Red");
	expect(f, "");
	batch(f, EVENT("n.1.1") "|dest-uid:X|dest-group:Blue");
	expect(f, SENT("n.1.1", "to:uid:X|only:group:Blue"));
	fix_free(f);
}

/* Whoever is refused is told nothing, and nobody hears of it. */
static void
test_refused(void **state)
{
	static const struct {
		const char *open, *want;
	} t[] = {
	    {OPEN("n.1.1", "mallory"), REFUSED("n.1.1", "unknown user")},
	    {OPEN("n.1.1", "carol"), REFUSED("n.1.1", "disabled user")},
	    {OPEN("n.1.1", "Alice"), REFUSED("n.1.1", "unknown user")},
	    {"ev:open|conn:n.1.1|via:tls", REFUSED("n.1.1", "no user")},
	    {"ev:open|conn:n.1.1|via:tls|user:", REFUSED("n.1.1", "no user")},
	};
	struct fix *f = with_users();

	(void)state;
	client(f, "n.9.1", "A", "alpha");
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		batch(f, "%s", t[i].open);
		expect(f, t[i].want);
		sa(f, "n.1.1", "B", "bravo");
		batch(f, EVENT("n.1.1") "|dest-uid:A");
		batch(f, "ev:cot|conn:n.1.1|uid:i|type:t-x-c-i-e|xml:<x/>");
		batch(f,
		    "ev:cot|conn:n.1.1|again:1|uid:B|type:a-f|callsign:b|"
		    "endpoint:|stale:" FRESH "|xml:<B/>");
		expect(f, "");
		/* told again, it is refused again */
		batch(f, "%s|again:1|key:uid:A|key:group:Blue", t[i].open);
		expect(f, REFUSED("n.1.1", "refused before"));
		assert_int_equal(route_gauges(f->r).uids, 1);
		batch(f, "ev:close|conn:n.1.1");
		expect(f, "");
	}
	assert_int_equal(count(f, ROUTE_BARRED), 20);
	assert_int_equal(count(f, ROUTE_HANGUPS), 10);
	fix_free(f);
}

/* Nothing but the first open says who it is. */
static void
test_identity_stays(void **state)
{
	struct fix *f = with_users();

	(void)state;
	batch(f, OPEN("n.1.1", "bob"));
	batch(f, "ev:open|conn:n.2.1|via:tcp");
	forget(f);
	batch(f, OPEN("n.1.1", "alice"));
	batch(f, OPEN("n.1.1", "alice") "|again:1|key:group:Blue");
	batch(f, OPEN("n.2.1", "alice"));
	batch(f, "ev:open|conn:n.1.1|via:tcp");
	assert_int_equal(count(f, ROUTE_BAD), 4);
	expect(f, "");
	batch(f, EVENT("n.1.1") "|user:alice|group:Blue");
	expect(f, SENT("n.1.1", "to:group:Red"));
	batch(f, EVENT("n.2.1") "|user:alice");
	expect(f, SENT("n.2.1", "to:group:__ANON__"));
	batch(f, "ev:frame|conn:n.1.1|user:alice|xml:<x/>");
	batch(f, "ev:close|conn:n.3.1|user:alice");
	expect(f, "");
	fix_free(f);
}

/* --- before the first table --- */

static void
test_waiting(void **state)
{
	struct fix *f = fix_new_auth();

	(void)state;
	sync_now(f, "n");
	assert_false(route_ready(f->r));
	/* without a user it need not wait */
	client(f, "n.9.1", "T", "tango");
	batch(f, OPEN("n.1.1", "alice") "\n" OPEN("n.2.1", "alice"));
	batch(f, OPEN("n.3.1", "mallory"));
	sa(f, "n.1.1", "A", "alpha");
	expect(f, "");
	assert_int_equal(count(f, ROUTE_WAITING), 1);
	/* a torn table is none */
	auth(f, "ev:users|revision:1\n" ALICE);
	route_auth_lost(f->r);
	expect(f, "");
	users(f, ALICE "ev:user|name:zoe|out:__ANON__\n");
	assert_true(route_ready(f->r));
	/* the order of those who waited does not matter */
	assert_non_null(
	    slice_find(buf_slice(&f->out), SLICE("ev:hangup\tconn:n.3.1\t")));
	assert_non_null(slice_find(buf_slice(&f->out),
	    SLICE("ev:bind\tconn:n.1.1\tkey:group:Blue\tkey:group:Red\n")));
	assert_non_null(slice_find(buf_slice(&f->out),
	    SLICE("ev:bind\tconn:n.2.1\tkey:group:Blue\tkey:group:Red\n")));
	/* and what ots-listen keeps of them is asked for */
	assert_non_null(slice_find(buf_slice(&f->out), SLICE("ev:hello\t")));
	assert_null(slice_find(buf_slice(&f->out), SLICE("t-x-g-c")));
	forget(f);
	batch(f, OPEN("n.4.1", "zoe"));
	expect(f,
	    BIND("n.4.1", "group:__ANON__") "ev:send|to:conn:n.4.1|uid:T|class:"
					    "position|xml:<T/>\n");
	assert_int_equal(f->r->waits, 0);
	fix_free(f);
}

static void
test_waiting_ends(void **state)
{
	struct fix *f = fix_new_auth();

	(void)state;
	sync_now(f, "n");
	batch(f, OPEN("n.1.1", "alice"));
	/* one that was there before has groups that may not be its due */
	batch(f, OPEN("n.2.1", "alice") "|again:1|key:group:Blue|key:uid:A");
	expect(f, UNBIND("n.2.1", "group:Blue"));
	batch(f, "ev:close|conn:n.1.1");
	assert_int_equal(f->r->waits, 1);
	conn_sweep(f->r, SLICE("n"), false, f->now);
	assert_int_equal(f->r->waits, 0);
	users(f, ALICE);
	expect(f, "");
	assert_int_equal(f->r->users.all.n, 1);
	fix_free(f);
}

/* --- events before their open --- */

static void
test_held(void **state)
{
	struct fix *f = fix_new_auth();

	(void)state;
	users(f, ALICE BOB);
	sa(f, "n.1.1", "A", "alpha");
	batch(f, EVENT("n.1.1"));
	batch(f, EVENT("n.2.1"));
	expect(f, "");
	assert_true(f->r->held > 0);
	batch(
	    f, OPEN("n.1.1", "alice") "|again:1|key:group:Blue|key:group:Red");
	expect(f,
	    BIND("n.1.1", "uid:A") BIND("n.1.1",
		"callsign:alpha") "ev:send|to:group:Blue|not:n.1.1|uid:A|class:"
				  "position|keep:1|"
				  "xml:<A/>\n" SENT("n.1.1", "to:group:Blue"));
	/* n.2.1 is not told again: it has gone, and who it was is not known */
	assert_int_equal(count(f, ROUTE_UNOPENED), 0);
	sync_now(f, "n");
	assert_int_equal(count(f, ROUTE_UNOPENED), 1);
	assert_int_equal(f->r->conns.n, 1);
	/* nor is what a refused one said kept for anybody */
	batch(f, EVENT("n.3.1"));
	batch(f, OPEN("n.3.1", "mallory"));
	expect(f, REFUSED("n.3.1", "unknown user"));
	assert_int_equal(count(f, ROUTE_UNOPENED), 2);
	assert_int_equal(f->r->held, 0);
	fix_free(f);
}

static void
test_held_bounds(void **state)
{
	struct fix *f = fix_new_auth();
	static char big[60000];
	char conn[32];

	(void)state;
	users(f, ALICE);
	memset(big, 'x', sizeof(big) - 1);
	for (int i = 0; i < 20; i++)
		put(f, "ev:cot|conn:n.1.1|uid:m|type:u-d|xml:%s", big);
	assert_int_equal(count(f, ROUTE_UNOPENED), 3);
	assert_true(f->r->held <= 1 << 20);
	for (int i = 0; i < 80; i++) {
		assert_true(str_fmt(conn, sizeof(conn), "n.%d.2", i) > 0);
		for (int k = 0; k < 17; k++)
			put(f, "ev:cot|conn:%s|uid:m|type:u-d|xml:%s", conn,
			    big);
	}
	assert_true(f->r->held <= 64 << 20);
	assert_true(count(f, ROUTE_UNOPENED) > 3);
	/* it goes on with what it has */
	batch(f, OPEN("n.1.1", "alice"));
	assert_int_equal(count(f, ROUTE_BROADCAST), 17);
	fix_free(f);
}

/* --- restarts --- */

static void
test_told_again(void **state)
{
	struct fix *f = fix_new_auth();

	(void)state;
	users(f, ALICE "ev:device|user:alice|uid:A2|in:Red|out:Red\n");
	/* as it should be */
	batch(f,
	    OPEN("n.1.1", "alice") "|again:1|key:group:Red|key:group:Blue|key:"
				   "uid:A|key:callsign:a");
	expect(f, "");
	/* its groups changed meanwhile: it has to look anew */
	batch(f, OPEN("n.2.1", "alice") "|again:1|key:group:Old|key:uid:B");
	expect(f,
	    UNBIND("n.2.1", "group:Old")
		BIND("n.2.1", "group:Blue|key:group:Red") NOTICE("n.2.1", ""));
	/* our bind was lost */
	batch(f, OPEN("n.3.1", "alice") "|again:1");
	expect(f, BIND("n.3.1", "group:Blue|key:group:Red"));
	/* the choice of the device, which is known by its key */
	batch(f, OPEN("n.4.1", "alice") "|again:1|key:group:Red|key:uid:A2");
	expect(f, "");
	batch(f, EVENT("n.4.1"));
	expect(f, SENT("n.4.1", "to:group:Red"));
	/* one that is disabled since */
	batch(f, OPEN("n.5.1", "bob") "|again:1|key:group:Red|key:uid:C");
	expect(f, REFUSED("n.5.1", "unknown user"));
	/* known already, and as it should be but for what is on its way */
	batch(f, OPEN("n.1.1", "alice") "|again:1|key:group:Blue|key:uid:A");
	expect(f, BIND("n.1.1", "group:Blue|key:group:Red"));
	fix_free(f);
}

/* ots-auth goes away: what it said last counts. */
static void
test_auth_lost(void **state)
{
	struct fix *f = with_users();

	(void)state;
	auth(f, "ev:users|revision:99\nev:user|name:bob|in:Blue|out:Blue\n");
	route_auth_lost(f->r);
	assert_int_equal(route_gauges(f->r).users_torn, 1);
	batch(f, OPEN("n.1.1", "alice"));
	expect(f, BIND("n.1.1", "group:Blue|key:group:Red"));
	batch(f, OPEN("n.2.1", "bob") "\n" EVENT("n.2.1"));
	expect(f, SENT("n.2.1", "to:group:Red"));
	fix_free(f);
}

/* Local programs are no users, whatever they write. */
static void
test_local(void **state)
{
	struct fix *f = with_users();

	(void)state;
	batch(f, "ev:cot|user:alice|uid:m|type:u-d|xml:<x/>");
	expect(f, "ev:send|to:group:__ANON__|uid:m|class:item|xml:<x/>\n");
	batch(f, "ev:cot|user:alice|group:Blue|uid:m|type:u-d|xml:<x/>");
	expect(f, "ev:send|to:group:Blue|uid:m|class:item|xml:<x/>\n");
	fix_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_without_auth),
	    cmocka_unit_test(test_groups_of_users),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_identity_stays),
	    cmocka_unit_test(test_waiting),
	    cmocka_unit_test(test_waiting_ends),
	    cmocka_unit_test(test_held),
	    cmocka_unit_test(test_held_bounds),
	    cmocka_unit_test(test_told_again),
	    cmocka_unit_test(test_auth_lost),
	    cmocka_unit_test(test_local),
	};

	return cmocka_run_group_tests_name("route-access", tests, NULL, NULL);
}
