/* Chat that is kept for devices that are away: for whom. */
#include "mail_fix.h"

#define ALL "All Chat Rooms"

/* ---- for whom ---- */

static void
test_mail_for_whom(void **state)
{
	struct world *w = world_new(*state, MAIL_DIRECT);

	client(w, "n.1.1", "A", "alfa");
	client(w, "n.2.1", "B", "bravo");
	client(w, "n.3.1", "C", "bravo");
	commit(w);
	leave(w, "n.2.1");
	commit(w);
	/* Both have that callsign: it is hers who is there. */
	chat(w, "n.1.1", "c1", NOW, "x", "\tdest-callsign:bravo");
	commit(w);
	assert_int_equal(waiting(w, "B"), 0);
	assert_int_equal(waiting(w, "C"), 1);
	/* Unless the chat says which of them is meant. */
	chat(w, "n.1.1", "c1", NOW, "B", "\tdest-callsign:bravo");
	commit(w);
	assert_int_equal(waiting(w, "B"), 1);
	assert_int_equal(waiting(w, "C"), 1);
	add(w,
	    "ev:cot\tuid:c\ttype:b-t-f\tconn:n.1.1\tt:1714979300000000\t"
	    "dest-callsign:bravo\txml:<event><detail><__chat id=\"Team\">"
	    "<chatgrp id=\"Team\" uid0=\"A\" uid1=\"C\" uid2=\"Z\"/></__chat>"
	    "</detail></event>");
	commit(w);
	assert_int_equal(waiting(w, "B"), 1);
	assert_int_equal(waiting(w, "C"), 2);
	/* Nobody: the sender itself, who is unknown. */
	chat(w, "n.1.1", "c2", NOW, "x", "\tdest-uid:A\tdest-uid:Z");
	chat(w, "n.1.1", "c2", NOW, "x", "\tdest-callsign:alfa");
	commit(w);
	assert_int_equal(waiting(w, "A"), 0);
	assert_int_equal(waiting(w, "Z"), 0);
	world_free(w);
}

/* As ots-route has it. */
static void
test_mail_dests(void **state)
{
	static const char *const none[] = {"\tdest-mission:B",
	    "\tdest-mission-guid:B", "\tdest-uid:", "\tdest-group:__ANON__", "",
	    "\tdest-callsign:ffffffff-ffff-ffff-ffff-ffffffffffff",
	    "\tdest-callsign:All Streaming",
	    "\tdest-callsign:All Streaming\tdest-uid:B",
	    "\tdest-group:Other\tdest-uid:B"};
	struct world *w = world_new(*state, MAIL_DIRECT);
	size_t i;

	w->mail.max = 100;
	client(w, "n.1.1", "A", "alfa");
	client(w, "n.2.1", "B", "bravo");
	client(w, "n.3.1", "C", "All Streaming");
	client(w, "n.4.1", "D", "ffffffff-ffff-ffff-ffff-ffffffffffff");
	commit(w);
	for (i = 0; i < sizeof none / sizeof *none; i++)
		chat(w, "n.1.1", "c", NOW, ALL, none[i]);
	commit(w);
	assert_int_equal(
	    waiting(w, "B") + waiting(w, "C") + waiting(w, "D"), 0);
	chat(w, "n.1.1", "c", NOW, ALL, "\tdest-uid:B\tdest-mission:M");
	chat(w, "n.1.1", "c", NOW, ALL, "\tdest-uid:B\tdest-group:__ANON__");
	chat(w, "n.1.1", "c", NOW, ALL, "\tdest-uid:B\tdest-callsign:bravo");
	commit(w);
	assert_int_equal(waiting(w, "B"), 3);
	chat(w, "n.1.1", "c", NOW, ALL, "\tdest-group:\tdest-uid:B");
	commit(w);
	assert_int_equal(waiting(w, "B"), 4);
	/* No chat, or not of a client. */
	add(w,
	    "ev:cot\tuid:c\ttype:b-t-f-d\tconn:n.1.1\tt:1714979300000000\t"
	    "dest-uid:B\txml:<event><detail><__chat id=\"x\"/></detail>"
	    "</event>");
	add(w,
	    "ev:cot\tuid:c\ttype:b-t-f\tt:1714979300000000\tdest-uid:B\t"
	    "xml:<event><detail><__chat id=\"x\"/></detail></event>");
	commit(w);
	assert_int_equal(waiting(w, "B"), 4);
	world_free(w);
}

