/* A client of a local socket that is closed from within its callbacks, and
 * whose server does not read, or does not even accept. */
#include "uplink_fix.h"

#include <sys/resource.h>

static void
test_close_in_on_up(void **state)
{
	struct fixture *f = *state;
	uint64_t until = clock_mono_us() + PATIENCE;

	f->close_in = CLOSE_UP;
	server_comes(f);
	while (!f->closed)
		turn(f, until);
	for (int i = 0; i < 10; i++)
		(void)loop_once(&f->loop, 10000);
	assert_int_equal(f->after, 0);
}

/* In the middle of a read that holds more records, and the half of one. */
static void
close_on_record(struct fixture *f, size_t lead)
{
	static const char text[] =
	    "ev:one\tx:y\nev:two\nev:three\nev:four\tx:half";
	uint64_t until = clock_mono_us() + PATIENCE;

	f->close_in = CLOSE_RECORD;
	meet(f);
	server_says(f, text, lead);
	for (int i = 0; i < 5 && lead > 0; i++)
		(void)loop_once(&f->loop, 10000);
	server_says(f, text + lead, sizeof text - 1 - lead);
	while (!f->closed)
		turn(f, until);
	for (int i = 0; i < 10; i++)
		(void)loop_once(&f->loop, 10000);
	assert_int_equal(f->records, 1);
	assert_string_equal(f->kind, "one");
	assert_int_equal(f->after, 0);
	assert_null(uplink_out(&f->u));
}

static void
test_close_in_on_record(void **state)
{
	close_on_record(*state, 0);
}

static void
test_close_in_on_record_begun_before(void **state)
{
	close_on_record(*state, 5);
}

static void
test_close_in_on_down(void **state)
{
	struct fixture *f = *state;

	f->close_in = CLOSE_DOWN;
	meet(f);
	server_leaves(f);
	wait_count(f, &f->downs, 1);
	server_comes(f);
	for (int i = 0; i < 50; i++)
		(void)loop_once(&f->loop, 10000);
	assert_int_equal(f->after, 0);
	assert_int_equal(f->ups, 1);
}

/* The server has gone while its records are answered: they stay readable. */
static void
test_write_to_one_that_has_gone(void **state)
{
	struct fixture *f = *state;

	f->answer = true;
	meet(f);
	server_says(f, "ev:one\nev:two\nev:three\tx:", 25);
	server_says(f, "y\nev:four\n", 10);
	server_leaves(f);
	wait_count(f, &f->downs, 1);
	assert_int_equal(f->records, 4);
}

/* One that only stopped reading is left after a second. */
static void
test_deaf_server(void **state)
{
	struct fixture *f = *state;
	uint64_t until = clock_mono_us() + PATIENCE;

	f->answer = true;
	meet(f);
	assert_int_equal(shutdown(f->fd, SHUT_RD), 0);
	server_says(f, "ev:one\n", 7);
	while (uplink_out(&f->u))
		turn(f, until);
	assert_int_equal(f->downs, 0);
	wait_count(f, &f->downs, 1);
	assert_int_equal(f->err, EPIPE);
}

static void
test_full_backlog_does_not_block(void **state)
{
	struct fixture *f = *state;
	int held[600], n = 0;

	server_comes(f);
	assert_int_equal(listen(f->lfd, 0), 0);
	while (n < 600 && (held[n] = net_try_unix(f->path)) >= 0)
		n++;
	assert_in_range(n, 1, 599);
	assert_int_equal(errno, EAGAIN);
	wait_count(f, &f->downs, 1);
	assert_int_equal(f->err, EAGAIN);
	for (int i = 0; i < n; i++)
		close(held[i]);
}

static uint64_t
cpu_us(void)
{
	struct rusage ru;

	assert_int_equal(getrusage(RUSAGE_SELF, &ru), 0);
	return (uint64_t)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * SECOND_US +
	    (uint64_t)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec);
}

/* Turns of a loop that nothing happens in. */
static unsigned
idle_turns(struct fixture *f, uint64_t us)
{
	uint64_t until = clock_mono_us() + us, cpu = cpu_us(), now;
	unsigned turns = 0;

	while ((now = clock_mono_us()) < until) {
		assert_int_equal(loop_once(&f->loop, until - now), 0);
		turns++;
	}
	assert_true(cpu_us() - cpu < us / 4);
	return turns;
}

static void
test_no_busy_loop(void **state)
{
	struct fixture *f = *state;

	/* Nobody there: 50, 100, 200, 400 ms, each a try. */
	assert_in_range(idle_turns(f, SECOND_US), 1, 10);
	meet(f);
	assert_in_range(idle_turns(f, SECOND_US / 2), 1, 3);
	/* It does not read, and then hangs up. */
	assert_int_equal(shutdown(f->fd, SHUT_RD), 0);
	assert_in_range(idle_turns(f, SECOND_US / 2), 1, 5);
	server_leaves(f);
	assert_in_range(idle_turns(f, SECOND_US), 1, 12);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_close_in_on_up),
	    T(test_close_in_on_record),
	    T(test_close_in_on_record_begun_before),
	    T(test_close_in_on_down),
	    T(test_write_to_one_that_has_gone),
	    T(test_deaf_server),
	    T(test_full_backlog_does_not_block),
	    T(test_no_busy_loop),
	};

	return cmocka_run_group_tests_name("uplink_close", tests, NULL, NULL);
}
