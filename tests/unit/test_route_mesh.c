/* The mesh, one connection for all devices on a multicast group, in groups
 * that its open names; and events that go out in both encodings. */
#include "route_fix.h"

#define MESH       "ev:open|conn:n.5.1|via:udp|peer:239.2.3.1:6969"
#define BIND(c, k) "ev:bind|conn:" c "|key:" k "\n"
#define EVENT(c)   "ev:cot|conn:" c "|uid:m|type:u-d|xml:<x/>|pb:UEI="
#define SENT(c, to)                                                            \
	"ev:send|" to "|not:" c "|uid:m|class:item|xml:<x/>|pb:UEI=\n"
#define SENT_XML(to, uid, class)                                               \
	"ev:send|" to "|uid:" uid "|class:" class "|xml:<" uid "/>\n"
#define USERS                                                                  \
	"ev:user|name:alice|in:Blue|out:Blue|out:mesh\n"                       \
	"ev:user|name:bob|in:Red|in:mesh|out:Red\n"

static struct fix *
with_users(void)
{
	struct fix *f = fix_new_auth();

	users(f, USERS);
	sync_now(f, "n");
	batch(f, "ev:open|conn:n.1.1|via:tls|user:alice");
	batch(f, "ev:open|conn:n.2.1|via:tls|user:bob");
	batch(f, "ev:open|conn:n.3.1|via:tcp");
	forget(f);
	return f;
}

/* What the core wrote since the last call has a pb, or not. */
static void
expect_pb(struct fix *f, bool want)
{
	bool has;

	assert_true(buf_size(&f->out) > 0);
	assert_int_equal(buf_putc(&f->out, '\0'), 0);
	has = strstr(buf_data(&f->out), "\tpb:UEI=\n") != NULL;
	assert_int_equal(has, want);
	forget(f);
}

/* --- both encodings --- */

/* Of an event that passes as it is. */
static void
test_pb_passes(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	client(f, "n.2.1", "B", "bravo");
	batch(f, EVENT("n.1.1"));
	expect(f, SENT("n.1.1", "to:group:__ANON__"));
	batch(f, EVENT("n.1.1") "|dest-uid:B");
	expect(f, SENT("n.1.1", "to:uid:B|only:group:__ANON__"));
	/* where it stands does not matter, what it says neither */
	batch(f, "ev:cot|pb:a\\\\b|conn:n.1.1|xml:<x/>|uid:m|type:u-d");
	expect(f,
	    "ev:send|to:group:__ANON__|not:n.1.1|uid:m|class:item|xml:<x/>"
	    "|pb:a\\\\b\n");
	/* none, or an empty one: ots-listen makes it */
	batch(f, "ev:cot|conn:n.1.1|uid:m|type:u-d|xml:<x/>|pb:");
	expect_pb(f, false);
	/* made without marti, as the xml is passed on */
	batch(f,
	    "ev:cot|conn:n.1.1|uid:m|type:u-d|dest-uid:B|marti:1+8"
	    "|xml:<<marti/>x/>|pb:UEI=");
	expect(f, SENT("n.1.1", "to:uid:B|only:group:__ANON__"));
	/* a client says itself that an item is gone; the end of an alert */
	batch(f, "ev:cot|conn:n.1.1|uid:m|type:t-x-d-d|xml:<x/>|pb:UEI=");
	expect_pb(f, true);
	batch(f, "ev:cot|conn:n.1.1|uid:m|type:b-a-o-can|xml:<x/>|pb:UEI=");
	expect_pb(f, true);
	batch(f, "ev:cot|uid:m|type:u-d|group:Blue|xml:<x/>|pb:UEI=");
	expect(f, "ev:send|to:group:Blue|uid:m|class:item|xml:<x/>|pb:UEI=\n");
	fix_free(f);
}

