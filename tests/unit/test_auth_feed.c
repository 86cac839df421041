/* What one client of ots-auth is sent, over a real socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../cmd/ots-auth/feed.h"
#include "clock.h"

#define PATIENCE ((uint64_t)20000000)
#define BIG      ((size_t)8 << 20)

struct fixture {
	struct loop loop;
	struct wire_out out;
	struct feed feed;
	int fd, reader;
	unsigned ends, stuck;
	struct buf got;
};

static void
on_end(void *arg, bool stuck)
{
	struct fixture *f = arg;

	f->ends++;
	f->stuck += stuck;
}

static void
on_room(void *arg)
{
	struct fixture *f = arg;

	feed_room(&f->feed);
}

static void
on_out_end(void *arg, int err)
{
	struct fixture *f = arg;

	(void)err;
	feed_gone(&f->feed);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	int fds[2];

	assert_non_null(f);
	assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	f->fd = fds[0];
	f->reader = fds[1];
	buf_init(&f->got, 4 * BIG);
	assert_int_equal(loop_init(&f->loop), 0);
	f->feed.on_end = on_end;
	f->feed.arg = f;
	f->out.on_room = on_room;
	f->out.on_end = on_out_end;
	f->out.arg = f;
	assert_int_equal(
	    wire_out_open(&f->out, &f->loop, f->fd, FEED_HIGH, FEED_MAX), 0);
	feed_open(&f->feed, &f->out);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	feed_close(&f->feed);
	wire_out_close(&f->out);
	loop_fini(&f->loop);
	close(f->fd);
	if (f->reader >= 0)
		close(f->reader);
	buf_fini(&f->got);
	free(f);
	return 0;
}

/* Lines of 100 bytes that all begin with c. */
static struct snap *
list(char c, size_t n)
{
	struct snap *s = malloc(sizeof *s + n);

	assert_non_null(s);
	*s = (struct snap){.refs = 1, .n = n};
	memset(s->text, 'x', n);
	for (size_t i = 0; i < n; i += 100)
		s->text[i] = c;
	for (size_t i = 99; i < n; i += 100)
		s->text[i] = '\n';
	s->text[n - 1] = '\n';
	return s;
}

static void
give(struct fixture *f, struct snap *s)
{
	feed_snap(&f->feed, s);
	snap_drop(&s);
}

static void
read_all(struct fixture *f, size_t want)
{
	uint64_t until = clock_mono_us() + PATIENCE;
	char *to;
	ssize_t n;

	while (buf_size(&f->got) < want) {
		assert_true(clock_mono_us() < until);
		to = buf_reserve(&f->got, 65536);
		assert_non_null(to);
		n = read(f->reader, to, 65536);
		if (n > 0)
			buf_commit(&f->got, (size_t)n);
		else
			assert_int_equal(loop_once(&f->loop, 10000), 0);
	}
	assert_int_equal(buf_size(&f->got), want);
}

/* A slow reader gets the one that was begun, whole, and then the newest. */
static void
test_only_the_newest(void **state)
{
	struct fixture *f = *state;
	const char *p;

	give(f, list('a', BIG));
	for (int c = 'b'; c <= 'y'; c++)
		give(f, list((char)c, BIG));
	give(f, list('z', 1000));
	/* The queue stays short. */
	assert_true(buf_size(&f->out.q) < BIG / 10);
	read_all(f, BIG + 1000);
	p = buf_data(&f->got);
	for (size_t i = 0; i < BIG; i += 100)
		assert_int_equal(p[i], 'a');
	assert_int_equal(p[BIG], 'z');
	assert_int_equal(f->feed.lists, 2);
	assert_int_equal(loop_once(&f->loop, 0), 0);
	assert_null(f->feed.snap);
	/* When its patience would end, nothing is owed. */
	assert_true(loop_timer_set(&f->loop, &f->feed.stuck, 0) == 0);
	assert_int_equal(loop_once(&f->loop, 0), 0);
	assert_int_equal(f->feed.stuck.at, LOOP_NEVER);
	assert_int_equal(f->ends, 0);
}

/* Verdicts come between lines, and do not wait for all of a list. */
static void
test_verdict_within_a_list(void **state)
{
	struct fixture *f = *state;
	const char *p, *v;

	give(f, list('a', BIG));
	assert_int_equal(buf_puts(&f->out.q, "verdict\n"), 0);
	feed_pump(&f->feed);
	read_all(f, BIG + 8);
	p = buf_data(&f->got);
	v = memmem(p, BIG + 8, "verdict\n", 8);
	assert_non_null(v);
	assert_true(v - p < (ptrdiff_t)(BIG / 4));
	assert_int_equal((v - p) % 100, 0);
}

static void
test_stuck(void **state)
{
	struct fixture *f = *state;

	give(f, list('a', BIG));
	assert_in_range(f->feed.stuck.at, loop_now(&f->loop) + 1,
	    loop_now(&f->loop) + FEED_STUCK_US);
	/* It reads a little: more patience. */
	assert_true(loop_timer_set(&f->loop, &f->feed.stuck, 0) == 0);
	f->feed.taken = 0;
	assert_int_equal(loop_once(&f->loop, 0), 0);
	assert_int_equal(f->ends, 0);
	assert_true(f->feed.stuck.at > loop_now(&f->loop));
	/* Nothing at all. */
	assert_true(loop_timer_set(&f->loop, &f->feed.stuck, 0) == 0);
	assert_int_equal(loop_once(&f->loop, 0), 0);
	assert_int_equal(f->stuck, 1);
	feed_overrun(&f->feed);
	give(f, list('b', BIG));
	for (int i = 0; i < 3; i++)
		assert_int_equal(loop_once(&f->loop, 1000), 0);
	assert_int_equal(f->ends, 1);
}

static void
test_reader_goes(void **state)
{
	struct fixture *f = *state;
	uint64_t until = clock_mono_us() + PATIENCE;

	give(f, list('a', BIG));
	close(f->reader);
	f->reader = -1;
	while (f->ends == 0) {
		assert_true(clock_mono_us() < until);
		assert_int_equal(loop_once(&f->loop, 10000), 0);
	}
	assert_int_equal(f->stuck, 0);
	feed_pump(&f->feed);
	assert_int_equal(f->ends, 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_only_the_newest),
	    T(test_verdict_within_a_list),
	    T(test_stuck),
	    T(test_reader_goes),
	};

	return cmocka_run_group_tests_name("auth_feed", tests, NULL, NULL);
}
