/* What ots-store has to do with routing: receipts of chat, mail for who was
 * away, and where devices were before the server was started. */
#include "route_fix.h"

#define CHAT(conn, labels)                                                     \
	"ev:cot|conn:" conn "|t:77|uid:M|type:b-t-f|" labels "|xml:<m/>|pb:AA"
#define TO(conn) "ev:send|to:conn:" conn
#define BIND(c)  "ev:bind|conn:" c "|key:group:__ANON__\n"

static void
mailbox(struct fix *f, enum route_mailbox m)
{
	route_free(&f->r);
	f->cfg.mailbox = m;
	f->r = route_new(&f->cfg, f->now);
	assert_non_null(f->r);
	f->round = f->r->round;
	forget(f);
	sync_now(f, "n");
}

/* ---- receipts ---- */

static void
test_receipt(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	client(f, "n.2.1", "B", "bravo");
	put(f, CHAT("n.1.1", "dest-callsign:bravo|dest-uid:B"));
	expect(f,
	    "ev:send|to:callsign:bravo|to:uid:B|only:group:__ANON__|not:n.1.1"
	    "|uid:M|class:chat|receipt:n.1.1/77|xml:<m/>|pb:AA\n");
	/* no chat, chat to all, of a local program, of unknown age */
	put(f, "ev:cot|conn:n.1.1|t:7|uid:M|type:b-t-f-d|dest-uid:B|xml:<m/>");
	put(f, "ev:cot|conn:n.1.1|t:7|uid:M|type:b-f-t-r|dest-uid:B|xml:<m/>");
	put(f, CHAT("n.1.1", "chat-room:All"));
	put(f, "ev:cot|t:7|uid:M|type:b-t-f|dest-uid:B|xml:<m/>");
	put(f, "ev:cot|conn:n.1.1|uid:M|type:b-t-f|dest-uid:B|xml:<m/>");
	assert_null(slice_find(buf_slice(&f->out), SLICE("receipt")));
	fix_free(f);
}

static void
test_receipt_of_all(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	mailbox(f, MAILBOX_ALL);
	client(f, "n.1.1", "A", "alpha");
	put(f, CHAT("n.1.1", "chat-room:All"));
	expect(f,
	    "ev:send|to:group:__ANON__|not:n.1.1|uid:M|class:chat|"
	    "receipt:n.1.1/77|xml:<m/>|pb:AA\n");
	put(f, "ev:cot|conn:n.1.1|t:7|uid:M|type:b-m-p|xml:<m/>");
	assert_null(slice_find(buf_slice(&f->out), SLICE("receipt")));
	fix_free(f);
}

/* More names than fit into one record: each has it. */
static void
test_receipt_of_many(void **state)
{
	struct fix *f = fix_new();
	struct buf line = {.max = 1 << 16};
	struct slice rest;
	const char *at;
	size_t n = 0;

	(void)state;
	mailbox(f, MAILBOX_DIRECT);
	client(f, "n.1.1", "A", "alpha");
	for (int i = 0; i < TO_MAX + 1; i++)
		assert_int_equal(buf_fmt(&line, "|dest-uid:D%d", i), 0);
	assert_int_equal(buf_putc(&line, '\0'), 0);
	put(f, "ev:cot|conn:n.1.1|t:77|uid:M|type:b-t-f%s|xml:<m/>",
	    buf_data(&line));
	rest = buf_slice(&f->out);
	while ((at = slice_find(rest, SLICE("\treceipt:n.1.1/77\t")))) {
		rest.n -= (size_t)(at + 1 - rest.p);
		rest.p = at + 1;
		n++;
	}
	assert_int_equal(n, 2);
	buf_fini(&line);
	fix_free(f);
}

/* With a mailbox nobody is told that a chat has failed. */
static void
test_not_failed(void **state)
{
	struct fix *f = fix_new();
	const char *chat =
	    "ev:cot|conn:n.1.1|t:77|uid:M|type:b-t-f|"
	    "dest-uid:Z|xml:" CANON(NOW_TEXT, FRESH, "b-t-f", "M");

	(void)state;
	mailbox(f, MAILBOX_OFF);
	client(f, "n.1.1", "A", "alpha");
	put(f, "%s", chat);
	assert_int_equal(count(f, ROUTE_CHAT_FAILED), 1);
	mailbox(f, MAILBOX_DIRECT);
	client(f, "n.1.1", "A", "alpha");
	put(f, "%s", chat);
	assert_int_equal(count(f, ROUTE_CHAT_FAILED), 0);
	expect(f,
	    "ev:send|to:uid:Z|only:group:__ANON__|not:n.1.1|uid:M|class:chat|"
	    "receipt:n.1.1/77|xml:" CANON(NOW_TEXT, FRESH, "b-t-f", "M") "\n");
	fix_free(f);
}

