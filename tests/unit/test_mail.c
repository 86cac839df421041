/* Chat that is kept for devices that are away. */
#include "rows_fix.h"

static int64_t
waiting(struct world *w, const char *uid)
{
	int64_t n = -1;

	assert_int_equal(store_mail_count(w->store, slice_of(uid), NOW, &n), 0);
	return n;
}

#define ALL "All Chat Rooms"

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
	chat(w, "n.1.1", "c2", NOW, "x", "\tdest-uid:B\tdest-uid:A");
	chat(w, "n.1.1", "c3", NOW, "x", "\tdest-mission:B");
	chat(w, "n.1.1", "c4", NOW, ALL, "");
	commit(w);
	assert_int_equal(waiting(w, "A"), 0);
	assert_int_equal(waiting(w, "B"), 1);
	/* Not what is too old, and no more than so many. */
	chat(w, "n.1.1", "c5", NOW - 8 * (int64_t)DAY, "x", "\tdest-uid:B");
	commit(w);
	assert_int_equal(waiting(w, "B"), 1);
	chat(w, "n.1.1", "c6", NOW, "x", "\tdest-uid:B");
	commit(w);
	chat(w, "n.1.1", "c7", NOW, "x", "\tdest-uid:B");
	commit(w);
	assert_int_equal(waiting(w, "B"), 2);
	assert_int_equal(w->rows.mail.full, 1);
	world_free(w);
}

static void
test_mail_for_all(void **state)
{
	struct world *w = world_new(*state, MAIL_ALL);

	client(w, "n.1.1", "A", "alfa");
	client(w, "n.2.1", "B", "bravo");
	client(w, "n.3.1", "C", "charlie");
	commit(w);
	chat(w, "n.1.1", "c1", NOW, ALL, "");
	chat(w, "n.1.1", "c2", NOW, "Team", "");
	commit(w);
	assert_int_equal(waiting(w, "A"), 0);
	assert_int_equal(waiting(w, "B"), 1);
	assert_int_equal(waiting(w, "C"), 1);
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

#define LETTER(conn)                                                           \
	"ev:mail|conn:" conn "|receipt:n.1.1/1714979200000000|"                \
	"group:__ANON__|uid:c1|"                                               \
	"xml:<event><detail><__chat id=\"x\"/></detail></event>\n"

static void
send(struct world *w, int64_t now)
{
	assert_int_equal(
	    mail_send(&w->rows.mail, &w->rows.conns, &w->out, now), 0);
	commit(w);
}

static void
test_mail_comes_once(void **state)
{
	struct world *w = world_new(*state, MAIL_DIRECT);

	client(w, "n.1.1", "A", "alfa");
	client(w, "n.2.1", "B", "bravo");
	leave(w, "n.2.1");
	commit(w);
	chat(w, "n.1.1", "c1", NOW - 100 * SECOND, "x", "\tdest-uid:B");
	commit(w);
	/* It comes, and goes before its mail was looked for. */
	client(w, "n.4.1", "B", "bravo");
	leave(w, "n.4.1");
	commit(w);
	send(w, NOW + 3 * SECOND);
	expect_out(w, "");
	client(w, "n.5.1", "B", "bravo");
	commit(w);
	assert_true(mail_due(&w->rows.mail) > NOW);
	send(w, NOW);
	expect_out(w, "");
	send(w, NOW + 3 * SECOND);
	expect_out(w, LETTER("n.5.1"));
	/* Again on the same connection, or soon after: no. */
	client(w, "n.5.1", "B", "bravo");
	commit(w);
	send(w, NOW + 5 * SECOND);
	leave(w, "n.5.1");
	client(w, "n.6.1", "B", "bravo");
	commit(w);
	send(w, NOW + 10 * SECOND);
	expect_out(w, "");
	/* Later it counts as lost on the way. */
	leave(w, "n.6.1");
	client(w, "n.7.1", "B", "bravo");
	commit(w);
	send(w, NOW + 100 * SECOND);
	expect_out(w, LETTER("n.7.1"));
	add(w, "ev:delivered\tconn:n.7.1\treceipt:n.1.1/1714979200000000");
	leave(w, "n.7.1");
	client(w, "n.8.1", "B", "bravo");
	commit(w);
	send(w, NOW + 1000 * SECOND);
	expect_out(w, "");
	assert_int_equal(w->rows.mail.sent, 2);
	assert_int_equal(w->rows.mail.n_marks, 0);
	assert_int_equal(w->rows.mail.n_visits, 0);
	world_free(w);
}

#define TESTS(X)                                                               \
	X(test_mail_for_whom), X(test_mail_for_all), X(test_mail_off),         \
	    X(test_mail_comes_once)

FIX_MAIN(TESTS)
