/* Where devices were before the server was started, as ots-store says it. */
#include "route_fix.h"

#define TO(conn)           "ev:send|to:conn:" conn
#define BIND(c)            "ev:bind|conn:" c "|key:group:__ANON__\n"
#define USER(name, groups) "ev:user|name:" name groups "\n"

#define LATEST(uid, groups, stale)                                             \
	"ev:latest|uid:" uid "|type:a-f-G-U-C|how:m-g|stale:" stale            \
	"|callsign:c" uid "|endpoint:|user:u" groups "|xml:<" uid "/>"
#define ANON     "|group:__ANON__"
#define SHOWN(u) "|uid:" u "|class:position|xml:<" u "/>\n"

static bool
has(const struct fix *f, const char *text)
{
	return slice_find(buf_slice(&f->out), slice_of(text)) != NULL;
}

static void
test_latest(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	/* to who is there, and to who comes */
	batch(f, LATEST("D", ANON, FRESH));
	expect(f, "ev:send|to:group:__ANON__" SHOWN("D"));
	batch(f, "ev:open|conn:n.2.1|via:tcp");
	expect(f, BIND("n.2.1") TO("n.2.1") SHOWN("A") TO("n.2.1") SHOWN("D"));
	/* stale, what says no place, what has a connection */
	batch(f, LATEST("E", ANON, STALE));
	assert_int_equal(count(f, ROUTE_BAD), 0);
	batch(f, "ev:latest|uid:E|type:b-m-p|stale:" FRESH ANON "|xml:<E/>");
	batch(f,
	    "ev:latest|conn:n.1.1|uid:E|type:a-f-G|stale:" FRESH ANON
	    "|xml:<E/>");
	batch(f, "ev:latest|uid:E|type:a-f-G" ANON "|xml:<E/>");
	assert_int_equal(count(f, ROUTE_BAD), 3);
	expect(f, "");
	/* without ots-auth all are in __ANON__ */
	batch(f, LATEST("G", "|group:Blue", FRESH));
	expect(f, "ev:send|to:group:__ANON__" SHOWN("G"));
	/* its destinations (all of them) go */
	batch(f,
	    "ev:latest|uid:F|type:a-f-G|stale:" FRESH ANON
	    "|xml:<event><detail><marti><dest callsign=\"All Streaming\"/>"
	    "</marti></detail></event>");
	expect(f,
	    "ev:send|to:group:__ANON__|uid:F|class:position|"
	    "xml:<event><detail></detail></event>\n");
	/* one who is there says it better */
	batch(f, LATEST("A", ANON, FRESH));
	expect(f, "");
	assert_int_equal(count(f, ROUTE_LATEST), 3);
	assert_int_equal(count(f, ROUTE_LATEST_LEFT), 2);
	fix_free(f);
}

/* Until it speaks; then it is as everybody else. */
static void
test_latest_speaks(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	batch(f, LATEST("D", ANON, FRESH));
	join(f, "n.1.1");
	sa(f, "n.1.1", "D", "delta");
	forget(f);
	assert_int_equal(f->r->n_idents, 1);
	batch(f, "ev:open|conn:n.2.1|via:tcp");
	expect(f, BIND("n.2.1") TO("n.2.1") SHOWN("D"));
	put(f, "ev:close|conn:n.1.1");
	expect(f, GONE("D", "a-f-G-U-C"));
	batch(f, "ev:open|conn:n.3.1|via:tcp");
	expect(f, BIND("n.3.1"));
	fix_free(f);
}

/* Nobody says that it leaves; it is there until it is stale. */
static void
test_latest_ends(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	batch(f, LATEST("D", ANON, FRESH));
	batch(f, LATEST("E", ANON, "2027-01-15T08:00:20.000Z"));
	put(f, "ev:hello|program:ots-listen|node:n");
	fix_pass(f, 20000000);
	batch(f, "ev:open|conn:n.1.1|via:tcp");
	assert_true(has(f, "to:conn:n.1.1\tuid:D"));
	assert_false(has(f, "to:conn:n.1.1\tuid:E"));
	assert_false(has(f, "t-x-d-d"));
	assert_int_equal(f->r->n_idents, 1);
	fix_free(f);
}

/* It may be told more often: when ots-listen has told all again, or ots-store
 * was started anew. */