/* What we make or edit, and what was kept, has none. */
static void
test_pb_not_made(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	join(f, "n.1.1");
	batch(f,
	    "ev:cot|conn:n.1.1|uid:A|type:a-f-G-U-C|how:m-g|stale:" FRESH
	    "|callsign:alpha|endpoint:|xml:<A/>|pb:UEI=");
	expect_pb(f, true);
	batch(f, "ev:open|conn:n.2.1|via:tcp");
	expect(f,
	    BIND("n.2.1", "group:__ANON__")
		SENT_XML("to:conn:n.2.1", "A", "position"));
	/* the alert itself, its repeat, what newcomers see */
	batch(f,
	    "ev:cot|conn:n.1.1|uid:E|type:b-a-o-tbl|emergency:911|stale:" FRESH
	    "|xml:" CANON(NOW_TEXT, FRESH, "b-a-o-tbl", "E") "|pb:UEI=");
	expect_pb(f, true);
	fix_pass(f, f->cfg.alert_every);
	route_tick(f->r, f->now);
	assert_int_equal(count(f, ROUTE_REPEATS), 1);
	expect_pb(f, false);
	join(f, "n.3.1");
	sa(f, "n.3.1", "C", "charlie");
	expect_pb(f, false);
	/* chat that nobody gets; its sender's end */
	sync_now(f, "n");
	batch(f,
	    "ev:cot|conn:n.3.1|uid:t|type:b-t-f|dest-callsign:nobody|"
	    "xml:" CANON(NOW_TEXT, FRESH, "b-t-f", "t") "|pb:UEI=");
	assert_int_equal(count(f, ROUTE_CHAT_FAILED), 1);
	assert_int_equal(buf_putc(&f->out, '\0'), 0);
	assert_non_null(strstr(buf_data(&f->out),
	    "ev:send\tto:conn:n.3.1\tuid:t\tclass:chat\txml:<event version="
	    "\"2.0\" time=\"" NOW_TEXT "\" start=\"" NOW_TEXT
	    "\" stale=\"" FRESH "\" type=\"b-t-f-s\" uid=\"t\"/>\n"));
	forget(f);
	batch(f, "ev:close|conn:n.1.1");
	expect_pb(f, false);
	fix_free(f);
}

/* Positions that go into other groups, t-x-g-c. */
static void
test_pb_regroup(void **state)
{
	struct fix *f = with_users();

	(void)state;
	batch(f,
	    "ev:cot|conn:n.1.1|uid:A|type:a-f-G-U-C|how:m-g|stale:" FRESH
	    "|callsign:alpha|endpoint:|xml:<A/>|pb:UEI=");
	expect_pb(f, true);
	users(f, "ev:user|name:alice|in:Red|out:Blue\n");
	assert_int_equal(count(f, ROUTE_NOTICES), 1);
	expect_pb(f, false);
	fix_free(f);
}

/* What local programs write passes likewise, and others see all of it. */
static void
test_pb_local(void **state)
{
	struct fix *f = fix_new();
	static struct rec rec;
	struct buf tap = {.max = 4096};
	char text[] = "ev:cot\tuid:m\ttype:u-d\txml:" CANON(
	    NOW_TEXT, FRESH, "u-d", "m") "\tpb:UEI=";

	(void)state;
	assert_int_equal(rec_parse(&rec, slice_of(text)), 1);
	assert_int_equal(
	    route_inject(f->r, &rec, SLICE("feed.1.1"), &tap, f->now), 0);
	expect_pb(f, true);
	assert_true(slice_ends(buf_slice(&tap), "\tpb:UEI=\n"));
	buf_fini(&tap);
	fix_free(f);
}

/* --- groups --- */

