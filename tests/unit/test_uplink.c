/* A client of a local socket whose server comes and goes. */
#include "uplink_fix.h"

/* It is told once that nobody is there, and connects when somebody comes. */
static void
test_server_appears_later(void **state)
{
	struct fixture *f = *state;
	uint64_t until;

	wait_count(f, &f->downs, 1);
	assert_int_equal(f->err, ENOENT);
	until = clock_mono_us() + SECOND_US / 2;
	while (clock_mono_us() < until)
		(void)loop_once(&f->loop, 10000);
	assert_int_equal(f->downs, 1);
	meet(f);
	assert_int_equal(f->ups, 1);
	server_says(f, "ev:hello\n", 9);
	wait_count(f, &f->records, 1);
	assert_string_equal(f->kind, "hello");
	assert_int_equal(f->downs, 1);
}

static void
test_server_goes_and_comes_back(void **state)
{
	struct fixture *f = *state;

	meet(f);
	for (unsigned i = 1; i <= 3; i++) {
		server_says(f, "ev:users\n", 9);
		wait_count(f, &f->records, i);
		server_leaves(f);
		wait_count(f, &f->downs, i);
		assert_int_equal(f->err, 0);
		assert_null(uplink_out(&f->u));
		uplink_flush(&f->u);
		meet(f);
		assert_int_equal(f->ups, i + 1);
	}
}

/* What was written before the end arrives. */
static void
test_last_words(void **state)
{
	struct fixture *f = *state;

	meet(f);
	for (int i = 0; i < 1000; i++)
		server_says(f, "ev:user\tname:alice\n", 19);
	server_leaves(f);
	wait_count(f, &f->downs, 1);
	assert_int_equal(f->records, 1000);
}

/* A server that accepts and hangs up is asked less and less often. */
static void
test_back_off(void **state)
{
	struct fixture *f = *state;
	uint64_t start, waits = 0;

	server_comes(f);
	for (int i = 0; i < 5; i++) {
		start = clock_mono_us();
		server_accepts(f);
		server_hangs_up(f);
		wait_count(f, &f->downs, (unsigned)i + 1);
		waits = clock_mono_us() - start;
	}
	/* 50, 100, 200 ms had been waited, then 400. */
	assert_true(waits >= 390000);
	/* One that speaks is asked again at once. */
	server_accepts(f);
	server_says(f, "ev:hello\n", 9);
	wait_count(f, &f->records, 1);
	start = clock_mono_us();
	server_hangs_up(f);
	server_accepts(f);
	assert_in_range(clock_mono_us() - start, 49000, SECOND_US);
}

static void
test_torn_lines(void **state)
{
	static const char text[] = "\nev:user\tname:alice\nev:us";
	struct fixture *f = *state;

	meet(f);
	for (size_t i = 0; i < sizeof text - 1; i++) {
		server_says(f, text + i, 1);
		assert_int_equal(loop_once(&f->loop, 1000), 0);
	}
	wait_count(f, &f->records, 1);
	server_says(f, "\tx\nno record\nev:last\n", 21);
	wait_count(f, &f->records, 2);
	assert_string_equal(f->kind, "last");
	assert_int_equal(f->u.in.bad, 2);
	/* The torn last line of a connection does not join the next one. */
	server_says(f, "ev:us", 5);
	server_leaves(f);
	wait_count(f, &f->downs, 1);
	meet(f);
	server_says(f, "er\tname:x\nev:whole\n", 19);
	wait_count(f, &f->records, 3);
	assert_string_equal(f->kind, "whole");
}

/* One that is as long as it may be, and one that is longer. */
static void
test_big_records(void **state)
{
	struct fixture *f = *state;
	char *big = malloc(LINE_BYTES + 2);

	assert_non_null(big);
	memset(big, 'x', LINE_BYTES + 2);
	memcpy(big, "ev:big\tx:", 9);
	meet(f);
	big[LINE_BYTES] = '\n';
	server_says(f, big, LINE_BYTES + 1);
	wait_count(f, &f->records, 1);
	assert_int_equal(f->last, LINE_BYTES);
	big[LINE_BYTES] = 'x';
	big[LINE_BYTES + 1] = '\n';
	server_says(f, big, LINE_BYTES + 2);
	server_says(f, "ev:small\n", 9);
	wait_count(f, &f->records, 2);
	assert_string_equal(f->kind, "small");
	assert_int_equal(f->u.in.bad, 1);
	free(big);
}

/* The queue to a server that does not read is bounded, and a record in it is
 * whole or absent. */
static void
test_server_does_not_read(void **state)
{
	struct fixture *f = *state;
	char filler[1001] = "";
	struct rec_writer w;
	size_t n = 0;

	memset(filler, 'x', sizeof filler - 1);
	meet(f);
	for (; n < 100000; n++) {
		rec_begin(&w, uplink_out(&f->u), "auth");
		rec_puts(&w, "x", filler);
		if (rec_end(&w) < 0)
			break;
		uplink_flush(&f->u);
	}
	assert_in_range(n, UPLINK_QUEUE / 1100, 99999);
	assert_true(buf_size(uplink_out(&f->u)) <= UPLINK_QUEUE);
	server_leaves(f);
	wait_count(f, &f->downs, 1);
	meet(f);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_server_appears_later),
	    T(test_server_goes_and_comes_back),
	    T(test_last_words),
	    T(test_back_off),
	    T(test_torn_lines),
	    T(test_big_records),
	    T(test_server_does_not_read),
	};

	return cmocka_run_group_tests_name("uplink", tests, NULL, NULL);
}
