/* For tests of uplink: a client of a local socket whose server is a bare one,
 * so that it can misbehave. */
#ifndef UPLINK_FIX_H
#define UPLINK_FIX_H

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

#include "loop_fix.h"
#include "net.h"
#include "uplink.h"

#define SECOND_US  ((uint64_t)1000000)
#define LINE_BYTES ((size_t)4 << 20)
#define HELLO      "\nev:hello\tversion:1\tprogram:test\tnode:n1\n"
#define ASK        "ev:watch\n"

enum close_in { CLOSE_NOT, CLOSE_UP, CLOSE_RECORD, CLOSE_DOWN };

struct fixture {
	struct loop loop;
	struct uplink u;
	struct loop_task task;
	char dir[64], path[96];
	int lfd, fd; /* of the server */
	enum close_in close_in;
	bool answer, closed;
	unsigned ups, downs, records, after;
	int err;
	size_t last; /* bytes of the last record */
	char kind[32];
};

static inline void
close_here(struct fixture *f, enum close_in where)
{
	if (f->closed)
		f->after++;
	if (f->close_in != where)
		return;
	uplink_close(&f->u);
	f->closed = true;
}

static inline void
on_up(void *arg)
{
	struct fixture *f = arg;
	struct rec_writer w;

	f->ups++;
	rec_begin(&w, uplink_out(&f->u), "watch");
	assert_int_equal(rec_end(&w), 0);
	close_here(f, CLOSE_UP);
}

static inline void
on_record(void *arg, const struct rec *r)
{
	struct fixture *f = arg;
	struct rec_writer w;

	f->records++;
	f->last = r->line.n;
	assert_true(str_fmt(f->kind, sizeof f->kind, "%.*s", (int)r->kind.n,
			r->kind.p) >= 0);
	if (f->answer && uplink_out(&f->u)) {
		rec_begin(&w, uplink_out(&f->u), "answer");
		assert_int_equal(rec_end(&w), 0);
		uplink_flush(&f->u);
		/* Whatever became of the connection, the record is there. */
		assert_true(slice_starts(r->line, "ev:"));
	}
	close_here(f, CLOSE_RECORD);
}

static inline void
on_down(void *arg, int err)
{
	struct fixture *f = arg;

	f->downs++;
	f->err = err;
	assert_null(uplink_out(&f->u));
	close_here(f, CLOSE_DOWN);
}

static inline int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	assert_true(
	    str_fmt(f->dir, sizeof f->dir, "%s", "/tmp/uplinkXXXXXX") > 0);
	assert_non_null(mkdtemp(f->dir));
	assert_true(str_fmt(f->path, sizeof f->path, "%s/s", f->dir) > 0);
	f->lfd = f->fd = -1;
	assert_int_equal(loop_init(&f->loop), 0);
	f->u.path = f->path;
	f->u.program = "test";
	f->u.node = "n1";
	f->u.chunk = malloc(WIRE_READ);
	f->u.line_max = LINE_BYTES;
	f->u.on_up = on_up;
	f->u.on_record = on_record;
	f->u.on_down = on_down;
	f->u.arg = f;
	assert_non_null(f->u.chunk);
	assert_int_equal(uplink_open(&f->u, &f->loop), 0);
	assert_null(uplink_out(&f->u));
	*state = f;
	return 0;
}

static inline void
server_hangs_up(struct fixture *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

static inline void
server_leaves(struct fixture *f)
{
	if (f->lfd >= 0)
		close(f->lfd);
	f->lfd = -1;
	(void)unlink(f->path);
	server_hangs_up(f);
}

static inline int
teardown(void **state)
{
	struct fixture *f = *state;

	uplink_close(&f->u);
	uplink_close(&f->u); /* harmless */
	server_leaves(f);
	assert_int_equal(rmdir(f->dir), 0);
	loop_fini(&f->loop);
	free(f->u.chunk);
	free(f);
	return 0;
}

static inline void
server_comes(struct fixture *f)
{
	f->lfd = net_listen_unix(f->path, 0600);
	assert_true(f->lfd >= 0);
}

static inline void
turn(struct fixture *f, uint64_t until)
{
	loop_turn(&f->loop, until);
}

static inline void
wait_count(struct fixture *f, const unsigned *count, unsigned want)
{
	loop_count(&f->loop, count, want);
}

static inline void
server_accepts(struct fixture *f)
{
	uint64_t until = clock_mono_us() + PATIENCE;

	while ((f->fd = accept4(f->lfd, NULL, NULL, SOCK_NONBLOCK)) < 0)
		turn(f, until);
}

/* What the client says first. */
static inline void
server_hears(struct fixture *f, const char *want)
{
	loop_hear(&f->loop, f->fd, want);
}

static inline void
server_says(struct fixture *f, const char *text, size_t n)
{
	uint64_t until = clock_mono_us() + PATIENCE;
	ssize_t r;

	while (n > 0) {
		r = write(f->fd, text, n);
		if (r > 0) {
			text += r;
			n -= (size_t)r;
		} else {
			turn(f, until);
		}
	}
}

static inline void
meet(struct fixture *f)
{
	server_comes(f);
	server_accepts(f);
	server_hears(f, HELLO ASK);
}

#endif