static void
test_groups_of_mesh(void **state)
{
	struct fix *f = with_users();

	(void)state;
	batch(f, MESH "|group:mesh");
	expect(f, BIND("n.5.1", "group:mesh"));
	batch(f, EVENT("n.5.1"));
	expect(f, SENT("n.5.1", "to:group:mesh"));
	batch(f, EVENT("n.5.1") "|dest-uid:B");
	expect(f, SENT("n.5.1", "to:uid:B|only:group:mesh"));
	batch(f, EVENT("n.5.1") "|group:Red|dest-group:Red");
	expect(f, "");
	/* it may be in several, and in that of those without a user */
	batch(f, "ev:open|conn:n.6.1|via:udp|group:Red|group:__ANON__");
	expect(f, BIND("n.6.1", "group:Red|key:group:__ANON__"));
	/* without labels it is a client like any other without a user */
	batch(f, "ev:open|conn:n.7.1|via:udp");
	expect(f, BIND("n.7.1", "group:__ANON__"));
	fix_free(f);
}

/* Latest positions obey the groups as well. */
static void
test_mesh_positions(void **state)
{
	struct fix *f = with_users();

	(void)state;
	sa(f, "n.1.1", "A", "alpha"); /* into Blue */
	sa(f, "n.2.1", "B", "bravo"); /* into Red and mesh */
	sa(f, "n.3.1", "C", "charlie");
	forget(f);
	batch(f, MESH "|group:mesh");
	expect(f,
	    BIND("n.5.1", "group:mesh")
		SENT_XML("to:conn:n.5.1", "B", "position"));
	sa(f, "n.5.1", "M", "mike");
	forget(f);
	batch(f, "ev:open|conn:n.1.2|via:tls|user:alice");
	expect(f,
	    BIND("n.1.2", "group:Blue|key:group:mesh") SENT_XML("to:conn:n.1.2",
		"A", "position") SENT_XML("to:conn:n.1.2", "B", "position")
		SENT_XML("to:conn:n.1.2", "M", "position"));
	batch(f, "ev:close|conn:n.5.1");
	expect(f, GONE_TO("to:group:mesh", "", "M", "a-f-G-U-C"));
	fix_free(f);
}

static void
test_without_auth(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	batch(f, MESH "|group:mesh");
	expect(f, BIND("n.5.1", "group:__ANON__"));
	batch(f, EVENT("n.5.1"));
	expect(f, SENT("n.5.1", "to:group:__ANON__"));
	batch(f, MESH "|group:mesh|again:1|key:group:__ANON__");
	batch(f, MESH "|group:other|again:1|key:group:__ANON__");
	expect(f, "");
	assert_int_equal(count(f, ROUTE_BAD), 0);
	fix_free(f);
}

/* Groups of a user are never those of its open. */
static void
test_users_are_not_widened(void **state)
{
	struct fix *f = with_users();

	(void)state;
	batch(f, "ev:open|conn:n.4.1|via:tls|group:Red|user:alice|group:mesh");
	expect(f, BIND("n.4.1", "group:Blue|key:group:mesh"));
	batch(f, EVENT("n.4.1"));
	expect(f, SENT("n.4.1", "to:group:Blue"));
	/* an unknown one, and none where there must be one */
	batch(f, "ev:open|conn:n.6.1|via:tls|group:mesh|user:mallory");
	expect(f, "ev:hangup|conn:n.6.1|why:unknown user\n");
	batch(f, "ev:open|conn:n.7.1|via:tls|group:mesh");
	expect(f, "ev:hangup|conn:n.7.1|why:no user\n");
	/* the first open counts */
	batch(f, "ev:open|conn:n.3.1|via:tcp|group:mesh");
	expect(f, "");
	assert_int_equal(count(f, ROUTE_BAD), 1);
	batch(f, EVENT("n.3.1"));
	expect(f, SENT("n.3.1", "to:group:__ANON__"));
	fix_free(f);
}

/* A name that no group can have is left out; then it is in no group rather
 * than in that of everybody. */
