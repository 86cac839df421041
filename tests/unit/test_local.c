/* lib/local: who comes, what they say, and the socket. */
#include "local_fix.h"

/* --- coming and going --- */

static void
test_hello(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	assert_int_equal(stat(f->path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0640);
	meet(f, 0);
	assert_int_equal(f->joins, 1);
	assert_int_equal(f->logs, 1);
	assert_true(slice_starts(slice_of(f->id), "ids.0."));
	assert_ptr_equal(local_get(&f->l, f->slot), first(f));
	assert_int_equal(local_counts(&f->l).clients, 1);
	hang_up(f, 0);
	wait_count(f, &f->leaves, 1);
	assert_null(local_get(&f->l, f->slot));
	assert_null(first(f));
	assert_int_equal(local_counts(&f->l).clients, 0);
	assert_int_equal(local_counts(&f->l).refused, 0);
}

/* Nobody inherits an id. */
static void
test_ids(void **state)
{
	struct fixture *f = *state;
	struct slot_id before;
	char id[SLOT_TEXT_MAX];

	meet(f, 0);
	before = f->slot;
	memcpy(id, f->id, sizeof id);
	hang_up(f, 0);
	wait_count(f, &f->leaves, 1);
	meet(f, 0);
	assert_int_equal(f->slot.slot, before.slot);
	assert_string_not_equal(f->id, id);
	assert_null(local_get(&f->l, before));
	assert_non_null(local_get(&f->l, f->slot));
}

static void
test_too_many(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < CLIENTS; i++)
		meet(f, i);
	dial(f, CLIENTS);
	hear_end(f, CLIENTS);
	assert_int_equal(f->joins, CLIENTS);
	assert_int_equal(local_counts(&f->l).refused, 1);
	assert_int_equal(local_counts(&f->l).clients, CLIENTS);
	/* the others do not notice, and when one goes there is room again */
	say(f, 0, "ev:good\n");
	wait_count(f, &f->records, 1);
	hang_up(f, 1);
	wait_count(f, &f->leaves, 1);
	hang_up(f, CLIENTS);
	meet(f, CLIENTS);
	assert_int_equal(local_counts(&f->l).refused, 1);
}

/* By its user: it hears nothing, not even hello. */
static void
test_refused(void **state)
{
	struct fixture *f = *state;

	f->refuse = EACCES;
	dial(f, 0);
	say(f, 0, "ev:good\n");
	hear_end(f, 0);
	assert_int_equal(f->joins, 1);
	assert_int_equal(f->leaves, 1);
	assert_int_equal(f->logs, 0);
	assert_int_equal(f->records, 0);
	assert_null(first(f));
	assert_int_equal(local_counts(&f->l).refused, 1);
	assert_int_equal(local_counts(&f->l).clients, 0);
	assert_int_equal(local_counts(&f->l).records, 0);
}

/* --- what they say --- */

static void
test_records(void **state)
{
	struct fixture *f = *state;

	meet(f, 0);
	say(f, 0, "\nev:good\ta:1\nev:bad\nno record\n\nev:goo");
	wait_count(f, &f->records, 2);
	assert_int_equal(f->batches, 1);
	assert_string_equal(f->last, "ev:bad");
	assert_int_equal(first(f)->in.records, 2);
	assert_int_equal(first(f)->in.bad, 2);
	say(f, 0, "d\tb:2\n");
	wait_count(f, &f->records, 3);
	assert_string_equal(f->last, "ev:good\tb:2");
	hang_up(f, 0);
	wait_count(f, &f->leaves, 1);
	/* what they wrote is counted when they are gone, too */
	meet(f, 0);
	say(f, 0, "ev:good\nev:bad\n");
	wait_count(f, &f->records, 5);
	assert_int_equal(local_counts(&f->l).records, 5);
	assert_int_equal(local_counts(&f->l).bad, 3);
}

static void
test_long_line(void **state)
{
	struct fixture *f = *state;
	char line[2 * LINE + 1];

	memset(line, 'x', sizeof line);
	line[sizeof line - 1] = '\0';
	meet(f, 0);
	say(f, 0, "ev:good\ta:");
	say(f, 0, line);
	say(f, 0, "\nev:good\tb:\n");
	wait_count(f, &f->records, 1);
	assert_string_equal(f->last, "ev:good\tb:");
	assert_int_equal(local_counts(&f->l).bad, 1);
}

/* A torn last line is counted, and told before it leaves. */
static void
test_torn(void **state)
{
	struct fixture *f = *state;

	meet(f, 0);
	say(f, 0, "ev:good\nev:go");
	wait_count(f, &f->records, 1);
	assert_int_equal(f->batches, 1);
	assert_int_equal(shutdown(f->fd[0], SHUT_WR), 0);
	wait_count(f, &f->batches, 2);
	assert_int_equal(f->leaves, 0);
	assert_int_equal(local_counts(&f->l).bad, 1);
}

static void
test_pause(void **state)
{
	struct fixture *f = *state;

	meet(f, 0);
	local_pause(&f->l, true);
	local_pause(&f->l, true);
	meet(f, 1); /* one that comes meanwhile hears, but is not heard */
	say(f, 0, "ev:good\n");
	say(f, 1, "ev:good\n");
	settle(f);
	assert_int_equal(f->records, 0);
	hang_up(f, 0);
	settle(f);
	assert_int_equal(f->leaves, 0);
	local_pause(&f->l, false);
	wait_count(f, &f->records, 2);
	wait_count(f, &f->leaves, 1);
}

/* --- the whole --- */

static void
test_without_handlers(void **state)
{
	struct fixture *f = *state;

	f->l.on_join = NULL;
	f->l.on_batch = NULL;
	f->l.on_room = NULL;
	f->l.on_deaf = NULL;
	f->l.on_leave = NULL;
	f->l.on_log = NULL;
	meet(f, 0);
	say(f, 0, "ev:good\n");
	wait_count(f, &f->records, 1);
	hang_up(f, 0);
	while (first(f) != NULL)
		assert_int_equal(loop_once(&f->loop, 10000), 0);
	assert_int_equal(f->joins + f->batches + f->leaves + f->logs, 0);
}

/* A predecessor was killed: its socket is in the way, and is nobody's. One that
 * is somebody's is left alone. */
static void
test_open(void **state)
{
	struct fixture *f = *state;
	struct local second = f->l;

	errno = 0;
	assert_int_equal(local_open(&second, &f->loop), -1);
	assert_int_equal(errno, EADDRINUSE);
	local_close(&second);
	meet(f, 0); /* still served */
	second.path = "/nonexistent/x";
	assert_int_equal(local_open(&second, &f->loop), -1);
	assert_int_equal(errno, ENOENT);
	second.path = f->path;
	second.ids = "no.name";
	assert_int_equal(local_open(&second, &f->loop), -1);
	assert_int_equal(errno, EINVAL);
	meet(f, 1);
	local_close(&f->l);
	assert_int_equal(f->leaves, f->joins);
	hear_end(f, 0);
	assert_int_equal(access(f->path, F_OK), -1);
	/* and once more */
	open_local(f);
	meet(f, 2);
}

static void
test_never_opened(void **state)
{
	struct local l = {.fd = 0};

	(void)state;
	local_close(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_hello),
	    T(test_ids),
	    T(test_too_many),
	    T(test_refused),
	    T(test_records),
	    T(test_long_line),
	    T(test_torn),
	    T(test_pause),
	    T(test_without_handlers),
	    T(test_open),
	    cmocka_unit_test(test_never_opened),
	};

	return cmocka_run_group_tests_name("local", tests, NULL, NULL);
}