static void
test_mail_is_bounded(void **state)
{
	struct world *w = world_new(*state, MAIL_DIRECT);

	client(w, "n.1.1", "A", "alfa");
	client(w, "n.2.1", "B", "bravo");
	commit(w);
	/* Not what is too old, and no more than so many. */
	chat(w, "n.1.1", "c5", NOW - 8 * (int64_t)DAY, "x", "\tdest-uid:B");
	commit(w);
	assert_int_equal(waiting(w, "B"), 0);
	chat(w, "n.1.1", "c6", NOW, "x", "\tdest-uid:B");
	commit(w);
	chat(w, "n.1.1", "c7", NOW, "x", "\tdest-uid:B");
	chat(w, "n.1.1", "c8", NOW, "x", "\tdest-uid:B");
	commit(w);
	chat(w, "n.1.1", "c9", NOW, "x", "\tdest-uid:B");
	commit(w);
	assert_int_equal(waiting(w, "B"), 2);
	assert_true(w->rows.mail.n_full == 2);
	/* What was delivered makes room, also in the same batch. */
	delivered(w, "n.2.1", "n.1.1/1714979300000000");
	commit(w);
	assert_int_equal(waiting(w, "B"), 0);
	chat(w, "n.1.1", "c10", NOW + 1, "x", "\tdest-uid:B");
	delivered(w, "n.2.1", "n.1.1/1714979300000001");
	chat(w, "n.1.1", "c11", NOW + 2, "x", "\tdest-uid:B");
	delivered(w, "n.2.1", "n.1.1/1714979300000002");
	chat(w, "n.1.1", "c12", NOW + 3, "x", "\tdest-uid:B");
	delivered(w, "n.2.1", "n.1.1/1714979300000003");
	chat(w, "n.1.1", "c13", NOW + 4, "x", "\tdest-uid:B");
	chat(w, "n.1.1", "c14", NOW + 5, "x", "\tdest-uid:B");
	commit(w);
	assert_int_equal(waiting(w, "B"), 2);
	assert_true(w->rows.mail.n_full == 2);
	world_free(w);
}

static void
test_mail_for_all(void **state)
{
	struct world *w = world_new(*state, MAIL_ALL);

	w->mail.max = 100;
	client(w, "n.1.1", "A", "alfa");
	client(w, "n.1.1", "A2", "alfa 2"); /* its relay's */
	client(w, "n.2.1", "B", "bravo");
	client(w, "n.3.1", "C", "charlie");
	chat(w, "n.1.1", "c1", NOW, ALL, "");
	commit(w);
	chat(w, "n.1.1", "c2", NOW, "Team", "");
	chat(w, "n.1.1", "c3", NOW, "Team", "\tdest-mission:M");
	chat(w, "n.1.1", "c4", NOW, ALL, "\tdest-mission:M");
	commit(w);
	assert_int_equal(waiting(w, "A"), 0);
	assert_int_equal(waiting(w, "A2"), 0);
	assert_int_equal(waiting(w, "B"), 1);
	assert_int_equal(waiting(w, "C"), 1);
	chat(w, "n.2.1", "c5", NOW, "All Streaming", "");
	chat(w, "n.2.1", "c6", NOW, "Team", "\tdest-callsign:All Streaming");
	commit(w);
	assert_int_equal(waiting(w, "A2"), 2);
	assert_int_equal(waiting(w, "B"), 1);
	assert_int_equal(waiting(w, "C"), 3);
	/* Nobody hears who is incognito, now or later; but it may write to
	 * one. */
	add(w,
	    "ev:cot\tuid:i\ttype:t-x-c-i-e\tconn:n.2.1\tt:1714979300000000\t"
	    "xml:<event/>");
	chat(w, "n.2.1", "c7", NOW, ALL, "");
	chat(w, "n.2.1", "c8", NOW, "x", "\tdest-uid:A");
	commit(w);
	assert_int_equal(waiting(w, "A"), 3);
	assert_int_equal(waiting(w, "C"), 3);
	world_free(w);
	w = world_new(*state, MAIL_ALL);
	w->mail.max = 100;
	chat(w, "n.2.1", "c9", NOW, ALL, "");
	commit(w);
	assert_int_equal(waiting(w, "C"), 3);
	add(w,
	    "ev:cot\tuid:i\ttype:t-x-c-i-d\tconn:n.2.1\tt:1714979300000000\t"
	    "xml:<event/>");
	chat(w, "n.2.1", "c10", NOW, ALL, "");
	commit(w);
	assert_int_equal(waiting(w, "C"), 4);
	world_free(w);
}