/* ---- mail ---- */

#define MAIL(conn, groups) MAIL_OF(conn, groups, "<m/>")
#define MAIL_OF(conn, groups, xml)                                             \
	"ev:mail|conn:" conn "|receipt:n.9.1/5|user:u" groups "|uid:M|"        \
	"xml:" xml

static void
test_mail(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	put(f, MAIL("n.1.1", "|group:Blue|group:__ANON__"));
	expect(f, TO("n.1.1") "|uid:M|class:chat|receipt:n.9.1/5|xml:<m/>\n");
	put(f, MAIL("n.1.1", "|group:__ANON__") "|pb:AA");
	expect(f,
	    TO("n.1.1") "|uid:M|class:chat|receipt:n.9.1/5|xml:<m/>|pb:AA\n");
	assert_int_equal(count(f, ROUTE_MAIL), 2);
	/* another group, none, no such connection */
	put(f, MAIL("n.1.1", "|group:Blue"));
	put(f, MAIL("n.1.1", ""));
	put(f, MAIL("n.7.1", "|group:__ANON__"));
	assert_int_equal(count(f, ROUTE_MAIL_LEFT), 3);
	put(f, "ev:close|conn:n.1.1");
	forget(f);
	put(f, MAIL("n.1.1", "|group:__ANON__"));
	assert_int_equal(count(f, ROUTE_MAIL_LEFT), 4);
	assert_int_equal(count(f, ROUTE_BAD), 0);
	expect(f, "");
	fix_free(f);
}

/* It is kept with its destinations, but not delivered with them. */
static void
test_mail_marti(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	put(f,
	    MAIL_OF("n.1.1", "|group:__ANON__",
		"<event><point/><detail><marti><dest uid=\"A\"/></marti>"
		"<x y=\"<\\\\marti\"/><marti/></detail></event>"));
	/* < in a value is not canonical */
	expect(f, "");
	assert_int_equal(count(f, ROUTE_BAD), 1);
	put(f,
	    MAIL_OF("n.1.1", "|group:__ANON__",
		"<event><point/><detail><marti><dest uid=\"A\"/></marti>"
		"<x y=\"\\\\\"><marti/></x>\\\\ marti<marti/></detail></event>") "|pb:AA");
	expect(f,
	    TO("n.1.1") "|uid:M|class:chat|receipt:n.9.1/5|xml:<event>"
			"<point/><detail><x y=\"\\\\\"><marti/></x>"
			"\\\\ marti</detail></event>|pb:AA\n");
	put(f, MAIL_OF("n.1.1", "|group:__ANON__", "<event><detail><marti>"));
	put(f, "ev:mail|conn:n.1.1|group:__ANON__|xml:<m/>");
	put(f, "ev:mail|conn:n.1.1|group:__ANON__|uid:M");
	put(f, "ev:mail|group:__ANON__|uid:M|xml:<m/>");
	assert_int_equal(count(f, ROUTE_BAD), 5);
	expect(f, "");
	fix_free(f);
}

#define USER(name, groups) "ev:user|name:" name groups "\n"

static void
test_mail_of_users(void **state)
{
	struct fix *f = fix_new_auth();

	(void)state;
	users(f, USER("ann", "|in:Red|out:Blue") USER("bob", "|disabled:1"));
	batch(f,
	    "ev:open|conn:n.1.1|via:tls|user:ann\n"
	    "ev:open|conn:n.2.1|via:tls|user:bob\n"
	    "ev:open|conn:n.3.1|via:tls|user:eve");
	forget(f);
	put(f, MAIL("n.1.1", "|group:Red|group:__ANON__"));
	put(f, MAIL("n.2.1", "|group:Blue|group:__ANON__"));
	put(f, MAIL("n.3.1", "|group:Blue|group:__ANON__"));
	expect(f, "");
	put(f, MAIL("n.1.1", "|group:Blue"));
	expect(f, TO("n.1.1") "|uid:M|class:chat|receipt:n.9.1/5|xml:<m/>\n");
	fix_free(f);
}

