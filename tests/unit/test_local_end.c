/* lib/local: how clients end, and what they are told. */
#include "local_fix.h"

/* It has said all it wants to, and goes on listening. */
static void
test_mute(void **state)
{
	struct fixture *f = *state;

	meet(f, 0);
	say(f, 0, "ev:good\n");
	assert_int_equal(shutdown(f->fd[0], SHUT_WR), 0);
	wait_count(f, &f->batches, 2);
	assert_true(first(f)->mute);
	assert_false(first(f)->deaf);
	assert_int_equal(buf_puts(&first(f)->out.q, "ev:more\n"), 0);
	local_flush(&f->l);
	hear(f, 0, "ev:more\n");
	assert_int_equal(f->leaves, 0);
	hang_up(f, 0);
	wait_count(f, &f->leaves, 1);
	assert_int_equal(f->deafs, 1);
}

/* It does not listen any more: what it wrote before is read to its end. */
static void
test_deaf(void **state)
{
	struct fixture *f = *state;
	unsigned n = 0;

	meet(f, 0);
	local_pause(&f->l, true);
	while (write(f->fd[0], "ev:good\tx:y\n", 12) == 12)
		n++;
	assert_true(n > 100);
	hang_up(f, 0);
	wait_count(f, &f->deafs, 1);
	assert_false(first(f)->mute);
	assert_int_equal(buf_puts(&first(f)->out.q, "ev:more\n"), 0);
	local_flush(&f->l);
	assert_int_equal(f->leaves, 0);
	local_pause(&f->l, false);
	wait_count(f, &f->leaves, 1);
	assert_in_range(f->records, n - 1, n); /* the last may be torn */
}

/* Unless its user is content with what it has. */
static void
test_end_when_deaf(void **state)
{
	struct fixture *f = *state;

	f->end_deaf = true;
	meet(f, 0);
	local_pause(&f->l, true);
	say(f, 0, "ev:good\n");
	hang_up(f, 0);
	wait_count(f, &f->leaves, 1);
	assert_int_equal(f->records, 0);
}

/* In the middle of what it says: nothing of the rest is heard, and it is there
 * until the round is over. */
static void
test_end_in_record(void **state)
{
	struct fixture *f = *state;

	meet(f, 0);
	meet(f, 1);
	f->end = true;
	say(f, 0, "ev:bad\nev:good\nev:good\n");
	wait_count(f, &f->leaves, 1);
	assert_int_equal(f->records, 1);
	assert_int_equal(f->batches, 1);
	hear_end(f, 0);
	assert_int_equal(f->deafs, 0); /* its user knows */
	assert_int_equal(local_counts(&f->l).records, 3);
	assert_int_equal(local_counts(&f->l).bad, 1);
	/* the other is none the worse */
	f->end = false;
	say(f, 1, "ev:good\n");
	wait_count(f, &f->records, 2);
}

static void
test_end_twice(void **state)
{
	struct fixture *f = *state;

	meet(f, 0);
	local_end(first(f));
	local_end(first(f));
	assert_true(first(f)->mute && first(f)->deaf);
	assert_non_null(local_get(&f->l, f->slot)); /* still */
	assert_int_equal(f->leaves, 0);
	settle(f);
	assert_int_equal(f->leaves, 1);
	hear_end(f, 0);
}

/* --- what they are told --- */

/* One that does not read holds up nobody; its queue is bounded. */
static void
test_slow(void **state)
{
	struct fixture *f = *state;
	static char big[HIGH];
	struct buf *slow, *other;
	unsigned n = 0;
	size_t left;

	meet(f, 0);
	slow = &first(f)->out.q;
	meet(f, 1);
	other = &TAILQ_NEXT(first(f), link)->out.q;
	memset(big, 'x', sizeof big);
	while (buf_append(slow, big, sizeof big) == 0) {
		n++;
		local_flush(&f->l);
	}
	assert_true(n >= QUEUE / HIGH);
	assert_true(first(f)->out.blocked);
	assert_int_equal(f->rooms, 0);
	assert_int_equal(buf_puts(other, "ev:more\n"), 0);
	local_flush(&f->l);
	hear(f, 1, "ev:more\n");
	/* it comes round, and there is room again */
	for (left = n * sizeof big; left > 0;) {
		ssize_t r =
		    read(f->fd[0], big, left < sizeof big ? left : sizeof big);

		assert_true(r != 0);
		if (r > 0)
			left -= (size_t)r;
		else
			assert_int_equal(loop_once(&f->loop, 10000), 0);
	}
	assert_int_equal(f->rooms, 1);
	assert_int_equal(buf_size(slow), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_mute),
	    T(test_deaf),
	    T(test_end_when_deaf),
	    T(test_end_in_record),
	    T(test_end_twice),
	    T(test_slow),
	};

	return cmocka_run_group_tests_name("local_end", tests, NULL, NULL);
}
