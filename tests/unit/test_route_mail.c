/* What ots-store has to do with routing: receipts of chat, and mail for who was
 * away. */
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
