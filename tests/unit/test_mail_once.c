/* Chat that is kept for devices that are away: to the right user, and once. */
#include "mail_fix.h"

/* ---- whose it is ---- */

static void
come_as(struct world *w, const char *user, const char *conn, const char *want)
{
	client_of(w, user, conn, "B", "bravo");
	commit(w);
	expect_mail(w, want);
	leave(w, conn);
	commit(w);
}

static void
test_mail_of_a_user(void **state)
{
	struct world *w = world_new(*state, MAIL_DIRECT);

	client(w, "n.1.1", "A", "alfa");
	come_as(w, "bob", "n.2.1", "");
	chat(w, "n.1.1", "c1", LONG_AGO, "x", "\tdest-uid:B");
	commit(w);
	come_as(w, "mallory", "n.3.1", "");
	come_as(w, NULL, "n.4.1", "");
	/* Nor is it theirs when they are already there. */
	client_of(w, "mallory", "n.5.1", "B", "bravo");
	commit(w);
	delivered(w, "n.5.1", RECEIPT);
	commit(w);
	assert_int_equal(waiting_of(w, "bob", "B"), 1);
	come_as(w, "bob", "n.6.1", LETTER("n.6.1"));
	world_free(w);
}

static void
test_mail_of_no_user(void **state)
{
	struct world *w = world_new(*state, MAIL_DIRECT);

	client(w, "n.1.1", "A", "alfa");
	come_as(w, "bob", "n.2.1", "");
	come_as(w, NULL, "n.3.1", "");
	chat(w, "n.1.1", "c1", LONG_AGO, "x", "\tdest-uid:B");
	commit(w);
	come_as(w, "bob", "n.4.1", "");
	come_as(w, NULL, "n.5.1", LETTER("n.5.1"));
	world_free(w);
}

/* ---- once ---- */

static void
test_mail_comes_once(void **state)
{
	struct world *w = world_new(*state, MAIL_DIRECT);

	client(w, "n.1.1", "A", "alfa");
	client(w, "n.2.1", "B", "bravo");
	leave(w, "n.2.1");
	commit(w);
	chat(w, "n.1.1", "c1", LONG_AGO, "x", "\tdest-uid:B");
	commit(w);
	/* It comes, and goes before its mail was looked for. */
	client(w, "n.4.1", "B", "bravo");
	leave(w, "n.4.1");
	commit(w);
	expect_mail(w, "");
	client(w, "n.5.1", "B", "bravo");
	commit(w);
	assert_true(mail_due(&w->rows.mail) > NOW);
	send(w, NOW);
	expect_out(w, "");
	expect_mail(w, LETTER("n.5.1"));
	/* Not again on the same connection, nor while it may be on its way. */
	client(w, "n.5.1", "B", "bravo");
	commit(w);
	send(w, NOW + 5 * SECOND);
	client(w, "n.6.1", "B", "bravo");
	commit(w);
	send(w, NOW + 10 * SECOND);
	expect_out(w, "");
	/* It never came there: its end would have been told before. */
	leave(w, "n.5.1");
	leave(w, "n.6.1");
	client(w, "n.7.1", "B", "bravo");
	commit(w);
	expect_mail(w, LETTER("n.7.1"));
	delivered(w, "n.7.1", RECEIPT);
	leave(w, "n.7.1");
	client(w, "n.8.1", "B", "bravo");
	commit(w);
	send(w, NOW + 1000 * SECOND);
	expect_out(w, "");
	assert_true(w->rows.mail.n_sent == 2);
	assert_int_equal(w->rows.mail.n_marks, 0);
	assert_int_equal(w->rows.mail.n_visits, 0);
	assert_int_equal(w->rows.mail.n_fresh, 0);
	assert_int_equal(w->rows.mail.sent.n, 0);
	world_free(w);
}