static void
test_latest_again(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	batch(f, LATEST("D", ANON, FRESH));
	join(f, "n.1.1");
	forget(f);
	batch(f, LATEST("D", ANON, FRESH));
	expect(f, "");
	/* another one: it was there, and the server ended, again */
	batch(f,
	    "ev:latest|uid:D|type:a-f-G-U-C|stale:" FRESH ANON "|xml:<new/>");
	expect(
	    f, "ev:send|to:group:__ANON__|uid:D|class:position|xml:<new/>\n");
	assert_int_equal(f->r->n_idents, 1);
	assert_int_equal(count(f, ROUTE_LATEST), 2);
	batch(f, "ev:open|conn:n.2.1|via:tcp");
	expect(
	    f, BIND("n.2.1") TO("n.2.1") "|uid:D|class:position|xml:<new/>\n");
	fix_free(f);
}

/* Its own word counts, whichever comes first; also its word that it is there,
 * and not to be seen. */
static void
test_latest_incognito(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	batch(f, LATEST("D", ANON, FRESH));
	join(f, "n.2.1");
	put(f, "ev:cot|conn:n.2.1|uid:X|type:t-x-c-i-e|xml:<x/>");
	expect(f, "ev:bind|conn:n.2.1|key:incognito:1\n");
	put(f,
	    "ev:cot|conn:n.2.1|uid:D|type:a-f-G-U-C|callsign:delta|"
	    "endpoint:|stale:" FRESH "|xml:<D/>");
	expect(f,
	    GONE("D", "a-f-G-U-C") "ev:bind|conn:n.2.1|key:uid:D\n"
				   "ev:bind|conn:n.2.1|key:callsign:delta\n");
	batch(f, LATEST("D", ANON, FRESH));
	expect(f, "");
	batch(f, "ev:open|conn:n.3.1|via:tcp");
	expect(f, BIND("n.3.1") TO("n.3.1") SHOWN("A"));
	fix_free(f);
}

/* It hears nothing: a chat to it fails, where there is no mailbox. */
static void
test_latest_away(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	sync_now(f, "n");
	client(f, "n.1.1", "A", "alpha");
	batch(f, LATEST("D", ANON, FRESH));
	put(f,
	    "ev:cot|conn:n.1.1|t:7|uid:M|type:b-t-f|dest-uid:D|xml:" CANON(
		NOW_TEXT, FRESH, "b-t-f", "M"));
	assert_int_equal(count(f, ROUTE_CHAT_FAILED), 1);
	fix_free(f);
}

#define OF(uid, user, groups)                                                  \
	"ev:latest|uid:" uid "|type:a-f-G-U-C|stale:" FRESH user groups        \
	"|xml:<" uid "/>"

/* Without a user they are those of the record. */
static void
test_latest_groups(void **state)
{
	struct fix *f = fix_new_auth();

	(void)state;
	users(f, USER("ann", "|in:Red|out:Blue") USER("bob", "|out:Red"));
	batch(f, OF("D", "", "|group:Blue|group:Green"));
	expect(f, "ev:send|to:group:Blue|to:group:Green" SHOWN("D"));
	batch(f, OF("E", "", ""));
	expect(f, "");
	assert_int_equal(count(f, ROUTE_LATEST_LEFT), 1);
	batch(f, "ev:open|conn:n.1.1|via:tls|user:bob");
	assert_false(has(f, "uid:D"));
	batch(f, "ev:open|conn:n.2.1|via:tls|user:ann");
	assert_true(has(f, "to:conn:n.2.1\tuid:D"));
	/* bob may see it from now on */
	forget(f);
	users(f, USER("ann", "|in:Red|out:Blue") USER("bob", "|out:Green"));
	assert_true(has(f, "to:conn:n.1.1\tuid:D"));
	/* and no longer */
	forget(f);
	users(f, USER("ann", "|in:Red|out:Blue") USER("bob", "|out:Red"));
	assert_true(has(f, "ev:send\tto:conn:n.1.1\tuid:00000000"));
	assert_true(has(f, "<link relation=\"p-p\" uid=\"D\""));
	fix_free(f);
}

#define VIEWERS                                                                \
	"ev:open|conn:n.1.1|via:tls|user:red\n"                                \
	"ev:open|conn:n.2.1|via:tls|user:blue\n"
#define EYES USER("red", "|out:Red") USER("blue", "|out:Blue")