static void
test_mail_off(void **state)
{
	struct world *w = world_new(*state, MAIL_OFF);

	client(w, "n.1.1", "A", "alfa");
	client(w, "n.2.1", "B", "bravo");
	commit(w);
	chat(w, "n.1.1", "c1", NOW, "x", "\tdest-uid:B");
	commit(w);
	assert_int_equal(waiting(w, "B"), 0);
	assert_true(mail_due(&w->rows.mail) == INT64_MAX);
	world_free(w);
}

/* Of whom the database knows nothing yet. */
static void
test_mail_in_one_batch(void **state)
{
	struct world *w = world_new(*state, MAIL_DIRECT);

	client(w, "n.1.1", "A", "alfa");
	client_of(w, "bob", "n.2.1", "B", "bravo");
	client(w, "n.3.1", "C", "charlie");
	chat(w, "n.1.1", "c1", NOW, "x", "\tdest-uid:B");
	chat(w, "n.1.1", "c2", NOW, "x", "\tdest-callsign:charlie");
	leave(w, "n.2.1");
	commit(w);
	assert_int_equal(waiting_of(w, "bob", "B"), 1);
	assert_int_equal(waiting(w, "B"), 0);
	assert_int_equal(waiting(w, "C"), 1);
	/* It has another callsign, and another user, by now. */
	client(w, "n.4.1", "B", "charlie");
	leave(w, "n.3.1");
	chat(w, "n.1.1", "c3", NOW, "x", "\tdest-callsign:bravo");
	chat(w, "n.1.1", "c4", NOW, "x", "\tdest-callsign:charlie");
	commit(w);
	assert_int_equal(waiting_of(w, "bob", "B"), 1);
	assert_int_equal(waiting(w, "B"), 1);
	assert_int_equal(waiting(w, "C"), 1);
	world_free(w);
}

/* ---- groups ---- */

static void
test_mail_groups(void **state)
{
	const struct fix *f = *state;
	char why[256] = "";
	struct accounts *a = accounts_open(f->uri, why);
	struct world *w;

	assert_non_null(a);
	assert_int_equal(accounts_add(a, "ann", false), 0);
	assert_int_equal(accounts_add(a, "eve", false), 0);
	assert_int_equal(accounts_group_add(a, "Red", ""), 0);
	assert_int_equal(accounts_group_add(a, "Blue", ""), 0);
	assert_int_equal(accounts_join(a, "ann", "Red", ACCOUNT_BOTH), 0);
	assert_int_equal(accounts_join(a, "ann", "Blue", ACCOUNT_BOTH), 0);
	assert_int_equal(accounts_join(a, "eve", "Blue", ACCOUNT_OUT), 0);
	w = world_new(f, MAIL_ALL);
	assert_int_equal(grants_refresh(&w->rows.grants, a), 0);
	client_of(w, "ann", "n.1.1", "A", "alfa");
	client_of(w, "eve", "n.2.1", "E", "echo");
	client_of(w, "bob", "n.3.1", "B", "bravo");
	leave(w, "n.3.1");
	commit(w);
	/* Who may send to nobody; into a group that is not the sender's. */
	chat(w, "n.2.1", "c", NOW, "x", "\tuser:eve\tdest-uid:B");
	chat(w, "n.2.1", "c", NOW, ALL, "\tuser:eve");
	chat(w, "n.1.1", "c", NOW, "x",
	    "\tuser:ann\tdest-group:Green\tdest-uid:B");
	chat(w, "n.1.1", "c", NOW, ALL, "\tuser:ann\tdest-group:Green");
	commit(w);
	assert_int_equal(waiting_of(w, "bob", "B"), 0);
	chat(w, "n.1.1", "c1", LONG_AGO, "x", "\tuser:ann\tdest-uid:B");
	commit(w);
	client_of(w, "bob", "n.4.1", "B", "bravo");
	commit(w);
	expect_mail(w, LETTER_IN("n.4.1", "user:ann|group:Blue|group:Red|"));
	delivered(w, "n.4.1", RECEIPT);
	leave(w, "n.4.1");
	commit(w);
	chat(w, "n.1.1", "c1", LONG_AGO, "x",
	    "\tuser:ann\tdest-group:Red\tdest-group:Green\tdest-uid:B");
	commit(w);
	client_of(w, "bob", "n.5.1", "B", "bravo");
	commit(w);
	expect_mail(w, LETTER_IN("n.5.1", "user:ann|group:Red|"));
	accounts_close(&a);
	world_free(w);
}

#define TESTS(X)                                                               \
	X(test_mail_for_whom), X(test_mail_dests), X(test_mail_is_bounded),    \
	    X(test_mail_for_all), X(test_mail_off), X(test_mail_in_one_batch), \
	    X(test_mail_groups)

FIX_MAIN(TESTS)