static void
test_bad_names(void **state)
{
	static const char *const bad[] = {"", " x", "a\\tb", "a\\nb", "\x7f",
	    "\xff", "\\\\\\n",
	    "0123456789012345678901234567890123456789012345678901234567890123"
	    "4"};
	struct fix *f = with_users();
	uint64_t before;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		before = count(f, ROUTE_BAD);
		batch(f, MESH "|group:%s", bad[i]);
		expect(f, "");
		assert_int_equal(count(f, ROUTE_BAD), before + 1);
		batch(f, EVENT("n.5.1"));
		batch(f, EVENT("n.5.1") "|dest-uid:A");
		expect(f, "");
		batch(f, "ev:close|conn:n.5.1");
		expect(f, "");
	}
	batch(f, MESH "|group:|group:mesh|group:a\\\\b|group:mesh");
	expect(f, BIND("n.5.1", "group:mesh|key:group:a\\\\b"));
	fix_free(f);
}

/* At most 64, the first by name. */
static void
test_many_groups(void **state)
{
	struct fix *f = with_users();
	char text[4096];
	size_t n = 0;
	struct conn *c;

	(void)state;
	for (int i = 99; i >= 0; i--)
		n += (size_t)snprintf(
		    text + n, sizeof(text) - n, "|group:g%02d", i);
	batch(f, MESH "%s", text);
	c = conn_find(f->r, SLICE("n.5.1"));
	assert_non_null(c);
	assert_int_equal(c->in->n, GROUPS_MAX);
	assert_ptr_equal(c->in, c->out);
	assert_true(gset_has(c->in, SLICE("g00")));
	assert_true(gset_has(c->in, SLICE("g63")));
	assert_false(gset_has(c->in, SLICE("g64")));
	fix_free(f);
}

/* --- restarts --- */

/* A new ots-route: it is in the same groups, and holds their keys. */
static void
test_told_again(void **state)
{
	struct fix *f = fix_new_auth();

	(void)state;
	/* it need not wait for the table of users */
	batch(f, MESH "|group:mesh|again:1|key:group:mesh|key:uid:M|key:uid:N");
	expect(f, "");
	sync_now(f, "n");
	assert_int_equal(route_gauges(f->r).uids, 2);
	batch(f, EVENT("n.5.1"));
	expect(f, SENT("n.5.1", "to:group:mesh"));
	/* the same once more, and what it never said */
	batch(f, MESH "|group:mesh|again:1|key:group:mesh");
	expect(f, "");
	batch(f, MESH "|group:Red|again:1|key:group:mesh");
	batch(f, MESH "|again:1|key:group:mesh");
	batch(f, MESH "|group:mesh|user:alice|again:1|key:group:mesh");
	expect(f, "");
	assert_int_equal(count(f, ROUTE_BAD), 3);
	batch(f, EVENT("n.5.1"));
	expect(f, SENT("n.5.1", "to:group:mesh"));
	fix_free(f);
}

/* It was in others before: of an earlier run, or another --mesh-group. */
static void
test_keys_are_made_right(void **state)
{
	struct fix *f = fix_new_auth();

	(void)state;
	batch(f, MESH "|group:mesh|again:1|key:group:__ANON__|key:group:Red");
	buf_putc(&f->out, '\0');
	assert_non_null(strstr(buf_data(&f->out),
	    "ev:unbind\tconn:n.5.1\tkey:group:__ANON__\tkey:group:Red\n"
	    "ev:bind\tconn:n.5.1\tkey:group:mesh\n"));
	fix_free(f);
}

/* --- many devices on one connection --- */