/* Only ots-store says so, and nobody on the socket. */
static void
test_not_local(void **state)
{
	static const char *const lines[] = {
	    "ev:mail\tconn:n.1.1\tgroup:__ANON__\tuid:M\txml:<m/>",
	    "ev:latest\tuid:D\ttype:a-f-G\tgroup:__ANON__\tstale:" FRESH
	    "\txml:<D/>",
	    "ev:delivered\tconn:n.1.1\treceipt:n.9.1/5",
	};
	struct fix *f = fix_new();
	static struct rec rec;

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(rec_parse(&rec, slice_of(lines[i])), 1);
		assert_int_equal(
		    route_inject(f->r, &rec, SLICE("feed.1"), NULL, f->now),
		    -1);
	}
	put(f, "ev:delivered|conn:n.1.1|receipt:n.9.1/5|t:1");
	expect(f, "");
	assert_int_equal(count(f, ROUTE_BAD), 3);
	fix_free(f);
}

/* ---- latest ---- */

#define LATEST(uid, groups, stale)                                             \
	"ev:latest|uid:" uid "|type:a-f-G-U-C|how:m-g|stale:" stale            \
	"|callsign:c" uid "|endpoint:|user:u" groups "|xml:<" uid "/>"
#define ANON     "|group:__ANON__"
#define SHOWN(u) "|uid:" u "|class:position|xml:<" u "/>\n"

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
	/* stale, no groups, what says no place, what has a connection */
	batch(f, LATEST("E", ANON, STALE));
	batch(f, LATEST("E", "", FRESH));
	assert_int_equal(count(f, ROUTE_BAD), 0);
	batch(f, "ev:latest|uid:E|type:b-m-p|stale:" FRESH ANON "|xml:<E/>");
	batch(f,
	    "ev:latest|conn:n.1.1|uid:E|type:a-f-G|stale:" FRESH ANON
	    "|xml:<E/>");
	batch(f, "ev:latest|uid:E|type:a-f-G" ANON "|xml:<E/>");
	assert_int_equal(count(f, ROUTE_BAD), 3);
	/* what went to one only is not for all; with an empty marti it is */
	batch(f,
	    "ev:latest|uid:E|type:a-f-G|stale:" FRESH ANON
	    "|xml:<event><detail><marti><dest uid=\"A\"/></marti></detail>"
	    "</event>");
	expect(f, "");
	batch(f,
	    "ev:latest|uid:F|type:a-f-G|stale:" FRESH ANON
	    "|xml:<event><detail><marti/></detail></event>");
	expect(f,
	    "ev:send|to:group:__ANON__|uid:F|class:position|"
	    "xml:<event><detail></detail></event>\n");
	/* one who is there says it better */
	batch(f, LATEST("A", ANON, FRESH));
	expect(f, "");
	assert_int_equal(count(f, ROUTE_LATEST), 2);
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

static bool
has(const struct fix *f, const char *text)
{
	return slice_find(buf_slice(&f->out), slice_of(text)) != NULL;
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
	/* told anew: what is there is replaced */
	forget(f);
	batch(f, LATEST("D", ANON, FRESH));
	expect(f, "ev:send|to:group:__ANON__" SHOWN("D"));
	assert_int_equal(f->r->n_idents, 1);
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

static void
test_latest_groups(void **state)
{
	struct fix *f = fix_new_auth();

	(void)state;
	users(f, USER("ann", "|in:Red|out:Blue") USER("bob", "|out:Red"));
	batch(f, LATEST("D", "|group:Blue|group:Green", FRESH));
	expect(f, "ev:send|to:group:Blue|to:group:Green" SHOWN("D"));
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
	    cmocka_unit_test(test_receipt),
	    cmocka_unit_test(test_receipt_of_all),
	    cmocka_unit_test(test_receipt_of_many),
	    cmocka_unit_test(test_not_failed),
	    cmocka_unit_test(test_mail),
	    cmocka_unit_test(test_mail_marti),
	    cmocka_unit_test(test_mail_of_users),
	    cmocka_unit_test(test_not_local),
	    cmocka_unit_test(test_latest),
	    cmocka_unit_test(test_latest_speaks),
	    cmocka_unit_test(test_latest_ends),
	    cmocka_unit_test(test_latest_away),
	    cmocka_unit_test(test_latest_groups),
	    cmocka_unit_test(test_latest_feed),
	    cmocka_unit_test(test_latest_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