/* What was written to it since it is there is sent by ots-route. */
static void
test_mail_since_it_is_there(void **state)
{
	struct world *w = world_new(*state, MAIL_DIRECT);

	client(w, "n.1.1", "A", "alfa");
	client(w, "n.2.1", "B", "bravo");
	leave(w, "n.2.1");
	chat(w, "n.1.1", "c1", LONG_AGO, "x", "\tdest-uid:B");
	commit(w);
	client(w, "n.3.1", "B", "bravo");
	commit(w);
	chat(w, "n.1.1", "c2", NOW - 10 * SECOND, "x", "\tdest-uid:B");
	commit(w);
	expect_mail(w, LETTER("n.3.1"));
	assert_int_equal(waiting(w, "B"), 2);
	leave(w, "n.3.1");
	commit(w);
	assert_int_equal(waiting(w, "B"), 2);
	world_free(w);
}

/* All that came in up to then must be in the database first. */
static void
test_mail_waits_for_the_rest(void **state)
{
	struct world *w = world_new(*state, MAIL_DIRECT);

	client(w, "n.1.1", "A", "alfa");
	client(w, "n.2.1", "B", "bravo");
	leave(w, "n.2.1");
	chat(w, "n.1.1", "c1", LONG_AGO, "x", "\tdest-uid:B");
	client(w, "n.3.1", "B", "bravo");
	commit(w);
	assert_int_equal(mail_send(&w->rows.mail, &w->rows.conns, &w->out,
			     NOW + SECOND, NOW + 60 * SECOND),
	    0);
	expect_out(w, "");
	expect_mail(w, LETTER("n.3.1"));
	world_free(w);
}

/* A writer that starts anew: what was delivered may still be in the spool. */
static void
test_mail_after_a_restart(void **state)
{
	struct world *w = world_new(*state, MAIL_DIRECT);

	client(w, "n.1.1", "A", "alfa");
	client(w, "n.2.1", "B", "bravo");
	client(w, "n.3.1", "C", "charlie");
	leave(w, "n.2.1");
	leave(w, "n.3.1");
	chat(w, "n.1.1", "c1", LONG_AGO, "x", "\tdest-uid:B\tdest-uid:C");
	commit(w);
	w->t = NOW;
	client(w, "n.4.1", "B", "bravo");
	client(w, "n.5.1", "C", "charlie");
	commit(w);
	/* Sent, but it is killed before that is in the database. */
	assert_int_equal(mail_send(&w->rows.mail, &w->rows.conns, &w->out,
			     NOW + 3 * SECOND, NOW + 3 * SECOND),
	    0);
	expect_out(w, LETTER("n.4.1") LETTER("n.5.1"));
	world_free(w);

	w = world_new(*state, MAIL_DIRECT);
	delivered(w, "n.4.1", RECEIPT);
	commit(w);
	assert_int_equal(waiting(w, "B"), 0);
	expect_mail(w, LETTER("n.5.1"));
	world_free(w);

	/* Now that is known: not again over the same connection. */
	w = world_new(*state, MAIL_DIRECT);
	expect_mail(w, "");
	leave(w, "n.5.1");
	client(w, "n.6.1", "C", "charlie");
	commit(w);
	expect_mail(w, LETTER("n.6.1"));
	world_free(w);
}

/* The writer died before it looked for the mail of who is there. */
static void
test_mail_that_was_not_looked_for(void **state)
{
	struct world *w = world_new(*state, MAIL_DIRECT);

	client(w, "n.1.1", "A", "alfa");
	client(w, "n.2.1", "B", "bravo");
	leave(w, "n.2.1");
	chat(w, "n.1.1", "c1", LONG_AGO, "x", "\tdest-uid:B");
	commit(w);
	w->t = NOW;
	client(w, "n.3.1", "B", "bravo");
	chat(w, "n.1.1", "c2", NOW + SECOND / 2, "x", "\tdest-uid:B");
	commit(w);
	world_free(w);
	w = world_new(*state, MAIL_DIRECT);
	expect_mail(w, LETTER("n.3.1"));
	world_free(w);
}