static void
test_many_devices(void **state)
{
	enum { N = 600 };
	struct fix *f = with_users();
	char uid[16], callsign[16];

	(void)state;
	batch(f, MESH "|group:mesh");
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < N; i++) {
			assert_true(str_fmt(uid, sizeof(uid), "M%d", i) > 0);
			assert_true(
			    str_fmt(callsign, sizeof(callsign), "m%d", i) > 0);
			sa(f, "n.5.1", uid, callsign);
			if (round == 0)
				forget(f);
		}
	/* all are still known: the second round bound nothing */
	assert_int_equal(buf_putc(&f->out, '\0'), 0);
	assert_null(strstr(buf_data(&f->out), "bind"));
	assert_int_equal(route_gauges(f->r).uids, N);
	assert_int_equal(count(f, ROUTE_EVICTED), 0);
	forget(f);
	batch(f, "ev:close|conn:n.5.1");
	assert_int_equal(count(f, ROUTE_GONE), N);
	assert_int_equal(route_gauges(f->r).uids, 0);
	fix_free(f);
}

/* One device does not hide the others. */
static void
test_incognito(void **state)
{
	struct fix *f = with_users();

	(void)state;
	batch(f, MESH "|group:mesh");
	forget(f);
	batch(f, "ev:cot|conn:n.5.1|uid:i|type:t-x-c-i-e|xml:<x/>");
	assert_int_equal(count(f, ROUTE_CONSUMED), 1);
	batch(f, EVENT("n.5.1"));
	expect(f, SENT("n.5.1", "to:group:mesh"));
	fix_free(f);
}

/* A device that was on the mesh an hour ago is not there: when it leaves its
 * connection, it is gone. */
static void
test_left_the_mesh(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	join(f, "n.9.1"); /* who sees it */
	batch(f, MESH);
	sa(f, "n.5.1", "A", "alpha");
	client(f, "n.1.1", "A", "alpha");
	client(f, "n.2.1", "A", "alpha");
	/* while it is there, it is seen there */
	forget(f);
	batch(f, "ev:close|conn:n.2.1");
	expect(f, "");
	fix_pass(f, (uint64_t)3600 * 1000000);
	batch(f, "ev:close|conn:n.1.1");
	assert_int_equal(buf_putc(&f->out, '\0'), 0);
	assert_non_null(strstr(
	    buf_data(&f->out), "ev:send\tto:conn:n.5.1\tto:conn:n.9.1\t"));
	assert_non_null(strstr(buf_data(&f->out), "uid=\"A\" type=\"a-f-G"));
	assert_int_equal(count(f, ROUTE_GONE), 1);
	fix_free(f);
}

/* The first device that it heard of is not the only one: what another client
 * sends under its uid is news to the rest. */
static void
test_no_device(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	batch(f,
	    "ev:cot|conn:n.1.1|uid:A-9|type:b-a-o-tbl|emergency:911|link-uid:A"
	    "|stale:" FRESH "|xml:" CANON(NOW_TEXT, FRESH, "b-a-o-tbl", "A-9"));
	put(f, MESH);
	forget(f);
	sa(f, "n.5.1", "A", "alpha");
	assert_int_equal(buf_putc(&f->out, '\0'), 0);
	assert_non_null(
	    strstr(buf_data(&f->out), "to:conn:n.5.1\tuid:A-9\tclass:chat\t"));
	assert_non_null(strstr(
	    buf_data(&f->out), "to:conn:n.5.1\tuid:A\tclass:position\t"));
	fix_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pb_passes),
	    cmocka_unit_test(test_pb_not_made),
	    cmocka_unit_test(test_pb_regroup),
	    cmocka_unit_test(test_pb_local),
	    cmocka_unit_test(test_groups_of_mesh),
	    cmocka_unit_test(test_mesh_positions),
	    cmocka_unit_test(test_without_auth),
	    cmocka_unit_test(test_users_are_not_widened),
	    cmocka_unit_test(test_bad_names),
	    cmocka_unit_test(test_many_groups),
	    cmocka_unit_test(test_told_again),
	    cmocka_unit_test(test_keys_are_made_right),
	    cmocka_unit_test(test_many_devices),
	    cmocka_unit_test(test_incognito),
	    cmocka_unit_test(test_left_the_mesh),
	    cmocka_unit_test(test_no_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