/* With one they are its own now, whatever they were. */
static void
test_latest_of_users(void **state)
{
	struct fix *f = fix_new_auth();

	(void)state;
	users(f,
	    EYES USER("ann", "|in:Red") USER("bob", "|in:Red|disabled:1")
		USER("out", ""));
	batch(f, VIEWERS);
	forget(f);
	batch(f, OF("D", "|user:ann", "|group:Blue|group:__ANON__"));
	expect(f, "ev:send|to:group:Red" SHOWN("D"));
	batch(f, OF("E", "|user:bob", "|group:Red"));
	batch(f, OF("F", "|user:eve", "|group:Red"));
	batch(f, OF("G", "|user:out", "|group:Red"));
	expect(f, "");
	assert_int_equal(count(f, ROUTE_LATEST_LEFT), 2);
	/* it follows its user */
	users(f, EYES USER("ann", "|in:Blue") USER("out", "|in:Red"));
	expect(f,
	    GONE_TO("to:conn:n.1.1", "", "D",
		"a-f-G-U-C") "ev:send|to:group:Blue" SHOWN("D") "ev:send|to:"
								"group:"
								"Red" SHOWN(
								    "G"));
	/* a device with another choice */
	users(f,
	    EYES USER("ann",
		"|in:Blue") "ev:device|user:ann|uid:D|in:Red\n" USER("out",
		"|in:Red"));
	expect(f,
	    GONE_TO("to:conn:n.2.1", "", "D",
		"a-f-G-U-C") "ev:send|to:group:Red" SHOWN("D"));
	/* away with it */
	users(f, EYES USER("ann", "|in:Red|disabled:1") USER("out", "|in:Red"));
	expect(f, GONE_TO("to:group:Red", "", "D", "a-f-G-U-C"));
	users(f, EYES);
	expect(f, GONE_TO("to:group:Red", "", "G", "a-f-G-U-C"));
	assert_int_equal(f->r->n_idents, 0);
	fix_free(f);
}

/* Nobody sees them before it is known whose they are. */
static void
test_latest_before_users(void **state)
{
	struct fix *f = fix_new_auth();

	(void)state;
	batch(f,
	    OF("D", "|user:ann", "|group:Blue") "\n" OF("E", "|user:eve",
		"|group:Blue") "\n" OF("F", "|user:ann", "|group:Blue"));
	batch(f, VIEWERS);
	expect(f, "");
	/* it comes before the table */
	put(f, "ev:cot|uid:F|type:a-f-A|group:Blue|stale:" FRESH "|xml:<f/>");
	forget(f);
	users(f, EYES USER("ann", "|in:Red"));
	assert_true(has(f, "to:group:Red\tuid:D"));
	assert_false(has(f, "uid:E"));
	assert_false(has(f, "<F/>"));
	assert_false(has(f, "to:conn:n.2.1\tuid:D"));
	/* D, and F of the local program */
	assert_int_equal(f->r->n_idents, 2);
	fix_free(f);
}

/* A local program that says more of it takes it over. */
static void
test_latest_feed(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	batch(f, LATEST("D", ANON, FRESH));
	batch(f, "ev:cot|uid:D|type:a-f-A|stale:" FRESH "|xml:<new/>");
	forget(f);
	batch(f, LATEST("D", ANON, FRESH));
	expect(f, "");
	batch(f, "ev:open|conn:n.1.1|via:tcp");
	expect(
	    f, BIND("n.1.1") TO("n.1.1") "|uid:D|class:position|xml:<new/>\n");
	fix_free(f);
}

static void
test_latest_room(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	route_free(&f->r);
	f->cfg.latest_max = 3 * (sizeof(struct ident) + 128);
	f->r = route_new(&f->cfg, f->now);
	for (int i = 0; i < 5; i++)
		batch(f,
		    "ev:latest|uid:D%d|type:a-f-G|stale:" FRESH ANON
		    "|xml:<D%d/>",
		    i, i);
	forget(f);
	batch(f, "ev:open|conn:n.1.1|via:tcp");
	assert_false(has(f, "uid:D1"));
	assert_true(has(f, "uid:D2") && has(f, "uid:D4"));
	assert_int_equal(count(f, ROUTE_EVICTED), 2);
	fix_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_latest),
	    cmocka_unit_test(test_latest_speaks),
	    cmocka_unit_test(test_latest_ends),
	    cmocka_unit_test(test_latest_away),
	    cmocka_unit_test(test_latest_again),
	    cmocka_unit_test(test_latest_incognito),
	    cmocka_unit_test(test_latest_groups),
	    cmocka_unit_test(test_latest_of_users),
	    cmocka_unit_test(test_latest_before_users),
	    cmocka_unit_test(test_latest_feed),
	    cmocka_unit_test(test_latest_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