/* ---- relays ---- */

static void
test_mail_of_a_relay(void **state)
{
	struct world *w = world_new(*state, MAIL_DIRECT);
	char uid[16], name[16];
	int n, few;

	client(w, "n.1.1", "A", "alfa");
	for (few = 0; few < 2; few++) {
		for (n = 0; n < (few ? 3 : 100); n++) {
			(void)str_fmt(uid, sizeof uid, "D%d", n);
			(void)str_fmt(name, sizeof name, "d%d", n);
			client(w, few ? "n.3.1" : "n.2.1", uid, name);
		}
		/* In the batch in which it was sent, and in a later one. */
		chat(w, "n.1.1", "c1", NOW, "x", "\tdest-uid:D2");
		delivered(w, few ? "n.3.1" : "n.2.1", "n.1.1/1714979300000000");
		chat(w, "n.1.1", "c2", NOW + 1, "x",
		    "\tdest-callsign:d2\tdest-uid:D1");
		commit(w);
		assert_int_equal(waiting(w, "D2"), 1);
		assert_int_equal(waiting(w, "D1"), 1);
		delivered(w, "n.1.1", "n.1.1/1714979300000001");
		commit(w);
		assert_int_equal(waiting(w, "D2"), 1);
		delivered(w, few ? "n.3.1" : "n.2.1", "n.1.1/1714979300000001");
		commit(w);
		assert_int_equal(waiting(w, "D2"), 0);
		assert_int_equal(waiting(w, "D1"), 0);
		leave(w, "n.2.1");
		commit(w);
	}
	world_free(w);
}

/* It gets once what is for two of its devices. */
static void
test_mail_once_for_a_relay(void **state)
{
	struct world *w = world_new(*state, MAIL_DIRECT);

	client(w, "n.1.1", "A", "alfa");
	client(w, "n.2.1", "B", "bravo");
	client(w, "n.2.1", "C", "charlie");
	leave(w, "n.2.1");
	chat(w, "n.1.1", "c1", LONG_AGO, "x", "\tdest-uid:B\tdest-uid:C");
	commit(w);
	client(w, "n.3.1", "B", "bravo");
	client(w, "n.3.1", "C", "charlie");
	commit(w);
	expect_mail(w, LETTER("n.3.1"));
	delivered(w, "n.3.1", RECEIPT);
	commit(w);
	assert_int_equal(waiting(w, "B") + waiting(w, "C"), 0);
	world_free(w);
}

/* That it was sent is told in parts: a batch has room for events, too. */
static void
test_mail_of_many_letters(void **state)
{
	struct world *w = world_new(*state, MAIL_DIRECT);
	int64_t i;

	w->mail.max = 5000;
	w->out.max = 8 << 20;
	client(w, "n.1.1", "A", "alfa");
	client(w, "n.2.1", "B", "bravo");
	leave(w, "n.2.1");
	commit(w);
	for (i = 0; i < 5000; i++)
		chat(w, "n.1.1", "c1", LONG_AGO + i, "x", "\tdest-uid:B");
	commit(w);
	client(w, "n.3.1", "B", "bravo");
	commit(w);
	send(w, NOW + 3 * SECOND);
	assert_true(w->rows.mail.n_sent == 5000);
	assert_int_equal(w->rows.mail.n_marks, 5000 - 4096);
	commit(w);
	assert_int_equal(w->rows.mail.n_marks, 0);
	world_free(w);
}

#define TESTS(X)                                                               \
	X(test_mail_of_a_user), X(test_mail_of_no_user),                       \
	    X(test_mail_comes_once), X(test_mail_since_it_is_there),           \
	    X(test_mail_waits_for_the_rest), X(test_mail_after_a_restart),     \
	    X(test_mail_that_was_not_looked_for), X(test_mail_of_a_relay),     \
	    X(test_mail_once_for_a_relay), X(test_mail_of_many_letters)

FIX_MAIN(TESTS)
